//! The end of ephemeral environments: the rule that says whose life is over, which `provision reap` follows too, and what the
//! reaper does about it, in plain requests. The function around it is `main.rs`, behind the feature `lambda`.
//!
//! It deletes what the stack says of itself, by its ARN and its tags, and never by a name. What hangs beside a stack it sweeps
//! as far as the stack's own list of resources names it; the full inventory is `down`'s business.

mod buckets;
mod reap;
mod rule;
mod stack;
mod sweep;
#[cfg(test)]
mod tests;

pub use reap::{Clock, DELETION_ROLE, Fault, Order, Outcome, reap};
pub use rule::{
    EPHEMERAL, EXPIRES, Fate, KIND, MANAGED, NAME, PREFIX, Reason, StackFacts, expiry, fate,
};
pub use sweep::Swept;
