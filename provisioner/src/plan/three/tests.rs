//! Every way in which a plan and a change by hand can meet.
#![allow(clippy::unwrap_used)] // tests fail by panicking

use super::{Outcome, ThreeWay, three_ways};
use crate::plan::{Baseline, Plan, Side};
use ::drift::{Attributes, Child, Facts, Found, Place, Report, Target, judge, resolve};
use cfn::Template;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

fn queue(properties: Value) -> Value {
    json!({"Type": "AWS::SQS::Queue", "Properties": properties})
}

fn template(resources: &Value) -> Template {
    Template::parse(&json!({ "Resources": resources }).to_string()).unwrap()
}

fn properties(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn there(value: Value) -> Facts {
    Facts::Found(Box::new(Found {
        properties: properties(value),
        ..Found::default()
    }))
}

fn report(template: &Template, facts: &BTreeMap<String, Facts>) -> Report {
    let place = Place {
        partition: "aws".into(),
        region: "eu-central-1".into(),
        account: "111122223333".into(),
        stack_name: "s".into(),
        stack_id: "arn:s".into(),
    };
    let physical = facts
        .keys()
        .map(|id| (id.clone(), format!("https://sqs/111122223333/{id}")))
        .collect();
    let stack = resolve(
        template,
        &place,
        &physical,
        &Attributes::new(),
        &BTreeMap::new(),
    );
    judge(&stack, facts, Target::Aws)
}

/// The rows between what was deployed, what is wanted, and what is there.
fn rows(deployed: Value, wanted: Value, live: Facts) -> Vec<ThreeWay> {
    let (before, after) = (template(&deployed), template(&wanted));
    let tags = BTreeMap::new();
    let side = |template| Side {
        template,
        tags: &tags,
    };
    let plan = Plan::new("dev", "s", Baseline::Deployed, side(&before), side(&after));
    let facts = BTreeMap::from([("Q".to_owned(), live)]);
    three_ways(&plan, &report(&before, &facts), &report(&after, &facts))
}

fn outcome(deployed: Value, wanted: Value, live: Value) -> (Outcome, ThreeWay) {
    let of = |properties| json!({ "Q": queue(properties) });
    let mut rows = rows(of(deployed), of(wanted), there(live));
    assert_eq!(rows.len(), 1, "{rows:#?}");
    let row = rows.remove(0);
    (row.outcome, row)
}

fn seconds(visible: u32) -> Value {
    json!({ "VisibilityTimeout": visible })
}

#[test]
fn changed_by_hand_only_stays() {
    let (outcome, row) = outcome(seconds(30), seconds(30), seconds(45));
    assert_eq!(outcome, Outcome::Stays);
    assert_eq!(row.path, "Properties.VisibilityTimeout");
    assert_eq!(
        (row.wanted, row.deployed, row.live),
        (Some(json!(30)), Some(json!(30)), Some(json!(45)))
    );
}

#[test]
fn changed_by_hand_and_in_the_sources_is_overwritten() {
    let (outcome, row) = outcome(seconds(30), seconds(60), seconds(45));
    assert_eq!(outcome, Outcome::Overwrites);
    assert_eq!(
        (row.wanted, row.deployed, row.live),
        (Some(json!(60)), Some(json!(30)), Some(json!(45)))
    );
}

#[test]
fn changed_by_hand_to_what_is_wanted_is_so_already() {
    assert_eq!(
        outcome(seconds(30), seconds(60), seconds(60)).0,
        Outcome::Already
    );
}

#[test]
fn changed_in_the_sources_only_is_no_change_by_hand() {
    let (outcome, row) = outcome(seconds(30), seconds(60), seconds(30));
    assert_eq!(outcome, Outcome::Changes);
    assert!(!row.by_hand());
}

#[test]
fn changed_by_hand_beside_what_the_sources_change_may_go() {
    let live = json!({"VisibilityTimeout": 30, "DelaySeconds": 7});
    let of = |properties| json!({ "Q": queue(properties) });
    let rows = rows(of(seconds(30)), of(seconds(60)), there(live));
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (row.path.as_str(), row.outcome))
        .collect();
    assert_eq!(
        seen,
        [
            ("Properties.DelaySeconds", Outcome::MayOverwrite),
            ("Properties.VisibilityTimeout", Outcome::Changes)
        ]
    );
}

#[test]
fn what_is_replaced_or_removed_takes_the_change_with_it() {
    let named = |name: &str| json!({"QueueName": name, "VisibilityTimeout": 30});
    let live = json!({"QueueName": "a", "VisibilityTimeout": 45});
    let of = |properties| json!({ "Q": queue(properties) });
    let replaced = rows(of(named("a")), of(named("b")), there(live));
    let by_hand = replaced.iter().find(|row| row.by_hand()).unwrap();
    assert_eq!(by_hand.outcome, Outcome::Overwrites);
    let removed = rows(of(seconds(30)), json!({}), there(seconds(45)));
    assert_eq!(
        (removed.len(), removed[0].outcome),
        (1, Outcome::Overwrites)
    );
    assert_eq!(removed[0].wanted, None);
}

#[test]
fn what_is_gone_stays_gone_and_can_not_be_changed() {
    let of = |properties| json!({ "Q": queue(properties) });
    let gone = |wanted| rows(of(seconds(30)), wanted, Facts::Gone).remove(0).outcome;
    assert_eq!(gone(of(seconds(30))), Outcome::Stays);
    assert_eq!(gone(of(seconds(60))), Outcome::Missing);
    assert_eq!(gone(json!({})), Outcome::Already);
}

#[test]
fn what_was_added_beside_the_stack_stays() {
    let found = Found {
        properties: properties(seconds(30)),
        children: vec![Child {
            type_name: "AWS::Lambda::EventSourceMapping",
            id: "mine".to_owned(),
            properties: Map::new(),
        }],
        ..Found::default()
    };
    let of = |properties| json!({ "Q": queue(properties) });
    let rows = rows(
        of(seconds(30)),
        of(seconds(30)),
        Facts::Found(Box::new(found)),
    );
    assert_eq!(rows[0].added.as_deref(), Some("mine"));
    assert_eq!(rows[0].outcome, Outcome::Stays);
    assert!(rows[0].by_hand());
}

#[test]
fn what_the_local_cloud_is_given_by_direct_calls_is_put_back() {
    let archive = |days: u32| json!({"Q": {"Type": "AWS::Events::Archive", "Properties": {"RetentionDays": days}}});
    let before = template(&archive(7));
    let tags = BTreeMap::new();
    let side = || Side {
        template: &before,
        tags: &tags,
    };
    let mut plan = Plan::new("local", "s", Baseline::Deployed, side(), side());
    let facts = BTreeMap::from([("Q".to_owned(), Facts::Gone)]);
    let drifted = report(&before, &facts);
    assert_eq!(
        three_ways(&plan, &drifted, &drifted)[0].outcome,
        Outcome::Stays
    );
    plan.made_good.push("archive".to_owned());
    assert!(!plan.is_empty());
    assert_eq!(
        three_ways(&plan, &drifted, &drifted)[0].outcome,
        Outcome::PutsBack
    );
}
