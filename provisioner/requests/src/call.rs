//! One request to a service as plain data, and the port that makes it.
//!
//! Why no SDK crate a service: eighteen services would be eighteen crates of generated code, minutes of a cold build, for
//! answers that become plain JSON anyway. A request here is an operation's name and its input.

use serde_json::{Value, json};
use std::fmt;

/// A service, as its endpoint and protocol have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// HTTP APIs.
    ApiGateway,
    /// Stacks.
    CloudFormation,
    /// Who did what.
    CloudTrail,
    /// Metrics, alarms, dashboards.
    CloudWatch,
    /// Tables.
    DynamoDb,
    /// Buses, rules, archives.
    Events,
    /// Roles.
    Iam,
    /// Keys.
    Kms,
    /// Functions.
    Lambda,
    /// Log groups.
    Logs,
    /// Pipes.
    Pipes,
    /// Buckets.
    S3,
    /// Schedules.
    Scheduler,
    /// Schema registries.
    Schemas,
    /// Topics.
    Sns,
    /// Queues.
    Sqs,
    /// State machines.
    States,
    /// Tags of every service.
    Tagging,
}

/// How a service is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `X-Amz-Target: PREFIX.Operation` with a JSON body of version 1.0 or 1.1.
    Json {
        /// What stands before the operation.
        prefix: &'static str,
        /// `1.0` or `1.1`.
        version: &'static str,
    },
    /// A form with the operation and flattened parameters; the answer is XML.
    Query {
        /// The API's version.
        version: &'static str,
    },
    /// Paths and JSON.
    RestJson,
    /// Paths and XML.
    RestXml,
}

impl Service {
    /// The name that requests are signed for.
    pub const fn signing_name(self) -> &'static str {
        match self {
            Self::ApiGateway => "apigateway",
            Self::CloudFormation => "cloudformation",
            Self::CloudTrail => "cloudtrail",
            Self::CloudWatch => "monitoring",
            Self::DynamoDb => "dynamodb",
            Self::Events => "events",
            Self::Iam => "iam",
            Self::Kms => "kms",
            Self::Lambda => "lambda",
            Self::Logs => "logs",
            Self::Pipes => "pipes",
            Self::S3 => "s3",
            Self::Scheduler => "scheduler",
            Self::Schemas => "schemas",
            Self::Sns => "sns",
            Self::Sqs => "sqs",
            Self::States => "states",
            Self::Tagging => "tagging",
        }
    }

    /// How it is spoken to.
    pub fn protocol(self) -> Protocol {
        let json = |prefix, version| Protocol::Json { prefix, version };
        match self {
            Self::ApiGateway | Self::Lambda | Self::Pipes | Self::Scheduler | Self::Schemas => {
                Protocol::RestJson
            }
            Self::CloudFormation => Protocol::Query {
                version: "2010-05-15",
            },
            Self::CloudTrail => json(
                "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
                "1.1",
            ),
            Self::CloudWatch => json("GraniteServiceVersion20100801", "1.0"),
            Self::DynamoDb => json("DynamoDB_20120810", "1.0"),
            Self::Events => json("AWSEvents", "1.1"),
            Self::Iam => Protocol::Query {
                version: "2010-05-08",
            },
            Self::Kms => json("TrentService", "1.1"),
            Self::Logs => json("Logs_20140328", "1.1"),
            Self::S3 => Protocol::RestXml,
            Self::Sns => Protocol::Query {
                version: "2010-03-31",
            },
            Self::Sqs => json("AmazonSQS", "1.0"),
            Self::States => json("AWSStepFunctions", "1.0"),
            Self::Tagging => json("ResourceGroupsTaggingAPI_20170126", "1.1"),
        }
    }
}

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Where to.
    pub service: Service,
    /// The operation, as AWS names it.
    pub operation: &'static str,
    /// Method and path with its query, where the protocol has paths. Percent-encoded.
    pub route: Option<(&'static str, String)>,
    /// The input; a text is sent as it stands.
    pub input: Value,
}

impl Call {
    /// An operation of a service without paths.
    pub fn new(service: Service, operation: &'static str, input: Value) -> Self {
        Self {
            service,
            operation,
            route: None,
            input,
        }
    }

    /// An operation at a path.
    pub fn at(
        service: Service,
        operation: &'static str,
        method: &'static str,
        path: String,
        input: Value,
    ) -> Self {
        Self {
            service,
            operation,
            route: Some((method, path)),
            input,
        }
    }

    /// A `GET`.
    pub fn get(service: Service, operation: &'static str, path: String) -> Self {
        Self::at(service, operation, "GET", path, json!(null))
    }

    /// Two calls with the same key have the same answer.
    pub fn key(&self) -> String {
        let (method, path) = self.route.clone().unwrap_or_default();
        format!(
            "{} {} {method} {path} {}",
            self.service.signing_name(),
            self.operation,
            self.input
        )
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service.signing_name(), self.operation)
    }
}

/// Nothing could be reached at all: no answer, or no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} got no answer: {why}")]
pub struct Unreachable {
    /// Which call.
    pub what: String,
    /// Why.
    pub why: String,
}

/// Why a call brought no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The service says no.
    #[error("{call} was refused: {code}: {message}")]
    Refused {
        /// Which call.
        call: String,
        /// The service's code, e.g. `ResourceNotFoundException`.
        code: String,
        /// In its words.
        message: String,
    },
    /// Nobody answers.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

impl Trouble {
    /// The service's code.
    pub fn code(&self) -> &str {
        match self {
            Self::Refused { code, .. } => code,
            Self::Unreachable(_) => "",
        }
    }

    /// Whether it means that the thing asked for is not there.
    pub fn is_absence(&self) -> bool {
        let code = self.code();
        ["NotFound", "NoSuch", "NonExist", "DoesNotExist", "NotExist"]
            .iter()
            .any(|word| code.contains(word))
            || code == "404"
    }
}

/// Makes calls. An empty answer is `null`.
pub trait Api {
    /// Makes one call and waits for its answer.
    ///
    /// # Errors
    /// What the service refuses, and no answer.
    fn call(&self, call: &Call) -> impl Future<Output = Result<Value, Trouble>>;
}

impl<A: Api> Api for &A {
    async fn call(&self, call: &Call) -> Result<Value, Trouble> {
        (**self).call(call).await
    }
}

/// Percent-encodes everything that is not unreserved: for one segment of a path, or a value of a query.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_is_told_from_every_other_refusal() {
        let of = |code: &str| Trouble::Refused {
            call: "x".into(),
            code: code.into(),
            message: String::new(),
        };
        for code in [
            "ResourceNotFoundException",
            "NoSuchBucketPolicy",
            "AWS.SimpleQueueService.NonExistentQueue",
            "QueueDoesNotExist",
            "StateMachineDoesNotExist",
            "NotFoundException",
            "NoSuchEntity",
        ] {
            assert!(of(code).is_absence(), "{code}");
        }
        for code in [
            "AccessDenied",
            "ThrottlingException",
            "InvalidParameterValue",
        ] {
            assert!(!of(code).is_absence(), "{code}");
        }
    }

    #[test]
    fn what_is_not_unreserved_is_encoded() {
        assert_eq!(encode("$LATEST/ä"), "%24LATEST%2F%C3%A4");
    }
}
