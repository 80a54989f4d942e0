//! Keys, TLS, the API and roles (R19, R20, R21).

use crate::common::{environment, synth_of, synthesised};
use crate::{each, id, items, role_statements};
use contracts::{ALL_HANDLERS, HandlerSpec, Input};
use serde_json::{Value, json};
use stack::{Graph, Target};

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
