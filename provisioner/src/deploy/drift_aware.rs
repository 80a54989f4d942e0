//! Putting drift back by CloudFormation itself: a drift-aware change set of the template that is deployed already
//! (`DeploymentMode` `REVERT_DRIFT`). Which findings it may put back is decided here; everything else is left to direct calls.
//!
//! Such a change set is all or nothing: it puts back whatever CloudFormation sees, accepted drift included, makes a table that
//! was deleted again without its items, and may replace. Where it would do any of that, it is not executed.

use super::change_set::{Prepared, discard, execute, prepare};
use super::follow::{Pace, follow};
use crate::cloudformation::{
    ChangeAction, ChangeSetKind, ChangeSetRequest, ChangeSetView, CloudFormation, Mode,
    Replacement, ResourceChange, TemplateSource,
};
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::ui::Ui;
use drift::{Finding, Kind};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// A deployed stack that may have drifted.
#[derive(Debug, Clone, Copy)]
pub struct Drifted<'a> {
    /// The environment's name.
    pub environment: &'a str,
    /// The stack's name.
    pub stack: &'a str,
    /// Its tags.
    pub tags: &'a BTreeMap<String, String>,
    /// Everything that differs, accepted or not.
    pub all: &'a [Finding],
    /// What of it counts.
    pub counting: &'a [Finding],
}

/// A change set that puts drift back, and nothing that it should not.
#[derive(Debug)]
pub struct PutBack {
    view: ChangeSetView,
    /// What it does, for people.
    pub steps: Vec<String>,
}

impl PutBack {
    /// Whether it puts this back.
    pub fn covers(&self, finding: &Finding) -> bool {
        let mut changes = self.view.changes.iter();
        changes.any(|change| is_about(change, finding))
    }
}

/// Has CloudFormation say what it would put back. None: nothing, or not without doing more than that; then direct calls do it,
/// and why is said.
pub async fn ask(
    cloud: &impl CloudFormation,
    drifted: Drifted<'_>,
    pace: Pace,
    ui: &Ui,
) -> Option<PutBack> {
    let request = ChangeSetRequest {
        stack: drifted.stack.to_owned(),
        // What an earlier one saw is no longer so.
        name: format!(
            "provision-revert-{}",
            OffsetDateTime::now_utc().unix_timestamp_nanos()
        ),
        kind: ChangeSetKind::Update,
        template: TemplateSource::Previous,
        tags: drifted.tags.clone(),
        mode: Mode::RevertDrift,
        description: format!("provision drift --env {} --revert", drifted.environment),
    };
    let mut view = match prepare(cloud, &request, pace, ui).await {
        Ok(Prepared::Ready(view)) => view,
        Ok(Prepared::NoChanges | Prepared::Running(_)) => {
            ui.explain("CloudFormation has no drift of its own to put back: direct calls do it");
            return None;
        }
        Err(failure) => {
            ui.warn(format!(
                "no drift-aware change set, direct calls instead: {}",
                failure.message
            ));
            return None;
        }
    };
    // What changes nothing only makes CloudFormation know what is there.
    view.changes
        .retain(|change| change.action != ChangeAction::Dynamic);
    let objection = objection(&view.changes, drifted.all, drifted.counting);
    if objection.is_none() && !view.changes.is_empty() {
        let steps = view.changes.iter().map(words).collect();
        return Some(PutBack { view, steps });
    }
    if let Some(why) = objection {
        ui.say(format!("direct calls, and no change set: {why}"));
    }
    let _ = discard(cloud, &view.id).await;
    None
}

/// Why a change set is not to be executed.
fn objection(changes: &[ResourceChange], all: &[Finding], counting: &[Finding]) -> Option<String> {
    for change in changes {
        let id = &change.logical_id;
        let gone = all
            .iter()
            .find(|finding| finding.kind == Kind::Deleted && finding.owner() == id);
        match (change.action, gone) {
            (ChangeAction::Modify, _) if change.replacement != Replacement::No => {
                return Some(format!("it might replace {id}"));
            }
            (ChangeAction::Modify, _) => {}
            (ChangeAction::Add, Some(gone)) if gone.revertible => {}
            (ChangeAction::Add, Some(_)) => {
                return Some(format!("it would make {id} again without what was in it"));
            }
            (ChangeAction::Add, None) => {
                return Some(format!("it would make {id} again, which is there"));
            }
            _ => return Some(format!("it would do more to {id} than put it back")),
        }
        let accepted = all
            .iter()
            .find(|finding| is_about(change, finding) && !counts(finding, counting));
        if let Some(finding) = accepted {
            return Some(format!(
                "it would also put back {} {}, which is accepted",
                finding.owner(),
                finding.path
            ));
        }
    }
    None
}

fn counts(finding: &Finding, counting: &[Finding]) -> bool {
    counting.iter().any(|other| {
        other.counts()
            && (other.kind, &other.logical_id, &other.path)
                == (finding.kind, &finding.logical_id, &finding.path)
    })
}

/// Whether a change of a resource puts a finding back. One that doesn't say which properties it changes is about all that were
/// declared.
fn is_about(change: &ResourceChange, finding: &Finding) -> bool {
    if finding.logical_id.as_deref() != Some(change.logical_id.as_str()) {
        return false;
    }
    let top = finding.path.split(['.', '[']).next().unwrap_or_default();
    match finding.kind {
        Kind::Added => false,
        Kind::Deleted => change.action == ChangeAction::Add,
        Kind::Modified if change.properties.is_empty() => true,
        Kind::Modified | Kind::Undeclared => change.properties.contains(top),
    }
}

fn words(change: &ResourceChange) -> String {
    let id = &change.logical_id;
    let names: Vec<&str> = change.properties.iter().map(String::as_str).collect();
    match (change.action, names.is_empty()) {
        (ChangeAction::Add, _) => format!("by change set: make {id} again"),
        (_, true) => format!("by change set: set {id} as it was deployed"),
        _ => format!("by change set: set {} of {id}", names.join(", ")),
    }
}

/// Executes it and follows it to its end.
///
/// # Errors
/// CloudFormation refused it, or it failed and was rolled back (1): direct calls may do it. Anything else is no reason for them:
/// lost contact (5), another operation (6), a stuck stack (4).
pub async fn carry_out(
    cloud: &impl CloudFormation,
    put_back: &PutBack,
    drifted: Drifted<'_>,
    pace: Pace,
    ui: &Ui,
) -> Result<(), Failure> {
    let stack_id = &put_back.view.id.stack_id;
    let started = match execute(cloud, &put_back.view).await {
        Ok(started) => started,
        Err(failure) => {
            if failure.exit == Exit::Failed {
                let _ = discard(cloud, &put_back.view.id).await;
            }
            return Err(failure);
        }
    };
    let mut progress = Progress::new(ui, put_back.steps.len(), stack_id);
    let outcome = follow(cloud, stack_id, &started, pace, |event| {
        progress.show(event)
    })
    .await?;
    progress.finish();
    match outcome.failure(drifted.environment, drifted.stack) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

/// Leaves it undone.
///
/// # Errors
/// When a call fails.
pub async fn leave(cloud: &impl CloudFormation, put_back: &PutBack) -> Result<(), Failure> {
    discard(cloud, &put_back.view.id).await
}
