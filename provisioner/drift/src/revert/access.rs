//! Roles and keys.

use super::{Touched, text_of};
use requests::{Call, Service};
use serde_json::{Value, json};

/// What can be set on a role.
pub const OF_ROLE: &[&str] = &[
    "AssumeRolePolicyDocument",
    "Description",
    "ManagedPolicyArns",
    "MaxSessionDuration",
    "PermissionsBoundary",
    "Policies",
    "Tags",
];

/// What can be set on a key.
pub const OF_KEY: &[&str] = &[
    "Description",
    "EnableKeyRotation",
    "Enabled",
    "KeyPolicy",
    "PendingDeletion",
    "RotationPeriodInDays",
    "Tags",
];

fn iam(operation: &'static str, input: Value) -> Call {
    Call::new(Service::Iam, operation, input)
}

pub fn set_role(touched: &Touched<'_>) -> Vec<Call> {
    let name = touched.resource.name();
    let mut calls = Vec::new();
    if touched.has("AssumeRolePolicyDocument") {
        let document = text_of(&touched.told_or_default("AssumeRolePolicyDocument"));
        calls.push(iam(
            "UpdateAssumeRolePolicy",
            json!({"RoleName": name, "PolicyDocument": document}),
        ));
    }
    if touched.has("Policies") {
        for policy in touched.undeclared("Policies") {
            let input = json!({"RoleName": name, "PolicyName": policy["PolicyName"]});
            // A statement in a policy of ours has no name: the policy is put again below.
            if policy["PolicyName"].is_string() {
                calls.push(iam("DeleteRolePolicy", input));
            }
        }
        calls.extend(policies(touched));
    }
    if touched.has("ManagedPolicyArns") {
        calls.extend(attachments(touched));
    }
    if touched.has("PermissionsBoundary") {
        calls.push(match touched.told("PermissionsBoundary") {
            Some(boundary) => iam(
                "PutRolePermissionsBoundary",
                json!({"RoleName": name, "PermissionsBoundary": boundary}),
            ),
            None => iam("DeleteRolePermissionsBoundary", json!({ "RoleName": name })),
        });
    }
    if touched.has("Description") || touched.has("MaxSessionDuration") {
        let input = json!({"RoleName": name, "Description": text_of(&touched.told_or_default("Description")),
            "MaxSessionDuration": touched.told_or_default("MaxSessionDuration")});
        calls.push(iam("UpdateRole", input));
    }
    calls
}

fn policies(touched: &Touched<'_>) -> Vec<Call> {
    let policies = touched.told("Policies").and_then(Value::as_array);
    let policies = policies.into_iter().flatten();
    policies
        .map(|policy| {
            let input = json!({"RoleName": touched.resource.name(), "PolicyName": policy["PolicyName"],
                "PolicyDocument": text_of(&policy["PolicyDocument"])});
            iam("PutRolePolicy", input)
        })
        .collect()
}

fn attachments(touched: &Touched<'_>) -> Vec<Call> {
    let arns = touched.told("ManagedPolicyArns").and_then(Value::as_array);
    let arns = arns.into_iter().flatten();
    arns.map(|arn| {
        let input = json!({"RoleName": touched.resource.name(), "PolicyArn": arn});
        iam("AttachRolePolicy", input)
    })
    .collect()
}

pub fn make_role(touched: &Touched<'_>) -> Vec<Call> {
    let mut input = json!({
        "RoleName": touched.resource.name(),
        "AssumeRolePolicyDocument": text_of(&touched.told_or_default("AssumeRolePolicyDocument")),
    });
    for name in [
        "Description",
        "MaxSessionDuration",
        "Path",
        "PermissionsBoundary",
        "Tags",
    ] {
        if let Some(told) = touched.told(name) {
            input[name] = told.clone();
        }
    }
    let mut calls = vec![iam("CreateRole", input)];
    calls.extend(policies(touched));
    calls.extend(attachments(touched));
    calls
}

pub fn detach(role: &str, policy: &str) -> Vec<Call> {
    let input = json!({"RoleName": role, "PolicyArn": policy});
    vec![iam("DetachRolePolicy", input)]
}

pub fn leave_profile(role: &str, profile: &str) -> Vec<Call> {
    let input = json!({"RoleName": role, "InstanceProfileName": profile});
    vec![iam("RemoveRoleFromInstanceProfile", input)]
}

fn kms(operation: &'static str, input: Value) -> Call {
    Call::new(Service::Kms, operation, input)
}

pub fn set_key(touched: &Touched<'_>) -> Vec<Call> {
    let id = touched.resource.name();
    let of = |operation| kms(operation, json!({ "KeyId": id }));
    let mut calls = Vec::new();
    // A key whose deletion was called off is disabled.
    let pending = touched.has("PendingDeletion");
    if pending {
        calls.push(of("CancelKeyDeletion"));
    }
    if pending || touched.has("Enabled") {
        let off = touched.told("Enabled") == Some(&Value::Bool(false));
        calls.push(of(if off { "DisableKey" } else { "EnableKey" }));
    }
    if touched.has("KeyPolicy") {
        let policy = text_of(&touched.told_or_default("KeyPolicy"));
        let input = json!({"KeyId": id, "PolicyName": "default", "Policy": policy});
        calls.push(kms("PutKeyPolicy", input));
    }
    if touched.has("EnableKeyRotation") || touched.has("RotationPeriodInDays") {
        let on = touched.told("EnableKeyRotation") == Some(&Value::Bool(true));
        calls.push(if on {
            let days = touched.told_or_default("RotationPeriodInDays");
            kms(
                "EnableKeyRotation",
                json!({"KeyId": id, "RotationPeriodInDays": days}),
            )
        } else {
            of("DisableKeyRotation")
        });
    }
    if touched.has("Description") {
        let text = text_of(&touched.told_or_default("Description"));
        calls.push(kms(
            "UpdateKeyDescription",
            json!({"KeyId": id, "Description": text}),
        ));
    }
    calls
}

pub fn revoke(key: &str, grant: &str) -> Vec<Call> {
    vec![kms("RevokeGrant", json!({"KeyId": key, "GrantId": grant}))]
}

pub fn remove_alias(name: &str) -> Vec<Call> {
    vec![kms("DeleteAlias", json!({ "AliasName": name }))]
}

pub fn put_alias(touched: &Touched<'_>, operation: &'static str) -> Vec<Call> {
    let input = json!({"AliasName": touched.resource.physical_id, "TargetKeyId": touched.told_or_default("TargetKeyId")});
    vec![kms(operation, input)]
}
