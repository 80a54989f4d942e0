//! Lambda functions, what is set for their invocations, and who may invoke them.

use super::shape::{find, parsed, pick, set};
use super::{Read, Readers, incoming, mappings, part};
use crate::detect::is_same_part;
use crate::live::{Facts, Found};
use crate::resolve::{Resource, Stack, tail};
use base64::Engine;
use requests::{Api, Call, Service, Trouble, encode};
use serde_json::{Value, json};
use std::rc::Rc;

pub async fn function<A: Api>(readers: &Readers<A>, stack: &Stack, resource: &Resource) -> Read {
    let name = resource.name();
    let get = Call::get(
        Service::Lambda,
        "GetFunction",
        format!("/2015-03-31/functions/{}", encode(name)),
    );
    let urls = Call::get(
        Service::Lambda,
        "ListFunctionUrlConfigs",
        format!("/2021-10-31/functions/{}/urls", encode(name)),
    );
    let (answer, policy, configs, urls, every, aliases, versions) = tokio::join!(
        readers.ask(get),
        policy_of(readers, name),
        invoke_configs(readers, name),
        readers.ask_if(urls),
        mappings::every(readers),
        parts(readers, name, ("ListAliases", "aliases", "Aliases")),
        parts(
            readers,
            name,
            ("ListVersionsByFunction", "versions", "Versions")
        ),
    );
    let (answer, aliases, versions) = (answer?, aliases?, versions?);
    let told = &answer["Configuration"];
    let mut found = Found::of(properties(told));
    if let Some(Value::Array(layers)) = told.get("Layers") {
        let layers = layers.iter().map(|layer| layer["Arn"].clone()).collect();
        set(&mut found.properties, "Layers", layers);
    }
    if let Some(sha256) = told["CodeSha256"].as_str().and_then(hex) {
        let code = json!({ "Sha256": sha256 });
        found.properties.insert("Code".into(), code);
    }
    let reserved = answer["Concurrency"]["ReservedConcurrentExecutions"].clone();
    set(
        &mut found.properties,
        "ReservedConcurrentExecutions",
        reserved,
    );
    let tags = answer.get("Tags").cloned().unwrap_or_default();
    part(&mut found, "Tags", Ok(Rc::new(tags)))?;
    for statement in policy? {
        let id = statement["Sid"].as_str().unwrap_or_default().to_owned();
        let told = permission_of(name, &statement);
        // A permission of ours under its own id is ours, whatever was made of it.
        let ours = stack
            .of("AWS::Lambda::Permission")
            .any(|permission| permission.name() == id);
        let id = if ours { id } else { format!("{name}|{id}") };
        found.child("AWS::Lambda::Permission", id, told);
    }
    for config in configs?.iter().flat_map(|all| all.as_array()).flatten() {
        let told = invoke_config_of(config);
        let id = format!("{name}|{}", told["Qualifier"].as_str().unwrap_or_default());
        found.child("AWS::Lambda::EventInvokeConfig", id, told);
    }
    if let Some(urls) = urls? {
        let urls = urls["FunctionUrlConfigs"].as_array();
        add_urls(
            readers,
            name,
            urls.into_iter().flatten(),
            &aliases,
            &mut found,
        )
        .await?;
    }
    add_published(readers, name, &aliases, &versions, &mut found).await?;
    for mapping in every?.as_array().into_iter().flatten() {
        if tail_of_function(&mapping["FunctionArn"]) == name {
            let id = mapping["UUID"].as_str().unwrap_or_default();
            let told = mappings::properties(mapping);
            found.child("AWS::Lambda::EventSourceMapping", id, told);
        }
    }
    let arn = told["FunctionArn"].as_str().unwrap_or_default();
    incoming::at(readers, stack, arn, &mut found).await?;
    Ok(found.attribute("Arn", &told["FunctionArn"]).into())
}

/// Parts of a function that have lists of their own.
async fn parts<A: Api>(
    readers: &Readers<A>,
    function: &str,
    (operation, kind, items): (&'static str, &str, &str),
) -> Result<Vec<Value>, Trouble> {
    let path = format!(
        "/2015-03-31/functions/{}/{kind}?MaxItems=50",
        encode(function)
    );
    let list = readers.paths(
        (Service::Lambda, operation),
        &path,
        (items, "NextMarker"),
        "Marker",
    );
    match list.await {
        Ok(all) => Ok(all.as_array().cloned().unwrap_or_default()),
        Err(trouble) if trouble.is_absence() => Ok(Vec::new()),
        Err(trouble) => Err(trouble),
    }
}

/// Public addresses. That of an alias is told apart by its ARN; a local cloud leaves the alias out of it, so there it is
/// asked for, which costs nothing where there is no alias.
async fn add_urls<A: Api>(
    readers: &Readers<A>,
    function: &str,
    urls: impl Iterator<Item = &Value>,
    aliases: &[Value],
    found: &mut Found,
) -> Result<(), Trouble> {
    for url in urls {
        let arn = url["FunctionArn"].as_str().unwrap_or_default();
        let mut qualifier = arn.split(':').nth(7).map(str::to_owned);
        for alias in aliases.iter().filter_map(|alias| alias["Name"].as_str()) {
            if qualifier.is_some() {
                break;
            }
            let path = format!(
                "/2021-10-31/functions/{}/url?Qualifier={}",
                encode(function),
                encode(alias)
            );
            let of_alias = Call::get(Service::Lambda, "GetFunctionUrlConfig", path);
            let of_alias = readers.ask_if(of_alias).await?;
            if of_alias.is_some_and(|of_alias| of_alias["FunctionUrl"] == url["FunctionUrl"]) {
                qualifier = Some(alias.to_owned());
            }
        }
        let mut told = pick(url, &["AuthType", "Cors", "FunctionUrl", "InvokeMode"]);
        let id = match &qualifier {
            Some(alias) => format!("{function}:{alias}"),
            None => function.to_owned(),
        };
        told["Qualifier"] = qualifier.into();
        found.child("AWS::Lambda::Url", id, told);
    }
    Ok(())
}

/// Aliases, and versions besides the one that every function has. We declare none: what is invoked is what is deployed.
async fn add_published<A: Api>(
    readers: &Readers<A>,
    function: &str,
    aliases: &[Value],
    versions: &[Value],
    found: &mut Found,
) -> Result<(), Trouble> {
    for alias in aliases {
        let mut told = pick(alias, &["Name", "FunctionVersion", "RoutingConfig"]);
        told["FunctionName"] = function.into();
        let id = format!("{function}:{}", alias["Name"].as_str().unwrap_or_default());
        found.child("AWS::Lambda::Alias", id, told);
    }
    let versions = versions.iter().filter(|one| one["Version"] != "$LATEST");
    let versions: Vec<&Value> = versions.collect();
    for version in &versions {
        let told = json!({"FunctionName": function, "Version": version["Version"], "CodeSha256": version["CodeSha256"]});
        let id = format!(
            "{function}:{}",
            version["Version"].as_str().unwrap_or_default()
        );
        found.child("AWS::Lambda::Version", id, told);
    }
    if !versions.is_empty() {
        let path = format!(
            "/2019-09-30/functions/{}/provisioned-concurrency?List=ALL",
            encode(function)
        );
        let list = Call::get(Service::Lambda, "ListProvisionedConcurrencyConfigs", path);
        let all = readers.ask_if(list).await?;
        let all = all
            .iter()
            .flat_map(|all| all["ProvisionedConcurrencyConfigs"].as_array());
        for config in all.flatten() {
            let arn = config["FunctionArn"].as_str().unwrap_or_default();
            let qualifier = arn.split(':').nth(7).unwrap_or_default();
            let mut told = pick(config, &["RequestedProvisionedConcurrentExecutions"]);
            told["FunctionName"] = function.into();
            told["Qualifier"] = qualifier.into();
            let id = format!("{function}:{qualifier}");
            found.child("AWS::Lambda::ProvisionedConcurrency", id, told);
        }
    }
    Ok(())
}

fn properties(told: &Value) -> Value {
    let mut properties = pick(
        told,
        &[
            "Architectures",
            "DeadLetterConfig",
            "Description",
            "Environment",
            "EphemeralStorage",
            "FileSystemConfigs",
            "Handler",
            "LoggingConfig",
            "MemorySize",
            "PackageType",
            "Role",
            "Runtime",
            "Timeout",
            "TracingConfig",
        ],
    );
    properties["KmsKeyArn"] = told["KMSKeyArn"].clone();
    properties["SnapStart"] = pick(&told["SnapStart"], &["ApplyOn"]);
    let in_vpc = told["VpcConfig"]["SubnetIds"]
        .as_array()
        .is_some_and(|subnets| !subnets.is_empty());
    if in_vpc {
        properties["VpcConfig"] = pick(&told["VpcConfig"], &["SubnetIds", "SecurityGroupIds"]);
    }
    // A group that nobody declared is named after the function.
    let own = format!(
        "/aws/lambda/{}",
        told["FunctionName"].as_str().unwrap_or_default()
    );
    if properties["LoggingConfig"]["LogGroup"] == own.as_str()
        && let Some(logging) = properties["LoggingConfig"].as_object_mut()
    {
        logging.remove("LogGroup");
    }
    properties
}

/// Lambda tells a sha256 in Base64; an artifact's key has it in hexadecimal.
fn hex(base64: &str) -> Option<String> {
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(base64)
        .ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A statement of a function's policy, as the permission that makes it.
fn permission_of(function: &str, statement: &Value) -> Value {
    let principal = match &statement["Principal"] {
        Value::Object(kinds) => kinds.values().next().cloned().unwrap_or_default(),
        all => all.clone(),
    };
    let principal = match principal.as_str() {
        // CloudFormation and people write the account's number.
        Some(arn) if arn.starts_with("arn:") && arn.ends_with(":root") => {
            arn.split(':').nth(4).unwrap_or(arn).into()
        }
        _ => principal,
    };
    let mut told =
        json!({"FunctionName": function, "Action": statement["Action"], "Principal": principal});
    let conditions = statement["Condition"].as_object().into_iter().flatten();
    for (key, value) in conditions.flat_map(|(_, keys)| keys.as_object()).flatten() {
        let name = match key.to_ascii_lowercase().as_str() {
            "aws:sourcearn" => "SourceArn",
            "aws:sourceaccount" => "SourceAccount",
            "lambda:eventsourcetoken" => "EventSourceToken",
            "lambda:functionurlauthtype" => "FunctionUrlAuthType",
            "aws:principalorgid" => "PrincipalOrgID",
            _ => continue,
        };
        told[name] = value.clone();
    }
    told
}

pub async fn permission<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let Some(function) = resource.text("FunctionName").map(tail) else {
        return Ok(Facts::NotRead("its function is not known".to_owned()));
    };
    let statements = policy_of(readers, function).await?;
    let by_id = statements
        .iter()
        .find(|statement| statement["Sid"] == resource.name());
    let told = by_id
        .map(|statement| permission_of(function, statement))
        .or_else(|| {
            let all = statements
                .iter()
                .map(|statement| permission_of(function, statement));
            let mut same = all.filter(|told| {
                told.as_object()
                    .is_some_and(|told| is_same_part(resource, "AWS::Lambda::Permission", told))
            });
            same.next()
        });
    Ok(told.map_or(Facts::Gone, |told| Found::of(told).into()))
}

pub async fn invoke_config<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let Some(function) = resource.text("FunctionName").map(tail) else {
        return Ok(Facts::NotRead("its function is not known".to_owned()));
    };
    let configs = invoke_configs(readers, function).await?;
    let configs = configs.iter().flat_map(|all| all.as_array()).flatten();
    let qualifier = resource.text("Qualifier").unwrap_or("$LATEST");
    let mut own = configs
        .map(invoke_config_of)
        .filter(|config| config["Qualifier"] == qualifier);
    Ok(own
        .next()
        .map_or(Facts::Gone, |told| Found::of(told).into()))
}

fn invoke_config_of(config: &Value) -> Value {
    let arn = config["FunctionArn"].as_str().unwrap_or_default();
    let mut parts = arn.split(':').skip(6);
    let mut told = pick(
        config,
        &[
            "DestinationConfig",
            "MaximumEventAgeInSeconds",
            "MaximumRetryAttempts",
        ],
    );
    told["FunctionName"] = parts.next().unwrap_or_default().into();
    // AWS names `$LATEST`; a local cloud keeps what was set without a qualifier apart.
    told["Qualifier"] = parts.next().map_or(Value::Null, Value::from);
    told
}

async fn invoke_configs<A: Api>(
    readers: &Readers<A>,
    function: &str,
) -> Result<Option<Rc<Value>>, Trouble> {
    let path = format!(
        "/2019-09-25/functions/{}/event-invoke-config/list",
        encode(function)
    );
    let call = Call::get(Service::Lambda, "ListFunctionEventInvokeConfigs", path);
    let answer = readers.ask_if(call).await?;
    Ok(answer.map(|answer| Rc::new(answer["FunctionEventInvokeConfigs"].clone())))
}

/// The statements of a function's policy; none where it has no policy.
async fn policy_of<A: Api>(readers: &Readers<A>, function: &str) -> Result<Vec<Value>, Trouble> {
    let path = format!("/2015-03-31/functions/{}/policy", encode(function));
    let answer = readers
        .ask_if(Call::get(Service::Lambda, "GetPolicy", path))
        .await?;
    let policy = answer.map(|answer| parsed(&answer["Policy"]));
    let statements = policy.and_then(|policy| policy["Statement"].as_array().cloned());
    Ok(statements.unwrap_or_default())
}

/// The function's name in an ARN that may end with a version or an alias.
pub fn tail_of_function(arn: &Value) -> &str {
    let arn = arn.as_str().unwrap_or_default();
    arn.split(':').nth(6).unwrap_or(arn)
}

/// Whether the stack has a function of this name.
pub fn is_ours(stack: &Stack, name: &str) -> bool {
    stack
        .of("AWS::Lambda::Function")
        .any(|function| function.name() == name)
}

/// The mapping of a list that has an id.
pub fn by_uuid<'a>(every: &'a Value, id: &str) -> Option<&'a Value> {
    find(every, "UUID", id)
}
