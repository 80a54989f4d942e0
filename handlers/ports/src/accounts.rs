//! Checks of account numbers by a library: `verified`, `unverifiable` or `invalid`, and never a crash (R1).
//!
//! Form and check digits only, offline. That an account is the vendor's (verification of payee) is not asked here.

use contracts::events::Finding;

/// An account by ISO 13616: country's length and structure, and the check digits. An account that does not begin like an
/// IBAN (two letters, two digits) is a number of another kind, and a country without a registered structure can't be
/// judged by its check digits alone: unverifiable.
#[must_use]
pub fn iban_check(account: Option<&str>) -> Finding {
    let Some(account) = account.map(str::trim).filter(|text| !text.is_empty()) else {
        return Finding::Unverifiable;
    };
    let compact: String = account.chars().filter(|c| !c.is_whitespace()).collect();
    match compact.as_bytes() {
        [a, b, c, d, ..]
            if [a, b].iter().all(|c| c.is_ascii_alphabetic())
                && c.is_ascii_digit()
                && d.is_ascii_digit() => {}
        _ => return Finding::Unverifiable,
    }
    match sepa::validate_iban(&compact) {
        Ok(iban) if sepa::iban::iban_bban_format(iban.country_code()).is_some() => {
            Finding::Verified
        }
        Ok(_) => Finding::Unverifiable,
        Err(_) => Finding::Invalid,
    }
}
