//! Carrying out what people decided, over a world in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use compliance::conclude;
use contracts::events::{DisputeOutcome, DisputeResolved, RejectionReason};
use contracts::handlers::Compliance;
use contracts::records::{ApprovalRecord, DecisionRecord, InvoiceRecord, VendorProfile};
use contracts::tasks::{Conclude, DecisionRequest, Ending, Turn, Verdict, Waiting};
use contracts::{InvoiceSubject, State};
use ports::memory::{Memory, Schedule, sample};
use ports::{Fault, Occasion, PortError, ReadInvoices, WriteApprovals, announce_beside, step};
use proptest::prelude::*;

const OTHER: &str = "DE89370400440532013000";

fn request(record: &InvoiceRecord, approvers: u8) -> DecisionRequest {
    DecisionRequest {
        invoice_id: record.invoice_id,
        vendor_id: record.vendor_id(),
        version: record.version,
        waiting: Waiting::of(record.state).unwrap(),
        approvers,
        cause: sample::cause(),
    }
}

fn said(turn: Turn, verdict: Verdict, by: &str) -> DecisionRecord {
    DecisionRecord {
        turn,
        verdict,
        by: by.to_owned(),
        account: Some(sample::ACCOUNT.to_owned()),
        request: sample::cause().correlation_id,
        reason: "because".to_owned(),
        at: sample::origin().now,
    }
}

fn one(verdict: Verdict) -> Vec<DecisionRecord> {
    vec![said(Turn::First, verdict, "ann")]
}

struct Case {
    world: Memory,
    record: InvoiceRecord,
    request: DecisionRequest,
}

impl Case {
    /// An invoice that waits, with what was decided about it.
    fn of(state: State, approvers: u8, decisions: Vec<DecisionRecord>) -> Self {
        let record = sample::invoice(state, 3);
        let world = Memory::default();
        world.seed_vendor(sample::profile());
        world.seed_invoice(record.clone());
        let request = request(&record, approvers);
        let mut approval = ApprovalRecord::of(request.clone());
        approval.decisions = decisions;
        world.seed_approval(approval);
        Self {
            world,
            record,
            request,
        }
    }

    fn expired(state: State) -> Self {
        let case = Self::of(state, 1, Vec::new());
        let mut approval = ApprovalRecord::of(case.request.clone());
        approval.expired_at = Some(sample::origin().now);
        case.world.seed_approval(approval);
        case
    }

    fn conclude(&self, ending: Ending) -> Result<(), Fault> {
        let input = Conclude {
            request: self.request.clone(),
            ending,
        };
        self.world.run(conclude(&self.world, &input))
    }

    fn invoice(&self) -> InvoiceRecord {
        let read = self.world.invoice(self.record.invoice_id);
        self.world.run(read).unwrap().unwrap()
    }

    fn announced(&self) -> Vec<&'static str> {
        self.world.outbox().iter().map(|e| e.spec.name).collect()
    }

    fn data(&self, event: usize) -> serde_json::Value {
        self.world.outbox()[event].detail["data"].clone()
    }
}

#[test]
fn r5_every_decision_has_its_step_and_its_events() {
    use State::{Approved, AwaitingApproval, Disputed, PaymentFailed, Rejected};
    let approved = ("InvoiceApproved", "approval");
    let rejected = ("InvoiceRejected", "reason");
    for (state, verdict, to, (event, member), value, beside) in [
        (
            AwaitingApproval,
            Verdict::Approve,
            Approved,
            approved,
            "manual",
            None,
        ),
        (
            AwaitingApproval,
            Verdict::Reject,
            Rejected,
            rejected,
            "declined",
            None,
        ),
        (
            AwaitingApproval,
            Verdict::Dispute,
            Disputed,
            ("InvoiceDisputed", "reason"),
            "opened",
            None,
        ),
        (
            Disputed,
            Verdict::Approve,
            Approved,
            approved,
            "dispute-resolved",
            Some("pay"),
        ),
        (
            Disputed,
            Verdict::Reject,
            Rejected,
            rejected,
            "dispute-lost",
            Some("reject"),
        ),
        (
            PaymentFailed,
            Verdict::Approve,
            Approved,
            approved,
            "payment-retried",
            None,
        ),
        (
            PaymentFailed,
            Verdict::Reject,
            Rejected,
            rejected,
            "payment-given-up",
            None,
        ),
    ] {
        let case = Case::of(state, 1, one(verdict));
        let ending = match verdict {
            Verdict::Approve => Ending::Approve,
            Verdict::Reject => Ending::Reject,
            Verdict::Dispute => Ending::Dispute,
        };
        // Twice: the second time there is nothing left to do.
        case.conclude(ending).unwrap();
        case.conclude(ending).unwrap();
        let after = case.invoice();
        assert_eq!(
            (after.version, after.state),
            (4, to),
            "{verdict:?} in {state}"
        );
        let announced = case.announced();
        assert_eq!(announced[0], event);
        assert_eq!(case.data(0)[member], value);
        match beside {
            Some(outcome) => {
                assert_eq!(announced[1..], ["DisputeResolved"]);
                assert_eq!(case.data(1)["outcome"], outcome);
            }
            None => assert_eq!(announced.len(), 1),
        }
        assert_eq!(after.rejection.is_some(), to == Rejected);
        if to == Approved {
            assert_eq!(
                after.approved_account.as_deref(),
                Some(sample::ACCOUNT),
                "r26"
            );
        }
        let history = case.world.invoice_history(case.record.invoice_id);
        assert_eq!(history.len(), 1);
        assert_eq!(history[0].actor, "ann", "who decided it did it");
        assert_eq!(history[0].announces.len(), announced.len());
    }
}

#[test]
fn r5_an_approval_expires_and_a_debt_does_not() {
    let case = Case::expired(State::AwaitingApproval);
    case.conclude(Ending::Timeout).unwrap();
    assert_eq!(
        case.invoice().rejection,
        Some(RejectionReason::ApprovalTimeout)
    );
    let history = case.world.invoice_history(case.record.invoice_id);
    assert_eq!(history[0].actor, "compliance");
    for state in [State::Disputed, State::PaymentFailed] {
        let case = Case::expired(state);
        case.conclude(Ending::Timeout).unwrap();
        assert_eq!((case.invoice().state, case.announced()), (state, vec![]));
    }
}

#[test]
fn r27_the_machine_concludes_nothing_that_people_did_not_decide() {
    let two = |second: &str| {
        let first = said(Turn::First, Verdict::Approve, "ann");
        vec![first, said(Turn::Second, Verdict::Approve, second)]
    };
    for (approvers, decisions) in [
        (1, vec![]),
        (2, one(Verdict::Approve)),
        (2, two("ann")),
        // The sample's submitter.
        (1, vec![said(Turn::First, Verdict::Approve, "tester")]),
    ] {
        let case = Case::of(State::AwaitingApproval, approvers, decisions);
        for ending in [Ending::Approve, Ending::Reject, Ending::Timeout] {
            let fault = case.conclude(ending).unwrap_err();
            assert!(
                matches!(fault, Fault::Port(PortError::Corrupt { .. })),
                "{fault}"
            );
        }
        assert_eq!(case.invoice().version, 3);
    }
    let case = Case::of(State::AwaitingApproval, 2, two("bob"));
    case.conclude(Ending::Approve).unwrap();
    assert_eq!(case.invoice().state, State::Approved);
    // Never asked about at all.
    let case = Case::of(State::AwaitingApproval, 1, vec![]);
    case.world
        .seed_invoice(sample::invoice(State::AwaitingApproval, 7));
    let mut input = Conclude {
        request: case.request.clone(),
        ending: Ending::Approve,
    };
    input.request.version = 7;
    assert!(case.world.run(conclude(&case.world, &input)).is_err());
}

#[test]
fn r27_a_recorded_decision_stands_whatever_the_machine_says() {
    // Recorded after the last reminder had looked, and told to nobody.
    let case = Case::of(State::AwaitingApproval, 1, one(Verdict::Approve));
    case.conclude(Ending::Timeout).unwrap();
    assert_eq!(case.invoice().state, State::Approved);
    let case = Case::of(State::AwaitingApproval, 1, one(Verdict::Reject));
    case.conclude(Ending::Approve).unwrap();
    assert_eq!(case.invoice().state, State::Rejected);
}

#[test]
fn an_invoice_that_moved_on_is_left_alone() {
    let case = Case::of(State::AwaitingApproval, 1, one(Verdict::Approve));
    for (state, version) in [(State::Approved, 4), (State::Disputed, 9)] {
        case.world.seed_invoice(sample::invoice(state, version));
        case.conclude(Ending::Approve).unwrap();
    }
    assert!(case.announced().is_empty());
}

#[test]
fn r26_an_approval_is_for_the_account_that_was_approved() {
    let vendor = |account: Option<&str>, onboarded| VendorProfile {
        registration: contracts::records::Registration {
            account: account.map(str::to_owned),
            ..sample::registration()
        },
        onboarded,
        ..sample::profile()
    };
    for changed in [
        vendor(Some(OTHER), true),
        vendor(None, true),
        vendor(Some(sample::ACCOUNT), false),
    ] {
        let case = Case::of(State::AwaitingApproval, 1, one(Verdict::Approve));
        // The document names no account: only the approval does.
        let mut record = case.record.clone();
        record.summary.as_mut().unwrap().payee_accounts.clear();
        case.world.seed_invoice(record);
        case.world.seed_vendor(changed);
        case.conclude(Ending::Approve).unwrap();
        assert_eq!(case.invoice().state, State::Disputed);
        assert_eq!(case.data(0)["reason"], "account-differs");
    }
    // From a dispute there is no step to another: what was approved is pinned, and payment sees the difference.
    for state in [State::Disputed, State::PaymentFailed] {
        let case = Case::of(state, 1, one(Verdict::Approve));
        case.world.seed_vendor(vendor(Some(OTHER), true));
        case.conclude(Ending::Approve).unwrap();
        assert_eq!(
            case.invoice().approved_account.as_deref(),
            Some(sample::ACCOUNT)
        );
    }
    // Two approvers who saw different accounts approved neither.
    let mut decisions = one(Verdict::Approve);
    decisions.push(said(Turn::Second, Verdict::Approve, "bob"));
    decisions[1].account = Some(OTHER.to_owned());
    for account in [sample::ACCOUNT, OTHER] {
        let case = Case::of(State::Disputed, 2, decisions.clone());
        case.world.seed_vendor(vendor(Some(account), true));
        case.conclude(Ending::Approve).unwrap();
        assert_ne!(case.invoice().approved_account.as_deref(), Some(account));
    }
}

#[test]
fn r5_beside_a_step_goes_no_event_that_announces_another() {
    let record = sample::invoice(State::Disputed, 3);
    let occasion = Occasion {
        cause: sample::cause(),
        origin: sample::origin(),
    };
    let rejected = || contracts::events::InvoiceRejected {
        reason: RejectionReason::DisputeLost,
        violations: Vec::new(),
        violation_count: 0,
    };
    let change = || step::<Compliance, _>(&record, State::Rejected, rejected(), &occasion).unwrap();
    assert!(announce_beside::<Compliance, _>(change(), rejected(), &occasion).is_err());
    let outcome = DisputeOutcome::Reject;
    let both =
        announce_beside::<Compliance, _>(change(), DisputeResolved { outcome }, &occasion).unwrap();
    assert_ne!(both.events[0].event_id, both.events[1].event_id);
    let subject = |event: usize| -> InvoiceSubject {
        serde_json::from_value(both.events[event].detail["metadata"].clone()).unwrap()
    };
    assert_eq!(subject(0), subject(1));
}

proptest! {
    /// The state machine's retry and another one interleave, and answers get lost: one conclusion.
    #[test]
    fn r12_concluded_twice_is_concluded_once(picks in proptest::collection::vec(0usize..2, 0..24), lost in 0u32..2, state in 0usize..3) {
        let state = [State::AwaitingApproval, State::Disputed, State::PaymentFailed][state];
        let case = Case::of(state, 1, one(Verdict::Approve));
        let input = Conclude { request: case.request.clone(), ending: Ending::Approve };
        case.world.lose_next_answers(lost);
        let mut schedule = Schedule::default();
        schedule.start(conclude(&case.world, &input));
        schedule.start(conclude(&case.world, &input));
        for pick in picks { drop(schedule.turn(pick)); }
        schedule.finish();
        prop_assert_eq!(case.invoice().version, 4);
        prop_assert_eq!(case.announced().iter().filter(|name| **name == "InvoiceApproved").count(), 1);
        // A decision that comes after it finds an invoice that waits no more; the approval itself still takes revisions.
        let late = ApprovalRecord::of(case.request.clone());
        prop_assert!(case.world.run(case.world.store_approval(late)).is_err());
    }
}
