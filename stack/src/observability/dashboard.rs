//! The dashboard: the alarms, what waits in dead-letter queues, throttles, the API, decisions, then two pictures for each event
//! type and consumer: how many, and how long.

use super::machines::decides;
use super::{Watched, watched};
use crate::constructs::Site;
use crate::ids;
use cfn::cloudwatch::{Alarm, Dashboard};
use cfn::{Handle, Val, sqs, sub};
use contracts::Event;
use contracts::events::InvoiceStuck;
use contracts::handlers::Work;
use contracts::metrics::{Metric, NAMESPACE, Unit};
use serde_json::{Value, json};

/// Width of the dashboard's grid.
const GRID: u32 = 24;
/// Height of a picture.
const HEIGHT: u32 = 6;

pub(super) fn dashboard(site: &mut Site<'_>) {
    let mut widgets = vec![
        alarm_states(site),
        dead_letters(site),
        throttles(site),
        api(site),
        streams(site),
        stuck(site),
    ];
    if decides(site) {
        widgets.extend(executions(site));
    }
    let first = HEIGHT * 4;
    for (row, watched) in (0..).zip(watched(site)) {
        let y = first + row * HEIGHT;
        widgets.push(counts(site, &watched, y).into());
        widgets.push(times(site, &watched, y).into());
    }
    site.stack.add(
        ids::DASHBOARD,
        Dashboard::new(sub!("{\"widgets\":", list(widgets), "}"))
            .dashboard_name(site.environment.stack_name()),
    );
}

fn counts(site: &Site<'_>, watched: &Watched<'_>, y: u32) -> String {
    let metrics = metrics(site, watched, Unit::Count, &[("Sum", "")]);
    picture(site, &title(watched), &json!({ "stat": "Sum" }), 0, y).replace(METRICS, &metrics)
}

fn times(site: &Site<'_>, watched: &Watched<'_>, y: u32) -> String {
    let statistics = [("p50", " p50"), ("p99", " p99")];
    let metrics = metrics(site, watched, Unit::Milliseconds, &statistics);
    let title = format!("{}: milliseconds", title(watched));
    picture(site, &title, &json!({}), GRID / 2, y).replace(METRICS, &metrics)
}

fn title(watched: &Watched<'_>) -> String {
    format!("{} at {}", watched.event_type, watched.consumer.name)
}

/// The metrics of a picture: all of a unit (R16), as JSON.
fn metrics(
    site: &Site<'_>,
    watched: &Watched<'_>,
    unit: Unit,
    statistics: &[(&str, &str)],
) -> String {
    let dimensions = watched.dimensions(site).named();
    let rows = Metric::measured_in(unit).flat_map(|metric| {
        statistics.iter().map(move |(statistic, label)| {
            let mut row = vec![json!(NAMESPACE), json!(metric.name())];
            row.extend(
                dimensions
                    .iter()
                    .flat_map(|(name, value)| [json!(name), json!(value)]),
            );
            row.push(json!({ "stat": statistic, "label": format!("{}{label}", metric.name()) }));
            Value::Array(row)
        })
    });
    Value::Array(rows.collect()).to_string()
}

/// Where a picture's metrics go.
const METRICS: &str = "\"METRICS\"";

/// A picture over time, half the grid wide, with room for its metrics.
fn picture(site: &Site<'_>, title: &str, more: &Value, x: u32, y: u32) -> String {
    let mut properties = json!({
        "title": title,
        "region": site.environment.region,
        "view": "timeSeries",
        "period": 60,
        "metrics": "METRICS",
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        properties[name.as_str()] = value.clone();
    }
    json!({
        "type": "metric", "x": x, "y": y, "width": GRID / 2, "height": HEIGHT,
        "properties": properties,
    })
    .to_string()
}

/// A picture whose metrics name resources.
fn picture_of(
    site: &Site<'_>,
    title: &str,
    statistic: &str,
    x: u32,
    y: u32,
    rows: Vec<Val<String>>,
) -> Val<String> {
    let picture = picture(site, title, &json!({ "stat": statistic }), x, y);
    let (before, after) = picture.split_once(METRICS).unwrap_or((&picture, ""));
    sub!(before, list(rows), after)
}

fn alarm_states(site: &Site<'_>) -> Val<String> {
    let alarms = ids_of(site, "AWS::CloudWatch::Alarm");
    let arns = alarms.map(|id| sub!("\"", Handle::<Alarm>::to(id).arn(), "\""));
    let widget = json!({
        "type": "alarm", "x": 0, "y": 0, "width": GRID / 2, "height": HEIGHT,
        "properties": { "title": "Alarms", "alarms": "METRICS" },
    })
    .to_string();
    let (before, after) = widget.split_once(METRICS).unwrap_or((&widget, ""));
    sub!(before, list(arns.collect()), after)
}

fn dead_letters(site: &Site<'_>) -> Val<String> {
    let queues = ids_of(site, "AWS::SQS::Queue").filter(|id| id.ends_with("Dlq"));
    let rows = queues.map(|id| {
        let name = Handle::<sqs::Queue>::to(id).queue_name();
        sub!(
            "[\"AWS/SQS\",\"ApproximateNumberOfMessagesVisible\",\"QueueName\",\"",
            name,
            "\",{\"label\":\"",
            id,
            "\"}]"
        )
    });
    let rows = rows.collect();
    picture_of(site, "Dead letters", "Maximum", GRID / 2, 0, rows)
}

fn throttles(site: &Site<'_>) -> Val<String> {
    let rows = site.graph.handlers.iter().map(|handler| {
        let name = ids::function(handler.id).name();
        sub!(
            "[\"AWS/Lambda\",\"Throttles\",\"FunctionName\",\"",
            name,
            "\",{\"label\":\"",
            handler.name,
            "\"}]"
        )
    });
    picture_of(site, "Throttles", "Sum", 0, HEIGHT, rows.collect())
}

fn api(site: &Site<'_>) -> Val<String> {
    let rows = ["Count", "4xx", "5xx"].into_iter().map(|metric| {
        sub!(
            "[\"AWS/ApiGateway\",\"",
            metric,
            "\",\"ApiId\",\"",
            ids::api().id(),
            "\"]"
        )
    });
    picture_of(site, "API", "Sum", GRID / 2, HEIGHT, rows.collect())
}

/// How far the followers of tables are behind.
fn streams(site: &Site<'_>) -> Val<String> {
    let followers = site.graph.handlers.iter();
    let followers = followers.filter(|handler| !handler.inputs.changes.is_empty());
    let rows = followers.map(|handler| {
        let name = ids::function(handler.id).name();
        sub!(
            "[\"AWS/Lambda\",\"IteratorAge\",\"FunctionName\",\"",
            name,
            "\",{\"label\":\"",
            handler.name,
            "\"}]"
        )
    });
    let y = HEIGHT * 2;
    let title = "Behind the tables: milliseconds";
    picture_of(site, title, "Maximum", 0, y, rows.collect())
}

/// Invoices that rest too long, where they are seen.
fn stuck(site: &Site<'_>) -> Val<String> {
    let seen = watched(site).into_iter().filter(
        |watched| matches!(watched.work, Work::Event(event) if event.name == InvoiceStuck::SPEC.name),
    );
    let rows = seen.map(|watched| {
        let mut row = vec![json!(NAMESPACE), json!(Metric::Received.name())];
        let dimensions = watched.dimensions(site).named();
        row.extend(
            dimensions
                .into_iter()
                .flat_map(|(name, value)| [json!(name), json!(value)]),
        );
        Val::from(Value::Array(row).to_string())
    });
    let y = HEIGHT * 2;
    picture_of(site, "Stuck invoices", "Sum", GRID / 2, y, rows.collect())
}

/// How executions of the state machine end, and how long they take: as long as people do.
fn executions(site: &Site<'_>) -> [Val<String>; 2] {
    let row = |metric: &str| {
        let machine = ids::decisions().arn();
        sub!(
            "[\"AWS/States\",\"",
            metric,
            "\",\"StateMachineArn\",\"",
            machine,
            "\"]"
        )
    };
    let ends = [
        "ExecutionsStarted",
        "ExecutionsSucceeded",
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "ExecutionsAborted",
        "ExecutionThrottled",
    ];
    let ends = ends.map(row).to_vec();
    let times = vec![row("ExecutionTime")];
    let y = HEIGHT * 3;
    [
        picture_of(site, "Decisions", "Sum", 0, y, ends),
        picture_of(site, "Decisions: milliseconds", "p99", GRID / 2, y, times),
    ]
}

fn ids_of<'a>(site: &'a Site<'_>, kind: &'static str) -> impl Iterator<Item = &'a str> {
    let resources = site.stack.resources();
    resources
        .filter(move |resource| resource.type_name == kind)
        .map(|resource| resource.id.as_str())
}

/// Values as a JSON array.
fn list(values: Vec<Val<String>>) -> Val<String> {
    let mut parts = vec![Val::from("[")];
    for (index, value) in values.into_iter().enumerate() {
        parts.push(Val::from(if index == 0 { "" } else { "," }));
        parts.push(value);
    }
    parts.push(Val::from("]"));
    Val::concat(parts)
}
