//! The handlers' archives that a deleted stack used: those that nobody else uses go with it.
//!
//! Another `up` may be about to use an archive that it found in the bucket, and no service says so. So an archive goes only
//! a day after it was uploaded last, and whoever deploys uploads anew what is older than half of that.

use super::converge::Ports;
use crate::cloudformation::{CallError, CloudFormation, Standing, all_stacks};
use crate::objects::Objects;
use crate::ui::Ui;
use cfn::Template;
use futures_util::future::try_join_all;
use stack::{Artifacts, Environment};
use std::collections::BTreeSet;
use time::{Duration, OffsetDateTime};

/// How long after its last upload an archive may be meant by a deployment that has not begun.
const SPARED: Duration = Duration::hours(24);

/// After how long a deployment uploads an archive anew.
pub const FRESH: Duration = Duration::hours(12);

/// Deletes the archives that a deleted stack used and no other stack does; how many. In any doubt they stay: they are code and
/// no data, and cost next to nothing.
///
/// # Errors
/// When a call fails.
pub async fn clear_unused(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    environment: &Environment,
    deleted: &Template,
    now: OffsetDateTime,
    ui: &Ui,
) -> Result<usize, CallError> {
    let bucket = Artifacts::bucket_name(&environment.account, &environment.region);
    let keys = keys(deleted, &bucket);
    let looks = keys.into_iter().map(async |key| {
        let uploaded = ports.objects.uploaded(&bucket, &key).await?;
        Ok::<_, CallError>(uploaded.filter(|at| now - *at > SPARED).map(|_| key))
    });
    let mut unused: BTreeSet<String> = try_join_all(looks).await?.into_iter().flatten().collect();
    if unused.is_empty() {
        return Ok(0);
    }
    for stack in all_stacks(ports.cloud).await? {
        // Whatever might read the bucket: by name too, as a stack that is just being made has no tags yet.
        let reads = super::census::is_ours(&stack) || stack.name.starts_with("invoicing-");
        if !reads {
            continue;
        }
        // An operation that runs may go back to a template that nobody can read now.
        let settled = stack.status.standing() == Standing::Settled;
        let template = match settled {
            true => ports.cloud.template(&stack.id).await?,
            false => None,
        };
        let Some(template) = template.and_then(|text| Template::parse(&text).ok()) else {
            ui.explain(format!(
                "{} is in {}: archives stay",
                stack.name, stack.status
            ));
            return Ok(0);
        };
        for key in self::keys(&template, &bucket) {
            unused.remove(&key);
        }
    }
    for key in &unused {
        ports.objects.delete_key(&bucket, key).await?;
        ui.explain(format!("deleted {key}, which nobody uses any more"));
    }
    Ok(unused.len())
}

/// The keys in the artifacts bucket that a template names as code.
fn keys(template: &Template, bucket: &str) -> BTreeSet<String> {
    template
        .resources()
        .map(|(_, resource)| &resource["Properties"]["Code"])
        .filter(|code| code["S3Bucket"] == bucket)
        .filter_map(|code| code["S3Key"].as_str().map(str::to_owned))
        .collect()
}
