//! A plan as JSON: the document of `diff --output json`. Its shape is an interface.

use super::plan::baseline;
use crate::plan::{Plan, TagChange};
use cfn::diff::IamChange;
use cfn::diff::{Action, EntryChange, Replacement};
use serde::Serialize;
use serde_json::Value;

/// The document.
#[derive(Debug, Serialize)]
pub struct DiffDocument<'a> {
    environment: &'a str,
    stack: &'a str,
    baseline: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    plan: &'a str,
    changes: Vec<ChangeRow<'a>>,
    iam: &'a [IamChange],
    outputs: &'a [EntryChange],
    tags: &'a [TagChange],
    termination_protection: Option<bool>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    unapplied: &'a [String],
}

#[derive(Debug, Serialize)]
struct ChangeRow<'a> {
    logical_id: &'a str,
    #[serde(rename = "type")]
    type_name: &'a str,
    action: Action,
    properties: Vec<PropertyRow<'a>>,
    causes: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct PropertyRow<'a> {
    path: String,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    requires_replacement: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    may_require_replacement: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
}

/// The document of a plan.
pub fn diff_document(plan: &Plan) -> DiffDocument<'_> {
    DiffDocument {
        environment: &plan.environment,
        stack: &plan.stack,
        baseline: baseline(&plan.baseline),
        plan: &plan.fingerprint,
        changes: plan
            .diff
            .changes
            .iter()
            .map(|change| ChangeRow {
                logical_id: &change.logical_id,
                type_name: &change.type_name,
                action: change.action,
                properties: change
                    .properties
                    .iter()
                    .map(|property| PropertyRow {
                        path: property.path.to_string(),
                        before: property.before.as_ref(),
                        after: property.after.as_ref(),
                        requires_replacement: property.requires_replacement == Replacement::Always,
                        may_require_replacement: property.requires_replacement
                            == Replacement::Conditionally,
                        cause: property.cause.as_deref(),
                    })
                    .collect(),
                causes: change.causes().into_iter().collect(),
            })
            .collect(),
        iam: &plan.diff.iam,
        outputs: &plan.diff.outputs,
        tags: &plan.tags,
        termination_protection: plan.termination_protection,
        unapplied: &plan.unapplied,
    }
}
