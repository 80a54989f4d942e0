//! The heart of `up`: makes the deployed stack what is wanted, whatever an earlier run left behind.
//!
//! The no-op is decided from template, tags and protection before anything is written, CreateChangeSet included.

use super::change_set::{Prepared, TAKEN, discard, execute, prepare};
use super::fingerprint::{Still, another_plan, as_planned, fingerprint};
use super::follow::{Pace, Started, follow, lost_contact};
use super::outcome::{Outcome, Verdict};
use super::state::{Blocked, Deployed, look};
use super::unapplied::Unapplied;
use super::viewed::viewed;
use crate::artifacts::Archive;
use crate::cloudformation::{
    ChangeSetId, ChangeSetKind, ChangeSetRequest, ChangeSetView, CloudFormation, Failed, Mode,
    Protection, StackView, TemplateSource,
};
use crate::exit::{Exit, Failure};
use crate::objects::Objects;
use crate::plan::{Approved, Baseline, Plan, Side, approve, nobody};
use crate::progress::Progress;
use crate::publish::{Publication, publish};
use crate::render;
use crate::session::Confirmed;
use crate::settling::{Asked, Settling};
use crate::ui::{Asks, Ui};
use cfn::Template;
use cfn::diff::Counts;
use sha2::{Digest, Sha256};
use stack::Environment;
use std::collections::BTreeMap;

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The environment, its account verified.
    pub environment: &'a Confirmed<&'a Environment>,
    /// The template.
    pub template: &'a Template,
    /// The stack's tags.
    pub tags: &'a BTreeMap<String, String>,
    /// The handlers' archives that the template refers to.
    pub archives: &'a [Archive],
    /// The commit that the project's folder is at, where it is under git.
    pub commit: Option<&'a str>,
    /// The fingerprint of the one plan that may run; none: whatever the plan is.
    pub approved: Option<&'a str>,
    /// How S3 objects are addressed for CloudFormation.
    pub bucket_url: &'a str,
    /// How often to look.
    pub pace: Pace,
    /// Where it is remembered what was asked for and may settle later; none: a deployment waits until everything is ready.
    pub settling: Option<&'a Settling>,
}

/// The stack is as wanted.
#[derive(Debug)]
pub struct Converged {
    /// The stack now.
    pub stack: StackView,
    /// What was changed; all zero where nothing was.
    pub changes: Counts,
}

/// What is called for it.
#[derive(Debug)]
pub struct Ports<'a, C, O> {
    /// CloudFormation.
    pub cloud: &'a C,
    /// S3.
    pub objects: &'a O,
}

/// Operations of earlier runs that are followed to their end before giving up.
const EARLIER_OPERATIONS: u32 = 4;

/// Makes the stack what is wanted.
///
/// # Errors
/// Refusals (3), a busy (6) or stuck (4) stack, a failed and rolled back deployment (1), lost contact (5).
pub async fn converge(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    wanted: &Wanted<'_>,
    first_look: Deployed,
    ui: &Ui,
) -> Result<Converged, Failure> {
    let mut deployed = first_look;
    for _ in 0..EARLIER_OPERATIONS {
        match deployed {
            Deployed::Blocked(blocked) => after(ports.cloud, wanted, blocked, ui).await?,
            deployed => {
                if let Some(converged) = change(ports, wanted, deployed, ui).await? {
                    return Ok(converged);
                }
            }
        }
        deployed = look(ports.cloud, &wanted.environment.get().stack_name()).await?;
    }
    let name = wanted.environment.get().stack_name();
    Err(Failure::new(
        Exit::Busy,
        "stack.busy",
        format!("{name} is being changed by others again and again"),
    )
    .on(name)
    .help("Run again when nobody else deploys."))
}

/// Waits for an operation of an earlier run that wanted the same; refuses if it is somebody else's.
async fn after(
    cloud: &impl CloudFormation,
    wanted: &Wanted<'_>,
    blocked: Blocked,
    ui: &Ui,
) -> Result<(), Failure> {
    let name = &wanted.environment.get().name;
    if !blocked.deploys(wanted.template) {
        return Err(blocked.failure(name));
    }
    ui.say(format!(
        "{} is in {}: an earlier run started this deployment; following it",
        blocked.stack.name, blocked.stack.status
    ));
    run_to_end(cloud, wanted, &blocked.stack.id, &Started::Earlier, 0, ui).await
}

/// Plans and, where there is something to do, deploys. None: an earlier run's operation ended, look again.
async fn change(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    wanted: &Wanted<'_>,
    deployed: Deployed,
    ui: &Ui,
) -> Result<Option<Converged>, Failure> {
    let environment = *wanted.environment.get();
    let name = environment.stack_name();
    let mut plan =
        plan(environment, wanted.template, wanted.tags, &deployed).weighed(wanted.archives);
    let word = Unapplied::of(environment, wanted.template, &deployed);
    if let Some(word) = &word {
        plan = word.leave_out(ports.objects, plan).await?;
    }
    let (stack, before) = match deployed {
        Deployed::Present { stack, .. } if plan.is_empty() => {
            return Ok(Some(as_it_is(stack, &plan, ui)));
        }
        Deployed::Present { stack, template } => (Some(stack), template),
        _ => (None, Template::empty()),
    };
    if let Some(approved) = wanted.approved
        && approved != plan.fingerprint
    {
        ui.plan(&plan);
        return Err(another_plan(&environment.name, approved, &plan.fingerprint));
    }
    if ui.asks == Asks::Nobody {
        ui.plan(&plan);
        return Err(nobody(&environment.name));
    }
    let prepared = if plan.needs_cloudformation() {
        let request = request(ports, wanted, stack.as_ref(), ui).await?;
        match prepare(ports.cloud, &request, wanted.pace, ui).await {
            // Another run was quicker: with the same, or with something that must not be overrun.
            Err(failure) if failure.code == TAKEN => {
                let same = match look(ports.cloud, &name).await? {
                    Deployed::Present { template, .. } => template == *wanted.template,
                    Deployed::Blocked(blocked) => blocked.deploys(wanted.template),
                    Deployed::Absent => false,
                };
                return if same { Ok(None) } else { Err(failure) };
            }
            prepared => prepared?,
        }
    } else {
        Prepared::NoChanges
    };
    let counts = match (prepared, stack) {
        // An earlier run executed it: see how that ended, then plan anew.
        (Prepared::Running(id), _) => {
            run_to_end(ports.cloud, wanted, &id.stack_id, &Started::Earlier, 0, ui).await?;
            return Ok(None);
        }
        // What differs means nothing to CloudFormation. Termination protection isn't its business and may be left to do.
        (Prepared::NoChanges, stack) => {
            if let Some(word) = &word {
                word.remember(ports.objects, &plan).await?;
            }
            let plan = plan.without_effect();
            match stack {
                Some(stack) if plan.termination_protection.is_none() => {
                    return Ok(Some(as_it_is(stack, &plan, ui)));
                }
                stack => {
                    ui.plan(&plan);
                    let approved = approve(plan, ui).await?;
                    let before = stack.as_ref().map(|stack| (stack, &before));
                    if as_planned(ports, wanted, before, None).await? == Still::Overtaken {
                        return Ok(None);
                    }
                    approved.get().counts()
                }
            }
        }
        (Prepared::Ready(view), stack) => {
            let plan = plan.merged_with(&viewed(&view), &before, wanted.template);
            ui.plan(&plan);
            let approved = match approve(plan, ui).await {
                Ok(approved) => approved,
                Err(refusal) => {
                    discard(ports.cloud, &view.id).await?;
                    return Err(refusal);
                }
            };
            let planned = stack.as_ref().map(|stack| (stack, &before));
            match as_planned(ports, wanted, planned, Some(&view)).await {
                Ok(Still::Planned) => {}
                Ok(Still::Overtaken) => return Ok(None),
                Err(stale) => {
                    discard(ports.cloud, &view.id).await?;
                    return Err(stale);
                }
            }
            if deploy(ports.cloud, wanted, &approved, &view, ui).await? == Started::Earlier {
                return Ok(None);
            }
            approved.get().counts()
        }
    };
    let stack = ports.cloud.stack(&name).await;
    let mut stack = stack
        .map_err(|error| lost_contact(&name, &error))?
        .ok_or_else(|| {
            Failure::new(
                Exit::Failed,
                "stack.gone",
                format!("{name} was deployed, and is gone"),
            )
            .on(name.as_str())
            .help("Somebody deleted it meanwhile. Run again.")
        })?;
    let wanted_protection = protection(environment);
    if stack.protection != wanted_protection {
        ports.cloud.protect(&name, wanted_protection).await?;
        stack.protection = wanted_protection;
    }
    Ok(Some(Converged {
        stack,
        changes: counts,
    }))
}

/// A stack that needs nothing.
fn as_it_is(stack: StackView, plan: &Plan, ui: &Ui) -> Converged {
    if !plan.unapplied.is_empty() {
        ui.say(render::unapplied(plan));
    }
    Converged {
        stack,
        changes: Counts::default(),
    }
}

/// Publishes what the deployment reads, and says which change set to make.
async fn request(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    wanted: &Wanted<'_>,
    stack: Option<&StackView>,
    ui: &Ui,
) -> Result<ChangeSetRequest, Failure> {
    let environment = *wanted.environment.get();
    let body = wanted.template.minified();
    let publication = Publication {
        environment,
        archives: wanted.archives,
        template: (body.len() > TemplateSource::INLINE_LIMIT).then_some(body.as_str()),
        pace: wanted.pace,
    };
    let published = publish(ports, &publication, ui).await?;
    Ok(ChangeSetRequest {
        name: change_set_name(wanted, stack),
        kind: match stack {
            Some(_) => ChangeSetKind::Update,
            None => ChangeSetKind::Create,
        },
        template: match published.template_key {
            Some(key) => TemplateSource::Url(format!("{}/{key}", wanted.bucket_url)),
            None => TemplateSource::Inline(body),
        },
        tags: wanted.tags.clone(),
        mode: match wanted.settling {
            Some(_) => Mode::Express,
            None => Mode::Standard,
        },
        description: description("up", wanted),
        stack: environment.stack_name(),
    })
}

/// What made a change set: the verb, and the commit that the folder is at. A tag would change every resource with every commit.
pub fn description(verb: &str, wanted: &Wanted<'_>) -> String {
    let made = format!("provision {verb} --env {}", wanted.environment.get().name);
    match wanted.commit {
        Some(commit) => format!("{made}, at commit {commit}"),
        None => made,
    }
}

/// What leads from what is deployed to what is wanted.
pub fn plan(
    environment: &Environment,
    template: &Template,
    tags: &BTreeMap<String, String>,
    deployed: &Deployed,
) -> Plan {
    let (empty, none) = (Template::empty(), BTreeMap::new());
    let after = Side { template, tags };
    let (baseline, before) = match deployed {
        Deployed::Present { stack, template } => (
            Baseline::Deployed,
            Side {
                template,
                tags: &stack.tags,
            },
        ),
        _ => (
            Baseline::Absent,
            Side {
                template: &empty,
                tags: &none,
            },
        ),
    };
    let mut plan = Plan::new(
        &environment.name,
        &environment.stack_name(),
        baseline,
        before,
        after,
    );
    plan.fingerprint = fingerprint(environment, template, tags, deployed);
    if let Deployed::Present { stack, .. } = deployed {
        let wanted = protection(environment);
        plan.termination_protection =
            (stack.protection != wanted).then_some(wanted == Protection::On);
    }
    plan
}

/// The termination protection that an environment's stack has.
pub fn protection(environment: &Environment) -> Protection {
    if environment.keeps_data() {
        Protection::On
    } else {
        Protection::Off
    }
}

/// Executes an approved plan's change set and follows it to its end. [`Started::Earlier`]: it was another run that did.
async fn deploy(
    cloud: &impl CloudFormation,
    wanted: &Wanted<'_>,
    approved: &Approved<Plan>,
    view: &ChangeSetView,
    ui: &Ui,
) -> Result<Started, Failure> {
    let ChangeSetId { stack_id, .. } = &view.id;
    if let Some(settling) = wanted.settling {
        settling.begin(&Asked::of(stack_id, approved.get()));
    }
    let started = execute(cloud, view).await?;
    let counts = approved.get().counts();
    let steps = counts.add + counts.modify + counts.replace + counts.remove;
    run_to_end(cloud, wanted, stack_id, &started, steps, ui).await?;
    Ok(started)
}

/// Follows an operation to its end; anything but success is a failure, root cause first.
async fn run_to_end(
    cloud: &impl CloudFormation,
    wanted: &Wanted<'_>,
    stack_id: &str,
    started: &Started,
    steps: usize,
    ui: &Ui,
) -> Result<(), Failure> {
    let environment = *wanted.environment.get();
    let mut progress = Progress::new(ui, steps, stack_id);
    let outcome: Outcome = follow(cloud, stack_id, started, wanted.pace, |event| {
        progress.show(event)
    })
    .await?;
    progress.finish();
    if outcome.verdict() == Verdict::Done {
        return Ok(());
    }
    // Not every target tells more than its events do.
    let told = cloud.failures(Failed::Operation(stack_id)).await;
    let told = told.unwrap_or_default();
    match outcome.failure_told(&environment.name, &environment.stack_name(), &told) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

/// The same for the same template and tags on the same stack: so a killed run's change set is found again.
pub(super) fn change_set_name(wanted: &Wanted<'_>, stack: Option<&StackView>) -> String {
    let mut digest = Sha256::new();
    digest.update(wanted.template.hash());
    for (key, value) in wanted.tags {
        digest.update(key);
        digest.update([0]);
        digest.update(value);
        digest.update([0]);
    }
    digest.update(stack.map(|stack| stack.id.as_str()).unwrap_or_default());
    let hex: String = digest
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("provision-{hex}")
}
