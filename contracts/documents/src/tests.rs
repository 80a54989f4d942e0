//! What a session with real documents would show: the samples, bad input, and changed invoices with their rule ids.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

mod changed;
mod corrections;
mod hostile;
mod json;
mod mutations;
mod national;
mod samples;
mod schema;

use super::*;

const INVOICE: &str = include_str!("../../../samples/invoice.xml");
const JSON: &str = include_str!("../../../samples/invoice.json");

/// The rule ids that a document breaks, in order and each once.
fn rules(document: &str) -> Vec<String> {
    let document = read(document.as_bytes()).unwrap();
    let mut rules: Vec<_> = judge(&document)
        .violations
        .into_iter()
        .map(|v| v.rule)
        .collect();
    rules.sort();
    rules.dedup();
    rules
}

/// The sample with one text replaced everywhere; a test that replaces nothing is wrong.
fn with(sample: &str, old: &str, new: &str) -> String {
    assert!(sample.contains(old), "`{old}` is not in the sample");
    sample.replace(old, new)
}
