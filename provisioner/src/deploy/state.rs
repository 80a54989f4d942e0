//! What is deployed now, as far as the next operation cares: `Deployed | Absent | Blocked`.

use super::outcome::way_out;
use crate::cloudformation::{CallError, CloudFormation, StackView, Standing};
use crate::exit::{Exit, Failure};
use cfn::Template;

/// What is there.
#[derive(Debug)]
pub enum Deployed {
    /// No stack, or a shell that an unexecuted change set left.
    Absent,
    /// A stack that can be updated.
    Present {
        /// The stack.
        stack: StackView,
        /// Its template.
        template: Template,
    },
    /// A stack that can't be updated now.
    Blocked(Blocked),
}

/// A stack that can't be updated now.
#[derive(Debug)]
pub struct Blocked {
    /// The stack.
    pub stack: StackView,
    /// Its template, where it has one that can be read.
    pub template: Option<Template>,
}

/// Looks at a stack and its template at once.
///
/// # Errors
/// When a call fails, or the template isn't JSON (then it isn't ours).
pub async fn look(cloud: &impl CloudFormation, name: &str) -> Result<Deployed, Failure> {
    let (stack, template) = tokio::join!(cloud.stack(name), cloud.template(name));
    let Some(stack) = stack?.filter(|stack| stack.status.standing() != Standing::Gone) else {
        return Ok(Deployed::Absent);
    };
    let standing = stack.status.standing();
    if standing == Standing::Shell {
        return Ok(Deployed::Absent);
    }
    let template = match template {
        Ok(text) => text.map(|text| Template::parse(&text)).transpose(),
        Err(_) if standing != Standing::Settled => Ok(None),
        Err(error) => return Err(error.into()),
    };
    match (standing, template) {
        (Standing::Settled, Ok(Some(template))) => Ok(Deployed::Present { stack, template }),
        (Standing::Settled, _) => Err(Failure::refused(
            "stack.foreign",
            format!("the stack {name} has no JSON template: this program didn't make it"),
        )
        .on(name)
        .help("Delete or rename that stack, or give the environment another name.")),
        (_, template) => Ok(Deployed::Blocked(Blocked {
            stack,
            template: template.unwrap_or_default(),
        })),
    }
}

impl Blocked {
    /// Why nothing can be done now, and what to do.
    pub fn failure(&self, environment: &str) -> Failure {
        let stack = &self.stack;
        if stack.status.standing() == Standing::InProgress {
            return Failure::new(
                Exit::Busy,
                "stack.busy",
                format!(
                    "another operation is running on {}: it is in {}",
                    stack.name, stack.status
                ),
            )
            .on(stack.name.as_str())
            .help("Run again when it is over.");
        }
        let reason = stack
            .reason
            .as_ref()
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        Failure::new(
            Exit::Stuck,
            "stack.stuck",
            format!(
                "the stack {} is stuck in {}{reason}",
                stack.name, stack.status
            ),
        )
        .on(stack.name.as_str())
        .help(way_out(&stack.status, environment))
    }

    /// Whether the operation that runs is one that deploys this template.
    pub fn deploys(&self, template: &Template) -> bool {
        self.is_being_made() && self.template.as_ref() == Some(template)
    }

    /// Whether the operation that runs makes or updates the stack.
    pub fn is_being_made(&self) -> bool {
        self.stack.status.standing() == Standing::InProgress
            && !self.stack.status.as_str().starts_with("DELETE")
            && !self.stack.status.as_str().contains("ROLLBACK")
    }
}

/// A call that failed although the question was simple: keeps its kind.
pub fn is_lost(error: &CallError) -> bool {
    error.kind == crate::cloudformation::Kind::Lost
}
