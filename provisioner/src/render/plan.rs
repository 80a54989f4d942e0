//! A plan for people: a symbol a resource with its changed properties below, then what needs attention (replacements, data,
//! access), counts last. Colour repeats the symbol's meaning.

use super::access::sentences;
use super::repeated::Many;
use super::sections::{
    self, baseline, by_nothing_of_its_own, counted, fate, how_to_run, sha, sizes, some, symbol,
    unapplied,
};
use super::{pair, short};
use crate::plan::{Baseline, CODE_KEY, Plan};
use crate::ui::Colour;
use cfn::diff::{Action, Change, Consequence, Fate, PropertyChange, Replacement, ResourceChange};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Names of resources on a line that is about many: who wants all of them asks for JSON.
const NAMES: usize = 8;

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
    resources(&mut text, plan, colour);
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
            let (before, after) = pair(entry.before.as_ref(), entry.after.as_ref());
            let line = format!("  {sign} {}: {before} -> {after}", entry.name);
            let _ = writeln!(text, "{}", paint(&line, sign, colour));
        }
    }
    stack_itself(&mut text, plan, colour);
    code(&mut text, plan, colour);
    replacements(&mut text, plan, colour);
    losses(&mut text, plan, colour);
    access(&mut text, plan, colour);
    let _ = writeln!(text, "\n{}", counted(plan));
    if let Some(how) = how_to_run(plan) {
        let _ = writeln!(text, "Run just this plan: {how}");
    }
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
    if let Some(how) = how_to_run(plan) {
        let _ = writeln!(text, "Run just this plan: {how}");
    }
    text
}

fn sign_of(before: bool, after: bool) -> char {
    match (before, after) {
        (false, _) => '+',
        (_, false) => '-',
        _ => '~',
    }
}

fn resources(text: &mut String, plan: &Plan, colour: Colour) {
    let many = Many::of(plan);
    let each = || {
        let changes = plan.diff.changes.iter();
        changes.filter(|change| !many.tells_all_of(change))
    };
    let width = each()
        .map(|change| change.logical_id.chars().count())
        .max()
        .unwrap_or(0);
    for change in each() {
        resource(text, change, &many, width, colour);
    }
    for repeated in &many.changes {
        let line = format!("~ on {} resources alike", repeated.of.len());
        let _ = writeln!(text, "{}", paint(&line, '~', colour));
        property(text, repeated.property, colour);
        let _ = writeln!(text, "      {}", some(&repeated.of, NAMES, str::to_owned));
    }
    if !many.by_the_stack.is_empty() {
        let line = format!(
            "~ {} resources {}",
            many.by_the_stack.len(),
            by_nothing_of_its_own(plan)
        );
        let _ = writeln!(text, "{}", paint(&line, '~', colour));
        let names = some(&many.by_the_stack, NAMES, str::to_owned);
        let _ = writeln!(text, "      {names}");
    }
}

fn resource(
    text: &mut String,
    change: &ResourceChange,
    many: &Many<'_>,
    width: usize,
    colour: Colour,
) {
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
    let of_code = |property: &&PropertyChange| property.path.to_string() == CODE_KEY;
    let code = match change.properties.iter().any(|property| of_code(&property)) {
        true => "  code",
        false => "",
    };
    let line = format!(
        "{sign} {:width$}  {}{code}{why}",
        change.logical_id, change.type_name
    );
    let _ = writeln!(text, "{}", paint(&line, sign, colour));
    if matches!(change.action, Action::Modify | Action::Replace) {
        // What a key of code says stands under Code.
        let shown = change
            .properties
            .iter()
            .filter(|property| !of_code(property));
        for property in shown.filter(|property| !many.tells(property)) {
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
    let (before, after) = pair(property.before.as_ref(), property.after.as_ref());
    let line = match &property.cause {
        // The template says the same; what it refers to is another one.
        Some(_) => format!(
            "    {sign} {}: {}{note}",
            property.path,
            short(property.after.as_ref())
        ),
        None => format!("    {sign} {}: {before} -> {after}{note}", property.path),
    };
    let _ = writeln!(text, "{}", paint(&line, sign, colour));
}

fn stack_itself(text: &mut String, plan: &Plan, colour: Colour) {
    if !plan.made_good.is_empty() {
        let _ = writeln!(text, "\nMade good on the local cloud");
    }
    for what in &plan.made_good {
        let line = format!("  ~ {what}");
        let _ = writeln!(text, "{}", paint(&line, '~', colour));
    }
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

fn code(text: &mut String, plan: &Plan, colour: Colour) {
    let changed = || plan.code.iter();
    if plan.code.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nCode");
    let width = changed().map(|code| code.handler.len()).max().unwrap_or(0);
    for code in changed() {
        let sign = sign_of(code.before.is_some(), true);
        let sizes = sizes(code)
            .map(|sizes| format!(", {sizes}"))
            .unwrap_or_default();
        let line = format!(
            "  {sign} {:width$}  {} -> {}{sizes}",
            code.handler,
            sha(code.before.as_ref()),
            sha(code.after.as_ref())
        );
        let _ = writeln!(text, "{}", paint(&line, sign, colour));
    }
}

fn replacements(text: &mut String, plan: &Plan, colour: Colour) {
    let trees = plan.diff.replacements();
    if trees.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nReplaced, and what follows");
    for tree in &trees {
        consequence(text, tree, 1, colour);
    }
}

fn consequence(text: &mut String, one: &Consequence, depth: usize, colour: Colour) {
    let sign = symbol(one.action);
    let by: Vec<String> = one.by.iter().map(ToString::to_string).collect();
    let by = match (by.is_empty(), depth) {
        (true, _) => "  as CloudFormation says".to_owned(),
        (false, 1) => format!("  by {}", by.join(", ")),
        (false, _) => format!("  refers to it in {}", by.join(", ")),
    };
    let line = format!(
        "{:indent$}{sign} {}  {}{by}",
        "",
        one.logical_id,
        one.type_name,
        indent = depth * 2
    );
    let _ = writeln!(text, "{}", paint(&line, sign, colour));
    for follower in &one.leads_to {
        consequence(text, follower, depth + 1, colour);
    }
}

fn losses(text: &mut String, plan: &Plan, colour: Colour) {
    if plan.losses.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nData");
    for loss in sections::losses(plan) {
        let sign = match loss.fate {
            Fate::Lost => '-',
            Fate::MayBeLost => '±',
            Fate::Kept => '~',
        };
        let path = loss
            .path
            .map(|path| format!(" ({path})"))
            .unwrap_or_default();
        let line = format!(
            "  {:7}  {}{path}: {}",
            fate(loss.fate),
            some(&loss.of, NAMES, str::to_owned),
            loss.what
        );
        let _ = writeln!(text, "{}", paint(&line, sign, colour));
    }
}

fn access(text: &mut String, plan: &Plan, colour: Colour) {
    for (title, direction, sign) in [
        ("Access that becomes possible", Change::Broadened, '+'),
        ("Access that ends", Change::Narrowed, '-'),
    ] {
        let sentences = sentences(plan, direction);
        if !sentences.is_empty() {
            let _ = writeln!(text, "\n{title}");
        }
        for sentence in sentences {
            let line = format!("  {sign} {}", sentence.text(str::to_owned));
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
