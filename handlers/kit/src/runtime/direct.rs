//! Work that nothing claims: tasks of the state machine, ticks of the clock, changes of tables. That it is done once is the
//! decision's doing, by versions and by rows that are only appended.

use super::envelope::Unreadable;
use super::invocation::{Service, Way, allowance, within};
use super::logs::causes;
use super::metrics::Tally;
use super::stream::StreamRecord;
use super::work::{Pending, WorkFault, perform};
use crate::world::World;
use contracts::Handler;
use contracts::handlers::Work;
use contracts::items::attributes;
use contracts::tasks::TaskCall;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;
use tracing::Instrument as _;

/// What is left of a tick's invocation to publish what it committed.
const FOR_PUBLISHING: Duration = Duration::from_secs(5);

/// Why unclaimed work failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DirectFault {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("{handler} has no decision on it; check what invokes it")]
    Unknown { handler: &'static str },
    #[error(transparent)]
    Work(#[from] WorkFault),
}

impl DirectFault {
    const fn unknown<H: Handler>() -> Self {
        Self::Unknown {
            handler: H::SPEC.name,
        }
    }

    /// What the state machine calls it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "Unreadable",
            Self::Unknown { .. } => "Unknown",
            Self::Work(fault) => fault.name(),
        }
    }
}

impl<H: Handler> Service<H> {
    /// Performs a task and gives its output. The token goes to the decision and nowhere else.
    pub(crate) async fn task(&self, call: TaskCall<Value>, way: Way) -> Result<Value, DirectFault> {
        let known = self.decisions.tasks.get_key_value(call.task.as_str());
        let name = known.map_or(UNKNOWN, |(name, _)| *name);
        let input = |path| {
            let text = call.input.pointer(path).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let span = tracing::info_span!(
            "task",
            consumer = H::SPEC.name,
            event_type = name,
            correlation_id = input("/request/cause/correlationId"),
            vendor_id = input("/request/vendorId"),
            invoice_id = input("/request/invoiceId"),
            request_id = way.request_id,
        );
        let work = async {
            let (_, decide) = known.ok_or(DirectFault::unknown::<H>())?;
            let world = World::<H>::new(Arc::clone(&self.shared), None, way.trace);
            Ok(perform(&world, || decide(&world, call)).await?)
        };
        self.counted(name, None, work).instrument(span).await
    }

    /// Does the clock's work. Near the invocation's end it is given up, and what it committed until then is published.
    pub(crate) async fn tick(
        &self,
        handler: String,
        way: Way,
        end: SystemTime,
    ) -> Result<(), DirectFault> {
        let span = tracing::info_span!(
            "tick",
            consumer = H::SPEC.name,
            event_type = Work::TICK,
            request_id = way.request_id,
        );
        let work = async {
            let mine = self.decisions.tick.as_ref();
            let decide = mine
                .filter(|_| handler == H::SPEC.name)
                .ok_or(DirectFault::unknown::<H>())?;
            let world = World::<H>::new(Arc::clone(&self.shared), None, way.trace);
            let left = end.duration_since(SystemTime::now()).unwrap_or_default();
            let allowed = left.saturating_sub(FOR_PUBLISHING);
            let in_time = || -> Pending<'_, ()> {
                Box::pin(async {
                    let decided = tokio::time::timeout(allowed, decide(&world)).await;
                    decided.unwrap_or(Err(WorkFault::OutOfTime))
                })
            };
            Ok(perform(&world, in_time).await?)
        };
        self.counted(Work::TICK, None, work).instrument(span).await
    }

    /// Follows a stream: aggregates side by side, the changes of one in their order; after a failure its later ones are not
    /// begun. Gives the earliest failed record, from which its source goes on.
    pub(crate) async fn stream(
        &self,
        records: Vec<StreamRecord>,
        way: &Way,
        end: SystemTime,
    ) -> Option<String> {
        let lanes = by_partition(records).into_values().map(async |records| {
            for (place, record) in records {
                let sequence = record.sequence.clone();
                let left = end.duration_since(SystemTime::now()).unwrap_or_default();
                let work = || self.change(record, way.clone()).boxed_local();
                if !matches!(within(allowance(left), work).await, Some(Ok(()))) {
                    return Some((place, sequence));
                }
            }
            None
        });
        let failed = join_all(lanes).await.into_iter().flatten();
        let earliest = failed.min_by_key(|(place, _)| *place);
        earliest.map(|(_, sequence)| sequence)
    }

    async fn change(&self, record: StreamRecord, way: Way) -> Result<(), DirectFault> {
        let begin = OffsetDateTime::now_utc();
        let age = record.at.map(|at| (begin - at).whole_milliseconds());
        let age = age.and_then(|age| i64::try_from(age.max(0)).ok());
        let span = tracing::info_span!(
            "change",
            consumer = H::SPEC.name,
            event_type = tracing::field::Empty,
            event_id = record.attribute(attributes::EVENT_ID),
            aggregate = record.partition,
            sequence = record.sequence,
            request_id = way.request_id,
        );
        let Some(change) = record.change else {
            return Ok(());
        };
        let declared = |table| H::SPEC.inputs.changes.contains(&table);
        let table = change.as_ref().ok().map(|change| change.table);
        let table = table.filter(|table| declared(*table));
        let name = table.map_or(UNKNOWN, |table| table.spec().logical_id);
        span.record("event_type", name);
        let work = async {
            let change = change?;
            let decide = self.decisions.changes.as_ref().filter(|_| table.is_some());
            let decide = decide.ok_or(DirectFault::unknown::<H>())?;
            let world = World::<H>::new(Arc::clone(&self.shared), None, way.trace);
            Ok(perform(&world, || decide(&world, change)).await?)
        };
        self.counted(name, age, work).instrument(span).await
    }

    /// Runs work; its metrics and its log line are written whatever happens.
    async fn counted<T>(
        &self,
        name: &str,
        age_ms: Option<i64>,
        work: impl Future<Output = Result<T, DirectFault>>,
    ) -> Result<T, DirectFault> {
        let begin = OffsetDateTime::now_utc();
        let result = work.await;
        let end = OffsetDateTime::now_utc();
        let tally = Tally {
            succeeded: result.is_ok(),
            latency_ms: (end - begin).whole_milliseconds().try_into().unwrap_or(0),
            age_ms,
            ..Tally::default()
        };
        match &result {
            Ok(_) => tracing::info!(latency_ms = tally.latency_ms, "done"),
            Err(fault) => tracing::error!(error = causes(fault), "failed"),
        }
        self.count(name, &tally, end);
        result
    }
}

/// What metrics call work that the handler does not declare.
pub(crate) const UNKNOWN: &str = "Unknown";

/// Records by their item, each with its place in the batch.
fn by_partition(records: Vec<StreamRecord>) -> BTreeMap<String, Vec<(usize, StreamRecord)>> {
    let mut lanes: BTreeMap<String, Vec<(usize, StreamRecord)>> = BTreeMap::new();
    for (place, record) in records.into_iter().enumerate() {
        let lane = lanes.entry(record.partition.clone()).or_default();
        lane.push((place, record));
    }
    lanes
}

#[cfg(test)]
mod tests;
