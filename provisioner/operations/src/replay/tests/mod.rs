//! R11: plans of replays and their course, on a bus in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

mod course;
mod plans;

use super::fakes::FakeBus;
use super::{Archive, LiveRule, ReplayFailure, ReplayPlan, ReplayRequest, Window, moment, plan};
use crate::deployed::Deployed;
use contracts::pattern::Pattern;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-06-15 12:00:00.5 UTC);

fn admits() -> Value {
    Pattern::any_of(&["InvoicePaid", "InvoiceRejected"]).to_json()
}

fn excludes() -> Value {
    Pattern::any_of(&["InvoiceApproved"])
        .not_replayed()
        .to_json()
}

/// A stack with a rule to payment, which has effects, and one through a queue to audit, which has none.
fn stack(payment: &Value, audit: &Value) -> Deployed {
    let rule = |pattern: &Value, target: &str| {
        json!({ "Type": "AWS::Events::Rule", "Properties": {
            "EventPattern": pattern, "Targets": [{ "Arn": { "Fn::GetAtt": [target, "Arn"] } }],
        } })
    };
    let template = json!({ "Resources": {
        "PaymentFunction": { "Type": "AWS::Lambda::Function" },
        "AuditFunction": { "Type": "AWS::Lambda::Function" },
        "AuditQueue": { "Type": "AWS::SQS::Queue" },
        "AuditMapping": { "Type": "AWS::Lambda::EventSourceMapping", "Properties": {
            "EventSourceArn": { "Fn::GetAtt": ["AuditQueue", "Arn"] }, "FunctionName": { "Ref": "AuditFunction" },
        } },
        "ApprovedToPaymentRule": rule(payment, "PaymentFunction"),
        "EventsToAuditRule": rule(audit, "AuditQueue"),
    } });
    let names = ["ApprovedToPaymentRule", "EventsToAuditRule"];
    let physical: BTreeMap<_, _> = names
        .map(|name| (name.to_owned(), format!("bus|stack-{name}-X")))
        .into();
    Deployed::read(&template.to_string(), &physical).unwrap()
}

fn rule(name: &str, pattern: &Value) -> LiveRule {
    LiveRule {
        name: name.to_owned(),
        arn: format!("arn:{name}"),
        enabled: true,
        pattern: Some(pattern.to_string()),
        managed: false,
    }
}

/// The bus as it was deployed.
fn bus() -> FakeBus {
    FakeBus {
        rules: vec![
            rule("stack-EventsToAuditRule-X", &admits()),
            rule("stack-ApprovedToPaymentRule-X", &excludes()),
            LiveRule {
                managed: true,
                ..rule(
                    "Events-Archive-x",
                    &json!({ "replay-name": [{ "exists": false }] }),
                )
            },
        ],
        archive: Some(Archive {
            arn: "arn:archive".to_owned(),
            bus_arn: "arn:bus".to_owned(),
            events: 42,
            retention_days: Some(7),
            since: Some(datetime!(2026-01-01 00:00 UTC)),
        }),
        ..FakeBus::default()
    }
}

fn request(from: &str, to: &str) -> ReplayRequest {
    ReplayRequest {
        environment: "dev".to_owned(),
        archive: "invoicing-dev".to_owned(),
        window: Window {
            from: moment(from, NOW).unwrap(),
            to: moment(to, NOW).unwrap(),
        },
        rule: None,
        name: None,
    }
}

async fn planned(bus: &FakeBus, request: &ReplayRequest) -> Result<ReplayPlan, ReplayFailure> {
    plan(bus, &stack(&excludes(), &admits()), request, NOW).await
}
