//! The heart of `down`: removes what others hung on the stack, empties its buckets, deletes it, follows the deletion, and says
//! what is left. What AWS could not delete is looked at again and tried again, a few times.
//!
//! What the deployed stack says outranks the environment file: AWS's protection and the policies of its template are
//! never overridden here.

use super::archives::clear_unused;
use super::attached::Attachment;
use super::converge::Ports;
use super::follow::{Pace, Started, follow_deletion, marker};
use super::inventory::{clear, delete_archive, unreachable};
use super::outcome::{Outcome, Verdict};
use super::settle::settle;
use super::shadows::groups_of_gone;
use super::survey::{Still, Surveyed};
use crate::cloudformation::{
    CallError, CloudFormation, Deletion, Kind, Protection, StackResource, StackView,
};
use crate::exit::{Exit, Failure};
use crate::objects::{Emptied, Objects, empty};
use crate::progress::Progress;
use crate::session::Confirmed;
use crate::ui::Ui;
use drift::Api;
use futures_util::future::join_all;
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

/// Deletes a stack, where there is one, and then what is kept beside it: a `down` that was killed between the two is
/// finished by the next.
///
/// # Errors
/// A stuck stack (4), a bucket that can't be emptied (1), lost contact (5), failed calls.
pub async fn remove(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    api: &impl Api,
    environment: &Confirmed<&Environment>,
    stack: Option<Surveyed>,
    force: Force,
    pace: Pace,
    ui: &Ui,
) -> Result<TornDown, Failure> {
    let environment = *environment.get();
    let Some(held) = stack else {
        beside(api, environment).await?;
        let name = environment.stack_name();
        let groups = groups_of_gone(api, &name).await;
        for item in groups.map_err(|lost| unreachable(&lost))? {
            if let Some(call) = &item.clear {
                clear(api, call).await?;
                ui.say(format!("cleared away: {}", item.what));
            }
        }
        return Ok(TornDown::default());
    };
    let skipped = delete(ports, api, environment, &held, force, pace, ui).await?;
    beside(api, environment).await?;
    let now = OffsetDateTime::now_utc();
    if let Err(error) = clear_unused(ports, environment, now, ui).await {
        ui.warn(format!("archives that nobody uses may be left: {error}"));
    }
    settle(held, &skipped, api, environment, pace, ui).await
}

/// What the local cloud keeps beside a stack.
async fn beside(api: &impl Api, environment: &Environment) -> Result<(), Failure> {
    match environment.target {
        Target::Local => clear(api, &delete_archive(&environment.archive_name())).await,
        Target::Aws => Ok(()),
    }
}

/// How often a deletion that failed is tried again.
const AGAIN: u32 = 3;

/// Deletes a stack and everything in its buckets, but for what its template retains. The logical ids of what
/// CloudFormation left behind: by policy, or by force.
async fn delete(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    api: &impl Api,
    environment: &Environment,
    held: &Surveyed,
    force: Force,
    pace: Pace,
    ui: &Ui,
) -> Result<BTreeSet<String>, Failure> {
    let (cloud, stack) = (ports.cloud, &held.stack);
    let started = if held.is_being_deleted() {
        ui.say(format!(
            "{} is being deleted already; following it",
            stack.name
        ));
        Started::Earlier
    } else {
        // Each step takes its time, and somebody may want the stack after all.
        if held.still(cloud).await? == Still::Doomed {
            detach(api, &held.attachments, ui).await?;
        }
        if held.still(cloud).await? == Still::Doomed {
            empty_all(ports.objects, &held.buckets, force, ui).await?;
        }
        if stack.protection == Protection::On && held.still(cloud).await? == Still::Doomed {
            cloud.protect(&stack.id, Protection::Off).await?;
        }
        begin(cloud, held, Deletion::Whole).await?
    };
    let mut outcome = follow_to_end(cloud, stack, &held.resources, &started, pace, ui).await?;
    let mut wait = pace.start();
    for attempt in 0..AGAIN {
        if outcome.status.as_str() != "DELETE_FAILED" {
            break;
        }
        if held.still(cloud).await? == Still::Doomed {
            let freed = free(ports, api, held, &outcome, force, ui).await?;
            // What only took a moment is gone by the second time; what a person must look at is not.
            if freed == 0 && attempt > 0 {
                break;
            }
        }
        ui.say(format!(
            "{} could not be deleted whole; trying again",
            stack.name
        ));
        wait = pace.rest(wait).await;
        let started = begin(cloud, held, Deletion::Whole).await?;
        outcome = follow_to_end(cloud, stack, &held.resources, &started, pace, ui).await?;
    }
    if outcome.status.as_str() == "DELETE_FAILED" && force == Force::LeaveWhatFails {
        for cause in outcome.root_causes() {
            ui.warn(format!(
                "left behind: {} ({}): {}",
                cause.logical_id,
                cause.type_name,
                cause.reason.as_deref().unwrap_or("no reason given")
            ));
        }
        let started = begin(cloud, held, Deletion::LeaveWhatFails).await?;
        outcome = follow_to_end(cloud, stack, &held.resources, &started, pace, ui).await?;
    }
    if outcome.verdict() != Verdict::Done
        && let Some(failure) = outcome.failure(&environment.name, &stack.name)
    {
        return Err(held_up(failure, &outcome));
    }
    Ok(outcome
        .events
        .iter()
        .filter(|event| event.status == "DELETE_SKIPPED")
        .map(|event| event.logical_id.clone())
        .collect())
}

/// The failure with everything that could not be deleted, and why.
fn held_up(failure: Failure, outcome: &Outcome) -> Failure {
    let causes: Vec<String> = outcome
        .root_causes()
        .into_iter()
        .filter(|cause| cause.type_name != "AWS::CloudFormation::Stack")
        .map(|cause| {
            let reason = cause.reason.as_deref().unwrap_or("no reason given");
            format!("{} ({}): {reason}", cause.logical_id, cause.type_name)
        })
        .collect();
    let help = failure.help.clone().unwrap_or_default();
    if causes.len() < 2 {
        return failure;
    }
    failure.help(format!(
        "What could not be deleted: {}. {help}",
        causes.join("; ")
    ))
}

/// After a deletion that failed: removes what hangs on what could not be deleted, and empties buckets that filled again.
/// How much there was.
async fn free(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    api: &impl Api,
    held: &Surveyed,
    outcome: &Outcome,
    force: Force,
    ui: &Ui,
) -> Result<usize, Failure> {
    let failed: BTreeSet<&str> = outcome
        .root_causes()
        .into_iter()
        .map(|cause| cause.logical_id.as_str())
        .collect();
    let (attached, added) = tokio::join!(
        held.holdings.attached(api),
        held.holdings.added_to(api, &failed)
    );
    let mut found = attached.map_err(|lost| unreachable(&lost))?.found;
    found.extend(added.map_err(|lost| unreachable(&lost))?);
    let emptied = empty_all(ports.objects, &held.buckets, force, ui).await?;
    Ok(detach(api, &found, ui).await? + emptied)
}

/// Removes what hangs on the stack; how much. What a service refuses is said, and left to the deletion to fail by.
async fn detach(api: &impl Api, found: &[Attachment], ui: &Ui) -> Result<usize, Failure> {
    let mut count = 0;
    for attachment in found {
        let mut refused = None;
        for call in &attachment.calls {
            match clear(api, call).await {
                Ok(()) => {}
                Err(failure) if failure.exit == Exit::LostContact => return Err(failure),
                Err(failure) => refused = Some(failure),
            }
        }
        match refused {
            None => {
                count += 1;
                ui.say(format!("removed {}", attachment.what));
            }
            Some(failure) => ui.warn(format!("{} stays: {failure}", attachment.what)),
        }
    }
    Ok(count)
}

/// Empties buckets side by side; how much there was in them. One that can't be emptied would only fail the deletion half-way.
async fn empty_all(
    objects: &impl Objects,
    buckets: &[String],
    force: Force,
    ui: &Ui,
) -> Result<usize, Failure> {
    let looks = buckets.iter().map(|bucket| empty(objects, bucket));
    let mut count = 0;
    let mut full = Vec::new();
    for (bucket, emptied) in buckets.iter().zip(join_all(looks).await) {
        match emptied {
            Ok(Emptied { deleted, refused }) => {
                count += deleted;
                if deleted > 0 {
                    ui.say(format!("emptied {bucket}: {deleted} object versions"));
                }
                if let Some(first) = refused.first() {
                    full.push(format!(
                        "{bucket}: {} versions, among them {}: {}: {}",
                        refused.len(),
                        first.key,
                        first.code,
                        first.message
                    ));
                }
            }
            Err(error) if matches!(error.kind, Kind::Denied | Kind::Refused) => {
                full.push(format!("{bucket}: {}", said(&error)));
            }
            Err(error) => return Err(error.into()),
        }
    }
    if full.is_empty() {
        return Ok(count);
    }
    if force == Force::LeaveWhatFails {
        for bucket in full {
            ui.warn(format!("not emptied: {bucket}"));
        }
        return Ok(count);
    }
    Err(Failure::new(
        Exit::Failed,
        "bucket.not-emptied",
        format!("buckets can't be emptied, so that the stack was not deleted: {}", full.join("; ")),
    )
    .help(
        "Take away what keeps the objects (a lock, a legal hold, a bucket policy, a missing permission) and run again; or with \
         --force leave such buckets behind, and have them listed.",
    ))
}

fn said(error: &CallError) -> String {
    let code = error.code.as_deref().unwrap_or("no code");
    format!("{}: {code}: {}", error.action, error.message)
}

/// Begins a deletion, unless the look right before it says that the stack is to stay. One that is going already CloudFormation
/// lets go on.
async fn begin(
    cloud: &impl CloudFormation,
    held: &Surveyed,
    deletion: Deletion,
) -> Result<Started, Failure> {
    let stack = &held.stack;
    let started = marker(cloud, &stack.id).await?;
    held.still(cloud).await?;
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
