//! Settings that nobody declares, and settings whose direction decides what they lead to.

use super::{Change, Scene, change, lambda, queue};
use ::drift::{Call, Service};
use serde_json::{Value, json};

pub fn of_data(scene: &Scene) -> Vec<Change> {
    let (invoices, audit) = (scene.id("InvoicesTable"), scene.id("AuditTable"));
    let db = |operation, input| Call::new(Service::DynamoDb, operation, input);
    let s3 = |operation, method, query: &str, body: &str| {
        let path = format!("/{}?{query}", scene.id("StreamFailures"));
        let input = if body.is_empty() {
            Value::Null
        } else {
            body.into()
        };
        Call::at(Service::S3, operation, method, path, input)
    };
    vec![
        change(
            "one more index",
            ("AuditTable", "undeclared", "GlobalSecondaryIndexes"),
            "cosmetic",
            vec![db(
                "UpdateTable",
                json!({"TableName": audit, "AttributeDefinitions": [
                    {"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"},
                    {"AttributeName": "mine", "AttributeType": "S"}],
                    "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "mine",
                        "KeySchema": [{"AttributeName": "mine", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"}}}]}),
            )],
        ),
        change(
            "an index gone",
            (
                "InvoicesTable",
                "modified",
                "GlobalSecondaryIndexes[IndexName=unpublished]",
            ),
            "loses_events",
            vec![db(
                "UpdateTable",
                json!({"TableName": invoices,
                    "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "unpublished"}}]}),
            )],
        ),
        change(
            "changes streamed elsewhere",
            ("AuditTable", "undeclared", "KinesisStreamSpecification"),
            "widens_access",
            vec![db(
                "EnableKinesisStreamingDestination",
                json!({"TableName": audit, "StreamArn": scene.arn("kinesis", "stream/mine")}),
            )],
        ),
        change(
            "a table that may do less",
            ("AuditTable", "undeclared", "OnDemandThroughput"),
            "loses_events",
            vec![db(
                "UpdateTable",
                json!({"TableName": audit,
                    "OnDemandThroughput": {"MaxReadRequestUnits": 1, "MaxWriteRequestUnits": 1}}),
            )],
        ),
        change(
            "insights of a table",
            (
                "AuditTable",
                "undeclared",
                "ContributorInsightsSpecification",
            ),
            "cosmetic",
            vec![db(
                "UpdateContributorInsights",
                json!({"TableName": audit, "ContributorInsightsAction": "ENABLE"}),
            )],
        ),
        change(
            "objects that are whoever's put them",
            ("StreamFailures", "modified", "OwnershipControls"),
            "widens_access",
            vec![
                s3("DeletePublicAccessBlock", "DELETE", "publicAccessBlock", ""),
                s3(
                    "PutBucketOwnershipControls",
                    "PUT",
                    "ownershipControls",
                    "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>",
                ),
            ],
        ),
        change(
            "a bucket that tells of every object",
            ("StreamFailures", "undeclared", "NotificationConfiguration"),
            "widens_access",
            vec![s3(
                "PutBucketNotificationConfiguration",
                "PUT",
                "notification",
                "<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>",
            )],
        ),
        change(
            "an archive of less",
            ("Archive", "undeclared", "EventPattern"),
            "loses_events",
            vec![Call::new(
                Service::Events,
                "UpdateArchive",
                json!({"ArchiveName": scene.id("Bus"), "EventPattern": "{\"source\":[\"mine\"]}"}),
            )],
        ),
        change(
            "an archive that keeps longer",
            ("Archive", "modified", "RetentionDays"),
            "cosmetic",
            vec![Call::new(
                Service::Events,
                "UpdateArchive",
                json!({"ArchiveName": scene.id("Bus"), "RetentionDays": 3000}),
            )],
        ),
        change(
            "an archive that forgets earlier",
            ("Archive", "modified", "RetentionDays"),
            "loses_data",
            vec![Call::new(
                Service::Events,
                "UpdateArchive",
                json!({"ArchiveName": scene.id("Bus"), "RetentionDays": 1}),
            )],
        ),
    ]
}

pub fn of_flow(scene: &Scene) -> Vec<Change> {
    let bus = scene.id("Bus");
    let events = |operation, input| Call::new(Service::Events, operation, input);
    let (paid, failed) = (
        scene.name("InvoicePaidToTopicRule"),
        scene.name("PaymentFailedToApprovalRule"),
    );
    let theirs = |name: &str| format!("arn:aws:iam::{}:role/{name}", scene.account);
    let target = json!({"Id": "target", "Input": "{}",
        "Arn": scene.arn("lambda", &format!("function:{}", scene.id("ApprovalFunction")))});
    let configuration = |function, input| {
        let path = format!("/2015-03-31/functions/{}/configuration", scene.id(function));
        lambda("UpdateFunctionConfiguration", "PUT", path, input)
    };
    let throttle = |burst: u32| {
        let path = format!("/v2/apis/{}/stages/%24default", scene.id("Api"));
        let input = json!({"defaultRouteSettings": {"throttlingBurstLimit": burst, "throttlingRateLimit": burst,
            "detailedMetricsEnabled": true}});
        Call::at(Service::ApiGateway, "UpdateStage", "PATCH", path, input)
    };
    let machine = |input: Value| {
        let mut all = json!({"stateMachineArn": scene.id("Decisions")});
        for (name, value) in input.as_object().unwrap() {
            all[name] = value.clone();
        }
        vec![Call::new(Service::States, "UpdateStateMachine", all)]
    };
    let alarm = scene.id("BusUndeliveredDlqAlarm");
    vec![
        change(
            "a rule with a role",
            ("InvoicePaidToTopicRule", "undeclared", "RoleArn"),
            "widens_access",
            vec![events(
                "PutRule",
                json!({"Name": paid, "EventBusName": bus, "RoleArn": theirs("mine"), "EventPattern": "{\"source\":[\"x\"]}"}),
            )],
        ),
        change(
            "events that say nothing any more",
            ("PaymentFailedToApprovalRule", "undeclared", "Targets[Id=target].Input"),
            "loses_events",
            vec![events(
                "PutTargets",
                json!({"Rule": failed, "EventBusName": bus, "Targets": [target]}),
            )],
        ),
        change(
            "an SDK sent elsewhere",
            ("AccountingFunction", "undeclared", "Environment.Variables.AWS_ENDPOINT_URL_SQS"),
            "widens_access",
            vec![configuration(
                "AccountingFunction",
                json!({"Environment": {"Variables": {"AWS_ENDPOINT_URL_SQS": "http://mine"}}}),
            )],
        ),
        change(
            "a file system",
            ("AccountingFunction", "undeclared", "FileSystemConfigs"),
            "widens_access",
            vec![configuration(
                "AccountingFunction",
                json!({"FileSystemConfigs": [{"LocalMountPath": "/mnt/mine",
                    "Arn": scene.arn("elasticfilesystem", "access-point/fsap-0123456789abcdef0")}]}),
            )],
        ),
        change(
            "dead letters elsewhere",
            ("NotificationQueue", "modified", "RedrivePolicy.deadLetterTargetArn"),
            "widens_access",
            vec![queue(
                scene,
                "NotificationQueue",
                "RedrivePolicy",
                &json!({"deadLetterTargetArn": scene.arn("sqs", scene.name("PaymentFailuresDlq")), "maxReceiveCount": 3})
                    .to_string(),
            )],
        ),
        change(
            "somebody who logs deliveries",
            ("NoticesTopic", "undeclared", "DeliveryStatusLogging"),
            "cosmetic",
            vec![Call::new(
                Service::Sns,
                "SetTopicAttributes",
                json!({"TopicArn": scene.id("NoticesTopic"), "AttributeName": "SQSSuccessFeedbackRoleArn",
                    "AttributeValue": theirs("mine")}),
            )],
        ),
        change(
            "a narrower throttle",
            ("ApiStage", "modified", "DefaultRouteSettings.ThrottlingBurstLimit"),
            "loses_events",
            vec![throttle(1)],
        ),
        change(
            "a wider throttle",
            ("ApiStage", "modified", "DefaultRouteSettings.ThrottlingBurstLimit"),
            "widens_access",
            vec![throttle(9000)],
        ),
        change(
            "decisions in a log",
            ("Decisions", "modified", "LoggingConfiguration.IncludeExecutionData"),
            "widens_access",
            machine(json!({"loggingConfiguration": {"level": "ALL", "includeExecutionData": true}})),
        ),
        change(
            "an alarm that tells others",
            ("BusUndeliveredDlqAlarm", "undeclared", "OKActions"),
            "widens_access",
            vec![Call::new(
                Service::CloudWatch,
                "PutMetricAlarm",
                json!({"AlarmName": alarm, "OKActions": [scene.arn("sns", "mine")], "Namespace": "AWS/SQS",
                    "MetricName": "ApproximateNumberOfMessagesVisible", "Statistic": "Maximum", "Period": 60,
                    "EvaluationPeriods": 1, "Threshold": 0, "ComparisonOperator": "GreaterThanThreshold"}),
            )],
        ),
        change(
            "the same grant twice",
            ("InvoiceIntakeFunction", "added", ""),
            "widens_access",
            vec![lambda(
                "AddPermission",
                "POST",
                format!("/2015-03-31/functions/{}/policy", scene.id("InvoiceIntakeFunction")),
                json!({"StatementId": "twice", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com",
                    "SourceArn": scene.arn("events", &format!("rule/{bus}/{}", scene.name("InvoiceSubmittedToIntakeRule")))}),
            )],
        ),
        change(
            "a role with less",
            ("DecisionRole", "undeclared", "PermissionsBoundary"),
            "loses_events",
            vec![Call::new(
                Service::Iam,
                "PutRolePermissionsBoundary",
                json!({"RoleName": scene.id("DecisionRole"),
                    "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
            )],
        ),
    ]
}
