//! Bad input ends in a clear refusal, at once, and never in a panic (R23).

use super::*;
use proptest::prelude::*;

fn refused(bytes: &[u8]) -> Unreadable {
    read(bytes).unwrap_err()
}

#[test]
fn r23_nothing_is_refused_as_empty() {
    assert_eq!(refused(b""), Unreadable::Empty);
    assert_eq!(refused(b"\xEF\xBB\xBF \n\t"), Unreadable::Empty);
}

#[test]
fn r23_fifty_megabytes_are_refused_unparsed_and_four_mebibytes_are_taken() {
    assert!(matches!(
        refused(&vec![b'<'; 50_000_000]),
        Unreadable::TooLarge {
            limit: MAX_BYTES,
            ..
        }
    ));
    let attachment = format!(
        "<cac:AdditionalDocumentReference><cbc:ID>A1</cbc:ID><cac:Attachment>\
         <cbc:EmbeddedDocumentBinaryObject mimeCode=\"application/pdf\" filename=\"a.pdf\">{}\
         </cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>",
        "QUJD".repeat(1 << 20)
    );
    let large = with(
        INVOICE,
        "<cac:AccountingSupplierParty>",
        &format!("{attachment}<cac:AccountingSupplierParty>"),
    );
    assert!(large.len() > 4 << 20);
    assert_eq!(rules(&large), Vec::<String>::new());
}

#[test]
fn r23_entities_and_doctypes_are_refused() {
    let bomb =
        "<?xml version=\"1.0\"?>\n<!DOCTYPE Invoice [<!ENTITY a \"ha\">]>\n<Invoice>&a;</Invoice>";
    assert_eq!(refused(bomb.as_bytes()), Unreadable::Doctype { line: 2 });
    let utf16: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(bomb.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    assert_eq!(refused(&utf16), Unreadable::Doctype { line: 2 });
    let entity = with(INVOICE, "EK-2207", "&unknown;");
    assert!(matches!(
        refused(entity.as_bytes()),
        Unreadable::InvalidXml { .. }
    ));
    let harmless = with(
        INVOICE,
        "<cbc:ProfileID>",
        "<!-- <!DOCTYPE x> --><cbc:ProfileID>",
    );
    assert_eq!(rules(&harmless), Vec::<String>::new());
}

#[test]
fn r23_broken_xml_says_where() {
    let broken = with(INVOICE, "</cac:Delivery>", "</cac:Deliver>");
    let Unreadable::InvalidXml { line, .. } = refused(broken.as_bytes()) else {
        panic!("expected InvalidXml");
    };
    let expected = INVOICE
        .lines()
        .position(|l| l.contains("</cac:Delivery>"))
        .unwrap()
        + 1;
    assert_eq!(line as usize, expected);
}

#[test]
fn r23_deep_and_wide_documents_are_refused() {
    let deep = "<a>".repeat(100_000);
    assert!(matches!(
        refused(deep.as_bytes()),
        Unreadable::TooDeep { .. }
    ));
    let wide: String = (0..50_000).map(|n| format!(" a{n}=\"\"")).collect();
    let wide = format!("<Invoice\n{wide}/>");
    assert!(matches!(
        refused(wide.as_bytes()),
        Unreadable::TooManyAttributes { line: 1, .. }
    ));
}

#[test]
fn r23_floods_of_elements_and_values_are_refused_and_large_invoices_are_not() {
    let flood = with(
        INVOICE,
        "</Invoice>",
        &format!("{}</Invoice>", "<x/>".repeat(20_000)),
    );
    assert!(matches!(
        refused(flood.as_bytes()),
        Unreadable::TooManyElements { limit: 15_000, .. }
    ));
    let nested = "<x><y/><y/></x>".repeat(14_000);
    let nested: String = (0..5).map(|_| format!("<z>{nested}</z>")).collect();
    assert!(matches!(
        refused(format!("<Invoice>{nested}</Invoice>").as_bytes()),
        Unreadable::TooManyElements { limit: 200_000, .. }
    ));
    let lines = with(
        JSON,
        "\"lines\": [",
        &format!("\"lines\": [{}", "{},".repeat(20_000)),
    );
    assert!(matches!(
        refused(lines.as_bytes()),
        Unreadable::TooManyElements { .. }
    ));
    let line = &INVOICE[INVOICE.find("  <cac:InvoiceLine>").unwrap()
        ..INVOICE.find("</cac:InvoiceLine>").unwrap() + "</cac:InvoiceLine>\n".len()];
    let large = with(
        INVOICE,
        "</Invoice>",
        &format!("{}</Invoice>", line.repeat(7_500)),
    );
    assert!(large.len() > 4 << 20, "{}", large.len());
    let document = read(large.as_bytes()).unwrap();
    assert_eq!(document.invoice().lines.len(), 7_502);
}

#[test]
fn r23_currencies_that_are_none_are_named_once_for_each_path_and_up_to_a_bound() {
    let named = |count: usize| {
        let fields: String = (0..count)
            .map(|n| format!("<p{n}><Note currencyID=\"EUX\"/><Note currencyID=\"EUX\"/></p{n}>"))
            .collect();
        let text = with(INVOICE, "</Invoice>", &format!("{fields}</Invoice>"));
        let document = read(text.as_bytes()).unwrap();
        let broken = &document.reading.broken;
        broken.iter().filter(|v| v.rule == "BR-CL-03").count()
    };
    assert_eq!(named(300), 300);
    assert_eq!(named(MAX_LISTED + 500), MAX_LISTED);
}

#[test]
fn other_documents_and_encodings_are_named() {
    let Unreadable::NotAnInvoice { found } = refused(b"<Order/>") else {
        panic!("expected NotAnInvoice");
    };
    assert_eq!(found, "<Order>");
    assert!(matches!(
        refused(b"%PDF-1.7 ..."),
        Unreadable::NotAnInvoice { .. }
    ));
    let latin = with(INVOICE, "encoding=\"UTF-8\"", "encoding=\"ISO-8859-1\"");
    assert!(matches!(
        refused(latin.as_bytes()),
        Unreadable::Encoding { .. }
    ));
    assert!(matches!(
        refused(b"<Invoice>\xC3\x28</Invoice>"),
        Unreadable::Encoding { .. }
    ));
}

#[test]
fn a_byte_order_mark_and_utf_16_are_read() {
    let marked = format!("\u{feff}{INVOICE}");
    assert_eq!(rules(&marked), Vec::<String>::new());
    let text = with(INVOICE, "UTF-8", "UTF-16");
    let utf16: Vec<u8> = [0xFE, 0xFF]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_be_bytes))
        .collect();
    let document = read(&utf16).unwrap();
    assert!(judge(&document).is_valid());
}

#[test]
fn no_truncation_of_a_document_panics() {
    for sample in [INVOICE, JSON] {
        for end in (0..sample.len()).step_by(7) {
            assert!(read(&sample.as_bytes()[..end]).is_err(), "{end} bytes");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes).map(|document| judge(&document));
    }

    #[test]
    fn no_markup_panics(text in "[<>/!?=&;\"'\\[\\]{}:,a-c0-9 -]{0,120}") {
        let _ = read(text.as_bytes()).map(|document| judge(&document));
    }

    #[test]
    fn no_changed_byte_panics(at in any::<prop::sample::Index>(), byte in any::<u8>(), json in any::<bool>()) {
        let mut bytes = if json { JSON } else { INVOICE }.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = read(&bytes).map(|document| (judge(&document), document.summary(), document.key()));
    }

    #[test]
    fn no_amount_panics(amount in "-?[0-9]{0,30}(\\.[0-9]{0,30})?") {
        let text = INVOICE.replace(">45.00<", &format!(">{amount}<")).replace(">820.00<", &format!(">{amount}<"));
        let _ = read(text.as_bytes()).map(|document| (judge(&document), document.summary()));
    }
}
