//! Whole decisions: the three handlers and a state machine that does what the deployed one is declared to do, with people who
//! decide at random, crash in the middle, and race the clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

mod desk;

use contracts::envelope::Detail;
use contracts::events::{
    InvoiceApprovalRequested, InvoiceDisputed, InvoicePaid, InvoiceValidated, PaidReason,
    PaymentFailed, PaymentFailure,
};
use contracts::handlers::Payment;
use contracts::records::InvoiceRecord;
use contracts::tasks::{Ask, Conclude, DecisionRequest, Ending, Turn, Verdict};
use contracts::{Event, InvoiceSubject, State};
use desk::{Desk, decision, waiting};
use ports::memory::{Schedule, sample};
use ports::{Clock, Draft, Fault, Occasion, WriteInvoices, silent_step, step};
use proptest::prelude::*;

/// Where an execution stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum At {
    Ask(Turn),
    Wait(Turn, String),
    Remind(Turn),
    Conclude(Ending),
    Ended,
    /// What the operators are alarmed about.
    Failed(String),
}

/// An execution of the state machine: asks, waits, reminds, concludes.
struct Machine {
    request: DecisionRequest,
    at: At,
    tokens: u32,
}

impl Machine {
    fn new(request: DecisionRequest) -> Self {
        Self {
            request,
            at: At::Ask(Turn::First),
            tokens: 0,
        }
    }

    /// One state further. A wait ends when its token was answered, or by timeout if `patience` is over.
    fn step(&mut self, desk: &Desk, patience: Patience) {
        let world = &desk.world;
        let ask = |turn| Ask {
            request: self.request.clone(),
            turn,
        };
        self.at = match self.at.clone() {
            At::Ask(turn) => {
                self.tokens += 1;
                let token = format!("{}/{}", self.request.execution_name(), self.tokens);
                match world.run(approval::ask(world, &ask(turn), &token)) {
                    Ok(()) => At::Wait(turn, token),
                    Err(Fault::Overtaken { .. }) => At::Remind(turn),
                    Err(fault) => At::Failed(fault.to_string()),
                }
            }
            At::Wait(turn, token) => {
                let answers = world.task_answers();
                match answers.iter().find(|(to, _)| *to == token) {
                    Some((_, verdict)) => self.decided(turn, *verdict),
                    None if patience == Patience::Over => {
                        world.expire_token(&token);
                        At::Remind(turn)
                    }
                    None => At::Wait(turn, token),
                }
            }
            At::Remind(turn) => match world.run(approval::remind(world, &ask(turn))) {
                Ok(reminded) => match (reminded.verdict, reminded.again) {
                    (Some(verdict), _) => self.decided(turn, verdict),
                    (None, true) => At::Ask(turn),
                    (None, false) => At::Conclude(Ending::Timeout),
                },
                Err(fault) => At::Failed(fault.to_string()),
            },
            At::Conclude(ending) => {
                let input = Conclude {
                    request: self.request.clone(),
                    ending,
                };
                match world.run(compliance::conclude(world, &input)) {
                    Ok(()) => At::Ended,
                    Err(fault) => At::Failed(fault.to_string()),
                }
            }
            ended => ended,
        };
    }

    fn decided(&self, turn: Turn, verdict: Verdict) -> At {
        match (verdict, turn) {
            (Verdict::Approve, Turn::First) if self.request.approvers == 2 => At::Ask(Turn::Second),
            (Verdict::Approve, _) => At::Conclude(Ending::Approve),
            (Verdict::Reject, _) => At::Conclude(Ending::Reject),
            (Verdict::Dispute, _) => At::Conclude(Ending::Dispute),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    Left,
    Over,
}

/// What happens next.
#[derive(Debug, Clone)]
enum Happening {
    /// Every execution goes a state further.
    Machines(Patience),
    /// A person decides; `Some(n)`: the function dies after so many turns.
    Person(&'static str, &'static str, Option<usize>),
    /// An approved invoice is paid, or the provider declines.
    Payment(Provider),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Provider {
    Settles,
    Declines,
}

struct Story {
    desk: Desk,
    machines: Vec<Machine>,
    seen: usize,
    id: contracts::InvoiceId,
    requests: u32,
}

impl Story {
    /// A validated invoice that people must decide about.
    fn of(minor: i64) -> Self {
        let record = InvoiceRecord {
            state: State::Validated,
            ..waiting(State::Validated, minor)
        };
        let desk = Desk::of(&record);
        let payable = sample::euro(minor);
        let document_type = "380".to_owned();
        let validated = sample::event(
            &record,
            InvoiceValidated {
                payable,
                document_type,
            },
        );
        desk.world
            .run(compliance::handle(&desk.world, &validated))
            .unwrap();
        let mut story = Self {
            desk,
            machines: Vec::new(),
            seen: 0,
            id: record.invoice_id,
            requests: 0,
        };
        story.deliver();
        story
    }

    fn invoice(&self) -> InvoiceRecord {
        self.desk.invoice(self.id)
    }

    /// Every new event reaches approval, twice; an execution that was started runs once.
    fn deliver(&mut self) {
        let world = &self.desk.world;
        let outbox = world.outbox();
        for draft in &outbox[self.seen..] {
            for _ in 0..2 {
                match draft.spec.name {
                    "InvoiceApprovalRequested" => {
                        let event = read::<InvoiceApprovalRequested>(draft);
                        world.run(approval::handle(world, &event)).unwrap();
                    }
                    "InvoiceDisputed" => {
                        let event = read::<InvoiceDisputed>(draft);
                        world.run(approval::handle(world, &event)).unwrap();
                    }
                    "PaymentFailed" => {
                        let event = read::<PaymentFailed>(draft);
                        world.run(approval::handle(world, &event)).unwrap();
                    }
                    _ => {}
                }
            }
        }
        self.seen = outbox.len();
        for request in world.executions().into_values() {
            if self
                .machines
                .iter()
                .all(|machine| machine.request != request)
            {
                self.machines.push(Machine::new(request));
            }
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Machines(patience) => {
                for machine in &mut self.machines {
                    machine.step(&self.desk, patience);
                }
            }
            Happening::Person(who, what, dies) => {
                let mut request = decision(self.id, who, what);
                let version = self.invoice().version;
                // Sometimes the same request again, sometimes a new one that says the same.
                self.requests += 1;
                let (what, round) = (what.replace(' ', "-"), self.requests % 2);
                let key = format!("{who}-{version}-{what}-{round}");
                request
                    .headers
                    .insert(ports::api::IDEMPOTENCY_KEY.into(), key);
                let mut schedule = Schedule::default();
                schedule.start(decision::handle(&self.desk.world, &request));
                for _ in 0..dies.unwrap_or(0) {
                    drop(schedule.turn(0));
                }
                match dies {
                    Some(_) => schedule.crash(0),
                    None => drop(schedule.finish()),
                }
            }
            Happening::Payment(provider) => self.pay(provider),
        }
        self.deliver();
    }

    /// What the payment handler does of an approved invoice, without its provider.
    fn pay(&self, provider: Provider) {
        let (world, record) = (&self.desk.world, self.invoice());
        if record.state != State::Approved {
            return;
        }
        let occasion = Occasion {
            cause: sample::cause(),
            origin: world.origin(),
        };
        let paying = silent_step::<Payment>(&record, State::Paying, &occasion).unwrap();
        let claimed = paying.record.clone();
        world.run(world.commit_invoice(paying)).unwrap();
        let change = match provider {
            Provider::Settles => {
                let event = InvoicePaid {
                    paid: record.summary.unwrap().payable,
                    reason: PaidReason::Settled,
                    payment_key: None,
                };
                step::<Payment, _>(&claimed, State::Paid, event, &occasion)
            }
            Provider::Declines => {
                let event = PaymentFailed {
                    reason: PaymentFailure::Declined,
                    payment_key: String::new(),
                    attempt: 1,
                };
                step::<Payment, _>(&claimed, State::PaymentFailed, event, &occasion)
            }
        };
        world.run(world.commit_invoice(change.unwrap())).unwrap();
    }

    fn announced(&self, name: &str) -> usize {
        let outbox = self.desk.world.outbox();
        outbox
            .iter()
            .filter(|draft| draft.spec.name == name)
            .count()
    }
}

fn read<E: Event<Subject = InvoiceSubject>>(draft: &Draft) -> Detail<E> {
    serde_json::from_value(draft.detail.clone()).unwrap()
}

use Happening::{Machines, Payment as Pays, Person};
use Patience::{Left, Over};

#[test]
fn r5_two_approvers_a_dispute_a_decline_and_a_payment() {
    let mut story = Story::of(20_001);
    let ask = |story: &mut Story| story.happen(Machines(Left));
    let conclude = |story: &mut Story| {
        story.happen(Machines(Left));
        story.happen(Machines(Left));
    };
    ask(&mut story);
    story.happen(Person("ann", "approve", None));
    ask(&mut story);
    ask(&mut story);
    story.happen(Person("ann", "approve", None));
    story.happen(Person("tester", "approve", None));
    assert_eq!(story.invoice().state, State::AwaitingApproval);
    story.happen(Person("bob", "dispute", None));
    conclude(&mut story);
    assert_eq!(story.invoice().state, State::Disputed);
    for (who, turns) in [("cleo", 1), ("ann", 2)] {
        ask(&mut story);
        story.happen(Person(who, "resolve pay", None));
        (0..turns).for_each(|_| ask(&mut story));
    }
    assert_eq!(story.invoice().state, State::Approved);
    assert_eq!(story.announced("DisputeResolved"), 1);
    story.happen(Pays(Provider::Declines));
    for (who, turns) in [("bob", 1), ("cleo", 2)] {
        ask(&mut story);
        story.happen(Person(who, "approve", None));
        (0..turns).for_each(|_| ask(&mut story));
    }
    story.happen(Pays(Provider::Settles));
    assert_eq!(story.invoice().state, State::Paid);
    assert!(story.machines.iter().all(|machine| machine.at == At::Ended));
    assert_eq!(story.machines.len(), 3, "one for each version that waited");
}

#[test]
fn r5_nobody_answers_and_the_invoice_is_rejected() {
    let mut story = Story::of(12_000);
    (0..12).for_each(|_| story.happen(Machines(Over)));
    assert_eq!(story.invoice().state, State::Rejected);
    assert_eq!(story.announced("InvoiceRejected"), 1);
    assert_eq!(story.desk.world.notices().len(), 2, "asked and reminded");
}

#[test]
fn r27_a_decision_whose_answer_got_lost_is_carried_out_by_the_reminder() {
    for dies in 0..8 {
        let mut story = Story::of(12_000);
        story.happen(Machines(Left));
        story.happen(Person("ann", "approve", Some(dies)));
        let version = story.invoice().version;
        let recorded = !story.desk.approval(&story.invoice()).decisions.is_empty();
        (0..12).for_each(|_| story.happen(Machines(Over)));
        let after = story.invoice();
        let ends = if recorded {
            State::Approved
        } else {
            State::Rejected
        };
        assert_eq!(
            (after.state, after.version),
            (ends, version + 1),
            "died after {dies} turns"
        );
    }
}

fn happening() -> impl Strategy<Value = Happening> {
    let person = (
        prop::sample::select(&["ann", "bob", "cleo", "tester"][..]),
        prop::sample::select(
            &[
                "approve",
                "approve",
                "reject",
                "dispute",
                "resolve pay",
                "resolve reject",
            ][..],
        ),
        prop::option::weighted(0.3, 0usize..8),
    );
    prop_oneof![
        5 => Just(Machines(Left)),
        2 => Just(Machines(Over)),
        4 => person.prop_map(|(who, what, dies)| Person(who, what, dies)),
        1 => prop_oneof![Just(Provider::Settles), Just(Provider::Declines)].prop_map(Pays),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever people, machines and the clock do: one outcome event for a terminal state and none before, no execution that
    /// fails, and nothing approved by fewer people than it takes.
    #[test]
    fn r5_every_terminal_state_publishes_exactly_one_outcome(
        minor in prop_oneof![Just(12_000i64), Just(20_001)],
        happenings in prop::collection::vec(happening(), 0..80),
    ) {
        let mut story = Story::of(minor);
        for happening in happenings {
            story.happen(happening);
        }
        for machine in &story.machines {
            prop_assert!(!matches!(machine.at, At::Failed(_)), "{:?}", machine.at);
        }
        let after = story.invoice();
        let outcomes = ["InvoicePaid", "InvoiceRejected", "InvoiceCredited"]
            .map(|name| story.announced(name))
            .into_iter()
            .sum::<usize>();
        prop_assert_eq!(outcomes, usize::from(after.state.is_terminal()));
        let outbox = story.desk.world.outbox();
        let ids: std::collections::BTreeSet<_> = outbox.iter().map(|draft| draft.event_id).collect();
        prop_assert_eq!(ids.len(), outbox.len());
        for draft in outbox.iter().filter(|draft| draft.spec.name == "InvoiceApproved") {
            let version = draft.detail["metadata"]["aggregateVersion"].as_u64().unwrap() - 1;
            let approval = story.desk.approval(&InvoiceRecord { version, ..after.clone() });
            let people: std::collections::BTreeSet<_> = approval.decisions.iter().map(|d| &d.by).collect();
            prop_assert_eq!(people.len(), if minor > 20_000 { 2 } else { 1 });
            prop_assert!(!people.contains(&"tester".to_owned()));
        }
    }
}
