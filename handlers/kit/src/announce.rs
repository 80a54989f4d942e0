//! Saying something once that no row of ours records: a claim in the idempotency table stands for the row.

use crate::store::TableClaims;
use crate::world::World;
use contracts::Handler;
use contracts::ids::Sha256Hex;
use ports::api::PublishEvents as _;
use ports::idempotency::{Claim, ClaimKey, Claims as _, Verdict};
use ports::{AnnounceOnce, Answer, Clock as _, Draft};
use std::sync::Arc;

impl<H: Handler> AnnounceOnce for World<H> {
    async fn announce_once(&self, draft: Draft) -> Answer<bool> {
        let claims = TableClaims(Arc::clone(&self.shared));
        let wanted = Claim {
            key: ClaimKey::consumer(H::SPEC.name, draft.event_id),
            // The id says what is announced; how long something rests by now does not make it another fact.
            payload: Sha256Hex::of(draft.event_id.to_string().as_bytes()),
            lease: self.shared.settings.lease,
            keep: self.shared.settings.keep,
        };
        let Verdict::Claimed(grant) = claims.claim(&wanted, self.origin().now).await? else {
            return Ok(false);
        };
        if let Err(fault) = self.publish(&[draft]).await {
            // When giving back fails too, the lease ends by itself; the first failure is the one to tell.
            let _ = claims.release(&grant).await;
            return Err(fault);
        }
        claims.complete(&grant, "").await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)] // tests
    use super::*;
    use crate::scripted::{Aws, refused, run};
    use contracts::handlers::Sweeper;
    use contracts::{Event as _, EventId, events::InvoiceStuck};
    use serde_json::{Value, json};

    fn draft() -> Draft {
        Draft {
            spec: InvoiceStuck::SPEC,
            source: "invoicing.sweeper".into(),
            detail: json!({}),
            event_id: EventId::of("InvoiceStuck", "a", 3),
        }
    }

    /// Claims that are free, or held by this one; and a bus that takes events, or not.
    fn aws(held: Option<Value>, takes: bool) -> Aws {
        Aws::new(move |call| match (call.operation.as_str(), &held) {
            ("PutItem", Some(held)) => {
                let mut error = refused("ConditionalCheckFailedException");
                error["Item"] = held.clone();
                Err(error)
            }
            ("PutEvents", _) if takes => Ok(json!({ "Entries": [{ "EventId": "1" }] })),
            ("PutEvents", _) => Err(refused("InternalException")),
            ("PutItem" | "UpdateItem", _) => Ok(json!({})),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn r6_an_invoice_is_announced_as_stuck_once() {
        let first = aws(None, true);
        assert!(run(first.world::<Sweeper>().announce_once(draft())).unwrap());
        let operations: Vec<_> = first
            .calls()
            .into_iter()
            .map(|call| call.operation)
            .collect();
        assert_eq!(
            operations,
            ["PutItem", "PutEvents", "UpdateItem"],
            "claimed before it is said"
        );
        let claim = first.inputs("PutItem").remove(0);
        let key = format!("CONSUMER#sweeper#{}", draft().event_id);
        assert_eq!(claim["Item"]["pk"]["S"], key);

        let mut done = claim["Item"].clone();
        done["progress"] = json!({ "S": "DONE" });
        let again = aws(Some(done), true);
        assert!(!run(again.world::<Sweeper>().announce_once(draft())).unwrap());
        assert!(again.inputs("PutEvents").is_empty());
    }

    #[test]
    fn r6_what_the_bus_did_not_take_is_not_remembered_as_said() {
        let refusing = aws(None, false);
        assert!(run(refusing.world::<Sweeper>().announce_once(draft())).is_err());
        let given_back = refusing.inputs("UpdateItem").remove(0);
        let released = &given_back["ExpressionAttributeValues"][":released"]["S"];
        assert_eq!(released, "RELEASED");
    }
}
