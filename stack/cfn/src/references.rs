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
    let mut walk = Walk {
        root: path,
        trail: Vec::new(),
        found: Vec::new(),
    };
    walk.visit(value);
    walk.found
}

/// An object that is an intrinsic function, and so a leaf: its name and argument.
pub(crate) fn intrinsic(value: &Value) -> Option<(&str, &Value)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let (name, argument) = members.iter().next()?;
    (name == "Ref" || name == "Condition" || name.starts_with("Fn::"))
        .then_some((name.as_str(), argument))
}

/// Where a walk stands, borrowed: most values hold no reference and need no path of their own.
enum At<'a> {
    Key(&'a str),
    Index(usize),
}

struct Walk<'a> {
    root: &'a Path,
    trail: Vec<At<'a>>,
    found: Vec<Reference>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, value: &'a Value) {
        match intrinsic(value) {
            Some(("Ref", Value::String(id))) => self.push(id, None),
            Some(("Fn::GetAtt", argument)) => {
                if let Some((id, attribute)) = attribute_of(argument) {
                    self.push(&id, Some(attribute));
                }
            }
            Some(("Fn::Sub", argument)) => self.substitution(argument),
            Some((_, argument)) => self.inside(argument),
            None => match value {
                Value::Object(members) => {
                    for (key, member) in members {
                        self.below(At::Key(key), member);
                    }
                }
                Value::Array(elements) => {
                    for (index, element) in elements.iter().enumerate() {
                        self.below(At::Index(index), element);
                    }
                }
                _ => {}
            },
        }
    }

    fn below(&mut self, at: At<'a>, value: &'a Value) {
        if value.is_object() || value.is_array() {
            self.trail.push(at);
            self.visit(value);
            self.trail.pop();
        }
    }

    /// References inside a function's argument stand at the function's own path: the function is the property's value.
    fn inside(&mut self, argument: &'a Value) {
        let path = self.path();
        let inner = references(&Path::default(), argument);
        self.found
            .extend(inner.into_iter().map(|reference| Reference {
                path: path.clone(),
                ..reference
            }));
    }

    fn push(&mut self, id: &str, attribute: Option<String>) {
        if !id.starts_with("AWS::") {
            self.found.push(Reference {
                path: self.path(),
                id: id.to_owned(),
                attribute,
            });
        }
    }

    fn path(&self) -> Path {
        self.trail
            .iter()
            .fold(self.root.clone(), |path, at| match at {
                At::Key(key) => path.key(key),
                At::Index(index) => path.join(Step::Index(*index)),
            })
    }

    fn substitution(&mut self, argument: &'a Value) {
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
                Some((id, attribute)) => self.push(id, Some(attribute.to_owned())),
                None => self.push(name, None),
            }
        }
        if let Some(own) = own {
            self.inside(own);
        }
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
