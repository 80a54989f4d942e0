//! From a change set's rows to the plan's words.

use crate::cloudformation::{ChangeAction, ChangeSetView, Replacement};
use crate::cloudview::{ViewedAction, ViewedChange};

/// The rows of a change set.
pub fn viewed(view: &ChangeSetView) -> Vec<ViewedChange> {
    view.changes
        .iter()
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
