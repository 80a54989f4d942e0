//! The API: an HTTP API in front of every handler that answers requests, with an authorizer on every route, throttling and
//! access logs (R17, R20). AWS signatures (IAM) let callers in, or tokens (JWT) where the environment trusts an issuer.
//!
//! Why an HTTP API and not a REST API: it costs about a third, and what a REST API would add here is little. Requests
//! are parsed and validated by the portal against the contract's own types before it accepts them, IAM authorisation
//! works on both, and the local cloud enforces it on HTTP APIs only (an unsigned request gets 403; on REST methods it
//! passes, and request validators do nothing). What is given up: X-Ray on the API itself (HTTP APIs have none; traces
//! begin at the function) and WAF.

use super::Site;
use crate::ids;
use cfn::apigatewayv2::{
    Api, Authorizer, AuthorizerJWTConfiguration, Integration, Route, Stage, StageAccessLogSettings,
    StageRouteSettings,
};
use cfn::{Handle, Pseudo, Val, arn, lambda, logs, sub};
use contracts::HandlerSpec;
use contracts::handlers::ApiRoute;
use contracts::wiring::outputs;
use serde_json::json;

/// How long API Gateway waits for the function: its maximum, above every API handler's timeout.
const INTEGRATION_TIMEOUT_MS: u32 = 30_000;

/// Adds the API in front of the handlers that answer requests; none where no handler does.
pub(crate) fn http_api(site: &mut Site<'_>) {
    let graph = site.graph;
    let answering = graph
        .handlers
        .iter()
        .filter(|h| !h.inputs.routes.is_empty());
    let answering: Vec<&HandlerSpec> = answering.collect();
    if answering.is_empty() {
        return;
    }
    let api = site.stack.add(
        ids::API,
        Api::new()
            .name(site.environment.stack_name())
            .description("Vendors and invoices: registrations, submissions, decisions")
            .protocol_type("HTTP"),
    );
    let authorizer = authorizer(site, &api);
    for handler in answering {
        routes(site, &api, authorizer.as_ref(), handler);
    }
    stage(site, &api);
    site.stack
        .output(outputs::API_ID, api.id())
        .description("Id of the HTTP API");
    site.stack
        .output(
            outputs::API_URL,
            sub!(
                "https://",
                api.id(),
                ".execute-api.",
                Pseudo::Region,
                ".",
                Pseudo::UrlSuffix
            ),
        )
        .description("Base URL of the API");
}

/// What checks callers' tokens, where the environment trusts an issuer; AWS signatures need none.
fn authorizer(site: &mut Site<'_>, api: &Handle<Api>) -> Option<Handle<Authorizer>> {
    let jwt = site.environment.api.jwt.as_ref()?;
    let authorizer = Authorizer::new(api.id(), "JWT", site.environment.stack_name())
        .identity_source(["$request.header.Authorization"])
        .jwt_configuration(
            AuthorizerJWTConfiguration::new()
                .issuer(&jwt.issuer)
                .audience(&jwt.audience),
        );
    Some(site.stack.add("ApiAuthorizer", authorizer))
}

/// A handler's integration, its routes, and API Gateway's permission to invoke it.
fn routes(
    site: &mut Site<'_>,
    api: &Handle<Api>,
    authorizer: Option<&Handle<Authorizer>>,
    handler: &HandlerSpec,
) {
    let function = ids::function(handler.id);
    let integration = site.stack.add(
        format!("{}ApiIntegration", handler.id),
        Integration::new(api.id(), "AWS_PROXY")
            .integration_uri(function.arn())
            .payload_format_version("2.0")
            .timeout_in_millis(INTEGRATION_TIMEOUT_MS),
    );
    for route in handler.inputs.routes {
        let target = sub!("integrations/", integration.id());
        let declared = Route::new(api.id(), route.key()).target(target);
        let guarded = match authorizer {
            Some(authorizer) => declared
                .authorization_type("JWT")
                .authorizer_id(authorizer.id()),
            None => declared.authorization_type("AWS_IAM"),
        };
        site.stack.add(route_id(route), guarded);
    }
    site.stack.add(
        format!("{}ApiPermission", handler.id),
        lambda::Permission::new(
            function.arn(),
            "lambda:InvokeFunction",
            "apigateway.amazonaws.com",
        )
        .source_arn(arn("execute-api", sub!(api.id(), "/*/*"))),
    );
}

fn stage(site: &mut Site<'_>, api: &Handle<Api>) {
    // Named, since the service that delivers access logs adds each group to one policy of 5,120 characters an account,
    // except groups under this prefix.
    let logs = site.stack.add(
        "ApiLogs",
        logs::LogGroup::new()
            .log_group_name(sub!("/aws/vendedlogs/", Pseudo::StackName, "/api"))
            .kms_key_id(ids::data_key().arn())
            .retention_in_days(site.environment.retention.log_days),
    );
    site.stateful(&logs);
    let limits = &site.environment.api;
    site.stack.add(
        "ApiStage",
        Stage::new(api.id(), "$default")
            .auto_deploy(true)
            .access_log_settings(
                StageAccessLogSettings::new()
                    .destination_arn(group_arn(&logs))
                    .format(access_log_format()),
            )
            .default_route_settings(
                StageRouteSettings::new()
                    .detailed_metrics_enabled(true)
                    .throttling_burst_limit(limits.burst)
                    .throttling_rate_limit(limits.requests_per_second),
            ),
    );
}

/// API Gateway wants the group's ARN without the `:*` that `GetAtt` ends with.
fn group_arn(logs: &Handle<logs::LogGroup>) -> Val<String> {
    arn("logs", sub!("log-group:", logs.name()))
}

/// One JSON object a request: who, what, how it went. Never a body.
fn access_log_format() -> String {
    json!({
        "requestId": "$context.requestId",
        "time": "$context.requestTimeEpoch",
        "caller": "$context.identity.caller",
        "userArn": "$context.identity.userArn",
        "subject": "$context.authorizer.claims.sub",
        "route": "$context.routeKey",
        "status": "$context.status",
        "latencyMs": "$context.responseLatency",
        "integrationMs": "$context.integrationLatency",
        "error": "$context.error.messageString",
        "integrationError": "$context.integrationErrorMessage",
    })
    .to_string()
}

/// `GET /invoices/{invoiceId}` -> `ApiGetInvoicesInvoiceIdRoute`.
fn route_id(route: &ApiRoute) -> String {
    let method = route.method.to_lowercase();
    let words = route
        .path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let name: String = std::iter::once(method.as_str())
        .chain(words)
        .map(capitalised)
        .collect();
    format!("Api{name}Route")
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(letters)
        .collect()
}
