//! Everything that a deployment costs, one change each.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use serde_json::{Value, json};

use super::{Fate, losses};
use crate::diff::diff;
use crate::template::Template;

fn template(resource: Option<(&str, Value)>) -> Template {
    let resources = match resource {
        Some((kind, mut members)) => {
            members["Type"] = kind.into();
            json!({ "X": members })
        }
        None => json!({}),
    };
    Template::parse(&json!({ "Resources": resources }).to_string()).unwrap()
}

fn found(old: &Template, new: &Template) -> Vec<(Fate, String)> {
    losses(&diff(old, new), old, new)
        .into_iter()
        .map(|loss| (loss.fate, loss.to_string()))
        .collect()
}

/// The one loss between two sets of properties.
fn setting(kind: &str, old: Value, new: Value) -> Option<(Fate, String)> {
    let of = |properties| template(Some((kind, json!({ "Properties": properties }))));
    let mut found = found(&of(old), &of(new));
    assert!(found.len() <= 1, "{found:?}");
    found.pop()
}

#[test]
fn what_a_removed_resource_held_is_named() {
    for kind in [
        "AWS::DynamoDB::Table",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::Events::Archive",
        "AWS::StepFunctions::StateMachine",
    ] {
        let there = template(Some((kind, json!({}))));
        let (fate, what) = found(&there, &template(None)).pop().unwrap();
        assert_eq!(fate, Fate::Lost, "{kind}");
        assert!(what.starts_with("X: deleted; lost: "), "{what}");
    }
    let rule = template(Some(("AWS::Events::Rule", json!({}))));
    assert_eq!(found(&rule, &template(None)), []);
    assert_eq!(found(&template(None), &rule), []);
}

#[test]
fn what_is_retained_is_kept_but_no_longer_ours() {
    let kept = template(Some((
        "AWS::S3::Bucket",
        json!({"DeletionPolicy": "Retain"}),
    )));
    let (fate, what) = found(&kept, &template(None)).pop().unwrap();
    assert_eq!(fate, Fate::Kept);
    assert!(
        what.contains("kept, but no longer ours: every object"),
        "{what}"
    );
}

#[test]
fn a_replaced_resource_starts_empty() {
    let named = |name: &str, policy: &str| {
        let members = json!({"UpdateReplacePolicy": policy, "Properties": {"QueueName": name}});
        template(Some(("AWS::SQS::Queue", members)))
    };
    let (fate, what) = found(&named("a", "Delete"), &named("b", "Delete"))
        .pop()
        .unwrap();
    assert_eq!(
        (fate, what.as_str()),
        (
            Fate::Lost,
            "X: replaced by an empty one; lost: the messages in it"
        )
    );
    let kept = found(&named("a", "Retain"), &named("b", "Retain"));
    assert_eq!(kept[0].0, Fate::Kept);
    // Another type under the same name costs what the old one held.
    let topic = template(Some(("AWS::SNS::Topic", json!({}))));
    assert_eq!(found(&named("a", "Delete"), &topic)[0].0, Fate::Lost);
}

#[test]
fn what_may_be_replaced_may_be_lost() {
    let keyed = |key: &str| json!({"KeySchema": [{"AttributeName": key, "KeyType": "HASH"}]});
    let (fate, what) = setting("AWS::DynamoDB::Table", keyed("a"), keyed("b")).unwrap();
    assert_eq!(fate, Fate::MayBeLost);
    assert!(what.contains("may be replaced"), "{what}");
}

#[test]
fn a_shorter_retention_deletes_what_is_older() {
    let group = "AWS::Logs::LogGroup";
    let days = |days: u32| json!({ "RetentionInDays": days });
    let (fate, what) = setting(group, days(30), days(7)).unwrap();
    assert_eq!(
        (fate, what.as_str()),
        (
            Fate::Lost,
            "X Properties.RetentionInDays: log events older than 7 days are deleted"
        )
    );
    assert!(setting(group, json!({}), days(7)).is_some());
    assert!(setting(group, days(7), days(30)).is_none());
    assert!(setting(group, days(7), json!({})).is_none());
    let queue = "AWS::SQS::Queue";
    let seconds = |seconds: u32| json!({ "MessageRetentionPeriod": seconds });
    assert!(setting(queue, seconds(1_209_600), json!({})).is_some());
    assert!(setting(queue, json!({}), seconds(1_209_600)).is_none());
    let archive = "AWS::Events::Archive";
    let days = |days: u32| json!({ "RetentionDays": days });
    assert!(setting(archive, days(0), days(7)).is_some());
    assert!(setting(archive, days(7), days(0)).is_none());
}

#[test]
fn a_table_loses_by_its_expiry_its_stream_and_its_backups() {
    let table = "AWS::DynamoDB::Table";
    let expiry = |on: bool, by: &str| json!({"TimeToLiveSpecification": {"Enabled": on, "AttributeName": by}});
    assert!(setting(table, json!({}), expiry(true, "expires")).is_some());
    assert!(setting(table, expiry(true, "a"), expiry(true, "b")).is_some());
    assert!(setting(table, expiry(true, "a"), expiry(false, "a")).is_none());
    let stream = |view: &str| json!({"StreamSpecification": {"StreamViewType": view}});
    assert!(setting(table, stream("NEW_IMAGE"), json!({})).is_some());
    assert!(setting(table, stream("NEW_IMAGE"), stream("KEYS_ONLY")).is_some());
    assert!(setting(table, json!({}), stream("NEW_IMAGE")).is_none());
    let backups =
        |on: bool| json!({"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": on}});
    assert!(setting(table, backups(true), backups(false)).is_some());
    assert!(setting(table, backups(false), backups(true)).is_none());
}

#[test]
fn a_bucket_loses_by_its_rules_and_without_versions() {
    let bucket = "AWS::S3::Bucket";
    let rule = |days: u32, prefix: &str| {
        json!({"LifecycleConfiguration": {"Rules": [
            {"Id": "old", "Status": "Enabled", "Prefix": prefix, "ExpirationInDays": days}
        ]}})
    };
    let (_, what) = setting(bucket, rule(30, "a/"), rule(7, "a/")).unwrap();
    assert!(
        what.ends_with("rule old: objects are deleted after 7 days"),
        "{what}"
    );
    assert!(setting(bucket, json!({}), rule(7, "")).is_some());
    assert!(setting(bucket, rule(7, "a/"), rule(7, "")).is_some());
    assert!(setting(bucket, rule(7, "a/"), rule(30, "a/")).is_none());
    let versions = |status: &str| json!({"VersioningConfiguration": {"Status": status}});
    assert!(setting(bucket, versions("Enabled"), versions("Suspended")).is_some());
    assert!(setting(bucket, versions("Suspended"), versions("Enabled")).is_none());
}

#[test]
fn a_way_for_failures_that_goes_costs_what_fails() {
    let redrive = json!({"RedrivePolicy": {"deadLetterTargetArn": "arn", "maxReceiveCount": 3}});
    let (fate, _) = setting("AWS::SQS::Queue", redrive, json!({})).unwrap();
    assert_eq!(fate, Fate::MayBeLost);
    let target = |dlq: bool| {
        let mut target = json!({"Id": "t", "Arn": "arn"});
        if dlq {
            target["DeadLetterConfig"] = json!({"Arn": "dlq"});
        }
        json!({"Targets": [target]})
    };
    assert!(setting("AWS::Events::Rule", target(true), target(false)).is_some());
    assert!(setting("AWS::Events::Rule", target(false), target(true)).is_none());
}

#[test]
fn a_policy_that_no_longer_keeps_is_said() {
    let with =
        |policy: &str| template(Some(("AWS::S3::Bucket", json!({"DeletionPolicy": policy}))));
    assert_eq!(
        found(&with("Retain"), &with("Delete"))[0].0,
        Fate::MayBeLost
    );
    assert_eq!(found(&with("Delete"), &with("Retain")), []);
}
