//! The project's own JSON into the typed invoice. Its form is described in `samples/README.md`.
//!
//! `{"format": "invoice/1", "invoice": {...}}`: the terms of EN 16931 in camel case, every amount, quantity, price and
//! percentage an exact decimal in a string. A floating-point number anywhere is refused; an integer is exact and taken. What
//! is absent is absent (the rules will say so); what can't be read as its data type becomes a violation, as in XML.

mod exact;
mod form;
mod schema;

pub use schema::schema;

use crate::Unreadable;
use crate::document::{Document, Reading};
use crate::required::{
    ALLOWANCE, BREAKDOWN, CHARGE, LINE, LINE_ALLOWANCE, LINE_CHARGE, Number, PRICE, TAX_TOTALS,
    TOTALS, rule_broken, value_unreadable, violation,
};
use contracts::events::{DocumentFormat, Violation};
use en16931::{Attachment, Invoice};
use serde_json::Value;

/// The format that this build reads: a later one would be `invoice/2`.
const FORMAT: &str = "invoice/1";

/// Reads the document. `bytes` is the content as it came, `text` the same without a byte-order mark.
pub(crate) fn read(bytes: &[u8], text: &[u8]) -> Result<Document, Unreadable> {
    let text = std::str::from_utf8(text).map_err(|_| Unreadable::Encoding {
        found: "invalid UTF-8".to_owned(),
    })?;
    let mut value = exact::parse(text)?;
    let found = value.get("format").and_then(Value::as_str).map_or_else(
        || "JSON without a \"format\"".to_owned(),
        |format| format!("\"format\": \"{}\"", crate::required::cut(format, 60)),
    );
    if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(Unreadable::NotAnInvoice { found });
    }
    let Some(body @ Value::Object(_)) = value.get_mut("invoice").map(Value::take) else {
        return Err(Unreadable::Form {
            pointer: "/invoice".to_owned(),
            message: "an object is expected".to_owned(),
        });
    };
    let mut body = form::to_model(body);
    let mut broken = numbers(&mut body);
    let attachments = take_attachments(&mut body);
    let given = body.clone();
    form::complete(&mut body);
    let mut invoice = typed(body, &mut broken)?;
    for (index, attachment) in attachments {
        match attachment {
            Some(attachment) => {
                if let Some(document) = invoice.attachments.get_mut(index) {
                    document.attachment = Some(attachment);
                }
            }
            None => broken.push(value_unreadable(
                Some("BT-125"),
                format!("BG-24[{index}]/BT-125"),
            )),
        }
    }
    let warnings = unknown_keys(&given, &invoice);
    Ok(Document::new(
        bytes,
        DocumentFormat::Json,
        Reading {
            invoice,
            broken,
            warnings,
            decided: Vec::new(),
        },
    ))
}

/// The typed invoice. A leaf that its type can't hold is noted, removed and tried again without; only a wrong structure ends
/// the reading.
fn typed(body: Value, broken: &mut Vec<Violation>) -> Result<Invoice, Unreadable> {
    const MAX_FAULTS: usize = 50;
    let mut envelope = serde_json::json!({ "en16931": en16931::invoice::JSON_VERSION });
    // Moved in: a large document is not copied for each of its faults.
    envelope["invoice"] = body;
    for _ in 0..MAX_FAULTS {
        let error = match serde_path_to_error::deserialize::<_, Invoice>(&envelope) {
            Ok(invoice) => return Ok(invoice),
            Err(error) => error,
        };
        let whole = form::pointer_of(error.path());
        let pointer = whole.strip_prefix("/invoice").unwrap_or(&whole);
        let words = error.inner().to_string();
        let refused = |message: &str| Unreadable::Form {
            pointer: format!("/invoice{}", form::camel(pointer)),
            message: message.to_owned(),
        };
        match envelope
            .get_mut("invoice")
            .and_then(|body| body.pointer_mut(pointer))
        {
            Some(leaf) if leaf.is_string() || leaf.is_boolean() => *leaf = Value::Null,
            _ if words.starts_with("missing field") => {
                return Err(refused(&crate::required::cut(&words, 120)));
            }
            _ => return Err(refused("a value of another kind is expected")),
        }
        broken.push(value_unreadable(None, form::camel(pointer)));
    }
    Err(Unreadable::Form {
        pointer: "/invoice".to_owned(),
        message: "more than 50 values can't be read as their data types".to_owned(),
    })
}

/// Judges each mandatory number where it stands; what is unreadable is removed, so that the rest can be read.
fn numbers(body: &mut Value) -> Vec<Violation> {
    let mut out = Vec::new();
    let totals = [TOTALS, TAX_TOTALS];
    for numbers in totals {
        check(body.get_mut("totals"), numbers, "BG-22", &mut out);
    }
    each(body, "vat_breakdown", |entry, index| {
        check(Some(entry), BREAKDOWN, &format!("BG-23[{index}]"), &mut out);
    });
    let groups = [
        ("allowances", ALLOWANCE, "BG-20", "BR-32", "BT-95"),
        ("charges", CHARGE, "BG-21", "BR-37", "BT-102"),
    ];
    for (list, numbers, bg, rule, term) in groups {
        each(body, list, |entry, index| {
            let group = format!("{bg}[{index}]");
            check(Some(entry), numbers, &group, &mut out);
            let category = entry.pointer("/vat/category").and_then(Value::as_str);
            if category.is_none_or(|code| code.trim().is_empty()) {
                out.push(rule_broken(rule, Some(term), format!("{group}/{term}")));
            }
        });
    }
    each(body, "lines", |line, index| {
        let group = format!("BG-25[{index}]");
        check(Some(line), LINE, &group, &mut out);
        check(line.get_mut("price"), PRICE, &group, &mut out);
        each(line, "allowances", |entry, _| {
            check(Some(entry), LINE_ALLOWANCE, &group, &mut out)
        });
        each(line, "charges", |entry, _| {
            check(Some(entry), LINE_CHARGE, &group, &mut out)
        });
    });
    out
}

fn each(parent: &mut Value, list: &str, mut visit: impl FnMut(&mut Value, usize)) {
    let entries = parent.get_mut(list).and_then(Value::as_array_mut);
    for (index, entry) in entries.into_iter().flatten().enumerate() {
        visit(entry, index);
    }
}

fn check(mut node: Option<&mut Value>, numbers: &[Number], group: &str, out: &mut Vec<Violation>) {
    for number in numbers {
        let slot = node.as_mut().and_then(|node| node.get_mut(number.json));
        let given = slot.as_ref().and_then(|slot| slot.as_str());
        if let Some(fault) = number.fault(given, group) {
            if let Some(slot) = slot {
                *slot = Value::Null;
            }
            out.push(fault);
        }
    }
}

/// The attachments (BT-125), whose content is base64 here and bytes in the model.
fn take_attachments(body: &mut Value) -> Vec<(usize, Option<Attachment>)> {
    use base64::Engine as _;
    let mut out = Vec::new();
    each(body, "attachments", |entry, index| {
        let attachment = match entry.get_mut("attachment").map(Value::take) {
            None | Some(Value::Null) => return,
            Some(given) => given,
        };
        let text = |key: &str| attachment.get(key).and_then(Value::as_str);
        let decoded = text("content").and_then(|content| {
            base64::engine::general_purpose::STANDARD
                .decode(content)
                .ok()
        });
        let attachment = decoded.and_then(|content| {
            Attachment::new(
                content,
                text("mime_code").unwrap_or_default(),
                text("filename").unwrap_or_default(),
            )
            .ok()
        });
        out.push((index, attachment));
    });
    out
}

/// A warning for each key that no term of the invoice has: most likely misspelt, and its value was not read.
fn unknown_keys(given: &Value, invoice: &Invoice) -> Vec<Violation> {
    let known = serde_json::to_value(invoice)
        .ok()
        .and_then(|mut envelope| envelope.get_mut("invoice").map(Value::take))
        .unwrap_or_default();
    let mut out = Vec::new();
    form::keys_missing_in(given, &known, "", &mut |pointer| {
        out.push(violation(
            "DOCUMENT-UNKNOWN",
            None,
            &form::camel(pointer),
            "No term of the invoice has this name; its value was not read.",
        ));
    });
    out
}
