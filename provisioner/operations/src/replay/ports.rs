//! What replaying needs from the world: the bus's rules, its archive, and replays. No type of an SDK crosses these.

use super::moment::Window;
use crate::ports::ServiceError;
use std::future::Future;
use time::OffsetDateTime;

/// A rule as it is on the bus now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveRule {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Its pattern as JSON text.
    pub pattern: Option<String>,
    /// Whether the service itself keeps it, e.g. for the archive.
    pub managed: bool,
}

/// An archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// Its ARN.
    pub arn: String,
    /// ARN of the bus whose events it keeps.
    pub bus_arn: String,
    /// How many events it holds, as the service says: hours behind.
    pub events: u64,
    /// How long it keeps them, in days; none is for ever.
    pub retention_days: Option<u32>,
    /// Since when there is one.
    pub since: Option<OffsetDateTime>,
}

/// A replay that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayOrder {
    /// Its name.
    pub name: String,
    /// ARN of the archive.
    pub archive_arn: String,
    /// ARN of the bus.
    pub bus_arn: String,
    /// Which events.
    pub window: Window,
    /// ARNs of the rules that get them: never empty, which would mean all.
    pub rule_arns: Vec<String>,
}

/// What the service said to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// It starts.
    Started,
    /// There is one of this name.
    Exists,
    /// Too many are running.
    Busy {
        /// The service's words.
        reason: String,
    },
}

/// How a replay stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayState {
    /// What it was asked for.
    pub order: ReplayOrder,
    /// STARTING, RUNNING, COMPLETED, CANCELLING, CANCELLED or FAILED.
    pub state: String,
    /// Why it failed.
    pub reason: Option<String>,
    /// When the event happened that was replayed last.
    pub last_event: Option<OffsetDateTime>,
}

/// The bus's rules, its archive, and replays.
pub trait Archives {
    /// Every rule of the environment's bus.
    fn rules(&self) -> impl Future<Output = Result<Vec<LiveRule>, ServiceError>> + Send;
    /// An archive by name; none if there is none.
    fn archive(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<Archive>, ServiceError>> + Send;
    /// Starts a replay.
    fn start(
        &self,
        order: &ReplayOrder,
    ) -> impl Future<Output = Result<Start, ServiceError>> + Send;
    /// How a replay stands.
    fn state(&self, name: &str) -> impl Future<Output = Result<ReplayState, ServiceError>> + Send;
}
