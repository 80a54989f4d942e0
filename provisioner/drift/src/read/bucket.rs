//! S3 buckets: a request a setting, since S3 has no other way.

use super::shape::{list, parsed, set};
use super::{Answer, Read, Readers, part};
use crate::live::{Facts, Found};
use crate::resolve::{Resource, Stack};
use requests::{Api, Call, Service, encode};
use serde_json::{Map, Value, json};
use std::rc::Rc;

pub async fn bucket<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let name = resource.physical_id.as_str();
    let ask = |operation, query: &str| readers.ask(get(operation, name, query));
    // The first answer says whether there is a bucket at all.
    let versioning = ask("GetBucketVersioning", "versioning").await?;
    let (
        encryption,
        access,
        ownership,
        lifecycle,
        lock,
        tags,
        policy,
        cors,
        website,
        replication,
        logging,
        notices,
        acl,
        acceleration,
    ) = tokio::join!(
        ask("GetBucketEncryption", "encryption"),
        ask("GetPublicAccessBlock", "publicAccessBlock"),
        ask("GetBucketOwnershipControls", "ownershipControls"),
        ask("GetBucketLifecycleConfiguration", "lifecycle"),
        ask("GetObjectLockConfiguration", "object-lock"),
        ask("GetBucketTagging", "tagging"),
        policy_of(readers, name),
        ask("GetBucketCors", "cors"),
        ask("GetBucketWebsite", "website"),
        ask("GetBucketReplication", "replication"),
        ask("GetBucketLogging", "logging"),
        ask("GetBucketNotificationConfiguration", "notification"),
        ask("GetBucketAcl", "acl"),
        ask("GetBucketAccelerateConfiguration", "accelerate"),
    );
    let mut found = Found::default();
    if let Some(status) = versioning["Status"].as_str() {
        set(
            &mut found.properties,
            "VersioningConfiguration",
            json!({ "Status": status }),
        );
    }
    part(
        &mut found,
        "BucketEncryption",
        with(encryption, encryption_of),
    )?;
    let open = || json!({"BlockPublicAcls": false, "BlockPublicPolicy": false, "IgnorePublicAcls": false, "RestrictPublicBuckets": false});
    let access = match access {
        // Without a block nothing is blocked, although a bucket is made with everything blocked.
        Err(trouble) if trouble.is_absence() => Ok(Rc::new(open())),
        access => access,
    };
    part(&mut found, "PublicAccessBlockConfiguration", access)?;
    part(
        &mut found,
        "OwnershipControls",
        with(ownership, |answer| rules(answer, "Rule")),
    )?;
    part(
        &mut found,
        "LifecycleConfiguration",
        with(lifecycle, lifecycle_of),
    )?;
    let declared = resource.properties.get("ObjectLockConfiguration");
    let locks = matches!(&lock, Ok(answer) if answer["ObjectLockEnabled"] == "Enabled");
    // Locking can't be switched off, what is locked by itself can: they are told apart.
    let shown = |answer: &Value| match declared {
        Some(_) => answer.clone(),
        None if answer["Rule"].is_object() => json!({ "Rule": answer["Rule"] }),
        None => Value::Null,
    };
    part(&mut found, "ObjectLockConfiguration", with(lock, shown))?;
    if locks {
        set(&mut found.properties, "ObjectLockEnabled", true.into());
    }
    part(
        &mut found,
        "Tags",
        with(tags, |answer| list(answer["TagSet"]["Tag"].clone()).into()),
    )?;
    part(
        &mut found,
        "CorsConfiguration",
        with(cors, |answer| rules(answer, "CORSRule")),
    )?;
    part(&mut found, "WebsiteConfiguration", website)?;
    part(&mut found, "ReplicationConfiguration", replication)?;
    part(
        &mut found,
        "LoggingConfiguration",
        with(logging, logging_of),
    )?;
    part(
        &mut found,
        "NotificationConfiguration",
        with(notices, notices_of),
    )?;
    part(&mut found, "AccessControlList", with(acl, acl_of))?;
    part(
        &mut found,
        "AccelerateConfiguration",
        with(acceleration, |answer| match answer["Status"].as_str() {
            Some(status) => json!({ "AccelerationStatus": status }),
            None => Value::Null,
        }),
    )?;
    if let Some(policy) = policy? {
        let told = json!({"Bucket": name, "PolicyDocument": policy});
        found.child("AWS::S3::BucketPolicy", name, told);
    }
    Ok(found.into())
}

pub async fn policy<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let Some(bucket) = resource.text("Bucket") else {
        return Ok(Facts::NotRead("its bucket is not known".to_owned()));
    };
    Ok(match policy_of(readers, bucket).await? {
        Some(policy) => Found::of(json!({"Bucket": bucket, "PolicyDocument": policy})).into(),
        None => Facts::Gone,
    })
}

async fn policy_of<A: Api>(
    readers: &Readers<A>,
    bucket: &str,
) -> Result<Option<Value>, requests::Trouble> {
    let answer = readers
        .ask_if(get("GetBucketPolicy", bucket, "policy"))
        .await?;
    Ok(answer.map(|answer| parsed(&answer)))
}

fn get(operation: &'static str, bucket: &str, query: &str) -> Call {
    Call::get(
        Service::S3,
        operation,
        format!("/{}?{query}", encode(bucket)),
    )
}

fn with(answer: Answer, shape: impl FnOnce(&Value) -> Value) -> Answer {
    answer.map(|answer| Rc::new(shape(&answer)))
}

/// An empty element is no setting, but the one for EventBridge, which is empty when it is on.
fn notices_of(answer: &Value) -> Value {
    let mut told = match answer {
        Value::Object(members) => members.clone(),
        _ => return Value::Null,
    };
    if told.contains_key("EventBridgeConfiguration") {
        let on = json!({ "EventBridgeEnabled": true });
        told.insert("EventBridgeConfiguration".into(), on);
    }
    Value::Object(told)
}

fn rules(answer: &Value, name: &str) -> Value {
    let rules = list(answer[name].clone());
    let member = if name == "CORSRule" {
        "CorsRules"
    } else {
        "Rules"
    };
    json!({ member: rules })
}

fn encryption_of(answer: &Value) -> Value {
    let rules = list(answer["Rule"].clone()).into_iter().map(|rule| {
        let by_default = &rule["ApplyServerSideEncryptionByDefault"];
        let mut told =
            json!({"ServerSideEncryptionByDefault": {"SSEAlgorithm": by_default["SSEAlgorithm"]}});
        if let Some(key) = by_default["KMSMasterKeyID"]
            .as_str()
            .filter(|key| !key.is_empty())
        {
            told["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] = key.into();
        }
        if rule["BucketKeyEnabled"] == "true" {
            told["BucketKeyEnabled"] = true.into();
        }
        told
    });
    json!({ "ServerSideEncryptionConfiguration": rules.collect::<Vec<_>>() })
}

/// Lifecycle rules, as CloudFormation writes them.
fn lifecycle_of(answer: &Value) -> Value {
    let rules = list(answer["Rule"].clone()).into_iter().map(|rule| {
        let mut told = Map::new();
        set(&mut told, "Id", rule["ID"].clone());
        set(&mut told, "Status", rule["Status"].clone());
        let filter = &rule["Filter"];
        for prefix in [&rule["Prefix"], &filter["Prefix"], &filter["And"]["Prefix"]] {
            set(&mut told, "Prefix", prefix.clone());
        }
        let tags = list(filter["Tag"].clone())
            .into_iter()
            .chain(list(filter["And"]["Tag"].clone()));
        set(&mut told, "TagFilters", tags.collect());
        let expiration = &rule["Expiration"];
        set(&mut told, "ExpirationInDays", expiration["Days"].clone());
        set(&mut told, "ExpirationDate", expiration["Date"].clone());
        set(
            &mut told,
            "ExpiredObjectDeleteMarker",
            expiration["ExpiredObjectDeleteMarker"].clone(),
        );
        for name in [
            "NoncurrentVersionExpiration",
            "AbortIncompleteMultipartUpload",
        ] {
            set(&mut told, name, rule[name].clone());
        }
        let transitions = list(rule["Transition"].clone())
            .into_iter()
            .map(|transition| {
                let mut told = Map::new();
                set(
                    &mut told,
                    "StorageClass",
                    transition["StorageClass"].clone(),
                );
                set(&mut told, "TransitionInDays", transition["Days"].clone());
                Value::Object(told)
            });
        set(&mut told, "Transitions", transitions.collect());
        set(
            &mut told,
            "NoncurrentVersionTransitions",
            list(rule["NoncurrentVersionTransition"].clone()).into(),
        );
        Value::Object(told)
    });
    json!({ "Rules": rules.collect::<Vec<_>>() })
}

fn logging_of(answer: &Value) -> Value {
    let enabled = &answer["LoggingEnabled"];
    if !enabled.is_object() {
        return Value::Null;
    }
    json!({"DestinationBucketName": enabled["TargetBucket"], "LogFilePrefix": enabled["TargetPrefix"]})
}

/// Grants to anybody but the owner, which is what a private bucket has none of.
fn acl_of(answer: &Value) -> Value {
    let owner = &answer["Owner"]["ID"];
    let grants = list(answer["AccessControlList"]["Grant"].clone()).into_iter();
    let others: Vec<Value> = grants
        .filter(|grant| grant["Grantee"]["ID"] != *owner)
        .collect();
    if others.is_empty() {
        return Value::Null;
    }
    json!({"Owner": owner, "Grants": others})
}
