//! One invocation: what it was invoked with goes to the decision on it, and the answer is what its source reads.

use super::delivery::DeliveryFault;
use super::direct::DirectFault;
use super::envelope::{Arrival, BusEvent, Message, Unreadable};
use super::logs::causes;
use super::metrics::{Dimensions, Tally, emit, line};
use super::work::Decisions;
use crate::world::Shared;
use aws_lambda_events::sqs::SqsBatchResponse;
use contracts::Handler;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;

/// How work got here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Way {
    /// Times that its message was received; `None` where the route does not say.
    pub(crate) receive_count: Option<u32>,
    /// The X-Ray header.
    pub(crate) trace: Option<String>,
    /// The invocation.
    pub(crate) request_id: String,
}

/// A function ready for work.
pub(crate) struct Service<H> {
    pub(crate) shared: Arc<Shared>,
    pub(crate) decisions: Decisions<H>,
}

impl<H: Handler> Service<H> {
    pub(crate) async fn invocation(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let end = event.context.deadline();
        let way = Way {
            receive_count: None,
            trace: event.context.xray_trace_id,
            request_id: event.context.request_id,
        };
        match Arrival::read(event.payload) {
            Ok(Arrival::Batch(messages)) => Ok(self.batch(messages, &way, end).await),
            Ok(Arrival::Changes(records)) => {
                let failed = self.stream(records, &way, end).await;
                stream_answer(failed, self.shared.settings.endpoint.as_deref())
            }
            Ok(Arrival::Task(call)) => self.task(call, way).await.map_err(direct),
            Ok(Arrival::Tick(name)) => {
                let ticked = self.tick(name, way, end).await;
                ticked.map(|()| Value::Null).map_err(direct)
            }
            Ok(Arrival::Event(event)) => self.single(Ok(event), way).await,
            Err(unreadable) => self.single(Err(unreadable), way).await,
        }
    }

    /// An asynchronous invocation: its error makes Lambda invoke again, and then send it to the dead-letter queue.
    async fn single(
        &self,
        event: Result<BusEvent, Unreadable>,
        way: Way,
    ) -> Result<Value, Diagnostic> {
        self.deliver(event, way)
            .boxed_local()
            .await
            .map(|()| Value::Null)
            .map_err(|fault: DeliveryFault| Diagnostic {
                error_type: "DeliveryFault".into(),
                error_message: causes(&fault),
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

    /// Writes the metrics of one piece of work.
    pub(crate) fn count(&self, name: &str, tally: &Tally, end: OffsetDateTime) {
        let dimensions = Dimensions {
            consumer: H::SPEC.name,
            event_type: name,
            environment: &self.shared.settings.environment,
        };
        emit(&line(dimensions, tally, end));
    }
}

/// A failed task or tick: its name is what the state machine's `Retry` and `Catch` match.
fn direct(fault: DirectFault) -> Diagnostic {
    Diagnostic {
        error_type: fault.name().into(),
        error_message: causes(&fault),
    }
}

/// What an invocation must still have left for a message to be begun.
const ENOUGH: Duration = Duration::from_secs(5);
/// What is left for the answer when a message is given up. Its claim stays leased, as after a crash.
const FOR_THE_ANSWER: Duration = Duration::from_secs(1);

/// How long a message may take when so much of the invocation is left; `None` when it is not to be begun.
pub(crate) fn allowance(left: Duration) -> Option<Duration> {
    (left >= ENOUGH).then(|| left.saturating_sub(FOR_THE_ANSWER))
}

/// Runs work for as long as it is allowed; `None` when it was not begun, or not done in time.
pub(crate) async fn within<F: Future>(
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

/// What a stream's batch is answered with: from which record it comes again. An emulator of AWS, which is what a function with
/// an endpoint of its own talks to, reads no partial response of a stream and would lose the records: there the failure is
/// the invocation's, so that the whole batch comes again. Records that were worked on already are found done.
pub(crate) fn stream_answer(
    failed: Option<String>,
    endpoint: Option<&str>,
) -> Result<Value, Diagnostic> {
    match (failed, endpoint) {
        (Some(sequence), Some(_)) => Err(Diagnostic {
            error_type: "StreamFault".into(),
            error_message: format!(
                "working on a batch of a stream failed at the record `{sequence}`; the whole batch must come again"
            ),
        }),
        (failed, _) => Ok(partial_response(failed)),
    }
}

/// The partial batch response: an empty list means that all is well.
pub(crate) fn partial_response(failed: impl IntoIterator<Item = String>) -> Value {
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
    fn r14_a_failed_stream_batch_comes_again_whole_where_partial_answers_are_not_read() {
        let local = Some("http://localhost");
        let again = json!({ "batchItemFailures": [{ "itemIdentifier": "42" }] });
        assert_eq!(stream_answer(Some("42".into()), None).unwrap(), again);
        let fault = stream_answer(Some("42".into()), local).unwrap_err();
        assert!(fault.error_message.contains("42"), "{fault:?}");
        // A record that could not be named fails its batch too.
        assert!(stream_answer(Some(String::new()), local).is_err());
        let fine = json!({ "batchItemFailures": [] });
        assert_eq!(stream_answer(None, local).unwrap(), fine);
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
}
