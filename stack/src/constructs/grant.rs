//! Grants: what a handler's role may do, each with its cause (R21), and the key statements that follow from them (R19).
//!
//! A grant is derived: from a need that the handler declares, from an edge of the graph, or from the kit that every
//! handler runs on. Nothing is granted by hand.

use super::policies::on_all;
use crate::graph::Graph;
use crate::ids;
use cfn::{PolicyDocument, Pseudo, Statement, Val, sub};
use contracts::HandlerSpec;
use contracts::needs::{DeclaredNeed, Need};
use contracts::tables::Table;
use std::collections::BTreeMap;

/// Why a statement is in a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The handler declares the need.
    Need(&'static str),
    /// An edge of the graph: an inbox that it polls, a queue that its failures go to.
    Edge(String),
    /// What every handler runs on: `Logs`, `Traces`, `Keys...`, `Claims`, `Publish`.
    Kit(&'static str),
}

impl Cause {
    /// The statement's `Sid`: letters and digits, so that the cause is read where the policy is read.
    pub(crate) fn sid(&self) -> String {
        match self {
            Cause::Need(name) => format!("Need{name}"),
            Cause::Edge(name) => format!("Edge{name}"),
            Cause::Kit(name) => format!("Kit{name}"),
        }
    }

    /// The cause that a `Sid` stands for, as people write it: `need:ReadVendors`, `edge:ValidationQueue`, `kit:logs`.
    /// None for a `Sid` that no grant made.
    pub(crate) fn of_sid(sid: &str) -> Option<String> {
        let named = |prefix: &str| sid.strip_prefix(prefix).filter(|name| !name.is_empty());
        if let Some(name) = named("Need") {
            return Some(format!("need:{name}"));
        }
        if let Some(name) = named("Edge") {
            return Some(format!("edge:{name}"));
        }
        let kit = ["Logs", "Traces", "Keys", "Claims", "Publish"];
        let name = named("Kit")?;
        kit.iter()
            .find(|part| name.starts_with(*part))
            .map(|part| format!("kit:{}", part.to_lowercase()))
    }
}

/// Which key, by whose hand, for what: the key statement that a grant on an encrypted resource yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct KeyUse {
    key: KeyOf,
    kind: KeyKind,
    service: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum KeyOf {
    Data,
    Messaging,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum KeyKind {
    Read,
    Write,
}

/// What a role may do and why.
#[derive(Debug, Clone)]
struct Grant {
    cause: Cause,
    actions: &'static [&'static str],
    resources: Vec<Val<String>>,
    conditions: Vec<(&'static str, &'static str, String)>,
    key: Option<KeyUse>,
}

const READ_TABLE: &[&str] = &["dynamodb:GetItem", "dynamodb:Query"];
/// Also what a claim needs: it is put, extended and completed, and never read but by the answer to a refused put.
const WRITE_TABLE: &[&str] = &["dynamodb:PutItem", "dynamodb:UpdateItem"];
const POLL: &[&str] = &[
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
];

impl Grant {
    fn new(
        cause: Cause,
        actions: &'static [&'static str],
        resources: impl IntoIterator<Item = Val<String>>,
    ) -> Self {
        Self {
            cause,
            actions,
            resources: resources.into_iter().collect(),
            conditions: Vec::new(),
            key: None,
        }
    }

    fn key(self, key: KeyOf, kind: KeyKind, service: &'static str) -> Self {
        Self {
            key: Some(KeyUse { key, kind, service }),
            ..self
        }
    }

    fn when(mut self, operator: &'static str, key: &'static str, value: String) -> Self {
        self.conditions.push((operator, key, value));
        self
    }

    fn into_statement(self) -> Statement {
        let statement = Statement::allow()
            .sid(self.cause.sid())
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
pub(crate) fn role_policy(graph: &Graph, handler: &HandlerSpec) -> PolicyDocument {
    let grants = grants(graph, handler);
    let keys = key_statements(&grants);
    grants
        .into_iter()
        .map(Grant::into_statement)
        .chain(keys)
        .collect()
}

fn grants(graph: &Graph, handler: &HandlerSpec) -> Vec<Grant> {
    let mut grants: Vec<Grant> = handler.needs.iter().flat_map(of_need).collect();
    grants.extend(of_edges(graph, handler));
    grants.extend(of_kit(handler));
    grants
}

fn of_need(declared: &DeclaredNeed) -> Option<Grant> {
    let cause = Cause::Need(declared.name);
    Some(match declared.need {
        Need::ReadTable(table) => Grant::new(cause, READ_TABLE, [ids::table(table).arn()]).key(
            KeyOf::Data,
            KeyKind::Read,
            "dynamodb",
        ),
        Need::WriteTable(table) => Grant::new(cause, WRITE_TABLE, [ids::table(table).arn()]).key(
            KeyOf::Data,
            KeyKind::Write,
            "dynamodb",
        ),
        // ListBucket makes S3 say "no such key" where it would say "forbidden".
        Need::ReadObjects(prefix) => Grant::new(
            cause,
            &["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"],
            [
                ids::documents().arn(),
                sub!(ids::documents().arn(), "/", prefix.as_str(), "*"),
            ],
        )
        .key(KeyOf::Data, KeyKind::Read, "s3"),
        // Objects are written only where there is none; whoever finds one looks up its version.
        Need::WriteObjects(prefix) => Grant::new(
            cause,
            &["s3:GetObject", "s3:PutObject"],
            [sub!(ids::documents().arn(), "/", prefix.as_str(), "*")],
        )
        .key(KeyOf::Data, KeyKind::Write, "s3"),
        Need::SendNotices => Grant::new(cause, &["sns:Publish"], [ids::notices().arn()]).key(
            KeyOf::Messaging,
            KeyKind::Write,
            "sns",
        ),
        Need::Policy => return None,
    })
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

/// One statement for each key and kind of use, with the services through which it may be used. Lambda decrypts the
/// function's environment with the role's rights.
fn key_statements(grants: &[Grant]) -> Vec<Statement> {
    let environment = KeyUse {
        key: KeyOf::Data,
        kind: KeyKind::Read,
        service: "lambda",
    };
    let mut uses: BTreeMap<(KeyOf, KeyKind), Vec<&'static str>> = BTreeMap::new();
    for used in grants
        .iter()
        .filter_map(|grant| grant.key)
        .chain([environment])
    {
        let services = uses.entry((used.key, used.kind)).or_default();
        if !services.contains(&used.service) {
            services.push(used.service);
        }
    }
    // Whoever may write through a service may read through it: the read statement leaves it out.
    let writes = uses.clone();
    uses.into_iter()
        .map(|((key, kind), mut services)| {
            if kind == KeyKind::Read
                && let Some(written) = writes.get(&(key, KeyKind::Write))
            {
                services.retain(|service| !written.contains(service));
            }
            (key, kind, services)
        })
        .filter(|(_, _, services)| !services.is_empty())
        .map(|(key, kind, services)| key_statement(key, kind, services))
        .collect()
}

fn key_statement(key: KeyOf, kind: KeyKind, services: Vec<&'static str>) -> Statement {
    let (key, name) = match key {
        KeyOf::Data => (ids::data_key(), "Data"),
        KeyOf::Messaging => (ids::messaging_key(), "Messaging"),
    };
    let (actions, verb): (&[&str], _) = match kind {
        KeyKind::Read => (&["kms:Decrypt", "kms:DescribeKey"], "Read"),
        KeyKind::Write => (
            &[
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:GenerateDataKey",
            ],
            "Write",
        ),
    };
    let statement = Statement::allow()
        .sid(format!("KitKeys{name}{verb}"))
        .actions(actions.iter().copied())
        .on(key.arn());
    services.into_iter().fold(statement, |statement, service| {
        statement.when(
            "StringEquals",
            "kms:ViaService",
            sub!(service, ".", Pseudo::Region, ".amazonaws.com"),
        )
    })
}
