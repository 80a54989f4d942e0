//! What a check found: one shape for cfn's findings and ours.

use super::Rule;
use cfn::{Severity, Source};
use serde::Serialize;

/// One fault. Codes are stable, texts are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `CFN...` is a limit of AWS, `STK...` a rule of ours.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong with what, in one sentence.
    pub message: String,
    /// The resource; none where it is about the graph or the whole template.
    pub logical_id: Option<String>,
    /// The property's path, where there is one.
    pub path: Option<String>,
    /// Where it was declared.
    pub source: Option<Source>,
}

/// What a rule found, before it has its code.
#[derive(Debug)]
pub(crate) struct Fault {
    logical_id: Option<String>,
    source: Option<Source>,
    message: String,
}

impl Fault {
    /// A fault of a resource.
    pub(crate) fn at(id: &str, message: impl Into<String>) -> Self {
        Self {
            logical_id: Some(id.to_owned()),
            source: None,
            message: message.into(),
        }
    }

    /// A fault of a declaration.
    pub(crate) fn declared(source: Option<Source>, message: impl Into<String>) -> Self {
        Self {
            logical_id: None,
            source,
            message: message.into(),
        }
    }
}

impl Finding {
    pub(crate) fn of(rule: &Rule, fault: Fault) -> Self {
        Self {
            code: rule.code,
            severity: rule.severity,
            message: fault.message,
            logical_id: fault.logical_id,
            path: None,
            source: fault.source,
        }
    }
}

impl From<cfn::Finding> for Finding {
    fn from(finding: cfn::Finding) -> Self {
        Self {
            code: finding.code.as_str(),
            severity: finding.severity,
            message: finding.message,
            logical_id: finding.logical_id,
            path: finding.path,
            source: finding.source,
        }
    }
}

/// Errors first, then by code and resource.
pub(crate) fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let by_severity = b.severity.cmp(&a.severity);
        by_severity.then_with(|| {
            (a.code, &a.logical_id, &a.message).cmp(&(b.code, &b.logical_id, &b.message))
        })
    });
}
