//! `drift`: what differs between the deployed stack and reality. It reads; with `--revert` it puts back, with `--adopt`
//! and `--ignore` it writes the file of accepted drift.

use crate::cli::{DriftArgs, Output};
use crate::cloud::{Cloud, WhenStopped, reach};
use crate::cloudformation::{SdkCloudFormation, StackView, all_resources};
use crate::context::Context;
use crate::deploy::{Deployed, look};
use crate::exit::{Exit, Failure};
use crate::project::Project;
use crate::render::drift as render;
use crate::ui::{self, Asks, Live, Ui, Voice};
use ::drift::aws::Signed;
use ::drift::{
    Accepted, Api, BadAcceptance, Detected, Place, Readers, Report, Step, Target, Unreachable,
    detect, explain, plan,
};
use cfn::Template;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use stack::Environment;
use std::collections::BTreeMap;
use std::path::PathBuf;
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
    let (detected, mut report) = scene.look(&accepted, today, ui).await?;
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
        report = scene
            .revert(detected, report, &accepted, today, &mut outcome, ui)
            .await?;
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

/// A deployed stack, and the way to its resources.
struct Scene {
    environment: String,
    template: Template,
    physical: BTreeMap<String, String>,
    place: Place,
    tags: BTreeMap<String, String>,
    target: Target,
    api: Signed,
}

impl Scene {
    async fn of(project: &Project, environment: &Environment, ui: &Ui) -> Result<Self, Failure> {
        let absent = || {
            Failure::refused(
                "environment.absent",
                format!("{} is not deployed", environment.name),
            )
            .on(environment.name.as_str())
            .help(format!(
                "Run `provision up --env {}` first.",
                environment.name
            ))
        };
        let cloud = reach(project, environment, WhenStopped::Resume, ui)
            .await?
            .ok_or_else(absent)?;
        let formation = SdkCloudFormation::new(cloud.session.config());
        let name = environment.stack_name();
        let (confirmed, deployed, resources) = tokio::join!(
            cloud.session.confirm(environment),
            look(&formation, &name),
            all_resources(&formation, &name)
        );
        confirmed?;
        let (stack, template) = match deployed? {
            Deployed::Present { stack, template } => (stack, template),
            Deployed::Blocked(blocked) => return Err(blocked.failure(&environment.name)),
            Deployed::Absent => return Err(absent()),
        };
        let mut physical: BTreeMap<String, String> = resources?
            .into_iter()
            .filter_map(|resource| Some((resource.logical_id, resource.physical_id?)))
            .collect();
        let (target, template) = match environment.target {
            stack::Target::Aws => (Target::Aws, template),
            stack::Target::Local => {
                let template = with_archive(template, environment, &mut physical);
                (Target::Local, template)
            }
        };
        Ok(Self {
            environment: environment.name.clone(),
            place: place(&stack)?,
            tags: stack.tags,
            template,
            physical,
            target,
            api: signed(&cloud).await?,
        })
    }

    /// One detection, with what is accepted taken into account.
    async fn look(
        &self,
        accepted: &Accepted,
        today: Date,
        ui: &Ui,
    ) -> Result<(Detected, Report), Failure> {
        let deployed = ::drift::Deployed {
            template: &self.template,
            place: &self.place,
            physical: &self.physical,
            tags: &self.tags,
            target: self.target,
        };
        let bar = bar(ui, self.physical.len());
        // A look knows nothing of an earlier one: every answer is fresh.
        let readers = Readers::new(&self.api);
        let before = self.api.calls();
        let detected = detect(&deployed, &readers, &mut |done, _| {
            if let Some(bar) = &bar {
                bar.set_position(done as u64);
            }
        })
        .await
        .map_err(|lost| unreachable(&lost))?;
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        ui.explain(format!(
            "{} resources read with {} requests",
            detected.report.checked,
            self.api.calls() - before
        ));
        let mut report = detected.report.clone();
        accepted.apply(&mut report, today);
        Ok((detected, report))
    }

    async fn revert(
        &self,
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
                self.approve(&steps, ui).await?;
            }
            outcome.failed.clear();
            for step in steps {
                match self.carry_out(&step).await {
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
            (detected, report) = self.look(accepted, today, ui).await?;
        }
        Ok(report)
    }

    async fn carry_out(&self, step: &Step) -> Result<(), String> {
        for call in &step.calls {
            self.api
                .call(call)
                .await
                .map_err(|trouble| trouble.to_string())?;
        }
        Ok(())
    }

    async fn approve(&self, steps: &[Step], ui: &Ui) -> Result<(), Failure> {
        match ui.asks {
            Asks::No => return Ok(()),
            Asks::Nobody => {
                return Err(crate::plan::nobody(&self.environment)
                    .help("Look at `provision drift` first, then run again with --yes."));
            }
            Asks::Terminal => {}
        }
        for step in steps {
            ui.say(&step.what);
        }
        let question = format!("Change {} in these {} ways?", self.environment, steps.len());
        if ui.ask(&question).await {
            return Ok(());
        }
        Err(
            Failure::refused("approval.declined", "the revert was not approved")
                .on(self.environment.as_str())
                .help("Nothing was changed."),
        )
    }
}

async fn signed(cloud: &Cloud) -> Result<Signed, Failure> {
    Signed::new(cloud.session.config())
        .await
        .map_err(|lost| unreachable(&lost))
}

fn unreachable(lost: &Unreachable) -> Failure {
    Failure::new(Exit::LostContact, "aws.unreachable", lost.to_string())
        .help("Nothing was concluded. Check the network and the credentials, then run again.")
}

/// Where a stack is, by its ARN `arn:aws:cloudformation:REGION:ACCOUNT:stack/...`.
fn place(stack: &StackView) -> Result<Place, Failure> {
    let parts: Vec<&str> = stack.id.splitn(6, ':').collect();
    match parts.as_slice() {
        [_, partition, _, region, account, _] => Ok(Place {
            partition: (*partition).to_owned(),
            region: (*region).to_owned(),
            account: (*account).to_owned(),
            stack_name: stack.name.clone(),
            stack_id: stack.id.clone(),
        }),
        _ => Err(Failure::new(
            Exit::Failed,
            "aws.odd-answer",
            format!("the stack's id {} is no ARN", stack.id),
        )
        .on(stack.name.as_str())),
    }
}

/// The local cloud refuses archives in a template and gets its own by direct call: it is ours all the same.
fn with_archive(
    template: Template,
    environment: &Environment,
    physical: &mut BTreeMap<String, String>,
) -> Template {
    const ARCHIVE: &str = "Archive";
    let bus = template
        .resources()
        .find(|(_, resource)| resource["Type"] == "AWS::Events::EventBus")
        .map(|(id, _)| id.to_owned());
    let Some(bus) = bus.filter(|_| template.resource(ARCHIVE).is_none()) else {
        return template;
    };
    let mut members = template.members().clone();
    members["Resources"][ARCHIVE] = json!({"Type": "AWS::Events::Archive", "Properties": {
        "ArchiveName": environment.archive_name(), "RetentionDays": environment.retention.archive_days,
        "SourceArn": {"Fn::GetAtt": [bus, "Arn"]}}});
    physical.insert(ARCHIVE.to_owned(), environment.archive_name());
    // A JSON object with one more member is still one.
    Template::parse(&serde_json::Value::Object(members).to_string()).unwrap_or(template)
}

fn bar(ui: &Ui, steps: usize) -> Option<ProgressBar> {
    if ui.live != Live::Bar || ui.voice == Voice::Quiet {
        return None;
    }
    let bar = ProgressBar::new(steps as u64).with_message("reading");
    let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}");
    Some(match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    })
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

/// The reviewed file of an environment's accepted drift.
struct AcceptedFile {
    path: PathBuf,
    shown: String,
}

impl AcceptedFile {
    fn of(project: &Project, environment: &str) -> Self {
        let path = project
            .environments()
            .join("drift")
            .join(format!("{environment}.yaml"));
        Self {
            shown: project.relative(&path),
            path,
        }
    }

    fn read(&self) -> Result<Accepted, Failure> {
        match std::fs::read_to_string(&self.path) {
            Ok(text) => Accepted::parse(&text).map_err(|bad| self.refusal(&bad)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Accepted::default()),
            Err(error) => Err(self.refusal(&BadAcceptance::File(error.to_string()))),
        }
    }

    fn write(&self, accepted: &Accepted) -> Result<(), Failure> {
        let text = accepted.text().map_err(|bad| self.refusal(&bad))?;
        let folder = self.path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let fresh = self.path.with_extension("yaml.new");
        folder
            .and_then(|()| std::fs::write(&fresh, text))
            .and_then(|()| std::fs::rename(&fresh, &self.path))
            .map_err(|error| {
                Failure::new(
                    Exit::Failed,
                    "drift.write",
                    format!("{} can't be written: {error}", self.shown),
                )
                .on(self.shown.as_str())
            })
    }

    fn refusal(&self, bad: &BadAcceptance) -> Failure {
        Failure::refused("drift.accepted", bad.to_string())
            .on(self.shown.as_str())
            .help("Nothing was written. See `provision drift` for logical ids and paths.")
    }
}
