//! The verdict about one valid invoice: a function of its figures, its vendor and the environment's policy.

use contracts::Amount;
use contracts::events::RejectionReason;
use contracts::policy::Policy;
use contracts::records::{InvoiceSummary, PaymentMeans, VendorProfile, normal_account};

/// UNTDID 1001: a corrected invoice.
const CORRECTED: &str = "384";

/// What becomes of a valid invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It ends without payment.
    Reject(RejectionReason),
    /// It is booked in the buyer's favour; the amount is not negative.
    Credit(Amount),
    /// Nothing is due: it counts as paid.
    NothingDue,
    /// It names another account than the vendor's profile.
    Dispute,
    /// It is paid without people.
    Approve,
    /// People decide.
    AskPeople,
}

/// Judges in this order:
///
/// 1. *Who sends it.* Nothing of an unknown vendor (R3) or of one that isn't onboarded (R1) is booked, paid or disputed.
/// 2. *Whether money is to leave at all.* A credit note or an invoice with a negative total is booked (CREDITED), a total of
///    zero is done (PAID, nothing due). Neither needs an account, a country or a limit, so none of those may stop it. A credit
///    note with a negative total credits a debt: its sign is a mistake or a charge in disguise, and it is rejected.
/// 3. *Where the money may go.* The country of the profile, and the document's where it names one, must be allowed: no
///    person can approve what policy forbids, so this comes before people are asked.
/// 4. *Which account it would go to.* An account that the document names and the profile doesn't have is fraud or a
///    change that nobody confirmed (R26): it must be cleared up before anybody approves an amount.
/// 5. *Whether a transfer is what it asks for.* A direct debit or a card is paid without one, and a corrected invoice
///    (BT-3 384) replaces another one: paying these by ourselves may pay twice, so people decide.
/// 6. *How much.* Within the automatic limit it is approved, above it people decide.
#[must_use]
pub fn verdict(
    document_type: &str,
    summary: &InvoiceSummary,
    vendor: Option<&VendorProfile>,
    policy: &Policy,
) -> Verdict {
    let Some(vendor) = vendor else {
        return Verdict::Reject(RejectionReason::UnknownVendor);
    };
    if !vendor.onboarded {
        return Verdict::Reject(RejectionReason::VendorNotOnboarded);
    }
    let payable = &summary.payable;
    if summary.credit_note && payable.minor < 0 {
        return Verdict::Reject(RejectionReason::NegativeCreditNote);
    }
    if summary.credit_note || payable.minor < 0 {
        return Verdict::Credit(Amount {
            minor: payable.minor.saturating_abs(),
            currency: payable.currency.clone(),
        });
    }
    if payable.minor == 0 {
        return Verdict::NothingDue;
    }
    let countries = [
        Some(vendor.registration.country.as_str()),
        summary.seller_country.as_deref(),
    ];
    if !countries.iter().flatten().all(|c| policy.allows_country(c)) {
        return Verdict::Reject(RejectionReason::CountryNotAllowed);
    }
    if names_another_account(summary, vendor) {
        return Verdict::Dispute;
    }
    let plain = summary.payment_means == PaymentMeans::Transfer && document_type != CORRECTED;
    if plain && policy.approves_automatically(payable) {
        Verdict::Approve
    } else {
        Verdict::AskPeople
    }
}

/// A document without an account agrees with every profile, one with several if one of them is the profile's; a profile
/// without an account agrees with none.
pub(crate) fn names_another_account(summary: &InvoiceSummary, vendor: &VendorProfile) -> bool {
    let known = vendor.account().map(normal_account);
    let accounts = summary.payee_accounts.iter();
    let mut named = accounts
        .map(|account| normal_account(account))
        .filter(|account| !account.is_empty())
        .peekable();
    named.peek().is_some() && !named.any(|account| Some(account) == known)
}
