//! `drift`: what differs between the deployed stack and reality. It reads; with `--revert` it puts back, with `--adopt`
//! and `--ignore` it writes the file of accepted drift.

use crate::accepted::AcceptedFile;
use crate::cli::{DriftArgs, Output};
use crate::cloudformation::{Ability, lacks};
use crate::context::Context;
use crate::deploy::drift_aware::{self, Drifted};
use crate::detection::detection;
use crate::exit::{Exit, Failure};
use crate::reality::Scene;
use crate::render::drift as render;
use crate::snapshot;
use crate::ui::{self, Asks, Ui};
use ::drift::{Accepted, Api, BadAcceptance, Detected, Report, Step, explain, merge, plan};
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
    let mut scene = Scene::of(&project, &environment, ui).await?;
    let detected = everything(&scene, ui).await?;
    let mut report = detected.report.clone();
    accepted.apply(&mut report, today);
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
        report = revert(
            &mut scene,
            detected,
            report,
            &accepted,
            today,
            &mut outcome,
            ui,
        )
        .await?;
    }
    if report.differs() {
        explain(&scene.api, &mut report.findings).await;
    }
    let counted = report.findings.iter().filter(|finding| finding.counts());
    let stack_id = &scene.place.stack_id;
    snapshot::note_comparison(&project, &environment, stack_id, counted.count());
    let stack = environment.stack_name();
    let document = render::document(
        &environment.name,
        &stack,
        &report,
        &outcome.reverted,
        &outcome.failed,
    );
    match ui.output {
        Output::Markdown => {
            ui::raw(crate::hint::complete(&render::markdown(&document)).as_bytes())?
        }
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

/// Our readers, and CloudFormation's own detection beside them where the target has it.
async fn everything(scene: &Scene, ui: &Ui) -> Result<Detected, Failure> {
    if lacks(scene.on, Ability::DetectDrift).is_some() {
        return scene.look(ui).await;
    }
    let stack = &scene.place.stack_name;
    let (detected, theirs) = tokio::join!(scene.look(ui), detection(&scene.formation, stack, ui));
    let mut detected = detected?;
    if let Some(theirs) = theirs {
        let alone = merge(&mut detected, &theirs);
        ui.explain(format!(
            "CloudFormation's own detection told of {} resources, {alone} differences were its alone",
            theirs.len()
        ));
    }
    Ok(detected)
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
    scene: &mut Scene,
    mut detected: Detected,
    mut report: Report,
    accepted: &Accepted,
    today: Date,
    outcome: &mut Outcome,
    ui: &Ui,
) -> Result<Report, Failure> {
    let able = lacks(scene.on, Ability::RevertDrift).is_none();
    let mut put_back = match able && report.differs() {
        true => {
            let drifted = drifted(scene, &detected, &report);
            drift_aware::ask(&scene.formation, drifted, scene.pace, ui).await
        }
        false => None,
    };
    let by = if able { "by direct call: " } else { "" };
    let rounds = ROUNDS + usize::from(put_back.is_some());
    for round in 0..rounds {
        let mut left = report.findings.clone();
        if let Some(put_back) = &put_back {
            left.retain(|finding| !put_back.covers(finding));
        }
        let steps = plan(&detected.stack, &left);
        if steps.is_empty() && put_back.is_none() {
            break;
        }
        if round == 0 {
            let by_set = put_back.iter().flat_map(|put_back| put_back.steps.clone());
            let by_call = steps.iter().map(|step| format!("{by}{}", step.what));
            let shown: Vec<String> = by_set.chain(by_call).collect();
            if let Err(declined) = approve(scene, &shown, ui).await {
                if let Some(put_back) = &put_back {
                    drift_aware::leave(&scene.formation, put_back).await?;
                }
                return Err(declined);
            }
        }
        outcome.failed.clear();
        // What it makes again has other ids, and what hangs on it is planned anew.
        if let Some(put_back) = put_back.take() {
            let drifted = drifted(scene, &detected, &report);
            let done =
                drift_aware::carry_out(&scene.formation, &put_back, drifted, scene.pace, ui).await;
            match done {
                Ok(()) => outcome.reverted.extend(put_back.steps),
                Err(failure) if failure.exit == Exit::Failed => ui.warn(format!(
                    "the change set put nothing back, direct calls instead: {}",
                    failure.message
                )),
                Err(failure) => return Err(failure),
            }
            scene.refresh().await?;
            (detected, report) = judged(scene, accepted, today, ui).await?;
            continue;
        }
        for step in steps {
            let what = format!("{by}{}", step.what);
            match carry_out(scene, &step).await {
                Ok(()) => {
                    ui.explain(format!("put back: {what}"));
                    outcome.reverted.push(what);
                }
                Err(why) => {
                    ui.warn(format!("not put back: {what}: {why}"));
                    outcome.failed.push(format!("{what}: {why}"));
                }
            }
        }
        (detected, report) = judged(scene, accepted, today, ui).await?;
    }
    Ok(report)
}

fn drifted<'a>(scene: &'a Scene, detected: &'a Detected, report: &'a Report) -> Drifted<'a> {
    Drifted {
        environment: &scene.environment,
        stack: &scene.place.stack_name,
        tags: &scene.tags,
        all: &detected.report.findings,
        counting: &report.findings,
    }
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

async fn approve(scene: &Scene, steps: &[String], ui: &Ui) -> Result<(), Failure> {
    match ui.asks {
        Asks::No => return Ok(()),
        Asks::Nobody => {
            return Err(crate::plan::nobody(&scene.environment)
                .help("Look at `provision drift` first, then run again with --yes."));
        }
        Asks::Terminal => {}
    }
    for step in steps {
        ui.say(step);
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
    detected.knows(resource, path)?;
    accepted.ignore(resource, path, until.unwrap_or_default(), today)
}
