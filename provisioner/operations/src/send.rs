//! Submitting something to an environment: read it, judge it if asked, register its seller if asked, submit, follow.

use crate::event::EventEntry;
use crate::failure::Failure;
use crate::follow::{Follow, Presence, follow};
use crate::portal::{submission, submit};
use crate::ports::{Bus, BusAnswer, InvoiceItems, Pace, PortalApi};
use crate::recognise::{Kind, Submission, recognise};
use crate::timeline::{Entry, Trace};
use crate::validate::judged;
use crate::vendor::{account_waits, register, register_and_wait, standing, until_onboarded};
use contracts::events::DocumentFormat;
use contracts::{State, VendorId};
use documents::Document;
use serde::Serialize;
use std::time::Duration;

/// What to do beside submitting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SendOptions {
    /// Judge the invoice first, and submit it only if it breaks no rule.
    pub check: bool,
    /// Register the invoice's seller first, and wait until it is onboarded.
    pub register_vendor: bool,
    /// Follow what was submitted to its end.
    pub follow: Option<Follow>,
}

/// What was submitted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sent {
    /// What it was.
    pub kind: Kind,
    /// Id of the vendor, the invoice or the event.
    pub id: String,
    /// The chain that it belongs to; `null` for an event that carries none.
    pub correlation_id: Option<String>,
    /// It had been submitted before; nothing new was made.
    pub duplicate: bool,
    /// The registration asks for another account than the vendor's: it waits for a second person (R26).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub account_change_pending: bool,
    /// How it ended, when it was followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

impl Sent {
    /// The program's exit code: 1 when it was followed to REJECTED or PAYMENT_FAILED.
    #[must_use]
    pub fn exit(&self) -> u8 {
        let status = self.trace.as_ref().map(|trace| trace.status);
        u8::from(matches!(
            status,
            Some(State::Rejected | State::PaymentFailed)
        ))
    }
}

/// What happens meanwhile, for whoever watches.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// The invoice's seller is being registered.
    RegisteringSeller {
        /// The vendor's id.
        vendor_id: &'a str,
    },
    /// The seller is onboarded.
    SellerOnboarded {
        /// The vendor's id.
        vendor_id: &'a str,
        /// It was onboarded before, and was left as it is.
        before: bool,
    },
    /// Another account than the vendor's is asked for, and waits for a second person.
    AccountWaits {
        /// The vendor's id.
        vendor_id: &'a str,
    },
    /// It was accepted.
    Accepted(&'a Sent),
    /// Something happened to the invoice that is followed.
    Entry(&'a Entry),
}

/// Submits a file's bytes. `name` is the file as the user named it, for messages.
///
/// # Errors
/// [`Failure`]; nothing was written when its exit code is 3.
pub async fn send<W>(
    world: &W,
    name: &str,
    bytes: Vec<u8>,
    options: SendOptions,
    tell: &mut dyn FnMut(Progress<'_>),
) -> Result<Sent, Failure>
where
    W: PortalApi + InvoiceItems + Bus + Pace,
{
    let submission = recognise(name, &bytes)?;
    refuse_what_does_not_fit(name, &submission, options)?;
    match submission {
        Submission::Invoice(document) => {
            let media_type = media_type(&document);
            if options.check {
                check(name, &document)?;
            }
            if options.register_vendor {
                register_seller(world, name, &document, tell).await?;
            }
            // The parsed document can be large; it has done its work.
            drop(document);
            let subject = format!("the invoice document {name}");
            let request = self::submission("/invoices", media_type, bytes);
            let accepted = submit(world, &subject, &request).await?;
            let sent = Sent {
                kind: Kind::Invoice,
                id: accepted.id,
                correlation_id: accepted.correlation_id,
                duplicate: accepted.replayed,
                account_change_pending: false,
                trace: None,
            };
            tell(Progress::Accepted(&sent));
            let invoice = sent.id.clone();
            followed(world, &invoice, sent, options, tell).await
        }
        Submission::Vendor(registration) => {
            // What identifies no vendor is the API's to refuse.
            let vendor = registration.identity().as_ref().map(VendorId::of);
            send_registration(world, name, (vendor, bytes), options, tell).await
        }
        Submission::Event(entry) => {
            let sent = put_event(world, &entry).await?;
            tell(Progress::Accepted(&sent));
            match entry.invoice_id {
                Some(id) => followed(world, &id.to_string(), sent, options, tell).await,
                None => Ok(sent),
            }
        }
    }
}

fn refuse_what_does_not_fit(
    name: &str,
    submission: &Submission,
    options: SendOptions,
) -> Result<(), Failure> {
    let does_not_fit = |kind, reason: &str| {
        Err(Failure::DoesNotFit {
            name: name.to_owned(),
            kind,
            reason: reason.to_owned(),
        })
    };
    let (kind, event) = match submission {
        Submission::Invoice(_) => return Ok(()),
        Submission::Vendor(_) => ("a vendor registration", None),
        Submission::Event(entry) => ("an event", Some(entry)),
    };
    if options.register_vendor {
        return does_not_fit(kind, "--register-vendor needs an invoice document");
    }
    if options.check {
        return does_not_fit(kind, "--check needs an invoice document");
    }
    match event {
        Some(entry) if options.follow.is_some() && entry.invoice_id.is_none() => {
            does_not_fit(kind, "--follow needs `metadata.invoiceId` in its detail")
        }
        _ => Ok(()),
    }
}

fn media_type(document: &Document) -> &'static str {
    match document.format() {
        DocumentFormat::Json | DocumentFormat::Registration => "application/json",
        _ => "application/xml",
    }
}

fn check(name: &str, document: &Document) -> Result<(), Failure> {
    let validation = judged(document);
    if validation.fatal_count() == 0 {
        return Ok(());
    }
    Err(Failure::BreaksRules {
        name: name.to_owned(),
        validation,
    })
}

/// Registers the seller of an invoice unless it is onboarded already. An onboarded vendor is never registered again from
/// an invoice: its bank details must not follow whatever the next document asks for (R26).
async fn register_seller(
    api: &(impl PortalApi + Pace),
    name: &str,
    document: &Document,
    tell: &mut dyn FnMut(Progress<'_>),
) -> Result<(), Failure> {
    let vendor_id = document.vendor_id().to_string();
    let before = standing(api, &vendor_id).await?;
    let onboarded = before.as_ref().is_some_and(|profile| profile.onboarded);
    if !onboarded {
        let registration = document.registration().map_err(|gap| Failure::DoesNotFit {
            name: name.to_owned(),
            kind: "an invoice document",
            reason: gap.to_string(),
        })?;
        tell(Progress::RegisteringSeller {
            vendor_id: &vendor_id,
        });
        register_and_wait(api, &registration, before.as_ref()).await?;
    }
    tell(Progress::SellerOnboarded {
        vendor_id: &vendor_id,
        before: onboarded,
    });
    Ok(())
}

async fn send_registration(
    api: &(impl PortalApi + Pace),
    name: &str,
    (vendor, bytes): (Option<VendorId>, Vec<u8>),
    options: SendOptions,
    tell: &mut dyn FnMut(Progress<'_>),
) -> Result<Sent, Failure> {
    let before = match vendor {
        Some(id) => standing(api, &id.to_string()).await?,
        None => None,
    };
    let accepted = register(api, name, bytes, before.as_ref()).await?;
    let mut sent = Sent {
        kind: Kind::Vendor,
        id: accepted.id.clone(),
        correlation_id: accepted.correlation_id.clone(),
        duplicate: accepted.replayed,
        account_change_pending: false,
        trace: None,
    };
    tell(Progress::Accepted(&sent));
    if options.follow.is_some() {
        until_onboarded(api, &accepted, None).await?;
        tell(Progress::SellerOnboarded {
            vendor_id: &sent.id,
            before: sent.duplicate,
        });
    }
    if account_waits(api, &accepted, before.as_ref()).await {
        sent.account_change_pending = true;
        tell(Progress::AccountWaits {
            vendor_id: &sent.id,
        });
    }
    Ok(sent)
}

async fn followed(
    source: &(impl InvoiceItems + Pace),
    invoice: &str,
    sent: Sent,
    options: SendOptions,
    tell: &mut dyn FnMut(Progress<'_>),
) -> Result<Sent, Failure> {
    let Some(how) = options.follow else {
        return Ok(sent);
    };
    let mut entries = |entry: &Entry| tell(Progress::Entry(entry));
    let trace = follow(source, invoice, Presence::Expected, how, &mut entries).await?;
    Ok(Sent {
        trace: Some(trace),
        ..sent
    })
}

const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Puts an event onto the bus; an entry that was refused for now is sent again by itself (R25).
async fn put_event(bus: &(impl Bus + Pace), entry: &EventEntry) -> Result<Sent, Failure> {
    let mut pause = FIRST_PAUSE;
    let mut tries = 1;
    loop {
        match bus.put(entry).await? {
            BusAnswer::Taken { event_id } => {
                return Ok(Sent {
                    kind: Kind::Event,
                    id: entry.event_id.clone().unwrap_or(event_id),
                    correlation_id: entry.correlation_id.clone(),
                    duplicate: false,
                    account_change_pending: false,
                    trace: None,
                });
            }
            BusAnswer::Refused { code, message } => {
                let for_now = matches!(
                    code.as_str(),
                    "ThrottlingException" | "InternalFailure" | "InternalException"
                );
                if !for_now || tries == TRIES {
                    return Err(Failure::EventRefused {
                        subject: format!("event {} of {}", entry.detail_type, entry.source),
                        code,
                        message,
                    });
                }
            }
        }
        bus.pause(pause).await;
        tries += 1;
        pause *= 2;
    }
}
