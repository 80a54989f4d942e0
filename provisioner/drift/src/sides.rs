//! Which way a change goes, where that decides what it can lead to: a shorter retention loses data, a longer one costs.
//! Tables only, and the reading of them.

use crate::compare::Difference;
use crate::finding::Risk::{self, Cosmetic, LosesData, LosesEvents, WidensAccess};
use cfn::Step;
use serde_json::Value;

/// Property, risk of less, risk of more. Nothing, or less than nothing, is no limit.
const NUMBERS: &[(&str, Risk, Risk)] = &[
    ("DelaySeconds", Cosmetic, LosesEvents),
    ("ExpirationInDays", LosesData, Cosmetic),
    ("KmsDataKeyReusePeriodSeconds", Cosmetic, WidensAccess),
    ("MaxReadRequestUnits", LosesEvents, Cosmetic),
    ("MaxSessionDuration", LosesEvents, WidensAccess),
    ("MaxWriteRequestUnits", LosesEvents, Cosmetic),
    ("MaximumEventAgeInSeconds", LosesEvents, Cosmetic),
    ("MaximumMessageSize", LosesEvents, Cosmetic),
    ("MaximumRecordAgeInSeconds", LosesEvents, Cosmetic),
    ("MaximumRetryAttempts", LosesEvents, Cosmetic),
    ("MemorySize", LosesEvents, Cosmetic),
    ("MessageRetentionPeriod", LosesEvents, Cosmetic),
    ("NoncurrentDays", LosesData, Cosmetic),
    ("ReceiveMessageWaitTimeSeconds", Cosmetic, Cosmetic),
    ("RecoveryPeriodInDays", LosesData, Cosmetic),
    ("RetentionDays", LosesData, Cosmetic),
    ("RetentionInDays", LosesData, Cosmetic),
    ("RotationPeriodInDays", Cosmetic, WidensAccess),
    ("Size", LosesEvents, Cosmetic),
    ("ThrottlingBurstLimit", LosesEvents, WidensAccess),
    ("ThrottlingRateLimit", LosesEvents, WidensAccess),
];

/// Property, risk of on, risk of off.
const SWITCHES: &[(&str, Risk, Risk)] = &[
    ("AutoDeploy", Cosmetic, LosesEvents),
    ("BlockPublicAcls", LosesEvents, WidensAccess),
    ("BlockPublicPolicy", LosesEvents, WidensAccess),
    ("BucketKeyEnabled", Cosmetic, Cosmetic),
    ("DataTraceEnabled", WidensAccess, Cosmetic),
    ("DeletionProtectionEnabled", Cosmetic, LosesData),
    ("DetailedMetricsEnabled", Cosmetic, LosesEvents),
    ("DisableExecuteApiEndpoint", LosesEvents, WidensAccess),
    ("EnableKeyRotation", Cosmetic, WidensAccess),
    ("IgnorePublicAcls", LosesEvents, WidensAccess),
    ("IncludeExecutionData", WidensAccess, Cosmetic),
    ("ObjectLockEnabled", Cosmetic, LosesData),
    ("PointInTimeRecoveryEnabled", Cosmetic, LosesData),
    ("RestrictPublicBuckets", LosesEvents, WidensAccess),
    ("SqsManagedSseEnabled", Cosmetic, WidensAccess),
];

/// Property, risk of it or a part of it that came, risk of one that went. One that is another is judged elsewhere.
const PRESENCES: &[(&str, Risk, Risk)] = &[
    ("AuthorizationScopes", LosesEvents, WidensAccess),
    ("BucketEncryption", LosesEvents, WidensAccess),
    ("CorsConfiguration", WidensAccess, LosesEvents),
    ("DeadLetterConfig", WidensAccess, LosesEvents),
    ("DestinationConfig", WidensAccess, LosesEvents),
    ("EncryptionConfiguration", LosesEvents, WidensAccess),
    ("FileSystemConfigs", WidensAccess, LosesEvents),
    ("GlobalSecondaryIndexes", Cosmetic, LosesEvents),
    ("KMSMasterKeyID", LosesEvents, WidensAccess),
    ("KinesisStreamSpecification", WidensAccess, LosesEvents),
    ("KmsKeyArn", LosesEvents, WidensAccess),
    ("KmsKeyId", LosesEvents, WidensAccess),
    ("KmsKeyIdentifier", LosesEvents, WidensAccess),
    ("KmsMasterKeyId", LosesEvents, WidensAccess),
    ("Layers", WidensAccess, LosesEvents),
    ("LifecycleConfiguration", LosesData, Cosmetic),
    ("NotificationConfiguration", WidensAccess, LosesEvents),
    ("ObjectLockConfiguration", Cosmetic, LosesData),
    ("PermissionsBoundary", LosesEvents, WidensAccess),
    ("PointInTimeRecoverySpecification", Cosmetic, LosesData),
    ("Replicas", WidensAccess, LosesEvents),
    ("ReplicationConfiguration", WidensAccess, LosesData),
    ("SSESpecification", LosesEvents, WidensAccess),
    ("StreamSpecification", Cosmetic, LosesEvents),
    ("TimeToLiveSpecification", LosesData, Cosmetic),
];

/// Properties that name who gets something: another one sees what was meant for ours.
const PLACES: &[&str] = &[
    "CredentialsArn",
    "Destination",
    "DestinationArn",
    "DestinationBucketName",
    "IntegrationUri",
    "LogGroup",
    "LogGroupArn",
    "SubscriptionRoleArn",
    "TargetArn",
    "deadLetterTargetArn",
];

/// Who is told of an alarm, or what it sets off.
const ACTIONS: &[&str] = &["AlarmActions", "InsufficientDataActions", "OKActions"];

/// The risk by the direction of a change; none where no direction is known. `sided` has the type's default where nothing
/// is said.
pub fn of(
    type_name: &str,
    keys: &[&str],
    difference: &Difference,
    sided: &Difference,
) -> Option<Risk> {
    let last = match difference.path.steps().last() {
        Some(Step::Key(key)) => key.as_str(),
        _ => "",
    };
    numbers(last, sided)
        .or_else(|| switches(last, sided))
        .or_else(|| whole(type_name, keys, last, difference))
        .or_else(|| presences(keys, difference))
}

fn row(table: &[(&str, Risk, Risk)], name: &str) -> Option<(Risk, Risk)> {
    let found = table.iter().find(|(of, ..)| *of == name)?;
    Some((found.1, found.2))
}

fn numbers(last: &str, sided: &Difference) -> Option<Risk> {
    let (less, more) = row(NUMBERS, last)?;
    // What is kept for no days at all is kept for ever.
    let for_ever = |number: f64| number < 0.0 || last == "RetentionDays" && number == 0.0;
    let number = |value: &Option<Value>| match value {
        None => Some(f64::INFINITY),
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.parse().ok(),
        Some(_) => None,
    };
    let limit = |value| {
        number(value).map(|number| {
            if for_ever(number) {
                f64::INFINITY
            } else {
                number
            }
        })
    };
    let (told, there) = (limit(&sided.expected)?, limit(&sided.actual)?);
    Some(if there < told { less } else { more })
}

fn switches(last: &str, sided: &Difference) -> Option<Risk> {
    let (on, off) = row(SWITCHES, last)?;
    let is_on = match &sided.actual {
        Some(Value::Bool(is_on)) => *is_on,
        Some(Value::String(text)) => text == "true",
        None => false,
        Some(_) => return None,
    };
    Some(if is_on { on } else { off })
}

/// Properties with a rule of their own.
fn whole(type_name: &str, keys: &[&str], last: &str, difference: &Difference) -> Option<Risk> {
    let first = keys.first().copied().unwrap_or_default();
    let (told, there) = (&difference.expected, &difference.actual);
    if first == "VersioningConfiguration" {
        let text = there.as_ref().map(Value::to_string).unwrap_or_default();
        return Some(if text.contains("Enabled") {
            Cosmetic
        } else {
            LosesData
        });
    }
    if ACTIONS.contains(&first) {
        let empty = Vec::new();
        let all = |value: &Option<Value>| value.as_ref().and_then(Value::as_array).cloned();
        let told = all(told).unwrap_or(empty);
        let come = all(there)
            .unwrap_or_default()
            .iter()
            .any(|action| !told.contains(action));
        return Some(if come { WidensAccess } else { LosesEvents });
    }
    let place = PLACES.contains(&last)
        || keys.ends_with(&["DeadLetterConfig", "Arn"])
        || (type_name, last) == ("AWS::Lambda::EventSourceMapping", "FunctionName");
    if place {
        let named = there.as_ref().is_some_and(|place| place != "");
        return Some(if named { WidensAccess } else { LosesEvents });
    }
    // Data of executions and events in a log is there for whoever reads the log.
    if last == "IncludeDetail" {
        let full = there.as_ref().is_some_and(|detail| detail == "FULL");
        return Some(if full { WidensAccess } else { LosesEvents });
    }
    // Objects' names in a log of somebody's.
    if (type_name, first) == ("AWS::S3::Bucket", "LoggingConfiguration") {
        return Some(if there.is_some() {
            WidensAccess
        } else {
            LosesEvents
        });
    }
    None
}

fn presences(keys: &[&str], difference: &Difference) -> Option<Risk> {
    let (come, gone) = keys.iter().rev().find_map(|key| row(PRESENCES, key))?;
    match (&difference.expected, &difference.actual) {
        (None, Some(_)) => Some(come),
        (Some(_), None) => Some(gone),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cfn::Path;
    use serde_json::json;

    fn risk(type_name: &str, keys: &[&str], told: Value, there: Value) -> Risk {
        let some = |value: Value| (!value.is_null()).then_some(value);
        let path = keys.iter().fold(Path::default(), |path, key| path.key(key));
        crate::risk::of_property(
            type_name,
            &Difference {
                path,
                expected: some(told),
                actual: some(there),
            },
        )
    }

    #[test]
    fn keeping_things_shorter_loses_them_and_keeping_them_longer_costs() {
        let logs = "AWS::Logs::LogGroup";
        let days = ["RetentionInDays"];
        assert_eq!(risk(logs, &days, json!(30), json!(1)), LosesData);
        assert_eq!(risk(logs, &days, json!(30), json!(3653)), Cosmetic);
        assert_eq!(risk(logs, &days, json!(30), Value::Null), Cosmetic);
        assert_eq!(risk(logs, &days, Value::Null, json!(1)), LosesData);
        let archive = "AWS::Events::Archive";
        assert_eq!(
            risk(archive, &["RetentionDays"], json!(7), json!(0)),
            Cosmetic
        );
        assert_eq!(
            risk(archive, &["RetentionDays"], Value::Null, json!(7)),
            LosesData
        );
    }

    #[test]
    fn a_throttle_that_is_narrower_refuses_and_one_that_is_wider_protects_less() {
        let stage = "AWS::ApiGatewayV2::Stage";
        let burst = ["DefaultRouteSettings", "ThrottlingBurstLimit"];
        assert_eq!(risk(stage, &burst, json!(100), json!(1)), LosesEvents);
        assert_eq!(risk(stage, &burst, json!(100), json!(9000)), WidensAccess);
        assert_eq!(risk(stage, &burst, json!(100), Value::Null), WidensAccess);
    }

    #[test]
    fn what_limits_a_role_narrows_it_and_what_lifts_a_limit_widens_it() {
        let role = "AWS::IAM::Role";
        let boundary = ["PermissionsBoundary"];
        assert_eq!(
            risk(role, &boundary, Value::Null, json!("arn:b")),
            LosesEvents
        );
        assert_eq!(
            risk(role, &boundary, json!("arn:b"), Value::Null),
            WidensAccess
        );
        let session = ["MaxSessionDuration"];
        assert_eq!(
            risk(role, &session, Value::Null, json!(43200)),
            WidensAccess
        );
        let deny = json!({"PolicyName": "no", "PolicyDocument": {"Statement": [
            {"Effect": "Deny", "Action": "*", "Resource": "*"}]}});
        assert_eq!(
            risk(role, &["Policies"], Value::Null, json!([deny])),
            LosesEvents
        );
    }

    #[test]
    fn messages_that_go_elsewhere_are_seen_elsewhere_and_those_that_go_nowhere_are_lost() {
        let queue = "AWS::SQS::Queue";
        let dead = ["RedrivePolicy", "deadLetterTargetArn"];
        assert_eq!(
            risk(queue, &dead, json!("arn:ours"), json!("arn:theirs")),
            WidensAccess
        );
        assert_eq!(
            risk(queue, &["RedrivePolicy"], json!({}), Value::Null),
            LosesEvents
        );
        let alarm = "AWS::CloudWatch::Alarm";
        assert_eq!(
            risk(alarm, &["AlarmActions"], json!(["arn:us"]), json!([])),
            LosesEvents
        );
        assert_eq!(
            risk(alarm, &["OKActions"], Value::Null, json!(["arn:them"])),
            WidensAccess
        );
    }

    #[test]
    fn a_variable_that_sends_an_sdk_elsewhere_widens_access() {
        let function = "AWS::Lambda::Function";
        let variable = |name| {
            risk(
                function,
                &["Environment", "Variables", name],
                Value::Null,
                json!("x"),
            )
        };
        assert_eq!(variable("AWS_ENDPOINT_URL_SNS"), WidensAccess);
        assert_eq!(variable("DEBUG"), LosesEvents);
    }
}
