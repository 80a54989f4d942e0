//! Alarms: failures and age of every event type at every consumer, throttles of every function, the API's own errors.
//! Dead-letter queues have theirs with them.
//!
//! Those here ring nobody by themselves: see `rollup`. What follows a clock or a table is in `inputs`.

use super::{Watched, watched};
use crate::constructs::Site;
use crate::ids;
use cfn::cloudwatch::{
    Alarm, AlarmComparisonOperator, AlarmDimension, AlarmStatistic, AlarmTreatMissingData,
};
use contracts::handlers::Work;
use contracts::metrics::{self, Metric};

/// Every event is visible within two minutes: what is older waits somewhere.
const OLDEST_MS: u32 = 120_000;

pub(super) fn alarms(site: &mut Site<'_>) {
    for watched in watched(site) {
        let (consumer, event_type) = (watched.consumer.name, &watched.event_type);
        let failures = on_metric(
            &watched,
            site,
            Metric::Failed,
            &format!(
                "{consumer} failed on {event_type}: its log says why, `provision trace` where"
            ),
        )
        .statistic(AlarmStatistic::Sum)
        .threshold(1)
        .comparison_operator(AlarmComparisonOperator::GreaterThanOrEqualToThreshold);
        site.stack
            .add(format!("{}FailuresAlarm", watched.id), failures);
        let Work::Event(_) = watched.work else {
            // A request or task is as old as its answer takes; a change's age is its stream's.
            continue;
        };
        let age = on_metric(
            &watched,
            site,
            Metric::AgeMs,
            &format!("{event_type} reaches {consumer} later than 2 minutes after it happened"),
        )
        .statistic(AlarmStatistic::Maximum)
        .threshold(OLDEST_MS)
        .comparison_operator(AlarmComparisonOperator::GreaterThanThreshold);
        site.stack.add(format!("{}AgeAlarm", watched.id), age);
    }
    throttles(site);
    api_errors(site);
}

/// An alarm that looks every minute, and is content with silence.
pub(super) fn every_minute(description: &str) -> Alarm {
    Alarm::new()
        .alarm_description(description)
        .period(60)
        .evaluation_periods(1)
        .treat_missing_data(AlarmTreatMissingData::NotBreaching)
}

/// On a metric of a consumer and event type.
pub(super) fn on_metric(
    watched: &Watched<'_>,
    site: &Site<'_>,
    metric: Metric,
    description: &str,
) -> Alarm {
    let dimensions = watched.dimensions(site).named();
    every_minute(description)
        .namespace(metrics::NAMESPACE)
        .metric_name(metric.name())
        .dimensions(dimensions.map(|(name, value)| AlarmDimension::new(name, value)))
}

fn throttles(site: &mut Site<'_>) {
    for handler in &site.graph.handlers {
        site.stack.add(
            format!("{}ThrottlesAlarm", handler.id),
            every_minute(&format!(
                "{} was refused for lack of concurrency: raise it, or the account's limit",
                handler.name
            ))
            .namespace("AWS/Lambda")
            .metric_name("Throttles")
            .dimensions([AlarmDimension::new(
                "FunctionName",
                ids::function(handler.id).name(),
            )])
            .statistic(AlarmStatistic::Sum)
            .threshold(1)
            .comparison_operator(AlarmComparisonOperator::GreaterThanOrEqualToThreshold),
        );
    }
}

fn api_errors(site: &mut Site<'_>) {
    if site
        .graph
        .handlers
        .iter()
        .any(|h| !h.inputs.routes.is_empty())
    {
        site.stack.add(
            "ApiErrorsAlarm",
            every_minute("The API answered with 5xx: see its access log and the portal's")
                .namespace("AWS/ApiGateway")
                .metric_name("5xx")
                .dimensions([AlarmDimension::new("ApiId", ids::api().id())])
                .statistic(AlarmStatistic::Sum)
                .threshold(1)
                .comparison_operator(AlarmComparisonOperator::GreaterThanOrEqualToThreshold),
        );
    }
}
