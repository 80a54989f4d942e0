//! How plans and results look: for people, as JSON, as Markdown. Pure: from our types to text.

#[cfg(feature = "aws")]
pub mod drift;
mod json;
mod markdown;
mod plan;

pub use json::diff_document;
pub use markdown::markdown;
pub use plan::plan;
#[cfg(feature = "aws")]
pub use plan::unapplied;

use serde_json::Value;

/// A value on one line, shortened.
pub fn short(value: Option<&Value>) -> String {
    const MOST: usize = 90;
    let Some(value) = value else {
        return "(none)".to_owned();
    };
    let text = value.to_string();
    if text.chars().count() <= MOST {
        return text;
    }
    let head: String = text.chars().take(MOST - 1).collect();
    format!("{head}…")
}
