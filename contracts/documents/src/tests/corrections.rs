//! Each corrected rule fires on a document that breaks it and on none that does not.

use super::*;
use crate::corrections::table::{TABLE, markdown};
use crate::corrections::{CII, UBL};
use std::collections::BTreeSet;

const PEPPOL: &str = "<cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>";

/// A UBL document with only this content.
fn ubl(root: &str, body: &str) -> String {
    format!(
        "<{root} xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:{root}-2\" \
         xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" \
         xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">{body}</{root}>"
    )
}

/// Rule, content that breaks it, content that does not.
#[rustfmt::skip]
const CASES: &[(&str, &str, &str)] = &[
    ("BR-03", "<cbc:IssueDate> </cbc:IssueDate>", "<cbc:IssueDate>tomorrow</cbc:IssueDate>"),
    ("BR-08", "<cac:AccountingSupplierParty><cac:Party/></cac:AccountingSupplierParty>", "<cac:AccountingSupplierParty><cac:Party><cac:PostalAddress/></cac:Party></cac:AccountingSupplierParty>"),
    ("BR-10", "", "<cac:AccountingCustomerParty><cac:Party><cac:PostalAddress/></cac:Party></cac:AccountingCustomerParty>"),
    ("BR-19", "<cac:TaxRepresentativeParty/>", "<cac:TaxRepresentativeParty><cac:PostalAddress/></cac:TaxRepresentativeParty>"),
    ("BR-55", "<cac:BillingReference/>", "<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>A</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>"),
    ("BR-CL-24", "<cac:AdditionalDocumentReference><cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode=\"image/gif\"/></cac:Attachment></cac:AdditionalDocumentReference>", "<cac:AdditionalDocumentReference><cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode=\"image/png\"/></cac:Attachment></cac:AdditionalDocumentReference>"),
    ("BR-CO-19", "<cac:InvoicePeriod/>", "<cac:InvoicePeriod><cbc:DescriptionCode>35</cbc:DescriptionCode></cac:InvoicePeriod>"),
    ("BR-CO-12", "<cac:LegalMonetaryTotal><cbc:ChargeTotalAmount>.50</cbc:ChargeTotalAmount></cac:LegalMonetaryTotal>", "<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator><cbc:Amount>.5</cbc:Amount></cac:AllowanceCharge><cac:LegalMonetaryTotal><cbc:ChargeTotalAmount>.50</cbc:ChargeTotalAmount></cac:LegalMonetaryTotal>"),
    ("UBL-DT-01", "<cac:LegalMonetaryTotal><cbc:PayableAmount>1.000</cbc:PayableAmount></cac:LegalMonetaryTotal>", "<cac:InvoiceLine><cac:Price><cbc:PriceAmount>1.0005</cbc:PriceAmount><cac:AllowanceCharge><cbc:Amount>0.125</cbc:Amount></cac:AllowanceCharge></cac:Price></cac:InvoiceLine>"),
    ("UBL-DT-06", "<cac:AdditionalDocumentReference><cac:Attachment><cbc:EmbeddedDocumentBinaryObject filename=\"a\"/></cac:Attachment></cac:AdditionalDocumentReference>", "<cac:AdditionalDocumentReference><cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode=\"image/png\"/></cac:Attachment></cac:AdditionalDocumentReference>"),
    ("UBL-DT-07", "<cac:AdditionalDocumentReference><cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode=\"image/png\"/></cac:Attachment></cac:AdditionalDocumentReference>", "<cac:AdditionalDocumentReference><cac:Attachment><cbc:EmbeddedDocumentBinaryObject filename=\"a\"/></cac:Attachment></cac:AdditionalDocumentReference>"),
    ("UBL-SR-07", "<cac:BillingReference/>", "<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID/></cac:InvoiceDocumentReference></cac:BillingReference>"),
    ("UBL-SR-19", "<cac:PayeeParty/>", "<cac:AccountingSupplierParty><cac:Party><cac:PartyLegalEntity><cbc:RegistrationName>A</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty><cac:PayeeParty><cac:PartyName><cbc:Name>B</cbc:Name></cac:PartyName></cac:PayeeParty>"),
    ("UBL-SR-43", "<cac:AdditionalDocumentReference><cbc:ID schemeID=\"ABZ\">1</cbc:ID></cac:AdditionalDocumentReference>", "<cac:AdditionalDocumentReference><cbc:ID schemeID=\"ABZ\">1</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:AdditionalDocumentReference>"),
    ("UBL-SR-48", "<cac:InvoiceLine/>", "<cac:InvoiceLine><cac:Item><cac:ClassifiedTaxCategory/></cac:Item></cac:InvoiceLine>"),
    ("UBL-SR-51", "<cac:Delivery><cac:DeliveryLocation><cac:Address><cac:AddressLine/><cac:AddressLine/></cac:Address></cac:DeliveryLocation></cac:Delivery>", "<cac:Delivery><cac:DeliveryLocation><cac:Address><cac:AddressLine/></cac:Address></cac:DeliveryLocation></cac:Delivery>"),
    ("UBL-SR-53", "<cac:AccountingSupplierParty><cac:Party><cac:PartyTaxScheme/></cac:Party></cac:AccountingSupplierParty>", "<cac:AccountingSupplierParty><cac:Party><cac:PartyTaxScheme><cbc:CompanyID/><cac:TaxScheme><cbc:ID/></cac:TaxScheme></cac:PartyTaxScheme></cac:Party></cac:AccountingSupplierParty>"),
    ("UBL-SR-42", "<cac:AccountingSupplierParty><cac:Party><cac:PartyTaxScheme/><cac:PartyTaxScheme/><cac:PartyTaxScheme/></cac:Party></cac:AccountingSupplierParty>", "<cac:AccountingSupplierParty><cac:Party><cac:PartyTaxScheme/><cac:PartyTaxScheme/></cac:Party></cac:AccountingSupplierParty>"),
    ("UBL-SR-44", "<cac:PaymentMeans><cbc:PaymentID>a</cbc:PaymentID></cac:PaymentMeans><cac:PaymentMeans><cbc:PaymentID>b</cbc:PaymentID></cac:PaymentMeans>", "<cac:PaymentMeans><cbc:PaymentID>a</cbc:PaymentID></cac:PaymentMeans><cac:PaymentMeans><cbc:PaymentID>a</cbc:PaymentID></cac:PaymentMeans>"),
    ("UBL-SR-47", "<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode></cac:PaymentMeans><cac:PaymentMeans><cbc:PaymentMeansCode>48</cbc:PaymentMeansCode></cac:PaymentMeans>", "<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode></cac:PaymentMeans><cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode></cac:PaymentMeans>"),
];

#[rustfmt::skip]
const PEPPOL_CASES: &[(&str, &str, &str)] = &[
    ("PEPPOL-EN16931-CL007", "<cac:LegalMonetaryTotal><cbc:PayableAmount currencyID=\"DEM\">1</cbc:PayableAmount></cac:LegalMonetaryTotal>", "<cac:LegalMonetaryTotal><cbc:PayableAmount currencyID=\"SEK\">1</cbc:PayableAmount></cac:LegalMonetaryTotal>"),
    ("PEPPOL-EN16931-F001", "<cbc:DueDate>2026-02-30</cbc:DueDate>", "<cbc:DueDate>2026-02-28</cbc:DueDate>"),
    ("PEPPOL-EN16931-P0100", "<cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID><cbc:InvoiceTypeCode>381</cbc:InvoiceTypeCode>", "<cbc:InvoiceTypeCode>381</cbc:InvoiceTypeCode>"),
    ("PEPPOL-EN16931-R001", "", "<cbc:ProfileID/>"),
    ("PEPPOL-EN16931-R003", "", "<cac:OrderReference><cbc:ID/></cac:OrderReference>"),
    ("PEPPOL-EN16931-R043", "<cac:AllowanceCharge><cbc:ChargeIndicator>1</cbc:ChargeIndicator></cac:AllowanceCharge>", "<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator></cac:AllowanceCharge>"),
    ("PEPPOL-EN16931-R044", "<cac:InvoiceLine><cac:Price><cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator></cac:AllowanceCharge></cac:Price></cac:InvoiceLine>", "<cac:InvoiceLine><cac:Price><cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator></cac:AllowanceCharge></cac:Price></cac:InvoiceLine>"),
    ("PEPPOL-EN16931-R053", "<cac:TaxTotal/>", "<cac:TaxTotal><cac:TaxSubtotal/></cac:TaxTotal>"),
    ("PEPPOL-EN16931-R054", "<cbc:TaxCurrencyCode>SEK</cbc:TaxCurrencyCode>", "<cbc:TaxCurrencyCode>SEK</cbc:TaxCurrencyCode><cac:TaxTotal/>"),
    ("PEPPOL-EN16931-R061", "<cac:PaymentMeans><cbc:PaymentMeansCode>49</cbc:PaymentMeansCode></cac:PaymentMeans>", "<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode></cac:PaymentMeans>"),
    ("PEPPOL-EN16931-R100", "<cac:InvoiceLine><cac:DocumentReference/><cac:DocumentReference/></cac:InvoiceLine>", "<cac:InvoiceLine><cac:DocumentReference/></cac:InvoiceLine>"),
    ("PEPPOL-EN16931-R101", "<cac:InvoiceLine><cac:DocumentReference/></cac:InvoiceLine>", "<cac:InvoiceLine/>"),
    ("PEPPOL-EN16931-R120", "<cac:InvoiceLine><cac:Price><cbc:PriceAmount>10</cbc:PriceAmount></cac:Price></cac:InvoiceLine>", "<cac:InvoiceLine><cbc:LineExtensionAmount>10.02</cbc:LineExtensionAmount><cac:Price><cbc:PriceAmount>10</cbc:PriceAmount></cac:Price></cac:InvoiceLine>"),
];

#[test]
fn r24_a_corrected_rule_fires_where_it_is_broken_and_nowhere_else() {
    let core = CASES.iter().map(|case| ("", case));
    let peppol = PEPPOL_CASES.iter().map(|case| (PEPPOL, case));
    for (profile, (rule, broken, sound)) in core.chain(peppol) {
        let found = |body: &str| rules(&ubl("Invoice", &format!("{profile}{body}")));
        assert!(
            found(broken).iter().any(|r| r == rule),
            "{rule} does not fire"
        );
        assert!(
            !found(sound).iter().any(|r| r == rule),
            "{rule} fires on {sound}"
        );
    }
}

#[test]
fn r24_two_vat_totals_in_the_invoices_currency_break_the_sum() {
    let total =
        "<cac:TaxTotal><cbc:TaxAmount currencyID=\"EUR\">155.80</cbc:TaxAmount></cac:TaxTotal>";
    let twice = with(
        INVOICE,
        "<cac:LegalMonetaryTotal>",
        &format!("{total}<cac:LegalMonetaryTotal>"),
    );
    assert!(rules(&twice).contains(&"BR-CO-15".to_owned()));
}

#[test]
fn r24_an_amount_with_too_many_decimals_breaks_no_sum() {
    let long = with(INVOICE, ">975.80</cbc:TaxInc", ">975.800</cbc:TaxInc");
    assert_eq!(rules(&long), ["BR-DEC-14", "UBL-DT-01"]);
    let short = with(
        INVOICE,
        "</cbc:TaxInclusiveAmount>",
        "</cbc:TaxInclusiveAmount><cbc:PrepaidAmount currencyID=\"EUR\">.00</cbc:PrepaidAmount>",
    );
    assert_eq!(rules(&short), Vec::<String>::new());
}

#[test]
fn every_decided_rule_stands_in_the_table_with_its_reason() {
    let decided: BTreeSet<_> = UBL.all().chain(CII.all()).collect();
    let rows: BTreeSet<_> = TABLE.iter().map(|row| row.rule).collect();
    assert_eq!(decided, rows);
    assert_eq!(rows.len(), TABLE.len(), "a rule has two rows");
    let committed = include_str!("../../CORRECTIONS.md");
    assert!(
        committed == markdown(),
        "CORRECTIONS.md must read:\n{}",
        markdown()
    );
}
