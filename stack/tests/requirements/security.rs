//! Keys, TLS, the API and roles (R19, R20, R21).

use crate::common::{environment, synth_of, synthesised};
use crate::{each, id, items, role_statements};
use contracts::{ALL_HANDLERS, HandlerSpec};
use serde_json::{Value, json};
use stack::{Graph, Jwt, Target};

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
fn r19_roles_use_keys_through_services_or_under_an_encryption_context_only() {
    each("AWS::IAM::Role", |name, role, _, _| {
        for statement in role_statements(role) {
            let actions = items(&statement["Action"]);
            if actions
                .iter()
                .any(|action| action.as_str().unwrap().starts_with("kms:"))
            {
                let bound = statement["Condition"].to_string();
                assert!(
                    bound.contains("kms:ViaService") || bound.contains("kms:EncryptionContext"),
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
        .map(|handler| handler.inputs.routes.len())
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
                statement["Resource"] != "*" || knows_no_resources(statement),
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

/// AWS has no resources for these: see `checks::access`.
fn knows_no_resources(statement: &Value) -> bool {
    let known = [
        "dynamodb:ListStreams",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
        "states:SendTaskSuccess",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ];
    let actions = items(&statement["Action"]);
    actions.iter().all(|a| known.contains(&a.as_str().unwrap()))
}

#[test]
fn r20_tokens_let_callers_in_where_the_environment_trusts_an_issuer() {
    let mut prod = environment("prod");
    prod.api.jwt = Some(Jwt {
        issuer: "https://login.example/".into(),
        audience: vec!["invoicing".into()],
    });
    let synthesised = synth_of(&prod, &Graph::declared());
    assert!(!synthesised.has_errors(), "{:#?}", synthesised.findings);
    let template = synthesised.template;
    let authorizer = &template.resource("ApiAuthorizer").unwrap()["Properties"];
    assert_eq!(
        authorizer["JwtConfiguration"],
        json!({ "Issuer": "https://login.example/", "Audience": ["invoicing"] })
    );
    let routes = template
        .resources()
        .filter(|(_, r)| r["Type"] == "AWS::ApiGatewayV2::Route");
    for (name, route) in routes {
        let route = &route["Properties"];
        assert_eq!(route["AuthorizationType"], "JWT", "{name}");
        assert_eq!(id(&route["AuthorizerId"]), "ApiAuthorizer", "{name}");
    }
    let by_signature = synth_of(&environment("prod"), &Graph::declared()).template;
    assert!(by_signature.resource("ApiAuthorizer").is_none());
}

#[test]
fn r20_staff_reaches_the_handlers_that_declare_it_and_mappings_are_claimed_within_their_keys() {
    each("AWS::Lambda::Function", |name, function, _, environment| {
        let staff = &function["Environment"]["Variables"]["STAFF"];
        if ["PortalFunction", "DecisionFunction"].contains(&name) {
            let told: Vec<String> = serde_json::from_str(staff.as_str().unwrap()).unwrap();
            assert_eq!(told, environment.staff(), "{name}");
        } else {
            assert!(staff.is_null(), "{name}");
        }
    });
    each("AWS::IAM::Role", |name, role, _, _| {
        for statement in role_statements(role) {
            if statement["Sid"] != "NeedClaimVendors" {
                continue;
            }
            assert_eq!(name, "PortalRole");
            assert_eq!(
                statement["Action"],
                json!(["dynamodb:GetItem", "dynamodb:PutItem"])
            );
            assert_eq!(
                statement["Condition"],
                json!({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["CALLER#*", "OWNER#*"] } })
            );
        }
    });
}

#[test]
fn r27_the_decision_handler_alone_opens_and_answers_task_tokens() {
    each("AWS::IAM::Role", |name, role, _, _| {
        for statement in role_statements(role) {
            for action in items(&statement["Action"]) {
                let action = action.as_str().unwrap();
                if action.starts_with("states:SendTask") {
                    assert_eq!((name, action), ("DecisionRole", "states:SendTaskSuccess"));
                }
            }
            let tokens =
                &statement["Condition"]["ForAllValues:StringEquals"]["kms:EncryptionContextKeys"];
            if !tokens.is_null() {
                assert_eq!(*tokens, json!(["invoiceId", "turn", "version"]), "{name}");
                let may = &statement["Action"];
                assert!(
                    name == "ApprovalRole" && *may == "kms:Encrypt"
                        || name == "DecisionRole" && *may == "kms:Decrypt",
                    "{name} {may}"
                );
            }
        }
    });
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

#[test]
fn r21_r25_what_was_never_committed_is_not_published_again() {
    each("AWS::IAM::Role", |name, role, _, _| {
        if name != "SweeperRole" {
            return;
        }
        let mut statements = role_statements(role).iter();
        let again = statements
            .find(|s| s["Sid"] == "NeedRepublish")
            .unwrap_or_else(|| panic!("{}", json!(role)));
        let named = &again["Condition"]["StringEqualsIfExists"];
        let sources = named["events:source"].to_string();
        let events = named["events:detail-type"].to_string();
        assert!(!sources.contains("invoicing.portal"), "{sources}");
        assert!(sources.contains("invoicing.payment"), "{sources}");
        for request in ["VendorRegistered", "InvoiceSubmitted"] {
            assert!(!events.contains(request), "{events}");
        }
    });
}

#[test]
fn r19_r27_a_call_of_the_key_without_a_context_is_refused_to_whoever_holds_tokens() {
    for name in ["dev", "prod"] {
        let template = synthesised(name).template;
        for (role, sid) in [
            ("ApprovalRole", "NeedSealTokens"),
            ("DecisionRole", "NeedOpenTokens"),
        ] {
            let role = &template.resource(role).unwrap()["Properties"];
            let mut statements = role_statements(role).iter();
            let token = statements.find(|s| s["Sid"] == sid).unwrap();
            let condition = &token["Condition"];
            assert_eq!(
                condition["Null"],
                json!({ "kms:EncryptionContextKeys": "false" })
            );
            assert!(condition["ForAllValues:StringEquals"]["kms:EncryptionContextKeys"].is_array());
        }
    }
}

#[test]
fn r5_r21_who_starts_decisions_sees_the_fate_of_these_executions_only() {
    let mut seen = 0;
    each("AWS::IAM::Role", |name, role, _, environment| {
        let statements = role_statements(role).iter();
        for look in statements.filter(|s| s["Action"] == "states:DescribeExecution") {
            assert_eq!(name, "ApprovalRole");
            let executions = format!(":execution:{}:*", environment.decisions_name());
            let resource = look["Resource"]["Fn::Sub"].as_str().unwrap();
            assert!(resource.ends_with(&executions), "{resource}");
            seen += 1;
        }
    });
    assert!(seen > 0);
}

#[test]
fn r21_r27_who_keeps_decisions_can_put_an_approval_and_no_head_of_an_invoice() {
    let mut seen = 0;
    each("AWS::IAM::Role", |name, role, _, _| {
        if name != "ApprovalRole" && name != "DecisionRole" {
            return;
        }
        let writes = role_statements(role).iter().filter(|s| {
            let puts = |action: &&Value| {
                matches!(
                    action.as_str(),
                    Some("dynamodb:PutItem" | "dynamodb:UpdateItem")
                )
            };
            items(&s["Action"]).iter().any(puts)
                && items(&s["Resource"])
                    .iter()
                    .any(|r| id(r) == "InvoicesTable")
        });
        for write in writes {
            assert_eq!(write["Action"], "dynamodb:PutItem", "{name}");
            assert_eq!(
                write["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"],
                json!(["kind", "pk", "record", "revision", "sk"]),
                "{name}"
            );
            seen += 1;
        }
    });
    assert!(seen > 0);
}
