//! `redrive`: shows what lies in dead-letter queues and puts it back. The operations crate knows how; this finds the
//! environment, shows the plan and asks.

use crate::cli::RedriveArgs;
use crate::cloud::{Cloud, WhenStopped, reach};
use crate::cloudformation::{CloudFormation, SdkCloudFormation, all_resources};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::ui::{Asks, Live, Ui, Voice};
use contracts::wiring::outputs;
use operations::Deployed;
use operations::aws::WaysBack;
use operations::redrive::{
    DeadLetterQueue, Pick, RedriveFailure, RedrivePlan, Redriven, Redriving, dead_letter_queue,
    look, looked_text, overview, overview_text, plan, plan_text, redrive, redriven_text,
};
use serde::Serialize;
use stack::Environment;
use std::io::Write as _;

/// Looks, or puts back. Exit 1 if a message could not be put back.
pub async fn run(context: &Context, args: &RedriveArgs) -> Result<Exit, Failure> {
    let ui = &context.ui;
    let reached = Reached::of(context).await?;
    let name = &reached.environment.name;
    let Some(queue) = &args.queue else {
        let overview = overview(&reached.world, name, &reached.deployed)
            .await
            .map_err(|error| failure(&error))?;
        ui.result(&overview, || overview_text(&overview))?;
        return Ok(Exit::Done);
    };
    let dlq = dead_letter_queue(&reached.deployed, queue).map_err(|error| failure(&error))?;
    if !args.list {
        dlq.open().map_err(|error| failure(&error))?;
    }
    let looked = look(&reached.world, &dlq)
        .await
        .map_err(|error| failure(&error))?;
    if args.list {
        let seen = Redriven::looked(name, &dlq, &looked);
        ui.result(&seen, || looked_text(&seen))?;
        return Ok(Exit::Done);
    }
    let pick = match (&args.id, args.max) {
        (Some(id), _) => Pick::One(id.clone()),
        (None, Some(max)) => Pick::AtMost(max),
        (None, None) => Pick::All,
    };
    let plan = plan(&reached.deployed, &dlq, &looked, &pick).map_err(|error| failure(&error))?;
    show(ui, &Redriven::planned(name, &plan), &plan_text(&plan));
    if !plan.is_empty() {
        approve(ui, name, &question(&dlq, &plan), "--list").await?;
    }
    let done = redrive(&reached.world, name, &reached.deployed, &plan, &mut |now| {
        tell(ui, now);
    })
    .await
    .map_err(|error| failure(&error))?;
    ui.result(&done, || redriven_text(&done))?;
    Ok(super::document::exit(done.exit()))
}

fn question(dlq: &DeadLetterQueue, plan: &RedrivePlan) -> String {
    let to = dlq.way.to().unwrap_or("their targets");
    format!("Put {} messages back to {to}?", plan.size())
}

fn tell(ui: &Ui, now: Redriving<'_>) {
    match now {
        Redriving::Moved(messages) => ui.say(format!("{messages} messages moved so far")),
        Redriving::PutBack(line) => ui.explain(format!("{} was put back", line.id)),
        // The result names it again.
        Redriving::Stays(failed) => ui.explain(format!("{} stays: {}", failed.id, failed.reason)),
    }
}

fn failure(error: &RedriveFailure) -> Failure {
    Failure::new(
        super::document::exit(error.exit()),
        error.code(),
        error.to_string(),
    )
    .on(error.subject())
    .help(error.help())
}

/// Shows a plan on stderr: stdout is the result's.
pub(super) fn show<T: Serialize>(ui: &Ui, plan: &T, text: &str) {
    if ui.voice == Voice::Quiet {
        return;
    }
    let text = match ui.live {
        Live::Json => format!(
            "{}\n",
            serde_json::json!({ "progress": "plan", "plan": plan })
        ),
        Live::Bar | Live::Lines => text.to_owned(),
    };
    // Nobody reads stderr any more: then nobody misses it.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Asks, where asking is needed.
///
/// # Errors
/// Not approved, or nobody to ask; exit 3.
pub(super) async fn approve(
    ui: &Ui,
    environment: &str,
    question: &str,
    look: &str,
) -> Result<(), Failure> {
    match ui.asks {
        Asks::No => Ok(()),
        Asks::Terminal if ui.ask(question).await => Ok(()),
        Asks::Terminal => Err(
            Failure::refused("approval.declined", "the plan was not approved")
                .on(environment)
                .help("Nothing was changed."),
        ),
        Asks::Nobody => Err(Failure::refused(
            "approval.nobody",
            "this writes, there is no terminal to ask on, and --yes was not given",
        )
        .on(environment)
        .help(format!(
            "Look first with {look}, then run again with --yes."
        ))),
    }
}

/// A deployed environment, its account verified, with what brings messages and events back.
pub(super) struct Reached {
    pub environment: Environment,
    pub deployed: Deployed,
    pub world: WaysBack,
}

impl Reached {
    /// Reaches the environment that the flags name.
    ///
    /// # Errors
    /// It is not deployed, the credentials are another account's, or its stack can't be read.
    pub async fn of(context: &Context) -> Result<Self, Failure> {
        let project = context.project()?;
        let (_, environment) = context.environment(&project)?;
        let absent = || absent(&environment);
        let cloud = reach(&project, &environment, WhenStopped::Leave, &context.ui)
            .await?
            .ok_or_else(absent)?;
        let formation = SdkCloudFormation::new(cloud.session.config());
        let name = environment.stack_name();
        let (confirmed, stack, template, resources) = tokio::join!(
            cloud.session.confirm(&environment),
            formation.stack(&name),
            formation.template(&name),
            all_resources(&formation, &name)
        );
        confirmed?;
        let stack = stack?.ok_or_else(absent)?;
        let template = template?.ok_or_else(absent)?;
        let physical_ids = resources?
            .into_iter()
            .filter_map(|resource| Some((resource.logical_id, resource.physical_id?)))
            .collect();
        let odd = |message: String| {
            Failure::refused("environment.stack", message)
                .on(name.as_str())
                .help(format!("Run `provision up --env {}`.", environment.name))
        };
        let deployed =
            Deployed::read(&template, &physical_ids).map_err(|error| odd(error.to_string()))?;
        let bus = stack.outputs.get(outputs::EVENT_BUS).ok_or_else(|| {
            odd(format!(
                "the deployed stack has no output `{}`",
                outputs::EVENT_BUS
            ))
        })?;
        Ok(Self {
            world: world(&cloud, bus),
            deployed,
            environment,
        })
    }
}

fn world(cloud: &Cloud, bus: &str) -> WaysBack {
    WaysBack::new(cloud.session.config(), bus)
}

fn absent(environment: &Environment) -> Failure {
    Failure::absent(&environment.name)
}
