//! Peppol BIS Billing 3.0 on UBL 2.1: the rules whose answer is in the document and not in the typed invoice.

use super::{LineSum, add, decimal, is_currency, is_empty, is_mime_code};
use crate::xml::{at, children, text};
use contracts::events::Violation;
use en16931::codes::generated::PEPPOL_EAS_SCHEMES;
use roxmltree::Node;
use rust_decimal::Decimal;

pub(super) const RULES: &[&str] = &[
    "PEPPOL-EN16931-CL001",
    "PEPPOL-EN16931-CL007",
    "PEPPOL-EN16931-CL008",
    "PEPPOL-EN16931-F001",
    "PEPPOL-EN16931-P0100",
    "PEPPOL-EN16931-P0101",
    "PEPPOL-EN16931-R001",
    "PEPPOL-EN16931-R003",
    "PEPPOL-EN16931-R008",
    "PEPPOL-EN16931-R043",
    "PEPPOL-EN16931-R044",
    "PEPPOL-EN16931-R053",
    "PEPPOL-EN16931-R054",
    "PEPPOL-EN16931-R061",
    "PEPPOL-EN16931-R080",
    "PEPPOL-EN16931-R100",
    "PEPPOL-EN16931-R101",
    "PEPPOL-EN16931-R120",
];

/// BT-3 in the billing process, by root element.
const INVOICES: &[&str] = &[
    "71", "80", "82", "84", "102", "218", "219", "326", "331", "380", "382", "383", "384", "386",
    "388", "393", "395", "553", "575", "623", "780", "817", "870", "875", "876", "877",
];
const CREDIT_NOTES: &[&str] = &["381", "396", "81", "83", "532"];

const CURRENCIES_OF: &[&str] = &[
    "Amount",
    "BaseAmount",
    "PriceAmount",
    "TaxAmount",
    "TaxableAmount",
    "LineExtensionAmount",
    "TaxExclusiveAmount",
    "TaxInclusiveAmount",
    "AllowanceTotalAmount",
    "ChargeTotalAmount",
    "PrepaidAmount",
    "PayableRoundingAmount",
    "PayableAmount",
];

const DATES: &[&str] = &[
    "IssueDate",
    "DueDate",
    "TaxPointDate",
    "StartDate",
    "EndDate",
    "ActualDeliveryDate",
];

pub(super) fn broken(root: Node<'_, '_>, out: &mut Vec<Violation>) {
    header(root, out);
    let billing = at(root, &["ProfileID"])
        .iter()
        .any(|id| text(*id).contains("urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"));
    for node in root.descendants().filter(Node::is_element) {
        element(node, billing, out);
    }
    for (index, line) in children(root, &["InvoiceLine", "CreditNoteLine"]).enumerate() {
        self::line(line, index, out);
    }
}

fn header(root: Node<'_, '_>, out: &mut Vec<Violation>) {
    let has = |path: &[&str]| !at(root, path).is_empty();
    if !has(&["ProfileID"]) {
        add(out, "PEPPOL-EN16931-R001", "BT-23", "BT-23");
    }
    if !has(&["BuyerReference"]) && !has(&["OrderReference", "ID"]) {
        add(out, "PEPPOL-EN16931-R003", "BT-10", "BT-10");
    }
    let (broken_down, plain): (Vec<Node<'_, '_>>, Vec<_>) = at(root, &["TaxTotal"])
        .into_iter()
        .partition(|total| !at(*total, &["TaxSubtotal"]).is_empty());
    if broken_down.len() != 1 {
        add(out, "PEPPOL-EN16931-R053", "BT-110", "BG-22/BT-110");
    }
    if plain.len() != usize::from(has(&["TaxCurrencyCode"])) {
        add(out, "PEPPOL-EN16931-R054", "BT-111", "BG-22/BT-111");
    }
    let projects = at(root, &["AdditionalDocumentReference", "DocumentTypeCode"])
        .iter()
        .filter(|code| text(**code) == "50")
        .count();
    if root.tag_name().name() == "CreditNote" && projects > 1 {
        add(out, "PEPPOL-EN16931-R080", "BT-11", "BT-11");
    }
    for means in at(root, &["PaymentMeans"]) {
        let direct_debit = at(means, &["PaymentMeansCode"])
            .iter()
            .any(|code| matches!(text(*code).trim(), "49" | "59"));
        if direct_debit && at(means, &["PaymentMandate", "ID"]).is_empty() {
            add(out, "PEPPOL-EN16931-R061", "BT-89", "BG-16/BG-19/BT-89");
        }
    }
}

fn element(node: Node<'_, '_>, billing: bool, out: &mut Vec<Violation>) {
    let name = node.tag_name().name();
    let parent = node
        .parent_element()
        .map_or("", |parent| parent.tag_name().name());
    let path = format!("{parent}/{name}");
    if is_empty(node) {
        add(out, "PEPPOL-EN16931-R008", "", &path);
    }
    let indicator = || {
        at(node, &["ChargeIndicator"])
            .first()
            .map(|flag| text(*flag).trim().to_owned())
    };
    let differs = |attribute: &str, known: fn(&str) -> bool| {
        node.attribute(attribute).is_some_and(|code| !known(code))
    };
    match name {
        "InvoiceTypeCode" if billing && !INVOICES.contains(&text(node).trim()) => {
            add(out, "PEPPOL-EN16931-P0100", "BT-3", "BT-3");
        }
        "CreditNoteTypeCode" if billing && !CREDIT_NOTES.contains(&text(node).trim()) => {
            add(out, "PEPPOL-EN16931-P0101", "BT-3", "BT-3");
        }
        "EndpointID" if differs("schemeID", |scheme| PEPPOL_EAS_SCHEMES.contains(&scheme)) => {
            add(out, "PEPPOL-EN16931-CL008", "", &path);
        }
        "EmbeddedDocumentBinaryObject" if differs("mimeCode", is_mime_code) => {
            add(out, "PEPPOL-EN16931-CL001", "BT-125", &path);
        }
        "AllowanceCharge" if parent == "Price" && indicator().as_deref() != Some("false") => {
            add(out, "PEPPOL-EN16931-R044", "BT-147", &path);
        }
        "AllowanceCharge"
            if parent != "Price" && !matches!(indicator().as_deref(), Some("true" | "false")) =>
        {
            add(out, "PEPPOL-EN16931-R043", "", &path);
        }
        _ if CURRENCIES_OF.contains(&name)
            && !node.attribute("currencyID").is_some_and(is_currency) =>
        {
            add(out, "PEPPOL-EN16931-CL007", "", &path);
        }
        _ if DATES.contains(&name) && !is_date(&text(node)) => {
            add(out, "PEPPOL-EN16931-F001", "", &path);
        }
        _ => {}
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && en16931::Date::parse(text).is_ok()
}

fn line(line: Node<'_, '_>, index: usize, out: &mut Vec<Violation>) {
    let references = at(line, &["DocumentReference"]);
    let path = format!("BG-25[{index}]/BT-128");
    if references.len() > 1 {
        add(out, "PEPPOL-EN16931-R100", "BT-128", &path);
    }
    let of_objects = at(line, &["DocumentReference", "DocumentTypeCode"]);
    if !references.is_empty() && !of_objects.iter().any(|code| text(*code) == "130") {
        add(out, "PEPPOL-EN16931-R101", "BT-128", &path);
    }
    let number = |path: &[&str]| {
        at(line, path)
            .first()
            .and_then(|node| decimal(&text(*node)))
    };
    let sum_of = |flag: &str| -> Decimal {
        at(line, &["AllowanceCharge"])
            .into_iter()
            .filter(|node| {
                at(*node, &["ChargeIndicator"])
                    .iter()
                    .any(|found| text(*found).trim() == flag)
            })
            .flat_map(|node| at(node, &["Amount"]))
            .filter_map(|amount| decimal(&text(amount)))
            .fold(Decimal::ZERO, Decimal::saturating_add)
    };
    let sum = LineSum {
        net: number(&["LineExtensionAmount"]),
        quantity: number(&["InvoicedQuantity"]).or_else(|| number(&["CreditedQuantity"])),
        price: number(&["Price", "PriceAmount"]),
        base: number(&["Price", "BaseQuantity"]),
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
