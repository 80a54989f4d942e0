//! Bad input: refused with exit 3 before anything is written, with a code and something to do about it.

use crate::environment::{Document, program, shared};
use e2e::Run;
use serde_json::Value;

fn refused(run: &Run) -> Value {
    assert_eq!(run.code, 3, "{run}");
    let document = run.document().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(document["exit"], 3, "{run}");
    for key in ["code", "message", "help"] {
        let text = document["error"][key].as_str().unwrap_or_default();
        assert!(!text.is_empty(), "no {key}: {run}");
    }
    document["error"].clone()
}

fn send(document: &Document) -> Run {
    shared().run(&["send", document.path(), "--output", "json"])
}

#[test]
fn r23_documents_that_cannot_become_an_invoice_are_refused() {
    let entities =
        r#"<?xml version="1.0"?><!DOCTYPE Invoice [<!ENTITY a "b">]><Invoice>&a;</Invoice>"#;
    let huge = [
        b"<Invoice>".as_slice(),
        &vec![b' '; 50 * 1024 * 1024],
        b"</Invoice>",
    ]
    .concat();
    let documents: [(&str, &[u8]); 7] = [
        ("empty.xml", b""),
        ("cut.xml", b"<Invoice><cbc:ID>1"),
        ("entities.xml", entities.as_bytes()),
        ("huge.xml", &huge),
        ("other.xml", b"<html/>"),
        ("broken.json", b"{ \"format\": "),
        ("words.txt", b"please pay"),
    ];
    for (name, bytes) in documents {
        refused(&send(&Document::of(name, bytes)));
    }
}

#[test]
fn r23_money_as_a_float_is_refused_and_its_place_is_named() {
    let text = std::fs::read_to_string(program().sample("invoice.json")).unwrap();
    let mut document: Value = serde_json::from_str(&text).unwrap();
    document["invoice"]["totals"]["due"] = serde_json::json!(223.13);
    let error = refused(&send(&Document::of(
        "float.json",
        document.to_string().as_bytes(),
    )));
    assert!(error.to_string().contains("due"), "{error}");
}

#[test]
fn a_missing_file_and_an_unknown_invoice_are_refused() {
    let environment = shared();
    refused(&environment.run(&["send", "/no/such/file.xml", "--output", "json"]));
    refused(&environment.run(&[
        "trace",
        "00000000-0000-5000-8000-000000000000",
        "--output",
        "json",
    ]));
    refused(&environment.run(&["trace", "no-id", "--output", "json"]));
}

#[test]
fn send_check_refuses_an_invoice_that_breaks_rules_and_names_them() {
    let document = Document::numbered("wrong-total.xml", "SEND-CHECK");
    let run = shared().run(&["send", document.path(), "--check", "--output", "json"]);
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stdout.contains("BR-CO-16"), "{run}");
}

#[test]
fn usage_errors_and_unknown_environments_are_refused() {
    let program = program();
    for args in [
        &["up", "--output", "json"][..],
        &["up", "--env", "nowhere", "--output", "json"],
        &["fly", "--env", "local", "--output", "json"],
        &["up", "--env", "local", "--no-such-flag", "--output", "json"],
    ] {
        let run = program.run(args).unwrap();
        assert_eq!(run.code, 3, "{run}");
    }
}

#[test]
fn faults_in_an_environment_file_name_file_and_line() {
    let program = program();
    let good = std::fs::read_to_string(program.project().join("environments/local.yaml")).unwrap();
    let faults = [
        (
            "unknown key",
            good.replace("region: ", "regoin: "),
            "regoin",
        ),
        (
            "wrong type",
            good.replace("protected: false", "protected: perhaps"),
            "protected",
        ),
        (
            "bad meaning",
            good.replace("\"000000000000\"", "\"12\""),
            "account",
        ),
    ];
    for (what, text, named) in faults {
        assert_ne!(text, good, "{what}");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("local.yaml"), text).unwrap();
        let run = program
            .with_environments(folder.path())
            .run(&["synth", "--env", "local", "--output", "json"])
            .unwrap();
        let error = refused(&run);
        let shown = error.to_string();
        assert!(
            shown.contains("local.yaml:"),
            "{what} names no file and line: {shown}"
        );
        assert!(shown.contains(named), "{what}: {shown}");
    }
}

/// The credentials are of one account, the environment file of another: nothing is written.
#[test]
fn a_wrong_account_is_refused_before_any_write() {
    let program = program();
    let status = program.json(&["local", "status"], &[0]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read_to_string(program.project().join("environments/dev.yaml")).unwrap();
    std::fs::write(folder.path().join("dev.yaml"), good).unwrap();
    let run = program
        .with_environments(folder.path())
        .with_variables(&[
            ("AWS_ENDPOINT_URL", status["endpoint"].as_str().unwrap()),
            ("AWS_ACCESS_KEY_ID", "999999999999"),
            (
                "AWS_SECRET_ACCESS_KEY",
                status["secret_access_key"].as_str().unwrap(),
            ),
        ])
        .run(&["up", "--env", "dev", "--yes", "--output", "json"])
        .unwrap();
    let error = refused(&run);
    assert!(error.to_string().contains("999999999999"), "{error}");
}
