//! STK016: whoever delivers may write there and use its key (R8). Services come in by the resource's policy *and* the
//! key's; a function's failures by its execution role.

use super::finding::Fault;
use super::subject::{Found, Subject, allows, condition, is_for, referred_id, statements, targets};
use crate::constructs::policies::{CLOUDWATCH, EVENTBRIDGE, SNS};
use crate::views::{list, statements as role_statements, text};
use serde_json::Value;

/// One delivery: who, on behalf of what, to what.
struct Delivery<'a> {
    service: &'static str,
    source: &'a str,
    to: &'a Value,
}

/// STK016.
pub(super) fn may_write(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults: Vec<Fault> = deliveries(subject)
        .iter()
        .filter_map(|delivery| judge(subject, delivery))
        .collect();
    faults.extend(failures(subject));
    faults
}

fn deliveries<'a>(subject: &Subject<'a>) -> Vec<Delivery<'a>> {
    let mut all = Vec::new();
    for found in subject.resources() {
        let mut add = |service, to: &'a Value| {
            all.push(Delivery {
                service,
                source: found.id,
                to,
            });
        };
        match found.kind {
            "AWS::Events::Rule" => {
                for target in targets(found.properties) {
                    add(EVENTBRIDGE, &target["Arn"]);
                    add(EVENTBRIDGE, &target["DeadLetterConfig"]["Arn"]);
                }
            }
            "AWS::Events::EventBus" => {
                add(EVENTBRIDGE, &found.properties["DeadLetterConfig"]["Arn"])
            }
            "AWS::SNS::Subscription" => {
                add(SNS, &found.properties["Endpoint"]);
                add(
                    SNS,
                    &found.properties["RedrivePolicy"]["deadLetterTargetArn"],
                );
            }
            "AWS::CloudWatch::Alarm" => {
                for action in found.properties["AlarmActions"]
                    .as_array()
                    .into_iter()
                    .flatten()
                {
                    add(CLOUDWATCH, action);
                }
            }
            _ => {}
        }
    }
    all
}

fn judge(subject: &Subject<'_>, delivery: &Delivery<'_>) -> Option<Fault> {
    let to = subject.referred(delivery.to)?;
    let (service, source) = (delivery.service, delivery.source);
    let allowed = match to.kind {
        "AWS::Lambda::Function" => invocable(subject, to.id, source),
        "AWS::SQS::Queue" => policy_allows(subject, "AWS::SQS::QueuePolicy", &to, |statement| {
            let of = sender(subject, delivery);
            allows(statement, "sqs:SendMessage")
                && is_for(statement, service)
                && condition(statement, "ArnEquals", "aws:SourceArn").contains(&of)
        }),
        "AWS::SNS::Topic" => policy_allows(subject, "AWS::SNS::TopicPolicy", &to, |statement| {
            allows(statement, "sns:Publish") && is_for(statement, service)
        }),
        _ => true,
    };
    if !allowed {
        return Some(Fault::at(
            to.id,
            format!("{source} delivers to it and no policy lets {service} in on its behalf"),
        ));
    }
    let key = subject.referred(&to.properties["KmsMasterKeyId"])?;
    let usable = ["kms:Decrypt", "kms:GenerateDataKey"].iter().all(|action| {
        statements(&key.properties["KeyPolicy"])
            .any(|statement| allows(statement, action) && is_for(statement, service))
    });
    (!usable).then(|| {
        Fault::at(
            key.id,
            format!("{service} delivers to {} and may not use its key", to.id),
        )
    })
}

/// Whose ARN the service acts for: the rule, the bus, or the subscription's topic.
fn sender(subject: &Subject<'_>, delivery: &Delivery<'_>) -> String {
    let topic = subject
        .template
        .resource(delivery.source)
        .map(|resource| &resource["Properties"]["TopicArn"])
        .filter(|topic| topic.is_object());
    topic.map_or_else(|| format!("${{{}.Arn}}", delivery.source), text)
}

fn policy_allows(
    subject: &Subject<'_>,
    kind: &'static str,
    to: &Found<'_>,
    wanted: impl Fn(&Value) -> bool,
) -> bool {
    subject
        .of_type(kind)
        .filter(|policy| {
            ["Queues", "Topics"].iter().any(|list| {
                let members = policy.properties[*list].as_array();
                members
                    .into_iter()
                    .flatten()
                    .any(|member| referred_id(member).as_deref() == Some(to.id))
            })
        })
        .flat_map(|policy| statements(&policy.properties["PolicyDocument"]))
        .any(wanted)
}

fn invocable(subject: &Subject<'_>, function: &str, rule: &str) -> bool {
    subject
        .of_type("AWS::Lambda::Permission")
        .any(|permission| {
            let properties = permission.properties;
            referred_id(&properties["FunctionName"]).as_deref() == Some(function)
                && referred_id(&properties["SourceArn"]).as_deref() == Some(rule)
                && properties["Principal"] == EVENTBRIDGE
        })
}

/// What is written by a role's hand: a function's failures, what it gave up of a stream, wakings that did not arrive.
fn failures(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for found in subject.resources() {
        let properties = found.properties;
        let on_failure = &properties["DestinationConfig"]["OnFailure"]["Destination"];
        let (role, destination) = match found.kind {
            "AWS::Lambda::EventInvokeConfig" | "AWS::Lambda::EventSourceMapping" => {
                let function = subject.referred(&properties["FunctionName"]);
                let role = function.and_then(|f| subject.referred(&f.properties["Role"]));
                (role, on_failure)
            }
            "AWS::Scheduler::Schedule" => {
                let target = &properties["Target"];
                (
                    subject.referred(&target["RoleArn"]),
                    &target["DeadLetterConfig"]["Arn"],
                )
            }
            _ => continue,
        };
        let (Some(role), Some(to)) = (role, subject.referred(destination)) else {
            continue;
        };
        let action = if to.kind == "AWS::S3::Bucket" {
            "s3:PutObject"
        } else {
            "sqs:SendMessage"
        };
        let named = text(destination);
        let may = role_statements(role.resource).any(|statement| {
            allows(statement, action)
                && list(statement.get("Resource"))
                    .iter()
                    .any(|on| *on == named || on.starts_with(&format!("{named}/")))
        });
        if !may {
            faults.push(Fault::at(
                role.id,
                format!(
                    "{} fails to {named} and its role may not write there",
                    found.id
                ),
            ));
        }
    }
    faults
}
