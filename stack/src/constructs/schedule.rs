//! A schedule: the clock wakes a function. Its own role, a few retries, and where wakings go that could not be delivered
//! (R6, R8, R9).

use super::Site;
use super::dead_letters::{WayBack, dead_letter_queue};
use super::grant::schedule_policy;
use crate::{ids, numbers};
use cfn::iam::{Role, RolePolicy};
use cfn::scheduler::{
    Schedule, ScheduleDeadLetterConfig, ScheduleFlexibleTimeWindow, ScheduleFlexibleTimeWindowMode,
    ScheduleRetryPolicy, ScheduleState, ScheduleTarget,
};
use cfn::{Handle, PolicyDocument, Principal, Pseudo, Statement, arn};
use contracts::HandlerSpec;
use serde_json::json;

/// EventBridge Scheduler, as a policy's principal.
const SCHEDULER: &str = "scheduler.amazonaws.com";

/// Wakes a handler every so many minutes.
pub(crate) fn schedule(site: &mut Site<'_>, handler: &HandlerSpec, minutes: u32) {
    let function = ids::function(handler.id);
    // The role writes there, as Scheduler's hand: no service is let in.
    let dlq = dead_letter_queue(
        site,
        ids::schedule_dlq(handler.id).logical_id().as_str(),
        WayBack::SendTo(function.logical_id().as_str()),
        |_| None,
    );
    let role = role(site, handler);
    let name = site.environment.schedule_name(handler);
    site.stack.add(
        ids::schedule(handler.id).logical_id().as_str(),
        Schedule::new(
            ScheduleFlexibleTimeWindow::new(ScheduleFlexibleTimeWindowMode::Off),
            rate(minutes),
            ScheduleTarget::new(function.arn(), role.arn())
                .input(json!({ "tick": handler.name }).to_string())
                .retry_policy(
                    ScheduleRetryPolicy::new()
                        .maximum_event_age_in_seconds(numbers::TICK_AGE_SECONDS)
                        .maximum_retry_attempts(numbers::TICK_RETRIES),
                )
                .dead_letter_config(ScheduleDeadLetterConfig::new().arn(dlq.arn())),
        )
        .name(name)
        .description(format!("Wakes {}", handler.name))
        .kms_key_arn(ids::data_key().arn())
        .state(ScheduleState::Enabled),
    );
}

fn role(site: &mut Site<'_>, handler: &HandlerSpec) -> Handle<Role> {
    let assumed = Statement::allow()
        .principal(Principal::service(SCHEDULER))
        .action("sts:AssumeRole")
        .when("StringEquals", "aws:SourceAccount", Pseudo::AccountId)
        .when(
            "ArnEquals",
            "aws:SourceArn",
            arn("scheduler", "schedule-group/default"),
        );
    let policy = schedule_policy(site.environment, handler);
    let role = Role::new(PolicyDocument::of([assumed]))
        .description(format!("What wakes {}", handler.name))
        .policies([RolePolicy::new("grants", policy)]);
    let id = ids::schedule_role(handler.id);
    let role = site.bounded(role);
    site.stack.add(id.logical_id().as_str(), role)
}

/// `rate(1 minute)`, `rate(5 minutes)`.
fn rate(minutes: u32) -> String {
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    format!("rate({minutes} {unit})")
}
