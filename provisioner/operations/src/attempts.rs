//! How a payment stands, and how it stood before: a payment's record keeps only the newest, the events that announced the declines
//! keep the attempts before it, and the steps of the invoice keep that the provider gave no answer.

use crate::timeline::{Entry, EntryKind, PaymentLine, entry, word};
use contracts::items::OutboxRecord;
use contracts::records::{HistoryRecord, PaymentRecord, PaymentStatus};
use contracts::{Amount, Event, State, events::PaymentFailed};
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

/// The declined attempts before the newest one, the times without an answer, and how the newest attempt stands.
pub(crate) fn attempt_entries<'a>(
    payment: &PaymentRecord,
    events: impl Iterator<Item = &'a OutboxRecord>,
    history: &[HistoryRecord],
) -> Vec<Entry> {
    let line = |at, status, attempt| Entry {
        note: Some(told(payment, status, attempt)),
        ..entry(at, EntryKind::Payment)
    };
    let declined: Vec<_> = events
        .filter_map(|event| Some((event.at, declined(event, &payment.key)?)))
        .filter(|(_, attempt)| *attempt < payment.attempt)
        .collect();
    let unanswered = history
        .iter()
        .filter(|step| step.to == Some(State::PaymentUnknown) && step.at < payment.at)
        .map(|step| {
            let before = declined.iter().filter(|(at, _)| *at <= step.at);
            let attempt = before.map(|(_, attempt)| attempt + 1).max().unwrap_or(1);
            line(step.at, PaymentStatus::Unknown, attempt)
        });
    let earlier = declined
        .iter()
        .map(|(at, attempt)| line(*at, PaymentStatus::Declined, *attempt));
    let newest = line(payment.at, payment.status, payment.attempt);
    unanswered.chain(earlier).chain([newest]).collect()
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
