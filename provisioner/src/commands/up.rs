//! `up`: build, package, synth, check, plan, confirm, deploy, follow, print the outputs. A second run writes nothing.

use crate::cloud::{WhenStopped, reach};
use crate::cloudformation::SdkCloudFormation;
use crate::context::Context;
use crate::deploy::{Deployed, Ports, Wanted, converge, look};
use crate::exit::{Exit, Failure};
use crate::objects::SdkObjects;
use crate::{artifacts, parity, snapshot, synthesis};
use serde::Serialize;
use stack::{Omitted, Target};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Instant;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The document of `up --output json`.
#[derive(Debug, Serialize)]
struct UpDocument<'a> {
    environment: &'a str,
    stack: StackRow<'a>,
    changes: cfn::diff::Counts,
    duration_ms: u128,
    outputs: &'a BTreeMap<String, String>,
    omitted_locally: &'a [Omitted],
    parity: &'a [parity::Step],
}

#[derive(Debug, Serialize)]
struct StackRow<'a> {
    name: &'a str,
    id: &'a str,
    status: &'a str,
}

/// Makes the deployed environment what the sources say.
pub async fn run(context: &Context) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let ui = &context.ui;
    let project = context.project()?;
    let (selection, environment) = context.environment(&project)?;
    selection.can_be_made()?;
    let archives = artifacts::build(&project, ui).await?;
    let synthesised = synthesis::with(&environment, &archives);
    synthesis::accepted(&synthesised, &environment.name)?;
    let Some(cloud) = reach(&project, &environment, WhenStopped::Start, ui).await? else {
        return Err(Failure::new(
            Exit::Failed,
            "local-cloud",
            "the local cloud doesn't run",
        ));
    };
    let formation = SdkCloudFormation::new(cloud.session.config());
    let stack_name = environment.stack_name();
    let (confirmed, deployed) = tokio::join!(
        cloud.session.confirm(&environment),
        look(&formation, &stack_name)
    );
    let (confirmed, deployed) = (confirmed?, deployed?);
    let mut tags = synthesis::stack_tags(&environment);
    if let Some(seconds) = selection.ttl_seconds {
        tags.insert(super::EXPIRES.to_owned(), expiry(seconds));
    }
    let standing = match &deployed {
        Deployed::Present { stack, .. } => Some(stack),
        // It may be our own earlier run, which is followed and not repeated with another time.
        Deployed::Blocked(blocked) => Some(&blocked.stack),
        Deployed::Absent => None,
    };
    if let Some(expires) = standing.and_then(|stack| super::keep_expiry(&stack.tags, &mut tags)) {
        ui.say(format!(
            "{} expires at {expires}, as it was created: --ttl counts from the creation only",
            environment.name
        ));
    }
    let objects = SdkObjects::new(cloud.session.config(), &environment.account);
    let ports = Ports {
        cloud: &formation,
        objects: &objects,
    };
    let wanted = Wanted {
        environment: &confirmed,
        template: &synthesised.template,
        tags: &tags,
        archives: &archives,
        bucket_url: &cloud.bucket_url,
        pace: cloud.pace,
    };
    let converged = converge(&ports, &wanted, deployed, ui).await?;
    let steps = if environment.target == Target::Local {
        parity::apply(&cloud, &formation, &confirmed, &synthesised.parity).await?
    } else {
        Vec::new()
    };
    snapshot::remember(&project, &environment, &synthesised.template);
    for left_out in &synthesised.omitted {
        ui.explain(format!(
            "omitted locally: {} ({}): {}",
            left_out.logical_id, left_out.type_name, left_out.reason
        ));
    }
    let outputs = cloud.outputs(&converged.stack.outputs);
    let document = UpDocument {
        environment: &environment.name,
        stack: StackRow {
            name: &converged.stack.name,
            id: &converged.stack.id,
            status: converged.stack.status.as_str(),
        },
        changes: converged.changes,
        duration_ms: begun.elapsed().as_millis(),
        outputs: &outputs,
        omitted_locally: &synthesised.omitted,
        parity: &steps,
    };
    ui.result(&document, || text(&document))?;
    Ok(Exit::Done)
}

/// When an environment made now expires.
fn expiry(seconds: u64) -> String {
    let at = OffsetDateTime::now_utc() + std::time::Duration::from_secs(seconds);
    at.replace_nanosecond(0)
        .unwrap_or(at)
        .format(&Rfc3339)
        .unwrap_or_default()
}

fn text(document: &UpDocument<'_>) -> String {
    let mut text = String::new();
    let mut omitted: BTreeMap<&str, usize> = BTreeMap::new();
    for left_out in document.omitted_locally {
        *omitted.entry(&left_out.reason).or_default() += 1;
    }
    for (reason, count) in omitted {
        let _ = writeln!(text, "omitted locally: {count} × {reason}");
    }
    for step in document.parity.iter().filter(|step| step.applied) {
        let _ = writeln!(text, "made good locally: {}", step.what);
    }
    let changes = document.changes;
    let total = changes.add + changes.modify + changes.replace + changes.remove;
    let seconds = document.duration_ms as f64 / 1000.0;
    if total == 0 {
        let _ = writeln!(text, "{}: no changes ({seconds:.2} s)", document.stack.name);
    } else {
        let _ = writeln!(
            text,
            "{}: {} added, {} modified, {} replaced, {} removed ({seconds:.2} s)",
            document.stack.name, changes.add, changes.modify, changes.replace, changes.remove
        );
    }
    for (name, value) in document.outputs {
        let _ = writeln!(text, "  {name} = {value}");
    }
    text
}
