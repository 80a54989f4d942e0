//! The reaper: the function that deletes an ephemeral environment when its time is over, woken by that environment's own
//! schedule. It stands here, as a role or function within the stack would die half-way through its deletion.
//!
//! What environments say of it, they say by name: an export that is imported could not change any more.

use super::deletion;
use crate::constructs::policies::tls_only;
use crate::environment::{Environment, Target};
use crate::numbers;
use cfn::cloudwatch::{
    Alarm, AlarmComparisonOperator, AlarmDimension, AlarmStatistic, AlarmTreatMissingData,
};
use cfn::iam::{Role, RolePolicy};
use cfn::lambda::{
    EventInvokeConfig, EventInvokeConfigDestinationConfig, EventInvokeConfigOnFailure, Function,
    FunctionArchitectures, FunctionCode, FunctionEnvironment, FunctionLogFormat,
    FunctionLoggingConfig, FunctionRuntime,
};
use cfn::{
    Handle, PolicyDocument, Pseudo, Stack, Statement, Val, arn, global_arn, iam, logs, sqs, sub,
};
use std::collections::BTreeMap;

/// The function's name, and the beginning of all other names here.
const NAME: &str = "provision-reaper";

/// The variable with the ARN of the role that CloudFormation deletes with. The function reads it by this name.
pub const DELETION_ROLE_VARIABLE: &str = "DELETION_ROLE";

/// The longest that Lambda lets it run: a deletion takes minutes.
const TIMEOUT_SECONDS: u32 = 900;

/// It holds a page of object versions at most.
const MEMORY_MIB: u32 = 128;

/// Its log says what it deleted and why: kept for as long as somebody may ask.
const LOG_DAYS: u32 = 90;

/// How often, and for how long, Lambda wakes it again after an error, and Scheduler where Lambda took nothing.
const RETRIES: u32 = 2;
const AGE_SECONDS: u32 = 6 * 3600;

/// ARN of the function.
pub(crate) fn function_arn() -> Val<String> {
    arn("lambda", sub!("function:", NAME))
}

/// ARN of the role that wakes it.
pub(crate) fn invoke_role_arn() -> Val<String> {
    global_arn("iam", sub!("role/", invoke_role_name()))
}

/// ARN of the queue with what it could not do.
pub(crate) fn dlq_arn() -> Val<String> {
    arn("sqs", NAME)
}

/// Roles are one namespace for all regions, and each region has a bootstrap stack.
fn invoke_role_name() -> Val<String> {
    sub!(NAME, "-invoke-", Pseudo::Region)
}

/// A role under the environment's permissions boundary, where it names one.
pub(super) fn bounded(role: Role, environment: &Environment) -> Role {
    match &environment.permissions_boundary {
        Some(boundary) => role.permissions_boundary(boundary),
        None => role,
    }
}

/// Adds the reaper, its roles, and where it says what it could not do.
pub(super) fn reaper(stack: &mut Stack, environment: &Environment, code: FunctionCode) {
    let logs = stack.add(
        "ReaperLogs",
        logs::LogGroup::new()
            .log_group_name(sub!("/aws/lambda/", NAME))
            .retention_in_days(LOG_DAYS),
    );
    let dlq = stack.add(
        "ReaperDlq",
        sqs::Queue::new()
            .queue_name(NAME)
            .sqs_managed_sse_enabled(true)
            .message_retention_period(numbers::DLQ_RETENTION_SECONDS),
    );
    stack.add(
        "ReaperDlqPolicy",
        sqs::QueuePolicy::new(
            PolicyDocument::of([tls_only("sqs:*", [dlq.arn()])]),
            [dlq.url()],
        ),
    );
    alarm(stack, &dlq);
    let deletion = stack.add("DeletionRole", deletion::role(environment));
    let role = Role::new(PolicyDocument::assumed_by("lambda.amazonaws.com"))
        .description("What the reaper may do")
        .policies([RolePolicy::new(
            "grants",
            policy(environment, &deletion, &dlq, &logs),
        )]);
    let role = stack.add("ReaperRole", bounded(role, environment));
    let function = stack.add(
        "ReaperFunction",
        Function::new(code, role.arn())
            .function_name(NAME)
            .description("Deletes an ephemeral environment when its time is over")
            .runtime(FunctionRuntime::ProvidedAl2023)
            .architectures([FunctionArchitectures::X8664])
            .handler("bootstrap")
            .memory_size(MEMORY_MIB)
            .timeout(TIMEOUT_SECONDS)
            .environment(FunctionEnvironment::new().variables(BTreeMap::from([(
                DELETION_ROLE_VARIABLE.to_owned(),
                deletion.arn(),
            )])))
            .logging_config(
                FunctionLoggingConfig::new()
                    .log_format(FunctionLogFormat::Json)
                    .log_group(logs.name()),
            ),
    );
    stack.add(
        "ReaperRetries",
        EventInvokeConfig::new(function.name(), "$LATEST")
            .maximum_event_age_in_seconds(AGE_SECONDS)
            .maximum_retry_attempts(RETRIES)
            .destination_config(
                EventInvokeConfigDestinationConfig::new()
                    .on_failure(EventInvokeConfigOnFailure::new(dlq.arn())),
            ),
    );
    stack.add(
        "ReaperInvokeRole",
        invoke_role(environment, &function, &dlq),
    );
}

/// What the reaper may do: look at our stacks, empty their buckets, have CloudFormation delete the ephemeral ones.
fn policy(
    environment: &Environment,
    deletion: &Handle<Role>,
    dlq: &Handle<sqs::Queue>,
    logs: &Handle<logs::LogGroup>,
) -> PolicyDocument {
    let stacks = arn("cloudformation", "stack/invoicing-*/*");
    let see = Statement::allow()
        .sid("SeeStacks")
        .actions([
            "cloudformation:DescribeStacks",
            "cloudformation:GetTemplate",
            "cloudformation:ListStackResources",
        ])
        .on(&stacks);
    let delete = Statement::allow()
        .sid("DeleteEphemeralStacks")
        .action("cloudformation:DeleteStack")
        .on(stacks);
    let delete = match environment.target {
        // So that not even an error of ours deletes an environment that stays, or with more rights than these.
        Target::Aws => delete
            .when(
                "StringEquals",
                "aws:ResourceTag/provision:kind",
                "ephemeral",
            )
            .when("ArnEquals", "cloudformation:RoleArn", deletion.arn()),
        // The local cloud tells its policies neither.
        Target::Local => delete,
    };
    let hand_on = Statement::allow()
        .sid("HandOnTheDeletionRole")
        .action("iam:PassRole")
        .on(deletion.arn())
        .when(
            "StringEquals",
            "iam:PassedToService",
            "cloudformation.amazonaws.com",
        );
    let buckets = sub!("arn:", Pseudo::Partition, ":s3:::invoicing-*");
    let versions = Statement::allow()
        .sid("SeeVersions")
        .action("s3:ListBucketVersions")
        .on(&buckets);
    let empty = Statement::allow()
        .sid("EmptyBuckets")
        .actions(["s3:DeleteObject", "s3:DeleteObjectVersion"])
        .on(sub!(buckets, "/*"));
    let groups = ["invoicing-*", "/aws/lambda/invoicing-*"].into_iter();
    // The local cloud names those without a name so.
    let local = (environment.target == Target::Local).then_some("/aws/cloudformation/invoicing-*");
    let sweep = groups.chain(local).fold(
        Statement::allow()
            .sid("SweepLogGroups")
            .action("logs:DeleteLogGroup"),
        |statement, group| statement.on(arn("logs", sub!("log-group:", group))),
    );
    let log = Statement::allow()
        .sid("Log")
        .actions(["logs:CreateLogStream", "logs:PutLogEvents"])
        .on(logs.arn());
    let give_up = Statement::allow()
        .sid("GiveUp")
        .action("sqs:SendMessage")
        .on(dlq.arn());
    let mut statements = vec![see, delete, hand_on, versions, empty, sweep, log, give_up];
    if environment.target == Target::Local {
        // There the archive is made beside the stack, and policies aren't told which archive it is.
        statements.push(
            Statement::allow()
                .sid("SweepArchive")
                .action("events:DeleteArchive")
                .on("*"),
        );
    }
    PolicyDocument::of(statements)
}

/// What Scheduler wakes it as, on behalf of the schedules of this account.
fn invoke_role(
    environment: &Environment,
    function: &Handle<Function>,
    dlq: &Handle<sqs::Queue>,
) -> Role {
    let assumed = Statement::allow()
        .principal(cfn::Principal::service("scheduler.amazonaws.com"))
        .action("sts:AssumeRole")
        .when("StringEquals", "aws:SourceAccount", Pseudo::AccountId)
        .when(
            "ArnEquals",
            "aws:SourceArn",
            arn("scheduler", "schedule-group/default"),
        );
    let wake = Statement::allow()
        .sid("Wake")
        .action("lambda:InvokeFunction")
        .on(function.arn());
    let give_up = Statement::allow()
        .sid("GiveUp")
        .action("sqs:SendMessage")
        .on(dlq.arn());
    let role = iam::Role::new(PolicyDocument::of([assumed]))
        .role_name(invoke_role_name())
        .description("What wakes the reaper")
        .policies([RolePolicy::new(
            "grants",
            PolicyDocument::of([wake, give_up]),
        )]);
    bounded(role, environment)
}

fn alarm(stack: &mut Stack, dlq: &Handle<sqs::Queue>) {
    stack.add(
        "ReaperAlarm",
        Alarm::new()
            .alarm_name(NAME)
            .alarm_description(
                "An ephemeral environment could not be deleted when its time was over: the message in the queue of this name \
                 and the function's log say which and why. Correct the cause, then run `provision reap`.",
            )
            .namespace("AWS/SQS")
            .metric_name("ApproximateNumberOfMessagesVisible")
            .dimensions([AlarmDimension::new("QueueName", dlq.queue_name())])
            .statistic(AlarmStatistic::Maximum)
            .period(300)
            .evaluation_periods(1)
            .threshold(1)
            .comparison_operator(AlarmComparisonOperator::GreaterThanOrEqualToThreshold)
            .treat_missing_data(AlarmTreatMissingData::NotBreaching),
    );
}
