//! Invoices: head, history, uniqueness, payments and notices, committed all or nothing.

use super::{Inner, Memory, sample};
use crate::change::{Completes, InvoiceChange};
use crate::error::PortError;
use crate::sweep::Resting;
use crate::world::{Answer, ReadInvoices, WriteInvoices};
use contracts::ids::InvoiceKey;
use contracts::records::{
    HistoryRecord, InvoiceRecord, NoticeRecord, PaymentRecord, PaymentStatus,
};
use contracts::tables::{Table, keys};
use contracts::{EventId, InvoiceId, audit, items};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Invoices {
    heads: BTreeMap<InvoiceId, InvoiceRecord>,
    history: BTreeMap<InvoiceId, Vec<HistoryRecord>>,
    holders: BTreeMap<String, InvoiceId>,
    payments: BTreeMap<(InvoiceId, u32), PaymentRecord>,
    notices: BTreeMap<(InvoiceId, EventId), NoticeRecord>,
    completed: Vec<String>,
}

impl Memory {
    /// Puts an invoice there as it is, without a commit: the beginning of a test.
    pub fn seed_invoice(&self, record: InvoiceRecord) {
        let mut inner = self.lock();
        let holder = record.key.fingerprint();
        let head = items::invoice_head(&record, inner.now);
        inner.stream.seeded(keys::invoice(record.invoice_id), head);
        inner.invoices.holders.insert(holder, record.invoice_id);
        inner.invoices.heads.insert(record.invoice_id, record);
    }

    /// An invoice's versions, oldest first.
    #[must_use]
    pub fn invoice_history(&self, id: InvoiceId) -> Vec<HistoryRecord> {
        let inner = self.lock();
        inner.invoices.history.get(&id).cloned().unwrap_or_default()
    }

    /// The events whose consumer's claim a commit completed, by their ids, in order.
    #[must_use]
    pub fn completed_claims(&self) -> Vec<String> {
        self.lock().invoices.completed.clone()
    }
}

impl Invoices {
    /// Every invoice that rests, since its last commit; one that was seeded, since the world began.
    pub(super) fn resting(&self) -> Vec<Resting> {
        let since = |id| {
            let last = self.history.get(id).and_then(|rows| rows.last());
            last.map_or_else(|| sample::origin().now, |row| row.at)
        };
        let heads = self.heads.iter();
        let rests = heads.filter(|(_, head)| !head.state.is_terminal());
        rests
            .map(|(id, head)| Resting {
                invoice_id: *id,
                vendor_id: head.vendor_id(),
                version: head.version,
                state: head.state,
                since: since(id),
            })
            .collect()
    }
}

impl ReadInvoices for Memory {
    async fn invoice(&self, id: InvoiceId) -> Answer<Option<InvoiceRecord>> {
        let subject = format!("invoice {id}");
        self.read(&subject, |inner| inner.invoices.heads.get(&id).cloned())
            .await
    }

    async fn holder(&self, key: &InvoiceKey) -> Answer<Option<InvoiceId>> {
        let fingerprint = key.fingerprint();
        let subject = format!("invoice key {fingerprint}");
        self.read(&subject, |inner| {
            inner.invoices.holders.get(&fingerprint).copied()
        })
        .await
    }

    async fn payment(&self, id: InvoiceId, instalment: u32) -> Answer<Option<PaymentRecord>> {
        let subject = format!("payment {id}-{instalment}");
        self.read(&subject, |inner| {
            inner.invoices.payments.get(&(id, instalment)).cloned()
        })
        .await
    }

    async fn notice(&self, id: InvoiceId, event: EventId) -> Answer<Option<NoticeRecord>> {
        let subject = format!("notice {event} of {id}");
        let key = (id, event);
        self.read(&subject, |inner| inner.invoices.notices.get(&key).cloned())
            .await
    }
}

impl WriteInvoices for Memory {
    async fn commit_invoice(&self, change: InvoiceChange) -> Answer<()> {
        let subject = format!("invoice {}", change.record.invoice_id);
        self.write(&subject, |inner| {
            check(inner, &change, &subject)?;
            apply(inner, change);
            Ok(())
        })
        .await
    }

    async fn record_notice(&self, id: InvoiceId, notice: NoticeRecord) -> Answer<()> {
        let subject = format!("notice {} of {id}", notice.event_type);
        self.write(&subject, |inner| {
            let key = (id, notice.event_id);
            if inner.invoices.notices.contains_key(&key) {
                return Err(PortError::Conflict {
                    subject: subject.clone(),
                });
            }
            inner.invoices.notices.insert(key, notice);
            Ok(())
        })
        .await
    }
}

/// The conditions of the transaction. The version is judged first: whoever is stale must decide again anyway.
fn check(inner: &Inner, change: &InvoiceChange, subject: &str) -> Answer<()> {
    let record = &change.record;
    let stored = inner.invoices.heads.get(&record.invoice_id);
    let expected = stored.map_or(0, |head| head.version) + 1;
    if record.version != expected || change.from != stored.map(|head| head.state) {
        return Err(PortError::Stale {
            subject: subject.to_owned(),
        });
    }
    let holder = record.key.fingerprint();
    if change.claims_key && inner.invoices.holders.contains_key(&holder) {
        return Err(PortError::Conflict {
            subject: format!("invoice key {holder}"),
        });
    }
    if let Some(payment) = &change.payment {
        let key = (record.invoice_id, payment.instalment);
        let stored = inner.invoices.payments.get(&key);
        if stored.is_some_and(|stored| !crate::payments::may_follow(stored, payment)) {
            return Err(PortError::Conflict {
                subject: format!("payment {}", payment.key),
            });
        }
    }
    Ok(())
}

fn apply(inner: &mut Inner, change: InvoiceChange) {
    let id = change.record.invoice_id;
    let row = HistoryRecord {
        version: change.record.version,
        from: change.from,
        to: Some(change.record.state),
        actor: change.actor,
        announces: change.events.iter().map(|e| e.announcement()).collect(),
        at: change.at,
        cause: change.cause,
    };
    if change.completes == Completes::Claim {
        let cause = row.cause.causation_id.clone();
        inner.invoices.completed.push(cause);
    }
    if change.claims_key {
        let holder = change.record.key.fingerprint();
        inner.invoices.holders.insert(holder, id);
    }
    if let Some(payment) = change.payment {
        let key = (id, payment.instalment);
        if payment.status == PaymentStatus::Claimed {
            inner.provider.license(&payment.key, payment.attempt);
        }
        inner.invoices.payments.insert(key, payment);
    }
    let head = items::invoice_head(&change.record, change.at);
    let head = audit::attributed(head, &row);
    let partition = keys::invoice(id);
    inner.stream.committed(Table::Invoices, partition, head);
    inner.invoices.history.entry(id).or_default().push(row);
    inner.invoices.heads.insert(id, change.record);
    inner.outbox.extend(change.events);
}
