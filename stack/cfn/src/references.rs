//! Which logical ids a piece of a template refers to: `Ref`, `Fn::GetAtt` and `Fn::Sub`, wherever they stand.

use serde_json::Value;

use crate::path::{Path, Step};

/// One reference. Pseudo parameters are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Where it stands.
    pub path: Path,
    /// What it refers to.
    pub id: String,
    /// The attribute that it reads; none for `Ref`.
    pub attribute: Option<String>,
}

/// All references in a value, in order. `path` is where the value itself stands.
pub(crate) fn references(path: &Path, value: &Value) -> Vec<Reference> {
    let mut found = Vec::new();
    collect(path, value, &mut found);
    found
}

/// An object that is an intrinsic function, and so a leaf: its name and argument.
pub(crate) fn intrinsic(value: &Value) -> Option<(&str, &Value)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let (name, argument) = members.iter().next()?;
    (name == "Ref" || name == "Condition" || name.starts_with("Fn::"))
        .then_some((name.as_str(), argument))
}

fn collect(path: &Path, value: &Value, found: &mut Vec<Reference>) {
    match intrinsic(value) {
        Some(("Ref", Value::String(id))) => push(path, id, None, found),
        Some(("Fn::GetAtt", argument)) => {
            if let Some((id, attribute)) = attribute_of(argument) {
                push(path, &id, Some(attribute), found);
            }
        }
        Some(("Fn::Sub", argument)) => substitution(path, argument, found),
        Some((_, argument)) => inside(path, argument, found),
        None => match value {
            Value::Object(members) => {
                for (key, member) in members {
                    collect(&path.key(key), member, found);
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    collect(&path.join(Step::Index(index)), element, found);
                }
            }
            _ => {}
        },
    }
}

/// References inside a function's argument stand at the function's own path: the function is the property's value.
fn inside(path: &Path, argument: &Value, found: &mut Vec<Reference>) {
    for reference in references(&Path::default(), argument) {
        found.push(Reference {
            path: path.clone(),
            ..reference
        });
    }
}

fn push(path: &Path, id: &str, attribute: Option<String>, found: &mut Vec<Reference>) {
    if !id.starts_with("AWS::") {
        found.push(Reference {
            path: path.clone(),
            id: id.to_owned(),
            attribute,
        });
    }
}

/// `["Queue", "Arn"]` or `"Queue.Arn"`.
fn attribute_of(argument: &Value) -> Option<(String, String)> {
    let (id, attribute) = match argument {
        Value::String(text) => text.split_once('.')?,
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(id), Value::String(attribute)] => (id.as_str(), attribute.as_str()),
            _ => return None,
        },
        _ => return None,
    };
    Some((id.to_owned(), attribute.to_owned()))
}

fn substitution(path: &Path, argument: &Value, found: &mut Vec<Reference>) {
    let (text, own) = match argument {
        Value::Array(parts) => (parts.first(), parts.get(1)),
        text => (Some(text), None),
    };
    for name in text
        .and_then(Value::as_str)
        .map(placeholders)
        .unwrap_or_default()
    {
        if own.is_some_and(|own| own.get(name).is_some()) {
            continue;
        }
        match name.split_once('.') {
            Some((id, attribute)) => push(path, id, Some(attribute.to_owned()), found),
            None => push(path, name, None, found),
        }
    }
    if let Some(own) = own {
        inside(path, own, found);
    }
}

/// The names in `${...}` of a `Fn::Sub` text; `${!...}` is literal.
pub(crate) fn placeholders(text: &str) -> Vec<&str> {
    let pieces = text.split("${").skip(1);
    pieces
        .filter_map(|piece| piece.split_once('}'))
        .map(|(name, _)| name)
        .filter(|name| !name.starts_with('!'))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_way_to_refer_is_found_where_it_stands() {
        let value = json!({
            "a": {"Ref": "A"},
            "b": [{"Fn::GetAtt": ["B", "Arn"]}, {"Fn::GetAtt": "C.Stream.Arn"}],
            "c": {"Fn::Sub": "${D}-${E.Arn}-${!literal}-${AWS::Region}"},
            "d": {"Fn::Sub": ["${own}/${F}", {"own": {"Ref": "G"}}]},
            "e": {"Fn::Join": ["", ["x", {"Ref": "H"}]]},
            "f": {"Ref": "AWS::StackName"},
        });
        let found: Vec<String> = references(&Path::default(), &value)
            .into_iter()
            .map(|r| {
                format!(
                    "{} {}{}",
                    r.path,
                    r.id,
                    r.attribute.map(|a| format!(".{a}")).unwrap_or_default()
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                "a A",
                "b[0] B.Arn",
                "b[1] C.Stream.Arn",
                "c D",
                "c E.Arn",
                "d F",
                "d G",
                "e H"
            ]
        );
    }
}
