//! Committing a change: state, history, events, payment, business key and the consumer's claim in one transaction (R12,
//! R14, R25). Each item says what its refusal means.

use super::claims::{Standing, completion, fence, taken_over, unbuilt};
use super::outbox::{Home, names};
use super::{Attributes, OutboxKey, Outcome, Unpublished, number, reason, text, to_attributes};
use crate::world::World;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, Put, TransactWriteItem};
use contracts::audit;
use contracts::items::{self, Item, OutboxRecord, attributes};
use contracts::needs;
use contracts::records::{HistoryRecord, NoticeRecord, PaymentRecord};
use contracts::tables::{Table, keys};
use contracts::{Handler, InvoiceId, Needs};
use ports::{
    Answer, Completes, Draft, InvoiceChange, PortError, Replaced, SUCCESSION, VendorChange,
    WriteInvoices, WriteVendors,
};
use serde::Serialize;
use std::time::Duration;
use time::format_description::well_known::Rfc3339;

/// Tries of a transaction that collides with others. The pause doubles from [`PAUSE`].
const ROUNDS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(40);

/// What it means when an item's condition does not hold, the weightiest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Refusal {
    /// The claim is somebody else's by now.
    TakenOver,
    /// The aggregate moved on.
    Stale(String),
    /// Something permanent stands against it.
    Conflict(String),
}

/// A transaction in the making.
struct Transaction<'w, H> {
    world: &'w World<H>,
    writes: Vec<(TransactWriteItem, Refusal)>,
}

impl<'w, H: Handler> Transaction<'w, H> {
    fn new(world: &'w World<H>) -> Self {
        Self {
            world,
            writes: Vec::new(),
        }
    }

    /// Puts an item under a condition; `refusal` is what it means when the condition does not hold.
    fn put(
        &mut self,
        table: Table,
        item: &Item,
        condition: &Condition,
        refusal: Refusal,
    ) -> Answer<()> {
        let put = Put::builder()
            .table_name(self.world.shared.settings.table(table))
            .set_item(Some(to_attributes(item)?))
            .condition_expression(&condition.expression)
            .set_expression_attribute_names(Some(condition.names.clone()))
            .set_expression_attribute_values(condition.values.clone())
            .build()
            .map_err(|error| unbuilt(&error))?;
        let write = TransactWriteItem::builder().put(put).build();
        self.writes.push((write, refusal));
        Ok(())
    }

    /// Records events beside their aggregate. Returns what is to be published after the commit.
    fn events(
        &mut self,
        home: Home,
        partition: &str,
        version: u64,
        drafts: &[Draft],
        at: time::OffsetDateTime,
    ) -> Answer<Vec<Unpublished>> {
        let mut unpublished = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let record = OutboxRecord {
                event_id: draft.event_id,
                event_type: draft.spec.name.to_owned(),
                source: draft.source.clone(),
                version,
                detail: draft.detail.to_string(),
                trace: self.world.trace.clone(),
                at,
            };
            let item = items::outbox(partition, &record);
            let key = OutboxKey {
                table: home,
                pk: partition.to_owned(),
                sk: keys::outbox(version, draft.spec.name),
            };
            self.put(
                home.table(),
                &item,
                &Condition::absent(),
                Refusal::Stale(partition.to_owned()),
            )?;
            unpublished.push(Unpublished { record, key });
        }
        Ok(unpublished)
    }

    /// Fences the transaction by the delivery's claim, and completes it where this commit ends the work.
    fn claim(&mut self, completes: Completes, new: &[Unpublished]) -> Answer<()> {
        let Some(grant) = &self.world.grant else {
            return Ok(());
        };
        let table = self.world.shared.settings.table(Table::Idempotency);
        let update = match completes {
            Completes::Nothing => fence(table, grant)?,
            Completes::Claim => {
                let mut outbox = self.world.recorded().outbox.clone();
                outbox.extend(new.iter().map(|event| event.key.clone()));
                completion(table, grant, &Outcome::write(&outbox), Standing::Replaced)?
            }
        };
        let write = TransactWriteItem::builder().update(update).build();
        self.writes.push((write, Refusal::TakenOver));
        Ok(())
    }

    /// Commits. Collisions with other transactions are tried again; a refused condition is not.
    async fn commit(self, subject: &str) -> Answer<()> {
        let (writes, refusals): (Vec<_>, Vec<_>) = self.writes.into_iter().unzip();
        let mut pause = PAUSE;
        for round in 1.. {
            let sent = self
                .world
                .shared
                .dynamo
                .transact_write_items()
                .set_transact_items(Some(writes.clone()))
                .send()
                .await;
            let Err(error) = sent else { return Ok(()) };
            match judge(&error, &refusals) {
                Cancelled::Refused(Refusal::Stale(subject)) => {
                    return Err(PortError::Stale { subject });
                }
                Cancelled::Refused(Refusal::Conflict(subject)) => {
                    return Err(PortError::Conflict { subject });
                }
                Cancelled::Refused(Refusal::TakenOver) => {
                    return Err(self.world.grant.as_ref().map_or_else(
                        || PortError::TakenOver {
                            subject: subject.to_owned(),
                        },
                        taken_over,
                    ));
                }
                Cancelled::Collided if round < ROUNDS => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                Cancelled::Collided => break,
                Cancelled::Failed(reason) => {
                    return Err(PortError::Unavailable {
                        action: "committing",
                        subject: subject.to_owned(),
                        reason,
                    });
                }
            }
        }
        Err(PortError::Unavailable {
            action: "committing",
            subject: subject.to_owned(),
            reason: format!("other transactions were in the way {ROUNDS} times"),
        })
    }
}

/// Why a transaction did not happen.
#[derive(Debug, PartialEq, Eq)]
enum Cancelled {
    Refused(Refusal),
    /// Another transaction was under way on one of the items, or the table was throttled.
    Collided,
    Failed(String),
}

fn judge<R>(error: &SdkError<TransactWriteItemsError, R>, refusals: &[Refusal]) -> Cancelled {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            judge_reasons(cancelled.cancellation_reasons(), refusals)
        }
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => Cancelled::Collided,
        _ => Cancelled::Failed(reason(error)),
    }
}

fn judge_reasons(reasons: &[CancellationReason], refusals: &[Refusal]) -> Cancelled {
    let code = |reason: &CancellationReason| reason.code().unwrap_or("None").to_owned();
    let refused = reasons
        .iter()
        .zip(refusals)
        .filter(|(reason, _)| reason.code() == Some("ConditionalCheckFailed"))
        .map(|(_, refusal)| refusal)
        .min();
    if let Some(refusal) = refused {
        return Cancelled::Refused(refusal.clone());
    }
    let passing = [
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    ];
    let codes: Vec<String> = reasons
        .iter()
        .map(code)
        .filter(|code| code != "None")
        .collect();
    if !codes.is_empty() && codes.iter().all(|code| passing.contains(&code.as_str())) {
        return Cancelled::Collided;
    }
    Cancelled::Failed(format!(
        "the transaction was cancelled: {}",
        codes.join(", ")
    ))
}

/// A condition of a write.
struct Condition {
    expression: String,
    names: std::collections::HashMap<String, String>,
    values: Option<Attributes>,
}

impl Condition {
    /// There is no such item yet.
    fn absent() -> Self {
        Self {
            expression: "attribute_not_exists(#pk)".into(),
            names: names([("#pk", attributes::PK)]),
            values: None,
        }
    }

    /// The aggregate stands at the version before.
    fn follows(version: u64) -> Self {
        if version <= 1 {
            return Self::absent();
        }
        Self {
            expression: "#version = :before".into(),
            names: names([("#version", attributes::VERSION)]),
            values: Some(Attributes::from([(
                ":before".to_owned(),
                number(version - 1),
            )])),
        }
    }

    /// The profile is still the one that a change was decided on: its version, and when it was registered.
    fn replaces(replaced: Option<Replaced>) -> Answer<Self> {
        let Some(replaced) = replaced else {
            return Ok(Self::absent());
        };
        let at = replaced.registered_at.format(&Rfc3339);
        let at = at.map_err(|error| unbuilt(&error))?;
        Ok(Self {
            expression: "#version = :before AND #record.#at = :at".into(),
            names: names([
                ("#version", attributes::VERSION),
                ("#record", attributes::RECORD),
                ("#at", "registeredAt"),
            ]),
            values: Some(Attributes::from([
                (":before".to_owned(), number(replaced.version)),
                (":at".to_owned(), text(at)),
            ])),
        })
    }

    /// The business key is nobody else's.
    fn unheld(by: InvoiceId) -> Self {
        Self {
            expression: "attribute_not_exists(#pk) OR #holder = :holder".into(),
            names: names([("#pk", attributes::PK), ("#holder", attributes::INVOICE_ID)]),
            values: Some(Attributes::from([(
                ":holder".to_owned(),
                text(by.to_string()),
            )])),
        }
    }

    /// `ports::may_follow` as a condition: key, amount and payee are permanent, and what may follow is `SUCCESSION`.
    fn may_become(next: &PaymentRecord) -> Answer<Self> {
        let mut values = Item::from([
            (":amount".to_owned(), json(&next.amount)),
            (":payee".to_owned(), next.payee_account.clone().into()),
        ]);
        let mut ways = Vec::new();
        for (index, (status, higher)) in SUCCESSION.iter().enumerate() {
            if let Some(attempt) = next.attempt.checked_sub(*higher) {
                values.insert(format!(":status{index}"), json(status));
                values.insert(format!(":attempt{index}"), attempt.into());
                ways.push(format!(
                    "(#record.#status = :status{index} AND #record.#attempt = :attempt{index})"
                ));
            }
        }
        let ways = ways.join(" OR ");
        Ok(Self {
            expression: format!(
                "attribute_not_exists(#pk) OR \
                 (#record.#amount = :amount AND #record.#payee = :payee AND ({ways}))"
            ),
            names: names([
                ("#pk", attributes::PK),
                ("#record", attributes::RECORD),
                ("#amount", "amount"),
                ("#payee", "payeeAccount"),
                ("#attempt", "attempt"),
                ("#status", "status"),
            ]),
            values: Some(to_attributes(&values)?),
        })
    }
}

/// Records always serialise: string keys, no floats.
fn json(value: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

impl<H: Handler> World<H> {
    /// Remembers what a commit made true: events to publish, and whether the claim is completed.
    fn committed(&self, completes: Completes, events: Vec<Unpublished>) {
        let mut recorded = self.recorded();
        recorded
            .outbox
            .extend(events.iter().map(|event| event.key.clone()));
        recorded.unpublished.extend(events);
        recorded.completed |= completes == Completes::Claim && self.grant.is_some();
    }
}

impl<H: Needs<needs::WriteVendors>> WriteVendors for World<H> {
    async fn commit_vendor(&self, change: VendorChange) -> Answer<()> {
        let VendorChange { profile, .. } = &change;
        let partition = keys::vendor(profile.vendor_id);
        let stale = || Refusal::Stale(partition.clone());
        let follows = Condition::replaces(change.replaces)?;
        let version = HistoryRecord {
            version: profile.version,
            from: None,
            to: None,
            actor: change.actor.clone(),
            cause: change.cause.clone(),
            announces: change.events.iter().map(Draft::announcement).collect(),
            at: change.at,
        };
        let head = audit::attributed(items::vendor_head(profile), &version);
        let history = items::history(&partition, &version);
        let mut transaction = Transaction::new(self);
        transaction.put(Table::Vendors, &head, &follows, stale())?;
        if !change.renews() {
            transaction.put(Table::Vendors, &history, &Condition::absent(), stale())?;
        }
        let events = transaction.events(
            Home::Vendors,
            &partition,
            profile.version,
            &change.events,
            change.at,
        )?;
        transaction.claim(Completes::Claim, &events)?;
        transaction.commit(&partition).await?;
        self.committed(Completes::Claim, events);
        Ok(())
    }
}

impl<H: Needs<needs::WriteInvoices>> WriteInvoices for World<H> {
    async fn commit_invoice(&self, change: InvoiceChange) -> Answer<()> {
        let InvoiceChange { record, .. } = &change;
        let partition = keys::invoice(record.invoice_id);
        let stale = || Refusal::Stale(partition.clone());
        let version = HistoryRecord {
            version: record.version,
            from: change.from,
            to: Some(record.state),
            actor: change.actor.clone(),
            cause: change.cause.clone(),
            announces: change.events.iter().map(Draft::announcement).collect(),
            at: change.at,
        };
        let head = audit::attributed(items::invoice_head(record, change.at), &version);
        let history = items::history(&partition, &version);
        let mut transaction = Transaction::new(self);
        let follows = Condition::follows(record.version);
        transaction.put(Table::Invoices, &head, &follows, stale())?;
        transaction.put(Table::Invoices, &history, &Condition::absent(), stale())?;
        if change.claims_key {
            let unique = items::unique(&record.key, record.invoice_id);
            let subject = format!("the number of invoice {}", record.invoice_id);
            let unheld = Condition::unheld(record.invoice_id);
            transaction.put(
                Table::Invoices,
                &unique,
                &unheld,
                Refusal::Conflict(subject),
            )?;
        }
        if let Some(payment) = &change.payment {
            let item = items::payment(record.invoice_id, payment);
            let subject = format!("payment {}", payment.key);
            let may_become = Condition::may_become(payment)?;
            transaction.put(
                Table::Invoices,
                &item,
                &may_become,
                Refusal::Conflict(subject),
            )?;
        }
        let events = transaction.events(
            Home::Invoices,
            &partition,
            record.version,
            &change.events,
            change.at,
        )?;
        transaction.claim(change.completes, &events)?;
        transaction.commit(&partition).await?;
        self.committed(change.completes, events);
        Ok(())
    }

    async fn record_notice(&self, id: InvoiceId, notice: NoticeRecord) -> Answer<()> {
        let subject = format!("notice {} of invoice {id}", notice.event_type);
        let item = items::notice(id, &notice);
        let mut transaction = Transaction::new(self);
        transaction.put(
            Table::Invoices,
            &item,
            &Condition::absent(),
            Refusal::Conflict(subject.clone()),
        )?;
        transaction.claim(Completes::Nothing, &[])?;
        transaction.commit(&subject).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)] // tests
    use super::*;

    fn reasons(codes: &[&str]) -> Vec<CancellationReason> {
        codes
            .iter()
            .map(|code| CancellationReason::builder().code(*code).build())
            .collect()
    }

    fn refusals() -> [Refusal; 3] {
        [
            Refusal::Stale("head".into()),
            Refusal::Conflict("payment".into()),
            Refusal::TakenOver,
        ]
    }

    #[test]
    fn r12_a_refusal_is_told_by_the_item_that_was_refused() {
        let judged = |codes: &[&str]| judge_reasons(&reasons(codes), &refusals());
        let failed = "ConditionalCheckFailed";
        assert_eq!(
            judged(&["None", failed, "None"]),
            Cancelled::Refused(Refusal::Conflict("payment".into()))
        );
        assert_eq!(
            judged(&[failed, failed, "None"]),
            Cancelled::Refused(Refusal::Stale("head".into()))
        );
        assert_eq!(
            judged(&[failed, "None", failed]),
            Cancelled::Refused(Refusal::TakenOver)
        );
    }

    /// The condition's ways, evaluated as the service would: each compares status and attempt of the stored record.
    fn admits(condition: &Condition, stored: &PaymentRecord) -> bool {
        let values = condition.values.as_ref().unwrap();
        let (_, ways) = condition.expression.split_once("AND (").unwrap();
        ways.trim_end_matches("))").split(" OR ").any(|way| {
            let clauses = way.trim_matches(['(', ')']).split(" AND ");
            clauses.into_iter().all(|clause| {
                let (path, value) = clause.split_once(" = ").unwrap();
                let actual = match path {
                    "#record.#status" => serde_dynamo::to_attribute_value(stored.status),
                    "#record.#attempt" => serde_dynamo::to_attribute_value(stored.attempt),
                    other => panic!("{other}"),
                };
                values[value] == actual.unwrap()
            })
        })
    }

    #[test]
    fn r12_the_condition_on_a_payment_is_may_follow() {
        use contracts::records::PaymentStatus::{Claimed, Declined, Settled, Unknown};
        let payment = |status, attempt| PaymentRecord {
            key: "k".into(),
            instalment: 1,
            attempt,
            amount: ports::memory::sample::euro(1),
            payee_account: "X".into(),
            status,
            at: time::OffsetDateTime::UNIX_EPOCH,
        };
        let all = [Claimed, Unknown, Settled, Declined];
        for (before, after) in all.iter().flat_map(|b| all.iter().map(move |a| (*b, *a))) {
            for (earlier, later) in (0..5u32).flat_map(|e| (0..5u32).map(move |l| (e, l))) {
                let (stored, next) = (payment(before, earlier), payment(after, later));
                let condition = Condition::may_become(&next).unwrap();
                assert_eq!(
                    admits(&condition, &stored),
                    ports::may_follow(&stored, &next),
                    "{before:?} {earlier}, then {after:?} {later}"
                );
            }
        }
    }

    #[test]
    fn a_profile_is_compared_by_what_its_item_holds() {
        let mut profile = ports::memory::sample::profile();
        for offset in [time::macros::offset!(UTC), time::macros::offset!(+2)] {
            profile.registered_at = profile.registered_at.to_offset(offset);
            let replaced = Replaced {
                version: 1,
                registered_at: profile.registered_at,
            };
            let condition = Condition::replaces(Some(replaced)).unwrap();
            let head = items::vendor_head(&profile);
            let stored = head["record"]["registeredAt"].as_str().unwrap();
            assert_eq!(condition.values.unwrap()[":at"], text(stored));
            assert_eq!(condition.names["#at"], "registeredAt");
        }
        let first = Condition::replaces(None).unwrap();
        assert_eq!(first.expression, "attribute_not_exists(#pk)");
    }

    #[test]
    fn r12_a_collision_is_tried_again_and_a_refusal_is_not() {
        let judged = |codes: &[&str]| judge_reasons(&reasons(codes), &refusals());
        assert_eq!(
            judged(&["TransactionConflict", "None", "ThrottlingError"]),
            Cancelled::Collided
        );
        assert_eq!(
            judged(&["TransactionConflict", "ConditionalCheckFailed", "None"]),
            Cancelled::Refused(Refusal::Conflict("payment".into()))
        );
        assert!(matches!(
            judged(&["ValidationError", "None", "None"]),
            Cancelled::Failed(reason) if reason.contains("ValidationError")
        ));
    }
}
