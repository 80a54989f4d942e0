//! The role that CloudFormation deletes expired environments with: what the resource types of our stacks take to be deleted,
//! by the schemas of their providers, on what is named after our stacks. It creates and changes nothing.
//!
//! What has no name of ours is bound otherwise, where IAM can: keys by the tag that only ephemeral environments have, mappings
//! by their function. `*` is for what IAM knows no resource for: it reads, or deletes what a name of ours stands behind.

use super::reaper::bounded;
use crate::environment::Environment;
use cfn::iam::{Role, RolePolicy};
use cfn::{PolicyDocument, Principal, Pseudo, Statement, Val, arn, global_arn, sub};

/// Every resource type of an ephemeral stack with what its deletion takes, as its provider's schema says.
pub const DELETIONS: &[(&str, &[&str])] = &[
    ("AWS::ApiGatewayV2::Api", APIS),
    ("AWS::ApiGatewayV2::Authorizer", APIS),
    ("AWS::ApiGatewayV2::Integration", APIS),
    ("AWS::ApiGatewayV2::Route", APIS),
    ("AWS::ApiGatewayV2::Stage", APIS),
    ("AWS::CloudWatch::Alarm", ALARMS),
    ("AWS::CloudWatch::CompositeAlarm", ALARMS),
    (
        "AWS::CloudWatch::Dashboard",
        &["cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard"],
    ),
    (
        "AWS::DynamoDB::Table",
        &["dynamodb:DeleteTable", "dynamodb:DescribeTable"],
    ),
    (
        "AWS::EventSchemas::Registry",
        &["schemas:DeleteRegistry", "schemas:DescribeRegistry"],
    ),
    (
        "AWS::EventSchemas::Schema",
        &[
            "schemas:DeleteSchema",
            "schemas:DeleteSchemaVersion",
            "schemas:DescribeSchema",
        ],
    ),
    (
        "AWS::Events::Archive",
        &["events:DeleteArchive", "events:DescribeArchive"],
    ),
    (
        "AWS::Events::EventBus",
        &[
            "events:DeleteEventBus",
            "events:DescribeEventBus",
            "events:ListTagsForResource",
            "events:RemovePermission",
            "events:UntagResource",
            "events:UpdateEventBus",
        ],
    ),
    (
        "AWS::Events::Rule",
        &[
            "events:DeleteRule",
            "events:DescribeRule",
            "events:ListTargetsByRule",
            "events:RemoveTargets",
        ],
    ),
    (
        "AWS::IAM::Role",
        &[
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
            "iam:GetRole",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "iam:UntagRole",
        ],
    ),
    ("AWS::KMS::Key", KEYS),
    (
        "AWS::Lambda::EventInvokeConfig",
        &["lambda:DeleteFunctionEventInvokeConfig"],
    ),
    (
        "AWS::Lambda::EventSourceMapping",
        &[
            "lambda:DeleteEventSourceMapping",
            "lambda:GetEventSourceMapping",
        ],
    ),
    (
        "AWS::Lambda::Function",
        &[
            "ec2:DescribeNetworkInterfaces",
            "lambda:DeleteFunction",
            "lambda:GetFunction",
        ],
    ),
    ("AWS::Lambda::Permission", &["lambda:RemovePermission"]),
    (
        "AWS::Logs::Delivery",
        &[
            "logs:DeleteDelivery",
            "logs:ListTagsForResource",
            "logs:UntagResource",
        ],
    ),
    (
        "AWS::Logs::DeliveryDestination",
        &[
            "logs:DeleteDeliveryDestination",
            "logs:DeleteDeliveryDestinationPolicy",
        ],
    ),
    ("AWS::Logs::DeliverySource", &["logs:DeleteDeliverySource"]),
    (
        "AWS::Logs::LogGroup",
        &[
            "logs:DeleteDataProtectionPolicy",
            "logs:DeleteLogGroup",
            "logs:DescribeLogGroups",
        ],
    ),
    ("AWS::S3::Bucket", &["s3:DeleteBucket", "s3:ListBucket"]),
    (
        "AWS::S3::BucketPolicy",
        &["s3:DeleteBucketPolicy", "s3:GetBucketPolicy"],
    ),
    (
        "AWS::SNS::Subscription",
        &["sns:GetSubscriptionAttributes", "sns:Unsubscribe"],
    ),
    (
        "AWS::SNS::Topic",
        &["sns:DeleteTopic", "sns:GetTopicAttributes"],
    ),
    ("AWS::SNS::TopicPolicy", &["sns:SetTopicAttributes"]),
    (
        "AWS::SQS::Queue",
        &["sqs:DeleteQueue", "sqs:GetQueueAttributes"],
    ),
    ("AWS::SQS::QueuePolicy", &["sqs:SetQueueAttributes"]),
    (
        "AWS::Scheduler::Schedule",
        &["scheduler:DeleteSchedule", "scheduler:GetSchedule"],
    ),
    (
        "AWS::StepFunctions::StateMachine",
        &["states:DeleteStateMachine", "states:DescribeStateMachine"],
    ),
];

const APIS: &[&str] = &["apigateway:DELETE", "apigateway:GET"];
const KEYS: &[&str] = &["kms:DescribeKey", "kms:ScheduleKeyDeletion"];
const ALARMS: &[&str] = &["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms"];

/// Actions that IAM knows no resource for, or asks for all of them.
const WITHOUT_RESOURCE: [&str; 6] = [
    "cloudwatch:DescribeAlarms",
    "ec2:DescribeNetworkInterfaces",
    "lambda:GetEventSourceMapping",
    "logs:DescribeLogGroups",
    "sns:GetSubscriptionAttributes",
    "sns:Unsubscribe",
];

/// Actions that stop the delivery of logs into a group, which an API's stage and a state machine have AWS do for them.
const LOG_DELIVERIES: [&str; 3] = [
    "logs:DeleteLogDelivery",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
];

/// The role. CloudFormation takes it on for stacks of ours in this account only, where it says for which: it isn't documented
/// that it does for the role of a stack, so that silence can't be a refusal, or nothing would be deleted.
pub(super) fn role(environment: &Environment) -> Role {
    let assumed = Statement::allow()
        .principal(Principal::service("cloudformation.amazonaws.com"))
        .action("sts:AssumeRole")
        .when(
            "StringEqualsIfExists",
            "aws:SourceAccount",
            Pseudo::AccountId,
        )
        .when(
            "ArnLikeIfExists",
            "aws:SourceArn",
            arn("cloudformation", "stack/invoicing-*/*"),
        );
    let role = Role::new(PolicyDocument::of([assumed]))
        .description("Deletes ephemeral environments; handed to CloudFormation by the reaper only")
        .policies([RolePolicy::new("deletions", policy())]);
    bounded(role, environment)
}

fn policy() -> PolicyDocument {
    let all = DELETIONS.iter().flat_map(|(_, actions)| *actions).copied();
    let (named, rest): (Vec<&str>, Vec<&str>) =
        all.partition(|action| !bound_otherwise(action) && !WITHOUT_RESOURCE.contains(action));
    let anywhere = rest
        .into_iter()
        .filter(|action| !bound_otherwise(action))
        .chain(LOG_DELIVERIES);
    let named = names().into_iter().fold(
        Statement::allow().sid("DeleteByName").actions(named),
        Statement::on,
    );
    let anywhere = Statement::allow()
        .sid("WithoutResource")
        .actions(anywhere)
        .on("*");
    let apis = Statement::allow()
        .sid("DeleteApis")
        .actions(APIS.iter().copied())
        .on(sub!(
            "arn:",
            Pseudo::Partition,
            ":apigateway:",
            Pseudo::Region,
            "::/apis/*"
        ));
    let keys = Statement::allow()
        .sid("DeleteKeys")
        .actions(KEYS.iter().copied())
        .on(arn("kms", "key/*"))
        .when(
            "StringEquals",
            "aws:ResourceTag/provision:kind",
            "ephemeral",
        );
    let mappings = Statement::allow()
        .sid("DeleteMappings")
        .action("lambda:DeleteEventSourceMapping")
        .on(arn("lambda", "event-source-mapping:*"))
        .when(
            "ArnLike",
            "lambda:FunctionArn",
            arn("lambda", "function:invoicing-*"),
        );
    PolicyDocument::of([named, anywhere, apis, keys, mappings])
}

/// Whether an action has a statement of its own, as its resources have no names of ours.
fn bound_otherwise(action: &str) -> bool {
    APIS.contains(&action) || KEYS.contains(&action) || action == "lambda:DeleteEventSourceMapping"
}

/// What is named after our stacks.
fn names() -> Vec<Val<String>> {
    let regional = [
        ("cloudwatch", "alarm:invoicing-*"),
        ("dynamodb", "table/invoicing-*"),
        ("events", "archive/invoicing-*"),
        ("events", "event-bus/invoicing-*"),
        ("events", "rule/invoicing-*"),
        ("lambda", "function:invoicing-*"),
        // Its id is AWS's own.
        ("logs", "delivery:*"),
        ("logs", "delivery-destination:invoicing-*"),
        ("logs", "delivery-source:invoicing-*"),
        ("logs", "log-group:/aws/vendedlogs/invoicing-*"),
        ("logs", "log-group:invoicing-*"),
        ("scheduler", "schedule/default/invoicing-*"),
        ("schemas", "registry/invoicing-*"),
        ("schemas", "schema/invoicing-*"),
        ("sns", "invoicing-*"),
        ("sqs", "invoicing-*"),
        ("states", "stateMachine:invoicing-*"),
    ];
    let mut names: Vec<Val<String>> = regional
        .into_iter()
        .map(|(service, name)| arn(service, name))
        .collect();
    names.push(global_arn("cloudwatch", "dashboard/invoicing-*"));
    names.push(global_arn("iam", "role/invoicing-*"));
    names.push(sub!("arn:", Pseudo::Partition, ":s3:::invoicing-*"));
    names
}
