//! Checks of a vendor's identifiers by libraries: `verified`, `unverifiable` or `invalid`, and never a crash (R1).
//!
//! Form and check digits only, offline. That a number is in force (VIES) or an account the vendor's (verification of
//! payee) is not asked here.

use contracts::events::Finding;

pub use ports::iban_check;

/// A VAT identifier by its country's form and check digits: the EU's 27 and Northern Ireland, which is what `eu-vat`
/// covers. Absent, and from other countries: unverifiable.
#[must_use]
pub fn vat_check(vat_id: Option<&str>) -> Finding {
    let Some(vat_id) = given(vat_id) else {
        return Finding::Unverifiable;
    };
    match eu_vat::Vat::parse(vat_id) {
        Ok(_) => Finding::Verified,
        Err(eu_vat::Error::UnknownCountry(prefix)) if is_country(&prefix) => Finding::Unverifiable,
        Err(_) => Finding::Invalid,
    }
}

fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn is_country(prefix: &str) -> bool {
    prefix.len() == 2 && is_letters(prefix.as_bytes())
}

fn is_letters(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn r1_vat_ids_are_judged_by_their_countrys_check_digits() {
        for (vat_id, finding) in [
            (Some("DE 136 695 976"), Finding::Verified),
            (Some("NL004495445B01"), Finding::Verified),
            (Some("DE136695970"), Finding::Invalid),
            (Some("NL12"), Finding::Invalid),
            (Some("NL"), Finding::Invalid),
            (Some("123456789"), Finding::Invalid),
            (Some("NO974761076MVA"), Finding::Unverifiable),
            (Some("GB999999973"), Finding::Unverifiable),
            (Some("  "), Finding::Unverifiable),
            (None, Finding::Unverifiable),
        ] {
            assert_eq!(vat_check(vat_id), finding, "{vat_id:?}");
        }
    }

    #[test]
    fn r1_accounts_are_judged_as_ibans_when_they_look_like_one() {
        for (account, finding) in [
            (Some("NL91 ABNA 0417 1643 00"), Finding::Verified),
            (Some("DE89370400440532013000"), Finding::Verified),
            (Some("de89370400440532013000"), Finding::Verified),
            (Some("DE89370400440532013001"), Finding::Invalid),
            (Some("DE8937040044053201300"), Finding::Invalid),
            (Some("NO99"), Finding::Invalid),
            (Some("IBAN32423940"), Finding::Unverifiable),
            (Some("123-456.789"), Finding::Unverifiable),
            (Some("ÄÖ12"), Finding::Unverifiable),
            (None, Finding::Unverifiable),
        ] {
            assert_eq!(iban_check(account), finding, "{account:?}");
        }
    }

    proptest! {
        #[test]
        fn r1_no_text_crashes_a_check(text in any::<String>(), country in "[A-Z]{2}[0-9A-Z ]{0,40}") {
            for text in [text, country] {
                let _ = (vat_check(Some(&text)), iban_check(Some(&text)));
            }
        }
    }
}
