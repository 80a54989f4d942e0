//! What is known of resource types beside their schemas: what a service fills in, which lists have an order, which members
//! tell a part apart, what can't be read. Tables only.

use cfn::{Path, Step};
use serde_json::Value;

/// Type, path, value as JSON. Several rows for one path: any of them is what an absent property means.
const DEFAULTS: &[(&str, &str, &str)] = &[
    (
        "AWS::ApiGatewayV2::Api",
        "ApiKeySelectionExpression",
        r#""$request.header.x-api-key""#,
    ),
    (
        "AWS::ApiGatewayV2::Api",
        "RouteSelectionExpression",
        r#""$request.method $request.path""#,
    ),
    ("AWS::ApiGatewayV2::Api", "IpAddressType", r#""ipv4""#),
    (
        "AWS::ApiGatewayV2::Integration",
        "ConnectionType",
        r#""INTERNET""#,
    ),
    (
        "AWS::ApiGatewayV2::Integration",
        "IntegrationMethod",
        r#""POST""#,
    ),
    ("AWS::ApiGatewayV2::Integration", "TimeoutInMillis", "30000"),
    ("AWS::ApiGatewayV2::Route", "AuthorizationType", r#""NONE""#),
    ("AWS::CloudWatch::Alarm", "ActionsEnabled", "true"),
    ("AWS::CloudWatch::Alarm", "TreatMissingData", r#""missing""#),
    ("AWS::CloudWatch::CompositeAlarm", "ActionsEnabled", "true"),
    ("AWS::DynamoDB::Table", "BillingMode", r#""PROVISIONED""#),
    ("AWS::DynamoDB::Table", "TableClass", r#""STANDARD""#),
    (
        "AWS::DynamoDB::Table",
        "OnDemandThroughput.MaxReadRequestUnits",
        "-1",
    ),
    (
        "AWS::DynamoDB::Table",
        "OnDemandThroughput.MaxWriteRequestUnits",
        "-1",
    ),
    (
        "AWS::DynamoDB::Table",
        "PointInTimeRecoverySpecification.RecoveryPeriodInDays",
        "35",
    ),
    (
        "AWS::DynamoDB::Table",
        "SSESpecification.SSEType",
        r#""KMS""#,
    ),
    ("AWS::EventSchemas::Schema", "Type", r#""OpenApi3""#),
    ("AWS::Events::Archive", "State", r#""ENABLED""#),
    ("AWS::Events::Archive", "RetentionDays", "0"),
    // A pattern can be replaced and not be taken away: this one lets everything in.
    (
        "AWS::Events::Archive",
        "EventPattern",
        r#"{"source":[{"prefix":""}]}"#,
    ),
    ("AWS::Events::EventBus", "LogConfig.Level", r#""OFF""#),
    (
        "AWS::Events::EventBus",
        "LogConfig.IncludeDetail",
        r#""NONE""#,
    ),
    ("AWS::Events::Rule", "State", r#""ENABLED""#),
    ("AWS::Events::Rule", "EventBusName", r#""default""#),
    (
        "AWS::Events::Rule",
        "Targets.*.RetryPolicy.MaximumEventAgeInSeconds",
        "86400",
    ),
    (
        "AWS::Events::Rule",
        "Targets.*.RetryPolicy.MaximumRetryAttempts",
        "185",
    ),
    ("AWS::IAM::Role", "MaxSessionDuration", "3600"),
    ("AWS::IAM::Role", "Path", r#""/""#),
    ("AWS::KMS::Key", "Enabled", "true"),
    ("AWS::KMS::Key", "RotationPeriodInDays", "365"),
    ("AWS::KMS::Key", "KeySpec", r#""SYMMETRIC_DEFAULT""#),
    ("AWS::KMS::Key", "KeyUsage", r#""ENCRYPT_DECRYPT""#),
    ("AWS::KMS::Key", "Origin", r#""AWS_KMS""#),
    (
        "AWS::Lambda::EventInvokeConfig",
        "MaximumEventAgeInSeconds",
        "21600",
    ),
    (
        "AWS::Lambda::EventInvokeConfig",
        "MaximumRetryAttempts",
        "2",
    ),
    ("AWS::Lambda::EventSourceMapping", "Enabled", "true"),
    (
        "AWS::Lambda::EventSourceMapping",
        "MaximumBatchingWindowInSeconds",
        "0",
    ),
    (
        "AWS::Lambda::EventSourceMapping",
        "MaximumRecordAgeInSeconds",
        "-1",
    ),
    (
        "AWS::Lambda::EventSourceMapping",
        "MaximumRetryAttempts",
        "-1",
    ),
    (
        "AWS::Lambda::EventSourceMapping",
        "ParallelizationFactor",
        "1",
    ),
    (
        "AWS::Lambda::EventSourceMapping",
        "TumblingWindowInSeconds",
        "0",
    ),
    ("AWS::Lambda::Function", "Architectures", r#"["x86_64"]"#),
    ("AWS::Lambda::Function", "EphemeralStorage.Size", "512"),
    (
        "AWS::Lambda::Function",
        "LoggingConfig.ApplicationLogLevel",
        r#""INFO""#,
    ),
    (
        "AWS::Lambda::Function",
        "LoggingConfig.SystemLogLevel",
        r#""INFO""#,
    ),
    (
        "AWS::Lambda::Function",
        "LoggingConfig.LogFormat",
        r#""Text""#,
    ),
    ("AWS::Lambda::Function", "MemorySize", "128"),
    ("AWS::Lambda::Function", "PackageType", r#""Zip""#),
    ("AWS::Lambda::Function", "SnapStart.ApplyOn", r#""None""#),
    ("AWS::Lambda::Function", "Timeout", "3"),
    (
        "AWS::Lambda::Function",
        "TracingConfig.Mode",
        r#""PassThrough""#,
    ),
    ("AWS::Logs::LogGroup", "LogGroupClass", r#""STANDARD""#),
    (
        "AWS::S3::Bucket",
        "AccelerateConfiguration.AccelerationStatus",
        r#""Suspended""#,
    ),
    (
        "AWS::S3::Bucket",
        "BucketEncryption.ServerSideEncryptionConfiguration",
        r#"[{"ServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]"#,
    ),
    (
        "AWS::S3::Bucket",
        "OwnershipControls.Rules",
        r#"[{"ObjectOwnership":"BucketOwnerEnforced"}]"#,
    ),
    (
        "AWS::S3::Bucket",
        "PublicAccessBlockConfiguration.BlockPublicAcls",
        "true",
    ),
    (
        "AWS::S3::Bucket",
        "PublicAccessBlockConfiguration.BlockPublicPolicy",
        "true",
    ),
    (
        "AWS::S3::Bucket",
        "PublicAccessBlockConfiguration.IgnorePublicAcls",
        "true",
    ),
    (
        "AWS::S3::Bucket",
        "PublicAccessBlockConfiguration.RestrictPublicBuckets",
        "true",
    ),
    (
        "AWS::SNS::Subscription",
        "FilterPolicyScope",
        r#""MessageAttributes""#,
    ),
    (
        "AWS::SNS::Topic",
        "DeliveryStatusLogging.*.SuccessFeedbackSampleRate",
        "0",
    ),
    ("AWS::SNS::Topic", "TracingConfig", r#""PassThrough""#),
    ("AWS::SNS::Topic", "SignatureVersion", r#""1""#),
    ("AWS::SQS::Queue", "DelaySeconds", "0"),
    ("AWS::SQS::Queue", "KmsDataKeyReusePeriodSeconds", "300"),
    // AWS raised it from 256 KiB; queues made before keep theirs.
    ("AWS::SQS::Queue", "MaximumMessageSize", "262144"),
    ("AWS::SQS::Queue", "MaximumMessageSize", "1048576"),
    ("AWS::SQS::Queue", "MessageRetentionPeriod", "345600"),
    ("AWS::SQS::Queue", "ReceiveMessageWaitTimeSeconds", "0"),
    ("AWS::SQS::Queue", "SqsManagedSseEnabled", "true"),
    ("AWS::SQS::Queue", "VisibilityTimeout", "30"),
    ("AWS::Scheduler::Schedule", "GroupName", r#""default""#),
    (
        "AWS::Scheduler::Schedule",
        "ScheduleExpressionTimezone",
        r#""UTC""#,
    ),
    ("AWS::Scheduler::Schedule", "State", r#""ENABLED""#),
    (
        "AWS::Scheduler::Schedule",
        "ActionAfterCompletion",
        r#""NONE""#,
    ),
    (
        "AWS::Scheduler::Schedule",
        "Target.RetryPolicy.MaximumEventAgeInSeconds",
        "86400",
    ),
    (
        "AWS::Scheduler::Schedule",
        "Target.RetryPolicy.MaximumRetryAttempts",
        "185",
    ),
    (
        "AWS::StepFunctions::StateMachine",
        "StateMachineType",
        r#""STANDARD""#,
    ),
    (
        "AWS::StepFunctions::StateMachine",
        "LoggingConfiguration.Level",
        r#""OFF""#,
    ),
    (
        "AWS::StepFunctions::StateMachine",
        "EncryptionConfiguration.Type",
        r#""AWS_OWNED_KEY""#,
    ),
    (
        "AWS::StepFunctions::StateMachine",
        "EncryptionConfiguration.KmsDataKeyReusePeriodSeconds",
        "300",
    ),
];

/// Type, path: lists whose order means something. Everywhere else a list is a set.
const ORDERED: &[(&str, &str)] = &[
    ("AWS::CloudWatch::Dashboard", "DashboardBody"),
    ("AWS::EventSchemas::Schema", "Content"),
    ("AWS::Lambda::Function", "Layers"),
    ("AWS::StepFunctions::StateMachine", "DefinitionString"),
];

/// Type, path: values that say something although they are empty. Every event becomes this one.
const EMPTY_SAYS: &[(&str, &str)] = &[
    ("AWS::Events::Rule", "Targets.*.Input"),
    ("AWS::Scheduler::Schedule", "Target.Input"),
];

/// Type, property: what a resource is found by. If it were another, another resource would have been found.
const NAMES: &[(&str, &[&str])] = &[
    ("AWS::CloudWatch::Alarm", &["AlarmName"]),
    ("AWS::CloudWatch::CompositeAlarm", &["AlarmName"]),
    ("AWS::CloudWatch::Dashboard", &["DashboardName"]),
    ("AWS::DynamoDB::Table", &["TableName"]),
    ("AWS::EventSchemas::Registry", &["RegistryName"]),
    ("AWS::EventSchemas::Schema", &["RegistryName", "SchemaName"]),
    ("AWS::Events::Archive", &["ArchiveName"]),
    ("AWS::Events::EventBus", &["Name"]),
    ("AWS::Events::Rule", &["Name"]),
    ("AWS::IAM::Role", &["RoleName"]),
    ("AWS::KMS::Alias", &["AliasName"]),
    ("AWS::Lambda::Function", &["FunctionName"]),
    ("AWS::Logs::DeliveryDestination", &["Name"]),
    ("AWS::Logs::DeliverySource", &["Name"]),
    ("AWS::Logs::LogGroup", &["LogGroupName"]),
    ("AWS::S3::Bucket", &["BucketName"]),
    ("AWS::SNS::Topic", &["TopicName"]),
    ("AWS::SQS::Queue", &["QueueName"]),
    ("AWS::Scheduler::Schedule", &["Name"]),
    ("AWS::StepFunctions::StateMachine", &["StateMachineName"]),
];

/// Type, properties by which a part is the same part although its id is another, for instance after somebody deleted and
/// made it again.
const PARTS: &[(&str, &[&str])] = &[
    ("AWS::ApiGatewayV2::Authorizer", &["ApiId", "Name"]),
    (
        "AWS::ApiGatewayV2::Integration",
        &["ApiId", "IntegrationUri"],
    ),
    ("AWS::ApiGatewayV2::Route", &["ApiId", "RouteKey"]),
    ("AWS::ApiGatewayV2::Stage", &["ApiId", "StageName"]),
    (
        "AWS::Events::EventBusPolicy",
        &["EventBusName", "StatementId"],
    ),
    (
        "AWS::Lambda::EventInvokeConfig",
        &["FunctionName", "Qualifier"],
    ),
    (
        "AWS::Lambda::EventSourceMapping",
        &["FunctionName", "EventSourceArn"],
    ),
    (
        "AWS::Lambda::Permission",
        &[
            "FunctionName",
            "Action",
            "Principal",
            "SourceArn",
            "SourceAccount",
        ],
    ),
    ("AWS::S3::BucketPolicy", &["Bucket"]),
    (
        "AWS::SNS::Subscription",
        &["TopicArn", "Protocol", "Endpoint"],
    ),
    ("AWS::SNS::TopicPolicy", &["Topics"]),
    ("AWS::SQS::QueuePolicy", &["Queues"]),
];

/// Type, property, why no service tells it.
const UNREAD: &[(&str, &str, &str)] = &[
    (
        "AWS::KMS::Key",
        "PendingWindowInDays",
        "it is used when the key is deleted, and kept nowhere",
    ),
    (
        "AWS::KMS::Key",
        "BypassPolicyLockoutSafetyCheck",
        "it is used by the call only, and kept nowhere",
    ),
    (
        "AWS::StepFunctions::StateMachine",
        "DefinitionSubstitutions",
        "it is part of the definition when it is deployed",
    ),
];

/// Type, settings that nobody reads, why. They are told of once a type: each would be a request more for every resource,
/// of services that answer few, and none lets anybody in or loses an event.
pub const PASSED_OVER: &[(&str, &str, &str)] = &[
    (
        "AWS::ApiGatewayV2::Api",
        "deployments, models, integrations of other APIs",
        "a deployment without a stage does nothing, an HTTP API uses no models, and another API needs a permission of ours, which is read",
    ),
    (
        "AWS::DynamoDB::Table",
        "items, backups, warm throughput",
        "they are what the system does, or copies, and change nothing of how it works",
    ),
    (
        "AWS::Lambda::Function",
        "RecursiveLoop, RuntimeManagementConfig, CodeSigningConfigArn",
        "each would be a request of its own for every function; none says who may call it or what it runs",
    ),
    (
        "AWS::Logs::LogGroup",
        "FieldIndexPolicies, transformers, policies of the whole account",
        "they change how lines are searched, or belong to the account and not to the stack",
    ),
    (
        "AWS::S3::Bucket",
        "InventoryConfigurations, AnalyticsConfigurations, MetricsConfigurations, IntelligentTieringConfigurations, RequestPayment",
        "each would be a request of its own for every bucket; none lets anybody read an object",
    ),
    (
        "AWS::SNS::Topic",
        "DataProtectionPolicy",
        "it would be a request of its own for every topic, and only ever masks or refuses",
    ),
];

/// Types that nothing can be read of, and why.
pub const REASONS: &[(&str, &str)] = &[
    (
        "AWS::CloudFormation::CustomResource",
        "it is an answer of a function, and no resource",
    ),
    (
        "AWS::CloudFormation::WaitCondition",
        "it is a step of a deployment, and no resource",
    ),
    (
        "AWS::CloudFormation::WaitConditionHandle",
        "it is a step of a deployment, and no resource",
    ),
    (
        "AWS::CDK::Metadata",
        "it is a note in the template, and no resource",
    ),
];

/// What an absent property means; nothing where the type has no default for it.
pub fn default_of(type_name: &str, path: &Path) -> Vec<Value> {
    let rows = DEFAULTS
        .iter()
        .filter(|(of, pattern, _)| *of == type_name && matches(pattern, path));
    rows.filter_map(|(_, _, json)| serde_json::from_str(json).ok())
        .collect()
}

/// Whether an empty value there says something.
pub fn empty_says(type_name: &str, path: &Path) -> bool {
    EMPTY_SAYS
        .iter()
        .any(|(of, pattern)| *of == type_name && matches(pattern, path))
}

/// Whether a list's order means something.
pub fn is_ordered(type_name: &str, path: &Path) -> bool {
    ORDERED
        .iter()
        .any(|(of, within)| *of == type_name && path.to_string().starts_with(within))
}

/// The properties that a resource is found by.
pub fn names_of(type_name: &str) -> &'static [&'static str] {
    row(NAMES, type_name)
}

/// The properties by which a part is told apart.
pub fn parts_of(type_name: &str) -> &'static [&'static str] {
    row(PARTS, type_name)
}

/// Why a property can't be read, if it can't.
pub fn unread(type_name: &str, property: &str) -> Option<&'static str> {
    let found = UNREAD
        .iter()
        .find(|(of, name, _)| *of == type_name && *name == property);
    found.map(|(_, _, why)| *why)
}

/// What nobody reads of a type, and why.
pub fn passed_over(type_name: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let of_type = PASSED_OVER.iter().filter(move |(of, ..)| *of == type_name);
    of_type.map(|(_, what, why)| (*what, *why))
}

/// Why a type can't be read, if it can't.
pub fn reason(type_name: &str) -> Option<&'static str> {
    let found = REASONS.iter().find(|(of, _)| *of == type_name);
    found
        .map(|(_, why)| *why)
        .or_else(|| type_name.starts_with("Custom::").then_some(REASONS[0].1))
}

fn row(table: &[(&str, &'static [&'static str])], type_name: &str) -> &'static [&'static str] {
    let found = table.iter().find(|(of, _)| *of == type_name);
    found.map_or(&[], |(_, names)| names)
}

/// Whether a path is the one that a dotted pattern names; `*` is any element of a list.
pub fn matches(pattern: &str, path: &Path) -> bool {
    let mut parts = pattern.split('.');
    path.steps().iter().all(|step| match (parts.next(), step) {
        (Some("*"), Step::Index(_) | Step::Member { .. }) => true,
        (Some(name), Step::Key(key)) => name == key,
        _ => false,
    }) && parts.next().is_none()
}
