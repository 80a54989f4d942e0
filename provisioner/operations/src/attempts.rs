//! How a payment stands, and its attempts before the newest one: a payment's record keeps only that, and the events that
//! announced the declines keep the others.

use crate::timeline::{Entry, EntryKind, PaymentLine, entry, word};
use contracts::items::OutboxRecord;
use contracts::records::{PaymentRecord, PaymentStatus};
use contracts::{Amount, Event, events::PaymentFailed};
use serde_json::Value;

/// The payment as it stands.
pub(crate) fn payment_line(payment: &PaymentRecord) -> PaymentLine {
    let Amount { minor, currency } = &payment.amount;
    PaymentLine {
        key: payment.key.clone(),
        attempt: payment.attempt,
        amount_minor: *minor,
        currency: currency.as_str().to_owned(),
        status: payment.status,
        at: payment.at,
    }
}

/// The declined attempts before the newest one, and how that stands.
pub(crate) fn attempt_entries<'a>(
    payment: &PaymentRecord,
    events: impl Iterator<Item = &'a OutboxRecord>,
) -> Vec<Entry> {
    let earlier = events.filter_map(|event| {
        let attempt = declined(event, &payment.key)?;
        (attempt < payment.attempt).then(|| {
            let note = told(payment, PaymentStatus::Declined, attempt);
            Entry {
                note: Some(note),
                ..entry(event.at, EntryKind::Payment)
            }
        })
    });
    let newest = Entry {
        note: Some(told(payment, payment.status, payment.attempt)),
        ..entry(payment.at, EntryKind::Payment)
    };
    earlier.chain([newest]).collect()
}

fn told(payment: &PaymentRecord, status: PaymentStatus, attempt: u32) -> String {
    let status = word(status).unwrap_or_default();
    let attempt = match attempt {
        0 | 1 => String::new(),
        further => format!(", attempt {further}"),
    };
    format!("{} {status}{attempt}", payment.amount)
}

/// The attempt of a payment that an event says was declined.
fn declined(event: &OutboxRecord, key: &str) -> Option<u32> {
    if event.event_type != PaymentFailed::SPEC.name {
        return None;
    }
    let detail: Value = serde_json::from_str(&event.detail).ok()?;
    let failed = detail.get("data")?;
    let is = |field: &str, text: &str| failed.get(field).and_then(Value::as_str) == Some(text);
    let attempt = failed.get("attempt").and_then(Value::as_u64)?;
    (is("reason", "declined") && is("paymentKey", key))
        .then(|| u32::try_from(attempt).ok())
        .flatten()
}
