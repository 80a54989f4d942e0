//! Checks a registration and creates or changes the vendor's profile (R1).
//!
//! A registration makes version 1, a changed one the next version. The same one again makes none, but is the newest from
//! then on: one that was accepted before it and arrives after it changes nothing. `VendorOnboarded` is recorded with the
//! profile it speaks of, and only when the vendor is usable.
//!
//! Another account than the profile's is never applied here (R26): it is kept as pending, until a second person and a
//! waiting time have let it through. Whatever else changed is applied.

mod checks;

pub use checks::{iban_check, vat_check};

use contracts::envelope::Detail;
use contracts::events::{DocumentRef, Finding, VendorOnboarded, VendorRegistered};
use contracts::handlers::VendorRegistration;
use contracts::policy::{Policy, VendorChecks};
use contracts::records::{Registration, VendorProfile, normal_account};
use contracts::{Handler, VendorId};
use ports::{
    Clock, Draft, Fault, Occasion, Policies, PortError, ReadRegistrations, ReadVendors, Replaced,
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

/// The profile that a registration makes of the stored one; `None` when it changes nothing. At the stored version it is a
/// renewal: the same words, accepted later.
#[must_use]
pub fn decide(
    accepted: Accepted,
    stored: Option<&VendorProfile>,
    policy: &Policy,
) -> Option<VendorProfile> {
    if stored.is_some_and(|stored| accepted.at < stored.registered_at) {
        return None;
    }
    let (registration, pending_account) = match stored {
        Some(stored) => held(accepted.registration, stored),
        None => (accepted.registration, None),
    };
    let vat_check = vat_check(registration.vat_id.as_deref());
    let iban_check = iban_check(registration.account.as_deref());
    let profile = VendorProfile {
        vendor_id: accepted.vendor_id,
        version: stored.map_or(0, |profile| profile.version) + 1,
        registration,
        vat_check,
        iban_check,
        onboarded: onboards(policy, &[vat_check, iban_check]),
        registered_at: accepted.at,
        pending_account,
        pending_by: None,
        pending_since: None,
        account_by: None,
        account_decision: stored.and_then(|stored| stored.account_decision.clone()),
    };
    match stored {
        Some(stored) if says_the_same(&profile, stored) => {
            let later = profile.registered_at > stored.registered_at;
            later.then_some(VendorProfile {
                version: stored.version,
                ..profile
            })
        }
        _ => Some(profile),
    }
}

/// A registration with the account that the profile has, and the one that it asked for, if that is another. Only an account
/// that kept its vendor from being onboarded is mended at once: nothing was ever paid to it.
fn held(asked: Registration, stored: &VendorProfile) -> (Registration, Option<String>) {
    if stored.iban_check == Finding::Invalid && !stored.onboarded {
        return (asked, None);
    }
    let other = asked.account.clone().filter(|account| {
        let kept = stored.account().map(normal_account);
        Some(normal_account(account)) != kept
    });
    let registration = Registration {
        account: stored.registration.account.clone(),
        ..asked
    };
    (registration, other)
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
    let replaces = stored.map(|stored| Replaced {
        version: stored.version,
        registered_at: stored.registered_at,
    });
    Ok(world
        .commit_vendor(change(profile, replaces, occasion))
        .await?)
}

fn change(profile: VendorProfile, replaces: Option<Replaced>, occasion: Occasion) -> VendorChange {
    let renews = replaces.is_some_and(|replaced| replaced.version == profile.version);
    let onboarded = VendorOnboarded {
        vat_check: profile.vat_check,
        iban_check: profile.iban_check,
    };
    let announced = (profile.onboarded && !renews).then(|| {
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
        replaces,
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
