//! HTTP APIs: the API with everything in it, stages, routes, integrations, authorizers.

use super::shape::{capital, pick};
use super::{Answer, Read, Readers, part};
use crate::canonical;
use crate::live::{Facts, Found};
use crate::resolve::{REF, Resource, Stack};
use requests::{Api, Call, Service, Trouble, encode};
use serde_json::Value;
use std::rc::Rc;

pub async fn api<A: Api>(readers: &Readers<A>, stack: &Stack, resource: &Resource) -> Read {
    let id = resource.physical_id.as_str();
    let path = format!("/v2/apis/{}", encode(id));
    let answer = readers
        .ask(Call::get(Service::ApiGateway, "GetApi", path))
        .await?;
    let mut found = Found::of(pick(
        &capital(&answer),
        &[
            "ApiKeySelectionExpression",
            "CorsConfiguration",
            "Description",
            "DisableExecuteApiEndpoint",
            "DisableSchemaValidation",
            "IpAddressType",
            "Name",
            "ProtocolType",
            "RouteSelectionExpression",
            "Version",
        ],
    ));
    // An API tells its tags, and so does the tagging of its service: on a local cloud each knows what came through it.
    let tags = tags(readers, stack, id).await;
    let tags = tags.map(|tagged| Rc::new(both(&answer["tags"], &tagged)));
    part(&mut found, "Tags", tags)?;
    let (routes, integrations, stages, authorizers) = tokio::join!(
        within(readers, id, "routes"),
        within(readers, id, "integrations"),
        within(readers, id, "stages"),
        within(readers, id, "authorizers"),
    );
    let parts = [
        ("AWS::ApiGatewayV2::Route", "RouteId", routes?),
        (
            "AWS::ApiGatewayV2::Integration",
            "IntegrationId",
            integrations?,
        ),
        ("AWS::ApiGatewayV2::Stage", "StageName", stages?),
        (
            "AWS::ApiGatewayV2::Authorizer",
            "AuthorizerId",
            authorizers?,
        ),
    ];
    for (type_name, id_member, parts) in parts {
        for part in parts.as_array().into_iter().flatten() {
            let part_id = part[id_member].as_str().unwrap_or_default();
            let mut told = pick(
                part,
                &[
                    "AuthorizationType",
                    "AuthorizerType",
                    "IntegrationUri",
                    "Name",
                    "RouteKey",
                    "StageName",
                    "Target",
                ],
            );
            told["ApiId"] = id.into();
            found.child(type_name, format!("{id}|{part_id}"), told);
        }
    }
    add_mappings(readers, id, &mut found).await?;
    Ok(found
        .attribute("ApiEndpoint", &answer["apiEndpoint"])
        .into())
}

/// Names of others' under which the API is reachable.
async fn add_mappings<A: Api>(
    readers: &Readers<A>,
    api: &str,
    found: &mut Found,
) -> Result<(), Trouble> {
    let domains = listed(readers, "GetDomainNames", "/v2/domainnames").await;
    let domains = match domains {
        Err(trouble) => return part(found, "custom domain names", Err(trouble)),
        Ok(domains) => domains,
    };
    for domain in domains.as_array().into_iter().flatten() {
        let name = domain["DomainName"].as_str().unwrap_or_default();
        let path = format!("/v2/domainnames/{}/apimappings", encode(name));
        let mappings = listed(readers, "GetApiMappings", &path).await?;
        let mappings = mappings.as_array().into_iter().flatten();
        for mapping in mappings.filter(|mapping| mapping["ApiId"] == api) {
            let id = mapping["ApiMappingId"].as_str().unwrap_or_default();
            let mut told = pick(mapping, &["ApiId", "ApiMappingKey", "Stage"]);
            told["DomainName"] = name.into();
            found.child(
                "AWS::ApiGatewayV2::ApiMapping",
                format!("{name}|{id}"),
                told,
            );
        }
    }
    Ok(())
}

fn both(own: &Value, tagged: &Value) -> Value {
    let all = [own, tagged].map(canonical::tags);
    let all = all.iter().filter_map(Value::as_object).flatten();
    Value::Object(
        all.map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    )
}

/// Tags of an API, or of what lies within it.
async fn tags<A: Api>(readers: &Readers<A>, stack: &Stack, within: &str) -> Answer {
    let place = &stack.place;
    let arn = format!(
        "arn:{}:apigateway:{}::/apis/{within}",
        place.partition, place.region
    );
    let alone = Call::get(
        Service::ApiGateway,
        "GetTags",
        format!("/v2/tags/{}", encode(&arn)),
    );
    readers.tags(stack, &arn, alone, "tags").await
}

pub async fn route<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let names = [
        "ApiKeyRequired",
        "AuthorizationScopes",
        "AuthorizationType",
        "AuthorizerId",
        "ModelSelectionExpression",
        "OperationName",
        "RequestParameters",
        "RouteKey",
        "Target",
    ];
    one(
        readers,
        resource,
        "routes",
        ("RouteId", Some("RouteKey")),
        &names,
    )
    .await
}

pub async fn integration<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    // One that somebody made again has another id; where it leads is its own.
    let names = [
        "ConnectionId",
        "ConnectionType",
        "CredentialsArn",
        "Description",
        "IntegrationMethod",
        "IntegrationSubtype",
        "IntegrationType",
        "IntegrationUri",
        "PayloadFormatVersion",
        "RequestParameters",
        "ResponseParameters",
        "TimeoutInMillis",
        "TlsConfig",
    ];
    one(
        readers,
        resource,
        "integrations",
        ("IntegrationId", Some("IntegrationUri")),
        &names,
    )
    .await
}

pub async fn authorizer<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let names = [
        "AuthorizerCredentialsArn",
        "AuthorizerPayloadFormatVersion",
        "AuthorizerResultTtlInSeconds",
        "AuthorizerType",
        "AuthorizerUri",
        "EnableSimpleResponses",
        "IdentitySource",
        "JwtConfiguration",
        "Name",
    ];
    one(
        readers,
        resource,
        "authorizers",
        ("AuthorizerId", Some("Name")),
        &names,
    )
    .await
}

pub async fn stage<A: Api>(readers: &Readers<A>, stack: &Stack, resource: &Resource) -> Read {
    let names = [
        "AccessLogSettings",
        "AutoDeploy",
        "DefaultRouteSettings",
        "Description",
        "RouteSettings",
        "StageName",
        "StageVariables",
        "Tags",
    ];
    let own = ("StageName", Some("StageName"));
    let mut facts = one(readers, resource, "stages", own, &names).await?;
    if let Facts::Found(found) = &mut facts {
        let api = resource.text("ApiId").unwrap_or_default();
        let name = resource.text("StageName").unwrap_or_default();
        let own = found.properties.remove("Tags").unwrap_or_default();
        let tags = tags(readers, stack, &format!("{api}/stages/{name}")).await;
        let tags = tags.map(|tagged| Rc::new(both(&own, &tagged)));
        part(found, "Tags", tags)?;
    }
    Ok(facts)
}

/// A part of an API: by its id, else by the property that only one part can have.
async fn one<A: Api>(
    readers: &Readers<A>,
    resource: &Resource,
    kind: &str,
    (id, own): (&str, Option<&str>),
    names: &[&str],
) -> Read {
    let Some(api) = resource.text("ApiId") else {
        return Ok(Facts::NotRead("its API is not known".to_owned()));
    };
    let all = within(readers, api, kind).await?;
    let all = || all.as_array().into_iter().flatten();
    let last = resource.physical_id.rsplit(['|', '/']).next();
    let by_id = all().find(|part| part[id].as_str() == last);
    let by_own = || {
        let own = own?;
        all().find(|part| part[own].as_str() == resource.text(own))
    };
    let Some(part) = by_id.or_else(by_own) else {
        return Ok(Facts::Gone);
    };
    let mut found = Found::of(pick(part, names));
    found.properties.insert("ApiId".into(), api.into());
    let there = &part[id];
    Ok(found
        .under(there, last.unwrap_or_default())
        .attribute(id, there)
        .attribute(REF, there)
        .into())
}

/// All parts of a kind, named with capitals.
async fn within<A: Api>(readers: &Readers<A>, api: &str, kind: &str) -> Answer {
    let operation = match kind {
        "routes" => "GetRoutes",
        "integrations" => "GetIntegrations",
        "stages" => "GetStages",
        _ => "GetAuthorizers",
    };
    listed(
        readers,
        operation,
        &format!("/v2/apis/{}/{kind}", encode(api)),
    )
    .await
}

/// A whole list, named with capitals.
async fn listed<A: Api>(readers: &Readers<A>, operation: &'static str, path: &str) -> Answer {
    let path = format!("{path}?maxResults=100");
    let all = readers
        .paths(
            (Service::ApiGateway, operation),
            &path,
            ("items", "nextToken"),
            "nextToken",
        )
        .await?;
    Ok(Rc::new(capital(&all)))
}
