//! Asking and reminding, over a world in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use approval::{ask, handle, remind, revive};
use contracts::events::{DisputeReason, InvoiceApprovalRequested, InvoiceDisputed, InvoiceStuck};
use contracts::policy::{Approvals, Policy};
use contracts::records::{ApprovalRecord, DecisionRecord, InvoiceRecord};
use contracts::tasks::{Ask, DecisionRequest, Reminded, Turn, Verdict, Waiting};
use contracts::{Currency, State};
use ports::memory::{Memory, Schedule, sample};
use ports::{Fault, PortError, ReadApprovals, WriteApprovals};
use proptest::prelude::*;

/// Up to 200.00 EUR one approver is enough; two reminders.
fn policy() -> Policy {
    Policy {
        approvals: Approvals {
            one_approver_limit_minor: [(Currency::parse("EUR").unwrap(), 20_000)].into(),
            reminders: 2,
            ..Policy::strictest().approvals
        },
        ..Policy::strictest()
    }
}

fn world_of(record: &InvoiceRecord) -> Memory {
    let world = Memory::new(policy());
    world.seed_invoice(record.clone());
    world
}

fn asking(record: &InvoiceRecord, approvers: u8) -> Ask {
    Ask {
        request: DecisionRequest {
            invoice_id: record.invoice_id,
            vendor_id: record.vendor_id(),
            version: record.version,
            waiting: Waiting::of(record.state).unwrap(),
            approvers,
            cause: sample::cause(),
        },
        turn: Turn::First,
    }
}

fn waiting() -> InvoiceRecord {
    sample::invoice(State::AwaitingApproval, 3)
}

fn stored(world: &Memory, ask: &Ask) -> Option<ApprovalRecord> {
    let request = &ask.request;
    world
        .run(world.approval(request.invoice_id, request.version))
        .unwrap()
}

/// What a person decides, as the decision handler records it.
fn decide(world: &Memory, ask: &Ask, by: &str, verdict: Verdict) {
    let mut record = stored(world, ask).unwrap().next();
    record.decisions.push(DecisionRecord {
        turn: ask.turn,
        verdict,
        by: by.to_owned(),
        account: None,
        request: sample::cause().correlation_id,
        reason: "because".to_owned(),
        at: sample::origin().now,
    });
    world.run(world.store_approval(record)).unwrap();
}

const ASK_AGAIN: Reminded = Reminded {
    decided: false,
    verdict: None,
    again: true,
};
const OVER: Reminded = Reminded {
    again: false,
    ..ASK_AGAIN
};

#[test]
fn r5_the_amount_says_how_many_people_are_asked() {
    for (minor, approvers) in [(20_000, 1), (20_001, 2)] {
        let mut record = waiting();
        record.summary.as_mut().unwrap().payable = sample::euro(minor);
        let payable = sample::euro(minor);
        let event = sample::event(&record, InvoiceApprovalRequested { payable });
        let world = world_of(&record);
        world.run(handle(&world, &event)).unwrap();
        world.run(handle(&world, &event)).unwrap();
        let executions = world.executions();
        let name = format!("{}-3", record.invoice_id);
        assert_eq!(executions.len(), 1, "started twice, it is one");
        let request = &executions[&name];
        assert_eq!(
            (request.approvers, request.waiting, request.version),
            (approvers, Waiting::Approval, 3)
        );
        assert_eq!(request.cause, event.metadata.as_cause());
    }
}

#[test]
fn old_events_start_nothing_and_early_ones_come_again() {
    let record = sample::invoice(State::Disputed, 5);
    let reason = DisputeReason::Opened;
    let event = sample::event(&record, InvoiceDisputed { reason });
    let early = world_of(&sample::invoice(State::AwaitingApproval, 4));
    let fault = early.run(handle(&early, &event)).unwrap_err();
    assert!(matches!(fault, Fault::Premature { .. }), "{fault}");
    // Disputed again later: that version has its own event.
    for later in [(State::Approved, 6), (State::Disputed, 9)] {
        let world = world_of(&sample::invoice(later.0, later.1));
        world.run(handle(&world, &event)).unwrap();
        assert!(world.executions().is_empty(), "{later:?}");
    }
}

/// The announcement that an invoice rests too long.
fn stuck(record: &InvoiceRecord) -> contracts::envelope::Detail<InvoiceStuck> {
    let state = record.state;
    sample::event(record, InvoiceStuck { state })
}

#[test]
fn r5_a_stuck_invoice_whose_execution_died_is_put_before_people_again() {
    for state in [
        State::AwaitingApproval,
        State::Disputed,
        State::PaymentFailed,
    ] {
        let record = sample::invoice(state, 3);
        let world = world_of(&record);
        let first = format!("{}-3", record.invoice_id);
        // Nothing was started at all: it is now. While that runs, nothing more is.
        for _ in 0..2 {
            world.run(revive(&world, &stuck(&record))).unwrap();
            let names: Vec<_> = world.executions().into_keys().collect();
            assert_eq!(names, [first.as_str()], "{state:?}");
        }
        world.kill_execution(&first);
        for _ in 0..2 {
            world.run(revive(&world, &stuck(&record))).unwrap();
            let names: Vec<_> = world.executions().into_keys().collect();
            assert_eq!(names, [first.clone(), format!("{first}-2")], "{state:?}");
        }
    }
}

#[test]
fn r5_a_decision_begun_again_asks_with_what_people_were_asked_with() {
    let record = waiting();
    let (world, question) = (world_of(&record), asking(&record, 2));
    world.run(ask(&world, &question, "token")).unwrap();
    decide(&world, &question, "ann", Verdict::Approve);
    let first = question.request.execution_name();
    world.kill_execution(&first);
    world.run(revive(&world, &stuck(&record))).unwrap();
    let again = world.executions().remove(&format!("{first}-2")).unwrap();
    assert_eq!(again, question.request, "no other cause, no fewer people");
    // What is recorded stands: the first turn is not asked again, the second one is.
    let request = again;
    let turn = |turn| Ask {
        request: request.clone(),
        turn,
    };
    let fault = world.run(ask(&world, &turn(Turn::First), "token-2"));
    assert!(matches!(fault, Err(Fault::Overtaken { .. })), "{fault:?}");
    world
        .run(ask(&world, &turn(Turn::Second), "token-3"))
        .unwrap();
}

#[test]
fn r5_a_stuck_invoice_that_waits_for_no_person_or_moved_on_starts_nothing() {
    let record = sample::invoice(State::Paying, 5);
    let world = world_of(&record);
    world.run(revive(&world, &stuck(&record))).unwrap();
    assert!(world.executions().is_empty());
    let world = world_of(&sample::invoice(State::Disputed, 6));
    let old = stuck(&sample::invoice(State::AwaitingApproval, 3));
    world.run(revive(&world, &old)).unwrap();
    assert!(world.executions().is_empty());
}

#[test]
fn r5_a_token_rests_sealed_and_the_newest_one_counts() {
    let record = waiting();
    let (world, question) = (world_of(&record), asking(&record, 1));
    for token in ["token-1", "token-2"] {
        world.run(ask(&world, &question, token)).unwrap();
    }
    let approval = stored(&world, &question).unwrap();
    assert_eq!((approval.revision, approval.asks.len()), (2, 1));
    let sealed = &approval.asks[0].sealed_token;
    assert!(sealed.starts_with("sealed|") && sealed.ends_with("|token-2"));
    let notices = world.notices();
    let ids: Vec<_> = notices.iter().map(|notice| notice.event_id).collect();
    assert_eq!(ids, [ids[0]; 2], "told again under the same id");
    assert_eq!(notices[0].invoice_id, record.invoice_id);
}

#[test]
fn r27_the_state_machine_cannot_ask_for_less_than_policy_does() {
    let mut record = waiting();
    record.summary.as_mut().unwrap().payable = sample::euro(20_001);
    let world = world_of(&record);
    let refused = |question: &Ask| {
        let fault = world.run(ask(&world, question, "token")).unwrap_err();
        assert!(
            matches!(fault, Fault::Port(PortError::Corrupt { .. })),
            "{fault}"
        );
        assert_eq!(stored(&world, question), None);
    };
    refused(&asking(&record, 1));
    let mut second = asking(&record, 2);
    second.turn = Turn::Second;
    refused(&second);
    let good = asking(&record, 2);
    world.run(ask(&world, &good, "token")).unwrap();
    // What was begun with two people does not go on with one.
    let less = world.run(ask(&world, &asking(&record, 1), "token"));
    assert!(less.is_err());
}

#[test]
fn r5_what_is_overtaken_is_not_asked_and_the_reminder_says_what_stands() {
    let record = waiting();
    let (world, question) = (world_of(&record), asking(&record, 1));
    world.run(ask(&world, &question, "token")).unwrap();
    decide(&world, &question, "ann", Verdict::Reject);
    let fault = world.run(ask(&world, &question, "token-2")).unwrap_err();
    assert!(matches!(fault, Fault::Overtaken { .. }), "{fault}");
    let decided = Reminded {
        decided: true,
        verdict: Some(Verdict::Reject),
        again: false,
    };
    assert_eq!(world.run(remind(&world, &question)).unwrap(), decided);
    world.seed_invoice(sample::invoice(State::Rejected, 4));
    let fault = world.run(ask(&world, &question, "token-2")).unwrap_err();
    assert!(matches!(fault, Fault::Overtaken { .. }), "{fault}");
    assert_eq!(world.run(remind(&world, &question)).unwrap(), OVER);
}

#[test]
fn r5_people_are_reminded_as_often_as_policy_says_and_then_the_time_is_up() {
    let record = waiting();
    let (world, question) = (world_of(&record), asking(&record, 1));
    for round in 1..=2 {
        world.run(ask(&world, &question, "token")).unwrap();
        // A reminder whose answer got lost is carried out again and counts once.
        for _ in 0..2 {
            assert_eq!(world.run(remind(&world, &question)).unwrap(), ASK_AGAIN);
        }
        assert_eq!(stored(&world, &question).unwrap().reminders, round);
    }
    world.run(ask(&world, &question, "token")).unwrap();
    for _ in 0..2 {
        assert_eq!(world.run(remind(&world, &question)).unwrap(), OVER);
    }
    let closed = stored(&world, &question).unwrap();
    assert!(closed.expired_at.is_some() && closed.open().is_none());
    let told: Vec<_> = world.notices().iter().map(|n| n.event_type).collect();
    assert_eq!(
        told[..3],
        ["DecisionAsked", "DecisionReminder", "DecisionReminder"]
    );
    assert_eq!(told.len(), 5, "asked once, reminded twice, each said twice");
}

#[test]
fn r5_a_dispute_and_a_failed_payment_are_asked_about_for_ever() {
    for state in [State::Disputed, State::PaymentFailed] {
        let record = sample::invoice(state, 3);
        let (world, question) = (world_of(&record), asking(&record, 1));
        for _ in 0..20 {
            world.run(ask(&world, &question, "token")).unwrap();
            assert_eq!(world.run(remind(&world, &question)).unwrap(), ASK_AGAIN);
        }
    }
}

#[test]
fn r5_the_second_turn_has_reminders_of_its_own() {
    let record = waiting();
    let (world, mut question) = (world_of(&record), asking(&record, 2));
    for _ in 0..2 {
        world.run(ask(&world, &question, "token")).unwrap();
        world.run(remind(&world, &question)).unwrap();
    }
    world.run(ask(&world, &question, "token")).unwrap();
    decide(&world, &question, "ann", Verdict::Approve);
    question.turn = Turn::Second;
    world.run(ask(&world, &question, "token-2")).unwrap();
    assert_eq!(stored(&world, &question).unwrap().reminders, 0);
    assert_eq!(world.notices().last().unwrap().event_type, "DecisionAsked");
    assert_eq!(world.run(remind(&world, &question)).unwrap(), ASK_AGAIN);
}

proptest! {
    /// The time being up and a decision race for the same revision: exactly one of them stands.
    #[test]
    fn r5_either_the_decision_or_the_timeout_stands(picks in proptest::collection::vec(0usize..2, 0..16)) {
        let record = waiting();
        let (world, question) = (world_of(&record), asking(&record, 1));
        for _ in 0..2 {
            world.run(ask(&world, &question, "token")).unwrap();
            world.run(remind(&world, &question)).unwrap();
        }
        world.run(ask(&world, &question, "token")).unwrap();
        let mut decided = stored(&world, &question).unwrap().next();
        decided.decisions.push(DecisionRecord {
            turn: Turn::First,
            verdict: Verdict::Approve,
            by: "ann".to_owned(),
            account: None,
            request: sample::cause().correlation_id,
            reason: String::new(),
            at: sample::origin().now,
        });
        let mut schedule = Schedule::default();
        schedule.start(Box::pin(async { remind(&world, &question).await.map(|r| r.decided) })
            as std::pin::Pin<Box<dyn Future<Output = Result<bool, Fault>>>>);
        schedule.start(Box::pin(async { Ok(world.store_approval(decided).await.is_ok()) }));
        for pick in picks { drop(schedule.turn(pick)); }
        let said: Vec<_> = schedule.finish();
        prop_assert!(said.iter().all(Result::is_ok));
        let ended = stored(&world, &question).unwrap();
        prop_assert_eq!(ended.expired_at.is_some(), ended.decisions.is_empty());
    }
}
