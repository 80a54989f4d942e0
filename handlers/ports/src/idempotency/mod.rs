//! Claims: who works on a fact or a request, until when, and what came of it (R12).
//!
//! A claim is taken before the effect, for a lease that is longer than the function's timeout and shorter than the first
//! redelivery; it remembers the payload's digest, how often it was taken and, once done, the outcome. The rules are one
//! pure function, [`judge`]; where claims rest is an adapter's business. Effects (payments) have permanent keys of their
//! own and do not rely on claims.

mod flows;
mod memory;

pub use flows::{Answered, Consumed, Finished, NotConsumed, Terms, answer_once, consume_once};
pub use memory::MemoryClaims;

use crate::world::Answer;
use contracts::EventId;
use contracts::ids::Sha256Hex;
use serde::{Deserialize, Serialize};
use std::future::Future;
use time::{Duration, OffsetDateTime};

/// What is claimed: a fact by a consumer, or a request by a caller. The two can't meet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClaimKey(String);

impl ClaimKey {
    /// A consumer's claim on an event.
    #[must_use]
    pub fn consumer(consumer: &str, event: EventId) -> Self {
        Self(format!("CONSUMER#{consumer}#{event}"))
    }

    /// A request under a caller's idempotency key. Hashed: a fixed length, and the client's key rests nowhere.
    #[must_use]
    pub fn request(caller: &str, idempotency_key: &str) -> Self {
        let scope = format!("{caller}\u{1f}{idempotency_key}");
        Self(format!("REQUEST#{}", Sha256Hex::of(scope.as_bytes())))
    }

    /// The key as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A claim that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// On what.
    pub key: ClaimKey,
    /// Digest of what it is about: the same key with another digest is an error.
    pub payload: Sha256Hex,
    /// How long work may take.
    pub lease: Duration,
    /// How long the claim is remembered.
    pub keep: Duration,
}

/// A claim as it rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRecord {
    /// Digest of what it is about.
    pub payload: Sha256Hex,
    /// From 1; rises with every taking, and is what a holder proves itself by.
    pub attempt: u32,
    /// How it stands.
    pub progress: Progress,
    /// Expiry, in epoch seconds. Expired claims are void whether or not the store removed them yet.
    pub expires_at: i64,
}

/// How a claim stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// Somebody works on it, at most until then (epoch milliseconds).
    Leased {
        /// End of the lease.
        until_ms: i64,
    },
    /// The attempt failed and said so.
    Released,
    /// The work is done.
    Done {
        /// What came of it, in the words of whoever completed it.
        outcome: String,
    },
}

/// A claim that was taken: the right to work until the lease ends, and to complete only while nobody else took over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// On what.
    pub key: ClaimKey,
    /// Which taking this is; 1 is the first.
    pub attempt: u32,
}

/// The answer to a wanted claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Taken: work.
    Claimed(Grant),
    /// Somebody else works on it.
    InProgress {
        /// End of the lease.
        until: OffsetDateTime,
    },
    /// Done before.
    Done {
        /// What came of it.
        outcome: String,
    },
    /// The key stands for something else.
    OtherPayload,
}

/// What follows from a stored claim for a wanted one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// Write this record, provided that the stored one is still what was judged.
    Take(ClaimRecord),
    /// Hands off.
    Leave(Verdict),
}

/// The rules of claims, all of them.
#[must_use]
pub fn judge(stored: Option<&ClaimRecord>, wanted: &Claim, now: OffsetDateTime) -> Judgement {
    let take = |attempt| {
        Judgement::Take(ClaimRecord {
            payload: wanted.payload.clone(),
            attempt,
            progress: Progress::Leased {
                until_ms: epoch_ms(now + wanted.lease),
            },
            expires_at: (now + wanted.keep).unix_timestamp(),
        })
    };
    let Some(stored) = stored else { return take(1) };
    // The number rises even over an expired claim, so that a holder from before can't complete ours.
    let next = stored.attempt.saturating_add(1);
    if stored.expires_at <= now.unix_timestamp() {
        return take(next);
    }
    if stored.payload != wanted.payload {
        return Judgement::Leave(Verdict::OtherPayload);
    }
    match &stored.progress {
        Progress::Done { outcome } => Judgement::Leave(Verdict::Done {
            outcome: outcome.clone(),
        }),
        Progress::Leased { until_ms } if *until_ms > epoch_ms(now) => {
            Judgement::Leave(Verdict::InProgress {
                until: from_epoch_ms(*until_ms),
            })
        }
        Progress::Leased { .. } | Progress::Released => take(next),
    }
}

fn epoch_ms(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

fn from_epoch_ms(ms: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(ms)
}

/// Where claims rest. Every method is atomic.
pub trait Claims {
    /// Wants a claim: [`judge`] decides.
    fn claim(
        &self,
        wanted: &Claim,
        now: OffsetDateTime,
    ) -> impl Future<Output = Answer<Verdict>> + Send;

    /// Ends the work. An outcome that was recorded before (by the work's own transaction) stands; what stands is returned.
    /// `TakenOver` when somebody else did.
    fn complete(&self, grant: &Grant, outcome: &str)
    -> impl Future<Output = Answer<String>> + Send;

    /// Gives the claim back after a failure, so that a retry needn't wait for the lease. Nothing happens when it is done
    /// or somebody else's by now.
    fn release(&self, grant: &Grant) -> impl Future<Output = Answer<()>> + Send;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)] // tests
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::seconds(second)
    }

    fn wanted(payload: &[u8]) -> Claim {
        Claim {
            key: ClaimKey::request("caller", "key"),
            payload: Sha256Hex::of(payload),
            lease: Duration::seconds(50),
            keep: Duration::days(1),
        }
    }

    fn taken(judgement: Judgement) -> ClaimRecord {
        match judgement {
            Judgement::Take(record) => record,
            Judgement::Leave(verdict) => panic!("{verdict:?}"),
        }
    }

    #[test]
    fn r12_scopes_do_not_meet() {
        assert_ne!(ClaimKey::request("a", "bc"), ClaimKey::request("ab", "c"));
        let event = EventId::of("InvoicePaid", "a", 1);
        assert_ne!(
            ClaimKey::consumer("audit", event),
            ClaimKey::consumer("notification", event)
        );
    }

    #[test]
    fn r12_a_lease_keeps_others_out_until_it_ends() {
        let first = taken(judge(None, &wanted(b"x"), at(0)));
        assert_eq!(first.attempt, 1);
        assert_eq!(
            judge(Some(&first), &wanted(b"x"), at(49)),
            Judgement::Leave(Verdict::InProgress { until: at(50) })
        );
        assert_eq!(taken(judge(Some(&first), &wanted(b"x"), at(50))).attempt, 2);
    }

    #[test]
    fn r13_an_expired_claim_is_void_before_the_store_removes_it() {
        let mut done = taken(judge(None, &wanted(b"x"), at(0)));
        done.progress = Progress::Done {
            outcome: "old".into(),
        };
        let day = 24 * 60 * 60;
        assert_eq!(
            judge(Some(&done), &wanted(b"x"), at(day - 1)),
            Judgement::Leave(Verdict::Done {
                outcome: "old".into()
            })
        );
        assert_eq!(taken(judge(Some(&done), &wanted(b"y"), at(day))).attempt, 2);
    }

    fn progress() -> impl Strategy<Value = Progress> {
        prop_oneof![
            (0..200_000i64).prop_map(|until_ms| Progress::Leased { until_ms }),
            Just(Progress::Released),
            Just(Progress::Done {
                outcome: "o".into()
            }),
        ]
    }

    proptest! {
        #[test]
        fn r12_no_live_claim_is_taken_over(progress in progress(), now in 0..200i64, same in any::<bool>(), attempt in 1..9u32) {
            let stored = ClaimRecord { payload: Sha256Hex::of(b"x"), attempt, progress: progress.clone(), expires_at: 150 };
            let judged = judge(Some(&stored), &wanted(if same { b"x" } else { b"y" }), at(now));
            let live = now < 150;
            let busy = matches!(progress, Progress::Leased { until_ms } if until_ms > now * 1000);
            let done = matches!(progress, Progress::Done { .. });
            match judged {
                Judgement::Take(record) => {
                    prop_assert!(!live || (same && !busy && !done));
                    prop_assert_eq!(record.attempt, attempt + 1);
                }
                Judgement::Leave(Verdict::OtherPayload) => prop_assert!(live && !same),
                Judgement::Leave(Verdict::Done { .. }) => prop_assert!(live && same && done),
                Judgement::Leave(Verdict::InProgress { .. }) => prop_assert!(live && same && busy),
                Judgement::Leave(Verdict::Claimed(_)) => prop_assert!(false, "a judgement claims nothing"),
            }
        }
    }
}
