//! CloudWatch alarms, composite alarms and dashboards. Alarms come a hundred a request.

use super::shape::{find, pick};
use super::{Read, Readers, part};
use crate::live::{Facts, Found};
use crate::resolve::{Resource, Stack};
use requests::{Api, Call, Service, Trouble};
use serde_json::{Value, json};
use std::rc::Rc;

const OF_BOTH: [&str; 5] = [
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "InsufficientDataActions",
    "OKActions",
];

pub async fn alarm<A: Api>(readers: &Readers<A>, stack: &Stack, resource: &Resource) -> Read {
    let own = [
        "ComparisonOperator",
        "DatapointsToAlarm",
        "Dimensions",
        "EvaluateLowSampleCountPercentile",
        "EvaluationPeriods",
        "ExtendedStatistic",
        "MetricName",
        "Metrics",
        "Namespace",
        "Period",
        "Statistic",
        "Threshold",
        "ThresholdMetricId",
        "TreatMissingData",
        "Unit",
    ];
    one(readers, stack, resource, "MetricAlarms", &own).await
}

pub async fn composite<A: Api>(readers: &Readers<A>, stack: &Stack, resource: &Resource) -> Read {
    let own = [
        "ActionsSuppressor",
        "ActionsSuppressorExtensionPeriod",
        "ActionsSuppressorWaitPeriod",
        "AlarmRule",
    ];
    one(readers, stack, resource, "CompositeAlarms", &own).await
}

async fn one<A: Api>(
    readers: &Readers<A>,
    stack: &Stack,
    resource: &Resource,
    kind: &str,
    own: &[&str],
) -> Read {
    let alarms = batch(readers, stack, resource, kind).await?;
    let Some(alarm) = find(&alarms[kind], "AlarmName", resource.name()) else {
        return Ok(Facts::Gone);
    };
    let names: Vec<&str> = OF_BOTH.iter().chain(own).copied().collect();
    let mut found = Found::of(pick(alarm, &names));
    let arn = alarm["AlarmArn"].as_str().unwrap_or_default();
    if readers.tags_know(stack, ":alarm:").await {
        let tags = readers.tags(stack, arn, tags_of(arn), "Tags").await;
        part(&mut found, "Tags", tags)?;
    } else {
        let why = "the tagging API knows no alarms here, and there are too many to ask one by one";
        found.unread.push(("Tags".into(), why.into()));
    }
    Ok(found.attribute("Arn", &alarm["AlarmArn"]).into())
}

/// The answer that tells of this alarm: of up to a hundred of the stack's at once.
async fn batch<A: Api>(
    readers: &Readers<A>,
    stack: &Stack,
    resource: &Resource,
    kind: &str,
) -> Result<Rc<Value>, Trouble> {
    let names: Vec<&str> = stack.of(&resource.type_name).map(Resource::name).collect();
    let of_ours = names
        .chunks(100)
        .find(|names| names.contains(&resource.name()))
        .unwrap_or_default();
    let only = if kind == "MetricAlarms" {
        "MetricAlarm"
    } else {
        "CompositeAlarm"
    };
    let input = json!({"AlarmNames": of_ours, "AlarmTypes": [only], "MaxRecords": 100});
    readers
        .ask(Call::new(Service::CloudWatch, "DescribeAlarms", input))
        .await
}

pub async fn dashboard<A: Api>(readers: &Readers<A>, stack: &Stack, resource: &Resource) -> Read {
    let input = json!({ "DashboardName": resource.name() });
    let answer = readers
        .ask(Call::new(Service::CloudWatch, "GetDashboard", input))
        .await?;
    let mut found = Found::of(pick(&answer, &["DashboardBody"]));
    let arn = answer["DashboardArn"].as_str().unwrap_or_default();
    let tags = readers.tags(stack, arn, tags_of(arn), "Tags").await;
    // Not every region and partition tags dashboards yet: then the tags are noted as not read.
    match tags {
        Err(trouble) if trouble.is_absence() => {
            let why = "dashboards have no tags here";
            found.unread.push(("Tags".into(), why.into()));
        }
        tags => part(&mut found, "Tags", tags)?,
    }
    Ok(found.into())
}

fn tags_of(arn: &str) -> Call {
    Call::new(
        Service::CloudWatch,
        "ListTagsForResource",
        json!({ "ResourceARN": arn }),
    )
}
