//! The program with the real SDK client against a service that answers as told: the account is verified before anything
//! is written, and Ctrl-C ends it with 130.
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, clippy::panic)] // tests fail by panicking

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Answers every connection on its own thread, and keeps the names of the actions that were called.
fn service(account: Option<&'static str>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let actions = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&actions);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let seen = Arc::clone(&seen);
            std::thread::spawn(move || answer(stream, account, &seen));
        }
    });
    (url, actions)
}

fn answer(mut stream: TcpStream, account: Option<&str>, seen: &Mutex<Vec<String>>) {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while let Ok(count) = stream.read(&mut buffer) {
        if count == 0 {
            return;
        }
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"));
        if body.len() < length.map_or(0, |length| length.trim().parse().unwrap()) {
            continue;
        }
        let action = match body.split_once("Action=") {
            Some((_, rest)) => rest.split('&').next().unwrap_or_default().to_owned(),
            // Whatever else is looked for is nowhere.
            None if head.contains("x-amz-target:") => "DescribeNothing".to_owned(),
            None => "GetNothing".to_owned(),
        };
        seen.lock().unwrap().push(action.clone());
        text.clear();
        let Some(account) = account else {
            // Never answers.
            continue;
        };
        let (status, body) = if action == "GetCallerIdentity" {
            let identity = format!(
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                 <Arn>arn:aws:iam::{account}:root</Arn><UserId>u</UserId><Account>{account}</Account>\
                 </GetCallerIdentityResult></GetCallerIdentityResponse>"
            );
            ("200 OK", identity)
        } else if action == "DescribeNothing" {
            ("200 OK", "{}".to_owned())
        } else if action == "GetNothing" {
            let error = "<Error><Code>NoSuchBucket</Code><Message>no such bucket</Message></Error>";
            ("404 Not Found", error.to_owned())
        } else {
            let error = "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id \
                         invoicing-dev does not exist</Message></Error></ErrorResponse>";
            ("400 Bad Request", error.to_owned())
        };
        let reply = format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}

fn down(url: &str) -> Child {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    Command::new(env!("CARGO_BIN_EXE_provision"))
        .args(["down", "--env", "dev", "--yes", "--output", "json"])
        .current_dir(root)
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "none")
        .env("AWS_CONFIG_FILE", "/nonexistent")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        .env_remove("AWS_PROFILE")
        .env_remove("PROVISION_STATE")
        .env_remove("PROVISION_ENVIRONMENTS")
        .env_remove("AWS_SESSION_TOKEN")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn ended(child: Child) -> (Option<i32>, serde_json::Value) {
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let document = serde_json::from_str(&stdout).unwrap_or_else(|e| panic!("{e}: {stdout}"));
    (output.status.code(), document)
}

#[test]
fn credentials_of_another_account_are_refused_before_any_write() {
    let (url, actions) = service(Some("999999999999"));
    let (code, document) = ended(down(&url));
    assert_eq!(code, Some(3), "{document}");
    assert_eq!(document["error"]["code"], "aws.wrong-account");
    let actions = actions.lock().unwrap();
    assert!(actions.iter().any(|action| action == "GetCallerIdentity"));
    let reads = |action: &String| action.starts_with("Get") || action.starts_with("Describe");
    assert!(actions.iter().all(reads), "{actions:?}");
}

#[test]
fn an_absent_stack_of_the_right_account_is_nothing_to_delete() {
    let (url, _) = service(Some("111122223333"));
    let (code, document) = ended(down(&url));
    assert_eq!(code, Some(0), "{document}");
    assert_eq!(document["deleted"], 0);
    assert_eq!(document["left"], serde_json::json!([]));
}

#[test]
fn ctrl_c_ends_with_130() {
    let (url, actions) = service(None);
    let child = down(&url);
    for _ in 0..500 {
        if !actions.lock().unwrap().is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupt.success());
    let (code, document) = ended(child);
    assert_eq!(code, Some(130));
    assert_eq!(document["error"]["code"], "interrupted");
}
