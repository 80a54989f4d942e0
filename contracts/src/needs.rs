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
