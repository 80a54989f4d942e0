//! Two resources, value by value. Lists whose elements carry an identity are compared by it, lists without order as sets,
//! and texts that hold JSON by what they hold.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::path::{Meeting, Path, Step, meet};
use crate::references::intrinsic;
use crate::schema::schema;

/// Path, before, after.
pub(super) type Difference = (Path, Option<Value>, Option<Value>);

/// Members by which the elements of a list are told apart, the first that fits.
const IDENTITIES: [&str; 7] = [
    "Id",
    "Key",
    "Sid",
    "PolicyName",
    "IndexName",
    "AttributeName",
    "Name",
];

/// Every difference of two resources of one type except the type itself, sorted by path. An added or removed resource
/// differs in each of its properties as a whole.
pub(super) fn resources(
    type_name: &str,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Vec<Difference> {
    let comparison = Comparison { type_name };
    let mut found = Vec::new();
    let names: BTreeSet<&String> = [old, new]
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flat_map(|o| o.keys())
        .collect();
    for name in names.into_iter().filter(|name| *name != "Type") {
        let member =
            |resource: Option<&Value>| resource.and_then(|resource| resource.get(name)).cloned();
        let path = Path::default().key(name);
        match (member(old), member(new)) {
            // One step deeper than usual: a new resource is shown property by property.
            (None, Some(Value::Object(members))) if !members.is_empty() => {
                found.extend(
                    members
                        .into_iter()
                        .map(|(key, value)| (path.key(&key), None, Some(value))),
                );
            }
            (Some(Value::Object(members)), None) if !members.is_empty() => {
                found.extend(
                    members
                        .into_iter()
                        .map(|(key, value)| (path.key(&key), Some(value), None)),
                );
            }
            (before, after) => {
                comparison.compare(&path, before.as_ref(), after.as_ref(), &mut found)
            }
        }
    }
    found.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    found
}

struct Comparison<'a> {
    type_name: &'a str,
}

impl Comparison<'_> {
    fn compare(
        &self,
        path: &Path,
        old: Option<&Value>,
        new: Option<&Value>,
        found: &mut Vec<Difference>,
    ) {
        if old == new {
            return;
        }
        match (old, new) {
            (Some(Value::Object(before)), Some(Value::Object(after)))
                if [old, new]
                    .into_iter()
                    .flatten()
                    .all(|side| intrinsic(side).is_none()) =>
            {
                let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
                for name in names {
                    self.compare(&path.key(name), before.get(name), after.get(name), found);
                }
            }
            (Some(Value::Array(before)), Some(Value::Array(after))) => {
                self.lists(path, before, after, found)
            }
            (Some(Value::String(before)), Some(Value::String(after)))
                if let Some((before, after)) = documents(before, after) =>
            {
                self.compare(path, Some(&before), Some(&after), found);
            }
            _ => found.push((path.clone(), old.cloned(), new.cloned())),
        }
    }

    fn lists(&self, path: &Path, old: &[Value], new: &[Value], found: &mut Vec<Difference>) {
        let unordered = self.is_unordered(path);
        if unordered && same_set(old, new, path.has_key("Statement")) {
            return;
        }
        if let Some(key) = identity(old, new)
            && (unordered || appends(key, old, new))
        {
            let ids: BTreeSet<&str> = old
                .iter()
                .chain(new)
                .filter_map(|element| element[key].as_str())
                .collect();
            for id in ids {
                let of = |list: &[Value]| list.iter().find(|element| element[key] == *id).cloned();
                let step = Step::Member {
                    key: key.to_owned(),
                    value: id.to_owned(),
                };
                self.compare(&path.join(step), of(old).as_ref(), of(new).as_ref(), found);
            }
        } else if old.len() == new.len()
            && (!unordered || old.iter().chain(new).all(Value::is_object))
        {
            for (index, (before, after)) in old.iter().zip(new).enumerate() {
                self.compare(
                    &path.join(Step::Index(index)),
                    Some(before),
                    Some(after),
                    found,
                );
            }
        } else {
            found.push((
                path.clone(),
                Some(old.to_vec().into()),
                Some(new.to_vec().into()),
            ));
        }
    }

    /// Whether the order of a list's elements means nothing: the schema says so, or it is `DependsOn`, or it belongs
    /// to a policy.
    fn is_unordered(&self, path: &Path) -> bool {
        let Some(steps) = path.under_properties() else {
            return path.ends_with_key("DependsOn");
        };
        let listed = schema(self.type_name).is_some_and(|schema| {
            schema.unordered.iter().any(|listed| {
                meet(steps, listed) == Meeting::Within && listed.split('.').count() == steps.len()
            })
        });
        listed
            || path.ends_with_key("Tags")
            || path.ends_with_key("Statement")
            || path.has_key("Statement")
    }
}

/// Whether two lists hold the same elements. Inside a policy no list at any depth has an order.
fn same_set(old: &[Value], new: &[Value], in_policy: bool) -> bool {
    let sorted = |list: &[Value]| {
        let texts = list.iter().map(|value| {
            if in_policy {
                unordered(value).to_string()
            } else {
                value.to_string()
            }
        });
        let mut texts: Vec<String> = texts.collect();
        texts.sort();
        texts
    };
    sorted(old) == sorted(new)
}

/// The value with every list sorted, except the arguments of functions.
fn unordered(value: &Value) -> Value {
    match value {
        Value::Object(members) if intrinsic(value).is_none() => Value::Object(
            members
                .iter()
                .map(|(key, member)| (key.clone(), unordered(member)))
                .collect(),
        ),
        Value::Array(elements) => {
            let mut elements: Vec<Value> = elements.iter().map(unordered).collect();
            elements.sort_by_key(Value::to_string);
            Value::Array(elements)
        }
        other => other.clone(),
    }
}

/// Two texts that hold JSON objects, such as definitions of state machines, where these differ and not their layout alone.
fn documents(before: &str, after: &str) -> Option<(Value, Value)> {
    let object = |text: &str| -> Option<Value> {
        let text = Some(text).filter(|text| text.starts_with('{'))?;
        let parsed: Value = serde_json::from_str(text).ok()?;
        parsed.is_object().then_some(parsed)
    };
    let (before, after) = (object(before)?, object(after)?);
    (before != after).then_some((before, after))
}

/// The member that tells the elements of both lists apart.
pub(super) fn identity(old: &[Value], new: &[Value]) -> Option<&'static str> {
    let tells_apart = |list: &[Value], key: &str| {
        let ids: Vec<&str> = list
            .iter()
            .filter_map(|element| element[key].as_str())
            .collect();
        ids.len() == list.len() && ids.iter().collect::<BTreeSet<_>>().len() == ids.len()
    };
    IDENTITIES
        .into_iter()
        .find(|key| tells_apart(old, key) && tells_apart(new, key))
}

/// Whether the new list is the old one with some elements gone, some changed and some put at the end.
fn appends(key: &str, old: &[Value], new: &[Value]) -> bool {
    let ids = |list: &[Value]| -> Vec<String> {
        list.iter()
            .filter_map(|element| element[key].as_str())
            .map(str::to_owned)
            .collect()
    };
    let (old, new) = (ids(old), ids(new));
    let kept = old.iter().filter(|id| new.contains(id));
    let added = new.iter().filter(|id| !old.contains(id));
    kept.chain(added).eq(new.iter())
}
