//! What an environment file says of people: how they are asked, when they have rested too long, who acts for the house.

use super::codes;
use super::meaning::{Faults, is_account};
use contracts::Currency;
use stack::{Environment, Jwt};
use std::collections::BTreeMap;

/// One day in seconds.
const DAY: u32 = 86_400;
/// A year in seconds: how long a standard execution of Step Functions may last.
const YEAR: u32 = 365 * DAY;
/// How many turns a decision may take: two people.
const TURNS: u32 = 2;

/// Every fault of these values.
pub(super) fn faults(environment: &Environment, faults: &mut Faults) {
    approvals(environment, faults);
    stuck(environment, faults);
    staff(environment, faults);
    mail(environment, faults);
    if let Some(jwt) = &environment.api.jwt {
        tokens(jwt, faults);
    }
}

/// Amounts in minor units, by currency.
pub(super) fn limits(
    path: &str,
    limits: &BTreeMap<Currency, i64>,
    hint: &str,
    faults: &mut Faults,
) {
    for (currency, limit) in limits {
        let path = format!("{path}.{currency}");
        if !codes::is_currency(currency.as_str()) {
            faults.add(
                path.as_str(),
                format!("`{currency}` is no ISO 4217 currency in use"),
                "Three capital letters, e.g. EUR.",
            );
        }
        if *limit < 0 {
            faults.add(path, format!("the limit {limit} is negative"), hint);
        }
    }
}

fn approvals(environment: &Environment, faults: &mut Faults) {
    let policy = &environment.policy;
    let approvals = &policy.approvals;
    let of_one = "policy.approvals.one_approver_limit_minor";
    limits(
        of_one,
        &approvals.one_approver_limit_minor,
        "Minor units, 0 or more; leave the currency out to ask two people for every amount.",
        faults,
    );
    for (currency, automatic) in &policy.automatic_limit_minor {
        let one = approvals.one_approver_limit_minor.get(currency);
        if let Some(one) = one.filter(|one| *one < automatic) {
            faults.add(
                format!("{of_one}.{currency}"),
                format!("{one} is below the automatic limit, {automatic}"),
                "Up to automatic_limit_minor nobody is asked: the limit of one person lies above it.",
            );
        }
    }
    let answer = "policy.approvals.answer_within_seconds";
    faults.range(
        answer,
        approvals.answer_within_seconds,
        least(environment, 60),
        30 * DAY,
        " seconds",
    );
    faults.range(
        "policy.approvals.reminders",
        approvals.reminders,
        0,
        30,
        " reminders",
    );
    let longest = one_turn(environment).saturating_mul(TURNS);
    if longest >= YEAR {
        faults.add(
            answer,
            format!("two people with all reminders may take {longest} seconds"),
            format!("answer_within_seconds × (reminders + 1) × {TURNS} must stay below a year, {YEAR}: an execution lasts no longer."),
        );
    }
    let wait = "policy.approvals.account_change_wait_seconds";
    let waits = approvals.account_change_wait_seconds;
    faults.range(wait, waits, 0, YEAR, " seconds");
    if environment.protected && waits < DAY {
        faults.add(
            wait,
            format!("{waits} seconds are no time to notice changed bank details"),
            format!("At least a day, {DAY}, in protected environments."),
        );
    }
}

/// The least that makes sense where people are asked in earnest; anything where approvals are only tried out.
const fn least(environment: &Environment, seconds: u32) -> u32 {
    if environment.protected { seconds } else { 1 }
}

/// How long one person's turn may take, reminders included.
fn one_turn(environment: &Environment) -> u32 {
    let approvals = &environment.policy.approvals;
    let asked = approvals.reminders.saturating_add(1);
    approvals.answer_within_seconds.saturating_mul(asked)
}

fn stuck(environment: &Environment, faults: &mut Faults) {
    let stuck = &environment.policy.stuck;
    // Below, the sweeper would announce what it is about to publish again.
    faults.range(
        "policy.stuck.working_seconds",
        stuck.working_seconds,
        120,
        7 * DAY,
        " seconds",
    );
    let waiting = "policy.stuck.waiting_seconds";
    let least = least(environment, 120);
    faults.range(waiting, stuck.waiting_seconds, least, YEAR, " seconds");
    let turn = one_turn(environment);
    if stuck.waiting_seconds <= turn {
        faults.add(
            waiting,
            format!("{} is within the time that people have", stuck.waiting_seconds),
            format!("More than answer_within_seconds × (reminders + 1), {turn}: what still waits for an answer is not stuck."),
        );
    }
}

fn staff(environment: &Environment, faults: &mut Faults) {
    let api = &environment.api;
    if api.staff.is_empty() {
        faults.add(
            "api.staff",
            "nobody acts for the house: no invoice could be decided".to_owned(),
            "At least one caller, e.g. arn:aws:sts::ACCOUNT:assumed-role/finance-*",
        );
    }
    for caller in &api.staff {
        let (right, hint) = match &api.jwt {
            Some(jwt) => (
                by_token(caller, jwt),
                format!("The issuer, # and the subject: {}#alice", jwt.issuer),
            ),
            // Nothing can be said of the account of callers where the environment's own is wrong.
            None if !is_account(&environment.account) => continue,
            None => (
                by_signature(caller, &environment.account),
                format!(
                    "An ARN of this account that names somebody before any *: arn:aws:sts::{}:assumed-role/finance-*",
                    environment.account
                ),
            ),
        };
        if !right {
            faults.add(
                format!("api.staff[{caller}]"),
                format!("`{caller}` is nobody in particular"),
                hint,
            );
        }
    }
}

fn mail(environment: &Environment, faults: &mut Faults) {
    let lists = [
        ("notices", &environment.mail.notices),
        ("approvals", &environment.mail.approvals),
        ("alerts", &environment.mail.alerts),
    ];
    for (list, addresses) in lists {
        for address in addresses {
            let parts = address.split_once('@');
            let sound = parts.is_some_and(|(local, host)| {
                !local.is_empty() && host.contains('.') && !host.contains('@')
            }) && !address.contains(char::is_whitespace);
            if !sound {
                faults.add(
                    format!("mail.{list}[{address}]"),
                    format!("`{address}` is no mail address"),
                    "One address an entry, e.g. accounts-payable@example.com.",
                );
            }
        }
    }
}

/// `arn:PARTITION:iam|sts::ACCOUNT:KIND/NAME`, with something of the name before any `*`.
fn by_signature(caller: &str, account: &str) -> bool {
    let parts: Vec<&str> = caller.splitn(6, ':').collect();
    let ["arn", partition, "iam" | "sts", "", of, who] = parts.as_slice() else {
        return false;
    };
    let named = who.split_once('/').is_some_and(|(kind, name)| {
        ["user", "assumed-role", "federated-user"].contains(&kind)
            && !name.is_empty()
            && !name.starts_with('*')
    });
    partition.starts_with("aws") && *of == account && (*who == "root" || named)
}

/// `ISSUER#SUBJECT`, with something of the subject before any `*`.
fn by_token(caller: &str, jwt: &Jwt) -> bool {
    let subject = caller
        .strip_prefix(jwt.issuer.as_str())
        .and_then(|rest| rest.strip_prefix('#'));
    subject.is_some_and(|subject| !subject.is_empty() && !subject.starts_with('*'))
}

fn tokens(jwt: &Jwt, faults: &mut Faults) {
    let host = jwt.issuer.strip_prefix("https://");
    if host.is_none_or(|host| host.is_empty() || host.contains(char::is_whitespace)) {
        faults.add(
            "api.jwt.issuer",
            format!("`{}` is no issuer of tokens", jwt.issuer),
            "Its https URL, exactly as the tokens' `iss` has it.",
        );
    }
    if jwt.audience.is_empty() || jwt.audience.iter().any(String::is_empty) {
        faults.add(
            "api.jwt.audience",
            "tokens meant for anybody would be taken".to_owned(),
            "At least one name that the tokens' `aud` must hold.",
        );
    }
}
