//! Metrics, alarms, traces and logs (R16, R17, R18).

use crate::common::{ENVIRONMENTS, environment, synthesised};
use crate::{each, items, properties, role_statements};
use cfn::Template;
use contracts::handlers::Work;
use contracts::metrics::{Metric, NAMESPACE};
use contracts::{ALL_HANDLERS, HandlerSpec};
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
        for (consumer, _, event_type) in consumed() {
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

/// Every consumer with every kind of work that it does, and what metrics call it.
fn consumed() -> Vec<(&'static str, Work, String)> {
    let of = |handler: &HandlerSpec| {
        let name = handler.name;
        let work = handler.inputs.work();
        work.map(move |work| (name, work, work.name()))
            .collect::<Vec<_>>()
    };
    ALL_HANDLERS.iter().flat_map(of).collect()
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
        let on = |metric: &str, dimensions: &[Value]| {
            let is_it = |(_, alarm): &&(&str, &Value)| {
                let watched = items(&alarm["Dimensions"]);
                alarm["MetricName"] == metric && dimensions.iter().all(|d| watched.contains(&d))
            };
            alarms
                .iter()
                .find(is_it)
                .unwrap_or_else(|| panic!("{name}: {metric} {dimensions:?}"))
                .1
        };
        let dimension = |name: &str, value: Value| json!({ "Name": name, "Value": value });
        for (consumer, work, event_type) in consumed() {
            let of = [
                dimension("Consumer", json!(consumer)),
                dimension("EventType", json!(event_type)),
            ];
            assert_eq!(on(Metric::Failed.name(), &of)["Threshold"], 1);
            if let Work::Event(_) = work {
                let age = on(Metric::AgeMs.name(), &of);
                assert_eq!(age["Threshold"], 120_000, "{consumer} {event_type}");
            }
            if let Work::Tick = work {
                let silent = on(Metric::Received.name(), &of);
                assert_eq!(silent["TreatMissingData"], "breaching", "{consumer}");
            }
        }
        for handler in ALL_HANDLERS {
            let function = json!({ "Ref": format!("{}Function", handler.id) });
            let function = [dimension("FunctionName", function)];
            on("Throttles", &function);
            if !handler.inputs.changes.is_empty() {
                assert_eq!(on("IteratorAge", &function)["Threshold"], 120_000);
            }
        }
        on("5xx", &[dimension("ApiId", json!({ "Ref": "Api" }))]);
        let stuck = [dimension("EventType", json!("InvoiceStuck"))];
        let stuck = on(Metric::Received.name(), &stuck);
        assert_eq!(
            (&stuck["Threshold"], &stuck["Period"]),
            (&json!(1), &json!(60))
        );
        for (id, _) in &alarms {
            let groups = composites_over(&template, id);
            assert_eq!(groups.len(), 1, "{name}: {id} is in {groups:?}");
            assert_eq!(composites_over(&template, groups[0]), ["Alarm"], "{name}");
        }
        let over_all = &template.resource("Alarm").unwrap()["Properties"];
        assert_eq!(
            over_all["AlarmActions"],
            json!([{ "Ref": "AlertsTopic" }]),
            "{name}"
        );
    }
}

/// The composite alarms that watch an alarm.
fn composites_over<'a>(template: &'a Template, alarm: &str) -> Vec<&'a str> {
    let named = format!("ALARM(\"${{{alarm}}}\")");
    template
        .resources()
        .filter(|(_, r)| r["Type"] == "AWS::CloudWatch::CompositeAlarm")
        .filter(|(_, r)| {
            r["Properties"]["AlarmRule"]
                .to_string()
                .contains(&named.replace('"', "\\\""))
        })
        .map(|(id, _)| id)
        .collect()
}

#[test]
fn r28_composite_alarms_stay_within_their_limits() {
    for name in ENVIRONMENTS.into_iter().filter(|name| *name != "local") {
        let template = synthesised(name).template;
        for (id, resource) in template.resources() {
            if resource["Type"] == "AWS::CloudWatch::CompositeAlarm" {
                let rule = resource["Properties"]["AlarmRule"]["Fn::Sub"]
                    .as_str()
                    .unwrap();
                let children = rule.matches("ALARM(").count();
                assert!((1..=100).contains(&children), "{name}: {id} {children}");
                // A generated name: the stack's, the alarm's own, and a suffix.
                let names = children * (environment(name).stack_name().len() + 14);
                assert!(rule.len() + names < 10_240, "{name}: {id}");
            }
        }
    }
}

#[test]
fn r28_the_template_stays_within_the_limits_of_a_stack() {
    for name in ENVIRONMENTS {
        let template = synthesised(name).template;
        assert!(template.resources().count() <= 500, "{name}");
        assert!(template.minified().len() <= 1_000_000, "{name}");
        let rules = template
            .resources()
            .filter(|(_, r)| r["Type"] == "AWS::Events::Rule");
        assert!(rules.count() <= 300, "{name}");
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
fn r15_r17_r18_every_state_machine_traces_and_logs_its_steps_without_their_data() {
    each(
        "AWS::StepFunctions::StateMachine",
        |name, machine, template, environment| {
            assert_eq!(machine["TracingConfiguration"]["Enabled"], true, "{name}");
            let role = properties(template, &machine["RoleArn"]);
            let traces = items_of(role, "Action");
            assert!(traces.contains("xray:PutTraceSegments"), "{name}");
            let logging = &machine["LoggingConfiguration"];
            assert_eq!(logging["IncludeExecutionData"], false, "{name}");
            assert_eq!(logging["Level"], "ALL", "{name}");
            let destination = &logging["Destinations"][0]["CloudWatchLogsLogGroup"];
            let group = properties(template, &destination["LogGroupArn"]);
            assert_eq!(
                group["RetentionInDays"], environment.retention.log_days,
                "{name}"
            );
            assert_eq!(machine["StateMachineName"], environment.decisions_name());
        },
    );
}

/// What all statements of a role say under a name.
fn items_of(role: &Value, name: &str) -> String {
    let statements = role_statements(role).iter();
    statements.map(|s| s[name].to_string()).collect()
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
