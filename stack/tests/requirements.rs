//! The numbered requirements that show on the template, each over every resource of the kind in every environment.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod common;

use cfn::Template;
use common::{ENVIRONMENTS, environment, synth_of, synthesised};
use contracts::{ALL_HANDLERS, HandlerSpec, Input};
use serde_json::{Value, json};
use stack::{Environment, Graph, Target};

const DAY: u64 = 86_400;

/// Every resource of a type in every environment, with where it is for messages; never none.
fn each(kind: &str, mut judge: impl FnMut(&str, &Value, &Template, &Environment)) {
    for name in ENVIRONMENTS {
        let template = synthesised(name).template;
        let environment = environment(name);
        let mut count = 0;
        for (id, resource) in template.resources().filter(|(_, r)| r["Type"] == kind) {
            judge(id, &resource["Properties"], &template, &environment);
            count += 1;
        }
        assert!(count > 0, "{name} has no {kind}");
    }
}

/// The logical id that `Ref` or `Fn::GetAtt` names.
fn id(value: &Value) -> &str {
    value["Ref"]
        .as_str()
        .or_else(|| value["Fn::GetAtt"][0].as_str())
        .unwrap_or_else(|| panic!("no reference: {value}"))
}

fn properties<'a>(template: &'a Template, value: &Value) -> &'a Value {
    &template.resource(id(value)).unwrap()["Properties"]
}

fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn role_statements(role: &Value) -> &[Value] {
    role["Policies"][0]["PolicyDocument"]["Statement"]
        .as_array()
        .unwrap()
}

#[test]
fn r7_every_polled_queue_has_its_numbers() {
    each(
        "AWS::Lambda::EventSourceMapping",
        |name, mapping, template, _| {
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
fn r11_no_rule_matches_a_replay_and_claims_outlive_what_can_come_again() {
    each("AWS::Events::Rule", |name, rule, _, _| {
        assert_eq!(
            rule["EventPattern"]["replay-name"],
            json!([{ "exists": false }]),
            "{name}"
        );
        let replay_of = &rule["EventPattern"]["detail"]["metadata"]["replayOf"];
        assert_eq!(*replay_of, json!([{ "exists": false }]), "{name}");
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

#[test]
fn r13_tables_are_encrypted_recoverable_protected_and_streamed_as_declared() {
    each(
        "AWS::DynamoDB::Table",
        |name, table, template, environment| {
            assert_eq!(
                id(&table["SSESpecification"]["KMSMasterKeyId"]),
                "DataKey",
                "{name}"
            );
            assert_eq!(table["SSESpecification"]["SSEType"], "KMS", "{name}");
            assert_eq!(table["BillingMode"], "PAY_PER_REQUEST", "{name}");
            let recovers = environment.retention.recovery_days > 0;
            let recovery = &table["PointInTimeRecoverySpecification"];
            assert_eq!(recovery["PointInTimeRecoveryEnabled"], recovers, "{name}");
            assert_eq!(
                table["DeletionProtectionEnabled"],
                environment.keeps_data(),
                "{name}"
            );
            let policy = if environment.keeps_data() {
                "Retain"
            } else {
                "Delete"
            };
            let resource = template.resource(name).unwrap();
            assert_eq!(resource["DeletionPolicy"], policy, "{name}");
            assert_eq!(resource["UpdateReplacePolicy"], policy, "{name}");
            let claims = name == "IdempotencyTable";
            assert_eq!(
                table["TimeToLiveSpecification"]["Enabled"] == true,
                claims,
                "{name}"
            );
            let streamed = table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES";
            assert_eq!(streamed, !claims, "{name}");
        },
    );
    assert!(environment("prod").keeps_data());
}

#[test]
fn r15_the_document_bucket_is_private_versioned_and_encrypted() {
    each("AWS::S3::Bucket", |name, bucket, _, _| {
        let rule = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
        let default = &rule["ServerSideEncryptionByDefault"];
        assert_eq!(id(&default["KMSMasterKeyID"]), "DataKey", "{name}");
        assert_eq!(
            bucket["VersioningConfiguration"]["Status"], "Enabled",
            "{name}"
        );
        let block = bucket["PublicAccessBlockConfiguration"]
            .as_object()
            .unwrap();
        assert!(
            block.len() == 4 && block.values().all(|on| *on == true),
            "{name}"
        );
    });
}

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
            for metric in [
                "Received",
                "Succeeded",
                "Failed",
                "Retried",
                "DuplicateSuppressed",
                "Replayed",
                "LatencyMs",
                "AgeMs",
            ] {
                let wanted = [
                    "Invoicing",
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
            let failed = on("Failed", &by_type);
            assert_eq!(failed["Threshold"], 1);
            if !event_type.contains(' ') {
                assert_eq!(on("AgeMs", &by_type)["Threshold"], 120_000, "{consumer}");
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
fn r15_documents_are_locked_in_prod_for_as_long_as_records_are_kept() {
    each("AWS::S3::Bucket", |name, bucket, _, environment| {
        let retention = &bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"];
        if environment.name == "prod" {
            assert_eq!(bucket["ObjectLockEnabled"], true, "{name}");
            assert_eq!(
                retention["Years"], environment.retention.record_years,
                "{name}"
            );
        } else {
            assert!(retention.is_null(), "{name}");
        }
    });
}

#[test]
fn r15_the_bus_logs_errors_without_detail_to_a_declared_group() {
    each(
        "AWS::Events::EventBus",
        |name, bus, template, environment| {
            assert_eq!(
                bus["LogConfig"],
                json!({ "IncludeDetail": "NONE", "Level": "ERROR" }),
                "{name}"
            );
            let group = properties(template, &json!({ "Ref": "BusLogs" }));
            assert_eq!(
                group["RetentionInDays"], environment.retention.log_days,
                "{name}"
            );
        },
    );
}

#[test]
fn r22_the_archive_keeps_everything_for_as_long_as_the_environment_says() {
    for name in ENVIRONMENTS.into_iter().filter(|name| *name != "local") {
        let template = synthesised(name).template;
        let archive = &template.resource("Archive").unwrap()["Properties"];
        assert_eq!(
            archive["RetentionDays"],
            environment(name).retention.archive_days,
            "{name}"
        );
        assert_eq!(id(&archive["SourceArn"]), "Bus", "{name}");
        assert_eq!(id(&archive["KmsKeyIdentifier"]), "DataKey", "{name}");
        assert_eq!(archive["EventPattern"], Value::Null, "{name}");
    }
    let local = synthesised("local");
    assert!(local.parity.contains(&stack::Parity::Archive {
        bus: "Bus".into(),
        name: "invoicing-local".into(),
        days: environment("local").retention.archive_days,
    }));
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

#[test]
fn r19_two_keys_rotate_and_let_each_service_in_under_the_condition_that_it_supports() {
    each("AWS::KMS::Key", |name, key, _, environment| {
        assert_eq!(key["EnableKeyRotation"], true, "{name}");
        let statements = items(&key["KeyPolicy"]["Statement"]);
        let root =
            json!({ "AWS": { "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" } });
        assert!(
            statements
                .iter()
                .any(|s| s["Principal"] == root && s["Action"] == "kms:*"),
            "{name}"
        );
        let of = |service: &str| {
            let mine = |s: &&&Value| {
                s["Principal"]["Service"] == service && s["Action"] != "kms:DescribeKey"
            };
            statements.iter().find(mine).copied()
        };
        let events = of("events.amazonaws.com").unwrap();
        if name == "MessagingKey" {
            assert_eq!(events["Condition"], Value::Null);
            assert!(of("cloudwatch.amazonaws.com").is_some() && of("sns.amazonaws.com").is_some());
        } else {
            let bus = &events["Condition"]["StringEquals"]["kms:EncryptionContext:aws:events:event-bus:arn"];
            let arn = format!("event-bus/{}", environment.stack_name());
            assert!(bus["Fn::Sub"].as_str().unwrap().ends_with(&arn), "{bus}");
            let logs = statements
                .iter()
                .find(|s| s["Sid"] == "LogsOfThisStack")
                .unwrap();
            let groups = &logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"];
            assert_eq!(groups.as_array().unwrap().len(), 2);
        }
    });
}

#[test]
fn r19_roles_use_keys_through_services_only() {
    each("AWS::IAM::Role", |name, role, _, _| {
        for statement in role_statements(role) {
            let actions = items(&statement["Action"]);
            if actions
                .iter()
                .any(|action| action.as_str().unwrap().starts_with("kms:"))
            {
                assert!(
                    statement["Condition"]["StringEquals"]["kms:ViaService"] != Value::Null,
                    "{name}"
                );
                assert!(
                    ["DataKey", "MessagingKey"].contains(&id(&statement["Resource"])),
                    "{name}"
                );
            }
        }
    });
}

#[test]
fn r20_queues_topics_and_buckets_are_tls_only() {
    let kinds = [
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "sqs:*"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "sns:Publish"),
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "s3:*"),
    ];
    for (kind, policy_kind, action) in kinds {
        each(kind, |name, _, template, environment| {
            if environment.target == Target::Local {
                return; // Plain HTTP on one machine: left out and said so, see `clean.rs`.
            }
            let policy = template.resource(&format!("{name}Policy")).unwrap();
            assert_eq!(policy["Type"], policy_kind, "{name}");
            let statements = items(&policy["Properties"]["PolicyDocument"]["Statement"]);
            let denied = statements.iter().any(|s| {
                s["Effect"] == "Deny"
                    && s["Principal"] == "*"
                    && s["Action"] == action
                    && s["Condition"] == json!({ "Bool": { "aws:SecureTransport": "false" } })
            });
            assert!(denied, "{name}");
        });
    }
}

#[test]
fn r20_every_api_route_asks_who_calls_and_the_stage_throttles_and_logs() {
    each("AWS::ApiGatewayV2::Route", |name, route, _, _| {
        assert_eq!(route["AuthorizationType"], "AWS_IAM", "{name}");
    });
    each("AWS::ApiGatewayV2::Stage", |name, stage, _, environment| {
        let settings = &stage["DefaultRouteSettings"];
        assert_eq!(
            settings["ThrottlingRateLimit"], environment.api.requests_per_second,
            "{name}"
        );
        assert_eq!(
            settings["ThrottlingBurstLimit"], environment.api.burst,
            "{name}"
        );
        let format = stage["AccessLogSettings"]["Format"].as_str().unwrap();
        assert!(!format.contains("body"), "{name}");
    });
    let declared: usize = ALL_HANDLERS
        .iter()
        .map(|handler| match handler.input {
            Input::Api(routes) => routes.len(),
            Input::Events(_) => 0,
        })
        .sum();
    let routes = synthesised("prod").template;
    let routes = routes
        .resources()
        .filter(|(_, r)| r["Type"] == "AWS::ApiGatewayV2::Route");
    assert_eq!(routes.count(), declared);
}

#[test]
fn r21_one_role_a_function_every_statement_with_its_cause_and_publishing_limited_to_its_own() {
    let mut roles = std::collections::BTreeSet::new();
    each("AWS::Lambda::Function", |_, function, _, environment| {
        assert!(roles.insert((environment.name.clone(), id(&function["Role"]).to_owned())));
    });
    each("AWS::IAM::Role", |name, role, _, _| {
        for statement in role_statements(role) {
            let sid = statement["Sid"].as_str().unwrap();
            assert!(
                ["Need", "Edge", "Kit"]
                    .iter()
                    .any(|cause| sid.starts_with(cause)),
                "{name} {sid}"
            );
            assert!(
                statement["Resource"] != "*" || sid == "KitTraces",
                "{name} {sid}"
            );
            if statement["Action"] == "events:PutEvents" {
                assert_eq!(id(&statement["Resource"]), "Bus", "{name}");
                let conditions = statement["Condition"]["StringEqualsIfExists"]
                    .as_object()
                    .unwrap();
                let keys: Vec<_> = conditions.keys().collect();
                assert_eq!(keys, ["events:detail-type", "events:source"], "{name}");
            }
        }
    });
    let grants = synthesised("prod").grants;
    assert!(!grants.contains("no cause"), "{grants}");
}

/// The graph with one need of one handler taken away.
fn without(handler: &str, need: &str) -> Graph {
    let mut graph = Graph::declared();
    for spec in graph
        .handlers
        .iter_mut()
        .filter(|spec| spec.name == handler)
    {
        let kept: Vec<_> = spec
            .needs
            .iter()
            .copied()
            .filter(|declared| declared.name != need)
            .collect();
        assert_eq!(
            kept.len() + 1,
            spec.needs.len(),
            "{handler} does not declare {need}"
        );
        *spec = HandlerSpec {
            needs: kept.leak(),
            ..*spec
        };
    }
    graph
}

#[test]
fn r21_a_need_taken_away_takes_its_grant_its_key_use_and_its_variable_away() {
    let prod = environment("prod");
    let before = synth_of(&prod, &Graph::declared());
    let after = synth_of(&prod, &without("notification", "SendNotices"));
    let line = "NotificationRole | sns:Publish";
    assert!(before.grants.contains(line) && !after.grants.contains(line));
    let role =
        |s: &stack::Synthesised| s.template.resource("NotificationRole").unwrap().to_string();
    let sns = "sns.${AWS::Region}.amazonaws.com";
    assert!(role(&before).contains(sns) && !role(&after).contains(sns));
    let function = after.template.resource("NotificationFunction").unwrap();
    let variables = &function["Properties"]["Environment"]["Variables"];
    assert_eq!(variables["NOTICES_TOPIC"], Value::Null);
}
