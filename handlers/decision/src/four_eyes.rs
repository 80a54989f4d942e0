//! Four eyes: who may not decide, though they are staff (R27).
//!
//! People are compared as principals: the sessions of an assumed role are one person, because whoever assumes it may choose the
//! session's name. What an API caller is stored as may be cut to [`BOUND`] characters.

use contracts::records::{ApprovalRecord, InvoiceRecord, VendorProfile};
use ports::api::{Request, principal_of};
use serde::Serialize;

/// How many characters of a caller events and records keep.
const BOUND: usize = 256;

/// A rule of four eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Rule {
    /// Who submitted the invoice does not decide about it.
    Submitter,
    /// Who edited the vendor's bank details last does not decide about its invoices, and who asked for an account does not
    /// decide about that.
    AccountEditor,
    /// Who approved first does not approve again.
    EarlierApprover,
}

impl Rule {
    /// What it says, for the person that it keeps from deciding.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Submitter => "You submitted this invoice.",
            Self::AccountEditor => "You were the last to edit the vendor's bank details.",
            Self::EarlierApprover => {
                "You approved it as the first; the second approver is another person."
            }
        }
    }
}

/// Whether a recorded person is the caller.
pub(crate) fn is_caller(recorded: &str, request: &Request) -> bool {
    let bounded: String = request.caller.chars().take(BOUND).collect();
    recorded == bounded || principal_of(recorded) == request.principal()
}

/// Whether the caller asked for the account that is pending.
pub(crate) fn asked_for_account(profile: &VendorProfile, request: &Request) -> bool {
    let mut by = profile.pending_by.iter();
    by.any(|editor| is_caller(editor, request))
}

/// Whether the caller edited the vendor's bank details last: those that it has, or those that are pending.
fn edited_account(profile: &VendorProfile, request: &Request) -> bool {
    [&profile.account_by, &profile.pending_by]
        .into_iter()
        .flatten()
        .any(|editor| is_caller(editor, request))
}

/// The rule that keeps the caller from deciding about an invoice.
pub(crate) fn breaks(
    record: &InvoiceRecord,
    approval: &ApprovalRecord,
    profile: Option<&VendorProfile>,
    request: &Request,
) -> Option<Rule> {
    if is_caller(&record.submitted_by, request) {
        return Some(Rule::Submitter);
    }
    if profile.is_some_and(|profile| edited_account(profile, request)) {
        return Some(Rule::AccountEditor);
    }
    let mut earlier = approval.decisions.iter();
    earlier
        .any(|decision| is_caller(&decision.by, request))
        .then_some(Rule::EarlierApprover)
}
