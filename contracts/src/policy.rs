//! What an environment decides for the business: limits, countries, how strict vendor checks are. Handlers that
//! declare it get it as one JSON document in their environment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use crate::events::Finding;
use crate::lifecycle::State;
use crate::money::{Amount, Currency};

/// The business policy of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Policy {
    /// What a failed vendor check leads to.
    pub vendor_checks: VendorChecks,
    /// Up to this amount, in minor units by currency, an invoice is approved automatically. A currency that is not
    /// listed always needs people.
    pub automatic_limit_minor: BTreeMap<Currency, i64>,
    /// ISO 3166-1 alpha-2 codes of the sellers' countries that may be paid; empty means any.
    pub countries: BTreeSet<String>,
    /// How people are asked.
    pub approvals: Approvals,
    /// When an invoice counts as stuck.
    pub stuck: Stuck,
}

/// How people are asked (R5, R26).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Approvals {
    /// Up to this amount, in minor units by currency, one person is enough. A currency that is not listed always needs two.
    pub one_approver_limit_minor: BTreeMap<Currency, i64>,
    /// How long people have to answer before they are reminded, in seconds.
    pub answer_within_seconds: u32,
    /// How often they are reminded before the time is up.
    pub reminders: u32,
    /// How long changed bank details rest before a second person may confirm them, in seconds (R26).
    pub account_change_wait_seconds: u32,
}

/// When an invoice counts as stuck, by what it rests in (R6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Stuck {
    /// In a state that the system leaves by itself, in seconds.
    pub working_seconds: u32,
    /// In a state that waits for people, in seconds.
    pub waiting_seconds: u32,
}

/// What a failed vendor check leads to (R1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VendorChecks {
    /// The vendor is onboarded all the same, and payments go to the sandbox.
    Warn,
    /// The vendor is not onboarded.
    Enforce,
}

impl Policy {
    /// Whether an amount may be approved without people.
    #[must_use]
    pub fn approves_automatically(&self, amount: &Amount) -> bool {
        self.automatic_limit_minor
            .get(&amount.currency)
            .is_some_and(|limit| amount.minor <= *limit)
    }

    /// Whether a vendor with these findings may be paid. `warn` takes whatever the checks found. `enforce` refuses what is
    /// certainly wrong; what can't be judged (no identifier, or a country that no library covers) is no fault of the vendor's.
    #[must_use]
    pub fn onboards(&self, findings: &[Finding]) -> bool {
        self.vendor_checks == VendorChecks::Warn || !findings.contains(&Finding::Invalid)
    }

    /// How many different people must approve an amount: 1 or 2.
    #[must_use]
    pub fn approvers(&self, amount: &Amount) -> u8 {
        let one_is_enough = self
            .approvals
            .one_approver_limit_minor
            .get(&amount.currency)
            .is_some_and(|limit| amount.minor <= *limit);
        if one_is_enough { 1 } else { 2 }
    }

    /// How long an invoice may rest in a state before it counts as stuck, in seconds; `None` for terminal states.
    #[must_use]
    pub const fn stuck_after_seconds(&self, state: State) -> Option<u32> {
        if state.is_terminal() {
            None
        } else if state.waits_for_a_person() {
            Some(self.stuck.waiting_seconds)
        } else {
            Some(self.stuck.working_seconds)
        }
    }

    /// What stands in where there is none: nothing is allowed, and two people must decide.
    #[must_use]
    pub const fn strictest() -> Self {
        Self {
            vendor_checks: VendorChecks::Enforce,
            automatic_limit_minor: BTreeMap::new(),
            countries: BTreeSet::new(),
            approvals: Approvals {
                one_approver_limit_minor: BTreeMap::new(),
                answer_within_seconds: 86_400,
                reminders: 0,
                account_change_wait_seconds: 86_400,
            },
            stuck: Stuck {
                working_seconds: 900,
                waiting_seconds: 604_800,
            },
        }
    }

    /// Whether a seller from this country may be paid.
    #[must_use]
    pub fn allows_country(&self, country: &str) -> bool {
        self.countries.is_empty() || self.countries.contains(country)
    }
}
