//! Rules about the graph itself: events, their publishers and their consumers.

use super::finding::Fault;
use super::subject::Subject;
use crate::graph::Graph;
use contracts::handlers::Replays;
use std::collections::BTreeSet;

/// Events that are announced to whoever listens and wait for nobody, each with its reason.
pub const ANNOUNCEMENTS: &[(&str, &str)] = &[(
    "VendorOnboarded",
    "whoever needs the profile reads it from its table",
)];

/// STK001.
pub(super) fn consumed(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for handler in &subject.graph.handlers {
        for event in Graph::consumed(handler) {
            let mut lanes = subject.graph.lanes_to(handler.id);
            if !lanes.any(|lane| lane.carries(event)) {
                faults.push(Fault::declared(
                    None,
                    format!(
                        "{} consumes {}, and no lane brings it \
                        there: declare one in stack/src/lanes",
                        handler.name, event.name
                    ),
                ));
            }
        }
    }
    faults
}

/// STK002. Who only keeps what passes is no consumer here: else no event would lack one.
pub(super) fn heard(subject: &Subject<'_>) -> Vec<Fault> {
    let published: BTreeSet<_> = subject
        .graph
        .handlers
        .iter()
        .flat_map(|handler| handler.emits)
        .map(|event| event.name)
        .collect();
    let carried: BTreeSet<_> = subject
        .graph
        .lanes
        .iter()
        .filter(|lane| {
            let handler = subject.graph.handler(lane.handler);
            handler.is_none_or(|handler| handler.replays == Replays::Excluded)
        })
        .flat_map(|lane| &lane.events)
        .map(|event| event.name)
        .collect();
    let listed: BTreeSet<_> = ANNOUNCEMENTS.iter().map(|(name, _)| *name).collect();
    let unheard = published
        .difference(&carried)
        .filter(|name| !listed.contains(*name))
        .map(|name| {
            Fault::declared(
                None,
                format!(
                    "{name} is published and nobody consumes it: \
                    give it a lane or list it in ANNOUNCEMENTS"
                ),
            )
        });
    let idle = listed
        .iter()
        .filter(|name| !published.contains(*name) || carried.contains(*name))
        .map(|name| {
            Fault::declared(
                None,
                format!(
                    "{name} is listed in ANNOUNCEMENTS and needs \
                    not be: it has a lane or nobody publishes it"
                ),
            )
        });
    unheard.chain(idle).collect()
}

/// STK003.
pub(super) fn published(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for lane in &subject.graph.lanes {
        for event in &lane.events {
            if subject.graph.producers(event.name).next().is_none() {
                faults.push(Fault::declared(
                    Some(lane.source),
                    format!(
                        "the lane {} waits for {}, which no handler publishes",
                        lane.id, event.name
                    ),
                ));
            }
        }
    }
    faults
}

/// STK004.
pub(super) fn ended(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for lane in &subject.graph.lanes {
        let consumed = subject.graph.handler(lane.handler).map(Graph::consumed);
        for event in &lane.events {
            if consumed.is_none_or(|consumed| !consumed.contains(event)) {
                faults.push(Fault::declared(
                    Some(lane.source),
                    format!(
                        "the lane {} ends at {}, which does not consume {}",
                        lane.id, lane.handler, event.name
                    ),
                ));
            }
        }
    }
    faults
}

/// STK008. One rule has one pattern and one target: lanes of the same id must agree on both.
pub(super) fn shared(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for rule in subject.graph.rules() {
        for lane in &rule.lanes {
            let same = lane.events == rule.first.events && lane.target() == rule.first.target();
            if !same {
                faults.push(Fault::declared(
                    Some(lane.source),
                    format!(
                        "the lane {} to {} shares its rule with another that carries other events or delivers elsewhere",
                        lane.id, lane.handler
                    ),
                ));
            }
        }
    }
    faults
}
