//! Judging and recognising.

use crate::recognise::{Submission, recognise};
use crate::render::{Palette, validation_text};
use crate::validate;

const BARE: &[u8] = br#"<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>"#;

#[test]
fn r2_an_incomplete_document_breaks_rules_and_is_readable() {
    let validation = validate("bare.xml", BARE).unwrap();
    assert_eq!(validation.exit(), 2);
    let json = serde_json::to_value(&validation).unwrap();
    let first = &json["violations"][0];
    for field in ["rule", "severity", "term", "path", "message"] {
        assert!(first.get(field).is_some(), "{field}: {first}");
    }
    assert!(
        json["violations"]
            .as_array()
            .unwrap()
            .iter()
            .any(|v| v["rule"] == "BR-02")
    );
    let text = validation_text("bare.xml", &validation, Palette::Plain);
    assert!(text.contains("✗ BR-02"), "{text}");
}

#[test]
fn what_can_not_be_read_says_where_and_what_to_do() {
    for (bytes, place) in [
        (&b"<Invoice>\n</Invoic>"[..], "f:2:"),
        (b"", "f: "),
        (b"{\"format\": \"invoice/1\",\n x}", "f:2:"),
        (b"{\"name\": \"A\",\n \"country\": 7}", "f:2:"),
        (b"\x00\xff\xfe", "f:"),
    ] {
        let failure = recognise("f", bytes).unwrap_err();
        assert_eq!(failure.exit(), 3);
        assert!(failure.to_string().starts_with(place), "{failure}");
        assert!(!failure.help().is_empty());
    }
}

#[test]
fn kinds_are_told_apart_by_content() {
    let registration = br#"{"name":"A","country":"DE","vatId":"DE123456789"}"#;
    let event = br#"{"source":"invoicing.portal","detail-type":"InvoicePaid","detail":{}}"#;
    assert!(matches!(recognise("f", BARE), Ok(Submission::Invoice(_))));
    assert!(matches!(
        recognise("f", registration),
        Ok(Submission::Vendor(_))
    ));
    assert!(matches!(recognise("f", event), Ok(Submission::Event(_))));
}
