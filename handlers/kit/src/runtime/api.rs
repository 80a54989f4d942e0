//! What the `main` of an API handler starts: HTTP API requests (payload format 2.0) to answers. That a
//! POST is answered once is the handler's doing, over the claims that it is given.
//!
//! The caller is who API Gateway authenticated; a request without an identity is refused and never anonymous.

use super::logs::{self, causes};
use super::metrics::{Dimensions, Tally, emit, line};
use crate::settings::Settings;
use crate::store::TableClaims;
use crate::world::{Shared, World};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::{HeaderMap, HeaderName, HeaderValue};
use contracts::handlers::Work;
use contracts::{CorrelationId, Handler};
use futures_util::FutureExt as _;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use ports::Answer;
use ports::api::{IDEMPOTENCY_KEY, Problem, REPLAYED, Request, Response};
use ports::idempotency::Terms;
use serde::Deserialize;
use serde_json::Value;
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use time::OffsetDateTime;
use tracing::Instrument as _;

/// A handler of API requests, being put together.
pub struct Api<H, A> {
    answer: A,
    handler: PhantomData<fn() -> H>,
}

impl<H, A> Api<H, A>
where
    H: Handler,
    A: AsyncFn(&World<H>, &TableClaims, Terms, &Request) -> Answer<Response>,
{
    /// A handler that answers like this: in its world, over claims, under their terms.
    #[must_use]
    pub fn new(answer: A) -> Self {
        Self {
            answer,
            handler: PhantomData,
        }
    }

    /// Runs the function until Lambda ends it.
    ///
    /// # Errors
    /// When the handler declares other work than requests, the function's environment is incomplete, or the runtime fails.
    pub async fn run(self) -> Result<(), crate::Error> {
        logs::start();
        if let Some(other) = unanswered::<H>() {
            let name = H::SPEC.name;
            return Err(format!("{name} declares {other}: an Api answers requests only").into());
        }
        let settings = Settings::of(&H::SPEC, |name| std::env::var(name).ok())
            .inspect_err(|error| tracing::error!(error = causes(error), "can't start"))?;
        let shared = Shared::connect(settings);
        lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
            self.invocation(&shared, event).boxed_local()
        }))
        .await
    }

    async fn invocation(
        &self,
        shared: &Arc<Shared>,
        event: LambdaEvent<Value>,
    ) -> Result<ApiGatewayV2httpResponse, Diagnostic> {
        let begin = OffsetDateTime::now_utc();
        let (request_id, trace) = (event.context.request_id, event.context.xray_trace_id);
        let request = read(event.payload);
        let route = request
            .as_ref()
            .map_or("", |request| request.route.as_str());
        let route = known::<H>(route).to_owned();
        let span = tracing::info_span!(
            "request",
            consumer = H::SPEC.name,
            event_type = route,
            correlation_id = request.as_ref().ok().and_then(correlation),
            request_id
        );
        let response = async {
            match request {
                Ok(request) => self.answer(shared, &request, trace).boxed_local().await,
                Err(problem) => Response::problem(&problem),
            }
        }
        .instrument(span.clone())
        .await;
        let end = OffsetDateTime::now_utc();
        let repeated = response.headers.contains_key(REPLAYED);
        let tally = Tally {
            succeeded: response.status < 500,
            retried: repeated,
            duplicate: repeated,
            latency_ms: (end - begin).whole_milliseconds().try_into().unwrap_or(0),
            ..Tally::default()
        };
        span.in_scope(|| {
            tracing::info!(
                status = response.status,
                repeated,
                location = response.headers.get("location"),
                latency_ms = tally.latency_ms,
                "answered"
            );
        });
        let dimensions = Dimensions {
            consumer: H::SPEC.name,
            event_type: &route,
            environment: &shared.settings.environment,
        };
        emit(&line(dimensions, &tally, end));
        Ok(write(response))
    }

    async fn answer(
        &self,
        shared: &Arc<Shared>,
        request: &Request,
        trace: Option<String>,
    ) -> Response {
        let claims = TableClaims(Arc::clone(shared));
        let terms = Terms {
            lease: shared.settings.lease,
            keep: shared.settings.keep,
        };
        let world = World::<H>::new(Arc::clone(shared), None, trace);
        let answered =
            AssertUnwindSafe(async { (self.answer)(&world, &claims, terms, request).await });
        let answered = answered.catch_unwind().await;
        // What was committed stands, and so does the answer: the sweeper publishes what could not be published now.
        if let Err(error) = world.publish_committed().await {
            tracing::warn!(error = causes(&error), "committed and not yet published");
        }
        match answered {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                tracing::error!(
                    error = causes(&error),
                    "the request's claim could not be settled"
                );
                Response::problem(&TRY_AGAIN)
            }
            // The panic hook told the place. The claim is free again when its lease ends.
            Err(_) => Response::problem(&FAULT),
        }
    }
}

const TRY_AGAIN: Problem<'static> = Problem {
    status: 503,
    code: "try-again",
    title: "The request could not be completed.",
    detail: "Repeat it with the same Idempotency-Key; nothing is done twice.",
};

const FAULT: Problem<'static> = Problem {
    status: 500,
    code: "fault",
    title: "The request met a fault of the service.",
    detail: "Tell the operators the time of your request; repeating it does no harm.",
};

const UNREADABLE: Problem<'static> = Problem {
    status: 400,
    code: "request-unreadable",
    title: "The request can't be read.",
    detail: "Check the body's encoding.",
};

const UNAUTHENTICATED: Problem<'static> = Problem {
    status: 401,
    code: "unauthenticated",
    title: "The request carries no identity.",
    detail: "Sign it with AWS Signature Version 4 for the service execute-api, or send the bearer token that the environment asks for.",
};

/// The chain that a request begins: the same that its events carry.
fn correlation(request: &Request) -> Option<String> {
    let key = request.header(IDEMPOTENCY_KEY)?;
    Some(CorrelationId::of_request(request.principal(), key).to_string())
}

/// Declared work that is no request.
fn unanswered<H: Handler>() -> Option<String> {
    let mut work = H::SPEC.inputs.work();
    work.find(|work| !matches!(work, Work::Route(_)))
        .map(|work| work.name())
}

/// A route's name if the handler declares it; metrics have no others.
fn known<H: Handler>(route: &str) -> &str {
    let declared = H::SPEC.inputs.routes;
    if declared.iter().any(|declared| declared.key() == route) {
        route
    } else {
        "Unknown"
    }
}

/// Who API Gateway authenticated: the ARN that signed, or issuer and subject of the token. Whoever lacks either has no
/// identity.
fn caller(authorizer: &Value) -> Option<String> {
    let text = |path| {
        let text = authorizer.pointer(path).and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
    };
    if let Some(arn) = text("/iam/userArn") {
        return Some(arn.to_owned());
    }
    let (issuer, subject) = (text("/jwt/claims/iss")?, text("/jwt/claims/sub")?);
    Some(format!("{issuer}#{subject}"))
}

/// Reads what API Gateway hands over.
fn read(mut payload: Value) -> Result<Request, Problem<'static>> {
    // Taken out: claims are the issuer's, and one of an odd type must not make the whole request unreadable.
    let authorizer = payload
        .pointer_mut("/requestContext/authorizer")
        .map(Value::take);
    let request = ApiGatewayV2httpRequest::deserialize(payload).map_err(|_| UNREADABLE)?;
    let caller = authorizer
        .as_ref()
        .and_then(caller)
        .ok_or(UNAUTHENTICATED)?;
    let context = request.request_context;
    let body = request.body.unwrap_or_default();
    let body = if request.is_base64_encoded {
        aws_smithy_types::base64::decode(body).map_err(|_| UNREADABLE)?
    } else {
        body.into_bytes()
    };
    let headers = request.headers.iter().filter_map(|(name, value)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_ascii_lowercase(), value.to_owned()))
    });
    Ok(Request {
        method: context.http.method.as_str().to_owned(),
        route: request.route_key.or(context.route_key).unwrap_or_default(),
        path_parameters: request.path_parameters.into_iter().collect(),
        headers: headers.collect(),
        body,
        caller,
    })
}

/// Writes what API Gateway takes. A header that HTTP can't carry is left out: ours are all ASCII.
fn write(response: Response) -> ApiGatewayV2httpResponse {
    let mut headers = HeaderMap::new();
    for (name, value) in &response.headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        ) {
            headers.insert(name, value);
        }
    }
    let mut written = ApiGatewayV2httpResponse::default();
    written.status_code = response.status.into();
    written.headers = headers;
    written.body = Some(Body::Text(response.body));
    written
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use contracts::handlers::{Decision, Payment, Portal};
    use serde_json::json;

    fn payload(authorizer: Value) -> Value {
        json!({
            "version": "2.0", "routeKey": "POST /invoices", "rawPath": "/invoices", "rawQueryString": "",
            "headers": { "content-type": "application/xml", "Idempotency-Key": "k" },
            "requestContext": {
                "accountId": "000000000000", "apiId": "a", "domainName": "d", "domainPrefix": "d", "requestId": "r",
                "routeKey": "POST /invoices", "stage": "$default", "time": "t", "timeEpoch": 1, "authorizer": authorizer,
                "http": { "method": "POST", "path": "/invoices", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "u" },
            },
            "body": "PEludm9pY2UvPg==", "isBase64Encoded": true,
        })
    }

    #[test]
    fn a_request_of_the_api_is_read() {
        let iam = json!({ "iam": { "userArn": "arn:aws:iam::000000000000:user/clerk", "userId": "AIDA" } });
        let request = read(payload(iam)).unwrap();
        assert_eq!(request.method, "POST");
        assert_eq!(request.route, "POST /invoices");
        assert_eq!(request.body, b"<Invoice/>");
        assert_eq!(request.header("idempotency-key"), Some("k"));
        assert_eq!(request.caller, "arn:aws:iam::000000000000:user/clerk");
    }

    #[test]
    fn r20_a_tokens_caller_is_its_issuer_and_subject() {
        let claims =
            json!({ "iss": "https://issuer.example", "sub": "ann", "exp": 1, "groups": ["a"] });
        let request = read(payload(
            json!({ "jwt": { "claims": claims, "scopes": [] } }),
        ))
        .unwrap();
        assert_eq!(request.caller, "https://issuer.example#ann");
        assert_eq!(request.principal(), request.caller);
        // A token can't claim to be somebody who signs.
        let claims = json!({ "iss": "https://issuer.example", "sub": "x", "userArn": "arn:aws:iam::1:root" });
        let request = read(payload(json!({ "jwt": { "claims": claims } }))).unwrap();
        assert_eq!(request.caller, "https://issuer.example#x");
    }

    #[test]
    fn r27_a_request_without_an_identity_is_refused() {
        for authorizer in [
            Value::Null,
            json!({}),
            json!({ "iam": { "userArn": null } }),
            json!({ "iam": { "userArn": "" } }),
            json!({ "jwt": { "claims": { "iss": "https://issuer.example" }, "scopes": null } }),
            json!({ "jwt": { "claims": { "iss": "", "sub": "ann" } } }),
            json!({ "jwt": { "claims": { "iss": "https://issuer.example", "sub": 1 } } }),
        ] {
            assert_eq!(read(payload(authorizer)).unwrap_err().status, 401);
        }
    }

    #[test]
    fn an_answer_is_written_as_the_api_takes_it() {
        let answer =
            Response::json(202, &json!({ "id": "x" })).with_header("location", "/invoices/x");
        let written = serde_json::to_value(write(answer)).unwrap();
        assert_eq!(written["statusCode"], 202);
        assert_eq!(written["headers"]["location"], "/invoices/x");
        assert_eq!(written["body"], r#"{"id":"x"}"#);
    }

    #[test]
    fn an_api_answers_requests_only() {
        assert_eq!(unanswered::<Portal>(), None);
        assert_eq!(unanswered::<Decision>(), None);
        assert_eq!(unanswered::<Payment>(), Some("InvoiceApproved".to_owned()));
    }

    #[test]
    fn r16_only_declared_routes_become_dimensions() {
        assert_eq!(known::<Portal>("POST /invoices"), "POST /invoices");
        assert_eq!(known::<Portal>("POST /made-up"), "Unknown");
    }
}
