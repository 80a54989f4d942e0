//! `down`: deletes an environment and lists what is left. Protected environments refuse.

use crate::cli::DownArgs;
use crate::cloud::{Cloud, WhenStopped, reach};
use crate::cloudformation::{CloudFormation, SdkCloudFormation, StackView, Standing};
use crate::context::Context;
use crate::deploy::{
    Condemned, Force, Ports, Retained, Scheduled, Surveyed, TornDown, protected, remove, survey,
};
use crate::exit::{Exit, Failure};
use crate::objects::SdkObjects;
use crate::session::Confirmed;
use crate::snapshot;
use crate::ui::{Asks, Ui};
use requests::Signed;
use serde::Serialize;
use stack::Environment;
use std::fmt::Write;
use std::time::Duration;

/// The document of `down --output json`.
#[derive(Debug, Serialize)]
pub(super) struct DownDocument {
    pub(super) environment: String,
    deleted: usize,
    left: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    retained: Vec<Retained>,
    scheduled: Vec<Scheduled>,
}

/// Deletes the environment. Exit 1 if something is left.
pub async fn run(context: &Context, args: &DownArgs) -> Result<Exit, Failure> {
    let ui = &context.ui;
    let project = context.project()?;
    let (_, environment) = context.environment(&project)?;
    let Some(cloud) = reach(&project, &environment, WhenStopped::Resume, ui).await? else {
        snapshot::forget(&project, &environment);
        ui.say("nothing is deployed on the local cloud: there is nothing to delete");
        return report(ui, &environment.name, TornDown::default());
    };
    let formation = SdkCloudFormation::new(cloud.session.config());
    let (confirmed, stack) = if environment.keeps_data() {
        failed_creation(&cloud, &formation, &environment).await?
    } else {
        look(&cloud, &formation, &environment).await?
    };
    let name = environment.stack_name();
    let api = api(&cloud).await?;
    let stack = match stack {
        Some(stack) => {
            let stack = Condemned::judge(&environment, stack)?;
            survey(&formation, &api, &environment, stack, ui).await?
        }
        None => None,
    };
    match &stack {
        Some(stack) => approve(ui, &environment.name, stack).await?,
        None => ui.say(format!("{name} doesn't exist: there is nothing to delete")),
    }
    let objects = SdkObjects::new(cloud.session.config(), &environment.account);
    let ports = Ports {
        cloud: &formation,
        objects: &objects,
    };
    let force = if args.force {
        Force::LeaveWhatFails
    } else {
        Force::No
    };
    let torn_down = remove(&ports, &api, &confirmed, stack, force, cloud.pace, ui).await?;
    snapshot::forget(&project, &environment);
    report(ui, &environment.name, torn_down)
}

/// The services themselves, for the inventory.
///
/// # Errors
/// Without usable credentials; exit 5.
pub(super) async fn api(cloud: &Cloud) -> Result<Signed, Failure> {
    Signed::new(cloud.session.config()).await.map_err(|lost| {
        Failure::new(Exit::LostContact, "aws.unreachable", lost.to_string())
            .help("Nothing was changed. Check the network and the credentials, then run again.")
    })
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

async fn approve(ui: &Ui, environment: &str, stack: &Surveyed) -> Result<(), Failure> {
    ui.say(format!("to be deleted: {}", stack.summary()));
    for attached in stack.attached() {
        ui.say(format!("and, added beside it: {attached}"));
    }
    match ui.asks {
        Asks::No => Ok(()),
        Asks::Terminal if ui.ask("Delete all of it?").await => Ok(()),
        Asks::Terminal => Err(Failure::refused(
            "approval.declined",
            "the deletion was not approved",
        )
        .on(environment)
        .help("Nothing was changed.")),
        Asks::Nobody => Err(crate::plan::nobody(environment)),
    }
}

fn report(ui: &Ui, environment: &str, torn_down: TornDown) -> Result<Exit, Failure> {
    let document = DownDocument::new(environment, torn_down);
    ui.result(&document, || document.text())?;
    Ok(if document.left.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

impl DownDocument {
    /// What became of an environment.
    pub(super) fn new(environment: &str, torn_down: TornDown) -> Self {
        Self {
            environment: environment.to_owned(),
            deleted: torn_down.deleted,
            left: torn_down.left,
            retained: torn_down.retained,
            scheduled: torn_down.scheduled,
        }
    }

    /// The same for people.
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "{}: {} resources deleted, {} left\n",
            self.environment,
            self.deleted,
            self.left.len()
        );
        for left in &self.left {
            let _ = writeln!(text, "  left: {left}");
        }
        for retained in &self.retained {
            let _ = writeln!(
                text,
                "  kept by its deletion policy: {}; `{}` shows it",
                retained.what, retained.find
            );
        }
        for scheduled in &self.scheduled {
            let _ = writeln!(text, "  {} goes at {}", scheduled.what, scheduled.when);
        }
        text
    }
}
