//! A plan as Markdown for a pull request: what needs attention on top in GitHub's alerts, each resource's properties folded
//! below, never longer than a comment may be.

use super::access::{Sentence, sentences};
use super::escape::{cell, code, prose};
use super::live;
use super::repeated::Many;
use super::sections::{
    self, baseline, by_nothing_of_its_own, counted, fate, sha, sizes, some, symbol, unapplied,
};
use super::{pair, short};
use crate::plan::{Baseline, CODE_KEY, Plan, ThreeWay};
use cfn::diff::{Action, Change, Consequence, Fate, PropertyChange, Replacement, ResourceChange};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Characters that GitHub takes in a comment.
const COMMENT: usize = 65_536;
/// Characters that are left for saying what is left out, and how the plan is run.
const LAST_WORDS: usize = 600;
/// Lines in an alert: more than this nobody reads.
const ALERT_LINES: usize = 40;
/// Names of resources on a line of an alert.
const NAMES: usize = 8;
/// Up to how many resources the folded ones are open.
const OPEN: usize = 8;

/// The plan as Markdown, with all three ways where reality was looked at.
pub fn markdown(plan: &Plan, three_ways: Option<&[ThreeWay]>) -> String {
    let mut blocks = vec![heading(plan)];
    if plan.is_empty() {
        blocks.push("\nNo differences.\n".to_owned());
    } else if plan.baseline == Baseline::Absent {
        blocks.extend(first(plan));
    } else {
        blocks.extend(alerts(plan));
        blocks.extend(handlers(plan));
        blocks.extend(resources(plan));
        blocks.extend(entries(plan));
        blocks.extend(folded_access(plan, Change::Narrowed, "Access that ends"));
    }
    blocks.extend(three_ways.into_iter().flat_map(live::markdown));
    let last = last_words(plan);
    fitted(blocks, &last, "provision diff")
}

fn heading(plan: &Plan) -> String {
    let mut text = format!(
        "### {}: {}\n\nStack {} against {}.\n",
        code(&plan.environment),
        counted(plan),
        code(&plan.stack),
        prose(&baseline(&plan.baseline))
    );
    if !plan.unapplied.is_empty() {
        let _ = writeln!(text, "\n{}", prose(&unapplied(plan)));
    }
    text
}

fn last_words(plan: &Plan) -> String {
    if plan.fingerprint.is_empty() || plan.is_empty() {
        return String::new();
    }
    let run = format!("provision up --plan {}", plan.fingerprint);
    format!(
        "\n<sub>Plan {}. {} with this environment's flags runs just this one, and refuses if the sources, the code, the account or the stack changed.</sub>\n",
        code(&plan.fingerprint),
        code(&run)
    )
}

/// As many blocks as a comment takes, whole ones; `all` is the command that shows the rest.
pub(super) fn fitted(blocks: Vec<String>, last: &str, all: &str) -> String {
    let length = |text: &str| text.chars().count();
    let room = COMMENT - LAST_WORDS - length(last);
    let (mut text, mut used, mut left_out) = (String::new(), 0, 0);
    for block in blocks {
        let more = length(&block);
        // Once something is left out, what follows is, too: the order says what matters.
        if left_out > 0 || used + more > room {
            left_out += 1;
            continue;
        }
        used += more;
        text.push_str(&block);
    }
    if left_out > 0 {
        let _ = writeln!(
            text,
            "\n> [!NOTE]\n> {left_out} more parts are left out, since a comment takes {COMMENT} characters. All of it: {}",
            code(all)
        );
    }
    text.push_str(last);
    text
}

/// Lines quoted under a heading of GitHub's.
pub(super) fn alert(kind: &str, title: &str, lines: &[String]) -> String {
    let mut text = format!("\n> [!{kind}]\n> **{title}**\n>\n");
    for line in lines.iter().take(ALERT_LINES) {
        let _ = writeln!(text, "> {line}");
    }
    if lines.len() > ALERT_LINES {
        let _ = writeln!(text, "> - and {} more", lines.len() - ALERT_LINES);
    }
    text
}

fn alerts(plan: &Plan) -> Vec<String> {
    let mut blocks = Vec::new();
    for (fates, kind, title) in [
        (
            &[Fate::Lost, Fate::MayBeLost][..],
            "CAUTION",
            "Data is lost or at risk",
        ),
        (&[Fate::Kept], "NOTE", "Data is kept, but no longer ours"),
    ] {
        let lines: Vec<String> = sections::losses(plan)
            .into_iter()
            .filter(|loss| fates.contains(&loss.fate))
            .map(|loss| {
                let path = loss.path.map(|path| format!(" {}", code(&path)));
                let word = if loss.fate == Fate::MayBeLost {
                    format!(" ({})", fate(loss.fate))
                } else {
                    String::new()
                };
                format!(
                    "- {}{}{word}: {}",
                    some(&loss.of, NAMES, code),
                    path.unwrap_or_default(),
                    prose(loss.what)
                )
            })
            .collect();
        if !lines.is_empty() {
            blocks.push(alert(kind, title, &lines));
        }
    }
    let mut lines = Vec::new();
    let trees = plan.diff.replacements();
    for tree in &trees {
        consequence(&mut lines, tree, 0);
    }
    let maybe = plan
        .diff
        .changes
        .iter()
        .filter(|change| change.may_be_replaced());
    for change in maybe {
        lines.push(format!(
            "- {} may be replaced: its values decide",
            code(&change.logical_id)
        ));
    }
    if !lines.is_empty() {
        blocks.push(alert("WARNING", "Replacements, and what follows", &lines));
    }
    let broadened = sentences(plan, Change::Broadened);
    if !broadened.is_empty() {
        let lines: Vec<String> = broadened.iter().map(item).collect();
        blocks.push(alert("WARNING", "Access that becomes possible", &lines));
        // What an alert doesn't hold is below, whole.
        if lines.len() > ALERT_LINES {
            blocks.extend(folded_access(
                plan,
                Change::Broadened,
                "All access that becomes possible",
            ));
        }
    }
    blocks
}

fn consequence(lines: &mut Vec<String>, one: &Consequence, depth: usize) {
    let by: Vec<String> = one.by.iter().map(|path| code(&path.to_string())).collect();
    let what = match (one.action, depth) {
        (Action::Replace, 0) => "is replaced",
        (Action::Replace, _) => "is replaced too",
        _ => "is modified",
    };
    let by = match (by.is_empty(), depth) {
        (true, _) => ", as CloudFormation says".to_owned(),
        (false, 0) => format!(" by {}", by.join(", ")),
        (false, _) if by.len() == 1 => format!(", as {} refers to it", by.join(", ")),
        (false, _) => format!(", as {} refer to it", by.join(", ")),
    };
    lines.push(format!(
        "{:indent$}- {} ({}) {what}{by}",
        "",
        code(&one.logical_id),
        one.type_name,
        indent = depth * 2
    ));
    for follower in &one.leads_to {
        consequence(lines, follower, depth + 1);
    }
}

fn item(sentence: &Sentence) -> String {
    format!("- {}", sentence.text(code))
}

fn folded_access(plan: &Plan, direction: Change, title: &str) -> Vec<String> {
    let sentences = sentences(plan, direction);
    if sentences.is_empty() {
        return Vec::new();
    }
    let mut text = format!(
        "\n<details><summary>{title}: {}</summary>\n\n",
        sentences.len()
    );
    for sentence in &sentences {
        let _ = writeln!(text, "{}", item(sentence));
    }
    text.push_str("\n</details>\n");
    vec![text]
}

fn handlers(plan: &Plan) -> Vec<String> {
    if plan.code.is_empty() {
        return Vec::new();
    }
    let mut text = format!(
        "\n#### Code of {} {}\n\n| handler | before | after | size |\n|---|---|---|---|\n",
        plan.code.len(),
        if plan.code.len() == 1 {
            "handler"
        } else {
            "handlers"
        }
    );
    for code in &plan.code {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            cell(&code.handler),
            cell(&sha(code.before.as_ref())),
            cell(&sha(code.after.as_ref())),
            sizes(code).unwrap_or_default()
        );
    }
    vec![text]
}

fn resources(plan: &Plan) -> Vec<String> {
    let many = Many::of(plan);
    let shown: Vec<&ResourceChange> = plan
        .diff
        .changes
        .iter()
        .filter(|change| !many.tells_all_of(change))
        .collect();
    let mut blocks = Vec::new();
    if !plan.diff.changes.is_empty() {
        blocks.push("\n#### Resources\n".to_owned());
    }
    let folds = shown
        .iter()
        .filter(|change| !properties(change, &many).is_empty());
    let open = if folds.count() <= OPEN { " open" } else { "" };
    for change in shown {
        blocks.push(resource(change, &many, open));
    }
    for repeated in &many.changes {
        let ids: Vec<String> = repeated.of.iter().map(|id| code(id)).collect();
        let (before, after) = pair(
            repeated.property.before.as_ref(),
            repeated.property.after.as_ref(),
        );
        blocks.push(format!(
            "\n<details><summary><code>~</code> {} resources alike: <code>{}</code></summary>\n\n{} -> {} on {}\n\n</details>\n",
            repeated.of.len(),
            html(&repeated.property.path.to_string()),
            code(&before),
            code(&after),
            ids.join(", ")
        ));
    }
    if !many.by_the_stack.is_empty() {
        let ids: Vec<String> = many.by_the_stack.iter().map(|id| code(id)).collect();
        blocks.push(format!(
            "\n<details><summary><code>~</code> {} resources {}</summary>\n\n{}\n\n</details>\n",
            ids.len(),
            by_nothing_of_its_own(plan),
            ids.join(", ")
        ));
    }
    blocks
}

/// The properties that are shown under a resource.
fn properties<'a>(change: &'a ResourceChange, many: &Many<'_>) -> Vec<&'a PropertyChange> {
    if !matches!(change.action, Action::Modify | Action::Replace) {
        return Vec::new();
    }
    let own = change.properties.iter();
    own.filter(|property| !many.tells(property) && property.path.to_string() != CODE_KEY)
        .collect()
}

fn resource(change: &ResourceChange, many: &Many<'_>, open: &str) -> String {
    let what = match change.action {
        Action::Add => "added",
        Action::Remove => "<b>removed</b>",
        Action::Replace => "<b>replaced</b>",
        Action::Modify if change.may_be_replaced() => "modified, may be replaced",
        Action::Modify if change.template_only => "in the template only",
        Action::Modify => "modified",
    };
    let of_code = |property: &PropertyChange| property.path.to_string() == CODE_KEY;
    let code_too = match change.properties.iter().any(of_code) {
        true => ", code",
        false => "",
    };
    let title = format!(
        "<code>{}</code> <b>{}</b> {} {what}{code_too}",
        symbol(change.action),
        html(&change.logical_id),
        html(&change.type_name)
    );
    let properties = properties(change, many);
    if properties.is_empty() {
        return format!("\n{title}\n");
    }
    let mut text = format!(
        "\n<details{open}><summary>{title}</summary>\n\n| property | before | after |\n|---|---|---|\n"
    );
    for property in properties {
        let note = match (&property.cause, property.requires_replacement) {
            (Some(cause), _) => format!(" follows {}", cell(cause)),
            (None, Replacement::Always) => " **replaces**".to_owned(),
            (None, Replacement::Conditionally) => " may replace".to_owned(),
            (None, Replacement::Never) => String::new(),
        };
        let (before, after) = match &property.cause {
            Some(_) => (short(property.before.as_ref()), "the new one's".to_owned()),
            None => {
                let (before, after) = pair(property.before.as_ref(), property.after.as_ref());
                (before, cell(&after))
            }
        };
        let _ = writeln!(
            text,
            "| {}{note} | {} | {after} |",
            cell(&property.path.to_string()),
            cell(&before),
        );
    }
    text.push_str("\n</details>\n");
    text
}

/// Outputs, parameters, the template's other members, the stack's own tags, and what is made good locally.
fn entries(plan: &Plan) -> Vec<String> {
    let mut rows = Vec::new();
    for (kind, entries) in [
        ("output", &plan.diff.outputs),
        ("parameter", &plan.diff.parameters),
        ("template", &plan.diff.template),
    ] {
        for entry in entries {
            let (before, after) = pair(entry.before.as_ref(), entry.after.as_ref());
            rows.push((format!("{kind} {}", cell(&entry.name)), before, after));
        }
    }
    for tag in &plan.tags {
        let text = |side: &Option<String>| side.clone().unwrap_or_else(|| "(none)".to_owned());
        rows.push((
            format!("tag {}", cell(&tag.key)),
            text(&tag.before),
            text(&tag.after),
        ));
    }
    if let Some(on) = plan.termination_protection {
        let word = |on: bool| if on { "on" } else { "off" }.to_owned();
        rows.push(("termination protection".to_owned(), word(!on), word(on)));
    }
    let mut blocks = Vec::new();
    if !rows.is_empty() {
        let mut text = "\n#### Stack\n\n| what | before | after |\n|---|---|---|\n".to_owned();
        for (what, before, after) in rows {
            let _ = writeln!(text, "| {what} | {} | {} |", cell(&before), cell(&after));
        }
        blocks.push(text);
    }
    if !plan.made_good.is_empty() {
        let mut text = "\n#### Made good on the local cloud\n\n".to_owned();
        for what in &plan.made_good {
            let _ = writeln!(text, "- {}", prose(what));
        }
        blocks.push(text);
    }
    blocks
}

/// A first deployment: how many of which type.
fn first(plan: &Plan) -> Vec<String> {
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    for change in &plan.diff.changes {
        *types.entry(&change.type_name).or_default() += 1;
    }
    let mut text = "\n| added | type |\n|---:|---|\n".to_owned();
    for (type_name, count) in types {
        let _ = writeln!(text, "| {count} | {type_name} |");
    }
    let mut names = format!(
        "\n<details><summary>All {} resources</summary>\n\n",
        plan.diff.changes.len()
    );
    for change in &plan.diff.changes {
        let _ = writeln!(names, "- {} {}", code(&change.logical_id), change.type_name);
    }
    names.push_str("\n</details>\n");
    let mut blocks = vec![text, names];
    blocks.extend(folded_access(
        plan,
        Change::Broadened,
        "Access that becomes possible",
    ));
    blocks
}

/// Text inside of HTML.
pub(super) fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
