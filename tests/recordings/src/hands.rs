//! Changes by hand behind the stack's back, through the services' own API: what `drift` is to find.

use crate::Outcome;
use crate::stage::Stage;
use std::collections::BTreeMap;

const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}]}"#;

/// Widens a role, subscribes somebody to the notices, stops a mapping, shortens a timeout and leaves a note.
pub async fn change(stage: &Stage) -> Outcome<()> {
    let clients = stage.clients()?;
    let ids = ids(&clients).await?;
    let id = |logical: &str| {
        ids.get(logical)
            .cloned()
            .ok_or_else(|| format!("the stack has no {logical} to change by hand"))
    };
    clients
        .iam
        .put_role_policy()
        .role_name(id("PortalRole")?)
        .policy_name("quick-fix")
        .policy_document(EVERYTHING)
        .send()
        .await?;
    clients
        .sns
        .subscribe()
        .topic_arn(id("NoticesTopic")?)
        .protocol("https")
        .endpoint("https://elsewhere.example/notices")
        .send()
        .await?;
    clients
        .lambda
        .update_event_source_mapping()
        .uuid(id("ValidationMapping")?)
        .enabled(false)
        .send()
        .await?;
    clients
        .lambda
        .update_function_configuration()
        .function_name(id("PaymentFunction")?)
        .description("do not touch, ask Ann")
        .timeout(3)
        .send()
        .await?;
    Ok(())
}

async fn ids(clients: &e2e::Clients) -> Outcome<BTreeMap<String, String>> {
    let mut pages = clients
        .cloudformation
        .list_stack_resources()
        .stack_name("invoicing-local")
        .into_paginator()
        .items()
        .send();
    let mut ids = BTreeMap::new();
    while let Some(resource) = pages.next().await {
        let resource = resource?;
        if let (Some(logical), Some(physical)) = (
            resource.logical_resource_id(),
            resource.physical_resource_id(),
        ) {
            ids.insert(logical.to_owned(), physical.to_owned());
        }
    }
    Ok(ids)
}
