//! IAM roles. One list of the account tells of every role's policies, trust and tags, where asking role by role would be
//! three requests more each, of a service that throttles early. The rest only the role itself tells.

use super::shape::{decoded, find, list, set};
use super::{Read, Readers};
use crate::live::{Facts, Found};
use crate::resolve::{Resource, Stack};
use requests::{Api, Call, Service};
use serde_json::{Value, json};

pub async fn role<A: Api>(readers: &Readers<A>, stack: &Stack, resource: &Resource) -> Read {
    let details = Call::new(
        Service::Iam,
        "GetAccountAuthorizationDetails",
        json!({"Filter": ["Role"], "MaxItems": 1000}),
    );
    let name = resource.name();
    let role = Call::new(Service::Iam, "GetRole", json!({ "RoleName": name }));
    let (details, role) = tokio::join!(
        readers.pages(details, "RoleDetailList", ("Marker", "Marker")),
        readers.ask(role),
    );
    let (details, role) = (details?, role?);
    let Some(detail) = find(&details, "RoleName", name) else {
        return Ok(Facts::Gone);
    };
    let told = &role["Role"];
    let mut found = Found::default();
    let properties = &mut found.properties;
    set(
        properties,
        "AssumeRolePolicyDocument",
        decoded(&detail["AssumeRolePolicyDocument"]),
    );
    let policies = list(detail["RolePolicyList"].clone()).into_iter().map(|policy| {
        json!({"PolicyName": policy["PolicyName"], "PolicyDocument": decoded(&policy["PolicyDocument"])})
    });
    let apart = apart(stack, resource);
    let policies = policies.filter(|policy| {
        !apart
            .iter()
            .any(|name| policy["PolicyName"].as_str() == Some(name))
    });
    set(properties, "Policies", policies.collect());
    set(
        properties,
        "PermissionsBoundary",
        told["PermissionsBoundary"]["PermissionsBoundaryArn"].clone(),
    );
    set(properties, "Path", detail["Path"].clone());
    set(properties, "Description", told["Description"].clone());
    set(
        properties,
        "MaxSessionDuration",
        told["MaxSessionDuration"].clone(),
    );
    set(properties, "Tags", list(detail["Tags"].clone()).into());
    let declared = resource.properties.get("ManagedPolicyArns");
    let attached = list(detail["AttachedManagedPolicies"].clone());
    let mut ours = Vec::new();
    for policy in attached {
        let arn = policy["PolicyArn"].clone();
        let told = declared.and_then(Value::as_array);
        if told.is_some_and(|told| told.contains(&arn)) {
            ours.push(arn);
        } else {
            let id = arn.as_str().unwrap_or_default().to_owned();
            found.child(
                "AWS::IAM::ManagedPolicy",
                id,
                json!({"PolicyArn": arn, "RoleName": name}),
            );
        }
    }
    set(&mut found.properties, "ManagedPolicyArns", ours.into());
    for profile in list(detail["InstanceProfileList"].clone()) {
        let id = profile["InstanceProfileName"].as_str().unwrap_or_default();
        let told = json!({"InstanceProfileName": id, "RoleName": name});
        found.child("AWS::IAM::InstanceProfile", id, told);
    }
    Ok(found
        .attribute("Arn", &detail["Arn"])
        .attribute("RoleId", &detail["RoleId"])
        .into())
}

/// Inline policies that the stack declares as resources of their own.
fn apart(stack: &Stack, role: &Resource) -> Vec<String> {
    let policies = stack
        .of("AWS::IAM::Policy")
        .chain(stack.of("AWS::IAM::RolePolicy"));
    let of_role = policies.filter(|policy| {
        let roles = policy.properties.get("Roles").and_then(Value::as_array);
        roles.is_some_and(|roles| roles.iter().any(|name| name == role.name()))
            || policy.text("RoleName") == Some(role.name())
    });
    of_role
        .filter_map(|policy| policy.text("PolicyName").map(str::to_owned))
        .collect()
}
