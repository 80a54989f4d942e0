//! A pattern read from JSON: its objects, lists and choices, with the place of every fault.

use super::operands::kind;
use super::place::{Depth, Place};
use super::{MAX_CHARACTERS, MAX_COMBINATIONS, Matcher, Path, Pattern, PatternError, PatternFault};
use serde_json::Value;
use std::collections::BTreeSet;

/// Names that EventBridge keeps for operators, present and future: a `$or` whose branches use one isn't read as a choice.
const RESERVED: [&str; 24] = [
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
];

pub(super) fn pattern(json: &Value) -> Result<Pattern, PatternError> {
    let top = Place::default();
    let characters = json.to_string().chars().count();
    if characters > MAX_CHARACTERS {
        return Err(top.fault(PatternFault::TooLong { characters }));
    }
    let mut pattern = Pattern::default();
    object(json, &top, &mut pattern)?;
    let combinations = combinations(&pattern);
    if combinations > MAX_COMBINATIONS {
        return Err(top.fault(PatternFault::TooManyCombinations { combinations }));
    }
    distinct(&pattern, &Path::new()).map_err(|fault| top.fault(fault))?;
    Ok(pattern)
}

fn object(json: &Value, place: &Place, into: &mut Pattern) -> Result<(), PatternError> {
    let Value::Object(fields) = json else {
        return Err(place.fault(PatternFault::NotAnObject { found: kind(json) }));
    };
    if fields.is_empty() {
        return Err(place.fault(PatternFault::EmptyObject));
    }
    for (name, value) in fields {
        let twice = |place: &Place| {
            place.fault(PatternFault::FieldTwice {
                path: place.path.join("."),
            })
        };
        if name == "$or" {
            let branches = choice(value, &place.choice())?;
            if into.choices.insert(place.path.clone(), branches).is_some() {
                return Err(twice(place));
            }
            continue;
        }
        let field = place.field(name);
        if field.path.iter().any(|step| step == "$or") {
            return Err(field.fault(PatternFault::NotAChoice));
        }
        if place.depth == Depth::InsideChoice && RESERVED.contains(&name.as_str()) {
            let name = name.clone();
            return Err(field.fault(PatternFault::ReservedName { name }));
        }
        match value {
            Value::Object(_) => object(value, &field, into)?,
            Value::Array(items) => {
                let matchers = alternatives(items, &field)?;
                if into.fields.insert(field.path.clone(), matchers).is_some() {
                    return Err(twice(&field));
                }
            }
            other => return Err(field.fault(PatternFault::NotAField { found: kind(other) })),
        }
    }
    Ok(())
}

fn alternatives(items: &[Value], field: &Place) -> Result<Vec<Matcher>, PatternError> {
    if items.is_empty() {
        return Err(field.fault(PatternFault::EmptyList));
    }
    let read = |(index, item)| Matcher::parse(item).map_err(|fault| field.item(index).fault(fault));
    items.iter().enumerate().map(read).collect()
}

fn choice(json: &Value, place: &Place) -> Result<Vec<Pattern>, PatternError> {
    let Some(branches) = json.as_array().filter(|branches| branches.len() >= 2) else {
        return Err(place.fault(PatternFault::NotAChoice));
    };
    let read = |(index, branch)| {
        let mut pattern = Pattern::default();
        object(branch, &place.item(index), &mut pattern)?;
        Ok(pattern)
    };
    branches.iter().enumerate().map(read).collect()
}

/// The product of the lengths of all `$or` lists, nested ones included: how EventBridge counts.
fn combinations(pattern: &Pattern) -> usize {
    let lists = pattern.choices.values();
    lists.fold(1, |product: usize, branches| {
        branches.iter().map(combinations).fold(
            product.saturating_mul(branches.len()),
            usize::saturating_mul,
        )
    })
}

/// All paths of a pattern, none of which two of its parts may share that have to match together.
fn distinct(pattern: &Pattern, base: &Path) -> Result<BTreeSet<String>, PatternFault> {
    let from = |path: &Path| [base.as_slice(), path.as_slice()].concat();
    let mut paths: BTreeSet<_> = pattern
        .fields
        .keys()
        .map(|path| from(path).join("."))
        .collect();
    for (at, branches) in &pattern.choices {
        let mut chosen = BTreeSet::new();
        for branch in branches {
            chosen.extend(distinct(branch, &from(at))?);
        }
        if let Some(path) = chosen.intersection(&paths).next() {
            return Err(PatternFault::FieldTwice { path: path.clone() });
        }
        paths.extend(chosen);
    }
    Ok(paths)
}
