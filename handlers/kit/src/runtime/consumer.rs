//! What the `main` of an event handler starts: its decisions by the kind of their work, then one invocation after the other.

use super::invocation::Service;
use super::logs;
use super::work::{Decisions, WorkFault};
use crate::settings::Settings;
use crate::world::{Shared, World};
use contracts::envelope::Detail;
use contracts::handlers::{Consumes, Performs, Work};
use contracts::tasks::{Task, TaskCall};
use contracts::{Event, Handler};
use futures_util::FutureExt as _;
use lambda_runtime::{LambdaEvent, service_fn};
use ports::{Fault, TableChange};
use serde::Deserialize;
use serde_json::Value;
use std::rc::Rc;

/// A handler of events, tasks, ticks and changes, being put together.
///
/// ```
/// use contracts::events::InvoiceValidated;
/// use contracts::handlers::Compliance;
/// use contracts::tasks::ConcludeDecision;
/// let consumer = kit::Consumer::<Compliance>::new()
///     .on::<InvoiceValidated>(async |_world, _event| Ok(()))
///     .performs::<ConcludeDecision>(async |_world, _input| Ok(()));
/// # let _ = consumer;
/// ```
///
/// A task that the handler does not declare does not compile:
///
/// ```compile_fail,E0277
/// use contracts::handlers::Payment;
/// use contracts::tasks::ConcludeDecision;
/// let consumer = kit::Consumer::<Payment>::new()
///     .performs::<ConcludeDecision>(async |_world, _input| Ok(()));
/// ```
///
/// Neither does a clock that it does not declare, nor a callback whose token nobody would get:
///
/// ```compile_fail,E0080
/// use contracts::handlers::Notification;
/// let consumer = kit::Consumer::<Notification>::new().every(async |_world| Ok(()));
/// ```
///
/// ```compile_fail,E0080
/// use contracts::handlers::Approval;
/// use contracts::tasks::{Answer, AskDecision, Verdict};
/// let consumer = kit::Consumer::<Approval>::new()
///     .performs::<AskDecision>(async |_world, _input| Ok(Answer { verdict: Verdict::Approve }));
/// ```
pub struct Consumer<H> {
    decisions: Decisions<H>,
}

impl<H: Handler> Default for Consumer<H> {
    fn default() -> Self {
        Self {
            decisions: Decisions::default(),
        }
    }
}

impl<H: Handler> Consumer<H> {
    /// A handler without decisions yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the decision on an event that the handler declares to consume.
    #[must_use]
    pub fn on<E: Event>(
        mut self,
        decide: impl AsyncFn(&World<H>, &Detail<E>) -> Result<(), Fault> + 'static,
    ) -> Self
    where
        H: Consumes<E>,
    {
        let decide = Rc::new(decide);
        self.decisions.events.insert(
            E::SPEC.name,
            Box::new(move |world, detail| {
                let decide = Rc::clone(&decide);
                Box::pin(async move {
                    // What serde says may quote the content.
                    let event = Detail::<E>::deserialize(detail)
                        .map_err(|_| WorkFault::Misfit(E::SPEC.name))?;
                    decide(world, &event).await.map_err(WorkFault::Decision)
                })
            }),
        );
        self
    }

    /// Adds the decision on a task that the handler declares to perform; its output is the function's answer. A callback
    /// does not compile here: its answer goes to its token, see [`Consumer::asks`].
    #[must_use]
    pub fn performs<T: Task>(
        mut self,
        decide: impl AsyncFn(&World<H>, &T::Input) -> Result<T::Output, Fault> + 'static,
    ) -> Self
    where
        H: Performs<T>,
    {
        const { assert!(!T::SPEC.callback, "a callback's decision goes to `asks`") };
        let decide = Rc::new(decide);
        self.decisions.tasks.insert(
            T::SPEC.name,
            Box::new(move |world, call| {
                let decide = Rc::clone(&decide);
                Box::pin(async move {
                    let (input, _) = decoded::<T>(call)?;
                    let output = decide(world, &input).await.map_err(WorkFault::Decision)?;
                    serde_json::to_value(output).map_err(|_| WorkFault::Misfit(T::SPEC.name))
                })
            }),
        );
        self
    }

    /// Adds the decision on a callback task that the handler declares to perform: it gets the token that the state machine
    /// waits for. The token is never logged; where it rests is the decision's doing.
    #[must_use]
    pub fn asks<T: Task>(
        mut self,
        decide: impl AsyncFn(&World<H>, &T::Input, &str) -> Result<(), Fault> + 'static,
    ) -> Self
    where
        H: Performs<T>,
    {
        const {
            assert!(
                T::SPEC.callback,
                "only a callback's decision goes to `asks`"
            )
        };
        let decide = Rc::new(decide);
        self.decisions.tasks.insert(
            T::SPEC.name,
            Box::new(move |world, call| {
                let decide = Rc::clone(&decide);
                Box::pin(async move {
                    let (input, token) = decoded::<T>(call)?;
                    let token = token.ok_or(WorkFault::Misfit(T::SPEC.name))?;
                    let asked = decide(world, &input, &token).await;
                    asked.map(|()| Value::Null).map_err(WorkFault::Decision)
                })
            }),
        );
        self
    }

    /// Adds the decision at the clock's tick, of a handler that declares one.
    #[must_use]
    pub fn every(mut self, decide: impl AsyncFn(&World<H>) -> Result<(), Fault> + 'static) -> Self {
        const {
            assert!(
                H::SPEC.inputs.every_minutes.is_some(),
                "the handler declares no clock"
            )
        };
        let decide = Rc::new(decide);
        self.decisions.tick = Some(Box::new(move |world| {
            let decide = Rc::clone(&decide);
            Box::pin(async move { decide(world).await.map_err(WorkFault::Decision) })
        }));
        self
    }

    /// Adds the decision on changes of the tables that the handler declares to follow: one for each version of a head, in the
    /// order of its versions, at least once.
    #[must_use]
    pub fn changes(
        mut self,
        decide: impl AsyncFn(&World<H>, &TableChange) -> Result<(), Fault> + 'static,
    ) -> Self {
        const {
            assert!(
                !H::SPEC.inputs.changes.is_empty(),
                "the handler follows no table"
            )
        };
        let decide = Rc::new(decide);
        self.decisions.changes = Some(Box::new(move |world, change| {
            let decide = Rc::clone(&decide);
            Box::pin(async move { decide(world, &change).await.map_err(WorkFault::Decision) })
        }));
        self
    }

    /// Runs the function until Lambda ends it.
    ///
    /// # Errors
    /// When the function's environment is incomplete, declared work has no decision, or the runtime fails.
    pub async fn run(self) -> Result<(), crate::Error> {
        logs::start();
        let service = self.service().inspect_err(|error| {
            tracing::error!(error = logs::causes(error.as_ref()), "can't start");
        })?;
        lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
            service.invocation(event).boxed_local()
        }))
        .await
    }

    fn service(self) -> Result<Service<H>, crate::Error> {
        let undecided = self.undecided();
        if !undecided.is_empty() {
            let name = H::SPEC.name;
            return Err(format!(
                "{name} declares {} and has no decision on it: add it to its main",
                undecided.join(", ")
            )
            .into());
        }
        let settings = Settings::of(&H::SPEC, |name| std::env::var(name).ok())?;
        Ok(Service {
            shared: Shared::connect(settings),
            decisions: self.decisions,
        })
    }

    #[cfg(test)]
    pub(crate) fn into_decisions(self) -> Decisions<H> {
        self.decisions
    }

    /// Declared work without a decision. Requests are an [`crate::Api`]'s.
    fn undecided(&self) -> Vec<String> {
        let Decisions {
            events,
            tasks,
            tick,
            changes,
        } = &self.decisions;
        let decided = |work: &Work| match work {
            Work::Route(_) => false,
            Work::Event(event) => events.contains_key(event.name),
            Work::Changes(_) => changes.is_some(),
            Work::Tick => tick.is_some(),
            Work::Task(task) => tasks.contains_key(task.name),
        };
        let declared = H::SPEC.inputs.work();
        declared
            .filter(|work| !decided(work))
            .map(|work| work.name())
            .collect()
    }
}

/// A task's input and its token. What serde says may quote the content.
fn decoded<T: Task>(call: TaskCall<Value>) -> Result<(T::Input, Option<String>), WorkFault> {
    let input = T::Input::deserialize(call.input).map_err(|_| WorkFault::Misfit(T::SPEC.name))?;
    Ok((input, call.token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::events::{InvoiceApproved, InvoicePaid};
    use contracts::handlers::{Approval, Audit, Decision, Payment};

    #[test]
    fn declared_work_without_a_decision_is_named_whatever_its_kind() {
        let payment = Consumer::<Payment>::new().on::<InvoiceApproved>(async |_, _| Ok(()));
        assert_eq!(payment.undecided(), ["Tick"]);
        assert!(payment.every(async |_| Ok(())).undecided().is_empty());
        let audit = Consumer::<Audit>::new().on::<InvoicePaid>(async |_, _| Ok(()));
        let undecided = audit.undecided();
        assert_eq!(undecided.len(), 13 + 2, "{undecided:?}");
        assert!(undecided.contains(&"InvoicesTable".to_owned()));
        let tasks = Consumer::<Approval>::new().undecided();
        assert!(tasks.contains(&"AskDecision".to_owned()), "{tasks:?}");
        let routes = Consumer::<Decision>::new().undecided();
        assert_eq!(routes.len(), 2, "requests are an Api's: {routes:?}");
    }
}
