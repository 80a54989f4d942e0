//! One spelling for what means the same: JSON in texts, policy documents, tags. Services reformat what they are given;
//! none of that is drift.

use serde_json::{Map, Value};

/// A property's value in its canonical spelling.
pub fn canonical(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            embedded(text).map_or_else(|| value.clone(), |parsed| canonical(&parsed))
        }
        Value::Object(members) if is_policy(members) => policy(members),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(_, member)| !member.is_null())
                .map(|(key, member)| (key.clone(), canonical(member)))
                .collect(),
        ),
        Value::Array(elements) => elements.iter().map(canonical).collect(),
        scalar => scalar.clone(),
    }
}

/// A resource's properties in their canonical spelling; tags as a map, whatever the type writes them as.
pub fn properties(properties: &Map<String, Value>) -> Map<String, Value> {
    properties
        .iter()
        .map(|(name, value)| match name.as_str() {
            "Tags" => (name.clone(), tags(value)),
            _ => (name.clone(), canonical(value)),
        })
        .collect()
}

/// Tags as a map, from a map or any list of key and value. Those that AWS itself sets are no one's.
pub fn tags(value: &Value) -> Value {
    let own = |(key, value): (String, Value)| (!key.starts_with("aws:")).then_some((key, value));
    let pairs: Map<String, Value> = match value {
        Value::Array(list) => list
            .iter()
            .filter_map(|tag| {
                let part = |names: [&str; 3]| names.into_iter().find_map(|name| tag.get(name));
                let key = part(["Key", "TagKey", "key"])?.as_str()?.to_owned();
                let value = part(["Value", "TagValue", "value"]).cloned();
                own((key, value.unwrap_or_else(|| "".into())))
            })
            .collect(),
        Value::Object(map) => map
            .iter()
            .filter_map(|(key, value)| own((key.clone(), value.clone())))
            .collect(),
        _ => Map::new(),
    };
    Value::Object(pairs)
}

/// The JSON object or list that a text holds.
fn embedded(text: &str) -> Option<Value> {
    let begins = text.trim_start().starts_with(['{', '[']);
    let parsed: Value = begins.then(|| serde_json::from_str(text).ok())??;
    (parsed.is_object() || parsed.is_array()).then_some(parsed)
}

fn is_policy(members: &Map<String, Value>) -> bool {
    members.get("Statement").is_some_and(|statements| {
        let is_statement = |value: &Value| value.get("Effect").is_some();
        match statements {
            Value::Array(list) => list.iter().all(is_statement),
            one => is_statement(one),
        }
    })
}

/// A policy document: statements as a list, every one-or-many as a sorted list, accounts by ARN, condition keys in lower
/// case. The document's own id means nothing.
fn policy(document: &Map<String, Value>) -> Value {
    let statements = match &document["Statement"] {
        Value::Array(list) => list.iter().map(statement).collect(),
        one => vec![statement(one)],
    };
    let mut canonical = Map::new();
    let version = document.get("Version").and_then(Value::as_str);
    canonical.insert("Version".into(), version.unwrap_or("2012-10-17").into());
    canonical.insert("Statement".into(), statements.into());
    Value::Object(canonical)
}

fn statement(statement: &Value) -> Value {
    let Some(members) = statement.as_object() else {
        return statement.clone();
    };
    let members = members.iter().filter_map(|(key, value)| {
        let value = match key.as_str() {
            "Sid" if value.as_str().is_some_and(str::is_empty) => return None,
            "Action" | "NotAction" | "Resource" | "NotResource" => many(value),
            "Principal" | "NotPrincipal" => principal(value),
            "Condition" => condition(value),
            _ => value.clone(),
        };
        Some((key.clone(), value))
    });
    Value::Object(members.collect())
}

fn principal(value: &Value) -> Value {
    match value {
        Value::Object(kinds) => Value::Object(
            kinds
                .iter()
                .map(|(kind, who)| {
                    let who = match kind.as_str() {
                        "AWS" => sorted(list(who).into_iter().map(account).collect()),
                        _ => many(who),
                    };
                    (kind.clone(), who)
                })
                .collect(),
        ),
        everybody => {
            let mut kinds = Map::new();
            kinds.insert("AWS".into(), many(everybody));
            Value::Object(kinds)
        }
    }
}

/// `111122223333` is what `arn:aws:iam::111122223333:root` is.
fn account(who: Value) -> Value {
    match who.as_str() {
        Some(id) if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("arn:aws:iam::{id}:root").into()
        }
        _ => who,
    }
}

fn condition(value: &Value) -> Value {
    let Some(operators) = value.as_object() else {
        return value.clone();
    };
    let operators = operators.iter().map(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        let keys: Map<String, Value> = keys
            .map(|(key, values)| {
                let values = list(values).into_iter().map(|value| match value {
                    Value::String(text) => Value::String(text),
                    other => other.to_string().into(),
                });
                (key.to_ascii_lowercase(), sorted(values.collect()))
            })
            .collect();
        (operator.clone(), Value::Object(keys))
    });
    Value::Object(operators.collect())
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    }
}

fn many(value: &Value) -> Value {
    sorted(list(value))
}

fn sorted(mut values: Vec<Value>) -> Value {
    values.sort_by_key(Value::to_string);
    values.dedup();
    values.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_policy_has_one_spelling() {
        let ours = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Sid": "S",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": ["a:B", "a:A"], "Resource": "r",
            "Condition": {"ArnLike": {"aws:SourceArn": "x"}, "Bool": {"aws:SecureTransport": false}}}]});
        let theirs = json!({"Id": "default", "Version": "2012-10-17", "Statement": {"Sid": "S", "Effect": "Allow",
            "Principal": {"AWS": ["111122223333"]}, "Action": ["a:A", "a:B"], "Resource": ["r"],
            "Condition": {"Bool": {"AWS:SecureTransport": "false"}, "ArnLike": {"AWS:SourceArn": ["x"]}}}});
        assert_eq!(
            canonical(&ours),
            canonical(&Value::String(theirs.to_string()))
        );
        let wider = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "a:A"}]});
        let same = json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["a:A"]}]});
        assert_eq!(canonical(&wider), canonical(&same));
        assert_ne!(canonical(&ours), canonical(&wider));
    }

    #[test]
    fn tags_are_a_map_and_aws_own_are_left_out() {
        let expected = json!({"owner": "us"});
        for spelling in [
            json!([{"Key": "owner", "Value": "us"}, {"Key": "aws:cloudformation:stack-name", "Value": "s"}]),
            json!([{"TagKey": "owner", "TagValue": "us"}]),
            json!({"owner": "us", "aws:x": "y"}),
        ] {
            assert_eq!(tags(&spelling), expected);
        }
    }
}
