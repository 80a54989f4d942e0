//! Names that the stack writes into a function's environment and the kit reads there.

/// The bus that events are published to (its name).
pub const EVENT_BUS: &str = "EVENT_BUS";
/// The document bucket (its name).
pub const DOCUMENT_BUCKET: &str = "DOCUMENT_BUCKET";
/// The topic of notices to vendors (its ARN).
pub const NOTICES_TOPIC: &str = "NOTICES_TOPIC";
/// The environment's name, for metrics and logs.
pub const ENVIRONMENT: &str = "ENVIRONMENT";
/// How long a claim in progress is held, in seconds: longer than the function's timeout.
pub const LEASE_SECONDS: &str = "LEASE_SECONDS";
/// How long a finished claim is remembered, in seconds (R11: archive retention + maximum event age + queue retention).
pub const CLAIM_SECONDS: &str = "CLAIM_SECONDS";
/// [`crate::policy::Policy`] as JSON, for handlers that declare it.
pub const POLICY: &str = "POLICY";
/// The state machine of decisions (its ARN).
pub const DECISIONS: &str = "DECISIONS";
/// The key that task tokens are sealed with (its ARN).
pub const DATA_KEY: &str = "DATA_KEY";
/// Who is staff: a JSON list of callers, `*` for any characters.
pub const STAFF: &str = "STAFF";

/// Names of the stack's outputs: what operating an environment needs to know of it.
pub mod outputs {
    /// Id of the HTTP API.
    pub const API_ID: &str = "ApiId";
    /// Base URL of the API, without a trailing slash.
    pub const API_URL: &str = "ApiUrl";
    /// Name of the event bus.
    pub const EVENT_BUS: &str = "EventBusName";
    /// Name of the vendors table.
    pub const VENDORS_TABLE: &str = "VendorsTableName";
    /// Name of the invoices table.
    pub const INVOICES_TABLE: &str = "InvoicesTableName";
    /// Name of the idempotency table.
    pub const IDEMPOTENCY_TABLE: &str = "IdempotencyTableName";
    /// Name of the document bucket.
    pub const DOCUMENT_BUCKET: &str = "DocumentBucketName";
    /// ARN of the topic of notices to vendors.
    pub const NOTICES_TOPIC: &str = "NoticesTopicArn";
    /// Name of the audit table.
    pub const AUDIT_TABLE: &str = "AuditTableName";
    /// Name of the ledger table.
    pub const LEDGER_TABLE: &str = "LedgerTableName";
    /// ARN of the state machine of decisions.
    pub const DECISIONS: &str = "DecisionsArn";
}
