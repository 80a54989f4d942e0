//! How an operation ended, and why: the root cause first, not the cancellations that followed it. Pure.

use crate::cloudformation::{StackEvent, StackStatus};
use crate::exit::{Exit, Failure};

/// How an operation ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The stack's final status.
    pub status: StackStatus,
    /// Every event of the operation, oldest first.
    pub events: Vec<StackEvent>,
}

/// What the end means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As asked.
    Done,
    /// Failed, and as before.
    RolledBack,
    /// Failed, and neither as asked nor as before.
    Stuck,
}

impl Outcome {
    /// What the end means.
    pub fn verdict(&self) -> Verdict {
        match self.status.as_str() {
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" | "DELETE_COMPLETE" => {
                Verdict::Done
            }
            "ROLLBACK_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_ROLLBACK_COMPLETE" => {
                Verdict::RolledBack
            }
            _ => Verdict::Stuck,
        }
    }

    /// The failures that caused the end, oldest first; those that only followed are left out, unless there is nothing
    /// else.
    pub fn root_causes(&self) -> Vec<&StackEvent> {
        let failed = |event: &&StackEvent| event.failed();
        let of_resource = |event: &&StackEvent| {
            event.type_name != "AWS::CloudFormation::Stack" || !event.cancelled()
        };
        let causes: Vec<_> = self
            .events
            .iter()
            .filter(failed)
            .filter(|event| !event.cancelled())
            .filter(of_resource)
            .collect();
        if causes.is_empty() {
            self.events.iter().filter(failed).collect()
        } else {
            causes
        }
    }

    /// The failure to report, by the stack's events; none when it is done.
    pub fn failure(&self, environment: &str, stack: &str) -> Option<Failure> {
        self.failure_told(environment, stack, &[])
    }

    /// The failure to report; none when it is done. `told` is what CloudFormation itself says that failed, oldest first, where it
    /// says so: it knows of hooks and validations that the stack's events don't tell of.
    pub fn failure_told(&self, environment: &str, stack: &str, told: &[String]) -> Option<Failure> {
        let (exit, code, help) = match self.verdict() {
            Verdict::Done => return None,
            Verdict::RolledBack if self.status.as_str() == "ROLLBACK_COMPLETE" => (
                Exit::Failed,
                "deploy.rolled-back",
                format!(
                    "Everything that was created is deleted again; the empty stack stays. Correct the cause, then \
                     `provision down --env {environment}` and `up` again."
                ),
            ),
            Verdict::RolledBack => (
                Exit::Failed,
                "deploy.rolled-back",
                "Everything is as it was before. Correct the cause and run again.".to_owned(),
            ),
            Verdict::Stuck => (
                Exit::Stuck,
                "deploy.stuck",
                way_out(&self.status, environment),
            ),
        };
        let mut causes: Vec<String> = self.root_causes().into_iter().map(describe).collect();
        if !told.is_empty() {
            causes = told.to_vec();
        }
        let none = || "CloudFormation names no cause".to_owned();
        let first = causes.first().cloned().unwrap_or_else(none);
        let others = match causes.len() {
            0 | 1 => String::new(),
            more => format!(" (and {} more)", more - 1),
        };
        Some(
            Failure::new(
                exit,
                code,
                format!("{stack} ended in {}: {first}{others}", self.status),
            )
            .on(stack)
            .help(help),
        )
    }
}

/// How to get a stuck stack going again. `down` is named only where it helps, for a protected environment too.
pub fn way_out(status: &StackStatus, environment: &str) -> String {
    match status.as_str() {
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" => format!(
            "Its creation failed and AWS lets it only be deleted: `provision down --env {environment}`, then `up` again."
        ),
        "UPDATE_FAILED" => "Its update failed, and whoever ran it had switched rollback off: `aws cloudformation rollback-stack` \
             leads back to the last good state (after an EXPRESS deployment: update the stack with its last good template there)."
            .to_owned(),
        "DELETE_FAILED" => format!(
            "A resource could not be deleted: remove what holds it, then `provision recover --env {environment}`; with --force \
                 what can't be deleted is left behind and listed."
        ),
        "UPDATE_ROLLBACK_FAILED" => format!(
            "A rollback could not finish: correct what its last events name, then `provision recover --env {environment}`, then \
                 `up` again."
        ),
        other => format!("CloudFormation says {other}: look at the stack's events and decide."),
    }
}

/// `ValidationQueue (AWS::SQS::Queue) CREATE_FAILED: reason`.
fn describe(event: &StackEvent) -> String {
    format!(
        "{} ({}) {}: {}",
        event.logical_id,
        event.type_name,
        event.status,
        event.reason.as_deref().unwrap_or("no reason given")
    )
}
