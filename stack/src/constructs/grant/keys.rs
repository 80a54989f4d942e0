//! The key statements that follow from grants on encrypted resources (R19): through the services that use the keys on a
//! role's behalf.

use super::Grant;
use crate::ids;
use cfn::{Pseudo, Statement, sub};
use std::collections::BTreeMap;

/// Which key, by whose hand, for what: the key statement that a grant on an encrypted resource yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyUse {
    pub key: KeyOf,
    pub kind: KeyKind,
    pub service: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyOf {
    Data,
    Messaging,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyKind {
    Read,
    Write,
}

/// Lambda decrypts a function's environment with its role's rights.
pub(super) const FUNCTION_ENVIRONMENT: KeyUse = KeyUse {
    key: KeyOf::Data,
    kind: KeyKind::Read,
    service: "lambda",
};

/// One statement for each key and kind of use, with the services through which it may be used.
pub(super) fn key_statements(
    grants: &[Grant],
    more: impl IntoIterator<Item = KeyUse>,
) -> Vec<Statement> {
    let mut uses: BTreeMap<(KeyOf, KeyKind), Vec<&'static str>> = BTreeMap::new();
    for used in grants.iter().filter_map(|grant| grant.key).chain(more) {
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
