//! Checks a registration and creates or changes the vendor's profile (R1).
//!
//! A registration makes version 1, a changed one the next version, the same one nothing; one that was accepted before the
//! stored one and arrives after it changes nothing either. `VendorOnboarded` is recorded with the profile it speaks of,
//! and only when the vendor is usable. That changed bank details need a second person and a waiting time (R26) belongs
//! between the request and `VendorRegistered`: this handler applies what was accepted.

mod checks;

pub use checks::{iban_check, vat_check};

use contracts::envelope::Detail;
use contracts::events::{DocumentRef, Finding, VendorOnboarded, VendorRegistered};
use contracts::handlers::VendorRegistration;
use contracts::policy::{Policy, VendorChecks};
use contracts::records::{Registration, VendorProfile};
use contracts::{Handler, VendorId};
use ports::{
    Clock, Draft, Fault, Occasion, Policies, PortError, ReadRegistrations, ReadVendors,
    VendorChange, WriteVendors, decide_again, vendor_subject,
};
use time::OffsetDateTime;

/// An accepted registration, read from its claim check.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The vendor, as the event names it.
    pub vendor_id: VendorId,
    /// What was registered.
    pub registration: Registration,
    /// When it was accepted.
    pub at: OffsetDateTime,
}

/// The profile that a registration makes of the stored one; `None` when it changes nothing.
#[must_use]
pub fn decide(
    accepted: Accepted,
    stored: Option<&VendorProfile>,
    policy: &Policy,
) -> Option<VendorProfile> {
    let vat_check = vat_check(accepted.registration.vat_id.as_deref());
    let iban_check = iban_check(accepted.registration.account.as_deref());
    let profile = VendorProfile {
        vendor_id: accepted.vendor_id,
        version: stored.map_or(0, |profile| profile.version) + 1,
        registration: accepted.registration,
        vat_check,
        iban_check,
        onboarded: onboards(policy, &[vat_check, iban_check]),
        registered_at: accepted.at,
    };
    let changes = stored.is_none_or(|stored| {
        profile.registered_at >= stored.registered_at && !says_the_same(&profile, stored)
    });
    changes.then_some(profile)
}

/// `warn` onboards whatever the checks found. `enforce` refuses what is certainly wrong; what can't be judged (no
/// identifier, or a country that no library covers) is no fault of the vendor's.
fn onboards(policy: &Policy, findings: &[Finding]) -> bool {
    policy.vendor_checks == VendorChecks::Warn || !findings.contains(&Finding::Invalid)
}

fn says_the_same(profile: &VendorProfile, stored: &VendorProfile) -> bool {
    let comparable = VendorProfile {
        version: stored.version,
        registered_at: stored.registered_at,
        ..profile.clone()
    };
    comparable == *stored
}

/// Applies an accepted registration.
///
/// # Errors
/// When a port fails, and when the registration can't be read or is another vendor's.
pub async fn handle<W>(world: &W, event: &Detail<VendorRegistered>) -> Result<(), Fault>
where
    W: Clock + Policies + ReadVendors + WriteVendors + ReadRegistrations + Sync,
{
    let reference = &event.data.registration;
    let accepted = Accepted {
        vendor_id: event.metadata.subject.vendor_id,
        registration: parse(&world.registration(reference).await?, reference)?,
        at: event.metadata.timestamp,
    };
    check_identity(&accepted, reference)?;
    decide_again(|| attempt(world, event, accepted.clone())).await
}

async fn attempt<W>(
    world: &W,
    event: &Detail<VendorRegistered>,
    accepted: Accepted,
) -> Result<(), Fault>
where
    W: Clock + Policies + ReadVendors + WriteVendors + Sync,
{
    let stored = world.vendor(accepted.vendor_id).await?;
    let Some(profile) = decide(accepted, stored.as_ref(), world.policy()) else {
        return Ok(());
    };
    let occasion = Occasion::of(&event.metadata, world.origin());
    Ok(world.commit_vendor(change(profile, occasion)).await?)
}

fn change(profile: VendorProfile, occasion: Occasion) -> VendorChange {
    let onboarded = VendorOnboarded {
        vat_check: profile.vat_check,
        iban_check: profile.iban_check,
    };
    let announced = profile.onboarded.then(|| {
        Draft::of::<VendorRegistration, _>(
            vendor_subject(&profile),
            profile.version,
            onboarded,
            &occasion.cause,
            &occasion.origin,
        )
    });
    VendorChange {
        profile,
        actor: VendorRegistration::SPEC.name.to_owned(),
        cause: occasion.cause,
        events: announced.into_iter().collect(),
        at: occasion.origin.now,
    }
}

/// The registration's own words stay out of the error: it holds names and bank details.
fn parse(bytes: &[u8], reference: &DocumentRef) -> Result<Registration, PortError> {
    serde_json::from_slice(bytes).map_err(|error| PortError::Corrupt {
        subject: reference.key.clone(),
        reason: format!(
            "it is no vendor registration ({:?} error in line {})",
            error.classify(),
            error.line()
        ),
    })
}

/// A registration under another vendor's id would redirect that vendor's payments.
fn check_identity(accepted: &Accepted, reference: &DocumentRef) -> Result<(), PortError> {
    let identity = accepted.registration.identity();
    if identity.is_some_and(|identity| VendorId::of(&identity) == accepted.vendor_id) {
        return Ok(());
    }
    Err(PortError::Corrupt {
        subject: reference.key.clone(),
        reason: format!("it does not identify vendor {}", accepted.vendor_id),
    })
}
