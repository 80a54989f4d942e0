//! Denmark. Asked of a seller with a Danish address; most of it only where the buyer's is Danish too.

use super::Findings;
use super::shapes::{is_digits, is_number};
use super::terms::{Means, Terms, all, country, first, normal, scheme, value};
use crate::xml::text;
use roxmltree::Node;
use rust_decimal::Decimal;

pub(super) fn judge(terms: &Terms<'_, '_>, found: &mut Findings) {
    let Some(seller) = terms.seller.filter(|seller| seller.country() == "DK") else {
        return;
    };
    let legal = seller.legal_ids().into_iter().next();
    let named = legal.is_some_and(|id| !normal(&text(id)).is_empty());
    found.unless(named, "DK-R-002");
    found.unless(legal.is_none_or(|id| scheme(id) == "0184"), "DK-R-014");
    if country(&terms.buyer) != "DK" {
        return;
    }
    let payable = first(terms.root, terms.names.totals)
        .and_then(|totals| value(totals, terms.names.payable))
        .and_then(|payable| payable.trim().parse::<Decimal>().ok());
    let negative = payable.is_some_and(|payable| payable < Decimal::ZERO);
    found.unless(!(terms.credit_note && negative), "DK-R-016");
    for party in [terms.seller, terms.buyer].into_iter().flatten() {
        let named = |id: &Node<'_, '_>| !scheme(*id).is_empty();
        found.unless(party.party_ids().iter().all(named), "DK-R-013");
    }
    if !(terms.names.ubl && terms.credit_note) {
        for (index, means) in terms.means().iter().enumerate() {
            self::means(means, terms.names.ubl, index, found);
        }
    }
    for (index, line) in terms.lines().into_iter().enumerate() {
        found.unless_at(
            is_classified(line, terms.names.item_class),
            "DK-R-003",
            index,
        );
    }
    for charge in charges(terms) {
        found.unless(names_its_tax(charge, terms.names.ubl), "DK-R-004");
    }
}

/// The ways to pay: by the code (BT-81), what must come with it.
fn means(means: &Means, ubl: bool, index: usize, found: &mut Findings) {
    const ADMITTED: &[&str] = &[
        "1", "10", "31", "42", "48", "49", "50", "58", "59", "93", "97",
    ];
    let code = means.code.as_str();
    let filled = |text: &str| !text.trim().is_empty();
    let card = means.payment_id.get(..3).unwrap_or_default();
    let length = means.payment_id.chars().count();
    let account = means.account.as_str();
    found.unless_at(ADMITTED.contains(&code), "DK-R-005", index);
    match code {
        "31" | "42" => found.unless_at(filled(account) && filled(&means.branch), "DK-R-006", index),
        "49" => found.unless_at(
            filled(&means.mandate) && filled(&means.debited),
            "DK-R-007",
            index,
        ),
        "50" => {
            let giro = match ubl {
                true => matches!(account.len(), 7 | 8) && is_digits(account),
                false => account.chars().count() == 7,
            };
            let known = matches!(card, "01#" | "04#" | "15#");
            found.unless_at(known && giro, "DK-R-008", index);
            let numbered = matches!(card, "04#" | "15#");
            found.unless_at(!numbered || length == 19, "DK-R-009", index);
        }
        "93" => {
            let known = matches!(card, "71#" | "73#" | "75#");
            found.unless_at(known && account.chars().count() == 8, "DK-R-010", index);
            let numbered = matches!(card, "71#" | "75#");
            found.unless_at(!numbered || matches!(length, 18 | 19), "DK-R-011", index);
        }
        _ => {}
    }
}

/// An item's class of list TST (UNSPSC) is of a version that Denmark uses.
fn is_classified(line: Node<'_, '_>, path: &str) -> bool {
    let classes = all(line, path);
    let any = |attribute: &str, admitted: &[&str]| {
        classes.iter().any(|class| {
            let given = class.attribute(attribute);
            given.is_some_and(|given| admitted.contains(&given))
        })
    };
    let versions = ["19.05.01", "19.0501", "26.08.01", "26.0801"];
    !any("listID", &["TST"]) || any("listVersionID", &versions)
}

/// UBL: allowances and charges wherever they stand; CII: those of the document.
fn charges<'a, 'i: 'a>(terms: &Terms<'a, 'i>) -> Vec<Node<'a, 'i>> {
    if terms.names.ubl {
        let below = terms.root.descendants();
        below
            .filter(|node| node.tag_name().name() == "AllowanceCharge")
            .collect()
    } else {
        let path = "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement/SpecifiedTradeAllowanceCharge";
        all(terms.root, path)
    }
}

/// A charge for another tax (ZZZ) gives the tax's four digits, or a text with `#` within.
fn names_its_tax(charge: Node<'_, '_>, ubl: bool) -> bool {
    let (code, reason) = match ubl {
        true => ("AllowanceChargeReasonCode", "AllowanceChargeReason"),
        false => ("ReasonCode", "Reason"),
    };
    if value(charge, code).as_deref() != Some("ZZZ") {
        return true;
    }
    let reason = value(charge, reason).unwrap_or_default();
    let trimmed = normal(&reason);
    let category = trimmed.len() == 4 && is_number(&trimmed) && !trimmed.starts_with('-');
    category || (reason.contains('#') && !reason.starts_with('#') && !reason.ends_with('#'))
}
