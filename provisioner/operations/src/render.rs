//! Timelines and judgements for people. Text only: where it goes is the program's business.
//!
//! Symbols carry the meaning and colour repeats it: `●` a step, `✓` a good end, `✗` a bad one, `◇` a person must act, `◆` a
//! person acted, `?` the provider has not answered, `¤` money, `≡` the books, `→` the vendor was told, `!` something is odd. Control characters in stored texts are shown as
//! `·`, never sent to a terminal.

use crate::timeline::{Entry, EntryKind, Trace, ViolationLine};
use crate::trails::AuditLine;
use crate::validate::{Severity, Validation};
use contracts::State;
use std::fmt::Write as _;
use time::{Date, Duration, OffsetDateTime, UtcOffset};

/// Whether colour may repeat what symbols say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// No escape sequences at all (`NO_COLOR`, no terminal).
    Plain,
    /// ANSI colours.
    Colour,
}

#[derive(Clone, Copy)]
enum Tone {
    Dim,
    Bold,
    Good,
    Bad,
    Waiting,
}

impl Palette {
    fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Dim => "2",
            Tone::Bold => "1",
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Waiting => "33",
        };
        match self {
            Palette::Plain => text.to_owned(),
            Palette::Colour => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

/// How wide prose may run.
const WIDTH: usize = 100;
/// The longest state's name and the longest event's name.
const STATE_WIDTH: usize = 17;
const EVENT_WIDTH: usize = 24;

/// Writes a timeline line by line, as entries come or all at once.
#[derive(Debug)]
pub struct TimelineLines {
    palette: Palette,
    day: Option<Date>,
    last: Option<OffsetDateTime>,
    announced: Vec<String>,
    /// What an entry says that happened before one that was shown already.
    belated: &'static str,
}

impl TimelineLines {
    /// Lines of one timeline.
    #[must_use]
    pub const fn new(palette: Palette) -> Self {
        Self {
            palette,
            day: None,
            last: None,
            announced: Vec::new(),
            belated: "",
        }
    }

    /// Lines of a timeline that is shown while it grows: what comes to light later than what followed it is marked so.
    #[must_use]
    pub const fn growing(palette: Palette) -> Self {
        let mut lines = Self::new(palette);
        lines.belated = "seen late";
        lines
    }

    /// The text of an entry, with its line ends; `None` for an event that a step's line showed already.
    #[must_use]
    pub fn line(&mut self, entry: &Entry) -> Option<String> {
        if entry.kind == EntryKind::Event && self.is_announced(entry) {
            return None;
        }
        if let (EntryKind::State, Some(id)) = (entry.kind, &entry.event_id) {
            self.announced.push(id.clone());
        }
        let at = entry.at.to_offset(UtcOffset::UTC);
        let mut text = String::new();
        if self.day != Some(at.date()) {
            self.day = Some(at.date());
            let heading = format!("  {} UTC", at.date());
            let _ = writeln!(text, "{}", self.palette.paint(Tone::Dim, &heading));
        }
        let since = match self.last.map(|last| entry.at - last) {
            Some(gap) if gap >= Duration::milliseconds(5) => format!("+{}", seconds(gap)),
            Some(gap) if gap < Duration::ZERO => self.belated.to_owned(),
            _ => String::new(),
        };
        self.last = Some(self.last.map_or(entry.at, |last| last.max(entry.at)));
        let time = format!(
            "{:02}:{:02}:{:02}.{:03}",
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        );
        let margin = self.palette.paint(Tone::Dim, &format!("{time} {since:>9}"));
        let _ = writeln!(text, "  {margin}  {}", self.story(entry));
        Some(text)
    }

    fn is_announced(&self, entry: &Entry) -> bool {
        entry
            .event_id
            .as_ref()
            .is_some_and(|id| self.announced.contains(id))
    }

    fn story(&self, entry: &Entry) -> String {
        let event = plain(entry.event_type.as_deref().unwrap_or(""));
        let actor = plain(entry.actor.as_deref().unwrap_or(""));
        let note = plain(entry.note.as_deref().unwrap_or(""));
        let (symbol, tone, what) = match entry.kind {
            EntryKind::State => {
                let (symbol, tone) = entry.to.map_or(("●", Tone::Bold), mark);
                (symbol, tone, entry.to.map_or("", State::name).to_owned())
            }
            EntryKind::Event => ("○", Tone::Dim, "event".to_owned()),
            EntryKind::Payment => ("¤", Tone::Dim, "payment".to_owned()),
            EntryKind::Notice => ("→", Tone::Dim, "notice".to_owned()),
            EntryKind::Asked => ("◇", Tone::Waiting, "asked".to_owned()),
            EntryKind::Decided => ("◆", Tone::Bold, "decided".to_owned()),
            EntryKind::Expired => ("✗", Tone::Bad, "time is up".to_owned()),
            EntryKind::Booked => ("≡", Tone::Dim, "booked".to_owned()),
            EntryKind::Stuck => ("!", Tone::Waiting, "stuck".to_owned()),
        };
        // Where there is no event, what there is to say stands in its column.
        let (event, note) = match entry.kind {
            EntryKind::Payment | EntryKind::Asked | EntryKind::Decided | EntryKind::Expired => {
                (note, plain(entry.reason.as_deref().unwrap_or("")))
            }
            _ => (event, note),
        };
        let what = self
            .palette
            .paint(tone, &format!("{symbol} {what:<STATE_WIDTH$}"));
        let by = [actor, note]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(": ");
        format!("{what} {event:<EVENT_WIDTH$} {by}")
            .trim_end()
            .to_owned()
    }
}

const fn mark(state: State) -> (&'static str, Tone) {
    match state {
        State::Paid | State::Credited => ("✓", Tone::Good),
        State::Rejected | State::PaymentFailed => ("✗", Tone::Bad),
        State::AwaitingApproval | State::Disputed => ("◇", Tone::Waiting),
        State::PaymentUnknown => ("?", Tone::Waiting),
        State::Submitted | State::Validated | State::Approved | State::Paying => ("●", Tone::Bold),
    }
}

/// The whole story: heading, timeline, and how it stands.
#[must_use]
pub fn timeline_text(trace: &Trace, palette: Palette) -> String {
    let mut text = trace.heading(palette);
    let mut lines = TimelineLines::new(palette);
    for entry in &trace.timeline {
        text.push_str(&lines.line(entry).unwrap_or_default());
    }
    text.push_str(&trace.closing(palette));
    text
}

impl Trace {
    /// The line above a timeline.
    #[must_use]
    pub fn heading(&self, palette: Palette) -> String {
        format!(
            "Invoice {}\n",
            palette.paint(Tone::Bold, &self.id.to_string())
        )
    }

    /// What follows a timeline: how it stands and how long it took, payments, broken rules, and what is odd.
    #[must_use]
    pub fn closing(&self, palette: Palette) -> String {
        let (symbol, tone) = mark(self.status);
        let status = palette.paint(tone, &format!("{symbol} {}", self.status));
        let mut text = format!("\n  {status}");
        if let Some(took) = self.took() {
            let _ = write!(text, " after {}", seconds(took));
        }
        if let Some(reason) = &self.reason {
            let _ = write!(text, ": {}", plain(reason));
        }
        if !self.rests() {
            text.push_str(", goes on");
        } else if !self.status.is_terminal() {
            text.push_str(", waits for a person");
        }
        text.push('\n');
        for payment in &self.payments {
            let _ = writeln!(text, "  ¤ payment key {}", plain(&payment.key));
        }
        if let Some(audit) = &self.audit {
            let _ = writeln!(text, "  {}", audit_text(audit, palette));
        }
        text.push_str(&violations_text(&self.violations, palette));
        text.push_str(&self.oddities(palette));
        text
    }

    /// From the first step to the one that made the present state.
    fn took(&self) -> Option<Duration> {
        let mut steps = self
            .timeline
            .iter()
            .filter(|entry| entry.kind == EntryKind::State);
        let first = steps.next()?;
        Some(steps.next_back()?.at - first.at)
    }

    fn oddities(&self, palette: Palette) -> String {
        let mut notes = Vec::new();
        for event in self.unpublished() {
            let name = plain(event.event_type.as_deref().unwrap_or(""));
            notes.push(format!(
                "{name} is committed and not marked as published yet"
            ));
        }
        if !self.missing_versions.is_empty() {
            let missing: Vec<_> = self.missing_versions.iter().map(u64::to_string).collect();
            notes.push(format!(
                "no history of version {}: an item was lost",
                missing.join(", ")
            ));
        }
        for (currency, sum) in self.unbalanced() {
            notes.push(format!(
                "its ledger rows do not sum to zero: {sum} minor units of {currency}"
            ));
        }
        for unseen in &self.unseen {
            notes.push(plain(unseen));
        }
        for key in &self.unread {
            notes.push(format!("not understood: item {}", plain(key)));
        }
        let mut text = String::new();
        for note in notes {
            let _ = writeln!(text, "  {} {note}", palette.paint(Tone::Waiting, "!"));
        }
        text
    }
}

fn audit_text(audit: &AuditLine, palette: Palette) -> String {
    let versions = match audit.behind {
        0 => format!("{} versions", audit.versions),
        behind => format!("{} versions, {behind} to come", audit.versions),
    };
    let events = audit.events;
    match &audit.fault {
        None => format!("≡ audit: {versions}, {events} events, chain holds"),
        Some(fault) => {
            let symbol = palette.paint(Tone::Bad, "✗");
            format!(
                "{symbol} audit: {versions}, {events} events: {}",
                plain(fault)
            )
        }
    }
}

fn violations_text(violations: &[ViolationLine], palette: Palette) -> String {
    let mut text = String::new();
    for broken in violations {
        text.push_str(&rule_text(
            ("✗", Tone::Bad),
            &broken.rule,
            &broken.path,
            &broken.message,
            palette,
        ));
    }
    text
}

/// A judgement: each broken rule with its place and wording, then the count.
#[must_use]
pub fn validation_text(name: &str, validation: &Validation, palette: Palette) -> String {
    let mut text = String::new();
    for broken in &validation.violations {
        let mark = match broken.severity {
            Severity::Fatal => ("✗", Tone::Bad),
            Severity::Warning => ("!", Tone::Waiting),
        };
        text.push_str(&rule_text(
            mark,
            &broken.rule,
            &broken.path,
            &broken.message,
            palette,
        ));
    }
    let fatal = validation.fatal_count();
    let warnings = validation.violations.len() - fatal;
    let (symbol, tone) = match fatal {
        0 => ("✓", Tone::Good),
        _ => ("✗", Tone::Bad),
    };
    let symbol = palette.paint(tone, symbol);
    let name = plain(name);
    let profile = plain(&validation.profile);
    let _ = writeln!(
        text,
        "{symbol} {name}: {fatal} broken, {warnings} to note, judged as {profile}"
    );
    text
}

fn rule_text(
    (symbol, tone): (&str, Tone),
    rule: &str,
    path: &str,
    message: &str,
    palette: Palette,
) -> String {
    let symbol = palette.paint(tone, symbol);
    let rule = palette.paint(Tone::Bold, &plain(rule));
    let mut text = format!("  {symbol} {rule}  {}\n", plain(path));
    for line in wrapped(&plain(message), WIDTH - 6) {
        let _ = writeln!(text, "      {line}");
    }
    text
}

fn wrapped(prose: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in prose.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A duration in words that fit a column: `0.42 s`, `3m 07s`, `2h 05m`, `4d 03h`. A clock that runs behind gives zero.
fn seconds(duration: Duration) -> String {
    let duration = duration.max(Duration::ZERO);
    let whole = duration.whole_seconds();
    match whole {
        0..60 => format!("{whole}.{:02} s", duration.subsec_milliseconds() / 10),
        60..3_600 => format!("{}m {:02}s", whole / 60, whole % 60),
        3_600..86_400 => format!("{}h {:02}m", whole / 3_600, whole % 3_600 / 60),
        _ => format!("{}d {:02}h", whole / 86_400, whole % 86_400 / 3_600),
    }
}

fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '·' } else { c })
        .collect()
}
