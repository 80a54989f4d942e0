//! Registering a vendor, and waiting until its profile is there.

use crate::failure::Failure;
use crate::portal::{Accepted, exchange, lookup, submission_on, submit};
use crate::ports::{Pace, PortalApi};
use contracts::records::Registration;
use serde::Deserialize;
use std::time::Duration;

/// How long the profile of a registered vendor is waited for (R1's path: API, bus, one function).
pub(crate) const ONBOARDING: Duration = Duration::from_secs(60);
/// How long a known vendor's changed profile is waited for: a registration that changes nothing makes no new version.
const CHANGING: Duration = Duration::from_secs(3);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A vendor as `GET /vendors/{id}` shows it; what we don't need is not read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Standing {
    pub version: u64,
    pub onboarded: bool,
    #[serde(default)]
    vat_check: String,
    #[serde(default)]
    iban_check: String,
    /// Another account waits for a second person (R26).
    #[serde(default)]
    pub account_change_pending: bool,
}

/// How a vendor stands; `None` while it has no profile.
pub(crate) async fn standing(
    api: &(impl PortalApi + Pace),
    id: &str,
) -> Result<Option<Standing>, Failure> {
    let subject = format!("vendor {id}");
    let answer = exchange(api, &subject, &lookup(format!("/vendors/{id}"))).await?;
    if answer.status == 404 {
        return Ok(None);
    }
    serde_json::from_slice(&answer.body)
        .map(Some)
        .map_err(|why| Failure::OddAnswer {
            subject,
            reason: format!("no vendor at line {}, column {}", why.line(), why.column()),
        })
}

/// Submits a registration as it was written, on what stood `before`.
pub(crate) async fn register(
    api: &(impl PortalApi + Pace),
    name: &str,
    bytes: Vec<u8>,
    before: Option<&Standing>,
) -> Result<Accepted, Failure> {
    let version = before.map_or(0, |standing| standing.version);
    let subject = format!("the vendor registration {name}");
    submit(
        api,
        &subject,
        &submission_on(version, "/vendors", "application/json", bytes),
    )
    .await
}

/// Waits until a registration took effect: a profile that is newer than what stood `before`, or, for a registration that
/// was accepted earlier, whatever stands.
pub(crate) async fn until_onboarded(
    api: &(impl PortalApi + Pace),
    accepted: &Accepted,
    before: Option<&Standing>,
) -> Result<(), Failure> {
    let began = api.now();
    let mut pause = FIRST_PAUSE;
    let newer_than = match before {
        Some(standing) if !accepted.replayed => standing.version,
        _ => 0,
    };
    loop {
        let now = standing(api, &accepted.id).await?;
        match now {
            Some(profile) if profile.version > newer_than => {
                return judge(&accepted.id, &profile);
            }
            _ if api.now() - began + pause > ONBOARDING => {
                return Err(Failure::StillGoing {
                    subject: format!("vendor {}", accepted.id),
                    state: "is not onboarded".to_owned(),
                    seconds: ONBOARDING.as_secs(),
                    again: "provision send FILE".to_owned(),
                });
            }
            _ => api.pause(pause).await,
        }
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// Whether an account waits for a second person since this registration, or since it was accepted earlier. A vendor that is new has
/// no other account; and what can't be seen here is seen by whoever decides.
pub(crate) async fn account_waits(
    api: &(impl PortalApi + Pace),
    accepted: &Accepted,
    before: Option<&Standing>,
) -> bool {
    let Some(before) = before else {
        return false;
    };
    let began = api.now();
    let mut pause = FIRST_PAUSE;
    loop {
        let Ok(now) = standing(api, &accepted.id).await else {
            return false;
        };
        let waits = now.as_ref().is_some_and(|now| now.account_change_pending);
        let newer = now.is_some_and(|now| now.version > before.version);
        let is_news = newer || waits && !before.account_change_pending;
        if is_news || accepted.replayed || api.now() - began + pause > CHANGING {
            return waits;
        }
        api.pause(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

fn judge(id: &str, profile: &Standing) -> Result<(), Failure> {
    if profile.onboarded {
        return Ok(());
    }
    Err(Failure::NotOnboarded {
        id: id.to_owned(),
        vat_check: profile.vat_check.clone(),
        iban_check: profile.iban_check.clone(),
    })
}

/// Registers a vendor and waits until it is onboarded.
pub(crate) async fn register_and_wait(
    api: &(impl PortalApi + Pace),
    registration: &Registration,
    before: Option<&Standing>,
) -> Result<(), Failure> {
    // A contract type always serialises: string keys, no floats.
    let bytes = serde_json::to_vec(registration).unwrap_or_default();
    let accepted = register(api, "of the invoice's seller", bytes, before).await?;
    until_onboarded(api, &accepted, before).await
}
