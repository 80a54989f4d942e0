//! A plan as Markdown for a pull request.

use super::plan::{baseline, symbol, unapplied};
use super::short;
use crate::plan::Plan;
use cfn::diff::Change;
use cfn::diff::{Action, Replacement};
use std::fmt::Write;

/// The plan as Markdown.
pub fn markdown(plan: &Plan) -> String {
    let mut text = String::new();
    let counts = plan.counts();
    let _ = writeln!(
        text,
        "### `{}`: {} to add, {} to modify, {} to replace, {} to remove\n\nAgainst {}.",
        plan.environment,
        counts.add,
        counts.modify,
        counts.replace,
        counts.remove,
        baseline(&plan.baseline)
    );
    if !plan.unapplied.is_empty() {
        let _ = writeln!(text, "\n{}", unapplied(plan));
    }
    if plan.is_empty() {
        let _ = writeln!(text, "\nNo differences.");
        return text;
    }
    if !plan.diff.changes.is_empty() {
        let _ = writeln!(text, "\n| | resource | type | what |\n|---|---|---|---|");
    }
    for change in &plan.diff.changes {
        let what = match change.action {
            Action::Add => "added".to_owned(),
            Action::Remove => "**removed**".to_owned(),
            Action::Replace => "**replaced**".to_owned(),
            Action::Modify if change.may_be_replaced() => "modified, may be replaced".to_owned(),
            Action::Modify => "modified".to_owned(),
        };
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} | {what} |",
            symbol(change.action),
            change.logical_id,
            change.type_name
        );
    }
    properties(&mut text, plan);
    for (title, kind) in [
        ("Access that becomes possible", Change::Broadened),
        ("Access that ends", Change::Narrowed),
    ] {
        let lines: Vec<_> = plan
            .diff
            .iam
            .iter()
            .filter(|change| change.change == kind)
            .collect();
        if lines.is_empty() {
            continue;
        }
        let _ = writeln!(
            text,
            "\n**{title}**\n\n| who | effect | what | on |\n|---|---|---|---|"
        );
        for change in lines {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                cell(&change.role),
                change.effect,
                cell(&change.action),
                cell(&change.resource)
            );
        }
    }
    text
}

fn properties(text: &mut String, plan: &Plan) {
    let changed: Vec<_> = plan
        .diff
        .changes
        .iter()
        .filter(|change| matches!(change.action, Action::Modify | Action::Replace))
        .flat_map(|change| {
            change
                .properties
                .iter()
                .map(move |property| (change, property))
        })
        .collect();
    if changed.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n<details open><summary>Properties</summary>\n\n| resource | property | before | after |\n|---|---|---|---|"
    );
    for (change, property) in changed {
        let mark = if property.requires_replacement == Replacement::Always {
            " ⚠ replaces"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "| `{}` | {}{mark} | {} | {} |",
            change.logical_id,
            cell(&property.path.to_string()),
            cell(&short(property.before.as_ref())),
            cell(&short(property.after.as_ref()))
        );
    }
    let _ = writeln!(text, "\n</details>");
}

/// Code in a table's cell.
fn cell(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|").replace('`', "'"))
}
