//! Limits of AWS that depend on more than one property (R28). What one resource alone tells is among cfn's own codes.

use super::finding::Fault;
use super::subject::{Subject, number, referred_id};
use crate::surge;
use crate::views::text;

/// CloudWatch: characters of a composite alarm's rule.
const ALARM_RULE: usize = 10_240;
/// What an alarm's generated name is counted as: stack name, logical id, a random suffix.
const GENERATED: usize = 12 + 2;
/// EventBridge: rules a bus, by default.
const RULES: usize = 300;
/// Lambda: executions at once in an account and region, by default.
const EXECUTIONS: u64 = 1_000;
/// Lambda: how many of them must stay unreserved.
const UNRESERVED: u64 = 100;

/// STK046. References are counted as the names that CloudFormation will generate.
pub(super) fn alarm_rules(subject: &Subject<'_>) -> Vec<Fault> {
    let stack = subject.environment.stack_name().len();
    subject
        .of_type("AWS::CloudWatch::CompositeAlarm")
        .filter_map(|alarm| {
            let rule = text(&alarm.properties["AlarmRule"]);
            let names = rule.matches("${").count();
            let length = rule.len() - names * "${}".len() + names * (stack + GENERATED);
            (length > ALARM_RULE).then(|| {
                Fault::at(
                    alarm.id,
                    format!("its rule will have about {length} characters; CloudWatch allows {ALARM_RULE}"),
                )
            })
        })
        .collect()
}

/// STK047.
pub(super) fn rules_a_bus(subject: &Subject<'_>) -> Vec<Fault> {
    let rules = |bus: &str| {
        subject
            .of_type("AWS::Events::Rule")
            .filter(|rule| referred_id(&rule.properties["EventBusName"]).as_deref() == Some(bus))
            .count()
    };
    subject
        .of_type("AWS::Events::EventBus")
        .filter_map(|bus| {
            let count = rules(bus.id);
            (count > RULES).then(|| {
                Fault::at(
                    bus.id,
                    format!("it has {count} rules; EventBridge allows {RULES} a bus"),
                )
            })
        })
        .collect()
}

/// STK048.
pub(super) fn reserved(subject: &Subject<'_>) -> Vec<Fault> {
    let functions = subject.of_type("AWS::Lambda::Function");
    let reserved: u64 = functions
        .map(|function| number(&function.properties["ReservedConcurrentExecutions"]))
        .sum();
    (reserved > EXECUTIONS - UNRESERVED)
        .then(|| {
            Fault::declared(
                None,
                format!(
                    "the functions reserve {reserved} executions together; an account has {EXECUTIONS} unless AWS raised \
                    it, and {UNRESERVED} of them stay unreserved: lower capacity.reserved_concurrency or ask for more"
                ),
            )
        })
        .into_iter()
        .collect()
}

/// STK050.
pub(super) fn capacity(subject: &Subject<'_>) -> Vec<Fault> {
    let capacity = &subject.environment.capacity;
    let rate = capacity.events_per_second;
    let needed = surge::sizes(subject.graph, subject.environment, rate).queue_concurrency();
    (capacity.queue_concurrency < needed)
        .then(|| {
            Fault::declared(
                None,
                format!(
                    "at {rate} events a second the busiest queue needs {needed} executions at once and may have {}: \
                    messages pile up; raise capacity.queue_concurrency or lower capacity.events_per_second",
                    capacity.queue_concurrency
                ),
            )
        })
        .into_iter()
        .collect()
}
