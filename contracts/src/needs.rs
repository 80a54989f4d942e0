//! What a handler may need from the world. Declaring a need gives a handler both the client (compile time) and the
//! grant (the stack derives the role from it); a handler without the need gets neither.

use crate::tables::Table;

/// A need as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Read items and query the table itself.
    ReadTable(Table),
    /// Put and update items, conditionally and in transactions.
    WriteTable(Table),
    /// Put items into a table and query it; nothing that is there can be changed or taken away (R14).
    AppendTable(Table),
    /// Put the items of approvals, which lie beside invoices, and no other item.
    WriteApprovals,
    /// Query the index of invoices that rest.
    ReadResting,
    /// Query the indexes of events that are committed and not published.
    ReadUnpublished,
    /// Publish any recorded event again, and mark it as published.
    Republish,
    /// Take a caller's and a vendor's mapping to each other, once (R20).
    ClaimVendors,
    /// Start executions of the state machine of decisions.
    StartDecisions,
    /// Seal task tokens with the data key.
    SealTokens,
    /// Open sealed task tokens.
    OpenTokens,
    /// Answer task tokens (R27: one handler only).
    AnswerTasks,
    /// Who acts for the house and not for one seller: a setting, no grant.
    Staff,
    /// Read objects under a prefix of the document bucket.
    ReadObjects(Prefix),
    /// Write objects under a prefix of the document bucket.
    WriteObjects(Prefix),
    /// Publish to the topic of notices to vendors.
    SendNotices,
    /// The environment's business policy: a setting, no grant.
    Policy,
}

/// The prefixes of the document bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prefix {
    /// Original invoice documents.
    Invoices,
    /// Vendor registrations.
    Registrations,
    /// Payment instructions.
    Instructions,
}

impl Prefix {
    /// The key prefix, with its slash.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Prefix::Invoices => "invoices/",
            Prefix::Registrations => "registrations/",
            Prefix::Instructions => "instructions/",
        }
    }
}

/// A need as a type, for bounds.
pub trait NeedType {
    /// The same need as data.
    const NEED: Need;
    /// The name that `handlers!` uses: the cause that a grant names.
    const NAME: &'static str;
}

macro_rules! needs {
    ($($(#[$doc:meta])* $name:ident = $need:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}
        impl NeedType for $name {
            const NEED: Need = $need;
            const NAME: &'static str = stringify!($name);
        }
    )+};
}

needs! {
    /// Look vendors up.
    ReadVendors = Need::ReadTable(Table::Vendors);
    /// Create and change vendor profiles.
    WriteVendors = Need::WriteTable(Table::Vendors);
    /// Look invoices up.
    ReadInvoices = Need::ReadTable(Table::Invoices);
    /// Create invoices and move them on.
    WriteInvoices = Need::WriteTable(Table::Invoices);
    /// Read original invoice documents.
    ReadInvoiceDocuments = Need::ReadObjects(Prefix::Invoices);
    /// Store original invoice documents.
    WriteInvoiceDocuments = Need::WriteObjects(Prefix::Invoices);
    /// Read vendor registrations.
    ReadRegistrations = Need::ReadObjects(Prefix::Registrations);
    /// Store vendor registrations.
    WriteRegistrations = Need::WriteObjects(Prefix::Registrations);
    /// Look payment instructions up.
    ReadInstructions = Need::ReadObjects(Prefix::Instructions);
    /// Hand payment instructions to the bank.
    WriteInstructions = Need::WriteObjects(Prefix::Instructions);
    /// Notify vendors.
    SendNotices = Need::SendNotices;
    /// Read the environment's business policy.
    ReadPolicy = Need::Policy;
    /// Know who is staff.
    ReadStaff = Need::Staff;
    /// Map callers to the vendor that they act for.
    ClaimVendors = Need::ClaimVendors;
    /// Keep what people are asked and what they decide, beside the invoice. It moves no invoice on.
    WriteApprovals = Need::WriteApprovals;
    /// Book.
    AppendLedger = Need::AppendTable(Table::Ledger);
    /// Keep the audit trail.
    AppendAudit = Need::AppendTable(Table::Audit);
    /// Find invoices that rest in a state.
    ReadResting = Need::ReadResting;
    /// Find events that were not published.
    ReadUnpublished = Need::ReadUnpublished;
    /// Publish recorded events again.
    Republish = Need::Republish;
    /// Start decisions.
    StartDecisions = Need::StartDecisions;
    /// Seal task tokens.
    SealTokens = Need::SealTokens;
    /// Open task tokens.
    OpenTokens = Need::OpenTokens;
    /// Answer task tokens.
    AnswerTasks = Need::AnswerTasks;
}

/// A declared need: its data and the name that a grant gives as its cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeclaredNeed {
    /// The need.
    pub need: Need,
    /// Its name in the declaration.
    pub name: &'static str,
}

impl DeclaredNeed {
    /// The need that a type stands for.
    #[must_use]
    pub const fn of<N: NeedType>() -> Self {
        Self {
            need: N::NEED,
            name: N::NAME,
        }
    }
}
