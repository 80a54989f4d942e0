//! Functions, who may invoke them, their mappings and what is set for their invocations.

use super::{Touched, body};
use crate::canonical;
use crate::resolve::tail;
use requests::{Call, Service, encode};
use serde_json::{Value, json};

/// What can be set on a function.
pub const OF_FUNCTION: &[&str] = &[
    "Code",
    "DeadLetterConfig",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "Handler",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "ReservedConcurrentExecutions",
    "Role",
    "Runtime",
    "SnapStart",
    "Tags",
    "Timeout",
    "TracingConfig",
    "VpcConfig",
];

/// What can be set on a mapping.
pub const OF_MAPPING: &[&str] = &[
    "BatchSize",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "Enabled",
    "EventSourceArn",
    "FilterCriteria",
    "FunctionName",
    "FunctionResponseTypes",
    "KmsKeyArn",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "MetricsConfig",
    "ParallelizationFactor",
    "ProvisionedPollerConfig",
    "ScalingConfig",
    "Tags",
    "TumblingWindowInSeconds",
];

/// What can be set for asynchronous invocations.
pub const OF_INVOKE_CONFIG: &[&str] = &[
    "DestinationConfig",
    "MaximumEventAgeInSeconds",
    "MaximumRetryAttempts",
];

/// What a permission says.
pub const OF_PERMISSION: &[&str] = &[
    "Action",
    "EventSourceToken",
    "FunctionUrlAuthType",
    "Principal",
    "PrincipalOrgID",
    "SourceAccount",
    "SourceArn",
];

fn at(operation: &'static str, method: &'static str, path: String, input: Value) -> Call {
    Call::at(Service::Lambda, operation, method, path, input)
}

pub fn set_function(touched: &Touched<'_>) -> Vec<Call> {
    let name = encode(touched.resource.name());
    let mut calls = Vec::new();
    let apart = ["Code", "ReservedConcurrentExecutions", "Tags"];
    let settings = OF_FUNCTION
        .iter()
        .filter(|name| !apart.contains(name) && touched.has(name));
    let settings: Vec<(&'static str, Value)> = settings
        .map(|name| match *name {
            "KmsKeyArn" => ("KMSKeyArn", setting(touched, name)),
            name => (name, setting(touched, name)),
        })
        .collect();
    if !settings.is_empty() {
        let path = format!("/2015-03-31/functions/{name}/configuration");
        calls.push(at(
            "UpdateFunctionConfiguration",
            "PUT",
            path,
            body(settings),
        ));
    }
    if touched.has("Code")
        && let Some(code) = touched.told("Code")
    {
        let path = format!("/2015-03-31/functions/{name}/code");
        let mut input = json!({"S3Bucket": code["S3Bucket"], "S3Key": code["S3Key"]});
        if let Some(architectures) = touched.told("Architectures") {
            input["Architectures"] = architectures.clone();
        }
        calls.push(at("UpdateFunctionCode", "PUT", path, input));
    }
    if touched.has("ReservedConcurrentExecutions") {
        let path = format!("/2017-10-31/functions/{name}/concurrency");
        calls.push(match touched.told("ReservedConcurrentExecutions") {
            Some(reserved) => {
                let input = json!({ "ReservedConcurrentExecutions": reserved });
                at("PutFunctionConcurrency", "PUT", path, input)
            }
            None => at("DeleteFunctionConcurrency", "DELETE", path, Value::Null),
        });
    }
    calls
}

/// What was declared of a function's setting, else what it is without a declaration.
fn setting(touched: &Touched<'_>, name: &str) -> Value {
    if let Some(told) = touched.told(name) {
        return told.clone();
    }
    match name {
        "DeadLetterConfig" => json!({"TargetArn": ""}),
        "Environment" => json!({"Variables": {}}),
        "EphemeralStorage" => json!({"Size": 512}),
        "FileSystemConfigs" | "Layers" => json!([]),
        "LoggingConfig" => json!({"LogFormat": "Text"}),
        "SnapStart" => json!({"ApplyOn": "None"}),
        "TracingConfig" => json!({"Mode": "PassThrough"}),
        "VpcConfig" => json!({"SubnetIds": [], "SecurityGroupIds": []}),
        "Description" | "KmsKeyArn" => json!(""),
        name => touched.told_or_default(name),
    }
}

pub fn make_function(touched: &Touched<'_>) -> Vec<Call> {
    let settings = OF_FUNCTION
        .iter()
        .filter(|name| **name != "ReservedConcurrentExecutions");
    let settings = settings.filter_map(|name| {
        let told = touched.told(name)?;
        Some(match *name {
            "KmsKeyArn" => ("KMSKeyArn", told.clone()),
            "Tags" => ("Tags", canonical::tags(told)),
            name => (name, told.clone()),
        })
    });
    let mut input = body(settings);
    input["FunctionName"] = touched.resource.name().into();
    if let Some(architectures) = touched.told("Architectures") {
        input["Architectures"] = architectures.clone();
    }
    let mut calls = vec![at(
        "CreateFunction",
        "POST",
        "/2015-03-31/functions".into(),
        input,
    )];
    if let Some(reserved) = touched.told("ReservedConcurrentExecutions") {
        let path = format!(
            "/2017-10-31/functions/{}/concurrency",
            encode(touched.resource.name())
        );
        let input = json!({ "ReservedConcurrentExecutions": reserved });
        calls.push(at("PutFunctionConcurrency", "PUT", path, input));
    }
    calls
}

/// A statement can't be changed: it goes and comes again, under its id.
pub fn set_permission(touched: &Touched<'_>) -> Vec<Call> {
    let function = tail(touched.resource.text("FunctionName").unwrap_or_default());
    let mut calls = remove_permission(function, touched.resource.name());
    calls.extend(add_permission(touched));
    calls
}

pub fn add_permission(touched: &Touched<'_>) -> Vec<Call> {
    let function = tail(touched.resource.text("FunctionName").unwrap_or_default());
    let told = OF_PERMISSION
        .iter()
        .filter_map(|name| Some((*name, touched.told(name)?.clone())));
    let mut input = body(told);
    input["StatementId"] = touched.resource.name().into();
    let path = format!("/2015-03-31/functions/{}/policy", encode(function));
    vec![at("AddPermission", "POST", path, input)]
}

pub fn remove_permission(function: &str, id: &str) -> Vec<Call> {
    let path = format!(
        "/2015-03-31/functions/{}/policy/{}",
        encode(function),
        encode(id)
    );
    vec![at("RemovePermission", "DELETE", path, Value::Null)]
}

pub fn put_invoke_config(touched: &Touched<'_>) -> Vec<Call> {
    let function = tail(touched.resource.text("FunctionName").unwrap_or_default());
    let qualifier = touched.resource.text("Qualifier").unwrap_or("$LATEST");
    let told = OF_INVOKE_CONFIG
        .iter()
        .filter_map(|name| Some((*name, touched.told(name)?.clone())));
    vec![at(
        "PutFunctionEventInvokeConfig",
        "PUT",
        config_path(function, qualifier),
        body(told),
    )]
}

pub fn remove_invoke_config(function: &str, qualifier: &str) -> Vec<Call> {
    let path = config_path(function, qualifier);
    vec![at(
        "DeleteFunctionEventInvokeConfig",
        "DELETE",
        path,
        Value::Null,
    )]
}

fn config_path(function: &str, qualifier: &str) -> String {
    let path = format!(
        "/2019-09-25/functions/{}/event-invoke-config",
        encode(function)
    );
    if qualifier.is_empty() {
        return path;
    }
    format!("{path}?Qualifier={}", encode(qualifier))
}

pub fn set_mapping(touched: &Touched<'_>) -> Vec<Call> {
    // A stream that was switched off and on is another one, and a mapping keeps its source: it is made anew.
    if touched.has("EventSourceArn") {
        let mut calls = remove_mapping(touched.id());
        calls.extend(make_mapping(touched));
        return calls;
    }
    let settings = OF_MAPPING
        .iter()
        .filter(|name| **name != "Tags" && touched.has(name));
    let settings = settings.map(|name| match (*name, touched.told(name)) {
        ("KmsKeyArn", told) => ("KMSKeyArn", told.cloned().unwrap_or_else(|| json!(""))),
        (name, Some(told)) => (name, told.clone()),
        ("DestinationConfig", None) => ("DestinationConfig", json!({"OnFailure": {}})),
        ("FilterCriteria", None) => ("FilterCriteria", json!({"Filters": []})),
        ("FunctionResponseTypes", None) => ("FunctionResponseTypes", json!([])),
        ("MetricsConfig", None) => ("MetricsConfig", json!({"Metrics": []})),
        ("ProvisionedPollerConfig", None) => ("ProvisionedPollerConfig", json!({})),
        ("ScalingConfig", None) => ("ScalingConfig", json!({})),
        (name, None) => (name, touched.told_or_default(name)),
    });
    let input = body(settings);
    if input.as_object().is_none_or(|members| members.is_empty()) {
        return Vec::new();
    }
    let path = format!("/2015-03-31/event-source-mappings/{}", encode(touched.id()));
    vec![at("UpdateEventSourceMapping", "PUT", path, input)]
}

pub fn make_mapping(touched: &Touched<'_>) -> Vec<Call> {
    let names = OF_MAPPING.iter().chain(&["StartingPosition"]);
    let told = names.filter_map(|name| {
        let told = touched.told(name)?;
        Some(match *name {
            "KmsKeyArn" => ("KMSKeyArn", told.clone()),
            "Tags" => ("Tags", canonical::tags(told)),
            name => (name, told.clone()),
        })
    });
    let path = "/2015-03-31/event-source-mappings/".to_owned();
    vec![at("CreateEventSourceMapping", "POST", path, body(told))]
}

pub fn remove_mapping(id: &str) -> Vec<Call> {
    let path = format!("/2015-03-31/event-source-mappings/{}", encode(id));
    vec![at("DeleteEventSourceMapping", "DELETE", path, Value::Null)]
}

/// The id is the function's name, with an alias' behind it where the address is the alias'.
pub fn remove_url(id: &str) -> Vec<Call> {
    let (function, alias) = id.split_once(':').unwrap_or((id, ""));
    let mut path = format!("/2021-10-31/functions/{}/url", encode(function));
    if !alias.is_empty() {
        path.push_str(&format!("?Qualifier={}", encode(alias)));
    }
    vec![at("DeleteFunctionUrlConfig", "DELETE", path, Value::Null)]
}

pub fn remove_alias(function: &str, alias: &str) -> Vec<Call> {
    let path = format!(
        "/2015-03-31/functions/{}/aliases/{}",
        encode(function),
        encode(alias)
    );
    vec![at("DeleteAlias", "DELETE", path, Value::Null)]
}

pub fn remove_version(function: &str, version: &str) -> Vec<Call> {
    let path = format!(
        "/2015-03-31/functions/{}?Qualifier={}",
        encode(function),
        encode(version)
    );
    // Without a version this would be the function itself.
    if version.is_empty() {
        return Vec::new();
    }
    vec![at("DeleteFunction", "DELETE", path, Value::Null)]
}

pub fn remove_provisioned(function: &str, qualifier: &str) -> Vec<Call> {
    let path = format!(
        "/2019-09-30/functions/{}/provisioned-concurrency?Qualifier={}",
        encode(function),
        encode(qualifier)
    );
    let operation = "DeleteProvisionedConcurrencyConfig";
    vec![at(operation, "DELETE", path, Value::Null)]
}
