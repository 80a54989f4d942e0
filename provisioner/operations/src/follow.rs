//! Reading an invoice's story once, or until it comes to rest.

use crate::failure::Failure;
use crate::ports::{InvoiceItems, Pace, ServiceError, Trouble};
use crate::timeline::{Entry, EntryKind, Trace, timeline};
use crate::trails;
use contracts::InvoiceId;
use contracts::handlers::{Handler, Notification};
use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long an invoice that may just have been submitted is waited for before it counts as unknown.
const GRACE: Duration = Duration::from_secs(10);
/// How long the end of the story is waited for once the invoice rests: its event published, its vendor told.
const SETTLING: Duration = Duration::from_secs(3);

/// How long to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Follow {
    /// After this the operation is left to itself ([`Failure::StillGoing`]).
    pub timeout: Duration,
}

impl Default for Follow {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
        }
    }
}

/// Whether the invoice is known to have been submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It was accepted: it will appear.
    Expected,
    /// Somebody asks for an id; it may be none of ours.
    Unsure,
}

/// Reads an id as a user typed it.
pub(crate) fn parse_id(text: &str) -> Result<InvoiceId, Failure> {
    text.trim().parse().map_err(|_| Failure::NotAnId {
        text: text.chars().take(80).collect(),
    })
}

/// One invoice's story as it stands.
///
/// # Errors
/// When the text is no id, there is no such invoice, or the table can't be read.
pub async fn trace(source: &impl InvoiceItems, id: &str) -> Result<Trace, Failure> {
    let id = parse_id(id)?;
    let read = read(source, id).await?;
    read.ok_or(Failure::NoSuchInvoice { id })
}

/// The invoice's story with what the other tables tell. They are read first: a trail that was read after an invoice that
/// moves could be ahead of it, which would look forged; one that is behind is only late.
async fn read(source: &impl InvoiceItems, id: InvoiceId) -> Result<Option<Trace>, ServiceError> {
    let trails = source.trails(id).await;
    let items = source.items(id).await?;
    let mut trace = timeline(id, &items);
    if let Some(trace) = &mut trace {
        trails::add(trace, &items, trails);
    }
    Ok(trace)
}

/// As [`read`]; nothing where the tables don't answer for now.
async fn whole(source: &impl InvoiceItems, id: InvoiceId) -> Result<Option<Trace>, ServiceError> {
    match read(source, id).await {
        Err(error) if error.trouble == Trouble::Unavailable => Ok(None),
        read => read,
    }
}

/// Follows an invoice until its state is terminal or waits for a person, and tells every entry once, as it comes.
///
/// # Errors
/// As [`trace`], and [`Failure::StillGoing`] when the time is over.
pub async fn follow(
    source: &(impl InvoiceItems + Pace),
    id: &str,
    presence: Presence,
    options: Follow,
    tell: &mut dyn FnMut(&Entry),
) -> Result<Trace, Failure> {
    let id = parse_id(id)?;
    let began = source.now();
    let elapsed = || source.now() - began;
    let mut pause = FIRST_PAUSE;
    let mut told: Vec<Entry> = Vec::new();
    let mut resting_since = None;
    let mut last: Option<Trace> = None;
    loop {
        match source.items(id).await {
            Ok(items) => last = timeline(id, &items).or(last),
            // The next look may work; what can't change by itself is told at once.
            Err(error) if error.trouble == Trouble::Unavailable => {
                if elapsed() >= options.timeout {
                    return Err(error.into());
                }
            }
            Err(error) => return Err(error.into()),
        }
        if let Some(trace) = &last {
            if tell_new(trace, &mut told, tell) {
                pause = FIRST_PAUSE;
            }
            if trace.rests() {
                let since = *resting_since.get_or_insert_with(elapsed);
                if (is_told_to_the_end(trace) || elapsed() - since >= SETTLING)
                    && let Some(trace) = whole(source, id).await?
                {
                    tell_new(&trace, &mut told, tell);
                    if trace.rests() {
                        return Ok(trace);
                    }
                }
            } else {
                resting_since = None;
            }
        }
        let unknown = last.is_none() && presence == Presence::Unsure;
        if unknown && elapsed() >= GRACE.min(options.timeout) {
            return Err(Failure::NoSuchInvoice { id });
        }
        if resting_since.is_none() && elapsed() >= options.timeout {
            return Err(still_going(id, last.as_ref(), options));
        }
        source.pause(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

fn tell_new(trace: &Trace, told: &mut Vec<Entry>, tell: &mut dyn FnMut(&Entry)) -> bool {
    let mut any = false;
    for entry in &trace.timeline {
        // An event that was published meanwhile is the same entry.
        let same = |known: &Entry| {
            let mut known = known.clone();
            known.published_at = entry.published_at;
            known == *entry
        };
        if !told.iter().any(same) {
            tell(entry);
            told.push(entry.clone());
            any = true;
        }
    }
    any
}

/// The outcome's events are published, and its notice is recorded where a handler of ours gives one.
fn is_told_to_the_end(trace: &Trace) -> bool {
    if trace.unpublished().next().is_some() {
        return false;
    }
    let last_step = trace
        .timeline
        .iter()
        .rev()
        .find(|entry| entry.kind == EntryKind::State);
    let Some(event) = last_step.and_then(|step| step.event_type.as_deref()) else {
        return true;
    };
    let is_notified = |entry: &Entry| {
        entry.kind == EntryKind::Notice && entry.event_type.as_deref() == Some(event)
    };
    !is_notice_due(event) || trace.timeline.iter().any(is_notified)
}

fn is_notice_due(event: &str) -> bool {
    let told = Notification::SPEC.inputs.events;
    told.iter().any(|spec| spec.name == event)
}

fn still_going(id: InvoiceId, last: Option<&Trace>, options: Follow) -> Failure {
    Failure::StillGoing {
        subject: format!("invoice {id}"),
        state: last.map_or_else(
            || "has not reached the invoices table".to_owned(),
            |trace| format!("is in state {}", trace.status),
        ),
        seconds: options.timeout.as_secs(),
        again: format!("provision trace {id} --follow"),
    }
}
