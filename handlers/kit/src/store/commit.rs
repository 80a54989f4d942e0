//! Committing a change: state, history, events, payment, business key and the consumer's claim in one transaction (R12,
//! R14, R25). Each item says what its refusal means.

use super::claims::unbuilt;
use super::outbox::{Home, names};
use super::transaction::{Condition, Refusal, Transaction};
use super::{Attributes, Unpublished, number, text, to_attributes};
use crate::world::World;
use contracts::audit;
use contracts::items::{self, Item, attributes};
use contracts::needs;
use contracts::records::{HistoryRecord, NoticeRecord, PaymentRecord};
use contracts::tables::{Table, keys};
use contracts::{Handler, InvoiceId, Needs};
use ports::{
    Answer, Completes, Draft, InvoiceChange, Replaced, SUCCESSION, VendorChange, WriteInvoices,
    WriteVendors,
};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

/// Conditions that only a commit knows.
impl Condition {
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
    pub(super) fn committed(&self, completes: Completes, events: Vec<Unpublished>) {
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
        let follows = Condition::follows(attributes::VERSION, record.version);
        transaction.put(Table::Invoices, &head, &follows, stale())?;
        transaction.put(Table::Invoices, &history, &Condition::absent(), stale())?;
        if change.claims_key {
            let unique = items::unique(&record.key, record.invoice_id);
            let subject = format!("the number of invoice {}", record.invoice_id);
            let holder = record.invoice_id.to_string();
            let unheld = Condition::absent_or(attributes::INVOICE_ID, holder);
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
            cause: None,
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
}
