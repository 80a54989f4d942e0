//! One alternative of a field, read from JSON: a value, or an operator with its operand.

use super::cidr::Cidr;
use super::excluded::Excluded;
use super::matcher::Kind;
use super::number::{self, Numeric};
use super::text::Wildcard;
use super::{Matcher, PatternFault, Scalar};
use serde_json::{Map, Value};

const OPERATORS: &str =
    "anything-but, cidr, equals-ignore-case, exists, numeric, prefix, suffix, wildcard";
const EXCLUDED: &str = "equals-ignore-case, prefix, suffix, wildcard";

impl Matcher {
    /// Reads one alternative: a string, number, boolean or null to be equal to, or an object with one operator.
    ///
    /// # Errors
    /// An operator that EventBridge doesn't know, or an operand that it refuses.
    pub fn parse(json: &Value) -> Result<Self, PatternFault> {
        Ok(Self(match json {
            Value::String(text) => Kind::Is(Scalar::Text(text.clone())),
            Value::Number(number) => Kind::Is(Scalar::Number(number.clone())),
            Value::Bool(truth) => Kind::Is(Scalar::Bool(*truth)),
            Value::Null => Kind::Is(Scalar::Null),
            Value::Array(_) => return Err(PatternFault::NotAnAlternative { found: kind(json) }),
            Value::Object(object) => operator(object)?,
        }))
    }
}

/// What a JSON value is, for messages.
pub(super) fn kind(json: &Value) -> &'static str {
    match json {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The fault of an operand of the wrong kind.
pub(super) fn refused(operator: &'static str, wanted: &'static str, found: &Value) -> PatternFault {
    PatternFault::Operand {
        operator,
        wanted,
        found: match found {
            Value::Array(_) | Value::Object(_) => kind(found).to_owned(),
            scalar => scalar.to_string(),
        },
    }
}

fn only(object: &Map<String, Value>) -> Result<(&str, &Value), PatternFault> {
    let mut entries = object.iter();
    match (entries.next(), entries.next()) {
        (Some((name, operand)), None) => Ok((name, operand)),
        _ => Err(PatternFault::NotOneOperator { keys: object.len() }),
    }
}

fn operator(object: &Map<String, Value>) -> Result<Kind, PatternFault> {
    let (name, operand) = only(object)?;
    match name {
        "prefix" => affix("prefix", operand, Kind::Prefix, Kind::PrefixIgnoreCase),
        "suffix" => affix("suffix", operand, Kind::Suffix, Kind::SuffixIgnoreCase),
        "equals-ignore-case" => Ok(Kind::IgnoreCase(text("equals-ignore-case", operand)?)),
        "wildcard" => Ok(Kind::Wildcard(Wildcard::parse(&text(
            "wildcard", operand,
        )?)?)),
        "cidr" => Ok(Kind::Cidr(Cidr::parse(&text("cidr", operand)?)?)),
        "exists" => match operand {
            Value::Bool(wanted) => Ok(Kind::Exists(*wanted)),
            other => Err(refused("exists", "true or false", other)),
        },
        "numeric" => Ok(Kind::Numeric(Numeric::parse(operand)?)),
        "anything-but" => Ok(Kind::AnythingBut(excluded(operand)?)),
        name => Err(PatternFault::UnknownOperator {
            name: name.to_owned(),
            allowed: OPERATORS,
        }),
    }
}

fn text(operator: &'static str, operand: &Value) -> Result<String, PatternFault> {
    operand
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| refused(operator, "a string", operand))
}

fn affix(
    operator: &'static str,
    operand: &Value,
    exact: fn(String) -> Kind,
    ignoring_case: fn(String) -> Kind,
) -> Result<Kind, PatternFault> {
    match operand {
        Value::String(text) => Ok(exact(text.clone())),
        Value::Object(object) => match only(object)? {
            ("equals-ignore-case", inner) => text("equals-ignore-case", inner).map(ignoring_case),
            (name, _) => Err(PatternFault::UnknownOperator {
                name: name.to_owned(),
                allowed: "equals-ignore-case",
            }),
        },
        other => Err(refused(
            operator,
            "a string or {\"equals-ignore-case\": string}",
            other,
        )),
    }
}

fn excluded(operand: &Value) -> Result<Excluded, PatternFault> {
    let wanted = "a string, a number, a list of strings, a list of numbers, or one operator";
    let wrong = || refused("anything-but", wanted, operand);
    match operand {
        Value::Object(object) => match only(object)? {
            ("prefix", inner) => affixes("prefix", inner).map(Excluded::Prefixes),
            ("suffix", inner) => affixes("suffix", inner).map(Excluded::Suffixes),
            ("equals-ignore-case", inner) => {
                texts("equals-ignore-case", inner).map(Excluded::IgnoreCase)
            }
            ("wildcard", inner) => texts("wildcard", inner)?
                .iter()
                .map(|text| Wildcard::parse(text))
                .collect::<Result<_, _>>()
                .map(Excluded::Wildcards),
            (name, _) => Err(PatternFault::UnknownOperator {
                name: name.to_owned(),
                allowed: EXCLUDED,
            }),
        },
        Value::Array(items) if items.iter().all(Value::is_string) => {
            texts("anything-but", operand).map(Excluded::Texts)
        }
        Value::Array(items) => items
            .iter()
            .map(|item| match item {
                Value::Number(number) => number::operand(number),
                _ => Err(wrong()),
            })
            .collect::<Result<_, _>>()
            .map(Excluded::Numbers),
        Value::String(text) => Ok(Excluded::Texts(vec![text.clone()])),
        Value::Number(number) => Ok(Excluded::Numbers(vec![number::operand(number)?])),
        _ => Err(wrong()),
    }
}

fn affixes(operator: &'static str, operand: &Value) -> Result<Vec<String>, PatternFault> {
    let texts = texts(operator, operand)?;
    if texts.iter().any(String::is_empty) {
        return Err(refused(
            operator,
            "texts that aren't empty, inside anything-but",
            operand,
        ));
    }
    Ok(texts)
}

/// A string or a list of them; an empty list would exclude nothing.
fn texts(operator: &'static str, operand: &Value) -> Result<Vec<String>, PatternFault> {
    match operand {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(items) if items.is_empty() => Err(PatternFault::EmptyList),
        Value::Array(items) => items.iter().map(|item| text(operator, item)).collect(),
        other => Err(refused(operator, "a string or a list of strings", other)),
    }
}
