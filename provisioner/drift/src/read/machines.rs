//! State machines and schedules.

use super::shape::{capital, parsed, pick, set};
use super::{Read, Readers, incoming, part};
use crate::live::Found;
use crate::resolve::{Resource, Stack};
use requests::{Api, Call, Service, encode};
use serde_json::{Value, json};

pub async fn machine<A: Api>(readers: &Readers<A>, stack: &Stack, resource: &Resource) -> Read {
    let arn = resource.physical_id.as_str();
    let describe = Call::new(
        Service::States,
        "DescribeStateMachine",
        json!({ "stateMachineArn": arn }),
    );
    let alone = Call::new(
        Service::States,
        "ListTagsForResource",
        json!({ "resourceArn": arn }),
    );
    let (answer, tags) = tokio::join!(
        readers.ask(describe),
        readers.tags(stack, arn, alone, "tags"),
    );
    let answer = answer?;
    let told = capital(&pick(
        &answer,
        &[
            "encryptionConfiguration",
            "loggingConfiguration",
            "roleArn",
            "tracingConfiguration",
        ],
    ));
    let mut found = Found::of(told);
    set(
        &mut found.properties,
        "DefinitionString",
        parsed(&answer["definition"]),
    );
    set(
        &mut found.properties,
        "StateMachineType",
        answer["type"].clone(),
    );
    part(&mut found, "Tags", tags)?;
    incoming::at(readers, stack, arn, &mut found).await?;
    let of = |operation| {
        Call::new(
            Service::States,
            operation,
            json!({ "stateMachineArn": arn }),
        )
    };
    let token = ("nextToken", "nextToken");
    let (aliases, versions) = tokio::join!(
        readers.pages(of("ListStateMachineAliases"), "stateMachineAliases", token),
        readers.pages(
            of("ListStateMachineVersions"),
            "stateMachineVersions",
            token
        ),
    );
    for (type_name, id, parts) in [
        (
            "AWS::StepFunctions::StateMachineAlias",
            "stateMachineAliasArn",
            aliases,
        ),
        (
            "AWS::StepFunctions::StateMachineVersion",
            "stateMachineVersionArn",
            versions,
        ),
    ] {
        let parts = match parts {
            Err(trouble) => {
                part(&mut found, type_name, Err(trouble))?;
                continue;
            }
            Ok(parts) => parts,
        };
        for part in parts.as_array().into_iter().flatten() {
            let name = part[id].as_str().unwrap_or_default();
            found.child(type_name, name, json!({ "StateMachineArn": arn }));
        }
    }
    Ok(found.attribute("Arn", &answer["stateMachineArn"]).into())
}

pub async fn schedule<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let name = resource.name();
    let group = resource.text("GroupName").unwrap_or("default");
    let path = format!("/schedules/{}?groupName={}", encode(name), encode(group));
    let answer = readers
        .ask(Call::get(Service::Scheduler, "GetSchedule", path))
        .await?;
    let mut told = pick(
        &answer,
        &[
            "ActionAfterCompletion",
            "Description",
            "EndDate",
            "FlexibleTimeWindow",
            "GroupName",
            "KmsKeyArn",
            "ScheduleExpression",
            "ScheduleExpressionTimezone",
            "StartDate",
            "State",
            "Target",
        ],
    );
    if let Some(Value::String(input)) = told["Target"].get("Input").cloned() {
        told["Target"]["Input"] = parsed(&Value::String(input));
    }
    Ok(Found::of(told).attribute("Arn", &answer["Arn"]).into())
}
