//! What can be wrong with an event pattern, in the words of who has to mend it.

use super::{MAX_CHARACTERS, MAX_COMBINATIONS};
use thiserror::Error;

/// A pattern that EventBridge would refuse or misunderstand.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("event pattern, at {at}: {fault}")]
pub struct PatternError {
    /// The place: field names joined by dots, list positions in brackets; `the top` for the pattern itself.
    pub at: String,
    /// What is wrong there.
    pub fault: PatternFault,
}

/// One fault, with what is allowed instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PatternFault {
    /// Something else where an object of fields must stand.
    #[error("an object of fields belongs here, not {found}")]
    NotAnObject {
        /// What stands there.
        found: &'static str,
    },
    /// An object without fields.
    #[error("an empty object is refused; name a field, or leave it out")]
    EmptyObject,
    /// A field with a bare value.
    #[error(
        "a field takes a list of values and operators, or an object of further fields, not {found}"
    )]
    NotAField {
        /// What stands there.
        found: &'static str,
    },
    /// A list without alternatives.
    #[error("an empty list is refused; give at least one value or operator")]
    EmptyList,
    /// A list in a list.
    #[error("a list holds strings, numbers, booleans, null and operators, not {found}")]
    NotAnAlternative {
        /// What stands there.
        found: &'static str,
    },
    /// An operator object with no key or several.
    #[error("an operator is an object with one key; this has {keys}")]
    NotOneOperator {
        /// How many keys it has.
        keys: usize,
    },
    /// An operator that doesn't exist here.
    #[error("no operator `{name}`; allowed: {allowed}")]
    UnknownOperator {
        /// The name found.
        name: String,
        /// The names allowed at this place.
        allowed: &'static str,
    },
    /// An operand of the wrong kind.
    #[error("`{operator}` takes {wanted}, not {found}")]
    Operand {
        /// The operator.
        operator: &'static str,
        /// What it takes.
        wanted: &'static str,
        /// What stands there.
        found: String,
    },
    /// `**`.
    #[error("a wildcard must not hold two `*` in a row; one says the same")]
    ConsecutiveWildcards,
    /// A backslash before something else than `*` or a backslash.
    #[error(r"in a wildcard, a backslash stands before `*` or another backslash only")]
    WildcardEscape,
    /// A number that the service can't compare exactly.
    #[error(
        "{number} can't be compared exactly; use a number that a double holds (integers up to 2^53)"
    )]
    NotComparable {
        /// The number.
        number: String,
    },
    /// A range that no number is in.
    #[error("the lower bound {lower} must be below the upper bound {upper}")]
    EmptyRange {
        /// The lower bound.
        lower: String,
        /// The upper bound.
        upper: String,
    },
    /// No block of addresses.
    #[error("`{text}` is no CIDR block: {reason}")]
    Cidr {
        /// The operand.
        text: String,
        /// Why it is none.
        reason: &'static str,
    },
    /// A `$or` that isn't the operator.
    #[error("`$or` takes a list of at least two objects, and is no part of a dotted name")]
    NotAChoice,
    /// An operator's name as a field's name inside of `$or`.
    #[error("`{name}` is reserved and can't name a field inside `$or`")]
    ReservedName {
        /// The name.
        name: String,
    },
    /// One path with two lists.
    #[error(
        "`{path}` is given twice and EventBridge would keep one only; merge the lists or move the field into every branch"
    )]
    FieldTwice {
        /// The path from the top.
        path: String,
    },
    /// Above [`MAX_CHARACTERS`].
    #[error("the pattern has {characters} characters; EventBridge takes {MAX_CHARACTERS}")]
    TooLong {
        /// How many it has.
        characters: usize,
    },
    /// Above [`MAX_COMBINATIONS`].
    #[error(
        "the lengths of the `$or` lists multiply to {combinations}; EventBridge takes {MAX_COMBINATIONS}"
    )]
    TooManyCombinations {
        /// Their product.
        combinations: usize,
    },
}
