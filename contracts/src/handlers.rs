//! Every handler, declared once: what it consumes, what it may emit, what it needs.
//!
//! One declaration yields the marker impls that the compiler checks (`Consumes`, `Emits`, `Needs`) and the const
//! [`HandlerSpec`] that the stack enumerates.

use crate::catalog::{Event, EventSpec};
use crate::events::*;
use crate::needs::*;

/// A Lambda handler of the system.
pub trait Handler: Send + Sync + 'static {
    /// The declaration as data.
    const SPEC: HandlerSpec;
}

/// The handler consumes this event.
pub trait Consumes<E: Event>: Handler {}
/// The handler may publish this event.
pub trait Emits<E: Event>: Handler {}
/// The handler has this need.
pub trait Needs<N: NeedType>: Handler {}

/// A handler as data.
#[derive(Debug, Clone, Copy)]
pub struct HandlerSpec {
    /// Prefix of its logical ids, e.g. `InvoiceValidation`.
    pub id: &'static str,
    /// Package, binary and producer name, e.g. `invoice-validation`.
    pub name: &'static str,
    /// One sentence for people.
    pub purpose: &'static str,
    /// What it is invoked with.
    pub input: Input,
    /// What it may publish.
    pub emits: &'static [EventSpec],
    /// What it needs.
    pub needs: &'static [DeclaredNeed],
    /// Function timeout in seconds; below 50 for asynchronous handlers, whose first retry comes after a minute (R12).
    pub timeout_seconds: u32,
    /// Function memory in MiB.
    pub memory_mib: u32,
}

/// What a handler is invoked with.
#[derive(Debug, Clone, Copy)]
pub enum Input {
    /// Requests of the API.
    Api(&'static [ApiRoute]),
    /// Events of the bus, however a lane delivers them.
    Events(&'static [EventSpec]),
}

/// A route of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiRoute {
    /// HTTP method.
    pub method: &'static str,
    /// Path with `{parameters}`.
    pub path: &'static str,
}

impl ApiRoute {
    const fn new(method: &'static str, path: &'static str) -> Self {
        Self { method, path }
    }

    /// API Gateway's route key, e.g. `POST /invoices`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

impl HandlerSpec {
    /// `source` of the events that it publishes.
    #[must_use]
    pub fn source(&self) -> String {
        format!("{}{}", crate::envelope::SOURCE_PREFIX, self.name)
    }

    /// Whether it declares a need.
    #[must_use]
    pub fn has(&self, need: Need) -> bool {
        self.needs.iter().any(|declared| declared.need == need)
    }
}

macro_rules! handlers {
    (@input on [$($event:ident),+]) => { Input::Events(&[$(<$event as Event>::SPEC),+]) };
    (@input api [$($method:ident $path:literal),+]) => { Input::Api(&[$(ApiRoute::new(stringify!($method), $path)),+]) };
    (@consumes $id:ident on [$($event:ident),+]) => { $(impl Consumes<$event> for $id {})+ };
    (@consumes $id:ident api [$($any:tt)+]) => {};
    ($($(#[doc = $doc:literal])+ $id:ident {
        name: $name:literal,
        $kind:ident: [$($input:tt)+],
        emits: [$($emit:ident),*],
        needs: [$($need:ident),*],
        timeout: $timeout:literal,
        memory: $memory:literal,
    })+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, Copy)]
            pub enum $id {}
            impl Handler for $id {
                const SPEC: HandlerSpec = HandlerSpec {
                    id: stringify!($id),
                    name: $name,
                    purpose: concat!($($doc),+),
                    input: handlers!(@input $kind [$($input)+]),
                    emits: &[$(<$emit as Event>::SPEC),*],
                    needs: &[$(DeclaredNeed::of::<$need>()),*],
                    timeout_seconds: $timeout,
                    memory_mib: $memory,
                };
            }
            handlers!(@consumes $id $kind [$($input)+]);
            $(impl Emits<$emit> for $id {})*
            $(impl Needs<$need> for $id {})*
        )+

        /// Every handler of the system.
        pub const ALL_HANDLERS: &[HandlerSpec] = &[$(<$id as Handler>::SPEC),+];
    };
}

handlers! {
    /// Takes vendors and invoices in over the API, and answers where they stand.
    Portal {
        name: "portal",
        api: [
            POST "/vendors", GET "/vendors/{vendorId}",
            POST "/invoices", GET "/invoices/{invoiceId}"
        ],
        emits: [VendorRegistered, InvoiceSubmitted],
        needs: [ReadVendors, ReadInvoices, WriteInvoiceDocuments, WriteRegistrations],
        timeout: 29,
        memory: 512,
    }
    /// Checks a registration and creates or changes the vendor's profile.
    VendorRegistration {
        name: "vendor-registration",
        on: [VendorRegistered],
        emits: [VendorOnboarded],
        needs: [ReadVendors, WriteVendors, ReadRegistrations, ReadPolicy],
        timeout: 20,
        memory: 256,
    }
    /// Stores a submitted document as an invoice, once, and rejects other content under the same number.
    InvoiceIntake {
        name: "invoice-intake",
        on: [InvoiceSubmitted],
        emits: [InvoiceReceived, InvoiceRejected],
        needs: [ReadInvoices, WriteInvoices],
        timeout: 20,
        memory: 256,
    }
    /// Judges the document by the business rules of the profile that it declares.
    InvoiceValidation {
        name: "invoice-validation",
        on: [InvoiceReceived],
        emits: [InvoiceValidated, InvoiceRejected],
        needs: [ReadInvoices, WriteInvoices, ReadInvoiceDocuments],
        timeout: 30,
        memory: 1024,
    }
    /// Decides whether a valid invoice is paid, credited, disputed, rejected or put before people.
    Compliance {
        name: "compliance",
        on: [InvoiceValidated],
        emits: [InvoiceApproved, InvoiceApprovalRequested, InvoiceRejected, InvoiceCredited, InvoicePaid, InvoiceDisputed],
        needs: [ReadInvoices, WriteInvoices, ReadVendors, ReadPolicy],
        timeout: 20,
        memory: 256,
    }
    /// Pays an approved invoice exactly once, to the account that the vendor had when it was approved.
    Payment {
        name: "payment",
        on: [InvoiceApproved],
        emits: [InvoicePaid, PaymentFailed, InvoiceDisputed],
        needs: [ReadInvoices, WriteInvoices, ReadVendors, ReadInstructions, WriteInstructions],
        timeout: 30,
        memory: 256,
    }
    /// Tells a vendor how its invoice ended.
    Notification {
        name: "notification",
        on: [InvoicePaid, InvoiceCredited, InvoiceRejected, PaymentFailed],
        emits: [],
        needs: [ReadInvoices, WriteInvoices, SendNotices],
        timeout: 20,
        memory: 256,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::TRANSITIONS;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_ids_are_unique() {
        let names: BTreeSet<_> = ALL_HANDLERS.iter().map(|h| h.name).collect();
        let ids: BTreeSet<_> = ALL_HANDLERS.iter().map(|h| h.id).collect();
        assert_eq!(
            (names.len(), ids.len()),
            (ALL_HANDLERS.len(), ALL_HANDLERS.len())
        );
    }

    #[test]
    fn r12_asynchronous_handlers_end_before_the_first_retry() {
        for handler in ALL_HANDLERS {
            assert!(handler.timeout_seconds < 50, "{}", handler.name);
        }
    }

    #[test]
    fn every_consumed_event_has_a_producer() {
        let emitted: BTreeSet<_> = ALL_HANDLERS
            .iter()
            .flat_map(|h| h.emits)
            .map(|e| e.name)
            .collect();
        for handler in ALL_HANDLERS {
            if let Input::Events(events) = handler.input {
                for event in events {
                    assert!(
                        emitted.contains(event.name),
                        "{} waits for {} in vain",
                        handler.name,
                        event.name
                    );
                }
            }
        }
    }

    #[test]
    fn every_invoice_event_that_a_handler_emits_announces_a_legal_step() {
        let announced: BTreeSet<_> = TRANSITIONS.iter().filter_map(|t| t.announces).collect();
        let requests = ["VendorRegistered", "VendorOnboarded", "InvoiceSubmitted"];
        for event in ALL_HANDLERS.iter().flat_map(|h| h.emits) {
            assert!(
                announced.contains(event.name) || requests.contains(&event.name),
                "{}",
                event.name
            );
        }
    }
}
