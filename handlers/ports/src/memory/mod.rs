//! A world in memory with the semantics of the real one: conditional commits, permanent claims, an outbox, a scripted
//! payment provider, injected faults and a clock that stands still until it is advanced.
//!
//! Every port call is one turn ([`Memory::run`] and [`Schedule`] poll turns), so a test decides how concurrent deliveries
//! interleave and where one dies. There is no thread, no real clock and no randomness here. What the consumer's claim
//! suppresses is not modelled: every delivery reaches the handler, which is the harder case.

mod bus;
mod documents;
mod faults;
mod invoices;
mod people;
mod provider;
pub mod sample;
mod schedule;
mod stream;
mod sweep;
mod trail;
mod vendors;

pub use provider::{Behaviour, Order};
pub use schedule::Schedule;

use crate::change::Draft;
use crate::world::{Answer, Clock, Notice, Policies, SendNotices};
use contracts::envelope::Origin;
use contracts::policy::{Policy, VendorChecks};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use time::{Duration, OffsetDateTime, macros::datetime};

/// The world. Shared by reference: every method takes `&self`.
#[derive(Debug)]
pub struct Memory {
    policy: Policy,
    region: String,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    now: OffsetDateTime,
    vendors: vendors::Vendors,
    invoices: invoices::Invoices,
    documents: BTreeMap<String, Vec<u8>>,
    outbox: Vec<Draft>,
    published: BTreeSet<contracts::EventId>,
    notices: Vec<Notice>,
    provider: provider::Provider,
    faults: faults::Faults,
    people: people::People,
    stream: stream::Stream,
    sweep: sweep::Sweep,
    trail: trail::Trail,
}

impl Default for Memory {
    /// A world whose policy only warns about vendor checks, has no automatic limit and allows every country.
    fn default() -> Self {
        Self::new(Policy {
            vendor_checks: VendorChecks::Warn,
            ..Policy::strictest()
        })
    }
}

impl Memory {
    /// An empty world under a policy, on 2026-01-01 in `eu-central-1`.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            region: "eu-central-1".to_owned(),
            inner: Mutex::new(Inner {
                now: datetime!(2026-01-01 00:00 UTC),
                vendors: vendors::Vendors::default(),
                invoices: invoices::Invoices::default(),
                documents: BTreeMap::new(),
                outbox: Vec::new(),
                published: BTreeSet::new(),
                notices: Vec::new(),
                provider: provider::Provider::default(),
                faults: faults::Faults::default(),
                people: people::People::default(),
                stream: stream::Stream::default(),
                sweep: sweep::Sweep::default(),
                trail: trail::Trail::default(),
            }),
        }
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.lock().now += by;
    }

    /// Every event committed so far, in the order of the commits.
    #[must_use]
    pub fn outbox(&self) -> Vec<Draft> {
        self.lock().outbox.clone()
    }

    /// The events committed and not yet marked as published (R25).
    #[must_use]
    pub fn unpublished(&self) -> Vec<Draft> {
        let inner = self.lock();
        let unmarked = |draft: &&Draft| !inner.published.contains(&draft.event_id);
        inner.outbox.iter().filter(unmarked).cloned().collect()
    }

    /// Marks an event as published, as the runtime does after `PutEvents` took it.
    pub fn mark_published(&self, id: contracts::EventId) {
        self.lock().published.insert(id);
    }

    /// Every notice that went out, duplicates included.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        self.lock().notices.clone()
    }

    /// Runs a future over this world to its end, alone.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One read: a turn, a fault if one is due, the answer.
    async fn read<T>(&self, subject: &str, answer: impl FnOnce(&Inner) -> T + Send) -> Answer<T> {
        schedule::turn().await;
        let mut inner = self.lock();
        inner.faults.before("reading", subject)?;
        Ok(answer(&inner))
    }

    /// One write: a turn, a fault if one is due, all or nothing, and perhaps a lost answer.
    async fn write<T>(
        &self,
        subject: &str,
        write: impl FnOnce(&mut Inner) -> Answer<T> + Send,
    ) -> Answer<T> {
        schedule::turn().await;
        let mut inner = self.lock();
        inner.faults.before("writing", subject)?;
        let answer = write(&mut inner)?;
        inner.faults.after("writing", subject)?;
        Ok(answer)
    }
}

impl Clock for Memory {
    fn origin(&self) -> Origin {
        Origin {
            now: self.lock().now,
            region: self.region.clone(),
        }
    }
}

impl Policies for Memory {
    fn policy(&self) -> &Policy {
        &self.policy
    }
}

impl SendNotices for Memory {
    async fn send_notice(&self, notice: &Notice) -> Answer<()> {
        let subject = format!("notice {}", notice.event_id);
        self.write(&subject, |inner| {
            inner.notices.push(notice.clone());
            Ok(())
        })
        .await
    }
}
