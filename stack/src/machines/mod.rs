//! State machines, each with its role, its log and its output. What they do is theirs (`decisions`); what every machine
//! has, is here: our key, traces, a declared log group without execution data (R15, R17, R18, R19).

mod decisions;

use crate::constructs::Site;
use crate::constructs::grant::machine_policy;
use crate::ids;
use cfn::asl::Machine;
use cfn::iam::{Role, RolePolicy};
use cfn::logs::LogGroup;
use cfn::stepfunctions::{
    StateMachine, StateMachineCloudWatchLogsLogGroup, StateMachineEncryptionConfiguration,
    StateMachineEncryptionConfigurationType, StateMachineLevel, StateMachineLogDestination,
    StateMachineLoggingConfiguration, StateMachineTracingConfiguration, StateMachineType,
};
use cfn::{Handle, PolicyDocument, Principal, Pseudo, Statement, Val, sub};
use contracts::tasks::{AskDecision, ConcludeDecision, RemindDecision, Task, TaskSpec};
use contracts::wiring::outputs;
use decisions::Performers;

/// Adds the state machine of decisions, where every task of it has a handler that performs it.
pub(crate) fn machines(site: &mut Site<'_>) {
    let performer = |task: TaskSpec| -> Option<Val<String>> {
        let mut handlers = site.graph.handlers.iter();
        let performs = handlers.find(|handler| handler.inputs.tasks.contains(&task))?;
        Some(ids::function(performs.id).arn())
    };
    let (Some(ask), Some(remind), Some(conclude)) = (
        performer(AskDecision::SPEC),
        performer(RemindDecision::SPEC),
        performer(ConcludeDecision::SPEC),
    ) else {
        return;
    };
    let performers = Performers {
        ask,
        remind,
        conclude,
    };
    let within = site.environment.policy.approvals.answer_within_seconds;
    let machine = decisions::machine(&performers, within);
    let machine = add(site, &machine);
    site.stack
        .output(outputs::DECISIONS, machine.arn())
        .description("ARN of the state machine of decisions");
}

fn add(site: &mut Site<'_>, machine: &Machine) -> Handle<StateMachine> {
    let logs = log_group(site);
    let role = role(site, machine);
    let destination = StateMachineCloudWatchLogsLogGroup::new().log_group_arn(logs.arn());
    let resource = StateMachine::new(role.arn())
        .state_machine_name(site.environment.decisions_name())
        .state_machine_type(StateMachineType::Standard)
        .encryption_configuration(
            StateMachineEncryptionConfiguration::new(
                StateMachineEncryptionConfigurationType::CustomerManagedKmsKey,
            )
            .kms_key_id(ids::data_key().arn()),
        )
        // Every step and none of its data: that holds task tokens.
        .logging_configuration(
            StateMachineLoggingConfiguration::new()
                .level(StateMachineLevel::All)
                .include_execution_data(false)
                .destinations([
                    StateMachineLogDestination::new().cloud_watch_logs_log_group(destination)
                ]),
        )
        .tracing_configuration(StateMachineTracingConfiguration::new().enabled(true));
    site.stack.add_machine(ids::DECISIONS, machine, resource)
}

/// Under the prefix of vended logs, as the API's and the bus's: log delivery adds every other group to one policy of 5,120
/// characters an account.
fn log_group(site: &mut Site<'_>) -> Handle<LogGroup> {
    let group = LogGroup::new()
        .log_group_name(sub!("/aws/vendedlogs/", Pseudo::StackName, "/decisions"))
        .kms_key_id(ids::data_key().arn())
        .retention_in_days(site.environment.retention.log_days);
    let group = site
        .stack
        .add(ids::logs(ids::DECISIONS).logical_id().as_str(), group);
    site.stateful(&group);
    group
}

fn role(site: &mut Site<'_>, machine: &Machine) -> Handle<Role> {
    let assumed = Statement::allow()
        .principal(Principal::service("states.amazonaws.com"))
        .action("sts:AssumeRole")
        .when("StringEquals", "aws:SourceAccount", Pseudo::AccountId)
        .when(
            "ArnEquals",
            "aws:SourceArn",
            ids::decisions_arn(site.environment),
        );
    let policy = machine_policy(site.environment, machine);
    let role = Role::new(PolicyDocument::of([assumed]))
        .description("What the state machine of decisions may do")
        .policies([RolePolicy::new("grants", policy)]);
    let role = site.bounded(role);
    site.stack
        .add(ids::role(ids::DECISIONS).logical_id().as_str(), role)
}
