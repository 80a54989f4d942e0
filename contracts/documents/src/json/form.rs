//! The own JSON's form against the model's: camel case here, snake case there; absent parts here, whole structures there.

use en16931::invoice::{InvoiceLine, PriceDetails};
use en16931::{Invoice, InvoiceAmount, Quantity};
use serde_json::{Value, json};
use serde_path_to_error::{Path, Segment};

/// The same value in the model's names. Words that the model writes as enum variants are renamed where they stand.
pub(super) fn to_model(mut body: Value) -> Value {
    if let Some(kind) = body.get_mut("kind") {
        match kind.as_str() {
            Some("invoice") => *kind = json!("Invoice"),
            Some("creditNote") => *kind = json!("CreditNote"),
            _ => {}
        }
    }
    if let Some(Value::Object(means)) = body.pointer_mut("/payment/means") {
        for (ours, model) in MEANS {
            if let Some(value) = means.remove(*ours) {
                means.insert((*model).to_owned(), value);
            }
        }
    }
    renamed(body)
}

/// BG-17, BG-18, BG-19.
const MEANS: &[(&str, &str)] = &[
    ("creditTransfer", "CreditTransfer"),
    ("card", "Card"),
    ("directDebit", "DirectDebit"),
];

fn renamed(value: Value) -> Value {
    match value {
        Value::Object(entries) => Value::Object(
            entries
                .into_iter()
                .map(|(key, value)| (snake(&key), renamed(value)))
                .collect(),
        ),
        Value::Array(entries) => Value::Array(entries.into_iter().map(renamed).collect()),
        other => other,
    }
}

fn snake(key: &str) -> String {
    if MEANS.iter().any(|(_, model)| *model == key) {
        return key.to_owned();
    }
    let mut out = String::with_capacity(key.len() + 4);
    for c in key.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// A pointer in the model's names, in ours.
pub(super) fn camel(pointer: &str) -> String {
    let mut out = String::with_capacity(pointer.len());
    let mut raise = false;
    for c in pointer.chars() {
        match c {
            '_' => raise = true,
            c if raise => {
                out.push(c.to_ascii_uppercase());
                raise = false;
            }
            c => out.push(c),
        }
    }
    for (ours, model) in MEANS {
        out = out.replace(&format!("/{model}"), &format!("/{ours}"));
    }
    out
}

/// Fills in what the model demands and the document leaves out, so that an incomplete document becomes an invoice. That the
/// mandatory numbers were absent has been noted before.
pub(super) fn complete(body: &mut Value) {
    let whole = serde_json::to_value(Invoice::default())
        .ok()
        .and_then(|mut envelope| envelope.get_mut("invoice").map(Value::take))
        .unwrap_or_default();
    fill(body, &whole);
    let vat = json!({ "category": "", "rate": null });
    let allowance = json!({ "amount": "0.00", "vat": vat });
    let breakdown = json!({ "taxable_amount": "0.00", "tax_amount": "0.00", "category": "" });
    let reference = json!({ "reference": "" });
    let line = serde_json::to_value(InvoiceLine {
        item: en16931::invoice::Item::default(),
        price: PriceDetails::default(),
        ..InvoiceLine::new(
            "",
            "",
            Quantity::default(),
            "",
            InvoiceAmount::default(),
            "",
            None,
        )
    })
    .unwrap_or_default();
    let lists = [
        ("allowances", &allowance),
        ("charges", &allowance),
        ("vat_breakdown", &breakdown),
        ("attachments", &reference),
        ("preceding_invoices", &reference),
        ("lines", &line),
    ];
    for (list, template) in lists {
        fill_each(body.get_mut(list), template);
    }
    for line in body
        .get_mut("lines")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        for list in ["allowances", "charges"] {
            fill_each(line.get_mut(list), &allowance);
        }
    }
}

fn fill_each(list: Option<&mut Value>, template: &Value) {
    for entry in list.and_then(Value::as_array_mut).into_iter().flatten() {
        fill(entry, template);
    }
}

/// Adds what is absent (or null, where the template has a value), going into objects that both have.
fn fill(value: &mut Value, template: &Value) {
    match (value, template) {
        (Value::Object(entries), Value::Object(defaults)) => {
            for (key, default) in defaults {
                fill(entries.entry(key.clone()).or_insert(Value::Null), default);
            }
        }
        (value @ Value::Null, template) => *value = template.clone(),
        _ => {}
    }
}

/// A JSON pointer of where a typed reading stopped.
pub(super) fn pointer_of(path: &Path) -> String {
    let mut out = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => out.push_str(&format!("/{index}")),
            Segment::Map { key } => out.push_str(&format!("/{key}")),
            Segment::Enum { variant } => out.push_str(&format!("/{variant}")),
            Segment::Unknown => {}
        }
    }
    out
}

/// Calls `missing` with the pointer of each key that `given` has and `known` does not.
pub(super) fn keys_missing_in(
    given: &Value,
    known: &Value,
    at: &str,
    missing: &mut impl FnMut(&str),
) {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => {
            for (key, value) in given {
                let at = format!("{at}/{key}");
                match known.get(key) {
                    Some(known) => keys_missing_in(value, known, &at, missing),
                    None if value.is_null() => {}
                    None => missing(&at),
                }
            }
        }
        (Value::Array(given), Value::Array(known)) => {
            for (index, (given, known)) in given.iter().zip(known).enumerate() {
                keys_missing_in(given, known, &format!("{at}/{index}"), missing);
            }
        }
        _ => {}
    }
}
