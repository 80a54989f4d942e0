//! Alarms on what follows a table or a clock, and on invoices that rest too long (R6, R8, R9, R16).

use super::alarms::{every_minute, on_metric};
use super::watched;
use crate::constructs::Site;
use crate::ids;
use cfn::cloudwatch::{
    Alarm, AlarmComparisonOperator, AlarmDimension, AlarmStatistic, AlarmTreatMissingData,
};
use cfn::{Handle, Val, lambda};
use contracts::Event;
use contracts::events::InvoiceStuck;
use contracts::handlers::Work;
use contracts::metrics::Metric;

/// Every change is in the audit trail within two minutes: what is older waits behind something.
const OLDEST_MS: u32 = 120_000;

/// How many minutes without a sign of life a clocked function may have, in its periods.
const MISSED_TICKS: u32 = 5;

pub(super) fn alarms(site: &mut Site<'_>) {
    streams(site);
    destinations(site);
    ticks(site);
    stuck(site);
}

/// How far behind a table its follower is, and what it gave up. The count of what went to the bucket stands for "the
/// bucket holds something": S3 itself counts objects once a day.
fn streams(site: &mut Site<'_>) {
    for handler in &site.graph.handlers {
        if handler.inputs.changes.is_empty() {
            continue;
        }
        let behind = of_function(
            handler.id,
            "IteratorAge",
            &format!(
                "{} is more than 2 minutes behind a table: a record that fails holds up its shard",
                handler.name
            ),
        )
        .statistic(AlarmStatistic::Maximum)
        .threshold(OLDEST_MS)
        .comparison_operator(AlarmComparisonOperator::GreaterThanThreshold);
        site.stack
            .add(format!("{}IteratorAgeAlarm", handler.id), behind);
        for table in handler.inputs.changes {
            let id = ids::stream_mapping(handler.id, *table);
            let mapping = Handle::<lambda::EventSourceMapping>::to(id.as_str());
            let given_up = every_minute(&format!(
                "{} gave changes of {} up: they rest in the bucket {}. Mend the cause first; then invoke the function \
                 with each object's payload and delete the object",
                handler.name,
                table.spec().logical_id,
                ids::STREAM_FAILURES
            ))
            .namespace("AWS/Lambda")
            .metric_name("OnFailureDestinationDeliveredEventCount")
            .dimensions([AlarmDimension::new("EventSourceMappingUUID", mapping.id())]);
            site.stack
                .add(format!("{id}GivenUpAlarm"), at_first(given_up));
        }
    }
}

/// What failed for good and could not even be put where failures go is lost.
fn destinations(site: &mut Site<'_>) {
    for handler in &site.graph.handlers {
        if site.graph.is_asynchronous(handler.id) || !handler.inputs.changes.is_empty() {
            let lost = of_function(
                handler.id,
                "DestinationDeliveryFailures",
                &format!(
                    "What {} failed on could not be put where its failures go, and is lost: its role or the key's policy \
                     was changed",
                    handler.name
                ),
            );
            site.stack
                .add(format!("{}LostAlarm", handler.id), at_first(lost));
        }
    }
}

/// A clock that stands still makes no metric at all: silence is the alarm.
fn ticks(site: &mut Site<'_>) {
    for watched in watched(site) {
        let Work::Tick = watched.work else { continue };
        let minutes = watched.consumer.inputs.every_minutes.unwrap_or(1);
        let silent = on_metric(
            &watched,
            site,
            Metric::Received,
            &format!(
                "{} was not woken {MISSED_TICKS} times in a row: look at its schedule and the schedule's role",
                watched.consumer.name
            ),
        )
        .statistic(AlarmStatistic::Sum)
        .period(60 * minutes)
        .evaluation_periods(MISSED_TICKS)
        .threshold(1)
        .comparison_operator(AlarmComparisonOperator::LessThanThreshold)
        .treat_missing_data(AlarmTreatMissingData::Breaching);
        site.stack
            .add(format!("{}SilentAlarm", watched.consumer.id), silent);
    }
}

/// Seen where it is consumed: whoever announces it can't count what it never announced.
fn stuck(site: &mut Site<'_>) {
    let name = InvoiceStuck::SPEC.name;
    let seen = watched(site);
    let Some(seen) = seen
        .iter()
        .find(|watched| matches!(watched.work, Work::Event(event) if event.name == name))
    else {
        return;
    };
    let alarm = on_metric(
        seen,
        site,
        Metric::Received,
        "An invoice rests longer than it should, or a replay tells it again: `provision trace` shows where and why",
    );
    site.stack.add(format!("{name}Alarm"), at_first(alarm));
}

fn of_function(handler: &str, metric: &str, description: &str) -> Alarm {
    let name: Val<String> = ids::function(handler).name();
    every_minute(description)
        .namespace("AWS/Lambda")
        .metric_name(metric)
        .dimensions([AlarmDimension::new("FunctionName", name)])
}

/// Rings at one.
pub(super) fn at_first(alarm: Alarm) -> Alarm {
    alarm
        .statistic(AlarmStatistic::Sum)
        .threshold(1)
        .comparison_operator(AlarmComparisonOperator::GreaterThanOrEqualToThreshold)
}
