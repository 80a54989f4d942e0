//! What was not looked at, by reason: forty functions that all lack one property are one line.

use super::words::short_type;
use ::drift::NotChecked;
use std::collections::BTreeMap;

/// Everything that one reason stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unread {
    /// Why.
    pub reason: String,
    /// How many properties or resources.
    pub count: usize,
    /// What, each with how many: `Lambda::Function KmsKeyArn`.
    pub what: Vec<(String, usize)>,
}

/// By reason, the most frequent last: what is rare is news.
pub(super) fn by_reason(notes: &[NotChecked]) -> Vec<Unread> {
    let mut reasons: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for note in notes {
        for (what, reason) in parts(note) {
            *reasons.entry(reason).or_default().entry(what).or_default() += 1;
        }
    }
    let mut found: Vec<Unread> = reasons
        .into_iter()
        .map(|(reason, what)| Unread {
            reason,
            count: what.values().sum(),
            what: what.into_iter().collect(),
        })
        .collect();
    found.sort_by_key(|unread| unread.count);
    found
}

/// A note's parts, `PROPERTY: why; PROPERTY: why`, or one about the whole resource.
fn parts(note: &NotChecked) -> Vec<(String, String)> {
    let type_name = short_type(&note.type_name);
    let mut parts: Vec<(String, String)> = Vec::new();
    for part in note.reason.split("; ") {
        match (part.split_once(": "), parts.last_mut()) {
            (Some((property, why)), _) if is_name(property) => {
                parts.push((format!("{type_name} {property}"), why.to_owned()));
            }
            // More about the one before.
            (_, Some((_, reason))) => {
                reason.push_str("; ");
                reason.push_str(part);
            }
            (_, None) => parts.push((
                format!("{} ({type_name})", note.logical_id),
                part.to_owned(),
            )),
        }
    }
    parts
}

/// Whether it is a property's name, or a few words that stand for one.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().count() <= 60
        && !text.contains('`')
}

/// How many, and of what, shortly.
pub(super) fn total(unread: &[Unread]) -> String {
    let count: usize = unread.iter().map(|one| one.count).sum();
    let reasons = unread.len();
    let plural = if reasons == 1 { "reason" } else { "reasons" };
    format!("{count}, for {reasons} {plural}")
}
