//! What was published for stacks, the handlers' archives and large templates: what no stack uses any more goes with the next
//! that is deleted.
//!
//! Another `up` may be about to use an archive that it found in the bucket, and no service says so. So it goes only
//! a day after it was uploaded last, and whoever deploys uploads anew what is older than half of that.

use super::census::is_ours;
use super::converge::Ports;
use crate::cloudformation::{CallError, CloudFormation, Standing, all_stacks};
use crate::objects::Objects;
use crate::ui::Ui;
use stack::{Artifacts, BOOTSTRAP_STACK, Environment};
use std::collections::BTreeSet;
use time::{Duration, OffsetDateTime};

/// How long after its last upload an archive may be meant by a deployment that has not begun.
const SPARED: Duration = Duration::hours(24);

/// After how long a deployment uploads an archive anew.
pub const FRESH: Duration = Duration::hours(12);

/// Deletes what was published and no stack uses any more: archives of handlers, and templates, which CloudFormation read
/// long ago. How many. In any doubt they stay: they are code and no data, and cost next to nothing.
///
/// # Errors
/// When a call fails.
pub async fn clear_unused(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    environment: &Environment,
    now: OffsetDateTime,
    ui: &Ui,
) -> Result<usize, CallError> {
    let bucket = Artifacts::bucket_name(&environment.account, &environment.region);
    let all = ports.objects.list(&bucket, "").await?;
    let ours = |key: &str| key.starts_with(Artifacts::PREFIX) || key.starts_with("templates/");
    let all: Vec<_> = all.into_iter().filter(|(key, _)| ours(key)).collect();
    let published = all.len();
    let aged = all.into_iter().filter(|(_, at)| now - *at > SPARED);
    let mut unused: BTreeSet<String> = aged.map(|(key, _)| key).collect();
    if unused.is_empty() {
        spared(&bucket, published, ui);
        return Ok(0);
    }
    for stack in all_stacks(ports.cloud).await? {
        // Whatever might read the bucket: by name too, as a stack that is just being made has no tags yet.
        let reads = is_ours(&stack)
            || stack.name.starts_with("invoicing-")
            || stack.name == BOOTSTRAP_STACK;
        if !reads {
            continue;
        }
        // An operation that runs may go back to a template that nobody can read now.
        let settled = stack.status.standing() == Standing::Settled;
        let template = match settled {
            true => ports.cloud.template(&stack.id).await?,
            false => None,
        };
        let Some(template) = template else {
            ui.explain(format!(
                "{} is in {}: archives stay",
                stack.name, stack.status
            ));
            return Ok(0);
        };
        // However the template names it: a key has its content's hash in it.
        unused.retain(|key| !template.contains(key.as_str()));
    }
    for key in &unused {
        ports.objects.delete_key(&bucket, key).await?;
        ui.explain(format!("deleted {key}, which nobody uses any more"));
    }
    spared(&bucket, published - unused.len(), ui);
    Ok(unused.len())
}

/// Says what stays, as nobody should find it by surprise.
fn spared(bucket: &str, count: usize, ui: &Ui) {
    if count > 0 {
        ui.say(format!(
            "{count} archives and templates stay in {bucket}, which every environment of the account shares; a day after its \
             upload, `down` and `reap` delete what no stack uses"
        ));
    }
}
