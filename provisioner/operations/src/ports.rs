//! What operating needs from the world: the API, the invoices' items, the bus, and time to wait. No type of an SDK
//! crosses these.

use crate::event::EventEntry;
use crate::trails::Trails;
use contracts::InvoiceId;
use contracts::items::Item;
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

/// The methods that we call the API with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Submit.
    Post,
}

impl Method {
    /// The method's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// A request to the API, not yet signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiRequest {
    /// The method.
    pub method: Method,
    /// Path below the API's base URL, from `/`. Only unreserved characters and slashes.
    pub path: String,
    /// Headers; names in lower case.
    pub headers: BTreeMap<&'static str, String>,
    /// The body; empty for none.
    pub body: Vec<u8>,
}

/// The API's answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiResponse {
    /// HTTP status.
    pub status: u16,
    /// Headers; names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

/// A call that got no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The request never left: no connection, no credentials, no valid address.
    #[error("{reason}")]
    NotSent {
        /// Why.
        reason: String,
    },
    /// The request may have arrived; its answer did not.
    #[error("{reason}")]
    Lost {
        /// Why.
        reason: String,
    },
}

/// The portal's API.
pub trait PortalApi {
    /// Where the API is, for messages.
    fn base_url(&self) -> &str;
    /// Signs and sends one request, and reads its answer. No retries: those are decided above.
    fn call(
        &self,
        request: &ApiRequest,
    ) -> impl Future<Output = Result<ApiResponse, NoAnswer>> + Send;
}

/// What kind of trouble a service call met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The credentials may not do it.
    Denied,
    /// The resource does not exist.
    Absent,
    /// The service did not answer, or refused for now.
    Unavailable,
    /// Anything else: trying again won't help.
    Other,
}

/// A service call that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{action} {subject} failed: {reason}")]
pub struct ServiceError {
    /// What was attempted, e.g. `reading`.
    pub action: &'static str,
    /// On what.
    pub subject: String,
    /// Why, in the service's words.
    pub reason: String,
    /// Of what kind it is.
    pub trouble: Trouble,
}

/// The tables that tell of an invoice. Everything is read consistently.
pub trait InvoiceItems {
    /// Every item of an invoice's partition. Empty when there is no such invoice.
    fn items(&self, id: InvoiceId) -> impl Future<Output = Result<Vec<Item>, ServiceError>> + Send;
    /// What the audit trail and the ledger hold of it. A table that can't be read is named there.
    fn trails(&self, id: InvoiceId) -> impl Future<Output = Trails> + Send;
}

/// What the bus said about one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BusAnswer {
    /// Taken; the bus's own id for it.
    Taken {
        /// The envelope's `id`.
        event_id: String,
    },
    /// Not taken (it counts in `FailedEntryCount`).
    Refused {
        /// The service's code, e.g. `ThrottlingException`.
        code: String,
        /// The service's words.
        message: String,
    },
}

/// The event bus.
pub trait Bus {
    /// Puts one entry onto the bus.
    fn put(
        &self,
        entry: &EventEntry,
    ) -> impl Future<Output = Result<BusAnswer, ServiceError>> + Send;
}

/// Waiting. Deadlines and pauses are decided above; tests wait in no time.
pub trait Pace {
    /// Time since a fixed moment; it never goes back.
    fn now(&self) -> Duration;
    /// Returns after a pause.
    fn pause(&self, pause: Duration) -> impl Future<Output = ()> + Send;
}
