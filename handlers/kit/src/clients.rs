//! The SDK's clients, configured in one place: TLS by rustls with ring, credentials from the function's environment,
//! retries and timeouts said out loud.

use crate::settings::Settings;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::{Builder, tls};
use std::time::Duration;

/// Tries of one call, the first included. The SDK backs off between them.
const ATTEMPTS: u32 = 4;
/// Time to connect.
const CONNECT: Duration = Duration::from_secs(2);
/// Time for one try.
const ATTEMPT: Duration = Duration::from_secs(5);
/// Time for one call with all its tries: shorter than every handler's timeout, so that a fault is reported.
const OPERATION: Duration = Duration::from_secs(12);

/// The configuration that every client is made from. The default credential chain is not asked: a function's credentials
/// are in its environment, and the rest of the chain would only make the archive bigger.
pub(crate) fn sdk_config(settings: &Settings) -> SdkConfig {
    let https = Builder::new()
        .tls_provider(tls::Provider::Rustls(
            tls::rustls_provider::CryptoMode::Ring,
        ))
        .build_https();
    let credentials = EnvironmentVariableCredentialsProvider::new();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(https)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT)
                .operation_attempt_timeout(ATTEMPT)
                .operation_timeout(OPERATION)
                .build(),
        );
    config.set_endpoint_url(settings.endpoint.clone());
    config.build()
}
