//! Which handlers get other code: read from the object keys of functions, which name handler and content.

#[cfg(feature = "aws")]
use crate::artifacts::Archive;
use cfn::diff::{Action, ResourceChange};
use serde::Serialize;
use serde_json::Value;
use stack::Artifacts;

/// A handler whose code changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodeChange {
    /// The handler.
    pub handler: String,
    /// Its function in the template.
    pub logical_id: String,
    /// The archive's sha256 before; null where the function is new.
    pub before: Option<String>,
    /// The archive's sha256 after.
    pub after: Option<String>,
    /// The archive's size before, in bytes, where it is known.
    pub before_bytes: Option<u64>,
    /// The archive's size after, in bytes, where it is known.
    pub after_bytes: Option<u64>,
}

/// The property that names the archive.
pub const KEY: &str = "Properties.Code.S3Key";

/// The handlers among the changes, sorted by logical id. One that goes has no code after, and is no change of code.
pub fn code_changes(changes: &[ResourceChange]) -> Vec<CodeChange> {
    let mut found = Vec::new();
    for change in changes
        .iter()
        .filter(|change| change.type_name == "AWS::Lambda::Function")
        .filter(|change| change.action != Action::Remove)
    {
        for property in &change.properties {
            let key = |side: &Option<Value>| -> Option<String> {
                let side = side.as_ref()?;
                let key = match property.path.to_string().as_str() {
                    KEY => side,
                    "Properties.Code" => &side["S3Key"],
                    _ => return None,
                };
                key.as_str().map(str::to_owned)
            };
            let (before, after) = (key(&property.before), key(&property.after));
            let Some((handler, sha256)) = after.as_deref().and_then(Artifacts::of_key) else {
                continue;
            };
            let before = before.as_deref().and_then(Artifacts::of_key);
            found.push(CodeChange {
                handler: handler.to_owned(),
                logical_id: change.logical_id.clone(),
                before: before.map(|(_, sha256)| sha256.to_owned()),
                after: Some(sha256.to_owned()),
                before_bytes: None,
                after_bytes: None,
            });
        }
    }
    found
}

/// Says how large the new archives are.
#[cfg(feature = "aws")]
pub fn weigh(code: &mut [CodeChange], archives: &[Archive]) {
    for change in code {
        let of = |sha256: &Option<String>| {
            let same = |archive: &&Archive| Some(&archive.sha256) == sha256.as_ref();
            archives.iter().find(same).map(|archive| archive.bytes)
        };
        change.after_bytes = of(&change.after);
        change.before_bytes = of(&change.before).or(change.before_bytes);
    }
}
