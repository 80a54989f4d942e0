//! A plan as JSON: the document of `diff --output json`. Its shape is an interface.

use super::sections::baseline;
use crate::plan::{CodeChange, Plan, TagChange, ThreeWay};
use cfn::diff::{Action, EntryChange, Replacement};
use cfn::diff::{Consequence, IamChange, Loss};
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
    code: &'a [CodeChange],
    data_loss: &'a [Loss],
    replacements: Vec<Consequence>,
    outputs: &'a [EntryChange],
    #[serde(skip_serializing_if = "<[EntryChange]>::is_empty")]
    parameters: &'a [EntryChange],
    #[serde(skip_serializing_if = "<[EntryChange]>::is_empty")]
    template: &'a [EntryChange],
    tags: &'a [TagChange],
    termination_protection: Option<bool>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    unapplied: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    made_good_locally: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<&'a [ThreeWay]>,
}

#[derive(Debug, Serialize)]
struct ChangeRow<'a> {
    logical_id: &'a str,
    #[serde(rename = "type")]
    type_name: &'a str,
    action: Action,
    properties: Vec<PropertyRow<'a>>,
    causes: Vec<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    may_be_replaced: bool,
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

/// The document of a plan; and of all three ways, where reality was looked at.
pub fn diff_document<'a>(plan: &'a Plan, three_ways: Option<&'a [ThreeWay]>) -> DiffDocument<'a> {
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
                may_be_replaced: change.may_be_replaced(),
            })
            .collect(),
        iam: &plan.diff.iam,
        code: &plan.code,
        data_loss: &plan.losses,
        replacements: plan.diff.replacements(),
        outputs: &plan.diff.outputs,
        parameters: &plan.diff.parameters,
        template: &plan.diff.template,
        tags: &plan.tags,
        termination_protection: plan.termination_protection,
        unapplied: &plan.unapplied,
        made_good_locally: &plan.made_good,
        live: three_ways,
    }
}
