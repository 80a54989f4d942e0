//! Claims in the idempotency table. The rules are `ports::idempotency::judge`; here they become conditional writes.

use super::outbox::names;
use super::{Attributes, number, text, unavailable};
use crate::world::Shared;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure, Update,
};
use contracts::ids::Sha256Hex;
use contracts::tables::Table;
use ports::idempotency::{Claim, ClaimRecord, Claims, Grant, Judgement, Progress, Verdict, judge};
use ports::{Answer, PortError};
use std::sync::Arc;
use time::OffsetDateTime;

const PK: &str = "pk";
const PAYLOAD: &str = "payload";
const ATTEMPT: &str = "attempt";
const PROGRESS: &str = "progress";
const UNTIL: &str = "until_ms";
const OUTCOME: &str = "outcome";
const EXPIRES: &str = "expires_at";

const LEASED: &str = "LEASED";
const RELEASED: &str = "RELEASED";
const DONE: &str = "DONE";

/// How often a claim is judged anew when another delivery changes it in between.
const ROUNDS: usize = 3;

/// Claims in the idempotency table.
#[derive(Debug, Clone)]
pub struct TableClaims(pub(crate) Arc<Shared>);

impl TableClaims {
    fn table(&self) -> &str {
        self.0.settings.table(Table::Idempotency)
    }

    fn client(&self) -> &Client {
        &self.0.dynamo
    }

    /// Writes a judged record unless the stored one changed since; then the stored one comes back.
    async fn write(
        &self,
        wanted: &Claim,
        next: &ClaimRecord,
        over: Option<&ClaimRecord>,
    ) -> Answer<Result<(), Option<ClaimRecord>>> {
        let put = self
            .client()
            .put_item()
            .table_name(self.table())
            .set_item(Some(to_item(wanted.key.as_str(), next)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match over {
            None => put
                .condition_expression("attribute_not_exists(#pk)")
                .set_expression_attribute_names(Some(names([("#pk", PK)]))),
            Some(stored) => put
                .condition_expression("#attempt = :attempt AND #progress = :progress")
                .set_expression_attribute_names(Some(names([
                    ("#attempt", ATTEMPT),
                    ("#progress", PROGRESS),
                ])))
                .expression_attribute_values(":attempt", number(stored.attempt))
                .expression_attribute_values(":progress", text(progress_name(&stored.progress))),
        };
        match put.send().await {
            Ok(_) => Ok(Ok(())),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refusal)) => {
                    let stored = refusal
                        .item
                        .as_ref()
                        .map(|item| from_item(&wanted.key, item));
                    Ok(Err(stored.transpose()?))
                }
                _ => Err(unavailable("claiming", wanted.key.as_str(), &error)),
            },
        }
    }
}

impl Claims for TableClaims {
    async fn claim(&self, wanted: &Claim, now: OffsetDateTime) -> Answer<Verdict> {
        // Most claims are first ones: write at once, and judge what stands in the way only when something does.
        let mut stored: Option<ClaimRecord> = None;
        for _ in 0..ROUNDS {
            let next = match judge(stored.as_ref(), wanted, now) {
                Judgement::Leave(verdict) => return Ok(verdict),
                Judgement::Take(next) => next,
            };
            match self.write(wanted, &next, stored.as_ref()).await? {
                Ok(()) => {
                    return Ok(Verdict::Claimed(Grant {
                        key: wanted.key.clone(),
                        attempt: next.attempt,
                    }));
                }
                Err(changed) => stored = changed,
            }
        }
        Err(PortError::Unavailable {
            action: "claiming",
            subject: wanted.key.as_str().to_owned(),
            reason: "other deliveries keep changing the claim".into(),
        })
    }

    async fn complete(&self, grant: &Grant, outcome: &str) -> Answer<String> {
        let update = completion(self.table(), grant, outcome, Standing::Kept)?;
        let done = self
            .client()
            .update_item()
            .set_table_name(Some(update.table_name))
            .set_key(Some(update.key))
            .set_update_expression(Some(update.update_expression))
            .set_condition_expression(update.condition_expression)
            .set_expression_attribute_names(update.expression_attribute_names)
            .set_expression_attribute_values(update.expression_attribute_values)
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(|error| match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => taken_over(grant),
                _ => unavailable("completing", grant.key.as_str(), &error),
            })?;
        let standing = done.attributes.as_ref().and_then(|item| item.get(OUTCOME));
        Ok(standing
            .and_then(|value| value.as_s().ok())
            .cloned()
            .unwrap_or_default())
    }

    async fn release(&self, grant: &Grant) -> Answer<()> {
        let released = self
            .client()
            .update_item()
            .table_name(self.table())
            .key(PK, text(grant.key.as_str()))
            .update_expression("SET #progress = :released REMOVE #until")
            .condition_expression("#attempt = :attempt AND #progress = :leased")
            .set_expression_attribute_names(Some(names([
                ("#attempt", ATTEMPT),
                ("#progress", PROGRESS),
                ("#until", UNTIL),
            ])))
            .expression_attribute_values(":attempt", number(grant.attempt))
            .expression_attribute_values(":leased", text(LEASED))
            .expression_attribute_values(":released", text(RELEASED))
            .send()
            .await;
        match released {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                // Done, or somebody else's by now.
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(unavailable("giving back", grant.key.as_str(), &error)),
            },
        }
    }
}

/// The failure of a commit whose claim somebody else holds by now.
pub(crate) fn taken_over(grant: &Grant) -> PortError {
    PortError::TakenOver {
        subject: format!("claim {}", grant.key.as_str()),
    }
}

/// Which outcome stands when a claim is completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The one that is there, if one is.
    Kept,
    /// The new one, which includes what was there.
    Replaced,
}

/// The write that completes a claim, for a call of its own or for the work's transaction: only for whoever holds it.
pub(crate) fn completion(
    table: &str,
    grant: &Grant,
    outcome: &str,
    standing: Standing,
) -> Answer<Update> {
    let expression = match standing {
        Standing::Kept => {
            "SET #progress = :done, #outcome = if_not_exists(#outcome, :outcome) REMOVE #until"
        }
        Standing::Replaced => "SET #progress = :done, #outcome = :outcome REMOVE #until",
    };
    update(table, grant)
        .update_expression(expression)
        .condition_expression("#attempt = :attempt AND #progress <> :released")
        .set_expression_attribute_names(Some(names([
            ("#attempt", ATTEMPT),
            ("#progress", PROGRESS),
            ("#outcome", OUTCOME),
            ("#until", UNTIL),
        ])))
        .expression_attribute_values(":done", text(DONE))
        .expression_attribute_values(":released", text(RELEASED))
        .expression_attribute_values(":outcome", text(outcome))
        .build()
        .map_err(|error| unbuilt(&error))
}

/// The write that lets an intermediate commit through only for whoever holds the claim, and leaves it in progress.
pub(crate) fn fence(table: &str, grant: &Grant) -> Answer<Update> {
    update(table, grant)
        .update_expression("SET #attempt = :attempt")
        .condition_expression("#attempt = :attempt AND #progress <> :released")
        .set_expression_attribute_names(Some(names([
            ("#attempt", ATTEMPT),
            ("#progress", PROGRESS),
        ])))
        .expression_attribute_values(":released", text(RELEASED))
        .build()
        .map_err(|error| unbuilt(&error))
}

fn update(table: &str, grant: &Grant) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
    Update::builder()
        .table_name(table)
        .key(PK, text(grant.key.as_str()))
        .expression_attribute_values(":attempt", number(grant.attempt))
}

pub(crate) fn unbuilt(error: &dyn std::error::Error) -> PortError {
    PortError::Unavailable {
        action: "building",
        subject: "a transaction".into(),
        reason: error.to_string(),
    }
}

fn progress_name(progress: &Progress) -> &'static str {
    match progress {
        Progress::Leased { .. } => LEASED,
        Progress::Released => RELEASED,
        Progress::Done { .. } => DONE,
    }
}

fn to_item(key: &str, record: &ClaimRecord) -> Attributes {
    let mut item = Attributes::from([
        (PK.to_owned(), text(key)),
        (PAYLOAD.to_owned(), text(record.payload.as_str())),
        (ATTEMPT.to_owned(), number(record.attempt)),
        (PROGRESS.to_owned(), text(progress_name(&record.progress))),
        (EXPIRES.to_owned(), number(record.expires_at)),
    ]);
    match &record.progress {
        Progress::Leased { until_ms } => {
            item.insert(UNTIL.to_owned(), number(until_ms));
        }
        Progress::Done { outcome } => {
            item.insert(OUTCOME.to_owned(), text(outcome));
        }
        Progress::Released => {}
    }
    item
}

fn from_item(key: &ports::idempotency::ClaimKey, item: &Attributes) -> Answer<ClaimRecord> {
    let string = |name| {
        item.get(name)
            .and_then(|value: &AttributeValue| value.as_s().ok())
    };
    let integer = |name| -> Option<i64> {
        let value = item.get(name).and_then(|value| value.as_n().ok());
        value.and_then(|digits| digits.parse().ok())
    };
    let read = || -> Option<ClaimRecord> {
        Some(ClaimRecord {
            payload: Sha256Hex::try_from(string(PAYLOAD)?.clone()).ok()?,
            attempt: u32::try_from(integer(ATTEMPT)?).ok()?,
            progress: match string(PROGRESS)?.as_str() {
                LEASED => Progress::Leased {
                    until_ms: integer(UNTIL)?,
                },
                RELEASED => Progress::Released,
                DONE => Progress::Done {
                    outcome: string(OUTCOME).cloned().unwrap_or_default(),
                },
                _ => return None,
            },
            expires_at: integer(EXPIRES)?,
        })
    };
    read().ok_or_else(|| PortError::Corrupt {
        subject: format!("claim {}", key.as_str()),
        reason: "it lacks an attribute of a claim".into(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use ports::idempotency::ClaimKey;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_claim_comes_back_as_it_was_written(
            attempt in 1u32.., until_ms in any::<i64>(), expires_at in any::<i64>(), outcome in ".{0,40}", which in 0..3
        ) {
            let progress = match which {
                0 => Progress::Leased { until_ms },
                1 => Progress::Released,
                _ => Progress::Done { outcome },
            };
            let record = ClaimRecord { payload: Sha256Hex::of(b"x"), attempt, progress, expires_at };
            let key = ClaimKey::request("a", "b");
            prop_assert_eq!(from_item(&key, &to_item(key.as_str(), &record)).unwrap(), record);
        }
    }

    #[test]
    fn the_tables_keys_are_the_contracts() {
        let spec = Table::Idempotency.spec();
        assert_eq!(spec.partition_key, PK);
        assert_eq!(spec.sort_key, None);
        assert_eq!(spec.expires, Some(EXPIRES));
    }
}
