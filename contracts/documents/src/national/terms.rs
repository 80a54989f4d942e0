//! What the national rules ask about, in either syntax: who the parties are, how the invoice is to be paid, its lines.
//!
//! Texts are as written; a rule that ignores white space says so itself. Where an element stands more often than the syntax
//! admits, the first counts: that it does is another rule's.

use crate::xml::text;
use roxmltree::Node;
use std::rc::Rc;

/// Where the terms are in a syntax. Paths go from the root, from the party, from the payment means or from the line.
pub(crate) struct Names {
    /// UBL, which has rules that CII has not.
    pub(super) ubl: bool,
    seller: &'static str,
    buyer: &'static str,
    representative: &'static str,
    address: &'static str,
    street: &'static str,
    zone: &'static str,
    country: &'static str,
    legal_id: &'static str,
    party_id: &'static str,
    pub(super) means: &'static str,
    means_code: &'static str,
    payment_id: &'static str,
    account: &'static str,
    giro: &'static str,
    branch: &'static str,
    mandate: &'static str,
    debited: &'static str,
    pub(super) totals: &'static str,
    pub(super) payable: &'static str,
    lines: [&'static str; 2],
    pub(super) item_class: &'static str,
    pub(super) order_line: &'static str,
    pub(super) order: &'static str,
    pub(super) preceding: &'static str,
    /// Elements of a VAT category, and its rate.
    pub(super) categories: [&'static str; 2],
    pub(super) rate: &'static str,
}

/// UBL 2.1.
pub(crate) static UBL: Names = Names {
    ubl: true,
    seller: "AccountingSupplierParty/Party",
    buyer: "AccountingCustomerParty/Party",
    representative: "TaxRepresentativeParty",
    address: "PostalAddress",
    street: "StreetName",
    zone: "PostalZone",
    country: "Country/IdentificationCode",
    legal_id: "PartyLegalEntity/CompanyID",
    party_id: "PartyIdentification/ID",
    means: "PaymentMeans",
    means_code: "PaymentMeansCode",
    payment_id: "PaymentID",
    account: "PayeeFinancialAccount/ID",
    giro: "PayeeFinancialAccount/ID",
    branch: "PayeeFinancialAccount/FinancialInstitutionBranch/ID",
    mandate: "PaymentMandate/ID",
    debited: "PaymentMandate/PayerFinancialAccount/ID",
    totals: "LegalMonetaryTotal",
    payable: "PayableAmount",
    lines: ["InvoiceLine", "CreditNoteLine"],
    item_class: "Item/CommodityClassification/ItemClassificationCode",
    order_line: "OrderLineReference/LineID",
    order: "OrderReference/ID",
    preceding: "BillingReference/InvoiceDocumentReference/ID",
    categories: ["TaxCategory", "ClassifiedTaxCategory"],
    rate: "Percent",
};

/// CII D16B. The rules name the scheme of a VAT number `VAT` there, not `VA` as the syntax does: so it is published.
pub(crate) static CII: Names = Names {
    ubl: false,
    seller: "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement/SellerTradeParty",
    buyer: "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement/BuyerTradeParty",
    representative: "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement/SellerTaxRepresentativeTradeParty",
    address: "PostalTradeAddress",
    street: "LineOne",
    zone: "PostcodeCode",
    country: "CountryID",
    legal_id: "SpecifiedLegalOrganization/ID",
    party_id: "GlobalID",
    means: "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement/SpecifiedTradeSettlementPaymentMeans",
    means_code: "TypeCode",
    payment_id: "../PaymentReference",
    account: "PayeePartyCreditorFinancialAccount/IBANID",
    giro: "PayeePartyCreditorFinancialAccount/ProprietaryID",
    branch: "PayeeSpecifiedCreditorFinancialInstitution/BICID",
    mandate: "SpecifiedTradePaymentTerms/DirectDebitMandateID",
    debited: "../CreditorReferenceID",
    totals: "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement/SpecifiedTradeSettlementHeaderMonetarySummation",
    payable: "DuePayableAmount",
    lines: [
        "SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem",
        "",
    ],
    item_class: "SpecifiedTradeProduct/DesignatedProductClassification/ClassCode",
    order_line: "SpecifiedLineTradeAgreement/BuyerOrderReferencedDocument/LineID",
    order: "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement/BuyerOrderReferencedDocument/IssuerAssignedID",
    preceding: "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement/InvoiceReferencedDocument/IssuerAssignedID",
    categories: ["ApplicableTradeTax", "CategoryTradeTax"],
    rate: "RateApplicablePercent",
};

/// A document as the rules look at it.
pub(super) struct Terms<'a, 'i> {
    pub root: Node<'a, 'i>,
    pub names: &'static Names,
    /// UBL: by its root; CII: by its type code 381.
    pub credit_note: bool,
    pub seller: Option<Party<'a, 'i>>,
    pub buyer: Option<Party<'a, 'i>>,
    pub representative: Option<Party<'a, 'i>>,
}

/// One of the document's parties.
#[derive(Clone, Copy)]
pub(super) struct Party<'a, 'i> {
    pub node: Node<'a, 'i>,
    names: &'static Names,
}

/// A party's registration for VAT or another tax.
pub(super) struct TaxNumber {
    pub scheme: String,
    pub id: Option<String>,
}

/// One way to pay.
pub(super) struct Means {
    pub code: String,
    /// BT-83.
    pub payment_id: Rc<str>,
    /// BT-84.
    pub account: String,
    /// The accounts that a Swedish giro has.
    pub giro: Vec<String>,
    /// BT-86.
    pub branch: String,
    /// BT-89.
    pub mandate: String,
    /// BT-91, and in CII the creditor's reference.
    pub debited: Rc<str>,
}

impl<'a, 'i: 'a> Terms<'a, 'i> {
    pub fn of(root: Node<'a, 'i>, names: &'static Names) -> Self {
        let party = |path| first(root, path).map(|node| Party { node, names });
        Self {
            root,
            names,
            credit_note: root.tag_name().name() == "CreditNote"
                || (!names.ubl && norm(root, "ExchangedDocument/TypeCode") == "381"),
            seller: party(names.seller),
            buyer: party(names.buyer),
            representative: party(names.representative),
        }
    }

    /// The seller's country: of its VAT number, else of its representative's, else of its address.
    pub fn selling(&self) -> String {
        let vat = |party: &Option<Party<'_, '_>>| party.and_then(|party| party.vat_country());
        vat(&self.seller)
            .or_else(|| vat(&self.representative))
            .unwrap_or_else(|| country(&self.seller))
    }

    /// Whether the addresses of seller and buyer are in this country.
    pub fn domestic(&self, code: &str) -> bool {
        country(&self.seller) == code && country(&self.buyer) == code
    }

    pub fn means(&self) -> Vec<Means> {
        let names = self.names;
        let nodes = all(self.root, names.means);
        let text = |node: &Node<'_, '_>, path: &str| value(*node, path).unwrap_or_default();
        // What all ways to pay have in common is looked up once, however many they are.
        let common = |path: &str| -> Option<Rc<str>> {
            let node = nodes.first().filter(|_| path.starts_with("../"))?;
            Some(text(node, path).into())
        };
        let (payment_id, debited) = (common(names.payment_id), common(names.debited));
        let of = |node: &Node<'_, '_>| {
            let own = |path: &str| text(node, path).into();
            Means {
                code: text(node, names.means_code),
                payment_id: payment_id.clone().unwrap_or_else(|| own(names.payment_id)),
                account: text(node, names.account),
                giro: all(*node, names.giro).into_iter().map(self::text).collect(),
                branch: text(node, names.branch),
                mandate: text(node, names.mandate),
                debited: debited.clone().unwrap_or_else(|| own(names.debited)),
            }
        };
        nodes.iter().map(of).collect()
    }

    pub fn lines(&self) -> Vec<Node<'a, 'i>> {
        let paths = self.names.lines.iter().filter(|path| !path.is_empty());
        paths.flat_map(|path| all(self.root, path)).collect()
    }
}

impl<'a, 'i: 'a> Party<'a, 'i> {
    /// The group of the address.
    pub fn address(&self) -> Option<Node<'a, 'i>> {
        first(self.node, self.names.address)
    }

    /// Upper case, without white space; empty if there is none.
    pub fn country(&self) -> String {
        self.address().map_or_else(String::new, |address| {
            norm(address, self.names.country).to_uppercase()
        })
    }

    pub fn has_street(&self) -> bool {
        self.has(self.names.street)
    }

    pub fn has_city(&self) -> bool {
        self.has("CityName")
    }

    pub fn has_zone(&self) -> bool {
        self.has(self.names.zone)
    }

    fn has(&self, name: &str) -> bool {
        self.address()
            .is_some_and(|address| first(address, name).is_some())
    }

    /// BT-30, BT-47.
    pub fn legal_ids(&self) -> Vec<Node<'a, 'i>> {
        all(self.node, self.names.legal_id)
    }

    /// BT-29, BT-46.
    pub fn party_ids(&self) -> Vec<Node<'a, 'i>> {
        all(self.node, self.names.party_id)
    }

    /// BT-31, BT-32, BT-48, BT-63.
    pub fn tax_numbers(&self) -> Vec<TaxNumber> {
        if !self.names.ubl {
            let ids = all(self.node, "SpecifiedTaxRegistration/ID").into_iter();
            return ids
                .map(|id| TaxNumber {
                    scheme: scheme(id),
                    id: Some(text(id)),
                })
                .collect();
        }
        let schemes = all(self.node, "PartyTaxScheme").into_iter();
        schemes
            .map(|node| TaxNumber {
                scheme: norm(node, "TaxScheme/ID"),
                id: value(node, "CompanyID"),
            })
            .collect()
    }

    pub fn vat_numbers(&self) -> Vec<String> {
        let numbers = self.tax_numbers().into_iter();
        let vat = numbers.filter(|number| number.scheme == "VAT");
        vat.filter_map(|number| number.id).collect()
    }

    /// BT-32: the registrations that are not for VAT.
    pub fn other_tax_numbers(&self) -> Vec<TaxNumber> {
        let mut numbers = self.tax_numbers();
        numbers.retain(|number| match self.names.ubl {
            true => number.scheme != "VAT",
            false => number.scheme == "FC",
        });
        numbers
    }

    /// The country that its VAT number begins with.
    pub fn vat_country(&self) -> Option<String> {
        let numbers = self.tax_numbers();
        let vat = numbers.iter().find(|number| number.scheme == "VAT")?;
        let prefix: String = vat
            .id
            .as_deref()
            .unwrap_or_default()
            .chars()
            .take(2)
            .collect();
        Some(prefix.trim().to_uppercase())
    }
}

/// The country of a party's address; empty without one.
pub(super) fn country(party: &Option<Party<'_, '_>>) -> String {
    party.map_or_else(String::new, |party| party.country())
}

/// The elements at the end of a path; `..` is the parent.
pub(super) fn all<'a, 'i: 'a>(node: Node<'a, 'i>, path: &str) -> Vec<Node<'a, 'i>> {
    path.split('/').fold(vec![node], |found, name| {
        let step = |node: Node<'a, 'i>| -> Vec<Node<'a, 'i>> {
            match name {
                ".." => node.parent_element().into_iter().collect(),
                _ => crate::xml::at(node, &[name]),
            }
        };
        found.into_iter().flat_map(step).collect()
    })
}

/// The first of them.
pub(super) fn first<'a, 'i: 'a>(node: Node<'a, 'i>, path: &str) -> Option<Node<'a, 'i>> {
    all(node, path).into_iter().next()
}

/// The text of the first of them.
pub(super) fn value(node: Node<'_, '_>, path: &str) -> Option<String> {
    first(node, path).map(text)
}

/// The same without white space around it and with single blanks in it; empty if there is none.
pub(super) fn norm(node: Node<'_, '_>, path: &str) -> String {
    value(node, path).map_or_else(String::new, |text| normal(&text))
}

/// As XPath's `normalize-space`.
pub(super) fn normal(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// The scheme of an identifier; empty without one.
pub(super) fn scheme(id: Node<'_, '_>) -> String {
    normal(id.attribute("schemeID").unwrap_or_default())
}
