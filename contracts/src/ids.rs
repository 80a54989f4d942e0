//! Identities: all derived from content by UUIDv5, so a retried step repeats its id.
//!
//! No random ids: randomness would turn a retry into a second fact.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use uuid::Uuid;

/// Namespace of every id in this system; changing it changes every id.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1c_2d0e_7b54_5a3e_9a41_70b1_5c0d_e001);

/// Separates the parts of a derived id, so that ("ab", "c") and ("a", "bc") differ.
const SEPARATOR: char = '\u{1f}';

fn derive(kind: &str, parts: &[&str]) -> Uuid {
    let mut name = String::from(kind);
    for part in parts {
        name.push(SEPARATOR);
        name.push_str(part);
    }
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    )+};
}

uuid_ids! {
    /// A vendor: the seller of its invoices. Derived from what identifies the seller, and holds none of it.
    VendorId,
    /// One submitted document: its business key together with its content.
    InvoiceId,
    /// One fact. A retried publish repeats it.
    EventId,
    /// One chain of facts with a common beginning.
    CorrelationId,
}

/// What a seller is identified by, in the order of preference of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SellerIdentity {
    /// BT-34 with its scheme.
    Endpoint {
        /// EAS scheme, e.g. `0088`.
        scheme: String,
        /// The address within the scheme.
        value: String,
    },
    /// BT-31.
    Vat(String),
    /// BT-30.
    Legal(String),
    /// BT-32.
    Tax(String),
    /// BT-27, when a document gives no identifier at all.
    Name(String),
    /// Nothing identifies the seller: a fixed vendor that nobody can register.
    Unidentified,
}

impl SellerIdentity {
    /// The identity by the order of preference of the contract; blank parts count as absent. `None` when no identifier is
    /// left.
    #[must_use]
    pub fn preferred(
        endpoint: Option<(&str, &str)>,
        vat: Option<&str>,
        legal: Option<&str>,
        tax: Option<&str>,
    ) -> Option<Self> {
        let given = |text: Option<&str>| -> Option<String> {
            text.map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        endpoint
            .and_then(|(scheme, value)| Some((given(Some(scheme))?, given(Some(value))?)))
            .map(|(scheme, value)| Self::Endpoint { scheme, value })
            .or_else(|| given(vat).map(Self::Vat))
            .or_else(|| given(legal).map(Self::Legal))
            .or_else(|| given(tax).map(Self::Tax))
    }
}

impl VendorId {
    /// The vendor of a seller. White space and letter case in identifiers carry no meaning and are folded.
    #[must_use]
    pub fn of(seller: &SellerIdentity) -> Self {
        let fold = |text: &str| -> String {
            text.chars()
                .filter(|c| !c.is_whitespace())
                .flat_map(char::to_uppercase)
                .collect()
        };
        Self(match seller {
            SellerIdentity::Endpoint { scheme, value } => {
                derive("vendor-endpoint", &[&fold(scheme), &fold(value)])
            }
            SellerIdentity::Vat(id) => derive("vendor-vat", &[&fold(id)]),
            SellerIdentity::Legal(id) => derive("vendor-legal", &[&fold(id)]),
            SellerIdentity::Tax(id) => derive("vendor-tax", &[&fold(id)]),
            SellerIdentity::Name(name) => derive("vendor-name", &[&fold(name)]),
            SellerIdentity::Unidentified => derive("vendor-unidentified", &[]),
        })
    }
}

/// What makes two documents the same invoice: vendor, document type, number and issue year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceKey {
    /// The seller.
    pub vendor_id: VendorId,
    /// BT-3, a UNTDID 1001 code, e.g. `380` (invoice) or `381` (credit note).
    #[schemars(length(max = 10))]
    pub document_type: String,
    /// BT-1.
    #[schemars(length(max = 200))]
    pub number: String,
    /// The year of BT-2.
    pub issue_year: i32,
}

impl InvoiceKey {
    /// The identity of this document with this content.
    #[must_use]
    pub fn invoice_id(&self, content: &Sha256Hex) -> InvoiceId {
        InvoiceId(derive(
            "invoice",
            &[
                &self.vendor_id.to_string(),
                &self.document_type,
                &self.number,
                &self.issue_year.to_string(),
                content.as_str(),
            ],
        ))
    }

    /// A fixed-length text that is equal exactly when two keys are equal: the uniqueness item's key.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        derive(
            "invoice-key",
            &[
                &self.vendor_id.to_string(),
                &self.document_type,
                &self.number,
                &self.issue_year.to_string(),
            ],
        )
        .to_string()
    }
}

impl EventId {
    /// The id of the event that an aggregate's version announces.
    #[must_use]
    pub fn of(event_type: &str, aggregate: &str, version: u64) -> Self {
        Self(derive(
            "event",
            &[event_type, aggregate, &version.to_string()],
        ))
    }
}

impl CorrelationId {
    /// The chain that begins with a request: the caller's idempotency key within the caller's own scope.
    #[must_use]
    pub fn of_request(caller: &str, idempotency_key: &str) -> Self {
        Self(derive("correlation", &[caller, idempotency_key]))
    }
}

/// A lower-case hexadecimal SHA-256.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Hex(String);

impl Sha256Hex {
    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use std::fmt::Write as _;
        let mut hex = String::with_capacity(64);
        for byte in Sha256::digest(bytes) {
            let _ = write!(hex, "{byte:02x}");
        }
        Self(hex)
    }

    /// The digest as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Sha256Hex> for String {
    fn from(digest: Sha256Hex) -> Self {
        digest.0
    }
}

impl TryFrom<String> for Sha256Hex {
    type Error = NotADigest;
    fn try_from(text: String) -> Result<Self, NotADigest> {
        let hex = text.len() == 64
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if hex {
            Ok(Self(text))
        } else {
            Err(NotADigest(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for Sha256Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no SHA-256.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a SHA-256: expected 64 lower-case hexadecimal digits")]
pub struct NotADigest(String);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vendor_identity_ignores_spacing_and_case() {
        let a = VendorId::of(&SellerIdentity::Vat("DE 123456789".into()));
        let b = VendorId::of(&SellerIdentity::Vat("de123456789".into()));
        assert_eq!(a, b);
        assert_ne!(
            a,
            VendorId::of(&SellerIdentity::Legal("DE123456789".into()))
        );
    }

    #[test]
    fn the_endpoint_comes_before_the_vat_id_and_blanks_are_absent() {
        let of = |endpoint| SellerIdentity::preferred(endpoint, Some("DE1"), Some("HRB 1"), None);
        assert!(matches!(
            of(Some(("0088", "1"))),
            Some(SellerIdentity::Endpoint { .. })
        ));
        assert_eq!(
            of(Some((" ", "1"))),
            Some(SellerIdentity::Vat("DE1".into()))
        );
        assert_eq!(SellerIdentity::preferred(None, None, Some(" "), None), None);
    }

    #[test]
    fn event_ids_repeat_for_a_retry_and_differ_for_the_next_version() {
        assert_eq!(
            EventId::of("InvoicePaid", "a", 5),
            EventId::of("InvoicePaid", "a", 5)
        );
        assert_ne!(
            EventId::of("InvoicePaid", "a", 5),
            EventId::of("InvoicePaid", "a", 6)
        );
    }

    proptest! {
        #[test]
        fn parts_of_a_key_cannot_run_into_each_other(a in "[0-9]{1,4}", b in "[0-9A-Z]{1,6}") {
            let vendor_id = VendorId::of(&SellerIdentity::Vat("X".into()));
            let one = InvoiceKey { vendor_id, document_type: a.clone(), number: b.clone(), issue_year: 2026 };
            let two = InvoiceKey { vendor_id, document_type: format!("{a}{}", &b[..1]), number: b[1..].into(), issue_year: 2026 };
            prop_assert_ne!(one.fingerprint(), two.fingerprint());
        }
    }
}
