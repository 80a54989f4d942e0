//! Rules about events that come again: replays, claims, leases (R11, R12).

use super::finding::Fault;
use super::subject::{Subject, number, referred_id, targets, variable};
use crate::numbers::ASYNC_FIRST_RETRY_SECONDS;
use contracts::handlers::Replays;
use contracts::wiring::{CLAIM_SECONDS, LEASE_SECONDS};
use serde_json::{Value, json};

/// Seconds a day.
const DAY: u64 = 86_400;

/// STK005.
pub(super) fn no_replays(subject: &Subject<'_>) -> Vec<Fault> {
    let absent = json!([{ "exists": false }]);
    let mut faults = Vec::new();
    for rule in subject.of_type("AWS::Events::Rule") {
        let pattern = &rule.properties["EventPattern"];
        if pattern["replay-name"] == absent && pattern["detail"]["metadata"]["replayOf"] == absent {
            continue;
        }
        let reached = targets(rule.properties)
            .filter_map(|target| subject.referred(&target["Arn"]))
            .flat_map(|target| subject.reached(&target));
        for function in reached {
            let handler = subject.handler_of(function.id);
            if handler.is_none_or(|handler| handler.replays == Replays::Excluded) {
                faults.push(Fault::at(
                    rule.id,
                    format!(
                        "the rule matches replays and reaches {}, which does not admit them: its pattern must ask that \
                        neither `replay-name` nor `detail.metadata.replayOf` exists",
                        function.id
                    ),
                ));
            }
        }
    }
    faults
}

/// STK006. A claim must be remembered for as long as its event can come again: out of the archive, then at the latest
/// after the last retry of rule and function, after its rest in a queue, and after its rest in a dead-letter queue.
pub(super) fn claims(subject: &Subject<'_>) -> Vec<Fault> {
    let rules = subject
        .of_type("AWS::Events::Rule")
        .flat_map(|rule| targets(rule.properties))
        .map(|target| number(&target["RetryPolicy"]["MaximumEventAgeInSeconds"]));
    let rules = rules.max().unwrap_or(0);
    let functions = subject
        .of_type("AWS::Lambda::EventInvokeConfig")
        .map(|config| number(&config.properties["MaximumEventAgeInSeconds"]));
    let dead = subject.dead_letter_ids();
    let (mut queues, mut dead_letters) = (functions.max().unwrap_or(0), 0);
    for queue in subject.of_type("AWS::SQS::Queue") {
        let kept = number(&queue.properties["MessageRetentionPeriod"]);
        let longest = if dead.iter().any(|id| id == queue.id) {
            &mut dead_letters
        } else {
            &mut queues
        };
        *longest = kept.max(*longest);
    }
    let archive = u64::from(subject.environment.retention.archive_days) * DAY;
    let needed = archive + rules + queues + dead_letters;
    subject
        .of_type("AWS::Lambda::Function")
        .filter(|function| {
            variable(function, CLAIM_SECONDS).is_none_or(|seconds| seconds <= needed)
        })
        .map(|function| {
            Fault::at(
                function.id,
                format!(
                    "{CLAIM_SECONDS} must exceed {needed} s: archive, \
                    event age, queue and dead-letter retention together"
                ),
            )
        })
        .collect()
}

/// STK007.
pub(super) fn leases(subject: &Subject<'_>) -> Vec<Fault> {
    let asynchronous = subject.asynchronous();
    subject
        .of_type("AWS::Lambda::Function")
        .filter_map(|function| {
            let timeout = number(&function.properties["Timeout"]);
            let lease = variable(&function, LEASE_SECONDS).unwrap_or(0);
            let polled = polled_visibility(subject, function.id);
            let retried = asynchronous
                .iter()
                .any(|other| other.id == function.id)
                .then_some(u64::from(ASYNC_FIRST_RETRY_SECONDS));
            let first = polled.into_iter().chain(retried).min().unwrap_or(u64::MAX);
            (lease <= timeout || lease >= first).then(|| {
                Fault::at(
                    function.id,
                    format!(
                        "{LEASE_SECONDS} is {lease} s: it must be above the timeout \
                        ({timeout} s) and below the first redelivery ({first} s)"
                    ),
                )
            })
        })
        .collect()
}

fn polled_visibility(subject: &Subject<'_>, function: &str) -> Option<u64> {
    subject
        .of_type("AWS::Lambda::EventSourceMapping")
        .filter(|mapping| {
            referred_id(&mapping.properties["FunctionName"]).as_deref() == Some(function)
        })
        .filter_map(|mapping| subject.referred(&mapping.properties["EventSourceArn"]))
        .filter(|source| source.kind == "AWS::SQS::Queue")
        .map(|queue| {
            number(
                queue
                    .properties
                    .get("VisibilityTimeout")
                    .unwrap_or(&Value::Null),
            )
        })
        .min()
}
