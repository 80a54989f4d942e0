//! Every event of the contract, declared once. Names are fixed; field lists may grow within a version.
//!
//! No personal data and no invoice content travels in an event: documents are claim checks ([`DocumentRef`]), bank
//! details and names stay in the tables.

use crate::catalog::{InvoiceSubject, VendorSubject, events};
use crate::ids::{InvoiceKey, Sha256Hex};
use crate::lifecycle::State;
use crate::money::Amount;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many violations an event carries at most; the invoice's record counts the rest. Keeps the event under 64 KB.
pub const MAX_VIOLATIONS: usize = 50;

/// A claim check: where a document rests, which version of it, and what it must hash to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DocumentRef {
    /// Object key in the document bucket.
    #[schemars(length(max = 512))]
    pub key: String,
    /// Object version in the document bucket; absent where the store keeps none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub version: Option<String>,
    /// Digest of the bytes; whoever reads them checks it.
    pub sha256: Sha256Hex,
    /// Size in bytes.
    pub bytes: u64,
    /// What the bytes are.
    pub format: DocumentFormat,
}

/// The syntaxes that documents come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentFormat {
    /// UBL 2.1 `Invoice` or `CreditNote`.
    Ubl,
    /// UN/CEFACT Cross Industry Invoice D16B.
    Cii,
    /// The project's own JSON.
    Json,
    /// A vendor registration (JSON).
    Registration,
}

/// A broken business rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    /// The rule's id as its authority writes it, e.g. `BR-CO-15`.
    #[schemars(length(max = 64))]
    pub rule: String,
    /// The business term that it is about, e.g. `BT-112`, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub term: Option<String>,
    /// Where in the invoice, e.g. `BG-25[2]/BT-151`.
    #[schemars(length(max = 256))]
    pub path: String,
    /// The rule's wording. Never the invoice's content.
    #[schemars(length(max = 600))]
    pub message: String,
}

/// What a check of a vendor's identifier found (R1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Finding {
    /// The check knows the identifier's kind and it holds.
    Verified,
    /// The check can't judge it: absent, or a country that no library covers.
    Unverifiable,
    /// The check knows the identifier's kind and it does not hold.
    Invalid,
}

/// Why an invoice was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RejectionReason {
    /// Business rules are broken; the violations say which (R2).
    Invalid,
    /// Same vendor, type, number and year as an earlier document with other content.
    Duplicate,
    /// The seller was never registered (R3).
    UnknownVendor,
    /// The seller is registered and did not pass the vendor checks.
    VendorNotOnboarded,
    /// The seller's country is not on the environment's list.
    CountryNotAllowed,
    /// A credit note whose total is negative: whether it is owed or due can't be told, so it is not booked either way.
    NegativeCreditNote,
    /// A person declined it.
    Declined,
    /// Nobody decided in time.
    ApprovalTimeout,
    /// A dispute was resolved against paying.
    DisputeLost,
    /// The payment failed and a person gave it up.
    PaymentGivenUp,
}

/// How an approval came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalKind {
    /// Within the automatic limit.
    Automatic,
    /// By people.
    Manual,
    /// A dispute was resolved in favour of paying.
    DisputeResolved,
    /// A person let a declined payment be tried again.
    PaymentRetried,
}

/// Why an invoice counts as paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PaidReason {
    /// The provider settled the payment.
    Settled,
    /// Nothing was due (BT-115 is zero): paid without a payment.
    NothingDue,
}

/// Why a payment failed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentFailure {
    /// The provider declined it definitely.
    Declined,
    /// The vendor's profile has no account to pay to.
    NoAccount,
}

/// Why an invoice is disputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DisputeReason {
    /// The invoice names another account than the vendor's profile, or the profile no longer has the account that was
    /// approved (R26).
    AccountDiffers,
    /// A person opened it.
    Opened,
}

/// How a dispute ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DisputeOutcome {
    /// The invoice is to be paid.
    Pay,
    /// The invoice is rejected.
    Reject,
}

events! {
    /// A registration was accepted; the profile does not exist yet.
    VendorRegistered(VendorSubject) v 1 {
        /// The registration itself, with names, bank and tax details, as a claim check.
        registration: DocumentRef,
        /// Who registered it, as the API authenticated them.
        #[schemars(length(max = 256))]
        registered_by: String,
    }
    /// The profile exists and is usable.
    VendorOnboarded(VendorSubject) v 1 {
        /// What the check of the VAT id found.
        vat_check: Finding,
        /// What the check of the IBAN found.
        iban_check: Finding,
    }
    /// A document was accepted from the portal; nothing is judged yet.
    InvoiceSubmitted(InvoiceSubject) v 1 {
        /// The document.
        document: DocumentRef,
        /// Its business key.
        key: InvoiceKey,
        /// Who submitted it, as the API authenticated them.
        #[schemars(length(max = 256))]
        submitted_by: String,
    }
    /// The document is stored as an invoice in state SUBMITTED, and is the first of its key.
    InvoiceReceived(InvoiceSubject) v 1 {
        /// The document.
        document: DocumentRef,
    }
    /// The document breaks no business rule of its profile.
    InvoiceValidated(InvoiceSubject) v 1 {
        /// BT-115, the amount due.
        payable: Amount,
        /// UNTDID 1001 code, BT-3.
        #[schemars(length(max = 10))]
        document_type: String,
    }
    /// The invoice ended without payment; the reason and the broken rules say why.
    InvoiceRejected(InvoiceSubject) v 1 {
        /// Why.
        reason: RejectionReason,
        /// The first broken rules, at most 50.
        #[schemars(length(max = 50))]
        violations: Vec<Violation>,
        /// How many there are in all.
        violation_count: u32,
    }
    /// The amount is above the automatic limit: people must decide.
    InvoiceApprovalRequested(InvoiceSubject) v 1 {
        /// What is to be approved.
        payable: Amount,
    }
    /// The invoice may be paid.
    InvoiceApproved(InvoiceSubject) v 1 {
        /// What is to be paid.
        payable: Amount,
        /// How the approval came about.
        approval: ApprovalKind,
    }
    /// The invoice is settled.
    InvoicePaid(InvoiceSubject) v 1 {
        /// What was paid; zero when nothing was due.
        paid: Amount,
        /// Why it counts as paid.
        reason: PaidReason,
        /// The permanent payment key, when there was a payment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(max = 128))]
        payment_key: Option<String>,
    }
    /// A credit note or a negative total: booked, not paid.
    InvoiceCredited(InvoiceSubject) v 1 {
        /// What is credited, positive.
        credited: Amount,
    }
    /// The payment failed definitely; a further attempt keeps the payment key.
    PaymentFailed(InvoiceSubject) v 1 {
        /// Why.
        reason: PaymentFailure,
        /// The permanent payment key.
        #[schemars(length(max = 128))]
        payment_key: String,
        /// Which attempt, from 1.
        attempt: u32,
    }
    /// Somebody must clear something up before the invoice goes on.
    InvoiceDisputed(InvoiceSubject) v 1 {
        /// Why.
        reason: DisputeReason,
    }
    /// A dispute ended.
    DisputeResolved(InvoiceSubject) v 1 {
        /// How.
        outcome: DisputeOutcome,
    }
    /// An invoice rests in a state for longer than that state should take.
    InvoiceStuck(InvoiceSubject) v 1 {
        /// The state that it rests in.
        state: State,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Event, envelope::MAX_EVENT_BYTES};

    #[test]
    fn schemas_come_from_the_types() {
        for event in ALL_EVENTS {
            let schema = (event.schema)();
            assert!(
                schema["properties"]["metadata"].is_object(),
                "{}: {schema}",
                event.name
            );
            assert!(
                schema["properties"]["data"].is_object(),
                "{}: {schema}",
                event.name
            );
        }
        assert_eq!(InvoicePaid::SPEC.name, "InvoicePaid");
    }

    /// The largest event by its schema's bounds: 50 violations at their maximum lengths, plus the metadata.
    #[test]
    fn the_largest_event_stays_under_its_bound() {
        let violation = Violation {
            rule: "R".repeat(64),
            term: Some("T".repeat(64)),
            path: "P".repeat(256),
            message: "m".repeat(600),
        };
        let event = InvoiceRejected {
            reason: RejectionReason::Invalid,
            violations: vec![violation; MAX_VIOLATIONS],
            violation_count: u32::MAX,
        };
        let bytes = serde_json::to_vec(&event)
            .map(|b| b.len())
            .unwrap_or(usize::MAX);
        assert!(bytes + 4096 < MAX_EVENT_BYTES, "{bytes}");
    }
}
