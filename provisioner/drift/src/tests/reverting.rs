//! From findings to calls.

use super::{deployed, golden};
use crate::{Finding, Kind, Risk, plan};
use serde_json::{Value, json};

fn finding(owner: &str, type_name: &str, kind: Kind, path: &str, actual: Option<Value>) -> Finding {
    let added = kind == Kind::Added;
    Finding {
        logical_id: (!added).then(|| owner.to_owned()),
        resource: "bus|spy".into(),
        parent: added.then(|| owner.to_owned()),
        type_name: type_name.into(),
        kind,
        path: path.into(),
        expected: None,
        actual,
        risk: Risk::Cosmetic,
        who: None,
        when: None,
        revertible: true,
        way_out: None,
        ignored_until: None,
    }
}

fn operations(findings: &[Finding]) -> Vec<&'static str> {
    let stack = deployed(&golden("prod"));
    let steps = plan(&stack, findings);
    let calls = steps.iter().flat_map(|step| &step.calls);
    calls.map(|call| call.operation).collect()
}

#[test]
fn what_was_added_goes_first_then_what_is_gone_comes_back_then_the_rest_is_set() {
    let rule = json!({"Name": "spy", "EventBusName": "bus", "Targets": [{"Id": "1"}]});
    assert_eq!(
        operations(&[
            finding(
                "ComplianceQueue",
                "AWS::SQS::Queue",
                Kind::Modified,
                "VisibilityTimeout",
                Some(json!(1))
            ),
            finding(
                "ComplianceQueueDlq",
                "AWS::SQS::Queue",
                Kind::Deleted,
                "",
                None
            ),
            finding("Bus", "AWS::Events::Rule", Kind::Added, "", Some(rule)),
        ]),
        [
            "RemoveTargets",
            "DeleteRule",
            "CreateQueue",
            "SetQueueAttributes"
        ]
    );
}

#[test]
fn an_undeclared_policy_is_deleted_and_the_declared_one_put_again() {
    let extra = json!({"PolicyName": "extra"});
    assert_eq!(
        operations(&[finding(
            "PortalRole",
            "AWS::IAM::Role",
            Kind::Undeclared,
            "Policies[PolicyName=extra]",
            Some(extra)
        )]),
        ["DeleteRolePolicy", "PutRolePolicy"]
    );
}

#[test]
fn a_key_whose_deletion_was_scheduled_is_kept_and_enabled() {
    assert_eq!(
        operations(&[
            finding(
                "DataKey",
                "AWS::KMS::Key",
                Kind::Undeclared,
                "PendingDeletion",
                Some(json!(true))
            ),
            finding(
                "DataKey",
                "AWS::KMS::Key",
                Kind::Undeclared,
                "Enabled",
                Some(json!(false))
            ),
        ]),
        ["CancelKeyDeletion", "EnableKey"]
    );
}

#[test]
fn a_value_is_set_to_what_was_declared_and_an_undeclared_one_to_the_services_own() {
    let stack = deployed(&golden("prod"));
    let steps = plan(
        &stack,
        &[
            finding(
                "ComplianceQueue",
                "AWS::SQS::Queue",
                Kind::Modified,
                "VisibilityTimeout",
                Some(json!(1)),
            ),
            finding(
                "ComplianceQueue",
                "AWS::SQS::Queue",
                Kind::Undeclared,
                "DelaySeconds",
                Some(json!(9)),
            ),
        ],
    );
    assert_eq!(
        steps[0].calls[0].input["Attributes"],
        json!({"VisibilityTimeout": "120", "DelaySeconds": "0"})
    );
}

#[test]
fn what_is_ignored_or_not_revertible_is_left_alone() {
    let mut ignored = finding(
        "ComplianceQueue",
        "AWS::SQS::Queue",
        Kind::Modified,
        "DelaySeconds",
        None,
    );
    ignored.ignored_until = Some("2999-01-01".into());
    let mut for_ever = finding(
        "VendorsTable",
        "AWS::DynamoDB::Table",
        Kind::Deleted,
        "",
        None,
    );
    for_ever.revertible = false;
    assert!(operations(&[ignored, for_ever]).is_empty());
}

#[test]
fn every_property_that_is_said_to_be_settable_is_set_by_a_call() {
    let stack = deployed(&golden("prod"));
    let mut tried = 0;
    for resource in &stack.resources {
        for property in resource.properties.keys() {
            let path = cfn::Path::default().key(property);
            if !crate::revert::can_set(&stack, resource, &path) {
                continue;
            }
            let one = finding(
                &resource.logical_id,
                &resource.type_name,
                Kind::Modified,
                property,
                Some(json!("x")),
            );
            let steps = plan(&stack, &[one]);
            assert!(!steps.is_empty(), "{} {property}", resource.type_name);
            tried += 1;
        }
    }
    assert!(tried > 400, "only {tried} properties were tried");
}
