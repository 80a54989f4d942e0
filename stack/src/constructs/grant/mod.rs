//! Grants: what a handler's role may do, each with its cause (R21), and the key statements that follow from them (R19).
//!
//! A grant is derived: from a need that the handler declares, from an edge of the graph, or from the kit that every
//! handler runs on. Nothing is granted by hand.

mod cause;
mod keys;
mod machine;
mod needs;

pub(crate) use cause::Cause;
pub(crate) use machine::machine_policy;
pub(crate) use needs::committing;

use super::policies::on_all;
use crate::environment::Environment;
use crate::graph::Graph;
use crate::ids;
use cfn::{PolicyDocument, Statement, Val, sub};
use contracts::HandlerSpec;
use contracts::tables::Table;
use keys::{FUNCTION_ENVIRONMENT, KeyKind, KeyOf, KeyUse, key_statements};
use needs::of_need;

/// What a role may do and why. A cause that takes several statements tells them apart by their parts.
#[derive(Debug, Clone)]
struct Grant {
    cause: Cause,
    part: &'static str,
    actions: &'static [&'static str],
    resources: Vec<Val<String>>,
    conditions: Vec<(&'static str, &'static str, Val<String>)>,
    key: Option<KeyUse>,
}

/// Also what a claim needs: it is put, extended and completed, and never read but by the answer to a refused put.
const WRITE_TABLE: &[&str] = &["dynamodb:PutItem", "dynamodb:UpdateItem"];
const POLL: &[&str] = &[
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
];

/// What a stream's mapping does with the function's role.
const READ_STREAM: &[&str] = &[
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
];

impl Grant {
    fn new(
        cause: Cause,
        actions: &'static [&'static str],
        resources: impl IntoIterator<Item = Val<String>>,
    ) -> Self {
        Self {
            cause,
            part: "",
            actions,
            resources: resources.into_iter().collect(),
            conditions: Vec::new(),
            key: None,
        }
    }

    fn part(self, part: &'static str) -> Self {
        Self { part, ..self }
    }

    fn key(self, key: KeyOf, kind: KeyKind, service: &'static str) -> Self {
        Self {
            key: Some(KeyUse { key, kind, service }),
            ..self
        }
    }

    fn when(
        mut self,
        operator: &'static str,
        key: &'static str,
        value: impl Into<Val<String>>,
    ) -> Self {
        self.conditions.push((operator, key, value.into()));
        self
    }

    fn into_statement(self) -> Statement {
        let statement = Statement::allow()
            .sid(format!("{}{}", self.cause.sid(), self.part))
            .actions(self.actions.iter().copied());
        let statement = on_all(statement, self.resources);
        self.conditions
            .into_iter()
            .fold(statement, |statement, (operator, key, value)| {
                statement.when(operator, key, value)
            })
    }
}

/// The inline policy of a handler's role.
pub(crate) fn role_policy(
    environment: &Environment,
    graph: &Graph,
    handler: &HandlerSpec,
) -> PolicyDocument {
    let grants = grants(environment, graph, handler);
    let keys = key_statements(&grants, [FUNCTION_ENVIRONMENT]);
    grants
        .into_iter()
        .map(Grant::into_statement)
        .chain(keys)
        .collect()
}

/// The inline policy of the role that wakes a handler by the clock: this function, its dead-letter queue, and the key of
/// this schedule's own input.
pub(crate) fn schedule_policy(environment: &Environment, handler: &HandlerSpec) -> PolicyDocument {
    let function = ids::function(handler.id);
    let dlq = ids::schedule_dlq(handler.id);
    let grants = [
        Grant::new(
            Cause::Edge(function.logical_id().to_string()),
            &["lambda:InvokeFunction"],
            [function.arn()],
        ),
        Grant::new(
            Cause::Edge(dlq.logical_id().to_string()),
            &["sqs:SendMessage"],
            [dlq.arn()],
        )
        .key(KeyOf::Messaging, KeyKind::Write, "sqs"),
    ];
    let keys = key_statements(&grants, []);
    let input = Statement::allow()
        .sid("KitKeysInput")
        .action("kms:Decrypt")
        .on(ids::data_key().arn())
        .when(
            "ArnEquals",
            "kms:EncryptionContext:aws:scheduler:schedule:arn",
            ids::schedule_arn(environment, handler),
        );
    let statements = grants.map(Grant::into_statement).into_iter();
    statements.chain(keys).chain([input]).collect()
}

fn grants(environment: &Environment, graph: &Graph, handler: &HandlerSpec) -> Vec<Grant> {
    let needs = handler.needs.iter();
    let mut grants: Vec<Grant> = needs
        .flat_map(|declared| of_need(environment, graph, declared))
        .collect();
    grants.extend(of_edges(graph, handler));
    grants.extend(of_kit(handler));
    grants
}

fn of_edges(graph: &Graph, handler: &HandlerSpec) -> Vec<Grant> {
    let inboxes = graph.inboxes();
    let polled = inboxes
        .iter()
        .filter(|(_, consumer)| consumer.id == handler.id);
    let mut grants: Vec<_> = polled
        .map(|(inbox, _)| {
            let queue = ids::queue(inbox);
            Grant::new(
                Cause::Edge(queue.logical_id().to_string()),
                POLL,
                [queue.arn()],
            )
            .key(KeyOf::Messaging, KeyKind::Read, "sqs")
        })
        .collect();
    for table in handler.inputs.changes {
        grants.extend(of_stream(handler, *table));
    }
    if !handler.inputs.changes.is_empty() {
        let bucket = ids::stream_failures();
        grants.push(
            Grant::new(
                Cause::Edge(bucket.logical_id().to_string()),
                &["s3:ListBucket", "s3:PutObject"],
                [bucket.arn(), sub!(bucket.arn(), "/aws/lambda/*")],
            )
            .key(KeyOf::Data, KeyKind::Write, "s3"),
        );
    }
    if graph.is_asynchronous(handler.id) {
        let failures = ids::failures_dlq(handler.id);
        grants.push(
            Grant::new(
                Cause::Edge(failures.logical_id().to_string()),
                &["sqs:SendMessage"],
                [failures.arn()],
            )
            .key(KeyOf::Messaging, KeyKind::Write, "sqs"),
        );
    }
    grants
}

/// Its mapping reads the stream with the function's role. Which streams there are can't be told of one table alone.
fn of_stream(handler: &HandlerSpec, table: Table) -> [Grant; 2] {
    let cause = Cause::Edge(ids::stream_mapping(handler.id, table));
    [
        Grant::new(cause.clone(), READ_STREAM, [ids::table(table).stream_arn()]).key(
            KeyOf::Data,
            KeyKind::Read,
            "dynamodb",
        ),
        Grant::new(cause, &["dynamodb:ListStreams"], ["*".into()]).part("List"),
    ]
}

fn of_kit(handler: &HandlerSpec) -> Vec<Grant> {
    let claims = ids::table(Table::Idempotency);
    let mut grants = vec![
        Grant::new(
            Cause::Kit("Logs"),
            &["logs:CreateLogStream", "logs:PutLogEvents"],
            [ids::logs(handler.id).arn()],
        ),
        // X-Ray's write actions know no resources.
        Grant::new(
            Cause::Kit("Traces"),
            &["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
            ["*".into()],
        ),
        Grant::new(Cause::Kit("Claims"), WRITE_TABLE, [claims.arn()]).key(
            KeyOf::Data,
            KeyKind::Write,
            "dynamodb",
        ),
    ];
    if !handler.emits.is_empty() {
        // EventBridge itself uses the bus's key: no key statement in the role. IfExists, since not everything that
        // enforces roles fills these two keys; AWS does.
        let publish = Grant::new(
            Cause::Kit("Publish"),
            &["events:PutEvents"],
            [ids::bus().arn()],
        )
        .when("StringEqualsIfExists", "events:source", handler.source());
        grants.push(handler.emits.iter().fold(publish, |grant, event| {
            grant.when(
                "StringEqualsIfExists",
                "events:detail-type",
                event.name.to_owned(),
            )
        }));
    }
    grants
}
