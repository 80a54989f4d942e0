//! From a change set's rows to the plan's words.

use crate::cloudformation::{Certainty, ChangeAction, ChangeSetView, Replacement};
use crate::plan::{ViewedAction, ViewedChange};

/// The rows of a change set, without those of resources that only refer to something that changes: where that has
/// consequences, our own diff has followed it.
pub fn viewed(view: &ChangeSetView) -> Vec<ViewedChange> {
    view.changes
        .iter()
        .filter(|change| {
            change.certainty == Certainty::Certain || change.replacement == Replacement::Yes
        })
        .map(|change| ViewedChange {
            logical_id: change.logical_id.clone(),
            type_name: change.type_name.clone(),
            action: match (change.action, change.replacement) {
                (ChangeAction::Add | ChangeAction::Import, _) => ViewedAction::Add,
                (ChangeAction::Remove, _) => ViewedAction::Remove,
                (ChangeAction::Modify, Replacement::Yes) => ViewedAction::Replace,
                (ChangeAction::Modify | ChangeAction::Dynamic, _) => ViewedAction::Modify,
            },
        })
        .collect()
}
