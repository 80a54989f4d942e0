//! The same on CII, for the five countries that have rules there.

use super::*;

/// A CII document with this transaction; `r` is the prefix of its entities.
fn document(type_code: &str, body: &str) -> String {
    let un = "urn:un:unece:uncefact:data:standard";
    format!(
        "<m:CrossIndustryInvoice xmlns:m=\"{un}:CrossIndustryInvoice:100\" \
         xmlns:r=\"{un}:ReusableAggregateBusinessInformationEntity:100\"><m:ExchangedDocumentContext>\
         <r:GuidelineSpecifiedDocumentContextParameter><r:ID>{PROFILE}</r:ID></r:GuidelineSpecifiedDocumentContextParameter>\
         </m:ExchangedDocumentContext><m:ExchangedDocument><r:TypeCode>{type_code}</r:TypeCode></m:ExchangedDocument>\
         <m:SupplyChainTradeTransaction>{body}</m:SupplyChainTradeTransaction></m:CrossIndustryInvoice>"
    )
}

fn invoice(body: &str) -> String {
    document("380", body)
}

fn credit_note(body: &str) -> String {
    document("381", body)
}

#[rustfmt::skip]
const DK: &str = "<r:IncludedSupplyChainTradeLineItem><r:SpecifiedTradeProduct><r:DesignatedProductClassification>\
    <r:ClassCode listID=\"TST\" listVersionID=\"19.0501\">1</r:ClassCode></r:DesignatedProductClassification></r:SpecifiedTradeProduct></r:IncludedSupplyChainTradeLineItem>\
    <r:ApplicableHeaderTradeAgreement><r:SellerTradeParty><r:GlobalID schemeID=\"0088\">1</r:GlobalID>\
    <r:SpecifiedLegalOrganization><r:ID schemeID=\"0184\">13585628</r:ID></r:SpecifiedLegalOrganization>\
    <r:PostalTradeAddress><r:CountryID>DK</r:CountryID></r:PostalTradeAddress></r:SellerTradeParty>\
    <r:BuyerTradeParty><r:PostalTradeAddress><r:CountryID>DK</r:CountryID></r:PostalTradeAddress></r:BuyerTradeParty></r:ApplicableHeaderTradeAgreement>\
    <r:ApplicableHeaderTradeSettlement><r:CreditorReferenceID>C</r:CreditorReferenceID><r:PaymentReference>01#123</r:PaymentReference>\
    <r:SpecifiedTradeSettlementPaymentMeans><r:TypeCode>31</r:TypeCode><r:PayeePartyCreditorFinancialAccount>\
    <r:IBANID>1</r:IBANID></r:PayeePartyCreditorFinancialAccount><r:PayeeSpecifiedCreditorFinancialInstitution>\
    <r:BICID>1234</r:BICID></r:PayeeSpecifiedCreditorFinancialInstitution></r:SpecifiedTradeSettlementPaymentMeans>\
    <r:SpecifiedTradeSettlementPaymentMeans><r:TypeCode>49</r:TypeCode><r:SpecifiedTradePaymentTerms>\
    <r:DirectDebitMandateID>M</r:DirectDebitMandateID></r:SpecifiedTradePaymentTerms></r:SpecifiedTradeSettlementPaymentMeans>\
    <r:SpecifiedTradeSettlementPaymentMeans><r:TypeCode>50</r:TypeCode><r:PayeePartyCreditorFinancialAccount>\
    <r:IBANID>1234567</r:IBANID></r:PayeePartyCreditorFinancialAccount></r:SpecifiedTradeSettlementPaymentMeans>\
    <r:SpecifiedTradeAllowanceCharge><r:ReasonCode>ZZZ</r:ReasonCode><r:Reason>4321</r:Reason></r:SpecifiedTradeAllowanceCharge>\
    <r:SpecifiedTradeSettlementHeaderMonetarySummation><r:DuePayableAmount>1</r:DuePayableAmount></r:SpecifiedTradeSettlementHeaderMonetarySummation></r:ApplicableHeaderTradeSettlement>";

#[rustfmt::skip]
const IT: &str = "<r:ApplicableHeaderTradeAgreement><r:SellerTradeParty><r:PostalTradeAddress><r:PostcodeCode>00100</r:PostcodeCode>\
    <r:LineOne>Via Roma</r:LineOne><r:CityName>Roma</r:CityName><r:CountryID>IT</r:CountryID></r:PostalTradeAddress>\
    <r:SpecifiedTaxRegistration><r:ID schemeID=\"VAT\">IT00743110157</r:ID></r:SpecifiedTaxRegistration>\
    <r:SpecifiedTaxRegistration><r:ID schemeID=\"FC\">RSSMRA70A01H501X</r:ID></r:SpecifiedTaxRegistration></r:SellerTradeParty></r:ApplicableHeaderTradeAgreement>\
    <r:ApplicableHeaderTradeSettlement></r:ApplicableHeaderTradeSettlement>";

#[rustfmt::skip]
const NL: &str = "<r:IncludedSupplyChainTradeLineItem><r:SpecifiedLineTradeAgreement><r:BuyerOrderReferencedDocument>\
    <r:LineID>1</r:LineID></r:BuyerOrderReferencedDocument></r:SpecifiedLineTradeAgreement></r:IncludedSupplyChainTradeLineItem>\
    <r:ApplicableHeaderTradeAgreement><r:SellerTradeParty><r:SpecifiedLegalOrganization><r:ID schemeID=\"0106\">1</r:ID></r:SpecifiedLegalOrganization>\
    <r:PostalTradeAddress><r:PostcodeCode>2611</r:PostcodeCode><r:LineOne>Markt</r:LineOne><r:CityName>Delft</r:CityName>\
    <r:CountryID>NL</r:CountryID></r:PostalTradeAddress></r:SellerTradeParty><r:BuyerTradeParty>\
    <r:SpecifiedLegalOrganization><r:ID schemeID=\"0190\">2</r:ID></r:SpecifiedLegalOrganization>\
    <r:PostalTradeAddress><r:PostcodeCode>4811</r:PostcodeCode><r:LineOne>Kade</r:LineOne><r:CityName>Breda</r:CityName>\
    <r:CountryID>NL</r:CountryID></r:PostalTradeAddress></r:BuyerTradeParty>\
    <r:SellerTaxRepresentativeTradeParty><r:PostalTradeAddress><r:PostcodeCode>1011</r:PostcodeCode><r:LineOne>Dam</r:LineOne>\
    <r:CityName>Amsterdam</r:CityName><r:CountryID>NL</r:CountryID></r:PostalTradeAddress></r:SellerTaxRepresentativeTradeParty>\
    <r:BuyerOrderReferencedDocument><r:IssuerAssignedID>O</r:IssuerAssignedID></r:BuyerOrderReferencedDocument></r:ApplicableHeaderTradeAgreement>\
    <r:ApplicableHeaderTradeSettlement><r:SpecifiedTradeSettlementPaymentMeans><r:TypeCode>30</r:TypeCode></r:SpecifiedTradeSettlementPaymentMeans>\
    <r:SpecifiedTradeSettlementHeaderMonetarySummation><r:DuePayableAmount>1</r:DuePayableAmount></r:SpecifiedTradeSettlementHeaderMonetarySummation>\
    <r:InvoiceReferencedDocument><r:IssuerAssignedID>I</r:IssuerAssignedID></r:InvoiceReferencedDocument></r:ApplicableHeaderTradeSettlement>";

#[rustfmt::skip]
const NO: &str = "<r:ApplicableHeaderTradeAgreement><r:SellerTradeParty><r:PostalTradeAddress><r:CountryID>NO</r:CountryID></r:PostalTradeAddress>\
    <r:SpecifiedTaxRegistration><r:ID schemeID=\"VAT\">NO123456785MVA</r:ID></r:SpecifiedTaxRegistration>\
    <r:SpecifiedTaxRegistration><r:ID schemeID=\"FC\">Foretaksregisteret</r:ID></r:SpecifiedTaxRegistration></r:SellerTradeParty></r:ApplicableHeaderTradeAgreement>\
    <r:ApplicableHeaderTradeSettlement></r:ApplicableHeaderTradeSettlement>";

#[rustfmt::skip]
const SE: &str = "<r:ApplicableHeaderTradeAgreement><r:SellerTradeParty><r:SpecifiedLegalOrganization><r:ID>5560360793</r:ID></r:SpecifiedLegalOrganization>\
    <r:PostalTradeAddress><r:CountryID>SE</r:CountryID></r:PostalTradeAddress><r:SpecifiedTaxRegistration>\
    <r:ID schemeID=\"VAT\">SE556036079301</r:ID></r:SpecifiedTaxRegistration><r:SpecifiedTaxRegistration>\
    <r:ID schemeID=\"FC\">Godkänd för F-skatt</r:ID></r:SpecifiedTaxRegistration></r:SellerTradeParty>\
    <r:BuyerTradeParty><r:PostalTradeAddress><r:CountryID>SE</r:CountryID></r:PostalTradeAddress></r:BuyerTradeParty></r:ApplicableHeaderTradeAgreement>\
    <r:ApplicableHeaderTradeSettlement><r:SpecifiedTradeSettlementPaymentMeans><r:TypeCode>30</r:TypeCode>\
    <r:PayeePartyCreditorFinancialAccount><r:ProprietaryID>123456</r:ProprietaryID></r:PayeePartyCreditorFinancialAccount>\
    <r:PayeeSpecifiedCreditorFinancialInstitution><r:BICID>SE:PLUSGIRO</r:BICID></r:PayeeSpecifiedCreditorFinancialInstitution></r:SpecifiedTradeSettlementPaymentMeans>\
    <r:SpecifiedTradeSettlementPaymentMeans><r:TypeCode>30</r:TypeCode><r:PayeePartyCreditorFinancialAccount>\
    <r:ProprietaryID>9912346</r:ProprietaryID></r:PayeePartyCreditorFinancialAccount>\
    <r:PayeeSpecifiedCreditorFinancialInstitution><r:BICID>SE:BANKGIRO</r:BICID></r:PayeeSpecifiedCreditorFinancialInstitution></r:SpecifiedTradeSettlementPaymentMeans>\
    <r:SpecifiedTradeSettlementPaymentMeans><r:TypeCode>97</r:TypeCode></r:SpecifiedTradeSettlementPaymentMeans>\
    <r:ApplicableTradeTax><r:CategoryCode>S</r:CategoryCode><r:RateApplicablePercent>12</r:RateApplicablePercent></r:ApplicableTradeTax></r:ApplicableHeaderTradeSettlement>";

#[test]
#[rustfmt::skip]
fn r24_the_rules_of_denmark_on_cii() {
    hold(invoice, DK, &[
        ("DK-R-002", ">13585628<", "><"),
        ("DK-R-003", "19.0501", "20"),
        ("DK-R-004", ">4321<", ">#4321<"),
        ("DK-R-005", "<r:TypeCode>31<", "<r:TypeCode>30<"),
        ("DK-R-006", "<r:BICID>1234</r:BICID>", ""),
        ("DK-R-007", "<r:CreditorReferenceID>C</r:CreditorReferenceID>", ""),
        ("DK-R-008", ">1234567<", ">12345678<"),
        ("DK-R-009", "01#123", "15#123"),
        ("DK-R-013", "<r:GlobalID schemeID=\"0088\">", "<r:GlobalID>"),
        ("DK-R-014", "0184", "0002"),
    ]);
    let fik = with(DK, "<r:TypeCode>50<", "<r:TypeCode>93<");
    let fik = with(&fik, ">1234567<", ">12345678<");
    hold(invoice, &with(&fik, "01#123", "73#"), &[
        ("DK-R-010", "73#", "74#"),
        ("DK-R-011", "73#", "75#"),
    ]);
    hold(credit_note, DK, &[("DK-R-016", "<r:DuePayableAmount>1<", "<r:DuePayableAmount>-1<")]);
}

#[test]
#[rustfmt::skip]
fn r24_the_rules_of_italy_on_cii() {
    hold(invoice, IT, &[
        ("IT-R-001", ">RSSMRA70A01H501X<", ">RSSMRA<"),
        ("IT-R-002", "<r:LineOne>Via Roma</r:LineOne>", ""),
        ("IT-R-003", "<r:CityName>Roma</r:CityName>", ""),
        ("IT-R-004", "<r:PostcodeCode>00100</r:PostcodeCode>", ""),
    ]);
}

#[test]
#[rustfmt::skip]
fn r24_the_rules_of_the_netherlands_on_cii() {
    hold(invoice, NL, &[
        ("NL-R-002", "<r:CityName>Delft</r:CityName>", ""),
        ("NL-R-003", "0106", "0088"),
        ("NL-R-004", "<r:LineOne>Kade</r:LineOne>", ""),
        ("NL-R-005", "0190", "0088"),
        ("NL-R-006", "<r:PostcodeCode>1011</r:PostcodeCode>", ""),
        ("NL-R-007", "SpecifiedTradeSettlementPaymentMeans>", "Other>"),
        ("NL-R-008", "<r:TypeCode>30<", "<r:TypeCode>31<"),
        ("NL-R-009", "<r:IssuerAssignedID>O</r:IssuerAssignedID>", ""),
    ]);
    hold(credit_note, NL, &[("NL-R-001", "<r:IssuerAssignedID>I</r:IssuerAssignedID>", "")]);
}

#[test]
#[rustfmt::skip]
fn r24_the_rules_of_norway_on_cii() {
    hold(invoice, NO, &[
        ("NO-R-001", ">NO123456785MVA<", ">NO123456784MVA<"),
        ("NO-R-002", ">Foretaksregisteret<", ">Something<"),
    ]);
}

#[test]
#[rustfmt::skip]
fn r24_the_rules_of_sweden_on_cii() {
    hold(invoice, SE, &[
        ("SE-R-001", ">SE556036079301<", ">SE55603607930<"),
        ("SE-R-002", ">SE556036079301<", ">SE5560360793AB<"),
        ("SE-R-003 SE-R-013", ">5560360793<", ">556036079X<"),
        ("SE-R-004 SE-R-013", ">5560360793<", ">556036079<"),
        ("SE-R-005", ">Godkänd för F-skatt<", ">Moms<"),
        ("SE-R-006", ">12<", ">0<"),
        ("SE-R-007", ">123456<", ">123-456<"),
        ("SE-R-008", ">9912346<", ">991-2346<"),
        ("SE-R-009", ">9912346<", ">991234<"),
        ("SE-R-010", ">123456<", ">123456789<"),
        ("SE-R-011", "<r:TypeCode>97<", "<r:TypeCode>50<"),
        ("SE-R-012", "<r:TypeCode>97<", "<r:TypeCode>31<"),
    ]);
}
