//! Norway. Asked of a seller whose country, by its VAT number first, is Norway.

use super::Findings;
use super::shapes::is_norwegian;
use super::terms::{Terms, normal};

pub(super) fn judge(terms: &Terms<'_, '_>, found: &mut Findings) {
    let Some(seller) = terms.seller.filter(|_| terms.selling() == "NO") else {
        return;
    };
    let scheme = if terms.names.ubl { "TAX" } else { "FC" };
    let registered = seller.tax_numbers().iter().any(|number| {
        let id = number.id.as_deref().unwrap_or_default();
        number.scheme == scheme && normal(id) == "Foretaksregisteret"
    });
    found.unless(registered, "NO-R-002");
    let sound = |number: &String| {
        let organisation = number.strip_prefix("NO");
        organisation.is_none_or(|rest| rest.strip_suffix("MVA").is_some_and(is_norwegian))
    };
    found.unless(seller.vat_numbers().iter().all(sound), "NO-R-001");
}
