//! Buckets and their policies.

use super::{Touched, text_of};
use requests::{Call, Service, encode};
use serde_json::{Value, json};

/// What can be set on a bucket.
pub const OF_BUCKET: &[&str] = &[
    "AccelerateConfiguration",
    "AccessControlList",
    "BucketEncryption",
    "CorsConfiguration",
    "LifecycleConfiguration",
    "LoggingConfiguration",
    "NotificationConfiguration",
    "ObjectLockConfiguration",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "ReplicationConfiguration",
    "Tags",
    "VersioningConfiguration",
    "WebsiteConfiguration",
];

/// The bucket under its name, empty and closed. The rest is set in the next round.
pub fn make_bucket(touched: &Touched<'_>) -> Vec<Call> {
    let region = &touched.stack.place.region;
    // The oldest region is the one that may not be named.
    let place = if region == "us-east-1" {
        Value::Null
    } else {
        format!(
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>",
            escaped(region)
        )
        .into()
    };
    let path = format!("/{}", encode(&touched.resource.physical_id));
    vec![Call::at(Service::S3, "CreateBucket", "PUT", path, place)]
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
        "ObjectLockConfiguration",
        "object-lock",
        "ObjectLockConfiguration",
        "PutObjectLockConfiguration",
        "",
    ),
    (
        "AccelerateConfiguration",
        "accelerate",
        "AccelerateConfiguration",
        "PutBucketAccelerateConfiguration",
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
    // Before the owner's full control can be enforced again nobody else may be granted anything.
    let owner = touched
        .there("AccessControlList", "Owner")
        .into_iter()
        .next();
    let acl = owner.map(|owner| {
        let path = format!("/{bucket}?acl");
        Call::at(
            Service::S3,
            "PutBucketAcl",
            "PUT",
            path,
            owned_by(&text_of(&owner)).into(),
        )
    });
    let of = OF_S3.iter().filter(|(property, ..)| touched.has(property));
    let of = of.map(|(property, query, element, put, delete)| {
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
    });
    acl.into_iter().chain(of).collect()
}

/// The list of access that a bucket has when nobody gave it one.
fn owned_by(owner: &str) -> String {
    let owner = escaped(owner);
    format!(
        "<AccessControlPolicy xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner><ID>{owner}</ID></Owner>\
         <AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:type=\"CanonicalUser\"><ID>{owner}</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>\
         </AccessControlList></AccessControlPolicy>"
    )
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
        // Locking stays on; what is locked by itself is what can be put back.
        "ObjectLockConfiguration" => {
            xml(&json!({"ObjectLockEnabled": "Enabled", "Rule": told["Rule"]}))
        }
        "AccelerateConfiguration" => {
            let status = told["AccelerationStatus"].as_str().unwrap_or("Suspended");
            xml(&json!({ "Status": status }))
        }
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
