//! Rules about keys (R19): what roles need to use encrypted resources, and what the keys' own policies say.

use super::finding::Fault;
use super::subject::{Found, Subject, allows, condition, is_for, statements};
use crate::constructs::policies::EVENTBRIDGE;
use crate::ids;
use crate::views::{list, statements as role_statements, text};
use serde_json::{Value, json};

/// Actions that write, and so need a data key.
const WRITES: &[&str] = &[
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "s3:PutObject",
    "sns:Publish",
    "sqs:SendMessage",
];

/// STK023. Bus and log groups are left out: EventBridge and CloudWatch Logs use their keys themselves.
pub(super) fn grants(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for role in subject.of_type("AWS::IAM::Role") {
        for statement in role_statements(role.resource) {
            let resources = match &statement["Resource"] {
                Value::Array(many) => many.as_slice(),
                one => std::slice::from_ref(one),
            };
            for resource in resources {
                let Some((key, service)) = subject.referred(resource).and_then(encrypted) else {
                    continue;
                };
                let writes = WRITES.iter().any(|action| allows(statement, action));
                let needed: &[&str] = if writes {
                    &["kms:Decrypt", "kms:GenerateDataKey"]
                } else {
                    &["kms:Decrypt"]
                };
                for action in needed {
                    if !may_use(&role, action, &key, service) {
                        faults.push(Fault::at(
                            role.id,
                            format!(
                                "it is granted {} and may not {action} \
                                with {key} through {service}",
                                text(resource)
                            ),
                        ));
                    }
                }
            }
        }
    }
    faults
}

/// The key of an encrypted resource, and the service that uses it on a role's behalf.
fn encrypted(found: Found<'_>) -> Option<(String, &'static str)> {
    let properties = found.properties;
    let (key, service) = match found.kind {
        "AWS::SQS::Queue" => (&properties["KmsMasterKeyId"], "sqs"),
        "AWS::SNS::Topic" => (&properties["KmsMasterKeyId"], "sns"),
        "AWS::DynamoDB::Table" => (
            &properties["SSESpecification"]["KMSMasterKeyId"],
            "dynamodb",
        ),
        "AWS::S3::Bucket" => (bucket_key(properties), "s3"),
        _ => return None,
    };
    key.is_object().then(|| (text(key), service))
}

/// The key that a bucket's objects are encrypted by.
pub(super) fn bucket_key(properties: &Value) -> &Value {
    &properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"]
        ["KMSMasterKeyID"]
}

fn may_use(role: &Found<'_>, action: &str, key: &str, service: &str) -> bool {
    let through = format!("{service}.${{AWS::Region}}.amazonaws.com");
    role_statements(role.resource).any(|statement| {
        allows(statement, action)
            && list(statement.get("Resource")).iter().any(|on| on == key)
            && condition(statement, "StringEquals", "kms:ViaService").contains(&through)
    })
}

/// STK031.
pub(super) fn policies(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for key in subject.of_type("AWS::KMS::Key") {
        if key.properties["EnableKeyRotation"] != true {
            faults.push(Fault::at(key.id, "the key does not rotate"));
        }
        let policy = &key.properties["KeyPolicy"];
        let root = json!({ "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" });
        if !statements(policy)
            .any(|statement| allows(statement, "kms:*") && statement["Principal"]["AWS"] == root)
        {
            faults.push(Fault::at(
                key.id,
                "the account does not administer the key: nobody could change its policy again",
            ));
        }
        for statement in statements(policy).filter(|statement| is_for(statement, EVENTBRIDGE)) {
            faults.extend(events_statement(&key, statement));
        }
        let public = statements(policy).any(|statement| {
            statement["Effect"] == "Allow" && text(&statement["Principal"]) == "*"
        });
        if public {
            faults.push(Fault::at(key.id, "a statement lets everybody use the key"));
        }
    }
    faults
}

/// EventBridge's use of a key: of the bus's by encryption context; of queues and topics without a condition, since it
/// supports no `aws:Source*` there.
fn events_statement(key: &Found<'_>, statement: &Value) -> Option<Fault> {
    let conditions = statement["Condition"].to_string();
    if key.id == ids::MESSAGING_KEY && conditions.to_lowercase().contains("aws:source") {
        return Some(Fault::at(
            key.id,
            "EventBridge supports no aws:Source* condition for \
            encrypted queues and topics: deliveries would fail",
        ));
    }
    let of_bus = !condition(
        statement,
        "StringEquals",
        "kms:EncryptionContext:aws:events:event-bus:arn",
    )
    .is_empty();
    (key.id == ids::DATA_KEY && allows(statement, "kms:Decrypt") && !of_bus).then(|| {
        Fault::at(
            key.id,
            "EventBridge may use the key for other buses: \
            condition it on the bus's encryption context",
        )
    })
}

/// STK028. Direct use without a context would open whatever the key ever encrypted.
pub(super) fn uses(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for role in subject.of_type("AWS::IAM::Role") {
        for statement in role_statements(role.resource) {
            let mut actions = list(statement.get("Action")).into_iter();
            let conditions = statement["Condition"].to_string();
            let bound = conditions.contains("kms:ViaService")
                || conditions.contains("kms:EncryptionContext");
            if actions.any(|action| action.starts_with("kms:")) && !bound {
                faults.push(Fault::at(
                    role.id,
                    format!(
                        "the statement {} lets it use a key by itself and for anything",
                        text(&statement["Sid"])
                    ),
                ));
            }
        }
    }
    faults
}
