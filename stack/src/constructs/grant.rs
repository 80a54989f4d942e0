//! Grants: what a handler's role may do, each with its cause (R21), and the key statements that follow from them (R19).
//!
//! A grant is derived: from a need that the handler declares, from an edge of the graph, or from the kit that every
//! handler runs on. Nothing is granted by hand.

use super::policies::on_all;
use crate::environment::Environment;
use crate::graph::Graph;
use crate::ids;
use cfn::{PolicyDocument, Pseudo, Statement, Val, sub};
use contracts::{ALL_HANDLERS, HandlerSpec};
use contracts::needs::{DeclaredNeed, Need};
use contracts::tables::{IndexSpec, RESTING, Table, UNPUBLISHED, keys};
use std::collections::{BTreeMap, BTreeSet};

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
            return Some(format!("need:{}", declared_need(name)?));
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

/// The declared need that the rest of a `Sid` begins with; the longest, since a part may follow.
fn declared_need(name: &str) -> Option<&'static str> {
    let needs = ALL_HANDLERS.iter().flat_map(|handler| handler.needs);
    needs
        .map(|declared| declared.name)
        .filter(|declared| name.starts_with(*declared))
        .max_by_key(|declared| declared.len())
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

/// What a role may do and why. A cause that takes several statements tells them apart by their parts.
#[derive(Debug, Clone)]
struct Grant {
    cause: Cause,
    part: &'static str,
    actions: &'static [&'static str],
    resources: Vec<Val<String>>,
    conditions: Vec<(&'static str, &'static str, String)>,
    key: Option<KeyUse>,
}

const READ_TABLE: &[&str] = &["dynamodb:GetItem", "dynamodb:Query"];
/// Also what a claim needs: it is put, extended and completed, and never read but by the answer to a refused put.
const WRITE_TABLE: &[&str] = &["dynamodb:PutItem", "dynamodb:UpdateItem"];
/// What keeps a table append-only (R14): nothing that is there can be changed or taken away.
const APPEND_TABLE: &[&str] = &["dynamodb:PutItem", "dynamodb:Query"];
/// Mappings are put once and looked up by their key.
const CLAIM_VENDORS: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem"];
/// The encryption context of a task token: what the kit binds it to.
const TOKEN_CONTEXT: &[&str] = &["invoiceId", "turn", "version"];
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

    fn when(mut self, operator: &'static str, key: &'static str, value: String) -> Self {
        self.conditions.push((operator, key, value));
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
    let keys = key_statements(&grants);
    grants
        .into_iter()
        .map(Grant::into_statement)
        .chain(keys)
        .collect()
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

fn of_need(environment: &Environment, graph: &Graph, declared: &DeclaredNeed) -> Vec<Grant> {
    let cause = Cause::Need(declared.name);
    let tables = [Table::Vendors, Table::Invoices];
    let one = match declared.need {
        Need::ReadTable(table) => on_table(cause, READ_TABLE, table, KeyKind::Read),
        Need::WriteTable(table) => on_table(cause, WRITE_TABLE, table, KeyKind::Write),
        Need::AppendTable(table) => on_table(cause, APPEND_TABLE, table, KeyKind::Write),
        // An index holds keys only: what they lead to is read from the tables.
        Need::ReadResting => on_indexes(cause, [(Table::Invoices, RESTING)]),
        Need::ReadUnpublished => {
            let indexes = tables.map(|table| (table, UNPUBLISHED));
            let items = tables.map(|table| ids::table(table).arn());
            let read = Grant::new(cause.clone(), &["dynamodb:GetItem"], items)
                .part("Items")
                .key(KeyOf::Data, KeyKind::Read, "dynamodb");
            return vec![on_indexes(cause, indexes), read];
        }
        Need::Republish => return republish(graph, &cause),
        Need::ClaimVendors => [keys::CALLER, keys::OWNER].into_iter().fold(
            on_table(cause, CLAIM_VENDORS, Table::Vendors, KeyKind::Write),
            |grant, prefix| {
                grant.when(
                    "ForAllValues:StringLike",
                    "dynamodb:LeadingKeys",
                    format!("{prefix}*"),
                )
            },
        ),
        Need::StartDecisions => Grant::new(
            cause,
            &["states:StartExecution"],
            [ids::decisions_arn(environment)],
        ),
        Need::SealTokens => token_key(cause, &["kms:Encrypt"]),
        Need::OpenTokens => token_key(cause, &["kms:Decrypt"]),
        // Step Functions knows no resources here: a token names its own execution and task.
        Need::AnswerTasks => Grant::new(cause, &["states:SendTaskSuccess"], ["*".into()]),
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
        Need::Policy | Need::Staff => return Vec::new(),
    };
    vec![one]
}

fn on_table(cause: Cause, actions: &'static [&'static str], table: Table, kind: KeyKind) -> Grant {
    Grant::new(cause, actions, [ids::table(table).arn()]).key(KeyOf::Data, kind, "dynamodb")
}

fn on_indexes(cause: Cause, indexes: impl IntoIterator<Item = (Table, IndexSpec)>) -> Grant {
    let arns = indexes
        .into_iter()
        .map(|(table, index)| sub!(ids::table(table).arn(), "/index/", index.name));
    Grant::new(cause, &["dynamodb:Query"], arns).key(KeyOf::Data, KeyKind::Read, "dynamodb")
}

/// The key itself, by no service's hand. Only under the context of a task token: what else the key has encrypted was
/// encrypted under other contexts, and does not open.
fn token_key(cause: Cause, actions: &'static [&'static str]) -> Grant {
    TOKEN_CONTEXT.iter().fold(
        Grant::new(cause, actions, [ids::data_key().arn()]),
        |grant, name| {
            grant.when(
                "ForAllValues:StringEquals",
                "kms:EncryptionContextKeys",
                (*name).to_owned(),
            )
        },
    )
}

/// Whatever any handler may publish, in its producer's name, and the mark on it.
fn republish(graph: &Graph, cause: &Cause) -> Vec<Grant> {
    let mut publish = Grant::new(cause.clone(), &["events:PutEvents"], [ids::bus().arn()]);
    for handler in graph.handlers.iter().filter(|handler| !handler.emits.is_empty()) {
        publish = publish.when("StringEqualsIfExists", "events:source", handler.source());
    }
    for name in published(graph) {
        publish = publish.when("StringEqualsIfExists", "events:detail-type", name.to_owned());
    }
    let tables = [Table::Vendors, Table::Invoices].map(|table| ids::table(table).arn());
    let mark = Grant::new(cause.clone(), &["dynamodb:UpdateItem"], tables)
        .part("Marks")
        .key(KeyOf::Data, KeyKind::Write, "dynamodb");
    vec![publish, mark]
}

/// The events that the handlers publish, once each, by name.
pub(crate) fn published(graph: &Graph) -> BTreeSet<&'static str> {
    let handlers = graph.handlers.iter();
    handlers
        .flat_map(|handler| handler.emits)
        .map(|event| event.name)
        .collect()
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
