//! What other tables tell of an invoice: the ledger's postings, and the audit trail with its events and its chain. Pure.

use crate::timeline::{Entry, EntryKind, Trace, entry};
use contracts::audit::{ChainFault, agrees, verify};
use contracts::events::InvoiceStuck;
use contracts::items::{Item, attributes, kinds, record};
use contracts::records::{AuditRow, EventRow, LedgerRow};
use contracts::tables::keys;
use contracts::{Event, EventId};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The items of an invoice's partitions in the other tables; `None` where a table was not read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trails {
    /// In the audit trail.
    pub audit: Option<Vec<Item>>,
    /// In the ledger.
    pub ledger: Option<Vec<Item>>,
    /// What could not be read, and why.
    pub unseen: Vec<String>,
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerLine {
    /// The event that was booked.
    pub event_id: String,
    /// Its name.
    pub event_type: String,
    /// From 1 within the posting.
    pub line: u32,
    /// The account of the books.
    pub account: String,
    /// In minor units of the currency: debit positive, credit negative.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// When the event happened.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// What the audit trail holds of an invoice, and whether its chain holds (R14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditLine {
    /// How many versions it holds.
    pub versions: u64,
    /// How many events it holds.
    pub events: u64,
    /// Versions that the invoice has and the trail does not hold yet: the newest come a little later.
    pub behind: u64,
    /// Whether every row is what its follower says, and the newest is the record as it stands.
    pub holds: bool,
    /// Where it breaks.
    pub fault: Option<String>,
}

/// Adds to an invoice's story what the other tables tell. `items` are those that the story was made from.
pub fn add(trace: &mut Trace, items: &[Item], trails: Trails) {
    trace.unseen = trails.unseen;
    let mut entries = Vec::new();
    if let Some(ledger) = trails.ledger {
        let rows: Vec<LedgerRow> = read(&ledger, kinds::LEDGER, &mut trace.unread);
        entries.extend(postings(&rows));
        trace.ledger = rows.iter().map(ledger_line).collect();
        trace
            .ledger
            .sort_by(|a, b| (a.at, &a.event_id, a.line).cmp(&(b.at, &b.event_id, b.line)));
    }
    if let Some(audit) = trails.audit {
        let mut rows: Vec<AuditRow> = read(&audit, kinds::AUDIT, &mut trace.unread);
        let events: Vec<EventRow> = read(&audit, kinds::AUDIT_EVENT, &mut trace.unread);
        rows.sort_by_key(|row| row.version);
        entries.extend(unrecorded(&events, trace));
        trace.audit = Some(judged(&rows, &events, items));
    }
    entries.sort_by(|a, b| (a.at, a.kind, &a.event_id).cmp(&(b.at, b.kind, &b.event_id)));
    for entry in entries {
        let earlier = trace
            .timeline
            .iter()
            .rposition(|there| there.at <= entry.at);
        let place = earlier.map_or(0, |index| index + 1);
        trace.timeline.insert(place, entry);
    }
}

/// The records of one kind; what can't be read is named.
fn read<T: serde::de::DeserializeOwned>(
    items: &[Item],
    kind: &str,
    unread: &mut Vec<String>,
) -> Vec<T> {
    let of_kind = |item: &&Item| item.get(attributes::KIND).and_then(Value::as_str) == Some(kind);
    let mut records = Vec::new();
    for item in items.iter().filter(of_kind) {
        match record(item) {
            Ok(record) => records.push(record),
            Err(odd) => unread.push(odd.sort_key),
        }
    }
    records
}

fn ledger_line(row: &LedgerRow) -> LedgerLine {
    LedgerLine {
        event_id: row.event_id.to_string(),
        event_type: row.event_type.clone(),
        line: row.line,
        account: crate::timeline::word(row.account).unwrap_or_default(),
        amount_minor: row.amount.minor,
        currency: row.amount.currency.as_str().to_owned(),
        at: row.at,
    }
}

/// One entry for each posting, with what it says of each account.
fn postings(rows: &[LedgerRow]) -> Vec<Entry> {
    let mut by_event: BTreeMap<EventId, Vec<&LedgerRow>> = BTreeMap::new();
    for row in rows {
        by_event.entry(row.event_id).or_default().push(row);
    }
    let posting = |mut rows: Vec<&LedgerRow>| {
        rows.sort_by_key(|row| row.line);
        let first = *rows.first()?;
        let accounts: Vec<_> = rows.iter().map(|row| side(row)).collect();
        Some(Entry {
            event_type: Some(first.event_type.clone()),
            event_id: Some(first.event_id.to_string()),
            note: Some(accounts.join(", ")),
            ..entry(first.at, EntryKind::Booked)
        })
    };
    by_event.into_values().filter_map(posting).collect()
}

fn side(row: &LedgerRow) -> String {
    let account = crate::timeline::word(row.account).unwrap_or_default();
    let side = if row.amount.minor < 0 {
        "credit"
    } else {
        "debit"
    };
    let mut amount = row.amount.clone();
    amount.minor = amount.minor.saturating_abs();
    format!("{side} {account} {amount}")
}

/// Events that the invoice's own partition does not hold: what was submitted, and that it was stuck.
fn unrecorded(events: &[EventRow], trace: &Trace) -> Vec<Entry> {
    let known: BTreeSet<_> = trace
        .timeline
        .iter()
        .filter(|entry| entry.kind == EntryKind::Event)
        .filter_map(|entry| entry.event_id.clone())
        .collect();
    let unknown = events
        .iter()
        .filter(|event| !known.contains(&event.event_id.to_string()));
    unknown.filter_map(event_entry).collect()
}

fn event_entry(event: &EventRow) -> Option<Entry> {
    let metadata = event.detail.get("metadata")?;
    let at = metadata.get("timestamp").and_then(Value::as_str)?;
    let at = OffsetDateTime::parse(at, &Rfc3339).ok()?;
    let stuck = event.event_type == InvoiceStuck::SPEC.name;
    let state = event.detail.get("data").and_then(|data| data.get("state"));
    Some(Entry {
        event_type: Some(event.event_type.clone()),
        event_id: Some(event.event_id.to_string()),
        version: metadata.get("aggregateVersion").and_then(Value::as_u64),
        note: state.and_then(Value::as_str).map(str::to_owned),
        // The audit trail has it from the bus.
        published_at: Some(at),
        ..entry(
            at,
            if stuck {
                EntryKind::Stuck
            } else {
                EntryKind::Event
            },
        )
    })
}

/// Whether the trail holds, against the record as it stands.
fn judged(rows: &[AuditRow], events: &[EventRow], items: &[Item]) -> AuditLine {
    let head = items
        .iter()
        .find(|item| item.get(attributes::SK).and_then(Value::as_str) == Some(keys::HEAD));
    let version = head
        .and_then(|head| head.get(attributes::VERSION)?.as_u64())
        .unwrap_or_default();
    let record = head.and_then(|head| head.get(attributes::RECORD));
    let judgement = verify(rows).and_then(|()| match record {
        Some(record) => agrees(rows, version, record),
        None => Ok(()),
    });
    let held = rows.last().map_or(0, |row| row.version);
    AuditLine {
        versions: rows.len() as u64,
        events: events.len() as u64,
        behind: version.saturating_sub(held),
        holds: judgement.is_ok(),
        fault: judgement.err().map(|fault: ChainFault| fault.to_string()),
    }
}

impl Trace {
    /// How the rows of the ledger sum up, by currency, where they don't sum to zero.
    #[must_use]
    pub fn unbalanced(&self) -> Vec<(String, i64)> {
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        for row in &self.ledger {
            let sum = sums.entry(&row.currency).or_default();
            *sum = sum.saturating_add(row.amount_minor);
        }
        let odd = sums.into_iter().filter(|(_, sum)| *sum != 0);
        odd.map(|(currency, sum)| (currency.to_owned(), sum))
            .collect()
    }
}
