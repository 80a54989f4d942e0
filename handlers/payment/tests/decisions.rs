//! The payment decision, branch by branch, over a world in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use contracts::State;
use contracts::envelope::Detail;
use contracts::events::{ApprovalKind, InvoiceApproved, PaymentFailure};
use contracts::records::{InvoiceRecord, PaymentRecord, PaymentStatus};
use payment::handle;
use ports::memory::{Behaviour, Memory, Schedule, sample};
use ports::{Fault, PortError, ProviderAnswer, ReadInvoices};

fn approved(record: &InvoiceRecord) -> Detail<InvoiceApproved> {
    let data = InvoiceApproved {
        payable: sample::euro(12_000),
        approval: ApprovalKind::Automatic,
    };
    sample::event(record, data)
}

/// A world with one vendor and one approved invoice, and the event that says so.
fn world() -> (Memory, InvoiceRecord, Detail<InvoiceApproved>) {
    let world = Memory::default();
    let record = sample::invoice(State::Approved, 3);
    world.seed_vendor(sample::profile());
    world.seed_invoice(record.clone());
    let event = approved(&record);
    (world, record, event)
}

fn state(world: &Memory, record: &InvoiceRecord) -> State {
    let stored = world.run(world.invoice(record.invoice_id)).unwrap();
    stored.unwrap().state
}

fn stored_payment(world: &Memory, record: &InvoiceRecord) -> PaymentRecord {
    let stored = world.run(world.payment(record.invoice_id, PaymentRecord::INSTALMENT));
    stored.unwrap().unwrap()
}

fn published(world: &Memory) -> Vec<&'static str> {
    world.outbox().iter().map(|draft| draft.spec.name).collect()
}

#[test]
fn r4_an_approved_invoice_is_claimed_and_paid() {
    let (world, record, event) = world();
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(state(&world, &record), State::Paid);
    let steps: Vec<_> = world
        .invoice_history(record.invoice_id)
        .iter()
        .map(|row| (row.version, row.from, row.to))
        .collect();
    let (approved, paying) = (Some(State::Approved), Some(State::Paying));
    assert_eq!(
        steps,
        [(4, approved, paying), (5, paying, Some(State::Paid))]
    );
    assert_eq!(published(&world), ["InvoicePaid"]);
    let paid = &world.outbox()[0].detail["data"];
    assert_eq!(paid["reason"], "settled");
    assert_eq!(paid["paymentKey"], format!("{}-1", record.invoice_id));
    assert_eq!(world.settlements(), 1);
    // Only the last commit ends the event's work.
    assert_eq!(
        world.completed_claims(),
        [event.metadata.event_id.to_string()]
    );
}

#[test]
fn r12_the_same_event_twice_pays_once() {
    let (world, _, event) = world();
    world.run(handle(&world, &event)).unwrap();
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(world.orders()[0].submissions, 1);
    assert_eq!(published(&world), ["InvoicePaid"]);
}

#[test]
fn r12_crash_between_claim_and_effect_pays_once() {
    let (world, record, event) = world();
    let mut schedule = Schedule::default();
    schedule.start(handle(&world, &event));
    while state(&world, &record) != State::Paying {
        assert!(schedule.turn(0).is_none());
    }
    schedule.crash(0);
    assert!(world.orders().is_empty());
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(state(&world, &record), State::Paid);
    assert_eq!(world.settlements(), 1);
}

#[test]
fn r12_crash_between_effect_and_record_pays_once() {
    let (world, record, event) = world();
    let mut schedule = Schedule::default();
    schedule.start(handle(&world, &event));
    while world.orders().is_empty() {
        assert!(schedule.turn(0).is_none());
    }
    schedule.crash(0);
    assert_eq!(state(&world, &record), State::Paying);
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(state(&world, &record), State::Paid);
    assert_eq!(world.orders()[0].submissions, 1, "asked, not resent");
}

#[test]
fn r12_a_lost_answer_of_the_claim_pays_once() {
    let (world, record, event) = world();
    world.lose_next_answers(1);
    assert!(world.run(handle(&world, &event)).is_err());
    assert_eq!(state(&world, &record), State::Paying);
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(world.settlements(), 1);
}

#[test]
fn r12_second_claim_with_other_values_is_an_error() {
    let (world, record, event) = world();
    world.run(handle(&world, &event)).unwrap();
    // The same invoice approved again, and another account in the profile: the payment's record stands against it.
    world.seed_invoice(InvoiceRecord {
        version: 7,
        approved_account: Some("DE89370400440532013000".into()),
        ..record.clone()
    });
    let mut profile = sample::profile();
    profile.registration.account = Some("DE89370400440532013000".into());
    world.seed_vendor(profile);
    let fault = world.run(handle(&world, &event)).unwrap_err();
    assert!(
        matches!(fault, Fault::Port(PortError::Conflict { .. })),
        "{fault}"
    );
    assert_eq!(world.settlements(), 1);
    assert_eq!(
        stored_payment(&world, &record).payee_account,
        sample::ACCOUNT
    );
}

#[test]
fn r26_the_profile_is_paid_whatever_the_invoice_says() {
    let (world, mut record, event) = world();
    if let Some(summary) = &mut record.summary {
        summary.payee_accounts = vec!["DE89370400440532013000".into()];
    }
    world.seed_invoice(record);
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(world.orders()[0].order.payee_account, sample::ACCOUNT);
}

#[test]
fn r26_an_account_changed_after_the_claim_does_not_move_the_payment() {
    let (world, _, event) = world();
    world.script_provider([Behaviour::LoseOrder]);
    world.run(handle(&world, &event)).unwrap();
    let mut profile = sample::profile();
    profile.registration.account = Some("DE89370400440532013000".into());
    world.seed_vendor(profile);
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(world.orders()[0].order.payee_account, sample::ACCOUNT);
}

#[test]
fn r26_without_an_answer_the_payment_is_unknown_and_asked_for() {
    let (world, record, event) = world();
    world.script_provider([Behaviour::SettleSilently]);
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(state(&world, &record), State::PaymentUnknown);
    assert_eq!(
        stored_payment(&world, &record).status,
        PaymentStatus::Unknown
    );
    assert!(published(&world).is_empty());
    assert!(
        world.completed_claims().is_empty(),
        "it ends without an outcome: the runtime completes it"
    );

    world.silence_queries(1);
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(state(&world, &record), State::PaymentUnknown);

    world.run(handle(&world, &event)).unwrap();
    assert_eq!(state(&world, &record), State::Paid);
    assert_eq!(world.orders()[0].submissions, 1, "never resent");
}

#[test]
fn r26_a_silent_decline_is_found_out_by_asking() {
    let (world, record, event) = world();
    world.script_provider([Behaviour::DeclineSilently]);
    world.run(handle(&world, &event)).unwrap();
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(state(&world, &record), State::PaymentFailed);
    assert_eq!(world.orders()[0].submissions, 1);
}

#[test]
fn r26_an_order_that_never_arrived_is_sent_again_under_its_key_and_attempt() {
    let (world, record, event) = world();
    world.script_provider([Behaviour::LoseOrder]);
    world.run(handle(&world, &event)).unwrap();
    assert!(world.orders().is_empty());
    world.run(handle(&world, &event)).unwrap();
    let order = &world.orders()[0].order;
    assert_eq!(order.key, PaymentRecord::key_of(record.invoice_id, 1));
    assert_eq!((order.attempt, world.settlements()), (1, 1));
}

#[test]
fn a_declined_payment_fails_with_its_key_and_attempt() {
    let (world, record, event) = world();
    world.script_provider([Behaviour::Decline]);
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(state(&world, &record), State::PaymentFailed);
    let failed = &world.outbox()[0].detail["data"];
    assert_eq!(
        (&failed["reason"], &failed["attempt"]),
        (&"declined".into(), &1.into())
    );
    assert_eq!(
        stored_payment(&world, &record).status,
        PaymentStatus::Declined
    );
    // The old event does not try again: that takes a decision of its own.
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(world.orders().len(), 1);
}

#[test]
fn without_an_account_the_payment_fails_unclaimed() {
    for account in [None, Some("  ".to_owned())] {
        let (world, mut record, event) = world();
        record.approved_account = None;
        world.seed_invoice(record.clone());
        let mut profile = sample::profile();
        profile.registration.account = account;
        world.seed_vendor(profile);
        world.run(handle(&world, &event)).unwrap();
        assert_eq!(state(&world, &record), State::PaymentFailed);
        let reason = serde_json::to_value(PaymentFailure::NoAccount).unwrap();
        assert_eq!(world.outbox()[0].detail["data"]["reason"], reason);
        assert!(world.orders().is_empty());
    }
}

#[test]
fn r26_only_the_account_that_was_approved_is_paid_and_only_to_an_onboarded_vendor() {
    let pinned = Some(sample::ACCOUNT);
    for (approved, account, onboarded, paid) in [
        (pinned, Some("nl91 abna 0417-1643 00"), true, true),
        (pinned, Some("DE89370400440532013000"), true, false),
        (pinned, Some(" "), true, false),
        (pinned, None, true, false),
        (pinned, pinned, false, false),
        (None, pinned, true, false),
    ] {
        let (world, mut record, event) = world();
        record.approved_account = approved.map(str::to_owned);
        world.seed_invoice(record.clone());
        let mut profile = sample::profile();
        profile.registration.account = account.map(str::to_owned);
        profile.onboarded = onboarded;
        world.seed_vendor(profile);
        world.run(handle(&world, &event)).unwrap();
        assert_eq!(world.orders().len(), usize::from(paid));
        if !paid {
            assert_eq!(state(&world, &record), State::Disputed);
            assert_eq!(published(&world), ["InvoiceDisputed"]);
            let reason = &world.outbox()[0].detail["data"]["reason"];
            assert_eq!(reason, "account-differs");
        }
    }
}

#[test]
fn an_event_that_comes_too_early_is_premature() {
    let (world, record, _) = world();
    let ahead = InvoiceRecord {
        version: 9,
        ..record.clone()
    };
    let fault = world.run(handle(&world, &approved(&ahead))).unwrap_err();
    assert!(matches!(fault, Fault::Premature { .. }), "{fault}");
    let nowhere = Memory::default();
    let fault = nowhere
        .run(handle(&nowhere, &approved(&record)))
        .unwrap_err();
    assert!(matches!(fault, Fault::Premature { .. }), "{fault}");
}

#[test]
fn an_old_event_does_nothing_in_any_other_state() {
    for old in State::ALL {
        if matches!(old, State::Approved | State::Paying | State::PaymentUnknown) {
            continue;
        }
        let (world, _, event) = world();
        world.seed_invoice(sample::invoice(old, 5));
        world.run(handle(&world, &event)).unwrap();
        assert!(
            world.orders().is_empty() && world.outbox().is_empty(),
            "{old}"
        );
    }
}

#[test]
fn what_contradicts_itself_is_an_error_and_pays_nothing() {
    let unclaimed = sample::invoice(State::Paying, 4);
    let mut unsummarised = sample::invoice(State::Approved, 4);
    unsummarised.summary = None;
    let mut nothing_due = sample::invoice(State::Approved, 4);
    if let Some(summary) = &mut nothing_due.summary {
        summary.payable = sample::euro(0);
    }
    for odd in [unclaimed, unsummarised, nothing_due] {
        let (world, _, event) = world();
        world.seed_invoice(odd);
        let fault = world.run(handle(&world, &event)).unwrap_err();
        assert!(
            matches!(fault, Fault::Port(PortError::Corrupt { .. })),
            "{fault}"
        );
        assert!(world.orders().is_empty());
    }
}

#[test]
fn an_answer_that_makes_no_sense_is_no_decline() {
    let record = sample::invoice(State::Paying, 4);
    let occasion = ports::Occasion {
        cause: sample::cause(),
        origin: sample::origin(),
    };
    let (world, ..) = world();
    let (_, approved, event) = self::world();
    world.run(handle(&world, &event)).unwrap();
    let claimed = stored_payment(&world, &approved);
    let outcome = payment::settle(&record, claimed, ProviderAnswer::NotFound, &occasion);
    assert!(matches!(outcome, Ok(payment::Outcome::NowUnknown(_))));
}

/// What a person's approval of a failed payment makes: the invoice is approved once more, and says so.
fn approved_again(
    world: &Memory,
    record: &InvoiceRecord,
    account: Option<&str>,
) -> Detail<InvoiceApproved> {
    let failed = world
        .run(world.invoice(record.invoice_id))
        .unwrap()
        .unwrap();
    assert_eq!(failed.state, State::PaymentFailed);
    let again = InvoiceRecord {
        version: failed.version + 1,
        state: State::Approved,
        approved_account: account.map(str::to_owned),
        ..failed
    };
    world.seed_invoice(again.clone());
    approved(&again)
}

#[test]
fn r12_after_a_decline_a_further_attempt_keeps_key_amount_and_payee() {
    let (world, record, first) = world();
    world.script_provider([Behaviour::Decline, Behaviour::Decline]);
    world.run(handle(&world, &first)).unwrap();
    // The account as it was approved, in another spelling: the payee stays what was claimed first.
    let second = approved_again(&world, &record, Some("nl91 abna 0417 1643 00"));
    world.run(handle(&world, &second)).unwrap();
    let failed = &world.outbox()[1].detail["data"];
    assert_eq!(
        (&failed["reason"], &failed["attempt"]),
        (&"declined".into(), &2.into())
    );
    let third = approved_again(&world, &record, Some(sample::ACCOUNT));
    for _ in ["once", "again"] {
        world.run(handle(&world, &third)).unwrap();
    }
    assert_eq!(state(&world, &record), State::Paid);
    let orders: Vec<_> = world
        .orders()
        .into_iter()
        .map(|order| order.order)
        .collect();
    assert_eq!(
        orders.iter().map(|order| order.attempt).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    for order in &orders {
        let key = PaymentRecord::key_of(record.invoice_id, PaymentRecord::INSTALMENT);
        assert_eq!((&order.key, &order.amount), (&key, &orders[0].amount));
        assert_eq!(order.payee_account, sample::ACCOUNT);
    }
    assert_eq!(world.settlements(), 1);
    // The approvals of the attempts before do nothing any more.
    for old in [&first, &second] {
        world.run(handle(&world, old)).unwrap();
    }
    assert_eq!((world.orders().len(), world.unlicensed_orders()), (3, 0));
}

#[test]
fn r26_a_further_attempt_to_another_account_is_disputed() {
    let other = "DE89370400440532013000";
    let (world, record, event) = world();
    world.script_provider([Behaviour::Decline]);
    world.run(handle(&world, &event)).unwrap();
    let mut profile = sample::profile();
    profile.registration.account = Some(other.into());
    world.seed_vendor(profile);
    // The vendor's account changed since, and people approved the new one: this payment has another payee for good.
    let again = approved_again(&world, &record, Some(other));
    world.run(handle(&world, &again)).unwrap();
    assert_eq!(state(&world, &record), State::Disputed);
    assert_eq!(published(&world), ["PaymentFailed", "InvoiceDisputed"]);
    assert_eq!((world.orders().len(), world.settlements()), (1, 0));
}

#[test]
fn a_payment_that_failed_without_an_account_is_claimed_first_once_there_is_one() {
    let (world, mut record, _) = world();
    record.approved_account = None;
    world.seed_invoice(record.clone());
    let mut profile = sample::profile();
    profile.registration.account = None;
    world.seed_vendor(profile);
    world.run(handle(&world, &approved(&record))).unwrap();
    assert_eq!(state(&world, &record), State::PaymentFailed);
    world.seed_vendor(sample::profile());
    let again = approved_again(&world, &record, Some(sample::ACCOUNT));
    world.run(handle(&world, &again)).unwrap();
    assert_eq!(state(&world, &record), State::Paid);
    assert_eq!(stored_payment(&world, &record).attempt, 1);
}
