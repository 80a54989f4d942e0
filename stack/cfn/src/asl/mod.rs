//! State machines as typed states, rendered to the Amazon States Language (<https://states-language.net>), with its
//! JSONPath query language.
//!
//! What types can rule out they do: a state without a transition, a choice without a default, a wait with two forms
//! and a callback without its token or its timeout can't be written. What they can't is found by [`crate::check`] in
//! the rendered template, whoever wrote it: reachability, outcomes, retries. Nothing here runs a machine.
//!
//! A definition goes into the template as text (`DefinitionString`) with its references beside it
//! (`DefinitionSubstitutions`): as an object it couldn't hold `null`, which CloudFormation refuses in templates and the
//! language needs. References still order resources, and [`crate::diff`] still names the state and the field. Resources
//! of tasks are spelled for the partition `aws`.

pub(crate) mod check;
mod condition;
mod definition;
mod faults;
mod flow;
mod machine;
mod payload;
mod state;
mod task;

use serde_json::json;

use crate::handle::Handle;
use crate::stack::Stack;
use crate::stepfunctions::StateMachine;

pub use condition::Condition;
pub use definition::Definition;
pub use faults::{Catch, ErrorName, LAMBDA_SERVICE_ERRORS, Retry};
pub use flow::{Choice, Flow, Map, Parallel};
pub use machine::Machine;
pub use payload::{Context, Payload, Place, Source};
pub use state::{Fail, Keep, Pass, State, Succeed, Wait};
pub use task::{Integration, Task};

/// The key in a state machine's `Metadata` that lists the names of its outcomes.
pub const OUTCOMES: &str = "Outcomes";

impl Stack {
    /// Adds a state machine: sets the resource's definition, and notes the machine's outcomes beside it, which
    /// [`crate::check`] holds the definition against.
    #[track_caller]
    pub fn add_machine(
        &mut self,
        id: impl AsRef<str>,
        machine: &Machine,
        resource: StateMachine,
    ) -> Handle<StateMachine> {
        let handle = self.add(id, machine.definition().into_resource(resource));
        self.options(&handle)
            .metadata(OUTCOMES, json!(machine.outcomes()));
        handle
    }
}
