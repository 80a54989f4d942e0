//! What both renderings for people say in the same words.

use crate::plan::{Baseline, CodeChange, Plan};
use cfn::diff::{Action, Fate};

/// What a baseline is called.
pub(super) fn baseline(baseline: &Baseline) -> String {
    match baseline {
        Baseline::Deployed => "the deployed stack".to_owned(),
        Baseline::Absent => "nothing: there is no stack yet".to_owned(),
        Baseline::Snapshot(file) => format!("the snapshot {file}"),
        Baseline::Golden(file) => format!("the committed template {file}"),
        Baseline::Environment(name) => format!("the template of {name}"),
    }
}

/// An action's symbol.
pub(super) fn symbol(action: Action) -> char {
    match action {
        Action::Add => '+',
        Action::Modify => '~',
        Action::Replace => '±',
        Action::Remove => '-',
    }
}

/// How many of each.
pub(super) fn counted(plan: &Plan) -> String {
    let counts = plan.counts();
    format!(
        "{} to add, {} to modify, {} to replace, {} to remove",
        counts.add, counts.modify, counts.replace, counts.remove
    )
}

/// Why a resource changes by nothing of its own.
pub(super) fn by_nothing_of_its_own(plan: &Plan) -> &'static str {
    if plan.tags.is_empty() {
        "as CloudFormation says"
    } else {
        "by the stack's tags"
    }
}

/// Names, as many as fit; the rest is counted.
pub(super) fn some(names: &[&str], most: usize, shown: impl Fn(&str) -> String) -> String {
    let named: Vec<String> = names.iter().take(most).map(|name| shown(name)).collect();
    let named = named.join(", ");
    match names.len().saturating_sub(most) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// What is lost in the same way by several resources.
#[derive(Debug)]
pub(super) struct Losses<'a> {
    /// What becomes of it.
    pub fate: Fate,
    /// The property, where the resources stay.
    pub path: Option<String>,
    /// What.
    pub what: &'a str,
    /// Of which resources, sorted.
    pub of: Vec<&'a str>,
}

/// The losses of a plan, the worst first.
pub(super) fn losses(plan: &Plan) -> Vec<Losses<'_>> {
    let mut found: Vec<Losses<'_>> = Vec::new();
    for loss in &plan.losses {
        let path = loss.path.as_ref().map(ToString::to_string);
        let same = found.iter_mut().find(|other| {
            (other.fate, other.what) == (loss.fate, loss.what.as_str()) && other.path == path
        });
        match same {
            Some(same) => same.of.push(&loss.logical_id),
            None => found.push(Losses {
                fate: loss.fate,
                path,
                what: &loss.what,
                of: vec![&loss.logical_id],
            }),
        }
    }
    found
}

/// The words for a fate.
pub(super) const fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Lost => "lost",
        Fate::MayBeLost => "at risk",
        Fate::Kept => "kept",
    }
}

/// An archive's sha256, shortened.
pub(super) fn sha(sha256: Option<&String>) -> String {
    match sha256 {
        Some(sha256) => sha256.chars().take(12).collect(),
        None => "(none)".to_owned(),
    }
}

/// An archive's sizes, where one is known.
pub(super) fn sizes(code: &CodeChange) -> Option<String> {
    let megabytes = |bytes: u64| format!("{:.2} MB", bytes as f64 / 1_000_000.0);
    match (code.before_bytes, code.after_bytes) {
        (Some(before), Some(after)) => {
            Some(format!("{} -> {}", megabytes(before), megabytes(after)))
        }
        (None, Some(after)) => Some(megabytes(after)),
        _ => None,
    }
}

/// How the plan is run, and no other.
pub(super) fn how_to_run(plan: &Plan) -> Option<String> {
    (!plan.fingerprint.is_empty() && !plan.is_empty())
        .then(|| format!("up --plan {}", plan.fingerprint))
}

/// What CloudFormation leaves as it is for now.
pub fn unapplied(plan: &Plan) -> String {
    format!(
        "CloudFormation applies this with the next real change only: {}",
        plan.unapplied.join(", ")
    )
}
