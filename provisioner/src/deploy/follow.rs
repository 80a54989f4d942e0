//! Following an operation by the stack's events until it is over: look at once, then poll with backoff.
//!
//! The events are the truth and not the status: a stack whose change set was just executed may read
//! REVIEW_IN_PROGRESS, or the end of the operation before, for a while. Only where the events have nothing to say for long is
//! the stack itself asked, so that no wait is without an end: for events that passed before anybody listened, or that never come.

use super::outcome::Outcome;
use super::state::is_lost;
use crate::cloudformation::{
    CallError, CloudFormation, Kind, StackEvent, StackStatus, StackView, Standing,
};
use crate::exit::{Exit, Failure};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// How often to look, and how long.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Before the second look.
    pub first: Duration,
    /// At most.
    pub most: Duration,
    /// After how long without news the stack itself is asked.
    pub hush: Duration,
    /// After how long without news nobody waits any longer, although the operation goes on.
    pub patience: Duration,
}

impl Pace {
    /// For AWS: every 0.3 to 1 s. No resource of ours takes an hour in one step.
    pub const CLOUD: Self = Self {
        first: Duration::from_millis(300),
        most: Duration::from_secs(1),
        hush: Duration::from_secs(30),
        patience: Duration::from_secs(3600),
    };
    /// For an emulator on this machine, which nobody throttles.
    pub const LOCAL: Self = Self {
        first: Duration::from_millis(15),
        most: Duration::from_millis(120),
        hush: Duration::from_secs(2),
        patience: Duration::from_secs(300),
    };

    pub(super) fn start(self) -> Duration {
        self.first
    }

    /// Waits, and says how long to wait next.
    pub(super) async fn rest(self, wait: Duration) -> Duration {
        tokio::time::sleep(wait).await;
        (wait + wait / 2).min(self.most)
    }
}

/// From where on events belong to the operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// After this event; none: the stack had no events.
    After(Option<String>),
    /// Unknown, as it was started by an earlier run: with the newest beginning of an operation.
    Earlier,
}

/// The newest event of a stack now, to follow an operation from.
///
/// # Errors
/// When the events can't be read.
pub async fn marker(cloud: &impl CloudFormation, stack: &str) -> Result<Started, CallError> {
    match cloud.events(stack, None).await {
        Ok(page) => Ok(Started::After(
            page.items.into_iter().next().map(|event| event.id),
        )),
        Err(error) if error.kind == Kind::NotFound => Ok(Started::After(None)),
        Err(error) => Err(error),
    }
}

/// Lost looks in a row before giving up; each has been retried by the SDK before.
const LOST_LOOKS: u32 = 8;

/// What was seen of an operation so far.
#[derive(Debug, Default)]
struct Seen {
    /// Its events, oldest first.
    events: Vec<StackEvent>,
    ids: BTreeSet<String>,
    lost: u32,
}

/// What a look at the events yielded.
#[derive(Debug, PartialEq, Eq)]
enum Sight {
    /// Something happened.
    News,
    /// Nothing new, or nothing could be seen this time.
    Nothing,
    /// There is no such stack: a deleted one's events can't be read everywhere.
    Gone,
}

impl Seen {
    /// Takes a look's events in and shows each. The operation goes on whatever becomes of us: no error here means
    /// anything else than that contact is lost.
    fn take(
        &mut self,
        look: Result<Vec<StackEvent>, CallError>,
        stack_id: &str,
        started: &Started,
        mut show: impl FnMut(&StackEvent),
    ) -> Result<Sight, Failure> {
        let fresh = match look {
            Ok(fresh) => fresh,
            Err(error) if error.kind == Kind::NotFound => return Ok(Sight::Gone),
            Err(error) if is_lost(&error) && self.lost < LOST_LOOKS => {
                self.lost += 1;
                return Ok(Sight::Nothing);
            }
            Err(error) => return Err(lost_contact(stack_id, &error)),
        };
        self.lost = 0;
        let sight = if fresh.is_empty() {
            Sight::Nothing
        } else {
            Sight::News
        };
        for event in fresh {
            // What came before it belongs to the operation before.
            if *started == Started::Earlier && begins(&event, stack_id) {
                self.events.clear();
            }
            show(&event);
            self.ids.insert(event.id.clone());
            self.events.push(event);
        }
        Ok(sight)
    }
}

/// How long nothing was heard of an operation.
#[derive(Debug)]
struct Silence {
    since: Instant,
    asked: Instant,
}

impl Silence {
    fn begin() -> Self {
        let now = Instant::now();
        Self {
            since: now,
            asked: now,
        }
    }

    /// Asks the stack itself, when it is time to. Some: the operation is over, and ended so.
    async fn broken(
        &mut self,
        cloud: &impl CloudFormation,
        stack_id: &str,
        events: &[StackEvent],
        pace: Pace,
    ) -> Result<Option<StackStatus>, Failure> {
        if self.asked.elapsed() < pace.hush {
            return Ok(None);
        }
        self.asked = Instant::now();
        let stack = match cloud.stack(stack_id).await {
            Ok(stack) => stack,
            Err(error) if is_lost(&error) => return Ok(None),
            Err(error) => return Err(lost_contact(stack_id, &error)),
        };
        let status = stack.map_or_else(|| StackStatus::new("DELETE_COMPLETE"), |it| it.status);
        match status.standing() {
            Standing::InProgress if self.since.elapsed() < pace.patience => Ok(None),
            Standing::InProgress => Err(silent(
                stack_id,
                &format!(
                    "it is in {status}, and nothing happened in it for {} minutes",
                    pace.patience.as_secs() / 60
                ),
            )),
            Standing::Settled | Standing::Stuck | Standing::Gone if !events.is_empty() => {
                Ok(Some(status))
            }
            // It ended before anybody listened, or never began.
            _ => Err(silent(
                stack_id,
                &format!("it is in {status}, and tells of no operation since this one was started"),
            )),
        }
    }
}

/// Follows an operation to its end, and shows every event once, oldest first.
///
/// # Errors
/// Lost contact (exit 5): the operation goes on.
pub async fn follow(
    cloud: &impl CloudFormation,
    stack_id: &str,
    started: &Started,
    pace: Pace,
    mut show: impl FnMut(&StackEvent),
) -> Result<Outcome, Failure> {
    let mut seen = Seen::default();
    let mut wait = pace.start();
    let mut silence = Silence::begin();
    loop {
        let look = since(cloud, stack_id, started, &seen.ids).await;
        match seen.take(look, stack_id, started, &mut show)? {
            Sight::News => {
                wait = pace.start();
                silence = Silence::begin();
            }
            Sight::Nothing => {
                let ended = silence.broken(cloud, stack_id, &seen.events, pace).await?;
                if let Some(status) = ended {
                    return Ok(Outcome {
                        status,
                        events: seen.events,
                    });
                }
            }
            Sight::Gone => {
                return Ok(Outcome {
                    status: StackStatus::new("DELETE_COMPLETE"),
                    events: seen.events,
                });
            }
        }
        if let Some(status) = ending(&seen.events, stack_id)
            && !(*started == Started::Earlier && goes_on(cloud, stack_id).await)
        {
            return Ok(Outcome {
                status,
                events: seen.events,
            });
        }
        wait = pace.rest(wait).await;
    }
}

/// Follows a deletion to its end. The stack itself is asked too: a deleted one is gone, whatever its events say.
///
/// # Errors
/// Lost contact (exit 5): the deletion goes on.
pub async fn follow_deletion(
    cloud: &impl CloudFormation,
    stack_id: &str,
    started: &Started,
    pace: Pace,
    mut show: impl FnMut(&StackEvent),
) -> Result<Outcome, Failure> {
    let mut seen = Seen::default();
    let mut wait = pace.start();
    let mut silence = Silence::begin();
    loop {
        let (look, stack) = tokio::join!(
            since(cloud, stack_id, started, &seen.ids),
            cloud.stack(stack_id)
        );
        let over = match &stack {
            Ok(None) => Some(StackStatus::new("DELETE_COMPLETE")),
            Ok(Some(stack)) if stack.status.standing() == Standing::Gone => {
                Some(stack.status.clone())
            }
            _ => None,
        };
        let sight = seen.take(look, stack_id, started, &mut show)?;
        let over = match sight {
            Sight::News => {
                silence = Silence::begin();
                over
            }
            Sight::Nothing if over.is_none() => {
                silence.broken(cloud, stack_id, &seen.events, pace).await?
            }
            Sight::Nothing | Sight::Gone => over,
        };
        let stale =
            *started == Started::Earlier && matches!(&stack, Ok(Some(stack)) if in_progress(stack));
        if let Some(status) = over.or_else(|| ending(&seen.events, stack_id).filter(|_| !stale)) {
            return Ok(Outcome {
                status,
                events: seen.events,
            });
        }
        wait = pace.rest(wait).await;
    }
}

/// Whether the stack itself says that an operation runs: then an end among its events is that of the one before.
async fn goes_on(cloud: &impl CloudFormation, stack_id: &str) -> bool {
    matches!(cloud.stack(stack_id).await, Ok(Some(stack)) if in_progress(&stack))
}

fn in_progress(stack: &StackView) -> bool {
    stack.status.standing() == Standing::InProgress
}

/// The operation's events that were not seen yet, oldest first.
async fn since(
    cloud: &impl CloudFormation,
    stack_id: &str,
    started: &Started,
    seen: &BTreeSet<String>,
) -> Result<Vec<StackEvent>, CallError> {
    let mut fresh = Vec::new();
    let mut next = None;
    'pages: loop {
        let page = cloud.events(stack_id, next.as_deref()).await?;
        for event in page.items {
            if seen.contains(&event.id) {
                break 'pages;
            }
            match started {
                Started::After(Some(marker)) if event.id == *marker => break 'pages,
                Started::Earlier if begins(&event, stack_id) => {
                    fresh.push(event);
                    break 'pages;
                }
                _ => fresh.push(event),
            }
        }
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    fresh.reverse();
    Ok(fresh)
}

/// Whether an operation on the stack begins with this event.
fn begins(event: &StackEvent, stack_id: &str) -> bool {
    event.is_of_stack(stack_id)
        && matches!(
            event.status.as_str(),
            "CREATE_IN_PROGRESS"
                | "UPDATE_IN_PROGRESS"
                | "DELETE_IN_PROGRESS"
                | "IMPORT_IN_PROGRESS"
        )
}

/// The stack's final status, if the last event of the stack itself is one.
fn ending(events: &[StackEvent], stack_id: &str) -> Option<StackStatus> {
    let last = events
        .iter()
        .rev()
        .find(|event| event.is_of_stack(stack_id))?;
    let status = StackStatus::new(last.status.as_str());
    match status.standing() {
        Standing::InProgress | Standing::Shell => None,
        // The rollback is about to begin.
        Standing::Stuck if matches!(status.as_str(), "UPDATE_FAILED") => None,
        _ => Some(status),
    }
}

/// Nothing is heard of an operation any more: whether it goes on is for the next run to see.
fn silent(stack_id: &str, what: &str) -> Failure {
    Failure::new(
        Exit::LostContact,
        "stack.silent",
        format!("the operation can't be followed: {what}"),
    )
    .on(stack_id)
    .help("Run the same command again: it looks at the stack anew and goes on from there.")
}

/// Contact was lost with an operation that had begun, for whatever reason: it goes on by itself.
pub(super) fn lost_contact(stack_id: &str, error: &CallError) -> Failure {
    let first = match error.kind {
        Kind::Credentials => "Log in again, then run",
        Kind::Denied => "Get that permission, or use another --profile, then run",
        _ => "Run",
    };
    Failure::new(
        Exit::LostContact,
        "aws.lost-contact",
        format!("the operation can't be followed any more: {error}"),
    )
    .on(stack_id)
    .help(format!(
        "The operation goes on by itself. {first} the same command again to follow it."
    ))
}
