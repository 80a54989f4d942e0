//! What the reaper does when it is woken for a stack: looks, and while the stack's life is over, empties its buckets, has
//! CloudFormation delete it, waits, and does it again where that failed. It looks again before every page that it deletes
//! and right before the deletion: somebody may renew the environment at any time.
//!
//! It answers with an error where it could not finish: Lambda wakes it again for the same stack, twice, and it goes on where
//! the stack is then. What is still there after that is in the dead-letter queue, and rings.

use crate::buckets::{empty_page, going};
use crate::rule::{Fate, Reason, fate};
use crate::stack::{self, Stack, delete, describe, resources};
use crate::sweep::{Swept, sweep};
use requests::{Api, Trouble};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use time::OffsetDateTime;

/// Variable with the ARN of the role that CloudFormation deletes with. A role within the stack would die half-way.
pub const DELETION_ROLE: &str = "DELETION_ROLE";

/// Whom the reaper was woken for: the input of an environment's schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The stack's ARN: unlike its name it stays this stack's own when another takes the name later.
    pub stack_id: String,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum Outcome {
    /// The stack is gone.
    #[serde(rename_all = "camelCase")]
    Gone {
        /// How many deletions were started.
        deletions: u32,
        /// How many versions of objects were deleted.
        emptied: usize,
        /// What was swept up beside the stack.
        swept: Swept,
    },
    /// It stays, and why.
    Stays {
        /// Why.
        reason: String,
    },
}

/// Why it could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The call was refused, or brought no answer.
    #[error(transparent)]
    Refused(#[from] Trouble),
    /// The stack has buckets, and no template says which of them to keep.
    #[error("the stack has buckets and no JSON template that says which of them to keep")]
    NoTemplate,
    /// Its deletion failed again and again.
    #[error("{stack} could not be deleted in {deletions} deletions; the last one: {reason}")]
    Stuck {
        /// The stack's name.
        stack: String,
        /// How often it was tried.
        deletions: u32,
        /// CloudFormation's words.
        reason: String,
    },
    /// The time that one invocation has is over.
    #[error(
        "{stack} is in {status}, and the time of this invocation is over: the next one goes on"
    )]
    OutOfTime {
        /// The stack's name.
        stack: String,
        /// Its status.
        status: String,
    },
}

/// The time that it has.
pub trait Clock {
    /// Now.
    fn now(&self) -> OffsetDateTime;
    /// What is left of this invocation.
    fn left(&self) -> Duration;
    /// Waits.
    fn pause(&self, time: Duration) -> impl Future<Output = ()>;
}

/// Deletions in one invocation before a person must look.
const DELETIONS: u32 = 5;

/// What is kept of an invocation's time to say how it went.
const RESERVE: Duration = Duration::from_secs(20);

/// The pauses between looks: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// How long after the end of a stack the last invocations of its functions may log.
const LATE: Duration = Duration::from_secs(3);

/// By how much a schedule may come too early: clocks differ.
const EARLY: time::Duration = time::Duration::MINUTE;

/// Deletes the stack if its life is over.
///
/// # Errors
/// What could not be finished; whoever woke it wakes it again.
pub async fn reap(
    api: &impl Api,
    clock: &impl Clock,
    order: &Order,
    role: &str,
) -> Result<Outcome, Fault> {
    let id = order.stack_id.as_str();
    let (mut deletions, mut emptied, mut pause) = (0, 0, PAUSES.0);
    let mut held = Vec::new();
    let mut name: Option<String> = None;
    loop {
        let Some(stack) = describe(api, id).await? else {
            let swept = match &name {
                Some(name) => {
                    clock.pause(LATE).await;
                    sweep(api, name, &held).await
                }
                None => Swept::default(),
            };
            return Ok(Outcome::Gone {
                deletions,
                emptied,
                swept,
            });
        };
        if let Some(reason) = reason_to_stay(&stack, clock.now()) {
            return Ok(Outcome::Stays { reason });
        }
        if clock.left() < RESERVE {
            return Err(out_of_time(stack));
        }
        if is_deletable(&stack, clock.now()) {
            if deletions == DELETIONS {
                return Err(Fault::Stuck {
                    stack: stack.name,
                    deletions,
                    reason: stack.reason,
                });
            }
            let now_held = resources(api, id).await?;
            let template = stack::template(api, id).await?;
            let before = emptied;
            for bucket in going(&now_held, template.as_ref())? {
                emptied += empty(api, clock, bucket, (id, &stack)).await?;
            }
            // What was emptied may have been written to meanwhile.
            if emptied > before || !is_doomed(api, clock, id).await? {
                continue;
            }
            let token = format!("reap-{}-{deletions}", clock.now().unix_timestamp());
            delete(api, id, role, &token).await?;
            deletions += 1;
            pause = PAUSES.0;
            held = now_held;
        } else if held.is_empty() && stack.status == "DELETE_IN_PROGRESS" {
            held = resources(api, id).await?;
        }
        name = Some(stack.name);
        clock.pause(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// Why nothing is to be done. A running operation and a moment of its life pass: they are no reason.
fn reason_to_stay(stack: &Stack, now: OffsetDateTime) -> Option<String> {
    match fate(&stack.facts(), &[], now) {
        Some(Fate::Expired(_)) => None,
        Some(Fate::Stays { reason, .. }) => match reason {
            Reason::Busy(_) => None,
            Reason::Lives(until) if until - now <= EARLY => None,
            reason => Some(reason.to_string()),
        },
        None => Some(Reason::Foreign.to_string()),
    }
}

/// Whether a deletion can be started: the life is over, and nothing runs, no deletion either.
fn is_deletable(stack: &Stack, now: OffsetDateTime) -> bool {
    let expired = matches!(fate(&stack.facts(), &[], now), Some(Fate::Expired(_)));
    expired && stack.status != "DELETE_IN_PROGRESS"
}

/// Whether, by a look of this moment, a deletion can be started.
async fn is_doomed(api: &impl Api, clock: &impl Clock, id: &str) -> Result<bool, Fault> {
    let stack = describe(api, id).await?;
    Ok(stack.is_some_and(|stack| is_deletable(&stack, clock.now())))
}

/// Empties a bucket, as far as the time goes and for as long as its stack, of this ARN, is to be deleted.
async fn empty(
    api: &impl Api,
    clock: &impl Clock,
    bucket: &str,
    (id, stack): (&str, &Stack),
) -> Result<usize, Fault> {
    let mut emptied = 0;
    while is_doomed(api, clock, id).await? {
        match empty_page(api, bucket).await? {
            0 => break,
            count => emptied += count,
        }
        if clock.left() < RESERVE {
            return Err(out_of_time(stack.clone()));
        }
    }
    Ok(emptied)
}

fn out_of_time(stack: Stack) -> Fault {
    Fault::OutOfTime {
        stack: stack.name,
        status: stack.status,
    }
}
