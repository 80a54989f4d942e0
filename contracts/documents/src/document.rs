//! One read document: who it is from, which invoice it is, and the figures that the system keeps of it.

use crate::required::{cut, rule_broken, value_unreadable, violation};
use contracts::events::{DocumentFormat, Violation};
use contracts::ids::{InvoiceKey, SellerIdentity, Sha256Hex};
use contracts::money::MoneyError;
use contracts::records::{Endpoint, InvoiceSummary, PaymentMeans, Registration};
use contracts::{Amount, Currency, InvoiceId, VendorId};
use en16931::codes::generated::{CREDIT_NOTE_TYPE_CODES, CURRENCY_CODES, INVOICE_TYPE_CODES};
use en16931::{DocumentKind, Invoice};

/// What a syntax's reader found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The typed invoice.
    pub invoice: Invoice,
    /// Broken rules that the typed invoice can't show.
    pub broken: Vec<Violation>,
    /// Departures that break nothing.
    pub warnings: Vec<Violation>,
    /// Rules that were decided on the document itself: `broken` has them, and the typed invoice is not asked again.
    pub decided: Vec<&'static str>,
}

/// How many accounts of a document are kept: the rest is nobody's honest choice.
const MAX_ACCOUNTS: usize = 20;

/// A document that became a typed invoice; judged or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    format: DocumentFormat,
    sha256: Sha256Hex,
    bytes: usize,
    pub(crate) reading: Reading,
}

/// Why no summary can be formed: the invoice can't be paid or credited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSummary {
    /// BT-5 is absent.
    #[error("the invoice has no currency (BT-5)")]
    NoCurrency,
    /// BT-5 is no code of ISO 4217.
    #[error("the invoice's currency (BT-5) is not a code of ISO 4217")]
    NotACurrency,
    /// BT-115 is absent or unreadable.
    #[error("the invoice has no readable amount due for payment (BT-115)")]
    NoPayable,
    /// BT-115 has more decimals than its currency.
    #[error("the amount due for payment (BT-115) has more decimals than its currency")]
    TooManyDecimals,
    /// BT-115 is beyond what an amount can hold.
    #[error("the amount due for payment (BT-115) is too large")]
    TooLarge,
}

/// What a seller lacks to be registered from its own invoice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the invoice's seller can't be registered: {} missing", missing.join(", "))]
pub struct RegistrationGap {
    /// The missing terms, for people.
    pub missing: Vec<&'static str>,
}

impl Document {
    pub(crate) fn new(content: &[u8], format: DocumentFormat, reading: Reading) -> Self {
        Self {
            format,
            sha256: Sha256Hex::of(content),
            bytes: content.len(),
            reading,
        }
    }

    /// The syntax that it came in.
    #[must_use]
    pub const fn format(&self) -> DocumentFormat {
        self.format
    }

    /// Digest of its bytes.
    #[must_use]
    pub const fn sha256(&self) -> &Sha256Hex {
        &self.sha256
    }

    /// Size in bytes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The typed invoice.
    #[must_use]
    pub const fn invoice(&self) -> &Invoice {
        &self.reading.invoice
    }

    /// What identifies the seller: an identifier in the contract's order, else its name, else nothing. A vendor known by
    /// name only can't be registered, so such an invoice ends as one of an unknown vendor.
    #[must_use]
    pub fn seller(&self) -> SellerIdentity {
        let seller = &self.reading.invoice.seller;
        SellerIdentity::preferred(
            seller
                .electronic_address
                .as_ref()
                .and_then(|address| Some((address.scheme()?, address.content()))),
            seller.vat_identifier.as_deref(),
            seller.legal_registration.as_ref().map(|id| id.content()),
            seller.tax_registration.as_deref(),
        )
        .or_else(|| {
            filled(seller.name.as_deref()).map(|name| SellerIdentity::Name(name.to_owned()))
        })
        .unwrap_or(SellerIdentity::Unidentified)
    }

    /// The seller as a vendor.
    #[must_use]
    pub fn vendor_id(&self) -> VendorId {
        VendorId::of(&self.seller())
    }

    /// The business key. What the document lacks stands as an empty text or year 0: such an invoice breaks BR-02, BR-03 or
    /// BR-04 and is rejected, but has an id and a trail.
    #[must_use]
    pub fn key(&self) -> InvoiceKey {
        let invoice = &self.reading.invoice;
        InvoiceKey {
            vendor_id: self.vendor_id(),
            document_type: cut(
                filled(invoice.type_code.as_ref().map(|code| code.as_str())).unwrap_or_default(),
                10,
            ),
            number: bounded(filled(invoice.number.as_deref()).unwrap_or_default(), 200),
            issue_year: invoice.issue_date.map_or(0, en16931::Date::year),
        }
    }

    /// The invoice's id: the business key together with the content.
    #[must_use]
    pub fn invoice_id(&self) -> InvoiceId {
        self.key().invoice_id(&self.sha256)
    }

    /// Whether it credits: by its UBL root (or `kind`), or by a BT-3 code that only credit notes may have.
    #[must_use]
    pub fn is_credit_note(&self) -> bool {
        let invoice = &self.reading.invoice;
        invoice.kind == DocumentKind::CreditNote
            || invoice.type_code.as_ref().is_some_and(|code| {
                code.is_in(CREDIT_NOTE_TYPE_CODES) && !code.is_in(INVOICE_TYPE_CODES)
            })
    }

    /// What the system keeps of the content.
    ///
    /// # Errors
    /// [`NoSummary`]; [`crate::judge`] reports the same as a violation.
    pub fn summary(&self) -> Result<InvoiceSummary, NoSummary> {
        let invoice = &self.reading.invoice;
        let code = filled(invoice.currency.as_ref().map(|code| code.as_str()))
            .ok_or(NoSummary::NoCurrency)?;
        if !en16931::codes::contains(CURRENCY_CODES, code) {
            return Err(NoSummary::NotACurrency);
        }
        let currency = Currency::parse(code).map_err(|_| NoSummary::NotACurrency)?;
        let unreadable = |v: &Violation| v.term.as_deref() == Some("BT-115");
        if self.reading.broken.iter().any(unreadable) {
            return Err(NoSummary::NoPayable);
        }
        let payable = Amount::from_decimal(invoice.totals.due.into_decimal(), &currency).map_err(
            |error| match error {
                MoneyError::Decimals { .. } => NoSummary::TooManyDecimals,
                MoneyError::TooLarge(_) => NoSummary::TooLarge,
                MoneyError::Currency(_) => NoSummary::NotACurrency,
            },
        )?;
        let text = |text: Option<&str>| filled(text).map(str::to_owned);
        Ok(InvoiceSummary {
            payable,
            credit_note: self.is_credit_note(),
            seller_country: text(
                invoice
                    .seller
                    .address
                    .country
                    .as_ref()
                    .map(|code| code.as_str()),
            ),
            payment_means: self.payment_means(),
            payee_accounts: self.payee_accounts(),
            due_date: invoice.due_date.map(|date| date.to_string()),
        })
    }

    /// By the group that the instructions have, and by the code (BT-81) where the group says nothing of it.
    fn payment_means(&self) -> PaymentMeans {
        use en16931::invoice::PaymentMeans as Group;
        let Some(payment) = &self.reading.invoice.payment else {
            return PaymentMeans::Transfer;
        };
        let code = payment.means_code.as_ref().map(|code| code.as_str().trim());
        match (&payment.means, code) {
            (Some(Group::DirectDebit(_)), _) | (_, Some("49" | "59")) => PaymentMeans::DirectDebit,
            (Some(Group::Card(_)), _) | (_, Some("48" | "54" | "55")) => PaymentMeans::Card,
            _ => PaymentMeans::Transfer,
        }
    }

    fn payee_accounts(&self) -> Vec<String> {
        use en16931::invoice::PaymentMeans as Group;
        let payment = self.reading.invoice.payment.as_ref();
        let Some(Group::CreditTransfer(transfers)) = payment.and_then(|p| p.means.as_ref()) else {
            return Vec::new();
        };
        let accounts = transfers.iter().map(|t| t.account_identifier.as_deref());
        let named = accounts.filter_map(filled).map(str::to_owned);
        named.take(MAX_ACCOUNTS).collect()
    }

    /// The seller as a registration, for whoever registers a vendor from its own invoice.
    ///
    /// # Errors
    /// [`RegistrationGap`] when the seller has no name, country or identifier.
    pub fn registration(&self) -> Result<Registration, RegistrationGap> {
        let invoice = &self.reading.invoice;
        let seller = &invoice.seller;
        let text = |text: Option<&str>, max: usize| filled(text).map(|text| cut(text, max));
        let name =
            text(seller.name.as_deref(), 200).or_else(|| text(seller.trading_name.as_deref(), 200));
        let country = text(seller.address.country.as_ref().map(|code| code.as_str()), 2)
            .filter(|code| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()));
        let identified = !matches!(
            self.seller(),
            SellerIdentity::Name(_) | SellerIdentity::Unidentified
        );
        let (Some(name), Some(country), true) = (&name, &country, identified) else {
            let gaps = [
                (name.is_none(), "its name (BT-27)"),
                (country.is_none(), "its country (BT-40)"),
                (!identified, "an identifier (BT-34, BT-31, BT-30 or BT-32)"),
            ];
            let missing = gaps
                .into_iter()
                .filter(|(gap, _)| *gap)
                .map(|(_, term)| term);
            return Err(RegistrationGap {
                missing: missing.collect(),
            });
        };
        Ok(Registration {
            name: name.clone(),
            country: country.clone(),
            endpoint: seller.electronic_address.as_ref().and_then(|address| {
                Some(Endpoint {
                    scheme: text(address.scheme(), 10)?,
                    value: text(Some(address.content()), 100)?,
                })
            }),
            vat_id: text(seller.vat_identifier.as_deref(), 50),
            legal_id: text(
                seller.legal_registration.as_ref().map(|id| id.content()),
                50,
            ),
            tax_id: text(seller.tax_registration.as_deref(), 50),
            account: text(
                invoice
                    .payment
                    .as_ref()
                    .and_then(|payment| payment.account_identifier()),
                50,
            ),
            email: text(seller.contact.email.as_deref(), 254),
        })
    }
}

impl NoSummary {
    /// The same as a violation: by the standard's rule where it has one.
    pub(crate) fn as_violation(&self) -> Violation {
        match self {
            Self::NoCurrency => rule_broken("BR-05", Some("BT-5"), "BT-5".into()),
            Self::NotACurrency => rule_broken("BR-CL-04", Some("BT-5"), "BT-5".into()),
            Self::NoPayable => rule_broken("BR-15", Some("BT-115"), "BG-22/BT-115".into()),
            Self::TooManyDecimals => violation(
                "DOCUMENT-DECIMALS",
                Some("BT-115"),
                "BG-22/BT-115",
                "The amount due for payment must not have more decimals than ISO 4217 gives its currency.",
            ),
            Self::TooLarge => value_unreadable(Some("BT-115"), "BG-22/BT-115".into()),
        }
    }
}

/// Trimmed, and absent when nothing is left.
fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The text, or (beyond `max` bytes) its digest: bounded, and still different for different texts.
fn bounded(text: &str, max: usize) -> String {
    if text.len() <= max {
        text.to_owned()
    } else {
        format!("sha256:{}", Sha256Hex::of(text.as_bytes()))
    }
}
