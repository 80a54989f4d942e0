//! Sound UBL documents of each country: just what its rules look at. `a` is the prefix of aggregates, `b` of basic components.

/// Germany: three ways to pay, two attachments, a cash discount and an address of delivery.
#[rustfmt::skip]
pub(super) const DE: &str = "<b:InvoiceTypeCode>380</b:InvoiceTypeCode><b:BuyerReference>B</b:BuyerReference>\
    <a:AdditionalDocumentReference><b:ID>1</b:ID><a:Attachment>\
    <b:EmbeddedDocumentBinaryObject filename=\"a.pdf\"/></a:Attachment></a:AdditionalDocumentReference>\
    <a:AdditionalDocumentReference><b:ID>2</b:ID><a:Attachment>\
    <b:EmbeddedDocumentBinaryObject filename=\"b.pdf\"/></a:Attachment></a:AdditionalDocumentReference>\
    <a:AccountingSupplierParty><a:Party><a:PartyIdentification><b:ID schemeID=\"SEPA\">C</b:ID></a:PartyIdentification>\
    <a:PostalAddress><b:CityName>Berlin</b:CityName><b:PostalZone>10115</b:PostalZone><a:Country>\
    <b:IdentificationCode>DE</b:IdentificationCode></a:Country></a:PostalAddress><a:PartyTaxScheme><b:CompanyID>DE123456789</b:CompanyID>\
    <a:TaxScheme><b:ID>VAT</b:ID></a:TaxScheme></a:PartyTaxScheme><a:Contact><b:Name>Anna</b:Name><b:Telephone>030 123</b:Telephone>\
    <b:ElectronicMail>a@b.de</b:ElectronicMail></a:Contact></a:Party></a:AccountingSupplierParty>\
    <a:AccountingCustomerParty><a:Party><a:PostalAddress><b:CityName>Bonn</b:CityName><b:PostalZone>53111</b:PostalZone>\
    <a:Country><b:IdentificationCode>DE<!-- buyer --></b:IdentificationCode></a:Country></a:PostalAddress></a:Party></a:AccountingCustomerParty>\
    <a:Delivery><a:DeliveryLocation><a:Address><b:CityName>Ulm</b:CityName><b:PostalZone>89073</b:PostalZone></a:Address></a:DeliveryLocation></a:Delivery>\
    <a:PaymentMeans><b:PaymentMeansCode>58</b:PaymentMeansCode><a:PayeeFinancialAccount><b:ID>DE89 3704 0044 0532 0130 00</b:ID></a:PayeeFinancialAccount></a:PaymentMeans>\
    <a:PaymentMeans><b:PaymentMeansCode>30</b:PaymentMeansCode><a:PayeeFinancialAccount><b:ID>1</b:ID></a:PayeeFinancialAccount></a:PaymentMeans>\
    <a:PaymentMeans><b:PaymentMeansCode>48</b:PaymentMeansCode><a:CardAccount/></a:PaymentMeans><a:PaymentMeans>\
    <b:PaymentMeansCode>59</b:PaymentMeansCode><a:PaymentMandate><a:PayerFinancialAccount><b:ID>DE89370400440532013000</b:ID></a:PayerFinancialAccount></a:PaymentMandate></a:PaymentMeans>\
    <a:PaymentTerms><b:Note>In short:\n#SKONTO#TAGE=14#PROZENT=2.00#BASISBETRAG=-9.50#\n</b:Note></a:PaymentTerms>\
    <a:TaxTotal><a:TaxSubtotal><a:TaxCategory><b:Percent>19</b:Percent></a:TaxCategory></a:TaxSubtotal></a:TaxTotal>\
    <a:InvoiceLine><a:Item><a:ClassifiedTaxCategory><b:ID>S</b:ID></a:ClassifiedTaxCategory></a:Item></a:InvoiceLine>";

/// Denmark: one payment of each kind.
#[rustfmt::skip]
pub(super) const DK: &str = "<a:AccountingSupplierParty><a:Party><a:PartyIdentification><b:ID schemeID=\"0088\">1</b:ID></a:PartyIdentification>\
    <a:PostalAddress><a:Country><b:IdentificationCode>DK</b:IdentificationCode></a:Country></a:PostalAddress>\
    <a:PartyLegalEntity><b:CompanyID schemeID=\"0184\">13585628</b:CompanyID></a:PartyLegalEntity></a:Party></a:AccountingSupplierParty>\
    <a:AccountingCustomerParty><a:Party><a:PostalAddress><a:Country><b:IdentificationCode>DK</b:IdentificationCode></a:Country></a:PostalAddress></a:Party></a:AccountingCustomerParty>\
    <a:PaymentMeans><b:PaymentMeansCode>97</b:PaymentMeansCode></a:PaymentMeans><a:PaymentMeans>\
    <b:PaymentMeansCode>31</b:PaymentMeansCode><a:PayeeFinancialAccount><b:ID>1</b:ID>\
    <a:FinancialInstitutionBranch><b:ID>1234</b:ID></a:FinancialInstitutionBranch></a:PayeeFinancialAccount></a:PaymentMeans>\
    <a:PaymentMeans><b:PaymentMeansCode>49</b:PaymentMeansCode><a:PaymentMandate><b:ID>M</b:ID>\
    <a:PayerFinancialAccount><b:ID>P</b:ID></a:PayerFinancialAccount></a:PaymentMandate></a:PaymentMeans>\
    <a:PaymentMeans><b:PaymentMeansCode>50</b:PaymentMeansCode><b:PaymentID>01#123</b:PaymentID>\
    <a:PayeeFinancialAccount><b:ID>1234567</b:ID></a:PayeeFinancialAccount></a:PaymentMeans><a:PaymentMeans>\
    <b:PaymentMeansCode>93</b:PaymentMeansCode><b:PaymentID>73#</b:PaymentID><a:PayeeFinancialAccount><b:ID>12345678</b:ID></a:PayeeFinancialAccount></a:PaymentMeans>\
    <a:AllowanceCharge><b:AllowanceChargeReasonCode>ZZZ</b:AllowanceChargeReasonCode><b:AllowanceChargeReason>4321</b:AllowanceChargeReason></a:AllowanceCharge>\
    <a:AllowanceCharge><b:AllowanceChargeReasonCode>ZZZ</b:AllowanceChargeReasonCode><b:AllowanceChargeReason>Tax#7</b:AllowanceChargeReason></a:AllowanceCharge>\
    <a:LegalMonetaryTotal><b:PayableAmount>1</b:PayableAmount></a:LegalMonetaryTotal><a:InvoiceLine><a:Item>\
    <a:CommodityClassification><b:ItemClassificationCode listID=\"TST\" listVersionID=\"26.0801\">1</b:ItemClassificationCode></a:CommodityClassification></a:Item></a:InvoiceLine>";

/// Greece: both parties are Greek.
#[rustfmt::skip]
pub(super) const GR: &str = "<b:ID>094259216|03/11/2026|0|1.1|A|7</b:ID><b:IssueDate>2026-11-03</b:IssueDate>\
    <a:AdditionalDocumentReference><b:ID>400</b:ID><b:DocumentDescription>##M.AR.K##</b:DocumentDescription></a:AdditionalDocumentReference>\
    <a:AdditionalDocumentReference><b:DocumentDescription>##INVOICE|URL##</b:DocumentDescription><a:Attachment>\
    <a:ExternalReference><b:URI>https://example.org</b:URI></a:ExternalReference></a:Attachment></a:AdditionalDocumentReference>\
    <a:AccountingSupplierParty><a:Party><b:EndpointID schemeID=\"9933\">094259216</b:EndpointID><a:PartyName>\
    <b:Name>Seller</b:Name></a:PartyName><a:PostalAddress><a:Country><b:IdentificationCode>GR</b:IdentificationCode></a:Country></a:PostalAddress>\
    <a:PartyTaxScheme><b:CompanyID>EL094259216</b:CompanyID><a:TaxScheme><b:ID>VAT</b:ID></a:TaxScheme></a:PartyTaxScheme></a:Party></a:AccountingSupplierParty>\
    <a:AccountingCustomerParty><a:Party><b:EndpointID schemeID=\"9933\">999999993</b:EndpointID><a:PartyName>\
    <b:Name>Buyer</b:Name></a:PartyName><a:PostalAddress><a:Country><b:IdentificationCode>GR</b:IdentificationCode></a:Country></a:PostalAddress>\
    <a:PartyTaxScheme><b:CompanyID>EL999999993</b:CompanyID><a:TaxScheme><b:ID>VAT</b:ID></a:TaxScheme></a:PartyTaxScheme></a:Party></a:AccountingCustomerParty>";

/// Iceland: a claim, a transfer and a final date.
#[rustfmt::skip]
pub(super) const IS: &str = "<b:InvoiceTypeCode>380</b:InvoiceTypeCode><b:DueDate>2026-11-30</b:DueDate><a:AdditionalDocumentReference>\
    <b:ID>2026-12-01</b:ID><b:DocumentDescription>EINDAGI</b:DocumentDescription></a:AdditionalDocumentReference>\
    <a:AccountingSupplierParty><a:Party><a:PostalAddress><b:StreetName>A</b:StreetName><b:PostalZone>100</b:PostalZone>\
    <a:Country><b:IdentificationCode>IS</b:IdentificationCode></a:Country></a:PostalAddress><a:PartyLegalEntity>\
    <b:CompanyID schemeID=\"0196\">1</b:CompanyID></a:PartyLegalEntity></a:Party></a:AccountingSupplierParty>\
    <a:AccountingCustomerParty><a:Party><a:PostalAddress><b:StreetName>B</b:StreetName><b:PostalZone>200</b:PostalZone>\
    <a:Country><b:IdentificationCode>IS</b:IdentificationCode></a:Country></a:PostalAddress><a:PartyLegalEntity>\
    <b:CompanyID schemeID=\"0196\">2</b:CompanyID></a:PartyLegalEntity></a:Party></a:AccountingCustomerParty>\
    <a:PaymentMeans><b:PaymentMeansCode>9</b:PaymentMeansCode><a:PayeeFinancialAccount><b:ID>010166001234</b:ID></a:PayeeFinancialAccount></a:PaymentMeans>\
    <a:PaymentMeans><b:PaymentMeansCode>42</b:PaymentMeansCode><a:PayeeFinancialAccount><b:ID>010126001234</b:ID></a:PayeeFinancialAccount></a:PaymentMeans>";

/// Italy.
#[rustfmt::skip]
pub(super) const IT: &str = "<a:AccountingSupplierParty><a:Party><a:PostalAddress><b:StreetName>Via Roma</b:StreetName><b:CityName>Roma</b:CityName>\
    <b:PostalZone>00100</b:PostalZone><a:Country><b:IdentificationCode>IT</b:IdentificationCode></a:Country></a:PostalAddress>\
    <a:PartyTaxScheme><b:CompanyID>IT00743110157</b:CompanyID><a:TaxScheme><b:ID>VAT</b:ID></a:TaxScheme></a:PartyTaxScheme>\
    <a:PartyTaxScheme><b:CompanyID>RSSMRA70A01H501X</b:CompanyID><a:TaxScheme><b:ID>NOT VAT</b:ID></a:TaxScheme></a:PartyTaxScheme></a:Party></a:AccountingSupplierParty>";

/// The Netherlands: both parties and the tax representative are Dutch, and lines refer to an order.
#[rustfmt::skip]
pub(super) const NL: &str = "<a:OrderReference><b:ID>O</b:ID></a:OrderReference><a:AccountingSupplierParty><a:Party><a:PostalAddress>\
    <b:StreetName>Markt</b:StreetName><b:CityName>Delft</b:CityName><b:PostalZone>2611</b:PostalZone><a:Country>\
    <b:IdentificationCode>NL</b:IdentificationCode></a:Country></a:PostalAddress><a:PartyLegalEntity>\
    <b:CompanyID schemeID=\"0106\">1</b:CompanyID></a:PartyLegalEntity></a:Party></a:AccountingSupplierParty>\
    <a:AccountingCustomerParty><a:Party><a:PostalAddress><b:StreetName>Kade</b:StreetName><b:CityName>Breda</b:CityName>\
    <b:PostalZone>4811</b:PostalZone><a:Country><b:IdentificationCode>NL<!-- buyer --></b:IdentificationCode></a:Country></a:PostalAddress>\
    <a:PartyLegalEntity><b:CompanyID schemeID=\"0190\">2</b:CompanyID></a:PartyLegalEntity></a:Party></a:AccountingCustomerParty>\
    <a:TaxRepresentativeParty><a:PostalAddress><b:StreetName>Dam</b:StreetName><b:CityName>Amsterdam</b:CityName>\
    <b:PostalZone>1011</b:PostalZone><a:Country><b:IdentificationCode>NL</b:IdentificationCode></a:Country></a:PostalAddress></a:TaxRepresentativeParty>\
    <a:PaymentMeans><b:PaymentMeansCode>30</b:PaymentMeansCode></a:PaymentMeans><a:LegalMonetaryTotal>\
    <b:PayableAmount>1</b:PayableAmount></a:LegalMonetaryTotal><a:InvoiceLine><a:OrderLineReference><b:LineID>1</b:LineID></a:OrderLineReference></a:InvoiceLine>";

/// Norway.
#[rustfmt::skip]
pub(super) const NO: &str = "<a:AccountingSupplierParty><a:Party><a:PostalAddress><a:Country><b:IdentificationCode>NO</b:IdentificationCode></a:Country></a:PostalAddress>\
    <a:PartyTaxScheme><b:CompanyID>NO123456785MVA</b:CompanyID><a:TaxScheme><b:ID>VAT</b:ID></a:TaxScheme></a:PartyTaxScheme>\
    <a:PartyTaxScheme><b:CompanyID>Foretaksregisteret</b:CompanyID><a:TaxScheme><b:ID>TAX</b:ID></a:TaxScheme></a:PartyTaxScheme></a:Party></a:AccountingSupplierParty>";

/// Sweden: a Plusgiro, a Bankgiro and another payment.
#[rustfmt::skip]
pub(super) const SE: &str = "<a:AccountingSupplierParty><a:Party><a:PostalAddress><a:Country><b:IdentificationCode>SE</b:IdentificationCode></a:Country></a:PostalAddress>\
    <a:PartyTaxScheme><b:CompanyID>SE556036079301</b:CompanyID><a:TaxScheme><b:ID>VAT</b:ID></a:TaxScheme></a:PartyTaxScheme>\
    <a:PartyTaxScheme><b:CompanyID>Godkänd för F-skatt</b:CompanyID><a:TaxScheme><b:ID>TAX</b:ID></a:TaxScheme></a:PartyTaxScheme>\
    <a:PartyLegalEntity><b:CompanyID>5560360793</b:CompanyID></a:PartyLegalEntity></a:Party></a:AccountingSupplierParty>\
    <a:AccountingCustomerParty><a:Party><a:PostalAddress><a:Country><b:IdentificationCode>SE</b:IdentificationCode></a:Country></a:PostalAddress></a:Party></a:AccountingCustomerParty>\
    <a:PaymentMeans><b:PaymentMeansCode>30</b:PaymentMeansCode><a:PayeeFinancialAccount><b:ID>123456</b:ID>\
    <a:FinancialInstitutionBranch><b:ID>SE:PLUSGIRO</b:ID></a:FinancialInstitutionBranch></a:PayeeFinancialAccount></a:PaymentMeans>\
    <a:PaymentMeans><b:PaymentMeansCode>30</b:PaymentMeansCode><a:PayeeFinancialAccount><b:ID>9912346</b:ID>\
    <a:FinancialInstitutionBranch><b:ID>SE:BANKGIRO</b:ID></a:FinancialInstitutionBranch></a:PayeeFinancialAccount></a:PaymentMeans>\
    <a:PaymentMeans><b:PaymentMeansCode>97</b:PaymentMeansCode></a:PaymentMeans><a:TaxTotal><a:TaxSubtotal>\
    <a:TaxCategory><b:ID>S</b:ID><b:Percent>12</b:Percent></a:TaxCategory></a:TaxSubtotal></a:TaxTotal>";
