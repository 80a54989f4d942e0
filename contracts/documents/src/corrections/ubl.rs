//! EN 16931 on UBL 2.1: the rules whose answer is in the document and not in the typed invoice.

use super::{add, cents, decimal, is_mime_code};
use crate::amounts::{decimals, is_amount};
use crate::xml::{at, text};
use contracts::events::Violation;
use roxmltree::Node;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

pub(super) const RULES: &[&str] = &[
    "BR-03",
    "BR-08",
    "BR-10",
    "BR-19",
    "BR-55",
    "BR-CL-24",
    "BR-CO-15",
    "BR-CO-19",
    "UBL-DT-01",
    "UBL-DT-06",
    "UBL-DT-07",
    "UBL-SR-07",
    "UBL-SR-19",
    "UBL-SR-42",
    "UBL-SR-43",
    "UBL-SR-44",
    "UBL-SR-47",
    "UBL-SR-48",
    "UBL-SR-51",
    "UBL-SR-53",
];

pub(super) fn broken(root: Node<'_, '_>, out: &mut Vec<Violation>) {
    presence(root, out);
    tax_totals(root, out);
    payment(root, out);
    for node in root.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        let parent = node
            .parent_element()
            .map_or("", |parent| parent.tag_name().name());
        if is_amount(node) && decimals(&text(node)) > 2 {
            add(out, "UBL-DT-01", "", &format!("{parent}/{name}"));
        }
        if name.ends_with("BinaryObject") {
            attached(node, name, out);
        }
        shape(node, name, out);
    }
}

/// An element that is there and empty satisfies these rules; what it lacks breaks others (BR-09, BR-11, BR-20).
fn presence(root: Node<'_, '_>, out: &mut Vec<Violation>) {
    let dated = at(root, &["IssueDate"])
        .iter()
        .any(|date| !text(*date).trim().is_empty());
    if !dated {
        add(out, "BR-03", "BT-2", "BT-2");
    }
    for (rule, term, party) in [
        ("BR-08", "BG-5", "AccountingSupplierParty"),
        ("BR-10", "BG-8", "AccountingCustomerParty"),
    ] {
        if at(root, &[party, "Party", "PostalAddress"]).is_empty() {
            add(out, rule, term, term);
        }
    }
    for representative in at(root, &["TaxRepresentativeParty"]) {
        if at(representative, &["PostalAddress"]).is_empty() {
            add(out, "BR-19", "BG-12", "BG-11/BG-12");
        }
    }
    for (index, reference) in at(root, &["BillingReference"]).into_iter().enumerate() {
        if at(reference, &["InvoiceDocumentReference", "ID"]).is_empty() {
            add(out, "BR-55", "BT-25", &format!("BG-3[{index}]/BT-25"));
        }
    }
    for period in at(root, &["InvoicePeriod"]) {
        let filled = ["StartDate", "EndDate", "DescriptionCode"];
        if !filled.iter().any(|name| !at(period, &[*name]).is_empty()) {
            add(out, "BR-CO-19", "BG-14", "BG-14");
        }
    }
}

/// One VAT total in the invoice's currency, and with it the sum.
fn tax_totals(root: Node<'_, '_>, out: &mut Vec<Violation>) {
    let number = |name: &str| {
        let nodes = at(root, &["LegalMonetaryTotal", name]);
        nodes.first().map(|node| decimal(&text(*node)))
    };
    let (net, gross) = (number("TaxExclusiveAmount"), number("TaxInclusiveAmount"));
    for currency in at(root, &["DocumentCurrencyCode"]) {
        let currency = text(currency);
        let vat: Vec<Option<Decimal>> = at(root, &["TaxTotal", "TaxAmount"])
            .into_iter()
            .filter(|amount| amount.attribute("currencyID") == Some(currency.as_str()))
            .map(|amount| decimal(&text(amount)))
            .collect();
        let holds = match (vat.as_slice(), net, gross) {
            ([Some(vat)], Some(Some(net)), Some(Some(gross))) => {
                net.checked_add(*vat).map(cents) == Some(gross)
            }
            // A number that is no number is a violation of its own.
            ([None], ..) | (_, Some(None), _) | (_, _, Some(None)) => true,
            _ => false,
        };
        if !holds {
            add(out, "BR-CO-15", "BT-112", "BG-22/BT-112");
        }
    }
}

fn payment(root: Node<'_, '_>, out: &mut Vec<Violation>) {
    let credit = root.tag_name().name() == "CreditNote";
    for reference in at(root, &["AdditionalDocumentReference"]) {
        let types = at(reference, &["DocumentTypeCode"]);
        let typed = |code: &str| types.iter().any(|found| text(*found) == code);
        let schemed = at(reference, &["ID"])
            .iter()
            .any(|id| id.attribute("schemeID").is_some());
        if !(typed("130") || (credit && typed("50")) || (!schemed && types.is_empty())) {
            add(out, "UBL-SR-43", "BT-18", "BT-18");
        }
    }
    let path = [
        "AccountingSupplierParty",
        "Party",
        "PartyLegalEntity",
        "RegistrationName",
    ];
    let sellers: Vec<String> = at(root, &path).into_iter().map(text).collect();
    for payee in at(root, &["PayeeParty"]) {
        let names: Vec<String> = at(payee, &["PartyName", "Name"])
            .into_iter()
            .map(text)
            .collect();
        let differs = names
            .iter()
            .any(|name| sellers.iter().any(|seller| seller != name));
        if names.len() > 1 || !differs {
            add(out, "UBL-SR-19", "BT-59", "BG-10/BT-59");
        }
    }
    for party in at(root, &["AccountingSupplierParty", "Party"]) {
        if at(party, &["PartyTaxScheme"]).len() > 2 {
            add(out, "UBL-SR-42", "", "BG-4/PartyTaxScheme");
        }
    }
    for (rule, term, name) in [
        ("UBL-SR-44", "BT-83", "PaymentID"),
        ("UBL-SR-47", "BT-81", "PaymentMeansCode"),
    ] {
        let different: BTreeSet<String> = root
            .descendants()
            .filter(|node| node.is_element() && node.tag_name().name() == name)
            .map(text)
            .collect();
        if different.len() > 1 {
            add(out, rule, term, &format!("BG-16/{term}"));
        }
    }
}

/// How often parts occur, where the reader takes the first and says nothing.
fn shape(node: Node<'_, '_>, name: &str, out: &mut Vec<Violation>) {
    let count = |path: &[&str]| at(node, path).len();
    match name {
        "BillingReference" if count(&["InvoiceDocumentReference", "ID"]) == 0 => {
            add(out, "UBL-SR-07", "BT-25", "BG-3/BT-25");
        }
        "InvoiceLine" | "CreditNoteLine" if count(&["Item", "ClassifiedTaxCategory"]) != 1 => {
            add(out, "UBL-SR-48", "BT-151", &format!("{name}/BT-151"));
        }
        "PostalAddress" | "Address" if count(&["AddressLine"]) > 1 => {
            add(out, "UBL-SR-51", "", &format!("{name}/AddressLine"));
        }
        "PartyTaxScheme" if count(&["TaxScheme", "ID"]) == 0 || count(&["CompanyID"]) == 0 => {
            add(out, "UBL-SR-53", "", name);
        }
        _ => {}
    }
}

fn attached(node: Node<'_, '_>, name: &str, out: &mut Vec<Violation>) {
    match node.attribute("mimeCode") {
        None => add(out, "UBL-DT-06", "BT-125", name),
        Some(code) if name == "EmbeddedDocumentBinaryObject" && !is_mime_code(code) => {
            add(out, "BR-CL-24", "BT-125", name);
        }
        Some(_) => {}
    }
    if node.attribute("filename").is_none() {
        add(out, "UBL-DT-07", "BT-125", name);
    }
}
