//! The business rules: the profile that the document declares, and the core of EN 16931 where it declares none that is
//! known. Which rules those are, and their words, is the `en16931` crate's; nothing is decided here about the invoice.

use crate::document::Document;
use crate::required::violation;
use contracts::events::Violation;
use en16931::profiles::{self, Declaration};
use en16931::validation::{Check, rules};
use en16931::{Finding, Profile, Severity};

/// Most violations, and most warnings, that a judgement lists: nobody reads more, and each takes memory.
pub const MAX_LISTED: usize = 10_000;

/// What the rules say about a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Broken rules, each once for each place. None: the document is valid.
    pub violations: Vec<Violation>,
    /// What a person may want to know; breaks nothing.
    pub warnings: Vec<Violation>,
    /// The profile that it was judged by, e.g. `peppol`.
    pub profile: String,
}

impl Judgement {
    /// Whether no rule is broken.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.violations.is_empty()
    }
}

/// Judges a document by the rules of the profile that it declares (BT-24): the core, Peppol BIS Billing 3.0, XRechnung and
/// its relatives. Another or no profile is judged by the core, with a warning: it may add rules that are not known here.
#[must_use]
pub fn judge(document: &Document) -> Judgement {
    let invoice = document.invoice();
    let (profile, unknown) = profile_of(invoice.specification_id.as_deref());
    let mut violations = document.reading.broken.clone();
    let mut warnings = document.reading.warnings.clone();
    warnings.extend(unknown);
    let decided = &document.reading.decided;
    for finding in Check::new(profile).run(invoice).findings() {
        if decided.contains(&&*finding.rule) {
            continue;
        }
        if finding.severity == Severity::Fatal {
            violations.push(of_finding(finding));
        } else {
            warnings.push(of_finding(finding));
        }
    }
    if let Err(gap) = document.summary() {
        let gap = gap.as_violation();
        if !violations.iter().any(|v| v.term == gap.term) {
            violations.push(gap);
        }
    }
    Judgement {
        violations: once_each(violations),
        warnings: once_each(warnings),
        profile: profile.slug.to_owned(),
    }
}

/// The profile to judge by, and a warning when it is not the one that the document declares. Profiles that are less than an
/// EN 16931 invoice (ZUGFeRD MINIMUM, BASIC WL) don't excuse from the core.
fn profile_of(declared: Option<&str>) -> (&'static Profile, Option<Violation>) {
    let core = &profiles::EN16931;
    let words = match profiles::classify(declared) {
        Declaration::Known(profile) if profile.is_en16931_invoice() => return (profile, None),
        Declaration::Unknown(None) => return (core, None), // BR-01 says so
        Declaration::Known(_) => {
            "The declared profile is less than an EN 16931 invoice: judged by the core rules."
        }
        Declaration::Unknown(Some(_)) => {
            "The declared profile is not known here: judged by the core rules."
        }
        Declaration::WrongProcess(_) => {
            "The declared profile is another business process's: judged by the core rules."
        }
    };
    (
        core,
        Some(violation("DOCUMENT-PROFILE", Some("BT-24"), "BT-24", words)),
    )
}

fn of_finding(finding: &Finding) -> Violation {
    let term = finding.path.term.or_else(|| {
        let terms = rules::explain(&finding.rule)?.terms;
        terms.first().copied()
    });
    violation(
        &finding.rule,
        term.map(|term| term.to_string()).as_deref(),
        &finding.path.to_string(),
        &finding.message,
    )
}

fn once_each(found: Vec<Violation>) -> Vec<Violation> {
    let mut kept: Vec<Violation> = Vec::with_capacity(found.len());
    let mut seen = std::collections::BTreeSet::new();
    for violation in found {
        if kept.len() == MAX_LISTED {
            break;
        }
        if seen.insert((violation.rule.clone(), violation.path.clone())) {
            kept.push(violation);
        }
    }
    kept
}
