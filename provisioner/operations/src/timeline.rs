//! An invoice's story, put together from the items of its partition. Pure.
//!
//! The versions are the backbone: the steps of an invoice follow each other in the order of their versions even if two
//! producers' clocks disagree. What else happened is put between them by its time. What other tables tell of the invoice is
//! added by [`crate::trails`].

use crate::asked::approval_entries;
use crate::attempts::{attempt_entries, payment_line};
use crate::trails::{AuditLine, LedgerLine};
use contracts::items::{self, InvoiceItem, Item, OutboxRecord};
use contracts::records::{
    ApprovalRecord, HistoryRecord, InvoiceRecord, NoticeRecord, PaymentRecord, PaymentStatus,
};
use contracts::{InvoiceId, State, VendorId};
use serde::Serialize;
use time::OffsetDateTime;

/// One invoice's timeline, payments and violations.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trace {
    /// The invoice.
    pub id: InvoiceId,
    /// The seller, where the head could be read.
    pub vendor_id: Option<VendorId>,
    /// Where it stands.
    pub status: State,
    /// Why it was rejected, if it was.
    pub reason: Option<String>,
    /// What happened, in order.
    pub timeline: Vec<Entry>,
    /// Its payments, each with its newest attempt.
    pub payments: Vec<PaymentLine>,
    /// What was booked of it.
    pub ledger: Vec<LedgerLine>,
    /// Its audit trail; `null` when that was not read.
    pub audit: Option<AuditLine>,
    /// The rules that it breaks.
    pub violations: Vec<ViolationLine>,
    /// Versions below the present one that have no history item: none, unless an item was lost.
    pub missing_versions: Vec<u64>,
    /// Items that could not be read, by sort key: a newer program may have written them.
    pub unread: Vec<String>,
    /// Other tables that tell of it and could not be read, and why.
    pub unseen: Vec<String>,
}

/// What an entry tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// How a payment stands.
    Payment,
    /// A step from one state to the next.
    State,
    /// An event that announces a step, or that is in the audit trail only.
    Event,
    /// People were asked.
    Asked,
    /// A person decided.
    Decided,
    /// Nobody decided in time.
    Expired,
    /// A posting of the ledger.
    Booked,
    /// It rested for longer than it should.
    Stuck,
    /// The vendor was told.
    Notice,
}

/// One entry of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// When, by the clock of whoever did it.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What it tells.
    pub kind: EntryKind,
    /// The event: the one that announces the step, or the one that was told.
    pub event_type: Option<String>,
    /// State before, on steps.
    pub from: Option<State>,
    /// State after, on steps.
    pub to: Option<State>,
    /// Who or what did it.
    pub actor: Option<String>,
    /// The event's id.
    pub event_id: Option<String>,
    /// The version of the invoice that it made or announces.
    pub version: Option<u64>,
    /// What else there is to say, in a word or two, e.g. `automatic` or `approve`.
    pub note: Option<String>,
    /// Why, in the words of the person who decided.
    pub reason: Option<String>,
    /// When the event was published; on events, `null` while it is not.
    #[serde(with = "time::serde::rfc3339::option")]
    pub published_at: Option<OffsetDateTime>,
}

/// How a payment stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaymentLine {
    /// The permanent payment key.
    pub key: String,
    /// From 1.
    pub attempt: u32,
    /// In minor units of the currency.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// How it stands.
    pub status: PaymentStatus,
    /// When it came to stand so.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ViolationLine {
    /// The rule's id.
    pub rule: String,
    /// The business term, where there is one.
    pub term: Option<String>,
    /// Where in the document.
    pub path: String,
    /// The rule's wording.
    pub message: String,
}

/// Puts the story together. `None` when nothing says what state the invoice is in: there is no such invoice.
#[must_use]
pub fn timeline(id: InvoiceId, items: &[Item]) -> Option<Trace> {
    let mut parts = Parts::default();
    for item in items {
        match items::read_invoice_item(item) {
            Ok(InvoiceItem::Head(record)) => parts.head = Some(record),
            Ok(InvoiceItem::History(record)) => parts.history.push(record),
            Ok(InvoiceItem::Event(record, published)) => parts.events.push((record, published)),
            Ok(InvoiceItem::Payment(record)) => parts.payments.push(record),
            Ok(InvoiceItem::Notice(record)) => parts.notices.push(record),
            Ok(InvoiceItem::Approval(record)) => parts.approvals.push(*record),
            Ok(InvoiceItem::Unknown { sort_key }) => parts.unread.push(sort_key),
            Err(odd) => parts.unread.push(odd.sort_key),
        }
    }
    parts.history.sort_by_key(|step| step.version);
    parts.payments.sort_by(|a, b| a.key.cmp(&b.key));
    parts.unread.sort_unstable();
    let last_step = parts.history.last().and_then(|step| step.to);
    let status = parts.head.as_ref().map(|head| head.state).or(last_step)?;
    let entries = ordered(&parts);
    Some(Trace {
        id,
        vendor_id: parts.head.as_ref().map(|head| head.vendor_id()),
        status,
        reason: parts
            .head
            .as_ref()
            .and_then(|head| head.rejection)
            .and_then(word),
        missing_versions: missing(&parts),
        timeline: entries,
        payments: parts.payments.iter().map(payment_line).collect(),
        ledger: Vec::new(),
        audit: None,
        violations: parts.head.map_or_else(Vec::new, |head| violations(*head)),
        unread: parts.unread,
        unseen: Vec::new(),
    })
}

#[derive(Default)]
struct Parts {
    head: Option<Box<InvoiceRecord>>,
    history: Vec<HistoryRecord>,
    events: Vec<(OutboxRecord, Option<OffsetDateTime>)>,
    payments: Vec<PaymentRecord>,
    notices: Vec<NoticeRecord>,
    approvals: Vec<ApprovalRecord>,
    unread: Vec<String>,
}

/// Orders by time, then kind, then version; a version's time is at least that of the version before it.
fn ordered(parts: &Parts) -> Vec<Entry> {
    type Key = (OffsetDateTime, u64, EntryKind, String);
    let mut keyed: Vec<(Key, Entry)> = Vec::new();
    let mut not_before = Vec::<(u64, OffsetDateTime)>::new();
    for step in &parts.history {
        let before = not_before.last().map_or(step.at, |(_, at)| *at);
        let at = step.at.max(before);
        not_before.push((step.version, at));
        let key = (at, step.version, EntryKind::State, String::new());
        keyed.push((key, step_entry(step, &parts.events)));
    }
    for (event, published) in &parts.events {
        let made = not_before
            .iter()
            .find(|(version, _)| *version == event.version);
        let at = made.map_or(event.at, |(_, at)| *at);
        let key = (
            at,
            event.version,
            EntryKind::Event,
            event.event_type.clone(),
        );
        keyed.push((key, event_entry(event, *published)));
    }
    let events = || parts.events.iter().map(|(event, _)| event);
    for payment in &parts.payments {
        for attempt in attempt_entries(payment, events(), &parts.history) {
            let key = (attempt.at, 0, EntryKind::Payment, payment.key.clone());
            keyed.push((key, attempt));
        }
    }
    for approval in &parts.approvals {
        for entry in approval_entries(approval) {
            let note = entry.note.clone().unwrap_or_default();
            let key = (entry.at, approval.request.version, entry.kind, note);
            keyed.push((key, entry));
        }
    }
    for notice in &parts.notices {
        let last = u64::MAX;
        let key = (
            notice.at,
            last,
            EntryKind::Notice,
            notice.event_type.clone(),
        );
        keyed.push((key, notice_entry(notice)));
    }
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    keyed.into_iter().map(|(_, entry)| entry).collect()
}

/// An entry of which nothing more is known.
pub(crate) const fn entry(at: OffsetDateTime, kind: EntryKind) -> Entry {
    Entry {
        at,
        kind,
        event_type: None,
        from: None,
        to: None,
        actor: None,
        event_id: None,
        version: None,
        note: None,
        reason: None,
        published_at: None,
    }
}

fn step_entry(step: &HistoryRecord, events: &[(OutboxRecord, Option<OffsetDateTime>)]) -> Entry {
    let announced = step.announces.first();
    let recorded = announced.and_then(|announced| {
        let mut all = events.iter().map(|(event, _)| event);
        all.find(|event| event.event_id == announced.event_id)
    });
    Entry {
        event_type: announced.map(|event| event.event_type.clone()),
        from: step.from,
        to: step.to,
        actor: Some(step.actor.clone()),
        event_id: announced.map(|event| event.event_id.to_string()),
        version: Some(step.version),
        note: recorded.and_then(reason_in),
        ..entry(step.at, EntryKind::State)
    }
}

fn event_entry(event: &OutboxRecord, published: Option<OffsetDateTime>) -> Entry {
    Entry {
        event_type: Some(event.event_type.clone()),
        actor: Some(event.source.clone()),
        event_id: Some(event.event_id.to_string()),
        version: Some(event.version),
        note: reason_in(event),
        published_at: published,
        ..entry(event.at, EntryKind::Event)
    }
}

fn notice_entry(notice: &NoticeRecord) -> Entry {
    Entry {
        event_type: Some(notice.event_type.clone()),
        event_id: Some(notice.event_id.to_string()),
        ..entry(notice.at, EntryKind::Notice)
    }
}

/// Why an event happened, when its payload has a word for it.
fn reason_in(event: &OutboxRecord) -> Option<String> {
    let detail: serde_json::Value = serde_json::from_str(&event.detail).ok()?;
    let told = detail.get("data")?;
    ["reason", "approval", "outcome"]
        .iter()
        .find_map(|field| told.get(field)?.as_str())
        .filter(|word| *word != "settled")
        .map(str::to_owned)
}

/// A unit enum of the contract as its word, in lower case.
pub(crate) fn word(value: impl Serialize) -> Option<String> {
    let value = serde_json::to_value(value).ok()?;
    value.as_str().map(str::to_ascii_lowercase)
}

fn violations(head: InvoiceRecord) -> Vec<ViolationLine> {
    let lines = head.violations.into_iter();
    lines
        .map(|broken| ViolationLine {
            rule: broken.rule,
            term: broken.term,
            path: broken.path,
            message: broken.message,
        })
        .collect()
}

fn missing(parts: &Parts) -> Vec<u64> {
    let newest_step = parts.history.last().map_or(0, |step| step.version);
    let newest = parts.head.as_ref().map_or(newest_step, |head| head.version);
    (1..=newest)
        .filter(|version| {
            let found = parts
                .history
                .binary_search_by_key(version, |step| step.version);
            found.is_err()
        })
        .collect()
}

impl Trace {
    /// Nothing more follows by itself: the end, or a person must act.
    #[must_use]
    pub const fn rests(&self) -> bool {
        self.status.is_terminal() || self.status.waits_for_a_person()
    }

    /// Events that are committed and not yet published.
    pub fn unpublished(&self) -> impl Iterator<Item = &Entry> {
        self.timeline
            .iter()
            .filter(|entry| entry.kind == EntryKind::Event && entry.published_at.is_none())
    }
}
