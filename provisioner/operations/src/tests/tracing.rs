//! What a trace tells beside the steps: people, attempts, the books and the audit trail.

use super::stories::{PAID, attempt, beginning, id, paid, story};
use crate::fakes::FakeEnvironment;
use crate::follow::trace;
use crate::ports::{InvoiceItems, ServiceError};
use crate::render::{Palette, TimelineLines, timeline_text};
use crate::timeline::{EntryKind, Trace, timeline};
use crate::trails::{Trails, add};
use contracts::audit::row_hash;
use contracts::ids::{CorrelationId, EventId};
use contracts::items::{self, Item};
use contracts::records::{
    ApprovalRecord, AuditRow, EventRow, LedgerAccount, LedgerRow, PaymentStatus,
};
use contracts::tables::keys;
use contracts::{Amount, Currency, InvoiceId, State};
use proptest::prelude::*;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

fn at(milliseconds: i64) -> OffsetDateTime {
    beginning() + Duration::milliseconds(milliseconds)
}

fn text_at(milliseconds: i64) -> String {
    items::timestamp(at(milliseconds))
}

fn approval(version: u64, waiting: &str, approvers: u8, rest: &Value) -> Item {
    let chain = CorrelationId::of_request("a", "b");
    let cause = json!({ "correlationId": chain, "causationId": "x", "replayOf": null });
    let mut record = json!({
        "revision": 1, "asks": [], "decisions": [], "reminders": 0,
        "request": {
            "invoiceId": id(), "vendorId": id(), "version": version, "waiting": waiting, "approvers": approvers,
            "cause": cause,
        },
    });
    for (name, value) in rest.as_object().unwrap() {
        record[name] = value.clone();
    }
    let record: ApprovalRecord = serde_json::from_value(record).unwrap();
    items::approval(&record)
}

fn asked(turn: &str, milliseconds: i64) -> Value {
    json!({ "turn": turn, "sealedToken": "sealed", "at": text_at(milliseconds) })
}

fn decided(turn: &str, verdict: &str, by: &str, milliseconds: i64) -> Value {
    let request = CorrelationId::of_request(by, "key");
    json!({
        "turn": turn, "verdict": verdict, "by": by, "request": request, "reason": "as ordered", "at": text_at(milliseconds),
    })
}

/// Two people approve, the payment is declined, a third one lets it be tried again, and it settles.
fn long_story() -> Vec<Item> {
    let mut all = story(&[
        PAID[0],
        PAID[1],
        (
            State::AwaitingApproval,
            Some("InvoiceApprovalRequested"),
            "compliance",
        ),
        PAID[2],
        PAID[3],
        (State::PaymentFailed, Some("PaymentFailed"), "payment"),
        PAID[2],
        PAID[3],
        PAID[4],
    ]);
    let two = json!({
        "reminders": 1,
        "asks": [asked("first", 900), asked("second", 1000)],
        "decisions": [decided("first", "approve", "ann", 950), decided("second", "approve", "bob", 1150)],
    });
    let again = json!({
        "asks": [asked("first", 2100)],
        "decisions": [decided("first", "approve", "cleo", 2300)],
    });
    all.push(approval(3, "approval", 2, &two));
    all.push(approval(6, "payment-failed", 1, &again));
    all.push(attempt(2, PaymentStatus::Settled, at(3200)));
    all
}

fn ledger(rows: &[(LedgerAccount, i64)]) -> Vec<Item> {
    let event_id = EventId::of("InvoicePaid", &id().to_string(), 9);
    let row = |(line, (account, minor)): (usize, &(LedgerAccount, i64))| {
        items::ledger_row(&LedgerRow {
            event_id,
            event_type: "InvoicePaid".into(),
            invoice_id: id(),
            vendor_id: contracts::VendorId::of(&contracts::ids::SellerIdentity::Vat("DE1".into())),
            line: line as u32 + 1,
            account: *account,
            amount: Amount {
                minor: *minor,
                currency: Currency::parse("EUR").unwrap(),
            },
            at: at(3200),
        })
    };
    rows.iter().enumerate().map(row).collect()
}

/// The trail of an invoice's versions, with its head's record as the newest, and events that are nowhere else.
fn audit(story: &[Item], versions: u64) -> Vec<Item> {
    let head = story.iter().find(|item| item["sk"] == keys::HEAD).unwrap();
    let newest = head["version"].as_u64().unwrap();
    let mut rows: Vec<AuditRow> = Vec::new();
    for version in 1..=versions {
        let after = match version == newest {
            true => head["record"].clone(),
            false => json!({ "version": version }),
        };
        rows.push(AuditRow {
            aggregate: keys::invoice(id()),
            version,
            before: rows.last().map_or(Value::Null, |row| row.after.clone()),
            after,
            actor: "payment".into(),
            event_id: format!("e{version}"),
            at: text_at(0),
            previous: rows.last().map(row_hash).unwrap_or_default(),
        });
    }
    let event = |name: &str, version: u64, milliseconds: i64, data: Value| {
        items::audit_event(&EventRow {
            aggregate: keys::invoice(id()),
            event_id: EventId::of(name, &id().to_string(), version),
            event_type: name.into(),
            detail: json!({
                "metadata": { "timestamp": text_at(milliseconds), "aggregateVersion": version },
                "data": data,
            }),
        })
    };
    let events = [
        event("InvoiceSubmitted", 0, -50, json!({})),
        // In the invoice's partition, too: told once.
        event("InvoiceReceived", 1, 0, json!({})),
        event(
            "InvoiceStuck",
            3,
            1100,
            json!({ "state": "AWAITING_APPROVAL" }),
        ),
    ];
    rows.iter().map(items::audit_row).chain(events).collect()
}

const BALANCED: [(LedgerAccount, i64); 2] = [
    (LedgerAccount::Expenses, 165_625),
    (LedgerAccount::Bank, -165_625),
];

fn whole(versions: u64) -> Trace {
    let items = long_story();
    let mut trace = timeline(id(), &items).unwrap();
    let trails = Trails {
        audit: Some(audit(&items, versions)),
        ledger: Some(ledger(&BALANCED)),
        unseen: Vec::new(),
    };
    add(&mut trace, &items, trails);
    trace
}

fn of_kind(trace: &Trace, kind: EntryKind) -> Vec<&crate::Entry> {
    let entries = trace.timeline.iter();
    entries.filter(|entry| entry.kind == kind).collect()
}

#[test]
fn a_long_story_reads_well() {
    insta::assert_snapshot!(timeline_text(&whole(9), Palette::Plain));
}

#[test]
fn r5_who_was_asked_and_who_decided_is_told() {
    let trace = whole(9);
    let decided = of_kind(&trace, EntryKind::Decided);
    let by: Vec<_> = decided
        .iter()
        .filter_map(|entry| entry.actor.as_deref())
        .collect();
    assert_eq!(by, ["ann", "bob", "cleo"]);
    assert_eq!(decided[1].note.as_deref(), Some("approve, second of 2"));
    assert_eq!(decided[1].reason.as_deref(), Some("as ordered"));
    let asked = of_kind(&trace, EntryKind::Asked);
    let notes: Vec<_> = asked
        .iter()
        .filter_map(|entry| entry.note.as_deref())
        .collect();
    assert_eq!(
        notes,
        [
            "approval, first of 2",
            "approval, second of 2, reminded once",
            "payment-failed"
        ]
    );
}

#[test]
fn r5_that_nobody_decided_in_time_is_told_and_no_token_is() {
    let mut items = long_story();
    let late =
        json!({ "asks": [asked("first", 100)], "expired_at": null, "expiredAt": text_at(200) });
    items.push(approval(4, "approval", 1, &late));
    let trace = timeline(id(), &items).unwrap();
    assert_eq!(of_kind(&trace, EntryKind::Expired).len(), 1);
    let json = serde_json::to_string(&trace).unwrap();
    assert!(!json.contains("sealed"), "{json}");
}

#[test]
fn r12_a_payment_has_one_line_and_every_attempt_its_entry() {
    let trace = whole(9);
    let notes: Vec<_> = of_kind(&trace, EntryKind::Payment)
        .iter()
        .filter_map(|entry| entry.note.clone())
        .collect();
    assert_eq!(
        notes,
        ["1656.25 EUR declined", "1656.25 EUR settled, attempt 2"]
    );
    assert_eq!(trace.payments.len(), 1);
    assert_eq!(trace.payments[0].attempt, 2);
}

#[test]
fn r26_that_a_provider_gave_no_answer_stays_in_the_story() {
    let unknown = (State::PaymentUnknown, None, "payment");
    let steps = [PAID[0], PAID[1], PAID[2], PAID[3], unknown, PAID[4]];
    let mut items = story(&steps);
    items.push(attempt(1, PaymentStatus::Settled, at(2000)));
    let settled = timeline(id(), &items).unwrap();
    let notes: Vec<_> = of_kind(&settled, EntryKind::Payment)
        .iter()
        .filter_map(|entry| entry.note.clone())
        .collect();
    assert_eq!(notes, ["1656.25 EUR unknown", "1656.25 EUR settled"]);

    // Who watched while it was unknown saw the very entry that stays.
    let mut before = story(&steps[..5]);
    before.push(attempt(1, PaymentStatus::Unknown, at(1600)));
    let before = timeline(id(), &before).unwrap();
    let seen = of_kind(&before, EntryKind::Payment);
    assert_eq!(seen, of_kind(&settled, EntryKind::Payment)[..1]);
}

#[test]
fn r26_a_dispute_is_resolved_in_the_words_of_whoever_resolved_it() {
    for (verdict, word) in [("approve", "resolve: pay"), ("reject", "resolve: reject")] {
        let mut items = story(&[PAID[0], PAID[1]]);
        let rest = json!({ "decisions": [decided("first", verdict, "ann", 950)] });
        items.push(approval(2, "dispute", 1, &rest));
        let trace = timeline(id(), &items).unwrap();
        let told = of_kind(&trace, EntryKind::Decided);
        assert_eq!(told[0].note.as_deref(), Some(word));
    }
}

#[test]
fn what_comes_to_light_late_is_marked_while_a_timeline_grows() {
    let trace = whole(9);
    let (first, last) = (&trace.timeline[1], trace.timeline.last().unwrap());
    let shown = |mut lines: TimelineLines| -> Vec<bool> {
        [last, first]
            .map(|entry| lines.line(entry).unwrap().contains("seen late"))
            .to_vec()
    };
    assert_eq!(shown(TimelineLines::growing(Palette::Plain)), [false, true]);
    assert_eq!(shown(TimelineLines::new(Palette::Plain)), [false, false]);
}

#[test]
fn r14_the_audit_trail_is_verified_against_the_record() {
    let line = |trace: &Trace| trace.audit.clone().unwrap();
    let holds = line(&whole(9));
    assert_eq!((holds.versions, holds.behind, holds.holds), (9, 0, true));
    let late = line(&whole(7));
    assert_eq!((late.versions, late.behind, late.holds), (7, 2, true));

    let items = long_story();
    let mut trail = audit(&items, 9);
    let changed = trail
        .iter_mut()
        .find(|item| item["sk"] == keys::history(4))
        .unwrap();
    changed.get_mut("record").unwrap()["actor"] = "somebody".into();
    let mut trace = timeline(id(), &items).unwrap();
    let trails = Trails {
        audit: Some(trail),
        ..Trails::default()
    };
    add(&mut trace, &items, trails);
    assert!(!line(&trace).holds);
    assert!(line(&trace).fault.unwrap().contains("version 4"));
    let text = timeline_text(&trace, Palette::Plain);
    assert!(text.contains("✗ audit: 9 versions"), "{text}");
}

#[test]
fn r4_what_was_booked_is_told_and_must_sum_to_zero() {
    let trace = whole(9);
    let booked = of_kind(&trace, EntryKind::Booked);
    assert_eq!(booked.len(), 1);
    assert_eq!(trace.ledger.len(), 2);
    assert!(trace.unbalanced().is_empty());
    let items = paid();
    let mut odd = timeline(id(), &items).unwrap();
    let trails = Trails {
        ledger: Some(ledger(&BALANCED[..1])),
        ..Trails::default()
    };
    add(&mut odd, &items, trails);
    assert_eq!(odd.unbalanced(), [("EUR".to_owned(), 165_625)]);
    assert!(timeline_text(&odd, Palette::Plain).contains("do not sum to zero"));
}

#[test]
fn r6_that_it_was_stuck_is_told_where_it_happened() {
    let trace = whole(9);
    let stuck = of_kind(&trace, EntryKind::Stuck);
    assert_eq!(stuck.len(), 1);
    assert_eq!(stuck[0].note.as_deref(), Some("AWAITING_APPROVAL"));
    let kinds: Vec<_> = trace.timeline.iter().map(|entry| entry.kind).collect();
    let place = kinds
        .iter()
        .position(|kind| *kind == EntryKind::Stuck)
        .unwrap();
    assert_eq!(kinds[place - 1], EntryKind::Asked);
    assert_eq!(kinds[place + 1], EntryKind::Decided);
    let received = trace.timeline.iter().filter(|entry| {
        entry.kind == EntryKind::Event && entry.event_type.as_deref() == Some("InvoiceReceived")
    });
    assert_eq!(received.count(), 1);
    assert_eq!(
        trace.timeline[0].event_type.as_deref(),
        Some("InvoiceSubmitted")
    );
}

/// An invoice that comes to version 9, and its trail with it, after the first look.
#[derive(Default)]
struct Moving(std::sync::atomic::AtomicU64);

impl Moving {
    fn version(&self) -> u64 {
        9.min(8 + self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst))
    }
}

impl InvoiceItems for Moving {
    async fn items(&self, _: InvoiceId) -> Result<Vec<Item>, ServiceError> {
        let version = self.version();
        let mut items = long_story();
        let head = items.iter_mut().find(|item| item["sk"] == keys::HEAD);
        head.unwrap().insert("version".into(), version.into());
        Ok(items)
    }

    async fn trails(&self, _: InvoiceId) -> Trails {
        Trails {
            audit: Some(audit(&long_story(), self.version())),
            ..Trails::default()
        }
    }
}

#[tokio::test]
async fn r14_the_trail_of_an_invoice_that_moves_is_late_and_never_broken() {
    let trace = trace(&Moving::default(), &id().to_string()).await.unwrap();
    let line = trace.audit.unwrap();
    assert_eq!((line.versions, line.behind), (8, 1));
    assert!(line.holds, "{:?}", line.fault);
}

#[tokio::test]
async fn a_trail_that_may_not_be_read_is_named_and_the_rest_is_told() {
    let fake = FakeEnvironment::default();
    fake.snapshots.lock().unwrap().push_back(Ok(paid()));
    fake.trails.lock().unwrap().unseen =
        vec!["reading the audit trail failed: AccessDenied".into()];
    let trace = trace(&fake, &id().to_string()).await.unwrap();
    assert_eq!((trace.status, &trace.audit), (State::Paid, &None));
    let text = timeline_text(&trace, Palette::Plain);
    assert!(text.contains("AccessDenied"), "{text}");
}

proptest! {
    /// Rows of a later program, or damaged ones, are named and change nothing else.
    #[test]
    fn what_the_trails_hold_never_hides_the_story(
        rows in proptest::collection::vec(("(audit|audit-event|ledger|other)", "[A-Z#0-9]{0,12}", any::<i64>()), 0..6),
    ) {
        let items = long_story();
        let junk: Vec<Item> = rows
            .iter()
            .map(|(kind, sk, record)| {
                Item::from([
                    ("kind".to_owned(), json!(kind)),
                    ("sk".to_owned(), json!(sk)),
                    ("record".to_owned(), json!(record)),
                ])
            })
            .collect();
        let without = timeline(id(), &items).unwrap();
        let mut with = without.clone();
        let trails = Trails { audit: Some(junk.clone()), ledger: Some(junk), unseen: Vec::new() };
        add(&mut with, &items, trails);
        prop_assert_eq!(with.timeline, without.timeline);
        let known = rows.iter().filter(|(kind, ..)| kind != "other").count();
        prop_assert_eq!(with.unread.len(), known);
    }
}
