//! Environments that come and go: many at once without interference, renewed, listed, and taken down when their time is
//! over. They share the account of `environments/ephemeral.yaml`; whoever reaps, reaps in an account of its own.

use crate::environment::program;
use e2e::{Clients, Program, account_of};
use serde_json::{Value, json};
use std::thread;

fn on<'a>(name: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    let mut all = args.to_vec();
    all.extend(["--env", "ephemeral", "--name", name, "--target", "local"]);
    all
}

fn json_of(program: &Program, args: &[&str], codes: &[i32]) -> Value {
    program
        .json(args, codes)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The rows of `list` by name.
fn listed(program: &Program, name: &str) -> Option<Value> {
    let rows = json_of(
        program,
        &["list", "--env", "ephemeral", "--target", "local"],
        &[0],
    );
    rows.as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"] == name)
        .cloned()
}

/// The program with the file of ephemeral environments in an account that nobody else uses.
fn in_account(account: &str) -> (Program, tempfile::TempDir) {
    let program = program();
    let folder = tempfile::tempdir().unwrap();
    let own = account_of(&program, "ephemeral").unwrap();
    let path = program.project().join("environments/ephemeral.yaml");
    let file = std::fs::read_to_string(path)
        .unwrap()
        .replace(&own, account);
    std::fs::write(folder.path().join("ephemeral.yaml"), file).unwrap();
    (program.with_environments(folder.path()), folder)
}

#[test]
fn eight_at_once_come_and_go_without_interference() {
    let program = program();
    let longest = "eight-is-as-long-as-a-name-can-b";
    let names = [
        "one", "two", "three", "four", "five", "six", "seven", longest,
    ];
    assert_eq!(longest.len(), 32);
    let all = |args: &'static [&'static str]| -> Vec<Value> {
        thread::scope(|scope| {
            let running: Vec<_> = names
                .map(|name| {
                    let program = &program;
                    scope.spawn(move || json_of(program, &on(name, args), &[0]))
                })
                .into();
            running.into_iter().map(|run| run.join().unwrap()).collect()
        })
    };
    let ups = all(&["up", "--ttl", "1h", "--yes"]);
    let stacks: std::collections::BTreeSet<&str> = ups
        .iter()
        .map(|up| up["stack"]["id"].as_str().unwrap())
        .collect();
    assert_eq!(stacks.len(), names.len());
    for up in &ups {
        assert_eq!(up["stack"]["status"], "CREATE_COMPLETE");
    }
    // One goes, the others stay as they were.
    json_of(&program, &on("one", &["down", "--yes"]), &[0]);
    assert_eq!(listed(&program, "one"), None);
    for name in &names[1..] {
        assert!(listed(&program, name).is_some(), "{name}");
    }
    assert_eq!(
        json_of(&program, &on("two", &["diff"]), &[0])["changes"],
        json!([])
    );
    for down in all(&["down", "--yes"]) {
        assert_eq!(down["left"], json!([]));
    }
    for name in names {
        assert_eq!(listed(&program, name), None);
    }
}

#[test]
fn a_second_up_keeps_the_expiry_and_another_life_time_renews_it() {
    let program = program();
    let up = |ttl: &str| {
        let up = json_of(
            &program,
            &on("renewed", &["up", "--ttl", ttl, "--yes"]),
            &[0],
        );
        assert_eq!(up["changes"]["replace"], 0);
        let row = listed(&program, "renewed").unwrap();
        assert_eq!(row["stack"], "invoicing-renewed");
        assert_eq!(row["owner"], "root");
        assert_eq!(row["drift"], "not_checked");
        assert!(row["created"].is_string() && row["status"].is_string());
        row["expires"].as_str().unwrap().to_owned()
    };
    let first = up("1h");
    assert_eq!(up("1h"), first);
    let renewed = up("30d");
    assert!(renewed > first, "{renewed} {first}");
    let diff = json_of(&program, &on("renewed", &["diff"]), &[0]);
    assert_eq!(diff["tags"], json!([]));
    json_of(&program, &on("renewed", &["down", "--yes"]), &[0]);
}

#[test]
fn what_cannot_be_an_ephemeral_environment_is_refused() {
    let program = program();
    let refused = |args: &[&str], code: &str| {
        let answer = json_of(&program, args, &[3]);
        assert_eq!(answer["error"]["code"], code, "{answer}");
    };
    let too_long = "n".repeat(33);
    for name in ["PR-1", "1a", "a_b", "a-", too_long.as_str()] {
        refused(&on(name, &["up", "--yes"]), "usage.name");
    }
    refused(&on("dev", &["up", "--yes"]), "usage.name");
    refused(&on("pr-1", &["up", "--yes", "--ttl", "31d"]), "usage.ttl");
    let nameless = ["up", "--yes", "--env", "ephemeral", "--target", "local"];
    refused(&nameless, "usage.ephemeral");
}

#[tokio::test]
async fn the_expired_go_and_whatever_is_not_known_for_certain_stays() {
    let (program, _folder) = in_account("888888888888");
    let clients = Clients::of(&program, "888888888888").unwrap();
    for name in ["old", "young"] {
        json_of(&program, &on(name, &["up", "--yes"]), &[0]);
    }
    // Nobody can wait for an expiry here: it is moved into the past, as time would.
    let tags = |stack: &str| {
        let cloudformation = clients.cloudformation.clone();
        let stack = stack.to_owned();
        async move {
            let told = cloudformation
                .describe_stacks()
                .stack_name(stack)
                .send()
                .await;
            told.unwrap().stacks()[0].tags().to_vec()
        }
    };
    let past = "2020-01-01T00:00:00Z";
    let moved: Vec<_> = tags("invoicing-old")
        .await
        .into_iter()
        .map(|tag| match tag.key() {
            Some("expires") => aws_sdk_cloudformation::types::Tag::builder()
                .key("expires")
                .value(past)
                .build(),
            _ => tag,
        })
        .collect();
    let capability = aws_sdk_cloudformation::types::Capability::CapabilityNamedIam;
    clients
        .cloudformation
        .update_stack()
        .stack_name("invoicing-old")
        .use_previous_template(true)
        .capabilities(capability)
        .set_tags(Some(moved))
        .send()
        .await
        .unwrap();
    // A stack that only looks like one of ours.
    let queue = json!({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}).to_string();
    clients
        .cloudformation
        .create_stack()
        .stack_name("invoicing-foreign")
        .template_body(queue)
        .tags(
            aws_sdk_cloudformation::types::Tag::builder()
                .key("expires")
                .value(past)
                .build(),
        )
        .send()
        .await
        .unwrap();
    let place = ["--env", "ephemeral", "--target", "local"];
    let reap = |more: &[&'static str]| {
        let mut args = vec!["reap"];
        args.extend(place);
        args.extend(more);
        args
    };
    // Without a word from anybody nothing goes.
    json_of(&program, &reap(&[]), &[3]);
    assert_eq!(listed(&program, "old").unwrap()["expires"], past);
    let answer = json_of(&program, &reap(&["--yes"]), &[0]);
    let reaped = answer["reaped"].as_array().unwrap();
    assert_eq!(reaped.len(), 1, "{answer}");
    assert_eq!(reaped[0]["environment"], "old");
    assert_eq!(reaped[0]["left"], json!([]));
    let reason = |name: &str| {
        let skipped = answer["skipped"].as_array().unwrap();
        let found = skipped.iter().find(|row| row["name"] == name);
        found.unwrap_or_else(|| panic!("{name} in {answer}"))["reason"].clone()
    };
    assert!(reason("young").as_str().unwrap().contains("lives until"));
    let foreign = reason("invoicing-foreign");
    assert!(foreign.as_str().unwrap().contains("didn't make it"));
    assert_eq!(listed(&program, "old"), None);
    assert!(listed(&program, "young").is_some());
    assert_eq!(listed(&program, "foreign"), None);
    let again = json_of(&program, &reap(&["--yes"]), &[0]);
    assert_eq!(again["reaped"], json!([]));
    json_of(&program, &on("young", &["down", "--yes"]), &[0]);
    // Nor does `down` take what somebody else made.
    let refusal = json_of(&program, &on("foreign", &["down", "--yes"]), &[3]);
    assert_eq!(refusal["error"]["code"], "stack.foreign");
}

#[test]
fn a_well_environment_and_an_absent_one_need_no_recovery() {
    let program = program();
    let of = |name: &str| json_of(&program, &on(name, &["recover", "--yes"]), &[0]);
    assert_eq!(
        of("nowhere"),
        json!({"environment": "nowhere", "from": "ABSENT", "action": "none", "to": "ABSENT"})
    );
    json_of(&program, &on("well", &["up", "--yes"]), &[0]);
    let answer = of("well");
    assert_eq!(answer["action"], "none");
    assert_eq!(answer["from"], answer["to"]);
    json_of(&program, &on("well", &["down", "--yes"]), &[0]);
}

#[tokio::test]
async fn recover_gets_out_of_a_failed_creation_and_a_left_over_change_set() {
    let program = program();
    let clients = Clients::of(&program, &account_of(&program, "ephemeral").unwrap()).unwrap();
    let cloudformation = &clients.cloudformation;
    let recovered = |name: &str| json_of(&program, &on(name, &["recover", "--yes"]), &[0]);
    // A condition that nobody meets: the creation fails after a second.
    let failing = json!({"Resources": {
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Never": {"Type": "AWS::CloudFormation::WaitCondition",
            "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "1"}}}});
    cloudformation
        .create_stack()
        .stack_name("invoicing-failed")
        .template_body(failing.to_string())
        .send()
        .await
        .unwrap();
    let failed = crate::environment::eventually("the rollback", || async {
        let told = cloudformation
            .describe_stacks()
            .stack_name("invoicing-failed");
        let told = told.send().await.unwrap();
        let status = told.stacks()[0].stack_status().unwrap().as_str().to_owned();
        (status == "ROLLBACK_COMPLETE").then_some(status)
    })
    .await;
    // `up` can't go on from there, and says so.
    let stuck = json_of(&program, &on("failed", &["up", "--yes"]), &[4]);
    assert_eq!(stuck["error"]["code"], "stack.stuck");
    assert_eq!(
        recovered("failed"),
        json!({"environment": "failed", "from": failed, "action": "delete", "to": "ABSENT"})
    );
    let queue = json!({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}).to_string();
    cloudformation
        .create_change_set()
        .stack_name("invoicing-shell")
        .change_set_name("left-over")
        .change_set_type(aws_sdk_cloudformation::types::ChangeSetType::Create)
        .template_body(queue)
        .send()
        .await
        .unwrap();
    let answer = recovered("shell");
    assert_eq!(
        (&answer["from"], &answer["to"]),
        (&json!("REVIEW_IN_PROGRESS"), &json!("ABSENT"))
    );
    for name in ["failed", "shell"] {
        assert_eq!(recovered(name)["from"], "ABSENT");
    }
}
