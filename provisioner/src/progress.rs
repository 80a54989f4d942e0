//! Live progress of an operation from its stack events: a bar with pinned failures on a terminal, dated lines in a log,
//! JSON lines for programs. All on stderr.

use crate::cloudformation::StackEvent;
use crate::ui::{Live, Ui, Voice};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeSet;
use std::io::{self, Write};
use time::format_description::well_known::Rfc3339;

/// Progress of one operation.
#[derive(Debug)]
pub struct Progress {
    stack_id: String,
    how: How,
    done: BTreeSet<String>,
}

#[derive(Debug)]
enum How {
    Bar(ProgressBar),
    Lines,
    EveryLine,
    Json,
    Silent,
}

impl Progress {
    /// For an operation of so many steps; 0 where that is unknown.
    pub fn new(ui: &Ui, steps: usize, stack_id: &str) -> Self {
        let how = match (ui.voice, ui.live) {
            (Voice::Quiet, _) => How::Silent,
            (_, Live::Json) => How::Json,
            (Voice::Verbose, Live::Lines) => How::EveryLine,
            (_, Live::Lines) => How::Lines,
            (_, Live::Bar) => How::Bar(bar(steps)),
        };
        Self {
            stack_id: stack_id.to_owned(),
            how,
            done: BTreeSet::new(),
        }
    }

    /// Shows an event.
    pub fn show(&mut self, event: &StackEvent) {
        let of_stack = event.is_of_stack(&self.stack_id);
        let settled = event.status.ends_with("_COMPLETE") && !of_stack;
        if settled {
            self.done.insert(event.logical_id.clone());
        }
        match &self.how {
            How::Silent => {}
            How::Bar(bar) => {
                bar.set_position(self.done.len() as u64);
                bar.set_message(format!("{} {}", event.logical_id, event.status));
                if event.failed() && !event.cancelled() {
                    bar.println(format!("  ✗ {}", line(event)));
                }
            }
            How::Lines if event.status.ends_with("_IN_PROGRESS") && !of_stack => {}
            How::Lines | How::EveryLine => {
                let at = event.at.replace_nanosecond(0).unwrap_or(event.at);
                let at = at.format(&Rfc3339).unwrap_or_default();
                let _ = writeln!(io::stderr().lock(), "{at} {}", line(event));
            }
            How::Json => {
                let json = serde_json::json!({
                    "progress": "event",
                    "at": event.at.format(&Rfc3339).ok(),
                    "logical_id": event.logical_id,
                    "type": event.type_name,
                    "status": event.status,
                    "reason": event.reason,
                });
                let _ = writeln!(io::stderr().lock(), "{json}");
            }
        }
    }

    /// The operation is over.
    pub fn finish(self) {
        if let How::Bar(bar) = self.how {
            bar.finish_and_clear();
        }
    }
}

fn bar(steps: usize) -> ProgressBar {
    let bar = ProgressBar::new(steps as u64);
    let template = if steps == 0 {
        "{spinner} {elapsed} {wide_msg}"
    } else {
        "{bar:30} {pos}/{len} {elapsed} {wide_msg}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

fn line(event: &StackEvent) -> String {
    let reason = event
        .reason
        .as_deref()
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    format!(
        "{} {} {}{reason}",
        event.status, event.logical_id, event.type_name
    )
}
