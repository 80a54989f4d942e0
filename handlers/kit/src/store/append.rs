//! Rows that are only ever appended: the ledger and the audit trail. Every put is one of an item that is not there yet, so
//! nothing that is there can be changed by what this program writes (R14).

use super::outbox::names;
use super::read::Search;
use super::transaction::{Condition, Refusal, Transaction};
use super::{corrupt, text, to_attributes, unavailable};
use crate::world::World;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use contracts::items::{self, Item, attributes, record};
use contracts::records::{AuditRow, EventRow, LedgerRow};
use contracts::tables::{Table, keys};
use contracts::{EventId, Handler, Needs, needs};
use ports::{Answer, AppendAudit, AppendLedger, Completes, PortError};
use serde::de::DeserializeOwned;

impl<H: Needs<needs::AppendLedger>> AppendLedger for World<H> {
    async fn book(&self, rows: Vec<LedgerRow>) -> Answer<()> {
        let Some(first) = rows.first() else {
            return Ok(());
        };
        let subject = format!("the posting of event {}", first.event_id);
        let mut transaction = Transaction::new(self);
        for row in &rows {
            transaction.put(
                Table::Ledger,
                &items::ledger_row(row),
                &Condition::absent(),
                Refusal::Conflict(subject.clone()),
            )?;
        }
        transaction.claim(Completes::Claim, &[])?;
        match transaction.commit(&subject).await {
            Ok(()) => {
                self.committed(Completes::Claim, Vec::new());
                Ok(())
            }
            // Booked before, by a delivery whose claim is forgotten by now: the same posting is no error.
            Err(PortError::Conflict { subject }) if !same(self.posting(first).await?, &rows) => {
                Err(PortError::Conflict { subject })
            }
            Err(PortError::Conflict { .. }) => Ok(()),
            Err(other) => Err(other),
        }
    }
}

/// Whether two postings have the same rows, in whatever order.
fn same(mut stored: Vec<LedgerRow>, wanted: &[LedgerRow]) -> bool {
    let mut wanted = wanted.to_vec();
    stored.sort_by_key(|row| row.line);
    wanted.sort_by_key(|row| row.line);
    stored == wanted
}

impl<H: Handler> World<H> {
    /// The rows that are there of a row's posting.
    async fn posting(&self, of: &LedgerRow) -> Answer<Vec<LedgerRow>> {
        let rows = Search::of(Table::Ledger, "#pk = :pk AND begins_with(#sk, :posting)")
            .name("#pk", attributes::PK)
            .name("#sk", attributes::SK)
            .value(":pk", text(keys::invoice(of.invoice_id)))
            .value(":posting", text(keys::posting(of.event_id)))
            .run(self)
            .await?;
        let rows = rows.iter().map(record);
        rows.collect::<Result<_, _>>()
            .map_err(|error| corrupt(&error))
    }

    /// A row of the audit trail. By a query, never a get: the role has no other way to read (R14).
    async fn audited<T: DeserializeOwned>(
        &self,
        aggregate: &str,
        sort_key: String,
    ) -> Answer<Option<T>> {
        let found = Search::of(Table::Audit, "#pk = :pk AND #sk = :sk")
            .name("#pk", attributes::PK)
            .name("#sk", attributes::SK)
            .value(":pk", text(aggregate))
            .value(":sk", text(sort_key))
            .run(self)
            .await?;
        let row = found.first().map(record).transpose();
        row.map_err(|error| corrupt(&error))
    }

    /// Puts an item of the audit trail, once.
    async fn append(&self, item: &Item, subject: String) -> Answer<()> {
        let put = self
            .shared
            .dynamo
            .put_item()
            .table_name(self.shared.settings.table(Table::Audit))
            .set_item(Some(to_attributes(item)?))
            .condition_expression("attribute_not_exists(#pk)")
            .set_expression_attribute_names(Some(names([("#pk", attributes::PK)])))
            .send()
            .await;
        match put {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => {
                    Err(PortError::Conflict { subject })
                }
                _ => Err(unavailable("appending", subject, &error)),
            },
        }
    }
}

impl<H: Needs<needs::AppendAudit>> AppendAudit for World<H> {
    async fn audit_row(&self, aggregate: &str, version: u64) -> Answer<Option<AuditRow>> {
        self.audited(aggregate, keys::history(version)).await
    }

    async fn audit_event(&self, aggregate: &str, event: EventId) -> Answer<Option<EventRow>> {
        self.audited(aggregate, keys::audit_event(event)).await
    }

    async fn append_row(&self, row: AuditRow) -> Answer<()> {
        let subject = format!(
            "the audit row of version {} of {}",
            row.version, row.aggregate
        );
        self.append(&items::audit_row(&row), subject).await
    }

    async fn append_event(&self, row: EventRow) -> Answer<()> {
        let subject = format!("the audit row of event {}", row.event_id);
        self.append(&items::audit_event(&row), subject).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)] // tests
    use super::*;
    use crate::scripted::{Aws, refused, run};
    use contracts::handlers::{Accounting, Audit};
    use serde_json::{Value, json};

    fn rows(minor: i64) -> Vec<LedgerRow> {
        let id = "00000000-0000-0000-0000-000000000001";
        let row = |line: u32, account: &str, minor: i64| {
            serde_json::from_value(json!({
                "eventId": id, "eventType": "InvoicePaid", "invoiceId": id, "vendorId": id, "line": line, "account": account,
                "amount": { "minor": minor, "currency": "EUR" }, "at": "2026-01-01T00:00:00Z",
            }))
            .unwrap()
        };
        vec![row(1, "expenses", minor), row(2, "bank", -minor)]
    }

    fn cancelled(reasons: [&str; 3]) -> Value {
        let reasons = reasons.map(|code| json!({ "Code": code }));
        let mut error = refused("TransactionCanceledException");
        error["CancellationReasons"] = json!(reasons);
        error
    }

    /// A ledger that holds a posting already.
    fn booked(stored: Vec<LedgerRow>) -> Aws {
        let failed = "ConditionalCheckFailed";
        Aws::new(move |call| match call.operation.as_str() {
            "TransactWriteItems" => Err(cancelled([failed, failed, "None"])),
            "Query" => {
                let item = |row| to_wire(&items::ledger_row(row));
                Ok(json!({ "Items": stored.iter().map(item).collect::<Vec<_>>() }))
            }
            other => panic!("{other}"),
        })
    }

    fn to_wire(item: &Item) -> Value {
        crate::scripted::typed(&json!(item))["M"].clone()
    }

    #[test]
    fn r12_a_posting_goes_in_one_transaction_with_its_claim_and_only_where_nothing_is() {
        let aws = Aws::new(|_| Ok(json!({})));
        let world = aws.delivery::<Accounting>();
        run(world.book(rows(100))).unwrap();
        let sent = aws.inputs("TransactWriteItems").remove(0);
        let writes = sent["TransactItems"].as_array().unwrap();
        assert_eq!(writes.len(), 3);
        for put in &writes[..2] {
            assert_eq!(
                put["Put"]["ConditionExpression"],
                "attribute_not_exists(#pk)"
            );
            assert_eq!(put["Put"]["TableName"], "LEDGER_TABLE");
        }
        assert_eq!(writes[2]["Update"]["TableName"], "IDEMPOTENCY_TABLE");
        assert!(world.recorded().completed);
    }

    #[test]
    fn r12_the_same_posting_again_is_no_error_and_another_is() {
        let again = booked(rows(100)).delivery::<Accounting>();
        run(again.book(rows(100))).unwrap();
        // The transaction with the completed claim did not happen: the runtime completes it.
        assert!(!again.recorded().completed);
        let other = run(booked(rows(100)).delivery::<Accounting>().book(rows(200)));
        assert!(
            matches!(other, Err(PortError::Conflict { .. })),
            "{other:?}"
        );
        let half = run(booked(rows(100)[..1].to_vec())
            .delivery::<Accounting>()
            .book(rows(100)));
        assert!(matches!(half, Err(PortError::Conflict { .. })), "{half:?}");
    }

    #[test]
    fn nothing_due_books_nothing() {
        run(Aws::silent().delivery::<Accounting>().book(Vec::new())).unwrap();
    }

    fn audit_row() -> AuditRow {
        AuditRow {
            aggregate: "INVOICE#a".into(),
            version: 2,
            before: json!({ "state": "APPROVED" }),
            after: json!({ "state": "PAYING", "minor": 1 }),
            actor: "payment".into(),
            event_id: "e".into(),
            at: "2026-01-01T00:00:00Z".into(),
            previous: "h".into(),
        }
    }

    #[test]
    fn r14_audit_rows_are_put_once_and_queried_never_got() {
        let aws = Aws::new(|call| match call.operation.as_str() {
            "PutItem" => Err(refused("ConditionalCheckFailedException")),
            "Query" => Ok(json!({ "Items": [to_wire(&items::audit_row(&audit_row()))] })),
            other => panic!("{other}"),
        });
        let world = aws.delivery::<Audit>();
        let again = run(world.append_row(audit_row()));
        assert!(
            matches!(again, Err(PortError::Conflict { .. })),
            "{again:?}"
        );
        assert_eq!(
            run(world.audit_row("INVOICE#a", 2)).unwrap(),
            Some(audit_row())
        );
        let put = aws.inputs("PutItem").remove(0);
        assert_eq!(put["ConditionExpression"], "attribute_not_exists(#pk)");
        assert_eq!(put["Item"]["sk"], json!({ "S": "VERSION#0000000002" }));
        let query = aws.inputs("Query").remove(0);
        assert_eq!(query["ConsistentRead"], true);
        assert_eq!(query["ExpressionAttributeValues"][":sk"], put["Item"]["sk"]);
    }

    #[test]
    fn r14_an_event_has_one_row() {
        let event_id = rows(1).remove(0).event_id;
        let row = EventRow {
            aggregate: "INVOICE#a".into(),
            event_id,
            event_type: "InvoicePaid".into(),
            detail: json!({ "metadata": {}, "data": {} }),
        };
        let stored = to_wire(&items::audit_event(&row));
        let aws = Aws::new(move |call| match call.operation.as_str() {
            "Query" => Ok(json!({ "Items": [stored] })),
            _ => Ok(json!({})),
        });
        let world = aws.delivery::<Audit>();
        run(world.append_event(row.clone())).unwrap();
        let there = run(world.audit_event("INVOICE#a", event_id)).unwrap();
        assert_eq!(there, Some(row));
        let query = aws.inputs("Query").remove(0);
        let asked = &query["ExpressionAttributeValues"][":sk"]["S"];
        assert_eq!(*asked, format!("EVENT#{event_id}"));
        let put = aws.inputs("PutItem").remove(0);
        assert_eq!(put["Item"]["sk"]["S"], format!("EVENT#{event_id}"));
        assert_eq!(put["TableName"], "AUDIT_TABLE");
    }
}
