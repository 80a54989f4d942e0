//! Peppol BIS Billing 3.0 on CII D16B: the rules whose answer is in the document and not in the typed invoice.

use super::{LineSum, add, decimal, is_currency, is_mime_code};
use crate::cii::SETTLEMENT;
use crate::xml::{at, text};
use contracts::events::Violation;
use roxmltree::Node;
use rust_decimal::Decimal;

pub(super) const RULES: &[&str] = &[
    "PEPPOL-EN16931-CL001",
    "PEPPOL-EN16931-CL007",
    "PEPPOL-EN16931-F001",
    "PEPPOL-EN16931-P0100",
    "PEPPOL-EN16931-P0101",
    "PEPPOL-EN16931-R001",
    "PEPPOL-EN16931-R002",
    "PEPPOL-EN16931-R003",
    "PEPPOL-EN16931-R006",
    "PEPPOL-EN16931-R043",
    "PEPPOL-EN16931-R053",
    "PEPPOL-EN16931-R054",
    "PEPPOL-EN16931-R061",
    "PEPPOL-EN16931-R080",
    "PEPPOL-EN16931-R100",
    "PEPPOL-EN16931-R101",
    "PEPPOL-EN16931-R120",
    "PEPPOL-EN16931-R130",
];

const PROCESS: [&str; 3] = [
    "ExchangedDocumentContext",
    "BusinessProcessSpecifiedDocumentContextParameter",
    "ID",
];

/// BT-3 in the billing process.
const TYPES: &[&str] = &[
    "71", "102", "218", "219", "326", "331", "382", "553", "817", "870", "875", "876", "877",
    "380", "383", "384", "386", "388", "393", "82", "80", "84", "395", "575", "623", "780", "381",
    "396", "81", "83", "532",
];

pub(super) fn broken(root: Node<'_, '_>, out: &mut Vec<Violation>) {
    let process = at(root, &PROCESS);
    if process.is_empty() {
        add(out, "PEPPOL-EN16931-R001", "BT-23", "BT-23");
    }
    let billing = process
        .iter()
        .any(|id| text(*id).contains("urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"));
    for code in at(root, &["ExchangedDocument", "TypeCode"]) {
        if billing && !TYPES.contains(&text(code).trim()) {
            add(out, "PEPPOL-EN16931-P0100", "BT-3", "BT-3");
        }
    }
    let notes = at(root, &["ExchangedDocument", "IncludedNote"]);
    if notes.len() > 1
        || notes
            .iter()
            .any(|note| !at(*note, &["SubjectCode"]).is_empty())
    {
        add(out, "PEPPOL-EN16931-R002", "BT-22", "BG-1/BT-22");
    }
    let agreement = at(
        root,
        &[
            "SupplyChainTradeTransaction",
            "ApplicableHeaderTradeAgreement",
        ],
    );
    for agreement in agreement {
        self::agreement(agreement, out);
    }
    for settlement in at(root, &SETTLEMENT) {
        header(settlement, out);
    }
    for node in root.descendants().filter(Node::is_element) {
        element(node, out);
    }
    let lines = at(
        root,
        &[
            "SupplyChainTradeTransaction",
            "IncludedSupplyChainTradeLineItem",
        ],
    );
    for (index, line) in lines.into_iter().enumerate() {
        self::line(line, index, out);
    }
}

fn agreement(agreement: Node<'_, '_>, out: &mut Vec<Violation>) {
    let order = ["BuyerOrderReferencedDocument", "IssuerAssignedID"];
    if at(agreement, &["BuyerReference"]).is_empty() && at(agreement, &order).is_empty() {
        add(out, "PEPPOL-EN16931-R003", "BT-10", "BT-10");
    }
    let documents = at(agreement, &["AdditionalReferencedDocument", "TypeCode"]);
    for (rule, term, code) in [
        ("PEPPOL-EN16931-R006", "BT-18", "130"),
        ("PEPPOL-EN16931-R080", "BT-17", "50"),
    ] {
        if documents.iter().filter(|node| text(**node) == code).count() > 1 {
            add(out, rule, term, term);
        }
    }
}

fn header(settlement: Node<'_, '_>, out: &mut Vec<Violation>) {
    let own = at(settlement, &["InvoiceCurrencyCode"])
        .first()
        .map(|code| text(*code));
    let totals = at(
        settlement,
        &[
            "SpecifiedTradeSettlementHeaderMonetarySummation",
            "TaxTotalAmount",
        ],
    );
    let of_own = |same: bool| {
        totals
            .iter()
            .filter_map(|total| total.attribute("currencyID"))
            .filter(|currency| own.as_deref().is_some_and(|own| (own == *currency) == same))
            .count()
    };
    if of_own(true) != 1 {
        add(out, "PEPPOL-EN16931-R053", "BT-110", "BG-22/BT-110");
    }
    if of_own(false) != usize::from(!at(settlement, &["TaxCurrencyCode"]).is_empty()) {
        add(out, "PEPPOL-EN16931-R054", "BT-111", "BG-22/BT-111");
    }
    let direct_debit = at(
        settlement,
        &["SpecifiedTradeSettlementPaymentMeans", "TypeCode"],
    )
    .iter()
    .any(|code| matches!(text(*code).trim(), "49" | "59"));
    let mandate = ["SpecifiedTradePaymentTerms", "DirectDebitMandateID"];
    if direct_debit && at(settlement, &mandate).is_empty() {
        add(out, "PEPPOL-EN16931-R061", "BT-89", "BG-16/BG-19/BT-89");
    }
}

fn element(node: Node<'_, '_>, out: &mut Vec<Violation>) {
    let name = node.tag_name().name();
    let differs = |attribute: &str, known: fn(&str) -> bool| {
        node.attribute(attribute).is_some_and(|code| !known(code))
    };
    match name {
        "SpecifiedTradeAllowanceCharge" | "AppliedTradeAllowanceCharge" => {
            let told = at(node, &["ChargeIndicator", "Indicator"])
                .iter()
                .any(|flag| matches!(text(*flag).trim(), "true" | "false"));
            if !told {
                add(out, "PEPPOL-EN16931-R043", "", name);
            }
        }
        "AttachmentBinaryObject" if differs("mimeCode", is_mime_code) => {
            add(out, "PEPPOL-EN16931-CL001", "BT-125", name);
        }
        "TaxTotalAmount" if differs("currencyID", is_currency) => {
            add(out, "PEPPOL-EN16931-CL007", "", name);
        }
        "DateTimeString" => {
            let date = text(node);
            let digits = date.len() == 8 && date.bytes().all(|digit| digit.is_ascii_digit());
            let shaped = digits && date.starts_with("20");
            if node.attribute("format").map(str::trim) != Some("102") || !shaped {
                let of = node
                    .parent_element()
                    .map_or("", |parent| parent.tag_name().name());
                add(out, "PEPPOL-EN16931-F001", "", &format!("{of}/{name}"));
            }
        }
        _ => {}
    }
}

fn line(line: Node<'_, '_>, index: usize, out: &mut Vec<Violation>) {
    const SETTLED: &str = "SpecifiedLineTradeSettlement";
    let path = format!("BG-25[{index}]/BT-128");
    let references = at(line, &[SETTLED, "AdditionalReferencedDocument"]);
    let objects = at(line, &[SETTLED, "AdditionalReferencedDocument", "TypeCode"])
        .iter()
        .filter(|code| text(**code) == "130")
        .count();
    if objects > 1 {
        add(out, "PEPPOL-EN16931-R100", "BT-128", &path);
    }
    if !references.is_empty() && objects == 0 {
        add(out, "PEPPOL-EN16931-R101", "BT-128", &path);
    }
    let billed = at(line, &["SpecifiedLineTradeDelivery", "BilledQuantity"]);
    let unit = |node: &Node<'_, '_>| node.attribute("unitCode").map(str::to_owned);
    let units: Vec<_> = billed.iter().filter_map(unit).collect();
    for price in ["NetPriceProductTradePrice", "GrossPriceProductTradePrice"] {
        for base in at(
            line,
            &["SpecifiedLineTradeAgreement", price, "BasisQuantity"],
        ) {
            if unit(&base).is_some_and(|unit| !units.contains(&unit)) {
                add(
                    out,
                    "PEPPOL-EN16931-R130",
                    "BT-150",
                    &format!("BG-25[{index}]/BT-150"),
                );
            }
        }
    }
    let number = |path: &[&str]| {
        at(line, path)
            .first()
            .and_then(|node| decimal(&text(*node)))
    };
    let sum_of = |flag: &str| -> Decimal {
        at(line, &[SETTLED, "SpecifiedTradeAllowanceCharge"])
            .into_iter()
            .filter(|node| {
                at(*node, &["ChargeIndicator", "Indicator"])
                    .iter()
                    .any(|found| text(*found).trim() == flag)
            })
            .flat_map(|node| at(node, &["ActualAmount"]))
            .filter_map(|amount| decimal(&text(amount)))
            .fold(Decimal::ZERO, Decimal::saturating_add)
    };
    let price = ["SpecifiedLineTradeAgreement", "NetPriceProductTradePrice"];
    let sum = LineSum {
        net: number(&[
            SETTLED,
            "SpecifiedTradeSettlementLineMonetarySummation",
            "LineTotalAmount",
        ]),
        quantity: number(&["SpecifiedLineTradeDelivery", "BilledQuantity"]),
        price: number(&[price[0], price[1], "ChargeAmount"]),
        base: number(&[price[0], price[1], "BasisQuantity"]),
        charges: sum_of("true"),
        allowances: sum_of("false"),
    };
    if !sum.holds() {
        add(
            out,
            "PEPPOL-EN16931-R120",
            "BT-131",
            &format!("BG-25[{index}]/BT-131"),
        );
    }
}
