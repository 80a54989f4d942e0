//! What a difference can lead to. A rule of thumb a property, written down: the worst that fits.

use crate::compare::Difference;
use crate::finding::Risk;
use cfn::Step;
use serde_json::Value;

/// Properties anywhere in a path that decide who may do what, or what protects it.
const ACCESS: &[&str] = &[
    "AssumeRolePolicyDocument",
    "AuthorizationScopes",
    "AuthorizationType",
    "AuthorizerId",
    "AuthorizerType",
    "BucketEncryption",
    "Code",
    "CorsConfiguration",
    "EnableKeyRotation",
    "EncryptionConfiguration",
    "IdentitySource",
    "JwtConfiguration",
    "KMSMasterKeyId",
    "KeyPolicy",
    "KmsDataKeyReusePeriodSeconds",
    "KmsKeyArn",
    "KmsKeyId",
    "KmsKeyIdentifier",
    "KmsMasterKeyId",
    "Layers",
    "ManagedPolicyArns",
    "OwnershipControls",
    "PermissionsBoundary",
    "Policies",
    "PolicyDocument",
    "PublicAccessBlockConfiguration",
    "ResourcePolicy",
    "Role",
    "RoleArn",
    "RotationPeriodInDays",
    "SSESpecification",
    "SqsManagedSseEnabled",
    "WebsiteConfiguration",
];

/// Properties that keep data, or throw it away.
const DATA: &[&str] = &[
    "DeletionProtectionEnabled",
    "LifecycleConfiguration",
    "ObjectLockConfiguration",
    "ObjectLockEnabled",
    "PendingDeletion",
    "PointInTimeRecoverySpecification",
    "ReplicationConfiguration",
    "RetentionDays",
    "RetentionInDays",
    "TimeToLiveSpecification",
    "VersioningConfiguration",
];

/// Properties that people read.
const LOOKS: &[&str] = &[
    "AlarmDescription",
    "DashboardBody",
    "Description",
    "DisplayName",
    "LoggingConfig",
    "TracingConfig",
    "TracingConfiguration",
    "Tags",
];

/// The risk of a property that differs.
pub fn of_property(type_name: &str, difference: &Difference) -> Risk {
    let keys: Vec<&str> = difference
        .path
        .steps()
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            _ => None,
        })
        .collect();
    let has = |names: &[&str]| keys.iter().any(|key| names.contains(key));
    let first = keys.first().copied().unwrap_or_default();
    if has(&["Tags"]) {
        return Risk::Cosmetic;
    }
    // A disabled key makes what it encrypts unreadable.
    if type_name == "AWS::KMS::Key" && first == "Enabled" || has(DATA) {
        return Risk::LosesData;
    }
    if type_name == "AWS::Lambda::Permission" || has(ACCESS) {
        return access(difference);
    }
    // Another target, endpoint or source sees the events, or feeds in others.
    let elsewhere = [
        ("AWS::Events::Rule", "Targets"),
        ("AWS::Scheduler::Schedule", "Target"),
        ("AWS::SNS::Subscription", "Endpoint"),
    ];
    if elsewhere.contains(&(type_name, first))
        && (difference.expected.is_none() || keys.last() == Some(&"Arn"))
    {
        return Risk::WidensAccess;
    }
    if has(LOOKS) || type_name == "AWS::CloudWatch::Dashboard" {
        return Risk::Cosmetic;
    }
    Risk::LosesEvents
}

/// What only takes a right away does not widen access: it makes the system fail where it needs that right. Denying
/// something is such a thing too, unless it is a denial that is gone.
fn access(difference: &Difference) -> Risk {
    let denies = |value: &Value| value.get("Effect").and_then(Value::as_str) == Some("Deny");
    match (&difference.expected, &difference.actual) {
        (Some(gone), None) if gone.get("Effect").is_some() && !denies(gone) => Risk::LosesEvents,
        // Identity policies of ours grant only.
        (Some(_), None) if grants_only(difference) => Risk::LosesEvents,
        (None, Some(come)) if denies(come) => Risk::LosesEvents,
        (Some(Value::Array(told)), Some(Value::Array(there)))
            if there.iter().all(|value| told.contains(value)) && !in_condition(difference) =>
        {
            Risk::LosesEvents
        }
        _ => Risk::WidensAccess,
    }
}

fn grants_only(difference: &Difference) -> bool {
    let first = difference.path.steps().first();
    matches!(first, Some(Step::Key(key)) if key == "Policies" || key == "ManagedPolicyArns")
        && !in_condition(difference)
}

fn in_condition(difference: &Difference) -> bool {
    difference
        .path
        .steps()
        .iter()
        .any(|step| matches!(step, Step::Key(key) if key == "Condition"))
}

/// The risk of a resource that is gone.
pub fn of_deleted(type_name: &str) -> Risk {
    match type_name {
        "AWS::DynamoDB::Table"
        | "AWS::S3::Bucket"
        | "AWS::KMS::Key"
        | "AWS::Events::Archive"
        | "AWS::Logs::LogGroup" => Risk::LosesData,
        // What denied plain HTTP or other callers is gone with it.
        "AWS::S3::BucketPolicy" | "AWS::ApiGatewayV2::Authorizer" => Risk::WidensAccess,
        "AWS::CloudWatch::Dashboard"
        | "AWS::EventSchemas::Registry"
        | "AWS::EventSchemas::Schema"
        | "AWS::KMS::Alias" => Risk::Cosmetic,
        _ => Risk::LosesEvents,
    }
}

/// The risk of what was added beside the stack.
pub fn of_added(type_name: &str) -> Risk {
    match type_name {
        "AWS::Logs::MetricFilter" | "AWS::KMS::Alias" | "AWS::Lambda::Alias" => Risk::Cosmetic,
        // Whoever takes a queue's messages takes them from ours.
        "AWS::Lambda::EventSourceMapping" | "AWS::Lambda::EventInvokeConfig" => Risk::LosesEvents,
        _ => Risk::WidensAccess,
    }
}
