//! Who we are to AWS: configuration from the environment file, and the proof that it is the right account. No verb's
//! logic.
//!
//! Clients are made where they are used; the HTTP client below them is one and the same.

use crate::cloudformation::call_error;
use crate::counted::counted;
use crate::exit::{Exit, Failure};
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use stack::Environment;
use std::time::Duration;

/// Where the local cloud serves, and as whom to call it.
#[derive(Debug, Clone)]
pub struct LocalAccess {
    /// Its address, e.g. `http://127.0.0.1:41234`.
    pub endpoint: String,
    /// Access key id.
    pub access_key_id: String,
    /// Secret of the access key.
    pub secret_access_key: String,
}

/// The configuration that every client is made from.
#[derive(Debug, Clone)]
pub struct Session {
    config: SdkConfig,
    /// Whoever runs the program, before a role is assumed.
    person: Option<SharedCredentialsProvider>,
}

/// Something whose account and region were verified. Every write asks for one.
#[derive(Debug)]
pub struct Confirmed<T> {
    value: T,
    caller: String,
}

impl<T> Confirmed<T> {
    /// What was verified.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// Who the credentials stand for, by the last part of the ARN: a user's name, or that of a session of a role.
    pub fn caller(&self) -> &str {
        self.caller
            .rsplit(['/', ':'])
            .next()
            .unwrap_or(&self.caller)
    }

    /// For tests that call nobody.
    #[cfg(test)]
    pub fn assumed(value: T) -> Self {
        Self {
            value,
            caller: "arn:aws:sts::111122223333:assumed-role/Deployer/alice".to_owned(),
        }
    }
}

impl Session {
    /// A session on AWS: the default chain of credentials, with the environment's profile and role.
    pub async fn aws(environment: &Environment) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(https())
            .region(Region::new(environment.region.clone()))
            .retry_config(retries())
            .timeout_config(timeouts());
        if let Some(profile) = &environment.profile {
            loader = loader.profile_name(profile);
        }
        let base = loader.load().await;
        let person = base.credentials_provider();
        let Some(role) = &environment.role_arn else {
            return Self {
                config: base,
                person,
            };
        };
        let provider = AssumeRoleProvider::builder(role)
            .session_name("provision")
            .region(Region::new(environment.region.clone()))
            .configure(&base)
            .build()
            .await;
        Self {
            config: base
                .into_builder()
                .credentials_provider(SharedCredentialsProvider::new(provider))
                .build(),
            person,
        }
    }

    /// A session on the local cloud: its address and keys, and nothing of the user's AWS configuration.
    pub fn local(environment: &Environment, access: &LocalAccess) -> Self {
        let credentials = SharedCredentialsProvider::new(Credentials::new(
            &access.access_key_id,
            &access.secret_access_key,
            None,
            None,
            "local cloud",
        ));
        Self {
            person: Some(credentials.clone()),
            config: SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .http_client(counted(aws_smithy_http_client::Builder::new().build_http()))
                .region(Region::new(environment.region.clone()))
                .endpoint_url(&access.endpoint)
                .credentials_provider(credentials)
                .retry_config(retries())
                .timeout_config(timeouts())
                .build(),
        }
    }

    /// What clients are made from.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// Whoever runs the program: who submits and decides is a person, and not the role that deploys, which many may assume
    /// (R27).
    pub fn person(&self) -> Option<SharedCredentialsProvider> {
        self.person.clone()
    }

    /// Verifies that the credentials belong to the environment's account. The region needs no question: every client
    /// is bound to the environment's own.
    ///
    /// # Errors
    /// Another account, or no usable credentials (exit 3), or no answer.
    pub async fn confirm<'e>(
        &self,
        environment: &'e Environment,
    ) -> Result<Confirmed<&'e Environment>, Failure> {
        let identity = aws_sdk_sts::Client::new(&self.config)
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| {
                let failure =
                    Failure::from(call_error("GetCallerIdentity", &environment.name, error));
                match failure.exit {
                    Exit::LostContact => Failure {
                        exit: Exit::Refused,
                        code: "aws.unreachable",
                        help: Some("Nothing was written. Check the network and the region, then run again.".to_owned()),
                        ..failure
                    },
                    _ => Failure {
                        exit: Exit::Refused,
                        ..failure
                    },
                }
            })?;
        match identity.account.as_deref() {
            Some(account) if account == environment.account => Ok(Confirmed {
                value: environment,
                caller: identity.arn.unwrap_or_default(),
            }),
            Some(account) => Err(Failure::refused(
                "aws.wrong-account",
                format!(
                    "the credentials belong to the account {account}, and {} to {}",
                    environment.name, environment.account
                ),
            )
            .on(environment.name.as_str())
            .help("Nothing was written. Use a --profile of the right account, or correct `account` in the environment file.")),
            None => Err(Failure::refused(
                "aws.odd-answer",
                "GetCallerIdentity answered without an account",
            )
            .on(environment.name.as_str())),
        }
    }
}

/// One HTTPS client for all: rustls with ring and the machine's certificates.
fn https() -> SharedHttpClient {
    let client = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .build_https();
    counted(client)
}

/// Five attempts with jitter: throttling and lost connections are usual.
fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(5)
        .with_max_backoff(Duration::from_secs(5))
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(30))
        .operation_attempt_timeout(Duration::from_secs(120))
        .build()
}
