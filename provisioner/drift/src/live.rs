//! The port to reality: facts of one resource, as plain data in the shape of CloudFormation's properties.

use crate::resolve::{Resource, Stack};
use requests::Unreachable;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What is known of a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Facts {
    /// It is there.
    Found(Box<Found>),
    /// It is not.
    Gone,
    /// Nobody can tell, and why.
    NotRead(String),
}

/// A resource that is there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// Its properties, named as CloudFormation names them.
    pub properties: Map<String, Value>,
    /// The id that it was found under, where that is not the one that the stack recorded: somebody made it again.
    pub id: Option<String>,
    /// Attributes that don't follow from its id.
    pub attributes: BTreeMap<String, String>,
    /// What hangs on it, whether the stack knows it or not.
    pub children: Vec<Child>,
    /// Properties that could not be read this time, and why.
    pub unread: Vec<(String, String)>,
}

/// Something that hangs on a resource: a rule on a bus, a subscription on a topic.
#[derive(Debug, Clone, PartialEq)]
pub struct Child {
    /// CloudFormation's type of it.
    pub type_name: &'static str,
    /// Its id at its service.
    pub id: String,
    /// Its properties, as far as they say what it is.
    pub properties: Map<String, Value>,
}

/// The member of a child's properties that says why it is not ours alone to remove, for people.
pub const THEIRS_TOO: &str = "TheirsToo";

/// The port: one resource's facts.
pub trait Live {
    /// Reads a resource. `stack` is the whole of what was deployed, for what hangs together.
    ///
    /// # Errors
    /// Only when nothing can be reached; what one service refuses is [`Facts::NotRead`].
    fn read(
        &self,
        stack: &Stack,
        resource: &Resource,
    ) -> impl Future<Output = Result<Facts, Unreachable>>;
}

impl Found {
    /// With these properties; those that are null are not set.
    pub fn of(properties: Value) -> Self {
        let properties = match properties {
            Value::Object(members) => members
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .collect(),
            _ => Map::new(),
        };
        Self {
            properties,
            ..Self::default()
        }
    }

    /// With an attribute.
    pub fn attribute(mut self, name: &str, value: &Value) -> Self {
        if let Some(value) = value.as_str() {
            self.attributes.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    /// Found under another id than the stack recorded, unless it is the same.
    pub fn under(mut self, id: &Value, recorded: &str) -> Self {
        self.id = id.as_str().filter(|id| *id != recorded).map(str::to_owned);
        self
    }

    /// With something that hangs on it.
    pub fn child(&mut self, type_name: &'static str, id: impl Into<String>, properties: Value) {
        self.children.push(Child {
            type_name,
            id: id.into(),
            properties: Self::of(properties).properties,
        });
    }
}

impl From<Found> for Facts {
    fn from(found: Found) -> Self {
        Self::Found(Box::new(found))
    }
}
