//! CloudFormation as a typed vocabulary: values, resources, stacks, templates, policies and the difference of two templates.
//!
//! Pure: nothing here reads a file, a clock or the network, and nothing knows our events or handlers. What the
//! types say comes from AWS's own resource schemas (`generated`, written by `cargo xtask codegen`).
//!
//! Architecture Invariant: a [`Stack`] renders to the same bytes every time; every map is ordered.

pub mod asl;
pub mod check;
pub mod diff;
mod finding;
mod generated;
mod handle;
mod overlays;
mod path;
mod policy;
mod property;
mod references;
mod schema;
mod stack;
mod template;
mod val;

pub use diff::{TemplateDiff, diff};
pub use finding::{Code, Finding, Severity, Source};
pub use generated::*;
pub use handle::{Handle, LogicalId, Resource};
pub use overlays::{KeySchema, RedrivePolicy, Tag};
pub use path::{Path, Step};
pub use policy::{Effect, PolicyDocument, Principal, Statement};
pub use property::{Fields, Json, Property};
pub use schema::{Limit, ResourceSchema, Tagging, schema};
pub use stack::{DeletionPolicy, Options, Output, ResourceView, Stack, Synthesis};
pub use template::{Template, TemplateError};
pub use val::{Intrinsic, Part, Pseudo, Val, arn, global_arn};
