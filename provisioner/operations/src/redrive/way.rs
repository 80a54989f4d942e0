//! The ways back, as the deployed template's queues carry them in their metadata.

use super::RedriveFailure;
use crate::deployed::{Deployed, Queue, Target};
use serde_json::Value;

/// How a queue's messages come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Moved into the queue that they fell out of.
    Move(Queue),
    /// Sent to this one target of rules, or to the queue that a topic could not deliver to.
    Send(Target),
    /// Sent to the target that their attributes name.
    SendNamed,
    /// This function (logical id, name) is invoked with what it failed on.
    Invoke {
        /// Its logical id.
        id: String,
        /// Its name.
        name: String,
    },
    /// Of a kind or to a place that can't be followed from here.
    Closed {
        /// The kind.
        kind: String,
        /// Where to.
        to: Option<String>,
    },
}

impl Way {
    /// The kind's name in the template and in JSON.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Way::Move(_) => "move",
            Way::Send(_) => "send",
            Way::SendNamed => "send-named",
            Way::Invoke { .. } => "invoke",
            Way::Closed { kind, .. } => kind,
        }
    }

    /// Logical id of where messages go; none where each message names it.
    #[must_use]
    pub fn to(&self) -> Option<&str> {
        match self {
            Way::Move(queue) => Some(&queue.id),
            Way::Send(target) => Some(target.id()),
            Way::SendNamed => None,
            Way::Invoke { id, .. } => Some(id),
            Way::Closed { to, .. } => to.as_deref(),
        }
    }
}

/// A dead-letter queue and its way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterQueue {
    /// The queue.
    pub queue: Queue,
    /// How its messages come back.
    pub way: Way,
}

/// Every dead-letter queue of the stack, by logical id.
#[must_use]
pub fn dead_letter_queues(deployed: &Deployed) -> Vec<DeadLetterQueue> {
    deployed
        .of_type("AWS::SQS::Queue")
        .filter(|(_, resource)| resource.metadata["WayBack"].is_object())
        .filter_map(|(id, resource)| {
            Some(DeadLetterQueue {
                queue: deployed.queue(id)?,
                way: way(deployed, &resource.metadata["WayBack"]),
            })
        })
        .collect()
}

fn way(deployed: &Deployed, declared: &Value) -> Way {
    let kind = declared["kind"].as_str().unwrap_or_default();
    let to = declared["to"].as_str();
    let open = match (kind, to.and_then(|to| deployed.target(to))) {
        ("move", Some(Target::Queue(queue))) => Some(Way::Move(queue)),
        ("send", Some(target)) => Some(Way::Send(target)),
        ("send-named", _) => Some(Way::SendNamed),
        ("invoke", Some(Target::Function { id, name })) => Some(Way::Invoke { id, name }),
        _ => None,
    };
    open.unwrap_or_else(|| Way::Closed {
        kind: kind.to_owned(),
        to: to.map(str::to_owned),
    })
}

/// The dead-letter queue with this logical id or name.
///
/// # Errors
/// When there is none, or its way back can't be followed.
pub fn dead_letter_queue(
    deployed: &Deployed,
    id_or_name: &str,
) -> Result<DeadLetterQueue, RedriveFailure> {
    let all = dead_letter_queues(deployed);
    let known = || all.iter().map(|dlq| dlq.queue.id.clone()).collect();
    all.iter()
        .find(|dlq| dlq.queue.id == id_or_name || dlq.queue.name == id_or_name)
        .cloned()
        .ok_or_else(|| RedriveFailure::NoSuchQueue {
            name: id_or_name.to_owned(),
            known: known(),
        })
}

impl DeadLetterQueue {
    /// Whether messages can be put back at all.
    ///
    /// # Errors
    /// When the way back can't be followed, and why.
    pub fn open(&self) -> Result<(), RedriveFailure> {
        let queue = self.queue.id.clone();
        match &self.way {
            Way::Closed { kind, to } => Err(match (kind.as_str(), to) {
                ("move" | "send" | "invoke", Some(to)) => RedriveFailure::NoTarget {
                    queue,
                    to: to.clone(),
                },
                _ => RedriveFailure::UnknownWay {
                    queue,
                    kind: kind.clone(),
                },
            }),
            _ => Ok(()),
        }
    }
}
