//! What putting one message back means, by the kind of its queue's way: which call, with what. Pure; a message that can't
//! go back says why.

use super::letter::{Letter, unwrapped};
use super::ports::Outgoing;
use super::way::{DeadLetterQueue, Way};
use crate::deployed::{Deployed, Queue, Target};
use serde_json::Value;
use std::collections::BTreeMap;

/// One delivery that puts a message back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Into each of these queues.
    Queues(Vec<Queue>, Outgoing),
    /// To a function by name, with a payload.
    Function(String, String),
    /// To a function by name that must answer, with the records of a stream.
    Stream(String, String),
}

/// Why a message can't be put back. It stays where it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreturnable {
    /// EventBridge could not decrypt it, and what it left is encrypted.
    #[error(
        "its event is encrypted with the key {key}: decrypt `encrypted-payload` with the AWS Encryption CLI and that key, then send the event with the message's attributes to this queue again"
    )]
    Encrypted {
        /// The key's ARN.
        key: String,
    },
    /// It was meant for something else than this queue's way leads to.
    #[error("it was meant for {target}, which this queue's messages do not go to")]
    MeantForAnother {
        /// What it names.
        target: String,
    },
    /// It names no target.
    #[error("it names no target (no attribute TARGET_ARN or RULE_ARN)")]
    NamesNone,
    /// It is no event of ours and nobody says that it should go there.
    #[error("it is not an event of ours, and no attribute says where it was meant to go")]
    Foreign,
    /// A function takes JSON only.
    #[error("its body is no JSON, which is all that a function takes")]
    NotJson,
    /// Lambda's record of a failed invocation without what the function was invoked with.
    #[error("it is no record of a failed invocation: it has no `requestPayload`")]
    NoPayload,
    /// Lambda's record of a batch that was given up without the batch.
    #[error("it is no record of a stream's batch: it has no `payload`")]
    NoRecords,
    /// The topic has no queue to send to.
    #[error("no queue is subscribed to {topic}")]
    NobodySubscribed {
        /// The topic's logical id.
        topic: String,
    },
    /// The way itself is closed.
    #[error("its way back ({kind}) can't be followed")]
    Closed {
        /// The kind.
        kind: String,
    },
}

/// How a message goes back.
pub(crate) fn put_back(
    letter: &Letter,
    dlq: &DeadLetterQueue,
    deployed: &Deployed,
) -> Result<Delivery, Unreturnable> {
    match &dlq.way {
        // Whatever it is: the queue's function decides again, now that the cause is mended.
        Way::Move(queue) => Ok(Delivery::Queues(vec![queue.clone()], as_it_was(letter))),
        Way::Send(target) => {
            let body = judged(letter)?;
            match (named(letter, deployed)?, body) {
                (Some(named), _) if named.id() == target.id() => {}
                (Some(named), _) => {
                    return Err(Unreturnable::MeantForAnother {
                        target: named.id().to_owned(),
                    });
                }
                (None, _) if letter.carried().event_type.is_some() => {}
                (None, _) => return Err(Unreturnable::Foreign),
            }
            deliver(letter, target)
        }
        Way::SendNamed => {
            judged(letter)?;
            let target = named(letter, deployed)?.ok_or(Unreturnable::NamesNone)?;
            deliver(letter, &target)
        }
        Way::Invoke { name, .. } => invoke(letter, name),
        Way::Records { name, .. } => records(letter, name),
        Way::Closed { kind, .. } => Err(Unreturnable::Closed { kind: kind.clone() }),
    }
}

/// The message as JSON, where it is, unless it is encrypted.
fn judged(letter: &Letter) -> Result<Option<Value>, Unreturnable> {
    let body: Option<Value> = serde_json::from_str(&letter.body).ok();
    if let Some(event) = &body
        && event["detail"]["encrypted-payload"].is_string()
        && event["detail-type"] == "Encrypted Events"
    {
        let key = event["detail"]["kms-key-arn"].as_str();
        return Err(Unreturnable::Encrypted {
            key: key.unwrap_or("that the bus names").to_owned(),
        });
    }
    Ok(body)
}

/// The target of ours that the message names; none when it names none at all.
fn named(letter: &Letter, deployed: &Deployed) -> Result<Option<Target>, Unreturnable> {
    let another = |target: &str| Unreturnable::MeantForAnother {
        target: target.to_owned(),
    };
    if let Some(arn) = letter.text("TARGET_ARN") {
        return deployed
            .target_by_arn(arn)
            .map(Some)
            .ok_or_else(|| another(arn));
    }
    let Some(arn) = letter.text("RULE_ARN") else {
        return Ok(None);
    };
    let rule = deployed.rule_named(arn).ok_or_else(|| another(arn))?;
    match deployed.targets_of_rule(rule)[..] {
        [target] => Ok(deployed.target(target)),
        _ => Err(another(arn)),
    }
}

fn deliver(letter: &Letter, target: &Target) -> Result<Delivery, Unreturnable> {
    match target {
        Target::Function { name, .. } => {
            let body = message(letter);
            if serde_json::from_str::<Value>(&body).is_err() {
                return Err(Unreturnable::NotJson);
            }
            Ok(Delivery::Function(name.clone(), body))
        }
        Target::Queue(queue) => Ok(Delivery::Queues(vec![queue.clone()], plain(letter))),
        Target::Topic { id, subscribed } if subscribed.is_empty() => {
            Err(Unreturnable::NobodySubscribed { topic: id.clone() })
        }
        Target::Topic { subscribed, .. } => Ok(Delivery::Queues(subscribed.clone(), plain(letter))),
    }
}

fn invoke(letter: &Letter, function: &str) -> Result<Delivery, Unreturnable> {
    let record: Value = serde_json::from_str(&letter.body).map_err(|_| Unreturnable::NoPayload)?;
    let payload = &record["requestPayload"];
    if payload.is_null() {
        return Err(Unreturnable::NoPayload);
    }
    of_function(&record, function)?;
    Ok(Delivery::Function(function.to_owned(), payload.to_string()))
}

/// The batch of a stream that Lambda wrote down, as a text or as it was.
fn records(letter: &Letter, function: &str) -> Result<Delivery, Unreturnable> {
    let record: Value = serde_json::from_str(&letter.body).map_err(|_| Unreturnable::NoRecords)?;
    let payload = match &record["payload"] {
        Value::String(text) => serde_json::from_str(text).map_err(|_| Unreturnable::NoRecords)?,
        other => other.clone(),
    };
    if !payload["Records"].is_array() {
        return Err(Unreturnable::NoRecords);
    }
    of_function(&record, function)?;
    Ok(Delivery::Stream(function.to_owned(), payload.to_string()))
}

/// A failed invocation must be this function's.
fn of_function(record: &Value, function: &str) -> Result<(), Unreturnable> {
    let Some(arn) = record["requestContext"]["functionArn"].as_str() else {
        return Ok(());
    };
    let name = arn.split(":function:").nth(1).unwrap_or_default();
    if name.split(':').next() == Some(function) {
        return Ok(());
    }
    Err(Unreturnable::MeantForAnother {
        target: arn.to_owned(),
    })
}

/// The message that was to be delivered: SNS wraps it where it gives up.
fn message(letter: &Letter) -> String {
    let body = serde_json::from_str::<Value>(&letter.body).unwrap_or_default();
    unwrapped(&body).map_or_else(|| letter.body.clone(), str::to_owned)
}

/// Without what the deliverer wrote about its failure.
fn plain(letter: &Letter) -> Outgoing {
    Outgoing {
        body: message(letter),
        attributes: BTreeMap::new(),
        trace: letter.trace.clone(),
    }
}

fn as_it_was(letter: &Letter) -> Outgoing {
    Outgoing {
        body: letter.body.clone(),
        attributes: letter.attributes.clone(),
        trace: letter.trace.clone(),
    }
}
