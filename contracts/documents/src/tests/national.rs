//! Each national rule of Peppol: a sound document of the country breaks none, and one change breaks the rule and no other.

use super::*;
use crate::national::{TABLE, markdown};
use std::collections::BTreeSet;

mod cii;
mod documents;

use documents::{DE, DK, GR, IS, IT, NL, NO, SE};

/// The rules that a change breaks (more than one where they hang together), what is replaced, and by what.
type Change = (&'static str, &'static str, &'static str);

const PROFILE: &str = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0";

/// A UBL document with this content; `a` is the aggregates' prefix and `b` that of the basic components.
fn ubl(root: &str, profile: &str, body: &str) -> String {
    let ubl = "urn:oasis:names:specification:ubl:schema:xsd";
    format!(
        "<{root} xmlns=\"{ubl}:{root}-2\" xmlns:a=\"{ubl}:CommonAggregateComponents-2\" \
         xmlns:b=\"{ubl}:CommonBasicComponents-2\"><b:CustomizationID>{profile}</b:CustomizationID>{body}</{root}>"
    )
}

/// The national rules that a document breaks, warnings among them.
fn national(document: &str) -> BTreeSet<String> {
    let judgement = judge(&read(document.as_bytes()).unwrap());
    let all = judgement.violations.into_iter().chain(judgement.warnings);
    let known = |rule: &String| TABLE.iter().any(|row| row.rule == rule);
    all.map(|found| found.rule).filter(known).collect()
}

/// The sound body breaks nothing, and each change breaks what it says.
fn hold(document: fn(&str) -> String, sound: &str, changes: &[Change]) {
    assert_eq!(national(&document(sound)), BTreeSet::new(), "{sound}");
    for (rules, old, new) in changes {
        let expected = rules.split(' ').map(str::to_owned).collect();
        let changed = document(&with(sound, old, new));
        assert_eq!(national(&changed), expected, "{old} -> {new}");
    }
}

fn invoice(body: &str) -> String {
    ubl("Invoice", PROFILE, body)
}

fn credit_note(body: &str) -> String {
    ubl("CreditNote", PROFILE, body)
}

#[rustfmt::skip]
const GERMANY: &[Change] = &[
    ("DE-R-001", "PaymentMeans>", "PaymentTerms>"),
    ("DE-R-002", "a:Contact>", "a:Nobody>"),
    ("DE-R-003", "<b:CityName>Berlin</b:CityName>", ""),
    ("DE-R-004", "<b:PostalZone>10115</b:PostalZone>", "<b:PostalZone> </b:PostalZone>"),
    ("DE-R-005", "<b:Name>Anna</b:Name>", ""),
    ("DE-R-006 DE-R-027", "<b:Telephone>030 123</b:Telephone>", ""),
    ("DE-R-007 DE-R-028", "<b:ElectronicMail>a@b.de</b:ElectronicMail>", ""),
    ("DE-R-008", "<b:CityName>Bonn</b:CityName>", ""),
    ("DE-R-009", "<b:PostalZone>53111</b:PostalZone>", ""),
    ("DE-R-010", "<b:CityName>Ulm</b:CityName>", ""),
    ("DE-R-011", "<b:PostalZone>89073</b:PostalZone>", ""),
    ("DE-R-014", "<b:Percent>19</b:Percent>", ""),
    ("DE-R-015", "<b:BuyerReference>B</b:BuyerReference>", ""),
    ("DE-R-016", "<b:CompanyID>DE123456789</b:CompanyID>", "<b:CompanyID/>"),
    ("DE-R-017", "<b:InvoiceTypeCode>380<", "<b:InvoiceTypeCode>383<"),
    ("DE-R-018", "PROZENT=2.00", "PROZENT=2"),
    ("DE-R-018", "#BASISBETRAG=-9.50#\n", "#BASISBETRAG=-9.50#"),
    ("DE-R-018", "#SKONTO", "#Skonto"),
    ("DE-R-019", "DE89 3704", "DE88 3704"),
    ("DE-R-020", "<b:PaymentMeansCode>59</b:PaymentMeansCode><a:PaymentMandate><a:PayerFinancialAccount><b:ID>DE89", "<b:PaymentMeansCode>59</b:PaymentMeansCode><a:PaymentMandate><a:PayerFinancialAccount><b:ID>de89"),
    ("DE-R-022", "filename=\"b.pdf\"", "filename=\"a.pdf\""),
    ("DE-R-019 DE-R-023-1", "<a:PayeeFinancialAccount><b:ID>DE89 3704 0044 0532 0130 00</b:ID></a:PayeeFinancialAccount>", ""),
    ("DE-R-023-2", "<b:PaymentMeansCode>30</b:PaymentMeansCode>", "<b:PaymentMeansCode>30</b:PaymentMeansCode><a:CardAccount/>"),
    ("DE-R-024-1", "<b:PaymentMeansCode>48</b:PaymentMeansCode><a:CardAccount/>", "<b:PaymentMeansCode>48</b:PaymentMeansCode>"),
    ("DE-R-024-2", "<b:PaymentMeansCode>48</b:PaymentMeansCode>", "<b:PaymentMeansCode>48</b:PaymentMeansCode><a:PayeeFinancialAccount/>"),
    ("DE-R-020 DE-R-025-1", "<b:PaymentMeansCode>48</b:PaymentMeansCode><a:CardAccount/>", "<b:PaymentMeansCode>59</b:PaymentMeansCode>"),
    ("DE-R-025-2", "<b:PaymentMeansCode>59</b:PaymentMeansCode>", "<b:PaymentMeansCode>59</b:PaymentMeansCode><a:CardAccount/>"),
    ("DE-R-026", "<b:InvoiceTypeCode>380<", "<b:InvoiceTypeCode>384<"),
    ("DE-R-027", "030 123", "12"),
    ("DE-R-028", "a@b.de", "a..b@b.de"),
    ("DE-R-028", "a@b.de", "a@b@c.de"),
    ("DE-R-028", "a@b.de", "a@b-.de"),
    ("DE-R-030", "schemeID=\"SEPA\"", "schemeID=\"0088\""),
    ("DE-R-020 DE-R-031", "<a:PayerFinancialAccount><b:ID>DE89370400440532013000</b:ID></a:PayerFinancialAccount>", ""),
];

#[rustfmt::skip]
const DENMARK: &[Change] = &[
    ("DK-R-002", ">13585628<", "> <"),
    ("DK-R-003", "listVersionID=\"26.0801\"", "listVersionID=\"20.01\""),
    ("DK-R-004", "<b:AllowanceChargeReason>4321<", "<b:AllowanceChargeReason>43<"),
    ("DK-R-004", "<b:AllowanceChargeReason>4321<", "<b:AllowanceChargeReason>#43<"),
    ("DK-R-005", "<b:PaymentMeansCode>97<", "<b:PaymentMeansCode>30<"),
    ("DK-R-006", "<a:FinancialInstitutionBranch><b:ID>1234</b:ID></a:FinancialInstitutionBranch>", ""),
    ("DK-R-007", "<a:PaymentMandate><b:ID>M</b:ID>", "<a:PaymentMandate>"),
    ("DK-R-008", "01#123", "02#123"),
    ("DK-R-008", "<b:ID>1234567</b:ID>", "<b:ID>123456</b:ID>"),
    ("DK-R-009", "01#123", "04#123456789012345"),
    ("DK-R-010", "73#<", "74#<"),
    ("DK-R-010", "<b:ID>12345678</b:ID>", "<b:ID>123456789</b:ID>"),
    ("DK-R-011", "73#<", "71#12345678901234<"),
    ("DK-R-013", "<b:ID schemeID=\"0088\">", "<b:ID>"),
    ("DK-R-014", "schemeID=\"0184\"", "schemeID=\"0088\""),
];

#[rustfmt::skip]
const GREECE: &[Change] = &[
    ("GR-R-001-1", "|A|7<", "|A|7|8<"),
    ("GR-R-001-2", "<b:ID>094259216|", "<b:ID>094259217|"),
    ("GR-R-001-3", "|03/11/2026|", "|04/11/2026|"),
    ("GR-R-001-4", "|0|1.1|", "|-|1.1|"),
    ("GR-R-001-5", "|1.1|", "|1.2|"),
    ("GR-R-001-6", "|A|7<", "||7<"),
    ("GR-R-001-7", "|A|7<", "|A|<"),
    ("GR-R-002", "<b:Name>Seller</b:Name>", "<b:Name/>"),
    ("GR-R-001-2 GR-R-003 GR-S-011", ">EL094259216<", ">EL094259217<"),
    ("GR-R-004-1", "##M.AR.K##", "MARK"),
    ("GR-R-004-2", "<b:ID>400</b:ID>", "<b:ID>0400</b:ID>"),
    ("GR-R-005", "<b:Name>Buyer</b:Name>", ""),
    ("GR-R-006", ">EL999999993<", ">EL999999998<"),
    ("GR-R-008-2 GR-S-008-1", "<a:AdditionalDocumentReference><b:ID>400", "<a:AdditionalDocumentReference><b:DocumentDescription>##INVOICE|URL##</b:DocumentDescription><a:Attachment><a:ExternalReference><b:URI>u</b:URI></a:ExternalReference></a:Attachment></a:AdditionalDocumentReference><a:AdditionalDocumentReference><b:ID>400"),
    ("GR-R-008-3", "<b:URI>https://example.org</b:URI>", ""),
    ("GR-R-009", "schemeID=\"9933\">094259216", "schemeID=\"0088\">094259216"),
    ("GR-R-010", "schemeID=\"9933\">999999993", "schemeID=\"9933\">999999998"),
    ("GR-S-008-1", "##INVOICE|URL##", "ADDRESS"),
];

#[rustfmt::skip]
const ICELAND: &[Change] = &[
    ("IS-R-001", ">380<", ">384<"),
    ("IS-R-002", "schemeID=\"0196\">1", "schemeID=\"0088\">1"),
    ("IS-R-003", "<b:StreetName>A</b:StreetName>", ""),
    ("IS-R-004", "schemeID=\"0196\">2", "schemeID=\"0088\">2"),
    ("IS-R-005", "<b:PostalZone>200</b:PostalZone>", ""),
    ("IS-R-006", "<b:ID>010166001234</b:ID>", "<b:ID>01016600123</b:ID>"),
    ("IS-R-007", "<b:ID>010126001234</b:ID>", "<b:ID>0101260012345</b:ID>"),
    ("IS-R-008", "<b:ID>2026-12-01</b:ID>", "<b:ID>2026-12-32</b:ID>"),
    ("IS-R-009 IS-R-010", "<b:DueDate>2026-11-30</b:DueDate>", ""),
    ("IS-R-010", "<b:ID>2026-12-01</b:ID>", "<b:ID>2026-11-29</b:ID>"),
];

#[rustfmt::skip]
const ITALY: &[Change] = &[
    ("IT-R-001", ">RSSMRA70A01H501X<", ">RSSMRA<"),
    ("IT-R-001", ">RSSMRA70A01H501X<", ">rssmra70a01h501x<"),
    ("IT-R-002", "<b:StreetName>Via Roma</b:StreetName>", ""),
    ("IT-R-003", "<b:CityName>Roma</b:CityName>", ""),
    ("IT-R-004", "<b:PostalZone>00100</b:PostalZone>", ""),
];

#[rustfmt::skip]
const NETHERLANDS: &[Change] = &[
    ("NL-R-002", "<b:CityName>Delft</b:CityName>", ""),
    ("NL-R-003", "schemeID=\"0106\"", "schemeID=\"0088\""),
    ("NL-R-004", "<b:StreetName>Kade</b:StreetName>", ""),
    ("NL-R-005", "schemeID=\"0190\">2<", "schemeID=\"0190\"> <"),
    ("NL-R-006", "<b:PostalZone>1011</b:PostalZone>", ""),
    ("NL-R-007", "<a:PaymentMeans><b:PaymentMeansCode>30</b:PaymentMeansCode></a:PaymentMeans>", ""),
    ("NL-R-008", "<b:PaymentMeansCode>30<", "<b:PaymentMeansCode>31<"),
    ("NL-R-009", "<a:OrderReference><b:ID>O</b:ID></a:OrderReference>", ""),
];

#[rustfmt::skip]
const NORWAY: &[Change] = &[
    ("NO-R-001", ">NO123456785MVA<", ">NO123456784MVA<"),
    ("NO-R-001", ">NO123456785MVA<", ">NO123456785<"),
    ("NO-R-002", ">Foretaksregisteret<", ">Something<"),
];

#[rustfmt::skip]
const SWEDEN: &[Change] = &[
    ("SE-R-001", ">SE556036079301<", ">SE55603607930<"),
    ("SE-R-002", ">SE556036079301<", ">SE5560360793AB<"),
    ("SE-R-003 SE-R-013", ">5560360793<", ">556036079X<"),
    ("SE-R-004 SE-R-013", ">5560360793<", ">556036079<"),
    ("SE-R-005", ">Godkänd för F-skatt<", ">Moms<"),
    ("SE-R-006", "<b:Percent>12</b:Percent>", "<b:Percent>19</b:Percent>"),
    ("SE-R-007", ">123456<", ">123-456<"),
    ("SE-R-008", ">9912346<", ">991-2346<"),
    ("SE-R-009", ">9912346<", ">991234<"),
    ("SE-R-010", ">123456<", ">123456789<"),
    ("SE-R-011", "<b:PaymentMeansCode>97<", "<b:PaymentMeansCode>56<"),
    ("SE-R-012", "<b:PaymentMeansCode>97<", "<b:PaymentMeansCode>31<"),
    ("SE-R-013", ">5560360793<", ">5560360794<"),
];

#[test]
fn r24_the_rules_of_germany() {
    hold(invoice, DE, GERMANY);
}

#[test]
fn r24_the_rules_of_denmark() {
    hold(invoice, DK, DENMARK);
    let note = "<b:PayableAmount>1</b:PayableAmount>";
    let credited = with(DK, "InvoiceLine>", "CreditNoteLine>");
    let negative = [("DK-R-016", note, "<b:PayableAmount>-1</b:PayableAmount>")];
    hold(credit_note, &credited, &negative);
}

#[test]
fn r24_the_rules_of_greece() {
    hold(invoice, GR, GREECE);
}

#[test]
fn r24_the_rules_of_iceland() {
    hold(invoice, IS, ICELAND);
}

#[test]
fn r24_the_rules_of_italy() {
    hold(invoice, IT, ITALY);
}

#[test]
fn r24_the_rules_of_the_netherlands() {
    hold(invoice, NL, NETHERLANDS);
    let preceding = "<a:BillingReference><a:InvoiceDocumentReference><b:ID>I</b:ID></a:InvoiceDocumentReference></a:BillingReference>";
    let credited = format!("<b:CreditNoteTypeCode>381</b:CreditNoteTypeCode>{preceding}{NL}");
    hold(credit_note, &credited, &[("NL-R-001", preceding, "")]);
}

#[test]
fn r24_the_rules_of_norway() {
    hold(invoice, NO, NORWAY);
}

#[test]
fn r24_the_rules_of_sweden() {
    hold(invoice, SE, SWEDEN);
}

#[test]
fn r24_national_rules_are_asked_under_peppol_only() {
    let core = ubl("Invoice", "urn:cen.eu:en16931:2017", "");
    let bare = with(&core, "</Invoice>", &format!("{NO}</Invoice>"));
    let unregistered = with(&bare, ">Foretaksregisteret<", ">Something<");
    assert_eq!(national(&unregistered), BTreeSet::new());
}

#[test]
fn r24_a_buyer_of_another_country_is_not_asked() {
    let elsewhere = with(NL, "<b:StreetName>Kade</b:StreetName>", "");
    let elsewhere = with(&elsewhere, "NL<!-- buyer -->", "BE");
    assert_eq!(national(&invoice(&elsewhere)), BTreeSet::new());
    let elsewhere = with(DE, "DE<!-- buyer -->", "AT");
    let bare = with(&elsewhere, "<b:BuyerReference>B</b:BuyerReference>", "");
    assert_eq!(national(&invoice(&bare)), BTreeSet::new());
}

#[test]
fn r24_a_warning_does_not_break_the_document() {
    let unregistered = with(NO, ">Foretaksregisteret<", ">Something<");
    let judgement = judge(&read(invoice(&unregistered).as_bytes()).unwrap());
    let is = |v: &contracts::events::Violation| v.rule == "NO-R-002";
    assert!(judgement.warnings.iter().any(is));
    assert!(!judgement.violations.iter().any(is));
}

#[test]
fn every_national_rule_is_broken_by_some_change_here() {
    let changes = [
        GERMANY,
        DENMARK,
        GREECE,
        ICELAND,
        ITALY,
        NETHERLANDS,
        NORWAY,
        SWEDEN,
    ];
    let changes = changes.iter().flat_map(|changes| changes.iter());
    let mut broken: BTreeSet<_> = changes.flat_map(|change| change.0.split(' ')).collect();
    broken.extend(["DK-R-016", "NL-R-001"]); // in credit notes
    let rows: BTreeSet<_> = TABLE.iter().map(|row| row.rule).collect();
    assert_eq!(broken, rows);
    assert_eq!(rows.len(), TABLE.len(), "a rule has two rows");
    let committed = include_str!("../../NATIONAL.md");
    assert!(
        committed == markdown(),
        "NATIONAL.md must read:\n{}",
        markdown()
    );
}
