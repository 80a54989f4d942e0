//! What the local cloud accepts in a template and does not keep: no drift there, and said so. Measured on MiniStack 1.5.33.
//!
//! Only an unset value is excused. A value that is neither what was declared nor unset was set by somebody.

use crate::live::Child;
use cfn::{Path, Step};
use serde_json::json;

/// Type, property, why.
const NOT_KEPT: &[(&str, &str, &str)] = &[
    ("AWS::ApiGatewayV2::Api", "CorsConfiguration", DROPS),
    ("AWS::ApiGatewayV2::Stage", "DefaultRouteSettings", DROPS),
    ("AWS::ApiGatewayV2::Stage", "RouteSettings", DROPS),
    ("AWS::CloudWatch::Dashboard", "Tags", DROPS),
    (
        "AWS::DynamoDB::Table",
        "PointInTimeRecoverySpecification",
        DROPS,
    ),
    ("AWS::DynamoDB::Table", "SSESpecification", DROPS),
    ("AWS::Events::EventBus", "DeadLetterConfig", DROPS),
    ("AWS::Events::EventBus", "KmsKeyIdentifier", DROPS),
    ("AWS::Events::EventBus", "LogConfig", DROPS),
    ("AWS::Lambda::EventSourceMapping", "Tags", DROPS),
    ("AWS::Lambda::Function", "DeadLetterConfig", DROPS),
    ("AWS::Lambda::Function", "KmsKeyArn", DROPS),
    (
        "AWS::Lambda::Function",
        "ReservedConcurrentExecutions",
        DROPS,
    ),
    ("AWS::S3::Bucket", "BucketEncryption", DROPS),
    ("AWS::S3::Bucket", "LifecycleConfiguration", DROPS),
    ("AWS::S3::Bucket", "ObjectLockConfiguration", DROPS),
    ("AWS::S3::Bucket", "ObjectLockEnabled", DROPS),
    ("AWS::S3::Bucket", "OwnershipControls", DROPS),
    ("AWS::S3::Bucket", "Tags", DROPS),
    ("AWS::SNS::Topic", "KmsMasterKeyId", DROPS),
    ("AWS::SNS::Topic", "TracingConfig", DROPS),
    (
        "AWS::StepFunctions::StateMachine",
        "EncryptionConfiguration",
        DROPS,
    ),
    (
        "AWS::StepFunctions::StateMachine",
        "LoggingConfiguration",
        DROPS,
    ),
    (
        "AWS::StepFunctions::StateMachine",
        "TracingConfiguration",
        DROPS,
    ),
];

const DROPS: &str = "the local cloud accepts and drops it";

/// Why a property that differs is nobody's change on the local cloud.
pub fn not_kept(type_name: &str, property: &str) -> Option<&'static str> {
    let found = NOT_KEPT
        .iter()
        .find(|(of, name, _)| *of == type_name && *name == property);
    found.map(|(_, _, why)| *why)
}

/// Whether the local cloud itself made it. Its topics have a default policy without AWS' condition on the owner.
pub fn is_of_the_local_cloud(child: &Child) -> bool {
    let policy = &child.properties.get("PolicyDocument");
    child.type_name == "AWS::SNS::TopicPolicy"
        && policy.is_some_and(|policy| {
            policy["Id"] == "__default_policy_ID"
                && policy["Statement"]
                    .as_array()
                    .is_some_and(|all| all.len() == 1)
                && policy["Statement"][0]["Action"]
                    == json!(["SNS:Publish", "SNS:Subscribe", "SNS:Receive"])
        })
}

/// The property that a path lies in.
pub fn property(path: &Path) -> &str {
    match path.steps().first() {
        Some(Step::Key(key)) => key,
        _ => "",
    }
}
