//! What AWS's schema says of a resource type beyond its structure: what can't be changed, read back or exceeded.

use crate::generated;

/// The facts of one resource type. Paths are dotted; `*` stands for every element of a list or value of a map.
#[derive(Debug)]
pub struct ResourceSchema {
    /// Such as `AWS::SQS::Queue`.
    pub type_name: &'static str,
    /// What `Fn::GetAtt` can read.
    pub attributes: &'static [&'static str],
    /// Changing one of these replaces the resource.
    pub create_only: &'static [&'static str],
    /// Changing one of these replaces the resource under some conditions.
    pub conditional_create_only: &'static [&'static str],
    /// Set but never read back: drift can't be seen.
    pub write_only: &'static [&'static str],
    /// Lists whose order means nothing.
    pub unordered: &'static [&'static str],
    /// How the type carries tags, if it does.
    pub tagging: Option<Tagging>,
    /// What literal values must keep to, by path.
    pub bounds: &'static [(&'static str, Limit)],
}

/// The shape of a type's `Tags` property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tagging {
    /// A list of `{Key, Value}`.
    List,
    /// A map from key to value.
    Map,
}

/// A bound's kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// Characters of a text, from and to.
    Length(u64, u64),
    /// Elements of a list, from and to.
    Items(u64, u64),
    /// A number, from and to.
    Range(f64, f64),
    /// One of these whole numbers.
    OneOf(&'static [i64]),
}

/// The facts of a type, if we generate it.
pub fn schema(type_name: &str) -> Option<&'static ResourceSchema> {
    let index = generated::SCHEMAS
        .binary_search_by(|schema| schema.type_name.cmp(type_name))
        .ok()?;
    generated::SCHEMAS.get(index).copied()
}
