//! Tables and buckets.

use super::{Touched, says, text_of};
use requests::{Call, Service, encode};
use serde_json::{Value, json};

/// What can be set on a table without rebuilding it.
pub const OF_TABLE: &[&str] = &[
    "BillingMode",
    "DeletionProtectionEnabled",
    "PointInTimeRecoverySpecification",
    "ProvisionedThroughput",
    "ResourcePolicy",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
    "Tags",
    "TimeToLiveSpecification",
];

/// What can be set on a bucket. Who else was granted something by a list of access can't be known well enough.
pub const OF_BUCKET: &[&str] = &[
    "BucketEncryption",
    "CorsConfiguration",
    "LifecycleConfiguration",
    "LoggingConfiguration",
    "NotificationConfiguration",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "ReplicationConfiguration",
    "Tags",
    "VersioningConfiguration",
    "WebsiteConfiguration",
];

pub fn set_table(touched: &Touched<'_>) -> Vec<Call> {
    let name = touched.resource.name();
    let call = |operation, input| Call::new(Service::DynamoDb, operation, input);
    let update =
        |member: &str, value: Value| call("UpdateTable", json!({"TableName": name, member: value}));
    let mut calls = Vec::new();
    if touched.has("TimeToLiveSpecification") {
        let told = touched.told("TimeToLiveSpecification");
        let attribute = told.map(|told| told["AttributeName"].clone()).or_else(|| {
            let there = touched.undeclared("TimeToLiveSpecification");
            there.first().map(|there| there["AttributeName"].clone())
        });
        let on = told.is_some_and(|told| told["Enabled"] == true);
        let input = json!({"TableName": name, "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": on}});
        calls.push(call("UpdateTimeToLive", input));
    }
    if touched.has("PointInTimeRecoverySpecification") {
        let off = || json!({"PointInTimeRecoveryEnabled": false});
        let told = touched.told("PointInTimeRecoverySpecification").cloned();
        let input = json!({"TableName": name, "PointInTimeRecoverySpecification": told.unwrap_or_else(off)});
        calls.push(call("UpdateContinuousBackups", input));
    }
    if touched.has("DeletionProtectionEnabled") {
        let on = says(touched.told("DeletionProtectionEnabled"));
        calls.push(update("DeletionProtectionEnabled", on.into()));
    }
    if touched.has("BillingMode") || touched.has("ProvisionedThroughput") {
        let mut input =
            json!({"TableName": name, "BillingMode": touched.told_or_default("BillingMode")});
        if let Some(throughput) = touched.told("ProvisionedThroughput") {
            input["ProvisionedThroughput"] = throughput.clone();
        }
        calls.push(call("UpdateTable", input));
    }
    if touched.has("SSESpecification") {
        let told = touched.told("SSESpecification").map(|told| {
            json!({"Enabled": told["SSEEnabled"], "SSEType": "KMS", "KMSMasterKeyId": told["KMSMasterKeyId"]})
        });
        let off = || json!({"Enabled": false});
        calls.push(update("SSESpecification", told.unwrap_or_else(off)));
    }
    if touched.has("StreamSpecification") {
        let off = json!({"StreamEnabled": false});
        match touched.told("StreamSpecification") {
            Some(told) => {
                let there = touched.findings.iter().any(|finding| {
                    finding.path.starts_with("StreamSpecification") && finding.actual.is_some()
                });
                // A stream of another kind must go before this one can come.
                if there {
                    calls.push(update("StreamSpecification", off));
                }
                let on = json!({"StreamEnabled": true, "StreamViewType": told["StreamViewType"]});
                calls.push(update("StreamSpecification", on));
            }
            None => calls.push(update("StreamSpecification", off)),
        }
    }
    if touched.has("TableClass") {
        calls.push(update("TableClass", touched.told_or_default("TableClass")));
    }
    if touched.has("ResourcePolicy")
        && let Some(arn) = crate::resolve::arn_of(touched.stack, touched.resource)
    {
        calls.push(match touched.told("ResourcePolicy") {
            Some(told) => call(
                "PutResourcePolicy",
                json!({"ResourceArn": arn, "Policy": text_of(&told["PolicyDocument"])}),
            ),
            None => call("DeleteResourcePolicy", json!({ "ResourceArn": arn })),
        });
    }
    calls
}

/// Setting, how it is asked for, its element in XML, and the operations that put and delete it.
const OF_S3: &[(&str, &str, &str, &str, &str)] = &[
    (
        "BucketEncryption",
        "encryption",
        "ServerSideEncryptionConfiguration",
        "PutBucketEncryption",
        "DeleteBucketEncryption",
    ),
    (
        "CorsConfiguration",
        "cors",
        "CORSConfiguration",
        "PutBucketCors",
        "DeleteBucketCors",
    ),
    (
        "LifecycleConfiguration",
        "lifecycle",
        "LifecycleConfiguration",
        "PutBucketLifecycleConfiguration",
        "DeleteBucketLifecycle",
    ),
    (
        "OwnershipControls",
        "ownershipControls",
        "OwnershipControls",
        "PutBucketOwnershipControls",
        "DeleteBucketOwnershipControls",
    ),
    (
        "PublicAccessBlockConfiguration",
        "publicAccessBlock",
        "PublicAccessBlockConfiguration",
        "PutPublicAccessBlock",
        "DeletePublicAccessBlock",
    ),
    (
        "ReplicationConfiguration",
        "replication",
        "ReplicationConfiguration",
        "PutBucketReplication",
        "DeleteBucketReplication",
    ),
    (
        "WebsiteConfiguration",
        "website",
        "WebsiteConfiguration",
        "PutBucketWebsite",
        "DeleteBucketWebsite",
    ),
    (
        "VersioningConfiguration",
        "versioning",
        "VersioningConfiguration",
        "PutBucketVersioning",
        "",
    ),
    (
        "LoggingConfiguration",
        "logging",
        "BucketLoggingStatus",
        "PutBucketLogging",
        "",
    ),
    (
        "NotificationConfiguration",
        "notification",
        "NotificationConfiguration",
        "PutBucketNotificationConfiguration",
        "",
    ),
];

pub fn set_bucket(touched: &Touched<'_>) -> Vec<Call> {
    let bucket = encode(&touched.resource.physical_id);
    let of = OF_S3.iter().filter(|(property, ..)| touched.has(property));
    of.map(|(property, query, element, put, delete)| {
        let path = format!("/{bucket}?{query}");
        let told = touched.told(property);
        if told.is_none() && !delete.is_empty() && *property != "PublicAccessBlockConfiguration" {
            return Call::at(Service::S3, delete, "DELETE", path, Value::Null);
        }
        let inner = setting(property, told);
        let text = format!(
            "<{element} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{inner}</{element}>"
        );
        Call::at(Service::S3, put, "PUT", path, text.into())
    })
    .collect()
}

/// A setting in S3's own words.
fn setting(property: &str, told: Option<&Value>) -> String {
    let nothing = Value::Null;
    let told = told.unwrap_or(&nothing);
    match property {
        "BucketEncryption" => {
            let rules = told["ServerSideEncryptionConfiguration"].as_array();
            let rules = rules.into_iter().flatten().map(|rule| {
                let rule = json!({
                    "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
                    "BucketKeyEnabled": rule["BucketKeyEnabled"]});
                format!("<Rule>{}</Rule>", xml(&rule))
            });
            rules.collect()
        }
        "LifecycleConfiguration" => {
            let rules = told["Rules"].as_array().into_iter().flatten();
            rules
                .map(|rule| format!("<Rule>{}</Rule>", lifecycle(rule)))
                .collect()
        }
        "OwnershipControls" => {
            let rules = told["Rules"].as_array().into_iter().flatten();
            rules
                .map(|rule| format!("<Rule>{}</Rule>", xml(rule)))
                .collect()
        }
        "CorsConfiguration" => {
            let rules = told["CorsRules"].as_array().into_iter().flatten();
            rules
                .map(|rule| format!("<CORSRule>{}</CORSRule>", cors(rule)))
                .collect()
        }
        "PublicAccessBlockConfiguration" if told.is_null() => xml(&json!({
            "BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true})),
        "VersioningConfiguration" if told.is_null() => "<Status>Suspended</Status>".to_owned(),
        "LoggingConfiguration" if told.is_object() => {
            let target = json!({"TargetBucket": told["DestinationBucketName"], "TargetPrefix": text_of(&told["LogFilePrefix"])});
            format!("<LoggingEnabled>{}</LoggingEnabled>", xml(&target))
        }
        _ => xml(told),
    }
}

fn lifecycle(rule: &Value) -> String {
    let expiration = json!({"Days": rule["ExpirationInDays"], "Date": rule["ExpirationDate"],
        "ExpiredObjectDeleteMarker": rule["ExpiredObjectDeleteMarker"]});
    let told = json!({"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": text_of(&rule["Prefix"])},
        "NoncurrentVersionExpiration": rule["NoncurrentVersionExpiration"],
        "AbortIncompleteMultipartUpload": rule["AbortIncompleteMultipartUpload"]});
    let mut text = xml(&told);
    let expiration = xml(&expiration);
    if !expiration.is_empty() {
        text.push_str(&format!("<Expiration>{expiration}</Expiration>"));
    }
    for transition in rule["Transitions"].as_array().into_iter().flatten() {
        let told = json!({"Days": transition["TransitionInDays"], "StorageClass": transition["StorageClass"]});
        text.push_str(&format!("<Transition>{}</Transition>", xml(&told)));
    }
    text
}

fn cors(rule: &Value) -> String {
    let names = [
        ("AllowedHeaders", "AllowedHeader"),
        ("AllowedMethods", "AllowedMethod"),
        ("AllowedOrigins", "AllowedOrigin"),
        ("ExposedHeaders", "ExposeHeader"),
    ];
    let lists = names.into_iter().flat_map(|(ours, theirs)| {
        let values = rule[ours].as_array().into_iter().flatten();
        values.map(move |value| format!("<{theirs}>{}</{theirs}>", escaped(&text_of(value))))
    });
    lists.collect()
}

/// A structure as elements. Nothing is written for what is not set.
fn xml(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Object(members) => {
            let members = members.iter().filter(|(_, member)| !member.is_null());
            members
                .map(|(name, member)| format!("<{name}>{}</{name}>", xml(member)))
                .collect()
        }
        Value::Array(elements) => elements.iter().map(xml).collect(),
        scalar => escaped(&text_of(scalar)),
    }
}

/// A text inside an element.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

pub fn put_bucket_policy(touched: &Touched<'_>) -> Vec<Call> {
    let bucket = touched.resource.text("Bucket").unwrap_or_default();
    let policy = text_of(&touched.told_or_default("PolicyDocument"));
    let path = format!("/{}?policy", encode(bucket));
    vec![Call::at(
        Service::S3,
        "PutBucketPolicy",
        "PUT",
        path,
        policy.into(),
    )]
}

pub fn remove_bucket_policy(bucket: &str) -> Vec<Call> {
    let path = format!("/{}?policy", encode(bucket));
    vec![Call::at(
        Service::S3,
        "DeleteBucketPolicy",
        "DELETE",
        path,
        Value::Null,
    )]
}
