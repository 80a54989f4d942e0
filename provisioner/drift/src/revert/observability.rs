//! Alarms, dashboards, log groups.

use super::{Touched, body, says, text_of};
use crate::canonical;
use requests::{Call, Service};
use serde_json::{Value, json};

/// What can be set on an alarm.
pub const OF_ALARM: &[&str] = &[
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluateLowSampleCountPercentile",
    "EvaluationPeriods",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Tags",
    "Threshold",
    "ThresholdMetricId",
    "TreatMissingData",
    "Unit",
];

/// What can be set on a composite alarm.
pub const OF_COMPOSITE: &[&str] = &[
    "ActionsEnabled",
    "ActionsSuppressor",
    "ActionsSuppressorExtensionPeriod",
    "ActionsSuppressorWaitPeriod",
    "AlarmActions",
    "AlarmDescription",
    "AlarmRule",
    "InsufficientDataActions",
    "OKActions",
    "Tags",
];

/// An alarm is put as a whole: what is left out of the request is unset.
fn put(touched: &Touched<'_>, operation: &'static str, names: &[&'static str]) -> Vec<Call> {
    if touched.properties.iter().all(|name| name == "Tags") {
        return Vec::new();
    }
    let names = names.iter().filter(|name| **name != "Tags");
    let mut input = body(names.filter_map(|name| Some((*name, touched.told(name)?.clone()))));
    input["AlarmName"] = touched.resource.name().into();
    vec![Call::new(Service::CloudWatch, operation, input)]
}

pub fn put_alarm(touched: &Touched<'_>) -> Vec<Call> {
    put(touched, "PutMetricAlarm", OF_ALARM)
}

pub fn put_composite(touched: &Touched<'_>) -> Vec<Call> {
    put(touched, "PutCompositeAlarm", OF_COMPOSITE)
}

pub fn put_dashboard(touched: &Touched<'_>) -> Vec<Call> {
    if !touched.has("DashboardBody") {
        return Vec::new();
    }
    let text = text_of(&touched.told_or_default("DashboardBody"));
    let input = json!({"DashboardName": touched.resource.name(), "DashboardBody": text});
    vec![Call::new(Service::CloudWatch, "PutDashboard", input)]
}

fn logs(operation: &'static str, input: Value) -> Call {
    Call::new(Service::Logs, operation, input)
}

pub fn set_group(touched: &Touched<'_>) -> Vec<Call> {
    let name = &touched.resource.physical_id;
    let mut calls = Vec::new();
    if touched.has("RetentionInDays") {
        calls.push(match touched.told("RetentionInDays") {
            Some(days) => logs(
                "PutRetentionPolicy",
                json!({"logGroupName": name, "retentionInDays": days}),
            ),
            None => logs("DeleteRetentionPolicy", json!({ "logGroupName": name })),
        });
    }
    if touched.has("KmsKeyId") {
        calls.push(match touched.told("KmsKeyId") {
            Some(key) => logs(
                "AssociateKmsKey",
                json!({"logGroupName": name, "kmsKeyId": key}),
            ),
            None => logs("DisassociateKmsKey", json!({ "logGroupName": name })),
        });
    }
    if touched.has("DeletionProtectionEnabled") {
        let on = says(touched.told("DeletionProtectionEnabled"));
        calls.push(logs(
            "PutLogGroupDeletionProtection",
            json!({"logGroupIdentifier": name, "deletionProtectionEnabled": on}),
        ));
    }
    if touched.has("DataProtectionPolicy") {
        calls.push(match touched.told("DataProtectionPolicy") {
            Some(policy) => logs(
                "PutDataProtectionPolicy",
                json!({"logGroupIdentifier": name, "policyDocument": text_of(policy)}),
            ),
            None => logs(
                "DeleteDataProtectionPolicy",
                json!({ "logGroupIdentifier": name }),
            ),
        });
    }
    calls
}

pub fn remove_policy(name: &str) -> Vec<Call> {
    vec![logs("DeleteResourcePolicy", json!({ "policyName": name }))]
}

pub fn make_group(touched: &Touched<'_>) -> Vec<Call> {
    let name = &touched.resource.physical_id;
    let mut input = json!({ "logGroupName": name });
    if let Some(tags) = touched.told("Tags") {
        input["tags"] = canonical::tags(tags);
    }
    for (ours, theirs) in [("KmsKeyId", "kmsKeyId"), ("LogGroupClass", "logGroupClass")] {
        if let Some(told) = touched.told(ours) {
            input[theirs] = told.clone();
        }
    }
    let mut calls = vec![logs("CreateLogGroup", input)];
    if let Some(days) = touched.told("RetentionInDays") {
        let input = json!({"logGroupName": name, "retentionInDays": days});
        calls.push(logs("PutRetentionPolicy", input));
    }
    calls
}

pub fn remove_filter(operation: &'static str, group: &str, filter: &str) -> Vec<Call> {
    vec![logs(
        operation,
        json!({"logGroupName": group, "filterName": filter}),
    )]
}
