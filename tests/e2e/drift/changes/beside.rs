//! What somebody outside makes point at ours, or puts beside it.

use super::{Change, Scene, change, lambda, open};
use ::drift::{Call, Service};
use serde_json::{Value, json};

/// Rules of the default bus, schedules, pipes, topics of others.
pub fn pointing(scene: &Scene) -> Vec<Change> {
    let function = |id| scene.arn("lambda", &format!("function:{}", scene.id(id)));
    let queue = |id| scene.arn("sqs", scene.name(id));
    let rule = |name: &str, target: &str| {
        let events = |operation, input| Call::new(Service::Events, operation, input);
        vec![
            events(
                "PutRule",
                json!({"Name": name, "EventPattern": "{\"source\":[\"mine\"]}"}),
            ),
            events(
                "PutTargets",
                json!({"Rule": name, "Targets": [{"Id": "1", "Arn": target}]}),
            ),
        ]
    };
    let schedule = |name: &str, target: &str| {
        let input = json!({"ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": target, "RoleArn": format!("arn:aws:iam::{}:role/mine", scene.account)}});
        let path = format!("/schedules/{name}");
        vec![Call::at(
            Service::Scheduler,
            "CreateSchedule",
            "POST",
            path,
            input,
        )]
    };
    let pipe = |name: &str, source: &str, target: &str| {
        let input = json!({"Source": source, "Target": target,
            "RoleArn": format!("arn:aws:iam::{}:role/mine", scene.account)});
        let path = format!("/v1/pipes/{name}");
        vec![Call::at(Service::Pipes, "CreatePipe", "POST", path, input)]
    };
    let subscribed = |protocol: &str, endpoint: &str| {
        let topic = scene.arn("sns", "mine");
        let sns = |operation, input| Call::new(Service::Sns, operation, input);
        vec![
            sns("CreateTopic", json!({"Name": "mine"})),
            sns(
                "Subscribe",
                json!({"TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint}),
            ),
        ]
    };
    let added = |name, owner, calls| change(name, (owner, "added", ""), "widens_access", calls);
    let mine = scene.arn("sqs", "mine");
    vec![
        added(
            "a rule of the default bus for our function",
            "PaymentFunction",
            rule("to-function", &function("PaymentFunction")),
        ),
        added(
            "a rule of the default bus for our queue",
            "AccountingQueue",
            rule("to-queue", &queue("AccountingQueue")),
        ),
        added(
            "a rule of the default bus for our topic",
            "InvoicePaidTopic",
            rule("to-topic", scene.id("InvoicePaidTopic")),
        ),
        added(
            "a rule of the default bus for our machine",
            "Decisions",
            rule("to-machine", scene.id("Decisions")),
        ),
        added(
            "a rule of the default bus for our bus",
            "Bus",
            rule(
                "to-bus",
                &scene.arn("events", &format!("event-bus/{}", scene.id("Bus"))),
            ),
        ),
        added(
            "a schedule for our function",
            "DecisionFunction",
            schedule("for-function", &function("DecisionFunction")),
        ),
        added(
            "a schedule for our queue",
            "NotificationQueue",
            schedule("for-queue", &queue("NotificationQueue")),
        ),
        added(
            "a pipe out of our queue",
            "ComplianceQueue",
            pipe("out", &queue("ComplianceQueue"), &mine),
        ),
        added(
            "a pipe into our function",
            "SweeperFunction",
            pipe("in", &mine, &function("SweeperFunction")),
        ),
        added(
            "somebody's topic for our queue",
            "AuditQueue",
            subscribed("sqs", &queue("AuditQueue")),
        ),
        added(
            "somebody's topic for our function",
            "AuditFunction",
            subscribed("lambda", &function("AuditFunction")),
        ),
    ]
}

/// Aliases, versions, profiles, names: things that are made of ours.
pub fn derived(scene: &Scene) -> Vec<Change> {
    let alias = |function: &str, name: &str| {
        let path = format!("/2015-03-31/functions/{}/aliases", scene.id(function));
        lambda(
            "CreateAlias",
            "POST",
            path,
            json!({"Name": name, "FunctionVersion": "$LATEST"}),
        )
    };
    let version = |function: &str| {
        let path = format!("/2015-03-31/functions/{}/versions", scene.id(function));
        lambda("PublishVersion", "POST", path, json!({}))
    };
    let machine = scene.id("Decisions");
    let iam = |operation, input| Call::new(Service::Iam, operation, input);
    let api = |operation, path: &str, input| {
        Call::at(
            Service::ApiGateway,
            operation,
            "POST",
            format!("/v2/{path}"),
            input,
        )
    };
    let group = scene.id("DecisionLogs");
    vec![
        change(
            "an alias",
            ("ComplianceFunction", "added", ""),
            "cosmetic",
            vec![alias("ComplianceFunction", "live")],
        ),
        change(
            "a version",
            ("AccountingFunction", "added", ""),
            "cosmetic",
            vec![version("AccountingFunction")],
        ),
        change(
            "a public address of an alias",
            ("ApprovalFunction", "added", ""),
            "widens_access",
            vec![
                alias("ApprovalFunction", "public"),
                lambda(
                    "CreateFunctionUrlConfig",
                    "POST",
                    format!(
                        "/2021-10-31/functions/{}/url?Qualifier=public",
                        scene.id("ApprovalFunction")
                    ),
                    json!({"AuthType": "NONE"}),
                ),
            ],
        ),
        change(
            "a version of the machine",
            ("Decisions", "added", ""),
            "cosmetic",
            vec![Call::new(
                Service::States,
                "PublishStateMachineVersion",
                json!({ "stateMachineArn": machine }),
            )],
        ),
        change(
            "a server with our role",
            ("ApprovalRole", "added", ""),
            "widens_access",
            vec![
                iam(
                    "CreateInstanceProfile",
                    json!({"InstanceProfileName": "mine"}),
                ),
                iam(
                    "AddRoleToInstanceProfile",
                    json!({"InstanceProfileName": "mine", "RoleName": scene.id("ApprovalRole")}),
                ),
            ],
        ),
        change(
            "a name for the API",
            ("Api", "added", ""),
            "widens_access",
            vec![
                api(
                    "CreateDomainName",
                    "domainnames",
                    json!({"domainName": "mine.example", "domainNameConfigurations": [
                        {"certificateArn": scene.arn("acm", "certificate/1"), "endpointType": "REGIONAL"}]}),
                ),
                api(
                    "CreateApiMapping",
                    "domainnames/mine.example/apimappings",
                    json!({"apiId": scene.id("Api"), "stage": "$default"}),
                ),
            ],
        ),
        change(
            "an integration like ours",
            ("Api", "added", ""),
            "widens_access",
            vec![api(
                "CreateIntegration",
                &format!("apis/{}/integrations", scene.id("Api")),
                json!({"integrationType": "AWS_PROXY", "payloadFormatVersion": "2.0",
                    "integrationUri": scene.arn("lambda", &format!("function:{}", scene.id("PortalFunction")))}),
            )],
        ),
        change(
            "a policy for our log group",
            ("DecisionLogs", "added", ""),
            "widens_access",
            vec![Call::new(
                Service::Logs,
                "PutResourcePolicy",
                json!({"policyName": "mine", "policyDocument": open("logs:*").replace(
                    "\"Resource\":\"*\"",
                    &format!("\"Resource\":\"{}\"", scene.arn("logs", &format!("log-group:{group}:*"))),
                )}),
            )],
        ),
    ]
}

/// Whole resources that somebody deleted, with what hangs on them: in rounds of their own, since one takes others along.
pub fn gone(scene: &Scene) -> Vec<Vec<Change>> {
    let gone = |name, owner, risk, call| change(name, (owner, "deleted", ""), risk, vec![call]);
    let queue = |id| {
        Call::new(
            Service::Sqs,
            "DeleteQueue",
            json!({"QueueUrl": scene.id(id)}),
        )
    };
    let topic = |id| {
        Call::new(
            Service::Sns,
            "DeleteTopic",
            json!({"TopicArn": scene.id(id)}),
        )
    };
    let table = |id| {
        Call::new(
            Service::DynamoDb,
            "DeleteTable",
            json!({"TableName": scene.id(id)}),
        )
    };
    let function = format!("/2015-03-31/functions/{}", scene.id("DecisionFunction"));
    let bucket = format!("/{}", scene.id("StreamFailures"));
    let api = format!("/v2/apis/{}", scene.id("Api"));
    let integration = format!(
        "{api}/integrations/{}",
        scene.name("DecisionApiIntegration")
    );
    let delete = |service, operation, path: String| {
        Call::at(service, operation, "DELETE", path, Value::Null)
    };
    let machine = json!({"stateMachineArn": scene.id("Decisions")});
    let dashboard = json!({"DashboardNames": [scene.id("Dashboard")]});
    let of_api = |operation, path| delete(Service::ApiGateway, operation, path);
    vec![
        vec![
            gone(
                "a deleted inbox",
                "ValidationQueue",
                "loses_events",
                queue("ValidationQueue"),
            ),
            gone(
                "a deleted topic",
                "NoticesTopic",
                "loses_events",
                topic("NoticesTopic"),
            ),
            gone(
                "a deleted table",
                "LedgerTable",
                "loses_data",
                table("LedgerTable"),
            ),
            gone(
                "a deleted stage",
                "ApiStage",
                "loses_events",
                of_api("DeleteStage", format!("{api}/stages/%24default")),
            ),
            gone(
                "a deleted function",
                "DecisionFunction",
                "loses_events",
                delete(Service::Lambda, "DeleteFunction", function),
            ),
            gone(
                "a deleted machine",
                "Decisions",
                "loses_events",
                Call::new(Service::States, "DeleteStateMachine", machine),
            ),
            gone(
                "a deleted dashboard",
                "Dashboard",
                "cosmetic",
                Call::new(Service::CloudWatch, "DeleteDashboards", dashboard),
            ),
        ],
        vec![
            gone(
                "a deleted topic with subscriptions",
                "ValidatedInvoicesTopic",
                "loses_events",
                topic("ValidatedInvoicesTopic"),
            ),
            gone(
                "a deleted table with a stream",
                "VendorsTable",
                "loses_data",
                table("VendorsTable"),
            ),
            gone(
                "a deleted bucket",
                "StreamFailures",
                "loses_data",
                delete(Service::S3, "DeleteBucket", bucket),
            ),
            gone(
                "a deleted integration",
                "DecisionApiIntegration",
                "loses_events",
                of_api("DeleteIntegration", integration),
            ),
        ],
        vec![gone(
            "a deleted API",
            "Api",
            "loses_events",
            of_api("DeleteApi", api),
        )],
    ]
}
