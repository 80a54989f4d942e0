//! How plans and results look: for people, as JSON, as Markdown. Pure: from our types to text.

mod access;
#[cfg(feature = "aws")]
pub mod drift;
mod escape;
mod json;
mod live;
mod markdown;
mod plan;
mod repeated;
mod sections;
#[cfg(test)]
mod tests;

pub use json::diff_document;
pub use markdown::markdown;
pub use plan::plan;
#[cfg(feature = "aws")]
pub use sections::unapplied;

use crate::plan::{Plan, ThreeWay};
use crate::ui::Colour;
use serde_json::Value;

/// Characters that a value may take on a line.
const MOST: usize = 90;

/// A value on one line, shortened.
pub fn short(value: Option<&Value>) -> String {
    let text = whole(value);
    if text.chars().count() <= MOST {
        return text;
    }
    let head: String = text.chars().take(MOST - 1).collect();
    format!("{head}…")
}

/// Two values, each on one line: where they are long, the part in which they differ.
fn pair(before: Option<&Value>, after: Option<&Value>) -> (String, String) {
    /// Characters that are shown of what both begin with.
    const BEFORE_IT: usize = 24;
    let (old, new) = (whole(before), whole(after));
    let common = old
        .chars()
        .zip(new.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let fits = |text: &str| text.chars().count() <= MOST;
    if before.is_none() || after.is_none() || (fits(&old) && fits(&new)) || common <= BEFORE_IT {
        return (short(before), short(after));
    }
    let window = |text: &str| {
        let skipped = common - BEFORE_IT;
        let rest = text.chars().count() - skipped;
        let part: String = text.chars().skip(skipped).take(MOST - 2).collect();
        let end = if rest > MOST - 2 { "…" } else { "" };
        format!("…{part}{end}")
    };
    (window(&old), window(&new))
}

fn whole(value: Option<&Value>) -> String {
    match value {
        Some(value) => value.to_string(),
        None => "(none)".to_owned(),
    }
}

/// The plan and, where reality was looked at, all three ways, as text.
pub fn diff(plan: &Plan, three_ways: Option<&[ThreeWay]>, colour: Colour) -> String {
    let mut text = self::plan(plan, colour);
    if let Some(rows) = three_ways {
        text.push_str(&live::human(rows, colour));
    }
    text
}
