//! R9 and R11 on the committed templates: what `up` would deploy is what `redrive` and `replay` go by.

use crate::deployed::Deployed;
use crate::redrive::{DeadLetterQueue, dead_letter_queues};
use crate::replay::{LiveRule, RuleLine, rule_lines};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Every environment's template.
fn templates() -> Vec<(&'static str, Value)> {
    [
        (
            "local",
            include_str!("../../../../../stack/tests/golden/local.template.json"),
        ),
        (
            "dev",
            include_str!("../../../../../stack/tests/golden/dev.template.json"),
        ),
        (
            "staging",
            include_str!("../../../../../stack/tests/golden/staging.template.json"),
        ),
        (
            "prod",
            include_str!("../../../../../stack/tests/golden/prod.template.json"),
        ),
        (
            "ephemeral",
            include_str!("../../../../../stack/tests/golden/ephemeral.template.json"),
        ),
    ]
    .map(|(name, text)| (name, serde_json::from_str(text).unwrap()))
    .into()
}

/// As if it were deployed, each resource under its logical id.
fn deployed(template: &Value) -> Deployed {
    let ids = template["Resources"].as_object().unwrap().keys();
    let physical: BTreeMap<_, _> = ids.map(|id| (id.clone(), id.clone())).collect();
    Deployed::read(&template.to_string(), &physical).unwrap()
}

fn rules(template: &Value) -> Vec<RuleLine> {
    let resources = template["Resources"].as_object().unwrap().iter();
    let rules = resources.filter(|(_, resource)| resource["Type"] == "AWS::Events::Rule");
    let live: Vec<_> = rules
        .map(|(id, rule)| LiveRule {
            name: id.clone(),
            arn: id.clone(),
            enabled: rule["Properties"]["State"] == "ENABLED",
            pattern: Some(rule["Properties"]["EventPattern"].to_string()),
            managed: false,
        })
        .collect();
    rule_lines(&deployed(template), &live)
}

#[test]
fn r9_every_dead_letter_queue_of_every_environment_has_a_way_that_can_be_followed() {
    for (name, template) in templates() {
        let all = dead_letter_queues(&deployed(&template));
        assert!(!all.is_empty(), "{name}");
        for dlq in &all {
            assert!(dlq.open().is_ok(), "{name}: {dlq:?}");
        }
        let known: BTreeSet<_> = all.iter().map(DeadLetterQueue::id).collect();
        let resources = template["Resources"].as_object().unwrap();
        for id in resources.keys().filter(|id| id.ends_with("Dlq")) {
            assert!(known.contains(id.as_str()), "{name}: {id} has no way back");
        }
        let kinds: BTreeSet<_> = all.iter().map(|dlq| dlq.way.kind()).collect();
        let wanted = ["invoke", "move", "records", "send", "send-named"];
        assert_eq!(kinds, wanted.into(), "{name}");
    }
}

#[test]
fn r11_replays_reach_the_audit_trail_and_nobody_else_in_every_environment() {
    for (name, template) in templates() {
        let lines = rules(&template);
        let admitting: Vec<_> = lines
            .iter()
            .filter(|line| line.gets_replayed)
            .map(|line| (line.rule.as_str(), line.handler.as_deref()))
            .collect();
        assert_eq!(admitting, [("EventsToAuditRule", Some("audit"))], "{name}");
        for line in &lines {
            assert_eq!(line.danger, None, "{name}: {line:?}");
            assert!(line.handler.is_some(), "{name}: {line:?}");
        }
    }
}
