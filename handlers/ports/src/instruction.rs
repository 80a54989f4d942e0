//! The document that tells a bank to pay: ISO 20022 pain.001.001.09 where the payment is a SEPA one, else our JSON.
//!
//! SEPA means euro, and IBANs of the SEPA area on both ends; the crate `sepa` writes the message and checks it by the
//! EPC's rules. Many real invoices carry account numbers that are no IBANs, or other currencies: what that message can't
//! carry goes as JSON. The same order gives the same bytes: no clock, no random message id. Whoever is the provider writes
//! these bytes where the bank, or in the sandbox an auditor, finds them.

use crate::payments::PaymentOrder;
use contracts::ids::Sha256Hex;
use sepa::{
    CreditTransferEntry, CreditTransferGroup, Iban, IsoDate, IsoDateTime, Pain001Builder,
    validate_iban,
};
use serde::Serialize;
use time::UtcOffset;

/// The longest name that pain.001 carries (`Max70Text`); longer ones are cut, as banks do.
const MAX_NAME: usize = 70;

/// Who pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Payer {
    /// The account holder.
    pub name: String,
    /// The account that is debited.
    pub iban: String,
}

impl Payer {
    /// Who pays in the sandbox: nobody. The account is the IBAN registry's example and debits no one.
    #[must_use]
    pub fn sandbox() -> Self {
        Self {
            name: "Sandbox payer".to_owned(),
            iban: "DE89370400440532013000".to_owned(),
        }
    }
}

/// A payment instruction, ready to be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// `application/xml` (pain.001) or `application/json`.
    pub media_type: &'static str,
    /// The document.
    pub bytes: Vec<u8>,
}

/// The instruction for an order: pain.001 where it can be one, else JSON.
#[must_use]
pub fn instruction(order: &PaymentOrder, payer: &Payer) -> Instruction {
    match pain001(order, payer) {
        Some(xml) => Instruction {
            media_type: "application/xml",
            bytes: xml.into_bytes(),
        },
        None => Instruction {
            media_type: "application/json",
            bytes: json(order, payer),
        },
    }
}

fn pain001(order: &PaymentOrder, payer: &Payer) -> Option<String> {
    if order.amount.currency.as_str() != "EUR" {
        return None;
    }
    let debtor = sepa_account(&payer.iban)?;
    let creditor = sepa_account(&order.payee_account)?;
    let at = order.requested_at.to_offset(UtcOffset::UTC);
    let year = u16::try_from(at.year()).ok()?;
    let day = IsoDate::new(year, u8::from(at.month()), at.day()).ok()?;
    let created = IsoDateTime::new(day, at.hour(), at.minute(), at.second()).ok()?;
    let transfer = CreditTransferEntry::new(
        name(&order.payee_name),
        creditor,
        order.amount.minor,
        end_to_end_id(order),
    )
    .with_description(order.reference.as_str());
    let group = CreditTransferGroup::new(name(&payer.name), &debtor, day).add_entry(transfer);
    Pain001Builder::new(name(&payer.name), message_id(order))
        .created_at(created)
        .add_group(group)
        .build()
        .ok()
}

fn sepa_account(account: &str) -> Option<Iban> {
    validate_iban(account).ok().filter(Iban::is_sepa)
}

/// A name in the SEPA character set, at most as long as the message takes.
fn name(text: &str) -> String {
    let plain = sepa::charset::transliterate(text, sepa::charset::Transliteration::Epc);
    sepa::validate::truncate_chars(&plain, MAX_NAME).to_owned()
}

/// What the payee's bank reports back, `Max35Text`: the payment key without the hyphens of its UUID.
fn end_to_end_id(order: &PaymentOrder) -> String {
    order.key.replace('-', "")
}

/// What the bank tells a resent file from a new one by, `Max35Text`: one for each key and attempt.
fn message_id(order: &PaymentOrder) -> String {
    let digest = Sha256Hex::of(format!("{}-{}", order.key, order.attempt).as_bytes());
    digest.as_str().chars().take(35).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    format: &'static str,
    payer: &'a Payer,
    order: &'a PaymentOrder,
}

fn json(order: &PaymentOrder, payer: &Payer) -> Vec<u8> {
    let document = Document {
        format: "payment-instruction-v1",
        payer,
        order,
    };
    // Strings and integers only: this always serialises.
    serde_json::to_vec_pretty(&document).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use contracts::{Amount, Currency};
    use time::macros::datetime;

    fn order(account: &str, currency: &str) -> PaymentOrder {
        PaymentOrder {
            key: "0b6f3f6e-2d4e-5d0a-9d35-6a1c8e7f0a11-1".into(),
            attempt: 1,
            amount: Amount {
                minor: 123_450,
                currency: Currency::parse(currency).unwrap(),
            },
            payee_account: account.into(),
            payee_name: "Müller & Söhne GmbH".into(),
            reference: "R-2026/17".into(),
            requested_at: datetime!(2026-03-04 05:06:07 UTC),
        }
    }

    fn text(order: &PaymentOrder) -> (&'static str, String) {
        let instruction = instruction(order, &Payer::sandbox());
        (
            instruction.media_type,
            String::from_utf8(instruction.bytes).unwrap(),
        )
    }

    #[test]
    fn a_sepa_payment_is_pain001() {
        let (media_type, xml) = text(&order("NL91 ABNA 0417 1643 00", "EUR"));
        assert_eq!(media_type, "application/xml");
        for part in [
            "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09",
            r#"<InstdAmt Ccy="EUR">1234.50</InstdAmt>"#,
            "<IBAN>NL91ABNA0417164300</IBAN>",
            "<EndToEndId>0b6f3f6e2d4e5d0a9d356a1c8e7f0a111</EndToEndId>",
            "<Dt>2026-03-04</Dt>",
            "<CreDtTm>2026-03-04T05:06:07",
            "<Ustrd>R-2026/17</Ustrd>",
            "<Nm>Muller + Sohne GmbH</Nm>",
        ] {
            assert!(xml.contains(part), "{part} is not in {xml}");
        }
    }

    #[test]
    fn an_account_that_is_no_iban_is_paid_by_json() {
        for (account, currency) in [("123456789", "EUR"), ("NL91ABNA0417164300", "SEK")] {
            let order = order(account, currency);
            let (media_type, json) = text(&order);
            assert_eq!(media_type, "application/json");
            let json: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(json["order"]["payeeAccount"], account);
            assert_eq!(json["order"]["amount"]["minor"], 123_450);
            assert_eq!(json["order"]["requestedAt"], "2026-03-04T05:06:07Z");
        }
    }

    #[test]
    fn r12_the_same_order_is_the_same_document_and_a_further_attempt_is_not() {
        let first = order("NL91ABNA0417164300", "EUR");
        let second = PaymentOrder {
            attempt: 2,
            ..first.clone()
        };
        assert_eq!(text(&first), text(&first));
        assert_ne!(text(&first), text(&second));
    }
}
