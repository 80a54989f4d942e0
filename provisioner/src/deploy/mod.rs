//! From a wanted template to a settled stack, and back to nothing: change set, execution, following, outcome.

mod archives;
mod attached;
mod census;
mod change_set;
mod condemned;
mod converge;
pub mod drift_aware;
mod fingerprint;
mod follow;
mod inventory;
mod outcome;
mod preview;
mod recover;
mod settle;
mod shadows;
mod state;
mod survey;
mod tear_down;
#[cfg(test)]
mod tests;

mod unapplied;
mod viewed;

pub use archives::FRESH;
pub use census::{Fate, Row, fate, row};
pub use change_set::{Prepared, execute, prepare};
pub use condemned::{Condemned, protected};
pub use converge::{Ports, Wanted, converge, plan};
pub use follow::{Pace, Started, follow};
pub use preview::preview;
pub use recover::{ABSENT, Recovery, Way, recover, way};
pub use state::{Deployed, look};
pub use survey::{Surveyed, survey};
pub use tear_down::{Force, Retained, Scheduled, TornDown, remove};
