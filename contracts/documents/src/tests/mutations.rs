//! The five changes that must be named by the standard's rule, in each of the three syntaxes (R23, R24).

use super::*;

const CII: &str = include_str!("../../../../samples/invoice-cii.xml");

/// The change breaks all of the named rules.
fn broken_by(sample: &str, old: &str, new: &str, expected: &[&str]) {
    let found = rules(&with(sample, old, new));
    for rule in expected {
        assert!(
            found.contains(&(*rule).to_owned()),
            "{old} -> {new}: {rule} is not in {found:?}"
        );
    }
}

#[test]
fn r24_a_changed_document_total_is_named_in_every_syntax() {
    let ubl = ">975.80</cbc:TaxInc";
    broken_by(
        INVOICE,
        ubl,
        ">976.80</cbc:TaxInc",
        &["BR-CO-15", "BR-CO-16"],
    );
    let cii = "<ram:GrandTotalAmount>345.10";
    let changed = "<ram:GrandTotalAmount>346.10";
    broken_by(CII, cii, changed, &["BR-CO-15", "BR-CO-16"]);
    let json = "\"grossTotal\": \"223.13\"";
    let changed = "\"grossTotal\": \"224.13\"";
    broken_by(JSON, json, changed, &["BR-CO-15", "BR-CO-16"]);
}

#[test]
fn r24_a_changed_line_total_is_named_in_every_syntax() {
    let expected = &["BR-CO-10", "PEPPOL-EN16931-R120"];
    broken_by(
        INVOICE,
        ">450.00</cbc:LineExt",
        ">451.00</cbc:LineExt",
        expected,
    );
    broken_by(
        CII,
        "<ram:LineTotalAmount>210.00",
        "<ram:LineTotalAmount>211.00",
        expected,
    );
    broken_by(
        JSON,
        "\"netAmount\": \"187.50\"",
        "\"netAmount\": \"188.50\"",
        expected,
    );
}

#[test]
fn r24_a_changed_vat_rate_is_named_in_every_syntax() {
    broken_by(INVOICE, ">19<", ">7<", &["BR-CO-17"]);
    broken_by(CII, "Percent>19<", "Percent>7<", &["BR-CO-17"]);
    broken_by(JSON, "\"rate\": \"19\"", "\"rate\": \"7\"", &["BR-CO-17"]);
    // Of the lines alone: what they add up to is missing from the breakdown.
    let once = CII.replacen("Percent>19<", "Percent>7<", 1);
    assert!(rules(&once).contains(&"BR-S-08".to_owned()));
}

#[test]
fn r24_a_period_that_ends_before_it_starts_is_named_in_every_syntax() {
    let at = "<cac:AccountingSupplierParty>";
    let period = "<cac:InvoicePeriod><cbc:StartDate>2026-02-10</cbc:StartDate>\
                  <cbc:EndDate>2026-02-01</cbc:EndDate></cac:InvoicePeriod>";
    assert_eq!(
        rules(&with(INVOICE, at, &format!("{period}{at}"))),
        ["BR-29"]
    );
    assert_eq!(rules(&with(CII, ">20260308<", ">20260228<")), ["BR-29"]);
    let at = "\"delivery\":";
    let period = "\"invoicingPeriod\": { \"start\": \"2026-02-10\", \"end\": \"2026-02-01\" },";
    assert_eq!(rules(&with(JSON, at, &format!("{period}{at}"))), ["BR-29"]);
}

#[test]
fn r24_a_currency_outside_iso_4217_is_named_in_every_syntax() {
    broken_by(INVOICE, "EUR", "EUX", &["BR-CL-03", "BR-CL-04"]);
    broken_by(CII, "EUR", "EUX", &["BR-CL-03", "BR-CL-04"]);
    broken_by(JSON, "EUR", "EUX", &["BR-CL-04"]);
}

#[test]
fn r23_cii_gives_the_same_invoice_as_ubl_would() {
    let document = read(CII.as_bytes()).unwrap();
    assert_eq!(document.format(), contracts::events::DocumentFormat::Cii);
    let summary = document.summary().unwrap();
    assert_eq!(
        (summary.payable.minor, summary.credit_note),
        (34_510, false)
    );
    assert_eq!(summary.due_date.as_deref(), Some("2026-04-08"));
    assert_eq!(
        document.vendor_id(),
        read(INVOICE.as_bytes()).unwrap().vendor_id()
    );
    assert_eq!(document.key().number, "NL-2026-0121");
    let credit = read(with(CII, ">380<", ">381<").as_bytes()).unwrap();
    assert!(credit.is_credit_note());
}

#[test]
fn r23_absent_and_overlong_amounts_of_cii_are_named_by_their_own_rules() {
    let due = "<ram:DuePayableAmount>345.10</ram:DuePayableAmount>";
    broken_by(CII, due, "", &["BR-15"]);
    let long = with(
        CII,
        "<ram:DuePayableAmount>345.10",
        "<ram:DuePayableAmount>345.100",
    );
    assert_eq!(rules(&long), ["BR-DEC-18"]);
    broken_by(
        CII,
        due,
        "<ram:DuePayableAmount>a lot</ram:DuePayableAmount>",
        &["DOCUMENT-VALUE"],
    );
    let price = "<ram:ChargeAmount>70.00</ram:ChargeAmount>";
    broken_by(CII, price, "", &["BR-26"]);
    broken_by(
        CII,
        ">3</ram:BilledQuantity>",
        ">three</ram:BilledQuantity>",
        &["DOCUMENT-VALUE"],
    );
    let line = "<ram:LineTotalAmount>80.00</ram:LineTotalAmount>";
    broken_by(CII, line, "", &["BR-24"]);
}

#[test]
fn r23_a_bare_cii_document_is_an_invoice_with_violations() {
    let bare = "<CrossIndustryInvoice \
                xmlns=\"urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100\"/>";
    let found = rules(bare);
    for rule in [
        "BR-01", "BR-02", "BR-03", "BR-08", "BR-12", "BR-15", "BR-16",
    ] {
        assert!(
            found.contains(&rule.to_owned()),
            "{rule} is not in {found:?}"
        );
    }
}

#[test]
fn the_guards_hold_for_cii() {
    let code = |text: &str| read(text.as_bytes()).unwrap_err().code();
    let entity = format!(
        "<!DOCTYPE x [<!ENTITY e 'x'>]>{}",
        &CII[CII.find("<rsm").unwrap()..]
    );
    assert_eq!(code(&entity), "document-entities");
    let at = "<ram:BuyerReference>";
    let deep = "<ram:x>".repeat(400) + &"</ram:x>".repeat(400);
    assert_eq!(
        code(&with(CII, at, &format!("{deep}{at}"))),
        "document-too-deep"
    );
    let again = "<ram:BuyerReference>x</ram:BuyerReference>".repeat(1_100);
    assert_eq!(
        code(&with(CII, at, &format!("{again}{at}"))),
        "document-too-many-elements"
    );
    let other = with(CII, "CrossIndustryInvoice:100", "CrossIndustryInvoice:99");
    assert_eq!(code(&other), "document-not-an-invoice");
}
