//! The tables, from `contracts::tables`: keys and indexes, encryption, recovery, protection, streams, expiry (R13).

use crate::constructs::Site;
use crate::ids;
use cfn::dynamodb::{
    TableAttributeDefinition, TableAttributeType, TableBillingMode, TableGlobalSecondaryIndex,
    TablePointInTimeRecoverySpecification, TableProjection, TableProjectionType,
    TableSSESpecification, TableSSEType, TableStreamSpecification, TableStreamViewType,
    TableTimeToLiveSpecification,
};
use cfn::{KeySchema, dynamodb};
use contracts::tables::{IndexSpec, Table, TableSpec};
use contracts::wiring::outputs;
use std::collections::BTreeSet;

pub(super) fn tables(site: &mut Site<'_>) {
    for table in Table::ALL {
        let spec = table.spec();
        let handle = site.stack.add(spec.logical_id, definition(site, &spec));
        site.protected(&handle);
        site.stack
            .output(output(table), handle.name())
            .description("Name of the table");
    }
}

const fn output(table: Table) -> &'static str {
    match table {
        Table::Vendors => outputs::VENDORS_TABLE,
        Table::Invoices => outputs::INVOICES_TABLE,
        Table::Idempotency => outputs::IDEMPOTENCY_TABLE,
        Table::Audit => outputs::AUDIT_TABLE,
        Table::Ledger => outputs::LEDGER_TABLE,
    }
}

fn definition(site: &Site<'_>, spec: &TableSpec) -> dynamodb::Table {
    let recovery = site.environment.retention.recovery_days;
    let mut recovered =
        TablePointInTimeRecoverySpecification::new().point_in_time_recovery_enabled(recovery > 0);
    if recovery > 0 {
        recovered = recovered.recovery_period_in_days(recovery);
    }
    let mut table = dynamodb::Table::new(key(spec.partition_key, spec.sort_key))
        .attribute_definitions(attributes(spec))
        .billing_mode(TableBillingMode::PayPerRequest)
        .deletion_protection_enabled(site.environment.keeps_data())
        .point_in_time_recovery_specification(recovered)
        .sse_specification(
            TableSSESpecification::new(true)
                .sse_type(TableSSEType::Kms)
                .kms_master_key_id(ids::data_key().arn()),
        );
    if !spec.indexes.is_empty() {
        table = table.global_secondary_indexes(spec.indexes.iter().map(index));
    }
    if spec.streamed {
        table = table.stream_specification(TableStreamSpecification::new(
            TableStreamViewType::NewAndOldImages,
        ));
    }
    if let Some(attribute) = spec.expires {
        table = table.time_to_live_specification(
            TableTimeToLiveSpecification::new(true).attribute_name(attribute),
        );
    }
    table
}

fn key(partition: &str, sort: Option<&str>) -> KeySchema {
    let key = KeySchema::hash(partition);
    match sort {
        Some(sort) => key.range(sort),
        None => key,
    }
}

/// Sparse indexes carry keys only: whoever finds an item there reads it from the table.
fn index(spec: &IndexSpec) -> TableGlobalSecondaryIndex {
    TableGlobalSecondaryIndex::new(
        spec.name,
        key(spec.partition_key, Some(spec.sort_key)),
        TableProjection::new().projection_type(TableProjectionType::KeysOnly),
    )
}

fn attributes(spec: &TableSpec) -> Vec<TableAttributeDefinition> {
    let own = [Some(spec.partition_key), spec.sort_key];
    let indexed = spec
        .indexes
        .iter()
        .flat_map(|index| [Some(index.partition_key), Some(index.sort_key)]);
    let names: BTreeSet<&str> = own.into_iter().chain(indexed).flatten().collect();
    names
        .into_iter()
        .map(|name| TableAttributeDefinition::new(name, TableAttributeType::S))
        .collect()
}
