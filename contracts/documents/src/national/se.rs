//! Sweden. Asked of a seller with a Swedish address; of its VAT number and rates where that number is Swedish too.

use super::Findings;
use super::shapes::{is_number, is_swedish};
use super::terms::{Means, Party, Terms, normal, value};
use crate::xml::text;
use rust_decimal::Decimal;

pub(super) fn judge(terms: &Terms<'_, '_>, found: &mut Findings) {
    let Some(seller) = terms.seller.filter(|seller| seller.country() == "SE") else {
        return;
    };
    let vat = seller.vat_numbers();
    if let Some(number) = vat.iter().find(|number| number.starts_with("SE")) {
        let trailing: String = number.chars().skip(2).take(12).collect();
        found.unless(normal(number).chars().count() == 14, "SE-R-001");
        found.unless(is_number(&trailing), "SE-R-002");
        rates(terms, found);
    }
    registrations(seller, found);
    for (index, means) in terms.means().iter().enumerate() {
        self::means(means, terms.domestic("SE"), index, found);
    }
}

fn registrations(seller: Party<'_, '_>, found: &mut Findings) {
    let ids = seller.legal_ids();
    for id in &ids {
        let text = text(*id);
        let id = normal(&text);
        found.unless(is_number(&text), "SE-R-003");
        found.unless(id.chars().count() == 10, "SE-R-004");
        found.unless(is_swedish(&id), "SE-R-013");
    }
    if ids.is_empty() {
        return;
    }
    for number in seller.other_tax_numbers() {
        let stated = number
            .id
            .is_none_or(|id| normal(&id.to_uppercase()) == "GODKÄND FÖR F-SKATT");
        let vat = number.scheme.eq_ignore_ascii_case("VAT");
        found.unless(vat || stated, "SE-R-005");
    }
}

/// UBL asks the standard rate's category only; CII asks every one, as published.
fn rates(terms: &Terms<'_, '_>, found: &mut Findings) {
    let names = terms.names;
    let categories = terms
        .root
        .descendants()
        .filter(|node| names.categories.contains(&node.tag_name().name()))
        .filter(|node| !names.ubl || value(*node, "ID").as_deref() == Some("S"));
    for category in categories {
        let rate = value(category, names.rate).and_then(|rate| rate.trim().parse().ok());
        let standard = [25, 12, 6].map(Decimal::from);
        let admitted = rate.is_some_and(|rate: Decimal| standard.contains(&rate));
        found.unless(admitted, "SE-R-006");
    }
}

fn means(means: &Means, domestic: bool, index: usize, found: &mut Findings) {
    let code = means.code.trim();
    found.unless_at(!matches!(code, "50" | "56"), "SE-R-011", index);
    found.unless_at(!(domestic && code == "31"), "SE-R-012", index);
    if code != "30" {
        return;
    }
    let (numeric, sized, lengths) = match normal(&means.branch).as_str() {
        "SE:PLUSGIRO" => ("SE-R-007", "SE-R-010", 2..=8),
        "SE:BANKGIRO" => ("SE-R-008", "SE-R-009", 7..=8),
        _ => return,
    };
    for account in &means.giro {
        let account = normal(account);
        found.unless_at(is_number(&account), numeric, index);
        found.unless_at(lengths.contains(&account.chars().count()), sized, index);
    }
}
