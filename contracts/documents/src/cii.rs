//! UN/CEFACT CII D16B: which elements repeat, and where the mandatory numbers stand.

use crate::required::{
    ALLOWANCE, BREAKDOWN, CHARGE, LINE, LINE_ALLOWANCE, LINE_CHARGE, Number, PRICE, TAX_TOTALS,
    TOTALS, rule_broken,
};
use crate::xml::{at, text};
use contracts::events::Violation;
use roxmltree::Node;

/// Elements that CII lets occur many times under one parent, as invoices use them.
pub(crate) const REPEATING: &[&str] = &[
    "AdditionalReferencedDocument",
    "ApplicableProductCharacteristic",
    "ApplicableTradeTax",
    "DesignatedProductClassification",
    "GlobalID",
    "ID",
    "IncludedNote",
    "IncludedSupplyChainTradeLineItem",
    "InvoiceReferencedDocument",
    "SpecifiedAdvancePayment",
    "SpecifiedLogisticsServiceCharge",
    "SpecifiedTaxRegistration",
    "SpecifiedTradeAllowanceCharge",
    "SpecifiedTradePaymentTerms",
    "SpecifiedTradeSettlementPaymentMeans",
    "TaxTotalAmount",
];

/// The trade transaction's part of the invoice as a whole.
pub(crate) const SETTLEMENT: [&str; 2] = [
    "SupplyChainTradeTransaction",
    "ApplicableHeaderTradeSettlement",
];

/// Presence, shape and decimals of every mandatory number.
pub(crate) fn numbers(root: Node<'_, '_>) -> Vec<Violation> {
    let mut out = Vec::new();
    let mut header = at(root, &SETTLEMENT);
    let settlement = header.pop();
    let below = |path: &[&str]| {
        settlement
            .map(|settlement| at(settlement, path))
            .unwrap_or_default()
    };
    let totals = below(&["SpecifiedTradeSettlementHeaderMonetarySummation"]);
    put(totals.first().copied(), TOTALS, "BG-22", &mut out);
    for total in &totals {
        for vat in at(*total, &["TaxTotalAmount"]) {
            for number in TAX_TOTALS.iter().filter(|number| !number.cii.is_empty()) {
                out.extend(number.fault(Some(&text(vat)), "BG-22"));
            }
        }
    }
    for (index, tax) in below(&["ApplicableTradeTax"]).into_iter().enumerate() {
        put(Some(tax), BREAKDOWN, &format!("BG-23[{index}]"), &mut out);
    }
    let (mut allowances, mut charges) = (0, 0);
    for node in below(&["SpecifiedTradeAllowanceCharge"]) {
        let (numbers, group, index, category, term) = if is_charge(node) {
            (CHARGE, "BG-21", &mut charges, "BR-37", "BT-102")
        } else {
            (ALLOWANCE, "BG-20", &mut allowances, "BR-32", "BT-95")
        };
        let group = format!("{group}[{index}]");
        put(Some(node), numbers, &group, &mut out);
        let code = at(node, &["CategoryTradeTax", "CategoryCode"]);
        if !code.iter().any(|code| !text(*code).trim().is_empty()) {
            out.push(rule_broken(category, Some(term), format!("{group}/{term}")));
        }
        *index += 1;
    }
    let lines = at(
        root,
        &[
            "SupplyChainTradeTransaction",
            "IncludedSupplyChainTradeLineItem",
        ],
    );
    for (index, node) in lines.into_iter().enumerate() {
        line(node, &format!("BG-25[{index}]"), &mut out);
    }
    out
}

fn line(line: Node<'_, '_>, group: &str, out: &mut Vec<Violation>) {
    let first = |path: &[&str]| at(line, path).first().copied();
    let (quantity, net) = LINE.split_at(1);
    put(first(&["SpecifiedLineTradeDelivery"]), quantity, group, out);
    let summation = &[
        "SpecifiedLineTradeSettlement",
        "SpecifiedTradeSettlementLineMonetarySummation",
    ];
    put(first(summation), net, group, out);
    let price = &["SpecifiedLineTradeAgreement", "NetPriceProductTradePrice"];
    put(first(price), PRICE, group, out);
    let changes = &[
        "SpecifiedLineTradeSettlement",
        "SpecifiedTradeAllowanceCharge",
    ];
    for node in at(line, changes) {
        let numbers = if is_charge(node) {
            LINE_CHARGE
        } else {
            LINE_ALLOWANCE
        };
        put(Some(node), numbers, group, out);
    }
}

fn is_charge(node: Node<'_, '_>) -> bool {
    at(node, &["ChargeIndicator", "Indicator"])
        .iter()
        .any(|flag| matches!(text(*flag).trim(), "true" | "1"))
}

fn put(node: Option<Node<'_, '_>>, numbers: &[Number], group: &str, out: &mut Vec<Violation>) {
    crate::xml::check(node, numbers, |number| number.cii, group, out);
}
