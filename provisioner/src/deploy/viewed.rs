//! From a change set's rows to the plan's words.

use crate::cloudformation::{Certainty, ChangeAction, ChangeSetView, Replacement};
use crate::plan::{Replaced, ViewedAction, ViewedChange};

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
            action: match change.action {
                ChangeAction::Add | ChangeAction::Import => ViewedAction::Add,
                ChangeAction::Remove => ViewedAction::Remove,
                ChangeAction::Modify | ChangeAction::Dynamic => ViewedAction::Modify,
            },
            replaced: match change.replacement {
                Replacement::Yes => Replaced::Yes,
                Replacement::Conditional => Replaced::Maybe,
                Replacement::No => Replaced::No,
            },
        })
        .collect()
}
