//! What a difference can lead to. A rule of thumb a property, written down: the worst that fits, by the direction of the
//! change where that decides.

use crate::compare::Difference;
use crate::finding::Risk;
use crate::live::Child;
use crate::sides;
use crate::tables::default_of;
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
    "AccessControlList",
    "FileSystemConfigs",
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
    "AccelerateConfiguration",
    "AlarmDescription",
    "AttributeDefinitions",
    "Comment",
    "ContributorInsightsSpecification",
    "DashboardBody",
    "DeliveryStatusLogging",
    "Description",
    "DisplayName",
    "OperationName",
    "TableClass",
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
    let by_default = || {
        default_of(type_name, &difference.path)
            .into_iter()
            .next_back()
    };
    let expected = difference.expected.clone().or_else(by_default);
    let actual = difference.actual.clone().or_else(by_default);
    let sided = Difference {
        path: difference.path.clone(),
        expected,
        actual,
    };
    // An environment's variables are named by people.
    if first == "Environment" {
        return environment(&keys, difference);
    }
    if let Some(risk) = sides::of(type_name, &keys, difference, &sided) {
        return risk;
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
    let whole = !matches!(difference.path.steps().last(), Some(Step::Key(_)));
    if elsewhere.contains(&(type_name, first))
        && (difference.expected.is_none() && (whole || keys.len() == 1)
            || keys.last() == Some(&"Arn"))
    {
        return Risk::WidensAccess;
    }
    let looks = has(LOOKS)
        || type_name == "AWS::CloudWatch::Dashboard"
        || type_name == "AWS::ApiGatewayV2::Api" && ["Name", "Version"].contains(&first);
    if looks {
        return Risk::Cosmetic;
    }
    Risk::LosesEvents
}

/// A variable may send an SDK elsewhere, or run something before the handler.
fn environment(keys: &[&str], difference: &Difference) -> Risk {
    const POWERS: [&str; 4] = [
        "AWS_ENDPOINT_URL",
        "AWS_LAMBDA_EXEC_WRAPPER",
        "LD_",
        "AWS_CA_BUNDLE",
    ];
    let powerful = |name: &str| POWERS.iter().any(|power| name.starts_with(power));
    let there = difference.actual.as_ref().and_then(Value::as_object);
    let named = keys.get(2).is_some_and(|name| powerful(name));
    let within = there.is_some_and(|members| {
        let nested = members.get("Variables").and_then(Value::as_object);
        members
            .keys()
            .chain(nested.into_iter().flat_map(|all| all.keys()))
            .any(|name| powerful(name))
    });
    if (named || within) && difference.actual.is_some() {
        return Risk::WidensAccess;
    }
    Risk::LosesEvents
}

/// What only takes a right away does not widen access: it makes the system fail where it needs that right. Denying
/// something is such a thing too, unless it is a denial that is gone.
fn access(difference: &Difference) -> Risk {
    match (&difference.expected, &difference.actual) {
        (Some(gone), None) if gone.get("Effect").is_some() && !denies(gone) => Risk::LosesEvents,
        // Identity policies of ours grant only.
        (Some(_), None) if grants_only(difference) => Risk::LosesEvents,
        (None, Some(come)) if denies(come) => Risk::LosesEvents,
        // A condition that came narrows what was allowed.
        (None, Some(_)) if last(difference) == Some("Condition") => Risk::LosesEvents,
        (Some(Value::String(told)), Some(Value::String(there)))
            if last(difference) == Some("Effect") && told == "Allow" && there == "Deny" =>
        {
            Risk::LosesEvents
        }
        (Some(Value::Array(told)), Some(Value::Array(there)))
            if there.iter().all(|value| told.contains(value)) && !in_condition(difference) =>
        {
            Risk::LosesEvents
        }
        _ => Risk::WidensAccess,
    }
}

/// Whether it does nothing but deny: a statement, a document, or a policy around it.
fn denies(value: &Value) -> bool {
    if let Some(effect) = value.get("Effect") {
        return effect == "Deny";
    }
    match value {
        Value::Array(all) => !all.is_empty() && all.iter().all(denies),
        Value::Object(members) => ["Statement", "PolicyDocument"]
            .iter()
            .find_map(|name| members.get(*name))
            .is_some_and(denies),
        Value::String(text) => serde_json::from_str(text)
            .is_ok_and(|parsed: Value| !parsed.is_string() && denies(&parsed)),
        _ => false,
    }
}

fn last(difference: &Difference) -> Option<&str> {
    match difference.path.steps().last() {
        Some(Step::Key(key)) => Some(key),
        _ => None,
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
pub fn of_added(child: &Child) -> Risk {
    let told = |name: &str| child.properties.get(name);
    let bare = |name: &str| {
        told(name)
            .and_then(Value::as_array)
            .is_none_or(Vec::is_empty)
    };
    match child.type_name {
        "AWS::Logs::MetricFilter"
        | "AWS::KMS::Alias"
        | "AWS::Lambda::Alias"
        | "AWS::Lambda::ProvisionedConcurrency"
        | "AWS::Lambda::Version"
        | "AWS::StepFunctions::StateMachineAlias"
        | "AWS::StepFunctions::StateMachineVersion" => Risk::Cosmetic,
        // A rule that reaches nobody, for now.
        "AWS::Events::Rule"
            if bare("Targets") || told("State").is_some_and(|state| state == "DISABLED") =>
        {
            Risk::Cosmetic
        }
        // Whoever takes a queue's messages takes them from ours.
        "AWS::Lambda::EventSourceMapping" | "AWS::Lambda::EventInvokeConfig" => Risk::LosesEvents,
        // What only refuses takes rights away.
        _ if denies(&Value::Object(child.properties.clone())) => Risk::LosesEvents,
        _ => Risk::WidensAccess,
    }
}
