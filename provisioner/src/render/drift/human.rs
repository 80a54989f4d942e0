//! Drift in a terminal.

use super::DriftDocument;
use super::unread::{Unread, by_reason, total};
use super::words::{
    by_hand, counting, counts, ignored, lines, short_type, sign, title, trail, verdict,
};
use crate::ui::Colour;
use ::drift::{Finding, Kind, Risk};
use serde_json::Value;
use std::fmt::Write;

/// Lines that a value may take.
const MOST_LINES: usize = 12;
/// Characters of such a line.
const MOST: usize = 90;
/// Reasons why something was not looked at.
const REASONS: usize = 3;
/// What is named of what one reason stands for.
const NAMED: usize = 2;

/// The report as text.
pub fn human(document: &DriftDocument<'_>, colour: Colour) -> String {
    let mut text = String::new();
    for line in document.reverted {
        let _ = writeln!(text, "put back: {line}");
    }
    for line in document.failed {
        let _ = writeln!(text, "not put back: {line}");
    }
    if !document.reverted.is_empty() || !document.failed.is_empty() {
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "{} {}: {} resources checked",
        document.stack,
        verdict(document),
        document.checked
    );
    let counts = counts(document);
    if !counts.is_empty() {
        let _ = writeln!(text, "{counts}");
    }
    for risk in Risk::ALL {
        let mut of = counting(document, risk).peekable();
        if of.peek().is_some() {
            let _ = writeln!(text, "\n{}", title(risk));
        }
        for finding in of {
            let _ = writeln!(text, "{}", paint(&subject(finding), finding.risk, colour));
            details(&mut text, finding);
        }
    }
    for (index, (finding, until)) in ignored(document).enumerate() {
        if index == 0 {
            text.push_str("\nIgnored for now\n");
        }
        let _ = writeln!(text, "{}, until {until}", subject(finding));
    }
    what_to_do(&mut text, document);
    not_checked(&mut text, &by_reason(document.not_checked));
    text
}

/// What a finding is about.
fn subject(finding: &Finding) -> String {
    let (owner, path, id) = (finding.owner(), &finding.path, &finding.resource);
    let type_name = short_type(&finding.type_name);
    let what = match finding.kind {
        Kind::Deleted => format!("{owner} is gone"),
        Kind::Added => return format!("  + {type_name} was added to {owner}: {id}"),
        Kind::Modified => format!("{owner} {path}"),
        Kind::Undeclared => format!("{owner} {path} is not declared"),
    };
    format!("  {} {what}  ({type_name})", sign(finding.kind))
}

fn details(text: &mut String, finding: &Finding) {
    if finding.kind == Kind::Modified {
        value(text, "wanted", finding.expected.as_ref());
    }
    if finding.kind != Kind::Deleted {
        value(text, "actual", finding.actual.as_ref());
    }
    if let Some(trail) = trail(finding, str::to_owned) {
        let _ = writeln!(text, "      by      {trail}");
    }
    if let Some(way_out) = by_hand(finding) {
        let _ = writeln!(text, "      to do   {way_out}");
    }
}

fn value(text: &mut String, label: &str, value: Option<&Value>) {
    let lines = value.map_or_else(|| vec!["nothing".to_owned()], lines);
    let more = lines.len().saturating_sub(MOST_LINES);
    for (index, line) in lines.iter().take(MOST_LINES).enumerate() {
        let label = if index == 0 { label } else { "" };
        let _ = writeln!(text, "      {label:<7} {}", cut(line));
    }
    if more > 0 {
        let _ = writeln!(text, "              … {more} more lines: --output json");
    }
}

fn cut(line: &str) -> String {
    if line.chars().count() <= MOST {
        return line.to_owned();
    }
    let head: String = line.chars().take(MOST - 1).collect();
    format!("{head}…")
}

fn what_to_do(text: &mut String, document: &DriftDocument<'_>) {
    let counting = || document.findings.iter().filter(|finding| finding.counts());
    if counting().next().is_none() {
        return;
    }
    let env = document.environment;
    text.push('\n');
    if counting().any(|finding| finding.revertible) {
        let _ = writeln!(text, "Put it back: provision drift --env {env} --revert");
    }
    let _ = writeln!(
        text,
        "Keep it:     provision drift --env {env} --adopt, or --ignore LOGICAL_ID[:PATH] --until DATE"
    );
}

fn not_checked(text: &mut String, unread: &[Unread]) {
    if unread.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\nNot checked: {} (each one with its reason: --output json)",
        total(unread)
    );
    for one in unread.iter().take(REASONS) {
        let mut named: Vec<String> = one.what.keys().take(NAMED).cloned().collect();
        if one.what.len() > NAMED {
            named.push(format!("and {} more", one.what.len() - NAMED));
        }
        let _ = writeln!(
            text,
            "  {:>3} × {}",
            one.count(),
            cut(&format!("{}: {}", one.reason, named.join(", ")))
        );
    }
    if unread.len() > REASONS {
        let _ = writeln!(text, "   and {} more reasons", unread.len() - REASONS);
    }
}

fn paint(line: &str, risk: Risk, colour: Colour) -> String {
    if colour == Colour::Plain {
        return line.to_owned();
    }
    let code = match risk {
        Risk::WidensAccess | Risk::LosesData => "31",
        Risk::LosesEvents => "33",
        Risk::Cosmetic => "36",
    };
    format!("\x1b[{code}m{line}\x1b[0m")
}
