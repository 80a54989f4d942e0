//! The ports on AWS. Clients are made when they are first used: a verb pays only for what it calls.

mod archives;
mod bus;
mod dead_letters;
mod http;
mod items;
mod stream_records;
mod ways_back;

pub use ways_back::WaysBack;

use crate::endpoints::Endpoints;
use crate::ports::{Pace, ServiceError, Trouble};
use aws_config::SdkConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::time::Instant;

/// A deployed environment, reached with one set of credentials. Implements every port.
#[derive(Debug)]
pub struct Remote {
    config: SdkConfig,
    /// Whoever calls of the API are signed by, where that is somebody else.
    person: Option<SharedCredentialsProvider>,
    endpoints: Endpoints,
    made: Instant,
    api: OnceLock<Connector>,
    tables: OnceLock<aws_sdk_dynamodb::Client>,
    bus: OnceLock<aws_sdk_eventbridge::Client>,
}

impl Remote {
    /// An environment at its endpoints. Makes no client and no call.
    #[must_use]
    pub fn new(config: &SdkConfig, endpoints: Endpoints) -> Self {
        Self {
            config: config.clone(),
            person: None,
            endpoints,
            made: Instant::now(),
            api: OnceLock::new(),
            tables: OnceLock::new(),
            bus: OnceLock::new(),
        }
    }

    /// The same environment, whose API is called as a person: what is submitted and decided is theirs (R20, R27). Tables are
    /// read as before.
    #[must_use]
    pub fn in_the_hands_of(self, person: SharedCredentialsProvider) -> Self {
        Self {
            person: Some(person),
            ..self
        }
    }
}

impl Pace for Remote {
    fn now(&self) -> Duration {
        self.made.elapsed()
    }

    async fn pause(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

/// A failed SDK call as ours.
fn service_error<E>(
    action: &'static str,
    subject: String,
    error: &SdkError<E, HttpResponse>,
) -> ServiceError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
    let code = metadata.and_then(|meta| meta.code());
    let message = metadata.and_then(|meta| meta.message());
    let trouble = match (error, code) {
        (_, Some(code)) => trouble_of(code),
        (SdkError::ConstructionFailure(_), None) => Trouble::Other,
        _ => Trouble::Unavailable,
    };
    let reason = match (code, message) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        _ => chain(error),
    };
    ServiceError {
        action,
        subject,
        reason,
        trouble,
    }
}

fn trouble_of(code: &str) -> Trouble {
    match code {
        "AccessDeniedException"
        | "AccessDenied"
        | "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "ExpiredTokenException"
        | "MissingAuthenticationTokenException" => Trouble::Denied,
        "ResourceNotFoundException" => Trouble::Absent,
        "ThrottlingException"
        | "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "InternalServerError"
        | "InternalFailure"
        | "InternalException"
        | "ServiceUnavailable" => Trouble::Unavailable,
        _ => Trouble::Other,
    }
}

/// An error and its causes in one line, without repeating words.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        next = cause.source();
    }
    text
}
