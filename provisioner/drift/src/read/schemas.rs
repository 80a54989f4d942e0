//! Schema registries and their schemas.

use super::shape::{capital, parsed, pick, set};
use super::{Read, Readers};
use crate::live::{Facts, Found};
use crate::resolve::{Resource, Stack};
use requests::{Api, Call, Service, encode};

pub async fn registry<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let name = resource.text("RegistryName").unwrap_or(resource.name());
    let path = format!("/v1/registries/name/{}", encode(name));
    let answer = readers
        .ask(Call::get(Service::Schemas, "DescribeRegistry", path))
        .await?;
    let answer = capital(&answer);
    let found = Found::of(pick(&answer, &["Description", "Tags"]));
    Ok(found
        .attribute("RegistryArn", &answer["RegistryArn"])
        .into())
}

pub async fn schema<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let registry = resource
        .text("RegistryName")
        .map(|name| name.rsplit('/').next().unwrap_or(name));
    let (Some(registry), Some(schema)) = (registry, resource.text("SchemaName")) else {
        return Ok(Facts::NotRead(
            "its registry or its name is not known".to_owned(),
        ));
    };
    let path = format!(
        "/v1/registries/name/{}/schemas/name/{}",
        encode(registry),
        encode(schema)
    );
    let answer = readers
        .ask(Call::get(Service::Schemas, "DescribeSchema", path))
        .await?;
    let answer = capital(&answer);
    let mut found = Found::of(pick(&answer, &["Description", "Type", "Tags"]));
    // The content is JSON; capitals would change it.
    set(&mut found.properties, "Content", parsed(&answer["Content"]));
    Ok(found.attribute("SchemaArn", &answer["SchemaArn"]).into())
}
