//! The expiry of an ephemeral environment: the schedule that wakes the reaper when its time is over. It tells the stack by its
//! ARN, so that no other stack is meant that takes the name later.

use super::Site;
use crate::bootstrap::reaper;
use crate::environment::Kind;
use crate::{ids, numbers};
use cfn::scheduler::{
    Schedule, ScheduleDeadLetterConfig, ScheduleFlexibleTimeWindow, ScheduleFlexibleTimeWindowMode,
    ScheduleRetryPolicy, ScheduleState, ScheduleTarget,
};
use cfn::{Pseudo, Template, Val, sub};
use serde_json::Value;
use std::borrow::Cow;

/// When an environment goes whose life nobody has begun: a template to look at, never to deploy. A deployment sets the time
/// ([`expiring`]), so that synth stays a function of environment and artifacts.
const NEVER: &str = "at(2099-12-31T23:59:59)";

/// Adds the expiry, where the environment comes and goes.
pub(crate) fn expiry(site: &mut Site<'_>) {
    if site.environment.kind != Kind::Ephemeral {
        return;
    }
    site.stack.add(
        ids::EXPIRY,
        Schedule::new(
            ScheduleFlexibleTimeWindow::new(ScheduleFlexibleTimeWindowMode::Off),
            NEVER,
            ScheduleTarget::new(reaper::function_arn(), reaper::invoke_role_arn())
                .input(sub!("{\"stackId\":\"", Pseudo::StackId, "\"}"))
                .retry_policy(
                    ScheduleRetryPolicy::new()
                        .maximum_event_age_in_seconds(numbers::EXPIRY_AGE_SECONDS)
                        .maximum_retry_attempts(numbers::EXPIRY_RETRIES),
                )
                .dead_letter_config(ScheduleDeadLetterConfig::new().arn(reaper::dlq_arn())),
        )
        // The stack's own, where an environment of the same name comes again.
        .name(sub!(
            "invoicing-expiry-",
            Val::from(Pseudo::StackId).piece("/", 2)
        ))
        .description("Deletes this environment when its time is over")
        .state(ScheduleState::Enabled),
    );
}

/// The template with the time at which its environment goes, `yyyy-mm-ddThh:mm:ss` in UTC. One of an environment that stays is
/// left as it is.
#[must_use]
pub fn expiring<'t>(template: &'t Template, at: &str) -> Cow<'t, Template> {
    at_expression(template, &format!("at({at})"))
}

/// The template as synth makes it, whatever the time at which its environment goes: what does not change with each run.
#[must_use]
pub fn without_expiry(template: &Template) -> Cow<'_, Template> {
    at_expression(template, NEVER)
}

fn at_expression<'t>(template: &'t Template, expression: &str) -> Cow<'t, Template> {
    let now = template
        .resource(ids::EXPIRY)
        .filter(|resource| resource["Type"] == "AWS::Scheduler::Schedule")
        .map(|resource| &resource["Properties"]["ScheduleExpression"]);
    if now.is_none_or(|now| now == expression) {
        return Cow::Borrowed(template);
    }
    let mut members = Value::Object(template.members().clone());
    members["Resources"][ids::EXPIRY]["Properties"]["ScheduleExpression"] = expression.into();
    match members {
        Value::Object(members) => Cow::Owned(Template::of(members)),
        _ => Cow::Borrowed(template),
    }
}
