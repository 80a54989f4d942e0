//! What a deployment costs in what is kept: resources that hold something and go, and settings that keep it for a shorter
//! time or not at all. What a resource holds is a fact of its type; how much it holds, nobody asks here.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::{Action, ResourceChange, TemplateDiff};
use crate::path::Path;
use crate::template::Template;

mod settings;

/// What becomes of what a resource holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is lost.
    Lost,
    /// It is lost if the resource is replaced, or with what happens from then on.
    MayBeLost,
    /// It stays, outside of the stack: nobody here manages or pays attention to it any more.
    Kept,
}

impl Fate {
    /// The fate's name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::MayBeLost => "may_be_lost",
            Self::Kept => "kept",
        }
    }
}

/// Something that a deployment costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Loss {
    /// The resource.
    pub logical_id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// How bad it is.
    pub fate: Fate,
    /// The property whose change costs it; null where the resource itself goes.
    pub path: Option<Path>,
    /// What is lost, and how, for people.
    pub what: String,
}

/// What carrying the difference out costs, the worst first.
pub fn losses(diff: &TemplateDiff, old: &Template, new: &Template) -> Vec<Loss> {
    let mut losses: Vec<Loss> = diff
        .changes
        .iter()
        .flat_map(|change| {
            let id = change.logical_id.as_str();
            let (before, after) = (old.resource(id), new.resource(id));
            let mut found: Vec<Loss> = going(change, before, after).into_iter().collect();
            if let (Action::Modify, Some(before), Some(after)) = (change.action, before, after) {
                found.extend(settings::losses(change, before, after));
            }
            found
        })
        .collect();
    losses.sort_by(|one, other| {
        (one.fate, &one.logical_id, &one.path).cmp(&(other.fate, &other.logical_id, &other.path))
    });
    losses
}

/// What a type's resources hold.
fn holding(type_name: &str) -> Option<&'static str> {
    Some(match type_name {
        "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" => "every item in it",
        "AWS::S3::Bucket" => "every object in it, with all versions",
        "AWS::SQS::Queue" => "the messages in it",
        "AWS::KMS::Key" | "AWS::KMS::ReplicaKey" => {
            "whatever is encrypted with it, which nobody can read any more"
        }
        "AWS::Logs::LogGroup" => "the log events in it",
        "AWS::Events::Archive" => "the archived events, and with them every replay",
        "AWS::StepFunctions::StateMachine" => "its executions, those that run among them",
        "AWS::Kinesis::Stream" => "the records in it",
        "AWS::SecretsManager::Secret" | "AWS::SSM::Parameter" => "its value",
        "AWS::Cognito::UserPool" => "its users",
        "AWS::ECR::Repository" => "the images in it",
        "AWS::RDS::DBInstance" | "AWS::RDS::DBCluster" => "its databases",
        "AWS::EFS::FileSystem" | "AWS::EC2::Volume" => "the files on it",
        _ => return None,
    })
}

/// What goes with a resource that is removed or replaced.
fn going(change: &ResourceChange, before: Option<&Value>, after: Option<&Value>) -> Option<Loss> {
    // A resource of another type under the same name costs what the old one held.
    let type_name = before?["Type"].as_str()?;
    let held = holding(type_name)?;
    let keeps = |resource: Option<&Value>, policy: &str| {
        let word = resource.and_then(|resource| resource[policy].as_str());
        matches!(word, Some("Retain" | "RetainExceptOnCreate" | "Snapshot"))
    };
    let keeps_replaced =
        keeps(before, "UpdateReplacePolicy") && keeps(after, "UpdateReplacePolicy");
    let (fate, how) = match change.action {
        Action::Remove if keeps(before, "DeletionPolicy") => {
            (Fate::Kept, "leaves the stack; kept, but no longer ours")
        }
        Action::Remove => (Fate::Lost, "deleted; lost"),
        Action::Replace if keeps_replaced => (
            Fate::Kept,
            "replaced by an empty one; kept in the old one, which is no longer ours",
        ),
        Action::Replace => (Fate::Lost, "replaced by an empty one; lost"),
        Action::Modify if change.may_be_replaced() && !keeps_replaced => (
            Fate::MayBeLost,
            "may be replaced by an empty one; then lost",
        ),
        Action::Modify | Action::Add => return None,
    };
    Some(Loss {
        logical_id: change.logical_id.clone(),
        type_name: type_name.to_owned(),
        fate,
        path: None,
        what: format!("{how}: {held}"),
    })
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{} {path}: {}", self.logical_id, self.what),
            None => write!(f, "{}: {}", self.logical_id, self.what),
        }
    }
}

#[cfg(test)]
mod tests;
