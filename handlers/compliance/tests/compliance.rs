//! Compliance, branch by branch, pure and over a world in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use compliance::{Verdict, handle, verdict};
use contracts::envelope::Detail;
use contracts::events::{InvoiceValidated, RejectionReason};
use contracts::policy::{Policy, VendorChecks};
use contracts::records::{InvoiceRecord, InvoiceSummary, PaymentMeans, VendorProfile};
use contracts::{Amount, Currency, State};
use ports::memory::{Memory, Schedule, sample};
use ports::{Fault, PortError, ReadInvoices};
use proptest::prelude::*;

/// Dutch and Belgian vendors, up to 120.00 EUR without people.
fn policy() -> Policy {
    Policy {
        vendor_checks: VendorChecks::Enforce,
        automatic_limit_minor: [(Currency::parse("EUR").unwrap(), 12_000)].into(),
        countries: ["NL".to_owned(), "BE".to_owned()].into(),
        ..Policy::strictest()
    }
}

fn summary() -> InvoiceSummary {
    sample::invoice(State::Validated, 2).summary.unwrap()
}

fn payable(minor: i64) -> InvoiceSummary {
    InvoiceSummary {
        payable: sample::euro(minor),
        ..summary()
    }
}

fn judge(summary: &InvoiceSummary) -> Verdict {
    verdict("380", summary, Some(&sample::profile()), &policy())
}

fn world_of(record: &InvoiceRecord) -> (Memory, Detail<InvoiceValidated>) {
    let world = Memory::new(policy());
    world.seed_invoice(record.clone());
    let data = InvoiceValidated {
        payable: sample::euro(12_000),
        document_type: "380".into(),
    };
    (world, sample::event(record, data))
}

#[test]
fn r3_an_unknown_vendor_is_rejected() {
    let unknown = Verdict::Reject(RejectionReason::UnknownVendor);
    assert_eq!(verdict("380", &summary(), None, &policy()), unknown);
    // Not even booked: nobody is known to book it for.
    assert_eq!(verdict("380", &payable(-1), None, &policy()), unknown);
}

#[test]
fn r1_a_vendor_that_is_not_onboarded_is_rejected() {
    let vendor = VendorProfile {
        onboarded: false,
        ..sample::profile()
    };
    assert_eq!(
        verdict("380", &summary(), Some(&vendor), &policy()),
        Verdict::Reject(RejectionReason::VendorNotOnboarded)
    );
}

#[test]
fn credit_notes_and_negative_totals_are_credited_with_a_positive_amount() {
    let credited = Verdict::Credit(sample::euro(500));
    assert_eq!(judge(&payable(-500)), credited);
    let mut note = payable(500);
    note.credit_note = true;
    assert_eq!(judge(&note), credited);
    // Neither another account nor another country stops a booking.
    note.payee_accounts = vec!["other".into()];
    note.seller_country = Some("FR".into());
    assert_eq!(judge(&note), credited);
}

#[test]
fn r4_a_credit_note_with_a_negative_total_is_rejected_and_books_nothing() {
    let mut record = sample::invoice(State::Validated, 2);
    let summary = record.summary.as_mut().unwrap();
    (summary.credit_note, summary.payable) = (true, sample::euro(-500));
    let (world, event) = world_of(&record);
    world.seed_vendor(sample::profile());
    world.run(handle(&world, &event)).unwrap();
    let after = world.run(world.invoice(record.invoice_id));
    let after = after.unwrap().unwrap();
    assert_eq!(after.state, State::Rejected);
    assert_eq!(after.rejection, Some(RejectionReason::NegativeCreditNote));
    let outbox = world.outbox();
    assert_eq!(outbox.len(), 1);
    assert_eq!(outbox[0].detail["data"]["reason"], "negative-credit-note");
}

#[test]
fn nothing_due_is_paid_whatever_the_account() {
    let mut nothing = payable(0);
    nothing.payee_accounts = vec!["other".into()];
    assert_eq!(judge(&nothing), Verdict::NothingDue);
}

#[test]
fn a_country_off_the_list_is_rejected_wherever_it_is_named() {
    let rejected = Verdict::Reject(RejectionReason::CountryNotAllowed);
    let mut document = summary();
    document.seller_country = Some("FR".into());
    assert_eq!(judge(&document), rejected);
    let mut vendor = sample::profile();
    vendor.registration.country = "FR".into();
    assert_eq!(
        verdict("380", &summary(), Some(&vendor), &policy()),
        rejected
    );
    document.seller_country = None;
    assert_eq!(judge(&document), Verdict::Approve);
    let open = Policy {
        countries: [].into(),
        ..policy()
    };
    assert_eq!(
        verdict("380", &summary(), Some(&vendor), &open),
        Verdict::Approve
    );
}

#[test]
fn r26_another_account_than_the_profiles_is_disputed() {
    let mut document = summary();
    document.payee_accounts = vec!["DE89370400440532013000".into()];
    assert_eq!(judge(&document), Verdict::Dispute);
    document.payee_accounts = vec!["nl91 abna 0417-1643 00".into()];
    assert_eq!(
        judge(&document),
        Verdict::Approve,
        "the same, written otherwise"
    );
    for unnamed in [vec![], vec![" ".to_owned()]] {
        document.payee_accounts = unnamed;
        assert_eq!(judge(&document), Verdict::Approve);
    }
    let mut vendor = sample::profile();
    vendor.registration.account = None;
    assert_eq!(
        verdict("380", &summary(), Some(&vendor), &policy()),
        Verdict::Dispute
    );
}

#[test]
fn r26_of_several_accounts_one_must_be_the_profiles() {
    let mut document = summary();
    document.payee_accounts = vec!["DE89370400440532013000".into(), sample::ACCOUNT.into()];
    assert_eq!(judge(&document), Verdict::Approve);
    document.payee_accounts = vec!["DE89370400440532013000".into(), "other".into()];
    assert_eq!(judge(&document), Verdict::Dispute);
}

#[test]
fn r5_what_a_transfer_would_pay_twice_is_put_before_people() {
    for means in [PaymentMeans::DirectDebit, PaymentMeans::Card] {
        let document = InvoiceSummary {
            payment_means: means,
            payee_accounts: vec![],
            ..summary()
        };
        assert_eq!(judge(&document), Verdict::AskPeople);
    }
    let corrected = verdict("384", &summary(), Some(&sample::profile()), &policy());
    assert_eq!(corrected, Verdict::AskPeople);
}

#[test]
fn r5_the_limit_decides_who_approves() {
    assert_eq!(judge(&payable(12_000)), Verdict::Approve);
    assert_eq!(judge(&payable(12_001)), Verdict::AskPeople);
    let mut foreign = payable(1);
    foreign.payable.currency = Currency::parse("SEK").unwrap();
    assert_eq!(
        judge(&foreign),
        Verdict::AskPeople,
        "no limit, no automatism"
    );
}

#[test]
fn each_verdict_moves_the_invoice_and_is_announced() {
    let approved = sample::invoice(State::Validated, 2);
    let with = |change: fn(&mut InvoiceSummary)| {
        let mut record = approved.clone();
        change(record.summary.as_mut().unwrap());
        record
    };
    let cases = [
        (approved.clone(), State::Approved, "InvoiceApproved"),
        (
            with(|s| s.payable.minor = 99_999),
            State::AwaitingApproval,
            "InvoiceApprovalRequested",
        ),
        (
            with(|s| s.payable.minor = -5),
            State::Credited,
            "InvoiceCredited",
        ),
        (with(|s| s.payable.minor = 0), State::Paid, "InvoicePaid"),
        (
            with(|s| s.payee_accounts = vec!["1".into()]),
            State::Disputed,
            "InvoiceDisputed",
        ),
        (
            with(|s| s.seller_country = Some("FR".into())),
            State::Rejected,
            "InvoiceRejected",
        ),
    ];
    for (record, state, announced) in cases {
        let (world, event) = world_of(&record);
        world.seed_vendor(sample::profile());
        world.run(handle(&world, &event)).unwrap();
        world.run(handle(&world, &event)).unwrap();
        let stored = world
            .run(world.invoice(record.invoice_id))
            .unwrap()
            .unwrap();
        assert_eq!((stored.version, stored.state), (3, state));
        assert_eq!(stored.rejection.is_some(), state == State::Rejected);
        let pinned = (state == State::Approved).then(|| sample::ACCOUNT.to_owned());
        assert_eq!(stored.approved_account, pinned, "r26");
        let outbox = world.outbox();
        assert_eq!(outbox.len(), 1, "once, though the event came twice");
        assert_eq!(outbox[0].spec.name, announced);
    }
}

#[test]
fn r3_an_unknown_vendors_invoice_ends_rejected_with_its_reason() {
    let record = sample::invoice(State::Validated, 2);
    let (world, event) = world_of(&record);
    world.run(handle(&world, &event)).unwrap();
    let stored = world
        .run(world.invoice(record.invoice_id))
        .unwrap()
        .unwrap();
    assert_eq!(stored.rejection, Some(RejectionReason::UnknownVendor));
    assert_eq!(world.outbox()[0].detail["data"]["reason"], "unknown-vendor");
}

#[test]
fn early_events_come_again_old_ones_do_nothing_and_odd_records_are_errors() {
    let validated = sample::invoice(State::Validated, 2);
    let (world, event) = world_of(&validated);
    world.seed_vendor(sample::profile());
    world.seed_invoice(sample::invoice(State::Submitted, 1));
    let early = world.run(handle(&world, &event)).unwrap_err();
    assert!(matches!(early, Fault::Premature { .. }), "{early}");
    world.seed_invoice(sample::invoice(State::Paid, 6));
    world.run(handle(&world, &event)).unwrap();
    world.seed_invoice(InvoiceRecord {
        summary: None,
        ..validated
    });
    let odd = world.run(handle(&world, &event)).unwrap_err();
    assert!(
        matches!(odd, Fault::Port(PortError::Corrupt { .. })),
        "{odd}"
    );
    assert!(world.outbox().is_empty());
}

proptest! {
    #[test]
    fn money_leaves_only_for_a_positive_total_of_an_onboarded_vendor(
        minor in prop_oneof![any::<i64>(), -2i64..3, 11_998i64..12_003],
        credit_note: bool, onboarded: bool, known: bool, account: bool,
    ) {
        let summary = InvoiceSummary {
            payable: Amount { minor, ..sample::euro(0) },
            credit_note,
            payee_accounts: account.then(|| "other".to_owned()).into_iter().collect(),
            ..summary()
        };
        let vendor = known.then(|| VendorProfile { onboarded, ..sample::profile() });
        let verdict = verdict("380", &summary, vendor.as_ref(), &policy());
        if verdict == Verdict::Approve {
            prop_assert!(known && onboarded && !credit_note && !account && (1..=12_000).contains(&minor));
        }
        if let Verdict::Credit(credited) = &verdict {
            prop_assert!(credited.minor >= 0);
        }
        // A credit is what the vendor owes: what a credit note gives, or what an invoice's negative total does; never the reverse.
        let negative_note = Verdict::Reject(RejectionReason::NegativeCreditNote);
        if known && onboarded && minor != 0 {
            prop_assert_eq!(matches!(verdict, Verdict::Credit(_)), credit_note != (minor < 0));
            prop_assert_eq!(verdict == negative_note, credit_note && minor < 0);
        }
    }

    /// Two deliveries in any interleaving make one decision.
    #[test]
    fn r12_interleaved_deliveries_decide_once(picks in proptest::collection::vec(0usize..2, 0..20)) {
        let record = sample::invoice(State::Validated, 2);
        let (world, event) = world_of(&record);
        world.seed_vendor(sample::profile());
        let mut schedule = Schedule::default();
        schedule.start(handle(&world, &event));
        schedule.start(handle(&world, &event));
        for pick in picks { drop(schedule.turn(pick)); }
        schedule.finish();
        prop_assert_eq!(world.outbox().len(), 1);
        prop_assert_eq!(world.invoice_history(record.invoice_id).len(), 1);
    }
}
