//! The payment provider's sandbox: its durable state is the bucket. An order is one object, written only if there is none,
//! so that handing it in twice is one payment; the object is the payment instruction, and what became of it rests beside it.
//!
//! Amounts steer it, like a card network's test numbers: a minor amount that ends in 66613 is declined, every time it is
//! tried; one that ends in 66614 gets no answer at first and turns out settled when asked for; one that ends in 66615 is
//! declined at the first attempt and settles at any later one. Everything else settles at once. It moves no money.

use crate::documents::{NewObject, Written};
use crate::world::World;
use contracts::ids::Sha256Hex;
use contracts::needs::{self, Prefix};
use contracts::{Handler, Needs};
use ports::{Answer, PayVendors, Payer, PaymentOrder, PortError, ProviderAnswer, instruction};
use std::collections::HashMap;

/// Minor amounts with this ending are declined.
const DECLINED: i64 = 66_613;
/// Minor amounts with this ending are settled, and the first answer gets lost.
const UNANSWERED: i64 = 66_614;
/// Minor amounts with this ending are declined at the first attempt, and settled at any later one.
const DECLINED_ONCE: i64 = 66_615;
const ENDING: i64 = 100_000;

/// Names of what rests beside an instruction.
const STATUS: &str = "status";
const TERMS: &str = "terms";

/// What the sandbox does with an order.
fn fate(order: &PaymentOrder) -> ProviderAnswer {
    match order.amount.minor % ENDING {
        DECLINED => ProviderAnswer::Declined,
        DECLINED_ONCE if order.attempt == 1 => ProviderAnswer::Declined,
        _ => ProviderAnswer::Settled,
    }
}

/// What it answers when the order is handed in for the first time.
fn first_answer(order: &PaymentOrder) -> ProviderAnswer {
    if order.amount.minor % ENDING == UNANSWERED {
        ProviderAnswer::Unknown
    } else {
        fate(order)
    }
}

/// Digest of what a payment key stands for: the same key with other terms is refused.
fn terms(order: &PaymentOrder) -> Sha256Hex {
    let amount = &order.amount;
    let terms = format!(
        "{}\u{1f}{}\u{1f}{}",
        amount.minor,
        amount.currency.as_str(),
        order.payee_account
    );
    Sha256Hex::of(terms.as_bytes())
}

fn status_name(answer: ProviderAnswer) -> &'static str {
    match answer {
        ProviderAnswer::Declined => "declined",
        _ => "settled",
    }
}

fn object_key(key: &str, attempt: u32) -> String {
    format!("{}{key}-{attempt}", Prefix::Instructions.as_str())
}

/// The answer that rests beside an instruction.
fn stored_answer(object: &str, beside: &HashMap<String, String>) -> Answer<ProviderAnswer> {
    match beside.get(STATUS).map(String::as_str) {
        Some("settled") => Ok(ProviderAnswer::Settled),
        Some("declined") => Ok(ProviderAnswer::Declined),
        _ => Err(PortError::Corrupt {
            subject: object.to_owned(),
            reason: "nothing beside it says what became of it".into(),
        }),
    }
}

impl<H: Handler> World<H> {
    /// What rests beside an instruction, or nothing where there is none.
    async fn beside(&self, object: &str) -> Answer<Option<HashMap<String, String>>> {
        let found = self.look_up(object).await?;
        Ok(found.map(|head| head.metadata.unwrap_or_default()))
    }
}

impl<H> PayVendors for World<H>
where
    H: Needs<needs::ReadInstructions> + Needs<needs::WriteInstructions>,
{
    async fn pay(&self, order: &PaymentOrder) -> Answer<ProviderAnswer> {
        let document = instruction(order, &Payer::sandbox());
        let object = object_key(&order.key, order.attempt);
        let terms = terms(order);
        let written = self
            .write_object(NewObject {
                key: &object,
                bytes: &document.bytes,
                sha256: &Sha256Hex::of(&document.bytes),
                content_type: document.media_type,
                metadata: &[(STATUS, status_name(fate(order))), (TERMS, terms.as_str())],
            })
            .await?;
        if let Written::New(_) = written {
            return Ok(first_answer(order));
        }
        let Some(beside) = self.beside(&object).await? else {
            return Ok(ProviderAnswer::Unknown);
        };
        if beside.get(TERMS).map(String::as_str) != Some(terms.as_str()) {
            return Err(PortError::Conflict {
                subject: format!("payment {} attempt {}", order.key, order.attempt),
            });
        }
        stored_answer(&object, &beside)
    }

    async fn payment_status(&self, key: &str, attempt: u32) -> Answer<ProviderAnswer> {
        let object = object_key(key, attempt);
        match self.beside(&object).await? {
            Some(beside) => stored_answer(&object, &beside),
            None => Ok(ProviderAnswer::NotFound),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;

    fn order(minor: i64) -> PaymentOrder {
        serde_json::from_value(serde_json::json!({
            "key": "a-1", "attempt": 1, "amount": { "minor": minor, "currency": "EUR" },
            "payeeAccount": "DE1", "payeeName": "n", "reference": "r", "requestedAt": "2026-01-01T00:00:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn r26_amounts_steer_the_sandbox() {
        assert_eq!(first_answer(&order(12_000)), ProviderAnswer::Settled);
        assert_eq!(first_answer(&order(66_613)), ProviderAnswer::Declined);
        assert_eq!(first_answer(&order(366_614)), ProviderAnswer::Unknown);
        assert_eq!(fate(&order(66_614)), ProviderAnswer::Settled);
        assert_eq!(first_answer(&order(566_615)), ProviderAnswer::Declined);
        let second = PaymentOrder {
            attempt: 2,
            ..order(566_615)
        };
        assert_eq!(first_answer(&second), ProviderAnswer::Settled);
    }

    #[test]
    fn r12_other_terms_are_told_from_the_same() {
        let mut renamed = order(12_000);
        renamed.payee_name = "another spelling".into();
        assert_eq!(terms(&order(12_000)), terms(&renamed));
        assert_ne!(terms(&order(12_000)), terms(&order(12_001)));
        let mut elsewhere = order(12_000);
        elsewhere.payee_account = "DE2".into();
        assert_ne!(terms(&order(12_000)), terms(&elsewhere));
    }

    #[test]
    fn what_became_of_an_order_reads_back() {
        for answer in [ProviderAnswer::Settled, ProviderAnswer::Declined] {
            let beside = HashMap::from([(STATUS.to_owned(), status_name(answer).to_owned())]);
            assert_eq!(stored_answer("o", &beside).unwrap(), answer);
        }
        assert!(stored_answer("o", &HashMap::new()).is_err());
    }
}
