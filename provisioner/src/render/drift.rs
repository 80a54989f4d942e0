//! Drift for people and for pull requests: by risk, worst first, each difference with what was wanted, what is there, who
//! changed it where that is known, and what can be done. The JSON document is here; its shape is an interface.

mod human;
mod markdown;
mod unread;
mod words;

#[cfg(test)]
mod tests;

pub use human::human;
pub use markdown::markdown;

use ::drift::{Finding, NotChecked, Report};
use serde::Serialize;

/// The document of `drift --output json`.
#[derive(Debug, Serialize)]
pub struct DriftDocument<'a> {
    /// The environment's name.
    pub environment: &'a str,
    /// The stack's name.
    pub stack: &'a str,
    /// How many resources were read.
    pub checked: usize,
    /// What was not, and why.
    pub not_checked: &'a [NotChecked],
    /// What differs now: after a revert, what is left.
    pub findings: &'a [Finding],
    /// How many differences the file of accepted drift takes as they are.
    pub adopted: usize,
    /// What was put back.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub reverted: &'a [String],
    /// What could not be put back, and why.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub failed: &'a [String],
}

/// The document of a report.
pub fn document<'a>(
    environment: &'a str,
    stack: &'a str,
    report: &'a Report,
    reverted: &'a [String],
    failed: &'a [String],
) -> DriftDocument<'a> {
    DriftDocument {
        environment,
        stack,
        checked: report.checked,
        not_checked: &report.not_checked,
        findings: &report.findings,
        adopted: report.adopted,
        reverted,
        failed,
    }
}
