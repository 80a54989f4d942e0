//! A decision as it is sent: its form, judged before anything is read.

use crate::refused::Refused;
use contracts::events::DisputeOutcome;
use serde::{Deserialize, Serialize};

/// Larger than any decision within its bounds.
const MAX_BYTES: usize = 16 * 1024;

/// How many characters a reason may have.
const MAX_REASON: usize = 1000;

/// What a person may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Decision {
    /// Pay it, try it again, or take the pending account.
    Approve,
    /// Don't.
    Reject,
    /// Clear something up first.
    Dispute,
    /// A dispute has an outcome.
    Resolve,
}

/// The body of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    pub(crate) decision: Decision,
    /// Of `resolve` only.
    #[serde(default)]
    pub(crate) outcome: Option<DisputeOutcome>,
    /// In the person's words; only an approval may do without.
    #[serde(default)]
    pub(crate) reason: String,
    /// Of a decision on a vendor's account only: the version of the profile that the person has read.
    #[serde(default)]
    pub(crate) version: Option<u64>,
}

/// Reads a decision. What is wrong is said without its words.
pub(crate) fn read(bytes: &[u8]) -> Result<Body, Refused> {
    if bytes.len() > MAX_BYTES {
        let detail = format!("It has more than {MAX_BYTES} bytes.");
        return Err(Refused::malformed(413, detail));
    }
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line().max(1), error.column().max(1));
        let detail = format!("It is not well-formed JSON at line {line}, column {column}.");
        Refused::malformed(400, detail)
    })?;
    if !value.is_object() {
        return Err(Refused::malformed(400, "A JSON object is expected."));
    }
    // From the text: a field that stands twice is refused.
    let body: Body = serde_json::from_slice(bytes).map_err(|_| {
        Refused::invalid(
            "Expected are `decision` (approve, reject, dispute or resolve), `reason`, with resolve `outcome` (pay or reject), \
             on a vendor's account `version`, and no other field.",
        )
    })?;
    let reason = body.reason.trim();
    if reason.is_empty() && body.decision != Decision::Approve {
        return Err(Refused::invalid("It needs a `reason`."));
    }
    if reason.chars().count() > MAX_REASON {
        let detail = format!("Its `reason` has more than {MAX_REASON} characters.");
        return Err(Refused::invalid(detail));
    }
    if reason.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Refused::invalid("Its `reason` has control characters."));
    }
    match (body.decision, body.outcome) {
        (Decision::Resolve, None) => Err(Refused::invalid(
            "resolve needs an `outcome`: pay or reject.",
        )),
        (Decision::Approve | Decision::Reject | Decision::Dispute, Some(_)) => {
            Err(Refused::invalid("Only resolve has an `outcome`."))
        }
        _ => Ok(Body {
            reason: reason.to_owned(),
            ..body
        }),
    }
}
