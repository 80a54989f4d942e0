//! A decision on a vendor's pending account: confirmed by a second person after the waiting time, or dropped (R26).
//!
//! It is about the profile that the person has read, by its version: an account that was asked for since is another one, and
//! nobody looked at it.

use crate::body::{self, Body, Decision};
use crate::four_eyes::{Rule, asked_for_account};
use crate::refused::Refused;
use crate::{DecisionWorld, Taken};
use contracts::VendorId;
use contracts::envelope::{Cause, Origin};
use contracts::events::VendorOnboarded;
use contracts::handlers;
use contracts::policy::Policy;
use contracts::records::{AccountDecision, Registration, VendorProfile};
use contracts::tasks::Verdict;
use ports::api::{Request, Response};
use ports::{Draft, Fault, Replaced, VendorChange, decide_again, iban_check, vendor_subject};
use time::Duration;

/// Takes a decision on a vendor's pending account.
pub(crate) async fn decide<W: DecisionWorld>(
    world: &W,
    request: &Request,
) -> Result<Response, Refused> {
    let body = body::read(&request.body)?;
    let verdict = match body.decision {
        Decision::Approve => Verdict::Approve,
        Decision::Reject => Verdict::Reject,
        Decision::Dispute | Decision::Resolve => {
            return Err(Refused::invalid("An account is approved or rejected."));
        }
    };
    let read = body.version.ok_or_else(|| {
        Refused::invalid("It needs the `version` of the vendor that you have read: GET /vendors/{vendorId} shows it.")
    })?;
    let id = request.parameter("vendorId");
    let id: VendorId = id
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| Refused::absent("vendor"))?;
    let profile = decide_again(|| attempt(world, request, id, (read, &body), verdict)).await??;
    tracing::info!(vendor_id = %id, version = profile.version, "a decision on an account stands");
    let taken = Taken {
        id: id.to_string(),
        decision: body.decision,
        by: request.principal(),
        status: if profile.onboarded {
            "ONBOARDED"
        } else {
            "REGISTERED"
        },
        waiting_for: None,
    };
    Ok(Response::json(200, &taken))
}

async fn attempt<W: DecisionWorld>(
    world: &W,
    request: &Request,
    id: VendorId,
    (read, body): (u64, &Body),
    verdict: Verdict,
) -> Result<Result<VendorProfile, Refused>, Fault> {
    let Some(stored) = world.vendor(id).await? else {
        return Ok(Err(Refused::absent("vendor")));
    };
    let cause = request.cause();
    let decided = stored.account_decision.as_ref();
    if decided.is_some_and(|decided| decided.request == cause.correlation_id) {
        return Ok(Ok(stored));
    }
    let origin = world.origin();
    let decision = AccountDecision {
        verdict,
        by: request.principal().to_owned(),
        request: cause.correlation_id,
        reason: body.reason.clone(),
        at: origin.now,
    };
    let profile = match next((&stored, read), decision, request, world.policy()) {
        Ok(profile) => profile,
        Err(refused) => return Ok(Err(refused)),
    };
    let change = change(&stored, profile.clone(), request.principal(), cause, origin);
    world.commit_vendor(change).await?;
    Ok(Ok(profile))
}

/// The next version of the profile: with the pending account as its own and checked again, or without it.
fn next(
    (stored, read): (&VendorProfile, u64),
    decision: AccountDecision,
    request: &Request,
    policy: &Policy,
) -> Result<VendorProfile, Refused> {
    let Some(pending) = &stored.pending_account else {
        return Err(Refused::nothing_pending());
    };
    if asked_for_account(stored, request) {
        return Err(Refused::four_eyes(Rule::AccountEditor));
    }
    if read != stored.version {
        return Err(Refused::version_moved(stored.version));
    }
    let dropped = VendorProfile {
        version: stored.version + 1,
        pending_account: None,
        pending_by: None,
        pending_since: None,
        account_decision: Some(decision.clone()),
        ..stored.clone()
    };
    if decision.verdict == Verdict::Reject {
        return Ok(dropped);
    }
    let since = stored.pending_since.unwrap_or(stored.registered_at);
    let wait = Duration::seconds(i64::from(policy.approvals.account_change_wait_seconds));
    if decision.at < since + wait {
        return Err(Refused::waiting_time(since + wait, decision.at));
    }
    let iban_check = iban_check(Some(pending));
    let onboarded = policy.onboards(&[stored.vat_check, iban_check]);
    if stored.onboarded && !onboarded {
        return Err(Refused::account_invalid());
    }
    Ok(VendorProfile {
        registration: Registration {
            account: Some(pending.clone()),
            ..stored.registration.clone()
        },
        iban_check,
        onboarded,
        account_by: stored.pending_by.clone(),
        ..dropped
    })
}

/// A confirmed account is announced like the first one was, where the vendor is usable; a dropped one changes nothing that others
/// were told.
fn change(
    stored: &VendorProfile,
    profile: VendorProfile,
    actor: &str,
    cause: Cause,
    origin: Origin,
) -> VendorChange {
    let confirmed = profile.registration.account != stored.registration.account;
    let event = VendorOnboarded {
        vat_check: profile.vat_check,
        iban_check: profile.iban_check,
    };
    let announced = (confirmed && profile.onboarded).then(|| {
        let subject = vendor_subject(&profile);
        Draft::of::<handlers::Decision, _>(subject, profile.version, event, &cause, &origin)
    });
    VendorChange {
        replaces: Some(Replaced {
            version: stored.version,
            registered_at: stored.registered_at,
        }),
        actor: actor.to_owned(),
        events: announced.into_iter().collect(),
        at: origin.now,
        profile,
        cause,
    }
}
