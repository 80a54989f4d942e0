//! Where a deployed environment answers: read from its stack's outputs.

use contracts::wiring::outputs;
use std::collections::BTreeMap;

/// What operating an environment needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Base URL of the API, without a trailing slash.
    pub api_url: String,
    /// Name of the invoices table.
    pub invoices_table: String,
    /// Name of the audit table, where the stack has one.
    pub audit_table: Option<String>,
    /// Name of the ledger table, where the stack has one.
    pub ledger_table: Option<String>,
    /// Name of the event bus.
    pub event_bus: String,
    /// The region that all of it is in.
    pub region: String,
}

/// An output that the deployed stack does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the deployed stack has no output `{0}`: it was made by another version; run `provision up` for this environment"
)]
pub struct MissingOutput(pub &'static str);

impl Endpoints {
    /// The endpoints that a stack's outputs name.
    ///
    /// # Errors
    /// When an output is missing.
    pub fn from_outputs(
        values: &BTreeMap<String, String>,
        region: &str,
    ) -> Result<Self, MissingOutput> {
        let value = |name: &'static str| values.get(name).cloned().ok_or(MissingOutput(name));
        Ok(Self {
            api_url: value(outputs::API_URL)?.trim_end_matches('/').to_owned(),
            invoices_table: value(outputs::INVOICES_TABLE)?,
            audit_table: values.get(outputs::AUDIT_TABLE).cloned(),
            ledger_table: values.get(outputs::LEDGER_TABLE).cloned(),
            event_bus: value(outputs::EVENT_BUS)?,
            region: region.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;

    #[test]
    fn endpoints_come_from_outputs_and_a_missing_one_is_named() {
        let mut values: BTreeMap<String, String> = [
            (outputs::API_URL, "https://x.example/"),
            (outputs::INVOICES_TABLE, "invoices"),
            (outputs::EVENT_BUS, "bus"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let endpoints = Endpoints::from_outputs(&values, "eu-central-1").unwrap();
        assert_eq!(endpoints.api_url, "https://x.example");
        values.remove(outputs::EVENT_BUS);
        let missing = Endpoints::from_outputs(&values, "eu-central-1").unwrap_err();
        assert_eq!(missing, MissingOutput(outputs::EVENT_BUS));
    }
}
