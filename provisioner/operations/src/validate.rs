//! Judging an invoice document offline: which rules it breaks, as `provision validate` shows it.

use crate::failure::Failure;
use crate::recognise::unreadable;
use contracts::events::Violation;
use documents::Document;
use serde::Serialize;

/// What judging a document found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Validation {
    /// The profile that it was judged by, e.g. `peppol`.
    pub profile: String,
    /// Broken rules first, then what a person may want to know.
    pub violations: Vec<BrokenRule>,
}

/// How much a broken rule matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The invoice is rejected for it.
    Fatal,
    /// It is not.
    Warning,
}

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BrokenRule {
    /// The rule's id as its authority writes it.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// The business term, where there is one.
    pub term: Option<String>,
    /// Where in the document.
    pub path: String,
    /// The rule's wording.
    pub message: String,
}

impl Validation {
    /// How many rules are broken that an invoice is rejected for.
    #[must_use]
    pub fn fatal_count(&self) -> usize {
        let fatal = |broken: &&BrokenRule| broken.severity == Severity::Fatal;
        self.violations.iter().filter(fatal).count()
    }

    /// The program's exit code: 0 nothing that an invoice is rejected for, else 2.
    #[must_use]
    pub fn exit(&self) -> u8 {
        if self.fatal_count() == 0 { 0 } else { 2 }
    }
}

/// Judges an invoice document by the rules of the profile that it declares.
///
/// # Errors
/// [`Failure::Unreadable`] (exit code 3) when the bytes can't become a typed invoice.
pub fn validate(name: &str, bytes: &[u8]) -> Result<Validation, Failure> {
    documents::read(bytes)
        .map(|document| judged(&document))
        .map_err(|why| unreadable(name, &why))
}

/// What judging a document that was read found.
pub(crate) fn judged(document: &Document) -> Validation {
    let judgement = documents::judge(document);
    let fatal = judgement.violations.into_iter();
    let warnings = judgement.warnings.into_iter();
    let fatal = fatal.map(|broken| broken_rule(broken, Severity::Fatal));
    let warnings = warnings.map(|broken| broken_rule(broken, Severity::Warning));
    Validation {
        profile: judgement.profile,
        violations: fatal.chain(warnings).collect(),
    }
}

fn broken_rule(broken: Violation, severity: Severity) -> BrokenRule {
    BrokenRule {
        rule: broken.rule,
        severity,
        term: broken.term,
        path: broken.path,
        message: broken.message,
    }
}
