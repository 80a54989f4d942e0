//! The query protocol's flattened form: `Tags.member.1.Key=...`. SNS writes maps as `entry`, IAM has none.

use crate::call::encode;
use serde_json::Value;

/// The body of an operation.
pub fn form(operation: &str, version: &str, input: &Value) -> String {
    let mut pairs = vec![
        ("Action".to_owned(), operation.to_owned()),
        ("Version".to_owned(), version.to_owned()),
    ];
    flatten(String::new(), input, &mut pairs);
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

/// Members whose value is a map of its own, not a structure.
const MAPS: [&str; 1] = ["Attributes"];

fn flatten(name: String, value: &Value, pairs: &mut Vec<(String, String)>) {
    let below = |part: &str| {
        if name.is_empty() {
            part.to_owned()
        } else {
            format!("{name}.{part}")
        }
    };
    match value {
        Value::Null => {}
        Value::Object(members) if MAPS.contains(&name.as_str()) => {
            for (index, (key, member)) in members.iter().enumerate() {
                pairs.push((below(&format!("entry.{}.key", index + 1)), key.clone()));
                flatten(below(&format!("entry.{}.value", index + 1)), member, pairs);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                flatten(below(key), member, pairs);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                flatten(below(&format!("member.{}", index + 1)), element, pairs);
            }
        }
        Value::String(text) => pairs.push((name, text.clone())),
        other => pairs.push((name, other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_and_maps_are_flattened() {
        let body = form(
            "Tag",
            "1",
            &json!({"Tags": [{"Key": "a b"}], "Attributes": {"Raw": "true"}, "Max": 5}),
        );
        assert_eq!(
            body,
            "Action=Tag&Version=1&Attributes.entry.1.key=Raw&Attributes.entry.1.value=true&Max=5&Tags.member.1.Key=a%20b"
        );
    }
}
