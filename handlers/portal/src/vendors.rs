//! Registering a vendor, and showing one.

use crate::acting::{acting, registers};
use crate::problem::{Refused, absent};
use crate::{Accepted, PortalWorld, Standing, accepted, author, cause, registration};
use contracts::envelope::{Cause, Metadata, Origin};
use contracts::events::{DocumentFormat, Finding, VendorRegistered};
use contracts::handlers::Portal;
use contracts::ids::Sha256Hex;
use contracts::{Event, EventId, VendorId, VendorSubject};
use ports::api::{Request, Response};
use ports::{Draft, Stored};
use serde::Serialize;

/// Accepts a complete registration; what its identifiers are worth is checked later.
pub(crate) async fn register<W: PortalWorld>(
    world: &W,
    request: &Request,
) -> Result<Response, Refused> {
    let (registration, identity) = registration::read(&request.body)?;
    let id = VendorId::of(&identity);
    let cause = cause(request);
    let sha256 = Sha256Hex::of(&request.body);
    let known = world.vendor(id).await?;
    registers(world, request, id, known.as_ref()).await?;
    let reference = world
        .store_registration(Stored {
            bytes: &request.body,
            sha256: &sha256,
            format: DocumentFormat::Registration,
        })
        .await?;
    let event = VendorRegistered {
        registration: reference,
        registered_by: author(request),
    };
    let metadata = metadata(id, &sha256, &cause, &world.origin());
    let draft = Draft::with::<Portal, _>(metadata, event);
    // Published even when the profile says the same by now: an earlier, other registration may still be under way.
    world.publish(&[draft]).await?;
    let standing = match known {
        Some(profile) if profile.requested() == registration => Standing::AlreadyThere,
        _ => Standing::New,
    };
    Ok(accepted(
        Accepted::Vendor(id),
        cause.correlation_id,
        "REGISTERED",
        standing,
    ))
}

/// A registration has no version yet: its fact is the content together with the request, so that a retry repeats the id, and
/// going back to earlier content is a fact of its own.
fn metadata(
    vendor_id: VendorId,
    sha256: &Sha256Hex,
    cause: &Cause,
    origin: &Origin,
) -> Metadata<VendorSubject> {
    let aggregate = format!("{vendor_id}:{sha256}:{}", cause.correlation_id);
    let event_id = EventId::of(VendorRegistered::SPEC.name, &aggregate, 0);
    Metadata {
        event_id,
        idempotency_key: event_id.to_string(),
        ..Metadata::new::<VendorRegistered>(VendorSubject { vendor_id }, 0, cause, origin)
    }
}

/// A vendor as the API shows it: no account, no identifiers, no address.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    id: VendorId,
    version: u64,
    name: &'a str,
    country: &'a str,
    onboarded: bool,
    vat_check: Finding,
    iban_check: Finding,
    account_change_pending: bool,
}

/// Shows a vendor to who may see it.
pub(crate) async fn show<W: PortalWorld>(
    world: &W,
    request: &Request,
) -> Result<Response, Refused> {
    let acting = acting(world, request).await?;
    let id: VendorId = request
        .parameter("vendorId")
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| absent("vendor"))?;
    let found = world.vendor(id).await?;
    let profile = acting.sees(found, |profile| profile.vendor_id, "vendor")?;
    Ok(Response::json(
        200,
        &Shown {
            id,
            version: profile.version,
            name: &profile.registration.name,
            country: &profile.registration.country,
            onboarded: profile.onboarded,
            vat_check: profile.vat_check,
            iban_check: profile.iban_check,
            account_change_pending: profile.pending_account.is_some(),
        },
    ))
}
