//! Reads an invoice document into one typed invoice, and judges it by the rules of the profile that it declares.
//!
//! Pure: bytes in, values out. [`read`] is tolerant (R23): what is incomplete becomes an invoice that breaks rules, and only
//! what can't be an invoice at all is [`Unreadable`]. [`judge`] applies the business rules (R24). It does not decide what
//! becomes of an invoice, and its words never repeat the invoice's content.

mod amounts;
mod cii;
mod corrections;
mod document;
mod json;
mod judge;
mod national;
mod required;
mod safety;
mod ubl;
mod unreadable;
mod xml;

pub use document::{Document, NoSummary, RegistrationGap};
pub use json::schema as json_schema;
pub use judge::{Judgement, MAX_LISTED, judge};
pub use safety::MAX_BYTES;
pub use unreadable::Unreadable;

/// Reads a UBL 2.1 `Invoice` or `CreditNote`, a UN/CEFACT CII D16B `CrossIndustryInvoice`, or the project's own JSON (see `samples/README.md`). The first character
/// and the root element decide which.
///
/// # Errors
/// [`Unreadable`] when the bytes can't become a typed invoice.
pub fn read(bytes: &[u8]) -> Result<Document, Unreadable> {
    safety::size(bytes)?;
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Err(Unreadable::Empty),
        Some(b'{' | b'[' | b'"') => json::read(bytes, text),
        Some(b'<' | 0xFF | 0xFE | 0) => xml::read(bytes),
        Some(_) => Err(Unreadable::NotAnInvoice {
            found: if text.starts_with(b"%PDF") {
                "a PDF".to_owned()
            } else {
                "neither XML nor JSON".to_owned()
            },
        }),
    }
}

#[cfg(test)]
mod tests;
