//! A plan's fingerprint, which says in 32 characters what it leads from and to: who approves a plan by it approves nothing
//! else. And the look right before a plan runs: what it was made from must still be so.

use super::converge::{Ports, Wanted, protection};
use super::state::{Deployed, look};
use crate::artifacts::published;
use crate::cloudformation::{
    CallError, ChangeSetView, CloudFormation, Execution, Protection, StackView, whole_change_set,
};
use crate::environment::life;
use crate::exit::Failure;
use crate::objects::Objects;
use cfn::Template;
use sha2::{Digest, Sha256};
use stack::{Artifacts, Environment, without_expiry};
use std::collections::{BTreeMap, BTreeSet};

/// The fingerprint of what leads from a deployed stack to a wanted one: account, region, stack, both templates (which name
/// the handlers' archives by content), tags and protection. When an environment expires is no part of it: that is counted
/// anew in every run.
pub fn fingerprint(
    environment: &Environment,
    template: &Template,
    tags: &BTreeMap<String, String>,
    deployed: &Deployed,
) -> String {
    let mut digest = Sha256::new();
    let mut part = |text: &str| {
        digest.update(text.len().to_be_bytes());
        digest.update(text);
    };
    part(&environment.account);
    part(&environment.region);
    part(&environment.stack_name());
    match deployed {
        Deployed::Present { stack, template } => {
            part(&stack.id);
            part(&without_expiry(template).hash());
            tag_parts(&stack.tags, &mut part);
            part(word(stack.protection));
        }
        Deployed::Absent | Deployed::Blocked(_) => part("absent"),
    }
    part(&without_expiry(template).hash());
    tag_parts(tags, &mut part);
    part(word(protection(environment)));
    digest
        .finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn tag_parts(tags: &BTreeMap<String, String>, part: &mut impl FnMut(&str)) {
    let lasting = |key: &str| ![life::EXPIRES, life::TTL, life::MADE_BY].contains(&key);
    for (key, value) in tags.iter().filter(|(key, _)| lasting(key)) {
        part(key);
        part(value);
    }
}

const fn word(protection: Protection) -> &'static str {
    match protection {
        Protection::On => "protected",
        Protection::Off => "unprotected",
    }
}

/// The refusal of a plan that isn't the approved one.
pub fn another_plan(environment: &str, approved: &str, fingerprint: &str) -> Failure {
    Failure::refused(
        "plan.changed",
        format!("the plan is {fingerprint} now, and {approved} was approved"),
    )
    .on(environment)
    .help(
        "Nothing was changed. The sources, the handlers, the account or the stack changed meanwhile: look at `provision diff` and \
         have that approved.",
    )
}

/// What the look right before a plan runs finds, where nothing is in its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Still {
    /// All is as it was when the plan was made.
    Planned,
    /// Another run deploys just this, or has done so: there is nothing to run, and to be looked at anew.
    Overtaken,
}

/// Looks whether everything is as it was when the plan was made: the stack, its template, the change set and the archives.
///
/// # Errors
/// Something else changed meanwhile (3), a failed call.
pub async fn as_planned(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    wanted: &Wanted<'_>,
    before: Option<(&StackView, &Template)>,
    change_set: Option<&ChangeSetView>,
) -> Result<Still, Failure> {
    let environment = *wanted.environment.get();
    let name = environment.stack_name();
    let artifacts = published(environment, wanted.archives);
    let stale = |what: String| {
        Err(
            Failure::refused("plan.stale", format!("{what} since the plan was made"))
                .on(name.as_str())
                .help("Nothing was changed. Run again, and look at the plan that there is now."),
        )
    };
    let archives = async {
        if change_set.is_none() {
            return Ok(true);
        }
        let there = ports.objects.list(&artifacts.bucket, Artifacts::PREFIX);
        let there: BTreeSet<String> = there.await?.into_iter().map(|(key, _)| key).collect();
        Ok::<_, CallError>(artifacts.keys.values().all(|key| there.contains(key)))
    };
    let change_set = async {
        match change_set {
            Some(view) => whole_change_set(ports.cloud, &view.id.stack_id, &view.id.id).await,
            None => Ok(None),
        }
    };
    let (now, archives, change_set) = tokio::join!(look(ports.cloud, &name), archives, change_set);
    match (before, now?) {
        (None, Deployed::Absent) => {}
        (
            Some((stack, template)),
            Deployed::Present {
                stack: now,
                template: there,
            },
        ) if now.id == stack.id
            && now.tags == stack.tags
            && now.protection == stack.protection
            && there == *template => {}
        (_, Deployed::Present { template, .. }) if template == *wanted.template => {
            return Ok(Still::Overtaken);
        }
        (_, Deployed::Blocked(blocked)) if blocked.deploys(wanted.template) => {
            return Ok(Still::Overtaken);
        }
        (None, _) => return stale(format!("somebody made {name}")),
        (Some(_), Deployed::Absent) => return stale(format!("somebody deleted {name}")),
        (Some(_), _) => return stale(format!("somebody changed {name}")),
    }
    if !archives? {
        return stale(format!(
            "an archive of the handlers went from {}",
            artifacts.bucket
        ));
    }
    if change_set?.is_some_and(|view| view.execution == Execution::Obsolete) {
        return stale(format!("the change set of {name} became obsolete"));
    }
    Ok(Still::Planned)
}
