//! Rules about delivery: queues, mappings, rule targets, dead-letter queues (R7, R8, R9).

use super::finding::Fault;
use super::subject::{Subject, number, referred_id, targets};
use crate::numbers::{DLQ_RETENTION_SECONDS, VISIBILITY_TIMEOUTS};

/// SQS's own default, where a template says nothing.
const DEFAULT_RETENTION: u64 = 345_600;
/// SQS's own default, where a template says nothing.
const DEFAULT_VISIBILITY: u64 = 30;

/// STK010.
pub(super) fn source_queues(subject: &Subject<'_>) -> Vec<Fault> {
    polled(subject)
        .filter_map(|(queue, _)| {
            let policy = &queue.properties["RedrivePolicy"];
            let Some(dlq) = subject.referred(&policy["deadLetterTargetArn"]) else {
                return Some(Fault::at(
                    queue.id,
                    "the queue is polled and has no \
                    dead-letter queue of this stack",
                ));
            };
            let kept = number(&dlq.properties["MessageRetentionPeriod"]);
            let own = queue.properties["MessageRetentionPeriod"]
                .as_u64()
                .unwrap_or(DEFAULT_RETENTION);
            if kept < u64::from(DLQ_RETENTION_SECONDS) || kept <= own {
                return Some(Fault::at(
                    dlq.id,
                    format!(
                        "it keeps messages {kept} s: it must keep them \
                        {DLQ_RETENTION_SECONDS} s and longer than {} ({own} s)",
                        queue.id
                    ),
                ));
            }
            (number(&policy["maxReceiveCount"]) == 0)
                .then(|| Fault::at(queue.id, "the redrive policy has no maxReceiveCount"))
        })
        .collect()
}

/// STK011.
pub(super) fn visibility(subject: &Subject<'_>) -> Vec<Fault> {
    polled(subject)
        .filter_map(|(queue, mapping)| {
            let function = subject.referred(&mapping.properties["FunctionName"])?;
            let window = number(&mapping.properties["MaximumBatchingWindowInSeconds"]);
            let needed =
                u64::from(VISIBILITY_TIMEOUTS) * number(&function.properties["Timeout"]) + window;
            let visible = queue.properties["VisibilityTimeout"]
                .as_u64()
                .unwrap_or(DEFAULT_VISIBILITY);
            (visible < needed).then(|| {
                Fault::at(
                    queue.id,
                    format!(
                        "visibility timeout is {visible} s: {} with \
                        its batching window needs at least {needed} s",
                        function.id
                    ),
                )
            })
        })
        .collect()
}

/// STK012.
pub(super) fn mappings(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (_, mapping) in polled(subject) {
        let partial = mapping.properties["FunctionResponseTypes"]
            .as_array()
            .is_some_and(|types| types.iter().any(|kind| kind == "ReportBatchItemFailures"));
        if !partial {
            faults.push(Fault::at(
                mapping.id,
                "one bad message fails its whole batch: set ReportBatchItemFailures",
            ));
        }
        if number(&mapping.properties["ScalingConfig"]["MaximumConcurrency"]) == 0 {
            faults.push(Fault::at(
                mapping.id,
                "nothing bounds how many batches run at once: set MaximumConcurrency",
            ));
        }
    }
    faults
}

/// STK013.
pub(super) fn rule_targets(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for rule in subject.of_type("AWS::Events::Rule") {
        if targets(rule.properties).next().is_none() {
            faults.push(Fault::at(
                rule.id,
                "the rule has no target: its events go nowhere",
            ));
        }
        for target in targets(rule.properties) {
            let retry = &target["RetryPolicy"];
            if number(&retry["MaximumEventAgeInSeconds"]) == 0
                || number(&retry["MaximumRetryAttempts"]) == 0
            {
                faults.push(Fault::at(
                    rule.id,
                    "a target has no retry policy with age and attempts",
                ));
            }
            if subject
                .referred(&target["DeadLetterConfig"]["Arn"])
                .is_none()
            {
                faults.push(Fault::at(
                    rule.id,
                    "a target has no dead-letter queue: what can't be delivered is lost",
                ));
            }
        }
    }
    faults
}

/// STK014.
pub(super) fn bus_and_subscriptions(subject: &Subject<'_>) -> Vec<Fault> {
    let buses = subject
        .of_type("AWS::Events::EventBus")
        .filter(|bus| {
            subject
                .referred(&bus.properties["DeadLetterConfig"]["Arn"])
                .is_none()
        })
        .map(|bus| {
            Fault::at(
                bus.id,
                "the bus has no dead-letter queue: events with key errors are lost",
            )
        });
    let subscriptions = subject
        .of_type("AWS::SNS::Subscription")
        .filter(|subscription| {
            subject
                .referred(&subscription.properties["RedrivePolicy"]["deadLetterTargetArn"])
                .is_none()
        })
        .map(|subscription| {
            Fault::at(
                subscription.id,
                "the subscription has no redrive policy: what can't be delivered is lost",
            )
        });
    buses.chain(subscriptions).collect()
}

/// STK015.
pub(super) fn failures(subject: &Subject<'_>) -> Vec<Fault> {
    subject
        .asynchronous()
        .into_iter()
        .filter(|function| {
            !subject
                .of_type("AWS::Lambda::EventInvokeConfig")
                .any(|config| {
                    let properties = config.properties;
                    referred_id(&properties["FunctionName"]).as_deref() == Some(function.id)
                        && subject
                            .referred(&properties["DestinationConfig"]["OnFailure"]["Destination"])
                            .is_some()
                        && number(&properties["MaximumEventAgeInSeconds"]) > 0
                        && properties["MaximumRetryAttempts"].is_u64()
                })
        })
        .map(|function| {
            Fault::at(
                function.id,
                "rules invoke it asynchronously and it has no \
                on-failure destination with retries: failures are lost",
            )
        })
        .collect()
}

/// STK017.
pub(super) fn dead_letters(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for id in subject.dead_letter_ids() {
        let alarmed = subject.of_type("AWS::CloudWatch::Alarm").any(|alarm| {
            let properties = alarm.properties;
            let dimensions = properties["Dimensions"].as_array();
            let watches = dimensions
                .into_iter()
                .flatten()
                .any(|dimension| referred_id(&dimension["Value"]).as_deref() == Some(id.as_str()));
            watches
                && properties["MetricName"] == "ApproximateNumberOfMessagesVisible"
                && properties["Threshold"] == 1
                && properties["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
                && properties["AlarmActions"]
                    .as_array()
                    .is_some_and(|actions| !actions.is_empty())
        });
        if !alarmed {
            faults.push(Fault::at(
                &id,
                "the dead-letter queue has no alarm at one message that tells anybody",
            ));
        }
        let way_back = subject
            .template
            .resource(&id)
            .is_some_and(|queue| queue["Metadata"]["WayBack"]["kind"].is_string());
        if !way_back {
            faults.push(Fault::at(
                &id,
                "the dead-letter queue does not say how messages get back (`WayBack`)",
            ));
        }
    }
    faults
}

/// STK018.
pub(super) fn reserved(subject: &Subject<'_>) -> Vec<Fault> {
    polled(subject)
        .filter_map(|(_, mapping)| {
            let function = subject.referred(&mapping.properties["FunctionName"])?;
            let reserved = function.properties["ReservedConcurrentExecutions"].as_u64()?;
            let wanted = number(&mapping.properties["ScalingConfig"]["MaximumConcurrency"]);
            (reserved < wanted).then(|| {
                Fault::at(
                    function.id,
                    format!(
                        "{reserved} executions are reserved and {} runs up to {wanted} batches",
                        mapping.id
                    ),
                )
            })
        })
        .collect()
}

/// The queues that are polled, with the mapping that polls them.
fn polled<'a>(
    subject: &Subject<'a>,
) -> impl Iterator<Item = (super::subject::Found<'a>, super::subject::Found<'a>)> {
    subject
        .of_type("AWS::Lambda::EventSourceMapping")
        .filter_map(|mapping| {
            Some((
                subject.referred(&mapping.properties["EventSourceArn"])?,
                mapping,
            ))
        })
        .filter(|(source, _)| source.kind == "AWS::SQS::Queue")
        .collect::<Vec<_>>()
        .into_iter()
}
