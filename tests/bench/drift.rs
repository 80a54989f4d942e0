//! The floor of `drift`: which requests it makes is recorded once, and then they are made again by a bare client, that
//! is without resolving, reading and comparing anything.

use crate::floor::{STACK, deployed_template};
use crate::measure::median;
use cfn::Template;
use drift::{Api, Call, Deployed, Place, Readers, Target, Trouble, detect};
use e2e::{Clients, Failure};
use requests::Signed;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::{JoinSet, LocalSet};

/// How many requests the bare client makes at once; as many as there are readers.
const AT_ONCE: usize = 16;

/// The median time of the same requests.
pub async fn floor(clients: &Clients) -> Result<Duration, Failure> {
    let recording = Recording {
        client: Signed::new(&clients.config).await?,
        calls: RefCell::default(),
    };
    record(clients, &recording).await?;
    let client = Rc::new(recording.client);
    let calls: Rc<[Call]> = recording.calls.into_inner().into();
    let mut times = Vec::new();
    for _ in 0..crate::RUNS {
        let begun = Instant::now();
        let mut lanes = JoinSet::new();
        let local = LocalSet::new();
        for lane in 0..AT_ONCE {
            let (client, calls) = (Rc::clone(&client), Rc::clone(&calls));
            lanes.spawn_local_on(
                async move {
                    for call in calls.iter().skip(lane).step_by(AT_ONCE) {
                        // A refusal is an answer too: what is not set, is not there.
                        let _ = client.call(call).await;
                    }
                },
                &local,
            );
        }
        local.run_until(lanes.join_all()).await;
        times.push(begun.elapsed());
    }
    Ok(median(times))
}

/// One detection, for its requests.
async fn record(clients: &Clients, recording: &Recording) -> Result<(), Failure> {
    let answer = clients
        .cloudformation
        .describe_stacks()
        .stack_name(STACK)
        .send()
        .await?;
    let stack = answer.stacks().first().ok_or("the stack is not there")?;
    let tags = stack.tags().iter();
    let tags = tags.filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())));
    let mut physical = BTreeMap::new();
    let mut pages = clients
        .cloudformation
        .list_stack_resources()
        .stack_name(STACK)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        for resource in page?.stack_resource_summaries() {
            if let (Some(logical), Some(id)) = (
                resource.logical_resource_id(),
                resource.physical_resource_id(),
            ) {
                physical.insert(logical.to_owned(), id.to_owned());
            }
        }
    }
    let deployed = Deployed {
        template: &Template::parse(&deployed_template(clients).await?)?,
        place: &Place {
            partition: "aws".to_owned(),
            region: clients.region.clone(),
            account: clients.account.clone(),
            stack_name: STACK.to_owned(),
            stack_id: stack.stack_id().unwrap_or_default().to_owned(),
        },
        physical: &physical,
        tags: &tags.collect(),
        target: Target::Local,
    };
    detect(&deployed, &Readers::new(recording), &mut |_, _| {}).await?;
    Ok(())
}

/// A client that notes what it is asked.
struct Recording {
    client: Signed,
    calls: RefCell<Vec<Call>>,
}

impl Api for Recording {
    async fn call(&self, call: &Call) -> Result<Value, Trouble> {
        self.calls.borrow_mut().push(call.clone());
        self.client.call(call).await
    }
}
