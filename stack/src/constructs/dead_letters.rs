//! Dead-letter queues: 14 days, encrypted, TLS only, an alarm at the first message, the way back of their kind (R9).

use super::Site;
use super::policies::tls_only;
use crate::{ids, numbers};
use cfn::cloudwatch::{
    Alarm, AlarmComparisonOperator, AlarmDimension, AlarmStatistic, AlarmTreatMissingData,
};
use cfn::{Handle, PolicyDocument, Statement, sqs};
use serde_json::{Value, json};

/// How messages get back from a dead-letter queue (R9); written into its `Metadata`, and
/// into its alarm in words.
#[derive(Debug, Clone, Copy)]
pub(crate) enum WayBack<'a> {
    /// Move them to the source queue.
    MoveTo(&'a str),
    /// Send them to this one target of rules; never to the bus, which would fan them out again.
    SendTo(&'a str),
    /// Decrypt them if needed and send them to the one target that their attributes name.
    SendToNamed,
    /// Invoke this function with `requestPayload`.
    Invoke(&'a str),
}

impl WayBack<'_> {
    fn to_json(self) -> Value {
        match self {
            WayBack::MoveTo(queue) => json!({ "kind": "move", "to": queue }),
            WayBack::SendTo(target) => json!({ "kind": "send", "to": target }),
            WayBack::SendToNamed => json!({ "kind": "send-named" }),
            WayBack::Invoke(function) => json!({ "kind": "invoke", "to": function }),
        }
    }

    /// What a person does with the messages, with nothing but AWS's console or command line.
    fn in_words(self) -> String {
        match self {
            WayBack::MoveTo(queue) => {
                format!("start the queue's DLQ redrive, which moves the messages back to {queue}")
            }
            WayBack::SendTo(target) => format!(
                "send each message's body to {target}, never to the bus, and delete the message"
            ),
            WayBack::SendToNamed => "send each message's body to the rule target that its \
                attributes name, never to the bus, and delete the message"
                .to_owned(),
            WayBack::Invoke(function) => format!(
                "invoke {function} with each message's requestPayload and delete the message"
            ),
        }
    }
}

/// Adds a dead-letter queue, its policy and its alarm. `writers` lets services in; queues that only SQS itself or an
/// execution role writes to need none.
pub(crate) fn dead_letter_queue(
    site: &mut Site<'_>,
    id: &str,
    way_back: WayBack<'_>,
    writers: impl FnOnce(&Handle<sqs::Queue>) -> Option<Statement>,
) -> Handle<sqs::Queue> {
    let queue = site.stack.add(
        id,
        sqs::Queue::new()
            .kms_master_key_id(ids::messaging_key().arn())
            .message_retention_period(numbers::DLQ_RETENTION_SECONDS),
    );
    site.stack
        .options(&queue)
        .metadata("WayBack", way_back.to_json());
    let statements = writers(&queue)
        .into_iter()
        .chain([tls_only("sqs:*", [queue.arn()])]);
    site.stack.add(
        format!("{id}Policy"),
        sqs::QueuePolicy::new(PolicyDocument::of(statements), [queue.url()]),
    );
    alarm_on_first_message(site, id, &queue, way_back);
    queue
}

fn alarm_on_first_message(
    site: &mut Site<'_>,
    id: &str,
    queue: &Handle<sqs::Queue>,
    way_back: WayBack<'_>,
) {
    site.stack.add(
        format!("{id}Alarm"),
        Alarm::new()
            .alarm_description(format!(
                "{id} holds at least one message. Look at it in the SQS console and mend the cause first; then {}",
                way_back.in_words()
            ))
            .namespace("AWS/SQS")
            .metric_name("ApproximateNumberOfMessagesVisible")
            .dimensions([AlarmDimension::new("QueueName", queue.queue_name())])
            .statistic(AlarmStatistic::Maximum)
            .period(60)
            .evaluation_periods(1)
            .threshold(1)
            .comparison_operator(AlarmComparisonOperator::GreaterThanOrEqualToThreshold)
            .treat_missing_data(AlarmTreatMissingData::NotBreaching)
            .alarm_actions([ids::alerts().arn()]),
    );
}
