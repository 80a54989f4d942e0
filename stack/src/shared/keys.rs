//! The two customer-managed keys (R19). `data`: what rests. `messaging`: what moves.
//!
//! Their policies let services in, each under the condition that it supports, and the account administer. Roles get
//! access by their own policies, through the services that they use the keys for.

use crate::constructs::Site;
use crate::constructs::policies::{CLOUDWATCH, EVENTBRIDGE, SNS};
use crate::ids;
use cfn::{Handle, PolicyDocument, Principal, Pseudo, Statement, Val, arn, kms, sub};

/// Days until a deleted key is gone, where its data is kept and where it isn't: KMS's bounds.
const PENDING_DAYS: (u32, u32) = (30, 7);

/// The encryption context under which a bus's log records travel.
const LOG_DELIVERY: &str = "kms:EncryptionContext:SourceArn";

pub(super) fn keys(site: &mut Site<'_>) {
    let data = PolicyDocument::of([
        administration(),
        events_describe(),
        events_on_the_bus(site.environment.stack_name()),
        bus_logs_encrypt(),
        bus_logs_arrive(),
        logs_of_this_stack(),
    ]);
    key(
        site,
        ids::DATA_KEY,
        "What rests: bus, tables, documents, logs, function environments",
        data,
    );
    let messaging = PolicyDocument::of([
        administration(),
        delivers("EventsDeliver", EVENTBRIDGE),
        delivers("SnsDelivers", SNS).when("StringEquals", "aws:SourceAccount", Pseudo::AccountId),
        delivers("AlarmsDeliver", CLOUDWATCH),
    ]);
    key(
        site,
        ids::MESSAGING_KEY,
        "What moves: queues and topics",
        messaging,
    );
}

fn key(
    site: &mut Site<'_>,
    id: &str,
    description: &str,
    policy: PolicyDocument,
) -> Handle<kms::Key> {
    let (kept, fleeting) = PENDING_DAYS;
    let days = if site.environment.keeps_data() {
        kept
    } else {
        fleeting
    };
    let key = site.stack.add(
        id,
        kms::Key::new()
            .description(description)
            .enable_key_rotation(true)
            .pending_window_in_days(days)
            .key_policy(policy),
    );
    site.stateful(&key);
    key
}

/// The account administers the key by IAM; without it nobody could change the policy again.
fn administration() -> Statement {
    Statement::allow()
        .sid("Administration")
        .principal(Principal::this_account())
        .action("kms:*")
        .on("*")
}

/// DescribeKey carries no encryption context to condition on, and tells nothing but the key's kind.
fn events_describe() -> Statement {
    Statement::allow()
        .sid("EventsDescribe")
        .principal(Principal::service(EVENTBRIDGE))
        .action("kms:DescribeKey")
        .on("*")
}

/// The bus encrypts by its encryption context; the archive of it by the same, and re-encrypts.
fn events_on_the_bus(bus: String) -> Statement {
    Statement::allow()
        .sid("EventsOnTheBus")
        .principal(Principal::service(EVENTBRIDGE))
        .actions(["kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncrypt*"])
        .on("*")
        .when(
            "StringEquals",
            "kms:EncryptionContext:aws:events:event-bus:arn",
            arn("events", sub!("event-bus/", bus)),
        )
}

/// What the bus logs travels encrypted by the bus's key, under the context of log delivery.
fn bus_logs_encrypt() -> Statement {
    Statement::allow()
        .sid("BusLogsEncrypt")
        .principal(Principal::service(EVENTBRIDGE))
        .action("kms:GenerateDataKey")
        .on("*")
        .when("StringLike", LOG_DELIVERY, arn("logs", "*"))
}

/// Log delivery decrypts what the bus and the state machine logged; the log group then encrypts it as its own.
fn bus_logs_arrive() -> Statement {
    Statement::allow()
        .sid("BusLogsArrive")
        .principal(Principal::service("delivery.logs.amazonaws.com"))
        .actions(["kms:Decrypt", "kms:GenerateDataKey"])
        .on("*")
        .when("StringLike", LOG_DELIVERY, arn("logs", "*"))
}

/// Log groups that CloudFormation names after the stack, and the API's access logs.
fn logs_of_this_stack() -> Statement {
    let group = |name: Val<String>| arn("logs", sub!("log-group:", name));
    Statement::allow()
        .sid("LogsOfThisStack")
        .principal(Principal::service(sub!(
            "logs.",
            Pseudo::Region,
            ".amazonaws.com"
        )))
        .actions([
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey*",
            "kms:ReEncrypt*",
        ])
        .on("*")
        .when(
            "ArnLike",
            "kms:EncryptionContext:aws:logs:arn",
            group(sub!(Pseudo::StackName, "-*")),
        )
        .when(
            "ArnLike",
            "kms:EncryptionContext:aws:logs:arn",
            group(sub!("/aws/vendedlogs/", Pseudo::StackName, "/*")),
        )
}

/// A service that puts messages into encrypted queues or topics. EventBridge supports no `aws:Source*` condition here:
/// with one, deliveries would fail.
fn delivers(sid: &str, service: &str) -> Statement {
    Statement::allow()
        .sid(sid)
        .principal(Principal::service(service))
        .actions(["kms:Decrypt", "kms:GenerateDataKey"])
        .on("*")
}
