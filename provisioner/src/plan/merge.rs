//! CloudFormation's view of a change set, merged into our plan: it knows what depends on values at deployment, we know
//! the values of properties.

use super::Plan;
use cfn::Template;
use cfn::diff::{Action, ResourceChange, losses};

/// One resource of a change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewedChange {
    /// Its name in the template.
    pub logical_id: String,
    /// Its type.
    pub type_name: String,
    /// What becomes of it.
    pub action: ViewedAction,
    /// Whether it is replaced.
    pub replaced: Replaced,
}

/// Whether a resource that is changed is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// It is.
    Yes,
    /// That shows at deployment.
    Maybe,
    /// It isn't.
    No,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewedAction {
    /// It is created, or taken into the stack.
    Add,
    /// It is changed, maybe replaced.
    Modify,
    /// It leaves the stack.
    Remove,
}

impl ViewedChange {
    const fn action(&self) -> Action {
        match (self.action, self.replaced) {
            (ViewedAction::Add, _) => Action::Add,
            (ViewedAction::Remove, _) => Action::Remove,
            (ViewedAction::Modify, Replaced::Yes) => Action::Replace,
            (ViewedAction::Modify, _) => Action::Modify,
        }
    }
}

impl Plan {
    /// Adds what the change set says and the templates don't: resources that CloudFormation replaces, and those that
    /// change for another's sake; with all that refers to what is replaced.
    #[must_use]
    pub fn merged_with(
        mut self,
        viewed: &[ViewedChange],
        before: &Template,
        after: &Template,
    ) -> Self {
        for view in viewed {
            // Of a type that we know the schema says which properties replace; the local cloud guesses.
            let doubtful =
                view.replaced == Replaced::Maybe && cfn::schema(&view.type_name).is_none();
            let ours = self
                .diff
                .changes
                .iter_mut()
                .find(|change| change.logical_id == view.logical_id);
            match ours {
                Some(change) => {
                    if change.action == Action::Modify && view.action() == Action::Replace {
                        change.action = Action::Replace;
                    }
                    change.conditional |= doubtful;
                }
                None => self.diff.changes.push(ResourceChange {
                    logical_id: view.logical_id.clone(),
                    type_name: view.type_name.clone(),
                    action: view.action(),
                    properties: Vec::new(),
                    template_only: false,
                    conditional: doubtful,
                }),
            }
        }
        self.diff = self.diff.followed(before, after);
        self.losses = losses(&self.diff, before, after);
        self
    }
}
