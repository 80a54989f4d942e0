//! Changes as somebody would make them by hand, as requests, with what `drift` must say of each.

mod beside;
mod compute;
mod data;
mod messaging;
mod settings;

use crate::environment::Deployed;
use ::drift::{Call, Service};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One change.
pub struct Change {
    pub name: &'static str,
    pub calls: Vec<Call>,
    /// Logical id of the resource, or of the one that it hangs on.
    pub owner: &'static str,
    pub kind: &'static str,
    /// What the path begins with.
    pub path: &'static str,
    pub risk: &'static str,
}

/// Physical ids of the deployed stack.
pub struct Scene {
    ids: BTreeMap<String, String>,
    account: String,
    region: String,
}

impl Scene {
    pub async fn of(deployed: &Deployed) -> Self {
        let clients = deployed.clients();
        let mut ids = BTreeMap::new();
        let mut pages = clients
            .cloudformation
            .list_stack_resources()
            .stack_name(format!("invoicing-{}", deployed.name))
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            for resource in page.unwrap().stack_resource_summaries() {
                ids.insert(
                    resource.logical_resource_id().unwrap().to_owned(),
                    resource
                        .physical_resource_id()
                        .unwrap_or_default()
                        .to_owned(),
                );
            }
        }
        Self {
            ids,
            account: clients.account,
            region: clients.region,
        }
    }

    fn id(&self, logical_id: &str) -> &str {
        self.ids
            .get(logical_id)
            .unwrap_or_else(|| panic!("no {logical_id}"))
    }

    /// The last part of an id: `bus|rule`, `api/route`, a queue's URL.
    fn name(&self, logical_id: &str) -> &str {
        self.id(logical_id).rsplit(['|', '/', ':']).next().unwrap()
    }

    fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{rest}", self.region, self.account)
    }
}

fn open(action: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}]})
    .to_string()
}

pub fn visibility(scene: &Scene, seconds: &str) -> Call {
    queue(scene, "ValidationQueue", "VisibilityTimeout", seconds)
}

fn queue(scene: &Scene, id: &str, name: &str, value: &str) -> Call {
    let input = json!({"QueueUrl": scene.id(id), "Attributes": {name: value}});
    Call::new(Service::Sqs, "SetQueueAttributes", input)
}

fn lambda(operation: &'static str, method: &'static str, path: String, input: Value) -> Call {
    Call::at(Service::Lambda, operation, method, path, input)
}

const fn change(
    name: &'static str,
    (owner, kind, path): (&'static str, &'static str, &'static str),
    risk: &'static str,
    calls: Vec<Call>,
) -> Change {
    Change {
        name,
        calls,
        owner,
        kind,
        path,
        risk,
    }
}

/// All of them.
pub fn all(scene: &Scene) -> Vec<Change> {
    [
        messaging::queues(scene),
        messaging::topics(scene),
        data::tables(scene),
        compute::functions(scene),
        data::roles(scene),
        messaging::events(scene),
        data::logs_and_alarms(scene),
        data::buckets_and_keys(scene),
        compute::api(scene),
        compute::machines(scene),
        settings::of_data(scene),
        settings::of_flow(scene),
        beside::pointing(scene),
        beside::derived(scene),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub use beside::gone;

/// The changes in rounds, no two of one resource in the same: what is made, found and put back together.
pub fn rounds(changes: Vec<Change>) -> Vec<Vec<Change>> {
    let mut rounds: Vec<Vec<Change>> = Vec::new();
    for change in changes {
        let free = rounds
            .iter_mut()
            .find(|round| round.iter().all(|other| other.owner != change.owner));
        match free {
            Some(round) => round.push(change),
            None => rounds.push(vec![change]),
        }
    }
    rounds
}
