//! Rules about protection: encryption, TLS, the API, tracing, logs, data (R13, R15, R17, R18, R19, R20).

use super::finding::Fault;
use super::keys::bucket_key;
use super::subject::{Found, Subject, allows, number, referred_id, statements};
use crate::views::{statements as role_statements, text};
use serde_json::Value;

/// The type of state machines.
const STATE_MACHINE: &str = "AWS::StepFunctions::StateMachine";

/// STK030.
pub(super) fn encryption(subject: &Subject<'_>) -> Vec<Fault> {
    subject
        .resources()
        .filter_map(|found| {
            let properties = found.properties;
            let key = match found.kind {
                // It says its own stack's ARN, and must work whatever becomes of the key.
                "AWS::Scheduler::Schedule" if subject.wakes_reaper(&found) => return None,
                "AWS::SQS::Queue" | "AWS::SNS::Topic" => &properties["KmsMasterKeyId"],
                "AWS::DynamoDB::Table" => &properties["SSESpecification"]["KMSMasterKeyId"],
                "AWS::S3::Bucket" => bucket_key(properties),
                "AWS::Logs::LogGroup" => &properties["KmsKeyId"],
                "AWS::Events::EventBus" | "AWS::Events::Archive" => &properties["KmsKeyIdentifier"],
                "AWS::Lambda::Function" | "AWS::Scheduler::Schedule" => &properties["KmsKeyArn"],
                STATE_MACHINE => &properties["EncryptionConfiguration"]["KmsKeyId"],
                _ => return None,
            };
            let ours = subject
                .referred(key)
                .is_some_and(|key| key.kind == "AWS::KMS::Key");
            (!ours).then(|| Fault::at(found.id, "it is not encrypted by a key of this stack"))
        })
        .collect()
}

/// STK032.
pub(super) fn tls(subject: &Subject<'_>) -> Vec<Fault> {
    subject
        .resources()
        .filter_map(|found| {
            let (policy, list, action) = match found.kind {
                "AWS::SQS::Queue" => ("AWS::SQS::QueuePolicy", "Queues", "sqs:*"),
                "AWS::SNS::Topic" => ("AWS::SNS::TopicPolicy", "Topics", "sns:Publish"),
                "AWS::S3::Bucket" => ("AWS::S3::BucketPolicy", "Bucket", "s3:*"),
                _ => return None,
            };
            let guarded = subject
                .of_type(policy)
                .filter(|policy| names(&policy.properties[list], found.id))
                .flat_map(|policy| statements(&policy.properties["PolicyDocument"]))
                .any(|statement| refuses_plain(statement, action));
            (!guarded).then(|| Fault::at(found.id, "nothing refuses requests without TLS"))
        })
        .collect()
}

fn names(value: &Value, id: &str) -> bool {
    match value {
        Value::Array(many) => many.iter().any(|one| names(one, id)),
        one => referred_id(one).as_deref() == Some(id),
    }
}

fn refuses_plain(statement: &Value, action: &str) -> bool {
    statement["Effect"] == "Deny"
        && statement["Principal"] == "*"
        && statement["Action"] == action
        && statement["Condition"]["Bool"]["aws:SecureTransport"] == "false"
}

/// STK033.
pub(super) fn api(subject: &Subject<'_>) -> Vec<Fault> {
    let routes = subject
        .of_type("AWS::ApiGatewayV2::Route")
        .filter(|route| {
            let authorizer = subject.referred(&route.properties["AuthorizerId"]);
            match route.properties["AuthorizationType"].as_str() {
                Some("AWS_IAM") => false,
                Some("JWT") => authorizer.is_none_or(|a| a.properties["AuthorizerType"] != "JWT"),
                _ => true,
            }
        })
        .map(|route| Fault::at(route.id, "the route lets anybody in: set AuthorizationType"));
    let stages = subject
        .of_type("AWS::ApiGatewayV2::Stage")
        .flat_map(|stage| {
            let settings = &stage.properties["DefaultRouteSettings"];
            let throttles = number(&settings["ThrottlingRateLimit"]) > 0
                && number(&settings["ThrottlingBurstLimit"]) > 0;
            let log = &stage.properties["AccessLogSettings"]["DestinationArn"];
            let logs = subject
                .of_type("AWS::Logs::LogGroup")
                .any(|group| text(log).contains(&format!("${{{}}}", group.id)))
                && stage.properties["AccessLogSettings"]["Format"].is_string();
            let faults = [
                (!throttles).then(|| Fault::at(stage.id, "the stage does not throttle")),
                (!logs).then(|| Fault::at(stage.id, "the stage writes no access log")),
            ];
            faults.into_iter().flatten()
        });
    routes.chain(stages).collect()
}

/// STK034.
pub(super) fn tracing(subject: &Subject<'_>) -> Vec<Fault> {
    subject
        .resources()
        .filter(|found| match found.kind {
            "AWS::Lambda::Function" => found.properties["TracingConfig"]["Mode"] != "Active",
            STATE_MACHINE => found.properties["TracingConfiguration"]["Enabled"] != true,
            _ => false,
        })
        .map(|found| Fault::at(found.id, "it does not trace actively"))
        .collect()
}

/// STK035.
pub(super) fn logs(subject: &Subject<'_>) -> Vec<Fault> {
    let groups = subject
        .of_type("AWS::Logs::LogGroup")
        .filter(|group| number(&group.properties["RetentionInDays"]) == 0)
        .map(|group| {
            Fault::at(
                group.id,
                "the log group keeps everything for ever: set RetentionInDays",
            )
        });
    let functions = subject
        .of_type("AWS::Lambda::Function")
        .filter(|function| {
            subject
                .referred(&function.properties["LoggingConfig"]["LogGroup"])
                .is_none()
        })
        .map(|function| Fault::at(function.id, "the function has no declared log group"));
    let machines = subject.of_type(STATE_MACHINE).flat_map(|machine| {
        let logging = &machine.properties["LoggingConfiguration"];
        let group = &logging["Destinations"][0]["CloudWatchLogsLogGroup"]["LogGroupArn"];
        let declared = subject
            .referred(group)
            .is_some_and(|group| group.kind == "AWS::Logs::LogGroup");
        [
            (declared, "the state machine has no declared log group"),
            (
                logging["IncludeExecutionData"] != true,
                "the state machine logs what its states get and give: task tokens among it",
            ),
        ]
        .into_iter()
        .filter(|(holds, _)| !holds)
        .map(move |(_, fault)| Fault::at(machine.id, fault))
    });
    let roles = subject
        .of_type("AWS::IAM::Role")
        .filter(|role| {
            role_statements(role.resource).any(|statement| allows(statement, "logs:CreateLogGroup"))
        })
        .map(|role| {
            Fault::at(
                role.id,
                "the role may create log groups, which nothing would expire",
            )
        });
    groups
        .chain(functions)
        .chain(machines)
        .chain(roles)
        .collect()
}

/// STK036.
pub(super) fn data(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let keeps = subject.environment.keeps_data();
    for found in subject.resources() {
        let table = found.kind == "AWS::DynamoDB::Table";
        if !table && !matches!(found.kind, "AWS::KMS::Key" | "AWS::S3::Bucket") {
            continue;
        }
        if keeps && !retained(&found) {
            faults.push(Fault::at(
                found.id,
                "the environment keeps its data and this goes with the stack: retain it",
            ));
        }
        if table && keeps && found.properties["DeletionProtectionEnabled"] != true {
            faults.push(Fault::at(
                found.id,
                "the environment keeps its data and the table is not protected from deletion",
            ));
        }
        let recovers =
            &found.properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
        if table && (keeps || subject.environment.retention.recovery_days > 0) && *recovers != true
        {
            faults.push(Fault::at(
                found.id,
                "the table can't be restored to a point in time",
            ));
        }
    }
    faults
}

fn retained(found: &Found<'_>) -> bool {
    let policy = found.resource["DeletionPolicy"].as_str();
    matches!(policy, Some("Retain" | "RetainExceptOnCreate"))
        && found.resource["UpdateReplacePolicy"] == "Retain"
}

/// STK037.
pub(super) fn buckets(subject: &Subject<'_>) -> Vec<Fault> {
    subject
        .of_type("AWS::S3::Bucket")
        .flat_map(|bucket| {
            let properties = bucket.properties;
            let block = &properties["PublicAccessBlockConfiguration"];
            let blocked = [
                "BlockPublicAcls",
                "BlockPublicPolicy",
                "IgnorePublicAcls",
                "RestrictPublicBuckets",
            ]
            .iter()
            .all(|name| block[*name] == true);
            let owned = properties["OwnershipControls"]["Rules"][0]["ObjectOwnership"]
                == "BucketOwnerEnforced";
            let rules = properties["LifecycleConfiguration"]["Rules"].as_array();
            [
                (
                    properties["VersioningConfiguration"]["Status"] == "Enabled",
                    "the bucket keeps no versions",
                ),
                (blocked, "the bucket does not block all public access"),
                (owned, "the bucket lets objects have other owners"),
                (
                    rules.is_some_and(|rules| !rules.is_empty()),
                    "the bucket has no lifecycle",
                ),
            ]
            .into_iter()
            .filter(|(holds, _)| !holds)
            .map(move |(_, fault)| Fault::at(bucket.id, fault))
        })
        .collect()
}
