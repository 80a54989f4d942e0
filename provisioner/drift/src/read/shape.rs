//! Small steps from an answer's shape to CloudFormation's.

use serde_json::{Map, Value};

/// A list, however it came: XML has one element for a list of one, and a text for an empty one.
pub fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list,
        Value::Null => Vec::new(),
        Value::String(text) if text.trim().is_empty() => Vec::new(),
        one => vec![one],
    }
}

/// The element of a list whose member has a value.
pub fn find<'a>(list: &'a Value, member: &str, value: &str) -> Option<&'a Value> {
    list.as_array()?
        .iter()
        .find(|element| element[member].as_str() == Some(value))
}

/// The members of these names, as they are.
pub fn pick(value: &Value, names: &[&str]) -> Value {
    let members = names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), value.get(name)?.clone())));
    Value::Object(members.collect())
}

/// Names with a capital, as CloudFormation has them, at every depth except inside maps of the user's own.
pub fn capital(value: &Value) -> Value {
    const OWN: [&str; 6] = [
        "tags",
        "stageVariables",
        "requestParameters",
        "responseParameters",
        "requestTemplates",
        "routeSettings",
    ];
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(key, member)| {
                let mut letters = key.chars();
                let name: String = letters
                    .next()
                    .into_iter()
                    .flat_map(char::to_uppercase)
                    .chain(letters)
                    .collect();
                let member = if OWN.contains(&key.as_str()) {
                    member.clone()
                } else {
                    capital(member)
                };
                (name, member)
            });
            Value::Object(members.collect())
        }
        Value::Array(elements) => elements.iter().map(capital).collect(),
        scalar => scalar.clone(),
    }
}

/// A text that is JSON, as its value; anything else as it is.
pub fn parsed(value: &Value) -> Value {
    match value.as_str().map(serde_json::from_str) {
        Some(Ok(parsed)) => parsed,
        _ => value.clone(),
    }
}

/// Percent-encoded JSON, as IAM answers with.
pub fn decoded(value: &Value) -> Value {
    let Some(text) = value.as_str() else {
        return value.clone();
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| char::from(byte?).to_digit(16);
        if byte == b'%' {
            let ahead = (hex(rest.next()), hex(rest.next()));
            let (Some(high), Some(low)) = ahead else {
                return value.clone();
            };
            bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
        } else {
            bytes.push(byte);
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    parsed(&Value::String(text))
}

/// Sets a member unless it is null or empty.
pub fn set(properties: &mut Map<String, Value>, name: &str, value: Value) {
    let empty = match &value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    if !empty {
        properties.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn encoded_documents_are_read() {
        assert_eq!(
            decoded(&json!("%7B%22a%22%3A%20%22%2B%22%7D")),
            json!({"a": "+"})
        );
        assert_eq!(decoded(&json!("{\"a\":1}")), json!({"a": 1}));
    }

    #[test]
    fn names_get_capitals_but_users_maps_keep_theirs() {
        assert_eq!(
            capital(
                &json!({"apiId": "x", "jwtConfiguration": {"issuer": "i"}, "tags": {"owner": "us"}})
            ),
            json!({"ApiId": "x", "JwtConfiguration": {"Issuer": "i"}, "Tags": {"owner": "us"}})
        );
    }
}
