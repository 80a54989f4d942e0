//! A definition as CloudFormation takes it: one text, with placeholders for what only CloudFormation knows.

use serde_json::{Map, Value};

use crate::property::Json;
use crate::references::intrinsic;
use crate::stepfunctions::StateMachine;

/// Stands between `$` and `{` of a text that isn't a placeholder, until it is escaped in the JSON.
const MARK: char = '\u{0}';

/// A definition's text and what is to be put into it.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// JSON in one line, with sorted members and placeholders such as `${ApprovalFunctionArn}`.
    pub text: String,
    /// The placeholders' names and values, as template JSON.
    pub substitutions: Map<String, Value>,
}

impl Definition {
    /// Takes the intrinsics out of a definition in template JSON.
    pub(super) fn of(mut definition: Value) -> Self {
        let mut substitutions = Map::new();
        take_out(&mut definition, &mut substitutions);
        let marked = format!("$\\u{:04x}{{", u32::from(MARK));
        let text = definition.to_string().replace(&marked, "\\u0024{");
        Self {
            text,
            substitutions,
        }
    }

    /// The resource with this definition.
    pub fn into_resource(self, resource: StateMachine) -> StateMachine {
        let resource = resource.definition_string(self.text);
        if self.substitutions.is_empty() {
            resource
        } else {
            resource.definition_substitutions(Json::from(Value::Object(self.substitutions)))
        }
    }
}

fn take_out(value: &mut Value, substitutions: &mut Map<String, Value>) {
    if intrinsic(value).is_some() {
        let taken = std::mem::take(value);
        *value = format!("${{{}}}", name(taken, substitutions)).into();
        return;
    }
    match value {
        Value::Object(members) => {
            members
                .values_mut()
                .for_each(|member| take_out(member, substitutions));
        }
        Value::Array(elements) => {
            elements
                .iter_mut()
                .for_each(|element| take_out(element, substitutions));
        }
        Value::String(text) => *text = text.replace("${", &format!("${MARK}{{")),
        _ => {}
    }
}

/// The placeholder for an intrinsic: the same for the same one, and speaking where it can.
fn name(intrinsic: Value, substitutions: &mut Map<String, Value>) -> String {
    let speaking = match (&intrinsic["Ref"], &intrinsic["Fn::GetAtt"]) {
        (Value::String(id), _) => id.clone(),
        (_, Value::Array(parts)) => parts.iter().filter_map(Value::as_str).collect(),
        _ => "Value".to_owned(),
    };
    let speaking: String = speaking
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let mut name = speaking.clone();
    let mut number = 1;
    while substitutions
        .get(&name)
        .is_some_and(|taken| *taken != intrinsic)
    {
        number += 1;
        name = format!("{speaking}{number}");
    }
    substitutions.insert(name.clone(), intrinsic);
    name
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_become_placeholders_of_one_name_each() {
        let definition = Definition::of(json!({
            "a": {"Fn::GetAtt": ["Approval", "Arn"]}, "b": [{"Fn::GetAtt": ["Approval", "Arn"]}, {"Ref": "ApprovalArn"}],
            "c": {"Ref": "AWS::Region"}, "d": {"Fn::Sub": "${X}/y"}, "e": null
        }));
        assert_eq!(
            definition.text,
            r#"{"a":"${ApprovalArn}","b":["${ApprovalArn}","${ApprovalArn2}"],"c":"${AWSRegion}","d":"${Value}","e":null}"#
        );
        assert_eq!(
            Value::Object(definition.substitutions),
            json!({"ApprovalArn": {"Fn::GetAtt": ["Approval", "Arn"]}, "ApprovalArn2": {"Ref": "ApprovalArn"},
                "AWSRegion": {"Ref": "AWS::Region"}, "Value": {"Fn::Sub": "${X}/y"}})
        );
    }

    #[test]
    fn a_text_that_looks_like_a_placeholder_stays_text() {
        let definition = Definition::of(json!({"Comment": "${ApprovalArn} costs $5"}));
        assert_eq!(
            definition.text,
            r#"{"Comment":"\u0024{ApprovalArn} costs $5"}"#
        );
        assert!(definition.substitutions.is_empty());
    }
}
