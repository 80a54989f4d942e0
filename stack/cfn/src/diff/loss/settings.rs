//! Settings that keep less than before: a shorter retention, an expiry, a stream, a way for what failed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Fate, Loss, holding};
use crate::diff::ResourceChange;
use crate::path::{Path, Step};

/// What a changed setting costs; the resource stays.
pub(super) fn losses(change: &ResourceChange, before: &Value, after: &Value) -> Vec<Loss> {
    let mut found = Vec::new();
    let mut add = |path: &str, fate: Fate, what: String| {
        let path = path
            .split('.')
            .fold(Path::default(), |path, key| path.key(key));
        found.push(Loss {
            logical_id: change.logical_id.clone(),
            type_name: change.type_name.clone(),
            fate,
            path: Some(path),
            what,
        });
    };
    let (old, new) = (&before["Properties"], &after["Properties"]);
    match change.type_name.as_str() {
        "AWS::Logs::LogGroup" => {
            if let Some(days) = shorter(&old["RetentionInDays"], &new["RetentionInDays"], None) {
                let what = format!("log events older than {} are deleted", counted(days));
                add("Properties.RetentionInDays", Fate::Lost, what);
            }
        }
        "AWS::SQS::Queue" => {
            let [old, new] = [old, new].map(|side| &side["MessageRetentionPeriod"]);
            if let Some(seconds) = shorter(old, new, Some(345_600)) {
                let what = format!("messages older than {seconds} s are deleted");
                add("Properties.MessageRetentionPeriod", Fate::Lost, what);
            }
        }
        "AWS::Events::Archive" => {
            let forever = |value: &Value| match value.as_i64() {
                Some(0) => Value::Null,
                _ => value.clone(),
            };
            let [old_days, new_days] = [old, new].map(|side| forever(&side["RetentionDays"]));
            if let Some(days) = shorter(&old_days, &new_days, None) {
                let what = format!("archived events older than {} are deleted", counted(days));
                add("Properties.RetentionDays", Fate::Lost, what);
            }
            if old["EventPattern"] != new["EventPattern"] && !new["EventPattern"].is_null() {
                let what = "events that the new pattern leaves out are archived no more";
                add("Properties.EventPattern", Fate::MayBeLost, what.to_owned());
            }
        }
        "AWS::DynamoDB::Table" => {
            table(old, new, &mut add);
        }
        "AWS::S3::Bucket" => bucket(old, new, &mut add),
        "AWS::KMS::Key" if new["Enabled"] == false && old["Enabled"] != false => {
            let what = "whatever is encrypted with it can't be read while it is disabled";
            add("Properties.Enabled", Fate::MayBeLost, what.to_owned());
        }
        _ => {}
    }
    found.extend(ways_for_failures(change));
    found.extend(no_longer_kept(change, before, after));
    found
}

fn table(old: &Value, new: &Value, add: &mut impl FnMut(&str, Fate, String)) {
    let expiry = |side: &Value| {
        let expiry = &side["TimeToLiveSpecification"];
        (expiry["Enabled"] == true).then(|| expiry["AttributeName"].clone())
    };
    if let Some(attribute) = expiry(new).filter(|attribute| expiry(old).as_ref() != Some(attribute))
    {
        let what = format!("items whose {attribute} has passed are deleted");
        add("Properties.TimeToLiveSpecification", Fate::Lost, what);
    }
    let stream = |side: &Value| side["StreamSpecification"]["StreamViewType"].clone();
    if !stream(old).is_null() && stream(old) != stream(new) {
        let what = "the stream ends: changes that nobody has read from it yet are lost";
        add("Properties.StreamSpecification", Fate::Lost, what.into());
    }
    let backups = |side: &Value| side["PointInTimeRecoverySpecification"].clone();
    let on = |side: &Value| backups(side)["PointInTimeRecoveryEnabled"] == true;
    let days = |side: &Value| backups(side)["RecoveryPeriodInDays"].clone();
    if on(old) && !on(new) {
        let what = "the backups of the last days go: no earlier state can be restored";
        let path = "Properties.PointInTimeRecoverySpecification";
        add(path, Fate::Lost, what.into());
    } else if on(old)
        && let Some(days) = shorter(&days(old), &days(new), Some(35))
    {
        let what = format!(
            "states older than {} can't be restored any more",
            counted(days)
        );
        let path = "Properties.PointInTimeRecoverySpecification";
        add(path, Fate::Lost, what);
    }
    if old["DeletionProtectionEnabled"] == true && new["DeletionProtectionEnabled"] != true {
        let what = "DynamoDB no longer refuses to delete the table";
        let path = "Properties.DeletionProtectionEnabled";
        add(path, Fate::MayBeLost, what.into());
    }
}

fn bucket(old: &Value, new: &Value, add: &mut impl FnMut(&str, Fate, String)) {
    let versions = |side: &Value| side["VersioningConfiguration"]["Status"] == "Enabled";
    if versions(old) && !versions(new) {
        let what = "what is overwritten or deleted from now on is gone";
        let path = "Properties.VersioningConfiguration";
        add(path, Fate::MayBeLost, what.into());
    }
    let locked = |side: &Value| {
        let rule = &side["ObjectLockConfiguration"]["Rule"]["DefaultRetention"];
        let years = rule["Years"].as_i64().map(|years| years * 365);
        rule["Days"].as_i64().or(years).unwrap_or_default()
    };
    if locked(new) < locked(old) {
        let what = "objects may be deleted earlier than before";
        let path = "Properties.ObjectLockConfiguration";
        add(path, Fate::MayBeLost, what.into());
    }
    let before = expiries(old);
    for (rule, after) in expiries(new) {
        for (what, days) in &after.days {
            let was = before.get(&rule);
            let kept = was.is_some_and(|was| {
                was.of == after.of && was.days.get(what).is_some_and(|was| was <= days)
            });
            if !kept {
                let what = format!("rule {rule}: {what} after {}", counted(*days));
                add("Properties.LifecycleConfiguration", Fate::Lost, what);
            }
        }
    }
}

/// What a lifecycle rule deletes.
struct Expiry {
    /// Which objects it is for.
    of: Vec<Value>,
    /// What, after how many days.
    days: BTreeMap<&'static str, i64>,
}

fn expiries(properties: &Value) -> BTreeMap<String, Expiry> {
    let rules = properties["LifecycleConfiguration"]["Rules"].as_array();
    let mut found = BTreeMap::new();
    for (index, rule) in rules.into_iter().flatten().enumerate() {
        if rule["Status"] != "Enabled" {
            continue;
        }
        let noncurrent = &rule["NoncurrentVersionExpiration"]["NoncurrentDays"];
        let of_old = if noncurrent.is_null() {
            &rule["NoncurrentVersionExpirationInDays"]
        } else {
            noncurrent
        };
        let days = [
            ("objects are deleted", &rule["ExpirationInDays"]),
            ("earlier versions are deleted", of_old),
        ];
        let name = rule["Id"].as_str().map_or(index.to_string(), str::to_owned);
        let of = [
            "Prefix",
            "TagFilters",
            "ObjectSizeGreaterThan",
            "ObjectSizeLessThan",
        ]
        .map(|key| rule[key].clone());
        let days = days
            .into_iter()
            .filter_map(|(what, days)| Some((what, days.as_i64()?)))
            .collect();
        found.insert(
            name,
            Expiry {
                of: of.to_vec(),
                days,
            },
        );
    }
    found
}

/// What keeps messages and events that failed, and is taken away.
fn ways_for_failures(change: &ResourceChange) -> Vec<Loss> {
    const WAYS: [&str; 4] = [
        "RedrivePolicy",
        "DeadLetterConfig",
        "OnFailure",
        "DestinationConfig",
    ];
    let gone = change.properties.iter().filter(|property| {
        let last = property.path.steps().last();
        property.before.is_some()
            && property.after.is_none()
            && matches!(last, Some(Step::Key(key)) if WAYS.contains(&key.as_str()))
    });
    gone.map(|property| Loss {
        logical_id: change.logical_id.clone(),
        type_name: change.type_name.clone(),
        fate: Fate::MayBeLost,
        path: Some(property.path.clone()),
        what: "what fails from now on is lost instead of being kept aside".to_owned(),
    })
    .collect()
}

/// A policy that kept what the resource holds, and goes.
fn no_longer_kept(change: &ResourceChange, before: &Value, after: &Value) -> Vec<Loss> {
    let Some(held) = holding(&change.type_name) else {
        return Vec::new();
    };
    let kept =
        |side: &Value, policy: &str| side[policy].as_str().is_some_and(|word| word != "Delete");
    [
        ("DeletionPolicy", "removed"),
        ("UpdateReplacePolicy", "replaced"),
    ]
    .into_iter()
    .filter(|(policy, _)| kept(before, policy) && !kept(after, policy))
    .map(|(policy, when)| Loss {
        logical_id: change.logical_id.clone(),
        type_name: change.type_name.clone(),
        fate: Fate::MayBeLost,
        path: Some(Path::default().key(policy)),
        what: format!("from now on lost when it is {when}: {held}"),
    })
    .collect()
}

fn counted(days: i64) -> String {
    match days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// The new period where it is shorter than the old one. Nothing said means `unsaid`; none: for ever.
fn shorter(old: &Value, new: &Value, unsaid: Option<i64>) -> Option<i64> {
    let period = |value: &Value| match value {
        Value::Null => Some(unsaid.unwrap_or(i64::MAX)),
        Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    };
    let (old, new) = (period(old)?, period(new)?);
    (new < old).then_some(new)
}
