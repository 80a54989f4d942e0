//! One resource type as the generator sees it: structs, enums, attributes and facts, free of JSON Schema.

use std::collections::BTreeMap;

/// What a property holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `Val<String>`
    Text,
    /// `Val<i64>`
    Integer,
    /// `Val<f64>`
    Number,
    /// `Val<bool>`
    Boolean,
    /// Any JSON.
    Json,
    /// A policy document.
    Policy,
    /// A redrive policy.
    Redrive,
    /// A DynamoDB key.
    KeySchema,
    /// A tag.
    Tag,
    /// A closed set of texts, by its Rust name.
    Enum(String),
    /// A nested struct, by its Rust name.
    Struct(String),
    /// A list.
    List(Box<Kind>),
    /// A map from text.
    Map(Box<Kind>),
}

/// A property of a struct.
#[derive(Clone, Debug)]
pub struct Field {
    /// CloudFormation's name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Its own bound, without a path.
    pub limits: Vec<Limit>,
    /// Bounds of a list's elements.
    pub item_limits: Vec<Limit>,
    /// Whether the order of its elements means nothing.
    pub unordered: bool,
}

/// A bound.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// Characters.
    Length(u64, Option<u64>),
    /// Elements.
    Items(u64, Option<u64>),
    /// A number.
    Range(Option<f64>, Option<f64>),
    /// Whole numbers.
    OneOf(Vec<i64>),
}

/// A struct.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Its Rust name.
    pub name: String,
    /// Its properties, sorted.
    pub fields: Vec<Field>,
    /// The constructor's arguments, in order.
    pub required: Vec<String>,
}

/// A resource type.
#[derive(Debug)]
pub struct Model {
    /// Such as `AWS::SQS::Queue`.
    pub type_name: String,
    /// Such as `sqs`.
    pub module: String,
    /// Such as `Queue`.
    pub rust_name: String,
    /// The structs by Rust name; the resource itself is one of them.
    pub shapes: BTreeMap<String, Shape>,
    /// The closed sets by Rust name.
    pub enums: BTreeMap<String, Vec<String>>,
    /// Readable attributes, sorted; true where it is a text and gets a method.
    pub attributes: BTreeMap<String, bool>,
    /// The method that stands for `Ref`.
    pub reference: Option<String>,
    /// Dotted paths.
    pub create_only: Vec<String>,
    /// Dotted paths.
    pub conditional_create_only: Vec<String>,
    /// Dotted paths.
    pub write_only: Vec<String>,
    /// `List` or `Map`.
    pub tagging: Option<&'static str>,
}
