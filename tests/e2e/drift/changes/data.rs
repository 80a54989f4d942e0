//! Roles, tables, buckets, keys, logs and alarms.

use super::{Change, Scene, change, open};
use ::drift::{Call, Service};
use serde_json::{Value, json};

pub fn tables(scene: &Scene) -> Vec<Change> {
    let (invoices, idempotency) = (scene.id("InvoicesTable"), scene.id("IdempotencyTable"));
    let arn = scene.arn("dynamodb", &format!("table/{invoices}"));
    let db = |operation, input| Call::new(Service::DynamoDb, operation, input);
    let expiry = |table: &str, attribute: &str, on: bool| {
        db(
            "UpdateTimeToLive",
            json!({"TableName": table, "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": on}}),
        )
    };
    vec![
        change(
            "nothing expires",
            ("IdempotencyTable", "modified", "TimeToLiveSpecification"),
            "cosmetic",
            vec![expiry(idempotency, "expires_at", false)],
        ),
        change(
            "invoices expire",
            ("InvoicesTable", "undeclared", "TimeToLiveSpecification"),
            "loses_data",
            vec![expiry(invoices, "version", true)],
        ),
        change(
            "no stream",
            ("InvoicesTable", "modified", "StreamSpecification"),
            "loses_events",
            vec![db(
                "UpdateTable",
                json!({"TableName": invoices, "StreamSpecification": {"StreamEnabled": false}}),
            )],
        ),
        change(
            "deletion protection",
            ("VendorsTable", "", "DeletionProtectionEnabled"),
            "cosmetic",
            vec![db(
                "UpdateTable",
                json!({"TableName": scene.id("VendorsTable"), "DeletionProtectionEnabled": true}),
            )],
        ),
        change(
            "capacity by hand",
            ("InvoicesTable", "modified", "BillingMode"),
            "loses_events",
            vec![db(
                "UpdateTable",
                json!({"TableName": invoices, "BillingMode": "PROVISIONED",
                "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}),
            )],
        ),
        change(
            "another account at the table",
            ("InvoicesTable", "undeclared", "ResourcePolicy"),
            "widens_access",
            vec![db(
                "PutResourcePolicy",
                json!({"ResourceArn": arn, "Policy": open("dynamodb:*")}),
            )],
        ),
    ]
}

pub fn roles(scene: &Scene) -> Vec<Change> {
    let role = scene.id("PortalRole");
    let iam = |operation, input| Call::new(Service::Iam, operation, input);
    let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}).to_string();
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}).to_string();
    vec![
        change(
            "an inline policy",
            ("PortalRole", "undeclared", "Policies[PolicyName=extra]"),
            "widens_access",
            vec![iam(
                "PutRolePolicy",
                json!({"RoleName": role, "PolicyName": "extra", "PolicyDocument": all}),
            )],
        ),
        change(
            "our policy widened",
            ("PortalRole", "undeclared", "Policies[PolicyName=grants]"),
            "widens_access",
            vec![iam(
                "PutRolePolicy",
                json!({"RoleName": role, "PolicyName": "grants", "PolicyDocument": all}),
            )],
        ),
        change(
            "our policy gone",
            ("PaymentRole", "modified", "Policies"),
            "loses_events",
            vec![iam(
                "DeleteRolePolicy",
                json!({"RoleName": scene.id("PaymentRole"), "PolicyName": "grants"}),
            )],
        ),
        change(
            "an attached policy",
            ("PortalRole", "added", ""),
            "widens_access",
            vec![iam(
                "AttachRolePolicy",
                json!({"RoleName": role, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
            )],
        ),
        change(
            "a widened trust",
            (
                "PortalRole",
                "undeclared",
                "AssumeRolePolicyDocument.Statement",
            ),
            "widens_access",
            vec![iam(
                "UpdateAssumeRolePolicy",
                json!({"RoleName": role, "PolicyDocument": trust}),
            )],
        ),
        change(
            "longer sessions",
            ("PortalRole", "undeclared", "MaxSessionDuration"),
            "widens_access",
            vec![iam(
                "UpdateRole",
                json!({"RoleName": role, "MaxSessionDuration": 43200}),
            )],
        ),
    ]
}

pub fn logs_and_alarms(scene: &Scene) -> Vec<Change> {
    let group = scene.id("PortalLogs");
    let logs = |operation, input| Call::new(Service::Logs, operation, input);
    let cloudwatch = |operation, input| Call::new(Service::CloudWatch, operation, input);
    let alarm = scene.id("BusUndeliveredDlqAlarm");
    vec![
        change(
            "another retention",
            ("PortalLogs", "modified", "RetentionInDays"),
            "cosmetic",
            vec![logs(
                "PutRetentionPolicy",
                json!({"logGroupName": group, "retentionInDays": 3653}),
            )],
        ),
        change(
            "somebody who reads the logs",
            ("PortalLogs", "added", ""),
            "widens_access",
            vec![logs(
                "PutSubscriptionFilter",
                json!({"logGroupName": group, "filterName": "spy", "filterPattern": "",
                "destinationArn": scene.arn("lambda", &format!("function:{}", scene.id("PaymentFunction")))}),
            )],
        ),
        change(
            "a deleted log group",
            ("PaymentLogs", "deleted", ""),
            "loses_data",
            vec![logs(
                "DeleteLogGroup",
                json!({"logGroupName": scene.id("PaymentLogs")}),
            )],
        ),
        change(
            "a silent alarm",
            ("BusUndeliveredDlqAlarm", "undeclared", "ActionsEnabled"),
            "loses_events",
            vec![cloudwatch(
                "DisableAlarmActions",
                json!({"AlarmNames": [alarm]}),
            )],
        ),
        change(
            "a deleted alarm",
            ("BusUndeliveredDlqAlarm", "deleted", ""),
            "loses_events",
            vec![cloudwatch("DeleteAlarms", json!({"AlarmNames": [alarm]}))],
        ),
        change(
            "an empty dashboard",
            ("Dashboard", "modified", "DashboardBody"),
            "cosmetic",
            vec![cloudwatch(
                "PutDashboard",
                json!({"DashboardName": scene.id("Dashboard"), "DashboardBody": "{\"widgets\":[]}"}),
            )],
        ),
    ]
}

pub fn buckets_and_keys(scene: &Scene) -> Vec<Change> {
    let bucket = scene.id("Documents");
    let (data, messaging) = (scene.id("DataKey"), scene.id("MessagingKey"));
    let s3 = |operation, method, query: &str, body: &str| {
        let input = if body.is_empty() {
            Value::Null
        } else {
            body.into()
        };
        Call::at(
            Service::S3,
            operation,
            method,
            format!("/{bucket}?{query}"),
            input,
        )
    };
    let kms = |operation, input| Call::new(Service::Kms, operation, input);
    vec![
        change(
            "no versions",
            ("Documents", "modified", "VersioningConfiguration"),
            "loses_data",
            vec![s3(
                "PutBucketVersioning",
                "PUT",
                "versioning",
                "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
            )],
        ),
        change(
            "public access",
            ("Documents", "modified", "PublicAccessBlockConfiguration"),
            "widens_access",
            vec![s3(
                "DeletePublicAccessBlock",
                "DELETE",
                "publicAccessBlock",
                "",
            )],
        ),
        change(
            "other sites may ask",
            ("Documents", "undeclared", "CorsConfiguration"),
            "widens_access",
            vec![s3(
                "PutBucketCors",
                "PUT",
                "cors",
                "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin>\
                <AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>",
            )],
        ),
        change(
            "a policy for the bucket",
            ("Documents", "added", ""),
            "widens_access",
            vec![s3(
                "PutBucketPolicy",
                "PUT",
                "policy",
                &json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "s3:GetObject",
                "Resource": format!("arn:aws:s3:::{bucket}/*")}]})
                .to_string(),
            )],
        ),
        change(
            "no rotation",
            ("DataKey", "modified", "EnableKeyRotation"),
            "widens_access",
            vec![kms("DisableKeyRotation", json!({"KeyId": data}))],
        ),
        change(
            "a disabled key",
            ("DataKey", "undeclared", "Enabled"),
            "loses_data",
            vec![kms("DisableKey", json!({"KeyId": data}))],
        ),
        change(
            "an open key",
            ("DataKey", "undeclared", "KeyPolicy.Statement"),
            "widens_access",
            vec![kms(
                "PutKeyPolicy",
                json!({"KeyId": data, "PolicyName": "default", "Policy": open("kms:*")}),
            )],
        ),
        change(
            "a key that will go",
            ("MessagingKey", "undeclared", "PendingDeletion"),
            "loses_data",
            vec![kms(
                "ScheduleKeyDeletion",
                json!({"KeyId": messaging, "PendingWindowInDays": 7}),
            )],
        ),
        change(
            "a grant to another account",
            ("DataKey", "added", ""),
            "widens_access",
            vec![kms(
                "CreateGrant",
                json!({"KeyId": data, "GranteePrincipal": "arn:aws:iam::111122223333:root",
                "Operations": ["Decrypt"]}),
            )],
        ),
    ]
}
