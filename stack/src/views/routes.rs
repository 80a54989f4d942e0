//! `routes.txt`: what invokes each handler, and what it emits: routes, events by their lanes, changes, schedules, tasks.

use crate::graph::{Graph, Path};
use crate::ids;
use contracts::HandlerSpec;
use contracts::handlers::ApiRoute;
use std::fmt::Write as _;

/// A line for every handler's API, for every lane, and for every stream, schedule and task.
pub(crate) fn routes(graph: &Graph) -> String {
    let mut out = String::new();
    // Writing to a String never fails.
    let mut line = |from: &str, to: &HandlerSpec| {
        let _ = writeln!(out, "{from} -> {} -> {}", to.name, emits(to));
    };
    for handler in &graph.handlers {
        let keys: Vec<_> = handler.inputs.routes.iter().map(ApiRoute::key).collect();
        if !keys.is_empty() {
            line(&keys.join(", "), handler);
        }
    }
    for lane in &graph.lanes {
        let Some(handler) = graph.handler(lane.handler) else {
            continue;
        };
        let between = match lane.path {
            Path::Direct => String::new(),
            Path::Queue { inbox } => format!(" -> {}", ids::queue(inbox).logical_id()),
            Path::Topic { topic, inbox } => format!(
                " -> {} -> {}",
                ids::topic(topic).logical_id(),
                ids::queue(inbox).logical_id()
            ),
        };
        let events: Vec<_> = lane.events.iter().map(|event| event.name).collect();
        let rule = ids::rule(lane.id);
        line(
            &format!("{} -> {}{between}", events.join(", "), rule.logical_id()),
            handler,
        );
    }
    for (table, handler) in graph.followed() {
        let mapping = ids::stream_mapping(handler.id, table);
        let table = table.spec().logical_id;
        line(&format!("changes of {table} -> {mapping}"), handler);
    }
    for handler in &graph.handlers {
        if let Some(minutes) = handler.inputs.every_minutes {
            let schedule = ids::schedule(handler.id);
            line(
                &format!("every {minutes} min -> {}", schedule.logical_id()),
                handler,
            );
        }
        for task in handler.inputs.tasks {
            let kind = if task.callback {
                "task, answered by token"
            } else {
                "task"
            };
            line(&format!("{kind} {}", task.name), handler);
        }
    }
    out
}

fn emits(handler: &HandlerSpec) -> String {
    if handler.emits.is_empty() {
        return "-".to_owned();
    }
    let names: Vec<_> = handler.emits.iter().map(|event| event.name).collect();
    names.join(", ")
}
