//! The real emulator, installed once below cargo's target folder, started and stopped.
//!
//! One test, since all of it is about one emulator: each step is a function named after what it shows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests may"
)]

use local_cloud::{Beginning, Paths, Stopped, credentials, reset, start, status, stop};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

#[tokio::test]
async fn the_local_cloud_starts_answers_resumes_and_leaves_no_process() {
    let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("local-cloud");

    let paths = Paths::of(&state).unwrap();
    // Of an earlier run that failed half-way.
    stop(&paths, &mut |_| ()).await.unwrap();
    reset(&paths, &mut |_| ()).await.unwrap();

    start_serves_on_loopback_and_is_idempotent(&paths).await;
    concurrent_starts_yield_one_emulator(&paths).await;
    local_stop_saves_and_the_next_start_resumes_on_the_same_port(&paths).await;
    an_emulator_of_another_version_is_replaced_and_its_state_kept(&paths).await;
    a_killed_emulator_is_restarted_empty_and_says_so(&paths).await;
    local_reset_empties_a_running_emulator_and_our_caches(&paths).await;
    local_stop_leaves_no_process(&paths).await;
}

async fn start_serves_on_loopback_and_is_idempotent(paths: &Paths) {
    let mut said = Vec::new();
    let first = start(paths, &mut |line| said.push(line.to_owned()))
        .await
        .unwrap();
    assert_eq!(first.beginning, Beginning::Empty, "{said:?}");
    assert!(first.status.running);
    assert!(
        first
            .status
            .endpoint
            .as_deref()
            .unwrap()
            .starts_with("http://127.0.0.1:")
    );
    let second = start(paths, &mut |line| {
        panic!("it had nothing to do and said: {line}")
    })
    .await
    .unwrap();
    assert_eq!(second.beginning, Beginning::AlreadyRunning);
    assert_eq!(second.status, first.status);
    assert_eq!(status(paths).await.unwrap(), first.status);
}

async fn concurrent_starts_yield_one_emulator(paths: &Paths) {
    stop(paths, &mut |_| ()).await.unwrap();
    let (mut quiet, mut silent) = (|_: &str| (), |_: &str| ());
    let (one, other) = tokio::join!(start(paths, &mut quiet), start(paths, &mut silent));
    assert_eq!(one.unwrap().status, other.unwrap().status);
    assert_eq!(processes_within(paths).len(), 1);
}

async fn local_stop_saves_and_the_next_start_resumes_on_the_same_port(paths: &Paths) {
    let before = status(paths).await.unwrap();
    make_queue(before.endpoint.as_deref().unwrap(), "kept");
    assert_eq!(stop(paths, &mut |_| ()).await.unwrap(), Stopped::Saved);
    assert!(!status(paths).await.unwrap().running);
    assert_eq!(processes_within(paths), Vec::<String>::new());
    let after = start(paths, &mut |_| ()).await.unwrap();
    assert_eq!(after.beginning, Beginning::Resumed);
    assert_eq!(after.status.endpoint, before.endpoint);
    assert_ne!(after.status.pid, before.pid);
    assert!(queues(after.status.endpoint.as_deref().unwrap()).contains("kept"));
}

async fn an_emulator_of_another_version_is_replaced_and_its_state_kept(paths: &Paths) {
    let before = status(paths).await.unwrap();
    let record = paths.root().join("state.json");
    let text = std::fs::read_to_string(&record).unwrap();
    assert!(text.contains(local_cloud::VERSION));
    std::fs::write(&record, text.replace(local_cloud::VERSION, "0.0.1")).unwrap();
    let mut said = String::new();
    let started = start(paths, &mut |line| said.push_str(line)).await.unwrap();
    assert!(said.contains("replacing the local cloud 0.0.1"), "{said}");
    assert_eq!(started.beginning, Beginning::Resumed);
    assert_eq!(started.status.version, local_cloud::VERSION);
    assert_ne!(started.status.pid, before.pid);
    assert!(queues(started.status.endpoint.as_deref().unwrap()).contains("kept"));
    assert_eq!(processes_within(paths).len(), 1);
}

async fn a_killed_emulator_is_restarted_empty_and_says_so(paths: &Paths) {
    let killed = status(paths).await.unwrap().pid.unwrap().to_string();
    assert!(
        Command::new("kill")
            .args(["-KILL", &killed])
            .status()
            .unwrap()
            .success()
    );
    while status(paths).await.unwrap().running {
        tokio::task::yield_now().await;
    }
    let mut said = String::new();
    let started = start(paths, &mut |line| said.push_str(line)).await.unwrap();
    assert_eq!(started.beginning, Beginning::StateLost);
    assert!(said.contains("died without saving"), "{said}");
    assert!(!queues(started.status.endpoint.as_deref().unwrap()).contains("kept"));
}

async fn local_reset_empties_a_running_emulator_and_our_caches(paths: &Paths) {
    let running = status(paths).await.unwrap();
    let endpoint = running.endpoint.as_deref().unwrap();
    make_queue(endpoint, "forgotten");
    assert!(queues(endpoint).contains("forgotten"));
    let cache = paths.root().join("baseline.json");
    std::fs::write(&cache, "{}").unwrap();
    assert_eq!(
        reset(paths, &mut |_| ()).await.unwrap(),
        running,
        "it keeps running"
    );
    assert!(!queues(endpoint).contains("forgotten"));
    assert!(!cache.exists());
    assert!(paths.python().exists(), "the installation stays");
}

async fn local_stop_leaves_no_process(paths: &Paths) {
    // A function that outlives its emulator: a process of the same group, running a file in the emulator's folder.
    let pid = status(paths).await.unwrap().pid.unwrap();
    let orphan = paths.temporary().join("bootstrap");
    std::fs::write(&orphan, "#!/bin/sh\nwhile :; do sleep 1; done\n").unwrap();
    let mut function = {
        use std::os::unix::process::CommandExt;
        Command::new("/bin/sh")
            .arg(&orphan)
            .process_group(pid.cast_signed())
            .spawn()
            .unwrap()
    };
    assert_eq!(processes_within(paths).len(), 2);
    assert_eq!(stop(paths, &mut |_| ()).await.unwrap(), Stopped::Saved);
    function.wait().unwrap();
    assert_eq!(processes_within(paths), Vec::<String>::new());
    assert_eq!(stop(paths, &mut |_| ()).await.unwrap(), Stopped::NotRunning);
}

/// The command lines of the living processes that name the local cloud's folder, as `ps` sees them.
fn processes_within(paths: &Paths) -> Vec<String> {
    let output = Command::new("ps")
        .args(["-A", "-ww", "-o", "pid=,stat=,command="])
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter(|line| line.contains(paths.root().to_str().unwrap()))
        .filter(|line| !line.split_whitespace().nth(1).unwrap().starts_with('Z'))
        .map(str::to_owned)
        .collect()
}

fn make_queue(endpoint: &str, name: &str) {
    let answer = call(
        endpoint,
        "CreateQueue",
        &format!(r#"{{"QueueName":"{name}"}}"#),
    );
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

fn queues(endpoint: &str) -> String {
    call(endpoint, "ListQueues", "{}")
}

/// One call of SQS as the administrator, whose signature the emulator does not check.
fn call(endpoint: &str, action: &str, body: &str) -> String {
    let host = endpoint.strip_prefix("http://").unwrap();
    let key = credentials(local_cloud::DEFAULT_ACCOUNT).access_key_id;
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.{action}\r\nX-Amz-Date: 20260101T000000Z\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={key}/20260101/eu-central-1/sqs/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature=00\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
