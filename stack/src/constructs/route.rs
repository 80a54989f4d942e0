//! A route: a rule on the bus with one target, its retry policy, and where the undeliverable goes (R8, R11).
//!
//! Rules that deliver to the same target share its dead-letter queue: the way back is the same.

use super::Site;
use super::dead_letters::{WayBack, dead_letter_queue};
use super::policies::{EVENTBRIDGE, sends};
use crate::graph::{Lane, Path, SharedRule};
use crate::{ids, numbers};
use cfn::events::{Rule, RuleDeadLetterConfig, RuleRetryPolicy, RuleState, RuleTarget};
use cfn::{Handle, Val, lambda, sqs};

/// Adds the dead-letter queue of a target and every rule to it. The rules share the target.
pub(crate) fn routes(site: &mut Site<'_>, rules: &[&SharedRule<'_>]) {
    let Some(first) = rules.first().map(|rule| rule.first) else {
        return;
    };
    let target = target_id(first);
    let arns: Vec<_> = rules.iter().map(|rule| ids::rule(rule.id).arn()).collect();
    let dlq = dead_letter_queue(
        site,
        &ids::undelivered_dlq(first.target()),
        WayBack::SendTo(&target),
        |dlq| Some(sends(EVENTBRIDGE, &dlq.arn(), arns)),
    );
    for rule in rules {
        route(site, rule, &dlq);
    }
}

fn route(site: &mut Site<'_>, shared: &SharedRule<'_>, dlq: &Handle<sqs::Queue>) {
    let lane = shared.first;
    let carried = match lane.events.as_slice() {
        [one] => one.name.to_owned(),
        many => format!("{} events", many.len()),
    };
    let rule = site.stack.add(
        ids::rule(shared.id).logical_id().as_str(),
        Rule::new()
            .description(format!("{carried} to {}", target_id(lane)))
            .event_bus_name(ids::bus().name())
            .event_pattern(shared.pattern().to_json())
            .state(RuleState::Enabled)
            .targets([RuleTarget::new("target", target_arn(lane))
                .retry_policy(
                    RuleRetryPolicy::new()
                        .maximum_event_age_in_seconds(numbers::RULE_EVENT_AGE_SECONDS)
                        .maximum_retry_attempts(numbers::RULE_RETRIES),
                )
                .dead_letter_config(RuleDeadLetterConfig::new().arn(dlq.arn()))]),
    );
    if lane.path == Path::Direct {
        site.stack.add(
            format!("{}Permission", lane.id),
            lambda::Permission::new(
                ids::function(lane.handler).arn(),
                "lambda:InvokeFunction",
                EVENTBRIDGE,
            )
            .source_arn(rule.arn()),
        );
    }
}

fn target_id(lane: &Lane) -> String {
    match lane.path {
        Path::Direct => ids::function(lane.handler).logical_id().to_string(),
        Path::Queue { inbox } => ids::queue(inbox).logical_id().to_string(),
        Path::Topic { topic, .. } => ids::topic(topic).logical_id().to_string(),
    }
}

fn target_arn(lane: &Lane) -> Val<String> {
    match lane.path {
        Path::Direct => ids::function(lane.handler).arn(),
        Path::Queue { inbox } => ids::queue(inbox).arn(),
        Path::Topic { topic, .. } => ids::topic(topic).arn(),
    }
}
