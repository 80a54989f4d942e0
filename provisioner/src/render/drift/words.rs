//! What findings are called, in both renderings.

use super::DriftDocument;
use ::drift::{Finding, Kind, Risk};
use serde_json::Value;

/// A class of risk, as a heading.
pub(super) const fn title(risk: Risk) -> &'static str {
    match risk {
        Risk::WidensAccess => "Widens access",
        Risk::LosesData => "May lose data",
        Risk::LosesEvents => "May lose events",
        Risk::Cosmetic => "Cosmetic",
    }
}

/// So many of a class.
const fn count_of(risk: Risk) -> (&'static str, &'static str) {
    match risk {
        Risk::WidensAccess => ("widens access", "widen access"),
        Risk::LosesData => ("may lose data", "may lose data"),
        Risk::LosesEvents => ("may lose events", "may lose events"),
        Risk::Cosmetic => ("is cosmetic", "are cosmetic"),
    }
}

/// What happened, as one character.
pub(super) const fn sign(kind: Kind) -> char {
    match kind {
        Kind::Modified => '~',
        Kind::Deleted => '-',
        Kind::Added | Kind::Undeclared => '+',
    }
}

/// A type without its vendor.
pub(super) fn short_type(type_name: &str) -> &str {
    type_name.trim_start_matches("AWS::")
}

/// Findings that count, of a class.
pub(super) fn counting<'a>(
    document: &DriftDocument<'a>,
    risk: Risk,
) -> impl Iterator<Item = &'a Finding> {
    let findings = document.findings.iter();
    findings.filter(move |finding| finding.counts() && finding.risk == risk)
}

/// Findings that are ignored for now.
pub(super) fn ignored<'a>(
    document: &DriftDocument<'a>,
) -> impl Iterator<Item = (&'a Finding, &'a str)> {
    let findings = document.findings.iter();
    findings.filter_map(|finding| {
        finding
            .ignored_until
            .as_deref()
            .map(|until| (finding, until))
    })
}

/// How much differs, after the name of what differs.
pub(super) fn verdict(document: &DriftDocument<'_>) -> String {
    match document
        .findings
        .iter()
        .filter(|finding| finding.counts())
        .count()
    {
        0 => "is as it was deployed".to_owned(),
        1 => "differs in 1 thing from what was deployed".to_owned(),
        more => format!("differs in {more} things from what was deployed"),
    }
}

/// How many differences of which risk, and what does not count; empty where there is neither.
pub(super) fn counts(document: &DriftDocument<'_>) -> String {
    let mut parts = Vec::new();
    for risk in Risk::ALL {
        let (one, more) = count_of(risk);
        match counting(document, risk).count() {
            0 => {}
            1 => parts.push(format!("1 {one}")),
            count => parts.push(format!("{count} {more}")),
        }
    }
    for (count, word) in [
        (ignored(document).count(), "ignored"),
        (document.adopted, "adopted"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    parts.join(", ")
}

/// What to do about a finding that `--revert` can't put back.
pub(super) fn by_hand(finding: &Finding) -> Option<&str> {
    if finding.revertible {
        return None;
    }
    let usual = "set it back by hand, or change the sources and run `provision up`";
    Some(finding.way_out.as_deref().unwrap_or(usual))
}

/// Who changed it and when, as far as the account's trail says; `marked` is how a name is written.
pub(super) fn trail(finding: &Finding, marked: impl Fn(&str) -> String) -> Option<String> {
    let who = finding.who.as_deref().map(marked);
    match (who, &finding.when) {
        (Some(who), Some(when)) => Some(format!("{who} at {when}")),
        (Some(who), None) => Some(who),
        (None, Some(when)) => Some(format!("somebody at {when}")),
        (None, None) => None,
    }
}

/// The value of `--ignore` for a finding: in a shell it stands in single quotes.
pub(super) fn place(finding: &Finding) -> String {
    let below = match finding.kind {
        Kind::Added => &finding.resource,
        _ => &finding.path,
    };
    match below.as_str() {
        "" => finding.owner().to_owned(),
        below => format!("{}:{below}", finding.owner()),
    }
}

/// A value in lines: a text is itself, what has members is written as YAML, JSON inside of a text opened.
pub(super) fn lines(value: &Value) -> Vec<String> {
    let text = match opened(value) {
        Value::String(text) => text,
        value @ (Value::Array(_) | Value::Object(_)) => {
            serde_yaml::to_string(&value).unwrap_or_else(|_| value.to_string())
        }
        scalar => scalar.to_string(),
    };
    let lines: Vec<String> = text.trim_end().lines().map(str::to_owned).collect();
    match lines.is_empty() {
        true => vec!["(empty)".to_owned()],
        false => lines,
    }
}

/// Texts that hold a JSON object or list, as policies and patterns do, become what they hold.
fn opened(value: &Value) -> Value {
    match value {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            match serde_json::from_str::<Value>(text) {
                Ok(inner) => opened(&inner),
                Err(_) => value.clone(),
            }
        }
        Value::Array(items) => Value::Array(items.iter().map(opened).collect()),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), opened(member)))
            .collect(),
        other => other.clone(),
    }
}
