//! Laying the plan over what drift detection found.

use super::{Outcome, ThreeWay};
use crate::plan::Plan;
use ::drift::{Finding, Kind, Report};
use cfn::diff::{Action, ResourceChange};
use std::collections::BTreeSet;

/// Lays the plan over what was found: `drifted` is what differs between the deployed stack and reality, `to_come` between
/// the wanted one and reality.
pub fn three_ways(plan: &Plan, drifted: &Report, to_come: &Report) -> Vec<ThreeWay> {
    let mut rows = Vec::new();
    let mut met = BTreeSet::new();
    for finding in &drifted.findings {
        let change = plan
            .diff
            .changes
            .iter()
            .find(|change| change.logical_id == finding.owner());
        let mut row = by_hand(finding, change, to_come, &mut met);
        if is_made_good(plan, finding) {
            row.outcome = Outcome::PutsBack;
        }
        rows.push(row);
    }
    for change in &plan.diff.changes {
        for property in change.properties.iter().filter(|property| {
            property.cause.is_none() && !matches!(change.action, Action::Add | Action::Remove)
        }) {
            let path = property.path.to_string();
            if met.contains(&(change.logical_id.clone(), path.clone())) {
                continue;
            }
            rows.push(ThreeWay {
                logical_id: change.logical_id.clone(),
                added: None,
                type_name: change.type_name.clone(),
                path,
                wanted: property.after.clone(),
                deployed: property.before.clone(),
                live: property.before.clone(),
                outcome: Outcome::Changes,
                accepted_until: None,
            });
        }
    }
    let rank = |outcome: Outcome| Outcome::ALL.iter().position(|one| *one == outcome);
    rows.sort_by(|one, other| {
        (rank(one.outcome), &one.logical_id, &one.path).cmp(&(
            rank(other.outcome),
            &other.logical_id,
            &other.path,
        ))
    });
    rows
}

/// What becomes of something that was changed by hand. Paths of the plan that lie there are noted in `met`.
fn by_hand(
    finding: &Finding,
    change: Option<&ResourceChange>,
    to_come: &Report,
    met: &mut BTreeSet<(String, String)>,
) -> ThreeWay {
    let path = match finding.path.as_str() {
        "" => String::new(),
        path => format!("Properties.{path}"),
    };
    let whole = path.is_empty();
    let touched: Vec<String> = change
        .into_iter()
        .flat_map(|change| &change.properties)
        .filter(|property| property.cause.is_none())
        .map(|property| property.path.to_string())
        .filter(|own| whole || touch(own, &path))
        .collect();
    // The same place, as it differs from what is wanted.
    let still = to_come.findings.iter().find(|other| {
        (other.owner(), other.kind == Kind::Added) == (finding.owner(), finding.kind == Kind::Added)
            && if whole {
                other.kind == finding.kind && other.resource == finding.resource
            } else {
                touch(&format!("Properties.{}", other.path), &path)
            }
    });
    let action = change.map(|change| change.action);
    let outcome = match (finding.kind, action) {
        // A resource that goes or is made anew takes with it whatever was changed on it.
        (Kind::Deleted, Some(Action::Remove)) => Outcome::Already,
        (Kind::Deleted, Some(Action::Modify)) => Outcome::Missing,
        (Kind::Deleted, Some(Action::Add | Action::Replace)) => Outcome::Overwrites,
        (Kind::Deleted | Kind::Added, None) => Outcome::Stays,
        (_, Some(Action::Remove | Action::Replace)) => Outcome::Overwrites,
        (Kind::Added, _) => Outcome::Stays,
        (_, None) => Outcome::Stays,
        (_, Some(_)) if touched.is_empty() => Outcome::MayOverwrite,
        (_, Some(_)) if still.is_none() => Outcome::Already,
        (_, Some(_)) => Outcome::Overwrites,
    };
    let wanted = match (outcome, still) {
        (Outcome::Already, _) => finding.actual.clone(),
        _ if action == Some(Action::Remove) => None,
        (_, Some(still)) => still.expected.clone(),
        (_, None) => finding.expected.clone(),
    };
    if let Some(change) = change {
        met.extend(
            touched
                .into_iter()
                .map(|path| (change.logical_id.clone(), path)),
        );
    }
    ThreeWay {
        logical_id: finding.owner().to_owned(),
        added: (finding.kind == Kind::Added).then(|| finding.resource.clone()),
        type_name: finding.type_name.clone(),
        path,
        wanted,
        deployed: finding.expected.clone(),
        live: finding.actual.clone(),
        outcome,
        accepted_until: finding.ignored_until.clone(),
    }
}

/// Whether `up` makes it good by direct calls.
fn is_made_good(plan: &Plan, finding: &Finding) -> bool {
    let settings = ["TimeToLiveSpecification", "ReservedConcurrentExecutions"];
    let is_such = finding.type_name == "AWS::Events::Archive" && finding.kind != Kind::Added
        || settings
            .iter()
            .any(|setting| finding.path.starts_with(setting));
    is_such && !plan.made_good.is_empty()
}

/// Whether one of two paths lies within the other.
fn touch(one: &str, other: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    within(one, other) || within(other, one)
}
