//! What people read of a replay: its plan, and how it ended.

use super::run::{ReplayPlan, Replayed};
use std::fmt::Write as _;

/// The plan.
#[must_use]
pub fn plan_text(plan: &ReplayPlan) -> String {
    let document = plan.document();
    let mut text = format!(
        "Replay {} of archive {}\n  from {} to {}\n  the archive holds {} events in all, as far as it has counted\n",
        document.replay, document.archive, document.from, document.to, document.archive_events
    );
    for note in &plan.notes {
        // Writing to a String never fails.
        let _ = writeln!(text, "  note: {note}");
    }
    rules(&mut text, &document);
    text
}

/// How it ended.
#[must_use]
pub fn replayed_text(done: &Replayed) -> String {
    let got: Vec<_> = done
        .rules
        .iter()
        .filter(|rule| rule.gets_replayed)
        .map(|rule| rule.rule.as_str())
        .collect();
    let to = if got.is_empty() {
        "nobody".to_owned()
    } else {
        got.join(", ")
    };
    let last = done.last_event_at.as_ref();
    let last = last.map_or_else(String::new, |at| format!(", the last event of {at}"));
    format!("{}: {}, to {to}{last}\n", done.replay, done.state)
}

fn rules(text: &mut String, document: &Replayed) {
    let width = document.rules.iter().map(|rule| rule.rule.len()).max();
    let width = width.unwrap_or_default();
    for rule in &document.rules {
        let mark = if rule.gets_replayed { "+" } else { "-" };
        let handler = rule.handler.as_deref().unwrap_or("nobody");
        let _ = writeln!(
            text,
            "  {mark} {:width$} -> {handler}: {}",
            rule.rule, rule.why
        );
    }
    let got = document.rules.iter().filter(|rule| rule.gets_replayed);
    let _ = writeln!(
        text,
        "  {} of {} rules get the events",
        got.count(),
        document.rules.len()
    );
}
