//! Why operating an environment did not work: what was attempted, on what, why, what to do next, and the exit code.

use crate::ports::{ServiceError, Trouble};
use crate::validate::Validation;
use contracts::InvoiceId;
use std::fmt;

/// A place in a document, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A failed operation.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// A file that can't become anything that can be sent.
    #[error("{}: {reason}", at(name, *place))]
    Unreadable {
        /// The file, as the user named it.
        name: String,
        /// Where in it, when that is known.
        place: Option<Place>,
        /// Why.
        reason: String,
        /// What to do.
        help: String,
    },
    /// The document was judged before sending, and breaks rules.
    #[error("{name} breaks {} of the rules that it is held to; it was not sent", validation.fatal_count())]
    BreaksRules {
        /// The file.
        name: String,
        /// What it breaks.
        validation: Validation,
    },
    /// A text that is no invoice id.
    #[error("`{text}` is no invoice id")]
    NotAnId {
        /// The text.
        text: String,
    },
    /// Neither an invoice nor a vendor has this id, as far as the caller may see.
    #[error("there is neither an invoice nor a vendor {id} in this environment")]
    NothingThere {
        /// The id.
        id: String,
    },
    /// No invoice has this id.
    #[error("there is no invoice {id} in this environment")]
    NoSuchInvoice {
        /// The id.
        id: InvoiceId,
    },
    /// What was asked for does not fit the kind of thing that is sent.
    #[error("{name} is {kind}: {reason}")]
    DoesNotFit {
        /// The file.
        name: String,
        /// What it is.
        kind: &'static str,
        /// Why not.
        reason: String,
    },
    /// The API refused the request for good.
    #[error("the API refused {subject}: {title} (HTTP {status}, {code})")]
    Refused {
        /// What was submitted.
        subject: String,
        /// HTTP status.
        status: u16,
        /// The problem's code.
        code: String,
        /// The problem in one sentence.
        title: String,
        /// What to do, as the API says.
        detail: String,
    },
    /// The same request is still in flight.
    #[error("{subject} is being submitted by another run")]
    Busy {
        /// What was submitted.
        subject: String,
    },
    /// The API failed, or can't be reached; nothing was accepted as far as can be told.
    #[error("submitting {subject} to {url} failed: {reason}")]
    ApiFailed {
        /// What was submitted.
        subject: String,
        /// Where to.
        url: String,
        /// Why.
        reason: String,
    },
    /// The request was sent and its answer is unknown.
    #[error("{subject} was sent and the answer was lost: {reason}")]
    AnswerLost {
        /// What was submitted.
        subject: String,
        /// Why.
        reason: String,
    },
    /// An answer of the API that is not what its contract says.
    #[error("the API's answer about {subject} is not understood: {reason}")]
    OddAnswer {
        /// What was submitted.
        subject: String,
        /// What is odd.
        reason: String,
    },
    /// The vendor's profile exists and is not onboarded.
    #[error(
        "vendor {id} was registered and is not onboarded: VAT id {vat_check}, IBAN {iban_check}"
    )]
    NotOnboarded {
        /// The vendor.
        id: String,
        /// Finding of the VAT id's check.
        vat_check: String,
        /// Finding of the IBAN's check.
        iban_check: String,
    },
    /// The time to wait is over and what is waited for has not happened.
    #[error("{subject} {state} after {seconds} s; it goes on without us")]
    StillGoing {
        /// What is waited for, e.g. `invoice 6f..`.
        subject: String,
        /// How it stands, e.g. `is in state PAYING`.
        state: String,
        /// How long we waited.
        seconds: u64,
        /// The command that goes on waiting.
        again: String,
    },
    /// The bus did not take an event.
    #[error("the bus refused {subject}: {code}: {message}")]
    EventRefused {
        /// The event.
        subject: String,
        /// The service's code.
        code: String,
        /// The service's words.
        message: String,
    },
    /// A service call failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

fn at(name: &str, place: Option<Place>) -> String {
    place.map_or_else(|| name.to_owned(), |place| format!("{name}:{place}"))
}

impl Failure {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Failure::Unreadable { .. } => "unreadable",
            Failure::BreaksRules { .. } => "breaks-rules",
            Failure::NotAnId { .. } => "not-an-id",
            Failure::NoSuchInvoice { .. } => "no-such-invoice",
            Failure::NothingThere { .. } => "no-such-id",
            Failure::DoesNotFit { .. } => "does-not-fit",
            Failure::Refused { .. } => "refused",
            Failure::Busy { .. } => "busy",
            Failure::ApiFailed { .. } => "api-failed",
            Failure::AnswerLost { .. } => "answer-lost",
            Failure::OddAnswer { .. } => "odd-answer",
            Failure::NotOnboarded { .. } => "not-onboarded",
            Failure::StillGoing { .. } => "still-going",
            Failure::EventRefused { .. } => "event-refused",
            Failure::Service(_) => "service-failed",
        }
    }

    /// The program's exit code for it.
    #[must_use]
    pub const fn exit(&self) -> u8 {
        match self {
            Failure::Unreadable { .. }
            | Failure::BreaksRules { .. }
            | Failure::NotAnId { .. }
            | Failure::NoSuchInvoice { .. }
            | Failure::NothingThere { .. }
            | Failure::DoesNotFit { .. }
            | Failure::Refused { .. } => 3,
            Failure::AnswerLost { .. } | Failure::StillGoing { .. } => 5,
            Failure::Busy { .. } => 6,
            Failure::ApiFailed { .. }
            | Failure::OddAnswer { .. }
            | Failure::NotOnboarded { .. }
            | Failure::EventRefused { .. }
            | Failure::Service(_) => 1,
        }
    }

    /// What it is about: a file, an id, a resource.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Failure::Unreadable { name, place, .. } => at(name, *place),
            Failure::BreaksRules { name, .. } | Failure::DoesNotFit { name, .. } => name.clone(),
            Failure::NotAnId { text } => text.clone(),
            Failure::NoSuchInvoice { id } => id.to_string(),
            Failure::NotOnboarded { id, .. } | Failure::NothingThere { id } => id.clone(),
            Failure::Refused { subject, .. }
            | Failure::Busy { subject }
            | Failure::ApiFailed { subject, .. }
            | Failure::AnswerLost { subject, .. }
            | Failure::OddAnswer { subject, .. }
            | Failure::StillGoing { subject, .. }
            | Failure::EventRefused { subject, .. } => subject.clone(),
            Failure::Service(error) => error.subject.clone(),
        }
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Failure::Unreadable { help, .. } => help.clone(),
            Failure::BreaksRules { .. } => {
                "correct the document, or send it without --check: it is then submitted and ends REJECTED".to_owned()
            }
            Failure::NotAnId { .. } => {
                "an invoice id is the UUID that `provision send` prints".to_owned()
            }
            Failure::NoSuchInvoice { id } => format!(
                "check the id and --env; if it was submitted just now, wait for it with `provision trace {id} --follow`"
            ),
            Failure::NothingThere { .. } => {
                "check the id, --env and --profile: who is not staff sees its own vendor and invoices only".to_owned()
            }
            Failure::DoesNotFit { .. } => {
                "leave the flag out, or send an invoice document".to_owned()
            }
            Failure::Refused { status, detail, .. } => refused_help(*status, detail),
            Failure::Busy { .. } => {
                "wait for the other run, then run the same command again: the same bytes give the same id".to_owned()
            }
            Failure::ApiFailed { .. } => {
                "check that the environment is up (`provision diff`; on the local cloud `provision local status`), then run the same command again".to_owned()
            }
            Failure::AnswerLost { .. } => {
                "run the same command again: the same bytes give the same id and are accepted once".to_owned()
            }
            Failure::OddAnswer { .. } => {
                "the deployed API may be of another version: run `provision up` for this environment".to_owned()
            }
            Failure::NotOnboarded { .. } => {
                "correct the registration's identifiers and register again with `provision send REGISTRATION.json`, or set `vendor_checks: warn` in the environment file".to_owned()
            }
            Failure::StillGoing { again, .. } => format!("go on waiting with `{again}`"),
            Failure::EventRefused { .. } => {
                "check the event's `source`, `detail-type` and size (256 KB), then send it again".to_owned()
            }
            Failure::Service(error) => match error.trouble {
                Trouble::Denied => "use credentials that may do this (--profile, or `role_arn` in the environment file)".to_owned(),
                Trouble::Absent => "the environment is not deployed here: check --env, the account and the region, or run `provision up`".to_owned(),
                Trouble::Unavailable => "run the same command again".to_owned(),
                Trouble::Other => "see the service's words above; `-v` shows the call".to_owned(),
            },
        }
    }
}

fn refused_help(status: u16, detail: &str) -> String {
    if !detail.is_empty() {
        return detail.to_owned();
    }
    match status {
        401 | 403 => "use credentials that may call this API (--profile, or `role_arn` in the environment file)",
        413 => "the document is too large for the API",
        _ => "correct the document and send it again",
    }
    .to_owned()
}
