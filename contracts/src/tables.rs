//! The tables: keys, indexes, expiry and streams, declared once for the stack (which creates them) and the kit (which
//! reads and writes them).

/// The tables of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Vendor profiles, their history and their outbox.
    Vendors,
    /// Invoices, their history, payments, notices, uniqueness items and outbox.
    Invoices,
    /// Claims of the API and of consumers.
    Idempotency,
    /// Every event, and every version of every vendor and invoice, append-only.
    Audit,
    /// Double-entry rows, append-only.
    Ledger,
}

/// A table as data.
#[derive(Debug, Clone, Copy)]
pub struct TableSpec {
    /// Logical id of the table in the stack.
    pub logical_id: &'static str,
    /// Environment variable that carries the physical name to a handler.
    pub variable: &'static str,
    /// Partition key attribute (a string).
    pub partition_key: &'static str,
    /// Sort key attribute (a string), where there is one.
    pub sort_key: Option<&'static str>,
    /// Global secondary indexes, all sparse.
    pub indexes: &'static [IndexSpec],
    /// Attribute with the expiry in epoch seconds, where items expire.
    pub expires: Option<&'static str>,
    /// Whether changes are streamed (NEW_AND_OLD_IMAGES).
    pub streamed: bool,
}

/// A global secondary index. An item is in it only while it carries both keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexSpec {
    /// Index name.
    pub name: &'static str,
    /// Partition key attribute (a string).
    pub partition_key: &'static str,
    /// Sort key attribute (a string).
    pub sort_key: &'static str,
}

/// Events committed and not yet published (R25).
pub const UNPUBLISHED: IndexSpec = IndexSpec {
    name: "unpublished",
    partition_key: "unpublished_shard",
    sort_key: "unpublished_since",
};

/// Invoices that rest in a state, by state and shard (R6).
pub const RESTING: IndexSpec = IndexSpec {
    name: "resting",
    partition_key: "resting_shard",
    sort_key: "resting_since",
};

/// How many shards the sparse indexes spread over: at 1,400 events a second each shard stays under 100 writes a second,
/// a tenth of a partition's 1,000.
pub const SHARDS: u32 = 16;

impl Table {
    /// Every table.
    pub const ALL: [Table; 5] = [
        Table::Vendors,
        Table::Invoices,
        Table::Idempotency,
        Table::Audit,
        Table::Ledger,
    ];

    /// Its definition.
    #[must_use]
    pub const fn spec(self) -> TableSpec {
        match self {
            Table::Vendors => TableSpec {
                logical_id: "VendorsTable",
                variable: "VENDORS_TABLE",
                partition_key: "pk",
                sort_key: Some("sk"),
                indexes: &[UNPUBLISHED],
                expires: None,
                streamed: true,
            },
            Table::Invoices => TableSpec {
                logical_id: "InvoicesTable",
                variable: "INVOICES_TABLE",
                partition_key: "pk",
                sort_key: Some("sk"),
                indexes: &[UNPUBLISHED, RESTING],
                expires: None,
                streamed: true,
            },
            Table::Idempotency => TableSpec {
                logical_id: "IdempotencyTable",
                variable: "IDEMPOTENCY_TABLE",
                partition_key: "pk",
                sort_key: None,
                indexes: &[],
                expires: Some("expires_at"),
                streamed: false,
            },
            Table::Audit => TableSpec {
                logical_id: "AuditTable",
                variable: "AUDIT_TABLE",
                partition_key: "pk",
                sort_key: Some("sk"),
                indexes: &[],
                expires: None,
                streamed: false,
            },
            Table::Ledger => TableSpec {
                logical_id: "LedgerTable",
                variable: "LEDGER_TABLE",
                partition_key: "pk",
                sort_key: Some("sk"),
                indexes: &[],
                expires: None,
                streamed: false,
            },
        }
    }
}

/// Keys of the items, as text.
pub mod keys {
    use crate::ids::{EventId, InvoiceId, InvoiceKey, VendorId};

    /// Sort key of an aggregate's present state.
    pub const HEAD: &str = "HEAD";
    /// Sort key of a uniqueness item.
    pub const UNIQUE: &str = "UNIQUE";
    /// Prefix of history items; one for each version.
    pub const HISTORY: &str = "VERSION#";
    /// Prefix of events recorded with the change that they announce.
    pub const OUTBOX: &str = "EVENT#";
    /// Prefix of payments; one for each instalment.
    pub const PAYMENT: &str = "PAYMENT#";
    /// Prefix of notices; one for each event that was told.
    pub const NOTICE: &str = "NOTICE#";
    /// Prefix of what people were asked and decided; one for each version that waits for them.
    pub const APPROVAL: &str = "APPROVAL#";
    /// Prefix of a caller's mapping: partition keys that only the portal puts.
    pub const CALLER: &str = "CALLER#";
    /// Prefix of a vendor's mapping: partition keys that only the portal puts.
    pub const OWNER: &str = "OWNER#";
    /// Sort key of both mappings.
    pub const MAPPING: &str = "MAPPING";

    /// Partition key of a vendor.
    #[must_use]
    pub fn vendor(id: VendorId) -> String {
        format!("VENDOR#{id}")
    }

    /// Partition key of an invoice.
    #[must_use]
    pub fn invoice(id: InvoiceId) -> String {
        format!("INVOICE#{id}")
    }

    /// Partition key of the item that makes an invoice unique.
    #[must_use]
    pub fn unique(key: &InvoiceKey) -> String {
        format!("UNIQUE#{}", key.fingerprint())
    }

    /// Sort key of one version's history item; zero-padded, so that the table's order is the version's order.
    #[must_use]
    pub fn history(version: u64) -> String {
        format!("{HISTORY}{version:010}")
    }

    /// Sort key of an event recorded at a version.
    #[must_use]
    pub fn outbox(version: u64, event_type: &str) -> String {
        format!("{OUTBOX}{version:010}#{event_type}")
    }

    /// Sort key of an instalment's payment.
    #[must_use]
    pub fn payment(instalment: u32) -> String {
        format!("{PAYMENT}{instalment:04}")
    }

    /// Sort key of what people were asked about a version, and decided.
    #[must_use]
    pub fn approval(version: u64) -> String {
        format!("{APPROVAL}{version:010}")
    }

    /// Partition key of the mapping from a caller to its one vendor.
    #[must_use]
    pub fn caller(principal: &str) -> String {
        format!("{CALLER}{principal}")
    }

    /// Partition key of the mapping from a vendor to the caller who acts for it.
    #[must_use]
    pub fn owner(id: VendorId) -> String {
        format!("{OWNER}{id}")
    }

    /// Prefix of a posting's rows in the ledger.
    #[must_use]
    pub fn posting(event: EventId) -> String {
        format!("ROW#{event}#")
    }

    /// Sort key of one row of a posting.
    #[must_use]
    pub fn ledger_row(event: EventId, line: u32) -> String {
        format!("{}{line:04}", posting(event))
    }

    /// Sort key of an event in the audit trail.
    #[must_use]
    pub fn audit_event(event: EventId) -> String {
        format!("{OUTBOX}{event}")
    }

    /// Sort key of the notice about an event.
    #[must_use]
    pub fn notice(event: EventId) -> String {
        format!("{NOTICE}{event}")
    }
}
