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
    #[cfg_attr(not(feature = "decisions"), allow(dead_code))]
    pub(crate) decisions: String,
    #[cfg_attr(not(feature = "decisions"), allow(dead_code))]
    pub(crate) data_key: String,
    pub(crate) staff: Vec<String>,
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
            let needed = |needed: fn(&Need) -> bool| {
                let mut needs = spec.needs.iter();
                needs.any(|declared| needed(&declared.need))
            };
            let mut required_if = |wanted: bool, name: &str| {
                if wanted {
                    required(name)
                } else {
                    String::new()
                }
            };
            let publishes = !spec.emits.is_empty() || spec.has(Need::Republish);
            let bus = required_if(publishes, wiring::EVENT_BUS);
            let objects =
                needed(|need| matches!(need, Need::ReadObjects(_) | Need::WriteObjects(_)));
            let bucket = required_if(objects, wiring::DOCUMENT_BUCKET);
            let topic = required_if(spec.has(Need::SendNotices), wiring::NOTICES_TOPIC);
            let decisions = required_if(spec.has(Need::StartDecisions), wiring::DECISIONS);
            let tokens = needed(|need| matches!(need, Need::SealTokens | Need::OpenTokens));
            let data_key = required_if(tokens, wiring::DATA_KEY);
            let staff = required_if(spec.has(Need::Staff), wiring::STAFF);
            let policy = required_if(spec.has(Need::Policy), wiring::POLICY);
            let lease = required(wiring::LEASE_SECONDS);
            let keep = required(wiring::CLAIM_SECONDS);
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
            let staff = match staff.as_str() {
                // Of a handler that does not ask who is staff.
                "" => Vec::new(),
                json => serde_json::from_str(json).unwrap_or_else(|_| {
                    faults.push(format!("{} is no JSON list of callers", wiring::STAFF));
                    Vec::new()
                }),
            };
            Self {
                environment,
                region,
                bus,
                bucket,
                topic,
                decisions,
                data_key,
                staff,
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
    let of_need = |need: &Need| match need {
        Need::ReadTable(table) | Need::WriteTable(table) | Need::AppendTable(table) => {
            vec![*table]
        }
        Need::ReadResting | Need::WriteApprovals => vec![Table::Invoices],
        Need::ReadUnpublished | Need::Republish => vec![Table::Vendors, Table::Invoices],
        Need::ClaimVendors => vec![Table::Vendors],
        _ => Vec::new(),
    };
    let declared = spec
        .needs
        .iter()
        .flat_map(|declared| of_need(&declared.need));
    declared.chain([Table::Idempotency]).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use crate::scripted::variable;
    use contracts::Handler;
    use contracts::handlers::{
        Approval, Decision, InvoiceIntake, Payment, Portal, Sweeper, VendorRegistration,
    };

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

    fn asked(spec: &HandlerSpec) -> BTreeSet<String> {
        let asked = std::cell::RefCell::new(BTreeSet::new());
        Settings::of(spec, |name| {
            asked.borrow_mut().insert(name.to_owned());
            variable(name)
        })
        .unwrap();
        asked.into_inner()
    }

    #[test]
    fn every_need_is_told_where_it_is_met() {
        let all = |spec: &HandlerSpec, names: &[&str]| {
            let asked = asked(spec);
            names.iter().all(|name| asked.contains(*name))
        };
        assert!(all(
            &Sweeper::SPEC,
            &["VENDORS_TABLE", "INVOICES_TABLE", wiring::EVENT_BUS]
        ));
        assert!(all(&Approval::SPEC, &[wiring::DECISIONS, wiring::DATA_KEY]));
        assert!(all(&Decision::SPEC, &[wiring::DATA_KEY, wiring::STAFF]));
        assert!(!asked(&Decision::SPEC).contains(wiring::DECISIONS));
        assert!(all(&Portal::SPEC, &[wiring::STAFF, "VENDORS_TABLE"]));
    }

    #[test]
    fn r20_staff_that_is_no_list_is_refused() {
        let odd = |name: &str| match name {
            wiring::STAFF => Some("everybody".to_owned()),
            other => variable(other),
        };
        let error = Settings::of(&Portal::SPEC, odd).unwrap_err().to_string();
        assert!(error.contains(wiring::STAFF), "{error}");
        let settings = Settings::of(&Portal::SPEC, variable).unwrap();
        assert_eq!(settings.staff, ["arn:aws:iam::1:role/staff-*"]);
    }
}
