//! Making, reading and executing a change set, whatever an earlier run left behind.
//!
//! Its name is derived from what it would deploy, so that a killed run's change set is found again, and a retried
//! CreateChangeSet whose answer was lost says AlreadyExists and is understood.

use super::follow::Pace;
use crate::cloudformation::{
    CallError, ChangeSetId, ChangeSetRequest, ChangeSetStatus, ChangeSetView, CloudFormation,
    Execution, Kind, whole_change_set,
};
use crate::exit::{Exit, Failure};

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
) -> Result<Prepared, Failure> {
    for _ in 0..CLEARANCES {
        match cloud.create_change_set(request).await {
            Ok(_) => {}
            Err(error) if error.kind == Kind::AlreadyExists => {}
            Err(error) if error.kind == Kind::NoChanges => return Ok(Prepared::NoChanges),
            Err(error) => return Err(error.into()),
        }
        match made(cloud, request, pace).await? {
            Some(view) => match (view.status, view.execution) {
                (_, Execution::Running) => return Ok(Prepared::Running(view.id)),
                (ChangeSetStatus::Complete, Execution::Available) => {
                    return Ok(Prepared::Ready(view));
                }
                (ChangeSetStatus::Failed, _) => {
                    let reason = view.reason.unwrap_or_else(|| "no reason given".to_owned());
                    // A failed change set is of no use to anyone; the reason is what counts.
                    let _ = cloud.delete_change_set(&view.id).await;
                    return if CallError::kind_of("", &reason) == Kind::NoChanges {
                        Ok(Prepared::NoChanges)
                    } else {
                        Err(refused(request, &reason))
                    };
                }
                // Executed or outdated: a left-over under our name.
                _ => cloud.delete_change_set(&view.id).await?,
            },
            None => continue,
        }
    }
    Err(Failure::new(
        Exit::Stuck,
        "change-set.left-over",
        format!(
            "a left-over change set {} on {} can't be cleared away",
            request.name, request.stack
        ),
    )
    .on(request.stack.as_str())
    .help("Delete it in the console, then run again."))
}

/// Waits until it is made. None if it isn't there (deleted meanwhile, or not yet readable for too long).
async fn made(
    cloud: &impl CloudFormation,
    request: &ChangeSetRequest,
    pace: Pace,
) -> Result<Option<ChangeSetView>, Failure> {
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
        wait = pace.rest(wait).await;
    }
}

fn refused(request: &ChangeSetRequest, reason: &str) -> Failure {
    Failure::new(
        Exit::Failed,
        "change-set.refused",
        format!("CloudFormation can't make the change set: {reason}"),
    )
    .on(request.stack.as_str())
    .help("Nothing was changed. Correct what the reason names, then run again.")
}

/// Starts the change set. An answer that was lost and a start that happened already are both fine.
///
/// # Errors
/// When CloudFormation refuses.
pub async fn execute(cloud: &impl CloudFormation, view: &ChangeSetView) -> Result<(), Failure> {
    match cloud
        .execute_change_set(&view.id, &token(&view.id.id))
        .await
    {
        Ok(()) => Ok(()),
        Err(error) => {
            let now = whole_change_set(cloud, &view.id.stack_id, &view.id.id).await;
            match now {
                Ok(Some(now)) if matches!(now.execution, Execution::Running | Execution::Over) => {
                    Ok(())
                }
                _ => Err(error.into()),
            }
        }
    }
}

/// Deletes a change set that won't be executed, and the shell that it made if the stack is nothing else.
///
/// # Errors
/// When a call fails.
pub async fn discard(cloud: &impl CloudFormation, id: &ChangeSetId) -> Result<(), Failure> {
    cloud.delete_change_set(id).await?;
    let shell = cloud.stack(&id.stack_id).await?.is_some_and(|stack| {
        stack.status.standing() == crate::cloudformation::Standing::Shell && stack.id == id.stack_id
    });
    if shell {
        cloud.delete_stack(&id.stack_id, &token(&id.id)).await?;
    }
    Ok(())
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
