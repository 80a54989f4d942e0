//! The same change on many resources, told once: a tag of the environment changes on every one of them.

use crate::plan::Plan;
use cfn::diff::{Action, PropertyChange, Replacement, ResourceChange};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// From how many resources on a change is told once.
const MANY: usize = 5;

/// A change that many resources have.
#[derive(Debug)]
pub(super) struct Repeated<'a> {
    /// The change, as one of them has it.
    pub property: &'a PropertyChange,
    /// The resources, sorted.
    pub of: Vec<&'a str>,
}

/// Place, before, after.
type Same = (String, Option<String>, Option<String>);

fn same(property: &PropertyChange) -> Same {
    let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
    (
        property.path.to_string(),
        text(&property.before),
        text(&property.after),
    )
}

/// The changes that are told once. None of them replaces anything or follows anything.
#[derive(Debug)]
pub(super) struct Many<'a> {
    /// Each with its resources, by path.
    pub changes: Vec<Repeated<'a>>,
    /// Resources that change by nothing of their own, but by the stack's tags for one; told once where they are many.
    pub by_the_stack: Vec<&'a str>,
    told: BTreeSet<Same>,
}

impl<'a> Many<'a> {
    /// Of a plan.
    pub fn of(plan: &'a Plan) -> Self {
        let mut found: BTreeMap<Same, Repeated<'a>> = BTreeMap::new();
        for change in plan
            .diff
            .changes
            .iter()
            .filter(|change| is_modified(change))
        {
            for property in change
                .properties
                .iter()
                .filter(|property| is_plain(property))
            {
                found
                    .entry(same(property))
                    .or_insert_with(|| Repeated {
                        property,
                        of: Vec::new(),
                    })
                    .of
                    .push(&change.logical_id);
            }
        }
        found.retain(|_, repeated| repeated.of.len() >= MANY);
        let mut by_the_stack: Vec<&str> = plan
            .diff
            .changes
            .iter()
            .filter(|change| is_modified(change) && change.properties.is_empty())
            .map(|change| change.logical_id.as_str())
            .collect();
        if by_the_stack.len() < MANY {
            by_the_stack.clear();
        }
        Self {
            by_the_stack,
            told: found.keys().cloned().collect(),
            changes: found.into_values().collect(),
        }
    }

    /// Whether a change of a property is told once for many.
    pub fn tells(&self, property: &PropertyChange) -> bool {
        is_plain(property) && !self.told.is_empty() && self.told.contains(&same(property))
    }

    /// Whether that is all that changes on a resource.
    pub fn tells_all_of(&self, change: &ResourceChange) -> bool {
        let properties = &change.properties;
        is_modified(change)
            && match properties.is_empty() {
                true => !self.by_the_stack.is_empty(),
                false => properties.iter().all(|property| self.tells(property)),
            }
    }
}

fn is_modified(change: &ResourceChange) -> bool {
    change.action == Action::Modify && !change.may_be_replaced()
}

fn is_plain(property: &PropertyChange) -> bool {
    property.cause.is_none() && property.requires_replacement == Replacement::Never
}
