//! Access that changes, as sentences: one a holder and resource, with all its actions. Pure.

use super::short;
use crate::plan::Plan;
use cfn::diff::{Change, IamChange};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One sentence: who may or may not do what on which.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    /// Whether more becomes possible.
    pub change: Change,
    /// Who.
    pub who: String,
    /// Such as `may now`.
    pub verb: &'static str,
    /// What, sorted.
    pub actions: BTreeSet<String>,
    /// On what.
    pub resource: String,
    /// The condition, and the one that held or holds instead: each introduced by words, as JSON.
    pub conditions: Vec<(&'static str, String)>,
}

/// The changes of one direction, sorted by who and on what.
pub(super) fn sentences(plan: &Plan, direction: Change) -> Vec<Sentence> {
    let mut grouped: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for one in plan.diff.iam.iter().filter(|one| one.change == direction) {
        let IamChange {
            role,
            resource,
            effect,
            condition,
            otherwise,
            ..
        } = one;
        grouped
            .entry((role, resource, *effect, condition, otherwise))
            .or_default()
            .insert(one.action.clone());
    }
    grouped
        .into_iter()
        .map(
            |((role, resource, effect, condition, otherwise), actions)| {
                let verb = match (effect, direction) {
                    ("Deny", Change::Broadened) => "is no longer denied",
                    ("Deny", Change::Narrowed) => "is now denied",
                    (_, Change::Broadened) => "may now",
                    (_, Change::Narrowed) => "may no longer",
                };
                let instead = match direction {
                    Change::Broadened => "until now only when",
                    Change::Narrowed => "from now on only when",
                };
                let mut conditions = Vec::new();
                conditions.extend(condition.as_ref().map(|text| ("when", text.clone())));
                let otherwise = otherwise.as_ref().filter(|text| !text.is_empty());
                conditions.extend(otherwise.map(|text| (instead, text.clone())));
                Sentence {
                    change: direction,
                    who: role.clone(),
                    verb,
                    actions,
                    resource: resource.clone(),
                    conditions,
                }
            },
        )
        .collect()
}

impl Sentence {
    /// The sentence, with `code` around names.
    pub fn text(&self, code: impl Fn(&str) -> String) -> String {
        let actions: Vec<String> = self.actions.iter().map(|action| code(action)).collect();
        let mut text = format!(
            "{} {} {} on {}",
            code(&self.who),
            self.verb,
            actions.join(", "),
            code(&self.resource)
        );
        for (word, condition) in &self.conditions {
            let shown = short(Some(&Value::String(condition.clone())));
            let shown = serde_json::from_str::<String>(&shown).unwrap_or(shown);
            text.push_str(&format!(", {word} {}", code(&shown)));
        }
        text
    }
}
