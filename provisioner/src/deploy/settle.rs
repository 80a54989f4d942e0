//! After a deletion: the inventory of what is left, through the services themselves, until shadows are cleared away.

use super::follow::Pace;
use super::inventory::{Sight, clear, unreachable};
use super::survey::{Surveyed, retained};
use super::tear_down::{Retained, TornDown};
use crate::cloudformation::StackResource;
use crate::exit::Failure;
use crate::ui::Ui;
use drift::Api;
use stack::Environment;
use std::collections::BTreeSet;
use time::OffsetDateTime;

/// Looks before something is called left: services take a moment to forget, and an invocation may be late.
const LOOKS: u32 = 6;

/// Takes the inventory of what is left, and clears shadows away until there are none.
pub(super) async fn settle(
    held: Surveyed,
    skipped: &BTreeSet<String>,
    api: &impl Api,
    environment: &Environment,
    pace: Pace,
    ui: &Ui,
) -> Result<TornDown, Failure> {
    let holdings = held.holdings.without(skipped);
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
    let kept: Vec<&StackResource> = held
        .resources
        .iter()
        .filter(|resource| skipped.contains(&resource.logical_id))
        .collect();
    let retained = kept
        .iter()
        .filter(|resource| {
            let template = held.template.as_ref();
            template.is_some_and(|template| retained(template, &resource.logical_id))
        })
        .map(|resource| Retained {
            what: describe(resource),
            find: find(resource, environment),
        })
        .collect();
    let mut left: Vec<String> = kept.iter().map(|resource| describe(resource)).collect();
    left.extend(sight.left.into_iter().map(|item| item.what));
    left.extend(sight.kept);
    if held.template.is_none() {
        let unseen: Vec<String> = held
            .resources
            .iter()
            .filter(|resource| resource.physical_id.is_some())
            .filter(|resource| resource.status != "DELETE_COMPLETE")
            .filter(|resource| !skipped.contains(&resource.logical_id))
            .map(describe)
            .collect();
        if !unseen.is_empty() {
            ui.warn("the stack had no template that can be read: nobody knows whether what it held is gone");
        }
        left.extend(unseen);
    }
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
