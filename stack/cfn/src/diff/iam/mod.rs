//! Who may do what to which, before and after: statements of roles, resource policies and function permissions,
//! flattened to one grant a principal, action and resource.
//!
//! A grant that another one already covers (the same under a wildcard) is no news. What a managed policy of elsewhere
//! holds isn't known here: attaching one is a grant of its own. A permissions boundary and a bucket's block of public
//! access are denials: lifting one broadens. Whatever takes on another role gets that role's access, which is shown as
//! one grant to assume it. A route or function URL that asks nobody who they are lets everybody call it. A type that
//! isn't known here counts by the policy documents in its properties.
//!
//! Invariant: whatever becomes possible is among what is broadened. In doubt something is shown twice, as broadened and
//! as narrowed, and never as narrowed alone.

mod cover;
mod grants;
mod guards;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::policy::Effect;
use crate::template::Template;
use cover::{glob, same_action, same_principal};
use grants::{Grant, Grants, grants};

/// Whether something more became possible, or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// An allow came, or a deny went.
    Broadened,
    /// An allow went, or a deny came.
    Narrowed,
}

impl Change {
    /// The change's name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Broadened => "broadened",
            Self::Narrowed => "narrowed",
        }
    }
}

/// A grant that came or went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct IamChange {
    /// Who: a role's logical id, or the principal that a resource policy names. `!x,y` stands for everybody but x and y.
    pub role: String,
    /// What, such as `sqs:SendMessage`; `!x,y` stands for everything but x and y.
    pub action: String,
    /// On what, with references as `${LogicalId.Attribute}`.
    pub resource: String,
    /// `Allow` or `Deny`.
    pub effect: &'static str,
    /// More or less.
    pub change: Change,
    /// The statement's condition as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The conditions under which the other template has the same grant, where it has: what is broadened held before
    /// when this was so, and what is narrowed holds from now on when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<String>,
}

pub(super) fn diff(old: &Template, new: &Template) -> Vec<IamChange> {
    let mut changes = guards::changes(old, new);
    let (old, new) = (grants(old), grants(new));
    changes.extend(gone(&old, &new, true));
    changes.extend(gone(&new, &old, false));
    changes.sort();
    changes
}

/// What `from` has and `to` doesn't cover. `lost` says whether `from` is the older one.
fn gone(from: &Grants, to: &Grants, lost: bool) -> Vec<IamChange> {
    let mut changes = Vec::new();
    for (grant, conditions) in from {
        for condition in conditions
            .iter()
            .filter(|condition| !covered(grant, condition, to))
        {
            let change = if lost == grant.deny {
                Change::Broadened
            } else {
                Change::Narrowed
            };
            changes.push(IamChange {
                role: grant.who.to_string(),
                action: grant.action.to_string(),
                resource: grant.resource.to_string(),
                effect: if grant.deny {
                    Effect::Deny
                } else {
                    Effect::Allow
                }
                .as_str(),
                change,
                condition: Some(condition.clone()).filter(|condition| !condition.is_empty()),
                otherwise: to.get(grant).map(either),
            });
        }
    }
    changes
}

/// Conditions of which one must hold.
fn either(conditions: &BTreeSet<String>) -> String {
    let conditions: Vec<&str> = conditions.iter().map(String::as_str).collect();
    conditions.join(" or ")
}

fn covered(grant: &Grant, condition: &str, by: &Grants) -> bool {
    let holds =
        |conditions: &BTreeSet<String>| conditions.contains("") || conditions.contains(condition);
    by.get(grant).is_some_and(holds)
        || by.iter().any(|(other, conditions)| {
            other.deny == grant.deny
                && holds(conditions)
                && other.who.covers(&grant.who, same_principal)
                && other.action.covers(&grant.action, same_action)
                && other.resource.covers(&grant.resource, glob)
        })
}
