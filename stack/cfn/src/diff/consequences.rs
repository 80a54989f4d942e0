//! Replacements with what they lead to, as trees: each replaced resource that stands for itself, and below it whatever
//! refers to it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Action, Replacement, ResourceChange, TemplateDiff};
use crate::path::Path;

/// A resource that is replaced, or that changes because another one is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Consequence {
    /// Its name in the template.
    pub logical_id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What becomes of it.
    pub action: Action,
    /// By which properties: of a tree's root those that replace it (none where only CloudFormation says so), below that
    /// those that refer to the one above.
    pub by: Vec<Path>,
    /// What that leads to, sorted by logical id. What stands above already is not unfolded again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leads_to: Vec<Consequence>,
}

impl TemplateDiff {
    /// The replacements that nothing else causes, each with what it leads to; sorted by logical id.
    pub fn replacements(&self) -> Vec<Consequence> {
        let mut unfolded = BTreeSet::new();
        self.changes
            .iter()
            .filter(|change| change.action == Action::Replace)
            .filter_map(|change| {
                let own = own_reasons(change);
                (!own.is_empty() || change.causes().is_empty())
                    .then(|| self.unfold(change, own, &mut unfolded))
            })
            .collect()
    }

    fn unfold<'a>(
        &'a self,
        change: &'a ResourceChange,
        by: Vec<Path>,
        unfolded: &mut BTreeSet<&'a str>,
    ) -> Consequence {
        let leads_on =
            change.action == Action::Replace && unfolded.insert(change.logical_id.as_str());
        let leads_to = if leads_on {
            let followers = self.changes.iter().filter_map(|follower| {
                let paths: Vec<Path> = follower
                    .properties
                    .iter()
                    .filter(|property| property.cause.as_deref() == Some(&change.logical_id))
                    .map(|property| property.path.clone())
                    .collect();
                (!paths.is_empty()).then_some((follower, paths))
            });
            followers
                .map(|(follower, paths)| self.unfold(follower, paths, unfolded))
                .collect()
        } else {
            Vec::new()
        };
        Consequence {
            logical_id: change.logical_id.clone(),
            type_name: change.type_name.clone(),
            action: change.action,
            by,
            leads_to,
        }
    }
}

/// The properties that replace a resource by themselves.
fn own_reasons(change: &ResourceChange) -> Vec<Path> {
    change
        .properties
        .iter()
        .filter(|property| {
            property.cause.is_none() && property.requires_replacement == Replacement::Always
        })
        .map(|property| property.path.clone())
        .collect()
}
