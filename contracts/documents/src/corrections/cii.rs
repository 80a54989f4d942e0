//! EN 16931 on CII D16B: the rules whose answer is in the document and not in the typed invoice.

use super::{add, cents, decimal, is_mime_code, is_vat_of};
use crate::cii::SETTLEMENT;
use crate::xml::{at, text};
use contracts::events::Violation;
use roxmltree::Node;

pub(super) const RULES: &[&str] = &[
    "BR-03", "BR-08", "BR-10", "BR-19", "BR-55", "BR-61", "BR-CL-24", "BR-CO-15", "BR-CO-17",
    "BR-CO-19",
];

pub(super) fn broken(root: Node<'_, '_>, out: &mut Vec<Violation>) {
    let dated = at(
        root,
        &["ExchangedDocument", "IssueDateTime", "DateTimeString"],
    )
    .iter()
    .any(|date| date.attribute("format") == Some("102") && !text(*date).trim().is_empty());
    if !dated {
        add(out, "BR-03", "BT-2", "BT-2");
    }
    let agreement = at(
        root,
        &[
            "SupplyChainTradeTransaction",
            "ApplicableHeaderTradeAgreement",
        ],
    );
    let below = |path: &[&str]| -> Vec<Node<'_, '_>> {
        agreement.iter().flat_map(|node| at(*node, path)).collect()
    };
    for (rule, term, party) in [
        ("BR-08", "BG-5", "SellerTradeParty"),
        ("BR-10", "BG-8", "BuyerTradeParty"),
    ] {
        if below(&[party, "PostalTradeAddress"]).is_empty() {
            add(out, rule, term, term);
        }
    }
    for representative in below(&["SellerTaxRepresentativeTradeParty"]) {
        if at(representative, &["PostalTradeAddress"]).is_empty() {
            add(out, "BR-19", "BG-12", "BG-11/BG-12");
        }
    }
    for settlement in at(root, &SETTLEMENT) {
        self::settlement(settlement, out);
    }
    let attached = root
        .descendants()
        .filter(|node| node.tag_name().name() == "AttachmentBinaryObject");
    for node in attached {
        if node
            .attribute("mimeCode")
            .is_some_and(|code| !is_mime_code(code))
        {
            add(out, "BR-CL-24", "BT-125", "AttachmentBinaryObject");
        }
    }
}

fn settlement(settlement: Node<'_, '_>, out: &mut Vec<Violation>) {
    let references = at(settlement, &["InvoiceReferencedDocument"]);
    for (index, reference) in references.into_iter().enumerate() {
        let filled = at(reference, &["IssuerAssignedID"])
            .iter()
            .any(|id| !text(*id).trim().is_empty());
        if !filled {
            add(out, "BR-55", "BT-25", &format!("BG-3[{index}]/BT-25"));
        }
    }
    for period in at(settlement, &["BillingSpecifiedPeriod"]) {
        if at(period, &["StartDateTime"]).is_empty() && at(period, &["EndDateTime"]).is_empty() {
            add(out, "BR-CO-19", "BG-14", "BG-14");
        }
    }
    for (index, tax) in at(settlement, &["ApplicableTradeTax"])
        .into_iter()
        .enumerate()
    {
        let number = |name: &str| {
            at(tax, &[name])
                .first()
                .and_then(|node| decimal(&text(*node)))
        };
        let rate = number("RateApplicablePercent");
        if let (Some(vat), Some(base)) = (number("CalculatedAmount"), number("BasisAmount"))
            && !is_vat_of(vat, base, rate)
        {
            add(out, "BR-CO-17", "BT-117", &format!("BG-23[{index}]/BT-117"));
        }
    }
    for means in at(settlement, &["SpecifiedTradeSettlementPaymentMeans"]) {
        let transfer = at(means, &["TypeCode"])
            .iter()
            .any(|code| matches!(text(*code).as_str(), "30" | "58"));
        for account in at(means, &["PayeePartyCreditorFinancialAccount"]) {
            let named = ["IBANID", "ProprietaryID"];
            if transfer && !named.iter().any(|name| !at(account, &[*name]).is_empty()) {
                add(out, "BR-61", "BT-84", "BG-16/BT-84");
            }
        }
    }
    const TOTALS: &str = "SpecifiedTradeSettlementHeaderMonetarySummation";
    let number = |name: &str| {
        let nodes = at(settlement, &[TOTALS, name]);
        nodes.first().map(|node| decimal(&text(*node)))
    };
    let (net, gross) = (number("TaxBasisTotalAmount"), number("GrandTotalAmount"));
    for currency in at(settlement, &["InvoiceCurrencyCode"]) {
        let currency = text(currency);
        let vat: Vec<_> = at(settlement, &[TOTALS, "TaxTotalAmount"])
            .into_iter()
            .filter(|amount| amount.attribute("currencyID") == Some(currency.as_str()))
            .map(|amount| decimal(&text(amount)))
            .collect();
        let holds = match (vat.as_slice(), net, gross) {
            ([Some(vat)], Some(Some(net)), Some(Some(gross))) => {
                gross == net || net.checked_add(*vat).map(cents) == Some(gross)
            }
            (_, Some(Some(net)), Some(Some(gross))) if net == gross => true,
            // A number that is no number is a violation of its own.
            ([None], ..) | (_, Some(None), _) | (_, _, Some(None)) => true,
            _ => false,
        };
        if !holds {
            add(out, "BR-CO-15", "BT-112", "BG-22/BT-112");
        }
    }
}
