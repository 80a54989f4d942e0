//! Every handler, declared once: what it consumes, what it may emit, what it needs.
//!
//! One declaration yields the marker impls that the compiler checks (`Consumes`, `Emits`, `Needs`) and the const
//! [`HandlerSpec`] that the stack enumerates.

use crate::catalog::{Event, EventSpec};
use crate::events::*;
use crate::needs::*;
use crate::tables::Table;
use crate::tasks::*;

/// A Lambda handler of the system.
pub trait Handler: Send + Sync + 'static {
    /// The declaration as data.
    const SPEC: HandlerSpec;
}

/// The handler consumes this event.
pub trait Consumes<E: Event>: Handler {}
/// The handler performs this task of the state machine.
pub trait Performs<T: Task>: Handler {}
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
    pub inputs: Inputs,
    /// What it may publish.
    pub emits: &'static [EventSpec],
    /// What it needs.
    pub needs: &'static [DeclaredNeed],
    /// Function timeout in seconds; below 50 for asynchronous handlers, whose first retry comes after a minute (R12).
    pub timeout_seconds: u32,
    /// Function memory in MiB.
    pub memory_mib: u32,
    /// Whether replayed events may reach it: only what is idempotent for good and has no effect outside its own rows (R11).
    pub replays: Replays,
}

/// Whether replayed events may reach a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replays {
    /// It has effects: rules keep replays away from it.
    Excluded,
    /// It only appends what is not there yet.
    Admitted,
}

/// What a handler is invoked with: any of these, each on its own.
#[derive(Debug, Clone, Copy)]
pub struct Inputs {
    /// Requests of the API.
    pub routes: &'static [ApiRoute],
    /// Events of the bus, however a lane delivers them.
    pub events: &'static [EventSpec],
    /// Changes of these tables, by their streams.
    pub changes: &'static [Table],
    /// A clock: every so many minutes.
    pub every_minutes: Option<u32>,
    /// Tasks of the state machine.
    pub tasks: &'static [TaskSpec],
}

/// One kind of work that a handler does, and what metrics, logs and alarms call it.
#[derive(Debug, Clone, Copy)]
pub enum Work {
    /// Answers a request.
    Route(ApiRoute),
    /// Consumes an event.
    Event(EventSpec),
    /// Follows the changes of a table.
    Changes(Table),
    /// Is woken by the clock.
    Tick,
    /// Performs a task.
    Task(TaskSpec),
}

impl Work {
    /// What metrics call the clock's work.
    pub const TICK: &str = "Tick";

    /// Its name in metrics, logs and alarms: an event's or task's name, a route's key, a table's logical id, `Tick`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Work::Route(route) => route.key(),
            Work::Event(event) => event.name.to_owned(),
            Work::Changes(table) => table.spec().logical_id.to_owned(),
            Work::Tick => Self::TICK.to_owned(),
            Work::Task(task) => task.name.to_owned(),
        }
    }
}

impl Inputs {
    /// Everything that there is to do, in the order of the declaration.
    pub fn work(&self) -> impl Iterator<Item = Work> + use<> {
        let Self {
            routes,
            events,
            changes,
            every_minutes,
            tasks,
        } = *self;
        let routes = routes.iter().copied().map(Work::Route);
        let events = events.iter().copied().map(Work::Event);
        let changes = changes.iter().copied().map(Work::Changes);
        let ticks = every_minutes.iter().map(|_| Work::Tick).collect::<Vec<_>>();
        let tasks = tasks.iter().copied().map(Work::Task);
        routes
            .chain(events)
            .chain(changes)
            .chain(ticks)
            .chain(tasks)
    }
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
    (@replays) => { Replays::Excluded };
    (@replays admitted) => { Replays::Admitted };
    (@every) => { None };
    (@every $minutes:literal) => { Some($minutes) };
    ($($(#[doc = $doc:literal])+ $id:ident {
        name: $name:literal,
        $(api: [$($method:ident $path:literal),+],)?
        $(on: [$($event:ident),+],)?
        $(changes: [$($table:ident),+],)?
        $(every: $minutes:literal,)?
        $(tasks: [$($task:ident),+],)?
        emits: [$($emit:ident),*],
        needs: [$($need:ident),*],
        $(replays: $replays:ident,)?
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
                    inputs: Inputs {
                        routes: &[$($(ApiRoute::new(stringify!($method), $path)),+)?],
                        events: &[$($(<$event as Event>::SPEC),+)?],
                        changes: &[$($(Table::$table),+)?],
                        every_minutes: handlers!(@every $($minutes)?),
                        tasks: &[$($(<$task as Task>::SPEC),+)?],
                    },
                    emits: &[$(<$emit as Event>::SPEC),*],
                    needs: &[$(DeclaredNeed::of::<$need>()),*],
                    timeout_seconds: $timeout,
                    memory_mib: $memory,
                    replays: handlers!(@replays $($replays)?),
                };
            }
            $($(impl Consumes<$event> for $id {})+)?
            $($(impl Performs<$task> for $id {})+)?
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
        needs: [ReadVendors, ReadInvoices, WriteInvoiceDocuments, WriteRegistrations, ClaimVendors, ReadStaff],
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
    /// Decides whether a valid invoice is paid, credited, disputed, rejected or put before people, and concludes what people decided.
    Compliance {
        name: "compliance",
        on: [InvoiceValidated],
        tasks: [ConcludeDecision],
        emits: [InvoiceApproved, InvoiceApprovalRequested, InvoiceRejected, InvoiceCredited, InvoicePaid, InvoiceDisputed, DisputeResolved],
        needs: [ReadInvoices, WriteInvoices, ReadVendors, ReadPolicy],
        timeout: 20,
        memory: 256,
    }
    /// Puts an invoice that waits for people before them: starts the decision, again when it died, keeps its task tokens, reminds.
    Approval {
        name: "approval",
        on: [InvoiceApprovalRequested, InvoiceDisputed, PaymentFailed, InvoiceStuck],
        tasks: [AskDecision, RemindDecision],
        emits: [],
        needs: [ReadInvoices, WriteApprovals, ReadPolicy, StartDecisions, SealTokens, SendNotices],
        timeout: 20,
        memory: 256,
    }
    /// Takes people's decisions on waiting invoices and on changed bank details, under four eyes.
    Decision {
        name: "decision",
        api: [POST "/invoices/{invoiceId}/decisions", POST "/vendors/{vendorId}/decisions"],
        emits: [VendorOnboarded],
        needs: [ReadInvoices, WriteApprovals, ReadVendors, WriteVendors, ReadPolicy, ReadStaff, OpenTokens, AnswerTasks],
        timeout: 29,
        memory: 256,
    }
    /// Pays an approved invoice exactly once, to the account that the vendor had when it was approved, and asks after payments whose outcome is not known.
    Payment {
        name: "payment",
        on: [InvoiceApproved],
        every: 1,
        emits: [InvoicePaid, PaymentFailed, InvoiceDisputed],
        needs: [ReadInvoices, WriteInvoices, ReadVendors, ReadInstructions, WriteInstructions, ReadResting],
        timeout: 30,
        memory: 256,
    }
    /// Tells a vendor how its invoice goes on and how it ended.
    Notification {
        name: "notification",
        on: [InvoicePaid, InvoiceCredited, InvoiceRejected, PaymentFailed, InvoiceDisputed, DisputeResolved],
        emits: [],
        needs: [ReadInvoices, WriteInvoices, SendNotices],
        timeout: 20,
        memory: 256,
    }
    /// Books what was paid and credited: two rows that sum to zero.
    Accounting {
        name: "accounting",
        on: [InvoicePaid, InvoiceCredited],
        emits: [],
        needs: [AppendLedger],
        timeout: 20,
        memory: 256,
    }
    /// Keeps every event and every version of every vendor and invoice in rows that nobody can change.
    Audit {
        name: "audit",
        on: [
            VendorRegistered, VendorOnboarded, InvoiceSubmitted, InvoiceReceived, InvoiceValidated, InvoiceRejected,
            InvoiceApprovalRequested, InvoiceApproved, InvoicePaid, InvoiceCredited, PaymentFailed, InvoiceDisputed,
            DisputeResolved, InvoiceStuck
        ],
        changes: [Vendors, Invoices],
        emits: [],
        needs: [AppendAudit],
        replays: admitted,
        timeout: 30,
        memory: 256,
    }
    /// Publishes what was committed and not published, and announces invoices that rest too long.
    Sweeper {
        name: "sweeper",
        every: 1,
        emits: [InvoiceStuck],
        needs: [ReadResting, ReadUnpublished, Republish, ReadPolicy],
        timeout: 45,
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
            for event in handler.inputs.events {
                assert!(
                    emitted.contains(event.name),
                    "{} waits for {} in vain",
                    handler.name,
                    event.name
                );
            }
        }
    }

    #[test]
    fn every_invoice_event_that_a_handler_emits_announces_a_legal_step() {
        let announced: BTreeSet<_> = TRANSITIONS.iter().filter_map(|t| t.announces).collect();
        // About vendors, or about an invoice that does not move; a resolution goes beside the step that follows from it.
        let requests = [
            "VendorRegistered",
            "VendorOnboarded",
            "InvoiceSubmitted",
            "InvoiceStuck",
            "DisputeResolved",
        ];
        for event in ALL_HANDLERS.iter().flat_map(|h| h.emits) {
            assert!(
                announced.contains(event.name) || requests.contains(&event.name),
                "{}",
                event.name
            );
        }
    }
}
