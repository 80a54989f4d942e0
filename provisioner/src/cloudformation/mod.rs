//! CloudFormation as a port: what the program needs of it, one call each. Waiting and deciding live above it.
//!
//! Architecture Invariant: no SDK type crosses this module's border, and no method polls, so that the scripted
//! CloudFormation of the tests is a table of states and replies.

mod abilities;
mod convert;
mod error;
#[cfg(test)]
pub mod scripted;
mod sdk;
mod types;

pub use abilities::{Ability, lacks};
pub use error::{CallError, Kind};
pub use sdk::{SdkCloudFormation, call_error};
pub use types::*;

/// What the program needs of CloudFormation.
pub trait CloudFormation {
    /// A stack by name or ARN; none if there is none. A deleted one is found by its ARN only.
    async fn stack(&self, name_or_id: &str) -> Result<Option<StackView>, CallError>;

    /// A page of the stacks of the account and region.
    async fn stacks(&self, page: Option<&str>) -> Result<Page<StackView>, CallError>;

    /// The template that the stack was last deployed with, as it was sent.
    async fn template(&self, name_or_id: &str) -> Result<Option<String>, CallError>;

    /// Asks for a change set. It is made after the answer: see [`CloudFormation::change_set`].
    /// A repeated token gets the answer of its first request.
    async fn create_change_set(
        &self,
        request: &ChangeSetRequest,
        token: &str,
    ) -> Result<ChangeSetId, CallError>;

    /// A page of a change set by name (or ARN); none if there is none.
    async fn change_set(
        &self,
        stack: &str,
        name_or_id: &str,
        page: Option<&str>,
    ) -> Result<Option<Page<ChangeSetView>>, CallError>;

    /// What failed, in CloudFormation's words, oldest first: early validation tells it of each property. What was only
    /// cancelled is left out. Empty where the target doesn't tell.
    async fn failures(&self, of: Failed<'_>) -> Result<Vec<String>, CallError>;

    /// Starts a change set. The token makes a retried request harmless.
    async fn execute_change_set(&self, id: &ChangeSetId, token: &str) -> Result<(), CallError>;

    /// Deletes a change set that was not executed.
    async fn delete_change_set(&self, id: &ChangeSetId) -> Result<(), CallError>;

    /// A page of a stack's events, newest first.
    async fn events(
        &self,
        name_or_id: &str,
        page: Option<&str>,
    ) -> Result<Page<StackEvent>, CallError>;

    /// Starts deleting a stack.
    async fn delete_stack(
        &self,
        name_or_id: &str,
        token: &str,
        deletion: Deletion,
    ) -> Result<(), CallError>;

    /// Goes on with a rollback that could not finish, without these resources.
    async fn continue_rollback(
        &self,
        name_or_id: &str,
        skip: &[String],
        token: &str,
    ) -> Result<(), CallError>;

    /// A page of a stack's resources.
    async fn resources(
        &self,
        name_or_id: &str,
        page: Option<&str>,
    ) -> Result<Page<StackResource>, CallError>;

    /// Starts CloudFormation's own drift detection; its id.
    async fn detect_drift(&self, name_or_id: &str) -> Result<String, CallError>;

    /// How far a drift detection is.
    async fn detection(&self, id: &str) -> Result<Detection, CallError>;

    /// A page of what CloudFormation's last drift detection found.
    async fn drifts(
        &self,
        name_or_id: &str,
        page: Option<&str>,
    ) -> Result<Page<ResourceDrift>, CallError>;

    /// Switches termination protection.
    async fn protect(&self, name_or_id: &str, protection: Protection) -> Result<(), CallError>;
}

/// All stacks of the account and region.
///
/// # Errors
/// When a page can't be read.
pub async fn all_stacks(cloud: &impl CloudFormation) -> Result<Vec<StackView>, CallError> {
    let mut all = Vec::new();
    let mut next = None;
    loop {
        let page = cloud.stacks(next.as_deref()).await?;
        all.extend(page.items);
        next = page.next;
        if next.is_none() {
            return Ok(all);
        }
    }
}

/// All of a stack's resources.
///
/// # Errors
/// When a page can't be read.
pub async fn all_resources(
    cloud: &impl CloudFormation,
    name_or_id: &str,
) -> Result<Vec<StackResource>, CallError> {
    let mut all = Vec::new();
    let mut next = None;
    loop {
        let page = cloud.resources(name_or_id, next.as_deref()).await?;
        all.extend(page.items);
        next = page.next;
        if next.is_none() {
            return Ok(all);
        }
    }
}

/// A change set with the changes of all its pages; none if there is none.
///
/// # Errors
/// When a page can't be read.
pub async fn whole_change_set(
    cloud: &impl CloudFormation,
    stack: &str,
    name_or_id: &str,
) -> Result<Option<ChangeSetView>, CallError> {
    let Some(first) = cloud.change_set(stack, name_or_id, None).await? else {
        return Ok(None);
    };
    let mut next = first.next;
    let Some(mut whole) = first.items.into_iter().next() else {
        return Ok(None);
    };
    while let Some(token) = next {
        let Some(page) = cloud.change_set(stack, name_or_id, Some(&token)).await? else {
            break;
        };
        for view in page.items {
            whole.changes.extend(view.changes);
        }
        next = page.next;
    }
    Ok(Some(whole))
}
