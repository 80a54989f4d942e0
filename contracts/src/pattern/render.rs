//! A pattern as the JSON that EventBridge takes.

use super::{Matcher, Pattern};
use serde_json::{Map, Value};

pub(super) fn object(pattern: &Pattern) -> Value {
    let mut root = Map::new();
    for (at, branches) in &pattern.choices {
        let mut path = at.clone();
        path.push("$or".to_owned());
        place(&mut root, &path, branches.iter().map(object).collect());
    }
    for (path, matchers) in &pattern.fields {
        place(
            &mut root,
            path,
            matchers.iter().map(Matcher::to_json).collect(),
        );
    }
    Value::Object(root)
}

/// Puts a list at a path, into the objects that other fields have made. Where a step is a field with a list of its own, the
/// steps up to the next one become a dotted name.
fn place(into: &mut Map<String, Value>, path: &[String], list: Vec<Value>) {
    if let Some((name, steps)) = fitting(into, path) {
        if steps.is_empty() {
            into.insert(name, Value::Array(list));
        } else if let Value::Object(child) = into
            .entry(name)
            .or_insert_with(|| Value::Object(Map::new()))
        {
            place(child, steps, list);
        }
    }
}

/// The shortest beginning of the path under which the rest finds room, and that rest.
fn fitting<'p>(object: &Map<String, Value>, path: &'p [String]) -> Option<(String, &'p [String])> {
    (1..=path.len()).find_map(|taken| {
        let (head, rest) = path.split_at(taken);
        let name = head.join(".");
        let room = match object.get(&name) {
            None => true,
            Some(Value::Object(child)) => fitting(child, rest).is_some(),
            Some(_) => false,
        };
        room.then_some((name, rest))
    })
}
