//! EventBridge: buses with what hangs on them, rules with their targets, archives.

use super::shape::{parsed, pick, set};
use super::{Answer, Read, Readers, incoming, part};
use crate::detect::is_declared;
use crate::live::{Child, Found};
use crate::resolve::{Resource, Stack, tail};
use requests::{Api, Call, Service};
use serde_json::{Map, Value, json};

pub async fn bus<A: Api>(readers: &Readers<A>, stack: &Stack, resource: &Resource) -> Read {
    let name = resource.name();
    let answer = readers
        .ask(Call::new(
            Service::Events,
            "DescribeEventBus",
            json!({ "Name": name }),
        ))
        .await?;
    let mut found = Found::of(pick(
        &answer,
        &[
            "DeadLetterConfig",
            "Description",
            "KmsKeyIdentifier",
            "LogConfig",
        ],
    ));
    let arn = answer["Arn"].as_str().unwrap_or_default().to_owned();
    let archives = Call::new(
        Service::Events,
        "ListArchives",
        json!({ "EventSourceArn": arn }),
    );
    let (tags, rules, archives) = tokio::join!(
        readers.tags(stack, &arn, tags_of(&arn), "Tags"),
        rules(readers, name),
        readers.pages(archives, "Archives", ("NextToken", "NextToken")),
    );
    part(&mut found, "Tags", tags)?;
    let policy = parsed(&answer["Policy"]);
    for statement in policy["Statement"].as_array().into_iter().flatten() {
        let id = statement["Sid"].as_str().unwrap_or_default();
        let told = json!({"EventBusName": name, "StatementId": id, "Statement": statement});
        found.child("AWS::Events::EventBusPolicy", format!("{name}|{id}"), told);
    }
    for rule in rules?.as_array().into_iter().flatten() {
        // Archives keep a rule of their own on the bus.
        if rule.get("ManagedBy").is_some_and(|by| !by.is_null()) {
            continue;
        }
        let rule_name = rule["Name"].as_str().unwrap_or_default();
        let mut told = pick(
            rule,
            &["EventPattern", "State", "Name", "ScheduleExpression"],
        );
        told["EventBusName"] = name.into();
        let mut child = Child {
            type_name: "AWS::Events::Rule",
            id: format!("{name}|{rule_name}"),
            properties: Found::of(told).properties,
        };
        if !is_declared(stack, &child, &[]) {
            let targets = targets(readers, name, rule_name).await?;
            child
                .properties
                .insert("Targets".into(), Value::clone(&targets));
        }
        found.children.push(child);
    }
    for archive in archives?.as_array().into_iter().flatten() {
        let id = archive["ArchiveName"].as_str().unwrap_or_default();
        found.child(
            "AWS::Events::Archive",
            id,
            pick(archive, &["ArchiveName", "RetentionDays"]),
        );
    }
    incoming::at(readers, stack, &arn, &mut found).await?;
    incoming::refused(readers, stack, &mut found).await?;
    Ok(found.attribute("Arn", &answer["Arn"]).into())
}

pub async fn rule<A: Api>(readers: &Readers<A>, stack: &Stack, resource: &Resource) -> Read {
    let bus = tail(resource.text("EventBusName").unwrap_or("default"));
    let name = resource.name();
    let rules = rules(readers, bus).await?;
    let Some(rule) = super::shape::find(&rules, "Name", name) else {
        return Ok(crate::live::Facts::Gone);
    };
    let mut found = Found::of(pick(
        rule,
        &[
            "Description",
            "EventBusName",
            "EventPattern",
            "RoleArn",
            "ScheduleExpression",
            "State",
        ],
    ));
    let arn = rule["Arn"].as_str().unwrap_or_default();
    let (targets, tags) = tokio::join!(
        targets(readers, bus, name),
        readers.tags(stack, arn, tags_of(arn), "Tags"),
    );
    set(&mut found.properties, "Targets", Value::clone(&*targets?));
    part(&mut found, "Tags", tags)?;
    Ok(found.attribute("Arn", &rule["Arn"]).into())
}

pub async fn archive<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let call = Call::new(
        Service::Events,
        "DescribeArchive",
        json!({ "ArchiveName": resource.name() }),
    );
    let answer = readers.ask(call).await?;
    let mut properties = match pick(
        &answer,
        &[
            "Description",
            "EventPattern",
            "KmsKeyIdentifier",
            "RetentionDays",
        ],
    ) {
        Value::Object(properties) => properties,
        _ => Map::new(),
    };
    set(
        &mut properties,
        "SourceArn",
        answer["EventSourceArn"].clone(),
    );
    properties.retain(|name, pattern| name != "EventPattern" || pattern != "");
    let mut found = Found::of(Value::Object(properties));
    // CREATING and UPDATING archives work.
    if matches!(
        answer["State"].as_str(),
        Some("DISABLED" | "CREATE_FAILED" | "UPDATE_FAILED")
    ) {
        found
            .properties
            .insert("State".into(), answer["State"].clone());
    }
    Ok(found.attribute("Arn", &answer["ArchiveArn"]).into())
}

fn tags_of(arn: &str) -> Call {
    Call::new(
        Service::Events,
        "ListTagsForResource",
        json!({ "ResourceARN": arn }),
    )
}

/// The rules of a bus.
pub async fn rules<A: Api>(readers: &Readers<A>, bus: &str) -> Answer {
    let call = Call::new(
        Service::Events,
        "ListRules",
        json!({"EventBusName": bus, "Limit": 100}),
    );
    readers
        .pages(call, "Rules", ("NextToken", "NextToken"))
        .await
}

/// The targets of a rule.
pub async fn targets<A: Api>(readers: &Readers<A>, bus: &str, rule: &str) -> Answer {
    let input = json!({"EventBusName": bus, "Rule": rule});
    let call = Call::new(Service::Events, "ListTargetsByRule", input);
    readers
        .pages(call, "Targets", ("NextToken", "NextToken"))
        .await
}
