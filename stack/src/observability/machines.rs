//! Alarms on the state machine of decisions: an execution that does not end well leaves an invoice waiting for nobody (R5, R16).

use super::alarms::every_minute;
use super::inputs::at_first;
use crate::constructs::Site;
use crate::ids;
use cfn::cloudwatch::AlarmDimension;

/// What to do where an execution ended and its invoice did not move on.
const AGAIN: &str = "see its history, mend the cause, then start an execution with the same input under another name: \
    it goes on with what is recorded";

/// Step Functions' metrics of a bad end or a refused start, what they mean and what to do.
const BAD: [(&str, &str, &str); 4] = [
    ("ExecutionsFailed", "A decision failed", AGAIN),
    (
        "ExecutionsTimedOut",
        "A decision took longer than an execution may, which is a year",
        AGAIN,
    ),
    ("ExecutionsAborted", "Somebody stopped a decision", AGAIN),
    (
        "ExecutionThrottled",
        "Decisions are slowed down",
        "more change state at once than the account may: ask AWS for more",
    ),
];

/// Whether the stack has the state machine.
pub(super) fn decides(site: &Site<'_>) -> bool {
    let mut resources = site.stack.resources();
    resources.any(|resource| resource.id.as_str() == ids::DECISIONS)
}

pub(super) fn alarms(site: &mut Site<'_>) {
    if !decides(site) {
        return;
    }
    for (metric, what, then) in BAD {
        let alarm = every_minute(&format!("{what}: {then}"))
            .namespace("AWS/States")
            .metric_name(metric)
            .dimensions([AlarmDimension::new(
                "StateMachineArn",
                ids::decisions().arn(),
            )]);
        site.stack
            .add(format!("{}{metric}Alarm", ids::DECISIONS), at_first(alarm));
    }
}
