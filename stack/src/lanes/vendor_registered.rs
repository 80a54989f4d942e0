//! `VendorRegistered` -> rule -> vendor-registration: a registration becomes a profile.

use crate::graph::Lane;
use contracts::events::VendorRegistered;
use contracts::handlers::VendorRegistration;

pub(super) fn lane() -> Lane {
    Lane::of::<VendorRegistered>("VendorRegisteredToRegistration").to::<VendorRegistration>()
}
