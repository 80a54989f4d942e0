//! Drift: what was changed behind the back of a deployed stack, found by reading every resource through its service's API,
//! explained, and put back.
//!
//! A detection is: the deployed template, resolved (`resolve`), facts of every resource (`read`, behind the port [`Live`]),
//! the comparison of both (`judge`, pure), and what people have accepted (`accepted`). A revert is a list of calls, made
//! from the findings (`revert`, pure), in the plain requests of the crate `requests`, whose client performs them.
//!
//! CloudFormation's own drift detection reads a part of our types only, sees nothing that hangs beside the stack, and takes
//! minutes where these readers take seconds. It is asked beside them where the target has it, and what it alone finds is taken in
//! (`theirs`).
//!
//! Architecture Invariant: facts are data in the shape of CloudFormation's properties, calls are data too; whatever decides
//! is tested without a service.

mod accepted;
mod canonical;
mod compare;
mod detect;
mod finding;
mod history;
mod kept;
mod known;
mod live;
mod read;
mod ready;
mod resolve;
mod revert;
mod risk;
mod sides;
mod tables;
mod theirs;

#[cfg(test)]
mod tests;

pub use accepted::{Accepted, Adopted, BadAcceptance, Ignored};
pub use detect::{Deployed, Detected, Target, detect, judge};
pub use finding::{Finding, Kind, NotChecked, Report, Risk};
pub use history::explain;
pub use live::{Child, Facts, Found, Live};
pub use read::{Readers, TYPES};
pub use ready::{Waiting, waiting};
pub use requests::{Api, Call, Protocol, Service, Trouble, Unreachable};
pub use resolve::{Attributes, Place, Resource, Stack, resolve};
pub use revert::{Step, plan};
pub use tables::REASONS;
pub use theirs::{Theirs, merge};
