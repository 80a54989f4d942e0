//! `World<H>`: the world as handler `H` may see it. Every port is implemented only where `H` declares the need, so a
//! handler that reaches for more does not compile.

use crate::clients::sdk_config;
use crate::settings::Settings;
use crate::store::{OutboxKey, Unpublished};
use aws_config::SdkConfig;
use contracts::envelope::Origin;
use contracts::needs;
use contracts::policy::Policy;
use contracts::{Handler, Needs};
use ports::idempotency::Grant;
use ports::{Clock, Policies};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use time::OffsetDateTime;

/// What outlives a delivery: settings and connections.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) dynamo: aws_sdk_dynamodb::Client,
    pub(crate) bus: aws_sdk_eventbridge::Client,
    #[cfg(feature = "decisions")]
    pub(crate) keys: aws_sdk_kms::Client,
    #[cfg(feature = "decisions")]
    pub(crate) machines: aws_sdk_sfn::Client,
    #[cfg(feature = "documents")]
    pub(crate) objects: aws_sdk_s3::Client,
    #[cfg(feature = "notices")]
    pub(crate) topics: aws_sdk_sns::Client,
}

impl Shared {
    pub(crate) fn connect(settings: Settings) -> Arc<Self> {
        let config = sdk_config(&settings);
        Self::with(&config, settings)
    }

    pub(crate) fn with(config: &SdkConfig, settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            dynamo: aws_sdk_dynamodb::Client::new(config),
            bus: aws_sdk_eventbridge::Client::new(config),
            #[cfg(feature = "decisions")]
            keys: aws_sdk_kms::Client::new(config),
            #[cfg(feature = "decisions")]
            machines: aws_sdk_sfn::Client::new(config),
            #[cfg(feature = "documents")]
            objects: aws_sdk_s3::Client::from_conf(
                // The local cloud knows no virtual-hosted buckets.
                aws_sdk_s3::config::Builder::from(config)
                    .force_path_style(settings.endpoint.is_some())
                    .build(),
            ),
            #[cfg(feature = "notices")]
            topics: aws_sdk_sns::Client::new(config),
            settings,
        })
    }
}

/// What one delivery did so far.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    /// Events committed and not yet published.
    pub(crate) unpublished: Vec<Unpublished>,
    /// Where all events of this delivery rest.
    pub(crate) outbox: Vec<OutboxKey>,
    /// Whether a commit completed the claim.
    pub(crate) completed: bool,
}

/// The world, for one delivery to handler `H`.
///
/// Compliance declares that it reads vendors:
///
/// ```
/// use contracts::{VendorId, handlers::Compliance};
/// use ports::ReadVendors;
/// async fn look(world: &kit::World<Compliance>, id: VendorId) {
///     let _ = world.vendor(id).await;
/// }
/// ```
///
/// Intake does not, and the same lines do not compile:
///
/// ```compile_fail,E0599
/// use contracts::{VendorId, handlers::InvoiceIntake};
/// use ports::ReadVendors;
/// async fn look(world: &kit::World<InvoiceIntake>, id: VendorId) {
///     let _ = world.vendor(id).await;
/// }
/// ```
#[derive(Debug)]
pub struct World<H> {
    pub(crate) shared: Arc<Shared>,
    /// The claim that commits are fenced by; none for API requests.
    pub(crate) grant: Option<Grant>,
    /// The X-Ray header that published events carry on.
    pub(crate) trace: Option<String>,
    recorded: Mutex<Recorded>,
    handler: PhantomData<fn() -> H>,
}

impl<H: Handler> World<H> {
    pub(crate) fn new(shared: Arc<Shared>, grant: Option<Grant>, trace: Option<String>) -> Self {
        Self {
            shared,
            grant,
            trace,
            recorded: Mutex::default(),
            handler: PhantomData,
        }
    }

    pub(crate) fn recorded(&self) -> MutexGuard<'_, Recorded> {
        // Whoever panicked while holding it left whole values behind.
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<H: Handler> Clock for World<H> {
    fn origin(&self) -> Origin {
        Origin {
            now: OffsetDateTime::now_utc(),
            region: self.shared.settings.region.clone(),
        }
    }
}

impl<H: Needs<needs::ReadPolicy>> Policies for World<H> {
    fn policy(&self) -> &Policy {
        &self.shared.settings.policy
    }
}
