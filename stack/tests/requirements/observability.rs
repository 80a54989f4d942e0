//! Metrics, alarms, traces and logs (R16, R17, R18).

use crate::common::{ENVIRONMENTS, synthesised};
use crate::{each, items, properties, role_statements};
use contracts::metrics::{Metric, NAMESPACE};
use contracts::{ALL_HANDLERS, HandlerSpec, Input};
use serde_json::{Value, json};

/// The dashboard's body with its references spelled as in `Fn::Sub`.
fn dashboard(body: &Value) -> Value {
    serde_json::from_str(body["Fn::Sub"].as_str().unwrap()).unwrap()
}

#[test]
fn r16_every_metric_of_every_event_type_and_consumer_is_on_the_dashboard() {
    each("AWS::CloudWatch::Dashboard", |_, board, _, environment| {
        let body = dashboard(&board["DashboardBody"]);
        let widgets = body["widgets"].as_array().unwrap();
        assert!(widgets.len() <= 500);
        let shown: Vec<&Value> = widgets
            .iter()
            .flat_map(|widget| items(&widget["properties"]["metrics"]))
            .collect();
        for (consumer, event_type) in consumed() {
            for metric in Metric::ALL.map(Metric::name) {
                let wanted = [
                    NAMESPACE,
                    metric,
                    "Consumer",
                    consumer,
                    "EventType",
                    &event_type,
                    "Environment",
                    &environment.name,
                ];
                let is_it =
                    |row: &&Value| wanted.iter().enumerate().all(|(i, word)| row[i] == *word);
                assert!(
                    shown.iter().any(is_it),
                    "{metric} of {event_type} at {consumer}"
                );
            }
        }
    });
}

/// Every consumer with every event type or route that it works on.
fn consumed() -> Vec<(&'static str, String)> {
    let of = |handler: &HandlerSpec| -> Vec<String> {
        match handler.input {
            Input::Events(events) => events.iter().map(|event| event.name.to_owned()).collect(),
            Input::Api(routes) => routes
                .iter()
                .map(contracts::handlers::ApiRoute::key)
                .collect(),
        }
    };
    ALL_HANDLERS
        .iter()
        .flat_map(|handler| {
            of(handler)
                .into_iter()
                .map(|event_type| (handler.name, event_type))
        })
        .collect()
}

#[test]
fn r16_failures_age_throttles_and_api_errors_ring_and_one_alarm_over_all_tells_people() {
    for name in ENVIRONMENTS.into_iter().filter(|name| *name != "local") {
        let template = synthesised(name).template;
        let alarms: Vec<(&str, &Value)> = template
            .resources()
            .filter(|(_, r)| r["Type"] == "AWS::CloudWatch::Alarm")
            .map(|(id, r)| (id, &r["Properties"]))
            .collect();
        let on = |metric: &str, dimension: &Value| {
            let is_it = |(_, alarm): &&(&str, &Value)| {
                alarm["MetricName"] == metric && items(&alarm["Dimensions"]).contains(&dimension)
            };
            alarms
                .iter()
                .find(is_it)
                .unwrap_or_else(|| panic!("{name}: {metric} {dimension}"))
                .1
        };
        for (consumer, event_type) in consumed() {
            let by_type = json!({ "Name": "EventType", "Value": event_type });
            let failed = on(Metric::Failed.name(), &by_type);
            assert_eq!(failed["Threshold"], 1);
            if !event_type.contains(' ') {
                assert_eq!(
                    on(Metric::AgeMs.name(), &by_type)["Threshold"],
                    120_000,
                    "{consumer}"
                );
            }
        }
        for handler in ALL_HANDLERS {
            let function = json!({ "Ref": format!("{}Function", handler.id) });
            on(
                "Throttles",
                &json!({ "Name": "FunctionName", "Value": function }),
            );
        }
        on(
            "5xx",
            &json!({ "Name": "ApiId", "Value": { "Ref": "Api" } }),
        );
        let over_all = &template.resource("Alarm").unwrap()["Properties"];
        assert_eq!(
            over_all["AlarmActions"],
            json!([{ "Ref": "AlertsTopic" }]),
            "{name}"
        );
        let rule = over_all["AlarmRule"]["Fn::Sub"].as_str().unwrap();
        assert_eq!(rule.matches("ALARM(").count(), alarms.len(), "{name}");
        assert!(alarms.len() <= 100, "{name}");
        for (id, _) in &alarms {
            assert!(
                rule.contains(&format!("ALARM(\"${{{id}}}\")")),
                "{name}: {id}"
            );
        }
    }
}

#[test]
fn r17_every_function_traces_actively_and_may_send_its_traces() {
    each("AWS::Lambda::Function", |name, function, template, _| {
        assert_eq!(function["TracingConfig"]["Mode"], "Active", "{name}");
        let role = properties(template, &function["Role"]);
        let traces = json!(["xray:PutTelemetryRecords", "xray:PutTraceSegments"]);
        assert!(
            role_statements(role).iter().any(|s| s["Action"] == traces),
            "{name}"
        );
    });
}

#[test]
fn r18_functions_and_the_api_log_to_declared_groups_with_retention() {
    each(
        "AWS::Lambda::Function",
        |name, function, template, environment| {
            let group = properties(template, &function["LoggingConfig"]["LogGroup"]);
            assert_eq!(
                group["RetentionInDays"], environment.retention.log_days,
                "{name}"
            );
            let role = properties(template, &function["Role"]).to_string();
            assert!(
                !role.contains("logs:CreateLogGroup") && !role.contains("logs:*"),
                "{name}"
            );
        },
    );
    each(
        "AWS::ApiGatewayV2::Stage",
        |name, stage, template, environment| {
            let to = stage["AccessLogSettings"]["DestinationArn"].to_string();
            assert!(to.contains("${ApiLogs}"), "{name}");
            let group = properties(template, &json!({ "Ref": "ApiLogs" }));
            assert_eq!(
                group["RetentionInDays"], environment.retention.log_days,
                "{name}"
            );
        },
    );
}
