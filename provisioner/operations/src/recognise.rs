//! What a file is, by its content: an invoice document, a vendor registration or an event. Pure; nothing is judged here
//! beyond what makes it impossible to send.

use crate::event::EventEntry;
use crate::failure::{Failure, Place};
use contracts::events::ALL_EVENTS;
use contracts::records::Registration;
use documents::{Document, Unreadable};
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// The kinds of things that can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A vendor registration.
    Vendor,
    /// An invoice document.
    Invoice,
    /// An event.
    Event,
}

/// Something that can be sent.
#[derive(Debug)]
pub enum Submission {
    /// What an invoice document reads as.
    Invoice(Box<Document>),
    /// A vendor registration.
    Vendor(Box<Registration>),
    /// An event.
    Event(EventEntry),
}

/// Recognises a file by its content.
///
/// # Errors
/// [`Failure::Unreadable`], with line and column where they are known.
pub fn recognise(name: &str, bytes: &[u8]) -> Result<Submission, Failure> {
    let keys = if bytes.len() <= documents::MAX_BYTES {
        top_level_keys(bytes)
    } else {
        None
    };
    match keys {
        Some(keys) if is_event(&keys) => {
            let entry = EventEntry::parse(name, text(bytes))?;
            declared(name, &entry)?;
            Ok(Submission::Event(entry))
        }
        Some(keys) if is_registration(&keys) => registration(name, bytes),
        _ => {
            let document = documents::read(bytes).map_err(|why| unreadable(name, &why))?;
            Ok(Submission::Invoice(Box::new(document)))
        }
    }
}

type Keys = BTreeMap<String, IgnoredAny>;

fn text(bytes: &[u8]) -> &str {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).unwrap_or_default()
}

fn top_level_keys(bytes: &[u8]) -> Option<Keys> {
    serde_json::from_str(text(bytes)).ok()
}

fn is_event(keys: &Keys) -> bool {
    ["detail-type", "detail"]
        .iter()
        .any(|key| keys.contains_key(*key))
}

/// Nobody would get an event of a type that isn't declared: the bus takes it, and no rule matches.
fn declared(name: &str, entry: &EventEntry) -> Result<(), Failure> {
    let mut types: Vec<_> = ALL_EVENTS.iter().map(|event| event.name).collect();
    if types.contains(&entry.detail_type.as_str()) {
        return Ok(());
    }
    types.sort_unstable();
    let shown: String = entry.detail_type.chars().take(80).collect();
    Err(Failure::Unreadable {
        name: name.to_owned(),
        place: None,
        reason: format!("`{shown}` is no event of this system: nobody would get it"),
        help: format!("the declared events are {}", types.join(", ")),
    })
}

fn is_registration(keys: &Keys) -> bool {
    let own = ["country", "vatId", "legalId", "taxId", "endpoint"];
    !keys.contains_key("format")
        && keys.contains_key("name")
        && own.iter().any(|key| keys.contains_key(*key))
}

fn registration(name: &str, bytes: &[u8]) -> Result<Submission, Failure> {
    serde_json::from_str(text(bytes))
        .map(|registration| Submission::Vendor(Box::new(registration)))
        .map_err(|why| Failure::Unreadable {
            name: name.to_owned(),
            place: Some(Place {
                line: why.line(),
                column: why.column(),
            }),
            // The decoder's words name the field; a registration's own text could only follow a type mismatch.
            reason: format!("not a vendor registration: {why}"),
            help: "a registration has `name`, `country` (two capital letters) and at least one of `endpoint`, `vatId`, `legalId`, `taxId`".to_owned(),
        })
}

/// Why, without the line and column that the failure's name carries already.
fn without_place(why: &Unreadable) -> String {
    let reason = why.to_string();
    let Some((line, column)) = why.position() else {
        return reason;
    };
    reason
        .replacen(&format!(" at line {line}, column {column}"), "", 1)
        .replacen(&format!(" at line {line}"), "", 1)
}

/// A document that can't be read, as a failure that says what to do.
pub(crate) fn unreadable(name: &str, why: &Unreadable) -> Failure {
    let help = match why {
        Unreadable::Empty => "name a file with content",
        Unreadable::TooLarge { .. } => "split the invoice, or leave embedded attachments out",
        Unreadable::Encoding { .. } => "save the document as UTF-8",
        Unreadable::Doctype { .. } => "remove the DOCTYPE: an invoice needs none",
        Unreadable::InvalidXml { .. } | Unreadable::Json { .. } => {
            "correct the document at that place"
        }
        Unreadable::FloatMoney { .. } => {
            "write amounts, quantities and percentages as strings, e.g. \"12.50\""
        }
        Unreadable::NotAnInvoice { .. } | Unreadable::Form { .. } => {
            "an invoice is a UBL 2.1 Invoice or CreditNote, or JSON; `send` also takes a vendor registration (`name`, `country`, ..) and an event (`source`, `detail-type`, `detail`)"
        }
        // Shapes that no invoice has: too deep, too many elements or attributes.
        _ => "this is no invoice document: check the file",
    };
    Failure::Unreadable {
        name: name.to_owned(),
        place: why.position().map(|(line, column)| Place { line, column }),
        reason: without_place(why),
        help: help.to_owned(),
    }
}
