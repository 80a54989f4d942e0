//! Events arrive twice, late and too early: what a decision does about it, the same everywhere.

use crate::error::{Fault, PortError};
use contracts::envelope::Detail;
use contracts::records::InvoiceRecord;
use contracts::{Event, InvoiceSubject};
use std::future::Future;

/// How often a decision is made again at once when somebody else changed the aggregate in between. Afterwards the message
/// comes again.
const DECISIONS: u32 = 4;

/// The invoice that an event is about, once it has the version that the event announces. A later version is fine: then
/// the invoice's state says whether anything is left to do.
///
/// # Errors
/// [`Fault::Premature`] when the invoice is not there, or not that far yet.
pub fn reached<E>(record: Option<InvoiceRecord>, event: &Detail<E>) -> Result<InvoiceRecord, Fault>
where
    E: Event<Subject = InvoiceSubject>,
{
    let announced = event.metadata.aggregate_version;
    let reason = match record {
        Some(record) if record.version >= announced => return Ok(record),
        Some(record) => format!(
            "version {announced} is to come, {} is there",
            record.version
        ),
        None => "there is no such invoice yet".to_owned(),
    };
    Err(Fault::Premature {
        event: E::SPEC.name,
        subject: format!("invoice {}", event.metadata.subject.invoice_id),
        reason,
    })
}

/// Loads, decides and commits; when the commit was stale, loads and decides again, a few times.
///
/// # Errors
/// Whatever `attempt` fails with; [`PortError::Stale`] when it was stale every time.
pub async fn decide_again<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    let mut left = DECISIONS;
    loop {
        let answer = attempt().await;
        left -= 1;
        match answer {
            Err(Fault::Port(PortError::Stale { .. })) if left > 0 => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;
    use std::cell::Cell;

    #[test]
    fn r12_stale_is_decided_again_and_a_lost_claim_is_not() {
        let attempts = |fault: fn() -> PortError| {
            let count = Cell::new(0);
            let decided = decide_again(async || {
                count.set(count.get() + 1);
                Err::<(), _>(Fault::Port(fault()))
            });
            assert!(Memory::default().run(decided).is_err());
            count.get()
        };
        assert_eq!(
            attempts(|| PortError::Stale {
                subject: String::new()
            }),
            DECISIONS
        );
        assert_eq!(
            attempts(|| PortError::TakenOver {
                subject: String::new()
            }),
            1
        );
    }
}
