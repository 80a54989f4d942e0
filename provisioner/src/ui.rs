//! Talking to people and programs: results on stdout, progress on stderr, questions on a terminal. It decides nothing.

use crate::cli::{Global, Output};
use crate::exit::{Exit, Failure};
use crate::hint;
use serde::Serialize;
use std::io::{self, BufRead, IsTerminal, Write};

/// How this run talks.
#[derive(Debug, Clone, Copy)]
pub struct Ui {
    /// Format of the result.
    pub output: Output,
    /// How much is said on stderr.
    pub voice: Voice,
    /// Whether someone can be asked.
    pub asks: Asks,
    /// Whether stdout takes colour.
    pub colour: Colour,
    /// Whether stderr is a terminal: bars and rewritten lines.
    pub live: Live,
}

/// How much is said on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Voice {
    /// Errors only.
    Quiet,
    /// What happens.
    Normal,
    /// Also why.
    Verbose,
}

/// Whether a write needs, and can get, a person's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// `--yes` was given.
    No,
    /// There is a terminal to ask on.
    Terminal,
    /// Nobody can be asked.
    Nobody,
}

/// Colour on stdout. It repeats a symbol's meaning and never carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// ANSI colours.
    Ansi,
    /// Plain.
    Plain,
}

/// What kind of progress fits stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Live {
    /// A terminal: a bar and pinned failures.
    Bar,
    /// A log: dated lines.
    Lines,
    /// JSON lines.
    Json,
}

impl Ui {
    /// From the flags and what stdin, stdout and stderr are.
    pub fn new(global: &Global) -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            output: global.output,
            voice: match (global.quiet, global.verbose) {
                (true, _) => Voice::Quiet,
                (_, true) => Voice::Verbose,
                _ => Voice::Normal,
            },
            asks: if global.yes {
                Asks::No
            } else if io::stdin().is_terminal() && io::stderr().is_terminal() {
                Asks::Terminal
            } else {
                Asks::Nobody
            },
            colour: if io::stdout().is_terminal() && !no_colour {
                Colour::Ansi
            } else {
                Colour::Plain
            },
            live: match global.output {
                Output::Json => Live::Json,
                _ if io::stderr().is_terminal() => Live::Bar,
                _ => Live::Lines,
            },
        }
    }

    /// Prints the result: the document with `--output json`, else the text.
    pub fn result<T: Serialize>(
        &self,
        document: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        match self.output {
            Output::Json => {
                let mut json = serde_json::to_string(document).map_err(|error| {
                    Failure::new(
                        Exit::Failed,
                        "output.json",
                        format!("the result can't be written as JSON: {error}"),
                    )
                })?;
                json.push('\n');
                raw(json.as_bytes())
            }
            Output::Human | Output::Markdown => raw(hint::complete(&text()).as_bytes()),
        }
    }

    /// Says what happens.
    pub fn say(&self, text: impl AsRef<str>) {
        if self.voice >= Voice::Normal {
            self.line("note", text.as_ref());
        }
    }

    /// Says something that the user should not miss, even in a log.
    pub fn warn(&self, text: impl AsRef<str>) {
        if self.voice >= Voice::Normal {
            self.line("warning", &format!("warning: {}", text.as_ref()));
        }
    }

    /// Says why, with `-v` only.
    pub fn explain(&self, text: impl AsRef<str>) {
        if self.voice >= Voice::Verbose {
            self.line("detail", text.as_ref());
        }
    }

    /// Shows something that happened, as a JSON line for programs.
    #[cfg(feature = "aws")]
    pub fn event<T: Serialize>(&self, event: &T) {
        if self.voice >= Voice::Normal
            && let Ok(event) = serde_json::to_value(event)
        {
            let line = serde_json::json!({ "progress": "event", "event": event });
            let _ = writeln!(io::stderr().lock(), "{line}");
        }
    }

    /// Shows a plan that is about to be carried out, on stderr.
    #[cfg(feature = "aws")]
    pub fn plan(&self, plan: &crate::plan::Plan) {
        if self.voice == Voice::Quiet {
            return;
        }
        match self.live {
            Live::Json => {
                let counts = plan.counts();
                let line = serde_json::json!({
                    "progress": "plan", "stack": plan.stack, "add": counts.add, "modify": counts.modify,
                    "replace": counts.replace, "remove": counts.remove,
                    "termination_protection": plan.termination_protection,
                });
                let _ = writeln!(io::stderr().lock(), "{line}");
            }
            Live::Bar | Live::Lines => {
                let colour = match (self.live, std::env::var_os("NO_COLOR")) {
                    (Live::Bar, None) => Colour::Ansi,
                    _ => Colour::Plain,
                };
                let text = hint::complete(&crate::render::plan(plan, colour));
                let _ = io::stderr().lock().write_all(text.as_bytes());
            }
        }
    }

    fn line(&self, kind: &str, text: &str) {
        let text = hint::complete(text);
        let line = match self.live {
            Live::Json => serde_json::json!({ "progress": kind, "message": text }).to_string(),
            Live::Bar | Live::Lines => text,
        };
        // Nobody reads stderr any more: then nobody misses it.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// Prints a failure: on stdout as JSON with `--output json`, else on stderr.
    pub fn fail(&self, failure: &Failure) {
        let failure = &failure.clone().completed(hint::complete);
        if self.output == Output::Json {
            if let Ok(mut json) = serde_json::to_string(&failure.document()) {
                json.push('\n');
                let _ = raw(json.as_bytes());
            }
            return;
        }
        let mut text = String::new();
        let plain = std::env::var_os("NO_COLOR").is_some() || !io::stderr().is_terminal();
        let theme = if plain {
            miette::GraphicalTheme::unicode_nocolor()
        } else {
            miette::GraphicalTheme::unicode()
        };
        let handler = miette::GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_width(100);
        if handler.render_report(&mut text, failure).is_err() {
            text = format!("{failure}\n");
        }
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Asks a yes-or-no question on the terminal. Anything but `y` or `yes` is no.
    pub async fn ask(&self, question: &str) -> bool {
        let _ = write!(io::stderr().lock(), "{question} [y/N] ");
        let _ = io::stderr().lock().flush();
        let answer = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line).map(|_| line)
        })
        .await;
        matches!(answer, Ok(Ok(line)) if matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }
}

/// Writes to stdout. A reader that went away is no error.
pub fn raw(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::new(
            Exit::Failed,
            "output.write",
            format!("the result can't be written to stdout: {error}"),
        )),
    }
}
