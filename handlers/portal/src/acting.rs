//! Who may act for whom (R20).
//!
//! Staff act for every vendor. Anybody else acts for one vendor: the first that it registers, provided that nobody is there
//! already who would be robbed of it. That mapping is put before anything is announced, once and for good; what another
//! vendor has, it can't change (403) and can't tell from what does not exist (404).

use crate::PortalWorld;
use crate::problem::{Refused, absent};
use contracts::VendorId;
use contracts::records::VendorProfile;
use ports::PortError;
use ports::api::{Problem, Request};

/// For whom a caller acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acting {
    /// For the house, and so for every vendor.
    House,
    /// For one vendor.
    Vendor(VendorId),
    /// For nobody yet.
    Nobody,
}

/// For whom the request's caller acts.
pub(crate) async fn acting<W: PortalWorld>(
    world: &W,
    request: &Request,
) -> Result<Acting, PortError> {
    let principal = request.principal();
    if world.is_staff(principal) {
        return Ok(Acting::House);
    }
    Ok(match world.vendor_of(principal).await? {
        Some(vendor) => Acting::Vendor(vendor),
        None => Acting::Nobody,
    })
}

impl Acting {
    /// Lets through who may submit for a vendor.
    pub(crate) fn submits_for(self, vendor: VendorId) -> Result<(), Refused> {
        match self {
            Self::House => Ok(()),
            Self::Vendor(own) if own == vendor => Ok(()),
            Self::Vendor(_) => Err(not_yours()),
            Self::Nobody => Err(Refused::from(Problem {
                status: 403,
                code: "no-vendor",
                title: "The caller acts for no vendor.",
                detail: "Register the vendor with POST /vendors first, as the same caller; then send the invoice again.",
            })),
        }
    }

    /// What is there, for who may see it; for anybody else it is not there.
    pub(crate) fn sees<T>(
        self,
        found: Option<T>,
        vendor: impl FnOnce(&T) -> VendorId,
        what: &str,
    ) -> Result<T, Refused> {
        found
            .filter(|found| match self {
                Self::House => true,
                Self::Vendor(own) => own == vendor(found),
                Self::Nobody => false,
            })
            .ok_or_else(|| absent(what))
    }
}

/// Lets through who may register a vendor; a caller who acts for nobody yet acts for this one from now on. One that the house
/// registered stays the house's: whoever knows its tax number is not yet it. That is so from the moment that the house asks for it,
/// not only once its profile is there.
pub(crate) async fn registers<W: PortalWorld>(
    world: &W,
    request: &Request,
    vendor: VendorId,
    known: Option<&VendorProfile>,
) -> Result<(), Refused> {
    match acting(world, request).await? {
        Acting::Nobody if known.is_some() => Err(not_yours()),
        Acting::Nobody => match world.claim_vendor(request.principal(), vendor).await {
            Err(PortError::Conflict { .. }) => Err(not_yours()),
            claimed => Ok(claimed?),
        },
        Acting::House if known.is_none() => Ok(world.hold_vendor(vendor).await?),
        acting => acting.submits_for(vendor),
    }
}

fn not_yours() -> Refused {
    Refused::from(Problem {
        status: 403,
        code: "not-your-vendor",
        title: "The caller does not act for this vendor.",
        detail: "A caller acts for the one vendor that it registered first. Use that vendor, or ask the operator.",
    })
}
