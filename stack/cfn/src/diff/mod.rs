//! The difference of two templates: what a deployment would do to each resource, and why. Pure; it asks nobody.
//!
//! What replaces a resource comes from AWS's schemas. A replaced resource gets a new identity, so whatever refers to it
//! changes too, and is replaced itself where it refers through a create-only property: that is followed to the end.
//! Of a type that isn't generated every property is taken as conditionally create-only, and nothing is claimed.

mod compare;
mod consequences;
mod iam;
mod loss;
mod propagate;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::path::{Meeting, Path, meet};
use crate::schema::schema;
use crate::template::Template;

pub use consequences::Consequence;
pub use iam::{Change, IamChange};
pub use loss::{Fate, Loss, losses};

/// What becomes of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is created.
    Add,
    /// It is changed in place.
    Modify,
    /// A new one is created and the old one deleted.
    Replace,
    /// It is deleted.
    Remove,
}

/// Whether a change of a property replaces its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Replacement {
    /// It doesn't.
    Never,
    /// It depends on the values, or the type isn't known here.
    Conditionally,
    /// It does.
    Always,
}

/// One changed property or attribute of a resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PropertyChange {
    /// Such as `Properties.RedrivePolicy.maxReceiveCount`.
    pub path: Path,
    /// The value before; null where there was none.
    pub before: Option<Value>,
    /// The value after; null where there will be none.
    pub after: Option<Value>,
    /// Whether this alone replaces the resource.
    pub requires_replacement: Replacement,
    /// The replaced resource that this property refers to, when only what the reference resolves to changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// One changed resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResourceChange {
    /// Its name in the template.
    pub logical_id: String,
    /// Its type; the new one if that changes.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What becomes of it.
    pub action: Action,
    /// Which properties, sorted by path.
    pub properties: Vec<PropertyChange>,
    /// Whether only `Metadata`, `DependsOn` or a policy about deletion changes: no service is called for it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub template_only: bool,
    /// Whether CloudFormation says that values known at deployment only decide about a replacement.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub conditional: bool,
}

impl ResourceChange {
    /// The replaced resources that make this one change, sorted.
    pub fn causes(&self) -> BTreeSet<&str> {
        self.properties
            .iter()
            .filter_map(|property| property.cause.as_deref())
            .collect()
    }

    /// Whether the values decide if it is replaced.
    pub fn may_be_replaced(&self) -> bool {
        let conditional = |p: &PropertyChange| p.requires_replacement == Replacement::Conditionally;
        self.action == Action::Modify
            && (self.conditional || self.properties.iter().any(conditional))
    }
}

/// A changed output or parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EntryChange {
    /// Its name.
    pub name: String,
    /// Before; null where there was none.
    pub before: Option<Value>,
    /// After; null where there will be none.
    pub after: Option<Value>,
}

/// Everything that differs between two templates.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TemplateDiff {
    /// By logical id, sorted.
    pub changes: Vec<ResourceChange>,
    /// Who may newly do what to which, and who no more.
    pub iam: Vec<IamChange>,
    /// By name, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<EntryChange>,
    /// By name, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<EntryChange>,
    /// The template's other members, such as `Description` and `Metadata`: no resource changes with them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub template: Vec<EntryChange>,
}

/// How many resources each action takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Created.
    pub add: usize,
    /// Changed in place.
    pub modify: usize,
    /// Replaced.
    pub replace: usize,
    /// Deleted.
    pub remove: usize,
}

impl TemplateDiff {
    /// Whether the templates are the same.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// How many resources each action takes.
    pub fn counts(&self) -> Counts {
        let of = |action| {
            self.changes
                .iter()
                .filter(|change| change.action == action)
                .count()
        };
        Counts {
            add: of(Action::Add),
            modify: of(Action::Modify),
            replace: of(Action::Replace),
            remove: of(Action::Remove),
        }
    }
}

impl TemplateDiff {
    /// Follows replacements again, after some were added that only the values at deployment tell.
    #[must_use]
    pub fn followed(self, old: &Template, new: &Template) -> Self {
        Self {
            changes: propagate::follow(self.changes, old, new),
            ..self
        }
    }
}

/// What leads from the old template to the new one. An absent stack is [`Template::empty`].
pub fn diff(old: &Template, new: &Template) -> TemplateDiff {
    let ids: BTreeSet<&str> = old
        .resources()
        .chain(new.resources())
        .map(|(id, _)| id)
        .collect();
    let changed = ids
        .into_iter()
        .filter_map(|id| resource(id, old.resource(id), new.resource(id)));
    let changes = propagate::follow(changed.collect(), old, new);
    let sections = ["Outputs", "Parameters", "Resources"];
    let members = |template: &Template| {
        template
            .members()
            .clone()
            .into_iter()
            .filter(|(name, _)| !sections.contains(&name.as_str()))
            .collect()
    };
    let section = |template: &Template, name: &str| {
        template
            .section(name)
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect()
    };
    TemplateDiff {
        changes,
        iam: iam::diff(old, new),
        outputs: entries(section(old, "Outputs"), section(new, "Outputs")),
        parameters: entries(section(old, "Parameters"), section(new, "Parameters")),
        template: entries(members(old), members(new)),
    }
}

type Entries = serde_json::Map<String, Value>;

fn entries(old: Entries, new: Entries) -> Vec<EntryChange> {
    let names: BTreeSet<String> = old.keys().chain(new.keys()).cloned().collect();
    let changes = names.into_iter().map(|name| {
        let (before, after) = (old.get(&name).cloned(), new.get(&name).cloned());
        EntryChange {
            name,
            before,
            after,
        }
    });
    changes
        .filter(|change| change.before != change.after)
        .collect()
}

fn resource(id: &str, old: Option<&Value>, new: Option<&Value>) -> Option<ResourceChange> {
    let (old_type, new_type) = (type_of(old), type_of(new));
    let type_name = new_type.or(old_type)?;
    let same_type = old_type == new_type;
    let mut properties: Vec<PropertyChange> = compare::resources(type_name, old, new)
        .into_iter()
        .map(|(path, before, after)| {
            let requires_replacement = if same_type {
                replacement(type_name, &path)
            } else {
                Replacement::Never
            };
            PropertyChange {
                path,
                before,
                after,
                requires_replacement,
                cause: None,
            }
        })
        .collect();
    let action = match (old_type, new_type) {
        (None, _) => Action::Add,
        (_, None) => Action::Remove,
        (Some(before), Some(after)) if before != after => {
            properties.insert(
                0,
                PropertyChange {
                    path: Path::default().key("Type"),
                    before: Some(before.into()),
                    after: Some(after.into()),
                    requires_replacement: Replacement::Always,
                    cause: None,
                },
            );
            Action::Replace
        }
        _ if properties.is_empty() => return None,
        _ if properties
            .iter()
            .any(|p| p.requires_replacement == Replacement::Always) =>
        {
            Action::Replace
        }
        _ => Action::Modify,
    };
    let template_only = action == Action::Modify
        && properties
            .iter()
            .all(|p| p.path.under_properties().is_none());
    Some(ResourceChange {
        logical_id: id.to_owned(),
        type_name: type_name.to_owned(),
        action,
        properties,
        template_only,
        conditional: false,
    })
}

fn type_of(resource: Option<&Value>) -> Option<&str> {
    resource.map(|resource| resource["Type"].as_str().unwrap_or_default())
}

/// Whether a change at this path replaces a resource of this type.
fn replacement(type_name: &str, path: &Path) -> Replacement {
    let Some(steps) = path.under_properties() else {
        return Replacement::Never;
    };
    let Some(schema) = schema(type_name) else {
        return Replacement::Conditionally;
    };
    let meets = |paths: &[&str], how| paths.iter().any(|listed| meet(steps, listed) == how);
    if meets(schema.create_only, Meeting::Within) {
        Replacement::Always
    } else if meets(schema.conditional_create_only, Meeting::Within)
        || meets(schema.create_only, Meeting::Around)
        || meets(schema.conditional_create_only, Meeting::Around)
    {
        Replacement::Conditionally
    } else {
        Replacement::Never
    }
}

#[cfg(test)]
mod tests;
