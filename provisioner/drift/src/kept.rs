//! What the local cloud accepts in a template and does not keep: no drift there, and said so. Measured on MiniStack 1.5.33.
//!
//! Only an unset value is excused. A value that is neither what was declared nor unset was set by somebody.

use crate::live::Child;
use cfn::{Path, Step};
use serde_json::json;

/// Type, and what it loses.
const NOT_KEPT: &[(&str, &[&str])] = &[
    ("AWS::ApiGatewayV2::Api", &["CorsConfiguration"]),
    (
        "AWS::ApiGatewayV2::Stage",
        &["DefaultRouteSettings", "RouteSettings"],
    ),
    ("AWS::CloudWatch::Dashboard", &["Tags"]),
    (
        "AWS::DynamoDB::Table",
        &["PointInTimeRecoverySpecification", "SSESpecification"],
    ),
    (
        "AWS::Events::EventBus",
        &["DeadLetterConfig", "KmsKeyIdentifier", "LogConfig"],
    ),
    (
        "AWS::Lambda::EventSourceMapping",
        &["MetricsConfig", "Tags"],
    ),
    ("AWS::Lambda::Function", &["DeadLetterConfig", "KmsKeyArn"]),
    (
        "AWS::S3::Bucket",
        &[
            "BucketEncryption",
            "LifecycleConfiguration",
            "ObjectLockConfiguration",
            "ObjectLockEnabled",
            "OwnershipControls",
            "Tags",
        ],
    ),
    ("AWS::SNS::Topic", &["KmsMasterKeyId", "TracingConfig"]),
    ("AWS::Scheduler::Schedule", &["KmsKeyArn"]),
    (
        "AWS::StepFunctions::StateMachine",
        &["TracingConfiguration"],
    ),
];

const DROPS: &str = "the local cloud accepts and drops it";

/// Why a property that differs is nobody's change on the local cloud.
pub fn not_kept(type_name: &str, property: &str) -> Option<&'static str> {
    NOT_KEPT
        .iter()
        .any(|(of, lost)| *of == type_name && lost.contains(&property))
        .then_some(DROPS)
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

/// The tag by which an API is made again under its id: the local cloud tells of it for ever.
pub fn is_a_tag_of_the_local_cloud(key: &str) -> bool {
    key == CHOSEN_ID
}

/// See [`is_a_tag_of_the_local_cloud`].
pub const CHOSEN_ID: &str = "ms-custom-id";

/// The property that a path lies in.
pub fn property(path: &Path) -> &str {
    match path.steps().first() {
        Some(Step::Key(key)) => key,
        _ => "",
    }
}
