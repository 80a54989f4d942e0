//! Tags: every service has calls and a spelling of its own.

use super::Touched;
use crate::canonical;
use crate::detect::Target;
use crate::resolve::arn_of;
use requests::{Call, Service, encode};
use serde_json::{Map, Value, json};

/// Sets the declared tags and those of the stack that were changed, and takes away those that nobody declared: never
/// one of the stack's, which CloudFormation put there.
pub fn set(touched: &Touched<'_>) -> Vec<Call> {
    let told = told(touched);
    let gone: Vec<String> = touched
        .findings
        .iter()
        .filter(|finding| finding.expected.is_none())
        .flat_map(|finding| keys(&finding.path, finding.actual.as_ref()))
        .filter(|key| !told.contains_key(key) && !touched.stack.tags.contains_key(key))
        .collect();
    let mut calls = Vec::new();
    if !told.is_empty() {
        calls.extend(put(touched, &told));
    }
    // A bucket's tags are one document: what was put is all that is there.
    let is_done = touched.resource.type_name == BUCKET && !told.is_empty();
    if !gone.is_empty() && !is_done {
        calls.extend(take(touched, &gone));
    }
    calls
}

const BUCKET: &str = "AWS::S3::Bucket";

/// What is declared, over what the stack says: of a bucket all that it says, of anything else what was changed. The local
/// cloud puts the stack's tags onto no bucket, and would not keep up those that are.
fn told(touched: &Touched<'_>) -> Map<String, Value> {
    let stack = touched.stack;
    let is_whole = touched.resource.type_name == BUCKET && stack.target == Target::Aws;
    let of_findings = touched.findings.iter();
    let changed: Vec<String> = of_findings
        .filter(|finding| finding.expected.is_some())
        .flat_map(|finding| keys(&finding.path, finding.expected.as_ref()))
        .collect();
    let of_stack = stack
        .tags
        .iter()
        .filter(|(key, _)| is_whole || changed.contains(key));
    let mut told: Map<String, Value> = of_stack
        .map(|(key, value)| (key.clone(), value.as_str().into()))
        .collect();
    if let Some(Value::Object(declared)) = touched.told("Tags").map(canonical::tags) {
        told.extend(declared);
    }
    told
}

/// The tags that a finding is about: `Tags.owner`, `Tags["a.b"]`, or all of `Tags`.
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
        BUCKET => Some(bucket_tags(id, tags)),
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
        BUCKET => Some(Call::at(
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use crate::detect::judge;
    use crate::tests::{deployed, golden};
    use crate::{Facts, Found, Target, plan};
    use requests::Call;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    /// What puts the tags of a resource back, where these are there beside the declared ones.
    fn calls(type_name: &str, there: &[(&str, &str)], target: Target) -> Vec<Call> {
        let mut stack = deployed(&golden("prod"));
        stack.target = target;
        let tags = [("provision:managed", "true"), ("team", "finance")];
        stack.tags = tags.map(|(key, value)| (key.into(), value.into())).into();
        let resource = stack.of(type_name).next().unwrap().clone();
        let mut properties = resource.properties.clone();
        let mut all = crate::canonical::tags(&json!(properties.get("Tags")));
        for (key, value) in there {
            all[*key] = (*value).into();
        }
        properties.insert("Tags".into(), all);
        let found = Found::of(Value::Object(properties));
        let facts: BTreeMap<String, Facts> = [(resource.logical_id.clone(), found.into())].into();
        let report = judge(&stack, &facts, target);
        let steps = plan(&stack, &report.findings).into_iter();
        steps.flat_map(|step| step.calls).collect()
    }

    #[test]
    fn a_changed_tag_of_the_stack_is_set_back_and_never_taken_away() {
        let there = [
            ("team", "mallory"),
            ("provision:managed", "true"),
            ("mine", "yes"),
        ];
        let calls = calls("AWS::SQS::Queue", &there, Target::Aws);
        let [put, take] = calls.as_slice() else {
            unreachable!("{calls:?}")
        };
        assert_eq!((put.operation, take.operation), ("TagQueue", "UntagQueue"));
        assert_eq!(put.input["Tags"]["team"], "finance");
        assert_eq!(take.input["TagKeys"], json!(["mine"]));
    }

    #[test]
    fn a_tag_of_the_stack_that_is_not_there_is_no_difference() {
        for there in [&[][..], &[("team", "finance")]] {
            assert_eq!(calls("AWS::SQS::Queue", there, Target::Aws), []);
            assert_eq!(calls("AWS::SQS::Queue", there, Target::Local), []);
        }
    }

    #[test]
    fn a_buckets_tags_are_put_with_those_of_the_stack() {
        let there = [
            ("team", "finance"),
            ("provision:managed", "true"),
            ("mine", "yes"),
        ];
        let calls = calls("AWS::S3::Bucket", &there, Target::Aws);
        let [put] = calls.as_slice() else {
            unreachable!("{calls:?}")
        };
        let body = put.input.as_str().unwrap();
        assert_eq!(put.operation, "PutBucketTagging");
        assert!(body.contains("<Key>team</Key><Value>finance</Value>"));
        assert!(body.contains("<Key>provision:managed</Key>"));
        assert!(!body.contains("mine"));
    }
}
