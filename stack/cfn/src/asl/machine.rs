//! A whole machine: its flow, and the outcomes that it may have.

use serde_json::Value;

use super::definition::Definition;
use super::flow::Flow;
use crate::val::Val;

/// A state machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    outcomes: Vec<String>,
    flow: Flow,
    comment: Option<String>,
    timeout_seconds: Option<u32>,
}

impl Machine {
    /// A machine with this flow, every path of which ends in one of these outcomes: names of [`super::Succeed`] and
    /// [`super::Fail`] states.
    pub fn new(outcomes: impl IntoIterator<Item = impl Into<String>>, flow: Flow) -> Self {
        let mut outcomes: Vec<String> = outcomes.into_iter().map(Into::into).collect();
        outcomes.sort();
        Self {
            outcomes,
            flow,
            comment: None,
            timeout_seconds: None,
        }
    }

    /// What it is for.
    pub fn comment(self, text: impl Into<String>) -> Self {
        Self {
            comment: Some(text.into()),
            ..self
        }
    }

    /// How long an execution may take altogether: 1 to 99,999,999 seconds. Without this: a year, which is AWS's most.
    pub fn timeout_seconds(self, seconds: u32) -> Self {
        Self {
            timeout_seconds: Some(seconds),
            ..self
        }
    }

    /// The outcomes' names, sorted.
    pub fn outcomes(&self) -> &[String] {
        &self.outcomes
    }

    /// The functions that its tasks invoke, each once: what its role must be allowed.
    pub fn functions(&self) -> Vec<Val<String>> {
        self.flow.invokes()
    }

    /// The definition as text, and what CloudFormation puts into it. The same machine gives the same definition.
    pub fn definition(&self) -> Definition {
        let mut definition = self.flow.clone().into_value();
        definition["QueryLanguage"] = "JSONPath".into();
        if let Some(text) = &self.comment {
            definition["Comment"] = Value::from(text.as_str());
        }
        if let Some(seconds) = self.timeout_seconds {
            definition["TimeoutSeconds"] = seconds.into();
        }
        Definition::of(definition)
    }
}
