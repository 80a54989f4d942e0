//! The bus's own logs: source, destination, and the delivery between them.

use super::Read;
use super::Readers;
use super::shape::{capital, pick};
use crate::live::Found;
use crate::resolve::{Resource, Stack};
use requests::{Api, Call, Service};
use serde_json::{Value, json};

pub async fn source<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let call = Call::new(
        Service::Logs,
        "GetDeliverySource",
        json!({ "name": resource.name() }),
    );
    let answer = readers.ask(call).await?;
    let told = &answer["deliverySource"];
    let mut properties = capital(&pick(told, &["logType", "tags"]));
    properties["ResourceArn"] = told["resourceArns"][0].clone();
    Ok(Found::of(properties).attribute("Arn", &told["arn"]).into())
}

pub async fn destination<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let call = Call::new(
        Service::Logs,
        "GetDeliveryDestination",
        json!({ "name": resource.name() }),
    );
    let answer = readers.ask(call).await?;
    let told = &answer["deliveryDestination"];
    let mut properties = capital(&pick(told, &["outputFormat", "tags"]));
    let arn = told["deliveryDestinationConfiguration"]["destinationResourceArn"].as_str();
    // It is told with and without the log group's wildcard.
    let declared = resource.text("DestinationResourceArn").unwrap_or_default();
    properties["DestinationResourceArn"] = match arn {
        Some(arn) if arn.trim_end_matches(":*") == declared.trim_end_matches(":*") => {
            declared.into()
        }
        Some(arn) => arn.into(),
        None => Value::Null,
    };
    Ok(Found::of(properties).attribute("Arn", &told["arn"]).into())
}

pub async fn delivery<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let call = Call::new(
        Service::Logs,
        "GetDelivery",
        json!({ "id": resource.name() }),
    );
    let answer = readers.ask(call).await?;
    let told = &answer["delivery"];
    let properties = capital(&pick(
        told,
        &["deliveryDestinationArn", "deliverySourceName", "tags"],
    ));
    Ok(Found::of(properties).into())
}
