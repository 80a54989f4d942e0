//! A transaction in the making: writes, what the refusal of each means, events recorded with them, and the consumer's claim
//! (R12). What is committed is not decided here.

use super::claims::{Standing, completion, fence, taken_over, unbuilt};
use super::outbox::{Home, names};
use super::{Attributes, OutboxKey, Outcome, Unpublished, number, reason, text, to_attributes};
use crate::world::World;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, Put, TransactWriteItem};
use contracts::Handler;
use contracts::items::{self, Item, OutboxRecord, attributes};
use contracts::tables::{Table, keys};
use ports::{Answer, Completes, Draft, PortError};
use std::time::Duration;

/// Tries of a transaction that collides with others. The pause doubles from [`PAUSE`].
const ROUNDS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(40);

/// What it means when an item's condition does not hold, the weightiest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refusal {
    /// The claim is somebody else's by now.
    TakenOver,
    /// The aggregate moved on.
    Stale(String),
    /// Something permanent stands against it.
    Conflict(String),
}

/// A transaction in the making.
pub(super) struct Transaction<'w, H> {
    world: &'w World<H>,
    writes: Vec<(TransactWriteItem, Refusal)>,
}

impl<'w, H: Handler> Transaction<'w, H> {
    pub(super) fn new(world: &'w World<H>) -> Self {
        Self {
            world,
            writes: Vec::new(),
        }
    }

    /// Puts an item under a condition; `refusal` is what it means when the condition does not hold.
    pub(super) fn put(
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
    pub(super) fn events(
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
    pub(super) fn claim(&mut self, completes: Completes, new: &[Unpublished]) -> Answer<()> {
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
    pub(super) async fn commit(self, subject: &str) -> Answer<()> {
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
pub(super) struct Condition {
    pub(super) expression: String,
    pub(super) names: std::collections::HashMap<String, String>,
    pub(super) values: Option<Attributes>,
}

impl Condition {
    /// There is no such item yet.
    pub(super) fn absent() -> Self {
        Self {
            expression: "attribute_not_exists(#pk)".into(),
            names: names([("#pk", attributes::PK)]),
            values: None,
        }
    }

    /// There is no such item yet, or its attribute has this value already.
    pub(super) fn absent_or(attribute: &str, value: impl Into<String>) -> Self {
        Self {
            expression: "attribute_not_exists(#pk) OR #held = :held".into(),
            names: names([("#pk", attributes::PK), ("#held", attribute)]),
            values: Some(Attributes::from([(":held".to_owned(), text(value))])),
        }
    }

    /// The number that counts an item's changes is the one before; for 1, there is no such item yet.
    pub(super) fn follows(attribute: &str, number_now: u64) -> Self {
        if number_now <= 1 {
            return Self::absent();
        }
        Self {
            expression: "#number = :before".into(),
            names: names([("#number", attribute)]),
            values: Some(Attributes::from([(
                ":before".to_owned(),
                number(number_now - 1),
            )])),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
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
