//! Reality: a deployed stack, its resources, and the way to look at them. It reads and concludes nothing.

use crate::cloud::{Cloud, WhenStopped, reach};
use crate::cloudformation::{SdkCloudFormation, StackResource, StackView, all_resources};
use crate::deploy::{Deployed, Pace, look};
use crate::exit::{Exit, Failure};
use crate::project::Project;
use crate::settling::Sight;
use crate::ui::{Live, Ui, Voice};
use ::drift::{Detected, Place, Readers, Target, Unreachable, detect, waiting};
use cfn::Template;
use indicatif::{ProgressBar, ProgressStyle};
use requests::Signed;
use serde_json::json;
use stack::Environment;
use std::collections::{BTreeMap, BTreeSet};

/// A deployed stack, and the way to its resources.
#[derive(Debug)]
pub struct Scene {
    /// The environment's name.
    pub environment: String,
    /// What was deployed last; on the local cloud with the archive that parity made.
    pub template: Template,
    /// Physical ids by logical id, of what has one.
    pub physical: BTreeMap<String, String>,
    /// Where the stack is.
    pub place: Place,
    /// The stack's tags.
    pub tags: BTreeMap<String, String>,
    /// Where it runs, as the readers know it.
    pub target: Target,
    /// Where it runs.
    pub on: stack::Target,
    /// The way to its resources, read or written.
    pub api: Signed,
    /// The way to the stack itself.
    pub formation: SdkCloudFormation,
    /// How often to look at its operations.
    pub pace: Pace,
}

impl Scene {
    /// Finds a deployed stack.
    ///
    /// # Errors
    /// It is not deployed, or another operation is running on it, or stuck; or a call failed.
    pub async fn of(
        project: &Project,
        environment: &Environment,
        ui: &Ui,
    ) -> Result<Self, Failure> {
        let absent = || Failure::absent(&environment.name);
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
        match deployed? {
            Deployed::Present { stack, template } => {
                Self::with(&cloud, environment, stack, template, resources?).await
            }
            Deployed::Blocked(blocked) => Err(blocked.failure(&environment.name)),
            Deployed::Absent => Err(absent()),
        }
    }

    /// With what is known of a deployed stack already.
    ///
    /// # Errors
    /// The stack's id is no ARN, or there are no credentials.
    pub async fn with(
        cloud: &Cloud,
        environment: &Environment,
        stack: StackView,
        template: Template,
        resources: Vec<StackResource>,
    ) -> Result<Self, Failure> {
        let mut physical: BTreeMap<String, String> = resources
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
            on: environment.target,
            api: signed(cloud).await?,
            formation: SdkCloudFormation::new(cloud.session.config()),
            pace: cloud.pace,
        })
    }

    /// Learns the physical ids anew: CloudFormation may have made something again.
    ///
    /// # Errors
    /// When they can't be read.
    pub async fn refresh(&mut self) -> Result<(), Failure> {
        let resources = all_resources(&self.formation, &self.place.stack_id).await?;
        let ids = resources
            .into_iter()
            .filter_map(|resource| Some((resource.logical_id, resource.physical_id?)));
        self.physical.extend(ids);
        Ok(())
    }

    /// One look at every resource, with its progress shown. It knows nothing of an earlier one: every answer is fresh.
    ///
    /// # Errors
    /// Nothing can be reached (5).
    pub async fn look(&self, ui: &Ui) -> Result<Detected, Failure> {
        let deployed = ::drift::Deployed {
            template: &self.template,
            place: &self.place,
            physical: &self.physical,
            tags: &self.tags,
            target: self.target,
        };
        let bar = bar(ui, self.physical.len());
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
        Ok(detected)
    }

    /// One look at whether some resources are as they were asked for, and ready.
    ///
    /// # Errors
    /// Nothing can be reached (5).
    pub async fn sight(&self, resources: &BTreeSet<&str>, ui: &Ui) -> Result<Sight, Failure> {
        let detected = self.look(ui).await?;
        let waiting = waiting(&self.api, &detected.stack, resources).await;
        Ok(Sight {
            findings: detected.report.findings,
            waiting: waiting.map_err(|lost| unreachable(&lost))?,
        })
    }

    /// What differs between another template and what was found: nobody is asked again.
    pub fn compared_with(&self, detected: &Detected, template: &Template) -> ::drift::Report {
        detected.compared_with(&::drift::Deployed {
            template,
            place: &self.place,
            physical: &self.physical,
            tags: &self.tags,
            target: self.target,
        })
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
    Template::of(members)
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
