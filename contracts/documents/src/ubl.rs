//! UBL 2.1: which elements repeat, and where the mandatory numbers stand.

use crate::required::{
    ALLOWANCE, BREAKDOWN, CHARGE, LINE, LINE_ALLOWANCE, LINE_CHARGE, Number, PRICE, TAX_TOTALS,
    TOTALS, rule_broken,
};
use crate::xml::{child, children, text};
use contracts::events::Violation;
use roxmltree::Node;

/// Elements that UBL lets occur many times under one parent, as invoices use them.
pub(crate) const REPEATING: &[&str] = &[
    "AdditionalDocumentReference",
    "AdditionalItemProperty",
    "AllowanceCharge",
    "BillingReference",
    "CommodityClassification",
    "CreditNoteLine",
    "Description",
    "DocumentReference",
    "InvoiceLine",
    "Note",
    "PartyIdentification",
    "PaymentMeans",
    "SubInvoiceLine",
    "TaxSubtotal",
    "TaxTotal",
];

/// Presence, shape and decimals of every mandatory number.
pub(crate) fn numbers(root: Node<'_, '_>) -> Vec<Violation> {
    let mut out = Vec::new();
    put(child(root, "LegalMonetaryTotal"), TOTALS, "BG-22", &mut out);
    let mut breakdown = 0;
    for total in children(root, &["TaxTotal"]) {
        put(Some(total), TAX_TOTALS, "BG-22", &mut out);
        for subtotal in children(total, &["TaxSubtotal"]) {
            put(
                Some(subtotal),
                BREAKDOWN,
                &format!("BG-23[{breakdown}]"),
                &mut out,
            );
            breakdown += 1;
        }
    }
    let (mut allowances, mut charges) = (0, 0);
    for node in children(root, &["AllowanceCharge"]) {
        let (numbers, group, index, category, term) = if is_charge(node) {
            (CHARGE, "BG-21", &mut charges, "BR-37", "BT-102")
        } else {
            (ALLOWANCE, "BG-20", &mut allowances, "BR-32", "BT-95")
        };
        let group = format!("{group}[{index}]");
        put(Some(node), numbers, &group, &mut out);
        let code = child(node, "TaxCategory").and_then(|tax| child(tax, "ID"));
        if code.is_none_or(|code| text(code).trim().is_empty()) {
            out.push(rule_broken(category, Some(term), format!("{group}/{term}")));
        }
        *index += 1;
    }
    for (index, line) in children(root, &["InvoiceLine", "CreditNoteLine"]).enumerate() {
        let group = format!("BG-25[{index}]");
        put(Some(line), LINE, &group, &mut out);
        put(child(line, "Price"), PRICE, &group, &mut out);
        for node in children(line, &["AllowanceCharge"]) {
            let numbers = if is_charge(node) {
                LINE_CHARGE
            } else {
                LINE_ALLOWANCE
            };
            put(Some(node), numbers, &group, &mut out);
        }
    }
    out
}

fn is_charge(node: Node<'_, '_>) -> bool {
    child(node, "ChargeIndicator").is_some_and(|flag| matches!(text(flag).trim(), "true" | "1"))
}

fn put(node: Option<Node<'_, '_>>, numbers: &[Number], group: &str, out: &mut Vec<Violation>) {
    crate::xml::check(node, numbers, |number| number.ubl, group, out);
}
