//! What a change set says of one resource, in the plan's words: the border between the plan, which links no SDK, and
//! CloudFormation.

/// One resource of a change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewedChange {
    /// Its name in the template.
    pub logical_id: String,
    /// Its type.
    pub type_name: String,
    /// What becomes of it.
    pub action: ViewedAction,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewedAction {
    /// It is created, or taken into the stack.
    Add,
    /// It is changed, maybe replaced.
    Modify,
    /// It is replaced.
    Replace,
    /// It leaves the stack.
    Remove,
}
