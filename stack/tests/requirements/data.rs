//! What is kept: tables, documents, the archive (R13, R15, R22).

use crate::common::{ENVIRONMENTS, environment, synthesised};
use crate::{each, id, items, properties, role_statements};
use serde_json::{Value, json};

#[test]
fn r13_tables_are_encrypted_recoverable_protected_and_streamed_as_declared() {
    each(
        "AWS::DynamoDB::Table",
        |name, table, template, environment| {
            assert_eq!(
                id(&table["SSESpecification"]["KMSMasterKeyId"]),
                "DataKey",
                "{name}"
            );
            assert_eq!(table["SSESpecification"]["SSEType"], "KMS", "{name}");
            assert_eq!(table["BillingMode"], "PAY_PER_REQUEST", "{name}");
            let recovers = environment.retention.recovery_days > 0;
            let recovery = &table["PointInTimeRecoverySpecification"];
            assert_eq!(recovery["PointInTimeRecoveryEnabled"], recovers, "{name}");
            assert_eq!(
                table["DeletionProtectionEnabled"],
                environment.keeps_data(),
                "{name}"
            );
            let policy = if environment.keeps_data() {
                "Retain"
            } else {
                "Delete"
            };
            let resource = template.resource(name).unwrap();
            assert_eq!(resource["DeletionPolicy"], policy, "{name}");
            assert_eq!(resource["UpdateReplacePolicy"], policy, "{name}");
            let claims = name == "IdempotencyTable";
            assert_eq!(
                table["TimeToLiveSpecification"]["Enabled"] == true,
                claims,
                "{name}"
            );
            // What is audited is streamed; what audits is not.
            let streamed = table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES";
            let audited = ["InvoicesTable", "VendorsTable"].contains(&name);
            assert_eq!(streamed, audited, "{name}");
        },
    );
    assert!(environment("prod").keeps_data());
}

/// What a failed first deployment may not leave behind: the next one would find the name taken.
#[test]
fn r13_what_is_kept_under_a_fixed_name_goes_with_a_first_deployment_that_fails() {
    let named = |resource: &Value| {
        let names = ["BucketName", "LogGroupName", "ArchiveName", "TableName"];
        names
            .iter()
            .any(|name| !resource["Properties"][name].is_null())
    };
    let dev = environment("dev");
    let bootstrap = stack::bootstrap(&dev.account, &dev.region);
    for (template, at_least) in [(synthesised("prod").template, 3), (bootstrap, 1)] {
        let kept: Vec<_> = template
            .resources()
            .filter(|(_, resource)| resource["UpdateReplacePolicy"] == "Retain")
            .collect();
        for (id, resource) in &kept {
            let goes = resource["DeletionPolicy"] == "RetainExceptOnCreate";
            let protected = resource["Properties"]["DeletionProtectionEnabled"] == true;
            assert!(goes != protected, "{id}");
            assert!(goes || !named(resource), "{id}");
        }
        let named = kept.iter().filter(|(_, resource)| named(resource)).count();
        assert!(named >= at_least, "{named}");
    }
}

#[test]
fn r15_every_bucket_is_private_versioned_encrypted_and_has_a_lifecycle() {
    each("AWS::S3::Bucket", |name, bucket, _, _| {
        let rule = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
        let default = &rule["ServerSideEncryptionByDefault"];
        assert_eq!(id(&default["KMSMasterKeyID"]), "DataKey", "{name}");
        assert_eq!(
            bucket["VersioningConfiguration"]["Status"], "Enabled",
            "{name}"
        );
        let block = bucket["PublicAccessBlockConfiguration"]
            .as_object()
            .unwrap();
        assert!(
            block.len() == 4 && block.values().all(|on| *on == true),
            "{name}"
        );
        assert!(
            !items(&bucket["LifecycleConfiguration"]["Rules"]).is_empty(),
            "{name}"
        );
    });
}

#[test]
fn r15_documents_are_locked_in_prod_for_as_long_as_records_are_kept() {
    each("AWS::S3::Bucket", |name, bucket, _, environment| {
        if name != "Documents" {
            return;
        }
        let retention = &bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"];
        if environment.name == "prod" {
            assert_eq!(bucket["ObjectLockEnabled"], true, "{name}");
            assert_eq!(
                retention["Years"], environment.retention.record_years,
                "{name}"
            );
        } else {
            assert!(retention.is_null(), "{name}");
        }
    });
}

#[test]
fn r15_the_bus_logs_errors_without_detail_to_a_declared_group() {
    each(
        "AWS::Events::EventBus",
        |name, bus, template, environment| {
            assert_eq!(
                bus["LogConfig"],
                json!({ "IncludeDetail": "NONE", "Level": "ERROR" }),
                "{name}"
            );
            let group = properties(template, &json!({ "Ref": "BusLogs" }));
            assert_eq!(
                group["RetentionInDays"], environment.retention.log_days,
                "{name}"
            );
        },
    );
}

#[test]
fn r22_the_archive_keeps_everything_for_as_long_as_the_environment_says() {
    for name in ENVIRONMENTS.into_iter().filter(|name| *name != "local") {
        let template = synthesised(name).template;
        let archive = &template.resource("Archive").unwrap()["Properties"];
        assert_eq!(
            archive["RetentionDays"],
            environment(name).retention.archive_days,
            "{name}"
        );
        assert_eq!(id(&archive["SourceArn"]), "Bus", "{name}");
        assert_eq!(id(&archive["KmsKeyIdentifier"]), "DataKey", "{name}");
        assert_eq!(archive["EventPattern"], Value::Null, "{name}");
    }
    let local = synthesised("local");
    assert!(local.parity.contains(&stack::Parity::Archive {
        bus: "Bus".into(),
        name: "invoicing-local".into(),
        days: environment("local").retention.archive_days,
    }));
}

#[test]
fn r13_vendors_invoices_audit_claims_and_ledger_have_their_tables_and_outputs() {
    for name in ENVIRONMENTS {
        let template = synthesised(name).template;
        for table in ["Vendors", "Invoices", "Audit", "Idempotency", "Ledger"] {
            let id = format!("{table}Table");
            assert!(template.resource(&id).is_some(), "{name}: {id}");
            let output = format!("{table}TableName");
            let named = template.outputs().any(|(name, _)| name == output);
            assert!(named, "{name}: {output}");
        }
    }
}

#[test]
fn r14_append_only_tables_are_put_to_and_queried_and_nothing_else() {
    each("AWS::IAM::Role", |name, role, _, _| {
        for statement in role_statements(role) {
            let on = statement["Resource"].to_string();
            if !on.contains("AuditTable") && !on.contains("LedgerTable") {
                continue;
            }
            assert_eq!(
                statement["Action"],
                json!(["dynamodb:PutItem", "dynamodb:Query"]),
                "{name}"
            );
            let writer = on.contains("AuditTable") && name == "AuditRole"
                || on.contains("LedgerTable") && name == "AccountingRole";
            assert!(writer, "{name} may write {on}");
        }
    });
}

#[test]
fn r14_only_the_heads_of_vendors_and_invoices_wake_the_audit() {
    each("AWS::Lambda::EventSourceMapping", |name, mapping, _, _| {
        let Some("StreamArn") = mapping["EventSourceArn"]["Fn::GetAtt"][1].as_str() else {
            return;
        };
        assert_eq!(id(&mapping["FunctionName"]), "AuditFunction", "{name}");
        let filters = items(&mapping["FilterCriteria"]["Filters"]);
        let patterns: Vec<Value> = filters
            .iter()
            .map(|filter| serde_json::from_str(filter["Pattern"].as_str().unwrap()).unwrap())
            .collect();
        let heads = json!({ "dynamodb": { "Keys": { "sk": { "S": ["HEAD"] } } } });
        assert_eq!(patterns, [heads], "{name}");
    });
}
