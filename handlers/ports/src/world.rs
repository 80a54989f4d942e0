//! The ports. Each is named after the need that grants it.

use crate::change::{InvoiceChange, VendorChange};
use crate::error::PortError;
use crate::payments::{PaymentOrder, ProviderAnswer};
use contracts::envelope::Origin;
use contracts::events::{DocumentFormat, DocumentRef};
use contracts::ids::{InvoiceKey, Sha256Hex};
use contracts::policy::Policy;
use contracts::records::{InvoiceRecord, NoticeRecord, PaymentRecord, VendorProfile};
use contracts::{EventId, InvoiceId, VendorId};
use std::future::Future;

/// The result of a port call.
pub type Answer<T> = Result<T, PortError>;

/// Time and place. Every world has it.
pub trait Clock {
    /// Now, and the region that we are in.
    fn origin(&self) -> Origin;
}

/// The environment's business policy. Granted by `ReadPolicy`.
pub trait Policies {
    /// The policy.
    fn policy(&self) -> &Policy;
}

/// Granted by the need of the same name.
pub trait ReadVendors {
    /// A vendor's profile, read consistently.
    fn vendor(&self, id: VendorId) -> impl Future<Output = Answer<Option<VendorProfile>>> + Send;
}

/// Granted by the need of the same name.
pub trait WriteVendors {
    /// Commits a change with its history item and its events, or nothing: `Stale` when the profile is no longer the one
    /// that it replaces.
    fn commit_vendor(&self, change: VendorChange) -> impl Future<Output = Answer<()>> + Send;
}

/// Granted by the need of the same name.
pub trait ReadInvoices {
    /// An invoice, read consistently.
    fn invoice(&self, id: InvoiceId) -> impl Future<Output = Answer<Option<InvoiceRecord>>> + Send;
    /// The invoice that claimed a business key first.
    fn holder(&self, key: &InvoiceKey) -> impl Future<Output = Answer<Option<InvoiceId>>> + Send;
    /// The payment of an instalment.
    fn payment(
        &self,
        id: InvoiceId,
        instalment: u32,
    ) -> impl Future<Output = Answer<Option<PaymentRecord>>> + Send;
    /// The notice about an event, if it was sent.
    fn notice(
        &self,
        id: InvoiceId,
        event: EventId,
    ) -> impl Future<Output = Answer<Option<NoticeRecord>>> + Send;
}

/// Granted by the need of the same name.
pub trait WriteInvoices {
    /// Commits a change with its history item, events, payment and key claim, or nothing. `Stale` when the version moved
    /// on, `Conflict` when the business key or the payment is held with other values.
    fn commit_invoice(&self, change: InvoiceChange) -> impl Future<Output = Answer<()>> + Send;
    /// Records a notice, once: `Conflict` when there is one about this event already.
    fn record_notice(
        &self,
        id: InvoiceId,
        notice: NoticeRecord,
    ) -> impl Future<Output = Answer<()>> + Send;
}

/// A document to store: what it is, under its digest.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Their digest, which names the object.
    pub sha256: &'a Sha256Hex,
    /// What they are.
    pub format: DocumentFormat,
}

/// Granted by the need of the same name.
pub trait ReadInvoiceDocuments {
    /// The document that a claim check stands for; `Corrupt` when its digest differs.
    fn invoice_document(
        &self,
        reference: &DocumentRef,
    ) -> impl Future<Output = Answer<Vec<u8>>> + Send;
}

/// Granted by the need of the same name.
pub trait WriteInvoiceDocuments {
    /// Stores a document under its digest; storing it again changes nothing.
    fn store_invoice(
        &self,
        document: Stored<'_>,
    ) -> impl Future<Output = Answer<DocumentRef>> + Send;
}

/// Granted by the need of the same name.
pub trait ReadRegistrations {
    /// The registration that a claim check stands for.
    fn registration(&self, reference: &DocumentRef)
    -> impl Future<Output = Answer<Vec<u8>>> + Send;
}

/// Granted by the need of the same name.
pub trait WriteRegistrations {
    /// Stores a registration under its digest.
    fn store_registration(
        &self,
        document: Stored<'_>,
    ) -> impl Future<Output = Answer<DocumentRef>> + Send;
}

/// The payment provider. Granted by `ReadInstructions` and `WriteInstructions` together.
///
/// That an invoice is paid once rests on what a provider must keep:
/// - it takes an order once for each key and attempt, for ever; the same one again is answered as the first was,
/// - a query after an order was accepted finds it: no cache and no replica answers from before,
/// - [`ProviderAnswer::NotFound`] means that it never got the order, not that it does not know yet. A provider that can't tell
///   the two apart must answer [`ProviderAnswer::Unknown`].
pub trait PayVendors {
    /// Hands an order in. The same key and attempt twice is one payment.
    fn pay(&self, order: &PaymentOrder) -> impl Future<Output = Answer<ProviderAnswer>> + Send;
    /// What became of an attempt.
    fn payment_status(
        &self,
        key: &str,
        attempt: u32,
    ) -> impl Future<Output = Answer<ProviderAnswer>> + Send;
}

/// What a vendor is told, or those who decide about its invoices. No personal data: the topic's subscribers know whom they
/// serve, and filter by what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The vendor.
    pub vendor_id: VendorId,
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// What happened: the event's name; to approvers, `DecisionAsked` or `DecisionReminder`.
    pub event_type: &'static str,
    /// The event, by which a subscriber deduplicates.
    pub event_id: EventId,
}

/// How sending went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeOutcome {
    /// Told now.
    Sent,
    /// Told before; nothing was done.
    AlreadySent,
}

/// Granted by the need of the same name.
pub trait SendNotices {
    /// Publishes the notice.
    fn send_notice(&self, notice: &Notice) -> impl Future<Output = Answer<()>> + Send;
}
