//! `down`: deletes an environment and lists what is left. Protected environments refuse.

use crate::cloud::{WhenStopped, reach};
use crate::cloudformation::{CloudFormation, SdkCloudFormation, Standing};
use crate::context::Context;
use crate::deploy::{Ports, Scheduled, TornDown, tear_down};
use crate::exit::{Exit, Failure};
use crate::objects::SdkObjects;
use crate::parity;
use crate::snapshot;
use crate::ui::{Asks, Ui};
use serde::Serialize;
use stack::Target;
use std::fmt::Write;

/// The document of `down --output json`.
#[derive(Debug, Serialize)]
struct DownDocument<'a> {
    environment: &'a str,
    deleted: usize,
    left: &'a [String],
    scheduled: &'a [Scheduled],
}

/// Deletes the environment. Exit 1 if something is left.
pub async fn run(context: &Context) -> Result<Exit, Failure> {
    let ui = &context.ui;
    let project = context.project()?;
    let (_, environment) = context.environment(&project)?;
    if environment.keeps_data() {
        return Err(Failure::refused(
            "environment.protected",
            format!("{} is protected: its data outlives it", environment.name),
        )
        .on(environment.name.as_str())
        .help(
            "To really delete it, set `protected: false` in its file, deploy that, and run again.",
        ));
    }
    let nothing = TornDown::default();
    let Some(cloud) = reach(&project, &environment, WhenStopped::Leave, ui).await? else {
        ui.say("the local cloud isn't running: there is nothing to delete");
        return report(ui, &environment.name, &nothing);
    };
    let formation = SdkCloudFormation::new(cloud.session.config());
    let name = environment.stack_name();
    let (confirmed, stack) =
        tokio::join!(cloud.session.confirm(&environment), formation.stack(&name));
    let (confirmed, stack) = (confirmed?, stack?);
    let Some(stack) = stack.filter(|stack| stack.status.standing() != Standing::Gone) else {
        snapshot::forget(&project, &environment.name);
        ui.say(format!("{name} doesn't exist: there is nothing to delete"));
        return report(ui, &environment.name, &nothing);
    };
    approve(ui, &environment.name, &name).await?;
    let objects = SdkObjects::new(cloud.session.config(), &environment.account);
    let ports = Ports {
        cloud: &formation,
        objects: &objects,
    };
    let torn_down = tear_down(&ports, &confirmed, stack, cloud.pace, ui).await?;
    if environment.target == Target::Local {
        parity::undo(&cloud, &confirmed).await?;
    }
    snapshot::forget(&project, &environment.name);
    report(ui, &environment.name, &torn_down)
}

async fn approve(ui: &Ui, environment: &str, stack: &str) -> Result<(), Failure> {
    match ui.asks {
        Asks::No => Ok(()),
        Asks::Terminal
            if ui
                .ask(&format!(
                    "Delete {stack}, with everything in its tables and buckets?"
                ))
                .await =>
        {
            Ok(())
        }
        Asks::Terminal => Err(Failure::refused(
            "approval.declined",
            "the deletion was not approved",
        )
        .on(environment)
        .help("Nothing was changed.")),
        Asks::Nobody => Err(crate::plan::nobody(environment)),
    }
}

fn report(ui: &Ui, environment: &str, torn_down: &TornDown) -> Result<Exit, Failure> {
    let document = DownDocument {
        environment,
        deleted: torn_down.deleted,
        left: &torn_down.left,
        scheduled: &torn_down.scheduled,
    };
    ui.result(&document, || text(&document))?;
    Ok(if torn_down.left.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn text(document: &DownDocument<'_>) -> String {
    let mut text = format!(
        "{}: {} resources deleted, {} left\n",
        document.environment,
        document.deleted,
        document.left.len()
    );
    for left in document.left {
        let _ = writeln!(text, "  left: {left}");
    }
    for scheduled in document.scheduled {
        let _ = writeln!(text, "  {} goes at {}", scheduled.what, scheduled.when);
    }
    text
}
