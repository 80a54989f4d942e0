//! Drift for people and for pull requests: by risk, worst first, each difference with what was wanted, what is there and
//! what can be done. The JSON document is here too; its shape is an interface.

use super::short;
use crate::ui::Colour;
use ::drift::{Finding, Kind, NotChecked, Report, Risk};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The document of `drift --output json`.
#[derive(Debug, Serialize)]
pub struct DriftDocument<'a> {
    /// The environment's name.
    pub environment: &'a str,
    /// The stack's name.
    pub stack: &'a str,
    /// How many resources were read.
    pub checked: usize,
    /// What was not, and why.
    pub not_checked: &'a [NotChecked],
    /// What differs now: after a revert, what is left.
    pub findings: &'a [Finding],
    /// How many differences the file of accepted drift takes as they are.
    pub adopted: usize,
    /// What was put back.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub reverted: &'a [String],
    /// What could not be put back, and why.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub failed: &'a [String],
}

/// The document of a report.
pub fn document<'a>(
    environment: &'a str,
    stack: &'a str,
    report: &'a Report,
    reverted: &'a [String],
    failed: &'a [String],
) -> DriftDocument<'a> {
    DriftDocument {
        environment,
        stack,
        checked: report.checked,
        not_checked: &report.not_checked,
        findings: &report.findings,
        adopted: report.adopted,
        reverted,
        failed,
    }
}

const fn title(risk: Risk) -> &'static str {
    match risk {
        Risk::WidensAccess => "Widens access",
        Risk::LosesData => "May lose data",
        Risk::LosesEvents => "May lose events",
        Risk::Cosmetic => "Cosmetic",
    }
}

const fn sign(kind: Kind) -> char {
    match kind {
        Kind::Modified => '~',
        Kind::Deleted => '-',
        Kind::Added | Kind::Undeclared => '+',
    }
}

/// What a finding is about, in words.
fn subject(finding: &Finding) -> String {
    let type_name = finding.type_name.trim_start_matches("AWS::");
    match finding.kind {
        Kind::Deleted => format!("{} ({type_name}) is gone", finding.owner()),
        Kind::Added => format!(
            "{type_name} {} was added to {}",
            finding.resource,
            finding.owner()
        ),
        Kind::Modified => format!("{} {}  ({type_name})", finding.owner(), finding.path),
        Kind::Undeclared => {
            format!(
                "{} {}  ({type_name}), not declared",
                finding.owner(),
                finding.path
            )
        }
    }
}

/// What can be done about a finding.
fn remedy(finding: &Finding) -> &'static str {
    match (finding.kind, finding.revertible) {
        (Kind::Added, true) => "--revert removes it",
        (Kind::Deleted, true) => "--revert makes it again",
        (_, true) => "--revert sets it back",
        (Kind::Added, false) => "remove it by hand",
        (Kind::Deleted, false) => {
            "no call brings it back: restore it, or replace it by `provision down` and `up`"
        }
        (_, false) => "set it back by hand, or change the sources and run `provision up`",
    }
}

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
    let _ = writeln!(text, "{}", summary(document));
    for risk in Risk::ALL {
        let mut of = document
            .findings
            .iter()
            .filter(|finding| finding.risk == risk)
            .peekable();
        if of.peek().is_some() {
            let _ = writeln!(text, "\n{}", title(risk));
        }
        for finding in of {
            one(&mut text, finding, colour);
        }
    }
    if document.findings.iter().any(Finding::counts) {
        let env = document.environment;
        let _ = writeln!(
            text,
            "\nPut it back: provision drift --env {env} --revert\nKeep it:     provision drift --env {env} --adopt, or --ignore LOGICAL_ID[:PATH] --until DATE"
        );
    }
    let reasons = reasons(document.not_checked);
    if !reasons.is_empty() {
        text.push_str("\nNot checked (each one: --output json)\n");
    }
    for (reason, count) in reasons {
        let _ = writeln!(text, "  {count:>3} × {reason}");
    }
    text
}

fn summary(document: &DriftDocument<'_>) -> String {
    let counting = document
        .findings
        .iter()
        .filter(|finding| finding.counts())
        .count();
    let ignored = document.findings.len() - counting;
    let what = match counting {
        0 => "is as it was deployed".to_owned(),
        1 => "differs in 1 thing from what was deployed".to_owned(),
        more => format!("differs in {more} things from what was deployed"),
    };
    let mut text = format!(
        "{} {what}: {} resources checked",
        document.stack, document.checked
    );
    for (count, word) in [(ignored, "ignored"), (document.adopted, "adopted")] {
        if count > 0 {
            let _ = write!(text, ", {count} {word}");
        }
    }
    text
}

fn one(text: &mut String, finding: &Finding, colour: Colour) {
    let mut line = format!("  {} {}", sign(finding.kind), subject(finding));
    if let Some(until) = &finding.ignored_until {
        let _ = write!(line, ", ignored until {until}");
    }
    let _ = writeln!(text, "{}", paint(&line, finding, colour));
    if finding.kind != Kind::Deleted && finding.kind != Kind::Added {
        let _ = writeln!(text, "      wanted  {}", short(finding.expected.as_ref()));
    }
    if finding.kind != Kind::Deleted {
        let _ = writeln!(text, "      actual  {}", short(finding.actual.as_ref()));
    }
    if let (Some(who), Some(when)) = (&finding.who, &finding.when) {
        let _ = writeln!(text, "      by      {who} at {when}");
    }
    let _ = writeln!(text, "      to do   {}", remedy(finding));
}

fn paint(line: &str, finding: &Finding, colour: Colour) -> String {
    if colour == Colour::Plain || !finding.counts() {
        return line.to_owned();
    }
    let code = match finding.risk {
        Risk::WidensAccess | Risk::LosesData => "31",
        Risk::LosesEvents => "33",
        Risk::Cosmetic => "36",
    };
    format!("\x1b[{code}m{line}\x1b[0m")
}

/// Reasons with how often each occurs: forty functions that all lack one property are one line.
fn reasons(notes: &[NotChecked]) -> BTreeMap<String, usize> {
    let mut reasons = BTreeMap::new();
    for note in notes {
        for reason in note.reason.split("; ") {
            let type_name = note.type_name.trim_start_matches("AWS::");
            *reasons.entry(format!("{type_name} {reason}")).or_default() += 1;
        }
    }
    reasons
}

/// The report as Markdown.
pub fn markdown(document: &DriftDocument<'_>) -> String {
    let mut text = format!("### `{}`: {}\n", document.environment, summary(document));
    for (title, lines) in [
        ("Put back", document.reverted),
        ("Not put back", document.failed),
    ] {
        if !lines.is_empty() {
            let _ = writeln!(text, "\n**{title}**\n");
        }
        for line in lines {
            let _ = writeln!(text, "- {line}");
        }
    }
    for risk in Risk::ALL {
        let of: Vec<_> = document
            .findings
            .iter()
            .filter(|finding| finding.risk == risk)
            .collect();
        if of.is_empty() {
            continue;
        }
        let _ = writeln!(
            text,
            "\n**{}**\n\n| | what | wanted | actual | to do |\n|---|---|---|---|---|",
            title(risk)
        );
        for finding in of {
            let until = finding.ignored_until.as_ref();
            let until = until
                .map(|until| format!("ignored until {until}; "))
                .unwrap_or_default();
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} | {until}{} |",
                sign(finding.kind),
                subject(finding).replace('|', "\\|"),
                cell(&short(finding.expected.as_ref())),
                cell(&short(finding.actual.as_ref())),
                remedy(finding)
            );
        }
    }
    let reasons = reasons(document.not_checked);
    if !reasons.is_empty() {
        let _ = writeln!(
            text,
            "\n<details><summary>Not checked</summary>\n\n| how many | what, and why |\n|---|---|"
        );
        for (reason, count) in reasons {
            let _ = writeln!(text, "| {count} | {} |", reason.replace('|', "\\|"));
        }
        text.push_str("\n</details>\n");
    }
    text
}

/// Code in a table's cell.
fn cell(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|").replace('`', "'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report() -> Report {
        let finding = |kind, path: &str, risk| Finding {
            logical_id: (kind != Kind::Added).then(|| "PortalRole".to_owned()),
            resource: "bus|spy".to_owned(),
            parent: (kind == Kind::Added).then(|| "Bus".to_owned()),
            type_name: "AWS::IAM::Role".to_owned(),
            kind,
            path: path.to_owned(),
            expected: (kind == Kind::Modified).then(|| json!(180)),
            actual: (kind != Kind::Deleted).then(|| json!({"Action": "*"})),
            risk,
            who: None,
            when: None,
            revertible: true,
            ignored_until: (risk == Risk::Cosmetic).then(|| "2026-12-31".to_owned()),
        };
        Report {
            checked: 3,
            not_checked: vec![NotChecked {
                logical_id: "Bus".to_owned(),
                type_name: "AWS::Events::EventBus".to_owned(),
                reason: "LogConfig: dropped; KmsKeyIdentifier: dropped".to_owned(),
            }],
            findings: vec![
                finding(
                    Kind::Undeclared,
                    "Policies[PolicyName=extra]",
                    Risk::WidensAccess,
                ),
                finding(Kind::Added, "", Risk::WidensAccess),
                finding(Kind::Deleted, "", Risk::LosesEvents),
                finding(Kind::Modified, "Tags.owner", Risk::Cosmetic),
            ],
            adopted: 1,
        }
    }

    #[test]
    fn people_see_the_worst_first_with_what_to_do() {
        let report = report();
        let text = human(
            &document("dev", "invoicing-dev", &report, &[], &[]),
            Colour::Plain,
        );
        assert!(text.starts_with(
            "invoicing-dev differs in 3 things from what was deployed: 3 resources checked, 1 ignored, 1 adopted\n\nWidens access\n"
        ), "{text}");
        for part in [
            "  + PortalRole Policies[PolicyName=extra]  (IAM::Role), not declared\n      wanted  (none)\n      actual  {\"Action\":\"*\"}\n      to do   --revert sets it back",
            "  + IAM::Role bus|spy was added to Bus",
            "  - PortalRole (IAM::Role) is gone\n      to do   --revert makes it again",
            "  ~ PortalRole Tags.owner  (IAM::Role), ignored until 2026-12-31",
            "    1 × Events::EventBus LogConfig: dropped",
        ] {
            assert!(text.contains(part), "{part}\n---\n{text}");
        }
    }

    #[test]
    fn a_pull_request_gets_a_table_a_risk_and_no_broken_cells() {
        let report = report();
        let text = markdown(&document("dev", "invoicing-dev", &report, &[], &[]));
        assert!(text.contains("bus\\|spy"));
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        assert_eq!(rows.count(), 4);
    }
}
