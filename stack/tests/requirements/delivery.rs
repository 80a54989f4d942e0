//! Queues, retries, dead letters, replays and leases (R7, R8, R9, R11, R12).

use crate::common::synthesised;
use crate::{DAY, each, id, items, properties, role_statements};
use serde_json::{Value, json};

#[test]
fn r7_every_polled_queue_has_its_numbers() {
    each(
        "AWS::Lambda::EventSourceMapping",
        |name, mapping, template, _| {
            if follows_a_table(mapping) {
                return;
            }
            let queue = properties(template, &mapping["EventSourceArn"]);
            let function = properties(template, &mapping["FunctionName"]);
            let dlq = properties(template, &queue["RedrivePolicy"]["deadLetterTargetArn"]);
            let window = mapping["MaximumBatchingWindowInSeconds"].as_u64().unwrap();
            let timeout = function["Timeout"].as_u64().unwrap();
            assert!(
                queue["VisibilityTimeout"].as_u64().unwrap() >= 6 * timeout + window,
                "{name}"
            );
            assert_eq!(dlq["MessageRetentionPeriod"], 14 * DAY, "{name}");
            assert!(
                queue["MessageRetentionPeriod"].as_u64().unwrap() < 14 * DAY,
                "{name}"
            );
            assert_eq!(
                mapping["FunctionResponseTypes"],
                json!(["ReportBatchItemFailures"]),
                "{name}"
            );
            assert!(
                mapping["ScalingConfig"]["MaximumConcurrency"]
                    .as_u64()
                    .unwrap()
                    >= 2,
                "{name}"
            );
        },
    );
}

fn follows_a_table(mapping: &Value) -> bool {
    mapping["EventSourceArn"]["Fn::GetAtt"][1] == "StreamArn"
}

#[test]
fn r7_r8_every_stream_mapping_ends_its_retries_in_order_and_keeps_what_it_gives_up() {
    each(
        "AWS::Lambda::EventSourceMapping",
        |name, mapping, template, _| {
            if !follows_a_table(mapping) {
                return;
            }
            assert_eq!(mapping["BisectBatchOnFunctionError"], true, "{name}");
            assert_eq!(mapping["ParallelizationFactor"], 1, "{name}");
            assert_eq!(
                mapping["FunctionResponseTypes"],
                json!(["ReportBatchItemFailures"]),
                "{name}"
            );
            assert!(
                mapping["MaximumRetryAttempts"].as_u64().unwrap() > 0,
                "{name}"
            );
            let age = mapping["MaximumRecordAgeInSeconds"].as_u64().unwrap();
            // A stream forgets after a day.
            assert!((60..DAY).contains(&age), "{name}");
            let destination = &mapping["DestinationConfig"]["OnFailure"]["Destination"];
            assert_eq!(id(destination), "StreamFailures", "{name}");
            let function = properties(template, &mapping["FunctionName"]);
            let role = role_statements(properties(template, &function["Role"]));
            let may = |action: &str, on: &Value| {
                role.iter().any(|statement| {
                    items(&statement["Action"]).contains(&&json!(action))
                        && items(&statement["Resource"]).contains(&on)
                })
            };
            for action in ["GetRecords", "GetShardIterator", "DescribeStream"] {
                let action = format!("dynamodb:{action}");
                assert!(may(&action, &mapping["EventSourceArn"]), "{name}: {action}");
            }
            assert!(may("dynamodb:ListStreams", &json!("*")), "{name}");
            assert!(may("s3:PutObject", destination), "{name}");
        },
    );
}

#[test]
fn r6_r8_every_schedule_wakes_one_function_by_its_own_role_and_keeps_what_fails() {
    each("AWS::Scheduler::Schedule", |name, schedule, template, _| {
        let target = &schedule["Target"];
        if name == "Expiry" {
            // It wakes the reaper, in another stack: see tests/reaper.rs.
            return;
        }
        let function = properties(template, &target["Arn"]);
        let handler = id(&target["Arn"]).strip_suffix("Function").unwrap();
        let declared = contracts::ALL_HANDLERS
            .iter()
            .find(|h| h.id == handler)
            .unwrap();
        let minutes = declared.inputs.every_minutes.unwrap();
        let unit = if minutes == 1 { "minute" } else { "minutes" };
        assert_eq!(
            schedule["ScheduleExpression"],
            format!("rate({minutes} {unit})"),
            "{name}"
        );
        assert_eq!(schedule["FlexibleTimeWindow"], json!({ "Mode": "OFF" }));
        let input: Value = serde_json::from_str(target["Input"].as_str().unwrap()).unwrap();
        assert_eq!(input, json!({ "tick": declared.name }), "{name}");
        assert_eq!(id(&schedule["KmsKeyArn"]), "DataKey", "{name}");
        assert!(function["Timeout"].as_u64().unwrap() < 60, "{name}");
        assert!(
            target["RetryPolicy"]["MaximumRetryAttempts"]
                .as_u64()
                .unwrap()
                > 0
        );
        let dlq = &target["DeadLetterConfig"]["Arn"];
        properties(template, dlq);
        let role = properties(template, &target["RoleArn"]);
        let may = |action: &str, on: &Value| {
            let statements = role_statements(role).iter();
            let of: Vec<_> = statements.filter(|s| s["Action"] == action).collect();
            of.len() == 1 && of[0]["Resource"] == *on
        };
        assert!(may("lambda:InvokeFunction", &target["Arn"]), "{name}");
        assert!(may("sqs:SendMessage", dlq), "{name}");
        let trusted = &role["AssumeRolePolicyDocument"]["Statement"][0];
        assert_eq!(trusted["Principal"]["Service"], "scheduler.amazonaws.com");
        assert!(trusted["Condition"]["StringEquals"]["aws:SourceAccount"].is_object());
    });
    let woken = contracts::ALL_HANDLERS.iter();
    let woken = woken.filter(|handler| handler.inputs.every_minutes.is_some());
    let prod = synthesised("prod").template;
    let schedules = prod
        .resources()
        .filter(|(_, r)| r["Type"] == "AWS::Scheduler::Schedule");
    assert_eq!(schedules.count(), woken.count());
}

#[test]
fn r8_every_rule_target_bus_subscription_and_asynchronous_function_keeps_what_fails() {
    each("AWS::Events::Rule", |name, rule, template, _| {
        let targets = items(&rule["Targets"]);
        assert_eq!(targets.len(), 1, "{name}");
        for target in targets {
            assert!(
                target["RetryPolicy"]["MaximumRetryAttempts"]
                    .as_u64()
                    .unwrap()
                    > 0,
                "{name}"
            );
            properties(template, &target["DeadLetterConfig"]["Arn"]);
            let to = id(&target["Arn"]);
            if template.resource(to).unwrap()["Type"] == "AWS::Lambda::Function" {
                let retried = template.resources().any(|(_, config)| {
                    config["Type"] == "AWS::Lambda::EventInvokeConfig"
                        && id(&config["Properties"]["FunctionName"]) == to
                        && config["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
                            .is_object()
                });
                assert!(retried, "{name}: {to} has no on-failure destination");
            }
        }
    });
    each("AWS::Events::EventBus", |_, bus, template, _| {
        properties(template, &bus["DeadLetterConfig"]["Arn"]);
    });
    each(
        "AWS::SNS::Subscription",
        |name, subscription, template, _| {
            properties(
                template,
                &subscription["RedrivePolicy"]["deadLetterTargetArn"],
            );
            assert_eq!(subscription["RawMessageDelivery"], true, "{name}");
        },
    );
}

#[test]
fn r8_services_write_by_queue_policy_and_key_policy_and_failures_by_the_execution_role() {
    each("AWS::SQS::QueuePolicy", |name, policy, template, _| {
        for statement in items(&policy["PolicyDocument"]["Statement"]) {
            if statement["Effect"] == "Deny" {
                continue;
            }
            assert_eq!(statement["Action"], "sqs:SendMessage", "{name}");
            assert!(
                statement["Condition"]["ArnEquals"]["aws:SourceArn"] != Value::Null,
                "{name}"
            );
            let service = &statement["Principal"]["Service"];
            let key = properties(template, &json!({ "Ref": "MessagingKey" }));
            let let_in = items(&key["KeyPolicy"]["Statement"]);
            let let_in = let_in.iter().any(|s| s["Principal"]["Service"] == *service);
            assert!(let_in, "{name}: {service} may not use the key");
        }
    });
    each(
        "AWS::Lambda::EventInvokeConfig",
        |name, config, template, _| {
            let function = properties(template, &config["FunctionName"]);
            let role = properties(template, &function["Role"]);
            let destination = &config["DestinationConfig"]["OnFailure"]["Destination"];
            let sends =
                |s: &Value| s["Action"] == "sqs:SendMessage" && s["Resource"] == *destination;
            assert!(role_statements(role).iter().any(sends), "{name}");
        },
    );
}

#[test]
fn r9_every_dead_letter_queue_rings_at_one_message_and_says_the_way_back() {
    each("AWS::SQS::Queue", |name, _, template, _| {
        if !name.ends_with("Dlq") {
            return;
        }
        let alarm = properties(template, &json!({ "Ref": format!("{name}Alarm") }));
        assert_eq!(
            (&alarm["Threshold"], &alarm["Period"]),
            (&json!(1), &json!(60)),
            "{name}"
        );
        assert_eq!(id(&alarm["Dimensions"][0]["Value"]), name);
        let way_back = &template.resource(name).unwrap()["Metadata"]["WayBack"];
        let kind = way_back["kind"].as_str().unwrap();
        assert!(
            ["move", "send", "send-named", "invoke"].contains(&kind),
            "{name}"
        );
        if let Some(to) = way_back["to"].as_str() {
            assert!(template.resource(to).is_some(), "{name}: {to}");
        }
    });
}

#[test]
fn r9_the_bucket_of_given_up_changes_says_the_way_back_and_each_mapping_rings() {
    each("AWS::S3::Bucket", |name, _, template, _| {
        if name != "StreamFailures" {
            return;
        }
        let way_back = &template.resource(name).unwrap()["Metadata"]["WayBack"];
        assert_eq!(
            *way_back,
            json!({ "kind": "records", "to": "AuditFunction" })
        );
        for table in ["VendorsTable", "InvoicesTable"] {
            let mapping = format!("Audit{table}Mapping");
            let alarm = properties(
                template,
                &json!({ "Ref": format!("{mapping}GivenUpAlarm") }),
            );
            assert_eq!(alarm["Threshold"], 1, "{mapping}");
            assert_eq!(
                alarm["MetricName"],
                "OnFailureDestinationDeliveredEventCount"
            );
            assert_eq!(id(&alarm["Dimensions"][0]["Value"]), mapping);
            let counted = &template.resource(&mapping).unwrap()["Properties"]["MetricsConfig"];
            assert_eq!(counted["Metrics"], json!(["EventCount"]), "{mapping}");
        }
    });
}

#[test]
fn r11_only_the_rule_to_the_audit_matches_replays_and_claims_outlive_what_can_come_again() {
    each("AWS::Events::Rule", |name, rule, template, _| {
        let replay_of = &rule["EventPattern"]["detail"]["metadata"]["replayOf"];
        let excluded = json!([{ "exists": false }]);
        if name == "EventsToAuditRule" {
            assert!(rule["EventPattern"]["replay-name"].is_null() && replay_of.is_null());
            let queue = id(&rule["Targets"][0]["Arn"]);
            let pollers = template.resources().filter(|(_, r)| {
                r["Type"] == "AWS::Lambda::EventSourceMapping"
                    && id(&r["Properties"]["EventSourceArn"]) == queue
            });
            let pollers: Vec<_> = pollers
                .map(|(_, r)| id(&r["Properties"]["FunctionName"]))
                .collect();
            assert_eq!(pollers, ["AuditFunction"]);
            return;
        }
        assert_eq!(rule["EventPattern"]["replay-name"], excluded, "{name}");
        assert_eq!(*replay_of, excluded, "{name}");
    });
    each("AWS::Lambda::Function", |name, function, _, environment| {
        let claim: u64 = function["Environment"]["Variables"]["CLAIM_SECONDS"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let archive = u64::from(environment.retention.archive_days) * DAY;
        // A day in the rule's retries, four in a queue, fourteen in a dead-letter queue.
        assert!(claim > archive + DAY + 4 * DAY + 14 * DAY, "{name}");
    });
}

#[test]
fn r12_a_lease_is_longer_than_the_function_runs_and_shorter_than_the_first_redelivery() {
    each("AWS::Lambda::Function", |name, function, template, _| {
        let timeout = function["Timeout"].as_u64().unwrap();
        let lease: u64 = function["Environment"]["Variables"]["LEASE_SECONDS"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let mapping = template.resources().find(|(_, r)| {
            r["Type"] == "AWS::Lambda::EventSourceMapping"
                && id(&r["Properties"]["FunctionName"]) == name
                && !follows_a_table(&r["Properties"])
        });
        let first = mapping.map_or(60, |(_, mapping)| {
            let queue = properties(template, &mapping["Properties"]["EventSourceArn"]);
            queue["VisibilityTimeout"].as_u64().unwrap()
        });
        assert!(
            timeout < lease && lease < first,
            "{name}: {timeout} {lease} {first}"
        );
        assert!(timeout < 50, "{name}");
    });
}

/// Mail goes to the environment's addresses; what can't be delivered rests in a queue with an alarm, like everything else.
#[test]
fn r8_mail_that_is_not_delivered_is_kept() {
    let mut environment = crate::environment("prod");
    environment.mail.approvals = vec!["approvals@example.com".to_owned()];
    environment.mail.alerts = vec!["on.call@example.com".to_owned()];
    let synthesised = crate::common::synth_of(&environment, &stack::Graph::declared());
    let errors: Vec<_> = synthesised
        .findings
        .iter()
        .filter(|finding| finding.severity == cfn::Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    let template = synthesised.template;
    for (id, dlq, filtered) in [
        ("ApprovalsMailApprovalsExampleCom", "ApprovalsMailDlq", true),
        ("AlertsMailOnCallExampleCom", "AlertsMailDlq", false),
    ] {
        let subscription = &template.resource(id).unwrap()["Properties"];
        assert_eq!(subscription["Protocol"], "email");
        let redrive = &subscription["RedrivePolicy"]["deadLetterTargetArn"];
        assert_eq!(crate::id(redrive), dlq);
        assert_eq!(subscription.get("FilterPolicy").is_some(), filtered);
        assert!(template.resource(&format!("{dlq}Alarm")).is_some());
    }
}
