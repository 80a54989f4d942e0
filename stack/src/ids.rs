//! Logical ids: which name each resource of a handler, an inbox or a lane has. Every id is prefix + what it is, so it
//! can be searched for from a console back to the declaration. Renaming one replaces the resource.

use crate::environment::Environment;
use cfn::{
    Handle, Val, arn, events, iam, kms, lambda, logs, s3, scheduler, sns, sqs, stepfunctions, sub,
};

/// The key of what rests: bus, tables, documents, logs, function environments.
pub(crate) const DATA_KEY: &str = "DataKey";
/// The key of what moves: queues and topics.
pub(crate) const MESSAGING_KEY: &str = "MessagingKey";
/// The central bus.
pub(crate) const BUS: &str = "Bus";
/// Events that the bus itself could not encrypt or decrypt.
pub(crate) const BUS_DLQ: &str = "BusUndeliveredDlq";
/// The archive of every event.
pub(crate) const ARCHIVE: &str = "Archive";
/// The registry of the events' schemas.
pub(crate) const SCHEMAS: &str = "Schemas";
/// Original documents, registrations, payment instructions.
pub(crate) const DOCUMENTS: &str = "Documents";
/// Changes of tables that a function failed on for good.
pub(crate) const STREAM_FAILURES: &str = "StreamFailures";
/// Notices to vendors.
pub(crate) const NOTICES: &str = "NoticesTopic";
/// Alarms for people.
pub(crate) const ALERTS: &str = "AlertsTopic";
/// The one alarm over all alarms.
pub(crate) const ALARM: &str = "Alarm";
/// The dashboard.
pub(crate) const DASHBOARD: &str = "Dashboard";
/// The schedule that wakes the reaper for an ephemeral environment.
pub(crate) const EXPIRY: &str = "Expiry";
/// The HTTP API.
pub(crate) const API: &str = "Api";
/// The state machine of decisions.
pub(crate) const DECISIONS: &str = "Decisions";

pub(crate) fn data_key() -> Handle<kms::Key> {
    Handle::to(DATA_KEY)
}

pub(crate) fn messaging_key() -> Handle<kms::Key> {
    Handle::to(MESSAGING_KEY)
}

pub(crate) fn api() -> Handle<cfn::apigatewayv2::Api> {
    Handle::to(API)
}

pub(crate) fn bus() -> Handle<events::EventBus> {
    Handle::to(BUS)
}

pub(crate) fn documents() -> Handle<s3::Bucket> {
    Handle::to(DOCUMENTS)
}

pub(crate) fn notices() -> Handle<sns::Topic> {
    Handle::to(NOTICES)
}

pub(crate) fn alerts() -> Handle<sns::Topic> {
    Handle::to(ALERTS)
}

pub(crate) fn table(table: contracts::tables::Table) -> Handle<cfn::dynamodb::Table> {
    Handle::to(table.spec().logical_id)
}

pub(crate) fn function(handler: &str) -> Handle<lambda::Function> {
    Handle::to(format!("{handler}Function").as_str())
}

pub(crate) fn role(handler: &str) -> Handle<iam::Role> {
    Handle::to(format!("{handler}Role").as_str())
}

pub(crate) fn logs(owner: &str) -> Handle<logs::LogGroup> {
    Handle::to(format!("{owner}Logs").as_str())
}

/// An inbox's queue.
pub(crate) fn queue(inbox: &str) -> Handle<sqs::Queue> {
    Handle::to(format!("{inbox}Queue").as_str())
}

/// Where an inbox's messages go that were received too often.
pub(crate) fn queue_dlq(inbox: &str) -> String {
    format!("{inbox}QueueDlq")
}

/// Where events go that EventBridge could not deliver to a target.
pub(crate) fn undelivered_dlq(target: &str) -> String {
    format!("{target}UndeliveredDlq")
}

/// Where messages go that SNS could not deliver to an inbox.
pub(crate) fn subscription_dlq(inbox: &str) -> String {
    format!("{inbox}SubscriptionDlq")
}

/// Where events go that an asynchronously invoked function failed on for good.
pub(crate) fn failures_dlq(handler: &str) -> Handle<sqs::Queue> {
    Handle::to(format!("{handler}FailuresDlq").as_str())
}

pub(crate) fn topic(topic: &str) -> Handle<sns::Topic> {
    Handle::to(format!("{topic}Topic").as_str())
}

pub(crate) fn decisions() -> Handle<stepfunctions::StateMachine> {
    Handle::to(DECISIONS)
}

/// The state machine of decisions, by its name: it refers to the functions of its tasks, and they can't refer back.
pub(crate) fn decisions_arn(environment: &Environment) -> Val<String> {
    arn(
        "states",
        sub!("stateMachine:", environment.decisions_name()),
    )
}

/// Every execution of the state machine of decisions.
pub(crate) fn executions_arn(environment: &Environment) -> Val<String> {
    arn(
        "states",
        sub!("execution:", environment.decisions_name(), ":*"),
    )
}

pub(crate) fn rule(lane: &str) -> Handle<events::Rule> {
    Handle::to(format!("{lane}Rule").as_str())
}

/// The mapping that brings a table's changes to a handler.
pub(crate) fn stream_mapping(handler: &str, table: contracts::tables::Table) -> String {
    format!("{handler}{}Mapping", table.spec().logical_id)
}

/// The schedule that wakes a handler.
pub(crate) fn schedule(handler: &str) -> Handle<scheduler::Schedule> {
    Handle::to(format!("{handler}Schedule").as_str())
}

/// The schedule's ARN by its name: its role says for which schedule it is, and the schedule refers to its role.
pub(crate) fn schedule_arn(
    environment: &Environment,
    handler: &contracts::HandlerSpec,
) -> Val<String> {
    arn(
        "scheduler",
        sub!("schedule/default/", environment.schedule_name(handler)),
    )
}

/// What wakes a handler acts as this role.
pub(crate) fn schedule_role(handler: &str) -> Handle<iam::Role> {
    Handle::to(format!("{handler}ScheduleRole").as_str())
}

/// Where wakings go that could not be delivered.
pub(crate) fn schedule_dlq(handler: &str) -> Handle<sqs::Queue> {
    Handle::to(format!("{handler}ScheduleDlq").as_str())
}

/// Where the changes of tables go that a function failed on for good.
pub(crate) fn stream_failures() -> Handle<s3::Bucket> {
    Handle::to(STREAM_FAILURES)
}

/// The alarm over the alarms of a handler, or of what is nobody's own.
pub(crate) fn alarm_of(group: &str) -> String {
    format!("{group}Alarm")
}
