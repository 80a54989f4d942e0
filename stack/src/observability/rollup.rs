//! One alarm over all alarms: one message an incident, whatever else goes off meanwhile (R16).
//!
//! In two steps, since a composite alarm watches 100 alarms at most (R28): one for each handler and state machine, over what
//! is its, and one for what is nobody's own; the one on top of these tells people. What is whose is read from the logical ids, which
//! begin with the handler's or with one of its inboxes'.

use crate::constructs::Site;
use crate::graph::Graph;
use crate::ids;
use cfn::cloudwatch::{Alarm, CompositeAlarm};
use cfn::{Handle, Val, sub};
use std::collections::BTreeMap;

/// What is nobody's own: the bus, topics, the API.
const SHARED: &str = "Shared";

/// Adds the alarms over all alarms that are in the stack by now.
pub(super) fn rollup(site: &mut Site<'_>) {
    let owners = owners(site.graph);
    let mut groups: BTreeMap<&str, Vec<Val<String>>> = BTreeMap::new();
    let alarms = site.stack.resources();
    for alarm in alarms.filter(|resource| resource.type_name == "AWS::CloudWatch::Alarm") {
        let id = alarm.id.as_str();
        let owner = owners.iter().find(|(prefix, _)| id.starts_with(prefix));
        let group = owner.map_or(SHARED, |(_, handler)| handler);
        let name = Handle::<Alarm>::to(id).name();
        groups.entry(group).or_default().push(name);
    }
    let name = site.environment.stack_name();
    let names: Vec<_> = groups
        .into_iter()
        .map(|(group, alarms)| {
            let about = if group == SHARED {
                format!("Something that handlers share is wrong in {name}")
            } else {
                format!("Something is wrong with {group} in {name}")
            };
            let alarm = CompositeAlarm::new(any(alarms)).alarm_description(about);
            site.stack.add(ids::alarm_of(group), alarm).name()
        })
        .collect();
    site.stack.add(
        ids::ALARM,
        CompositeAlarm::new(any(names))
            .alarm_description(format!(
                "Something is wrong in {name}: the dashboard of that name shows what"
            ))
            .alarm_actions([ids::alerts().arn()]),
    );
}

/// Prefixes of logical ids and the handler, or the state machine, that they speak of, the longest first.
fn owners(graph: &Graph) -> Vec<(&'static str, &'static str)> {
    let handlers = graph
        .handlers
        .iter()
        .map(|handler| (handler.id, handler.id));
    let inboxes = graph.inboxes();
    let inboxes = inboxes.iter().map(|(inbox, handler)| (*inbox, handler.id));
    let machine = [(ids::DECISIONS, ids::DECISIONS)];
    let mut owners: Vec<_> = handlers.chain(inboxes).chain(machine).collect();
    owners.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
    owners
}

/// Whether any of these alarms rings.
fn any(names: Vec<Val<String>>) -> Val<String> {
    let mut rule = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        let or = if index == 0 { "" } else { " OR " };
        rule.push(sub!(or, "ALARM(\"", name, "\")"));
    }
    Val::concat(rule)
}
