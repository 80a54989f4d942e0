//! UBL 2.1 into the typed invoice, with the facts that the model can't hold. CII and PDF are not read.

use crate::document::{Document, Reading};
use crate::required::{
    self, ALLOWANCE, BREAKDOWN, CHARGE, LINE, LINE_ALLOWANCE, LINE_CHARGE, Number, PRICE,
    TAX_TOTALS, TOTALS, rule_broken, value_unreadable, violation,
};
use crate::{MAX_LISTED, Unreadable, safety};
use contracts::events::{DocumentFormat, Violation};
use en16931::codes::generated::CURRENCY_CODES;
use en16931::{Invoice, Severity};
use en16931_formats::report::{Entry, Kind};
use roxmltree::Node;
use std::collections::BTreeSet;

/// Reads the document; everything that the model can't hold becomes a violation of the reading.
pub(crate) fn read(bytes: &[u8]) -> Result<Document, Unreadable> {
    let text = safety::scannable(bytes);
    let text = text.trim_start_matches('\u{feff}');
    safety::markup(text)?;
    let tree = roxmltree::Document::parse(text).map_err(|e| {
        let at = e.pos();
        let words = e.to_string();
        let said_twice = format!(" at {}:{}", at.row, at.col);
        xml(words.replace(&said_twice, ""), at.row, at.col)
    })?;
    repeats(tree.root_element())?;
    let read = en16931_formats::read(bytes).map_err(refused)?;
    let mut broken = numbers(tree.root_element());
    broken.extend(currencies(tree.root_element(), &read.invoice));
    let mut warnings = Vec::new();
    for entry in &read.entries {
        match entry.level() {
            Severity::Fatal if !told_already(entry, &broken) => broken.push(of_entry(entry)),
            Severity::Warning => warnings.push(of_entry(entry)),
            _ => {}
        }
    }
    Ok(Document::new(
        bytes,
        DocumentFormat::Ubl,
        Reading {
            invoice: read.invoice,
            broken,
            warnings,
        },
    ))
}

/// Elements that UBL lets occur many times under one parent, as invoices use them.
const REPEATING: &[&str] = &[
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

/// Bounds the elements that occur again and may not: the reader compares each of them with all others.
fn repeats(root: Node<'_, '_>) -> Result<(), Unreadable> {
    const LIMIT: usize = 1_000;
    let mut repeated = 0;
    for parent in root.descendants().filter(Node::is_element) {
        let mut names = std::collections::BTreeSet::new();
        for child in parent.children().filter(Node::is_element) {
            let name = child.tag_name().name();
            if !names.insert(name) && !REPEATING.contains(&name) {
                repeated += 1;
            }
        }
        if repeated > LIMIT {
            return Err(Unreadable::TooManyElements {
                what: "elements that occur again where they may not",
                limit: LIMIT,
            });
        }
    }
    Ok(())
}

fn xml(message: String, line: u32, column: u32) -> Unreadable {
    Unreadable::InvalidXml {
        line,
        column,
        message: required::cut(&message, 200),
    }
}

fn refused(error: en16931_formats::Error) -> Unreadable {
    use en16931_formats::Error;
    match error {
        Error::Encoding { found } => Unreadable::Encoding {
            found: required::cut(&found, 60),
        },
        Error::Xml {
            message,
            line,
            column,
        } => xml(message, line, column),
        Error::TooDeep { limit, .. } => Unreadable::TooDeep { limit },
        Error::NotAnInvoice { found } => Unreadable::NotAnInvoice {
            found: format!("<{}>", required::cut(&found, 120)),
        },
        Error::Unsupported { found, .. } => Unreadable::NotAnInvoice {
            found: found.to_owned(),
        },
        other => Unreadable::NotAnInvoice {
            found: required::cut(&other.to_string(), 120),
        },
    }
}

/// Amounts are judged by [`numbers`], which knows their terms; the reader's own note on the same amount says less.
fn told_already(entry: &Entry, broken: &[Violation]) -> bool {
    let name = entry.path.rsplit('/').next().unwrap_or_default();
    let known = [TOTALS, TAX_TOTALS, BREAKDOWN, ALLOWANCE, LINE]
        .iter()
        .flat_map(|numbers| numbers.iter())
        .any(|number| number.ubl == name);
    entry.kind == Kind::Malformed
        && known
        && broken
            .iter()
            .any(|v| v.rule.starts_with("BR-DEC") || v.rule == required::VALUE)
}

/// An entry of the reader without the value that it quotes.
fn of_entry(entry: &Entry) -> Violation {
    match entry.kind {
        Kind::Malformed => value_unreadable(entry.term.as_deref(), entry.path.clone()),
        Kind::Duplicate | Kind::Repeated => violation(
            entry.rule.as_deref().unwrap_or(required::SCHEMA),
            entry.term.as_deref(),
            &entry.path,
            "The element occurs more often than the schema admits; the first occurrence was read.",
        ),
        _ => violation(
            entry.rule.as_deref().unwrap_or(required::SCHEMA),
            entry.term.as_deref(),
            &entry.path,
            "The document departs from the UBL 2.1 schema here.",
        ),
    }
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children()
        .find(|child| child.is_element() && child.tag_name().name() == name)
}

fn children<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    names: &'static [&'static str],
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children()
        .filter(move |child| child.is_element() && names.contains(&child.tag_name().name()))
}

fn text(node: Node<'_, '_>) -> String {
    node.children()
        .filter(Node::is_text)
        .filter_map(|part| part.text())
        .collect()
}

fn check(node: Option<Node<'_, '_>>, numbers: &[Number], group: &str, out: &mut Vec<Violation>) {
    for number in numbers.iter().filter(|number| !number.ubl.is_empty()) {
        let given = node
            .and_then(|node| {
                child(node, number.ubl).or_else(|| match number.ubl {
                    "InvoicedQuantity" => child(node, "CreditedQuantity"),
                    _ => None,
                })
            })
            .map(text);
        out.extend(number.fault(given.as_deref(), group));
    }
}

/// Presence, shape and decimals of every mandatory number.
fn numbers(root: Node<'_, '_>) -> Vec<Violation> {
    let mut out = Vec::new();
    check(child(root, "LegalMonetaryTotal"), TOTALS, "BG-22", &mut out);
    let mut breakdown = 0;
    for total in children(root, &["TaxTotal"]) {
        check(Some(total), TAX_TOTALS, "BG-22", &mut out);
        for subtotal in children(total, &["TaxSubtotal"]) {
            check(
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
        check(Some(node), numbers, &group, &mut out);
        let code = child(node, "TaxCategory").and_then(|tax| child(tax, "ID"));
        if code.is_none_or(|code| text(code).trim().is_empty()) {
            out.push(rule_broken(category, Some(term), format!("{group}/{term}")));
        }
        *index += 1;
    }
    for (index, line) in children(root, &["InvoiceLine", "CreditNoteLine"]).enumerate() {
        let group = format!("BG-25[{index}]");
        check(Some(line), LINE, &group, &mut out);
        check(child(line, "Price"), PRICE, &group, &mut out);
        for node in children(line, &["AllowanceCharge"]) {
            let numbers = if is_charge(node) {
                LINE_CHARGE
            } else {
                LINE_ALLOWANCE
            };
            check(Some(node), numbers, &group, &mut out);
        }
    }
    out
}

fn is_charge(node: Node<'_, '_>) -> bool {
    child(node, "ChargeIndicator").is_some_and(|flag| matches!(text(flag).trim(), "true" | "1"))
}

/// The currency that each amount names: a code of ISO 4217 (BR-CL-03), and the invoice's own where the profile asks for
/// that (R051). The amount to pay must be in the invoice's currency under every profile: it is what is paid.
fn currencies(root: Node<'_, '_>, invoice: &Invoice) -> Vec<Violation> {
    const SAME: &str = "PEPPOL-EN16931-R051";
    let code = |code: &Option<en16931::invoice::Code>| {
        code.as_ref().map(|code| code.as_str().trim().to_owned())
    };
    let (own, accounting) = (
        code(&invoice.currency),
        code(&invoice.vat_accounting_currency),
    );
    let asked = en16931::profiles::classify(invoice.specification_id.as_deref())
        .profile()
        .is_some_and(|profile| profile.extra_rules.iter().any(|rule| rule.id.matches(SAME)));
    let mut seen = BTreeSet::new();
    let mut out: Vec<Violation> = Vec::new();
    for node in root.descendants().filter(Node::is_element) {
        if out.len() == MAX_LISTED {
            break;
        }
        let Some(currency) = node.attribute("currencyID").map(str::trim) else {
            continue;
        };
        let name = node.tag_name().name();
        let parent = node
            .parent_element()
            .map_or("", |parent| parent.tag_name().name());
        let of_accounting = parent == "TaxTotal" && Some(currency) == accounting.as_deref();
        let rule = if !en16931::codes::contains(CURRENCY_CODES, currency) {
            "BR-CL-03"
        } else if own.as_deref().is_some_and(|own| own != currency)
            && !of_accounting
            && (asked || name == "PayableAmount")
        {
            SAME
        } else {
            continue;
        };
        if seen.insert((rule, parent, name)) {
            let path = format!("{parent}/{name}/@currencyID");
            out.push(rule_broken(rule, None, path));
        }
    }
    out
}
