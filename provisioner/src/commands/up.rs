//! `up`: build, package, synth, check, plan, confirm, deploy, follow, print the outputs. A second run writes nothing.

use super::tags::StackTags;
use crate::cli::UpArgs;
use crate::cloud::{Cloud, WhenStopped, reach};
use crate::cloudformation::{SdkCloudFormation, StackView, all_resources};
use crate::context::Context;
use crate::deploy::{Ports, Wanted, converge, look};
use crate::environment::life::Course;
use crate::exit::{Exit, Failure};
use crate::objects::SdkObjects;
use crate::reality::Scene;
use crate::settling::{Asked, Settling, settled};
use crate::ui::Ui;
use crate::{artifacts, parity, snapshot, synthesis};
use cfn::Template;
use serde::Serialize;
use stack::{Environment, Omitted, Target};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Instant;
use time::OffsetDateTime;

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
pub async fn run(context: &Context, args: &UpArgs) -> Result<Exit, Failure> {
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
    let now = OffsetDateTime::now_utc();
    let wanted_tags = super::tags::wanted(&selection, &confirmed, &deployed, now)?;
    let template = wanted_tags.applied(&synthesised.template);
    let StackTags { tags, life } = &wanted_tags;
    if let Some(life) = life {
        let word = match life.course {
            Course::Begun => "will go",
            Course::Kept => "goes, as it was made,",
            Course::Renewed => "lives on and goes",
        };
        ui.say(format!("{} {word} at {}", environment.name, life.expires()));
    }
    let objects = SdkObjects::new(cloud.session.config(), &environment.account);
    let ports = Ports {
        cloud: &formation,
        objects: &objects,
    };
    let commit = project.commit();
    let settling = Settling::of(&project.cache(&environment.name), &selection, &environment);
    let wanted = Wanted {
        environment: &confirmed,
        template: &template,
        tags,
        archives: &archives,
        commit: commit.as_deref(),
        approved: args.plan.as_deref(),
        bucket_url: &cloud.bucket_url,
        pace: cloud.pace,
        settling: settling.as_ref(),
    };
    let converged = converge(&ports, &wanted, deployed, ui).await?;
    let steps = if environment.target == Target::Local {
        let there = (&converged.stack, template.as_ref());
        parity::apply(&cloud, &formation, &confirmed, there, &synthesised.parity).await?
    } else {
        Vec::new()
    };
    if let Some(settling) = &settling
        && let Some(asked) = settling.left(&converged.stack.id)
    {
        verify(
            &cloud,
            &formation,
            &environment,
            &converged.stack,
            &template,
            &asked,
            ui,
        )
        .await?;
        settling.over();
    }
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

/// Waits until what was asked for in EXPRESS mode has settled.
async fn verify(
    cloud: &Cloud,
    formation: &SdkCloudFormation,
    environment: &Environment,
    stack: &StackView,
    template: &Template,
    asked: &Asked,
    ui: &Ui,
) -> Result<(), Failure> {
    let resources = all_resources(formation, &stack.id).await?;
    let scene = Scene::with(
        cloud,
        environment,
        stack.clone(),
        template.clone(),
        resources,
    )
    .await?;
    let resources = asked.resources();
    settled(&stack.name, asked, ui, async || {
        scene.sight(&resources, ui).await
    })
    .await
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
