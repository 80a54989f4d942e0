//! What people read of dead-letter queues: an overview, a plan by cause, and what came of it. No content of a message.

use super::look::{Overview, RedrivePlan};
use super::run::{MessageLine, Redriven};
use std::fmt::Write as _;

/// How many messages of a queue are listed for people; programs get all of them.
const LISTED: usize = 50;

/// The overview.
#[must_use]
pub fn overview_text(overview: &Overview) -> String {
    let width = |of: fn(&super::QueueLine) -> usize| overview.queues.iter().map(of).max();
    let queue = width(|line| line.queue.len()).unwrap_or_default();
    let kind = width(|line| line.kind.len()).unwrap_or_default();
    let mut text = String::new();
    for line in &overview.queues {
        // Writing to a String never fails.
        let _ = write!(
            text,
            "{} {:>6}  {:queue$}  {:kind$}",
            if line.messages > 0 { "!" } else { " " },
            line.messages,
            line.queue,
            line.kind
        );
        if let Some(to) = &line.to {
            let _ = write!(text, " -> {to}");
        }
        if line.held > 0 {
            let _ = write!(text, " ({} more held just now)", line.held);
        }
        text = text.trim_end().to_owned() + "\n";
    }
    let ringing = overview.queues.iter().filter(|line| line.messages > 0);
    let _ = writeln!(
        text,
        "{}: {} of {} dead-letter queues hold messages",
        overview.environment,
        ringing.count(),
        overview.queues.len()
    );
    text
}

/// The plan.
#[must_use]
pub fn plan_text(plan: &RedrivePlan) -> String {
    let dlq = &plan.dlq;
    let mut text = format!("{} ({}): ", dlq.id(), dlq.way.kind());
    let _ = match (plan.chosen.len(), dlq.way.to()) {
        (0, _) => writeln!(text, "nothing to put back"),
        (n, Some(to)) => writeln!(text, "{n} to put back, to {to}"),
        (n, None) => writeln!(text, "{n} to put back, each to the target that it names"),
    };
    for cause in &plan.causes {
        let _ = writeln!(text, "  {:>5} x {}", cause.messages, cause.cause);
    }
    list(&mut text, &plan.chosen);
    for stay in &plan.stay {
        let _ = writeln!(text, "  {} stays: {}", stay.id, stay.reason);
    }
    if plan.others > 0 {
        let what = if plan.whole {
            "more are there and are moved too"
        } else {
            "stay untouched"
        };
        let _ = writeln!(text, "  {} {what}", plan.others);
    }
    text
}

/// What a look saw, by cause.
#[must_use]
pub fn looked_text(seen: &Redriven) -> String {
    let mut causes: Vec<&str> = Vec::new();
    for line in &seen.messages {
        if !causes.contains(&line.cause.as_str()) {
            causes.push(&line.cause);
        }
    }
    let mut text = String::new();
    for cause in causes {
        let of_cause = seen.messages.iter().filter(|line| line.cause == cause);
        let of_cause: Vec<_> = of_cause.cloned().collect();
        let _ = writeln!(text, "{} x {cause}", of_cause.len());
        list(&mut text, &of_cause);
    }
    let to = seen.to.as_deref().unwrap_or("the target that each names");
    let _ = writeln!(
        text,
        "{}: {} messages; they go back to {to} ({})",
        seen.queue, seen.left, seen.kind
    );
    text
}

/// What came of a redrive.
#[must_use]
pub fn redriven_text(done: &Redriven) -> String {
    let mut text = String::new();
    for failed in &done.failed {
        let _ = writeln!(text, "  {} stays: {}", failed.id, failed.reason);
    }
    let _ = writeln!(
        text,
        "{}: {} put back, {} left",
        done.queue, done.moved, done.left
    );
    text
}

fn list(text: &mut String, messages: &[MessageLine]) {
    for line in messages.iter().take(LISTED) {
        let _ = write!(text, "  {}  {}", line.id, line.event_type.unwrap_or("?"));
        if let Some(id) = line.event_id {
            let _ = write!(text, "  event {id}");
        }
        if let Some(id) = line.invoice_id {
            let _ = write!(text, "  invoice {id}");
        }
        if line.receive_count > 0 {
            let _ = write!(text, "  received {} times", line.receive_count);
        }
        text.push('\n');
    }
    if messages.len() > LISTED {
        let _ = writeln!(text, "  and {} more", messages.len() - LISTED);
    }
}
