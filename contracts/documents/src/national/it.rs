//! Italy. Asked of a seller whose country, by its VAT number first, is Italy.

use super::Findings;
use super::terms::{Terms, normal};

pub(super) fn judge(terms: &Terms<'_, '_>, found: &mut Findings) {
    let Some(seller) = terms.seller.filter(|_| terms.selling() == "IT") else {
        return;
    };
    let sound = seller.other_tax_numbers().iter().all(|number| {
        let id = normal(number.id.as_deref().unwrap_or_default());
        let admitted = |b: u8| b.is_ascii_digit() || b.is_ascii_uppercase();
        (11..=16).contains(&id.len()) && id.bytes().all(admitted)
    });
    found.unless(sound, "IT-R-001");
    found.unless(seller.has_street(), "IT-R-002");
    found.unless(seller.has_city(), "IT-R-003");
    found.unless(seller.has_zone(), "IT-R-004");
}
