//! The ways back, as the deployed template's queues carry them in their metadata.

use super::RedriveFailure;
use crate::deployed::{Bucket, Deployed, Queue, Target};
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
    /// This function (logical id, name) is invoked with the records of a stream that it gave up.
    Records {
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
            Way::Records { .. } => "records",
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
            Way::Invoke { id, .. } | Way::Records { id, .. } => Some(id),
            Way::Closed { to, .. } => to.as_deref(),
        }
    }
}

/// Where messages rest that could not be worked off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A queue.
    Queue(Queue),
    /// A bucket with an object for every batch of a stream that was given up.
    Bucket(Bucket),
}

/// A dead-letter queue, or a stream's bucket in its stead, and its way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterQueue {
    /// Where the messages rest.
    pub place: Place,
    /// How they come back.
    pub way: Way,
}

/// Every dead-letter queue of the stack, by logical id.
#[must_use]
pub fn dead_letter_queues(deployed: &Deployed) -> Vec<DeadLetterQueue> {
    deployed
        .with_ways_back()
        .filter_map(|(id, declared)| {
            let queue = deployed.queue(id).map(Place::Queue);
            Some(DeadLetterQueue {
                place: queue.or_else(|| deployed.bucket(id).map(Place::Bucket))?,
                way: way(deployed, declared),
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
        ("records", Some(Target::Function { id, name })) => Some(Way::Records { id, name }),
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
    let known = || all.iter().map(|dlq| dlq.id().to_owned()).collect();
    all.iter()
        .find(|dlq| dlq.id() == id_or_name || dlq.name() == id_or_name)
        .cloned()
        .ok_or_else(|| RedriveFailure::NoSuchQueue {
            name: id_or_name.to_owned(),
            known: known(),
        })
}

impl DeadLetterQueue {
    /// Its logical id.
    #[must_use]
    pub fn id(&self) -> &str {
        match &self.place {
            Place::Queue(queue) => &queue.id,
            Place::Bucket(bucket) => &bucket.id,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.place {
            Place::Queue(queue) => &queue.name,
            Place::Bucket(bucket) => &bucket.name,
        }
    }

    /// Whether messages can be put back at all.
    ///
    /// # Errors
    /// When the way back can't be followed, and why.
    pub fn open(&self) -> Result<(), RedriveFailure> {
        let queue = self.id().to_owned();
        match &self.way {
            Way::Closed { kind, to } => Err(match (kind.as_str(), to) {
                ("move" | "send" | "invoke" | "records", Some(to)) => RedriveFailure::NoTarget {
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
