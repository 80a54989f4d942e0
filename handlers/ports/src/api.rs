//! An API request and its answer as a decision sees them, and publishing for handlers that have no outbox.
//!
//! Nothing here knows API Gateway: the kit translates. Whoever is the caller was authenticated before.

use crate::change::Draft;
use crate::world::Answer;
use contracts::CorrelationId;
use contracts::envelope::Cause;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::future::Future;

/// Header that makes a POST repeatable (R12).
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Header of an answer that was given before, to the same request.
pub const REPLAYED: &str = "idempotency-replayed";
/// Header that says after how many seconds the same request may get another answer.
pub const RETRY_AFTER: &str = "retry-after";
/// Media type of an error's body (RFC 9457).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An authenticated request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// HTTP method, upper case.
    pub method: String,
    /// The route that took it, e.g. `GET /invoices/{invoiceId}`.
    pub route: String,
    /// Values of the route's `{parameters}`.
    pub path_parameters: BTreeMap<String, String>,
    /// Headers; names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body as it was sent; empty when there was none.
    pub body: Vec<u8>,
    /// The principal that the API authenticated; never an argument of the request (R27).
    pub caller: String,
}

impl Request {
    /// A header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Who the caller is for good: the sessions of an assumed role are one principal, whose retry may come from another
    /// session. The scope of idempotency keys, and who acted as events and records name them.
    #[must_use]
    pub fn principal(&self) -> &str {
        principal_of(&self.caller)
    }

    /// What the request causes: its chain begins with the principal's idempotency key.
    #[must_use]
    pub fn cause(&self) -> Cause {
        let key = self.header(IDEMPOTENCY_KEY).unwrap_or_default();
        let correlation_id = CorrelationId::of_request(self.principal(), key);
        Cause {
            correlation_id,
            causation_id: correlation_id.to_string(),
            replay_of: None,
        }
    }

    /// A path parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.path_parameters.get(name).map(String::as_str)
    }

    /// The media type of the body, in lower case and without its parameters.
    #[must_use]
    pub fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        let media = value.split(';').next().unwrap_or(value);
        Some(media.trim().to_ascii_lowercase())
    }
}

/// Who a caller is for good: an assumed role without its session, whose name its user may choose; anybody else is who they
/// are. Two people are two principals (R27): those who share a role are one.
#[must_use]
pub fn principal_of(caller: &str) -> &str {
    const ROLE: &str = ":assumed-role/";
    match caller.rsplit_once('/') {
        Some((role, _))
            if role.starts_with("arn:")
                && role
                    .split_once(ROLE)
                    .is_some_and(|(_, name)| !name.is_empty()) =>
        {
            role
        }
        _ => caller,
    }
}

/// An answer. It can be stored and given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers; names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body: JSON text.
    pub body: String,
}

/// What went wrong with a request, for a program (`code`) and for people (`title`, `detail`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem<'a> {
    /// HTTP status.
    pub status: u16,
    /// Stable code, e.g. `idempotency-key-missing`.
    pub code: &'a str,
    /// What is wrong, in one sentence.
    pub title: &'a str,
    /// What to do about it.
    pub detail: &'a str,
}

impl Response {
    /// A JSON answer.
    #[must_use]
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        Self::of(status, "application/json", body)
    }

    /// An error as `application/problem+json`.
    #[must_use]
    pub fn problem(problem: &Problem<'_>) -> Self {
        Self::of(problem.status, PROBLEM_JSON, problem)
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_ascii_lowercase(), value.into());
        self
    }

    fn of(status: u16, media_type: &str, body: &impl Serialize) -> Self {
        Self {
            status,
            headers: BTreeMap::from([("content-type".to_owned(), media_type.to_owned())]),
            // Answers are our own types: string keys, no floats, so they always serialise.
            body: serde_json::to_string(body).unwrap_or_default(),
        }
    }
}

/// Publishing straight to the bus, for a handler whose facts are not rows of ours: its events have derived ids, so a
/// client's retry publishes the same fact again and consumers suppress it. Handlers with an outbox never need it.
pub trait PublishEvents {
    /// Publishes all the drafts; an entry that the bus refuses is sent again by itself. An error means that at least one
    /// was not taken.
    fn publish(&self, drafts: &[Draft]) -> impl Future<Output = Answer<()>> + Send;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;

    #[test]
    fn a_media_type_loses_its_parameters_and_case() {
        let mut request = Request {
            method: "POST".into(),
            route: "POST /invoices".into(),
            path_parameters: BTreeMap::new(),
            headers: BTreeMap::new(),
            body: Vec::new(),
            caller: "someone".into(),
        };
        assert_eq!(request.media_type(), None);
        request.headers.insert(
            "content-type".into(),
            "Application/XML; charset=utf-8".into(),
        );
        assert_eq!(request.media_type().as_deref(), Some("application/xml"));
    }

    #[test]
    fn a_principal_is_a_role_without_its_session() {
        let role = "arn:aws:sts::000000000000:assumed-role/clerks";
        let user = "arn:aws:iam::000000000000:user/team/clerk";
        let with_session = format!("{role}/session-1");
        for (caller, principal) in [
            (with_session.as_str(), role),
            (user, user),
            (role, role),
            ("x:assumed-role/a/b", "x:assumed-role/a/b"),
        ] {
            let request = Request {
                method: "POST".into(),
                route: "POST /invoices".into(),
                path_parameters: BTreeMap::new(),
                headers: BTreeMap::new(),
                body: Vec::new(),
                caller: caller.to_owned(),
            };
            assert_eq!(request.principal(), principal);
        }
    }

    #[test]
    fn a_stored_answer_reads_back_the_same() {
        let answer = Response::json(202, &serde_json::json!({ "id": "x" }))
            .with_header("Location", "/invoices/x");
        let stored = serde_json::to_string(&answer).unwrap();
        assert_eq!(serde_json::from_str::<Response>(&stored).unwrap(), answer);
        assert_eq!(answer.headers["location"], "/invoices/x");
    }
}
