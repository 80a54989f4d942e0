//! The life of an invoice: one table that says which state follows which, and which event announces it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The states of an invoice.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Stored and unique; not judged yet.
    Submitted,
    /// Breaks no rule.
    Validated,
    /// Waits for people.
    AwaitingApproval,
    /// May be paid.
    Approved,
    /// The payment is claimed and may be under way.
    Paying,
    /// The provider did not answer: ask it, never resend.
    PaymentUnknown,
    /// Settled, or nothing was due.
    Paid,
    /// Ended without payment.
    Rejected,
    /// Waits until a dispute is resolved.
    Disputed,
    /// The provider declined; people decide whether a further attempt follows.
    PaymentFailed,
    /// A credit note or a negative total: booked, not paid.
    Credited,
}

/// One legal step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// Where from; `None` for a new invoice.
    pub from: Option<State>,
    /// Where to.
    pub to: State,
    /// The event that announces it; `None` for a step that is ours alone.
    pub announces: Option<&'static str>,
}

const fn step(from: Option<State>, to: State, announces: Option<&'static str>) -> Transition {
    Transition {
        from,
        to,
        announces,
    }
}

/// Every legal step of an invoice.
pub const TRANSITIONS: &[Transition] = {
    use State::*;
    &[
        step(None, Submitted, Some("InvoiceReceived")),
        step(None, Rejected, Some("InvoiceRejected")),
        step(Some(Submitted), Validated, Some("InvoiceValidated")),
        step(Some(Submitted), Rejected, Some("InvoiceRejected")),
        step(Some(Validated), Approved, Some("InvoiceApproved")),
        step(
            Some(Validated),
            AwaitingApproval,
            Some("InvoiceApprovalRequested"),
        ),
        step(Some(Validated), Rejected, Some("InvoiceRejected")),
        step(Some(Validated), Credited, Some("InvoiceCredited")),
        step(Some(Validated), Paid, Some("InvoicePaid")),
        step(Some(Validated), Disputed, Some("InvoiceDisputed")),
        step(Some(AwaitingApproval), Approved, Some("InvoiceApproved")),
        step(Some(AwaitingApproval), Rejected, Some("InvoiceRejected")),
        step(Some(AwaitingApproval), Disputed, Some("InvoiceDisputed")),
        step(Some(Approved), Paying, None),
        step(Some(Approved), PaymentFailed, Some("PaymentFailed")),
        step(Some(Approved), Disputed, Some("InvoiceDisputed")),
        step(Some(Paying), Paid, Some("InvoicePaid")),
        step(Some(Paying), PaymentFailed, Some("PaymentFailed")),
        step(Some(Paying), PaymentUnknown, None),
        step(Some(PaymentUnknown), Paid, Some("InvoicePaid")),
        step(Some(PaymentUnknown), PaymentFailed, Some("PaymentFailed")),
        step(Some(PaymentFailed), Approved, Some("InvoiceApproved")),
        step(Some(PaymentFailed), Rejected, Some("InvoiceRejected")),
        step(Some(Disputed), Approved, Some("InvoiceApproved")),
        step(Some(Disputed), Rejected, Some("InvoiceRejected")),
    ]
};

impl State {
    /// Every state.
    pub const ALL: [State; 11] = [
        State::Submitted,
        State::Validated,
        State::AwaitingApproval,
        State::Approved,
        State::Paying,
        State::PaymentUnknown,
        State::Paid,
        State::Rejected,
        State::Disputed,
        State::PaymentFailed,
        State::Credited,
    ];

    /// The state's name as it is stored and shown, e.g. `AWAITING_APPROVAL`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            State::Submitted => "SUBMITTED",
            State::Validated => "VALIDATED",
            State::AwaitingApproval => "AWAITING_APPROVAL",
            State::Approved => "APPROVED",
            State::Paying => "PAYING",
            State::PaymentUnknown => "PAYMENT_UNKNOWN",
            State::Paid => "PAID",
            State::Rejected => "REJECTED",
            State::Disputed => "DISPUTED",
            State::PaymentFailed => "PAYMENT_FAILED",
            State::Credited => "CREDITED",
        }
    }

    /// Nothing follows by itself.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, State::Paid | State::Rejected | State::Credited)
    }

    /// A person must act before anything follows.
    #[must_use]
    pub const fn waits_for_a_person(self) -> bool {
        matches!(
            self,
            State::AwaitingApproval | State::Disputed | State::PaymentFailed
        )
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The legal step between two states, if there is one.
#[must_use]
pub fn transition(from: Option<State>, to: State) -> Option<&'static Transition> {
    TRANSITIONS
        .iter()
        .find(|step| step.from == from && step.to == to)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use crate::events::ALL_EVENTS;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_state_is_reachable_and_every_resting_place_is_meant() {
        let mut seen = BTreeSet::new();
        let mut next: Vec<_> = TRANSITIONS
            .iter()
            .filter(|t| t.from.is_none())
            .map(|t| t.to)
            .collect();
        while let Some(state) = next.pop() {
            if seen.insert(state) {
                next.extend(
                    TRANSITIONS
                        .iter()
                        .filter(|t| t.from == Some(state))
                        .map(|t| t.to),
                );
            }
        }
        assert_eq!(seen.len(), State::ALL.len());
        for state in State::ALL {
            let leads_on = TRANSITIONS.iter().any(|t| t.from == Some(state));
            assert_eq!(leads_on, !state.is_terminal(), "{state}");
        }
    }

    #[test]
    fn a_step_into_a_terminal_state_announces_exactly_one_declared_event() {
        for step in TRANSITIONS {
            if let Some(name) = step.announces {
                assert!(ALL_EVENTS.iter().any(|e| e.name == name), "{name}");
            }
            assert!(
                !step.to.is_terminal() || step.announces.is_some(),
                "{step:?}"
            );
        }
        let pairs: BTreeSet<_> = TRANSITIONS.iter().map(|t| (t.from, t.to)).collect();
        assert_eq!(
            pairs.len(),
            TRANSITIONS.len(),
            "one announcement for a step"
        );
    }

    #[test]
    fn names_are_what_serde_writes() {
        for state in State::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
    }

    proptest! {
        /// A random walk over the table never pays twice and never leaves a terminal state.
        #[test]
        fn no_walk_pays_twice(choices in proptest::collection::vec(any::<prop::sample::Index>(), 1..40)) {
            let mut state = None;
            let mut paid = 0;
            for choice in choices {
                let steps: Vec<_> = TRANSITIONS.iter().filter(|t| t.from == state).collect();
                if steps.is_empty() { break; }
                let step = choice.get(&steps);
                paid += usize::from(step.to == State::Paid);
                state = Some(step.to);
            }
            prop_assert!(paid <= 1);
        }
    }
}
