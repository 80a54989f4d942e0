//! Which stacks may be deleted: what the environment's file, the stack's tags and AWS itself say of it. It deletes nothing.

use super::census::is_ours;
use crate::cloudformation::{Protection, StackStatus, StackView};
use crate::exit::Failure;
use stack::Environment;

/// A stack that may be deleted: neither its environment's file nor AWS protects it, or nothing was ever live in it.
#[derive(Debug)]
pub struct Condemned(StackView);

impl Condemned {
    /// The stack.
    pub(super) fn into_stack(self) -> StackView {
        self.0
    }

    /// Judges a stack by its environment and by its own state.
    ///
    /// # Errors
    /// It is protected; exit 3.
    pub fn judge(environment: &Environment, stack: StackView) -> Result<Self, Failure> {
        if never_live(&stack.status) {
            return Ok(Self(stack));
        }
        if !is_ours(&stack) {
            return Err(Failure::refused(
                "stack.foreign",
                format!(
                    "the stack {} has no tag provision:managed: this program didn't make it",
                    stack.name
                ),
            )
            .on(stack.name)
            .help("Nothing was changed: delete it in the console if it is to go."));
        }
        if environment.keeps_data() {
            return Err(protected(environment));
        }
        if stack.protection == Protection::On {
            return Err(Failure::refused(
                "stack.protected",
                format!(
                    "the deployed stack {} has termination protection, although the file of {} says unprotected",
                    stack.name, environment.name
                ),
            )
            .on(stack.name)
            .help(
                "Nothing was changed. If it is really to go: deploy the unprotected file first (`provision up`), \
                 which lifts the protection, then run `provision down` again.",
            ));
        }
        Ok(Self(stack))
    }
}

/// The refusal to delete a protected environment.
pub fn protected(environment: &Environment) -> Failure {
    Failure::refused(
        "environment.protected",
        format!("{} is protected: its data outlives it", environment.name),
    )
    .on(environment.name.as_str())
    .help("To really delete it, set `protected: false` in its file, deploy that, and run again.")
}

/// A stack whose creation failed, or never began: what was created went with the rollback, and nothing else can be done
/// with it.
fn never_live(status: &StackStatus) -> bool {
    matches!(
        status.as_str(),
        "REVIEW_IN_PROGRESS" | "CREATE_FAILED" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED"
    )
}
