//! `down`: deletes an environment and lists what is left. Protected environments refuse.

use crate::cloud::{Cloud, WhenStopped, reach};
use crate::cloudformation::{CloudFormation, SdkCloudFormation, StackView, Standing};
use crate::context::Context;
use crate::deploy::{Condemned, Ports, Scheduled, TornDown, protected, remove};
use crate::exit::{Exit, Failure};
use crate::objects::SdkObjects;
use crate::parity::SdkArchives;
use crate::session::Confirmed;
use crate::snapshot;
use crate::ui::{Asks, Ui};
use serde::Serialize;
use stack::Environment;
use std::fmt::Write;
use std::time::Duration;

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
    let Some(cloud) = reach(&project, &environment, WhenStopped::Resume, ui).await? else {
        snapshot::forget(&project, &environment);
        ui.say("nothing is deployed on the local cloud: there is nothing to delete");
        return report(ui, &environment.name, &TornDown::default());
    };
    let formation = SdkCloudFormation::new(cloud.session.config());
    let (confirmed, stack) = if environment.keeps_data() {
        failed_creation(&cloud, &formation, &environment).await?
    } else {
        look(&cloud, &formation, &environment).await?
    };
    let name = environment.stack_name();
    let stack = match stack {
        Some(stack) => {
            let stack = Condemned::judge(&environment, stack)?;
            approve(ui, &environment.name, &name).await?;
            Some(stack)
        }
        None => {
            ui.say(format!("{name} doesn't exist: there is nothing to delete"));
            None
        }
    };
    let objects = SdkObjects::new(cloud.session.config(), &environment.account);
    let ports = Ports {
        cloud: &formation,
        objects: &objects,
    };
    let archives = SdkArchives::new(&cloud);
    let torn_down = remove(&ports, &archives, &confirmed, stack, cloud.pace, ui).await?;
    snapshot::forget(&project, &environment);
    report(ui, &environment.name, &torn_down)
}

/// The stack, if there is one, and the proof of the account.
async fn look<'e>(
    cloud: &Cloud,
    formation: &SdkCloudFormation,
    environment: &'e Environment,
) -> Result<(Confirmed<&'e Environment>, Option<StackView>), Failure> {
    let name = environment.stack_name();
    let (confirmed, stack) =
        tokio::join!(cloud.session.confirm(environment), formation.stack(&name));
    let stack = stack?.filter(|stack| stack.status.standing() != Standing::Gone);
    Ok((confirmed?, stack))
}

/// How long a refusal may wait for AWS to say whether it is one.
const PATIENCE: Duration = Duration::from_secs(10);

/// A protected environment's stack, only if its creation failed: then nothing was ever live in it. Whoever can't tell,
/// for want of credentials or of an answer, refuses.
async fn failed_creation<'e>(
    cloud: &Cloud,
    formation: &SdkCloudFormation,
    environment: &'e Environment,
) -> Result<(Confirmed<&'e Environment>, Option<StackView>), Failure> {
    match tokio::time::timeout(PATIENCE, look(cloud, formation, environment)).await {
        Ok(Ok((confirmed, Some(stack)))) => Ok((confirmed, Some(stack))),
        _ => Err(protected(environment)),
    }
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
