//! A handler's function: role, log group, environment, tracing, and where its asynchronous failures go. All of it from
//! its `HandlerSpec` and the graph.

use super::Site;
use super::dead_letters::{WayBack, dead_letter_queue};
use super::grant::role_policy;
use crate::{ids, numbers};
use cfn::lambda::{
    EventInvokeConfig, EventInvokeConfigDestinationConfig, EventInvokeConfigOnFailure, Function,
    FunctionArchitectures, FunctionCode, FunctionEnvironment, FunctionLogFormat,
    FunctionLoggingConfig, FunctionMode, FunctionRuntime, FunctionTracingConfig,
};
use cfn::{Handle, PolicyDocument, Val, iam, logs};
use contracts::needs::Need;
use contracts::tables::Table;
use contracts::{HandlerSpec, wiring};
use serde::Serialize;
use std::collections::BTreeMap;

/// Adds a handler's function with all that it needs to run.
pub(crate) fn function(site: &mut Site<'_>, handler: &HandlerSpec) -> Handle<Function> {
    let logs = log_group(site, handler.id);
    let role = iam::Role::new(PolicyDocument::assumed_by("lambda.amazonaws.com"))
        .description(format!("What {} may do", handler.name))
        .policies([iam::RolePolicy::new(
            "grants",
            role_policy(site.environment, site.graph, handler),
        )]);
    let role = site.bounded(role);
    let role = site
        .stack
        .add(ids::role(handler.id).logical_id().as_str(), role);
    let mut function = Function::new(code(site, handler), role.arn())
        .description(handler.purpose.trim())
        .runtime(FunctionRuntime::ProvidedAl2023)
        .architectures([FunctionArchitectures::X8664])
        .handler("bootstrap")
        .memory_size(handler.memory_mib)
        .timeout(handler.timeout_seconds)
        .kms_key_arn(ids::data_key().arn())
        .environment(FunctionEnvironment::new().variables(variables(site, handler)))
        .tracing_config(FunctionTracingConfig::new().mode(FunctionMode::Active))
        .logging_config(
            FunctionLoggingConfig::new()
                .log_format(FunctionLogFormat::Json)
                .log_group(logs.name()),
        );
    if let Some(executions) = site.environment.capacity.reserved_concurrency {
        function = function.reserved_concurrent_executions(executions);
    }
    let function = site
        .stack
        .add(ids::function(handler.id).logical_id().as_str(), function);
    if site.graph.is_asynchronous(handler.id) {
        failures(site, handler, &function);
    }
    function
}

/// Adds an encrypted log group with retention (R18).
pub(crate) fn log_group(site: &mut Site<'_>, owner: &str) -> Handle<logs::LogGroup> {
    let group = logs::LogGroup::new()
        .kms_key_id(ids::data_key().arn())
        .retention_in_days(site.environment.retention.log_days);
    let group = site
        .stack
        .add(ids::logs(owner).logical_id().as_str(), group);
    site.stateful(&group);
    group
}

fn code(site: &Site<'_>, handler: &HandlerSpec) -> FunctionCode {
    let code = FunctionCode::new().s3_bucket(site.artifacts.bucket.clone());
    match site.artifacts.keys.get(handler.name) {
        Some(key) => code.s3_key(key.clone()),
        // A finding of its own (STK025): without a key there is nothing to deploy.
        None => code,
    }
}

/// The function's environment: what everybody gets, and what its needs call for.
fn variables(site: &Site<'_>, handler: &HandlerSpec) -> BTreeMap<String, Val<String>> {
    let mut variables = BTreeMap::new();
    let mut set = |name: &str, value: Val<String>| {
        variables.insert(name.to_owned(), value);
    };
    set(wiring::ENVIRONMENT, (&site.environment.name).into());
    set(
        wiring::LEASE_SECONDS,
        numbers::lease_seconds(handler).to_string().into(),
    );
    set(
        wiring::CLAIM_SECONDS,
        numbers::claim_seconds(site.environment).to_string().into(),
    );
    let claims = Table::Idempotency;
    set(claims.spec().variable, ids::table(claims).name());
    if !handler.emits.is_empty() || handler.has(Need::Republish) {
        set(wiring::EVENT_BUS, ids::bus().name());
    }
    for declared in handler.needs {
        match declared.need {
            Need::ReadTable(table) | Need::WriteTable(table) | Need::AppendTable(table) => {
                set_table(&mut set, table);
            }
            Need::ReadResting | Need::WriteApprovals => set_table(&mut set, Table::Invoices),
            Need::ClaimVendors => set_table(&mut set, Table::Vendors),
            Need::ReadUnpublished | Need::Republish => {
                set_table(&mut set, Table::Vendors);
                set_table(&mut set, Table::Invoices);
            }
            Need::StartDecisions => set(wiring::DECISIONS, ids::decisions_arn(site.environment)),
            Need::SealTokens | Need::OpenTokens => set(wiring::DATA_KEY, ids::data_key().arn()),
            // A token says where it goes.
            Need::AnswerTasks => {}
            Need::Staff => set(wiring::STAFF, json(&site.environment.staff()).into()),
            Need::ReadObjects(_) | Need::WriteObjects(_) => {
                set(wiring::DOCUMENT_BUCKET, ids::documents().name());
            }
            Need::SendNotices => set(wiring::NOTICES_TOPIC, ids::notices().arn()),
            Need::Policy => set(wiring::POLICY, json(&site.environment.policy).into()),
        }
    }
    variables
}

fn set_table(set: &mut impl FnMut(&str, Val<String>), table: Table) {
    set(table.spec().variable, ids::table(table).name());
}

/// Plain data with string keys: it always serialises.
fn json(settings: &impl Serialize) -> String {
    serde_json::to_string(settings).unwrap_or_default()
}

/// Where events go that the function failed on after its last retry; the execution role writes there.
fn failures(site: &mut Site<'_>, handler: &HandlerSpec, function: &Handle<Function>) {
    let dlq = dead_letter_queue(
        site,
        ids::failures_dlq(handler.id).logical_id().as_str(),
        WayBack::Invoke(function.logical_id().as_str()),
        |_| None,
    );
    site.stack.add(
        format!("{}Retries", handler.id),
        EventInvokeConfig::new(function.name(), "$LATEST")
            .maximum_event_age_in_seconds(numbers::ASYNC_EVENT_AGE_SECONDS)
            .maximum_retry_attempts(numbers::ASYNC_RETRIES)
            .destination_config(
                EventInvokeConfigDestinationConfig::new()
                    .on_failure(EventInvokeConfigOnFailure::new(dlq.arn())),
            ),
    );
}
