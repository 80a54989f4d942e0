//! A plan for people: a symbol a resource, its changed properties below, access apart, counts last. Colour repeats the
//! symbol's meaning.

use super::short;
use crate::plan::{Baseline, Plan};
use crate::ui::Colour;
use cfn::diff::Change;
use cfn::diff::{Action, PropertyChange, Replacement, ResourceChange};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The plan as text.
pub fn plan(plan: &Plan, colour: Colour) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{} against {}", plan.stack, baseline(&plan.baseline));
    if !plan.unapplied.is_empty() {
        let _ = writeln!(text, "{}", unapplied(plan));
    }
    if plan.is_empty() {
        let _ = writeln!(text, "No differences.");
        return text;
    }
    if plan.baseline == Baseline::Absent {
        text.push_str(&first(plan, colour));
        return text;
    }
    let width = plan
        .diff
        .changes
        .iter()
        .map(|change| change.logical_id.chars().count())
        .max()
        .unwrap_or(0);
    for change in &plan.diff.changes {
        resource(&mut text, change, width, colour);
    }
    for (title, entries) in [
        ("Outputs", &plan.diff.outputs),
        ("Parameters", &plan.diff.parameters),
        ("Template", &plan.diff.template),
    ] {
        if !entries.is_empty() {
            let _ = writeln!(text, "\n{title}");
        }
        for entry in entries {
            let sign = sign_of(entry.before.is_some(), entry.after.is_some());
            let line = format!(
                "  {sign} {}: {} -> {}",
                entry.name,
                short(entry.before.as_ref()),
                short(entry.after.as_ref())
            );
            let _ = writeln!(text, "{}", paint(&line, sign, colour));
        }
    }
    stack_itself(&mut text, plan, colour);
    access(&mut text, plan, colour);
    let counts = plan.counts();
    let _ = writeln!(
        text,
        "\n{} to add, {} to modify, {} to replace, {} to remove",
        counts.add, counts.modify, counts.replace, counts.remove
    );
    text
}

/// A first deployment: everything is new, so how many of which type says more than each one's name.
fn first(plan: &Plan, colour: Colour) -> String {
    let mut text = String::new();
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    for change in &plan.diff.changes {
        *types.entry(&change.type_name).or_default() += 1;
    }
    for (type_name, count) in types {
        let line = format!("+ {count:>3} {type_name}");
        let _ = writeln!(text, "{}", paint(&line, '+', colour));
    }
    let _ = writeln!(
        text,
        "\n{} to add, with {} grants of access (each one: `provision diff --output json`)",
        plan.counts().add,
        plan.diff.iam.len()
    );
    text
}

/// What CloudFormation leaves as it is for now.
pub fn unapplied(plan: &Plan) -> String {
    format!(
        "CloudFormation applies this with the next real change only: {}",
        plan.unapplied.join(", ")
    )
}

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

fn sign_of(before: bool, after: bool) -> char {
    match (before, after) {
        (false, _) => '+',
        (_, false) => '-',
        _ => '~',
    }
}

fn resource(text: &mut String, change: &ResourceChange, width: usize, colour: Colour) {
    let sign = symbol(change.action);
    let why = match change.action {
        Action::Replace => {
            let causes = change.causes();
            if causes.is_empty() {
                "  replaced".to_owned()
            } else {
                let causes: Vec<_> = causes.into_iter().collect();
                format!("  replaced, for {}", causes.join(", "))
            }
        }
        _ if change.may_be_replaced() => "  may be replaced".to_owned(),
        _ if change.template_only => "  in the template only".to_owned(),
        _ => String::new(),
    };
    let line = format!(
        "{sign} {:width$}  {}{why}",
        change.logical_id, change.type_name
    );
    let _ = writeln!(text, "{}", paint(&line, sign, colour));
    if matches!(change.action, Action::Modify | Action::Replace) {
        for property in &change.properties {
            self::property(text, property, colour);
        }
    }
}

fn property(text: &mut String, property: &PropertyChange, colour: Colour) {
    let sign = sign_of(property.before.is_some(), property.after.is_some());
    let note = match (&property.cause, property.requires_replacement) {
        (Some(cause), _) => format!("  (follows {cause})"),
        (None, Replacement::Always) => "  (requires replacement)".to_owned(),
        (None, Replacement::Conditionally) => "  (may require replacement)".to_owned(),
        (None, Replacement::Never) => String::new(),
    };
    let line = format!(
        "    {sign} {}: {} -> {}{note}",
        property.path,
        short(property.before.as_ref()),
        short(property.after.as_ref())
    );
    let _ = writeln!(text, "{}", paint(&line, sign, colour));
}

fn stack_itself(text: &mut String, plan: &Plan, colour: Colour) {
    if plan.tags.is_empty() && plan.termination_protection.is_none() {
        return;
    }
    let _ = writeln!(text, "\nStack");
    for tag in &plan.tags {
        let sign = sign_of(tag.before.is_some(), tag.after.is_some());
        let line = format!(
            "  {sign} tag {}: {} -> {}",
            tag.key,
            tag.before.as_deref().unwrap_or("(none)"),
            tag.after.as_deref().unwrap_or("(none)")
        );
        let _ = writeln!(text, "{}", paint(&line, sign, colour));
    }
    if let Some(on) = plan.termination_protection {
        let line = format!(
            "  ~ termination protection: {}",
            if on { "on" } else { "off" }
        );
        let _ = writeln!(text, "{}", paint(&line, '~', colour));
    }
}

fn access(text: &mut String, plan: &Plan, colour: Colour) {
    for (title, kind, sign) in [
        ("Access that becomes possible", Change::Broadened, '+'),
        ("Access that ends", Change::Narrowed, '-'),
    ] {
        let mut lines = plan
            .diff
            .iam
            .iter()
            .filter(|change| change.change == kind)
            .peekable();
        if lines.peek().is_some() {
            let _ = writeln!(text, "\n{title}");
        }
        for change in lines {
            let when = change
                .condition
                .as_ref()
                .map(|condition| format!(" when {condition}"))
                .unwrap_or_default();
            let line = format!(
                "  {sign} {} {} {} on {}{when}",
                change.effect, change.role, change.action, change.resource
            );
            let _ = writeln!(text, "{}", paint(&line, sign, colour));
        }
    }
}

fn paint(line: &str, sign: char, colour: Colour) -> String {
    if colour == Colour::Plain {
        return line.to_owned();
    }
    let code = match sign {
        '+' => "32",
        '-' => "31",
        '±' => "35",
        _ => "33",
    };
    format!("\x1b[{code}m{line}\x1b[0m")
}
