//! CloudWatch alarms, composite alarms and dashboards. Alarms come a hundred a request.

use super::shape::pick;
use super::{Answer, Read, Readers, part};
use crate::live::{Facts, Found};
use crate::resolve::{Resource, Stack};
use futures_util::future::try_join_all;
use requests::{Api, Call, Service};
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
    let alarms = by_name(readers, stack, &resource.type_name, kind).await?;
    let Some(alarm) = alarms.get(resource.name()) else {
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

/// The stack's alarms of a kind by name, asked for a hundred at once.
async fn by_name<A: Api>(
    readers: &Readers<A>,
    stack: &Stack,
    type_name: &str,
    kind: &str,
) -> Answer {
    let only = if kind == "MetricAlarms" {
        "MetricAlarm"
    } else {
        "CompositeAlarm"
    };
    let all = async {
        let names: Vec<&str> = stack.of(type_name).map(Resource::name).collect();
        let hundreds = names.chunks(100).map(|names| {
            let input = json!({"AlarmNames": names, "AlarmTypes": [only], "MaxRecords": 100});
            readers.ask(Call::new(Service::CloudWatch, "DescribeAlarms", input))
        });
        let answers = try_join_all(hundreds).await?;
        let alarms = answers.iter().filter_map(|answer| answer[kind].as_array());
        let named = alarms.flatten().filter_map(|alarm| {
            let name = alarm["AlarmName"].as_str()?;
            Some((name.to_owned(), alarm.clone()))
        });
        Ok(Rc::new(Value::Object(named.collect())))
    };
    readers.kept(format!("{kind} by name"), all).await
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
