//! One change to a valid invoice yields the rule that the standard names (R24), and incomplete invoices stay invoices (R23).

use super::*;
use contracts::ids::SellerIdentity;

#[test]
fn r24_a_changed_document_total_is_named() {
    assert_eq!(
        rules(&with(
            INVOICE,
            ">975.80</cbc:Payable",
            ">975.81</cbc:Payable"
        )),
        ["BR-CO-16"]
    );
    let gross = with(INVOICE, ">975.80</cbc:TaxInc", ">976.80</cbc:TaxInc");
    assert_eq!(rules(&gross), ["BR-CO-15", "BR-CO-16"]);
    let net = with(INVOICE, ">820.00</cbc:LineExt", ">821.00</cbc:LineExt");
    assert!(rules(&net).contains(&"BR-CO-10".to_owned()));
}

#[test]
fn r24_a_changed_line_total_is_named() {
    let found = rules(&with(
        INVOICE,
        ">450.00</cbc:LineExt",
        ">451.00</cbc:LineExt",
    ));
    assert!(found.contains(&"BR-CO-10".to_owned()), "{found:?}");
    assert!(
        found.contains(&"PEPPOL-EN16931-R120".to_owned()),
        "{found:?}"
    );
}

#[test]
fn r24_a_changed_vat_rate_is_named() {
    let found = rules(&with(INVOICE, ">19<", ">7<"));
    assert!(found.contains(&"BR-CO-17".to_owned()), "{found:?}");
}

#[test]
fn r24_a_period_that_ends_before_it_starts_is_named() {
    let period = "<cac:InvoicePeriod><cbc:StartDate>2026-02-10</cbc:StartDate>\
                  <cbc:EndDate>2026-02-01</cbc:EndDate></cac:InvoicePeriod>";
    let changed = with(
        INVOICE,
        "<cac:AccountingSupplierParty>",
        &format!("{period}<cac:AccountingSupplierParty>"),
    );
    assert_eq!(rules(&changed), ["BR-29"]);
}

#[test]
fn r24_a_currency_outside_iso_4217_is_named() {
    let found = rules(&with(INVOICE, "EUR", "EUX"));
    assert!(found.contains(&"BR-CL-04".to_owned()), "{found:?}");
    assert!(found.contains(&"BR-CL-03".to_owned()), "{found:?}");
}

#[test]
fn r24_an_amount_to_pay_in_another_currency_is_named() {
    let changed = with(
        INVOICE,
        "<cbc:PayableAmount currencyID=\"EUR\">",
        "<cbc:PayableAmount currencyID=\"USD\">",
    );
    assert_eq!(rules(&changed), ["PEPPOL-EN16931-R051"]);
    let core = with(
        &changed,
        "#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
        "",
    );
    assert_eq!(rules(&core), ["PEPPOL-EN16931-R051"]);
}

#[test]
fn r24_absent_and_overlong_amounts_are_named_by_their_own_rules() {
    let due = "<cbc:PayableAmount currencyID=\"EUR\">975.80</cbc:PayableAmount>";
    let absent = rules(&with(INVOICE, due, ""));
    assert!(absent.contains(&"BR-15".to_owned()), "{absent:?}");
    let overlong = rules(&with(
        INVOICE,
        ">975.80</cbc:Payable",
        ">975.805</cbc:Payable",
    ));
    assert!(overlong.contains(&"BR-DEC-18".to_owned()), "{overlong:?}");
    let words = rules(&with(
        INVOICE,
        ">975.80</cbc:Payable",
        ">a lot</cbc:Payable",
    ));
    assert!(words.contains(&"DOCUMENT-VALUE".to_owned()), "{words:?}");
    let price = "<cbc:PriceAmount currencyID=\"EUR\">45.00</cbc:PriceAmount>";
    let priceless = rules(&with(INVOICE, price, ""));
    assert!(priceless.contains(&"BR-26".to_owned()), "{priceless:?}");
    let quantity = rules(&with(INVOICE, ">10<", ">ten<"));
    assert!(
        quantity.contains(&"DOCUMENT-VALUE".to_owned()),
        "{quantity:?}"
    );
}

#[test]
fn more_decimals_than_the_currency_has_can_not_be_paid() {
    let yen = with(INVOICE, "EUR", "JPY");
    assert!(rules(&yen).contains(&"DOCUMENT-DECIMALS".to_owned()));
    assert_eq!(
        read(yen.as_bytes()).unwrap().summary(),
        Err(NoSummary::TooManyDecimals)
    );
}

#[test]
fn an_unknown_profile_is_judged_by_the_core_with_a_warning() {
    let changed = with(
        INVOICE,
        "#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
        "#compliant#urn:example:cius:1.0",
    );
    let judgement = judge(&read(changed.as_bytes()).unwrap());
    assert_eq!(judgement.profile, "en16931");
    assert!(judgement.is_valid(), "{:?}", judgement.violations);
    assert_eq!(judgement.warnings[0].rule, "DOCUMENT-PROFILE");
}

#[test]
fn r23_an_almost_empty_invoice_is_an_invoice_with_violations() {
    let bare = "<Invoice xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\"/>";
    let document = read(bare.as_bytes()).unwrap();
    assert_eq!(document.seller(), SellerIdentity::Unidentified);
    assert_eq!(
        (document.key().number.as_str(), document.key().issue_year),
        ("", 0)
    );
    let found = rules(bare);
    for rule in [
        "BR-01", "BR-02", "BR-03", "BR-04", "BR-05", "BR-06", "BR-15", "BR-16",
    ] {
        assert!(
            found.contains(&rule.to_owned()),
            "{rule} is not in {found:?}"
        );
    }
    let gap = document.registration().unwrap_err();
    assert_eq!(gap.missing.len(), 3);
}

#[test]
fn a_seller_without_identifiers_is_known_by_its_name_only() {
    let mut changed = with(
        INVOICE,
        "<cbc:EndpointID schemeID=\"0088\">4012345000009</cbc:EndpointID>",
        "",
    );
    changed = with(&changed, "DE136695976", "");
    changed = with(&changed, "<cbc:CompanyID>HRB 40217 FL</cbc:CompanyID>", "");
    let document = read(changed.as_bytes()).unwrap();
    assert!(matches!(document.seller(), SellerIdentity::Name(_)));
    assert_eq!(document.registration().unwrap_err().missing.len(), 1);
}

#[test]
fn r17_no_message_repeats_the_invoice() {
    let secret = "Sch0n-geheim";
    let mut changed = with(
        INVOICE,
        ">975.80</cbc:Payable",
        ">Sch0n-geheim</cbc:Payable",
    );
    changed = with(&changed, ">2026-03-02<", ">Sch0n-geheim<");
    changed = with(&changed, ">10<", ">Sch0n-geheim<");
    changed = with(
        &changed,
        "currencyID=\"EUR\"",
        "currencyID=\"Sch0n-geheim\"",
    );
    let judgement = judge(&read(changed.as_bytes()).unwrap());
    assert!(judgement.violations.len() > 3);
    for found in judgement.violations.iter().chain(&judgement.warnings) {
        assert!(!format!("{found:?}").contains(secret), "{found:?}");
        assert!(found.message.len() <= 600 && found.path.len() <= 256);
    }
}
