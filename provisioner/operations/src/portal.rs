//! Talking to the portal's API: when to try again, and what its answers mean. The wire is the port's business.

use crate::failure::Failure;
use crate::ports::{ApiRequest, ApiResponse, Method, NoAnswer, Pace, PortalApi};
use contracts::ids::Sha256Hex;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long one submission is tried for.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
/// First pause between two tries; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often a request that never leaves, or meets a fault of the service (500), is tried: neither passes by waiting.
const HOPELESS_TRIES: u32 = 3;

/// Header of an answer that the API gave before to the same request.
const REPLAYED: &str = "idempotency-replayed";

/// What the API accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub id: String,
    pub correlation_id: Option<String>,
    /// It was accepted before, or stands already.
    pub replayed: bool,
}

/// A `POST` whose key is derived from its body: the same bytes are one submission, however often they are sent (R12).
pub(crate) fn submission(path: &str, media_type: &str, body: Vec<u8>) -> ApiRequest {
    let key = Sha256Hex::of(&body).to_string();
    post(path, media_type, key, body)
}

/// A `POST` that is about a version of what it changes: the same bytes are one submission while that version stands, and
/// another one after it. Going back to what was asked for earlier is not a repetition of it (R26).
pub(crate) fn submission_on(
    version: u64,
    path: &str,
    media_type: &str,
    body: Vec<u8>,
) -> ApiRequest {
    let scope = format!("{version}\n{}", Sha256Hex::of(&body));
    let key = Sha256Hex::of(scope.as_bytes()).to_string();
    post(path, media_type, key, body)
}

fn post(path: &str, media_type: &str, key: String, body: Vec<u8>) -> ApiRequest {
    ApiRequest {
        method: Method::Post,
        path: path.to_owned(),
        headers: BTreeMap::from([
            ("content-type", media_type.to_owned()),
            ("idempotency-key", key),
            ("accept", "application/json".to_owned()),
        ]),
        body,
    }
}

/// A `GET` of a resource.
pub(crate) fn lookup(path: String) -> ApiRequest {
    ApiRequest {
        method: Method::Get,
        path,
        headers: BTreeMap::from([("accept", "application/json".to_owned())]),
        body: Vec::new(),
    }
}

/// Sends until there is an answer that trying again would not change, or until the deadline.
pub(crate) async fn exchange(
    api: &(impl PortalApi + Pace),
    subject: &str,
    request: &ApiRequest,
) -> Result<ApiResponse, Failure> {
    let passes = |answer: &ApiResponse, _| worth_retrying(answer.status);
    exchange_while(api, subject, request, passes).await
}

/// Sends until there is an answer that does not pass by itself, as `passes` judges it after so much time, or until the
/// deadline.
pub(crate) async fn exchange_while(
    api: &(impl PortalApi + Pace),
    subject: &str,
    request: &ApiRequest,
    passes: impl Fn(&ApiResponse, Duration) -> bool,
) -> Result<ApiResponse, Failure> {
    let began = api.now();
    let mut pause = FIRST_PAUSE;
    let mut hopeless = 0;
    let mut lost = None;
    loop {
        let outcome = api.call(request).await;
        let mut wait = pause;
        match &outcome {
            Ok(answer) if !passes(answer, api.now() - began) => return outcome_of(answer, subject),
            Ok(answer) => {
                wait = asked_pause(answer).unwrap_or(pause);
                hopeless += u32::from(answer.status == 500);
            }
            Err(NoAnswer::Lost { reason }) => lost = Some(reason.clone()),
            Err(NoAnswer::NotSent { .. }) => hopeless += 1,
        }
        if hopeless >= HOPELESS_TRIES || api.now() - began + wait > DEADLINE {
            return Err(match lost {
                // A lost answer to a submission may hide an acceptance; to a question it hides nothing.
                Some(reason) if request.method == Method::Post => Failure::AnswerLost {
                    subject: subject.to_owned(),
                    reason,
                },
                _ => gave_up(api, subject, outcome),
            });
        }
        api.pause(wait).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

pub(crate) const fn worth_retrying(status: u16) -> bool {
    matches!(status, 408 | 409 | 425 | 429 | 500 | 502 | 503 | 504)
}

fn asked_pause(answer: &ApiResponse) -> Option<Duration> {
    let seconds = answer.headers.get("retry-after")?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn outcome_of(answer: &ApiResponse, subject: &str) -> Result<ApiResponse, Failure> {
    // 404 is an answer about the resource for whoever looks one up.
    if (200..300).contains(&answer.status) || answer.status == 404 {
        Ok(answer.clone())
    } else {
        Err(refused(answer, subject))
    }
}

fn gave_up(api: &impl PortalApi, subject: &str, outcome: Result<ApiResponse, NoAnswer>) -> Failure {
    let subject = subject.to_owned();
    let failed = |reason| Failure::ApiFailed {
        subject: subject.clone(),
        url: api.base_url().to_owned(),
        reason,
    };
    match outcome {
        Ok(answer) if answer.status == 409 => Failure::Busy { subject },
        Ok(answer) => {
            let problem = Problem::of(&answer);
            failed(format!("HTTP {}: {}", answer.status, problem.title))
        }
        Err(NoAnswer::Lost { reason } | NoAnswer::NotSent { reason }) => failed(reason),
    }
}

/// An error of the API: RFC 9457, or whatever a gateway writes in its own name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    title: String,
    detail: String,
    message: String,
    errors: Vec<Fault>,
}

/// One place that is wrong.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fault {
    pointer: String,
    detail: String,
}

/// The code of an API's error; empty when it has none.
pub(crate) fn problem_code(answer: &ApiResponse) -> String {
    let problem: Option<Problem> = serde_json::from_slice(&answer.body).ok();
    problem.map(|problem| problem.code).unwrap_or_default()
}

impl Problem {
    fn of(answer: &ApiResponse) -> Self {
        let mut problem: Self = serde_json::from_slice(&answer.body).unwrap_or_default();
        if problem.title.is_empty() {
            problem.title = if problem.message.is_empty() {
                "no reason given".to_owned()
            } else {
                std::mem::take(&mut problem.message)
            };
        }
        for fault in &problem.errors {
            let told = format!(" {} {};", fault.pointer, fault.detail);
            problem.title.push_str(&told);
        }
        if problem.code.is_empty() {
            problem.code = "no code".to_owned();
        }
        problem
    }
}

pub(crate) fn refused(answer: &ApiResponse, subject: &str) -> Failure {
    let problem = Problem::of(answer);
    Failure::Refused {
        subject: subject.to_owned(),
        status: answer.status,
        code: problem.code,
        title: problem.title,
        detail: problem.detail,
    }
}

/// Submits, and reads what was accepted.
pub(crate) async fn submit(
    api: &(impl PortalApi + Pace),
    subject: &str,
    request: &ApiRequest,
) -> Result<Accepted, Failure> {
    let answer = exchange(api, subject, request).await?;
    if answer.status == 404 {
        return Err(refused(&answer, subject));
    }
    accepted(&answer).ok_or_else(|| Failure::OddAnswer {
        subject: subject.to_owned(),
        reason: format!(
            "HTTP {} with neither an id in its body nor a Location",
            answer.status
        ),
    })
}

fn accepted(answer: &ApiResponse) -> Option<Accepted> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    let field = |names: &[&str]| {
        let mut found = names.iter().filter_map(|name| body.get(name)?.as_str());
        found.next().map(str::to_owned)
    };
    let located = || {
        let path = answer.headers.get("location")?;
        path.rsplit('/').next().map(str::to_owned)
    };
    Some(Accepted {
        id: field(&["id", "invoiceId", "vendorId"])
            .or_else(located)
            .filter(|id| !id.is_empty())?,
        correlation_id: field(&["correlationId"]),
        replayed: body.get("duplicate") == Some(&Value::Bool(true))
            || answer
                .headers
                .get(REPLAYED)
                .is_some_and(|value| value == "true"),
    })
}
