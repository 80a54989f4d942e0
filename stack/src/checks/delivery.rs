//! Rules about delivery: queues, mappings, rule targets, dead-letter queues (R7, R8, R9).

use super::finding::Fault;
use super::subject::{Found, Subject, number, referred_id, targets};
use crate::numbers::{DLQ_RETENTION_SECONDS, VISIBILITY_TIMEOUTS};
use serde_json::Value;

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
            faults.extend(target_faults(rule.id, target, is_kept(subject, target)));
        }
    }
    for schedule in subject.of_type("AWS::Scheduler::Schedule") {
        let target = &schedule.properties["Target"];
        let kept = subject.wakes_reaper(&schedule) || is_kept(subject, target);
        faults.extend(target_faults(schedule.id, target, kept));
    }
    faults
}

/// Whether what can't be delivered goes to a queue of this stack.
fn is_kept(subject: &Subject<'_>, target: &Value) -> bool {
    subject
        .referred(&target["DeadLetterConfig"]["Arn"])
        .is_some()
}

fn target_faults(id: &str, target: &Value, kept: bool) -> Vec<Fault> {
    let retry = &target["RetryPolicy"];
    let retried = number(&retry["MaximumEventAgeInSeconds"]) > 0
        && number(&retry["MaximumRetryAttempts"]) > 0;
    [
        (
            retried,
            "a target has no retry policy with age and attempts",
        ),
        (
            kept,
            "a target has no dead-letter queue: what can't be delivered is lost",
        ),
    ]
    .into_iter()
    .filter(|(holds, _)| !holds)
    .map(|(_, fault)| Fault::at(id, fault))
    .collect()
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
                "rules or a schedule invoke it asynchronously and it has no \
                on-failure destination with retries: failures are lost",
            )
        })
        .collect()
}

/// STK017.
pub(super) fn dead_letters(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for id in subject.dead_letter_ids() {
        let Some(kept) = subject.get(&id) else {
            continue;
        };
        let alarmed = if kept.kind == "AWS::S3::Bucket" {
            // S3 counts objects once a day: what its mappings put there is counted instead.
            let mut mappings = follows(subject).filter(|mapping| {
                referred_id(on_failure(mapping.properties)).as_deref() == Some(kept.id)
            });
            mappings.all(|mapping| {
                rings(
                    subject,
                    mapping.id,
                    "OnFailureDestinationDeliveredEventCount",
                    Rings::ThroughAnother,
                )
            })
        } else {
            rings(
                subject,
                &id,
                "ApproximateNumberOfMessagesVisible",
                Rings::ByItself,
            )
        };
        if !alarmed {
            faults.push(Fault::at(
                &id,
                "what is kept there has no alarm at one message that tells anybody",
            ));
        }
        if !kept.resource["Metadata"]["WayBack"]["kind"].is_string() {
            faults.push(Fault::at(
                &id,
                "it does not say how messages get back (`WayBack`)",
            ));
        }
    }
    faults
}

/// Whether an alarm must have an action of its own, or is told by the one over all (STK042).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rings {
    ByItself,
    ThroughAnother,
}

/// Whether an alarm watches a metric of a resource, and rings at one.
fn rings(subject: &Subject<'_>, id: &str, metric: &str, how: Rings) -> bool {
    subject.of_type("AWS::CloudWatch::Alarm").any(|alarm| {
        let properties = alarm.properties;
        let dimensions = properties["Dimensions"].as_array();
        let watches = dimensions
            .into_iter()
            .flatten()
            .any(|dimension| referred_id(&dimension["Value"]).as_deref() == Some(id));
        watches
            && properties["MetricName"] == metric
            && properties["Threshold"] == 1
            && properties["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
            && (how == Rings::ThroughAnother
                || properties["AlarmActions"]
                    .as_array()
                    .is_some_and(|actions| !actions.is_empty()))
    })
}

/// STK019.
pub(super) fn streams(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for mapping in follows(subject) {
        let properties = mapping.properties;
        let to = subject.referred(on_failure(properties));
        let ends = |name: &str| properties[name].as_i64().is_some_and(|most| most > 0);
        let partial = properties["FunctionResponseTypes"]
            .as_array()
            .is_some_and(|types| types.iter().any(|kind| kind == "ReportBatchItemFailures"));
        let holds = [
            (
                properties["BisectBatchOnFunctionError"] == true,
                "one bad record holds its whole batch up: bisect it",
            ),
            (
                ends("MaximumRetryAttempts") && ends("MaximumRecordAgeInSeconds"),
                "one bad record holds its shard up for a day: set attempts and record age",
            ),
            (
                partial,
                "one bad record fails its whole batch: set ReportBatchItemFailures",
            ),
            (
                to.is_some_and(|to| to.kind == "AWS::S3::Bucket"),
                "what is given up is lost: set an on-failure bucket, a queue would get positions only",
            ),
            (
                properties["ParallelizationFactor"].as_u64().unwrap_or(1) == 1,
                "several batches of a shard at once: versions would come out of their order",
            ),
        ];
        faults.extend(
            holds
                .into_iter()
                .filter(|(holds, _)| !holds)
                .map(|(_, fault)| Fault::at(mapping.id, fault)),
        );
    }
    faults
}

fn on_failure(properties: &Value) -> &Value {
    &properties["DestinationConfig"]["OnFailure"]["Destination"]
}

/// The mappings that follow a table.
fn follows<'a>(subject: &Subject<'a>) -> impl Iterator<Item = Found<'a>> {
    let mappings = subject.of_type("AWS::Lambda::EventSourceMapping");
    let followed = mappings.filter(|mapping| {
        let source = subject.referred(&mapping.properties["EventSourceArn"]);
        source.is_some_and(|source| source.kind == "AWS::DynamoDB::Table")
    });
    followed.collect::<Vec<_>>().into_iter()
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
fn polled<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (Found<'a>, Found<'a>)> {
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
