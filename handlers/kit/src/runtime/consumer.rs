//! What the `main` of an event handler starts: its decisions by event type, then one invocation after the other.

use super::delivery::{Route, Routes, Service, Way, WorkFault};
use super::envelope::{Arrival, Message};
use super::logs;
use crate::settings::Settings;
use crate::world::{Shared, World};
use aws_lambda_events::sqs::SqsBatchResponse;
use contracts::envelope::Detail;
use contracts::handlers::Consumes;
use contracts::{Event, Handler};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use ports::Fault;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

/// A handler of events, being put together.
pub struct Consumer<H> {
    routes: Routes<H>,
}

impl<H: Handler> Default for Consumer<H> {
    fn default() -> Self {
        Self {
            routes: Routes::new(),
        }
    }
}

impl<H: Handler> Consumer<H> {
    /// A handler without decisions yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the decision on an event that the handler declares to consume.
    #[must_use]
    pub fn on<E: Event>(
        mut self,
        decide: impl AsyncFn(&World<H>, &Detail<E>) -> Result<(), Fault> + 'static,
    ) -> Self
    where
        H: Consumes<E>,
    {
        let decide = Rc::new(decide);
        let route: Route<H> = Box::new(move |world, detail| {
            let decide = Rc::clone(&decide);
            Box::pin(async move {
                // What serde says may quote the content.
                let event = Detail::<E>::deserialize(detail)
                    .map_err(|_| WorkFault::Misfit(E::SPEC.name))?;
                decide(world, &event).await.map_err(WorkFault::Decision)
            })
        });
        self.routes.insert(E::SPEC.name, route);
        self
    }

    /// Runs the function until Lambda ends it.
    ///
    /// # Errors
    /// When the function's environment is incomplete, a declared event has no decision, or the runtime fails.
    pub async fn run(self) -> Result<(), crate::Error> {
        logs::start();
        let service = self.service().inspect_err(|error| {
            tracing::error!(error = logs::causes(error.as_ref()), "can't start");
        })?;
        lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
            service.invocation(event).boxed_local()
        }))
        .await
    }

    fn service(self) -> Result<Service<H>, crate::Error> {
        let undecided = self.undecided();
        if !undecided.is_empty() {
            let name = H::SPEC.name;
            return Err(format!(
                "{name} declares {} and has no decision on it: add `.on(...)` to its main",
                undecided.join(", ")
            )
            .into());
        }
        let settings = Settings::of(&H::SPEC, |name| std::env::var(name).ok())?;
        Ok(Service {
            shared: Shared::connect(settings),
            routes: self.routes,
        })
    }

    fn undecided(&self) -> Vec<&'static str> {
        let names = H::SPEC.inputs.events.iter().map(|event| event.name);
        names
            .filter(|name| !self.routes.contains_key(name))
            .collect()
    }
}

impl<H: Handler> Service<H> {
    async fn invocation(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let end = event.context.deadline();
        let way = Way {
            receive_count: None,
            trace: event.context.xray_trace_id,
            request_id: event.context.request_id,
        };
        match Arrival::read(event.payload) {
            Ok(Arrival::Batch(messages)) => Ok(self.batch(messages, &way, end).await),
            Ok(Arrival::Event(event)) => self.single(Ok(event), way).await,
            Err(unreadable) => self.single(Err(unreadable), way).await,
        }
    }

    /// An asynchronous invocation: its error makes Lambda invoke again, and then send it to the dead-letter queue.
    async fn single(
        &self,
        event: Result<super::envelope::BusEvent, super::envelope::Unreadable>,
        way: Way,
    ) -> Result<Value, Diagnostic> {
        self.deliver(event, way)
            .boxed_local()
            .await
            .map(|()| Value::Null)
            .map_err(|fault| Diagnostic {
                error_type: "DeliveryFault".into(),
                error_message: logs::causes(&fault),
            })
    }

    /// A batch: messages side by side, those of the same event one after the other; the answer names those that failed. Near
    /// the invocation's end nothing is begun, and what hangs is given up: a timeout would fail its neighbours with it.
    async fn batch(&self, messages: Vec<Message>, way: &Way, end: SystemTime) -> Value {
        let lanes = by_event(messages).into_values().map(async |messages| {
            let mut failed = Vec::new();
            for message in messages {
                let id = message.id.clone();
                let way = Way {
                    receive_count: Some(message.receive_count),
                    trace: message.trace.or_else(|| way.trace.clone()),
                    request_id: way.request_id.clone(),
                };
                let left = end.duration_since(SystemTime::now()).unwrap_or_default();
                let work = || self.deliver(message.event, way).boxed_local();
                let done = within(allowance(left), work).await;
                if !matches!(done, Some(Ok(()))) {
                    failed.push(id);
                }
            }
            failed
        });
        partial_response(join_all(lanes).await.concat())
    }
}

/// What an invocation must still have left for a message to be begun.
const ENOUGH: Duration = Duration::from_secs(5);
/// What is left for the answer when a message is given up. Its claim stays leased, as after a crash.
const FOR_THE_ANSWER: Duration = Duration::from_secs(1);

/// How long a message may take when so much of the invocation is left; `None` when it is not to be begun.
fn allowance(left: Duration) -> Option<Duration> {
    (left >= ENOUGH).then(|| left.saturating_sub(FOR_THE_ANSWER))
}

/// Runs work for as long as it is allowed; `None` when it was not begun, or not done in time.
async fn within<F: Future>(
    allowed: Option<Duration>,
    work: impl FnOnce() -> F,
) -> Option<F::Output> {
    let Some(allowed) = allowed else {
        tracing::warn!("the invocation is about to end: a message is left for another one");
        return None;
    };
    let done = tokio::time::timeout(allowed, work()).await;
    done.inspect_err(|_| tracing::error!("a message was given up at the invocation's end"))
        .ok()
}

/// Messages by the event that they carry: a duplicate in the same batch waits and is suppressed, instead of being found in
/// progress and coming again.
fn by_event(messages: Vec<Message>) -> BTreeMap<String, Vec<Message>> {
    let mut lanes: BTreeMap<String, Vec<Message>> = BTreeMap::new();
    for message in messages {
        let event = message.event.as_ref().ok();
        let id = event.and_then(|event| event.metadata("eventId"));
        let lane = id.map_or_else(|| format!("message {}", message.id), str::to_owned);
        lanes.entry(lane).or_default().push(message);
    }
    lanes
}

/// The partial batch response: an empty list means that all is well.
fn partial_response(failed: Vec<String>) -> Value {
    let mut response = SqsBatchResponse::default();
    for id in failed {
        response.add_failure(id);
    }
    // Plain strings always serialise.
    serde_json::to_value(response).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use crate::runtime::envelope::{BusEvent, Unreadable};
    use contracts::events::{InvoiceCredited, InvoicePaid};
    use contracts::handlers::Notification;
    use serde_json::json;
    use std::cell::Cell;

    fn message(id: &str, event_id: Option<&str>) -> Message {
        Message {
            id: id.into(),
            receive_count: 1,
            trace: None,
            event: event_id
                .ok_or(Unreadable("poison"))
                .map(|event_id| BusEvent {
                    envelope_id: "e".into(),
                    detail_type: "InvoicePaid".into(),
                    detail: json!({ "metadata": { "eventId": event_id } }),
                    replay: None,
                }),
        }
    }

    #[test]
    fn r12_duplicates_in_one_batch_come_one_after_the_other() {
        let lanes = by_event(vec![
            message("1", Some("a")),
            message("2", Some("b")),
            message("3", Some("a")),
            message("4", None),
            message("5", None),
        ]);
        let ids: Vec<Vec<&str>> = lanes
            .values()
            .map(|lane| lane.iter().map(|m| m.id.as_str()).collect())
            .collect();
        assert_eq!(ids, [vec!["1", "3"], vec!["2"], vec!["4"], vec!["5"]]);
    }

    #[test]
    fn r10_nothing_is_begun_at_the_end_and_what_hangs_is_given_up() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let begun = Cell::new(false);
            let work = || {
                begun.set(true);
                std::future::ready(1)
            };
            assert_eq!(within(allowance(Duration::from_secs(4)), work).await, None);
            assert!(!begun.get());
            assert_eq!(
                within(allowance(Duration::from_secs(60)), work).await,
                Some(1)
            );
            let hangs = within(Some(Duration::from_millis(1)), std::future::pending::<()>);
            assert_eq!(hangs.await, None);
        });
        let left = Duration::from_secs(30);
        assert!(allowance(left).is_some_and(|allowed| allowed < left));
    }

    #[test]
    fn r10_the_answer_names_the_failed_messages_as_lambda_reads_it() {
        assert_eq!(
            partial_response(vec!["m1".into(), "m3".into()]),
            json!({ "batchItemFailures": [{ "itemIdentifier": "m1" }, { "itemIdentifier": "m3" }] })
        );
        assert_eq!(
            partial_response(Vec::new()),
            json!({ "batchItemFailures": [] })
        );
    }

    #[test]
    fn a_declared_event_without_a_decision_is_named() {
        let consumer = Consumer::<Notification>::new()
            .on::<InvoicePaid>(async |_, _| Ok(()))
            .on::<InvoiceCredited>(async |_, _| Ok(()));
        assert_eq!(consumer.undecided(), ["InvoiceRejected", "PaymentFailed"]);
    }
}
