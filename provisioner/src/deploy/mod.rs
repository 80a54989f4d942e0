//! From a wanted template to a settled stack, and back to nothing: change set, execution, following, outcome.

mod change_set;
mod converge;
mod follow;
mod outcome;
mod preview;
mod state;
mod tear_down;
#[cfg(test)]
mod tests;

mod unapplied;
mod viewed;

pub use change_set::{Prepared, execute, prepare};
pub use converge::{Ports, Wanted, converge, plan};
pub use follow::{Pace, Started, follow, marker};
pub use preview::preview;
pub use state::{Deployed, look};
pub use tear_down::{Condemned, Scheduled, TornDown, protected, remove};
