//! What a role may do since its handler declares a need.

use super::keys::{KeyKind, KeyOf};
use super::{Cause, Grant, WRITE_TABLE};
use crate::environment::Environment;
use crate::graph::Graph;
use crate::ids;
use cfn::sub;
use contracts::HandlerSpec;
use contracts::items::attributes;
use contracts::needs::{DeclaredNeed, Need};
use contracts::tables::{IndexSpec, RESTING, Table, UNPUBLISHED, keys};
use std::collections::BTreeSet;

const READ_TABLE: &[&str] = &["dynamodb:GetItem", "dynamodb:Query"];
/// What keeps a table append-only (R14): nothing that is there can be changed or taken away.
const APPEND_TABLE: &[&str] = &["dynamodb:PutItem", "dynamodb:Query"];
/// Mappings are put once and looked up by their key.
const CLAIM_VENDORS: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem"];
const PUT: &[&str] = &["dynamodb:PutItem"];
/// The attributes of an approval's item. Whoever may put these only can't write an invoice's head, history or event: each has
/// attributes more (version, state, event id), by which it is read and found.
const APPROVAL: &[&str] = &[
    attributes::PK,
    attributes::SK,
    attributes::KIND,
    attributes::RECORD,
    attributes::REVISION,
];
/// The encryption context of a task token: what the kit binds it to.
const TOKEN_CONTEXT: &[&str] = &["invoiceId", "turn", "version"];

pub(super) fn of_need(
    environment: &Environment,
    graph: &Graph,
    declared: &DeclaredNeed,
) -> Vec<Grant> {
    let cause = Cause::Need(declared.name);
    let tables = [Table::Vendors, Table::Invoices];
    let one = match declared.need {
        Need::ReadTable(table) => on_table(cause, READ_TABLE, table, KeyKind::Read),
        Need::WriteTable(table) => on_table(cause, WRITE_TABLE, table, KeyKind::Write),
        Need::WriteApprovals => APPROVAL.iter().fold(
            on_table(cause, PUT, Table::Invoices, KeyKind::Write),
            |grant, name| {
                grant.when(
                    "ForAllValues:StringEquals",
                    "dynamodb:Attributes",
                    (*name).to_owned(),
                )
            },
        ),
        Need::AppendTable(table) => on_table(cause, APPEND_TABLE, table, KeyKind::Write),
        Need::ReadResting => return through_indexes(&cause, &[Table::Invoices], RESTING),
        Need::ReadUnpublished => return through_indexes(&cause, &tables, UNPUBLISHED),
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
        Need::StartDecisions => {
            let machine = ids::decisions_arn(environment);
            let start = Grant::new(cause.clone(), &["states:StartExecution"], [machine]);
            // Whoever finds one started already asks whether it died.
            let look = Grant::new(
                cause.clone(),
                &["states:DescribeExecution"],
                [ids::executions_arn(environment)],
            )
            .part("Fate");
            return vec![start, look, execution_key(environment, cause)];
        }
        Need::SealTokens => token_key(cause, &["kms:Encrypt"]),
        Need::OpenTokens => token_key(cause, &["kms:Decrypt"]),
        // Step Functions knows no resources here: a token names its own execution and task.
        Need::AnswerTasks => {
            let answer = Grant::new(cause.clone(), &["states:SendTaskSuccess"], ["*".into()]);
            return vec![answer, execution_key(environment, cause)];
        }
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

/// An index holds keys only: what they lead to is read from the tables.
fn through_indexes(cause: &Cause, tables: &[Table], index: IndexSpec) -> Vec<Grant> {
    let arn = |table: &Table| ids::table(*table).arn();
    let indexes = tables
        .iter()
        .map(|table| sub!(arn(table), "/index/", index.name));
    [
        Grant::new(cause.clone(), &["dynamodb:Query"], indexes),
        Grant::new(cause.clone(), &["dynamodb:GetItem"], tables.iter().map(arn)).part("Items"),
    ]
    .map(|grant| grant.key(KeyOf::Data, KeyKind::Read, "dynamodb"))
    .to_vec()
}

/// The key itself, by no service's hand. Only under the context of a task token: what else the key has encrypted was
/// encrypted under other contexts, and does not open. A call without a context has no names that could be others: it is
/// refused by itself.
fn token_key(cause: Cause, actions: &'static [&'static str]) -> Grant {
    TOKEN_CONTEXT.iter().fold(
        Grant::new(cause, actions, [ids::data_key().arn()]).when(
            "Null",
            "kms:EncryptionContextKeys",
            "false".to_owned(),
        ),
        |grant, name| {
            grant.when(
                "ForAllValues:StringEquals",
                "kms:EncryptionContextKeys",
                (*name).to_owned(),
            )
        },
    )
}

/// What executions remember is encrypted by our key, and Step Functions' calls fail where their caller may not use it. Only
/// under the context of this state machine.
fn execution_key(environment: &Environment, cause: Cause) -> Grant {
    let actions = &["kms:Decrypt", "kms:GenerateDataKey"];
    Grant::new(cause, actions, [ids::data_key().arn()])
        .part("Key")
        .when(
            "StringEquals",
            "kms:EncryptionContext:aws:states:stateMachineArn",
            ids::decisions_arn(environment),
        )
}

/// Whatever a handler may have committed to publish, in its producer's name, and the mark on it. What is published without
/// being committed first (the portal's requests) is in no table, so nobody finds it to publish it again.
fn republish(graph: &Graph, cause: &Cause) -> Vec<Grant> {
    let mut publish = Grant::new(cause.clone(), &["events:PutEvents"], [ids::bus().arn()]);
    let mut names = BTreeSet::new();
    for handler in committing(graph) {
        publish = publish.when("StringEqualsIfExists", "events:source", handler.source());
        names.extend(handler.emits.iter().map(|event| event.name));
    }
    for name in names {
        publish = publish.when(
            "StringEqualsIfExists",
            "events:detail-type",
            name.to_owned(),
        );
    }
    let tables = [Table::Vendors, Table::Invoices].map(|table| ids::table(table).arn());
    let mark = Grant::new(cause.clone(), &["dynamodb:UpdateItem"], tables)
        .part("Marks")
        .key(KeyOf::Data, KeyKind::Write, "dynamodb");
    vec![publish, mark]
}

/// The handlers that commit what they publish in the tables where it is found again.
pub(crate) fn committing(graph: &Graph) -> impl Iterator<Item = &HandlerSpec> {
    graph.handlers.iter().filter(|handler| {
        let mut tables = [Table::Vendors, Table::Invoices].into_iter();
        !handler.emits.is_empty() && tables.any(|table| handler.has(Need::WriteTable(table)))
    })
}
