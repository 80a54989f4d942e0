//! Who acts for which vendor (R20): a caller's mapping and its vendor's, in the vendors table. They are put once, together,
//! and never changed.

use super::{Item, ItemError, attributes, base, kinds, odd, text};
use crate::ids::VendorId;
use crate::tables::keys;
use serde::Serialize;

/// Who acts for the vendors that the house registered.
const HOUSE: &str = "house";

/// Both sides of a mapping, as its items carry it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Mapping<'a> {
    principal: &'a str,
    vendor_id: VendorId,
}

/// The vendor that a caller acts for.
#[must_use]
pub fn caller(principal: &str, vendor_id: VendorId) -> Item {
    let mapping = Mapping {
        principal,
        vendor_id,
    };
    let sk = keys::MAPPING.to_owned();
    let mut item = base(keys::caller(principal), sk, kinds::CALLER, &mapping);
    item.insert(
        attributes::VENDOR_ID.to_owned(),
        vendor_id.to_string().into(),
    );
    item
}

/// The caller who acts for a vendor.
#[must_use]
pub fn owner(vendor_id: VendorId, principal: &str) -> Item {
    let mapping = Mapping {
        principal,
        vendor_id,
    };
    let sk = keys::MAPPING.to_owned();
    let mut item = base(keys::owner(vendor_id), sk, kinds::OWNER, &mapping);
    item.insert(attributes::PRINCIPAL.to_owned(), principal.into());
    item
}

/// A vendor that nobody but the house acts for: no caller can become its owner.
#[must_use]
pub fn held(vendor_id: VendorId) -> Item {
    // No caller is called so: an ARN or `<issuer>#<subject>`.
    owner(vendor_id, HOUSE)
}

/// The vendor that a caller's mapping names.
///
/// # Errors
/// When it names none.
pub fn mapped_vendor(item: &Item) -> Result<VendorId, ItemError> {
    text(item, attributes::VENDOR_ID)
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| odd(item, format!("`{}` is no vendor id", attributes::VENDOR_ID)))
}

/// The caller that a vendor's mapping names.
///
/// # Errors
/// When it names none.
pub fn mapped_principal(item: &Item) -> Result<&str, ItemError> {
    text(item, attributes::PRINCIPAL)
        .ok_or_else(|| odd(item, format!("`{}` is no caller", attributes::PRINCIPAL)))
}
