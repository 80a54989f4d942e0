//! What is written is what is read.

#![allow(clippy::unwrap_used)] // tests
use super::*;
use crate::ids::{CorrelationId, SellerIdentity, Sha256Hex};
use crate::{
    State, VendorId,
    envelope::Cause,
    events::{DocumentFormat, DocumentRef},
};
use proptest::prelude::*;

fn invoice(state: State) -> InvoiceRecord {
    let content = Sha256Hex::of(b"x");
    let key = InvoiceKey {
        vendor_id: VendorId::of(&SellerIdentity::Vat("DE1".into())),
        document_type: "380".into(),
        number: "1".into(),
        issue_year: 2026,
    };
    InvoiceRecord {
        invoice_id: key.invoice_id(&content),
        key,
        version: 3,
        state,
        document: DocumentRef {
            key: "k".into(),
            version: None,
            sha256: content,
            bytes: 1,
            format: DocumentFormat::Ubl,
        },
        submitted_by: "someone".into(),
        summary: None,
        approved_account: None,
        rejection: None,
        violations: Vec::new(),
    }
}

#[test]
fn what_is_written_is_what_is_read() {
    for state in State::ALL {
        let record = invoice(state);
        let item = invoice_head(&record, OffsetDateTime::UNIX_EPOCH);
        assert_eq!(
            read_invoice_item(&item).unwrap(),
            InvoiceItem::Head(Box::new(record.clone()))
        );
        assert_eq!(
            item.contains_key(RESTING.partition_key),
            !state.is_terminal()
        );
        let unique = unique(&record.key, record.invoice_id);
        assert_eq!(holder(&unique).unwrap(), record.invoice_id);
    }
}

#[test]
fn r25_an_event_is_listed_as_unpublished_until_it_is_marked() {
    let record = OutboxRecord {
        event_id: EventId::of("InvoicePaid", "a", 5),
        event_type: "InvoicePaid".into(),
        source: "invoicing.payment".into(),
        version: 5,
        detail: "{}".into(),
        trace: None,
        at: OffsetDateTime::UNIX_EPOCH,
    };
    let mut item = outbox("INVOICE#a", &record);
    assert!(item.contains_key(UNPUBLISHED.partition_key));
    assert!(item.contains_key(UNPUBLISHED.sort_key));
    item.insert(
        attributes::PUBLISHED_AT.into(),
        timestamp(OffsetDateTime::UNIX_EPOCH).into(),
    );
    assert_eq!(
        read_invoice_item(&item).unwrap(),
        InvoiceItem::Event(record, Some(OffsetDateTime::UNIX_EPOCH))
    );
}

#[test]
fn items_of_a_newer_program_are_tolerated_and_broken_ones_are_not() {
    let mut item = invoice_head(&invoice(State::Paid), OffsetDateTime::UNIX_EPOCH);
    item.remove(attributes::RECORD);
    let error = read_invoice_item(&item).unwrap_err().to_string();
    assert!(error.contains("holds no invoice record"), "{error}");
    item.insert(attributes::KIND.into(), "of tomorrow".into());
    assert!(matches!(
        read_invoice_item(&item).unwrap(),
        InvoiceItem::Unknown { .. }
    ));
}

#[test]
fn history_reads_back() {
    let record = HistoryRecord {
        version: 1,
        from: None,
        to: Some(State::Submitted),
        actor: "invoice-intake".into(),
        cause: Cause {
            correlation_id: CorrelationId::of_request("a", "b"),
            causation_id: "c".into(),
            replay_of: None,
        },
        announces: Vec::new(),
        at: OffsetDateTime::UNIX_EPOCH,
    };
    let item = history("INVOICE#a", &record);
    assert_eq!(
        read_invoice_item(&item).unwrap(),
        InvoiceItem::History(record)
    );
}

proptest! {
    #[test]
    fn text_order_of_timestamps_is_time_order(a in 0_i64..4_000_000_000, b in 0_i64..4_000_000_000, x in 0_i64..1_000_000_000, y in 0_i64..1_000_000_000) {
        let at = |s: i64, n: i64| OffsetDateTime::from_unix_timestamp(s).unwrap() + time::Duration::nanoseconds(n);
        prop_assert_eq!(at(a, x).cmp(&at(b, y)), timestamp(at(a, x)).cmp(&timestamp(at(b, y))));
    }
}

#[test]
fn r27_an_approval_reads_back_beside_its_invoice() {
    let request = serde_json::json!({
        "invoiceId": invoice(State::AwaitingApproval).invoice_id, "vendorId": invoice(State::Paid).key.vendor_id,
        "version": 3, "waiting": "approval", "approvers": 2,
        "cause": { "correlationId": CorrelationId::of_request("a", "b"), "causationId": "c", "replayOf": null },
    });
    let mut record = ApprovalRecord::of(serde_json::from_value(request).unwrap());
    record.revision = 4;
    let item = approval(&record);
    assert_eq!(item[attributes::SK], "APPROVAL#0000000003");
    assert_eq!(item[attributes::REVISION], 4);
    assert_eq!(
        read_invoice_item(&item).unwrap(),
        InvoiceItem::Approval(Box::new(record))
    );
}

#[test]
fn r20_a_mapping_reads_back_from_both_sides() {
    let vendor = invoice(State::Paid).key.vendor_id;
    let (caller, owner) = (caller("ann", vendor), owner(vendor, "ann"));
    assert_eq!(mapped_vendor(&caller).unwrap(), vendor);
    assert_eq!(mapped_principal(&owner).unwrap(), "ann");
    assert_ne!(caller[attributes::PK], owner[attributes::PK]);
    assert!(mapped_vendor(&owner).is_err());
}
