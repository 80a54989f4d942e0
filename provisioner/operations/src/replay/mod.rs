//! `replay`: sends archived events again, to the rules that admit replays and to no others (R11).
//!
//! Which rules do is never believed but tried: the exact matcher judges witness events that carry a replay's name, against
//! the deployed pattern and the one that is live. Stuck effects come back through `redrive`, never through here.

#[cfg(test)]
pub(crate) mod fakes;
mod moment;
mod ports;
mod render;
mod rules;
mod run;
#[cfg(test)]
mod tests;

pub use moment::{Window, moment};
pub use ports::{Archive, Archives, LiveRule, ReplayOrder, ReplayState, Start};
pub use render::{plan_text, replayed_text};
pub use rules::{RuleLine, rule_lines};
pub use run::{ReplayPlan, ReplayRequest, Replayed, plan, replay};

use crate::ports::ServiceError;
use crate::redrive::service_help;

/// Why a replay did not work, or was not begun.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayFailure {
    /// A text that is no moment.
    #[error("`{text}` is no moment")]
    NotAMoment {
        /// The text.
        text: String,
    },
    /// A window that holds nothing.
    #[error("the window from {from} to {to} {why}")]
    EmptyWindow {
        /// Its begin.
        from: String,
        /// Its end.
        to: String,
        /// Why it holds nothing.
        why: String,
    },
    /// A name that a replay can't have.
    #[error("`{name}` can't be a replay's name")]
    NotAName {
        /// The name.
        name: String,
    },
    /// No rule has this name.
    #[error("the environment has no rule `{rule}`")]
    NoSuchRule {
        /// What was asked for.
        rule: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The rule that was asked for takes no replayed event.
    #[error("{rule} would get nothing: {why}")]
    GetsNothing {
        /// The rule.
        rule: String,
        /// Why.
        why: String,
    },
    /// No rule at all takes replayed events.
    #[error("no rule of this environment admits replayed events: nobody would get anything")]
    NobodyGetsAny,
    /// A rule with effects would take replayed events.
    #[error(
        "{rule} would get replayed events, and {handler} behind it has effects, which would happen again"
    )]
    Unsafe {
        /// The rule.
        rule: String,
        /// The handler.
        handler: String,
    },
    /// There is no archive.
    #[error("there is no archive {archive}")]
    NoArchive {
        /// Its name.
        archive: String,
    },
    /// Another replay has the name.
    #[error("there is a replay {name} already, of another window or to other rules")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// As many replays are running as may run at once.
    #[error("{name} can't start now: {reason}")]
    Busy {
        /// The name.
        name: String,
        /// Why, in the service's words.
        reason: String,
    },
    /// It runs and can't be asked how it goes.
    #[error("replay {name} goes on, and contact with it was lost: {reason}")]
    LostContact {
        /// The name.
        name: String,
        /// Why.
        reason: String,
    },
    /// It ended before its end.
    #[error("replay {name} ended as {state}: {reason}")]
    Ended {
        /// The name.
        name: String,
        /// Its last state.
        state: String,
        /// Why, in the service's words.
        reason: String,
    },
    /// A service call failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl ReplayFailure {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            ReplayFailure::NotAMoment { .. } => "replay.not-a-moment",
            ReplayFailure::EmptyWindow { .. } => "replay.empty-window",
            ReplayFailure::NotAName { .. } => "replay.not-a-name",
            ReplayFailure::NoSuchRule { .. } => "replay.no-such-rule",
            ReplayFailure::GetsNothing { .. } | ReplayFailure::NobodyGetsAny => {
                "replay.gets-nothing"
            }
            ReplayFailure::Unsafe { .. } => "replay.unsafe",
            ReplayFailure::NoArchive { .. } => "replay.no-archive",
            ReplayFailure::NameTaken { .. } => "replay.name-taken",
            ReplayFailure::Busy { .. } => "replay.busy",
            ReplayFailure::LostContact { .. } => "replay.lost-contact",
            ReplayFailure::Ended { .. } => "replay.ended",
            ReplayFailure::Service(_) => "service-failed",
        }
    }

    /// The program's exit code for it.
    #[must_use]
    pub const fn exit(&self) -> u8 {
        match self {
            ReplayFailure::NotAMoment { .. }
            | ReplayFailure::EmptyWindow { .. }
            | ReplayFailure::NotAName { .. }
            | ReplayFailure::NoSuchRule { .. }
            | ReplayFailure::GetsNothing { .. }
            | ReplayFailure::NobodyGetsAny
            | ReplayFailure::Unsafe { .. }
            | ReplayFailure::NoArchive { .. }
            | ReplayFailure::NameTaken { .. } => 3,
            ReplayFailure::LostContact { .. } => 5,
            ReplayFailure::Busy { .. } => 6,
            ReplayFailure::Ended { .. } | ReplayFailure::Service(_) => 1,
        }
    }

    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            ReplayFailure::NotAMoment { text } => text.clone(),
            ReplayFailure::EmptyWindow { from, to, .. } => format!("{from}/{to}"),
            ReplayFailure::NoSuchRule { rule, .. }
            | ReplayFailure::GetsNothing { rule, .. }
            | ReplayFailure::Unsafe { rule, .. } => rule.clone(),
            ReplayFailure::NobodyGetsAny => "rules".to_owned(),
            ReplayFailure::NoArchive { archive } => archive.clone(),
            ReplayFailure::NotAName { name }
            | ReplayFailure::NameTaken { name }
            | ReplayFailure::Busy { name, .. }
            | ReplayFailure::LostContact { name, .. }
            | ReplayFailure::Ended { name, .. } => name.clone(),
            ReplayFailure::Service(error) => error.subject.clone(),
        }
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            ReplayFailure::NotAMoment { .. } => {
                "a moment is RFC 3339 (2026-01-31T10:00:00Z), `now`, or how long ago: 90s, 15m, 2h, 7d".to_owned()
            }
            ReplayFailure::EmptyWindow { .. } => {
                "choose a window that begins before it ends, lies in the past and in what the archive keeps".to_owned()
            }
            ReplayFailure::NotAName { .. } => {
                "a replay's name has 1 to 64 letters, digits, dots, hyphens and underscores".to_owned()
            }
            ReplayFailure::NoSuchRule { known, .. } => format!("name one of: {}", known.join(", ")),
            ReplayFailure::GetsNothing { .. } | ReplayFailure::NobodyGetsAny => {
                "only pure and idempotent consumers admit replays; what got stuck before an effect comes back with `provision redrive`".to_owned()
            }
            ReplayFailure::Unsafe { rule, .. } => format!(
                "put {rule}'s pattern right first: `provision drift` shows what was changed, `provision up` restores it"
            ),
            ReplayFailure::NoArchive { .. } => {
                "the archive is made by `provision up`: run it for this environment".to_owned()
            }
            ReplayFailure::NameTaken { .. } => "give it another --replay-name".to_owned(),
            ReplayFailure::Busy { .. } => "run the same command again when another has ended".to_owned(),
            ReplayFailure::LostContact { name, .. } => format!(
                "run it again with the same --from and --to (as printed above) and --replay-name {name} to follow it"
            ),
            ReplayFailure::Ended { .. } => {
                "mend the cause, then replay the rest: events that were replayed already are known to their consumers".to_owned()
            }
            ReplayFailure::Service(error) => service_help(error.trouble).to_owned(),
        }
    }
}
