//! Functions, the API, the state machine, schedules.

use super::{Change, Scene, change, lambda};
use ::drift::{Call, Service};
use serde_json::{Value, json};

pub fn functions(scene: &Scene) -> Vec<Change> {
    let portal = scene.id("PortalFunction");
    let of = |operation, method, what: &str, input| {
        lambda(
            operation,
            method,
            format!("/2015-03-31/functions/{portal}/{what}"),
            input,
        )
    };
    let mapping = |input| {
        let path = format!(
            "/2015-03-31/event-source-mappings/{}",
            scene.id("ValidationMapping")
        );
        lambda("UpdateEventSourceMapping", "PUT", path, input)
    };
    let code = "UEsDBBQAAAAAAAAAIQCJnhYEBAAAAAQAAAAJAAAAYm9vdHN0cmFwZXZpbFBLAQIUAxQAAAAAAAAAIQCJnhYEBAAAAAQAAAAJAAAAAAAAAAAAAACAAQAAAABib290c3RyYXBQSwUGAAAAAAEAAQA3AAAAKwAAAAAA";
    let permission = scene.name("InvoiceApprovedToPaymentPermission");
    vec![
        change(
            "a shorter timeout",
            ("PortalFunction", "modified", "Timeout"),
            "loses_events",
            vec![of(
                "UpdateFunctionConfiguration",
                "PUT",
                "configuration",
                json!({"Timeout": 1}),
            )],
        ),
        change(
            "other memory",
            ("PortalFunction", "modified", "MemorySize"),
            "cosmetic",
            vec![of(
                "UpdateFunctionConfiguration",
                "PUT",
                "configuration",
                json!({"MemorySize": 3008}),
            )],
        ),
        change(
            "another environment",
            ("PortalFunction", "", "Environment.Variables"),
            "loses_events",
            vec![of(
                "UpdateFunctionConfiguration",
                "PUT",
                "configuration",
                json!({"Environment": {"Variables": {"DEBUG": "1"}}}),
            )],
        ),
        change(
            "another role",
            ("PortalFunction", "modified", "Role"),
            "widens_access",
            vec![of(
                "UpdateFunctionConfiguration",
                "PUT",
                "configuration",
                json!({"Role": format!("arn:aws:iam::{}:role/{}", scene.account, scene.id("PaymentRole"))}),
            )],
        ),
        change(
            "other code",
            ("PortalFunction", "modified", "Code.Sha256"),
            "widens_access",
            vec![of(
                "UpdateFunctionCode",
                "PUT",
                "code",
                json!({"ZipFile": code}),
            )],
        ),
        change(
            "no executions",
            ("PortalFunction", "", "ReservedConcurrentExecutions"),
            "loses_events",
            vec![lambda(
                "PutFunctionConcurrency",
                "PUT",
                format!("/2017-10-31/functions/{portal}/concurrency"),
                json!({"ReservedConcurrentExecutions": 0}),
            )],
        ),
        change(
            "everybody may invoke",
            ("PortalFunction", "added", ""),
            "widens_access",
            vec![of(
                "AddPermission",
                "POST",
                "policy",
                json!({"StatementId": "all", "Action": "lambda:InvokeFunction", "Principal": "*"}),
            )],
        ),
        change(
            "a rule that may not invoke",
            ("InvoiceApprovedToPaymentPermission", "deleted", ""),
            "loses_events",
            vec![lambda(
                "RemovePermission",
                "DELETE",
                format!(
                    "/2015-03-31/functions/{}/policy/{permission}",
                    scene.id("PaymentFunction")
                ),
                Value::Null,
            )],
        ),
        change(
            "a public address",
            ("PortalFunction", "added", ""),
            "widens_access",
            vec![lambda(
                "CreateFunctionUrlConfig",
                "POST",
                format!("/2021-10-31/functions/{portal}/url"),
                json!({"AuthType": "NONE"}),
            )],
        ),
        change(
            "no retries",
            ("PaymentRetries", "modified", "MaximumRetryAttempts"),
            "loses_events",
            vec![lambda(
                "PutFunctionEventInvokeConfig",
                "PUT",
                format!(
                    "/2019-09-25/functions/{}/event-invoke-config?Qualifier=%24LATEST",
                    scene.id("PaymentFunction")
                ),
                json!({"MaximumRetryAttempts": 0}),
            )],
        ),
        change(
            "a disabled mapping",
            ("ValidationMapping", "modified", "Enabled"),
            "loses_events",
            vec![mapping(json!({"Enabled": false}))],
        ),
        change(
            "whole batches fail",
            ("ValidationMapping", "modified", "FunctionResponseTypes"),
            "loses_events",
            vec![mapping(json!({"FunctionResponseTypes": []}))],
        ),
        change(
            "another queue feeds us",
            ("PortalFunction", "added", ""),
            "loses_events",
            vec![
                Call::new(Service::Sqs, "CreateQueue", json!({"QueueName": "mine"})),
                lambda(
                    "CreateEventSourceMapping",
                    "POST",
                    "/2015-03-31/event-source-mappings/".into(),
                    json!({"FunctionName": portal, "EventSourceArn": scene.arn("sqs", "mine")}),
                ),
            ],
        ),
        change(
            "a deleted mapping",
            ("ComplianceMapping", "deleted", ""),
            "loses_events",
            vec![lambda(
                "DeleteEventSourceMapping",
                "DELETE",
                format!(
                    "/2015-03-31/event-source-mappings/{}",
                    scene.id("ComplianceMapping")
                ),
                Value::Null,
            )],
        ),
    ]
}

pub fn api(scene: &Scene) -> Vec<Change> {
    let api = scene.id("Api");
    let route = scene.name("ApiGetInvoicesInvoiceIdRoute");
    let at = |operation, method, what: &str, input| {
        Call::at(
            Service::ApiGateway,
            operation,
            method,
            format!("/v2/apis/{api}{what}"),
            input,
        )
    };
    let integration = scene.name("PortalApiIntegration");
    vec![
        change(
            "a route for everybody",
            (
                "ApiGetInvoicesInvoiceIdRoute",
                "modified",
                "AuthorizationType",
            ),
            "widens_access",
            vec![at(
                "UpdateRoute",
                "PATCH",
                &format!("/routes/{route}"),
                json!({"authorizationType": "NONE"}),
            )],
        ),
        change(
            "a route of somebody's",
            ("Api", "added", ""),
            "widens_access",
            vec![at(
                "CreateRoute",
                "POST",
                "/routes",
                json!({"routeKey": "GET /debug", "target": format!("integrations/{integration}")}),
            )],
        ),
        change(
            "a hasty integration",
            ("PortalApiIntegration", "modified", "TimeoutInMillis"),
            "loses_events",
            vec![at(
                "UpdateIntegration",
                "PATCH",
                &format!("/integrations/{integration}"),
                json!({"timeoutInMillis": 500}),
            )],
        ),
        change(
            "another stage",
            ("Api", "added", ""),
            "widens_access",
            vec![at(
                "CreateStage",
                "POST",
                "/stages",
                json!({"stageName": "debug"}),
            )],
        ),
        change(
            "no access log",
            ("ApiStage", "modified", "AccessLogSettings"),
            "loses_events",
            vec![at(
                "UpdateStage",
                "PATCH",
                "/stages/%24default",
                json!({"accessLogSettings": {"destinationArn": "", "format": ""}}),
            )],
        ),
        change(
            "a deleted route",
            ("ApiGetInvoicesInvoiceIdRoute", "deleted", ""),
            "loses_events",
            vec![at(
                "DeleteRoute",
                "DELETE",
                &format!("/routes/{route}"),
                Value::Null,
            )],
        ),
    ]
}

pub fn machines(scene: &Scene) -> Vec<Change> {
    let machine = scene.id("Decisions");
    let schedule = scene.id("SweeperSchedule");
    let states = |operation, input| Call::new(Service::States, operation, input);
    let definition =
        json!({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}).to_string();
    let asleep = json!({"ScheduleExpression": "rate(1 minute)", "State": "DISABLED", "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": scene.arn("lambda", &format!("function:{}", scene.id("SweeperFunction"))),
                   "RoleArn": format!("arn:aws:iam::{}:role/{}", scene.account, scene.id("SweeperScheduleRole"))}});
    vec![
        change(
            "another state machine",
            ("Decisions", "", "DefinitionString"),
            "loses_events",
            vec![states(
                "UpdateStateMachine",
                json!({"stateMachineArn": machine, "definition": definition}),
            )],
        ),
        change(
            "another role of the machine",
            ("Decisions", "modified", "RoleArn"),
            "widens_access",
            vec![states(
                "UpdateStateMachine",
                json!({"stateMachineArn": machine,
                "roleArn": format!("arn:aws:iam::{}:role/{}", scene.account, scene.id("PaymentRole"))}),
            )],
        ),
        change(
            "a schedule asleep",
            ("SweeperSchedule", "modified", "State"),
            "loses_events",
            vec![Call::at(
                Service::Scheduler,
                "UpdateSchedule",
                "PUT",
                format!("/schedules/{schedule}"),
                asleep,
            )],
        ),
        change(
            "a deleted schedule",
            ("SweeperSchedule", "deleted", ""),
            "loses_events",
            vec![Call::at(
                Service::Scheduler,
                "DeleteSchedule",
                "DELETE",
                format!("/schedules/{schedule}"),
                Value::Null,
            )],
        ),
    ]
}
