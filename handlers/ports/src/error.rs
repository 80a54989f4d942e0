//! Why a port or a decision failed, and whether trying again can help.

/// A port's failure.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Somebody else changed the aggregate first: load again and decide again.
    #[error("{subject} was changed by somebody else since it was read")]
    Stale {
        /// What was to be changed.
        subject: String,
    },
    /// Another delivery holds the claim by now: whatever this one decides, it may not commit.
    #[error("{subject} was taken over by another delivery: this one must end")]
    TakenOver {
        /// The claim.
        subject: String,
    },
    /// A permanent record stands against the write: a second claim with other values (R12).
    #[error("{subject} is already claimed with other values")]
    Conflict {
        /// What was to be claimed.
        subject: String,
    },
    /// The resource did not answer, or refused for now.
    #[error("{action} {subject} failed: {reason}")]
    Unavailable {
        /// What was attempted, e.g. `reading`.
        action: &'static str,
        /// On what.
        subject: String,
        /// Why, without any content.
        reason: String,
    },
    /// What is stored is not what was promised (digest, shape).
    #[error("{subject} is not what it should be: {reason}")]
    Corrupt {
        /// What was read.
        subject: String,
        /// Why.
        reason: String,
    },
}

/// Why a handler did not come to a decision.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Trying again may help: the message goes back and comes again.
    #[error(transparent)]
    Port(#[from] PortError),
    /// A handler tried a step that the lifecycle does not have: a fault of ours, which no retry mends.
    #[error(transparent)]
    Illegal(#[from] crate::step::IllegalStep),
    /// The event came before what it builds on: try again later.
    #[error("{event} of {subject} is premature: {reason}")]
    Premature {
        /// The event's name.
        event: &'static str,
        /// Its subject.
        subject: String,
        /// What it waits for.
        reason: String,
    },
    /// A task is asked for something that has been overtaken: the state machine goes another way, and no retry helps.
    #[error("{task} of {subject} is overtaken: {reason}")]
    Overtaken {
        /// The task's name.
        task: &'static str,
        /// Its subject.
        subject: String,
        /// By what.
        reason: &'static str,
    },
}
