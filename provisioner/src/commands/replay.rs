//! `replay`: sends archived events again to the rules that admit replays. The operations crate knows which; this shows
//! the plan, asks, and follows.

use super::redrive::{Reached, approve, show};
use crate::cli::ReplayArgs;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use operations::replay::{
    ReplayFailure, ReplayRequest, Window, moment, plan, plan_text, replay, replayed_text,
};
use stack::Target;
use time::OffsetDateTime;

/// Plans a replay, and unless `--plan` was given runs it to its end.
pub async fn run(context: &Context, args: &ReplayArgs) -> Result<Exit, Failure> {
    let ui = &context.ui;
    let now = OffsetDateTime::now_utc();
    // What is no moment is refused before anybody is called.
    let window = Window {
        from: moment(&args.from, now).map_err(|error| failure(&error))?,
        to: moment(&args.to, now).map_err(|error| failure(&error))?,
    };
    let reached = Reached::of(context).await?;
    let environment = &reached.environment;
    let request = ReplayRequest {
        environment: environment.name.clone(),
        archive: environment.archive_name(),
        window,
        rule: args.rule.clone(),
        name: args.replay_name.clone(),
    };
    let plan = plan(&reached.world, &reached.deployed, &request, now)
        .await
        .map_err(|error| failure(&error))?;
    if args.plan {
        ui.result(&plan.document(), || plan_text(&plan))?;
        return Ok(Exit::Done);
    }
    show(ui, &plan.document(), &plan_text(&plan));
    if args.rule.is_some() && environment.target == Target::Local {
        ui.warn(
            "the local cloud sends a replay to every rule that admits it, not only to this one",
        );
    }
    plan.order().map_err(|error| failure(&error))?;
    approve(ui, &environment.name, "Replay these events?", "--plan").await?;
    let mut last = None;
    let done = replay(&reached.world, &plan, &mut |now| {
        if last.as_ref() != Some(&(now.state.clone(), now.last_event_at.clone())) {
            let at = now.last_event_at.as_deref();
            let at = at.map_or_else(String::new, |at| format!(", at the events of {at}"));
            ui.say(format!("{}: {}{at}", now.replay, now.state));
            last = Some((now.state.clone(), now.last_event_at.clone()));
        }
    })
    .await
    .map_err(|error| failure(&error))?;
    ui.result(&done, || replayed_text(&done))?;
    Ok(Exit::Done)
}

fn failure(error: &ReplayFailure) -> Failure {
    Failure::new(
        super::document::exit(error.exit()),
        error.code(),
        error.to_string(),
    )
    .on(error.subject())
    .help(error.help())
}
