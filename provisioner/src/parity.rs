//! The local parity step: what the local cloud accepts in a template and drops is made good by direct calls after the
//! deploy. Reads first, writes only what differs; `diff` only reads. What hangs on resources of the stack goes with them; what doesn't (the
//! archive) is undone by `down`.

use crate::cloud::Cloud;
use crate::cloudformation::{CloudFormation, StackView, all_resources, call_error};
use crate::exit::{Exit, Failure};
use crate::session::Confirmed;
use aws_sdk_dynamodb::types::{TimeToLiveSpecification, TimeToLiveStatus};
use cfn::Template;
use futures_util::future::try_join_all;
use serde::Serialize;
use stack::{Environment, Parity};
use std::collections::BTreeMap;

/// One thing that is made good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What, for people.
    pub what: String,
    /// Whether it was done now, or is due where one only looks; else it is so already.
    pub applied: bool,
}

/// Whether to do what is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Look,
    Apply,
}

/// Makes good what the template can't.
///
/// # Errors
/// When a call fails.
pub async fn apply(
    cloud: &Cloud,
    formation: &impl CloudFormation,
    environment: &Confirmed<&Environment>,
    deployed: (&StackView, &Template),
    wanted: &[Parity],
) -> Result<Vec<Step>, Failure> {
    let physical = physical(formation, environment, deployed, wanted).await?;
    steps(cloud, &physical, wanted, Way::Apply).await
}

/// What [`apply`] would do to the resources that there are. It writes nothing.
///
/// # Errors
/// When a call fails.
pub async fn due(
    cloud: &Cloud,
    formation: &impl CloudFormation,
    environment: &Confirmed<&Environment>,
    deployed: (&StackView, &Template),
    wanted: &[Parity],
) -> Result<Vec<String>, Failure> {
    let physical = physical(formation, environment, deployed, wanted).await?;
    // What hangs on a resource that is only to be made is part of making it.
    let there: Vec<Parity> = wanted
        .iter()
        .filter(|parity| physical.contains_key(of(parity)))
        .cloned()
        .collect();
    let steps = steps(cloud, &physical, &there, Way::Look).await?;
    Ok(steps
        .into_iter()
        .filter(|step| step.applied)
        .map(|step| step.what)
        .collect())
}

/// The resource that something is made good on.
fn of(parity: &Parity) -> &String {
    match parity {
        Parity::TimeToLive { table, .. } => table,
        Parity::ReservedConcurrency { function, .. } => function,
        Parity::Archive { bus, .. } => bus,
    }
}

/// Physical ids by logical ids. A stack's outputs mostly tell those that are needed; the list of all its resources is
/// several requests, one after the other.
async fn physical(
    formation: &impl CloudFormation,
    environment: &Confirmed<&Environment>,
    (stack, template): (&StackView, &Template),
    wanted: &[Parity],
) -> Result<BTreeMap<String, String>, Failure> {
    let told = told(template, &stack.outputs);
    if wanted.iter().all(|parity| told.contains_key(of(parity))) {
        return Ok(told);
    }
    let resources = all_resources(formation, &environment.get().stack_name()).await?;
    Ok(resources
        .into_iter()
        .filter_map(|resource| Some((resource.logical_id, resource.physical_id?)))
        .collect())
}

/// What the outputs tell: those that are a resource's `Ref`.
fn told(template: &Template, outputs: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let each = template.outputs().filter_map(|(name, output)| {
        let logical = output["Value"]["Ref"].as_str()?;
        Some((logical.to_owned(), outputs.get(name)?.clone()))
    });
    each.collect()
}

async fn steps(
    cloud: &Cloud,
    physical: &BTreeMap<String, String>,
    wanted: &[Parity],
    way: Way,
) -> Result<Vec<Step>, Failure> {
    let each = wanted.iter().map(|parity| async move {
        let logical = of(parity);
        let id = physical.get(logical).ok_or_else(|| {
            Failure::new(
                Exit::Failed,
                "parity.resource",
                format!("{logical} isn't in the deployed stack, and the parity step needs it"),
            )
            .on(logical.as_str())
        })?;
        match parity {
            Parity::TimeToLive { attribute, .. } => time_to_live(cloud, id, attribute, way).await,
            Parity::ReservedConcurrency { executions, .. } => {
                reserved(cloud, id, *executions, way).await
            }
            Parity::Archive { name, days, .. } => archive(cloud, id, name, *days, way).await,
        }
    });
    try_join_all(each).await
}

async fn time_to_live(
    cloud: &Cloud,
    table: &str,
    attribute: &str,
    way: Way,
) -> Result<Step, Failure> {
    let tables = aws_sdk_dynamodb::Client::new(cloud.session.config());
    let now = tables
        .describe_time_to_live()
        .table_name(table)
        .send()
        .await
        .map_err(|error| call_error("DescribeTimeToLive", table, error))?;
    let on = now.time_to_live_description().is_some_and(|now| {
        matches!(
            now.time_to_live_status(),
            Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
        ) && now.attribute_name() == Some(attribute)
    });
    let what = format!("items of {table} expire by `{attribute}`");
    if on || way == Way::Look {
        return Ok(Step { what, applied: !on });
    }
    let wanted = TimeToLiveSpecification::builder()
        .enabled(true)
        .attribute_name(attribute)
        .build()
        .map_err(|error| Failure::new(Exit::Failed, "parity.request", error.to_string()))?;
    tables
        .update_time_to_live()
        .table_name(table)
        .time_to_live_specification(wanted)
        .send()
        .await
        .map_err(|error| call_error("UpdateTimeToLive", table, error))?;
    Ok(Step {
        what,
        applied: true,
    })
}

async fn reserved(
    cloud: &Cloud,
    function: &str,
    executions: u32,
    way: Way,
) -> Result<Step, Failure> {
    let functions = aws_sdk_lambda::Client::new(cloud.session.config());
    let wanted = i32::try_from(executions).unwrap_or(i32::MAX);
    let now = functions
        .get_function_concurrency()
        .function_name(function)
        .send()
        .await
        .map_err(|error| call_error("GetFunctionConcurrency", function, error))?;
    let what = format!("{function} has {executions} executions reserved");
    let is_so = now.reserved_concurrent_executions() == Some(wanted);
    if is_so || way == Way::Look {
        return Ok(Step {
            what,
            applied: !is_so,
        });
    }
    functions
        .put_function_concurrency()
        .function_name(function)
        .reserved_concurrent_executions(wanted)
        .send()
        .await
        .map_err(|error| call_error("PutFunctionConcurrency", function, error))?;
    Ok(Step {
        what,
        applied: true,
    })
}

async fn archive(
    cloud: &Cloud,
    bus: &str,
    name: &str,
    days: u32,
    way: Way,
) -> Result<Step, Failure> {
    let events = aws_sdk_eventbridge::Client::new(cloud.session.config());
    let wanted = i32::try_from(days).unwrap_or(i32::MAX);
    let what = format!("archive {name} keeps every event of {bus} for {days} days");
    let now = events.describe_archive().archive_name(name).send().await;
    let kept = match now {
        Ok(now) => now.retention_days(),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|error| error.is_resource_not_found_exception()) =>
        {
            if way == Way::Look {
                return Ok(Step {
                    what,
                    applied: true,
                });
            }
            let bus = events
                .describe_event_bus()
                .name(bus)
                .send()
                .await
                .map_err(|error| call_error("DescribeEventBus", bus, error))?;
            let made = events
                .create_archive()
                .archive_name(name)
                .event_source_arn(bus.arn().unwrap_or_default())
                .retention_days(wanted)
                .send()
                .await
                .map_err(|error| call_error("CreateArchive", name, error));
            match made {
                Ok(_) => {}
                // Another run was quicker.
                Err(error) if error.kind == crate::cloudformation::Kind::AlreadyExists => {}
                Err(error) => return Err(error.into()),
            }
            return Ok(Step {
                what,
                applied: true,
            });
        }
        Err(error) => return Err(call_error("DescribeArchive", name, error).into()),
    };
    let is_so = kept == Some(wanted);
    if is_so || way == Way::Look {
        return Ok(Step {
            what,
            applied: !is_so,
        });
    }
    events
        .update_archive()
        .archive_name(name)
        .retention_days(wanted)
        .send()
        .await
        .map_err(|error| call_error("UpdateArchive", name, error))?;
    Ok(Step {
        what,
        applied: true,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests fail by panicking
    use super::*;

    #[test]
    fn outputs_that_are_references_tell_physical_ids() {
        let template = r#"{"Resources": {}, "Outputs": {
            "BusName": {"Value": {"Ref": "Bus"}},
            "TableName": {"Value": {"Ref": "Table"}},
            "Address": {"Value": {"Fn::Sub": "https://${Api}"}}}}"#;
        let template = Template::parse(template).unwrap();
        let outputs = [("BusName", "bus-1"), ("Address", "https://a")];
        let outputs = outputs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let told = told(&template, &outputs.into());
        assert_eq!(told, [("Bus".to_owned(), "bus-1".to_owned())].into());
    }
}
