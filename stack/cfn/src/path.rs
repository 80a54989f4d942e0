//! Paths into a template's JSON, and how they meet the dotted paths of the schemas.

use std::fmt;

use serde::{Serialize, Serializer};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// An object's member.
    Key(String),
    /// A list's element, from 0.
    Index(usize),
    /// The element of a list whose member `key` is `value`, such as the tag with `Key` owner.
    Member {
        /// The identifying member.
        key: String,
        /// Its value.
        value: String,
    },
}

/// Where a value stands inside a resource or template.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Vec<Step>);

impl Path {
    /// The steps from the root.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// This path and one more step.
    pub fn join(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// This path and an object's member.
    pub fn key(&self, name: &str) -> Self {
        self.join(Step::Key(name.to_owned()))
    }

    /// Whether the path is under `Properties`, and which property path it is there.
    pub(crate) fn under_properties(&self) -> Option<&[Step]> {
        match self.0.split_first() {
            Some((Step::Key(first), rest)) if first == "Properties" => Some(rest),
            _ => None,
        }
    }

    /// Whether one of the two lies within the other.
    pub(crate) fn touches(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0) || other.0.starts_with(&self.0)
    }

    pub(crate) fn has_key(&self, name: &str) -> bool {
        self.0
            .iter()
            .any(|step| matches!(step, Step::Key(key) if key == name))
    }

    pub(crate) fn ends_with_key(&self, name: &str) -> bool {
        matches!(self.0.last(), Some(Step::Key(key)) if key == name)
    }
}

/// How a property's path and a path of a schema meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meeting {
    /// Neither contains the other.
    Apart,
    /// The property is what the schema names, or lies within it.
    Within,
    /// The property contains what the schema names.
    Around,
}

/// Compares a property's path with one such as `Targets.*.Arn`.
pub(crate) fn meet(steps: &[Step], schema_path: &str) -> Meeting {
    let mut pattern = schema_path.split('.');
    for step in steps {
        match (pattern.next(), step) {
            (None, _) => return Meeting::Within,
            (Some("*"), _) => {}
            (Some(name), Step::Key(key)) if name == key => {}
            _ => return Meeting::Apart,
        }
    }
    if pattern.next().is_none() {
        Meeting::Within
    } else {
        Meeting::Around
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if key.contains(['.', '[', ']', '"']) => write!(f, "[{key:?}]")?,
                Step::Key(key) if index == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Member { key, value } => write!(f, "[{key}={value}]")?,
            }
        }
        Ok(())
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_an_expression() {
        let path = Path::default()
            .key("Properties")
            .key("Targets")
            .join(Step::Index(0))
            .key("a.b");
        assert_eq!(path.to_string(), "Properties.Targets[0][\"a.b\"]");
        let tag = Path::default().key("Tags").join(Step::Member {
            key: "Key".into(),
            value: "owner".into(),
        });
        assert_eq!(tag.key("Value").to_string(), "Tags[Key=owner].Value");
    }

    #[test]
    fn a_schema_path_covers_what_lies_below_it() {
        let target = Path::default()
            .key("Targets")
            .join(Step::Index(3))
            .key("Arn");
        assert_eq!(meet(target.steps(), "Targets.*.Arn"), Meeting::Within);
        assert_eq!(meet(target.steps(), "Targets"), Meeting::Within);
        assert_eq!(meet(target.steps(), "Targets.*.Arn.x"), Meeting::Around);
        assert_eq!(meet(target.steps(), "Targets.*.Id"), Meeting::Apart);
    }
}
