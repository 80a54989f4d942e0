//! Decisions with their input still undecoded, and running one: in its world, contained, and with what it committed
//! published. Claims, counts and logs are not here.

use crate::world::World;
use contracts::Handler;
use contracts::tasks::{TaskCall, faults};
use futures_util::FutureExt as _;
use ports::{Fault, PortError, TableChange};
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;

/// A decision under way.
pub(crate) type Pending<'w, T> = Pin<Box<dyn Future<Output = Result<T, WorkFault>> + 'w>>;
/// A decision on an event, which comes as its detail.
pub(crate) type OnEvent<H> = Box<dyn for<'w> Fn(&'w World<H>, Value) -> Pending<'w, ()>>;
/// A decision on a task; its output is the function's answer.
pub(crate) type OnTask<H> =
    Box<dyn for<'w> Fn(&'w World<H>, TaskCall<Value>) -> Pending<'w, Value>>;
/// A decision at the clock's tick.
pub(crate) type OnTick<H> = Box<dyn for<'w> Fn(&'w World<H>) -> Pending<'w, ()>>;
/// A decision on a change of a table.
pub(crate) type OnChange<H> = Box<dyn for<'w> Fn(&'w World<H>, TableChange) -> Pending<'w, ()>>;

/// The decisions of a handler, by the kind of its work.
pub(crate) struct Decisions<H> {
    /// By event type.
    pub(crate) events: BTreeMap<&'static str, OnEvent<H>>,
    /// By task.
    pub(crate) tasks: BTreeMap<&'static str, OnTask<H>>,
    /// At the clock's tick.
    pub(crate) tick: Option<OnTick<H>>,
    /// On changes of tables.
    pub(crate) changes: Option<OnChange<H>>,
}

impl<H> Default for Decisions<H> {
    fn default() -> Self {
        Self {
            events: BTreeMap::new(),
            tasks: BTreeMap::new(),
            tick: None,
            changes: None,
        }
    }
}

/// Why the work failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkFault {
    /// Its detail or input does not fit the type of its name.
    #[error("its content does not fit the schema of {0}")]
    Misfit(&'static str),
    /// The decision failed.
    #[error(transparent)]
    Decision(Fault),
    /// The change is committed and its events could not all be published.
    #[error("its outcome is committed and not yet published")]
    Unpublished(#[source] PortError),
    /// The invocation is about to end.
    #[error("it was given up at the invocation's end")]
    OutOfTime,
    /// The decision panicked.
    #[error("the decision panicked: a fault of the program")]
    Panicked,
}

impl WorkFault {
    /// What the state machine calls it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Misfit(_) => faults::MISFIT,
            Self::Unpublished(_) => faults::UNPUBLISHED,
            Self::OutOfTime => faults::UNAVAILABLE,
            Self::Panicked => faults::PANICKED,
            Self::Decision(fault) => match fault {
                Fault::Port(PortError::Stale { .. }) => faults::STALE,
                Fault::Port(PortError::TakenOver { .. }) => faults::TAKEN_OVER,
                Fault::Port(PortError::Conflict { .. }) => faults::CONFLICT,
                Fault::Port(PortError::Corrupt { .. }) => faults::CORRUPT,
                Fault::Port(PortError::Unavailable { .. }) => faults::UNAVAILABLE,
                Fault::Illegal(_) => faults::ILLEGAL,
                Fault::Premature { .. } => faults::PREMATURE,
                Fault::Overtaken { .. } => faults::OVERTAKEN,
            },
        }
    }
}

/// Decides, and publishes what was committed whether or not the decision came to its end. A panic ends here.
pub(crate) async fn perform<'w, H: Handler, T>(
    world: &'w World<H>,
    decide: impl FnOnce() -> Pending<'w, T>,
) -> Result<T, WorkFault> {
    let decided = contained(decide).await;
    let published = world.publish_committed().await;
    let output = decided?;
    published.map_err(WorkFault::Unpublished)?;
    Ok(output)
}

/// Runs work whose panic must fail one message and not the function.
pub(crate) async fn contained<'w, T>(
    work: impl FnOnce() -> Pending<'w, T>,
) -> Result<T, WorkFault> {
    // The world is thrown away after a panic, and the connections it shares are not changed by decisions.
    AssertUnwindSafe(async move { work().await })
        .catch_unwind()
        .await
        .unwrap_or(Err(WorkFault::Panicked))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)] // tests
    use super::*;

    fn now_or_never<F: Future>(future: F) -> F::Output {
        future.now_or_never().unwrap()
    }

    #[test]
    fn r10_a_panic_fails_its_message_only() {
        let panicked = now_or_never(contained::<()>(|| Box::pin(async { panic!("poison") })));
        assert!(matches!(panicked, Err(WorkFault::Panicked)));
        let before = now_or_never(contained::<()>(|| panic!("before the first await")));
        assert!(matches!(before, Err(WorkFault::Panicked)));
        assert!(now_or_never(contained(|| Box::pin(async { Ok(1) }))).is_ok());
    }

    #[test]
    fn r5_what_trying_again_may_mend_is_told_from_what_it_can_not() {
        let subject = || "INVOICE#a".to_owned();
        let port = |error| WorkFault::Decision(Fault::Port(error)).name();
        let unavailable = PortError::Unavailable {
            action: "reading",
            subject: subject(),
            reason: "throttled".into(),
        };
        let corrupt = PortError::Corrupt {
            subject: subject(),
            reason: "odd".into(),
        };
        assert!(faults::RETRIED.contains(&port(unavailable)));
        assert!(faults::RETRIED.contains(&port(PortError::Stale { subject: subject() })));
        assert!(!faults::RETRIED.contains(&port(corrupt)));
        assert!(!faults::RETRIED.contains(&port(PortError::Conflict { subject: subject() })));
        assert!(!faults::RETRIED.contains(&WorkFault::Panicked.name()));
        let premature = Fault::Premature {
            event: "ConcludeDecision",
            subject: subject(),
            reason: "it is at version 2".into(),
        };
        assert!(!faults::RETRIED.contains(&WorkFault::Decision(premature).name()));
    }
}
