//! Refusals as `application/problem+json` (RFC 9457): a code for programs, words for people, and the places that are wrong.

use ports::PortError;
use ports::api::{PROBLEM_JSON, Problem, Response};
use serde::Serialize;

/// A refusal.
#[derive(Debug, Serialize)]
pub(crate) struct Refused {
    status: u16,
    code: &'static str,
    title: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Place>,
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    /// JSON pointer into the body.
    pub pointer: String,
    /// What is expected there.
    pub detail: String,
}

impl Refused {
    /// With the line and column that it is about.
    pub(crate) fn at(mut self, position: Option<(usize, usize)>) -> Self {
        (self.line, self.column) = position.unzip();
        self
    }

    /// With words that are not fixed.
    pub(crate) fn because(mut self, detail: String) -> Self {
        self.detail = detail;
        self
    }

    /// With every place that is wrong.
    pub(crate) fn places(mut self, errors: Vec<Place>) -> Self {
        self.errors = errors;
        self
    }

    /// As an answer.
    pub(crate) fn response(&self) -> Response {
        let response = Response::json(self.status, self).with_header("content-type", PROBLEM_JSON);
        if self.status == 503 {
            response.with_header("retry-after", "1")
        } else {
            response
        }
    }
}

impl From<Problem<'static>> for Refused {
    fn from(problem: Problem<'static>) -> Self {
        Self {
            status: problem.status,
            code: problem.code,
            title: problem.title,
            detail: problem.detail.to_owned(),
            line: None,
            column: None,
            errors: Vec::new(),
        }
    }
}

impl From<PortError> for Refused {
    /// Which resource failed is the operator's business, not the client's: it is logged here, where it turns into an answer.
    /// A port's error names what was attempted on what, and no content.
    fn from(error: PortError) -> Self {
        tracing::error!(error = %error, "a request met a failing port");
        let retry = matches!(
            error,
            PortError::Unavailable { .. } | PortError::Stale { .. } | PortError::TakenOver { .. }
        );
        Self::from(if retry {
            Problem {
                status: 503,
                code: "unavailable",
                title: "The request could not be carried out for now.",
                detail: "Repeat it with the same Idempotency-Key.",
            }
        } else {
            Problem {
                status: 500,
                code: "internal",
                title: "The request could not be carried out.",
                detail: "Repeating it will not help; tell the operator the time of the request.",
            }
        })
    }
}

/// Nothing is there under that id.
pub(crate) fn absent(what: &str) -> Refused {
    Refused::from(Problem {
        status: 404,
        code: "not-found",
        title: "There is nothing under this id.",
        detail: "",
    })
    .because(format!(
        "There is no {what} with this id; what was submitted a moment ago may need a second."
    ))
}
