//! Each sample of `samples/` is what its README line says.

use super::*;
use contracts::records::Registration;
use contracts::{VendorId, events::DocumentFormat};

fn sample(text: &str) -> Document {
    read(text.as_bytes()).unwrap()
}

fn payable_of_valid(text: &str) -> i64 {
    assert_eq!(rules(text), Vec::<String>::new());
    sample(text).summary().unwrap().payable.minor
}

#[test]
fn r23_the_samples_that_are_valid_have_no_violations() {
    assert_eq!(payable_of_valid(INVOICE), 97_580);
    assert_eq!(payable_of_valid(JSON), 22_313);
    assert_eq!(
        payable_of_valid(include_str!("../../../../samples/credit-note.xml")),
        10_710
    );
    assert_eq!(
        payable_of_valid(include_str!("../../../../samples/negative-invoice.xml")),
        -10_710
    );
    assert_eq!(
        payable_of_valid(include_str!("../../../../samples/prepaid-invoice.xml")),
        0
    );
    assert_eq!(
        payable_of_valid(include_str!("../../../../samples/large-approval.xml")),
        1_785_000
    );
}

#[test]
fn r24_the_samples_that_are_not_valid_break_the_rule_that_they_are_for() {
    let total = include_str!("../../../../samples/wrong-total.xml");
    assert_eq!(rules(total), ["BR-CO-16"]);
    let price = include_str!("../../../../samples/negative-price.xml");
    assert_eq!(rules(price), ["BR-27"]);
}

#[test]
fn credit_notes_are_told_by_root_and_by_code() {
    let note = sample(include_str!("../../../../samples/credit-note.xml"));
    assert!(note.summary().unwrap().credit_note);
    assert!(!sample(INVOICE).summary().unwrap().credit_note);
    let by_code = with(INVOICE, ">380<", ">381<");
    assert!(sample(&by_code).is_credit_note());
}

#[test]
fn r26_the_summary_keeps_how_it_is_paid_and_every_account() {
    use contracts::records::PaymentMeans;
    let kept = |text: &str| {
        let summary = sample(text).summary().unwrap();
        (summary.payment_means, summary.payee_accounts)
    };
    let own = "DE89370400440532013000".to_owned();
    assert_eq!(kept(INVOICE), (PaymentMeans::Transfer, vec![own.clone()]));
    let other = "<cac:PaymentMeans><cbc:PaymentMeansCode>58</cbc:PaymentMeansCode><cac:PayeeFinancialAccount>\
                 <cbc:ID>DE02120300000000202051</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>";
    let two = with(
        INVOICE,
        "<cac:PaymentTerms>",
        &format!("{other}<cac:PaymentTerms>"),
    );
    assert_eq!(kept(&two).1, [own, "DE02120300000000202051".to_owned()]);
    let begin = INVOICE.find("<cac:PayeeFinancialAccount>").unwrap();
    let close = "</cac:PayeeFinancialAccount>";
    let end = INVOICE.find(close).unwrap() + close.len();
    for (code, group, means) in [
        (
            "59",
            "<cac:PaymentMandate><cbc:ID>M-1</cbc:ID></cac:PaymentMandate>",
            PaymentMeans::DirectDebit,
        ),
        (
            "48",
            "<cac:CardAccount><cbc:PrimaryAccountNumberID>1234</cbc:PrimaryAccountNumberID>\
             <cbc:NetworkID>VISA</cbc:NetworkID></cac:CardAccount>",
            PaymentMeans::Card,
        ),
    ] {
        let text = with(INVOICE, &INVOICE[begin..end], group);
        assert_eq!(kept(&text), (means, Vec::new()), "by its group");
        let text = with(&text, ">58<", &format!(">{code}<"));
        assert_eq!(kept(&text).0, means);
    }
    let by_code = with(INVOICE, ">58<", ">49<");
    assert_eq!(kept(&by_code).0, PaymentMeans::DirectDebit);
}

#[test]
fn the_registration_sample_is_the_seller_of_the_invoices() {
    let registration: Registration =
        serde_json::from_str(include_str!("../../../../samples/vendor.json")).unwrap();
    for text in [INVOICE, JSON] {
        assert_eq!(sample(text).registration().unwrap(), registration);
        assert_eq!(
            VendorId::of(&registration.identity().unwrap()),
            sample(text).vendor_id()
        );
    }
}

#[test]
fn the_same_bytes_are_the_same_invoice_and_other_bytes_another() {
    let one = sample(INVOICE);
    assert_eq!(one.invoice_id(), sample(INVOICE).invoice_id());
    let other = sample(&with(INVOICE, "EK-2207", "EK-2209"));
    assert_eq!(one.key(), other.key());
    assert_ne!(one.invoice_id(), other.invoice_id());
    assert_eq!(one.format(), DocumentFormat::Ubl);
    assert_eq!(one.bytes(), INVOICE.len());
}
