//! The heart of `down`: empties the stack's buckets, deletes it, follows the deletion, and says what is left.
//!
//! What the deployed stack says outranks the environment file: AWS's protection and the policies of its template are
//! never overridden here.

use super::converge::Ports;
use super::follow::{Pace, Started, follow_deletion, marker};
use super::outcome::Verdict;
use crate::cloudformation::{
    CallError, CloudFormation, Protection, StackResource, StackStatus, StackView, Standing,
    all_resources,
};
use crate::exit::{Exit, Failure};
use crate::objects::{Objects, empty};
use crate::parity::Archives;
use crate::progress::Progress;
use crate::session::Confirmed;
use crate::ui::Ui;
use cfn::Template;
use serde::Serialize;
use sha2::{Digest, Sha256};
use stack::{Environment, Target};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// What was deleted, and what is left.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct TornDown {
    /// How many resources went.
    pub deleted: usize,
    /// What is still there, e.g. `Documents (AWS::S3::Bucket) name`.
    pub left: Vec<String>,
    /// What AWS deletes later.
    pub scheduled: Vec<Scheduled>,
}

/// Something that AWS deletes later.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Scheduled {
    /// What.
    pub what: String,
    /// When, RFC 3339.
    pub when: String,
}

/// How long AWS waits before it deletes a key, unless its template says otherwise (KMS: 30 days).
const KEY_WINDOW_DAYS: i64 = 30;

/// A stack that may be deleted: neither its environment's file nor AWS protects it, or nothing was ever live in it.
#[derive(Debug)]
pub struct Condemned(StackView);

impl Condemned {
    /// Judges a stack by its environment and by its own state.
    ///
    /// # Errors
    /// It is protected; exit 3.
    pub fn judge(environment: &Environment, stack: StackView) -> Result<Self, Failure> {
        if never_live(&stack.status) {
            return Ok(Self(stack));
        }
        if environment.keeps_data() {
            return Err(protected(environment));
        }
        if stack.protection == Protection::On {
            return Err(Failure::refused(
                "stack.protected",
                format!(
                    "the deployed stack {} has termination protection, although the file of {} says unprotected",
                    stack.name, environment.name
                ),
            )
            .on(stack.name)
            .help(
                "Nothing was changed. If it is really to go: deploy the unprotected file first (`provision up`), \
                 which lifts the protection, then run `provision down` again.",
            ));
        }
        Ok(Self(stack))
    }
}

/// The refusal to delete a protected environment.
pub fn protected(environment: &Environment) -> Failure {
    Failure::refused(
        "environment.protected",
        format!("{} is protected: its data outlives it", environment.name),
    )
    .on(environment.name.as_str())
    .help("To really delete it, set `protected: false` in its file, deploy that, and run again.")
}

/// A stack whose creation failed, or never began: what was created went with the rollback, and nothing else can be done
/// with it.
fn never_live(status: &StackStatus) -> bool {
    matches!(
        status.as_str(),
        "REVIEW_IN_PROGRESS" | "CREATE_FAILED" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED"
    )
}

/// Deletes a stack, where there is one, and then what the local cloud keeps beside it: a `down` that was killed between
/// the two is finished by the next.
///
/// # Errors
/// Those of [`tear_down`], and a failed call.
pub async fn remove(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    archives: &impl Archives,
    environment: &Confirmed<&Environment>,
    stack: Option<Condemned>,
    pace: Pace,
    ui: &Ui,
) -> Result<TornDown, Failure> {
    let torn_down = match stack {
        Some(stack) => tear_down(ports, environment, stack, pace, ui).await?,
        None => TornDown::default(),
    };
    let environment = *environment.get();
    if environment.target == Target::Local {
        archives.delete_archive(&environment.archive_name()).await?;
    }
    Ok(torn_down)
}

/// Deletes a stack and everything in its buckets, but for what its template retains.
///
/// # Errors
/// A busy (6) or stuck (4) stack, lost contact (5), failed calls.
async fn tear_down(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    environment: &Confirmed<&Environment>,
    Condemned(stack): Condemned,
    pace: Pace,
    ui: &Ui,
) -> Result<TornDown, Failure> {
    let environment = *environment.get();
    let cloud = ports.cloud;
    let (resources, template) =
        tokio::join!(all_resources(cloud, &stack.id), cloud.template(&stack.id));
    let resources = resources?;
    let template = template.map(|text| text.and_then(|text| Template::parse(&text).ok()));
    let started = match stack.status.standing() {
        Standing::Gone => return Ok(TornDown::default()),
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
            let started = marker(cloud, &stack.id).await?;
            cloud
                .delete_stack(&stack.id, &token(&stack.id, &started))
                .await?;
            started
        }
    };
    let mut progress = Progress::new(ui, resources.len(), &stack.id);
    let outcome = follow_deletion(cloud, &stack.id, &started, pace, |event| {
        progress.show(event)
    })
    .await?;
    progress.finish();
    if outcome.verdict() != Verdict::Done
        && let Some(failure) = outcome.failure(&environment.name, &stack.name)
    {
        return Err(failure);
    }
    let kept: Vec<&StackResource> = resources
        .iter()
        .filter(|resource| {
            outcome.events.iter().any(|event| {
                event.logical_id == resource.logical_id && event.status == "DELETE_SKIPPED"
            })
        })
        .collect();
    let mut left: Vec<String> = kept.iter().map(|resource| describe(resource)).collect();
    for resource in resources
        .iter()
        .filter(|r| r.type_name == "AWS::S3::Bucket")
    {
        let kept = kept
            .iter()
            .any(|kept| kept.logical_id == resource.logical_id);
        if let Some(bucket) = resource.physical_id.as_deref().filter(|_| !kept)
            && ports.objects.bucket_exists(bucket).await?
        {
            left.push(describe(resource));
        }
    }
    let template = template.ok().flatten().unwrap_or_default();
    Ok(TornDown {
        deleted: resources
            .iter()
            .filter(|resource| resource.physical_id.is_some())
            .count()
            .saturating_sub(left.len()),
        scheduled: scheduled(&resources, &left, &template, OffsetDateTime::now_utc()),
        left,
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

/// Keys are not deleted with the stack: AWS waits some days, in case somebody needs them.
fn scheduled(
    resources: &[StackResource],
    left: &[String],
    template: &Template,
    now: OffsetDateTime,
) -> Vec<Scheduled> {
    resources
        .iter()
        .filter(|resource| resource.type_name == "AWS::KMS::Key")
        .filter(|resource| !left.contains(&describe(resource)))
        .filter_map(|resource| {
            let id = resource.physical_id.as_deref()?;
            let days = template
                .resource(&resource.logical_id)
                .and_then(|key| key["Properties"]["PendingWindowInDays"].as_i64())
                .unwrap_or(KEY_WINDOW_DAYS);
            let when = (now + Duration::days(days))
                .replace_nanosecond(0)
                .unwrap_or(now);
            Some(Scheduled {
                what: format!("{} (AWS::KMS::Key) {id}", resource.logical_id),
                when: when.format(&Rfc3339).unwrap_or_default(),
            })
        })
        .collect()
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
fn token(stack_id: &str, started: &Started) -> String {
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
    format!("down-{hex}")
}
