//! The plan: what a deployment will do, from the difference of two templates and of the stack's tags, with what
//! CloudFormation's own change set adds to it. Pure.

#[cfg(feature = "aws")]
mod approval;
mod code;
#[cfg(feature = "aws")]
mod merge;
mod secrets;
mod three;

#[cfg(feature = "aws")]
pub use approval::{Approved, approve, nobody};
pub use code::{CodeChange, KEY as CODE_KEY};
#[cfg(feature = "aws")]
pub use merge::{Replaced, ViewedAction, ViewedChange};
#[cfg(feature = "aws")]
pub use three::three_ways;
pub use three::{Outcome, ThreeWay};

#[cfg(feature = "aws")]
use crate::artifacts::Archive;
use cfn::diff::{Counts, Loss, losses};
use cfn::{Template, TemplateDiff};
use std::collections::BTreeMap;

/// What the wanted template was compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Baseline {
    /// The deployed stack.
    #[cfg_attr(not(feature = "aws"), allow(dead_code))]
    Deployed,
    /// Nothing: there is no stack.
    #[cfg_attr(not(feature = "aws"), allow(dead_code))]
    Absent,
    /// What the last `up` or `diff` on this machine saw.
    Snapshot(String),
    /// The committed template.
    Golden(String),
    /// The template of another environment, both without what says whose they are.
    Environment(String),
}

/// A tag of the stack that changes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TagChange {
    /// The tag.
    pub key: String,
    /// Its value before; null where there was none.
    pub before: Option<String>,
    /// Its value after; null where there will be none.
    pub after: Option<String>,
}

/// What a deployment will do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The environment.
    pub environment: String,
    /// Its stack.
    pub stack: String,
    /// What the template was compared with.
    pub baseline: Baseline,
    /// What changes in the template.
    pub diff: TemplateDiff,
    /// The handlers that get other code.
    pub code: Vec<CodeChange>,
    /// What it costs in what resources hold, the worst first.
    pub losses: Vec<Loss>,
    /// What changes in the stack's tags.
    pub tags: Vec<TagChange>,
    /// What AWS's protection against deleting the stack is switched to, if it changes.
    pub termination_protection: Option<bool>,
    /// What stands for all that it leads from and to: `up --plan` runs just this one. Empty where nothing live was asked.
    pub fingerprint: String,
    /// What differs, and CloudFormation applies with the next real change only: by logical id or template member.
    pub unapplied: Vec<String>,
    /// What `up` makes good on the local cloud by direct calls, since no template can.
    pub made_good: Vec<String>,
}

/// A template and the tags of its stack.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The template.
    pub template: &'a Template,
    /// The stack's tags.
    pub tags: &'a BTreeMap<String, String>,
}

impl Plan {
    /// What leads from one side to the other.
    pub fn new(
        environment: &str,
        stack: &str,
        baseline: Baseline,
        before: Side<'_>,
        after: Side<'_>,
    ) -> Self {
        let diff = cfn::diff(before.template, after.template);
        Self {
            environment: environment.to_owned(),
            stack: stack.to_owned(),
            code: code::code_changes(&diff.changes),
            losses: match baseline {
                // Two environments are compared: nothing is deployed over anything.
                Baseline::Environment(_) => Vec::new(),
                _ => losses(&diff, before.template, after.template),
            },
            diff: secrets::hidden(diff),
            tags: match baseline {
                // No stack, no tags to compare; a template on disk has none either.
                Baseline::Deployed | Baseline::Environment(_) => {
                    tag_changes(before.tags, after.tags)
                }
                _ => Vec::new(),
            },
            termination_protection: None,
            fingerprint: String::new(),
            unapplied: Vec::new(),
            made_good: Vec::new(),
            baseline,
        }
    }

    /// The plan after CloudFormation said that it would change nothing for this template, e.g. as only deletion policies
    /// differ: no resource changes, and the rest of the plan stays.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn without_effect(mut self) -> Self {
        let diff = std::mem::take(&mut self.diff);
        let entries = [diff.outputs, diff.parameters, diff.template];
        self.unapplied = diff
            .changes
            .into_iter()
            .map(|change| change.logical_id)
            .chain(entries.into_iter().flatten().map(|entry| entry.name))
            .collect();
        self.losses.clear();
        self
    }

    /// The plan with the sizes of the archives that there are.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn weighed(mut self, archives: &[Archive]) -> Self {
        code::weigh(&mut self.code, archives);
        self
    }

    /// Whether CloudFormation has something to do: more than termination protection differs.
    #[cfg(feature = "aws")]
    pub fn needs_cloudformation(&self) -> bool {
        !self.diff.is_empty() || !self.tags.is_empty() || self.baseline == Baseline::Absent
    }

    /// Whether there is nothing to do. An absent stack is always something.
    pub fn is_empty(&self) -> bool {
        self.diff.is_empty()
            && self.tags.is_empty()
            && self.termination_protection.is_none()
            && self.made_good.is_empty()
            && self.baseline != Baseline::Absent
    }

    /// How many resources are added, modified, replaced and removed.
    pub fn counts(&self) -> Counts {
        self.diff.counts()
    }
}

fn tag_changes(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Vec<TagChange> {
    let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter()
        .map(|key| TagChange {
            key: key.clone(),
            before: before.get(key).cloned(),
            after: after.get(key).cloned(),
        })
        .filter(|change| change.before != change.after)
        .collect()
}

#[cfg(test)]
mod tests;
