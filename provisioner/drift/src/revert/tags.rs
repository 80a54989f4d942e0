//! Tags: every service has calls and a spelling of its own.

use super::Touched;
use crate::canonical;
use crate::resolve::arn_of;
use requests::{Call, Service, encode};
use serde_json::{Map, Value, json};

/// Sets the declared tags, and takes away those that nobody declared.
pub fn set(touched: &Touched<'_>) -> Vec<Call> {
    let told = touched.told("Tags").map(canonical::tags);
    let told = match told {
        Some(Value::Object(told)) => told,
        _ => Map::new(),
    };
    let gone: Vec<String> = touched
        .findings
        .iter()
        .filter(|finding| finding.expected.is_none())
        .flat_map(|finding| keys(&finding.path, finding.actual.as_ref()))
        .collect();
    let mut calls = Vec::new();
    if !told.is_empty() {
        calls.extend(put(touched, &told));
    }
    if !gone.is_empty() {
        calls.extend(take(touched, &gone));
    }
    calls
}

/// The tags that an undeclared finding is about: `Tags.owner`, `Tags["a.b"]`, or all of `Tags`.
fn keys(path: &str, actual: Option<&Value>) -> Vec<String> {
    if path == "Tags" {
        let all = actual.and_then(Value::as_object);
        return all.into_iter().flat_map(Map::keys).cloned().collect();
    }
    let key = path.strip_prefix("Tags.").map(str::to_owned).or_else(|| {
        let quoted = path.strip_prefix("Tags[")?.strip_suffix(']')?;
        serde_json::from_str(quoted).ok()
    });
    key.into_iter().collect()
}

/// A list of pairs, spelt in this way.
fn pairs(tags: &Map<String, Value>, key: &str, value: &str) -> Value {
    tags.iter()
        .map(|(name, text)| json!({ key: name, value: text }))
        .collect()
}

fn put(touched: &Touched<'_>, tags: &Map<String, Value>) -> Option<Call> {
    let (resource, stack) = (touched.resource, touched.stack);
    let id = resource.physical_id.as_str();
    let arn = arn_of(stack, resource);
    let list = || pairs(tags, "Key", "Value");
    let call = |service, operation, input| Some(Call::new(service, operation, input));
    match resource.type_name.as_str() {
        "AWS::SQS::Queue" => call(
            Service::Sqs,
            "TagQueue",
            json!({"QueueUrl": id, "Tags": tags}),
        ),
        "AWS::SNS::Topic" => call(
            Service::Sns,
            "TagResource",
            json!({"ResourceArn": id, "Tags": list()}),
        ),
        "AWS::DynamoDB::Table" => call(
            Service::DynamoDb,
            "TagResource",
            json!({"ResourceArn": arn?, "Tags": list()}),
        ),
        "AWS::IAM::Role" => call(
            Service::Iam,
            "TagRole",
            json!({"RoleName": resource.name(), "Tags": list()}),
        ),
        "AWS::KMS::Key" => call(
            Service::Kms,
            "TagResource",
            json!({"KeyId": resource.name(), "Tags": pairs(tags, "TagKey", "TagValue")}),
        ),
        "AWS::Events::EventBus" | "AWS::Events::Rule" => call(
            Service::Events,
            "TagResource",
            json!({"ResourceARN": arn?, "Tags": list()}),
        ),
        "AWS::Logs::LogGroup" => call(
            Service::Logs,
            "TagResource",
            json!({"resourceArn": arn?.trim_end_matches(":*"), "tags": tags}),
        ),
        "AWS::CloudWatch::Alarm"
        | "AWS::CloudWatch::CompositeAlarm"
        | "AWS::CloudWatch::Dashboard" => call(
            Service::CloudWatch,
            "TagResource",
            json!({"ResourceARN": arn?, "Tags": list()}),
        ),
        "AWS::StepFunctions::StateMachine" => call(
            Service::States,
            "TagResource",
            json!({"resourceArn": id, "tags": pairs(tags, "key", "value")}),
        ),
        "AWS::Lambda::Function" | "AWS::Lambda::EventSourceMapping" => Some(Call::at(
            Service::Lambda,
            "TagResource",
            "POST",
            format!("/2017-03-31/tags/{}", encode(&arn?)),
            json!({ "Tags": tags }),
        )),
        "AWS::ApiGatewayV2::Api" | "AWS::ApiGatewayV2::Stage" => Some(Call::at(
            Service::ApiGateway,
            "TagResource",
            "POST",
            format!("/v2/tags/{}", encode(&api_arn(touched))),
            json!({ "tags": tags }),
        )),
        "AWS::S3::Bucket" => Some(bucket_tags(id, tags)),
        _ => None,
    }
}

fn take(touched: &Touched<'_>, keys: &[String]) -> Option<Call> {
    let (resource, stack) = (touched.resource, touched.stack);
    let id = resource.physical_id.as_str();
    let arn = arn_of(stack, resource);
    let call = |service, operation, input| Some(Call::new(service, operation, input));
    let query = || {
        let keys: Vec<String> = keys
            .iter()
            .map(|key| format!("tagKeys={}", encode(key)))
            .collect();
        keys.join("&")
    };
    match resource.type_name.as_str() {
        "AWS::SQS::Queue" => call(
            Service::Sqs,
            "UntagQueue",
            json!({"QueueUrl": id, "TagKeys": keys}),
        ),
        "AWS::SNS::Topic" => call(
            Service::Sns,
            "UntagResource",
            json!({"ResourceArn": id, "TagKeys": keys}),
        ),
        "AWS::DynamoDB::Table" => call(
            Service::DynamoDb,
            "UntagResource",
            json!({"ResourceArn": arn?, "TagKeys": keys}),
        ),
        "AWS::IAM::Role" => call(
            Service::Iam,
            "UntagRole",
            json!({"RoleName": resource.name(), "TagKeys": keys}),
        ),
        "AWS::KMS::Key" => call(
            Service::Kms,
            "UntagResource",
            json!({"KeyId": resource.name(), "TagKeys": keys}),
        ),
        "AWS::Events::EventBus" | "AWS::Events::Rule" => call(
            Service::Events,
            "UntagResource",
            json!({"ResourceARN": arn?, "TagKeys": keys}),
        ),
        "AWS::Logs::LogGroup" => call(
            Service::Logs,
            "UntagResource",
            json!({"resourceArn": arn?.trim_end_matches(":*"), "tagKeys": keys}),
        ),
        "AWS::CloudWatch::Alarm"
        | "AWS::CloudWatch::CompositeAlarm"
        | "AWS::CloudWatch::Dashboard" => call(
            Service::CloudWatch,
            "UntagResource",
            json!({"ResourceARN": arn?, "TagKeys": keys}),
        ),
        "AWS::StepFunctions::StateMachine" => call(
            Service::States,
            "UntagResource",
            json!({"resourceArn": id, "tagKeys": keys}),
        ),
        "AWS::Lambda::Function" | "AWS::Lambda::EventSourceMapping" => Some(Call::at(
            Service::Lambda,
            "UntagResource",
            "DELETE",
            format!("/2017-03-31/tags/{}?{}", encode(&arn?), query()),
            Value::Null,
        )),
        "AWS::ApiGatewayV2::Api" | "AWS::ApiGatewayV2::Stage" => Some(Call::at(
            Service::ApiGateway,
            "UntagResource",
            "DELETE",
            format!("/v2/tags/{}?{}", encode(&api_arn(touched)), query()),
            Value::Null,
        )),
        // A bucket's tags are one document: the declared ones were put as a whole.
        "AWS::S3::Bucket" if touched.told("Tags").is_none() => Some(Call::at(
            Service::S3,
            "DeleteBucketTagging",
            "DELETE",
            format!("/{}?tagging", encode(id)),
            Value::Null,
        )),
        _ => None,
    }
}

fn bucket_tags(bucket: &str, tags: &Map<String, Value>) -> Call {
    let tags: String = tags
        .iter()
        .map(|(key, value)| {
            let value = super::text_of(value);
            format!(
                "<Tag><Key>{}</Key><Value>{}</Value></Tag>",
                super::buckets::escaped(key),
                super::buckets::escaped(&value)
            )
        })
        .collect();
    let body = format!(
        "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>{tags}</TagSet></Tagging>"
    );
    Call::at(
        Service::S3,
        "PutBucketTagging",
        "PUT",
        format!("/{}?tagging", encode(bucket)),
        body.into(),
    )
}

fn api_arn(touched: &Touched<'_>) -> String {
    let place = &touched.stack.place;
    let within = match touched.resource.text("ApiId") {
        Some(api) => format!(
            "{api}/stages/{}",
            touched.resource.text("StageName").unwrap_or_default()
        ),
        None => touched.resource.physical_id.clone(),
    };
    format!(
        "arn:{}:apigateway:{}::/apis/{within}",
        place.partition, place.region
    )
}
