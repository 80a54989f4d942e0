//! The HTTP API and its parts.

use super::{Touched, body};
use crate::finding::Finding;
use crate::kept::CHOSEN_ID;
use requests::{Call, Service, encode};
use serde_json::{Map, Value, json};

/// What can be set on an API.
pub const OF_API: &[&str] = &[
    "CorsConfiguration",
    "Description",
    "DisableExecuteApiEndpoint",
    "Name",
    "Tags",
    "Version",
];

/// What can be set on a stage.
pub const OF_STAGE: &[&str] = &[
    "AccessLogSettings",
    "AutoDeploy",
    "DefaultRouteSettings",
    "Description",
    "RouteSettings",
    "StageVariables",
    "Tags",
];

/// What can be set on a route.
pub const OF_ROUTE: &[&str] = &[
    "ApiKeyRequired",
    "AuthorizationScopes",
    "AuthorizationType",
    "AuthorizerId",
    "OperationName",
    "RouteKey",
    "Target",
];

/// What can be set on an integration.
pub const OF_INTEGRATION: &[&str] = &[
    "ConnectionType",
    "CredentialsArn",
    "Description",
    "IntegrationMethod",
    "IntegrationType",
    "IntegrationUri",
    "PayloadFormatVersion",
    "RequestParameters",
    "TimeoutInMillis",
];

/// What can be set on an authorizer.
pub const OF_AUTHORIZER: &[&str] = &[
    "AuthorizerType",
    "AuthorizerUri",
    "IdentitySource",
    "JwtConfiguration",
    "Name",
];

/// Names with a small letter, as the service has them, except in maps of the user's own.
fn small(value: &Value) -> Value {
    const OWN: [&str; 3] = ["StageVariables", "RequestParameters", "RouteSettings"];
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(key, member)| {
                let mut letters = key.chars();
                let first = letters.next().into_iter().flat_map(char::to_lowercase);
                let name: String = first.chain(letters).collect();
                let own = OWN.contains(&key.as_str());
                (name, if own { member.clone() } else { small(member) })
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(elements) => elements.iter().map(small).collect(),
        scalar => scalar.clone(),
    }
}

fn at(operation: &'static str, method: &'static str, path: String, input: Value) -> Call {
    Call::at(Service::ApiGateway, operation, method, path, input)
}

/// What was declared of a property, else what unsets it.
fn told(touched: &Touched<'_>, name: &str) -> Value {
    touched.told(name).cloned().unwrap_or_else(|| match name {
        "ApiKeyRequired" | "AutoDeploy" | "DisableExecuteApiEndpoint" => json!(false),
        "AuthorizationScopes" => json!([]),
        "DefaultRouteSettings" | "RouteSettings" | "StageVariables" | "RequestParameters" => {
            json!({})
        }
        "AccessLogSettings" => json!({"DestinationArn": "", "Format": ""}),
        name => match touched.told_or_default(name) {
            Value::Null => json!(""),
            by_default => by_default,
        },
    })
}

pub fn set_api(touched: &Touched<'_>) -> Vec<Call> {
    let path = format!("/v2/apis/{}", encode(&touched.resource.physical_id));
    let mut calls = Vec::new();
    if touched.has("CorsConfiguration") && touched.told("CorsConfiguration").is_none() {
        calls.push(at(
            "DeleteCorsConfiguration",
            "DELETE",
            format!("{path}/cors"),
            Value::Null,
        ));
    }
    let names = OF_API.iter().filter(|name| {
        **name != "Tags"
            && touched.has(name)
            && (**name != "CorsConfiguration" || touched.told(name).is_some())
    });
    let input = body(names.map(|name| (*name, told(touched, name))));
    if input.as_object().is_some_and(|members| !members.is_empty()) {
        calls.push(at("UpdateApi", "PATCH", path, small(&input)));
    }
    calls
}

pub fn set_part(touched: &Touched<'_>, kind: &str, names: &[&'static str]) -> Vec<Call> {
    let names = names
        .iter()
        .filter(|name| **name != "Tags" && touched.has(name));
    let input = body(names.map(|name| (*name, told(touched, name))));
    if input.as_object().is_none_or(|members| members.is_empty()) {
        return Vec::new();
    }
    let api = touched.resource.text("ApiId").unwrap_or_default();
    let id = touched.id().rsplit(['|', '/']).next();
    let path = format!(
        "/v2/apis/{}/{kind}/{}",
        encode(api),
        encode(id.unwrap_or_default())
    );
    vec![at("Update", "PATCH", path, small(&input))]
}

pub fn make_part(touched: &Touched<'_>, kind: &str, names: &[&'static str]) -> Vec<Call> {
    let names = names.iter().chain(&["StageName"]);
    let mut input =
        small(&body(names.filter_map(|name| {
            Some((*name, touched.told(name)?.clone()))
        })));
    // Their keys are the user's own.
    if let Some(tags) = touched.told("Tags") {
        input["tags"] = tags.clone();
    }
    let api = touched.resource.text("ApiId").unwrap_or_default();
    vec![at(
        "Create",
        "POST",
        format!("/v2/apis/{}/{kind}", encode(api)),
        input,
    )]
}

/// Makes an API again under its id, which only the local cloud lets a caller choose, by a tag that goes again.
pub fn make_api(touched: &Touched<'_>) -> Vec<Call> {
    let names = OF_API.iter().chain(&["ProtocolType"]);
    let names = names.filter(|name| **name != "Tags");
    let mut input =
        small(&body(names.filter_map(|name| {
            Some((*name, touched.told(name)?.clone()))
        })));
    let id = &touched.resource.physical_id;
    input["tags"] = touched.told("Tags").cloned().unwrap_or_else(|| json!({}));
    input["tags"][CHOSEN_ID] = id.as_str().into();
    let place = &touched.stack.place;
    let arn = format!(
        "arn:{}:apigateway:{}::/apis/{id}",
        place.partition, place.region
    );
    let untag = format!("/v2/tags/{}?tagKeys={CHOSEN_ID}", encode(&arn));
    vec![
        at("CreateApi", "POST", "/v2/apis".into(), input),
        at("UntagResource", "DELETE", untag, Value::Null),
    ]
}

pub fn remove_mapping(finding: &Finding) -> Vec<Call> {
    let Some((domain, id)) = finding.resource.split_once('|') else {
        return Vec::new();
    };
    let path = format!(
        "/v2/domainnames/{}/apimappings/{}",
        encode(domain),
        encode(id)
    );
    vec![at("DeleteApiMapping", "DELETE", path, Value::Null)]
}

/// The id of what was added is the API's and its own.
pub fn remove(finding: &Finding, kind: &str) -> Vec<Call> {
    let Some((api, id)) = finding.resource.split_once('|') else {
        return Vec::new();
    };
    let path = format!("/v2/apis/{}/{kind}/{}", encode(api), encode(id));
    vec![at("Delete", "DELETE", path, Value::Null)]
}
