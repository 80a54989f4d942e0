//! Texts as EventBridge compares them: with their quotation marks, character by character, without any locale.

use super::PatternFault;
use std::collections::BTreeSet;

/// EventBridge compares a string with its quotation marks, so `prefix` may reach the closing one and `suffix` the opening one.
fn quoted(value: &str) -> String {
    format!("\"{value}\"")
}

pub(super) fn begins(value: &str, prefix: &str) -> bool {
    quoted(value).starts_with(&format!("\"{prefix}"))
}

pub(super) fn ends(value: &str, suffix: &str) -> bool {
    quoted(value).ends_with(&format!("{suffix}\""))
}

pub(super) fn equals_ignoring_case(value: &str, wanted: &str) -> bool {
    rests(value, wanted).contains("")
}

pub(super) fn begins_ignoring_case(value: &str, prefix: &str) -> bool {
    !rests(&quoted(value), &format!("\"{prefix}")).is_empty()
}

pub(super) fn ends_ignoring_case(value: &str, suffix: &str) -> bool {
    let value = quoted(value);
    let mut beginnings = BTreeSet::from([value.as_str()]);
    for wanted in format!("{suffix}\"").chars().rev() {
        beginnings = step(&beginnings, wanted, |text, form| text.strip_suffix(form));
    }
    !beginnings.is_empty()
}

/// What can be left of a value once the wanted text is taken from its beginning in either case.
fn rests<'a>(value: &'a str, wanted: &str) -> BTreeSet<&'a str> {
    let mut rests = BTreeSet::from([value]);
    for wanted in wanted.chars() {
        rests = step(&rests, wanted, |text, form| text.strip_prefix(form));
    }
    rests
}

/// Takes one wanted character, in its lower or its upper form, from each text. The forms can differ in length (`ß`, `SS`), so
/// there can be two ways on.
fn step<'a>(
    texts: &BTreeSet<&'a str>,
    wanted: char,
    take: impl for<'t> Fn(&'t str, &str) -> Option<&'t str>,
) -> BTreeSet<&'a str> {
    let forms: [String; 2] = if wanted > '\u{FFFF}' {
        // The service works on UTF-16 units, which have no case beyond the basic plane.
        [wanted.into(), wanted.into()]
    } else {
        [
            wanted.to_lowercase().collect(),
            wanted.to_uppercase().collect(),
        ]
    };
    texts
        .iter()
        .flat_map(|text| forms.iter().filter_map(|form| take(text, form)))
        .collect()
}

/// A text with `*` for any characters, none included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard {
    source: String,
    /// The literal before the first `*`.
    first: String,
    /// The literals after each `*`.
    others: Vec<String>,
}

impl Wildcard {
    /// Reads `*`, `\*` and `\\`.
    pub(super) fn parse(source: &str) -> Result<Self, PatternFault> {
        let mut done = Vec::new();
        let mut literal = String::new();
        let mut characters = source.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '*' if characters.peek() == Some(&'*') => {
                    return Err(PatternFault::ConsecutiveWildcards);
                }
                '*' => done.push(core::mem::take(&mut literal)),
                '\\' => match characters.next() {
                    Some(escaped @ ('*' | '\\')) => literal.push(escaped),
                    _ => return Err(PatternFault::WildcardEscape),
                },
                plain => literal.push(plain),
            }
        }
        done.push(literal);
        let others = done.split_off(1);
        Ok(Self {
            source: source.to_owned(),
            first: done.pop().unwrap_or_default(),
            others,
        })
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    pub(super) fn matches(&self, value: &str) -> bool {
        let Some((last, between)) = self.others.split_last() else {
            return value == self.first;
        };
        let ends = value.strip_prefix(self.first.as_str());
        let mut rest = ends.and_then(|rest| rest.strip_suffix(last.as_str()));
        for literal in between {
            // The leftmost place leaves the most for what follows.
            rest = rest.and_then(|rest| rest.split_once(literal.as_str()).map(|(_, after)| after));
        }
        rest.is_some()
    }
}
