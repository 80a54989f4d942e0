//! Samples that tests of decisions start from: one vendor, one invoice, and events about them.

use contracts::envelope::{Cause, Detail, Metadata, Origin};
use contracts::events::{DocumentFormat, DocumentRef, Finding};
use contracts::ids::{InvoiceKey, SellerIdentity, Sha256Hex};
use contracts::records::{
    InvoiceRecord, InvoiceSummary, PaymentMeans, Registration, VendorProfile,
};
use contracts::{Amount, CorrelationId, Currency, Event, InvoiceSubject, State, VendorId};
use time::macros::datetime;

/// An IBAN that is valid and nobody's: the registry's Dutch example.
pub const ACCOUNT: &str = "NL91ABNA0417164300";

/// So many cents.
#[must_use]
pub fn euro(minor: i64) -> Amount {
    let currency = Currency::parse("EUR").unwrap_or_else(|_| unreachable!("EUR is a code"));
    Amount { minor, currency }
}

/// The registration of a Dutch vendor with a VAT id and an IBAN that are both well formed.
#[must_use]
pub fn registration() -> Registration {
    Registration {
        name: "Sample Supplies B.V.".to_owned(),
        country: "NL".to_owned(),
        endpoint: None,
        vat_id: Some("NL004495445B01".to_owned()),
        legal_id: None,
        tax_id: None,
        account: Some(ACCOUNT.to_owned()),
        email: None,
    }
}

/// The vendor of [`registration`].
#[must_use]
pub fn vendor_id() -> VendorId {
    VendorId::of(&SellerIdentity::Vat("NL004495445B01".to_owned()))
}

/// Version 1 of the profile of [`registration`], onboarded.
#[must_use]
pub fn profile() -> VendorProfile {
    VendorProfile {
        vendor_id: vendor_id(),
        version: 1,
        registration: registration(),
        vat_check: Finding::Verified,
        iban_check: Finding::Verified,
        onboarded: true,
        registered_at: datetime!(2026-01-01 00:00 UTC),
        pending_account: None,
        pending_by: None,
        pending_since: None,
        account_by: None,
        account_decision: None,
    }
}

/// An invoice of the vendor over 120.00 EUR in a state, at a version, without history.
#[must_use]
pub fn invoice(state: State, version: u64) -> InvoiceRecord {
    let key = InvoiceKey {
        vendor_id: vendor_id(),
        document_type: "380".to_owned(),
        number: "R-2026-17".to_owned(),
        issue_year: 2026,
    };
    let sha256 = Sha256Hex::of(b"the document");
    let approved = matches!(
        state,
        State::Approved
            | State::Paying
            | State::PaymentUnknown
            | State::Paid
            | State::PaymentFailed
    );
    InvoiceRecord {
        invoice_id: key.invoice_id(&sha256),
        key,
        version,
        state,
        document: DocumentRef {
            key: format!("invoices/{sha256}"),
            version: None,
            sha256,
            bytes: 12,
            format: DocumentFormat::Ubl,
        },
        submitted_by: "tester".to_owned(),
        summary: Some(InvoiceSummary {
            payable: euro(12_000),
            credit_note: false,
            seller_country: Some("NL".to_owned()),
            payment_means: PaymentMeans::Transfer,
            payee_accounts: vec![ACCOUNT.to_owned()],
            due_date: None,
        }),
        approved_account: approved.then(|| ACCOUNT.to_owned()),
        rejection: None,
        violations: Vec::new(),
    }
}

/// The event that announces the present version of an invoice.
#[must_use]
pub fn event<E: Event<Subject = InvoiceSubject>>(record: &InvoiceRecord, data: E) -> Detail<E> {
    Detail {
        metadata: Metadata::new::<E>(
            crate::invoice_subject(record),
            record.version,
            &cause(),
            &origin(),
        ),
        data,
    }
}

/// The beginning of a chain.
#[must_use]
pub fn cause() -> Cause {
    Cause {
        correlation_id: CorrelationId::of_request("tester", "request-1"),
        causation_id: "request-1".to_owned(),
        replay_of: None,
    }
}

/// When and where a new world begins.
#[must_use]
pub fn origin() -> Origin {
    Origin {
        now: datetime!(2026-01-01 00:00 UTC),
        region: "eu-central-1".to_owned(),
    }
}
