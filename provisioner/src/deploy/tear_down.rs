//! The heart of `down`: empties the stack's buckets, deletes it, follows the deletion, takes an inventory through the services
//! themselves, clears the shadows away, and says what is left.
//!
//! What the deployed stack says outranks the environment file: AWS's protection and the policies of its template are
//! never overridden here.

use super::archives::clear_unused;
use super::condemned::Condemned;
use super::converge::Ports;
use super::follow::{Pace, Started, follow_deletion, marker};
use super::inventory::{Holdings, Sight, clear, delete_archive, unreachable};
use super::outcome::{Outcome, Verdict};
use crate::cloudformation::{
    CallError, CloudFormation, Deletion, Protection, StackResource, StackView, Standing,
    all_resources,
};
use crate::exit::{Exit, Failure};
use crate::objects::{Objects, empty};
use crate::progress::Progress;
use crate::session::Confirmed;
use crate::ui::Ui;
use cfn::Template;
use drift::Api;
use serde::Serialize;
use sha2::{Digest, Sha256};
use stack::{Environment, Target};
use std::collections::BTreeSet;
use time::OffsetDateTime;

/// What was deleted, and what is left.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct TornDown {
    /// How many resources went.
    pub deleted: usize,
    /// What is still there, e.g. `Documents (AWS::S3::Bucket) name`.
    pub left: Vec<String>,
    /// What of it was left on purpose, and how to find it again.
    pub retained: Vec<Retained>,
    /// What AWS deletes later.
    pub scheduled: Vec<Scheduled>,
}

/// Something that its deletion policy keeps.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Retained {
    /// What, as it stands among what is left.
    pub what: String,
    /// A command that shows it.
    pub find: String,
}

/// Whether a stack that can't be deleted whole is deleted without what holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// No: a person looks first.
    No,
    /// Yes: what can't be deleted is left behind, and listed.
    LeaveWhatFails,
}

/// Something that AWS deletes later.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Scheduled {
    /// What.
    pub what: String,
    /// When, RFC 3339.
    pub when: String,
}

/// Deletes a stack, where there is one, and then what the local cloud keeps beside it: a `down` that was killed between
/// the two is finished by the next.
///
/// # Errors
/// A busy (6) or stuck (4) stack, lost contact (5), failed calls.
pub async fn remove(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    api: &impl Api,
    environment: &Confirmed<&Environment>,
    stack: Option<Condemned>,
    force: Force,
    pace: Pace,
    ui: &Ui,
) -> Result<TornDown, Failure> {
    let environment = *environment.get();
    let held = match stack {
        Some(stack) => delete(ports, environment, stack.into_stack(), force, pace, ui).await?,
        None => None,
    };
    if environment.target == Target::Local {
        clear(api, &delete_archive(&environment.archive_name())).await?;
    }
    let Some(held) = held else {
        return Ok(TornDown::default());
    };
    let now = OffsetDateTime::now_utc();
    if let Err(error) = clear_unused(ports, environment, &held.template, now, ui).await {
        ui.warn(format!("archives that nobody uses may be left: {error}"));
    }
    settle(held, api, environment, pace, ui).await
}

/// What a stack held that is deleted now.
struct Held {
    stack: StackView,
    template: Template,
    resources: Vec<StackResource>,
    /// Logical ids of what CloudFormation left behind: by policy, or by force.
    skipped: BTreeSet<String>,
}

/// Deletes a stack and everything in its buckets, but for what its template retains. None: it was gone.
async fn delete(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    environment: &Environment,
    stack: StackView,
    force: Force,
    pace: Pace,
    ui: &Ui,
) -> Result<Option<Held>, Failure> {
    let cloud = ports.cloud;
    let (resources, template) =
        tokio::join!(all_resources(cloud, &stack.id), cloud.template(&stack.id));
    let resources = resources?;
    let template = template.map(|text| text.and_then(|text| Template::parse(&text).ok()));
    let started = match stack.status.standing() {
        Standing::Gone => return Ok(None),
        Standing::InProgress if stack.status.as_str() == "DELETE_IN_PROGRESS" => {
            ui.say(format!(
                "{} is being deleted already; following it",
                stack.name
            ));
            Started::Earlier
        }
        Standing::InProgress => {
            return Err(Failure::new(
                Exit::Busy,
                "stack.busy",
                format!(
                    "another operation is running on {}: it is in {}",
                    stack.name, stack.status
                ),
            )
            .on(stack.name)
            .help("Run again when it is over."));
        }
        Standing::Settled | Standing::Shell | Standing::Stuck => {
            for bucket in buckets(&resources, &template, &stack)? {
                let count = empty(ports.objects, bucket).await?;
                if count > 0 {
                    ui.say(format!("emptied {bucket}: {count} object versions"));
                }
            }
            if stack.protection == Protection::On {
                cloud.protect(&stack.id, Protection::Off).await?;
            }
            begin(cloud, &stack, Deletion::Whole).await?
        }
    };
    let mut outcome = follow_to_end(cloud, &stack, &resources, &started, pace, ui).await?;
    if outcome.status.as_str() == "DELETE_FAILED" && force == Force::LeaveWhatFails {
        for cause in outcome.root_causes() {
            ui.warn(format!(
                "left behind: {} ({}): {}",
                cause.logical_id,
                cause.type_name,
                cause.reason.as_deref().unwrap_or("no reason given")
            ));
        }
        let started = begin(cloud, &stack, Deletion::LeaveWhatFails).await?;
        outcome = follow_to_end(cloud, &stack, &resources, &started, pace, ui).await?;
    }
    if outcome.verdict() != Verdict::Done
        && let Some(failure) = outcome.failure(&environment.name, &stack.name)
    {
        return Err(failure);
    }
    Ok(Some(Held {
        skipped: outcome
            .events
            .iter()
            .filter(|event| event.status == "DELETE_SKIPPED")
            .map(|event| event.logical_id.clone())
            .collect(),
        template: template.ok().flatten().unwrap_or_default(),
        resources,
        stack,
    }))
}

async fn begin(
    cloud: &impl CloudFormation,
    stack: &StackView,
    deletion: Deletion,
) -> Result<Started, Failure> {
    let started = marker(cloud, &stack.id).await?;
    cloud
        .delete_stack(&stack.id, &token("down", &stack.id, &started), deletion)
        .await?;
    Ok(started)
}

async fn follow_to_end(
    cloud: &impl CloudFormation,
    stack: &StackView,
    resources: &[StackResource],
    started: &Started,
    pace: Pace,
    ui: &Ui,
) -> Result<Outcome, Failure> {
    let mut progress = Progress::new(ui, resources.len(), &stack.id);
    let outcome = follow_deletion(cloud, &stack.id, started, pace, |event| {
        progress.show(event);
    })
    .await?;
    progress.finish();
    Ok(outcome)
}

/// Looks before something is called left: services take a moment to forget, and an invocation may be late.
const LOOKS: u32 = 6;

/// Takes the inventory of what is left, and clears shadows away until there are none.
async fn settle(
    held: Held,
    api: &impl Api,
    environment: &Environment,
    pace: Pace,
    ui: &Ui,
) -> Result<TornDown, Failure> {
    let holdings = Holdings::of(
        environment,
        &held.stack,
        &held.resources,
        &held.template,
        &held.skipped,
    );
    let mut wait = pace.start();
    let mut looks = 1;
    let sight = loop {
        let sight: Sight = holdings
            .look(api, OffsetDateTime::now_utc())
            .await
            .map_err(|lost| unreachable(&lost))?;
        if sight.left.is_empty() || looks == LOOKS {
            break sight;
        }
        for item in &sight.left {
            if let Some(call) = &item.clear {
                clear(api, call).await?;
                ui.say(format!("cleared away: {}", item.what));
            }
        }
        looks += 1;
        wait = pace.rest(wait).await;
    };
    for unseen in &sight.unseen {
        ui.explain(format!("not looked at: {unseen}"));
    }
    let skipped: Vec<&StackResource> = held
        .resources
        .iter()
        .filter(|resource| held.skipped.contains(&resource.logical_id))
        .collect();
    let retained = skipped
        .iter()
        .filter(|resource| retained(&held.template, &resource.logical_id))
        .map(|resource| Retained {
            what: describe(resource),
            find: find(resource, environment),
        })
        .collect();
    let mut left: Vec<String> = skipped.iter().map(|resource| describe(resource)).collect();
    left.extend(sight.left.into_iter().map(|item| item.what));
    Ok(TornDown {
        deleted: held
            .resources
            .iter()
            .filter(|resource| resource.physical_id.is_some())
            .filter(|resource| !left.contains(&describe(resource)))
            .count(),
        left,
        retained,
        scheduled: sight.scheduled,
    })
}

/// The stack's buckets that go with it, which AWS deletes only when they are empty. One that the deployed template
/// retains is none of them, whatever today's sources say; without that template nobody knows.
fn buckets<'r>(
    resources: &'r [StackResource],
    template: &Result<Option<Template>, CallError>,
    stack: &StackView,
) -> Result<Vec<&'r str>, Failure> {
    let mut going = Vec::new();
    for resource in resources
        .iter()
        .filter(|resource| resource.type_name == "AWS::S3::Bucket")
        .filter(|resource| resource.status != "DELETE_COMPLETE")
    {
        let template = match template {
            Ok(Some(template)) => template,
            Ok(None) => {
                return Err(Failure::refused(
                    "stack.foreign",
                    format!(
                        "the stack {} has buckets and no JSON template that says which of them to keep",
                        stack.name
                    ),
                )
                .on(stack.name.as_str())
                .help("This program didn't make it. Nothing was changed: delete it in the console."));
            }
            Err(error) => return Err(error.clone().into()),
        };
        if !retained(template, &resource.logical_id) {
            going.extend(resource.physical_id.as_deref());
        }
    }
    Ok(going)
}

/// Whether a resource outlives its stack.
fn retained(template: &Template, logical_id: &str) -> bool {
    template
        .resource(logical_id)
        .and_then(|resource| resource["DeletionPolicy"].as_str())
        .is_some_and(|policy| matches!(policy, "Retain" | "RetainExceptOnCreate"))
}

/// A command that shows what outlived its stack.
fn find(resource: &StackResource, environment: &Environment) -> String {
    let id = resource.physical_id.as_deref().unwrap_or_default();
    let verb = match resource.type_name.as_str() {
        "AWS::S3::Bucket" => format!("s3 ls s3://{id}"),
        "AWS::DynamoDB::Table" => format!("dynamodb describe-table --table-name {id}"),
        "AWS::KMS::Key" => format!("kms describe-key --key-id {id}"),
        "AWS::Logs::LogGroup" => format!("logs tail {id}"),
        _ => format!(
            "resourcegroupstaggingapi get-resources --tag-filters Key=environment,Values={}",
            environment.name
        ),
    };
    format!("aws {verb} --region {}", environment.region)
}

fn describe(resource: &StackResource) -> String {
    format!(
        "{} ({}) {}",
        resource.logical_id,
        resource.type_name,
        resource.physical_id.as_deref().unwrap_or("without an id")
    )
}

/// A request token: the same for the same stack with the same newest event, so that a retried request is one request,
/// and a deletion after a failed one is another: CloudFormation refuses a token that an earlier operation used.
pub(super) fn token(verb: &str, stack_id: &str, started: &Started) -> String {
    let mut digest = Sha256::new();
    digest.update(stack_id);
    digest.update([0]);
    if let Started::After(Some(event)) = started {
        digest.update(event);
    }
    let hex: String = digest
        .finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{verb}-{hex}")
}
