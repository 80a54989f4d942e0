//! Answers in XML as JSON: elements are members, repeated ones lists, `member` and `entry` the query protocol's lists and
//! maps. Everything is a text; what a number is, the comparison knows.

use serde_json::{Map, Value};

/// An answer's value: below `...Result` where there is one. None: no XML.
pub fn value(text: &str) -> Option<Value> {
    let document = roxmltree::Document::parse(text).ok()?;
    let root = document.root_element();
    let result = root
        .children()
        .find(|node| node.is_element() && node.tag_name().name().ends_with("Result"));
    Some(element(result.unwrap_or(root)))
}

/// Code and message of an error.
pub fn error(text: &str) -> Option<(String, String)> {
    let document = roxmltree::Document::parse(text).ok()?;
    let of = |name: &str| {
        let found = document
            .descendants()
            .find(|node| node.tag_name().name() == name);
        found.and_then(|node| node.text()).map(str::to_owned)
    };
    Some((of("Code")?, of("Message").unwrap_or_default()))
}

fn element(node: roxmltree::Node<'_, '_>) -> Value {
    let children: Vec<_> = node.children().filter(|child| child.is_element()).collect();
    if children.is_empty() {
        return node.text().unwrap_or_default().into();
    }
    let all = |name: &str| children.iter().all(|child| child.tag_name().name() == name);
    if all("member") {
        return children.into_iter().map(element).collect();
    }
    if all("entry") {
        let entries = children.into_iter().filter_map(|entry| {
            let part = |name: &str| {
                entry
                    .children()
                    .find(|child| child.tag_name().name() == name)
            };
            let key = part("key")?.text()?.to_owned();
            Some((key, part("value").map_or(Value::Null, element)))
        });
        return Value::Object(entries.collect());
    }
    let mut members = Map::new();
    for child in children {
        let value = element(child);
        match members.get_mut(child.tag_name().name()) {
            Some(Value::Array(list)) if !is_list(child) => list.push(value),
            Some(first) => {
                let first = first.take();
                members.insert(
                    child.tag_name().name().to_owned(),
                    Value::Array(vec![first, value]),
                );
            }
            None => {
                members.insert(child.tag_name().name().to_owned(), value);
            }
        }
    }
    Value::Object(members)
}

fn is_list(node: roxmltree::Node<'_, '_>) -> bool {
    node.children()
        .any(|child| child.tag_name().name() == "member")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_dialects_become_json() {
        let query = "<R><GetResult><Attributes><entry><key>a</key><value>1</value></entry></Attributes>\
                     <Names><member>x</member></Names></GetResult><M/></R>";
        assert_eq!(
            value(query),
            Some(json!({"Attributes": {"a": "1"}, "Names": ["x"]}))
        );
        let rest = "<C xmlns=\"s3\"><Rule><ID>a</ID></Rule><Rule><ID>b</ID></Rule></C>";
        assert_eq!(
            value(rest),
            Some(json!({"Rule": [{"ID": "a"}, {"ID": "b"}]}))
        );
    }

    #[test]
    fn an_error_names_its_code() {
        let text = "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>no</Message></Error></ErrorResponse>";
        assert_eq!(error(text), Some(("NoSuchEntity".into(), "no".into())));
    }
}
