//! A route: a rule on the bus with one target, its retry policy, and where the undeliverable goes (R8, R11).
//!
//! Rules that deliver to the same target share its dead-letter queue: the way back is the same.

use super::Site;
use super::dead_letters::{WayBack, dead_letter_queue};
use super::policies::{EVENTBRIDGE, sends};
use crate::graph::{Lane, Path};
use crate::{ids, numbers};
use cfn::events::{Rule, RuleDeadLetterConfig, RuleRetryPolicy, RuleState, RuleTarget};
use cfn::{Handle, Val, lambda, sqs};

/// Adds the dead-letter queue of a target and a rule for every lane to it. The lanes share the target.
pub(crate) fn routes(site: &mut Site<'_>, lanes: &[&Lane]) {
    let Some(first) = lanes.first() else { return };
    let target = target_id(first);
    let rules: Vec<_> = lanes.iter().map(|lane| ids::rule(lane.id).arn()).collect();
    let dlq = dead_letter_queue(
        site,
        &ids::undelivered_dlq(first.target()),
        WayBack::SendTo(&target),
        |dlq| Some(sends(EVENTBRIDGE, &dlq.arn(), rules)),
    );
    for lane in lanes {
        route(site, lane, &dlq);
    }
}

fn route(site: &mut Site<'_>, lane: &Lane, dlq: &Handle<sqs::Queue>) {
    let rule = site.stack.add(
        ids::rule(lane.id).logical_id().as_str(),
        Rule::new()
            .description(format!("{} to {}", lane.event.name, target_id(lane)))
            .event_bus_name(ids::bus().name())
            .event_pattern(lane.pattern().to_json())
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
