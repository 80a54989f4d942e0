//! The heart of `down`: empties the stack's buckets, deletes it, follows the deletion, and says what is left.

use super::converge::Ports;
use super::follow::{Pace, Started, follow_deletion, marker};
use super::outcome::Verdict;
use crate::cloudformation::{
    CloudFormation, Protection, StackResource, StackView, Standing, all_resources,
};
use crate::exit::{Exit, Failure};
use crate::objects::{Objects, empty};
use crate::progress::Progress;
use crate::session::Confirmed;
use crate::ui::Ui;
use cfn::Template;
use serde::Serialize;
use stack::Environment;
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

/// Deletes a stack and everything in its buckets.
///
/// # Errors
/// A busy (6) or stuck (4) stack, lost contact (5), failed calls.
pub async fn tear_down(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    environment: &Confirmed<&Environment>,
    stack: StackView,
    pace: Pace,
    ui: &Ui,
) -> Result<TornDown, Failure> {
    let environment = *environment.get();
    let cloud = ports.cloud;
    let (resources, template) =
        tokio::join!(all_resources(cloud, &stack.id), cloud.template(&stack.id));
    let resources = resources?;
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
            if stack.protection == Protection::On {
                cloud.protect(&stack.id, Protection::Off).await?;
            }
            for bucket in buckets(&resources) {
                let count = empty(ports.objects, bucket).await?;
                if count > 0 {
                    ui.say(format!("emptied {bucket}: {count} object versions"));
                }
            }
            let started = marker(cloud, &stack.id).await?;
            cloud.delete_stack(&stack.id, &token(&stack.id)).await?;
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
    let template = template
        .ok()
        .flatten()
        .and_then(|text| Template::parse(&text).ok())
        .unwrap_or_default();
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

/// The stack's buckets, which AWS deletes only when they are empty.
fn buckets(resources: &[StackResource]) -> impl Iterator<Item = &str> {
    resources
        .iter()
        .filter(|resource| resource.type_name == "AWS::S3::Bucket")
        .filter(|resource| resource.status != "DELETE_COMPLETE")
        .filter_map(|resource| resource.physical_id.as_deref())
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

/// A request token: the same for the same stack, so that a retried request is one request.
fn token(stack_id: &str) -> String {
    let last = stack_id.rsplit('/').next().unwrap_or_default();
    format!("down-{last}")
}
