//! Making, reading and executing a change set, whatever an earlier run left behind.
//!
//! Its name is derived from what it would deploy, so that a killed run's change set is found again, and a retried
//! CreateChangeSet whose answer was lost says AlreadyExists and is understood.

use super::follow::{Pace, Started, marker};
use crate::cloudformation::{
    CallError, ChangeSetId, ChangeSetRequest, ChangeSetStatus, ChangeSetView, CloudFormation,
    Deletion, Execution, Failed, Kind, Mode, Standing, whole_change_set,
};
use crate::exit::{Exit, Failure};
use crate::ui::Ui;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::Instant;

/// A change set that was made.
#[derive(Debug)]
pub enum Prepared {
    /// It can be executed.
    Ready(ChangeSetView),
    /// CloudFormation sees nothing to change; the change set is deleted.
    NoChanges,
    /// It is being executed already: an earlier run of ours started it.
    Running(ChangeSetId),
}

/// Code of the failure that another run deploys the same at the same time.
pub const TAKEN: &str = "change-set.taken";

/// How often a left-over of the same name is cleared away before giving up.
const CLEARANCES: u32 = 3;

/// Makes the change set, or finds the one that an earlier run made.
///
/// # Errors
/// When CloudFormation refuses it, with CloudFormation's reason.
pub async fn prepare(
    cloud: &impl CloudFormation,
    request: &ChangeSetRequest,
    pace: Pace,
    ui: &Ui,
) -> Result<Prepared, Failure> {
    let mut request = request.clone();
    for attempt in 0..CLEARANCES {
        match cloud
            .create_change_set(&request, &fresh_token(&request.name, attempt))
            .await
        {
            Ok(_) => {}
            // It is not everywhere yet. The standard way is slower, and leads to the same.
            Err(error) if request.mode == Mode::Express && is_about_the_mode(&error) => {
                ui.say(format!(
                    "{}: CloudFormation doesn't take EXPRESS here ({}); deploying in the standard mode",
                    request.stack, error.message
                ));
                request.mode = Mode::Standard;
                continue;
            }
            Err(error) if error.kind == Kind::AlreadyExists => {}
            Err(error) if error.kind == Kind::NoChanges => return Ok(Prepared::NoChanges),
            Err(error) => return Err(error.into()),
        }
        match made(cloud, &request, pace, ui).await? {
            Some(view) => match (view.status, view.execution) {
                (_, Execution::Running) => return Ok(Prepared::Running(view.id)),
                (ChangeSetStatus::Complete, Execution::Available) => {
                    return Ok(Prepared::Ready(view));
                }
                (ChangeSetStatus::Failed, _) => {
                    let reason = view.reason.unwrap_or_else(|| "no reason given".to_owned());
                    let nothing = CallError::kind_of("", &reason) == Kind::NoChanges;
                    // Not every target tells.
                    let causes = match nothing {
                        true => Vec::new(),
                        false => {
                            let of = Failed::ChangeSet(&view.id);
                            cloud.failures(of).await.unwrap_or_default()
                        }
                    };
                    // A failed change set, and the shell that it made, are of no use to anyone; the reason counts.
                    let _ = discard(cloud, &view.id).await;
                    return match nothing {
                        true => Ok(Prepared::NoChanges),
                        false => Err(refused(&request, &reason, &causes)),
                    };
                }
                // Executed or outdated: a left-over under our name.
                _ => cloud.delete_change_set(&view.id).await?,
            },
            None => continue,
        }
    }
    Err(Failure::new(
        Exit::Busy,
        TAKEN,
        format!(
            "the change set {} on {} is another run's by now",
            request.name, request.stack
        ),
    )
    .on(request.stack.as_str())
    .help(
        "Another run deploys the same: run again when it is done, and nothing is left to do. If there is no other run, \
         look at the change set in the console.",
    ))
}

/// Whether a request was refused for its mode.
fn is_about_the_mode(error: &CallError) -> bool {
    let text = error.message.to_ascii_lowercase();
    error.kind == Kind::Refused && (text.contains("express") || text.contains("deploymentconfig"))
}

/// How long the making of a change set may take.
const MAKING: Duration = Duration::from_secs(600);

/// After how long it is said that it takes its time.
const SLOW: Duration = Duration::from_secs(10);

/// Waits until it is made. None if it isn't there (deleted meanwhile, or not yet readable for too long).
async fn made(
    cloud: &impl CloudFormation,
    request: &ChangeSetRequest,
    pace: Pace,
    ui: &Ui,
) -> Result<Option<ChangeSetView>, Failure> {
    let begun = Instant::now();
    let mut said = false;
    let mut unseen = 0;
    let mut wait = pace.start();
    loop {
        match whole_change_set(cloud, &request.stack, &request.name).await? {
            Some(view) if view.status == ChangeSetStatus::Pending => {}
            Some(view)
                if view.status == ChangeSetStatus::Complete
                    && view.execution == Execution::Unavailable => {}
            Some(view) if view.status == ChangeSetStatus::Deleted => return Ok(None),
            Some(view) => return Ok(Some(view)),
            // A stale read just after the creation.
            None if unseen < 5 => unseen += 1,
            None => return Ok(None),
        }
        if begun.elapsed() >= MAKING {
            return Err(Failure::new(
                Exit::LostContact,
                "change-set.slow",
                format!(
                    "CloudFormation hasn't made the change set {} in {} s",
                    request.name,
                    MAKING.as_secs()
                ),
            )
            .on(request.stack.as_str())
            .help(
                "Nothing was changed. Run the same command again: it goes on with that change set.",
            ));
        }
        if !said && begun.elapsed() >= SLOW {
            ui.say(format!(
                "CloudFormation is still making the change set for {}",
                request.stack
            ));
            said = true;
        }
        wait = pace.rest(wait).await;
    }
}

fn refused(request: &ChangeSetRequest, reason: &str, causes: &[String]) -> Failure {
    let mut message = format!("CloudFormation can't make the change set: {reason}");
    for cause in causes {
        message.push_str("\n  ");
        message.push_str(cause);
    }
    Failure::new(Exit::Failed, "change-set.refused", message)
        .on(request.stack.as_str())
        .help("Nothing was changed. Correct what the reason names, then run again.")
}

/// Starts the change set, and says from where on events are its own. An answer that was lost and a start that happened already
/// are both fine: but what another run started may be over already, and would be waited for in vain.
///
/// # Errors
/// When CloudFormation refuses.
pub async fn execute(
    cloud: &impl CloudFormation,
    view: &ChangeSetView,
) -> Result<Started, Failure> {
    let before = marker(cloud, &view.id.stack_id).await?;
    let begun = cloud
        .execute_change_set(&view.id, &token(&view.id.id))
        .await;
    let Err(error) = begun else {
        return Ok(before);
    };
    let now = whole_change_set(cloud, &view.id.stack_id, &view.id.id).await;
    match now {
        Ok(Some(now)) if matches!(now.execution, Execution::Running | Execution::Over) => {
            Ok(match error.kind {
                Kind::Lost => before,
                _ => Started::Earlier,
            })
        }
        _ => Err(error.into()),
    }
}

/// Deletes a change set that won't be executed, and the shell that it made if nothing ever happened to the stack: one
/// that another run has just begun to create may still read as a shell.
///
/// # Errors
/// When a call fails.
pub async fn discard(cloud: &impl CloudFormation, id: &ChangeSetId) -> Result<(), Failure> {
    cloud.delete_change_set(id).await?;
    let stack = cloud.stack(&id.stack_id).await?;
    let shell = stack
        .is_some_and(|stack| stack.status.standing() == Standing::Shell && stack.id == id.stack_id);
    if shell && nothing_happened(cloud, &id.stack_id).await? {
        cloud
            .delete_stack(&id.stack_id, &token(&id.id), Deletion::Whole)
            .await?;
    }
    Ok(())
}

/// Whether a stack's events tell of nothing but its being a shell.
async fn nothing_happened(cloud: &impl CloudFormation, stack_id: &str) -> Result<bool, CallError> {
    let mut next = None;
    loop {
        let page = cloud.events(stack_id, next.as_deref()).await?;
        if page
            .items
            .iter()
            .any(|event| event.status != "REVIEW_IN_PROGRESS")
        {
            return Ok(false);
        }
        next = page.next;
        if next.is_none() {
            return Ok(true);
        }
    }
}

/// A request token that no other attempt has: CloudFormation answers a repeated token with what it did before, even if
/// that was deleted meanwhile. The SDK's own retries repeat the request, and so the token.
fn fresh_token(name: &str, attempt: u32) -> String {
    let now = OffsetDateTime::now_utc().unix_timestamp_nanos();
    format!("{name}-{now}-{attempt}")
}

/// A request token of up to 128 letters, digits and hyphens, the same for the same change set.
fn token(id: &str) -> String {
    id.rsplit(['/', ':'])
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(100)
        .collect()
}
