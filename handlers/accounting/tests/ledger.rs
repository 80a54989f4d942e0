//! R4: whatever is booked, however often its event arrives, the ledger is balanced in every currency.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use accounting::{handle, posting};
use contracts::envelope::Detail;
use contracts::events::{InvoiceCredited, InvoicePaid, PaidReason};
use contracts::records::{LedgerAccount, LedgerRow};
use contracts::{Amount, Currency, State};
use ports::memory::{Memory, Schedule, sample};
use ports::{Fault, PortError};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn amount(minor: i64, currency: &str) -> Amount {
    Amount {
        minor,
        currency: Currency::parse(currency).unwrap(),
    }
}

fn paid(version: u64, paid: Amount, reason: PaidReason) -> Detail<InvoicePaid> {
    let data = InvoicePaid {
        paid,
        reason,
        payment_key: None,
    };
    sample::event(&sample::invoice(State::Paid, version), data)
}

fn credited(version: u64, credited: Amount) -> Detail<InvoiceCredited> {
    let record = sample::invoice(State::Credited, version);
    sample::event(&record, InvoiceCredited { credited })
}

fn sums(rows: &[LedgerRow]) -> BTreeMap<String, i128> {
    let mut sums = BTreeMap::new();
    for row in rows {
        *sums.entry(row.amount.currency.to_string()).or_default() += i128::from(row.amount.minor);
    }
    sums
}

fn sides(rows: &[LedgerRow]) -> Vec<(LedgerAccount, i64)> {
    rows.iter()
        .map(|row| (row.account, row.amount.minor))
        .collect()
}

#[test]
fn r4_what_was_paid_leaves_the_bank_and_is_an_expense() {
    let rows = posting(&paid(5, amount(12_050, "EUR"), PaidReason::Settled)).unwrap();
    assert_eq!(
        sides(&rows),
        [
            (LedgerAccount::Expenses, 12_050),
            (LedgerAccount::Bank, -12_050)
        ]
    );
    assert_eq!(rows[0].event_type, "InvoicePaid");
    assert_eq!([rows[0].line, rows[1].line], [1, 2]);
}

#[test]
fn r4_what_was_credited_lowers_the_expenses_and_is_owed_back() {
    let rows = posting(&credited(3, amount(7, "JPY"))).unwrap();
    assert_eq!(
        sides(&rows),
        [
            (LedgerAccount::VendorCredits, 7),
            (LedgerAccount::Expenses, -7)
        ]
    );
}

#[test]
fn r4_nothing_due_books_nothing() {
    let world = Memory::default();
    let event = paid(3, amount(0, "EUR"), PaidReason::NothingDue);
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(world.ledger(), []);
    assert_eq!(posting(&credited(3, amount(0, "EUR"))).unwrap(), []);
}

#[test]
fn r4_a_negative_amount_is_refused_and_named() {
    for minor in [-1, i64::MIN] {
        let refused = posting(&credited(3, amount(minor, "EUR"))).unwrap_err();
        assert!(matches!(refused, PortError::Corrupt { .. }));
        assert!(refused.to_string().contains("InvoiceCredited"), "{refused}");
    }
}

#[test]
fn r4_another_amount_under_the_same_event_is_an_error() {
    let world = Memory::default();
    let first = paid(5, amount(100, "EUR"), PaidReason::Settled);
    let forged = paid(5, amount(101, "EUR"), PaidReason::Settled);
    world.run(handle(&world, &first)).unwrap();
    let refused = world.run(handle(&world, &forged));
    let conflict = matches!(refused, Err(Fault::Port(PortError::Conflict { .. })));
    assert!(conflict, "{refused:?}");
    assert_eq!(world.ledger(), posting(&first).unwrap());
}

proptest! {
    #[test]
    fn r4_every_posting_sums_to_zero_in_its_currency(
        minor in prop_oneof![any::<i64>(), Just(i64::MAX), Just(i64::MIN), -2_i64..3],
        code in "(EUR|JPY|KWD|CLF|USD)",
    ) {
        let amount = amount(minor, &code);
        let postings = [
            posting(&paid(5, amount.clone(), PaidReason::Settled)),
            posting(&credited(3, amount.clone())),
        ];
        for rows in postings {
            match rows {
                Err(_) => prop_assert!(minor < 0),
                Ok(rows) if minor == 0 => prop_assert!(rows.is_empty()),
                Ok(rows) => {
                    prop_assert_eq!(rows.len(), 2);
                    prop_assert_eq!(rows[0].amount.clone(), amount.clone());
                    prop_assert_eq!(sums(&rows), BTreeMap::from([(code.clone(), 0)]));
                }
            }
        }
    }

    /// Deliveries of several events, repeated, interleaved, failing and dying.
    #[test]
    fn r4_the_ledger_is_balanced_however_events_arrive(
        happenings in proptest::collection::vec((0_u8..6, 0_usize..6), 0..60),
    ) {
        let world = Memory::default();
        let events: Vec<_> = [(4, 100, "EUR"), (5, i64::MAX, "KWD"), (6, 3, "JPY")]
            .map(|(version, minor, code)| paid(version, amount(minor, code), PaidReason::Settled))
            .into();
        let mut schedule = Schedule::default();
        for (what, pick) in happenings {
            match what {
                0 => schedule.start(handle(&world, &events[pick % events.len()])),
                1 => world.fail_next(1),
                2 => world.lose_next_answers(1),
                3 => schedule.crash(pick),
                _ => drop(schedule.turn(pick)),
            }
            prop_assert!(sums(&world.ledger()).values().all(|sum| *sum == 0));
        }
        schedule.finish();
        world.fail_next(0);
        world.lose_next_answers(0);
        for event in &events {
            world.run(handle(&world, event)).unwrap();
        }
        prop_assert_eq!(world.ledger().len(), 2 * events.len());
        let zero = BTreeMap::from(["EUR", "JPY", "KWD"].map(|code| (code.to_owned(), 0)));
        prop_assert_eq!(sums(&world.ledger()), zero);
    }
}
