//! A decided change: the new state and the events that announce it, committed together or not at all.

use contracts::envelope::{Cause, Detail, Metadata, Origin};
use contracts::records::{InvoiceRecord, PaymentRecord, VendorProfile};
use contracts::{Emits, Event, EventSpec, Handler};
use contracts::{InvoiceSubject, VendorSubject};
use serde_json::Value;

/// An event that was decided on and is not yet published. Only a handler that declares the event can make one.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The event's name, version and subject kind.
    pub spec: EventSpec,
    /// `source` of the handler that made it.
    pub source: String,
    /// Its metadata and data.
    pub detail: Value,
    /// Its id.
    pub event_id: contracts::EventId,
}

/// A draft's announcement, as history rows name it.
pub type Announced = contracts::records::Announcement;

impl Draft {
    /// An event of handler `H` that announces `version` of its subject.
    #[must_use]
    pub fn of<H, E>(
        subject: E::Subject,
        version: u64,
        event: E,
        cause: &Cause,
        origin: &Origin,
    ) -> Self
    where
        H: Handler + Emits<E>,
        E: Event,
    {
        Self::with::<H, E>(Metadata::new::<E>(subject, version, cause, origin), event)
    }

    /// An event of handler `H` with metadata made elsewhere: for facts whose id is not derived from a version.
    #[must_use]
    pub fn with<H, E>(metadata: Metadata<E::Subject>, event: E) -> Self
    where
        H: Handler + Emits<E>,
        E: Event,
    {
        let event_id = metadata.event_id;
        let detail = Detail {
            metadata,
            data: event,
        };
        Self {
            spec: E::SPEC,
            source: H::SPEC.source(),
            // A contract type always serialises: its maps have string keys and it has no floats.
            detail: serde_json::to_value(&detail).unwrap_or(Value::Null),
            event_id,
        }
    }

    /// How a history row names it.
    #[must_use]
    pub fn announcement(&self) -> Announced {
        Announced {
            event_id: self.event_id,
            event_type: self.spec.name.to_owned(),
        }
    }
}

/// What a commit means for the consumer's claim on the event that caused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completes {
    /// The event's work is done: the claim is completed in the same transaction, and a redelivery is a duplicate.
    Claim,
    /// An intermediate commit (PAYING, PAYMENT_UNKNOWN): the claim stays in progress, so that a redelivery after a crash
    /// or a [`crate::Fault`] takes the work up again.
    Nothing,
}

/// A change of an invoice, made by [`crate::begin`], [`crate::step`] or [`crate::silent_step`]. `record.version` is the version that it makes; it holds only if the stored version is the
/// one before (or there is none, for version 1).
#[derive(Debug, Clone)]
pub struct InvoiceChange {
    /// The invoice after the change.
    pub record: InvoiceRecord,
    /// The state before; `None` for a new invoice.
    pub from: Option<contracts::State>,
    /// Who did it.
    pub actor: String,
    /// What caused it.
    pub cause: Cause,
    /// The events that announce it.
    pub events: Vec<Draft>,
    /// The payment claimed or settled with it.
    pub payment: Option<PaymentRecord>,
    /// Whether this change also claims the invoice's business key as the first of its kind.
    pub claims_key: bool,
    /// Whether this commit ends the work that the causing event asked for.
    pub completes: Completes,
    /// When, by the clock port.
    pub at: time::OffsetDateTime,
}

/// The profile that a change was decided on. Its time belongs to it: a renewal moves it without a new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replaced {
    /// Its version.
    pub version: u64,
    /// When its newest registration was accepted.
    pub registered_at: time::OffsetDateTime,
}

/// A change of a vendor's profile: the next version with its history and events, or a renewal, which says of the same version
/// that it was registered again later.
#[derive(Debug, Clone)]
pub struct VendorChange {
    /// The profile after the change.
    pub profile: VendorProfile,
    /// The profile before; `None` for the first version.
    pub replaces: Option<Replaced>,
    /// Who did it.
    pub actor: String,
    /// What caused it.
    pub cause: Cause,
    /// The events that announce it.
    pub events: Vec<Draft>,
    /// When, by the clock port.
    pub at: time::OffsetDateTime,
}

impl VendorChange {
    /// Whether it only renews the version that is there: no history item and no event.
    #[must_use]
    pub fn renews(&self) -> bool {
        self.replaces
            .is_some_and(|replaced| replaced.version == self.profile.version)
    }
}

/// The subject of a vendor's events.
#[must_use]
pub fn vendor_subject(profile: &VendorProfile) -> VendorSubject {
    VendorSubject {
        vendor_id: profile.vendor_id,
    }
}

/// The subject of an invoice's events.
#[must_use]
pub fn invoice_subject(record: &InvoiceRecord) -> InvoiceSubject {
    InvoiceSubject {
        vendor_id: record.vendor_id(),
        invoice_id: record.invoice_id,
    }
}
