//! What an environment decides for the business: limits, countries, how strict vendor checks are. Handlers that
//! declare it get it as one JSON document in their environment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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

    /// Whether a seller from this country may be paid.
    #[must_use]
    pub fn allows_country(&self, country: &str) -> bool {
        self.countries.is_empty() || self.countries.contains(country)
    }
}
