//! `redrive`: looks into dead-letter queues and puts messages back by the way of their kind (R9).
//!
//! A message is deleted only after it was put back: a crash in between is a duplicate, which its consumer suppresses.
//! Nothing goes back through the bus, which would fan it out again. What a message says is never shown: only which event
//! it is and why it lies there.

#[cfg(test)]
pub(crate) mod fakes;
mod letter;
mod look;
mod ports;
mod put_back;
mod records;
mod render;
mod run;
#[cfg(test)]
mod tests;
mod way;

pub use letter::{Attribute, AttributeValue, Letter};
pub use look::{Cause, Looked, Overview, Pick, QueueLine, RedrivePlan, look, overview, plan};
pub use ports::{Answer, DeadLetters, Depth, Move, MoveState, Outgoing, StreamRecords};
pub use put_back::Unreturnable;
pub use render::{looked_text, overview_text, plan_text, redriven_text};
pub use run::{Failed, MessageLine, Redriven, Redriving, redrive};
pub use way::{DeadLetterQueue, Place, Way, dead_letter_queue, dead_letter_queues};

use crate::ports::{ServiceError, Trouble};

/// Why a redrive did not work, or was not begun.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedriveFailure {
    /// No dead-letter queue has this name.
    #[error("`{name}` is no dead-letter queue of this environment")]
    NoSuchQueue {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The queue's way back is of a kind that this program does not know.
    #[error(
        "messages of {queue} come back by `{kind}`, which this version of provision does not know"
    )]
    UnknownWay {
        /// The queue.
        queue: String,
        /// The kind in the deployed template.
        kind: String,
    },
    /// What the queue's messages are to be sent to is not in the stack.
    #[error("messages of {queue} go back to {to}, which is not in the deployed stack")]
    NoTarget {
        /// The queue.
        queue: String,
        /// The target's logical id.
        to: String,
    },
    /// No message of the queue has this id.
    #[error("no message of {queue} has the id `{id}`")]
    NoSuchMessage {
        /// The queue.
        queue: String,
        /// What was asked for.
        id: String,
    },
    /// The service was asked to move the messages, and can't be asked how it goes.
    #[error("the messages of {queue} are being moved, and contact was lost: {reason}")]
    LostContact {
        /// The queue.
        queue: String,
        /// Why.
        reason: String,
    },
    /// Another move of the queue's messages is running.
    #[error("messages of {queue} are being moved by another run")]
    Busy {
        /// The queue.
        queue: String,
    },
    /// The service gave up moving messages.
    #[error("moving the messages of {queue} ended as {state} after {moved} messages: {reason}")]
    MoveFailed {
        /// The queue.
        queue: String,
        /// The task's last state.
        state: String,
        /// Messages that were moved before.
        moved: u64,
        /// Why, in the service's words.
        reason: String,
    },
    /// A service call failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl RedriveFailure {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            RedriveFailure::NoSuchQueue { .. } => "redrive.no-such-queue",
            RedriveFailure::UnknownWay { .. } => "redrive.unknown-way",
            RedriveFailure::NoTarget { .. } => "redrive.no-target",
            RedriveFailure::NoSuchMessage { .. } => "redrive.no-such-message",
            RedriveFailure::LostContact { .. } => "redrive.lost-contact",
            RedriveFailure::Busy { .. } => "redrive.busy",
            RedriveFailure::MoveFailed { .. } => "redrive.move-failed",
            RedriveFailure::Service(_) => "service-failed",
        }
    }

    /// The program's exit code for it.
    #[must_use]
    pub const fn exit(&self) -> u8 {
        match self {
            RedriveFailure::NoSuchQueue { .. }
            | RedriveFailure::UnknownWay { .. }
            | RedriveFailure::NoTarget { .. }
            | RedriveFailure::NoSuchMessage { .. } => 3,
            RedriveFailure::LostContact { .. } => 5,
            RedriveFailure::Busy { .. } => 6,
            RedriveFailure::MoveFailed { .. } | RedriveFailure::Service(_) => 1,
        }
    }

    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> &str {
        match self {
            RedriveFailure::NoSuchQueue { name, .. } => name,
            RedriveFailure::NoSuchMessage { id, .. } => id,
            RedriveFailure::UnknownWay { queue, .. }
            | RedriveFailure::NoTarget { queue, .. }
            | RedriveFailure::LostContact { queue, .. }
            | RedriveFailure::Busy { queue }
            | RedriveFailure::MoveFailed { queue, .. } => queue,
            RedriveFailure::Service(error) => &error.subject,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            RedriveFailure::NoSuchQueue { known, .. } if known.is_empty() => {
                "this environment has no dead-letter queues: run `provision up` for it".to_owned()
            }
            RedriveFailure::NoSuchQueue { known, .. } => format!(
                "name one of: {} (`provision redrive --list` shows what they hold)",
                known.join(", ")
            ),
            RedriveFailure::UnknownWay { .. } | RedriveFailure::NoTarget { .. } => {
                "the environment was deployed by another version: use that version, or run `provision up` first"
                    .to_owned()
            }
            RedriveFailure::NoSuchMessage { queue, .. } => format!(
                "see what is there with `provision redrive {queue} --list`; a message that was just looked at from elsewhere shows again after a minute"
            ),
            RedriveFailure::LostContact { queue, .. } => {
                format!("it goes on by itself; see what is left with `provision redrive {queue} --list`")
            }
            RedriveFailure::Busy { .. } => {
                "wait until it is done, then look again with --list".to_owned()
            }
            RedriveFailure::MoveFailed { queue, .. } => format!(
                "mend the cause, then run again; what was not moved is still there (`provision redrive {queue} --list`)"
            ),
            RedriveFailure::Service(error) => service_help(error.trouble).to_owned(),
        }
    }
}

/// What to do after a failed call.
pub(crate) const fn service_help(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Denied => {
            "use credentials that may do this (--profile, or `role_arn` in the environment file)"
        }
        Trouble::Absent => {
            "the environment is not as its stack says: run `provision drift`, or `provision up` to put it right"
        }
        Trouble::Unavailable => "run the same command again",
        Trouble::Other => "see the service's words above",
    }
}
