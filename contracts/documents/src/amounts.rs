//! Amounts that the standard admits, or names by their own rule, in spellings that the reader of the formats refuses.
//!
//! `.50` is a decimal of XML Schema and means 0.50. `12.500` breaks a BR-DEC rule and is still twelve and a half: an invoice
//! with it must not break the rules about sums as well. Such texts are rewritten for the reader; the rules on decimals are
//! judged on what the document says. Prices and quantities are left alone, the reader takes all of them.

use roxmltree::Node;
use rust_decimal::{Decimal, RoundingStrategy};

/// The document with such amounts rewritten; nothing if it has none.
pub(crate) fn rewritten(text: &str, root: Node<'_, '_>) -> Option<String> {
    let mut out = String::new();
    let mut done = 0;
    for node in root.descendants().filter(|node| is_amount(*node)) {
        let mut parts = node.children();
        let (Some(part), None) = (parts.next(), parts.next()) else {
            continue;
        };
        let range = part.range();
        let Some(written) = text.get(range.clone()).filter(|_| part.is_text()) else {
            continue;
        };
        if let Some(plain) = plain(written.trim()) {
            out.push_str(&text[done..range.start]);
            out.push_str(&plain);
            done = range.end;
        }
    }
    if done == 0 {
        return None;
    }
    out.push_str(&text[done..]);
    Some(out)
}

/// An element that holds an amount of at most two decimals, in either syntax.
pub(crate) fn is_amount(node: Node<'_, '_>) -> bool {
    let name = node.tag_name().name();
    let within = |names: [&str; 2]| {
        node.ancestors()
            .skip(1)
            .any(|above| names.contains(&above.tag_name().name()))
    };
    node.is_element()
        && name.ends_with("Amount")
        && !name.ends_with("PriceAmount")
        && name != "ChargeAmount"
        && !within(["Price", "AppliedTradeAllowanceCharge"])
}

/// The amount as the reader takes it; nothing if it takes it as it is, or it is no decimal at all.
fn plain(written: &str) -> Option<String> {
    let digits = written.trim_start_matches(['+', '-']);
    let overlong = decimals(written) > 2;
    if !overlong && !digits.starts_with('.') {
        return None;
    }
    let value: Decimal = written.parse().ok()?;
    let value = value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    Some(value.to_string())
}

/// How many decimals are written, trailing zeros included: as the BR-DEC rules count.
pub(crate) fn decimals(written: &str) -> usize {
    written
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.chars().count())
}
