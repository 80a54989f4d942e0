//! The tasks of the state machine of decisions: what an execution is begun with, and what each task gets and gives.
//!
//! An execution's data names the invoice and nothing of its content; a task token is in no type here: it goes from the state
//! machine to the handler beside the input, and rests sealed in the approval's item only.
//!
//! What a task gives the state machine says where to go; what was decided is read from the approval's item alone:
//!
//! - `AskDecision` fails with [`faults::OVERTAKEN`] when there is nothing to ask any more (the turn is decided already, or the
//!   invoice moved on). That and `States.Timeout` lead to `RemindDecision`; any other failure that retries don't mend ends the
//!   execution as failed, to be begun again with the same input under another name.
//! - `RemindDecision` gives `decided` with the verdict (go on as if the token had been answered so), or `again` (ask again, the
//!   same turn), or neither: the time is up, or the invoice moved on; then `ConcludeDecision` with [`Ending::Timeout`].
//!   Disputes and failed payments are asked about again for ever: no debt ends because nobody answered.
//! - `ConcludeDecision` carries out what is recorded, whatever the input says, and does nothing when the invoice moved on.

use crate::envelope::Cause;
use crate::ids::{InvoiceId, VendorId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A task of the state machine. Implemented by the declarations here only.
pub trait Task: std::fmt::Debug + Send + Sync + 'static {
    /// What it gets.
    type Input: Serialize + DeserializeOwned + Send;
    /// What it gives; for a callback, what the answer to its token gives.
    type Output: Serialize + DeserializeOwned + Send;
    /// Name and kind as data.
    const SPEC: TaskSpec;
}

/// A task as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskSpec {
    /// Its name: the field `task` of the payload.
    pub name: &'static str,
    /// One sentence for people.
    pub meaning: &'static str,
    /// Whether the state machine waits until its token is answered.
    pub callback: bool,
}

/// What the function of a task is invoked with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskCall<I> {
    /// The task's name.
    pub task: String,
    /// What it gets.
    pub input: I,
    /// The token to be answered, of callbacks. Never logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Why an invoice waits for people: the branch that an execution takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Waiting {
    /// AWAITING_APPROVAL: the amount, or the kind of document, is not approved automatically.
    Approval,
    /// DISPUTED.
    Dispute,
    /// PAYMENT_FAILED: a further attempt, or the end.
    PaymentFailed,
}

/// What an execution is begun with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionRequest {
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// Its seller.
    pub vendor_id: VendorId,
    /// The version that waits: a decision about an older one is void.
    pub version: u64,
    /// Why it waits.
    pub waiting: Waiting,
    /// How many different people must agree: 1 or 2.
    pub approvers: u8,
    /// What the conclusion's events inherit.
    pub cause: Cause,
}

impl DecisionRequest {
    /// The execution's name: begun twice, it is one execution. At most 80 characters (Step Functions).
    #[must_use]
    pub fn execution_name(&self) -> String {
        format!("{}-{}", self.invoice_id, self.version)
    }

    /// The names under which it is begun, in this order: each further one when the execution of the one before died. A name that
    /// was used up can't be used again (Step Functions, for 90 days), and what keeps dying is for people.
    pub fn execution_names(&self) -> impl Iterator<Item = String> {
        let first = self.execution_name();
        let further: Vec<_> = (2..=BEGINNINGS).map(|n| format!("{first}-{n}")).collect();
        std::iter::once(first).chain(further)
    }
}

/// How often a decision is begun at the most.
const BEGINNINGS: u32 = 10;

/// Whose turn it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Turn {
    /// The only, or the first, approver.
    First,
    /// The second approver.
    Second,
}

/// What a person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is to be paid: approved, resolved in favour of paying, or tried again.
    Approve,
    /// It is not to be paid.
    Reject,
    /// Something must be cleared up first. Only of an invoice that awaits approval.
    Dispute,
}

/// Puts an invoice before people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ask {
    /// What the execution was begun with.
    pub request: DecisionRequest,
    /// Whose turn it is.
    pub turn: Turn,
}

/// The answer to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// What the person decided.
    pub verdict: Verdict,
}

/// What a reminder found: a decision that was recorded but never reached the token, if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reminded {
    /// Whether a decision is recorded for this turn.
    pub decided: bool,
    /// It; `null` when there is none.
    pub verdict: Option<Verdict>,
    /// Whether people may be reminded once more; else the time is up.
    pub again: bool,
}

/// How an execution ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// Everybody who had to agree did.
    Approve,
    /// Somebody declined.
    Reject,
    /// Somebody disputes.
    Dispute,
    /// Nobody decided in time.
    Timeout,
}

/// Carries out what was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conclude {
    /// What the execution was begun with.
    pub request: DecisionRequest,
    /// How it ends.
    pub ending: Ending,
}

/// What a failed task calls its failure: the `errorType` of the function's answer, which the state machine's `Retry` and
/// `Catch` name.
pub mod faults {
    /// A resource did not answer, or refused for now.
    pub const UNAVAILABLE: &str = "Unavailable";
    /// Somebody else kept changing the aggregate.
    pub const STALE: &str = "Stale";
    /// The change is committed and its events are not all published; the sweeper will, at the latest.
    pub const UNPUBLISHED: &str = "Unpublished";
    /// It came before what it builds on.
    pub const PREMATURE: &str = "Premature";
    /// What it is asked for has been overtaken: the turn is decided, or the invoice moved on. The reminder says what stands.
    pub const OVERTAKEN: &str = "Overtaken";
    /// Another delivery took the work over.
    pub const TAKEN_OVER: &str = "TakenOver";
    /// A permanent record stands against it.
    pub const CONFLICT: &str = "Conflict";
    /// What is stored is not what was promised.
    pub const CORRUPT: &str = "Corrupt";
    /// The lifecycle has no such step.
    pub const ILLEGAL: &str = "Illegal";
    /// The input does not fit the task.
    pub const MISFIT: &str = "Misfit";
    /// The program has a fault.
    pub const PANICKED: &str = "Panicked";

    /// Those that trying again may mend. Beside them a `Retry` names Lambda's own.
    pub const RETRIED: [&str; 3] = [UNAVAILABLE, STALE, UNPUBLISHED];
}

macro_rules! tasks {
    ($($(#[doc = $doc:literal])+ $name:ident($input:ty) -> $output:ty, callback: $callback:literal;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}
        impl Task for $name {
            type Input = $input;
            type Output = $output;
            const SPEC: TaskSpec = TaskSpec {
                name: stringify!($name),
                meaning: concat!($($doc),+),
                callback: $callback,
            };
        }
    )+};
}

tasks! {
    /// Puts an invoice before people and waits for their answer.
    AskDecision(Ask) -> Answer, callback: true;
    /// Reminds people when their time is up, and finds a decision whose answer got lost.
    RemindDecision(Ask) -> Reminded, callback: false;
    /// Moves the invoice on as it was decided.
    ConcludeDecision(Conclude) -> (), callback: false;
}
