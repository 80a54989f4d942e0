//! What becomes of a state's errors: tried again, or caught by another state.

use serde_json::{Map, Value, json};

use super::state::Keep;

/// What Lambda itself reports while the function may never have begun: always worth another attempt.
pub const LAMBDA_SERVICE_ERRORS: [&str; 5] = [
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
];

/// An error's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorName {
    /// `States.ALL`: any. Stands alone and last.
    All,
    /// `States.TaskFailed`: any but a timeout.
    TaskFailed,
    /// `States.Timeout`: the state took longer than it may, or gave no heartbeat.
    Timeout,
    /// `States.HeartbeatTimeout`: the task gave no heartbeat.
    HeartbeatTimeout,
    /// `States.Permissions`: the role may not do that.
    Permissions,
    /// A service's or a function's own name for it, such as `Lambda.TooManyRequestsException`.
    Named(String),
}

impl ErrorName {
    /// The name's text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::All => "States.ALL",
            Self::TaskFailed => "States.TaskFailed",
            Self::Timeout => "States.Timeout",
            Self::HeartbeatTimeout => "States.HeartbeatTimeout",
            Self::Permissions => "States.Permissions",
            Self::Named(name) => name,
        }
    }
}

impl From<&str> for ErrorName {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

fn names(errors: impl IntoIterator<Item = impl Into<ErrorName>>) -> Value {
    let names = errors.into_iter().map(|error| error.into());
    names.map(|error| Value::from(error.as_str())).collect()
}

/// How often and how soon an error is tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry(Map<String, Value>);

impl Retry {
    /// On these errors, as Step Functions does when it isn't told more: after 1 s, 3 times, each twice as late.
    pub fn on(errors: impl IntoIterator<Item = impl Into<ErrorName>>) -> Self {
        Self(Map::from_iter([("ErrorEquals".to_owned(), names(errors))]))
    }

    /// On what Lambda itself reports ([`LAMBDA_SERVICE_ERRORS`]): 6 times, after 2 s, each twice as late and none later
    /// than a minute, spread at random.
    pub fn on_lambda_service_errors() -> Self {
        Self::on(LAMBDA_SERVICE_ERRORS)
            .after_seconds(2)
            .attempts(6)
            .times_later(2.0)
            .at_most_seconds(60)
            .with_jitter()
    }

    /// How long before the first attempt: 1 to 99,999,999 seconds.
    pub fn after_seconds(self, seconds: u32) -> Self {
        self.put("IntervalSeconds", seconds.into())
    }

    /// How many attempts, the first execution not counted. None means: not to be tried again.
    pub fn attempts(self, attempts: u32) -> Self {
        self.put("MaxAttempts", attempts.into())
    }

    /// By which factor each wait is longer than the one before it: 1 or more.
    pub fn times_later(self, factor: f64) -> Self {
        self.put("BackoffRate", crate::property::Property::into_value(factor))
    }

    /// No wait is longer than this: above the first wait, below 31,622,400 seconds.
    pub fn at_most_seconds(self, seconds: u32) -> Self {
        self.put("MaxDelaySeconds", seconds.into())
    }

    /// Each wait is a random part of what it would be, so that many failures don't come back together.
    pub fn with_jitter(self) -> Self {
        self.put("JitterStrategy", "FULL".into())
    }

    fn put(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

/// Which state goes on after errors that were not, or no longer, tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct Catch(Value);

impl Catch {
    /// After these errors with that state. The data is what the failed state was given; the error
    /// (`{"Error", "Cause"}`) goes where `keep` says.
    pub fn on(
        errors: impl IntoIterator<Item = impl Into<ErrorName>>,
        keep: Keep,
        next: impl Into<String>,
    ) -> Self {
        let mut catch = json!({ "ErrorEquals": names(errors), "Next": next.into() });
        if let Some(path) = keep.path() {
            catch["ResultPath"] = path;
        }
        Self(catch)
    }

    /// After whatever happens, with that state: the last of a state's catches.
    pub fn all(keep: Keep, next: impl Into<String>) -> Self {
        Self::on([ErrorName::All], keep, next)
    }

    pub(super) fn into_value(self) -> Value {
        self.0
    }
}
