//! What the tables hold, as plain types: the present state of vendors and invoices, payments, and history.
//!
//! Records may hold what events must not: names, account numbers, invoice figures. They are encrypted at rest.

use crate::envelope::Cause;
use crate::events::{DocumentRef, Finding, RejectionReason, Violation};
use crate::ids::{CorrelationId, EventId, InvoiceId, InvoiceKey, SellerIdentity, VendorId};
use crate::lifecycle::State;
use crate::money::Amount;
use crate::tasks::{DecisionRequest, Turn, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;

/// A vendor registration, as the portal takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Registration {
    /// The registered name.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// ISO 3166-1 alpha-2.
    #[schemars(regex(pattern = "^[A-Z]{2}$"))]
    pub country: String,
    /// Electronic address (BT-34), where the vendor has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    /// VAT identifier (BT-31).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50))]
    pub vat_id: Option<String>,
    /// Legal registration identifier (BT-30).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50))]
    pub legal_id: Option<String>,
    /// Tax registration identifier (BT-32).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50))]
    pub tax_id: Option<String>,
    /// The account to be paid to (BT-84); an IBAN, or an account number where there is no IBAN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50))]
    pub account: Option<String>,
    /// Where notices go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 254))]
    pub email: Option<String>,
}

impl Registration {
    /// What identifies the vendor, if the registration says.
    #[must_use]
    pub fn identity(&self) -> Option<SellerIdentity> {
        SellerIdentity::preferred(
            self.endpoint
                .as_ref()
                .map(|e| (e.scheme.as_str(), e.value.as_str())),
            self.vat_id.as_deref(),
            self.legal_id.as_deref(),
            self.tax_id.as_deref(),
        )
    }
}

/// An electronic address and its scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Endpoint {
    /// EAS scheme.
    #[schemars(length(min = 1, max = 10))]
    pub scheme: String,
    /// The address.
    #[schemars(length(min = 1, max = 100))]
    pub value: String,
}

/// An account number without what carries no meaning in it: spacing, punctuation and letter case.
#[must_use]
pub fn normal_account(account: &str) -> String {
    account
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// A vendor's present state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VendorProfile {
    /// The vendor.
    pub vendor_id: VendorId,
    /// From 1, one for each change.
    pub version: u64,
    /// What was registered.
    pub registration: Registration,
    /// What the check of the VAT id found.
    pub vat_check: Finding,
    /// What the check of the IBAN found.
    pub iban_check: Finding,
    /// Whether invoices of this vendor are processed.
    pub onboarded: bool,
    /// When the registration was accepted: an older one that arrives late changes nothing.
    #[serde(with = "time::serde::rfc3339")]
    pub registered_at: OffsetDateTime,
    /// The account of the newest registration, where it is another than the profile's: it waits for a second person (R26)
    /// and nothing is paid to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_account: Option<String>,
    /// Who asked for the account that is pending, as the API authenticated them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_by: Option<String>,
    /// Since when it is pending: the waiting time counts from here (R26).
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub pending_since: Option<OffsetDateTime>,
    /// Who asked for the account that the profile has: never the second approver of its invoices (R27).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_by: Option<String>,
    /// What was decided last about an account that was pending. A registration keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_decision: Option<AccountDecision>,
}

/// What a second person decided about a vendor's pending account (R26).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountDecision {
    /// What was decided.
    pub verdict: Verdict,
    /// Who decided: the principal that the API authenticated, never an argument.
    pub by: String,
    /// The request that decided: the same one again gets the same answer.
    pub request: CorrelationId,
    /// Why, in the person's words.
    pub reason: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

impl VendorProfile {
    /// The registration that was asked for last: with the account that is pending, if one is.
    #[must_use]
    pub fn requested(&self) -> Registration {
        let pending = self.pending_account.clone();
        Registration {
            account: pending.or_else(|| self.registration.account.clone()),
            ..self.registration.clone()
        }
    }

    /// The account that the vendor is paid to, trimmed; `None` when there is none.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        let account = self.registration.account.as_deref().map(str::trim);
        account.filter(|account| !account.is_empty())
    }
}

/// What the system keeps of an invoice's content: enough to decide, pay and explain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceSummary {
    /// BT-115, the amount due.
    pub payable: Amount,
    /// Whether the document is a credit note (by its UBL root or its BT-3 code).
    pub credit_note: bool,
    /// BT-40, the seller's country, where it is given.
    pub seller_country: Option<String>,
    /// How the document says that it is paid.
    #[serde(default)]
    pub payment_means: PaymentMeans,
    /// BT-84, every account that the document admits for a credit transfer, in its order.
    #[serde(default, alias = "payeeAccount", deserialize_with = "accounts")]
    pub payee_accounts: Vec<String>,
    /// BT-9 as it stands in the document, ISO 8601.
    pub due_date: Option<String>,
}

/// Records of an earlier form hold one account, or none.
fn accounts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Accounts {
        Many(Vec<String>),
        One(Option<String>),
    }
    Ok(match Accounts::deserialize(deserializer)? {
        Accounts::Many(accounts) => accounts,
        Accounts::One(account) => account.into_iter().collect(),
    })
}

/// How an invoice is paid, by its payment instructions (BG-16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentMeans {
    /// The buyer transfers the amount (BG-17), or the document does not say.
    #[default]
    Transfer,
    /// By card (BG-18): paid, or to be paid, without a transfer.
    Card,
    /// The seller collects it (BG-19): a transfer would pay it twice.
    DirectDebit,
}

/// An invoice's present state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceRecord {
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// Its business key, with the vendor.
    pub key: InvoiceKey,
    /// From 1, one for each change.
    pub version: u64,
    /// Where it stands.
    pub state: State,
    /// The original document.
    pub document: DocumentRef,
    /// Who submitted it.
    pub submitted_by: String,
    /// What was read from the document; present from VALIDATED on.
    pub summary: Option<InvoiceSummary>,
    /// The vendor's account at the moment of approval: only this one is paid (R26). Absent before, and where the vendor
    /// had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_account: Option<String>,
    /// Why it was rejected.
    pub rejection: Option<RejectionReason>,
    /// The rules that it breaks.
    pub violations: Vec<Violation>,
}

impl InvoiceRecord {
    /// The seller.
    #[must_use]
    pub const fn vendor_id(&self) -> VendorId {
        self.key.vendor_id
    }
}

/// How a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentStatus {
    /// Claimed; the provider may or may not have it.
    Claimed,
    /// The provider did not answer.
    Unknown,
    /// The provider settled it.
    Settled,
    /// The provider declined it definitely.
    Declined,
}

/// A payment: permanent, one for each invoice and instalment. A second claim with other values is an error (R12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRecord {
    /// `<invoiceId>-<instalment>`: what the provider deduplicates by.
    pub key: String,
    /// From 1.
    pub instalment: u32,
    /// From 1; a further attempt follows a definite decline only.
    pub attempt: u32,
    /// What is paid.
    pub amount: Amount,
    /// The account that it goes to, from the vendor's profile.
    pub payee_account: String,
    /// How it stands.
    pub status: PaymentStatus,
    /// When it came to stand so.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What the attempt was claimed for: what its outcome inherits, whoever finds it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

impl PaymentRecord {
    /// The only instalment: an invoice is paid in one.
    pub const INSTALMENT: u32 = 1;

    /// The permanent payment key of an instalment.
    #[must_use]
    pub fn key_of(invoice_id: InvoiceId, instalment: u32) -> String {
        format!("{invoice_id}-{instalment}")
    }
}

/// One version of an aggregate: what changed, who did it and which event caused it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryRecord {
    /// The version that this change made.
    pub version: u64,
    /// The state before; `None` for the first version and for vendors.
    pub from: Option<State>,
    /// The state after; `None` for vendors.
    pub to: Option<State>,
    /// Who or what did it: a handler's name, or the caller that the API authenticated.
    pub actor: String,
    /// The event or request that caused it.
    pub cause: Cause,
    /// The events that announce it.
    pub announces: Vec<Announcement>,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// An event that a change announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Announcement {
    /// The event's id.
    pub event_id: EventId,
    /// The event's name.
    pub event_type: String,
}

/// A notice to a vendor: one for each event that is told; a second dispute of an invoice is another event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeRecord {
    /// What was told: the event's name.
    pub event_type: String,
    /// The event that was told.
    pub event_id: EventId,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// What people were asked about a version that waits, and what they decided: one for each such version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalRecord {
    /// From 1, one for each change: what conditional writes compare.
    pub revision: u64,
    /// What the execution was begun with.
    pub request: DecisionRequest,
    /// The open questions and the answered ones, in their order; at most one for each turn.
    pub asks: Vec<AskRecord>,
    /// What was decided, in its order; at most one for each turn.
    pub decisions: Vec<DecisionRecord>,
    /// How often people were reminded in the turn that was asked last.
    pub reminders: u32,
    /// When the time was up: nothing can be decided from then on. It competes with decisions for the next revision, so that
    /// one of them stands.
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub expired_at: Option<OffsetDateTime>,
}

/// A question to people, with the token that its answer goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AskRecord {
    /// Whose turn it is.
    pub turn: Turn,
    /// The task token, sealed: base64 of what the key made of it. It rests nowhere else.
    pub sealed_token: String,
    /// Since when it is asked.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Whether people were reminded of it: a reminder that is carried out twice counts once.
    #[serde(default)]
    pub reminded: bool,
}

/// A person's decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionRecord {
    /// Whose turn it was.
    pub turn: Turn,
    /// What was decided.
    pub verdict: Verdict,
    /// Who decided: the principal that the API authenticated, never an argument (R27).
    pub by: String,
    /// The account that the vendor was paid to when it was decided: another one is not what was approved (R26).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The request that decided: the same one again gets the same answer.
    pub request: CorrelationId,
    /// Why, in the person's words.
    pub reason: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// One row of the ledger. The rows of a posting sum to zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerRow {
    /// The event that was booked.
    pub event_id: EventId,
    /// Its name.
    pub event_type: String,
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// Its seller.
    pub vendor_id: VendorId,
    /// From 1 within the posting.
    pub line: u32,
    /// The account of the books.
    pub account: LedgerAccount,
    /// Debit positive, credit negative.
    pub amount: Amount,
    /// When the event happened, by its producer's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// The accounts of the books: cash basis, nothing is accrued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LedgerAccount {
    /// What was bought.
    Expenses,
    /// What was paid.
    Bank,
    /// What vendors owe back.
    VendorCredits,
}

/// One version of an aggregate in the audit trail: append-only, chained by hashes (R14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRow {
    /// Partition key of the aggregate in its table, e.g. `INVOICE#<id>`.
    pub aggregate: String,
    /// The version that the change made.
    pub version: u64,
    /// The record before; `null` for version 1.
    pub before: serde_json::Value,
    /// The record after.
    pub after: serde_json::Value,
    /// Who or what did it.
    pub actor: String,
    /// The event that announces the change, or the event or request that caused it where none does.
    pub event_id: String,
    /// When it was made.
    pub at: String,
    /// Hash of the row of the version before; empty for version 1.
    pub previous: String,
}

/// One event in the audit trail: append-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventRow {
    /// The aggregate that it is about: a partition key like [`AuditRow::aggregate`].
    pub aggregate: String,
    /// The event.
    pub event_id: EventId,
    /// Its name.
    pub event_type: String,
    /// The whole detail, as JSON.
    pub detail: serde_json::Value,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use serde_json::json;

    #[test]
    fn a_summary_of_an_earlier_form_is_read() {
        let summary = |account: serde_json::Value| -> InvoiceSummary {
            let payable = json!({ "minor": 1, "currency": "EUR" });
            let mut stored = json!({ "payable": payable, "creditNote": false });
            stored["payeeAccount"] = account;
            serde_json::from_value(stored).unwrap()
        };
        assert_eq!(summary(json!("NL1")).payee_accounts, ["NL1"]);
        assert!(summary(json!(null)).payee_accounts.is_empty());
        assert_eq!(summary(json!("NL1")).payment_means, PaymentMeans::Transfer);
        let both = InvoiceSummary {
            payee_accounts: vec!["NL1".into(), "NL2".into()],
            ..summary(json!(null))
        };
        let again = serde_json::to_value(&both).unwrap();
        assert_eq!(
            serde_json::from_value::<InvoiceSummary>(again).unwrap(),
            both
        );
    }
}
