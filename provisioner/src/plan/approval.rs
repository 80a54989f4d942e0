//! Approval: nothing runs that was not shown and agreed to.

use super::Plan;
use crate::exit::Failure;
use crate::ui::{Asks, Ui};

/// Something that was shown and agreed to: by `--yes`, or by a person.
#[derive(Debug)]
pub struct Approved<T>(T);

impl<T> Approved<T> {
    /// What was approved.
    pub fn get(&self) -> &T {
        &self.0
    }
}

/// Asks, where asking is needed.
///
/// # Errors
/// Not approved, or nobody to ask; exit 3.
pub async fn approve(plan: Plan, ui: &Ui) -> Result<Approved<Plan>, Failure> {
    match ui.asks {
        Asks::No => Ok(Approved(plan)),
        Asks::Nobody => Err(nobody(&plan.environment)),
        Asks::Terminal => {
            if ui
                .ask(&format!("Deploy this to {}?", plan.environment))
                .await
            {
                Ok(Approved(plan))
            } else {
                Err(
                    Failure::refused("approval.declined", "the plan was not approved")
                        .on(plan.environment)
                        .help("Nothing was changed."),
                )
            }
        }
    }
}

/// The refusal where a write needs a word and nobody can give it.
pub fn nobody(environment: &str) -> Failure {
    Failure::refused(
        "approval.nobody",
        "this writes, there is no terminal to ask on, and --yes was not given",
    )
    .on(environment)
    .help("Look at `provision diff` first, then run again with --yes.")
}
