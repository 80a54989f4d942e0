//! `routes.txt`: event -> rule -> inbox -> handler -> emits, in the order of the lanes.

use crate::graph::{Graph, Path};
use crate::ids;
use std::fmt::Write as _;

/// A line for every API and every lane.
pub(crate) fn routes(graph: &Graph) -> String {
    let mut out = String::new();
    for handler in &graph.handlers {
        if !handler.inputs.routes.is_empty() {
            let keys: Vec<_> = handler
                .inputs
                .routes
                .iter()
                .map(contracts::handlers::ApiRoute::key)
                .collect();
            // Writing to a String never fails.
            let _ = writeln!(
                out,
                "{} -> {} -> {}",
                keys.join(", "),
                handler.name,
                emits(handler)
            );
        }
    }
    for lane in &graph.lanes {
        let between = match lane.path {
            Path::Direct => String::new(),
            Path::Queue { inbox } => format!(" -> {}", ids::queue(inbox).logical_id()),
            Path::Topic { topic, inbox } => format!(
                " -> {} -> {}",
                ids::topic(topic).logical_id(),
                ids::queue(inbox).logical_id()
            ),
        };
        let (name, emitted) = graph
            .handler(lane.handler)
            .map_or((lane.handler, "?".to_owned()), |handler| {
                (handler.name, emits(handler))
            });
        let _ = writeln!(
            out,
            "{} -> {}{between} -> {name} -> {emitted}",
            lane.event.name,
            ids::rule(lane.id).logical_id()
        );
    }
    out
}

fn emits(handler: &contracts::HandlerSpec) -> String {
    if handler.emits.is_empty() {
        return "-".to_owned();
    }
    let names: Vec<_> = handler.emits.iter().map(|event| event.name).collect();
    names.join(", ")
}
