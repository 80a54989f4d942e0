//! Every check fires: each rule has a template or a graph that breaks it, and names the resource at fault.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod common;

use cfn::{Severity, Template};
use common::{environment, synth_of};
use contracts::handlers::Replays;
use serde_json::{Value, json};
use stack::checks::{RULES, judge};
use stack::{Graph, Path};
use std::collections::BTreeSet;

/// Breaks one property of one resource of a clean template.
struct Broken {
    code: &'static str,
    /// The resource that the finding must name.
    names: &'static str,
    /// The resource that is broken.
    resource: &'static str,
    /// JSON pointer into it; the value there is replaced, or removed by null.
    pointer: &'static str,
    value: Value,
}

fn broken(
    code: &'static str,
    names: &'static str,
    resource: &'static str,
    pointer: &'static str,
    value: Value,
) -> Broken {
    Broken {
        code,
        names,
        resource,
        pointer,
        value,
    }
}

#[rustfmt::skip]
fn templates() -> Vec<Broken> {
    let null = || Value::Null;
    let first = "/Properties/Policies/0/PolicyDocument/Statement/0";
    vec![
        broken("STK005", "InvoicePaidToNotificationRule", "InvoicePaidToNotificationRule", "/Properties/EventPattern/replay-name", null()),
        broken("STK005", "InvoiceApprovedToPaymentRule", "InvoiceApprovedToPaymentRule", "/Properties/EventPattern/detail", null()),
        broken("STK005", "EventsToAuditRule", "EventsToAuditRule", "/Properties/Targets/0/Arn", json!({"Fn::GetAtt": ["AccountingQueue", "Arn"]})),
        broken("STK005", "EventsToAuditRule", "EventsToAuditRule", "/Properties/Targets/0/Arn", json!({"Ref": "InvoicePaidTopic"})),
        broken("STK006", "PaymentFunction", "PaymentFunction", "/Properties/Environment/Variables/CLAIM_SECONDS", json!("86400")),
        broken("STK007", "PaymentFunction", "PaymentFunction", "/Properties/Environment/Variables/LEASE_SECONDS", json!("30")),
        broken("STK007", "PaymentFunction", "PaymentFunction", "/Properties/Environment/Variables/LEASE_SECONDS", json!("61")),
        broken("STK007", "ComplianceFunction", "ComplianceQueue", "/Properties/VisibilityTimeout", json!(10)),
        broken("STK010", "ValidationQueue", "ValidationQueue", "/Properties/RedrivePolicy", null()),
        broken("STK010", "ValidationQueueDlq", "ValidationQueueDlq", "/Properties/MessageRetentionPeriod", json!(345_600)),
        broken("STK010", "ValidationQueueDlq", "ValidationQueue", "/Properties/MessageRetentionPeriod", json!(1_209_600)),
        broken("STK011", "ValidationQueue", "ValidationQueue", "/Properties/VisibilityTimeout", json!(179)),
        broken("STK012", "ValidationMapping", "ValidationMapping", "/Properties/FunctionResponseTypes", null()),
        broken("STK012", "ComplianceMapping", "ComplianceMapping", "/Properties/ScalingConfig", null()),
        broken("STK013", "InvoicePaidToNotificationRule", "InvoicePaidToNotificationRule", "/Properties/Targets/0/RetryPolicy", null()),
        broken("STK013", "InvoicePaidToNotificationRule", "InvoicePaidToNotificationRule", "/Properties/Targets/0/DeadLetterConfig", null()),
        broken("STK013", "InvoicePaidToNotificationRule", "InvoicePaidToNotificationRule", "/Properties/Targets", json!([])),
        broken("STK013", "SweeperSchedule", "SweeperSchedule", "/Properties/Target/RetryPolicy", null()),
        broken("STK013", "SweeperSchedule", "SweeperSchedule", "/Properties/Target/DeadLetterConfig", null()),
        broken("STK014", "Bus", "Bus", "/Properties/DeadLetterConfig", null()),
        broken("STK014", "ComplianceSubscription", "ComplianceSubscription", "/Properties/RedrivePolicy", null()),
        broken("STK015", "PaymentFunction", "PaymentRetries", "/Properties/DestinationConfig", null()),
        broken("STK015", "SweeperFunction", "SweeperRetries", "/Properties/DestinationConfig", null()),
        broken("STK016", "PaymentUndeliveredDlq", "PaymentUndeliveredDlqPolicy", "/Properties/PolicyDocument/Statement/0", null()),
        broken("STK016", "ValidationQueue", "ValidationQueuePolicy", "/Properties/PolicyDocument/Statement/0/Condition/ArnEquals/aws:SourceArn", json!({"Fn::GetAtt": ["InvoicePaidToNotificationRule", "Arn"]})),
        broken("STK016", "PaymentFunction", "InvoiceApprovedToPaymentPermission", "/Properties/SourceArn", null()),
        broken("STK016", "ComplianceQueue", "ComplianceQueuePolicy", "/Properties/PolicyDocument/Statement/0", null()),
        broken("STK016", "ValidatedInvoicesTopic", "ValidatedInvoicesTopicPolicy", "/Properties/PolicyDocument/Statement/0", null()),
        broken("STK016", "BusUndeliveredDlq", "BusUndeliveredDlqPolicy", "/Properties/PolicyDocument/Statement/0", null()),
        broken("STK016", "AlertsTopic", "AlertsTopicPolicy", "/Properties/PolicyDocument/Statement/0", null()),
        broken("STK016", "MessagingKey", "MessagingKey", "/Properties/KeyPolicy/Statement/1", null()),
        broken("STK017", "PaymentFailuresDlq", "PaymentFailuresDlqAlarm", "/Properties/Threshold", json!(100)),
        broken("STK017", "PaymentFailuresDlq", "PaymentFailuresDlqAlarm", "/Properties/AlarmActions", null()),
        broken("STK017", "BusUndeliveredDlq", "BusUndeliveredDlq", "/Metadata", null()),
        broken("STK017", "StreamFailures", "AuditVendorsTableMappingGivenUpAlarm", "/Properties/MetricName", json!("Errors")),
        broken("STK017", "StreamFailures", "StreamFailures", "/Metadata", null()),
        broken("STK018", "ComplianceFunction", "ComplianceFunction", "/Properties/ReservedConcurrentExecutions", json!(1)),
        broken("STK019", "AuditInvoicesTableMapping", "AuditInvoicesTableMapping", "/Properties/BisectBatchOnFunctionError", null()),
        broken("STK019", "AuditInvoicesTableMapping", "AuditInvoicesTableMapping", "/Properties/MaximumRetryAttempts", json!(-1)),
        broken("STK019", "AuditInvoicesTableMapping", "AuditInvoicesTableMapping", "/Properties/MaximumRecordAgeInSeconds", null()),
        broken("STK019", "AuditVendorsTableMapping", "AuditVendorsTableMapping", "/Properties/FunctionResponseTypes", null()),
        broken("STK019", "AuditVendorsTableMapping", "AuditVendorsTableMapping", "/Properties/DestinationConfig/OnFailure/Destination", json!({"Fn::GetAtt": ["PaymentFailuresDlq", "Arn"]})),
        broken("STK019", "AuditVendorsTableMapping", "AuditVendorsTableMapping", "/Properties/ParallelizationFactor", json!(10)),
        broken("STK020", "PaymentRole", "PaymentRole", &format!("{first}/Sid").leak()[..], json!("Whatever")),
        broken("STK020", "PaymentRole", "PaymentRole", "/Properties/ManagedPolicyArns", json!(["arn:aws:iam::aws:policy/AdministratorAccess"])),
        broken("STK021", "PaymentRole", "PaymentRole", &format!("{first}/Resource").leak()[..], json!("*")),
        broken("STK021", "PaymentRole", "PaymentRole", &format!("{first}/Action").leak()[..], json!("dynamodb:*")),
        broken("STK024", "PaymentRole", "PaymentRole", first, null()),
        broken("STK025", "PortalFunction", "PortalFunction", "/Properties/Code/S3Key", null()),
        broken("STK030", "ValidationQueue", "ValidationQueue", "/Properties/KmsMasterKeyId", json!("alias/aws/sqs")),
        broken("STK030", "NoticesTopic", "NoticesTopic", "/Properties/KmsMasterKeyId", null()),
        broken("STK030", "InvoicesTable", "InvoicesTable", "/Properties/SSESpecification", null()),
        broken("STK030", "Documents", "Documents", "/Properties/BucketEncryption", null()),
        broken("STK030", "PortalLogs", "PortalLogs", "/Properties/KmsKeyId", null()),
        broken("STK030", "Bus", "Bus", "/Properties/KmsKeyIdentifier", null()),
        broken("STK030", "PortalFunction", "PortalFunction", "/Properties/KmsKeyArn", null()),
        broken("STK030", "SweeperSchedule", "SweeperSchedule", "/Properties/KmsKeyArn", null()),
        broken("STK030", "Decisions", "Decisions", "/Properties/EncryptionConfiguration", null()),
        broken("STK030", "StreamFailures", "StreamFailures", "/Properties/BucketEncryption", null()),
        broken("STK031", "DataKey", "DataKey", "/Properties/EnableKeyRotation", json!(false)),
        broken("STK031", "MessagingKey", "MessagingKey", "/Properties/KeyPolicy/Statement/0", null()),
        broken("STK031", "MessagingKey", "MessagingKey", "/Properties/KeyPolicy/Statement/1/Condition", json!({"StringEquals": {"aws:SourceAccount": "1"}})),
        broken("STK031", "DataKey", "DataKey", "/Properties/KeyPolicy/Statement/2/Condition", null()),
        broken("STK031", "DataKey", "DataKey", "/Properties/KeyPolicy/Statement/1/Principal", json!("*")),
        broken("STK032", "ValidationQueue", "ValidationQueuePolicy", "/Properties/PolicyDocument/Statement/1", null()),
        broken("STK032", "NoticesTopic", "NoticesTopicPolicy", "/Properties/PolicyDocument/Statement/0/Condition", null()),
        broken("STK032", "Documents", "DocumentsPolicy", "/Properties/PolicyDocument/Statement/0/Effect", json!("Allow")),
        broken("STK033", "ApiPostInvoicesRoute", "ApiPostInvoicesRoute", "/Properties/AuthorizationType", json!("NONE")),
        broken("STK033", "ApiPostInvoicesInvoiceIdDecisionsRoute", "ApiPostInvoicesInvoiceIdDecisionsRoute", "/Properties/AuthorizationType", json!("JWT")),
        broken("STK033", "ApiStage", "ApiStage", "/Properties/DefaultRouteSettings", null()),
        broken("STK033", "ApiStage", "ApiStage", "/Properties/AccessLogSettings", null()),
        broken("STK034", "PaymentFunction", "PaymentFunction", "/Properties/TracingConfig", null()),
        broken("STK034", "Decisions", "Decisions", "/Properties/TracingConfiguration", null()),
        broken("STK035", "PaymentFunction", "PaymentFunction", "/Properties/LoggingConfig", null()),
        broken("STK035", "Decisions", "Decisions", "/Properties/LoggingConfiguration/Destinations", null()),
        broken("STK035", "Decisions", "Decisions", "/Properties/LoggingConfiguration/IncludeExecutionData", json!(true)),
        broken("STK035", "PaymentLogs", "PaymentLogs", "/Properties/RetentionInDays", null()),
        broken("STK035", "PaymentRole", "PaymentRole", &format!("{first}/Action").leak()[..], json!("logs:CreateLogGroup")),
        broken("STK036", "InvoicesTable", "InvoicesTable", "/DeletionPolicy", json!("Delete")),
        broken("STK036", "DataKey", "DataKey", "/UpdateReplacePolicy", null()),
        broken("STK036", "InvoicesTable", "InvoicesTable", "/Properties/DeletionProtectionEnabled", json!(false)),
        broken("STK036", "VendorsTable", "VendorsTable", "/Properties/PointInTimeRecoverySpecification", null()),
        broken("STK037", "Documents", "Documents", "/Properties/VersioningConfiguration", null()),
        broken("STK037", "Documents", "Documents", "/Properties/PublicAccessBlockConfiguration/BlockPublicPolicy", json!(false)),
        broken("STK037", "Documents", "Documents", "/Properties/OwnershipControls", null()),
        broken("STK037", "Documents", "Documents", "/Properties/LifecycleConfiguration", null()),
        broken("STK038", "Bus", "Archive", "/Properties/SourceArn", json!("arn:aws:events:eu-central-1:1:event-bus/other")),
        broken("STK038", "Archive", "Archive", "/Properties/EventPattern", json!({"source": ["invoicing.portal"]})),
        broken("STK038", "Archive", "Archive", "/Properties/RetentionDays", json!(1)),
        broken("STK038", "Archive", "DataKey", "/Properties/KeyPolicy/Statement/2/Action", json!(["kms:Decrypt", "kms:GenerateDataKey"])),
        broken("STK030", "Archive", "Archive", "/Properties/KmsKeyIdentifier", null()),
        broken("STK039", "Schemas", "InvoicePaidV1PaymentSchema", "/Properties/SchemaName", json!("other")),
        broken("STK040", "Bus", "Bus", "/Properties/LogConfig/IncludeDetail", json!("FULL")),
        broken("STK040", "Bus", "BusLogsSource", "/Properties/ResourceArn", null()),
        broken("STK041", "Documents", "Documents", "/Properties/ObjectLockConfiguration/Rule/DefaultRetention/Years", json!(1)),
        broken("STK042", "ApiErrorsAlarm", "Alarm", "/Properties/AlarmActions", null()),
        broken("STK042", "ApiErrorsAlarm", "SharedAlarm", "/Properties/AlarmRule", json!("ALARM(\"other\")")),
        broken("STK042", "PaymentAlarm", "Alarm", "/Properties/AlarmRule", json!({"Fn::Sub": "ALARM(\"${SharedAlarm}\")"})),
        broken("STK043", "InvoicesTable", "InvoicesTable", "/Properties/Tags", null()),
        broken("STK043", "Api", "Api", "/Properties/Tags/owner", null()),
        broken("STK044", "PaymentLogs", "PaymentLogs", "/Properties/LogGroupClass", json!("INFREQUENT_ACCESS")),
        broken("STK030", "Decisions", "Decisions", "/Properties/EncryptionConfiguration", null()),
        broken("STK034", "Decisions", "Decisions", "/Properties/TracingConfiguration", null()),
        broken("STK035", "Decisions", "Decisions", "/Properties/LoggingConfiguration/IncludeExecutionData", json!(true)),
        broken("STK035", "Decisions", "Decisions", "/Properties/LoggingConfiguration/Destinations", null()),
        broken("STK049", "Decisions", "DecisionsRole", "/Properties/Policies/0/PolicyDocument/Statement/0/Resource/0", null()),
        broken("STK049", "Decisions", "DecisionsRole", "/Properties/Policies/0/PolicyDocument/Statement/0/Resource/0", json!({"Fn::GetAtt": ["PaymentFunction", "Arn"]})),
        broken("STK046", "Alarm", "Alarm", "/Properties/AlarmRule", json!({"Fn::Sub": vec!["ALARM(\"${PaymentAlarm}\")"; 220].join(" OR ")})),
    ]
}

/// Breaks the statement of a role that has this `Sid`.
#[rustfmt::skip]
fn statements() -> Vec<(&'static str, &'static str, &'static str, &'static str, Value)> {
    vec![
        ("STK016", "PaymentRole", "EdgePaymentFailuresDlq", "/Action", json!("sqs:ReceiveMessage")),
        ("STK016", "AuditRole", "EdgeStreamFailures", "/Action", json!("s3:ListBucket")),
        ("STK016", "SweeperScheduleRole", "EdgeSweeperScheduleDlq", "/Resource", json!({"Fn::GetAtt": ["PaymentFailuresDlq", "Arn"]})),
        ("STK022", "PaymentRole", "KitPublish", "/Condition", Value::Null),
        ("STK022", "PaymentRole", "KitPublish", "/Condition/StringEqualsIfExists/events:detail-type", json!(["InvoiceApproved", "InvoicePaid", "PaymentFailed"])),
        ("STK022", "PaymentRole", "KitPublish", "/Condition/StringEqualsIfExists/events:source", json!("invoicing.portal")),
        ("STK022", "PaymentRole", "KitPublish", "/Resource", json!({"Fn::GetAtt": ["PaymentFailuresDlq", "Arn"]})),
        ("STK022", "SweeperRole", "NeedRepublish", "/Condition/StringEqualsIfExists/events:source", Value::Null),
        ("STK023", "PaymentRole", "KitKeysDataWrite", "/Condition", Value::Null),
        ("STK023", "PaymentRole", "KitKeysDataWrite", "/Action", json!("kms:Decrypt")),
        ("STK023", "ComplianceRole", "KitKeysMessagingRead", "/Resource", json!({"Fn::GetAtt": ["DataKey", "Arn"]})),
        ("STK026", "AuditRole", "NeedAppendAudit", "/Action", json!(["dynamodb:PutItem", "dynamodb:UpdateItem"])),
        ("STK026", "PaymentRole", "NeedWriteInvoices", "/Resource", json!({"Fn::GetAtt": ["LedgerTable", "Arn"]})),
        ("STK028", "ApprovalRole", "NeedSealTokens", "/Condition", Value::Null),
        ("STK028", "SweeperScheduleRole", "KitKeysInput", "/Condition", Value::Null),
        ("STK028", "DecisionsRole", "KitKeysExecutions", "/Condition", Value::Null),
        ("STK027", "NotificationRole", "NeedSendNotices", "/Action", json!("states:SendTaskSuccess")),
    ]
}

/// Replaces the value at a pointer; null removes it.
fn replace(root: &mut Value, pointer: &str, value: Value) {
    let (parent, leaf) = pointer.rsplit_once('/').unwrap();
    let parent = root
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("{pointer}"));
    match (parent, value) {
        (Value::Array(items), value) => {
            let index: usize = leaf.parse().unwrap();
            if value.is_null() {
                items.remove(index);
            } else {
                items[index] = value;
            }
        }
        (Value::Object(members), Value::Null) => {
            members.remove(leaf).unwrap_or_else(|| panic!("{pointer}"));
        }
        (parent, value) => parent[leaf] = value,
    }
}

fn clean() -> Value {
    let template = synth_of(&environment("prod"), &Graph::declared()).template;
    Value::Object(template.members().clone())
}

fn findings(template: &Value) -> Vec<stack::Finding> {
    let template = Template::parse(&template.to_string()).unwrap();
    judge(&environment("prod"), &Graph::declared(), &template)
}

fn fires(template: &Value, code: &str, names: &str, what: &str) {
    let findings = findings(template);
    let hit = |finding: &stack::Finding| {
        finding.code == code && finding.logical_id.as_deref() == Some(names)
    };
    assert!(
        findings.iter().any(hit),
        "{code} at {names} when {what}: {findings:#?}"
    );
}

#[test]
fn every_broken_property_is_found_at_its_resource() {
    let clean = clean();
    assert_eq!(findings(&clean), []);
    for case in templates() {
        let mut template = clean.clone();
        replace(
            &mut template["Resources"][case.resource],
            case.pointer,
            case.value,
        );
        fires(
            &template,
            case.code,
            case.names,
            &format!("{} {} is broken", case.resource, case.pointer),
        );
    }
}

#[test]
fn every_broken_statement_is_found_at_its_role() {
    let clean = clean();
    for (code, role, sid, pointer, value) in statements() {
        let mut template = clean.clone();
        let statements = template["Resources"][role]
            .pointer_mut("/Properties/Policies/0/PolicyDocument/Statement")
            .and_then(Value::as_array_mut)
            .unwrap();
        let statement = statements
            .iter_mut()
            .find(|statement| statement["Sid"] == sid);
        replace(
            statement.unwrap_or_else(|| panic!("{role} {sid}")),
            pointer,
            value,
        );
        fires(&template, code, role, &format!("{sid}{pointer} is broken"));
    }
}

fn codes_of(graph: &Graph) -> BTreeSet<&'static str> {
    let findings = synth_of(&environment("prod"), graph).findings;
    findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn a_lane_taken_away_is_an_event_that_nobody_brings() {
    let mut graph = Graph::declared();
    graph
        .lanes
        .retain(|lane| lane.id != "InvoiceApprovedToPayment");
    let codes = codes_of(&graph);
    assert!(
        codes.contains("STK001") && codes.contains("STK002"),
        "{codes:?}"
    );
}

#[test]
fn a_producer_taken_away_is_a_lane_that_waits_in_vain() {
    let mut graph = Graph::declared();
    graph.handlers.retain(|handler| handler.name != "portal");
    let findings = synth_of(&environment("prod"), &graph).findings;
    let vain = findings.iter().filter(|finding| finding.code == "STK003");
    let files: Vec<_> = vain.map(|finding| finding.source.unwrap().file).collect();
    assert_eq!(
        files,
        [
            // Both of its events.
            "stack/src/lanes/audit_trail.rs",
            "stack/src/lanes/audit_trail.rs",
            "stack/src/lanes/invoice_submitted.rs",
            "stack/src/lanes/vendor_registered.rs"
        ]
    );
}

#[test]
fn a_lane_that_ends_elsewhere_is_found_even_when_the_types_are_bypassed() {
    let mut graph = Graph::declared();
    graph.lanes[0].handler = "Payment";
    assert!(codes_of(&graph).contains("STK004"));
    graph.lanes[0].handler = "Nobody";
    assert!(codes_of(&graph).contains("STK004"));
}

#[test]
fn a_queue_in_a_lane_brings_everything_that_it_needs() {
    let mut graph = Graph::declared();
    let lane = graph
        .lanes
        .iter_mut()
        .find(|lane| lane.handler == "InvoiceIntake")
        .unwrap();
    lane.path = Path::Queue { inbox: "Intake" };
    let synthesised = synth_of(&environment("prod"), &graph);
    assert!(!synthesised.has_errors(), "{:#?}", synthesised.findings);
    assert!(
        synthesised
            .template
            .resource("IntakeQueueDlqAlarm")
            .is_some()
    );
    assert!(
        synthesised
            .template
            .resource("InvoiceIntakeRetries")
            .is_none()
    );
    assert!(
        synthesised
            .grants
            .contains("InvoiceIntakeRole | sqs:ChangeMessageVisibility")
    );
}

#[test]
fn a_finding_names_the_line_that_it_comes_from() {
    let graph = Graph::declared();
    let lane = |id: &str| graph.declared_at(id).map(|source| source.file);
    let received = Some("stack/src/lanes/invoice_received.rs");
    assert_eq!(lane("ValidationQueueDlqAlarm"), received);
    assert_eq!(lane("InvoiceReceivedToValidationRule"), received);
    assert_eq!(
        lane("ValidatedInvoicesTopic"),
        Some("stack/src/lanes/invoice_validated.rs")
    );
    assert_eq!(lane("ComplianceFunction"), None);
    let mut prod = environment("prod");
    prod.retention.log_days = 2;
    let findings = synth_of(&prod, &graph).findings;
    let logs = findings
        .iter()
        .find(|finding| finding.logical_id.as_deref() == Some("PaymentLogs"))
        .unwrap();
    assert_eq!(logs.code, "CFN003");
    assert_eq!(
        logs.source.unwrap().file,
        "stack/src/constructs/function.rs"
    );
}

#[test]
fn every_rule_is_shown_to_fire_and_has_its_own_code() {
    // From the graph, and from the environment.
    let from_graph = [
        "STK001", "STK002", "STK003", "STK004", "STK008", "STK045", "STK047", "STK048", "STK050",
    ];
    let shown: BTreeSet<&str> = templates()
        .iter()
        .map(|case| case.code)
        .chain(statements().iter().map(|case| case.0))
        .chain(from_graph)
        .collect();
    let declared: Vec<&str> = RULES.iter().map(|rule| rule.code).collect();
    assert_eq!(shown.into_iter().collect::<Vec<_>>(), declared);
    assert!(RULES.iter().all(|rule| rule.severity >= Severity::Warning));
}

#[test]
fn r21_a_boundary_that_the_environment_names_is_on_every_role_and_missed_where_it_is_not() {
    let mut bounded = environment("prod");
    bounded.permissions_boundary = Some("arn:aws:iam::777788889999:policy/boundary".into());
    let synthesised = synth_of(&bounded, &Graph::declared());
    assert!(!synthesised.has_errors(), "{:#?}", synthesised.findings);
    let unbound_template = synth_of(&environment("prod"), &Graph::declared()).template;
    let unbounded = judge(&bounded, &Graph::declared(), &unbound_template);
    let missed = unbounded.iter().filter(|finding| finding.code == "STK045");
    let roles = unbound_template
        .resources()
        .filter(|(_, resource)| resource["Type"] == "AWS::IAM::Role");
    assert_eq!(missed.count(), roles.count());
}

#[test]
fn lanes_that_share_a_rule_must_agree() {
    let mut graph = Graph::declared();
    for lane in &mut graph.lanes {
        if lane.id == "InvoicePaidToNotification" {
            lane.id = "InvoicePaidToTopic";
        }
    }
    assert!(codes_of(&graph).contains("STK008"));
}

#[test]
fn r11_a_replay_passes_only_where_everybody_behind_the_rule_admits_it() {
    let mut graph = Graph::declared();
    let passes = |graph: &Graph| -> Vec<&str> {
        let rules = graph.rules();
        let admitting = rules
            .iter()
            .filter(|rule| rule.replays == Replays::Admitted);
        admitting.map(|rule| rule.id).collect()
    };
    assert_eq!(passes(&graph), ["EventsToAudit"]);
    for handler in &mut graph.handlers {
        handler.replays = Replays::Excluded;
    }
    assert!(passes(&graph).is_empty());
}

#[test]
fn r28_more_rules_than_a_bus_takes_are_found() {
    let mut template = clean();
    let rule = template["Resources"]["InvoiceApprovedToPaymentRule"].clone();
    for number in 0..300 {
        template["Resources"][format!("More{number}")] = rule.clone();
    }
    fires(&template, "STK047", "Bus", "there are 300 more rules");
}

#[test]
fn r28_reserved_concurrency_is_judged_against_the_account() {
    let mut prod = environment("prod");
    prod.capacity.queue_concurrency = 2;
    let mut reserving = |executions| {
        prod.capacity.reserved_concurrency = Some(executions);
        let findings = synth_of(&prod, &Graph::declared()).findings;
        findings.iter().any(|finding| finding.code == "STK048")
    };
    let handlers = u32::try_from(contracts::ALL_HANDLERS.len()).unwrap();
    assert!(!reserving(900 / handlers) && reserving(900 / handlers + 1));
}

#[test]
fn r28_a_rate_that_the_queues_are_too_narrow_for_is_noticed() {
    let mut prod = environment("prod");
    let mut narrow = |rate, concurrency| {
        prod.capacity.events_per_second = rate;
        prod.capacity.queue_concurrency = concurrency;
        let findings = synth_of(&prod, &Graph::declared()).findings;
        findings.iter().any(|finding| finding.code == "STK050")
    };
    // The audit hears of every event: batches of ten, half a second each.
    assert!(!narrow(1_000, 50) && narrow(1_000, 49) && narrow(1_400, 50));
}

/// `docs/checks.md` as the rules say it.
fn page() -> String {
    let mut page = String::from(
        "# Our own checks\n\nWhat no schema and no other judge knows of this stack. `provision check` runs them all, offline; \
         so does every `synth`, `diff` and `up`, and an error forbids to deploy. This page is generated from the rules: \
         `GOLDEN=write cargo test -p stack --test checks`.\n\n| code | severity | guards | what must hold |\n|---|---|---|---|\n",
    );
    for rule in RULES {
        let severity = if rule.severity == Severity::Error {
            "error"
        } else {
            "warning"
        };
        page += &format!(
            "| {} | {severity} | {} | {} |\n",
            rule.code, rule.requirement, rule.title
        );
    }
    page += "\n## What AWS would refuse\n\nFound in the same run, in any template: limits, references, and state machines that don't come to a \
             declared end. All are errors, but for a template that must merely go through S3, which is a note.\n\n| code | what is found |\n|---|---|\n";
    for code in cfn::Code::ALL {
        page += &format!("| {} | {} |\n", code.as_str(), code.meaning());
    }
    page
}

#[test]
fn the_reference_page_is_generated_from_the_rules() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/checks.md");
    if std::env::var_os("GOLDEN").is_some_and(|mode| mode == "write") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, page()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), page());
}
