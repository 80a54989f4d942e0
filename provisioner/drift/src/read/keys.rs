//! KMS keys with their policy, rotation and grants; aliases.

use super::shape::{parsed, pick, set};
use super::{Read, Readers, part};
use crate::live::{Facts, Found};
use crate::resolve::{Resource, Stack, tail};
use requests::{Api, Call, Service};
use serde_json::{Value, json};
use std::rc::Rc;

pub async fn key<A: Api>(readers: &Readers<A>, stack: &Stack, resource: &Resource) -> Read {
    let id = resource.name();
    let of = |operation| Call::new(Service::Kms, operation, json!({ "KeyId": id }));
    let answer = readers.ask(of("DescribeKey")).await?;
    let told = &answer["KeyMetadata"];
    let mut found = Found::of(pick(
        told,
        &[
            "Description",
            "Enabled",
            "KeySpec",
            "KeyUsage",
            "MultiRegion",
            "Origin",
        ],
    ));
    if told["KeyState"] == "PendingDeletion" {
        set(&mut found.properties, "PendingDeletion", true.into());
    }
    let policy = json!({"KeyId": id, "PolicyName": "default"});
    let arn = told["Arn"].as_str().unwrap_or_default();
    let (policy, rotation, grants, aliases, tags) = tokio::join!(
        readers.ask(Call::new(Service::Kms, "GetKeyPolicy", policy)),
        readers.ask(of("GetKeyRotationStatus")),
        readers.pages(of("ListGrants"), "Grants", ("NextMarker", "Marker")),
        readers.pages(of("ListAliases"), "Aliases", ("NextMarker", "Marker")),
        readers.tags(stack, arn, of("ListResourceTags"), "Tags"),
    );
    part(
        &mut found,
        "KeyPolicy",
        policy.map(|answer| Rc::new(parsed(&answer["Policy"]))),
    )?;
    match rotation {
        Ok(rotation) => {
            let on = &rotation["KeyRotationEnabled"];
            set(&mut found.properties, "EnableKeyRotation", on.clone());
            if on == true {
                let days = rotation["RotationPeriodInDays"].clone();
                set(&mut found.properties, "RotationPeriodInDays", days);
            }
        }
        // A key that waits for its deletion does not tell.
        Err(trouble) => part(&mut found, "EnableKeyRotation", Err(trouble))?,
    }
    part(&mut found, "Tags", tags)?;
    if let Ok(aliases) = aliases {
        for alias in aliases.as_array().into_iter().flatten() {
            let name = alias["AliasName"].as_str().unwrap_or_default();
            found.child(
                "AWS::KMS::Alias",
                name,
                pick(alias, &["AliasName", "TargetKeyId"]),
            );
        }
    }
    match grants {
        Ok(grants) => {
            for grant in grants.as_array().into_iter().flatten() {
                if !of_a_service(grant) {
                    let id = grant["GrantId"].as_str().unwrap_or_default();
                    let mut child = pick(grant, &["GranteePrincipal", "Name", "Operations"]);
                    child["KeyId"] = resource.name().into();
                    found.child("AWS::KMS::Grant", id, child);
                }
            }
        }
        Err(trouble) => part(&mut found, "Grants", Err(trouble))?,
    }
    Ok(found.attribute("Arn", &told["Arn"]).into())
}

/// Tables and functions get their grants through their services, which take them back.
fn of_a_service(grant: &Value) -> bool {
    ["GranteePrincipal", "RetiringPrincipal", "IssuingAccount"]
        .iter()
        .any(|who| {
            grant[*who]
                .as_str()
                .is_some_and(|who| who.ends_with("amazonaws.com"))
        })
}

pub async fn alias<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let every = Call::new(Service::Kms, "ListAliases", json!({ "Limit": 100 }));
    let every = readers
        .pages(every, "Aliases", ("NextMarker", "Marker"))
        .await?;
    let name = resource.text("AliasName").unwrap_or(&resource.physical_id);
    let Some(alias) = super::shape::find(&every, "AliasName", name) else {
        return Ok(Facts::Gone);
    };
    // The template may name the key by ARN or by id.
    let told = resource.text("TargetKeyId").unwrap_or_default();
    let there = alias["TargetKeyId"].as_str().unwrap_or_default();
    let target = if tail(told) == tail(there) {
        told
    } else {
        there
    };
    Ok(Found::of(json!({ "TargetKeyId": target })).into())
}
