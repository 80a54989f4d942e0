//! Vendor profiles: one head, one history item for each version.

use super::Memory;
use crate::change::{Replaced, VendorChange};
use crate::error::PortError;
use crate::world::{Answer, ReadVendors, WriteVendors};
use contracts::records::{HistoryRecord, VendorProfile};
use contracts::tables::{Table, keys};
use contracts::{VendorId, audit, items};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Vendors {
    heads: BTreeMap<VendorId, VendorProfile>,
    history: BTreeMap<VendorId, Vec<HistoryRecord>>,
}

impl Memory {
    /// Puts a profile there as it is, without a commit: the beginning of a test.
    pub fn seed_vendor(&self, profile: VendorProfile) {
        let mut inner = self.lock();
        let head = items::vendor_head(&profile);
        inner.stream.seeded(keys::vendor(profile.vendor_id), head);
        inner.vendors.heads.insert(profile.vendor_id, profile);
    }

    /// A vendor's versions, oldest first.
    #[must_use]
    pub fn vendor_history(&self, id: VendorId) -> Vec<HistoryRecord> {
        let inner = self.lock();
        inner.vendors.history.get(&id).cloned().unwrap_or_default()
    }
}

impl ReadVendors for Memory {
    async fn vendor(&self, id: VendorId) -> Answer<Option<VendorProfile>> {
        let subject = format!("vendor {id}");
        self.read(&subject, |inner| inner.vendors.heads.get(&id).cloned())
            .await
    }
}

impl WriteVendors for Memory {
    async fn commit_vendor(&self, change: VendorChange) -> Answer<()> {
        let id = change.profile.vendor_id;
        let subject = format!("vendor {id}");
        self.write(&subject, |inner| {
            let stored = inner.vendors.heads.get(&id).map(|head| Replaced {
                version: head.version,
                registered_at: head.registered_at,
            });
            let next = stored.map_or(0, |stored| stored.version) + 1;
            let fits = change.profile.version == next || change.renews();
            if change.replaces != stored || !fits {
                return Err(PortError::Stale {
                    subject: subject.clone(),
                });
            }
            let renews = change.renews();
            let row = HistoryRecord {
                version: change.profile.version,
                from: None,
                to: None,
                actor: change.actor,
                cause: change.cause,
                announces: change.events.iter().map(|e| e.announcement()).collect(),
                at: change.at,
            };
            let head = audit::attributed(items::vendor_head(&change.profile), &row);
            let partition = keys::vendor(id);
            inner.stream.committed(Table::Vendors, partition, head);
            inner.vendors.heads.insert(id, change.profile);
            if !renews {
                inner.vendors.history.entry(id).or_default().push(row);
                inner.outbox.extend(change.events);
            }
            Ok(())
        })
        .await
    }
}
