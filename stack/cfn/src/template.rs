//! A template as canonical JSON: sorted keys, ASCII only, one trailing newline. GetTemplate may mangle other characters.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// A template that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The text isn't JSON.
    #[error("the template isn't JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// The JSON isn't an object.
    #[error("the template isn't a JSON object")]
    NotAnObject,
}

/// A CloudFormation template. Equal templates have equal bytes and equal hashes.
#[derive(Clone, Debug, PartialEq)]
pub struct Template(Map<String, Value>);

impl Default for Template {
    fn default() -> Self {
        Self::empty()
    }
}

impl Template {
    /// The template without resources: what an absent stack is compared with.
    pub fn empty() -> Self {
        Self(Map::new())
    }

    /// The template with these members.
    pub fn of(members: Map<String, Value>) -> Self {
        match sorted(Value::Object(members)) {
            Value::Object(members) => Self(members),
            _ => Self::empty(),
        }
    }

    /// Reads a template's JSON text, for instance GetTemplate's answer.
    ///
    /// # Errors
    /// If the text isn't a JSON object.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        match serde_json::from_str(text)? {
            Value::Object(members) => Ok(Self::of(members)),
            _ => Err(TemplateError::NotAnObject),
        }
    }

    /// The whole template.
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The resources by logical id, sorted.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.section("Resources")
    }

    /// One resource.
    pub fn resource(&self, id: &str) -> Option<&Value> {
        self.0.get("Resources")?.get(id)
    }

    /// The outputs by name, sorted.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.section("Outputs")
    }

    pub(crate) fn section(&self, name: &str) -> impl Iterator<Item = (&str, &Value)> {
        let section = self.0.get(name).and_then(Value::as_object);
        section
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), value))
    }

    /// For people: indented by two spaces.
    pub fn pretty(&self) -> String {
        ascii(&format!("{:#}\n", Value::Object(self.0.clone())))
    }

    /// For CloudFormation: without white space. Its limits (51,200 bytes inline, 1 MB in S3) count these bytes.
    pub fn minified(&self) -> String {
        ascii(&format!("{}\n", Value::Object(self.0.clone())))
    }

    /// The sha256 of the minified form, in lower-case hexadecimal.
    pub fn hash(&self) -> String {
        Sha256::digest(self.minified())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// Sorted by key at every depth, whatever `serde_json`'s map was built to do.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .into_iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(elements) => Value::Array(elements.into_iter().map(sorted).collect()),
        scalar => scalar,
    }
}

/// Outside of strings JSON is ASCII, so every other character stands in a string and may be escaped.
fn ascii(json: &str) -> String {
    if json.is_ascii() {
        return json.to_owned();
    }
    let mut out = String::with_capacity(json.len() + 64);
    let mut units = [0u16; 2];
    for character in json.chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"b":{"z":1,"a":"für 🚀"},"a":[{"y":1,"x":2}]}"#;

    #[test]
    fn both_forms_are_sorted_ascii_with_one_newline_and_mean_the_same() {
        let template = Template::parse(TEXT).unwrap();
        assert_eq!(
            template.minified(),
            "{\"a\":[{\"x\":2,\"y\":1}],\"b\":{\"a\":\"f\\u00fcr \\ud83d\\ude80\",\"z\":1}}\n"
        );
        assert!(template.pretty().is_ascii() && template.pretty().ends_with("}\n"));
        assert_eq!(Template::parse(&template.pretty()).unwrap(), template);
        assert_eq!(
            Template::parse(&template.minified()).unwrap().hash(),
            template.hash()
        );
        assert_eq!(template.hash().len(), 64);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        assert!(matches!(
            Template::parse("[]"),
            Err(TemplateError::NotAnObject)
        ));
        assert!(matches!(
            Template::parse("AWSTemplateFormatVersion: x"),
            Err(TemplateError::NotJson(_))
        ));
    }
}
