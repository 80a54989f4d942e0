//! The heart of `recover`: gets a stack out of a state that `up` can't go on from. What is to be done follows from the
//! state alone, and is one of three things.

use super::condemned::Condemned;
use super::converge::Ports;
use super::follow::{Pace, follow, marker};
use super::outcome::way_out;
use super::survey::survey;
use super::tear_down::{Force, TornDown, remove, token};
use crate::cloudformation::{CloudFormation, StackStatus, StackView, Standing};
use crate::exit::{Exit, Failure};
use crate::objects::Objects;
use crate::progress::Progress;
use crate::session::Confirmed;
use crate::ui::Ui;
use drift::Api;
use serde::Serialize;
use stack::Environment;

/// What gets a stack out of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Nothing is the matter.
    None,
    /// Nothing was ever live in it, or its deletion was begun: it is deleted.
    Delete,
    /// An update's rollback could not finish: it goes on.
    ContinueRollback,
}

/// What the stack is when there is none.
pub const ABSENT: &str = "ABSENT";

/// The way out of a state.
///
/// # Errors
/// An operation is running (6), or this program knows no way (4).
pub fn way(stack: &StackView) -> Result<Way, Failure> {
    match stack.status.standing() {
        Standing::Settled | Standing::Gone => return Ok(Way::None),
        Standing::Shell => return Ok(Way::Delete),
        Standing::InProgress => {
            return Err(Failure::new(
                Exit::Busy,
                "stack.busy",
                format!(
                    "an operation is running on {}: it is in {}",
                    stack.name, stack.status
                ),
            )
            .on(stack.name.as_str())
            .help("There is nothing to recover from yet. Run again when it is over."));
        }
        Standing::Stuck => {}
    }
    match stack.status.as_str() {
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" | "DELETE_FAILED" => {
            Ok(Way::Delete)
        }
        "UPDATE_ROLLBACK_FAILED" => Ok(Way::ContinueRollback),
        other => Err(Failure::new(
            Exit::Stuck,
            "stack.stuck",
            format!("no way is known to get {} out of {other}", stack.name),
        )
        .on(stack.name.as_str())
        .help(way_out(&stack.status, ""))),
    }
}

/// How a recovery is to be done.
#[derive(Debug, Clone)]
pub struct Recovery<'a> {
    /// Resources that the rollback leaves as they are.
    pub skip: &'a [String],
    /// Whether a deletion leaves behind what it can't delete.
    pub force: Force,
    /// How often to look.
    pub pace: Pace,
}

/// Where a recovery ended.
#[derive(Debug)]
pub struct Recovered {
    /// The stack's status now; [`ABSENT`] where it is gone.
    pub to: String,
    /// What a deletion deleted, and left.
    pub torn_down: Option<TornDown>,
}

/// Goes the way.
///
/// # Errors
/// A protected stack (3), what can't be rolled back or deleted (4), lost contact (5).
pub async fn recover(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    api: &impl Api,
    environment: &Confirmed<&Environment>,
    (stack, way): (StackView, Way),
    recovery: &Recovery<'_>,
    ui: &Ui,
) -> Result<Recovered, Failure> {
    match way {
        Way::None => Ok(Recovered {
            to: stack.status.to_string(),
            torn_down: None,
        }),
        Way::Delete => {
            let condemned = Condemned::judge(environment.get(), stack)?;
            let surveyed = survey(ports.cloud, api, environment.get(), condemned, ui).await?;
            let (force, pace) = (recovery.force, recovery.pace);
            let torn_down = remove(ports, api, environment, surveyed, force, pace, ui).await?;
            Ok(Recovered {
                to: ABSENT.to_owned(),
                torn_down: Some(torn_down),
            })
        }
        Way::ContinueRollback => {
            let name = &environment.get().name;
            let status = continue_rollback(ports.cloud, &stack, name, recovery, ui).await?;
            Ok(Recovered {
                to: status.to_string(),
                torn_down: None,
            })
        }
    }
}

async fn continue_rollback(
    cloud: &impl CloudFormation,
    stack: &StackView,
    environment: &str,
    recovery: &Recovery<'_>,
    ui: &Ui,
) -> Result<StackStatus, Failure> {
    let started = marker(cloud, &stack.id).await?;
    let token = token("recover", &stack.id, &started);
    cloud
        .continue_rollback(&stack.id, recovery.skip, &token)
        .await?;
    let mut progress = Progress::new(ui, 0, &stack.id);
    let outcome = follow(cloud, &stack.id, &started, recovery.pace, |event| {
        progress.show(event);
    })
    .await?;
    progress.finish();
    if outcome.status.as_str() == "UPDATE_ROLLBACK_COMPLETE" {
        if !recovery.skip.is_empty() {
            ui.warn(format!(
                "left as they were: {}. `provision drift --env {environment}` shows how they differ",
                recovery.skip.join(", ")
            ));
        }
        return Ok(outcome.status);
    }
    let causes: Vec<&str> = outcome
        .root_causes()
        .iter()
        .filter(|cause| cause.type_name != "AWS::CloudFormation::Stack")
        .map(|cause| cause.logical_id.as_str())
        .collect();
    let failure = outcome.failure(environment, &stack.name);
    let failure = failure.unwrap_or_else(|| {
        Failure::new(
            Exit::Stuck,
            "deploy.stuck",
            format!("{} ended in {}", stack.name, outcome.status),
        )
        .on(stack.name.as_str())
    });
    Err(failure.help(format!(
        "Correct what the cause names and run `provision recover --env {environment}` again; or leave such resources as they \
         are with --skip LOGICAL_ID (here: {}).",
        causes.join(", ")
    )))
}
