//! Tells a vendor how its invoice goes on and how it ended: one notice for each event that it is told.
//!
//! The same event arrives on more than one route; the notice's record suppresses every arrival after the first. The
//! notice goes out before it is recorded: a crash in between tells the vendor again, by the same event id, rather than
//! never. Who is told, and by which means, is the topic's business.

use contracts::envelope::Detail;
use contracts::handlers::{Consumes, Notification};
use contracts::records::NoticeRecord;
use contracts::{Event, InvoiceSubject};
use ports::{
    Clock, Fault, Notice, NoticeOutcome, PortError, ReadInvoices, SendNotices, WriteInvoices,
};

/// Sends the notice about an event, unless it was sent. Which events are told is what the handler declares to consume.
///
/// # Errors
/// When a port fails.
pub async fn handle<E, W>(world: &W, event: &Detail<E>) -> Result<(), Fault>
where
    E: Event<Subject = InvoiceSubject>,
    Notification: Consumes<E>,
    W: Clock + ReadInvoices + WriteInvoices + SendNotices + Sync,
{
    notify(world, event).await.map(|_| ())
}

/// Like [`handle`], and says whether the vendor was told now or before.
///
/// # Errors
/// When a port fails.
pub async fn notify<E, W>(world: &W, event: &Detail<E>) -> Result<NoticeOutcome, Fault>
where
    E: Event<Subject = InvoiceSubject>,
    Notification: Consumes<E>,
    W: Clock + ReadInvoices + WriteInvoices + SendNotices + Sync,
{
    let subject = &event.metadata.subject;
    let recorded = world
        .notice(subject.invoice_id, event.metadata.event_id)
        .await?;
    if recorded.is_some() {
        return Ok(NoticeOutcome::AlreadySent);
    }
    let notice = Notice {
        vendor_id: subject.vendor_id,
        invoice_id: subject.invoice_id,
        event_type: E::SPEC.name,
        event_id: event.metadata.event_id,
    };
    world.send_notice(&notice).await?;
    let record = NoticeRecord {
        event_type: E::SPEC.name.to_owned(),
        event_id: notice.event_id,
        at: world.origin().now,
    };
    match world.record_notice(subject.invoice_id, record).await {
        // Another arrival was faster between reading and recording: the vendor has the same notice twice.
        Ok(()) | Err(PortError::Conflict { .. }) => Ok(NoticeOutcome::Sent),
        Err(failed) => Err(failed.into()),
    }
}
