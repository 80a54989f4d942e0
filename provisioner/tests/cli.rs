//! The program from outside: exit codes, what goes to stdout, what a wrong call is answered with.
#![allow(clippy::unwrap_used, clippy::panic)] // tests fail by panicking

use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn provision() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_provision"));
    command
        .current_dir(root())
        .stdin(Stdio::null())
        .env_remove("NO_COLOR")
        .env_remove("PROVISION_STATE")
        .env_remove("PROVISION_ENVIRONMENTS")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/nonexistent")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"] {
        command.env_remove(name);
    }
    command
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = provision().args(arguments).output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn error(arguments: &[&str]) -> Value {
    let (code, stdout, _) = run(arguments);
    let document: Value = serde_json::from_str(&stdout).unwrap_or_else(|e| panic!("{e}: {stdout}"));
    assert_eq!(document["exit"], code, "{arguments:?}");
    for field in ["code", "message", "subject", "help"] {
        assert!(document["error"].get(field).is_some(), "{field}");
    }
    document
}

#[test]
fn help_and_version_are_no_errors() {
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["up", "--help"],
        &["local", "--help"],
    ] {
        let (code, stdout, _) = run(arguments);
        assert_eq!(code, 0, "{arguments:?}");
        assert!(!stdout.is_empty());
    }
}

#[test]
fn every_usage_error_is_exit_3() {
    for arguments in [
        &[][..],
        &["nonsense"],
        &["synth"],
        &["synth", "--env"],
        &["synth", "--env", "nowhere"],
        &["synth", "--env", "../prod"],
        &["synth", "--env", "dev", "--output", "xml"],
        &["synth", "--env", "dev", "--output", "markdown"],
        &["synth", "--env", "dev", "--name", "pr-1"],
        &["synth", "--env", "ephemeral", "--name", "prod"],
        &["synth", "--env", "ephemeral", "--ttl", "forever"],
        &["synth", "--env", "dev", "--quiet", "--verbose"],
        &["synth", "--env", "dev", "--project", "/nonexistent"],
        &["validate"],
        &["validate", "/nonexistent.xml"],
        &["validate", "/"],
        &["send", "/nonexistent.xml", "--env", "local"],
        &["local"],
        &["local", "dance"],
        &["trace", "--env", "local"],
    ] {
        let (code, stdout, stderr) = run(arguments);
        assert_eq!(code, 3, "{arguments:?}\n{stdout}\n{stderr}");
        assert_eq!(stdout, "", "{arguments:?}");
        assert_ne!(stderr, "", "{arguments:?}");
    }
}

#[test]
fn failures_in_json_are_one_document_on_stdout() {
    assert_eq!(
        error(&["nonsense", "--output", "json"])["error"]["code"],
        "usage"
    );
    let unknown = error(&["synth", "--env", "stagin", "--output=json"]);
    assert_eq!(unknown["error"]["code"], "environment.unknown");
    assert!(
        unknown["error"]["help"]
            .as_str()
            .unwrap()
            .contains("`staging`")
    );
}

#[test]
fn an_argument_that_is_not_utf_8_is_a_usage_error() {
    use std::os::unix::ffi::OsStrExt;
    let strange = std::ffi::OsStr::from_bytes(b"de\xffv");
    let output = provision()
        .args(["synth", "--output", "json", "--env"])
        .arg(strange)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["exit"], 3);
    assert_eq!(document["error"]["code"], "usage");
    let stderr = provision().arg(strange).output().unwrap();
    assert_eq!(stderr.status.code(), Some(3));
    assert!(!String::from_utf8_lossy(&stderr.stderr).contains("panicked"));
}

#[test]
fn without_credentials_for_the_account_nothing_is_written() {
    // Long before a call: the environment's account can't be confirmed without credentials.
    let document = error(&["down", "--env", "dev", "--yes", "--output", "json"]);
    assert_eq!(document["exit"], 3);
}

#[test]
fn a_protected_environment_refuses_down() {
    let document = error(&["down", "--env", "prod", "--yes", "--output", "json"]);
    assert_eq!(document["exit"], 3);
    assert_eq!(document["error"]["code"], "environment.protected");
}

#[cfg(feature = "aws")]
#[test]
fn down_starts_no_local_cloud_that_never_held_anything() {
    let state = tempfile::tempdir().unwrap();
    let output = provision()
        .env("PROVISION_STATE", state.path())
        .args(["down", "--env", "local", "--yes", "--output", "json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["deleted"], 0);
    assert!(!state.path().join("local/state.json").exists());
}

#[test]
fn synth_prints_a_template_the_same_every_time() {
    for environment in ["local", "dev", "staging", "prod", "ephemeral"] {
        let (code, first, _) = run(&["synth", "--env", environment, "--output", "json"]);
        assert_eq!(code, 0);
        let template: Value = serde_json::from_str(&first).unwrap();
        assert!(template["Resources"].is_object());
        assert_eq!(
            run(&["synth", "--env", environment, "--output", "json"]).1,
            first
        );
    }
}

#[test]
fn an_ephemeral_environment_has_a_name_of_its_own() {
    let (code, template, _) = run(&[
        "synth",
        "--env",
        "ephemeral",
        "--name",
        "pr-42",
        "--ttl",
        "4h",
        "--output",
        "json",
    ]);
    assert_eq!(code, 0);
    assert!(template.contains("invoicing-pr-42") || template.contains("\"pr-42\""));
    assert!(!template.contains("\"Value\":\"ephemeral\""));
}

#[test]
fn check_judges_every_environment() {
    let (code, stdout, _) = run(&["check", "--output", "json"]);
    let all: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 5);
    assert_eq!(code, 0, "{stdout}");
    let (code, stdout, _) = run(&["check", "--env", "prod", "--output", "json"]);
    assert_eq!(code, 0);
    let one: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(one["environment"], "prod");
    assert!(one["errors"].is_array() && one["warnings"].is_array());
}

#[test]
fn the_project_is_found_upward_and_not_elsewhere() {
    let from = |folder: &Path| {
        let output = provision()
            .current_dir(folder)
            .args(["check", "--env", "dev"])
            .output()
            .unwrap();
        output.status.code().unwrap()
    };
    assert_eq!(from(&root().join("stack/src")), 0);
    let elsewhere = tempfile::tempdir().unwrap();
    assert_eq!(from(elsewhere.path()), 3);
}

#[test]
fn a_wrong_environment_file_is_exit_3_with_its_line() {
    let project = tempfile::tempdir().unwrap();
    std::fs::write(project.path().join("Cargo.toml"), "").unwrap();
    let environments = project.path().join("environments");
    std::fs::create_dir(&environments).unwrap();
    let text = std::fs::read_to_string(root().join("environments/dev.yaml")).unwrap();
    let text = text.replace("batch_size: 10", "batch_size: ten");
    std::fs::write(environments.join("dev.yaml"), &text).unwrap();
    let line = text
        .lines()
        .position(|line| line.contains("batch_size"))
        .unwrap()
        + 1;
    let folder = project.path().to_str().unwrap();
    let document = error(&[
        "synth",
        "--env",
        "dev",
        "--project",
        folder,
        "--output",
        "json",
    ]);
    assert_eq!(document["exit"], 3);
    let message = document["error"]["message"].as_str().unwrap();
    assert!(
        message.contains(&format!("environments/dev.yaml:{line}:")),
        "{message}"
    );
}

#[test]
fn offline_diff_compares_with_the_snapshot_else_with_the_committed_template() {
    let project = tempfile::tempdir().unwrap();
    let at = project.path();
    std::fs::write(at.join("Cargo.toml"), "").unwrap();
    let environments = at.join("environments");
    std::fs::create_dir(&environments).unwrap();
    let text = std::fs::read_to_string(root().join("environments/dev.yaml")).unwrap();
    std::fs::write(environments.join("dev.yaml"), &text).unwrap();
    let folder = at.to_str().unwrap();
    let diff = [
        "diff",
        "--env",
        "dev",
        "--offline",
        "--project",
        folder,
        "--output",
        "json",
    ];
    assert_eq!(error(&diff)["error"]["code"], "diff.no-baseline");
    let (_, template, _) = run(&[
        "synth",
        "--env",
        "dev",
        "--project",
        folder,
        "--output",
        "json",
    ]);
    let snapshot = at.join(".provision/dev");
    std::fs::create_dir_all(&snapshot).unwrap();
    let name = "deployed.aws.111122223333.eu-central-1.json";
    std::fs::write(snapshot.join(name), template).unwrap();
    let (code, stdout, _) = run(&diff);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.contains(&format!("the snapshot .provision/dev/{name}")));
    // What AWS has says nothing of what the local cloud has.
    let mut locally = diff.to_vec();
    locally.extend(["--target", "local"]);
    assert_eq!(error(&locally)["error"]["code"], "diff.no-baseline");
    std::fs::write(
        environments.join("dev.yaml"),
        text.replace("max_receives: 3", "max_receives: 7"),
    )
    .unwrap();
    let (code, stdout, _) = run(&diff);
    assert_eq!(code, 2);
    let document: Value = serde_json::from_str(&stdout).unwrap();
    let changed = document["changes"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|change| change["properties"].as_array().unwrap())
        .find(|property| {
            property["path"]
                .as_str()
                .unwrap()
                .ends_with("maxReceiveCount")
        })
        .unwrap();
    assert_eq!(
        (&changed["before"], &changed["after"]),
        (&Value::from(3), &Value::from(7))
    );
}

#[test]
fn offline_diff_takes_the_committed_template_for_what_it_is() {
    let project = tempfile::tempdir().unwrap();
    let at = project.path();
    std::fs::write(at.join("Cargo.toml"), "").unwrap();
    let folders = [at.join("environments"), at.join("stack/tests/golden")];
    for folder in &folders {
        std::fs::create_dir_all(folder).unwrap();
    }
    std::fs::copy(
        root().join("environments/dev.yaml"),
        folders[0].join("dev.yaml"),
    )
    .unwrap();
    let folder = at.to_str().unwrap();
    let dev = ["--env", "dev", "--project", folder, "--output", "json"];
    // Nothing was packaged there: its template has placeholders, as a committed one has.
    let (_, template, _) = run(&[&["synth"], &dev[..]].concat());
    std::fs::write(folders[1].join("dev.template.json"), template).unwrap();
    let offline = [&["diff", "--offline"], &dev[..]].concat();
    let (code, stdout, stderr) = run(&offline);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("the committed template stack/tests/golden/dev.template.json"));
    // It is the template for AWS.
    let locally = [&offline[..], &["--target", "local"]].concat();
    let refusal = error(&locally);
    assert_eq!(refusal["error"]["code"], "diff.no-baseline");
    assert!(
        refusal["error"]["message"]
            .as_str()
            .unwrap()
            .contains("for another target")
    );
}

#[test]
fn an_ephemeral_environment_is_not_made_without_a_name() {
    for more in [&[][..], &["--ttl", "4h"]] {
        let mut arguments = vec!["up", "--env", "ephemeral", "--yes", "--output", "json"];
        arguments.extend(more);
        let refusal = error(&arguments);
        assert_eq!(refusal["exit"], 3);
        let help = refusal["error"]["help"].as_str().unwrap();
        assert!(help.contains("--name pr-42 --ttl 4h"));
    }
}

#[test]
fn environments_are_compared_with_each_other_whatever_their_accounts() {
    let (code, _, _) = run(&["diff", "--env", "dev", "--against", "dev"]);
    assert_eq!(code, 0);
    let (code, stdout, _) = run(&[
        "diff",
        "--env",
        "dev",
        "--against",
        "prod",
        "--output",
        "json",
    ]);
    assert_eq!(code, 2);
    let document: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(document["baseline"], "the template of prod");
    let changes = document["changes"].as_array().unwrap();
    let table = changes
        .iter()
        .find(|change| change["logical_id"] == "InvoicesTable")
        .unwrap();
    let properties = table["properties"].as_array().unwrap();
    let protection = properties
        .iter()
        .find(|property| property["path"] == "Properties.DeletionProtectionEnabled");
    assert!(protection.is_some(), "{table:#}");
    // Neither the account nor the tags make a difference of every resource.
    assert!(
        changes
            .iter()
            .all(|change| change["logical_id"] != "AuditThrottlesAlarm")
    );
    assert!(
        document["tags"]
            .as_array()
            .unwrap()
            .iter()
            .any(|tag| tag["key"] == "cost-centre")
    );
    for other in ["nowhere", "../dev"] {
        let arguments = [
            "diff",
            "--env",
            "dev",
            "--against",
            other,
            "--output",
            "json",
        ];
        assert_eq!(error(&arguments)["exit"], 3);
    }
}

#[test]
fn completions_and_the_manual_come_from_the_command_line_itself() {
    let (code, stdout, _) = run(&["completions", "bash"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("provision"));
    let (code, stdout, _) = run(&["man"]);
    assert_eq!(code, 0);
    assert!(stdout.contains(".TH provision"));
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let mut child = provision()
        .args(["synth", "--env", "prod"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn validate_judges_a_document_offline() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("invoice.xml");
    std::fs::write(&file, "").unwrap();
    let path = file.to_str().unwrap();
    assert_eq!(error(&["validate", path, "--output", "json"])["exit"], 3);
    std::fs::write(&file, "<Invoice").unwrap();
    assert_eq!(run(&["validate", path]).0, 3);
}
