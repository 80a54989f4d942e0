//! Rules about what is kept of events and who hears of trouble: archive, schemas, the bus's log, alarms, tags, boundary
//! (R15, R16, R18, R21, R22).

use super::finding::Fault;
use super::subject::{Found, Subject, allows, condition, number, referred_id, statements};
use crate::ids;
use crate::shared::schemas::{producers, schema_name};
use crate::views::text;
use contracts::events::ALL_EVENTS;
use serde_json::Value;

/// Tags that every resource carries which can carry tags.
const TAGS: &[&str] = &["cost-centre", "environment", "owner"];

/// STK038.
pub(super) fn archive(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let days = u64::from(subject.environment.retention.archive_days);
    for bus in subject.of_type("AWS::Events::EventBus") {
        let archive = subject.of_type("AWS::Events::Archive").find(|archive| {
            referred_id(&archive.properties["SourceArn"]).as_deref() == Some(bus.id)
        });
        let Some(archive) = archive else {
            faults.push(Fault::at(bus.id, "no archive keeps the bus's events"));
            continue;
        };
        if archive.properties.get("EventPattern").is_some() {
            faults.push(Fault::at(
                archive.id,
                "the archive leaves events out: it has a pattern",
            ));
        }
        if number(&archive.properties["RetentionDays"]) != days {
            faults.push(Fault::at(
                archive.id,
                format!("the archive must keep events for the environment's {days} days"),
            ));
        }
        let of_bus = "kms:EncryptionContext:aws:events:event-bus:arn";
        let re_encrypts = subject
            .referred(&archive.properties["KmsKeyIdentifier"])
            .is_some_and(|key| {
                statements(&key.properties["KeyPolicy"]).any(|statement| {
                    allows(statement, "kms:ReEncrypt*")
                        && !condition(statement, "StringEquals", of_bus).is_empty()
                })
            });
        if !re_encrypts {
            faults.push(Fault::at(
                archive.id,
                "its key doesn't let EventBridge re-encrypt the bus's events",
            ));
        }
    }
    faults
}

/// STK039.
pub(super) fn schemas(subject: &Subject<'_>) -> Vec<Fault> {
    let declared: Vec<String> = subject
        .of_type("AWS::EventSchemas::Schema")
        .map(|schema| text(&schema.properties["SchemaName"]))
        .collect();
    let mut faults = Vec::new();
    for event in ALL_EVENTS {
        for producer in producers(subject.graph, event) {
            let name = schema_name(event, producer);
            if !declared.contains(&name) {
                faults.push(Fault::at(
                    ids::SCHEMAS,
                    format!("the registry has no schema {name}"),
                ));
            }
        }
    }
    faults
}

/// STK040.
pub(super) fn bus_log(subject: &Subject<'_>) -> Vec<Fault> {
    let buses = subject.of_type("AWS::Events::EventBus");
    buses
        .flat_map(|bus| {
            let config = &bus.properties["LogConfig"];
            let logs = matches!(config["Level"].as_str(), Some("ERROR" | "INFO" | "TRACE"));
            let delivered = subject.of_type("AWS::Logs::DeliverySource").any(|source| {
                referred_id(&source.properties["ResourceArn"]).as_deref() == Some(bus.id)
            });
            [
                (
                    config["IncludeDetail"] == "NONE",
                    "the bus may log what events say",
                ),
                (
                    logs && delivered,
                    "what the bus can't deliver is logged nowhere",
                ),
            ]
            .into_iter()
            .filter(|(holds, _)| !holds)
            .map(move |(_, fault)| Fault::at(bus.id, fault))
        })
        .collect()
}

/// STK041.
pub(super) fn object_lock(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(mode) = subject.environment.retention.object_lock.mode() else {
        return Vec::new();
    };
    let years = u64::from(subject.environment.retention.record_years);
    let locked = |bucket: &Value| {
        let retention = &bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"];
        bucket["ObjectLockEnabled"] == true
            && retention["Mode"] == mode.as_str()
            && number(&retention["Years"]) == years
    };
    subject
        .get(ids::DOCUMENTS)
        .filter(|bucket| !locked(bucket.properties))
        .map(|bucket| {
            Fault::at(
                bucket.id,
                format!("its objects aren't locked for {years} years"),
            )
        })
        .into_iter()
        .collect()
}

/// STK042. A composite alarm tells people itself, or another one watches it that does.
pub(super) fn alarms(subject: &Subject<'_>) -> Vec<Fault> {
    let composites: Vec<_> = subject
        .of_type("AWS::CloudWatch::CompositeAlarm")
        .map(|alarm| (alarm, text(&alarm.properties["AlarmRule"])))
        .collect();
    let tells = |alarm: &Found<'_>| {
        let actions = alarm.properties["AlarmActions"].as_array();
        actions
            .into_iter()
            .flatten()
            .any(|to| referred_id(to).as_deref() == Some(ids::ALERTS))
    };
    // Who is told of is found from the top down: by those that tell, then by those that these watch.
    let (mut told, mut rest): (Vec<_>, Vec<_>) =
        composites.into_iter().partition(|(alarm, _)| tells(alarm));
    loop {
        let watched = |id: &str, told: &[(Found<'_>, String)]| {
            let named = format!("ALARM(\"${{{id}}}\")");
            told.iter().any(|(_, rule)| rule.contains(&named))
        };
        let (more, others): (Vec<_>, Vec<_>) = rest
            .into_iter()
            .partition(|(alarm, _)| watched(alarm.id, &told));
        rest = others;
        if more.is_empty() {
            let all = subject
                .of_type("AWS::CloudWatch::Alarm")
                .map(|alarm| alarm.id);
            let silent = rest.iter().map(|(alarm, _)| alarm.id);
            return all
                .filter(|id| !watched(id, &told))
                .chain(silent)
                .map(|id| Fault::at(id, "no composite alarm tells people of it"))
                .collect();
        }
        told.extend(more);
    }
}

/// STK043.
pub(super) fn tags(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for found in subject.resources() {
        if cfn::schema(found.kind).is_none_or(|schema| schema.tagging.is_none()) {
            continue;
        }
        let carried = &found.properties["Tags"];
        let missing = TAGS.iter().filter(|tag| {
            let listed = carried.as_array().into_iter().flatten();
            carried.get(**tag).is_none() && !listed.into_iter().any(|one| one["Key"] == **tag)
        });
        let missing: Vec<&str> = missing.copied().collect();
        if !missing.is_empty() {
            faults.push(Fault::at(
                found.id,
                format!("it lacks the tags {}", missing.join(", ")),
            ));
        }
    }
    faults
}

/// STK044. Lines in the embedded metric format become metrics only in groups of the standard class.
pub(super) fn log_class(subject: &Subject<'_>) -> Vec<Fault> {
    subject
        .of_type("AWS::Logs::LogGroup")
        .filter(|group| {
            !matches!(
                group.properties["LogGroupClass"].as_str(),
                None | Some("STANDARD")
            )
        })
        .map(|group| {
            Fault::at(
                group.id,
                "metrics are read out of groups of class STANDARD only",
            )
        })
        .collect()
}

/// STK045.
pub(super) fn boundary(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(boundary) = &subject.environment.permissions_boundary else {
        return Vec::new();
    };
    subject
        .of_type("AWS::IAM::Role")
        .filter(|role| role.properties["PermissionsBoundary"] != boundary.as_str())
        .map(|role| {
            Fault::at(
                role.id,
                "the environment's permissions boundary isn't on it",
            )
        })
        .collect()
}
