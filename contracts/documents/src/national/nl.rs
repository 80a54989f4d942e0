//! The Netherlands. Asked of a seller with a Dutch address; of the buyer and the tax representative where theirs is Dutch too.

use super::Findings;
use super::terms::{Party, Terms, first, norm, normal, scheme, value};
use crate::xml::text;
use roxmltree::Node;
use rust_decimal::Decimal;

pub(super) fn judge(terms: &Terms<'_, '_>, found: &mut Findings) {
    let Some(seller) = terms.seller.filter(|seller| seller.country() == "NL") else {
        return;
    };
    let names = terms.names;
    let has = |path| first(terms.root, path).is_some();
    found.unless(!is_credit_note(terms) || has(names.preceding), "NL-R-001");
    found.unless(is_addressed(seller), "NL-R-002");
    found.unless(seller.legal_ids().into_iter().all(is_dutch), "NL-R-003");
    if let Some(buyer) = terms.buyer.filter(|buyer| buyer.country() == "NL") {
        found.unless(is_addressed(buyer), "NL-R-004");
        found.unless(buyer.legal_ids().into_iter().all(is_dutch), "NL-R-005");
        for (index, means) in terms.means().iter().enumerate() {
            let admitted = ["30", "48", "49", "57", "58", "59"];
            found.unless_at(admitted.contains(&means.code.trim()), "NL-R-008", index);
        }
    }
    if let Some(party) = terms.representative.filter(|party| party.country() == "NL") {
        found.unless(is_addressed(party), "NL-R-006");
    }
    if let Some(totals) = first(terms.root, names.totals) {
        let payable = value(totals, names.payable).and_then(|text| text.trim().parse().ok());
        let to_buyer = payable.is_some_and(|payable: Decimal| match terms.credit_note {
            true => payable >= Decimal::ZERO,
            false => payable <= Decimal::ZERO,
        });
        found.unless(to_buyer || has(names.means), "NL-R-007");
    }
    let mut lines = terms.lines().into_iter();
    let ordered = lines.any(|line| first(line, names.order_line).is_some());
    found.unless(!ordered || has(names.order), "NL-R-009");
}

/// By the element of its type code in UBL, by the code in CII.
fn is_credit_note(terms: &Terms<'_, '_>) -> bool {
    if terms.names.ubl {
        return first(terms.root, "CreditNoteTypeCode").is_some();
    }
    let code = norm(terms.root, "ExchangedDocument/TypeCode");
    ["81", "83", "381", "396", "532"].contains(&code.as_str())
}

fn is_addressed(party: Party<'_, '_>) -> bool {
    party.has_street() && party.has_city() && party.has_zone()
}

/// A number of the chamber of commerce (0106) or of the government (0190).
fn is_dutch(id: Node<'_, '_>) -> bool {
    let of_list = scheme(id).split(' ').any(|s| matches!(s, "0106" | "0190"));
    of_list && !normal(&text(id)).is_empty()
}
