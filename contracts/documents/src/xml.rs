//! XML documents: the guards, the choice of the syntax by the root element, and what both syntaxes share.
//!
//! The reading itself is the `en16931-formats` crate's. Beside it the document's own tree is looked at: presence, shape and
//! decimals of the mandatory numbers ([`crate::required`]) and the rules that the typed invoice can't show
//! ([`crate::corrections`]). PDF is not read.

use crate::document::{Document, Reading};
use crate::required::{self, Number, rule_broken, value_unreadable, violation};
use crate::{Unreadable, amounts, cii, corrections, safety, ubl};
use contracts::events::{DocumentFormat, Violation};
use en16931::codes::generated::CURRENCY_CODES;
use en16931::{Invoice, Severity};
use en16931_formats::Syntax;
use en16931_formats::report::{Entry, Kind};
use roxmltree::Node;
use std::collections::BTreeSet;

/// What is particular to a syntax.
struct Binding {
    format: DocumentFormat,
    /// Its schema, for people.
    schema: &'static str,
    /// Elements that may occur many times under one parent.
    repeating: &'static [&'static str],
    numbers: fn(Node<'_, '_>) -> Vec<Violation>,
    /// The element of the amount to pay.
    payable: &'static str,
    /// Rules that are decided on the tree instead of on the typed invoice, and how.
    corrections: &'static corrections::Corrections,
}

static UBL: Binding = Binding {
    format: DocumentFormat::Ubl,
    schema: "The document departs from the UBL 2.1 schema here.",
    repeating: ubl::REPEATING,
    numbers: ubl::numbers,
    payable: "PayableAmount",
    corrections: &corrections::UBL,
};

static CII: Binding = Binding {
    format: DocumentFormat::Cii,
    schema: "The document departs from the CII D16B schema here.",
    repeating: cii::REPEATING,
    numbers: cii::numbers,
    payable: "DuePayableAmount",
    corrections: &corrections::CII,
};

/// Reads the document; everything that the model can't hold becomes a violation of the reading.
pub(crate) fn read(bytes: &[u8]) -> Result<Document, Unreadable> {
    let text = safety::scannable(bytes);
    let text = text.trim_start_matches('\u{feff}');
    safety::markup(text)?;
    let tree = roxmltree::Document::parse(text).map_err(|e| {
        let at = e.pos();
        let words = e.to_string();
        let said_twice = format!(" at {}:{}", at.row, at.col);
        malformed(words.replace(&said_twice, ""), at.row, at.col)
    })?;
    let root = tree.root_element();
    let likely = if root.tag_name().name() == "CrossIndustryInvoice" {
        &CII
    } else {
        &UBL
    };
    repeats(root, likely.repeating)?;
    let read =
        match amounts::rewritten(text, root).filter(|_| std::str::from_utf8(bytes).is_ok()) {
            Some(text) => en16931_formats::read(text.as_bytes()),
            None => en16931_formats::read(bytes),
        }
        .map_err(refused)?;
    let binding = match read.syntax {
        Syntax::Cii => &CII,
        _ => &UBL,
    };
    let mut broken = (binding.numbers)(root);
    broken.extend(currencies(root, &read.invoice, binding.payable));
    let corrected = binding.corrections.of(root, &read.invoice);
    broken.extend(corrected.broken);
    let amounts_told = broken
        .iter()
        .any(|v| v.rule.starts_with("BR-DEC") || v.rule == required::VALUE);
    let mut warnings = corrected.warnings;
    let decided = corrected.decided;
    let decided_here = |entry: &Entry| {
        let rule = entry.rule.as_deref();
        rule.is_some_and(|rule| decided.contains(&rule))
    };
    for entry in read.entries.iter().filter(|entry| !decided_here(entry)) {
        match entry.level() {
            Severity::Fatal if !(amounts_told && is_amount_note(entry)) => {
                broken.push(of_entry(entry, binding));
            }
            Severity::Warning => warnings.push(of_entry(entry, binding)),
            _ => {}
        }
    }
    Ok(Document::new(
        bytes,
        binding.format,
        Reading {
            invoice: read.invoice,
            broken,
            warnings,
            decided,
        },
    ))
}

/// Bounds the elements that occur again and may not: the reader compares each of them with all others.
fn repeats(root: Node<'_, '_>, repeating: &[&str]) -> Result<(), Unreadable> {
    const LIMIT: usize = 1_000;
    let mut repeated = 0;
    for parent in root.descendants().filter(Node::is_element) {
        let mut names = BTreeSet::new();
        for child in parent.children().filter(Node::is_element) {
            let name = child.tag_name().name();
            if !names.insert(name) && !repeating.contains(&name) {
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

fn malformed(message: String, line: u32, column: u32) -> Unreadable {
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
        } => malformed(message, line, column),
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

/// Amounts are judged by the binding's numbers, which know their terms; the reader's own note on the same amount says less.
fn is_amount_note(entry: &Entry) -> bool {
    let name = entry.path.rsplit('/').next().unwrap_or_default();
    let known = required::ALL
        .iter()
        .flat_map(|numbers| numbers.iter())
        .any(|number| number.ubl == name || number.cii == name);
    entry.kind == Kind::Malformed && known
}

/// An entry of the reader without the value that it quotes.
fn of_entry(entry: &Entry, binding: &Binding) -> Violation {
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
            binding.schema,
        ),
    }
}

/// The first child element of that name.
pub(crate) fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children()
        .find(|child| child.is_element() && child.tag_name().name() == name)
}

/// The child elements of those names.
pub(crate) fn children<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    names: &'static [&'static str],
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children()
        .filter(move |child| child.is_element() && names.contains(&child.tag_name().name()))
}

/// All elements at the end of a path of names below `node`.
pub(crate) fn at<'a, 'i: 'a>(node: Node<'a, 'i>, path: &[&str]) -> Vec<Node<'a, 'i>> {
    let mut found = vec![node];
    for name in path {
        found = found
            .into_iter()
            .flat_map(|node| node.children())
            .filter(|child| child.is_element() && child.tag_name().name() == *name)
            .collect();
    }
    found
}

/// The text of the element itself.
pub(crate) fn text(node: Node<'_, '_>) -> String {
    node.children()
        .filter(Node::is_text)
        .filter_map(|part| part.text())
        .collect()
}

/// Faults of the numbers that stand in `node` under the names that `name` gives them.
pub(crate) fn check(
    node: Option<Node<'_, '_>>,
    numbers: &[Number],
    name: fn(&Number) -> &'static str,
    group: &str,
    out: &mut Vec<Violation>,
) {
    for number in numbers.iter().filter(|number| !name(number).is_empty()) {
        let given = node
            .and_then(|node| {
                child(node, name(number)).or_else(|| match name(number) {
                    "InvoicedQuantity" => child(node, "CreditedQuantity"),
                    _ => None,
                })
            })
            .map(text);
        out.extend(number.fault(given.as_deref(), group));
    }
}

/// The currency that each amount names: a code of ISO 4217 (BR-CL-03), and the invoice's own where the profile asks for
/// that (R051). The amount to pay must be in the invoice's currency under every profile: it is what is paid.
fn currencies(root: Node<'_, '_>, invoice: &Invoice, payable: &str) -> Vec<Violation> {
    const SAME: &str = "PEPPOL-EN16931-R051";
    let code = |code: &Option<en16931::invoice::Code>| {
        code.as_ref().map(|code| code.as_str().trim().to_owned())
    };
    let (own, accounting) = (
        code(&invoice.currency),
        code(&invoice.vat_accounting_currency),
    );
    let asked = corrections::asked(invoice, SAME);
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for node in root.descendants().filter(Node::is_element) {
        if out.len() == crate::MAX_LISTED {
            break;
        }
        let Some(currency) = node.attribute("currencyID").map(str::trim) else {
            continue;
        };
        let name = node.tag_name().name();
        let parent = node
            .parent_element()
            .map_or("", |parent| parent.tag_name().name());
        let of_accounting = (parent == "TaxTotal" || name == "TaxTotalAmount")
            && Some(currency) == accounting.as_deref();
        let rule = if !en16931::codes::contains(CURRENCY_CODES, currency) {
            "BR-CL-03"
        } else if own.as_deref().is_some_and(|own| own != currency)
            && !of_accounting
            && (asked || name == payable)
        {
            SAME
        } else {
            continue;
        };
        if seen.insert((rule, parent, name)) {
            out.push(rule_broken(
                rule,
                None,
                format!("{parent}/{name}/@currencyID"),
            ));
        }
    }
    out
}
