//! Payload templates: what a task is given, and what is taken from its result. Typed, so that no path is misspelt as text
//! and no text is taken for a path.

use std::fmt;

use serde_json::{Map, Value};

use crate::property::{Json, Property};
use crate::val::Val;

/// A place in a state's data: a reference path such as `$.request.approvers`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(String);

impl Place {
    /// All of the data: `$`.
    pub fn whole() -> Self {
        Self("$".to_owned())
    }

    /// A member, or a member of a member, by names with dots between them: `request.approvers`.
    pub fn at(members: &str) -> Self {
        members.split('.').fold(Self::whole(), Self::member)
    }

    /// A member of this place, whatever its name.
    pub fn member(self, name: &str) -> Self {
        let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if plain {
            Self(format!("{}.{name}", self.0))
        } else {
            let name = name.replace('\\', "\\\\").replace('\'', "\\'");
            Self(format!("{}['{name}']", self.0))
        }
    }

    /// The path's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What Step Functions itself knows of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// The execution's ARN.
    ExecutionId,
    /// What the execution was begun with.
    ExecutionInput,
    /// The execution's name.
    ExecutionName,
    /// When the execution began.
    ExecutionStartTime,
    /// The element that a Map goes through.
    MapItem,
    /// The element's index, from 0.
    MapIndex,
    /// When the state was entered.
    StateEnteredTime,
    /// How often the state was retried.
    StateRetryCount,
    /// The token that a callback waits for.
    TaskToken,
}

impl Context {
    /// The path's text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ExecutionId => "$$.Execution.Id",
            Self::ExecutionInput => "$$.Execution.Input",
            Self::ExecutionName => "$$.Execution.Name",
            Self::ExecutionStartTime => "$$.Execution.StartTime",
            Self::MapItem => "$$.Map.Item.Value",
            Self::MapIndex => "$$.Map.Item.Index",
            Self::StateEnteredTime => "$$.State.EnteredTime",
            Self::StateRetryCount => "$$.State.RetryCount",
            Self::TaskToken => "$$.Task.Token",
        }
    }
}

/// Where a payload's member gets its value from while the machine runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The state's data.
    Data(Place),
    /// What Step Functions knows.
    Context(Context),
    /// A number in the data and a constant, added (`States.MathAdd`).
    Sum(Place, i64),
}

impl Source {
    fn text(&self) -> String {
        match self {
            Self::Data(place) => place.0.clone(),
            Self::Context(context) => context.as_str().to_owned(),
            Self::Sum(place, constant) => format!("States.MathAdd({place}, {constant})"),
        }
    }
}

impl From<Place> for Source {
    fn from(place: Place) -> Self {
        Self::Data(place)
    }
}

impl From<Context> for Source {
    fn from(context: Context) -> Self {
        Self::Context(context)
    }
}

/// An object whose members are known now, come from CloudFormation, or come from the data of the execution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Payload(Map<String, Value>);

impl Payload {
    /// No members.
    pub fn new() -> Self {
        Self::default()
    }

    /// A text, or what CloudFormation resolves to one.
    pub fn text(self, name: &str, value: impl Into<Val<String>>) -> Self {
        self.put(name.to_owned(), value.into().into_value())
    }

    /// Any JSON, taken as it is.
    pub fn literal(self, name: &str, value: impl Into<Json>) -> Self {
        self.put(name.to_owned(), value.into().into_value())
    }

    /// Whatever the source holds while the machine runs.
    pub fn take(self, name: &str, source: impl Into<Source>) -> Self {
        self.put(format!("{name}.$"), source.into().text().into())
    }

    /// A payload within this one.
    pub fn nested(self, name: &str, payload: Payload) -> Self {
        self.put(name.to_owned(), payload.into_value())
    }

    fn put(mut self, name: String, value: Value) -> Self {
        self.0.insert(name, value);
        self
    }
}

impl Property for Payload {
    fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Pseudo;

    #[test]
    fn what_runs_is_told_from_what_is_known() {
        let payload = Payload::new()
            .text("task", "AskDecision")
            .text("region", Pseudo::Region)
            .literal("approvers", json!(2))
            .take("token", Context::TaskToken)
            .take("reminders", Source::Sum(Place::at("reminders"), 1))
            .nested(
                "input",
                Payload::new().take("invoice", Place::at("request.invoiceId")),
            );
        assert_eq!(
            payload.into_value(),
            json!({
                "task": "AskDecision", "region": {"Ref": "AWS::Region"}, "approvers": 2, "token.$": "$$.Task.Token",
                "reminders.$": "States.MathAdd($.reminders, 1)", "input": {"invoice.$": "$.request.invoiceId"}
            })
        );
    }

    #[test]
    fn a_member_with_another_name_is_quoted() {
        assert_eq!(Place::whole().member("it's").as_str(), r"$['it\'s']");
        assert_eq!(Place::at("a.b_2").as_str(), "$.a.b_2");
    }
}
