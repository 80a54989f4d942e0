//! From facts to findings.

use super::{deployed, golden};
use crate::detect::told_otherwise;
use crate::{Facts, Finding, Found, Kind, Risk, Stack, Target, judge};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Facts as if everything had been read exactly as it was told.
fn as_told(stack: &Stack) -> BTreeMap<String, Facts> {
    let facts = stack.resources.iter().map(|resource| {
        let mut properties = resource.properties.clone();
        told_otherwise(&resource.type_name, &mut properties);
        let found = Found {
            properties,
            ..Found::default()
        };
        (resource.logical_id.clone(), found.into())
    });
    facts.collect()
}

fn change(
    facts: &mut BTreeMap<String, Facts>,
    id: &str,
    with: impl FnOnce(&mut Map<String, Value>),
) {
    match facts.get_mut(id).unwrap() {
        Facts::Found(found) => with(&mut found.properties),
        other => panic!("{id} is {other:?}"),
    }
}

fn one(findings: &[Finding]) -> &Finding {
    assert_eq!(findings.len(), 1, "{findings:#?}");
    &findings[0]
}

#[test]
fn what_is_as_it_was_told_is_silent_in_every_environment() {
    for environment in ["local", "dev", "staging", "prod", "ephemeral"] {
        let stack = deployed(&golden(environment));
        let report = judge(&stack, &as_told(&stack), Target::Aws);
        assert_eq!(report.findings, [], "{environment}");
        assert_eq!(report.checked, stack.resources.len());
    }
}

#[test]
fn an_inline_policy_that_was_added_widens_access() {
    let stack = deployed(&golden("prod"));
    let mut facts = as_told(&stack);
    change(&mut facts, "PortalRole", |properties| {
        let policies = properties["Policies"].as_array_mut().unwrap();
        policies.push(
            json!({"PolicyName": "extra", "PolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}),
        );
    });
    let report = judge(&stack, &facts, Target::Aws);
    let finding = one(&report.findings);
    assert_eq!(finding.kind, Kind::Undeclared);
    assert_eq!(finding.logical_id.as_deref(), Some("PortalRole"));
    assert_eq!(finding.path, "Policies[PolicyName=extra]");
    assert_eq!(finding.risk, Risk::WidensAccess);
    assert!(finding.revertible);
}

#[test]
fn a_right_that_was_taken_away_loses_events_and_one_that_was_given_widens_access() {
    let stack = deployed(&golden("prod"));
    let with = |statements: fn(&mut Vec<Value>)| {
        let mut facts = as_told(&stack);
        change(&mut facts, "PortalRole", |properties| {
            let document = &mut properties["Policies"][0]["PolicyDocument"];
            statements(document["Statement"].as_array_mut().unwrap());
        });
        one(&judge(&stack, &facts, Target::Aws).findings).clone()
    };
    let narrowed = with(|statements| {
        statements.remove(0);
    });
    assert_eq!(
        (narrowed.kind, narrowed.risk),
        (Kind::Modified, Risk::LosesEvents)
    );
    let widened = with(|statements| statements[0]["Action"] = json!("dynamodb:*"));
    assert_eq!(
        (widened.kind, widened.risk),
        (Kind::Modified, Risk::WidensAccess)
    );
    assert!(widened.path.ends_with(".Action"), "{}", widened.path);
}

#[test]
fn changed_code_is_seen_by_its_sha256() {
    let stack = deployed(&golden("prod"));
    let mut facts = as_told(&stack);
    change(&mut facts, "PaymentFunction", |properties| {
        properties["Code"]["Sha256"] = "f".repeat(64).into();
    });
    let report = judge(&stack, &facts, Target::Aws);
    let finding = one(&report.findings);
    assert_eq!(finding.path, "Code.Sha256");
    assert_eq!(finding.expected, Some(json!("0".repeat(64))));
    assert_eq!(finding.risk, Risk::WidensAccess);
}

#[test]
fn a_rule_that_somebody_put_on_the_bus_is_added_and_ours_are_not() {
    let stack = deployed(&golden("prod"));
    let mut facts = as_told(&stack);
    let ours = stack
        .of("AWS::Events::Rule")
        .next()
        .unwrap()
        .physical_id
        .clone();
    if let Some(Facts::Found(bus)) = facts.get_mut("Bus") {
        bus.child("AWS::Events::Rule", ours, json!({}));
        bus.child(
            "AWS::Events::Rule",
            "bus|spy",
            json!({"EventPattern": "{}", "Targets": [{"Id": "1", "Arn": "arn:theirs"}]}),
        );
    }
    let report = judge(&stack, &facts, Target::Aws);
    let finding = one(&report.findings);
    assert_eq!(finding.kind, Kind::Added);
    assert_eq!(finding.logical_id, None);
    assert_eq!(finding.parent.as_deref(), Some("Bus"));
    assert_eq!(finding.resource, "bus|spy");
    assert_eq!(finding.risk, Risk::WidensAccess);
}

#[test]
fn what_is_gone_is_one_finding() {
    let stack = deployed(&golden("prod"));
    let mut facts = as_told(&stack);
    facts.insert("VendorsTable".into(), Facts::Gone);
    let report = judge(&stack, &facts, Target::Aws);
    let finding = one(&report.findings);
    assert_eq!(
        (finding.kind, finding.risk),
        (Kind::Deleted, Risk::LosesData)
    );
    assert!(!finding.revertible, "a table comes back empty");
}

#[test]
fn what_could_not_be_read_is_counted_with_its_reason_and_is_no_finding() {
    let stack = deployed(&golden("prod"));
    let mut facts = as_told(&stack);
    facts.insert("Bus".into(), Facts::NotRead("no permission".into()));
    let report = judge(&stack, &facts, Target::Aws);
    assert!(!report.differs());
    let bus: Vec<_> = report
        .not_checked
        .iter()
        .filter(|note| note.logical_id == "Bus")
        .map(|note| note.reason.as_str())
        .collect();
    assert_eq!(bus, ["no permission"]);
    assert_eq!(report.checked, stack.resources.len() - 1);
}

#[test]
fn what_the_local_cloud_drops_is_excused_there_only_while_it_is_unset() {
    let stack = deployed(&golden("prod"));
    let judged = |target: Target, key: Option<Value>| {
        let mut facts = as_told(&stack);
        change(&mut facts, "AlertsTopic", |properties| {
            match key {
                Some(key) => properties.insert("KmsMasterKeyId".into(), key),
                None => properties.remove("KmsMasterKeyId"),
            };
        });
        judge(&stack, &facts, target)
    };
    let dropped = judged(Target::Local, None);
    assert_eq!(dropped.findings, []);
    assert!(
        dropped
            .not_checked
            .iter()
            .any(|note| note.logical_id == "AlertsTopic")
    );
    assert_eq!(judged(Target::Aws, None).findings.len(), 1);
    assert_eq!(
        judged(Target::Local, Some(json!("alias/mine")))
            .findings
            .len(),
        1
    );
}

#[test]
fn tags_of_the_stack_itself_are_on_everything_and_are_nobodys_change() {
    let mut stack = deployed(&golden("prod"));
    stack.tags = BTreeMap::from([("provision:project".to_owned(), "invoicing".to_owned())]);
    let mut facts = as_told(&stack);
    change(&mut facts, "DataKey", |properties| {
        let tags = properties["Tags"].as_array_mut().unwrap();
        tags.push(json!({"Key": "provision:project", "Value": "invoicing"}));
        tags.push(json!({"Key": "mine", "Value": "yes"}));
    });
    let report = judge(&stack, &facts, Target::Aws);
    let finding = one(&report.findings);
    assert_eq!(
        (finding.path.as_str(), finding.risk),
        ("Tags.mine", Risk::Cosmetic)
    );
}
