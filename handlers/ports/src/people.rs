//! The ports of people's decisions: what they were asked, the state machine that waits for them, and who may act for whom.

use crate::world::Answer;
use contracts::records::ApprovalRecord;
use contracts::tasks::{DecisionRequest, Turn, Verdict};
use contracts::{InvoiceId, VendorId};
use std::future::Future;

/// Granted by `ReadInvoices`: approvals rest beside the invoice.
pub trait ReadApprovals {
    /// What people were asked about a version of an invoice, read consistently.
    fn approval(
        &self,
        id: InvoiceId,
        version: u64,
    ) -> impl Future<Output = Answer<Option<ApprovalRecord>>> + Send;
}

/// Granted by the need of the same name.
pub trait WriteApprovals {
    /// Stores the next revision: `Stale` when the stored one is not the revision before.
    fn store_approval(&self, record: ApprovalRecord) -> impl Future<Output = Answer<()>> + Send;
}

/// Granted by the need of the same name.
pub trait StartDecisions {
    /// Starts the execution of a request; started twice, it is one, unless the first one died: then it is begun again.
    fn start_decision(&self, request: &DecisionRequest) -> impl Future<Output = Answer<()>> + Send;
}

/// What a sealed token is bound to: it opens for the same invoice, version and turn only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// The version that waits.
    pub version: u64,
    /// Whose turn it is.
    pub turn: Turn,
}

/// Granted by the need of the same name.
pub trait SealTokens {
    /// Encrypts a task token, bound to what it is for. Base64.
    fn seal(&self, token: &str, seal: Seal) -> impl Future<Output = Answer<String>> + Send;
}

/// Granted by the need of the same name.
pub trait OpenTokens {
    /// Decrypts a sealed token; `Corrupt` when it was sealed for something else.
    fn open(&self, sealed: &str, seal: Seal) -> impl Future<Output = Answer<String>> + Send;
}

/// What became of an answer to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// The state machine goes on.
    Taken,
    /// The token is used up or timed out: the reminder finds the recorded decision.
    Gone,
}

/// Granted by the need of the same name.
pub trait AnswerTasks {
    /// Answers a task token.
    fn answer_task(
        &self,
        token: &str,
        verdict: Verdict,
    ) -> impl Future<Output = Answer<Answered>> + Send;
}

/// Granted by the need of the same name.
pub trait ClaimVendors {
    /// The one vendor that a caller acts for.
    fn vendor_of(&self, principal: &str) -> impl Future<Output = Answer<Option<VendorId>>> + Send;
    /// Maps a caller and a vendor to each other, for good; again with the same values it changes nothing. `Conflict` when either is
    /// mapped to another.
    fn claim_vendor(
        &self,
        principal: &str,
        vendor: VendorId,
    ) -> impl Future<Output = Answer<()>> + Send;
    /// Keeps a vendor that nobody acts for as the house's, for good: no caller can be mapped to it any more. Whoever is mapped to it
    /// already stays so.
    fn hold_vendor(&self, vendor: VendorId) -> impl Future<Output = Answer<()>> + Send;
}

/// Granted by `ReadStaff`.
pub trait Staff {
    /// Whether a principal acts for the house, and so for every vendor.
    fn is_staff(&self, principal: &str) -> bool;
}
