//! Tasks: their failures are tried again and then caught; and callbacks, which wait for people, ask them once, for a
//! time, and go on when it is up.

use serde_json::Value;

use super::texts;
use crate::asl::faults::{ErrorName, LAMBDA_SERVICE_ERRORS};
use crate::asl::task::{holds_token, is_callback};
use crate::finding::{Code, Finding};

pub(super) fn judge(name: &str, state: &Value, path: &str, findings: &mut Vec<Finding>) {
    for (list, without) in [
        (
            "Retry",
            "a passing fault of the service would fail it at once",
        ),
        (
            "Catch",
            "its failure would end the execution in no declared outcome",
        ),
    ] {
        if state[list].as_array().is_none_or(Vec::is_empty) {
            let message = format!("the task {name} has no {list}: {without}");
            findings.push(Finding::error(Code::UnguardedTask, message).path(path));
        }
    }
    if is_callback(&state["Resource"]) {
        callback(name, state, path, findings);
    }
}

fn callback(name: &str, state: &Value, path: &str, findings: &mut Vec<Finding>) {
    let mut say = |member: &str, problem: String| {
        let finding = Finding::error(
            Code::UnsafeCallback,
            format!("the callback {name} {problem}"),
        );
        findings.push(finding.path(format!("{path}{member}")));
    };
    if !holds_token(&state["Parameters"]) {
        let problem = "passes no $$.Task.Token: nobody could ever answer it";
        say(".Parameters", problem.to_owned());
    }
    if state["TimeoutSeconds"].is_null() && state["TimeoutSecondsPath"].is_null() {
        say(
            "",
            "has no timeout: an answer that never comes holds it for ever".to_owned(),
        );
    }
    for (i, retrier) in state["Retry"].as_array().into_iter().flatten().enumerate() {
        let others = texts(&retrier["ErrorEquals"]);
        let others: Vec<&str> = others
            .into_iter()
            .filter(|name| !is_of_a_service(name, &state["Resource"]))
            .collect();
        if !others.is_empty() {
            let problem = format!(
                "retries {others:?}: it would ask again under a second token; catch them instead"
            );
            say(&format!(".Retry.{i}"), problem);
        }
    }
    let catches = state["Catch"].as_array().into_iter().flatten();
    let caught = [ErrorName::Timeout.as_str(), ErrorName::All.as_str()];
    let caught = catches
        .flat_map(|catch| texts(&catch["ErrorEquals"]))
        .any(|name| caught.contains(&name));
    if !caught {
        say(
            "",
            "doesn't catch States.Timeout: nobody is reminded when the time is up".to_owned(),
        );
    }
}

/// Whether it is the called service that reports this error, not the function in it and not Step Functions itself:
/// `Sqs.SqsException`. What Lambda's function raises may look the same, so Lambda's own errors are listed.
fn is_of_a_service(error: &str, resource: &Value) -> bool {
    if resource.to_string().contains(":lambda:") {
        return LAMBDA_SERVICE_ERRORS.contains(&error);
    }
    let service = error.split_once('.').map(|(service, _)| service);
    service.is_some_and(|service| service != "States")
}
