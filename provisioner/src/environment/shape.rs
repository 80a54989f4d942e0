//! From an environment file's text to the typed environment: the first fault of its shape, with its place and a hint.
//! What the values mean is `meaning`'s business.

use super::marks::Marks;
use crate::exit::{Failure, Place};
use stack::Environment;
use std::ops::Range;

/// Reads the text.
///
/// # Errors
/// The first fault: no YAML, an unknown, missing or repeated key, a value of the wrong type.
pub fn read(file: &str, text: &str, marks: &Marks) -> Result<Environment, Failure> {
    serde_yaml::from_str(text).map_err(|error| {
        let located = error.to_string();
        let message = error.location().map_or(located.clone(), |location| {
            let suffix = format!(" at line {} column {}", location.line(), location.column());
            located.replacen(suffix.as_str(), "", 1)
        });
        let message = message.as_str();
        let (path, reason) = split(message, marks);
        let unknown = between(reason, "unknown field `");
        let missing = between(reason, "missing field `");
        let repeated = between(reason, "duplicate field `");
        let range = unknown
            .and_then(|key| marks.key(&child(path, key)))
            .or_else(|| repeated.and_then(|key| marks.repeated(&child(path, key))))
            .or_else(|| missing.and_then(|_| marks.key(path)))
            .or_else(|| error.location().map(|at| word_at(text, at.index())))
            .unwrap_or(0..0);
        let hint = match (unknown, missing) {
            (Some(key), _) => expected(reason, key),
            (_, Some(key)) => format!("Add `{key}`: every environment file has the same keys."),
            _ if repeated.is_some() => "Keep one of them.".to_owned(),
            _ if reason.contains("invalid type") => {
                "Numbers, true and false stand without quotes; texts of digits only need them."
                    .to_owned()
            }
            _ => "See environments/local.yaml for a file with every key explained.".to_owned(),
        };
        let code = match (unknown, missing) {
            (Some(_), _) => "environment.unknown-key",
            (_, Some(_)) => "environment.missing-key",
            _ => "environment.shape",
        };
        Failure::refused(code, message.to_owned())
            .on(file)
            .help(hint)
            .at(Place {
                file: file.to_owned(),
                text: text.to_owned(),
                offset: range.start,
                length: range.len(),
                label: label(reason),
            })
    })
}

/// The key path that the reader puts before its reason, if that is what stands there.
fn split<'a>(message: &'a str, marks: &Marks) -> (&'a str, &'a str) {
    match message.split_once(": ") {
        Some((path, reason)) if marks.key(path).is_some() => (path, reason),
        _ => ("", message),
    }
}

fn child(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn between<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    let start = text.find(before)? + before.len();
    text[start..].split('`').next()
}

/// What the label under the place says: the reason, without the list of what was expected.
fn label(reason: &str) -> String {
    reason
        .split(", expected")
        .next()
        .unwrap_or(reason)
        .to_owned()
}

/// Which key was meant, else all that there are.
fn expected(reason: &str, key: &str) -> String {
    let known: Vec<&str> = reason
        .split_once("expected")
        .map(|(_, list)| list.split('`').skip(1).step_by(2).collect())
        .unwrap_or_default();
    nearest(key, known.iter().copied()).map_or_else(
        || format!("Keys here: {}.", known.join(", ")),
        |meant| format!("Did you mean `{meant}`?"),
    )
}

/// The most similar of some words, if one is similar enough to have been meant.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// The word at a byte offset.
fn word_at(text: &str, index: usize) -> Range<usize> {
    let start = index.min(text.len());
    let length = text
        .get(start..)
        .and_then(|rest| rest.find(|c: char| c.is_whitespace() || c == ':'))
        .unwrap_or(0);
    start..start + length
}
