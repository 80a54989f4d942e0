//! Tracing and following.

use super::stories::{PAID, beginning, id, paid, rejected, story};
use crate::fakes::FakeEnvironment;
use crate::follow::{Follow, Presence, follow, trace};
use crate::ports::{ServiceError, Trouble};
use crate::render::{Palette, timeline_text};
use crate::timeline::{EntryKind, timeline};
use crate::{Entry, Failure, Trace};
use contracts::State;
use contracts::items::{Item, attributes};
use serde_json::json;
use std::collections::VecDeque;
use std::time::Duration;

type Look = Result<Vec<Item>, ServiceError>;

fn showing(looks: impl IntoIterator<Item = Look>) -> FakeEnvironment {
    let fake = FakeEnvironment::default();
    *fake.snapshots.lock().unwrap() = looks.into_iter().collect::<VecDeque<_>>();
    fake
}

async fn followed(
    fake: &FakeEnvironment,
    presence: Presence,
) -> (Result<Trace, Failure>, Vec<Entry>) {
    let mut told = Vec::new();
    let mut tell = |entry: &Entry| told.push(entry.clone());
    let text = id().to_string();
    let end = follow(fake, &text, presence, Follow::default(), &mut tell).await;
    (end, told)
}

fn unavailable(trouble: Trouble) -> Look {
    Err(ServiceError {
        action: "reading",
        subject: "invoice".into(),
        reason: "for now".into(),
        trouble,
    })
}

#[tokio::test]
async fn r4_a_paid_invoice_is_followed_to_its_notice_and_told_once() {
    let begun = (1..=5).map(|steps| Ok(story(&PAID[..steps])));
    let waiting = [Ok(Vec::new()), unavailable(Trouble::Unavailable)];
    let fake = showing(
        waiting
            .into_iter()
            .chain(begun)
            .chain([Ok(paid()), Ok(paid())]),
    );
    let (end, told) = followed(&fake, Presence::Expected).await;
    let end = end.unwrap();
    assert_eq!(end.status, State::Paid);
    assert_eq!(told.len(), end.timeline.len(), "each entry once: {told:#?}");
    assert!(told.iter().any(|entry| entry.kind == EntryKind::Notice));
}

#[tokio::test]
async fn an_invoice_that_waits_for_a_person_ends_the_following() {
    let steps = [
        PAID[0],
        PAID[1],
        (
            State::AwaitingApproval,
            Some("InvoiceApprovalRequested"),
            "compliance",
        ),
    ];
    let fake = showing([Ok(story(&steps))]);
    let (end, _) = followed(&fake, Presence::Unsure).await;
    assert_eq!(end.unwrap().status, State::AwaitingApproval);
    assert_eq!(fake.waited(), Duration::ZERO, "no notice is due");
}

#[tokio::test]
async fn an_end_whose_notice_never_comes_is_still_an_end() {
    let fake = showing([Ok(story(&PAID))]);
    let (end, _) = followed(&fake, Presence::Expected).await;
    assert_eq!(end.unwrap().status, State::Paid);
    assert!(fake.waited() < Duration::from_secs(5));
}

#[tokio::test]
async fn following_gives_up_after_its_time_and_says_how_to_go_on() {
    let fake = showing([Ok(story(&PAID[..4]))]);
    let (end, _) = followed(&fake, Presence::Expected).await;
    let failure = end.unwrap_err();
    assert_eq!(failure.exit(), 5);
    assert!(failure.to_string().contains("PAYING"), "{failure}");
    assert!(failure.help().contains("--follow"), "{}", failure.help());
    assert!(fake.waited() >= Duration::from_secs(60));
}

#[tokio::test]
async fn an_unknown_id_and_a_text_that_is_no_id_are_refused() {
    let fake = FakeEnvironment::default();
    let unknown = trace(&fake, &id().to_string()).await.unwrap_err();
    assert_eq!((unknown.exit(), unknown.code()), (3, "no-such-invoice"));
    let not_one = trace(&fake, "INV-1").await.unwrap_err();
    assert_eq!((not_one.exit(), not_one.code()), (3, "not-an-id"));
    let (end, _) = followed(&fake, Presence::Unsure).await;
    assert_eq!(end.unwrap_err().code(), "no-such-invoice");
    assert!(fake.waited() < Duration::from_secs(15), "a short grace");
}

#[tokio::test]
async fn a_table_that_may_not_be_read_is_told_at_once() {
    let fake = showing([unavailable(Trouble::Denied)]);
    let (end, _) = followed(&fake, Presence::Expected).await;
    assert_eq!(end.unwrap_err().exit(), 1);
    assert_eq!(fake.waited(), Duration::ZERO);
}

#[tokio::test]
async fn the_json_of_a_trace_has_the_promised_fields() {
    let fake = showing([Ok(rejected())]);
    let trace = trace(&fake, &id().to_string()).await.unwrap();
    let json = serde_json::to_value(&trace).unwrap();
    assert_eq!(json["id"], json!(id()));
    assert_eq!(json["status"], "REJECTED");
    let last_step = &json["timeline"][2];
    for field in [
        "at",
        "kind",
        "event_type",
        "from",
        "to",
        "actor",
        "event_id",
    ] {
        assert!(last_step.get(field).is_some(), "{field}: {last_step}");
    }
    assert_eq!(last_step["to"], "REJECTED");
    assert_eq!(json["violations"][0]["rule"], "BR-CO-15");
    let fake = showing([Ok(paid())]);
    let paid = crate::trace(&fake, &id().to_string()).await.unwrap();
    let json = serde_json::to_value(&paid).unwrap();
    assert_eq!(json["payments"][0]["amount_minor"], 165_625);
    assert_eq!(json["payments"][0]["status"], "SETTLED");
}

#[test]
fn a_paid_invoice_reads_well() {
    let trace = timeline(id(), &paid()).unwrap();
    insta::assert_snapshot!(timeline_text(&trace, Palette::Plain));
}

#[test]
fn a_rejected_invoice_reads_well() {
    let trace = timeline(id(), &rejected()).unwrap();
    insta::assert_snapshot!(timeline_text(&trace, Palette::Plain));
}

#[test]
fn what_is_odd_is_said() {
    let mut items = story(&PAID[..3]);
    items.retain(|item| item["sk"] != "VERSION#0000000002");
    for item in &mut items {
        item.remove(attributes::PUBLISHED_AT);
    }
    items.push(Item::from([
        ("sk".to_owned(), json!("APPROVAL#1\u{1b}[2J")),
        ("kind".to_owned(), json!("approval")),
    ]));
    let trace = timeline(id(), &items).unwrap();
    assert_eq!(trace.missing_versions, [2]);
    let text = timeline_text(&trace, Palette::Plain);
    assert!(
        !text.contains('\u{1b}'),
        "nothing stored reaches the terminal raw"
    );
    insta::assert_snapshot!(text);
}

#[test]
fn colour_only_repeats_what_symbols_say() {
    let trace = timeline(id(), &rejected()).unwrap();
    let colour = timeline_text(&trace, Palette::Colour);
    let mut plain = String::new();
    let mut rest = colour.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_eq!(plain, timeline_text(&trace, Palette::Plain));
    assert_ne!(colour, plain);
    assert!(trace.timeline[0].at == beginning());
}
