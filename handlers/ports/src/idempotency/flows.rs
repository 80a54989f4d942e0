//! The two flows over claims: an event consumed once, and a request answered once.

use super::{Claim, ClaimKey, Claims, Grant, Verdict};
use crate::api::{IDEMPOTENCY_KEY, Problem, RETRY_AFTER, Request, Response};
use crate::error::PortError;
use crate::world::Answer;
use contracts::ids::Sha256Hex;
use std::future::Future;
use time::{Duration, OffsetDateTime};

/// How the work on an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// The work's own transaction completed the claim.
    Recorded,
    /// There was nothing to record: the claim is completed now.
    Quietly,
}

/// An event that needs no further work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consumed {
    /// This delivery did the work.
    Fresh {
        /// Which taking of the claim did it.
        attempt: u32,
        /// The outcome that stands when the work recorded nothing now; a lost answer may have recorded it before.
        standing: Option<String>,
    },
    /// An earlier delivery did.
    Duplicate {
        /// What came of it.
        outcome: String,
    },
}

/// An event that must come again, or never will be consumed.
#[derive(Debug, thiserror::Error)]
pub enum NotConsumed<E> {
    /// Another delivery works on it.
    #[error("another delivery works on it until {until}: it must come again")]
    InProgress {
        /// End of the lease.
        until: OffsetDateTime,
    },
    /// The event's id stands for another fact.
    #[error("its id was used before for an event with other content")]
    OtherPayload,
    /// The claim could not be taken or completed.
    #[error("its claim could not be settled")]
    Claim(#[source] PortError),
    /// The work failed; the claim was given back.
    #[error("the handler failed on attempt {attempt}")]
    Failed {
        /// Which taking of the claim failed.
        attempt: u32,
        /// Why.
        #[source]
        fault: E,
    },
}

/// Runs `work` unless the event was consumed before. A failure gives the claim back; a crash leaves it to the lease.
///
/// Whoever finds a claim in progress fails, and so comes again after the source's visibility timeout. That is at least six
/// times the function's timeout, and the lease is little longer than that timeout: one of the message's receives at most
/// is spent on waiting.
///
/// # Errors
/// [`NotConsumed`]: the delivery is to be reported as failed.
pub async fn consume_once<C, E, F, Fut>(
    claims: &C,
    wanted: &Claim,
    now: OffsetDateTime,
    work: F,
) -> Result<Consumed, NotConsumed<E>>
where
    C: Claims,
    F: FnOnce(Grant) -> Fut,
    Fut: Future<Output = Result<Finished, E>>,
{
    let grant = match claims
        .claim(wanted, now)
        .await
        .map_err(NotConsumed::Claim)?
    {
        Verdict::Claimed(grant) => grant,
        Verdict::InProgress { until } => return Err(NotConsumed::InProgress { until }),
        Verdict::Done { outcome } => return Ok(Consumed::Duplicate { outcome }),
        Verdict::OtherPayload => return Err(NotConsumed::OtherPayload),
    };
    let attempt = grant.attempt;
    match work(grant.clone()).await {
        Ok(Finished::Recorded) => Ok(Consumed::Fresh {
            attempt,
            standing: None,
        }),
        Ok(Finished::Quietly) => {
            let standing = claims
                .complete(&grant, "")
                .await
                .map_err(NotConsumed::Claim)?;
            Ok(Consumed::Fresh {
                attempt,
                standing: Some(standing).filter(|outcome| !outcome.is_empty()),
            })
        }
        Err(fault) => {
            // When giving back fails too, the lease ends by itself; the first failure is the one to tell.
            let _ = claims.release(&grant).await;
            Err(NotConsumed::Failed { attempt, fault })
        }
    }
}

/// How long an API claim is leased and remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Longer than the function's timeout.
    pub lease: Duration,
    /// How long an answer is given again.
    pub keep: Duration,
}

/// An answer, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub response: Response,
    /// Whether it is an earlier request's answer given again.
    pub repeated: bool,
}

/// Answers a POST once for each caller and idempotency key (R12): the same body gets the same answer, a request in flight
/// 409, another body 422, a missing or malformed key 400. Other methods have no effect to repeat and pass through.
/// An answer of 500 and above is not remembered, and neither is one with `Retry-After`, which says that a later one may be
/// another, nor a refusal by who the caller is (403), what is there (404) or how it stands (409): these did nothing and may be
/// lifted, so the client may try again.
///
/// # Errors
/// When the claim can't be taken or completed; the client may try again.
pub async fn answer_once<C, F, Fut>(
    claims: &C,
    request: &Request,
    terms: Terms,
    now: OffsetDateTime,
    answer: F,
) -> Answer<Answered>
where
    C: Claims,
    F: FnOnce() -> Fut,
    Fut: Future<Output = Response>,
{
    let fresh = |response| Answered {
        response,
        repeated: false,
    };
    if request.method != "POST" {
        return Ok(fresh(answer().await));
    }
    let key = match idempotency_key(request) {
        Ok(key) => key,
        Err(problem) => return Ok(fresh(Response::problem(&problem))),
    };
    let wanted = Claim {
        key: ClaimKey::request(request.principal(), key),
        payload: digest(request),
        lease: terms.lease,
        keep: terms.keep,
    };
    let grant = match claims.claim(&wanted, now).await? {
        Verdict::Claimed(grant) => grant,
        Verdict::InProgress { until } => return Ok(fresh(in_flight(until - now))),
        Verdict::OtherPayload => return Ok(fresh(Response::problem(&OTHER_BODY))),
        Verdict::Done { outcome } => {
            let response = serde_json::from_str(&outcome).map_err(|_| PortError::Corrupt {
                subject: "the stored answer of a request".into(),
                reason: "it is no response".into(),
            })?;
            return Ok(Answered {
                response,
                repeated: true,
            });
        }
    };
    let response = answer().await;
    if is_passing(&response) {
        claims.release(&grant).await?;
        return Ok(fresh(response));
    }
    claims.complete(&grant, &kept(&response)).await?;
    Ok(fresh(response))
}

/// Whether the same request may get another answer later.
fn is_passing(response: &Response) -> bool {
    matches!(response.status, 403 | 404 | 409 | 500..) || response.headers.contains_key(RETRY_AFTER)
}

/// Longest answer that is kept as it is, in bytes: a claim is an item of a table, and every repetition reads it.
const MAX_KEPT: usize = 32 * 1024;

/// An answer as it is remembered: whole, or (when it is too long) its status and the words that say so.
fn kept(response: &Response) -> String {
    // A response always serialises: string keys, no floats.
    let whole = serde_json::to_string(response).unwrap_or_default();
    if whole.len() <= MAX_KEPT {
        return whole;
    }
    let short = Response::problem(&Problem {
        status: response.status,
        code: "answer-not-kept",
        title: "The request was answered before, and the answer was too long to keep.",
        detail: "This is its status; send the request with a new Idempotency-Key to see the whole answer.",
    });
    serde_json::to_string(&short).unwrap_or_default()
}

const OTHER_BODY: Problem<'static> = Problem {
    status: 422,
    code: "idempotency-key-reused",
    title: "The Idempotency-Key was used before for another request.",
    detail: "Use a new key for a new request; repeat a request with exactly the same body.",
};

fn in_flight(remaining: Duration) -> Response {
    let seconds = remaining.whole_seconds().max(0) + 1;
    Response::problem(&Problem {
        status: 409,
        code: "request-in-flight",
        title: "The same request is being worked on.",
        detail: "Repeat it after the number of seconds in Retry-After.",
    })
    .with_header(RETRY_AFTER, seconds.to_string())
}

/// Longest idempotency key that is taken, in characters.
const MAX_KEY: usize = 128;

fn idempotency_key(request: &Request) -> Result<&str, Problem<'static>> {
    let Some(key) = request.header(IDEMPOTENCY_KEY) else {
        return Err(Problem {
            status: 400,
            code: "idempotency-key-missing",
            title: "A POST needs the header Idempotency-Key.",
            detail: "Send a key that is unique to this request, and the same one when you repeat it.",
        });
    };
    if key.is_empty() || key.len() > MAX_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem {
            status: 400,
            code: "idempotency-key-malformed",
            title: "The Idempotency-Key is malformed.",
            detail: "Use 1 to 128 visible ASCII characters without spaces.",
        });
    }
    Ok(key)
}

/// What makes two requests the same: route, path, media type and body.
fn digest(request: &Request) -> Sha256Hex {
    let mut bytes = request.route.clone().into_bytes();
    for (name, value) in &request.path_parameters {
        bytes.extend_from_slice(format!("\u{1f}{name}={value}").as_bytes());
    }
    let media_type = request.media_type().unwrap_or_default();
    bytes.extend_from_slice(format!("\u{1f}{media_type}\u{1f}").as_bytes());
    bytes.extend_from_slice(&request.body);
    Sha256Hex::of(&bytes)
}

#[cfg(test)]
mod tests;
