//! What was not looked at, by reason: forty functions that all lack one property are one line.

use super::words::short_type;
use ::drift::NotChecked;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Everything that one reason stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Unread {
    /// Why.
    pub reason: String,
    /// How many whole resources.
    pub resources: usize,
    /// How many properties, or groups of them.
    pub properties: usize,
    /// What, each with how many: `Lambda::Function KmsKeyArn`.
    pub what: BTreeMap<String, usize>,
}

impl Unread {
    /// How many of either.
    pub fn count(&self) -> usize {
        self.resources + self.properties
    }
}

/// By reason: whole resources first, then what is frequent.
pub(super) fn by_reason(notes: &[NotChecked]) -> Vec<Unread> {
    let mut reasons: BTreeMap<String, Unread> = BTreeMap::new();
    for note in notes {
        let type_name = short_type(&note.type_name);
        for (property, reason) in parts(&note.reason) {
            let unread = reasons.entry(reason.clone()).or_default();
            unread.reason = reason;
            let what = match property {
                Some(property) => {
                    unread.properties += 1;
                    format!("{type_name} {property}")
                }
                None => {
                    unread.resources += 1;
                    format!("{} ({type_name})", note.logical_id)
                }
            };
            *unread.what.entry(what).or_default() += 1;
        }
    }
    let mut found: Vec<Unread> = reasons.into_values().collect();
    found.sort_by_key(|unread| (unread.resources == 0, Reverse(unread.count())));
    found
}

/// A note's parts, `PROPERTY: why; PROPERTY: why`, or one about the whole resource.
fn parts(note: &str) -> Vec<(Option<String>, String)> {
    let mut parts: Vec<(Option<String>, String)> = Vec::new();
    for part in note.split("; ") {
        match (part.split_once(": "), parts.last_mut()) {
            (Some((property, why)), _) if is_name(property) => {
                parts.push((Some(property.to_owned()), why.to_owned()));
            }
            // More about the one before.
            (_, Some((_, reason))) => {
                reason.push_str("; ");
                reason.push_str(part);
            }
            (_, None) => parts.push((None, part.to_owned())),
        }
    }
    parts
}

/// Whether it names properties, and is no clause about the whole.
fn is_name(text: &str) -> bool {
    let is_clause = ["the ", "it ", "its ", "there "]
        .iter()
        .any(|begin| text.starts_with(begin));
    !is_clause && !text.contains('`') && text.split(", ").all(|name| name.split(' ').count() <= 6)
}

/// How much is not checked, in words.
pub(super) fn total(unread: &[Unread]) -> String {
    let sum = |count: fn(&Unread) -> usize| unread.iter().map(count).sum::<usize>();
    let mut parts = Vec::new();
    for (count, one, more) in [
        (sum(|unread| unread.resources), "resource", "resources"),
        (sum(|unread| unread.properties), "property", "properties"),
    ] {
        match count {
            0 => {}
            1 => parts.push(format!("1 {one}")),
            count => parts.push(format!("{count} {more}")),
        }
    }
    parts.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_note_is_about_properties_or_about_the_whole_resource() {
        let of = |note| -> Vec<(Option<String>, String)> { parts(note) };
        let some = |name: &str, why: &str| (Some(name.to_owned()), why.to_owned());
        assert_eq!(
            of("Tags: dropped; items, warm throughput: they are copies; and more"),
            [
                some("Tags", "dropped"),
                some("items, warm throughput", "they are copies; and more")
            ]
        );
        let whole = "the stack never made it: it has no physical id";
        assert_eq!(of(whole), [(None, whole.to_owned())]);
    }
}
