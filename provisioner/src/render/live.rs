//! Three ways for people: what is wanted, what was deployed last and what is there, by what `up` makes of it.

use super::escape::cell;
use super::short;
use crate::plan::{Outcome, ThreeWay};
use crate::ui::Colour;
use serde_json::Value;
use std::fmt::Write;

/// Rows of a table in Markdown: a comment takes so much.
const MOST_ROWS: usize = 60;

/// The rows of an outcome.
fn of(rows: &[ThreeWay], outcome: Outcome) -> Vec<&ThreeWay> {
    rows.iter().filter(|row| row.outcome == outcome).collect()
}

/// What nobody changed by hand is told with the plan.
fn above(rows: usize) -> String {
    match rows {
        1 => "1 property, above".to_owned(),
        rows => format!("{rows} properties, above"),
    }
}

fn place(row: &ThreeWay) -> String {
    match (&row.added, row.path.as_str()) {
        (Some(id), _) => format!("{} {id}, on {}", row.type_name, row.logical_id),
        (None, "") => row.logical_id.clone(),
        (None, path) => format!("{} {path}", row.logical_id),
    }
}

/// A resource as a whole is there or not.
fn value(row: &ThreeWay, value: Option<&Value>) -> String {
    match (row.path.is_empty(), value) {
        (true, Some(_)) => "there".to_owned(),
        (true, None) => "not there".to_owned(),
        (false, value) => short(value),
    }
}

fn accepted(row: &ThreeWay) -> String {
    match &row.accepted_until {
        Some(day) => format!("  (accepted until {day})"),
        None => String::new(),
    }
}

/// As text.
pub(super) fn human(rows: &[ThreeWay], colour: Colour) -> String {
    let mut text = String::new();
    let by_hand = rows
        .iter()
        .filter(|row| row.outcome != Outcome::Changes)
        .count();
    let _ = match by_hand {
        0 => writeln!(text, "\nLive: nothing was changed by hand."),
        count => writeln!(
            text,
            "\nLive: {count} changed by hand since the last deployment"
        ),
    };
    for outcome in Outcome::ALL {
        let rows = of(rows, outcome);
        if rows.is_empty() {
            continue;
        }
        if outcome == Outcome::Changes {
            let _ = writeln!(text, "\n{}: {}", outcome.title(), above(rows.len()));
            continue;
        }
        let _ = writeln!(text, "\n{}", outcome.title());
        for row in rows {
            let line = format!(
                "  {}{}\n      wanted {}\n    deployed {}\n        live {}",
                place(row),
                accepted(row),
                value(row, row.wanted.as_ref()),
                value(row, row.deployed.as_ref()),
                value(row, row.live.as_ref())
            );
            let line = match (outcome, colour) {
                (Outcome::Missing | Outcome::Overwrites, Colour::Ansi) => {
                    format!("\x1b[31m{line}\x1b[0m")
                }
                _ => line,
            };
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

/// As Markdown, one block an outcome.
pub(super) fn markdown(rows: &[ThreeWay]) -> Vec<String> {
    let mut blocks = Vec::new();
    if rows.iter().all(|row| row.outcome == Outcome::Changes) {
        blocks.push("\n#### Live\n\nNothing was changed by hand.\n".to_owned());
    } else {
        blocks.push("\n#### Live\n".to_owned());
    }
    for outcome in Outcome::ALL {
        let rows = of(rows, outcome);
        if rows.is_empty() {
            continue;
        }
        if outcome == Outcome::Changes {
            blocks.push(format!(
                "\n**{}**: {}\n",
                outcome.title(),
                above(rows.len())
            ));
            continue;
        }
        let mut text = format!(
            "\n**{}**\n\n| what | wanted | deployed | live |\n|---|---|---|---|\n",
            outcome.title()
        );
        if rows.len() > MOST_ROWS {
            let _ = writeln!(text, "| and {} more | | | |", rows.len() - MOST_ROWS);
        }
        for row in rows.into_iter().take(MOST_ROWS) {
            let _ = writeln!(
                text,
                "| {}{} | {} | {} | {} |",
                cell(&place(row)),
                accepted(row),
                cell(&value(row, row.wanted.as_ref())),
                cell(&value(row, row.deployed.as_ref())),
                cell(&value(row, row.live.as_ref()))
            );
        }
        blocks.push(text);
    }
    blocks
}
