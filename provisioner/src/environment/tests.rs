//! What a wrong environment file is answered with, and that the committed ones are right.
#![allow(clippy::unwrap_used, clippy::panic)] // tests fail by panicking

use super::{names, parse};
use crate::exit::{Exit, Failure};
use crate::project::Project;
use stack::Target;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const LOCAL: &str = include_str!("../../../environments/local.yaml");

fn project() -> Project {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    Project::find(Some(root), root).unwrap()
}

/// The committed local file with a text replaced.
fn with(from: &str, to: &str) -> String {
    assert!(LOCAL.contains(from), "{from}");
    LOCAL.replacen(from, to, 1)
}

fn fault(text: &str) -> Failure {
    let failure = parse("environments/local.yaml", text).unwrap_err();
    assert_eq!(failure.exit, Exit::Refused);
    failure
}

/// As a person without colours sees it.
fn shown(failure: &Failure) -> String {
    let mut text = String::new();
    miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor())
        .with_links(false)
        .with_width(100)
        .render_report(&mut text, failure)
        .unwrap();
    text
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_one_that_was_meant() {
    insta::assert_snapshot!(shown(&fault(&with("  vendor_checks:", "  vendor_check:"))));
}

#[test]
fn a_key_of_no_meaning_lists_those_that_there_are() {
    insta::assert_snapshot!(shown(&fault(&with("api:\n", "api:\n  zzz: 1\n"))));
}

#[test]
fn a_missing_key_is_named_with_the_place_where_it_belongs() {
    insta::assert_snapshot!(shown(&fault(&with("  archive_days: 7\n", ""))));
}

#[test]
fn a_wrong_type_is_named_with_its_line() {
    insta::assert_snapshot!(shown(&fault(&with("batch_size: 10", "batch_size: ten"))));
}

#[test]
fn no_yaml_is_named_with_its_line() {
    insta::assert_snapshot!(shown(&fault(&with("countries: []", "countries: ["))));
}

#[test]
fn a_repeated_key_is_a_fault() {
    insta::assert_snapshot!(shown(&fault(&with(
        "region: eu",
        "region: eu-west-1\nregion: eu"
    ))));
}

#[test]
fn an_empty_file_is_a_fault() {
    insta::assert_snapshot!(shown(&fault("")));
}

#[test]
fn faults_of_meaning_come_all_at_once_each_with_its_line() {
    let text = with("\"000000000000\"", "\"12345\"")
        .replace("eu-central-1", "frankfurt")
        .replace("log_days: 1", "log_days: 2")
        .replace("batch_size: 10", "batch_size: 11")
        .replace("EUR: 1000000", "EUU: -1")
        .replace("countries: []", "countries: [DE, UK]");
    let failure = fault(&text);
    assert_eq!(failure.faults.len(), 7);
    insta::assert_snapshot!(shown(&failure));
    let document = serde_json::to_value(failure.document()).unwrap();
    assert_eq!(document["exit"], 3);
    assert!(
        document["error"]["message"]
            .as_str()
            .unwrap()
            .contains("environments/local.yaml:")
    );
}

#[test]
fn a_permissions_boundary_is_a_policy_of_this_account_or_of_aws() {
    let of = |arn: &str| {
        with(
            "permissions_boundary:",
            &format!("permissions_boundary: {arn}"),
        )
    };
    for right in [
        "arn:aws:iam::000000000000:policy/boundary",
        "arn:aws:iam::aws:policy/PowerUserAccess",
    ] {
        let environment = parse("environments/local.yaml", &of(right)).unwrap();
        assert_eq!(environment.permissions_boundary.as_deref(), Some(right));
    }
    for wrong in [
        "boundary",
        "arn:aws:iam::999999999999:policy/boundary",
        "arn:aws:iam::000000000000:role/boundary",
    ] {
        let document = serde_json::to_value(fault(&of(wrong)).document()).unwrap();
        let message = document["error"]["message"].as_str().unwrap();
        assert!(message.contains("is no ARN of a policy"), "{message}");
    }
}

/// The message of the one fault that a wrong value has.
fn message(text: &str) -> String {
    let document = serde_json::to_value(fault(text).document()).unwrap();
    document["error"]["message"].as_str().unwrap().to_owned()
}

#[test]
fn r5_what_people_are_asked_for_must_make_sense() {
    for (from, to, wrong) in [
        ("EUR: 5000000", "EUR: 999999", "below the automatic limit"),
        ("EUR: 5000000", "EUX: 5000000", "no ISO 4217 currency"),
        (
            "answer_within_seconds: 3600",
            "answer_within_seconds: 0",
            "out of range",
        ),
        ("reminders: 2", "reminders: 31", "out of range"),
        (
            "working_seconds: 300",
            "working_seconds: 60",
            "out of range",
        ),
        (
            "waiting_seconds: 86400",
            "waiting_seconds: 10800",
            "the time that people have",
        ),
    ] {
        let message = message(&with(from, to));
        assert!(message.contains(wrong), "{to}: {message}");
    }
    let year = with(
        "answer_within_seconds: 3600",
        "answer_within_seconds: 2592000",
    )
    .replace("reminders: 2", "reminders: 10");
    let faults = fault(&year).faults;
    let all: Vec<String> = faults.iter().map(shown).collect();
    assert!(
        all.iter().any(|one| one.contains("stay below a year")),
        "{all:?}"
    );
}

#[test]
fn r26_a_protected_environment_gives_time_to_notice_changed_bank_details() {
    let message = message(&with("protected: false", "protected: true"));
    assert!(message.contains("no time to notice"), "{message}");
}

#[test]
fn r20_who_acts_for_the_house_is_somebody_in_particular() {
    let staff =
        "[\"arn:aws:iam::000000000000:root\", \"arn:aws:iam::000000000000:user/finance-*\"]";
    for wrong in [
        "[]",
        "[\"*\"]",
        "[\"arn:aws:iam::000000000000:*\"]",
        "[\"arn:aws:iam::000000000000:user/*\"]",
        "[\"arn:aws:iam::999999999999:user/finance-*\"]",
    ] {
        let message = message(&with(staff, wrong));
        assert!(message.contains("api.staff"), "{wrong}: {message}");
    }
    insta::assert_snapshot!(shown(&fault(&with(
        staff,
        "[\"arn:aws:iam::000000000000:user/*\"]"
    ))));
}

#[test]
fn r20_tokens_come_from_a_known_issuer_for_a_known_audience() {
    let jwt = |issuer: &str, audience: &str, caller: &str| {
        let text = with(
            "  jwt:\n",
            &format!("  jwt: {{issuer: \"{issuer}\", audience: {audience}}}\n"),
        );
        let begin = text.find("  staff: [").unwrap();
        let end = begin + text[begin..].find('\n').unwrap();
        format!("{}  staff: [\"{caller}\"]{}", &text[..begin], &text[end..])
    };
    let issuer = "https://login.example";
    let right = jwt(issuer, "[invoicing]", "https://login.example#finance-*");
    let environment = parse("environments/local.yaml", &right).unwrap();
    assert_eq!(environment.api.jwt.unwrap().audience, ["invoicing"]);
    for (text, wrong) in [
        (
            jwt("http://login.example", "[a]", "http://login.example#x"),
            "api.jwt.issuer",
        ),
        (
            jwt(issuer, "[]", "https://login.example#x"),
            "api.jwt.audience",
        ),
        (jwt(issuer, "[a]", "https://login.example#*"), "api.staff"),
        (
            jwt(issuer, "[a]", "arn:aws:iam::000000000000:root"),
            "api.staff",
        ),
    ] {
        let message = message(&text);
        assert!(message.contains(wrong), "{message}");
    }
}

#[test]
fn every_committed_environment_is_right_and_has_the_same_keys() {
    let project = project();
    let names = names(&project);
    assert_eq!(names, ["dev", "ephemeral", "local", "prod", "staging"]);
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for name in &names {
        let file = project.environments().join(format!("{name}.yaml"));
        let text = std::fs::read_to_string(file).unwrap();
        let environment = parse(name, &text).unwrap_or_else(|error| panic!("{}", shown(&error)));
        assert_eq!(environment.target == Target::Local, name == "local");
        assert_eq!(environment.protected, name == "prod");
        let value: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        let mut all = BTreeSet::new();
        collect("", &value, &mut all);
        keys.insert(name.clone(), all);
    }
    for (name, of) in &keys {
        assert_eq!(of, &keys["local"], "{name}");
    }
}

fn collect(path: &str, value: &serde_json::Value, keys: &mut BTreeSet<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let path = format!("{path}/{key}");
        collect(&path, value, keys);
        keys.insert(path);
    }
}
