//! Checks a registration and creates or changes the vendor's profile (R1).
//!
//! A registration makes version 1, a changed one the next version. The same one again makes none, but is the newest from
//! then on: one that was accepted before it and arrives after it changes nothing. `VendorOnboarded` is recorded with the
//! profile it speaks of, and only when the vendor is usable.
//!
//! Another account than the profile's is never applied here (R26): it is kept as pending, until a second person and a
//! waiting time have let it through, with who asked for it and since when. Whatever else changed is applied.

mod checks;

pub use checks::{iban_check, vat_check};

use contracts::envelope::Detail;
use contracts::events::{DocumentRef, Finding, VendorOnboarded, VendorRegistered};
use contracts::handlers::VendorRegistration;
use contracts::policy::Policy;
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
    /// Who registered, as the API authenticated them.
    pub by: String,
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
    if stored.is_some_and(|stored| is_old(&accepted, stored)) {
        return None;
    }
    let by = accepted.by;
    let asked = match stored {
        Some(stored) => held(accepted.registration, stored),
        None => Asked::At(accepted.registration),
    };
    let (registration, pending, account_by) = match asked {
        Asked::At(registration) => (registration, None, Some(by)),
        Asked::Kept(registration) => (registration, None, account_by(stored)),
        Asked::Other(registration, account) => {
            let pending = pending(account, by, accepted.at, stored);
            (registration, Some(pending), account_by(stored))
        }
    };
    let vat_check = vat_check(registration.vat_id.as_deref());
    let iban_check = iban_check(registration.account.as_deref());
    let (pending_account, pending_by, pending_since) = match pending {
        Some(Pending { account, by, since }) => (Some(account), by, since),
        None => (None, None, None),
    };
    let profile = VendorProfile {
        vendor_id: accepted.vendor_id,
        version: stored.map_or(0, |profile| profile.version) + 1,
        registration,
        vat_check,
        iban_check,
        onboarded: policy.onboards(&[vat_check, iban_check]),
        registered_at: accepted.at,
        pending_account,
        pending_by,
        pending_since,
        account_by,
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

/// Whether a newer registration stands, or the same one stood already when its account was decided about: delivered once
/// more it must not ask for that account again.
fn is_old(accepted: &Accepted, stored: &VendorProfile) -> bool {
    let decided = stored.account_decision.as_ref();
    let asked_before = decided.is_some_and(|decided| accepted.at <= decided.at);
    accepted.at < stored.registered_at || (accepted.at == stored.registered_at && asked_before)
}

/// What a registration asks for, with the account that is applied.
enum Asked {
    /// Its own account is applied: nothing was ever paid to another.
    At(Registration),
    /// The account that the profile has.
    Kept(Registration),
    /// The account that the profile has; it asks for another.
    Other(Registration, String),
}

/// What a registration asks for beside the stored profile. Only an account that kept its vendor from being onboarded is
/// mended at once: nothing was ever paid to it.
fn held(asked: Registration, stored: &VendorProfile) -> Asked {
    if stored.iban_check == Finding::Invalid && !stored.onboarded {
        return Asked::At(asked);
    }
    let other = asked.account.clone().filter(|account| {
        let kept = stored.account().map(normal_account);
        Some(normal_account(account)) != kept
    });
    let registration = Registration {
        account: stored.registration.account.clone(),
        ..asked
    };
    match other {
        Some(account) => Asked::Other(registration, account),
        None => Asked::Kept(registration),
    }
}

/// An account that waits for a second person.
struct Pending {
    account: String,
    by: Option<String>,
    since: Option<OffsetDateTime>,
}

/// Asked for once more, by whomever, an account waits as it did: the waiting time counts from the first request, and who
/// made that can't let it through.
fn pending(
    account: String,
    by: String,
    at: OffsetDateTime,
    stored: Option<&VendorProfile>,
) -> Pending {
    let waiting = stored.and_then(|stored| {
        let pending = stored.pending_account.as_ref()?;
        (normal_account(pending) == normal_account(&account)).then(|| Pending {
            account: pending.clone(),
            by: stored.pending_by.clone(),
            since: stored.pending_since,
        })
    });
    let begun = Pending {
        account,
        by: Some(by),
        since: Some(at),
    };
    match waiting {
        Some(waiting) if waiting.by.is_some() && waiting.since.is_some() => waiting,
        _ => begun,
    }
}

fn account_by(stored: Option<&VendorProfile>) -> Option<String> {
    stored.and_then(|stored| stored.account_by.clone())
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
        by: event.data.registered_by.clone(),
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
