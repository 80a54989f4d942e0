//! What people are asked and decide, beside the invoice, and who acts for which vendor.

use super::corrupt;
use super::transaction::{Condition, Refusal, Transaction};
use crate::world::World;
use contracts::items::{self, attributes, mapped_vendor};
use contracts::records::ApprovalRecord;
use contracts::tables::{Table, keys};
use contracts::{InvoiceId, Needs, VendorId, needs};
use ports::{Answer, ClaimVendors, Completes, PortError, ReadApprovals, WriteApprovals};

impl<H: Needs<needs::ReadInvoices>> ReadApprovals for World<H> {
    async fn approval(&self, id: InvoiceId, version: u64) -> Answer<Option<ApprovalRecord>> {
        let (partition, sort) = (keys::invoice(id), keys::approval(version));
        self.record(Table::Invoices, &partition, &sort).await
    }
}

impl<H: Needs<needs::WriteApprovals>> WriteApprovals for World<H> {
    async fn store_approval(&self, record: ApprovalRecord) -> Answer<()> {
        let request = &record.request;
        let subject = format!(
            "the approval of version {} of invoice {}",
            request.version, request.invoice_id
        );
        let mut transaction = Transaction::new(self);
        transaction.put(
            Table::Invoices,
            &items::approval(&record),
            &Condition::follows(attributes::REVISION, record.revision),
            Refusal::Stale(subject.clone()),
        )?;
        // An event's delivery is fenced by its claim; tasks and requests have none.
        transaction.claim(Completes::Nothing, &[])?;
        transaction.commit(&subject).await
    }
}

impl<H> ClaimVendors for World<H>
where
    H: Needs<needs::ClaimVendors> + Needs<needs::ReadVendors>,
{
    async fn vendor_of(&self, principal: &str) -> Answer<Option<VendorId>> {
        let partition = keys::caller(principal);
        let item = self.item(Table::Vendors, &partition, keys::MAPPING).await?;
        let vendor = item.as_ref().map(mapped_vendor).transpose();
        vendor.map_err(|error| corrupt(&error))
    }

    async fn claim_vendor(&self, principal: &str, vendor: VendorId) -> Answer<()> {
        let subject = format!("the mapping of vendor {vendor} and its caller");
        let conflict = || Refusal::Conflict(subject.clone());
        let mut transaction = Transaction::new(self);
        transaction.put(
            Table::Vendors,
            &items::caller(principal, vendor),
            &Condition::absent_or(attributes::VENDOR_ID, vendor.to_string()),
            conflict(),
        )?;
        transaction.put(
            Table::Vendors,
            &items::owner(vendor, principal),
            &Condition::absent_or(attributes::PRINCIPAL, principal),
            conflict(),
        )?;
        transaction.commit(&subject).await
    }

    async fn hold_vendor(&self, vendor: VendorId) -> Answer<()> {
        let subject = format!("the mapping of vendor {vendor} to the house");
        let mut transaction = Transaction::new(self);
        transaction.put(
            Table::Vendors,
            &items::held(vendor),
            &Condition::absent(),
            Refusal::Conflict(subject.clone()),
        )?;
        match transaction.commit(&subject).await {
            // The house's already, or a caller's: either stays.
            Err(PortError::Conflict { .. }) => Ok(()),
            committed => committed,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)] // tests
    use super::*;
    use crate::scripted::{Aws, refused, run, typed};
    use contracts::handlers::{Approval, Decision, Portal};
    use ports::memory::sample;
    use serde_json::{Value, json};

    fn approval(revision: u64) -> ApprovalRecord {
        let id = "00000000-0000-0000-0000-000000000001";
        let cause = json!({ "correlationId": id, "causationId": "x", "replayOf": null });
        let request = json!({
            "invoiceId": id, "vendorId": id, "version": 3, "waiting": "approval", "approvers": 1, "cause": cause,
        });
        ApprovalRecord {
            revision,
            ..ApprovalRecord::of(serde_json::from_value(request).unwrap())
        }
    }

    fn refusing(reasons: &'static [&'static str]) -> Aws {
        Aws::new(|_| {
            let mut error = refused("TransactionCanceledException");
            let reasons: Vec<Value> = reasons.iter().map(|code| json!({ "Code": code })).collect();
            error["CancellationReasons"] = reasons.into();
            Err(error)
        })
    }

    fn writes(aws: &Aws) -> Vec<Value> {
        let sent = aws.inputs("TransactWriteItems").remove(0);
        sent["TransactItems"].as_array().unwrap().clone()
    }

    #[test]
    fn r27_a_decision_stands_only_on_the_revision_that_it_was_made_on() {
        let aws = Aws::new(|_| Ok(json!({})));
        run(aws.world::<Decision>().store_approval(approval(4))).unwrap();
        let writes = writes(&aws);
        assert_eq!(writes.len(), 1, "a request holds no claim of an event");
        let put = &writes[0]["Put"];
        assert_eq!(put["ConditionExpression"], "#number = :before");
        assert_eq!(put["ExpressionAttributeNames"]["#number"], "revision");
        assert_eq!(put["ExpressionAttributeValues"][":before"]["N"], "3");
        assert_eq!(put["Item"]["revision"]["N"], "4");

        let late = run(refusing(&["ConditionalCheckFailed"])
            .world::<Decision>()
            .store_approval(approval(4)));
        assert!(matches!(late, Err(PortError::Stale { .. })), "{late:?}");
    }

    #[test]
    fn r12_an_approval_of_an_event_is_fenced_by_its_claim() {
        let aws = Aws::new(|_| Ok(json!({})));
        run(aws.delivery::<Approval>().store_approval(approval(1))).unwrap();
        let writes = writes(&aws);
        assert_eq!(
            writes[0]["Put"]["ConditionExpression"],
            "attribute_not_exists(#pk)"
        );
        assert_eq!(writes[1]["Update"]["TableName"], "IDEMPOTENCY_TABLE");
        let lost = refusing(&["None", "ConditionalCheckFailed"]);
        let lost = run(lost.delivery::<Approval>().store_approval(approval(1)));
        assert!(matches!(lost, Err(PortError::TakenOver { .. })), "{lost:?}");
    }

    #[test]
    fn an_approval_reads_back() {
        let aws =
            Aws::new(|_| Ok(json!({ "Item": typed(&json!(items::approval(&approval(2))))["M"] })));
        let id = approval(2).request.invoice_id;
        let read = run(aws.world::<Decision>().approval(id, 3)).unwrap();
        assert_eq!(read, Some(approval(2)));
        let sent = aws.inputs("GetItem").remove(0);
        assert_eq!(sent["Key"]["sk"]["S"], "APPROVAL#0000000003");
        assert_eq!(sent["ConsistentRead"], true);
    }

    #[test]
    fn r20_a_caller_and_a_vendor_are_mapped_to_each_other_together_and_for_good() {
        let aws = Aws::new(|_| Ok(json!({})));
        run(aws
            .world::<Portal>()
            .claim_vendor("ann", sample::vendor_id()))
        .unwrap();
        let writes = writes(&aws);
        let pk = |place: usize| writes[place]["Put"]["Item"]["pk"]["S"].clone();
        assert_eq!(pk(0), "CALLER#ann");
        assert_eq!(pk(1), format!("OWNER#{}", sample::vendor_id()));
        for write in &writes {
            let condition = &write["Put"]["ConditionExpression"];
            assert_eq!(condition, "attribute_not_exists(#pk) OR #held = :held");
        }
        let taken = refusing(&["None", "ConditionalCheckFailed"]);
        let taken = run(taken
            .world::<Portal>()
            .claim_vendor("bob", sample::vendor_id()));
        assert!(
            matches!(taken, Err(PortError::Conflict { .. })),
            "{taken:?}"
        );
    }

    #[test]
    fn r20_a_vendor_of_the_house_is_held_by_one_item_and_taken_from_nobody() {
        let vendor = sample::vendor_id();
        let aws = Aws::new(|_| Ok(json!({})));
        run(aws.world::<Portal>().hold_vendor(vendor)).unwrap();
        let writes = writes(&aws);
        assert_eq!(writes.len(), 1);
        let put = &writes[0]["Put"];
        assert_eq!(put["Item"]["pk"]["S"], format!("OWNER#{vendor}"));
        assert_eq!(put["ConditionExpression"], "attribute_not_exists(#pk)");
        let owned = refusing(&["ConditionalCheckFailed"]);
        run(owned.world::<Portal>().hold_vendor(vendor)).unwrap();
        let failed = refusing(&["ValidationError"]);
        let failed = run(failed.world::<Portal>().hold_vendor(vendor));
        assert!(
            matches!(failed, Err(PortError::Unavailable { .. })),
            "{failed:?}"
        );
    }

    #[test]
    fn r20_a_callers_vendor_is_read_and_a_stranger_has_none() {
        let mapping = items::caller("ann", sample::vendor_id());
        let aws = Aws::new(move |call| {
            let known = call.input["Key"]["pk"]["S"] == "CALLER#ann";
            Ok(if known {
                json!({ "Item": typed(&json!(mapping))["M"] })
            } else {
                json!({})
            })
        });
        let world = aws.world::<Portal>();
        assert_eq!(
            run(world.vendor_of("ann")).unwrap(),
            Some(sample::vendor_id())
        );
        assert_eq!(run(world.vendor_of("bob")).unwrap(), None);
    }
}
