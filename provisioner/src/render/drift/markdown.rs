//! Drift as Markdown for a pull request: one alert a class of risk, worst first, with every difference on a line; long values
//! folded below; never longer than a comment may be.

use super::DriftDocument;
use super::unread::{Unread, by_reason, total};
use super::words::{
    by_hand, counting, counts, ignored, lines, place, short_type, sign, title, trail, verdict,
};
use crate::render::escape::{cell, code, prose};
use crate::render::markdown::{alert, fitted, html};
use ::drift::{Finding, Kind, Risk};
use serde_json::Value;
use std::fmt::Write;

/// A value that is longer is folded.
const SHORT: usize = 60;
/// Lines that a folded value may take.
const MOST_LINES: usize = 200;
/// Up to how many folded values are open.
const OPEN: usize = 5;
/// Differences an alert holds; the rest of a class is in another one.
const IN_AN_ALERT: usize = 40;

/// The report as Markdown.
pub fn markdown(document: &DriftDocument<'_>) -> String {
    let counts = match counts(document).as_str() {
        "" => String::new(),
        counts => format!(": {counts}"),
    };
    let mut blocks = vec![format!(
        "### {} {}\n\nStack {}, {} resources checked{counts}.\n",
        code(document.environment),
        verdict(document),
        code(document.stack),
        document.checked
    )];
    blocks.extend(done("Put back", document.reverted));
    blocks.extend(done("Not put back", document.failed));
    for risk in Risk::ALL {
        let lines: Vec<String> = counting(document, risk).map(line).collect();
        for some in lines.chunks(IN_AN_ALERT) {
            blocks.push(alert(kind(risk), title(risk), some));
        }
    }
    blocks.extend(values(document));
    blocks.extend(set_aside(document));
    blocks.extend(not_checked(&by_reason(document.not_checked)));
    fitted(blocks, &what_to_do(document), &command(document, ""))
}

/// GitHub's kind of alert.
const fn kind(risk: Risk) -> &'static str {
    match risk {
        Risk::WidensAccess | Risk::LosesData => "CAUTION",
        Risk::LosesEvents => "WARNING",
        Risk::Cosmetic => "NOTE",
    }
}

fn done(title: &str, lines: &[String]) -> Option<String> {
    if lines.is_empty() {
        return None;
    }
    let mut text = format!("\n**{title}**\n\n");
    for line in lines {
        let _ = writeln!(text, "- {}", prose(line));
    }
    Some(text)
}

/// A difference on one line, with its values where they are short.
fn line(finding: &Finding) -> String {
    let (owner, path) = (code(finding.owner()), code(&finding.path));
    let type_name = short_type(&finding.type_name);
    let is = inline(finding.actual.as_ref());
    let mut text = match finding.kind {
        Kind::Deleted => format!("{owner} is gone ({type_name})"),
        Kind::Added => format!(
            "{type_name} was added to {owner}: {}",
            code(&finding.resource)
        ),
        Kind::Undeclared => match is {
            Some(is) => format!("{owner} {path}: nothing is declared, {is} is there"),
            None => format!("{owner} {path} is there and not declared ({type_name})"),
        },
        Kind::Modified => match (inline(finding.expected.as_ref()), is) {
            (Some(wanted), Some(is)) => format!("{owner} {path}: wanted {wanted}, actual {is}"),
            _ => format!("{owner} {path} differs ({type_name})"),
        },
    };
    if let Some(trail) = trail(finding, code) {
        let _ = write!(text, ", by {trail}");
    }
    if let Some(way_out) = by_hand(finding) {
        let _ = write!(text, ". To do: {}", prose(way_out));
    }
    format!("- {text}")
}

/// A value that is short enough to stand in a line.
fn inline(value: Option<&Value>) -> Option<String> {
    let Some(value) = value else {
        return Some("nothing".to_owned());
    };
    match lines(value).as_slice() {
        [one] if one.chars().count() <= SHORT => Some(code(one)),
        _ => None,
    }
}

/// Whether its values are told below.
fn is_folded(finding: &Finding) -> bool {
    match finding.kind {
        Kind::Deleted => false,
        Kind::Added => finding.actual.is_some(),
        Kind::Modified | Kind::Undeclared => {
            inline(finding.actual.as_ref()).is_none() || inline(finding.expected.as_ref()).is_none()
        }
    }
}

fn values(document: &DriftDocument<'_>) -> Vec<String> {
    let all = || {
        Risk::ALL
            .into_iter()
            .flat_map(|risk| counting(document, risk))
    };
    let folded: Vec<&Finding> = all().filter(|finding| is_folded(finding)).collect();
    let open = if folded.len() <= OPEN { " open" } else { "" };
    folded
        .into_iter()
        .map(|finding| value(finding, open))
        .collect()
}

fn value(finding: &Finding, open: &str) -> String {
    let (owner, path) = (html(finding.owner()), html(&finding.path));
    let what = match finding.kind {
        Kind::Added => format!("{} on <b>{owner}</b>", html(short_type(&finding.type_name))),
        _ => format!("<b>{owner}</b> <code>{path}</code>"),
    };
    let wanted = finding.expected.as_ref().map(lines).unwrap_or_default();
    let actual = finding.actual.as_ref().map(lines).unwrap_or_default();
    let mut compared = compared(&wanted, &actual);
    let more = compared.len().saturating_sub(MOST_LINES);
    compared.truncate(MOST_LINES);
    if more > 0 {
        compared.push(format!("  … {more} more lines: --output json"));
    }
    let compared = compared.join("\n");
    let fence = fence(&compared);
    format!(
        "\n<details{open}><summary><code>{}</code> {what}</summary>\n\n{fence}diff\n{compared}\n{fence}\n\n</details>\n",
        sign(finding.kind)
    )
}

/// Lines of the wanted and the actual value: what both begin and end with once.
fn compared(wanted: &[String], actual: &[String]) -> Vec<String> {
    let same = |(one, other): &(&String, &String)| one == other;
    let head = wanted.iter().zip(actual).take_while(same).count();
    let (wanted_rest, actual_rest) = (
        wanted.get(head..).unwrap_or_default(),
        actual.get(head..).unwrap_or_default(),
    );
    let tail = wanted_rest
        .iter()
        .rev()
        .zip(actual_rest.iter().rev())
        .take_while(same)
        .count();
    let marked = |sign: char, lines: &[String]| -> Vec<String> {
        lines.iter().map(|line| format!("{sign} {line}")).collect()
    };
    let part = |lines: &[String]| {
        lines
            .get(head..lines.len() - tail)
            .unwrap_or_default()
            .to_vec()
    };
    [
        marked(' ', wanted.get(..head).unwrap_or_default()),
        marked('-', &part(wanted)),
        marked('+', &part(actual)),
        marked(' ', wanted.get(wanted.len() - tail..).unwrap_or_default()),
    ]
    .concat()
}

/// Longer than any run of backticks inside.
fn fence(text: &str) -> String {
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    "`".repeat((longest + 1).max(3))
}

fn set_aside(document: &DriftDocument<'_>) -> Option<String> {
    let mut rows: Vec<(&Finding, &str)> = ignored(document).collect();
    if rows.is_empty() {
        return None;
    }
    rows.sort_by_key(|(_, until)| *until);
    let mut text = format!(
        "\n<details><summary>Ignored for now: {}</summary>\n\n| until | what | risk |\n|---|---|---|\n",
        rows.len()
    );
    for (finding, until) in rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            prose(until),
            cell(&place(finding)),
            title(finding.risk).to_lowercase()
        );
    }
    text.push_str("\n</details>\n");
    Some(text)
}

fn not_checked(unread: &[Unread]) -> Option<String> {
    if unread.is_empty() {
        return None;
    }
    let mut text = format!(
        "\n<details><summary>Not checked: {}</summary>\n\n| how many | why | of what |\n|---:|---|---|\n",
        total(unread)
    );
    for one in unread {
        let what: Vec<String> = one
            .what
            .iter()
            .map(|(what, count)| format!("{count} × {}", cell(what)))
            .collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            one.count(),
            prose(&one.reason),
            what.join(", ")
        );
    }
    text.push_str("\n</details>\n");
    Some(text)
}

fn command(document: &DriftDocument<'_>, more: &str) -> String {
    format!("provision drift --env {}{more}", document.environment)
}

fn what_to_do(document: &DriftDocument<'_>) -> String {
    let counting: Vec<&Finding> = document
        .findings
        .iter()
        .filter(|finding| finding.counts())
        .collect();
    let Some(worst) = counting.first() else {
        return String::new();
    };
    let quoted = place(worst).replace('\'', "'\\''");
    let mut rows = Vec::new();
    if counting.iter().any(|finding| finding.revertible) {
        rows.push((command(document, " --revert"), "put it back"));
    }
    rows.push((
        command(document, " --adopt"),
        "or keep it, in a reviewed file",
    ));
    rows.push((
        command(document, &format!(" --ignore '{quoted}' --until DATE")),
        "or one of them for a while",
    ));
    let commands: Vec<String> = rows
        .into_iter()
        .map(|(command, why)| format!("# {why}\n{command}"))
        .collect();
    let commands = commands.join("\n");
    let fence = fence(&commands);
    format!("\n{fence}sh\n{commands}\n{fence}\n")
}
