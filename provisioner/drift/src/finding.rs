//! What drift detection says: findings, and what could not be looked at. Plain data in the shape of the JSON document.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One difference between what was deployed and what is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The resource's name in the template; none for what was added beside the stack.
    pub logical_id: Option<String>,
    /// The id at its service.
    pub resource: String,
    /// For what was added: the logical id of the resource that it hangs on.
    pub parent: Option<String>,
    /// CloudFormation's type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What kind of difference it is.
    pub kind: Kind,
    /// The property; empty when it is about the resource as a whole.
    pub path: String,
    /// What was deployed; none where nothing was declared.
    pub expected: Option<Value>,
    /// What is there; none where nothing is.
    pub actual: Option<Value>,
    /// What it can lead to.
    pub risk: Risk,
    /// Who changed it, where the account's trail says.
    pub who: Option<String>,
    /// When it was changed, where the account's trail says: RFC 3339.
    pub when: Option<String>,
    /// Whether `--revert` can put it back.
    pub revertible: bool,
    /// What to do where `--revert` can't: how it is put back, or why nothing can.
    pub way_out: Option<String>,
    /// Until when it is accepted: the last day, as `2026-12-31`. Such a finding does not count.
    pub ignored_until: Option<String>,
}

impl Finding {
    /// Whether it counts: it is not ignored.
    pub fn counts(&self) -> bool {
        self.ignored_until.is_none()
    }

    /// The logical id that it is listed under.
    pub fn owner(&self) -> &str {
        let owner = self.logical_id.as_deref().or(self.parent.as_deref());
        owner.unwrap_or_default()
    }
}

/// What kind of difference a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A declared property has another value.
    Modified,
    /// A declared resource is gone.
    Deleted,
    /// Something that the stack does not know hangs on one of its resources.
    Added,
    /// A property that was not declared is set.
    Undeclared,
}

impl Kind {
    /// The word of the document.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Modified => "modified",
            Self::Deleted => "deleted",
            Self::Added => "added",
            Self::Undeclared => "undeclared",
        }
    }
}

/// What a difference can lead to, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Someone may do, read or receive more than was declared, or what protects it is weaker.
    WidensAccess,
    /// Data may be lost, or can't be brought back.
    LosesData,
    /// Events are lost or late, or their loss goes unseen.
    LosesEvents,
    /// Nothing but how it looks.
    Cosmetic,
}

impl Risk {
    /// Every class, worst first.
    pub const ALL: [Self; 4] = [
        Self::WidensAccess,
        Self::LosesData,
        Self::LosesEvents,
        Self::Cosmetic,
    ];

    /// The word of the document.
    pub const fn word(self) -> &'static str {
        match self {
            Self::WidensAccess => "widens_access",
            Self::LosesData => "loses_data",
            Self::LosesEvents => "loses_events",
            Self::Cosmetic => "cosmetic",
        }
    }
}

/// A resource, or a part of one, that could not be looked at, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NotChecked {
    /// The resource's name in the template.
    pub logical_id: String,
    /// CloudFormation's type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Why; names the properties where it is not about the whole resource.
    pub reason: String,
}

/// The outcome of one detection.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// How many of the stack's resources were read.
    pub checked: usize,
    /// What was not, and why.
    pub not_checked: Vec<NotChecked>,
    /// What differs, worst first.
    pub findings: Vec<Finding>,
    /// How many differences the environment's file accepts as they are.
    pub adopted: usize,
}

impl Report {
    /// Whether something differs that nobody has accepted.
    pub fn differs(&self) -> bool {
        self.findings.iter().any(Finding::counts)
    }
}

/// The worst first, then by what they are found on.
pub(crate) fn in_order(findings: &mut [Finding]) {
    findings.sort_by_cached_key(|finding| {
        (
            finding.risk,
            finding.owner().to_owned(),
            finding.path.clone(),
            finding.resource.clone(),
        )
    });
}
