//! Deploying: a second `up` changes nothing, `diff` tells the truth, a killed `up` converges, `down` leaves nothing.

use crate::environment::{Document, apart, renamed, shared};
use e2e::Clients;
use serde_json::Value;
use std::time::Duration;

#[test]
fn a_second_up_changes_nothing_and_runs_no_cargo() {
    let environment = shared();
    let run = environment
        .run(&["up", "--yes", "--output", "json"])
        .expect(&[0])
        .unwrap_or_else(|e| panic!("{e}"));
    let answer = run.document().unwrap();
    for kind in ["add", "modify", "replace", "remove"] {
        assert_eq!(answer["changes"][kind], 0, "{run}");
    }
    assert!(
        !run.stderr.contains("Compiling") && !run.stderr.contains("Finished"),
        "{run}"
    );
}

#[test]
fn diff_is_empty_after_up_and_names_an_edited_value() {
    let environment = shared();
    assert_eq!(
        environment.json(&["diff"], &[0])["changes"],
        serde_json::json!([])
    );
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read_to_string(
        environment
            .program
            .project()
            .join("environments/local.yaml"),
    )
    .unwrap();
    let edited = good.replace("max_receives: 3", "max_receives: 4");
    assert_ne!(edited, good);
    std::fs::write(folder.path().join("local.yaml"), edited).unwrap();
    let program = environment.program.with_environments(folder.path());
    let answer = program
        .json(&["diff", "--env", "local"], &[2])
        .unwrap_or_else(|error| panic!("{error}"));
    let changes = answer["changes"].as_array().unwrap();
    let queue = changes
        .iter()
        .find(|change| change["logical_id"] == "ValidationQueue")
        .unwrap();
    assert_eq!(queue["action"], "modify");
    let property = &queue["properties"][0];
    assert!(
        property["path"]
            .as_str()
            .unwrap()
            .contains("maxReceiveCount"),
        "{queue:#}"
    );
    assert_eq!(
        (&property["before"], &property["after"]),
        (&Value::from(3), &Value::from(4))
    );
}

/// Everything that can be listed in an account, except what the bootstrap stack keeps.
async fn left_over(clients: &Clients) -> Vec<String> {
    let mut left = Vec::new();
    let stacks = clients
        .cloudformation
        .describe_stacks()
        .send()
        .await
        .unwrap();
    left.extend(
        stacks
            .stacks()
            .iter()
            .filter_map(|s| s.stack_name().map(str::to_owned)),
    );
    let tables = clients.dynamodb.list_tables().send().await.unwrap();
    left.extend(tables.table_names().iter().cloned());
    let functions = clients.lambda.list_functions().send().await.unwrap();
    left.extend(
        functions
            .functions()
            .iter()
            .filter_map(|f| f.function_name().map(str::to_owned)),
    );
    let queues = clients.sqs.list_queues().send().await.unwrap();
    left.extend(queues.queue_urls().iter().cloned());
    let buckets = clients.s3.list_buckets().send().await.unwrap();
    left.extend(
        buckets
            .buckets()
            .iter()
            .filter_map(|b| b.name().map(str::to_owned)),
    );
    let roles = clients.iam.list_roles().send().await.unwrap();
    left.extend(roles.roles().iter().map(|r| r.role_name().to_owned()));
    let topics = clients.sns.list_topics().send().await.unwrap();
    left.extend(
        topics
            .topics()
            .iter()
            .filter_map(|t| t.topic_arn().map(str::to_owned)),
    );
    let buses = clients.eventbridge.list_event_buses().send().await.unwrap();
    let own = |name: &&str| *name != "default";
    left.extend(
        buses
            .event_buses()
            .iter()
            .filter_map(|b| b.name())
            .filter(own)
            .map(str::to_owned),
    );
    let archives = clients.eventbridge.list_archives().send().await.unwrap();
    left.extend(
        archives
            .archives()
            .iter()
            .filter_map(|a| a.archive_name().map(|name| format!("archive {name}"))),
    );
    left.retain(|name| {
        !name.contains("provision-bootstrap") && !name.contains("provision-artifacts")
    });
    left
}

#[tokio::test]
async fn down_after_use_leaves_nothing() {
    let environment = apart("gone", "666666666666");
    let trace = environment.settle(&Document::numbered("invoice.xml", "DOWN"));
    assert_eq!(trace["status"], "PAID");
    assert!(!left_over(&environment.clients()).await.is_empty());
    let answer = environment.json(&["down", "--yes"], &[0]);
    assert_eq!(answer["left"], serde_json::json!([]));
    assert_eq!(
        left_over(&environment.clients()).await,
        Vec::<String>::new()
    );
    environment.json(&["down", "--yes"], &[0]);
}

/// `up` is killed after more and more time; the next one takes over wherever it was.
#[tokio::test]
async fn a_killed_up_is_finished_by_the_next() {
    let (program, _folder) = renamed("killed", "777777777777");
    let up = [
        "up", "--env", "killed", "--target", "local", "--yes", "--output", "json",
    ];
    for milliseconds in [20, 60, 120, 200, 300, 450, 700] {
        let mut child = program.spawn_quiet(&up).unwrap();
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        let _ = child.kill();
        child.wait().unwrap();
    }
    let run = program
        .run(&up)
        .unwrap()
        .expect(&[0])
        .unwrap_or_else(|error| panic!("{error}"));
    let status = &run.document().unwrap()["stack"]["status"];
    assert!(status.as_str().unwrap().ends_with("_COMPLETE"), "{run}");
    let diff = program
        .run(&["diff", "--env", "killed", "--target", "local"])
        .unwrap();
    assert_eq!(diff.code, 0, "{diff}");
    let down = program
        .run(&["down", "--env", "killed", "--target", "local", "--yes"])
        .unwrap();
    assert_eq!(down.code, 0, "{down}");
    let clients = Clients::of(&program, "777777777777").unwrap();
    assert_eq!(left_over(&clients).await, Vec::<String>::new());
}
