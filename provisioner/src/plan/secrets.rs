//! Values that nobody is shown: what a template itself calls secret. A plan holds none of them, so that no rendering can
//! show one.

use cfn::diff::TemplateDiff;
use cfn::{Path, Step};
use serde_json::Value;

/// What stands for a secret value.
const HIDDEN: &str = "(not shown)";

/// Words in the names of properties that hold secrets as they are (`MasterUserPassword`, `SecretString`, `AuthToken`).
const SECRETS: [&str; 5] = [
    "password",
    "secretstring",
    "authtoken",
    "privatekey",
    "apikeyvalue",
];

/// Replaces every secret value.
pub fn hidden(mut diff: TemplateDiff) -> TemplateDiff {
    for property in diff
        .changes
        .iter_mut()
        .flat_map(|change| &mut change.properties)
    {
        let secret = names_secret(&property.path);
        for side in [&mut property.before, &mut property.after] {
            match side {
                Some(value) if secret => *value = HIDDEN.into(),
                Some(value) => hide(value),
                None => {}
            }
        }
    }
    for parameter in &mut diff.parameters {
        for side in [&mut parameter.before, &mut parameter.after]
            .into_iter()
            .flatten()
        {
            let echoes =
                side["NoEcho"].is_null() || side["NoEcho"] == false || side["NoEcho"] == "false";
            if !echoes && !side["Default"].is_null() {
                side["Default"] = HIDDEN.into();
            }
        }
    }
    diff
}

fn names_secret(path: &Path) -> bool {
    let last = path.steps().iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        _ => None,
    });
    last.is_some_and(is_secret)
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|secret| name.contains(secret))
}

/// References say where a secret is, and not what it is: only texts are hidden.
fn hide(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if is_secret(name) => HIDDEN.clone_into(text),
                    member => hide(member),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(hide),
        _ => {}
    }
}
