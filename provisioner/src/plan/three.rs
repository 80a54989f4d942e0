//! Three ways at once: what is wanted, what was deployed last, and what is there. CloudFormation compares only the first
//! two, so that what was changed by hand stays where the sources did not change, and is overwritten where they did.

#[cfg(feature = "aws")]
mod laid;

#[cfg(feature = "aws")]
pub use laid::three_ways;

use serde::Serialize;
use serde_json::Value;

/// What `up` makes of one property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "aws"), allow(dead_code))] // only with services to ask there is anything live
pub enum Outcome {
    /// Changed by hand and in the sources: `up` overwrites what was changed by hand.
    Overwrites,
    /// The sources change something that is gone: `up` can't, and fails.
    Missing,
    /// Changed by hand, on a resource that `up` updates elsewhere: its service decides whether it stays.
    MayOverwrite,
    /// Changed by hand, and none of CloudFormation's business: `up` makes it good on the local cloud.
    PutsBack,
    /// Changed by hand only: `up` leaves it.
    Stays,
    /// Changed by hand to what the sources want now.
    Already,
    /// Changed in the sources only: `up` changes it.
    Changes,
}

impl Outcome {
    /// Every outcome, what needs attention first.
    pub const ALL: [Self; 7] = [
        Self::Missing,
        Self::Overwrites,
        Self::MayOverwrite,
        Self::PutsBack,
        Self::Stays,
        Self::Already,
        Self::Changes,
    ];

    /// What it means, as a heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Missing => {
                "Gone, and `up` wants to change it: `up` will fail (`drift --revert` first)"
            }
            Self::Overwrites => "Changed by hand and in the sources: `up` overwrites it",
            Self::MayOverwrite => {
                "Changed by hand, and `up` updates the same resource: the service decides whether it stays"
            }
            Self::PutsBack => "Changed by hand: `up` makes it good again on the local cloud",
            Self::Stays => "Changed by hand only: `up` leaves it (`drift --revert` puts it back)",
            Self::Already => "Changed by hand to what is wanted now",
            Self::Changes => "Changed in the sources only: `up` changes it",
        }
    }
}

/// One property, or a resource as a whole, three ways.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ThreeWay {
    /// The resource; of what was added beside the stack, the one that it hangs on.
    pub logical_id: String,
    /// For what was added: its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added: Option<String>,
    /// CloudFormation's type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The property, such as `Properties.VisibilityTimeout`; empty for a resource as a whole.
    pub path: String,
    /// What the sources want.
    pub wanted: Option<Value>,
    /// What was deployed last.
    pub deployed: Option<Value>,
    /// What is there.
    pub live: Option<Value>,
    /// What `up` makes of it.
    pub outcome: Outcome,
    /// Until when the difference is accepted, if it is: the last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_until: Option<String>,
}

impl ThreeWay {
    /// Whether somebody changed it by hand, and nobody accepted that.
    pub fn by_hand(&self) -> bool {
        self.outcome != Outcome::Changes && self.accepted_until.is_none()
    }
}

#[cfg(all(test, feature = "aws"))]
mod tests;
