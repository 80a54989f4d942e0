//! Our words for what CloudFormation says. Plain; no SDK type crosses into the rest of the program.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use time::OffsetDateTime;

/// A stack as CloudFormation describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackView {
    /// Its ARN. Unlike the name it stays this stack's own when another takes the name later.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it is in its life.
    pub status: StackStatus,
    /// Why it is there, where CloudFormation says.
    pub reason: Option<String>,
    /// Its outputs by name.
    pub outputs: BTreeMap<String, String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Whether AWS refuses to delete it.
    pub protection: Protection,
    /// When it was made.
    pub created: Option<OffsetDateTime>,
    /// What CloudFormation's own drift detection found last, e.g. `IN_SYNC`.
    pub drift: Option<String>,
}

/// Termination protection of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// AWS refuses to delete it.
    On,
    /// It may be deleted.
    Off,
}

/// How much of a stack a deletion must take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// Everything but what its template retains; else it fails.
    Whole,
    /// What fails is left behind. Only after a deletion that failed.
    LeaveWhatFails,
}

/// A stack's status, e.g. `UPDATE_COMPLETE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackStatus(String);

/// What a status means for the next operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Can be updated.
    Settled,
    /// An empty shell: made by a change set that was never executed.
    Shell,
    /// An operation runs.
    InProgress,
    /// Nothing but deleting it, or continuing its rollback, helps.
    Stuck,
    /// Deleted.
    Gone,
}

impl StackStatus {
    /// CloudFormation's own word.
    pub fn new(word: impl Into<String>) -> Self {
        Self(word.into())
    }

    /// CloudFormation's own word.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it means for the next operation.
    ///
    /// `ROLLBACK_COMPLETE` is the end of a failed creation: AWS lets it only be deleted.
    pub fn standing(&self) -> Standing {
        match self.as_str() {
            "DELETE_COMPLETE" => Standing::Gone,
            "REVIEW_IN_PROGRESS" => Standing::Shell,
            status if status.ends_with("_IN_PROGRESS") => Standing::InProgress,
            "CREATE_COMPLETE"
            | "UPDATE_COMPLETE"
            | "UPDATE_ROLLBACK_COMPLETE"
            | "IMPORT_COMPLETE"
            | "IMPORT_ROLLBACK_COMPLETE" => Standing::Settled,
            _ => Standing::Stuck,
        }
    }
}

impl fmt::Display for StackStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a change set is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSetRequest {
    /// The stack's name.
    pub stack: String,
    /// The change set's name.
    pub name: String,
    /// Whether the stack exists.
    pub kind: ChangeSetKind,
    /// Where the template is.
    pub template: TemplateSource,
    /// The stack's tags.
    pub tags: BTreeMap<String, String>,
    /// How it is carried out.
    pub mode: Mode,
    /// Up to 1,024 characters for people.
    pub description: String,
}

/// How a change set is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is complete when everything is ready.
    Standard,
    /// It is complete when everything is asked for, and may settle later (`DeploymentConfig` `EXPRESS`). It rolls back all the
    /// same, unlike what CloudFormation does there by default: without, replacements are refused, and no call leads out of a
    /// failure.
    Express,
    /// What resources are like is compared too, and what differs from the template is put back (`DeploymentMode`
    /// `REVERT_DRIFT`).
    RevertDrift,
}

/// Whether a change set makes a stack or changes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeSetKind {
    /// For a stack that doesn't exist, or exists as a shell only.
    Create,
    /// For a stack that exists.
    Update,
}

/// Where CloudFormation gets the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateSource {
    /// In the request: up to [`TemplateSource::INLINE_LIMIT`].
    Inline(String),
    /// In a bucket, by its https URL: up to 1 MB.
    Url(String),
    /// It has it: that of the last deployment.
    Previous,
}

impl TemplateSource {
    /// How many bytes a request may carry (CloudFormation quotas).
    pub const INLINE_LIMIT: usize = 51_200;
}

/// A change set that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSetId {
    /// The change set's ARN.
    pub id: String,
    /// The stack's ARN.
    pub stack_id: String,
}

/// A change set as CloudFormation describes it, all pages together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSetView {
    /// Its ARN and its stack's.
    pub id: ChangeSetId,
    /// How far its making is.
    pub status: ChangeSetStatus,
    /// Whether it can be executed.
    pub execution: Execution,
    /// Why, where CloudFormation says.
    pub reason: Option<String>,
    /// What it would change.
    pub changes: Vec<ResourceChange>,
}

/// How far the making of a change set is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeSetStatus {
    /// It is being made.
    Pending,
    /// It is made.
    Complete,
    /// It can't be made; or has nothing to change.
    Failed,
    /// It is deleted, or being deleted.
    Deleted,
}

/// Whether a change set can be executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Execution {
    /// Not yet, or never.
    Unavailable,
    /// Now.
    Available,
    /// It is being executed.
    Running,
    /// It was executed, well or badly.
    Over,
    /// The stack has changed since.
    Obsolete,
}

/// One resource's change in a change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceChange {
    /// What happens to it.
    pub action: ChangeAction,
    /// Its name in the template.
    pub logical_id: String,
    /// Its type.
    pub type_name: String,
    /// Whether it is replaced.
    pub replacement: Replacement,
    /// Whether it will change at all.
    pub certainty: Certainty,
    /// Names of the properties that change, where it says so.
    pub properties: BTreeSet<String>,
}

/// Whether a resource will change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// It will.
    Certain,
    /// It refers to something that changes; whether the value changes is known at deployment only.
    Possible,
}

/// What a change set does to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeAction {
    /// It is created.
    Add,
    /// It is changed.
    Modify,
    /// It is deleted, or left behind where its policy says so.
    Remove,
    /// It exists and is taken into the stack.
    Import,
    /// Not known before the execution.
    Dynamic,
}

/// Whether a resource is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    /// A new one is made and the old one deleted.
    Yes,
    /// Depends on values that are known at execution only.
    Conditional,
    /// It stays.
    No,
}

/// Something that happened to a stack or to one of its resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackEvent {
    /// The event's id, unique.
    pub id: String,
    /// When, by CloudFormation's clock.
    pub at: OffsetDateTime,
    /// The resource's name in the template; the stack's name when it is about the stack itself.
    pub logical_id: String,
    /// The resource's id at its service, where it has one already.
    pub physical_id: Option<String>,
    /// The resource's type.
    pub type_name: String,
    /// Its new status.
    pub status: String,
    /// Why, where CloudFormation says.
    pub reason: Option<String>,
}

impl StackEvent {
    /// Whether it is about the stack itself and not about a resource (a nested stack is a resource).
    pub fn is_of_stack(&self, stack_id: &str) -> bool {
        self.physical_id.as_deref() == Some(stack_id)
            && self.type_name == "AWS::CloudFormation::Stack"
    }

    /// Whether something failed.
    pub fn failed(&self) -> bool {
        self.status.ends_with("_FAILED")
    }

    /// Whether it failed for another resource's failure only.
    pub fn cancelled(&self) -> bool {
        self.reason.as_deref().is_some_and(cancelled)
    }
}

/// Whether a reason only says that something else failed.
pub fn cancelled(reason: &str) -> bool {
    reason.to_ascii_lowercase().contains("cancelled")
}

/// Whose failures are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed<'a> {
    /// The making of a change set's.
    ChangeSet(&'a ChangeSetId),
    /// The last operation's on the stack of this ARN, with the rollback that followed.
    Operation(&'a str),
}

/// What CloudFormation's own drift detection says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detection {
    /// It is under way.
    Running,
    /// It is done.
    Complete,
    /// It is done with a part of the resources only, and why.
    Failed(String),
}

/// What CloudFormation's own drift detection found of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceDrift {
    /// Its name in the template.
    pub logical_id: String,
    /// Its id at its service.
    pub physical_id: Option<String>,
    /// Its type.
    pub type_name: String,
    /// `MODIFIED`, `DELETED`, or another word of CloudFormation's.
    pub status: String,
    /// Its properties as they were deployed, as JSON.
    pub expected: Option<String>,
    /// Its properties as they are, as JSON; those that CloudFormation reads.
    pub actual: Option<String>,
    /// Where they differ: paths as `/RedrivePolicy/maxReceiveCount`.
    pub differing: Vec<String>,
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackResource {
    /// Its name in the template.
    pub logical_id: String,
    /// Its id at its service; none before it is made.
    pub physical_id: Option<String>,
    /// Its type.
    pub type_name: String,
    /// Its status, e.g. `DELETE_SKIPPED`.
    pub status: String,
}

/// A page of something, and how to get the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Token of the next page.
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_what_can_be_done_next() {
        let standing = |word: &str| StackStatus::new(word).standing();
        assert_eq!(standing("REVIEW_IN_PROGRESS"), Standing::Shell);
        assert_eq!(standing("UPDATE_ROLLBACK_COMPLETE"), Standing::Settled);
        assert_eq!(standing("ROLLBACK_COMPLETE"), Standing::Stuck);
        assert_eq!(
            standing("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
            Standing::InProgress
        );
        assert_eq!(standing("DELETE_COMPLETE"), Standing::Gone);
        assert_eq!(standing("SOMETHING_NEW"), Standing::Stuck);
    }
}
