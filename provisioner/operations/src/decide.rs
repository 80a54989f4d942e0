//! A person's decision on something that waits: found, sent under a key of its own, and sent again while its question is still
//! on its way.
//!
//! Who decides is whoever the request is signed by (R27); nothing here names a person.

use crate::failure::Failure;
use crate::portal::{exchange, exchange_while, lookup, problem_code, refused, worth_retrying};
use crate::ports::{ApiRequest, ApiResponse, Method, Pace, PortalApi};
use contracts::InvoiceId;
use contracts::events::DisputeOutcome;
use contracts::ids::Sha256Hex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a question is waited for that has not been asked yet.
const ASKING: Duration = Duration::from_secs(20);

/// What a person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Pay it, try its payment again, or take the vendor's changed account.
    Approve,
    /// Don't.
    Reject,
    /// Clear something up first.
    Dispute,
    /// End a dispute.
    Resolve(DisputeOutcome),
}

impl Decision {
    const fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Dispute => "dispute",
            Self::Resolve(_) => "resolve",
        }
    }

    fn body(self, reason: &str) -> Value {
        let mut body = json!({ "decision": self.word(), "reason": reason });
        if let Self::Resolve(outcome) = self {
            body["outcome"] = json!(outcome);
        }
        body
    }
}

/// A decision that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Of the invoice or the vendor.
    pub id: String,
    /// What was decided: approve, reject, dispute or resolve.
    pub decision: String,
    /// Who decided, as the API authenticated them.
    pub by: String,
    /// Where the invoice or the vendor stood then; what the decision leads to follows.
    pub status: String,
    /// What else must happen before it is carried out; `null` when nothing.
    pub waiting_for: Option<String>,
}

impl Decided {
    /// In one line, for people.
    #[must_use]
    pub fn text(&self) -> String {
        let Self {
            id, decision, by, ..
        } = self;
        let rest = match self.waiting_for.as_deref() {
            Some("second-approver") => "another person must approve it, too".to_owned(),
            Some(other) => format!("it waits for {other}"),
            None => "it is carried out now".to_owned(),
        };
        format!("{decision} of {id} stands, by {by}; {rest}\n")
    }
}

/// What is decided about: where its decisions go, and the version that it has.
struct Subject {
    name: String,
    path: String,
    version: u64,
}

/// Decides about an invoice, or about a vendor's changed account, whichever the id is of. The same decision about the same
/// version is one, however often it is sent.
///
/// # Errors
/// [`Failure`]: exit code 3 when the id is of nothing, nothing waits, or this person may not decide it.
pub async fn decide<W>(
    world: &W,
    id: &str,
    decision: Decision,
    reason: &str,
) -> Result<Decided, Failure>
where
    W: PortalApi + Pace,
{
    let subject = subject(world, id.trim()).await?;
    let body = decision.body(reason).to_string().into_bytes();
    let request = request(&subject, body);
    let answer = exchange_while(world, &subject.name, &request, passes).await?;
    if answer.status == 404 {
        return Err(refused(&answer, &subject.name));
    }
    serde_json::from_slice(&answer.body).map_err(|why| Failure::OddAnswer {
        subject: subject.name,
        reason: format!(
            "no decision at line {}, column {}",
            why.line(),
            why.column()
        ),
    })
}

/// Finds what an id is of. Invoices' and vendors' ids look alike.
async fn subject(api: &(impl PortalApi + Pace), id: &str) -> Result<Subject, Failure> {
    if id.parse::<InvoiceId>().is_err() {
        return Err(Failure::NotAnId {
            text: id.chars().take(80).collect(),
        });
    }
    for kind in ["invoice", "vendor"] {
        let name = format!("{kind} {id}");
        let path = format!("/{kind}s/{id}");
        let answer = exchange(api, &name, &lookup(path.clone())).await?;
        if answer.status == 404 {
            continue;
        }
        let shown: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let Some(version) = shown.get("version").and_then(Value::as_u64) else {
            return Err(Failure::OddAnswer {
                subject: name,
                reason: "it shows no version".to_owned(),
            });
        };
        return Ok(Subject {
            name: format!("the decision on {name}"),
            path: format!("{path}/decisions"),
            version,
        });
    }
    Err(Failure::NothingThere { id: id.to_owned() })
}

/// The key is the decision's and the version's: an invoice whose payment fails again is decided about again, in the same words.
fn request(subject: &Subject, body: Vec<u8>) -> ApiRequest {
    let mut scope = format!("{}\n{}\n", subject.path, subject.version).into_bytes();
    scope.extend_from_slice(&body);
    ApiRequest {
        method: Method::Post,
        path: subject.path.clone(),
        headers: BTreeMap::from([
            ("content-type", "application/json".to_owned()),
            ("idempotency-key", Sha256Hex::of(&scope).to_string()),
            ("accept", "application/json".to_owned()),
        ]),
        body,
    }
}

/// Whether an answer passes by itself: a question that is still on its way does, for some time; what a rule forbids, and a
/// waiting time of hours, don't.
fn passes(answer: &ApiResponse, after: Duration) -> bool {
    if answer.status != 409 {
        return worth_retrying(answer.status);
    }
    match problem_code(answer).as_str() {
        "not-asked-yet" => after < ASKING,
        "not-waiting" => answer.headers.contains_key("retry-after") && after < ASKING,
        "request-in-flight" => true,
        _ => false,
    }
}
