//! Which rules get replayed events: each rule's pattern, as it was deployed and as it is live, against witness events of
//! every type that carry a replay's name.

use super::ports::LiveRule;
use crate::deployed::{Deployed, rule_name};
use contracts::events::ALL_EVENTS;
use contracts::handlers::Replays;
use contracts::pattern::Pattern;
use contracts::{ALL_HANDLERS, EventSpec, HandlerSpec, SubjectKind};
use serde::Serialize;
use serde_json::{Value, json};

/// A rule, and whether a replay reaches it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleLine {
    /// Its logical id; its name where it is none of the stack's.
    pub rule: String,
    /// Whether it gets replayed events.
    pub gets_replayed: bool,
    /// The handlers at its end.
    pub handler: Option<String>,
    /// Why it does or does not.
    pub why: String,
    #[serde(skip)]
    pub(super) arn: String,
    #[serde(skip)]
    pub(super) name: String,
    /// The handler with effects that a replay would reach.
    #[serde(skip)]
    pub(crate) danger: Option<String>,
}

/// What one pattern says to replayed events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It takes some.
    Takes,
    /// It takes our events, but not when they are replayed.
    Excludes,
    /// It takes none of our events, replayed or not.
    OtherEvents,
    /// It can't be read.
    Unreadable,
}

/// Judges every rule of the bus, those of the stack first.
#[must_use]
pub fn rule_lines(deployed: &Deployed, live: &[LiveRule]) -> Vec<RuleLine> {
    let mut lines: Vec<_> = live
        .iter()
        .filter(|rule| !rule.managed)
        .map(|rule| line(deployed, rule))
        .collect();
    let of_stack = |line: &RuleLine| deployed.rule_named(&line.name).is_some();
    lines.sort_by(|a, b| {
        of_stack(b)
            .cmp(&of_stack(a))
            .then_with(|| a.rule.cmp(&b.rule))
    });
    lines
}

fn line(deployed: &Deployed, live: &LiveRule) -> RuleLine {
    let name = rule_name(&live.name).to_owned();
    let now = live.pattern.as_deref().map_or(Says::OtherEvents, |text| {
        serde_json::from_str(text).map_or(Says::Unreadable, |pattern| says(&pattern))
    });
    let of = |rule: String, gets_replayed: bool, why: &str| RuleLine {
        rule,
        gets_replayed,
        handler: None,
        why: why.to_owned(),
        arn: live.arn.clone(),
        name: name.clone(),
        danger: None,
    };
    let Some(id) = deployed.rule_named(&live.name) else {
        return of(
            name.clone(),
            false,
            "it is none of the stack's: it is left out",
        );
    };
    let functions = deployed.functions_of_rule(id);
    let handlers: Vec<_> = functions.iter().map(|id| handler_of(id)).collect();
    let names: Vec<_> = handlers
        .iter()
        .zip(&functions)
        .map(|(handler, id)| handler.map_or(*id, |handler| handler.name))
        .collect();
    let effectful = handlers
        .iter()
        .zip(&names)
        .find(|(handler, _)| handler.is_none_or(|h| h.replays == Replays::Excluded))
        .map(|(_, name)| (*name).to_owned());
    let template = deployed
        .of_type("AWS::Events::Rule")
        .find(|(rule, _)| *rule == id)
        .map_or(Says::Unreadable, |(_, rule)| {
            says(&rule.properties["EventPattern"])
        });
    let enabled_and_taken = live.enabled && now == Says::Takes;
    let (gets, why) = match (live.enabled, now, template) {
        (false, ..) => (false, "it is disabled"),
        (_, Says::Excludes, _) => (false, "it excludes replays"),
        (_, Says::OtherEvents, _) => (false, "it takes none of our events"),
        (_, Says::Unreadable, _) | (_, _, Says::Unreadable) => {
            (false, "its pattern can't be judged")
        }
        (_, Says::Takes, Says::Takes) if effectful.is_none() && !functions.is_empty() => {
            (true, "it admits replays")
        }
        (_, Says::Takes, Says::Takes) => (false, "its handler has effects"),
        (_, Says::Takes, _) => (false, "its pattern was changed beside the stack"),
    };
    RuleLine {
        handler: (!names.is_empty()).then(|| names.join(", ")),
        danger: effectful.filter(|_| enabled_and_taken),
        ..of(id.to_owned(), gets, why)
    }
}

fn handler_of(function: &str) -> Option<&'static HandlerSpec> {
    let id = function.strip_suffix("Function")?;
    ALL_HANDLERS.iter().find(|handler| handler.id == id)
}

fn says(pattern: &Value) -> Says {
    let Ok(pattern) = Pattern::parse(pattern) else {
        return Says::Unreadable;
    };
    let (mut live, mut replayed) = (false, false);
    for event in ALL_EVENTS {
        for source in sources(event) {
            let witness = witness(event, &source);
            live |= pattern.matches(&witness);
            replayed |= pattern.matches(&as_replayed(witness));
        }
    }
    match (live, replayed) {
        (_, true) => Says::Takes,
        (true, false) => Says::Excludes,
        (false, false) => Says::OtherEvents,
    }
}

/// The sources that an event comes from.
fn sources(event: &EventSpec) -> Vec<String> {
    ALL_HANDLERS
        .iter()
        .filter(|handler| handler.emits.contains(event))
        .map(|handler| format!("{}{}", contracts::envelope::SOURCE_PREFIX, handler.name))
        .collect()
}

/// An event of this type as the archive keeps it.
fn witness(event: &EventSpec, source: &str) -> Value {
    const ID: &str = "00000000-0000-5000-8000-000000000000";
    const AT: &str = "2026-01-01T00:00:00Z";
    let mut metadata = json!({
        "eventId": ID, "eventType": event.name, "schemaVersion": event.version, "vendorId": ID,
        "aggregateVersion": 1, "timestamp": AT, "region": "eu-central-1", "correlationId": ID, "causationId": ID,
        "idempotencyKey": ID,
    });
    if event.subject == SubjectKind::Invoice {
        metadata["invoiceId"] = ID.into();
    }
    json!({
        "version": "0", "id": ID, "source": source, "detail-type": event.name, "account": "000000000000", "time": AT,
        "region": "eu-central-1", "resources": [], "detail": { "metadata": metadata, "data": {} },
    })
}

/// The event as a replay sends it.
fn as_replayed(mut event: Value) -> Value {
    event["replay-name"] = "witness".into();
    event
}
