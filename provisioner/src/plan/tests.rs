//! Properties of plans: what is the same needs nothing, and what CloudFormation adds is not lost.
#![allow(clippy::unwrap_used)] // tests fail by panicking

use super::{Baseline, Plan, Side};
use crate::render;
use crate::ui::Colour;
use cfn::Template;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn plan(baseline: Baseline, before: &Template, after: &Template) -> Plan {
    let tags = BTreeMap::new();
    Plan::new(
        "dev",
        "invoicing-dev",
        baseline,
        Side {
            template: before,
            tags: &tags,
        },
        Side {
            template: after,
            tags: &tags,
        },
    )
}

fn template(resources: &BTreeMap<String, u16>) -> Template {
    let resources: BTreeMap<&String, Value> = resources
        .iter()
        .map(|(id, seconds)| {
            let queue =
                json!({"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": seconds}});
            (id, queue)
        })
        .collect();
    Template::parse(&json!({ "Resources": resources }).to_string()).unwrap()
}

fn some_resources() -> impl Strategy<Value = BTreeMap<String, u16>> {
    prop::collection::btree_map("[A-D]", 0u16..3, 0..4)
}

proptest! {
    #[test]
    fn a_plan_is_empty_exactly_when_nothing_differs(a in some_resources(), b in some_resources()) {
        let found = plan(Baseline::Deployed, &template(&a), &template(&b));
        prop_assert_eq!(found.is_empty(), a == b);
        let counts = found.counts();
        prop_assert_eq!(counts.add, b.keys().filter(|id| !a.contains_key(*id)).count());
        prop_assert_eq!(counts.remove, a.keys().filter(|id| !b.contains_key(*id)).count());
    }

    #[test]
    fn every_changed_resource_is_named_in_every_rendering(a in some_resources(), b in some_resources()) {
        let found = plan(Baseline::Deployed, &template(&a), &template(&b));
        let human = render::plan(&found, Colour::Plain);
        let markdown = render::markdown(&found, None);
        let json = serde_json::to_value(render::diff_document(&found, None)).unwrap();
        prop_assert_eq!(json["changes"].as_array().unwrap().len(), found.diff.changes.len());
        for change in &found.diff.changes {
            prop_assert!(human.contains(&change.logical_id));
            prop_assert!(markdown.contains(&change.logical_id));
        }
    }
}

#[test]
fn a_stack_that_is_not_there_always_needs_a_deployment() {
    let empty = Template::empty();
    assert!(!plan(Baseline::Absent, &empty, &empty).is_empty());
}

#[test]
fn a_changed_tag_of_the_stack_is_a_change() {
    let template = template(&BTreeMap::new());
    let (old, new) = (
        BTreeMap::from([("owner".to_owned(), "a".to_owned())]),
        BTreeMap::from([("owner".to_owned(), "b".to_owned())]),
    );
    let side = |tags| Side {
        template: &template,
        tags,
    };
    let found = Plan::new("dev", "s", Baseline::Deployed, side(&old), side(&new));
    assert!(!found.is_empty());
    assert!(render::plan(&found, Colour::Plain).contains("tag owner: a -> b"));
}

#[test]
fn between_two_environments_nothing_is_lost() {
    let (before, after) = (
        template(&BTreeMap::from([("A".to_owned(), 1)])),
        template(&BTreeMap::new()),
    );
    assert_eq!(plan(Baseline::Deployed, &before, &after).losses.len(), 1);
    let other = Baseline::Environment("prod".to_owned());
    assert!(plan(other, &before, &after).losses.is_empty());
}

#[test]
fn colour_repeats_what_the_symbol_says() {
    let before = template(&BTreeMap::from([("A".to_owned(), 1)]));
    let after = template(&BTreeMap::from([("A".to_owned(), 2), ("B".to_owned(), 1)]));
    let found = plan(Baseline::Deployed, &before, &after);
    let coloured = render::plan(&found, Colour::Ansi);
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some(at) = rest.find('\x1b') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + rest[at..].find('m').unwrap() + 1..];
    }
    plain.push_str(rest);
    assert_eq!(plain, render::plan(&found, Colour::Plain));
}

#[cfg(feature = "aws")]
#[test]
fn a_replacement_that_only_cloudformation_sees_is_shown() {
    use super::{Replaced, ViewedAction, ViewedChange};
    let before = template(&BTreeMap::from([("A".to_owned(), 1)]));
    let after = template(&BTreeMap::from([("A".to_owned(), 2)]));
    let view = |id: &str, replaced| ViewedChange {
        logical_id: id.to_owned(),
        type_name: "AWS::SQS::Queue".to_owned(),
        action: ViewedAction::Modify,
        replaced,
    };
    let merged = plan(Baseline::Deployed, &before, &after).merged_with(
        &[view("A", Replaced::Yes), view("Other", Replaced::No)],
        &before,
        &after,
    );
    assert_eq!((merged.counts().replace, merged.counts().modify), (1, 1));
}

#[cfg(feature = "aws")]
#[test]
fn what_refers_to_a_resource_that_only_cloudformation_replaces_is_shown() {
    use super::{Replaced, ViewedAction, ViewedChange};
    let with = |seconds: u16| {
        let resources = json!({
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": seconds}},
            "Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Queue"}]}},
            "Reader": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {"EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]}},
            },
        });
        Template::parse(&json!({ "Resources": resources }).to_string()).unwrap()
    };
    let (before, after) = (with(1), with(2));
    let found = plan(Baseline::Deployed, &before, &after);
    assert_eq!(found.diff.changes.len(), 1);
    let view = ViewedChange {
        logical_id: "Queue".to_owned(),
        type_name: "AWS::SQS::Queue".to_owned(),
        action: ViewedAction::Modify,
        replaced: Replaced::Yes,
    };
    let merged = found.merged_with(&[view], &before, &after);
    assert_eq!((merged.counts().replace, merged.counts().modify), (2, 1));
    assert!(render::plan(&merged, Colour::Plain).contains("replaced, for Queue"));
}

#[cfg(feature = "aws")]
#[test]
fn only_of_a_type_that_is_not_known_cloudformations_doubt_counts() {
    use super::{Replaced, ViewedAction, ViewedChange};
    let with = |kind: &str, seconds: u16| {
        let text = json!({"Resources": {"A": {"Type": kind, "Properties": {"VisibilityTimeout": seconds}}}});
        Template::parse(&text.to_string()).unwrap()
    };
    for (kind, may) in [("AWS::SQS::Queue", false), ("Custom::Other", true)] {
        let (before, after) = (with(kind, 1), with(kind, 2));
        let view = ViewedChange {
            logical_id: "A".to_owned(),
            type_name: kind.to_owned(),
            action: ViewedAction::Modify,
            replaced: Replaced::Maybe,
        };
        let merged =
            plan(Baseline::Deployed, &before, &after).merged_with(&[view], &before, &after);
        assert_eq!(merged.diff.changes[0].may_be_replaced(), may, "{kind}");
        assert_eq!(merged.counts().modify, 1);
    }
}
