//! What a readable environment file must mean: ranges, codes and forms, all faults at once. Pure.

use super::{codes, people};
use stack::Environment;

/// Something wrong with one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Dotted key path of the value; an element of a list by what it is, e.g. `policy.countries[UK]`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
    /// What would be right.
    pub hint: String,
}

/// Retentions that CloudWatch Logs takes, in days (API reference of PutRetentionPolicy).
const LOG_DAYS: [u32; 23] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653, 0,
];

/// Every fault of the values.
pub fn faults(environment: &Environment) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    account(environment, &mut faults);
    boundary(environment, &mut faults);
    policy(environment, &mut faults);
    people::faults(environment, &mut faults);
    sizes(environment, &mut faults);
    tags(environment, &mut faults);
    faults.0
}

/// The faults found so far.
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(
        &mut self,
        path: impl Into<String>,
        message: String,
        hint: impl Into<String>,
    ) {
        self.0.push(Fault {
            path: path.into(),
            message,
            hint: hint.into(),
        });
    }

    pub(super) fn range(&mut self, path: &str, value: u32, low: u32, high: u32, unit: &str) {
        if !(low..=high).contains(&value) {
            self.add(
                path,
                format!("{value} is out of range"),
                format!("{low} to {high}{unit}"),
            );
        }
    }
}

fn account(environment: &Environment, faults: &mut Faults) {
    let account = &environment.account;
    if !is_account(account) {
        faults.add(
            "account",
            format!("`{account}` is no AWS account id"),
            "An account id has 12 digits, in quotes, so that leading zeros stay.",
        );
    }
    if !is_region(&environment.region) {
        faults.add(
            "region",
            format!("`{}` is no AWS region", environment.region),
            "A region reads like eu-central-1.",
        );
    }
    if let Some(role) = &environment.role_arn {
        let parts: Vec<&str> = role.splitn(6, ':').collect();
        let form = matches!(parts.as_slice(), ["arn", partition, "iam", "", _, role]
            if partition.starts_with("aws") && role.starts_with("role/"));
        if !form {
            faults.add(
                "role_arn",
                format!("`{role}` is no ARN of a role"),
                "arn:aws:iam::ACCOUNT:role/NAME",
            );
        } else if parts.get(4).is_some_and(|of| of != account) {
            faults.add(
                "role_arn",
                format!("the role is in another account than {account}"),
                "The role must be in the environment's own account.",
            );
        }
    }
}

/// `arn:aws:iam::ACCOUNT:policy/NAME`, of the environment's account or of AWS.
fn boundary(environment: &Environment, faults: &mut Faults) {
    let Some(policy) = &environment.permissions_boundary else {
        return;
    };
    let parts: Vec<&str> = policy.splitn(6, ':').collect();
    let form = matches!(parts.as_slice(), ["arn", partition, "iam", "", of, name]
        if partition.starts_with("aws")
            && (*of == environment.account || *of == "aws")
            && name.starts_with("policy/"));
    if !form {
        faults.add(
            "permissions_boundary",
            format!("`{policy}` is no ARN of a policy in this account"),
            "arn:aws:iam::ACCOUNT:policy/NAME",
        );
    }
}

/// 12 digits.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `eu-central-1`, `us-gov-west-1`: two letters, one or two words, a number.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    matches!(parts.len(), 3 | 4)
        && parts[0].len() == 2
        && parts[..parts.len() - 1].iter().all(word)
        && parts[parts.len() - 1].len() == 1
        && parts[parts.len() - 1].bytes().all(|b| b.is_ascii_digit())
}

fn policy(environment: &Environment, faults: &mut Faults) {
    people::limits(
        "policy.automatic_limit_minor",
        &environment.policy.automatic_limit_minor,
        "Minor units, 0 or more; leave the currency out to let people approve every amount.",
        faults,
    );
    for country in &environment.policy.countries {
        if !codes::is_country(country) {
            faults.add(
                format!("policy.countries[{country}]"),
                format!("`{country}` is no ISO 3166-1 country"),
                "Two capital letters, e.g. DE; an empty list means any country.",
            );
        }
    }
}

fn sizes(environment: &Environment, faults: &mut Faults) {
    let retention = &environment.retention;
    if retention.log_days == 0 || !LOG_DAYS.contains(&retention.log_days) {
        let allowed: Vec<String> = LOG_DAYS[..22].iter().map(u32::to_string).collect();
        faults.add(
            "retention.log_days",
            format!(
                "CloudWatch Logs can't keep logs {} days",
                retention.log_days
            ),
            format!("One of {}.", allowed.join(", ")),
        );
    }
    faults.range(
        "retention.archive_days",
        retention.archive_days,
        1,
        3650,
        " days",
    );
    faults.range(
        "retention.record_years",
        retention.record_years,
        1,
        100,
        " years",
    );
    faults.range(
        "retention.recovery_days",
        retention.recovery_days,
        0,
        35,
        " days",
    );
    let capacity = &environment.capacity;
    faults.range(
        "capacity.events_per_second",
        capacity.events_per_second,
        1,
        100_000,
        "",
    );
    faults.range(
        "capacity.queue_concurrency",
        capacity.queue_concurrency,
        2,
        1000,
        " (the bounds of an event source mapping)",
    );
    faults.range(
        "capacity.batch_size",
        capacity.batch_size,
        1,
        10,
        " messages",
    );
    faults.range(
        "capacity.max_receives",
        capacity.max_receives,
        1,
        1000,
        " receives",
    );
    if let Some(reserved) = capacity.reserved_concurrency {
        faults.range("capacity.reserved_concurrency", reserved, 1, 10_000, "");
        if reserved < capacity.queue_concurrency {
            faults.add(
                "capacity.reserved_concurrency",
                format!(
                    "{reserved} is less than queue_concurrency, {}",
                    capacity.queue_concurrency
                ),
                "A mapping that may run more than the function has would be throttled: raise it or lower queue_concurrency.",
            );
        }
    }
    let api = &environment.api;
    faults.range(
        "api.requests_per_second",
        api.requests_per_second,
        1,
        10_000,
        "",
    );
    faults.range("api.burst", api.burst, 1, 5000, " requests");
}

fn tags(environment: &Environment, faults: &mut Faults) {
    const SIGNS: &str = " +-=._:/@";
    let plain = |text: &str| {
        text.chars()
            .all(|c| c.is_alphanumeric() || SIGNS.contains(c))
    };
    for (key, value) in &environment.tags {
        let path = format!("tags.{key}");
        if key.is_empty() || key.chars().count() > 128 || !plain(key) {
            faults.add(
                path.as_str(),
                format!("`{key}` can't be a tag's key"),
                "1 to 128 letters, digits, spaces and + - = . _ : / @",
            );
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            faults.add(
                path.as_str(),
                format!("`{key}` is reserved to AWS"),
                "Choose a key that doesn't begin with aws:",
            );
        }
        if value.chars().count() > 256 || !plain(value) {
            faults.add(
                path,
                format!("`{value}` can't be a tag's value"),
                "Up to 256 letters, digits, spaces and + - = . _ : / @",
            );
        }
    }
}
