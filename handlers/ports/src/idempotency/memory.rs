//! Claims in memory, for tests and simulation.

use super::{Claim, Claims, Grant, Judgement, Progress, Verdict, judge};
use crate::error::PortError;
use crate::idempotency::ClaimRecord;
use crate::world::Answer;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use time::OffsetDateTime;

/// Claims in memory.
#[derive(Debug, Default)]
pub struct MemoryClaims {
    records: Mutex<BTreeMap<String, ClaimRecord>>,
}

impl MemoryClaims {
    /// A claim as it rests.
    #[must_use]
    pub fn record(&self, key: &super::ClaimKey) -> Option<ClaimRecord> {
        self.lock().get(key.as_str()).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, ClaimRecord>> {
        // A panic while it was held leaves whole records behind: every change is one insert.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claims for MemoryClaims {
    async fn claim(&self, wanted: &Claim, now: OffsetDateTime) -> Answer<Verdict> {
        let mut records = self.lock();
        Ok(match judge(records.get(wanted.key.as_str()), wanted, now) {
            Judgement::Leave(verdict) => verdict,
            Judgement::Take(record) => {
                let grant = Grant {
                    key: wanted.key.clone(),
                    attempt: record.attempt,
                };
                records.insert(wanted.key.as_str().to_owned(), record);
                Verdict::Claimed(grant)
            }
        })
    }

    async fn complete(&self, grant: &Grant, outcome: &str) -> Answer<String> {
        let mut records = self.lock();
        match records.get_mut(grant.key.as_str()) {
            Some(record) if record.attempt == grant.attempt => {
                if let Progress::Done { outcome } = &record.progress {
                    return Ok(outcome.clone());
                }
                record.progress = Progress::Done {
                    outcome: outcome.to_owned(),
                };
                Ok(outcome.to_owned())
            }
            _ => Err(PortError::TakenOver {
                subject: format!("claim {}", grant.key.as_str()),
            }),
        }
    }

    async fn release(&self, grant: &Grant) -> Answer<()> {
        let mut records = self.lock();
        if let Some(record) = records.get_mut(grant.key.as_str())
            && record.attempt == grant.attempt
            && matches!(record.progress, Progress::Leased { .. })
        {
            record.progress = Progress::Released;
        }
        Ok(())
    }
}
