//! What the role of a state machine may do: invoke the functions of its tasks, log, trace, and use the key of what it
//! remembers.

use super::{Cause, Grant};
use crate::environment::Environment;
use crate::ids;
use cfn::asl::Machine;
use cfn::{PolicyDocument, Statement, arn};

/// What Step Functions does to have its log delivered. None of it knows resources as it is used here: a delivery is made
/// before it has a name, and the policies are the account's.
const DELIVER_LOGS: &[&str] = &[
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
];

/// Step Functions samples by itself.
const TRACE: &[&str] = &[
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

/// The inline policy of the role of the state machine of decisions.
///
/// Its key statements go by encryption context: Step Functions asks for the key as the role itself, and a condition on
/// `kms:ViaService` would fail every execution.
pub(crate) fn machine_policy(environment: &Environment, machine: &Machine) -> PolicyDocument {
    let grants = [
        Grant::new(
            Cause::Edge(ids::DECISIONS.to_owned()),
            &["lambda:InvokeFunction"],
            machine.functions(),
        ),
        Grant::new(Cause::Kit("Logs"), DELIVER_LOGS, ["*".into()]),
        Grant::new(Cause::Kit("Traces"), TRACE, ["*".into()]),
    ];
    let key = |sid: &str| Statement::allow().sid(sid).on(ids::data_key().arn());
    let executions = key("KitKeysExecutions")
        .actions(["kms:Decrypt", "kms:GenerateDataKey"])
        .when(
            "StringEquals",
            "kms:EncryptionContext:aws:states:stateMachineArn",
            ids::decisions_arn(environment),
        );
    let logs = key("KitKeysLogs").action("kms:GenerateDataKey").when(
        "StringEquals",
        "kms:EncryptionContext:SourceArn",
        arn("logs", "*"),
    );
    let grants = grants.map(Grant::into_statement).into_iter();
    grants.chain([executions, logs]).collect()
}
