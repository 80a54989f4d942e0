//! Germany, UBL only. Asked where the addresses of seller and buyer are both German.

use super::Findings;
use super::shapes::{is_digits, is_email, is_iban};
use super::terms::{Party, Terms, all, first, norm, normal, value};
use crate::xml::text;
use roxmltree::Node;
use std::collections::BTreeSet;

pub(super) fn judge(terms: &Terms<'_, '_>, found: &mut Findings) {
    if !terms.domestic("DE") {
        return;
    }
    document(terms.root, found);
    direct_debit(terms.root, found);
    if let Some(seller) = terms.seller {
        contact(seller, found);
        place(seller.address(), ["DE-R-003", "DE-R-004"], None, found);
    }
    if let Some(buyer) = terms.buyer {
        place(buyer.address(), ["DE-R-008", "DE-R-009"], None, found);
    }
    let places = all(terms.root, "Delivery/DeliveryLocation/Address");
    for (index, address) in places.into_iter().enumerate() {
        let rules = ["DE-R-010", "DE-R-011"];
        place(Some(address), rules, Some(index), found);
    }
    for (index, means) in all(terms.root, "PaymentMeans").into_iter().enumerate() {
        self::means(means, index, found);
    }
    let categories = all(terms.root, "TaxTotal/TaxSubtotal");
    for (index, category) in categories.into_iter().enumerate() {
        let rated = is_filled(category, "TaxCategory/Percent");
        found.unless_at(rated, "DE-R-014", index);
    }
}

fn document(root: Node<'_, '_>, found: &mut Findings) {
    const TYPES: &[&str] = &["326", "380", "384", "389", "381", "875", "876", "877"];
    let has = |path| first(root, path).is_some();
    let codes: Vec<_> = ["InvoiceTypeCode", "CreditNoteTypeCode"]
        .into_iter()
        .filter_map(|path| value(root, path))
        .collect();
    found.unless(has("PaymentMeans"), "DE-R-001");
    found.unless(is_filled(root, "BuyerReference"), "DE-R-015");
    let identified = has("TaxRepresentativeParty")
        || is_filled(
            root,
            "AccountingSupplierParty/Party/PartyTaxScheme/CompanyID",
        );
    found.unless(!is_taxed(root) || identified, "DE-R-016");
    let usual = codes.iter().any(|code| TYPES.contains(&code.as_str()));
    found.unless(usual, "DE-R-017");
    let mut notes = all(root, "PaymentTerms")
        .into_iter()
        .filter_map(|terms| value(terms, "Note"));
    found.unless(notes.all(|note| discounts_read(&note)), "DE-R-018");
    let names = "AdditionalDocumentReference/Attachment/EmbeddedDocumentBinaryObject";
    let mut seen = BTreeSet::new();
    let unique = all(root, names)
        .into_iter()
        .filter_map(|object| object.attribute("filename"))
        .all(|name| seen.insert(name));
    found.unless(unique, "DE-R-022");
    let corrected = codes.iter().any(|code| code.trim() == "384");
    let refers = has("BillingReference/InvoiceDocumentReference");
    found.unless(!corrected || refers, "DE-R-026");
}

/// A VAT category of the document or of a line is one that needs the seller to be known to a tax office.
fn is_taxed(root: Node<'_, '_>) -> bool {
    let paths = [
        "AllowanceCharge/TaxCategory/ID",
        "InvoiceLine/Item/ClassifiedTaxCategory/ID",
        "CreditNoteLine/Item/ClassifiedTaxCategory/ID",
    ];
    let mut codes = paths.iter().flat_map(|path| all(root, path));
    codes.any(|code| {
        let code = text(code);
        ["S", "Z", "E", "AE", "K", "G", "L", "M"].contains(&code.as_str())
    })
}

fn direct_debit(root: Node<'_, '_>, found: &mut Findings) {
    if first(root, "PaymentMeans/PaymentMandate").is_none() {
        return;
    }
    let creditor = [
        "AccountingSupplierParty/Party/PartyIdentification/ID",
        "PayeeParty/PartyIdentification/ID",
    ]
    .iter()
    .flat_map(|path| all(root, path))
    .any(|id| id.attribute("schemeID") == Some("SEPA"));
    found.unless(creditor, "DE-R-030");
    let debited = "PaymentMeans/PaymentMandate/PayerFinancialAccount/ID";
    found.unless(first(root, debited).is_some(), "DE-R-031");
}

fn contact(seller: Party<'_, '_>, found: &mut Findings) {
    let contact = first(seller.node, "Contact");
    found.unless(contact.is_some(), "DE-R-002");
    let Some(contact) = contact else {
        return;
    };
    found.unless(is_filled(contact, "Name"), "DE-R-005");
    found.unless(is_filled(contact, "Telephone"), "DE-R-006");
    found.unless(is_filled(contact, "ElectronicMail"), "DE-R-007");
    let telephone = norm(contact, "Telephone");
    let figures = telephone.bytes().filter(u8::is_ascii_digit).count();
    found.unless(figures >= 3, "DE-R-027");
    found.unless(is_email(&norm(contact, "ElectronicMail")), "DE-R-028");
}

/// City and post code of an address.
fn place(
    address: Option<Node<'_, '_>>,
    [city, zone]: [&str; 2],
    index: Option<usize>,
    found: &mut Findings,
) {
    let Some(address) = address else {
        return;
    };
    for (name, rule) in [("CityName", city), ("PostalZone", zone)] {
        if !is_filled(address, name) {
            found.add(rule, index);
        }
    }
}

/// What must come with the way to pay, and what must not.
fn means(means: Node<'_, '_>, index: usize, found: &mut Findings) {
    let has = |path| first(means, path).is_some();
    let iban = |path| value(means, path).is_some_and(|id| is_iban(&id));
    let (account, card, mandate) = (
        has("PayeeFinancialAccount"),
        has("CardAccount"),
        has("PaymentMandate"),
    );
    let code = norm(means, "PaymentMeansCode");
    match code.as_str() {
        "30" | "58" => {
            let valid = code == "30" || iban("PayeeFinancialAccount/ID");
            found.unless_at(valid, "DE-R-019", index);
            found.unless_at(account, "DE-R-023-1", index);
            found.unless_at(!card && !mandate, "DE-R-023-2", index);
        }
        "48" | "54" | "55" => {
            found.unless_at(card, "DE-R-024-1", index);
            found.unless_at(!account && !mandate, "DE-R-024-2", index);
        }
        "59" => {
            let valid = iban("PaymentMandate/PayerFinancialAccount/ID");
            found.unless_at(valid, "DE-R-020", index);
            found.unless_at(mandate, "DE-R-025-1", index);
            found.unless_at(!account && !card, "DE-R-025-2", index);
        }
        _ => {}
    }
}

/// Every line of the payment terms that begins with `#` is a cash discount, and a line break follows the last of them.
fn discounts_read(note: &str) -> bool {
    let mut lines = note
        .lines()
        .map(normal)
        .filter(|l| l.starts_with('#'))
        .peekable();
    lines.peek().is_none() || (lines.all(|line| is_discount(&line)) && ends_with_break(note))
}

/// `#SKONTO#TAGE=14#PROZENT=2.25#`, with or without a base (`BASISBETRAG=-9.50#`).
fn is_discount(line: &str) -> bool {
    let Some((_, rest)) = line.rsplit_once("#SKONTO#TAGE=") else {
        return false;
    };
    let percent = |part: &str| part.strip_prefix("PROZENT=").is_some_and(is_cents);
    let base = |part: &str| {
        let amount = part.strip_prefix("BASISBETRAG=");
        amount.is_some_and(|amount| is_cents(amount.strip_prefix('-').unwrap_or(amount)))
    };
    let mut parts = rest.splitn(5, '#');
    let mut next = || parts.next();
    match [next(), next(), next(), next(), next()] {
        [Some(days), Some(share), Some(""), None, None] => is_digits(days) && percent(share),
        [Some(days), Some(share), Some(of), Some(""), None] => {
            is_digits(days) && percent(share) && base(of)
        }
        _ => false,
    }
}

/// Digits with exactly two decimals.
fn is_cents(text: &str) -> bool {
    let parts = text.split_once('.');
    parts.is_some_and(|(whole, cents)| is_digits(whole) && cents.len() == 2 && is_digits(cents))
}

/// Only white space, with a line break in it, follows the last text between two `#` of one line.
fn ends_with_break(note: &str) -> bool {
    let mut rest = note;
    let mut start = 0;
    for line in note.split_inclusive('\n') {
        if let (Some(first), Some(last)) = (line.find('#'), line.rfind('#'))
            && last > first + 1
        {
            rest = &note[start + last + 1..];
        }
        start += line.len();
    }
    let blank = rest.len() - rest.trim_start().len();
    rest[..blank].contains('\n')
}

/// An element at the end of the path has text that is not blank.
fn is_filled(node: Node<'_, '_>, path: &str) -> bool {
    all(node, path)
        .into_iter()
        .any(|found| !text(found).trim().is_empty())
}
