//! Refusals as `application/problem+json` (RFC 9457): a code for programs, words for people, and what else helps.

use crate::four_eyes::Rule;
use contracts::State;
use ports::api::{PROBLEM_JSON, RETRY_AFTER, Response};
use ports::{Fault, PortError};
use serde::Serialize;
use time::OffsetDateTime;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Refused {
    status: u16,
    pub(crate) code: &'static str,
    title: &'static str,
    detail: String,
    /// Which of the rules of four eyes.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<Rule>,
    /// Where the invoice stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    /// From when on it is possible.
    #[serde(
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    not_before: Option<OffsetDateTime>,
    #[serde(skip)]
    retry_after_seconds: Option<i64>,
}

impl Refused {
    fn new(
        status: u16,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            title,
            detail: detail.into(),
            rule: None,
            state: None,
            not_before: None,
            retry_after_seconds: None,
        }
    }

    pub(crate) fn no_such_route() -> Self {
        let detail =
            "Use POST /invoices/{invoiceId}/decisions or POST /vendors/{vendorId}/decisions.";
        Self::new(404, "no-such-route", "The API has no such route.", detail)
    }

    pub(crate) fn not_staff() -> Self {
        let title = "Only staff may decide.";
        let detail = "The environment's setting `api.staff` says who is staff.";
        Self::new(403, "not-staff", title, detail)
    }

    pub(crate) fn absent(what: &str) -> Self {
        let title = "There is nothing under this id.";
        let detail = format!(
            "There is no {what} with this id; what was submitted a moment ago may need a second."
        );
        Self::new(404, "not-found", title, detail)
    }

    /// The body can't be read as a decision, or is too long.
    pub(crate) fn malformed(status: u16, detail: impl Into<String>) -> Self {
        let title = "The body is no decision.";
        Self::new(status, "decision-malformed", title, detail)
    }

    /// The body is a decision with a fault.
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(400, "decision-invalid", "The decision has a fault.", detail)
    }

    /// The invoice waits for nobody.
    pub(crate) fn not_waiting(state: State) -> Self {
        let title = "The invoice does not wait for a decision.";
        let detail =
            format!("It is {state}. Perhaps somebody has decided, or it is still on its way.");
        Self {
            state: Some(state),
            retry_after_seconds: (!state.is_terminal()).then_some(2),
            ..Self::new(409, "not-waiting", title, detail)
        }
    }

    /// The invoice waits for another kind of decision.
    pub(crate) fn not_this(state: State, possible: &str) -> Self {
        let title = "The invoice waits for another kind of decision.";
        Self {
            state: Some(state),
            ..Self::new(
                409,
                "decision-not-possible",
                title,
                format!("It is {state}: {possible}."),
            )
        }
    }

    /// The state machine has not asked yet.
    pub(crate) fn not_asked_yet(state: State) -> Self {
        let title = "The question has not been asked yet.";
        let detail = "The invoice waits, but its question is still on its way. Repeat the request \
             after the number of seconds in Retry-After.";
        Self {
            state: Some(state),
            retry_after_seconds: Some(2),
            ..Self::new(409, "not-asked-yet", title, detail)
        }
    }

    /// Somebody has decided, or the person has decided otherwise.
    pub(crate) fn already_decided() -> Self {
        let title = "It is decided already.";
        let detail = "A decision is not taken back; GET the invoice to see what it led to.";
        Self::new(409, "already-decided", title, detail)
    }

    /// Nobody decided in time.
    pub(crate) fn time_is_up() -> Self {
        let title = "The time to decide is up.";
        let detail = "Nobody decided in time; GET the invoice to see what it led to.";
        Self::new(409, "time-is-up", title, detail)
    }

    /// A person may not decide this.
    pub(crate) fn four_eyes(rule: Rule) -> Self {
        Self {
            rule: Some(rule),
            ..Self::new(
                403,
                "four-eyes",
                "Another person must decide.",
                rule.words(),
            )
        }
    }

    /// No account is pending.
    pub(crate) fn nothing_pending() -> Self {
        let title = "The vendor has no pending account.";
        let detail = "Either none was asked for, or it has been decided about; GET the vendor to see where it stands.";
        Self::new(409, "nothing-pending", title, detail)
    }

    /// The person has read another version of the profile than stands now.
    pub(crate) fn version_moved(now: u64) -> Self {
        let title = "The vendor is no longer as you have read it.";
        let detail = format!(
            "It is at version {now} now, and another account may be pending: look at it again, and decide with that `version`."
        );
        Self::new(409, "version-moved", title, detail)
    }

    /// The account can't be the right one.
    pub(crate) fn account_invalid() -> Self {
        let title = "The pending account is no valid account.";
        let detail = "The checks of this environment don't let it pass: reject it, and have another one registered.";
        Self::new(409, "account-invalid", title, detail)
    }

    /// The waiting time of a changed account is not over (R26).
    pub(crate) fn waiting_time(not_before: OffsetDateTime, now: OffsetDateTime) -> Self {
        let title = "The waiting time of the changed account is not over.";
        let detail = "It can be approved from `notBefore` on, and rejected at any time.";
        Self {
            not_before: Some(not_before),
            retry_after_seconds: Some((not_before - now).whole_seconds().max(0) + 1),
            ..Self::new(409, "waiting-time", title, detail)
        }
    }

    fn unavailable() -> Self {
        let title = "The request could not be carried out for now.";
        let detail = "Repeat it with the same Idempotency-Key.";
        Self {
            retry_after_seconds: Some(1),
            ..Self::new(503, "unavailable", title, detail)
        }
    }

    /// As an answer.
    pub(crate) fn response(self) -> Response {
        let response = Response::json(self.status, &self).with_header("content-type", PROBLEM_JSON);
        match self.retry_after_seconds {
            Some(seconds) => response.with_header(RETRY_AFTER, seconds.to_string()),
            None => response,
        }
    }
}

impl From<PortError> for Refused {
    /// Which resource failed is the operator's business, not the client's: it is logged here, where it turns into an answer.
    /// A port's error names what was attempted on what, and no content.
    fn from(error: PortError) -> Self {
        tracing::error!(error = %error, "a decision met a failing port");
        match error {
            PortError::Unavailable { .. }
            | PortError::Stale { .. }
            | PortError::TakenOver { .. } => Self::unavailable(),
            PortError::Conflict { .. } | PortError::Corrupt { .. } => Self::new(
                500,
                "internal",
                "The request could not be carried out.",
                "Repeating it will not help; tell the operator the time of the request.",
            ),
        }
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Port(error) => error.into(),
            other => PortError::Corrupt {
                subject: "a decision".to_owned(),
                reason: other.to_string(),
            }
            .into(),
        }
    }
}
