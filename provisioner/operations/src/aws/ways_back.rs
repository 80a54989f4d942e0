//! What brings messages and events back, with one set of credentials: the queues, buckets, functions and archives of an
//! environment. Clients are made when they are first used.

use crate::ports::Pace;
use aws_config::SdkConfig;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::time::Instant;

/// A deployed environment's queues, buckets, functions, bus and archive.
#[derive(Debug)]
pub struct WaysBack {
    config: SdkConfig,
    pub(super) event_bus: String,
    made: Instant,
    queues: OnceLock<aws_sdk_sqs::Client>,
    functions: OnceLock<aws_sdk_lambda::Client>,
    events: OnceLock<aws_sdk_eventbridge::Client>,
    objects: OnceLock<aws_sdk_s3::Client>,
}

impl WaysBack {
    /// Of the environment with this event bus (its name). Makes no client and no call.
    #[must_use]
    pub fn new(config: &SdkConfig, event_bus: &str) -> Self {
        Self {
            config: config.clone(),
            event_bus: event_bus.to_owned(),
            made: Instant::now(),
            queues: OnceLock::new(),
            functions: OnceLock::new(),
            events: OnceLock::new(),
            objects: OnceLock::new(),
        }
    }

    pub(super) fn queues(&self) -> &aws_sdk_sqs::Client {
        self.queues
            .get_or_init(|| aws_sdk_sqs::Client::new(&self.config))
    }

    pub(super) fn functions(&self) -> &aws_sdk_lambda::Client {
        self.functions
            .get_or_init(|| aws_sdk_lambda::Client::new(&self.config))
    }

    pub(super) fn events(&self) -> &aws_sdk_eventbridge::Client {
        self.events
            .get_or_init(|| aws_sdk_eventbridge::Client::new(&self.config))
    }

    pub(super) fn objects(&self) -> &aws_sdk_s3::Client {
        self.objects.get_or_init(|| {
            // The local cloud serves buckets by path.
            let local = self.config.endpoint_url().is_some();
            let config = aws_sdk_s3::config::Builder::from(&self.config)
                .force_path_style(local)
                .build();
            aws_sdk_s3::Client::from_conf(config)
        })
    }
}

impl Pace for WaysBack {
    fn now(&self) -> Duration {
        self.made.elapsed()
    }

    async fn pause(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}
