//! Why bytes can't become a typed invoice. Nothing here is about business rules.

/// Why a document was refused before it became an invoice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No bytes, or white space only.
    #[error("the document is empty")]
    Empty,
    /// More than [`crate::MAX_BYTES`]; nothing was parsed.
    #[error("the document has {bytes} bytes, and the limit is {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Neither UTF-8 nor UTF-16 with a byte-order mark, or not what the XML declaration says.
    #[error("the document's encoding is {found}: write it as UTF-8")]
    Encoding {
        /// The encoding that was declared or detected.
        found: String,
    },
    /// Not well-formed XML.
    #[error("the document is not well-formed XML at line {line}, column {column}: {message}")]
    InvalidXml {
        /// From 1.
        line: u32,
        /// From 1.
        column: u32,
        /// The parser's words.
        message: String,
    },
    /// The XML carries a document type declaration, which may define entities.
    #[error(
        "the document has a DOCTYPE at line {line}: entities and document type declarations are refused, remove it"
    )]
    Doctype {
        /// From 1.
        line: u32,
    },
    /// Nested deeper than any invoice.
    #[error("the document is nested more than {limit} levels deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// An element with more attributes than any invoice has.
    #[error("an element at line {line} has more than {limit} attributes")]
    TooManyAttributes {
        /// From 1.
        line: u32,
        /// The limit.
        limit: usize,
    },
    /// More elements (or JSON values) than any invoice of that size has, in all or under one parent.
    #[error("the document has more than {limit} {what}")]
    TooManyElements {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Readable, but no invoice in a syntax that is taken.
    #[error(
        "expected a UBL 2.1 Invoice or CreditNote, a CII CrossIndustryInvoice, or JSON with \"format\": \"invoice/1\"; found {found}"
    )]
    NotAnInvoice {
        /// What was found instead.
        found: String,
    },
    /// Not well-formed JSON.
    #[error("the document is not well-formed JSON at line {line}, column {column}: {message}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// The parser's words.
        message: String,
    },
    /// A JSON number with a fraction or an exponent: it can't be trusted to be exact.
    #[error(
        "{pointer} at line {line}, column {column} is a floating-point number: write money and quantities as strings, e.g. \"12.50\""
    )]
    FloatMoney {
        /// JSON pointer of the number.
        pointer: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Well-formed JSON whose structure is not an invoice's.
    #[error("{pointer} does not fit the form of an invoice: {message}")]
    Form {
        /// JSON pointer.
        pointer: String,
        /// What is expected.
        message: String,
    },
}

impl Unreadable {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "document-empty",
            Self::TooLarge { .. } => "document-too-large",
            Self::Encoding { .. } => "document-encoding",
            Self::InvalidXml { .. } => "document-xml",
            Self::Doctype { .. } => "document-entities",
            Self::TooDeep { .. } => "document-too-deep",
            Self::TooManyAttributes { .. } => "document-too-many-attributes",
            Self::TooManyElements { .. } => "document-too-many-elements",
            Self::NotAnInvoice { .. } => "document-not-an-invoice",
            Self::Json { .. } => "document-json",
            Self::FloatMoney { .. } => "document-float-money",
            Self::Form { .. } => "document-form",
        }
    }

    /// Line and column, from 1, where they are known.
    #[must_use]
    pub fn position(&self) -> Option<(usize, usize)> {
        let at = |line: u32, column: u32| Some((line as usize, column as usize));
        match self {
            Self::InvalidXml { line, column, .. } => at(*line, *column),
            Self::Doctype { line } | Self::TooManyAttributes { line, .. } => at(*line, 1),
            Self::Json { line, column, .. } | Self::FloatMoney { line, column, .. } => {
                Some((*line, *column))
            }
            _ => None,
        }
    }
}
