//! Tasks: the states that do something. What they call is one of a few kinds, each with what it cannot do without.

use serde_json::{Value, json};

use super::faults::{Catch, Retry};
use super::payload::{Context, Payload};
use super::state::{Keep, State, leads};
use crate::property::Property;
use crate::val::Val;

/// A service's action that Step Functions knows by itself (an optimized integration), such as `sns:publish`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integration {
    /// Such as `sns`.
    pub service: &'static str,
    /// Such as `publish`.
    pub action: &'static str,
}

impl Integration {
    const LAMBDA: Self = Self {
        service: "lambda",
        action: "invoke",
    };

    fn resource(self, suffix: &str) -> String {
        format!("arn:aws:states:::{}:{}{suffix}", self.service, self.action)
    }
}

/// A state that calls a service. It wants at least one [`Retry`] and one [`Catch`].
#[derive(Clone, Debug, PartialEq)]
pub struct Task(State);

impl Task {
    fn calling(resource: String, arguments: Payload) -> Self {
        Self(
            State::of("Task")
                .with("Resource", resource)
                .with("Parameters", arguments.into_value()),
        )
    }

    fn invoking(suffix: &str, function: Val<String>, payload: Payload) -> Self {
        let arguments = Payload::new()
            .text("FunctionName", function.clone())
            .nested("Payload", payload);
        let mut task = Self::calling(Integration::LAMBDA.resource(suffix), arguments);
        task.0.invokes.push(function);
        task
    }

    /// Invokes a function, by ARN, and waits for what it returns: `{"Payload": .., "StatusCode": ..}`.
    pub fn invoke(function: impl Into<Val<String>>, payload: Payload) -> Self {
        Self::invoking("", function.into(), payload)
    }

    /// Invokes a function, by ARN, with a token in the payload's member of that name, and waits until somebody answers
    /// the token: `timeout_seconds` at most (1 to 99,999,999), then it is `States.Timeout`. The result is the answer.
    pub fn invoke_and_wait(
        function: impl Into<Val<String>>,
        payload: Payload,
        token: &str,
        timeout_seconds: u32,
    ) -> Self {
        let payload = payload.take(token, Context::TaskToken);
        Self::invoking(".waitForTaskToken", function.into(), payload)
            .timeout_seconds(timeout_seconds)
    }

    /// Calls a service and waits for its answer.
    pub fn call(integration: Integration, arguments: Payload) -> Self {
        Self::calling(integration.resource(""), arguments)
    }

    /// Starts a job of a service and waits until it is done (`.sync`).
    pub fn run(integration: Integration, arguments: Payload) -> Self {
        Self::calling(integration.resource(".sync"), arguments)
    }

    /// How long it may take: 1 to 99,999,999 seconds.
    pub fn timeout_seconds(self, seconds: u32) -> Self {
        Self(self.0.with("TimeoutSeconds", seconds))
    }

    /// How often it must give a sign of life: less than it may take.
    pub fn heartbeat_seconds(self, seconds: u32) -> Self {
        Self(self.0.with("HeartbeatSeconds", seconds))
    }
}

/// What states with errors and results have in common.
macro_rules! works {
    ($($name:ident),+) => {$(
        impl $name {
            /// Takes parts of the result (`ResultSelector`): places are within the result.
            pub fn select(self, parts: Payload) -> Self {
                Self(self.0.with("ResultSelector", parts.into_value()))
            }

            /// Where the result goes. Without this, it takes the place of the data.
            pub fn keep(self, keep: Keep) -> Self {
                Self(self.0.keep(keep))
            }

            /// Tries again on some errors. The first that fits an error counts.
            pub fn retry(self, retry: Retry) -> Self {
                Self(self.0.push("Retry", retry.into_value()))
            }

            /// Goes on with another state on some errors. The first that fits an error counts.
            pub fn catch(self, catch: Catch) -> Self {
                Self(self.0.push("Catch", catch.into_value()))
            }
        }
    )+};
}
pub(super) use works;

leads!(Task);
works!(Task);

/// Whether a task's resource waits for a token to be answered.
pub(super) fn is_callback(resource: &Value) -> bool {
    let text = resource.as_str().or_else(|| resource["Fn::Sub"].as_str());
    text.is_some_and(|text| text.ends_with(".waitForTaskToken"))
}

/// Whether a payload holds the token, at any depth.
pub(super) fn holds_token(payload: &Value) -> bool {
    match payload {
        Value::Object(members) => members.values().any(holds_token),
        Value::Array(elements) => elements.iter().any(holds_token),
        other => *other == json!(Context::TaskToken.as_str()),
    }
}
