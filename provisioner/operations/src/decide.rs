//! A person's decision on something that waits: sent under a key of this run of the program, and sent again while its question
//! is still on its way.
//!
//! Who decides is whoever the request is signed by (R27); nothing here names a person.

use crate::failure::Failure;
use crate::portal::{exchange, exchange_while, lookup, problem_code, refused, worth_retrying};
use crate::ports::{ApiRequest, ApiResponse, Method, Pace, PortalApi};
use crate::vendor;
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

/// What is decided about, and where its decisions go.
struct Subject {
    name: String,
    path: String,
    /// The version that a vendor was found at: an account that is asked for later is not decided about (R26).
    version: Option<u64>,
}

/// What a person wants to decide, in one run of the program.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Id of an invoice, or of a vendor whose changed account waits.
    pub id: &'a str,
    /// What is decided.
    pub decision: Decision,
    /// Why, in the person's words.
    pub reason: &'a str,
    /// What tells this run from any other: however often its request is sent, it is one decision. Another run is another
    /// one, which may be refused though the first was taken, or be about what came after it.
    pub run: &'a str,
}

/// Decides about an invoice, or about a vendor's changed account, whichever the id is of.
///
/// # Errors
/// [`Failure`]: exit code 3 when the id is of nothing, nothing waits, or this person may not decide it.
pub async fn decide<W>(world: &W, wanted: Wanted<'_>) -> Result<Decided, Failure>
where
    W: PortalApi + Pace,
{
    let subject = subject(world, wanted.id.trim()).await?;
    let request = request(&subject, wanted);
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
    let found = |kind: &str, version| Subject {
        name: format!("the decision on {kind} {id}"),
        path: format!("/{kind}s/{id}/decisions"),
        version,
    };
    let invoice = lookup(format!("/invoices/{id}"));
    let answer = exchange(api, &format!("invoice {id}"), &invoice).await?;
    if answer.status != 404 {
        return Ok(found("invoice", None));
    }
    match vendor::standing(api, id).await? {
        Some(standing) => Ok(found("vendor", Some(standing.version))),
        None => Err(Failure::NothingThere { id: id.to_owned() }),
    }
}

fn request(subject: &Subject, wanted: Wanted<'_>) -> ApiRequest {
    let mut body = wanted.decision.body(wanted.reason);
    if let Some(version) = subject.version {
        body["version"] = version.into();
    }
    let body = body.to_string();
    let scope = format!("{}\n{}\n{body}", subject.path, wanted.run);
    ApiRequest {
        method: Method::Post,
        path: subject.path.clone(),
        headers: BTreeMap::from([
            ("content-type", "application/json".to_owned()),
            (
                "idempotency-key",
                Sha256Hex::of(scope.as_bytes()).to_string(),
            ),
            ("accept", "application/json".to_owned()),
        ]),
        body: body.into_bytes(),
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
