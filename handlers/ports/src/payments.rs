//! The payment provider as a decision sees it.

use contracts::Amount;
use contracts::records::{PaymentRecord, PaymentStatus};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What a provider is asked to pay. The key is permanent: the provider must treat a second order with it as the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentOrder {
    /// `<invoiceId>-<instalment>`.
    pub key: String,
    /// From 1; more than 1 only after a definite decline.
    pub attempt: u32,
    /// What to pay.
    pub amount: Amount,
    /// The account to pay to.
    pub payee_account: String,
    /// The payee's name.
    pub payee_name: String,
    /// What the payee sees: the invoice's number.
    pub reference: String,
    /// When the payment's record came to stand as it does: from the record, not from the clock of the moment.
    #[serde(with = "time::serde::rfc3339")]
    pub requested_at: OffsetDateTime,
}

/// What a provider says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderAnswer {
    /// Settled for good.
    Settled,
    /// Declined for good.
    Declined,
    /// It never got the order (only as the answer to a query).
    NotFound,
    /// No answer in time: it may or may not have the order.
    Unknown,
}

/// How a stored payment stands, and by how much the attempt of the next record must be higher. What is not listed (SETTLED)
/// is followed by nothing.
pub const SUCCESSION: [(PaymentStatus, u32); 3] = [
    (PaymentStatus::Claimed, 0),
    (PaymentStatus::Unknown, 0),
    (PaymentStatus::Declined, 1),
];

/// Whether a stored payment may become `next`: key, amount and payee are permanent, an attempt has one outcome, and a
/// further attempt follows a definite decline only ([`SUCCESSION`], R12). A store makes this its condition and refuses anything else with
/// [`crate::PortError::Conflict`].
#[must_use]
pub fn may_follow(stored: &PaymentRecord, next: &PaymentRecord) -> bool {
    let same = stored.key == next.key
        && stored.amount == next.amount
        && stored.payee_account == next.payee_account;
    let may = |(status, higher): &(PaymentStatus, u32)| {
        stored.status == *status && stored.attempt.checked_add(*higher) == Some(next.attempt)
    };
    same && SUCCESSION.iter().any(may)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::sample;

    fn payment(status: PaymentStatus, attempt: u32) -> PaymentRecord {
        PaymentRecord {
            key: "key-1".into(),
            instalment: 1,
            attempt,
            amount: sample::euro(12_000),
            payee_account: sample::ACCOUNT.into(),
            status,
            at: sample::origin().now,
            cause: None,
        }
    }

    #[test]
    fn r12_an_attempt_has_one_outcome_and_another_follows_a_decline_only() {
        use PaymentStatus::{Claimed, Declined, Settled, Unknown};
        for (stored, attempt, allowed) in [
            (Claimed, 1, true),
            (Claimed, 2, false),
            (Unknown, 1, true),
            (Unknown, 2, false),
            (Declined, 1, false),
            (Declined, 2, true),
            (Declined, 3, false),
            (Settled, 1, false),
            (Settled, 2, false),
        ] {
            let may = may_follow(&payment(stored, 1), &payment(Claimed, attempt));
            assert_eq!(may, allowed, "{stored:?}, then attempt {attempt}");
        }
    }

    #[test]
    fn r12_key_amount_and_payee_are_permanent() {
        let stored = payment(PaymentStatus::Claimed, 1);
        let with = |change: fn(&mut PaymentRecord)| {
            let mut next = stored.clone();
            change(&mut next);
            may_follow(&stored, &next)
        };
        assert!(with(|_| {}));
        assert!(!with(|next| next.key.push('2')));
        assert!(!with(|next| next.amount = sample::euro(12_001)));
        assert!(!with(|next| next.payee_account = "other".into()));
    }
}
