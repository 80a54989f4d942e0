//! `drift`: what differs between the deployed stack and reality. It reads; with `--revert` it puts back, with `--adopt`
//! and `--ignore` it writes the file of accepted drift.

use crate::accepted::AcceptedFile;
use crate::cli::{DriftArgs, Output};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::reality::Scene;
use crate::render::drift as render;
use crate::ui::{self, Asks, Ui};
use ::drift::{Accepted, Api, BadAcceptance, Detected, Report, Step, explain, plan};
use time::{Date, OffsetDateTime};

/// How often a revert looks again: what hung on something that was gone is seen when that is back.
const ROUNDS: usize = 3;

/// Exit 0: nothing differs, or only what is accepted; 2: something does.
pub async fn run(context: &Context, args: &DriftArgs) -> Result<Exit, Failure> {
    let ui = &context.ui;
    let project = context.project()?;
    let (_, environment) = context.environment(&project)?;
    let file = AcceptedFile::of(&project, &environment.name);
    let mut accepted = file.read()?;
    let today = OffsetDateTime::now_utc().date();
    let scene = Scene::of(&project, &environment, ui).await?;
    let (detected, mut report) = judged(&scene, &accepted, today, ui).await?;
    if !args.ignore.is_empty() {
        for place in &args.ignore {
            ignore(
                &mut accepted,
                place,
                args.until.as_deref(),
                today,
                &detected,
            )
            .map_err(|bad| file.refusal(&bad))?;
        }
        file.write(&accepted)?;
        accepted.apply(&mut report, today);
        ui.say(format!("written to {}", file.shown));
    }
    if args.adopt {
        let count = accepted.adopt(&report.findings);
        file.write(&accepted)?;
        accepted.apply(&mut report, today);
        ui.say(format!("{count} differences adopted in {}", file.shown));
    }
    let mut outcome = Outcome {
        reverted: Vec::new(),
        failed: Vec::new(),
    };
    if args.revert {
        report = revert(&scene, detected, report, &accepted, today, &mut outcome, ui).await?;
    }
    if report.differs() {
        explain(&scene.api, &mut report.findings).await;
    }
    let stack = environment.stack_name();
    let document = render::document(
        &environment.name,
        &stack,
        &report,
        &outcome.reverted,
        &outcome.failed,
    );
    match ui.output {
        Output::Markdown => ui::raw(render::markdown(&document).as_bytes())?,
        _ => ui.result(&document, || render::human(&document, ui.colour))?,
    }
    Ok(if !outcome.failed.is_empty() {
        Exit::Failed
    } else if report.differs() {
        Exit::Different
    } else {
        Exit::Done
    })
}

/// What a revert did.
struct Outcome {
    reverted: Vec<String>,
    failed: Vec<String>,
}

/// One detection, with what is accepted taken into account.
async fn judged(
    scene: &Scene,
    accepted: &Accepted,
    today: Date,
    ui: &Ui,
) -> Result<(Detected, Report), Failure> {
    let detected = scene.look(ui).await?;
    let mut report = detected.report.clone();
    accepted.apply(&mut report, today);
    Ok((detected, report))
}

async fn revert(
    scene: &Scene,
    mut detected: Detected,
    mut report: Report,
    accepted: &Accepted,
    today: Date,
    outcome: &mut Outcome,
    ui: &Ui,
) -> Result<Report, Failure> {
    for round in 0..ROUNDS {
        let steps = plan(&detected.stack, &report.findings);
        if steps.is_empty() {
            break;
        }
        if round == 0 {
            approve(scene, &steps, ui).await?;
        }
        outcome.failed.clear();
        for step in steps {
            match carry_out(scene, &step).await {
                Ok(()) => {
                    ui.explain(format!("put back: {}", step.what));
                    outcome.reverted.push(step.what);
                }
                Err(why) => {
                    ui.warn(format!("not put back: {}: {why}", step.what));
                    outcome.failed.push(format!("{}: {why}", step.what));
                }
            }
        }
        (detected, report) = judged(scene, accepted, today, ui).await?;
    }
    Ok(report)
}

async fn carry_out(scene: &Scene, step: &Step) -> Result<(), String> {
    for call in &step.calls {
        scene
            .api
            .call(call)
            .await
            .map_err(|trouble| trouble.to_string())?;
    }
    Ok(())
}

async fn approve(scene: &Scene, steps: &[Step], ui: &Ui) -> Result<(), Failure> {
    match ui.asks {
        Asks::No => return Ok(()),
        Asks::Nobody => {
            return Err(crate::plan::nobody(&scene.environment)
                .help("Look at `provision drift` first, then run again with --yes."));
        }
        Asks::Terminal => {}
    }
    for step in steps {
        ui.say(&step.what);
    }
    let question = format!(
        "Change {} in these {} ways?",
        scene.environment,
        steps.len()
    );
    if ui.ask(&question).await {
        return Ok(());
    }
    Err(
        Failure::refused("approval.declined", "the revert was not approved")
            .on(scene.environment.as_str())
            .help("Nothing was changed."),
    )
}

/// `LOGICAL_ID[:PATH]`, which must be something that exists.
fn ignore(
    accepted: &mut Accepted,
    place: &str,
    until: Option<&str>,
    today: Date,
    detected: &Detected,
) -> Result<(), BadAcceptance> {
    let (resource, path) = match place.split_once(':') {
        Some((resource, path)) => (resource, Some(path)),
        None => (place, None),
    };
    let known = detected
        .stack
        .resources
        .iter()
        .any(|known| known.logical_id == resource);
    if !known {
        return Err(BadAcceptance::Resource(resource.to_owned()));
    }
    accepted.ignore(resource, path, until.unwrap_or_default(), today)
}
