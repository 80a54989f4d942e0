//! From the graph to resources: what every handler, inbox, topic and lane of the graph needs. Nothing is said twice:
//! the lanes say what is connected, this says in which order it is built.

use crate::artifacts::Artifacts;
use crate::constructs::Site;
use crate::constructs::expiry::expiry;
use crate::constructs::function::function;
use crate::constructs::http_api::http_api;
use crate::constructs::inbox::inbox;
use crate::constructs::mapping::mapping;
use crate::constructs::policies::EVENTBRIDGE;
use crate::constructs::route::routes;
use crate::constructs::schedule::schedule;
use crate::constructs::stream::{stream, stream_failures};
use crate::constructs::topic::{subscribe, topic};
use crate::environment::Environment;
use crate::graph::{Graph, Path, SharedRule};
use crate::ids;
use crate::machines::machines;
use crate::observability::observability;
use crate::shared::shared;
use cfn::{Handle, Principal, Stack, Statement, sns};

/// The stack of an environment.
pub(crate) fn build(environment: &Environment, artifacts: &Artifacts, graph: &Graph) -> Stack {
    let mut stack = Stack::new(format!(
        "Event-driven vendors and invoices: {}",
        environment.name
    ));
    for (key, value) in &environment.tags {
        stack.tag(key, value);
    }
    stack.tag("environment", &environment.name);
    let mut site = Site {
        stack: &mut stack,
        environment,
        artifacts,
        graph,
    };
    shared(&mut site);
    stream_failures(&mut site);
    handlers(&mut site);
    machines(&mut site);
    http_api(&mut site);
    inboxes(&mut site);
    topics(&mut site);
    lanes(&mut site);
    observability(&mut site);
    expiry(&mut site);
    stack
}

fn handlers(site: &mut Site<'_>) {
    for handler in &site.graph.handlers {
        function(site, handler);
        for table in handler.inputs.changes {
            stream(site, handler, *table);
        }
        if let Some(minutes) = handler.inputs.every_minutes {
            schedule(site, handler, minutes);
        }
    }
}

fn inboxes(site: &mut Site<'_>) {
    for (id, handler) in site.graph.inboxes() {
        inbox(site, id, handler);
        mapping(site, id, handler.id);
    }
}

fn topics(site: &mut Site<'_>) {
    for (id, lanes) in site.graph.topics() {
        let handle = ids::topic(id);
        let topic = topic(site, handle.logical_id().as_str(), |topic| {
            Some(published_by_rules(topic))
        });
        let mut subscribed = Vec::new();
        for inbox in lanes.iter().filter_map(|lane| lane.path.inbox()) {
            if !subscribed.contains(&inbox) {
                subscribe(site, &topic, inbox);
                subscribed.push(inbox);
            }
        }
    }
}

/// Without a condition: EventBridge supports none in a topic's policy.
fn published_by_rules(topic: &Handle<sns::Topic>) -> Statement {
    Statement::allow()
        .sid("AllowEvents")
        .principal(Principal::service(EVENTBRIDGE))
        .action("sns:Publish")
        .on(topic.arn())
}

/// Rules that deliver to the same target are built together: they share its dead-letter queue.
fn lanes(site: &mut Site<'_>) {
    let rules = site.graph.rules();
    let mut groups: Vec<((&str, bool), Vec<&SharedRule<'_>>)> = Vec::new();
    for rule in &rules {
        let target = (rule.first.target(), rule.first.path == Path::Direct);
        match groups.iter_mut().find(|(id, _)| *id == target) {
            Some((_, rules)) => rules.push(rule),
            None => groups.push((target, vec![rule])),
        }
    }
    for (_, rules) in groups {
        routes(site, &rules);
    }
}
