//! The only way to make a change of an invoice: a legal step of the lifecycle, announced by the event that the table names.
//!
//! A handler that tries another step, or another event, gets an error instead of a change. Nothing here commits.

use crate::change::{Completes, Draft, InvoiceChange, invoice_subject};
use contracts::envelope::{Cause, Metadata, Origin};
use contracts::lifecycle::{TRANSITIONS, transition};
use contracts::records::InvoiceRecord;
use contracts::{Emits, Event, Handler, InvoiceSubject, State, Subject};

/// What a change inherits from its cause, and where and when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// What caused it.
    pub cause: Cause,
    /// Where and when it is decided.
    pub origin: Origin,
}

impl Occasion {
    /// The occasion that an event gives.
    #[must_use]
    pub fn of<S: Subject>(event: &Metadata<S>, origin: Origin) -> Self {
        Self {
            cause: event.as_cause(),
            origin,
        }
    }
}

/// A step that the lifecycle does not have, or that another event announces.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "invoice {invoice} can't go from {from} to {to} announcing {announcing}: the lifecycle table has no such step",
    from = name(*.from),
    announcing = announcing.unwrap_or("nothing")
)]
pub struct IllegalStep {
    /// The invoice.
    pub invoice: contracts::InvoiceId,
    /// Where from; `None` for a new invoice.
    pub from: Option<State>,
    /// Where to.
    pub to: State,
    /// The event that was to announce it.
    pub announcing: Option<&'static str>,
}

fn name(state: Option<State>) -> &'static str {
    state.map_or("nothing", State::name)
}

/// Version 1 of an invoice, in the state that `record` names.
///
/// # Errors
/// When no invoice may begin in that state with that event.
pub fn begin<H, E>(
    record: InvoiceRecord,
    event: E,
    occasion: &Occasion,
) -> Result<InvoiceChange, IllegalStep>
where
    H: Handler + Emits<E>,
    E: Event<Subject = InvoiceSubject>,
{
    let mut change = change::<H>(record, None, Some(E::SPEC.name), occasion)?;
    change.record.version = 1;
    announce::<H, E>(&mut change, event, occasion);
    Ok(change)
}

/// The next version of an invoice, announced by an event.
///
/// # Errors
/// When the lifecycle has no such step from the invoice's state, or another event announces it.
pub fn step<H, E>(
    before: &InvoiceRecord,
    to: State,
    event: E,
    occasion: &Occasion,
) -> Result<InvoiceChange, IllegalStep>
where
    H: Handler + Emits<E>,
    E: Event<Subject = InvoiceSubject>,
{
    let mut change = change::<H>(
        next(before, to),
        Some(before.state),
        Some(E::SPEC.name),
        occasion,
    )?;
    announce::<H, E>(&mut change, event, occasion);
    Ok(change)
}

/// The next version of an invoice by a step that is ours alone: nothing announces it, and the claim of the event that
/// caused it stays open, because the event's work goes on.
///
/// # Errors
/// When the lifecycle has no such step from the invoice's state, or an event must announce it.
pub fn silent_step<H: Handler>(
    before: &InvoiceRecord,
    to: State,
    occasion: &Occasion,
) -> Result<InvoiceChange, IllegalStep> {
    let mut change = change::<H>(next(before, to), Some(before.state), None, occasion)?;
    change.completes = Completes::Nothing;
    Ok(change)
}

/// Adds an event that goes beside the one that announces the change, e.g. how a dispute ended beside what follows from it.
///
/// # Errors
/// When a step of the lifecycle is announced by such an event: it would tell of a step that is not made, and an outcome twice.
pub fn announce_beside<H, E>(
    mut change: InvoiceChange,
    event: E,
    occasion: &Occasion,
) -> Result<InvoiceChange, IllegalStep>
where
    H: Handler + Emits<E>,
    E: Event<Subject = InvoiceSubject>,
{
    if TRANSITIONS
        .iter()
        .any(|step| step.announces == Some(E::SPEC.name))
    {
        return Err(IllegalStep {
            invoice: change.record.invoice_id,
            from: change.from,
            to: change.record.state,
            announcing: Some(E::SPEC.name),
        });
    }
    announce::<H, E>(&mut change, event, occasion);
    Ok(change)
}

fn next(before: &InvoiceRecord, to: State) -> InvoiceRecord {
    InvoiceRecord {
        version: before.version + 1,
        state: to,
        ..before.clone()
    }
}

fn change<H: Handler>(
    record: InvoiceRecord,
    from: Option<State>,
    announcing: Option<&'static str>,
    occasion: &Occasion,
) -> Result<InvoiceChange, IllegalStep> {
    let legal = transition(from, record.state).is_some_and(|step| step.announces == announcing);
    if !legal {
        return Err(IllegalStep {
            invoice: record.invoice_id,
            from,
            to: record.state,
            announcing,
        });
    }
    Ok(InvoiceChange {
        record,
        from,
        actor: H::SPEC.name.to_owned(),
        cause: occasion.cause.clone(),
        events: Vec::new(),
        payment: None,
        claims_key: false,
        completes: Completes::Claim,
        at: occasion.origin.now,
    })
}

fn announce<H, E>(change: &mut InvoiceChange, event: E, occasion: &Occasion)
where
    H: Handler + Emits<E>,
    E: Event<Subject = InvoiceSubject>,
{
    let (subject, version) = (invoice_subject(&change.record), change.record.version);
    change.events.push(Draft::of::<H, E>(
        subject,
        version,
        event,
        &occasion.cause,
        &occasion.origin,
    ));
}
