//! The end of ephemeral environments in the templates: the expiry in theirs, the reaper and its roles in the bootstrap's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod common;

use common::{ENVIRONMENTS, environment, reaper_key, synthesised};
use serde_json::Value;
use stack::{DELETIONS, Target, bootstrap, bootstrap_with_reaper, expiring, without_expiry};
use std::collections::BTreeSet;

const EXPIRY: &str = "Expiry";

fn statements(role: &Value) -> Vec<Value> {
    let policies = role["Properties"]["Policies"].as_array().unwrap();
    policies
        .iter()
        .flat_map(|policy| {
            policy["PolicyDocument"]["Statement"]
                .as_array()
                .unwrap()
                .clone()
        })
        .collect()
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(many) => many.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// Who may do an action, and the statement that says so.
fn may(template: &cfn::Template, action: &str) -> Vec<(String, Value)> {
    let roles = template
        .resources()
        .filter(|(_, resource)| resource["Type"] == "AWS::IAM::Role");
    roles
        .flat_map(|(id, role)| {
            statements(role)
                .into_iter()
                .map(move |s| (id.to_owned(), s))
        })
        .filter(|(_, statement)| texts(&statement["Action"]).iter().any(|a| a == action))
        .collect()
}

fn with_reaper() -> cfn::Template {
    bootstrap_with_reaper(&environment("ephemeral"), &reaper_key())
}

#[test]
fn only_what_comes_and_goes_has_an_expiry() {
    for name in ENVIRONMENTS {
        let has = synthesised(name).template.resource(EXPIRY).is_some();
        assert_eq!(has, name == "ephemeral", "{name}");
    }
}

#[test]
fn the_expiry_is_set_in_one_place_and_forgotten_again() {
    let template = synthesised("ephemeral").template;
    let set = expiring(&template, "2026-01-01T12:00:00").into_owned();
    let diff = cfn::diff(&template, &set);
    let changed: Vec<&str> = diff
        .changes
        .iter()
        .map(|change| change.logical_id.as_str())
        .collect();
    assert_eq!(changed, [EXPIRY]);
    let expiry = set.resource(EXPIRY).unwrap();
    assert_eq!(
        expiry["Properties"]["ScheduleExpression"],
        "at(2026-01-01T12:00:00)"
    );
    assert_eq!(*without_expiry(&set), template);
    let lasting = synthesised("dev").template;
    assert_eq!(*expiring(&lasting, "2026-01-01T12:00:00"), lasting);
}

#[test]
fn the_expiry_names_what_the_bootstrap_stack_has_and_tells_the_stack_by_its_arn() {
    let ephemeral = synthesised("ephemeral").template;
    let target = &ephemeral.resource(EXPIRY).unwrap()["Properties"]["Target"];
    let bootstrap = with_reaper();
    let name =
        |id: &str, property: &str| bootstrap.resource(id).unwrap()["Properties"][property].clone();
    let ends = |value: &Value, name: &Value| {
        let (value, name) = (texts(&value["Fn::Sub"]).concat(), texts(name).concat());
        assert!(value.ends_with(&name), "{value} {name}");
    };
    ends(&target["Arn"], &name("ReaperFunction", "FunctionName"));
    ends(
        &target["DeadLetterConfig"]["Arn"],
        &name("ReaperDlq", "QueueName"),
    );
    ends(
        &target["RoleArn"],
        &name("ReaperInvokeRole", "RoleName")["Fn::Sub"],
    );
    assert_eq!(
        target["Input"]["Fn::Sub"],
        "{\"stackId\":\"${AWS::StackId}\"}"
    );
}

#[test]
fn the_deletion_role_can_delete_every_type_of_an_ephemeral_stack_and_do_nothing_else() {
    let template = synthesised("ephemeral").template;
    let types: BTreeSet<&str> = template
        .resources()
        .filter_map(|(_, resource)| resource["Type"].as_str())
        .collect();
    let known: BTreeSet<&str> = DELETIONS.iter().map(|(type_name, _)| *type_name).collect();
    let missing: Vec<_> = types.difference(&known).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let bootstrap = with_reaper();
    let granted: BTreeSet<String> = statements(bootstrap.resource("DeletionRole").unwrap())
        .iter()
        .flat_map(|statement| texts(&statement["Action"]))
        .collect();
    for (type_name, actions) in DELETIONS {
        for action in *actions {
            assert!(granted.contains(*action), "{type_name}: {action}");
        }
    }
    for action in &granted {
        let operation = action.split(':').nth(1).unwrap();
        for verb in [
            "Create", "Put", "Add", "Attach", "Update", "Pass", "Invoke", "*",
        ] {
            // A bus is updated before it is deleted, as its schema says.
            let stated = action == "events:UpdateEventBus";
            assert!(!operation.starts_with(verb) || stated, "{action}");
        }
    }
}

#[test]
fn whatever_has_a_name_is_deleted_only_where_the_name_is_of_our_stacks() {
    let of_ours = |on: &String| on.contains("invoicing-") || on.contains(":delivery:*");
    for statement in statements(with_reaper().resource("DeletionRole").unwrap()) {
        let on = texts(&statement["Resource"]);
        match statement["Sid"].as_str().unwrap() {
            "DeleteByName" => assert!(on.iter().all(of_ours), "{on:?}"),
            "WithoutResource" => {
                let deletes: Vec<String> = texts(&statement["Action"])
                    .into_iter()
                    .filter(|action| {
                        let operation = action.split(':').nth(1).unwrap();
                        !["Get", "List", "Describe"]
                            .iter()
                            .any(|verb| operation.starts_with(verb))
                    })
                    .collect();
                assert_eq!(deletes, ["logs:DeleteLogDelivery", "sns:Unsubscribe"]);
            }
            "DeleteApis" => assert!(on[0].contains("/apis/*")),
            _ => assert!(statement["Condition"].is_object(), "{statement}"),
        }
    }
}

#[test]
fn nobody_but_the_reaper_hands_on_the_deletion_role_and_only_for_ephemeral_stacks() {
    let bootstrap = with_reaper();
    let pass = may(&bootstrap, "iam:PassRole");
    let [(holder, statement)] = pass.as_slice() else {
        panic!("{pass:?}");
    };
    assert_eq!(holder, "ReaperRole");
    assert_eq!(
        statement["Resource"]["Fn::GetAtt"][0], "DeletionRole",
        "{statement}"
    );
    let delete = may(&bootstrap, "cloudformation:DeleteStack");
    assert_eq!(delete.len(), 1);
    let condition = &delete[0].1["Condition"];
    assert_eq!(
        condition["StringEquals"]["aws:ResourceTag/provision:kind"],
        "ephemeral"
    );
    assert!(condition["ArnEquals"]["cloudformation:RoleArn"].is_object());
    let wakes: Vec<String> = may(&bootstrap, "lambda:InvokeFunction")
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(wakes, ["ReaperInvokeRole"]);
}

#[test]
fn cloudformation_takes_on_the_deletion_role_for_our_stacks_of_this_account_only() {
    let bootstrap = with_reaper();
    let role = bootstrap.resource("DeletionRole").unwrap();
    let trust = &role["Properties"]["AssumeRolePolicyDocument"]["Statement"];
    assert_eq!(trust.as_array().unwrap().len(), 1);
    let condition = &trust[0]["Condition"];
    assert_eq!(
        condition["StringEqualsIfExists"]["aws:SourceAccount"]["Ref"],
        "AWS::AccountId"
    );
    let stacks = condition["ArnLikeIfExists"]["aws:SourceArn"].to_string();
    assert!(stacks.contains(":stack/invoicing-*/*"), "{stacks}");
}

#[test]
fn an_account_without_ephemeral_environments_has_nobody_who_may_delete_stacks() {
    let prod = environment("prod");
    let template = bootstrap(&prod.account, &prod.region);
    assert!(
        template
            .resources()
            .all(|(_, resource)| resource["Type"] != "AWS::IAM::Role")
    );
}

#[test]
fn the_boundary_of_an_environment_bounds_the_reapers_roles_too() {
    let mut bounded = environment("ephemeral");
    bounded.permissions_boundary = Some("arn:aws:iam::111122223333:policy/boundary".to_owned());
    let template = bootstrap_with_reaper(&bounded, &reaper_key());
    let roles = template
        .resources()
        .filter(|(_, resource)| resource["Type"] == "AWS::IAM::Role");
    for (id, role) in roles {
        assert!(
            role["Properties"]["PermissionsBoundary"].is_string(),
            "{id}"
        );
    }
}

#[test]
fn what_the_local_cloud_cannot_tell_its_policies_is_asked_on_aws_only() {
    let mut local = environment("ephemeral");
    local.target = Target::Local;
    let template = bootstrap_with_reaper(&local, &reaper_key());
    let delete = may(&template, "cloudformation:DeleteStack");
    assert!(delete[0].1["Condition"].is_null());
    assert_eq!(may(&template, "events:DeleteArchive").len(), 2);
    let on_aws: Vec<String> = may(&with_reaper(), "events:DeleteArchive")
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(on_aws, ["DeletionRole"]);
}
