//! What a function's environment tells the kit, read once and checked as a whole.
//!
//! Only what the handler's declaration needs is asked for. Nothing here decides anything.

use contracts::handlers::HandlerSpec;
use contracts::needs::Need;
use contracts::policy::Policy;
use contracts::tables::Table;
use contracts::wiring;
use std::collections::{BTreeMap, BTreeSet};
use time::Duration;

/// The settings of one function.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) environment: String,
    pub(crate) region: String,
    pub(crate) bus: String,
    #[cfg_attr(not(feature = "documents"), allow(dead_code))]
    pub(crate) bucket: String,
    #[cfg_attr(not(feature = "notices"), allow(dead_code))]
    pub(crate) topic: String,
    pub(crate) tables: BTreeMap<Table, String>,
    pub(crate) policy: Policy,
    pub(crate) lease: Duration,
    pub(crate) keep: Duration,
    pub(crate) endpoint: Option<String>,
}

/// A function whose environment is incomplete. It names every fault at once.
#[derive(Debug, thiserror::Error)]
#[error("the environment of function {handler} is incomplete: {}; deploy the stack again", faults.join("; "))]
pub struct SettingsError {
    handler: &'static str,
    faults: Vec<String>,
}

impl Settings {
    /// Reads the settings that a handler's declaration asks for.
    ///
    /// # Errors
    /// When a variable is missing or malformed.
    pub fn of(
        spec: &HandlerSpec,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let mut faults = Vec::new();
        let settings = {
            let mut required = |name: &str| -> String {
                variable(name)
                    .filter(|value| !value.is_empty())
                    .unwrap_or_else(|| {
                        faults.push(format!("{name} is missing"));
                        String::new()
                    })
            };
            let environment = required(wiring::ENVIRONMENT);
            let region = required("AWS_REGION");
            let tables = tables_of(spec)
                .into_iter()
                .map(|table| (table, required(table.spec().variable)))
                .collect();
            let bus = match spec.emits {
                [] => String::new(),
                _ => required(wiring::EVENT_BUS),
            };
            let objects =
                |need: &Need| matches!(need, Need::ReadObjects(_) | Need::WriteObjects(_));
            let bucket = if spec.needs.iter().any(|declared| objects(&declared.need)) {
                required(wiring::DOCUMENT_BUCKET)
            } else {
                String::new()
            };
            let topic = if spec.has(Need::SendNotices) {
                required(wiring::NOTICES_TOPIC)
            } else {
                String::new()
            };
            let lease = required(wiring::LEASE_SECONDS);
            let keep = required(wiring::CLAIM_SECONDS);
            let policy = if spec.has(Need::Policy) {
                required(wiring::POLICY)
            } else {
                String::new()
            };
            let mut seconds = |name: &str, text: &str| match text.parse::<u32>() {
                Ok(seconds) if seconds > 0 => Duration::seconds(seconds.into()),
                _ => {
                    if !text.is_empty() {
                        faults.push(format!("{name} is `{text}`, not a number of seconds"));
                    }
                    Duration::ZERO
                }
            };
            let lease = seconds(wiring::LEASE_SECONDS, &lease);
            let keep = seconds(wiring::CLAIM_SECONDS, &keep);
            let policy = match policy.as_str() {
                // Of a handler that declares none, and so can't ask.
                "" => Policy::strictest(),
                json => serde_json::from_str(json).unwrap_or_else(|error| {
                    faults.push(format!("{} is no policy: {error}", wiring::POLICY));
                    Policy::strictest()
                }),
            };
            Self {
                environment,
                region,
                bus,
                bucket,
                topic,
                tables,
                policy,
                lease,
                keep,
                endpoint: variable("AWS_ENDPOINT_URL").filter(|url| !url.is_empty()),
            }
        };
        let timeout = Duration::seconds(spec.timeout_seconds.into());
        if settings.lease > Duration::ZERO && settings.lease <= timeout {
            faults.push(format!(
                "{} is not longer than the function's timeout of {} s (R12)",
                wiring::LEASE_SECONDS,
                spec.timeout_seconds
            ));
        }
        if faults.is_empty() {
            Ok(settings)
        } else {
            Err(SettingsError {
                handler: spec.name,
                faults,
            })
        }
    }

    /// The physical name of a table; empty for a table that the handler does not need, which no method of its reaches.
    pub(crate) fn table(&self, table: Table) -> &str {
        self.tables.get(&table).map_or("", String::as_str)
    }
}

fn tables_of(spec: &HandlerSpec) -> BTreeSet<Table> {
    let declared = spec
        .needs
        .iter()
        .filter_map(|declared| match declared.need {
            Need::ReadTable(table) | Need::WriteTable(table) | Need::AppendTable(table) => {
                Some(table)
            }
            _ => None,
        });
    declared.chain([Table::Idempotency]).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use contracts::Handler;
    use contracts::handlers::{InvoiceIntake, Payment, VendorRegistration};

    fn variable(name: &str) -> Option<String> {
        let value = match name {
            wiring::LEASE_SECONDS => "45",
            wiring::CLAIM_SECONDS => "86400",
            wiring::POLICY => {
                return serde_json::to_string(&Policy::strictest()).ok();
            }
            other => other,
        };
        Some(value.to_owned())
    }

    #[test]
    fn a_handler_is_asked_for_what_it_declares_only() {
        let asked = std::cell::RefCell::new(BTreeSet::new());
        Settings::of(&InvoiceIntake::SPEC, |name| {
            asked.borrow_mut().insert(name.to_owned());
            variable(name)
        })
        .unwrap();
        let asked = asked.into_inner();
        assert!(asked.contains("INVOICES_TABLE"));
        assert!(!asked.contains("VENDORS_TABLE"));
        assert!(!asked.contains(wiring::DOCUMENT_BUCKET));
        assert!(!asked.contains(wiring::POLICY));
    }

    #[test]
    fn every_missing_variable_is_named_at_once() {
        let error = Settings::of(&Payment::SPEC, |_| None)
            .unwrap_err()
            .to_string();
        for name in [
            "EVENT_BUS",
            "DOCUMENT_BUCKET",
            "VENDORS_TABLE",
            "LEASE_SECONDS",
        ] {
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn r12_a_lease_that_ends_before_the_timeout_is_refused() {
        let short = |name: &str| match name {
            wiring::LEASE_SECONDS => Some("20".to_owned()),
            other => variable(other),
        };
        let error = Settings::of(&VendorRegistration::SPEC, short).unwrap_err();
        assert!(error.to_string().contains("timeout"), "{error}");
    }
}
