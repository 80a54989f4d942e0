//! One state by itself: its type, its ways out, its numbers, and in which order it handles errors.

use serde_json::Value;

use super::texts;
use crate::asl::faults::ErrorName;
use crate::finding::{Code, Finding};

/// The longest time that the language knows, in seconds.
const LONGEST: u64 = 99_999_999;
/// A retrier's longest wait is below this, in seconds: 366 days.
const LONGEST_DELAY: u64 = 31_622_400;

pub(super) fn judge(name: &str, state: &Value, path: &str, findings: &mut Vec<Finding>) {
    if state.is_array() {
        return; // named twice: said already
    }
    let mut invalid = |member: &str, problem: String| {
        let finding = Finding::error(Code::InvalidState, format!("{name} {problem}"));
        findings.push(finding.path(format!("{path}{member}")));
    };
    let kind = state["Type"].as_str().unwrap_or_default();
    let ways = [&state["Next"], &state["End"]];
    let ways = ways.iter().filter(|way| !way.is_null()).count();
    match kind {
        "Task" | "Pass" | "Wait" | "Parallel" | "Map" if ways != 1 => {
            invalid("", format!("has {ways} of Next and End: it wants one"));
        }
        "Choice" | "Succeed" | "Fail" if ways != 0 => {
            invalid("", format!("is a {kind}, which has neither Next nor End"));
        }
        "Task" | "Pass" | "Wait" | "Parallel" | "Map" | "Choice" | "Succeed" | "Fail" => {}
        other => invalid(
            ".Type",
            format!("has the type {other:?}, which isn't in the language"),
        ),
    }
    for (member, least) in [
        ("TimeoutSeconds", 1),
        ("HeartbeatSeconds", 1),
        ("Seconds", 0),
    ] {
        let value = &state[member];
        if !value.is_null() && !within(value, least, LONGEST) {
            let problem = format!("has {member} {value}: {least} to {LONGEST} whole seconds");
            invalid(&format!(".{member}"), problem);
        }
    }
    let (beat, most) = (
        state["HeartbeatSeconds"].as_u64(),
        state["TimeoutSeconds"].as_u64(),
    );
    if beat.zip(most).is_some_and(|(beat, most)| beat >= most) {
        let problem = "has a heartbeat no shorter than its timeout: it would never be missed";
        invalid(".HeartbeatSeconds", problem.to_owned());
    }
    for (i, retrier) in state["Retry"].as_array().into_iter().flatten().enumerate() {
        if let Some(problem) = retrier_problem(retrier) {
            invalid(&format!(".Retry.{i}"), format!("retries {problem}"));
        }
    }
    if kind == "Choice" {
        choice(name, state, path, findings);
    }
    if kind == "Wait" {
        wait(name, state, path, findings);
    }
    for list in ["Retry", "Catch"] {
        catch_all(name, list, state, path, findings);
    }
}

fn within(value: &Value, least: u64, most: u64) -> bool {
    value.as_u64().is_some_and(|n| (least..=most).contains(&n))
}

fn retrier_problem(retrier: &Value) -> Option<String> {
    let set = |member: &str| Some(&retrier[member]).filter(|value| !value.is_null());
    if texts(&retrier["ErrorEquals"]).is_empty() {
        return Some("on no error: name one".to_owned());
    }
    if let Some(value) = set("IntervalSeconds").filter(|value| !within(value, 1, LONGEST)) {
        return Some(format!("after {value} s: 1 to {LONGEST} whole seconds"));
    }
    if let Some(value) = set("MaxAttempts").filter(|value| !within(value, 0, LONGEST)) {
        return Some(format!("{value} times: a whole number up to {LONGEST}"));
    }
    let slower = |value: &&Value| value.as_f64().is_none_or(|factor| factor < 1.0);
    if let Some(value) = set("BackoffRate").filter(slower) {
        return Some(format!("each time {value} times later: 1 or more"));
    }
    let first = retrier["IntervalSeconds"].as_u64().unwrap_or(1);
    let value =
        set("MaxDelaySeconds").filter(|value| !within(value, first + 1, LONGEST_DELAY - 1))?;
    Some(format!(
        "with waits up to {value} s: above the first, {first} s, and below {LONGEST_DELAY} s"
    ))
}

fn choice(name: &str, state: &Value, path: &str, findings: &mut Vec<Finding>) {
    let mut say = |problem: &str| {
        let message = format!("the choice {name} {problem}");
        findings.push(Finding::error(Code::ChoiceWithoutDefault, message).path(path));
    };
    if !state["Default"].is_string() {
        say(
            "has no Default: an execution that fits no choice would fail as States.NoChoiceMatched",
        );
    }
    if state["Choices"].as_array().is_none_or(Vec::is_empty) {
        say("has nothing to choose from");
    }
}

fn wait(name: &str, state: &Value, path: &str, findings: &mut Vec<Finding>) {
    let forms = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"];
    let used: Vec<&str> = forms
        .into_iter()
        .filter(|form| !state[*form].is_null())
        .collect();
    if used.len() != 1 {
        let message = format!("the wait {name} has {used:?}: it wants exactly one of {forms:?}");
        findings.push(Finding::error(Code::AmbiguousWait, message).path(path));
    }
}

/// `States.ALL` is alone in its list of names, and in the last element.
fn catch_all(name: &str, list: &str, state: &Value, path: &str, findings: &mut Vec<Finding>) {
    let elements: Vec<Vec<&str>> = state[list]
        .as_array()
        .into_iter()
        .flatten()
        .map(|element| texts(&element["ErrorEquals"]))
        .collect();
    for (i, names) in elements.iter().enumerate() {
        let all = names.contains(&ErrorName::All.as_str());
        if all && (names.len() > 1 || i + 1 < elements.len()) {
            let message = format!(
                "{name} names States.ALL in {list}.{i}: it must be alone there, and that the last of {list}"
            );
            findings.push(
                Finding::error(Code::MisplacedCatchAll, message).path(format!("{path}.{list}.{i}")),
            );
        }
    }
}
