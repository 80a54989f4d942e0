//! A payment provider that follows a script. Like a real one it knows an order by key and attempt, and takes it once.

use super::Memory;
use crate::error::PortError;
use crate::payments::{PaymentOrder, ProviderAnswer};
use crate::world::{Answer, PayVendors};
use std::collections::{BTreeMap, VecDeque};

/// How the provider treats the next new order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Settles it and says so. What an empty script means.
    Settle,
    /// Declines it and says so.
    Decline,
    /// Settles it, and the answer is lost.
    SettleSilently,
    /// Declines it, and the answer is lost.
    DeclineSilently,
    /// Never gets it, and no answer comes.
    LoseOrder,
}

/// An order that the provider took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What was ordered.
    pub order: PaymentOrder,
    /// What became of it: settled or declined.
    pub outcome: ProviderAnswer,
    /// How often it was handed in.
    pub submissions: u32,
}

#[derive(Debug, Default)]
pub(super) struct Provider {
    script: VecDeque<Behaviour>,
    silent_queries: u32,
    orders: BTreeMap<(String, u32), Order>,
    /// How often each order may still be handed in: once for a committed claim, once for each query that said NotFound.
    licences: BTreeMap<(String, u32), u32>,
    unlicensed: u32,
}

impl Provider {
    /// Something happened that lets an order be handed in once.
    pub(super) fn license(&mut self, key: &str, attempt: u32) {
        *self.licences.entry((key.to_owned(), attempt)).or_default() += 1;
    }

    fn take(&mut self, order: &PaymentOrder) -> Answer<ProviderAnswer> {
        let id = (order.key.clone(), order.attempt);
        match self.licences.get_mut(&id) {
            Some(left) if *left > 0 => *left -= 1,
            _ => self.unlicensed += 1,
        }
        if let Some(known) = self.orders.get_mut(&id) {
            known.submissions += 1;
            let ordered = |o: &PaymentOrder| (o.amount.clone(), o.payee_account.clone());
            if ordered(&known.order) != ordered(order) {
                return Err(PortError::Conflict {
                    subject: format!("order {} attempt {}", order.key, order.attempt),
                });
            }
            return Ok(known.outcome);
        }
        let (outcome, answer) = match self.script.pop_front().unwrap_or(Behaviour::Settle) {
            Behaviour::Settle => (ProviderAnswer::Settled, ProviderAnswer::Settled),
            Behaviour::Decline => (ProviderAnswer::Declined, ProviderAnswer::Declined),
            Behaviour::SettleSilently => (ProviderAnswer::Settled, ProviderAnswer::Unknown),
            Behaviour::DeclineSilently => (ProviderAnswer::Declined, ProviderAnswer::Unknown),
            Behaviour::LoseOrder => return Ok(ProviderAnswer::Unknown),
        };
        let taken = Order {
            order: order.clone(),
            outcome,
            submissions: 1,
        };
        self.orders.insert(id, taken);
        Ok(answer)
    }

    fn status(&mut self, key: &str, attempt: u32) -> ProviderAnswer {
        if let Some(rest) = self.silent_queries.checked_sub(1) {
            self.silent_queries = rest;
            return ProviderAnswer::Unknown;
        }
        let Some(order) = self.orders.get(&(key.to_owned(), attempt)) else {
            self.license(key, attempt);
            return ProviderAnswer::NotFound;
        };
        order.outcome
    }
}

impl Memory {
    /// What the provider does with its next new orders, in this order; afterwards it settles.
    pub fn script_provider(&self, behaviours: impl IntoIterator<Item = Behaviour>) {
        self.lock().provider.script.extend(behaviours);
    }

    /// The provider does not answer its next `queries` queries.
    pub fn silence_queries(&self, queries: u32) {
        self.lock().provider.silent_queries = queries;
    }

    /// Every order that the provider took, by key and attempt.
    #[must_use]
    pub fn orders(&self) -> Vec<Order> {
        self.lock().provider.orders.values().cloned().collect()
    }

    /// How often an order was handed in that no committed claim and no query that said `NotFound` allowed: a provider that
    /// forgets would have paid again.
    #[must_use]
    pub fn unlicensed_orders(&self) -> u32 {
        self.lock().provider.unlicensed
    }

    /// How many orders it settled.
    #[must_use]
    pub fn settlements(&self) -> usize {
        let settled = |order: &Order| order.outcome == ProviderAnswer::Settled;
        self.orders().iter().filter(|o| settled(o)).count()
    }
}

impl PayVendors for Memory {
    async fn pay(&self, order: &PaymentOrder) -> Answer<ProviderAnswer> {
        let subject = format!("order {}", order.key);
        self.write(&subject, |inner| inner.provider.take(order))
            .await
    }

    async fn payment_status(&self, key: &str, attempt: u32) -> Answer<ProviderAnswer> {
        let subject = format!("order {key}");
        self.write(&subject, |inner| Ok(inner.provider.status(key, attempt)))
            .await
    }
}
