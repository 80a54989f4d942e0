//! Rules about the graph itself: events, their publishers and their consumers.

use super::finding::Fault;
use super::subject::Subject;
use crate::graph::Graph;
use std::collections::BTreeSet;

/// Events that are announced to whoever listens and wait for nobody, each with its reason.
pub const ANNOUNCEMENTS: &[(&str, &str)] = &[
    (
        "InvoiceApprovalRequested",
        "the invoice rests until a person decides through the API",
    ),
    (
        "InvoiceDisputed",
        "the invoice rests until a person resolves the dispute",
    ),
    (
        "VendorOnboarded",
        "whoever needs the profile reads it from its table",
    ),
];

/// STK001.
pub(super) fn consumed(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for handler in &subject.graph.handlers {
        for event in Graph::consumed(handler) {
            let mut lanes = subject.graph.lanes_to(handler.id);
            if !lanes.any(|lane| lane.event == *event) {
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

/// STK002.
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
        .map(|lane| lane.event.name)
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
    subject
        .graph
        .lanes
        .iter()
        .filter(|lane| subject.graph.producers(lane.event.name).next().is_none())
        .map(|lane| {
            Fault::declared(
                Some(lane.source),
                format!(
                    "the lane {} waits for {}, which no handler publishes",
                    lane.id, lane.event.name
                ),
            )
        })
        .collect()
}

/// STK004.
pub(super) fn ended(subject: &Subject<'_>) -> Vec<Fault> {
    subject
        .graph
        .lanes
        .iter()
        .filter(|lane| {
            subject
                .graph
                .handler(lane.handler)
                .is_none_or(|handler| !Graph::consumed(handler).contains(&lane.event))
        })
        .map(|lane| {
            Fault::declared(
                Some(lane.source),
                format!(
                    "the lane {} ends at {}, which does not consume {}",
                    lane.id, lane.handler, lane.event.name
                ),
            )
        })
        .collect()
}
