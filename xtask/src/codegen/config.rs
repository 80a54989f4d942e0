//! `codegen.toml`: which types to write and what AWS's schemas don't say. Unknown keys are errors.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The exact version of cfn-lint whose schemas are read.
    pub cfn_lint: String,
    /// The region whose index says which schema file a type has.
    pub region: String,
    /// The types to write.
    #[serde(rename = "type")]
    pub types: Vec<TypeConfig>,
}

/// One resource type.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeConfig {
    /// Such as `AWS::SQS::Queue`.
    pub name: String,
    /// What `Ref` returns, as a method's name.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// Readable attributes that the schema doesn't list.
    #[serde(default)]
    pub attributes: Vec<String>,
    /// Definition ("" is the resource) to the order of its constructor's arguments.
    #[serde(default)]
    pub new: BTreeMap<String, Vec<String>>,
    /// Loose properties and what they become.
    #[serde(default, rename = "overlay")]
    pub overlays: Vec<Overlay>,
}

/// A property that the schema leaves loose.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// `Property`, or `Definition.Property` when nested.
    pub property: String,
    /// The type of ours that it gets.
    #[serde(rename = "as")]
    pub kind: OverlayKind,
    /// Why. Demanded so that nobody adds one without thinking.
    pub reason: String,
}

/// Types of ours for loose properties.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum OverlayKind {
    /// Any JSON.
    Json,
    /// A policy document.
    Policy,
    /// A dead-letter queue and a receive count.
    Redrive,
    /// A DynamoDB key.
    KeySchema,
    /// A map of text.
    TextMap,
}
