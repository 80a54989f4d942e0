//! Event patterns as values: built or parsed, rendered as EventBridge takes them, and matched as EventBridge matches.
//!
//! Every operator of event buses is here: exact values, `prefix`, `suffix`, `equals-ignore-case`, `wildcard`,
//! `anything-but` with its forms, `numeric`, `cidr`, `exists` and `$or`. A field matches when any of its matchers does, a
//! pattern when all of its fields do and the fields that lie in one array agree on one element of it.
//!
//! Stricter than the service on purpose, where it would take a pattern that says something else than it seems to: a field
//! given twice (inside and outside of a `$or`, say; the service keeps the later one in the text), a `$or` that is no list
//! of at least two objects (the service falls back to a field of that name), an empty list inside an `anything-but`
//! operator, an octet with a leading zero. Not judged: the service's refusal of wildcards that are too costly together.
//! A literal with more digits than a double keeps has been rounded by the JSON reader before it comes here.

mod builder;
mod cidr;
mod error;
mod excluded;
mod leaves;
mod matcher;
mod matching;
mod number;
mod operands;
mod parse;
mod place;
mod render;
#[cfg(test)]
mod tests;
mod text;

pub use error::{PatternError, PatternFault};
pub use matcher::{Matcher, Scalar};

use serde_json::Value;
use std::collections::BTreeMap;

/// Longest pattern, in characters of its compact JSON: PutRule's bound. An account begins with a quota of 2,048, which can be
/// raised to this.
pub const MAX_CHARACTERS: usize = 4096;

/// Most combinations that a pattern's `$or` lists may stand for: the product of their lengths.
pub const MAX_COMBINATIONS: usize = 1000;

/// The steps from an object to a field. EventBridge joins steps with dots, so a name with a dot is two steps.
type Path = Vec<String>;

/// An event pattern: paths into the event with their alternatives, and choices between further patterns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pattern {
    fields: BTreeMap<Path, Vec<Matcher>>,
    /// The `$or` of an object, by that object's path; the branches' paths begin there.
    choices: BTreeMap<Path, Vec<Pattern>>,
}

impl Pattern {
    /// Reads a pattern as EventBridge would.
    ///
    /// # Errors
    /// What EventBridge refuses, and what the module's description calls stricter: with the place and what is allowed there.
    pub fn parse(json: &Value) -> Result<Self, PatternError> {
        parse::pattern(json)
    }

    /// The pattern as EventBridge takes it. `parse` of it gives an equal pattern, if it takes it at all: a pattern without
    /// fields or with an empty list can be built here and is refused there.
    #[must_use]
    pub fn to_json(&self) -> Value {
        render::object(self)
    }

    /// Whether an event (the whole envelope) matches. A pattern without fields matches every event.
    #[must_use]
    pub fn matches(&self, event: &Value) -> bool {
        matching::pattern(self, event)
    }
}
