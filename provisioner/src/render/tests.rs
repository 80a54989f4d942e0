//! One rich plan in every rendering, kept as it looks; and what holds for every plan.
#![allow(clippy::unwrap_used)] // tests fail by panicking

use super::{diff, diff_document, markdown, plan as human};
use crate::plan::{Baseline, Outcome, Plan, Side, ThreeWay};
use crate::ui::Colour;
use cfn::Template;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn template(value: Value) -> Template {
    Template::parse(&value.to_string()).unwrap()
}

/// What two stacks differ in.
struct Two {
    before: Template,
    after: Template,
}

impl Two {
    fn plan(&self, baseline: Baseline) -> Plan {
        let tags = |owner: &str| BTreeMap::from([("owner".to_owned(), owner.to_owned())]);
        let (old, new) = (tags("alice"), tags("finance | @team"));
        let mut plan = Plan::new(
            "dev",
            "invoicing-dev",
            baseline,
            Side {
                template: &self.before,
                tags: &old,
            },
            Side {
                template: &self.after,
                tags: &new,
            },
        );
        plan.fingerprint = "0123456789abcdef0123456789abcdef".to_owned();
        plan
    }
}

fn function(sha256: &str) -> Value {
    json!({"Type": "AWS::Lambda::Function", "Properties": {
        "Code": {"S3Bucket": "b", "S3Key": format!("handlers/payment/{}.zip", sha256.repeat(32))},
        "Role": {"Fn::GetAtt": ["PaymentRole", "Arn"]},
    }})
}

fn role(actions: &[&str], condition: Option<Value>) -> Value {
    let mut statement = json!({"Effect": "Allow", "Action": actions, "Resource": {"Fn::GetAtt": ["Orders", "Arn"]}});
    if let Some(condition) = condition {
        statement["Condition"] = condition;
    }
    json!({"Type": "AWS::IAM::Role", "Properties": {"Policies": [
        {"PolicyName": "own", "PolicyDocument": {"Statement": [statement]}}
    ]}})
}

/// Every kind of change at once.
fn rich() -> Two {
    let tagged = |owner: &str| json!([{"Key": "owner", "Value": owner}]);
    let mut before = json!({
        "Description": "invoices: dev",
        "Parameters": {"Password": {"Type": "String", "NoEcho": true, "Default": "correct horse"}},
        "Resources": {
            "PaymentFunction": function("ab"),
            "PaymentRole": role(&["sqs:SendMessage"], Some(json!({"Bool": {"aws:SecureTransport": "true"}}))),
            "Orders": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders", "VisibilityTimeout": 30}},
            "OrdersMapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Orders", "Arn"]}}},
            "OrdersPolicy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {
                "Queues": [{"Ref": "Orders"}],
                "PolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Orders", "Arn"]}}]}}},
            "Invoices": {"Type": "AWS::DynamoDB::Table", "Properties": {
                "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
                "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"}}},
            "Documents": {"Type": "AWS::S3::Bucket", "Properties": {}},
            "Archived": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {}},
            "PaymentLogs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 30}},
            "Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {
                "DashboardBody": format!("{}first`|part{}", "x".repeat(120), "y".repeat(120))}},
        },
        "Outputs": {"Endpoint": {"Value": "https://old.example"}},
    });
    let mut after = json!({
        "Description": "invoices: dev",
        "Parameters": {"Password": {"Type": "String", "NoEcho": true, "Default": "battery staple"}},
        "Resources": {
            "PaymentFunction": function("cd"),
            "PaymentRole": role(&["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"], None),
            "Orders": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders-2", "VisibilityTimeout": 60}},
            "OrdersMapping": before["Resources"]["OrdersMapping"].clone(),
            "OrdersPolicy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {
                "Queues": [{"Ref": "Orders"}],
                "PolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
                    "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Orders", "Arn"]}}]}}},
            "Invoices": {"Type": "AWS::DynamoDB::Table", "Properties": {
                "KeySchema": [{"AttributeName": "b", "KeyType": "HASH"}]}},
            "PaymentLogs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}},
            "Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {
                "DashboardBody": format!("{}second`|part{}", "x".repeat(120), "y".repeat(120))}},
            "Stuck": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "@everyone <b>| `now`"}},
        },
        "Outputs": {"Endpoint": {"Value": "https://new.example"}},
    });
    for number in 0..6 {
        let alarm = |owner: &str| json!({"Type": "AWS::CloudWatch::Alarm", "Properties": {"Tags": tagged(owner)}});
        before["Resources"][format!("Alarm{number}")] = alarm("alice");
        after["Resources"][format!("Alarm{number}")] = alarm("finance | @team");
    }
    Two {
        before: template(before),
        after: template(after),
    }
}

fn rich_plan() -> Plan {
    let mut plan = rich().plan(Baseline::Deployed);
    plan.termination_protection = Some(true);
    plan.made_good = vec!["archive a keeps every event of b for 7 days".to_owned()];
    plan.code[0].before_bytes = Some(4_020_000);
    plan.code[0].after_bytes = Some(4_031_000);
    plan
}

fn three_ways() -> Vec<ThreeWay> {
    let row = |path: &str, wanted: Value, deployed: Value, live: Value, outcome| ThreeWay {
        logical_id: "Orders".to_owned(),
        added: None,
        type_name: "AWS::SQS::Queue".to_owned(),
        path: path.to_owned(),
        wanted: Some(wanted).filter(|value| !value.is_null()),
        deployed: Some(deployed).filter(|value| !value.is_null()),
        live: Some(live).filter(|value| !value.is_null()),
        outcome,
        accepted_until: None,
    };
    vec![
        row(
            "Properties.VisibilityTimeout",
            json!(60),
            json!(30),
            json!(45),
            Outcome::Overwrites,
        ),
        ThreeWay {
            accepted_until: Some("2026-12-31".to_owned()),
            ..row(
                "Properties.DelaySeconds",
                Value::Null,
                Value::Null,
                json!(5),
                Outcome::Stays,
            )
        },
        ThreeWay {
            added: Some("mine | yours".to_owned()),
            type_name: "AWS::SNS::Subscription".to_owned(),
            logical_id: "Stuck".to_owned(),
            ..row(
                "",
                Value::Null,
                Value::Null,
                json!({"Protocol": "email"}),
                Outcome::Stays,
            )
        },
        row(
            "Properties.QueueName",
            json!("orders-2"),
            json!("orders"),
            json!("orders"),
            Outcome::Changes,
        ),
    ]
}

#[test]
fn a_rich_plan_for_people() {
    insta::assert_snapshot!(diff(&rich_plan(), Some(&three_ways()), Colour::Plain));
}

#[test]
fn a_rich_plan_for_a_pull_request() {
    insta::assert_snapshot!(markdown(&rich_plan(), Some(&three_ways())));
}

#[test]
fn a_rich_plan_as_json() {
    let (plan, rows) = (rich_plan(), three_ways());
    insta::assert_snapshot!(format!(
        "{:#}",
        serde_json::to_value(diff_document(&plan, Some(&rows))).unwrap()
    ));
}

#[test]
fn a_first_deployment_for_people_and_for_a_pull_request() {
    let first = Two {
        before: Template::empty(),
        ..rich()
    };
    let plan = first.plan(Baseline::Absent);
    insta::assert_snapshot!(format!(
        "{}\n---\n{}",
        human(&plan, Colour::Plain),
        markdown(&plan, None)
    ));
}

#[test]
fn no_rendering_shows_what_the_template_calls_secret() {
    let plan = rich_plan();
    let document = serde_json::to_string(&diff_document(&plan, None)).unwrap();
    let database = |password: &str| {
        template(
            json!({"Resources": {"Database": {"Type": "AWS::RDS::DBInstance", "Properties": {
            "MasterUserPassword": password, "Users": [{"Name": "a", "Password": password}]}}}}),
        )
    };
    let other = Two {
        before: database("correct horse"),
        after: database("battery staple"),
    };
    let added = Two {
        before: Template::empty(),
        after: database("battery staple"),
    };
    let (other, added) = (
        other.plan(Baseline::Deployed),
        added.plan(Baseline::Deployed),
    );
    assert!(document.contains("Password") && document.contains("(not shown)"));
    let mut shown = vec![human(&plan, Colour::Plain), markdown(&plan, None), document];
    for plan in [&other, &added] {
        assert!(!plan.is_empty());
        shown.push(human(plan, Colour::Plain));
        shown.push(markdown(plan, None));
        shown.push(serde_json::to_string(&diff_document(plan, None)).unwrap());
    }
    for text in shown {
        assert!(
            !text.contains("correct horse") && !text.contains("battery staple"),
            "{text}"
        );
    }
}

#[test]
fn a_comment_is_never_longer_than_github_takes() {
    let queues = |seconds: u32| {
        let resources: serde_json::Map<String, Value> = (0..900)
            .map(|number| {
                let tags = json!([{"Key": format!("own-{number}"), "Value": format!("{seconds}é{}", "x".repeat(70))}]);
                let queue = json!({"Type": "AWS::SQS::Queue", "Properties": {"QueueName": format!("q{number}-{seconds}"), "Tags": tags}});
                (format!("Queue{number}"), queue)
            })
            .collect();
        template(json!({ "Resources": resources }))
    };
    let many = Two {
        before: queues(1),
        after: queues(2),
    };
    let text = markdown(&many.plan(Baseline::Deployed), Some(&three_ways()));
    let length = text.chars().count();
    assert!((50_000..=65_536).contains(&length), "{length}");
    assert!(text.contains("900 to replace"));
    assert!(text.contains("more parts are left out"));
    assert!(text.contains("up --plan 0123456789abcdef"));
    assert_eq!(
        text.matches("<details").count(),
        text.matches("</details>").count()
    );
}

#[test]
fn long_values_show_where_they_differ() {
    let text = human(&rich_plan(), Colour::Plain);
    assert!(
        text.contains("xfirst`|party") && text.contains("xsecond`|party"),
        "{text}"
    );
}
