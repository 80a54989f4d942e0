//! Remembering that CloudFormation changes nothing for a template, beside the templates in the artifacts bucket.
//!
//! A deletion policy or a description that differs alone is no change to it, and which differences are of that kind it
//! doesn't say beforehand. Its word for one pair of templates is kept, so that nobody makes a change set to hear it
//! again, on any machine.

use super::state::Deployed;
use crate::cloudformation::CallError;
use crate::objects::Objects;
use crate::plan::Plan;
use cfn::Template;
use sha2::{Digest, Sha256};
use stack::{Artifacts, Environment};

/// Where CloudFormation's word on a deployed and a wanted template is kept.
#[derive(Debug)]
pub struct Unapplied {
    bucket: String,
    key: String,
}

impl Unapplied {
    /// None: there is no stack, so everything is a change.
    pub fn of(environment: &Environment, wanted: &Template, deployed: &Deployed) -> Option<Self> {
        let Deployed::Present { stack, template } = deployed else {
            return None;
        };
        let mut digest = Sha256::new();
        for part in [stack.id.as_str(), &template.hash(), &wanted.hash()] {
            digest.update(part);
            digest.update([0]);
        }
        let hash: String = digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Some(Self {
            bucket: Artifacts::bucket_name(&environment.account, &environment.region),
            key: format!("no-changes/{hash}"),
        })
    }

    /// Takes out of a plan what CloudFormation is known to leave alone. Changed tags are changes.
    ///
    /// # Errors
    /// When the bucket can't be asked.
    pub async fn leave_out(&self, objects: &impl Objects, plan: Plan) -> Result<Plan, CallError> {
        if plan.diff.is_empty() || !plan.tags.is_empty() {
            return Ok(plan);
        }
        Ok(if objects.exists(&self.bucket, &self.key).await? {
            plan.without_effect()
        } else {
            plan
        })
    }

    /// Keeps CloudFormation's word.
    ///
    /// # Errors
    /// When the object can't be written.
    pub async fn remember(&self, objects: &impl Objects, plan: &Plan) -> Result<(), CallError> {
        if plan.diff.is_empty() || !plan.tags.is_empty() {
            return Ok(());
        }
        objects.write(&self.bucket, &self.key, Vec::new()).await
    }
}
