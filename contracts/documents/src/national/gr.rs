//! Greece, UBL only. Asked of a seller whose country, by its VAT number or its representative's first, is Greece; of the
//! buyer's number and endpoint where it is Greek by the same measure.

use super::Findings;
use super::shapes::{is_digits, is_greek};
use super::terms::{Party, Terms, all, country, first, normal, value};
use crate::xml::text;
use roxmltree::Node;

pub(super) fn judge(terms: &Terms<'_, '_>, found: &mut Findings) {
    if !is_greece(&terms.selling()) {
        return;
    }
    if let Some(id) = value(terms.root, "ID") {
        number(&id, terms, found);
    }
    if let Some(seller) = terms.seller {
        found.unless(is_named(seller), "GR-R-002");
        found.unless(has_one_vat_number(seller), "GR-S-011");
        let sound = seller.vat_numbers().iter().all(|n| is_vat_number(n));
        found.unless(sound, "GR-R-003");
        let own = seller.vat_country().unwrap_or_else(|| seller.country());
        found.unless(!is_greece(&own) || has_tax_endpoint(seller), "GR-R-009");
    }
    references(terms, found);
    if let Some(buyer) = terms.buyer {
        found.unless(is_named(buyer), "GR-R-005");
        if is_greece(&buyer.vat_country().unwrap_or_else(|| buyer.country())) {
            found.unless(has_one_vat_number(buyer), "GR-R-006");
            found.unless(has_tax_endpoint(buyer), "GR-R-010");
        }
    }
}

/// BT-1 in six segments: tax number, date, branch, type of document, series and number.
fn number(id: &str, terms: &Terms<'_, '_>, found: &mut Findings) {
    const TYPES: &[&str] = &["1.1", "1.6", "2.1", "2.4", "5.1", "5.2"];
    let segments: Vec<&str> = match id {
        "" => Vec::new(),
        _ => id.split('|').collect(),
    };
    let segment = |at: usize| segments.get(at).copied().unwrap_or_default();
    found.unless(segments.len() == 6, "GR-R-001-1");
    let parties = [terms.seller, terms.representative].into_iter().flatten();
    let known = parties
        .flat_map(|party| party.vat_numbers())
        .any(|vat| vat.chars().skip(2).take(9).eq(segment(0).chars()));
    let valid = normal(segment(0)).len() == 9 && is_greek(segment(0));
    found.unless(valid && known, "GR-R-001-2");
    let issued = value(terms.root, "IssueDate").unwrap_or_default();
    found.unless(is_same_day(segment(1), &issued), "GR-R-001-3");
    found.unless(is_digits(segment(2).trim()), "GR-R-001-4");
    found.unless(TYPES.contains(&segment(3)), "GR-R-001-5");
    found.unless(!segment(4).is_empty(), "GR-R-001-6");
    found.unless(!segment(5).is_empty(), "GR-R-001-7");
}

/// `31/12/2026` is the day of `2026-12-31`.
fn is_same_day(written: &str, issued: &str) -> bool {
    let written: Vec<_> = written.split('/').take(3).collect();
    let issued: Vec<_> = issued.split('-').collect();
    let [day, month, year] = written[..] else {
        return false;
    };
    let within = |text: &str, most: u8| {
        let value = text.parse::<u8>();
        is_digits(text) && text.len() <= 2 && value.is_ok_and(|v| (1..=most).contains(&v))
    };
    issued.get(..3) == Some(&[year, month, day])
        && within(day, 31)
        && within(month, 12)
        && (year.starts_with("19") || year.starts_with("20"))
        && year.get(..4).is_some_and(is_digits)
}

/// The supporting documents that carry the tax authority's mark and the address to verify the invoice at.
fn references(terms: &Terms<'_, '_>, found: &mut Findings) {
    let named = |name: &'static str| -> Vec<Node<'_, '_>> {
        let references = all(terms.root, "AdditionalDocumentReference").into_iter();
        references
            .filter(|r| value(*r, "DocumentDescription").as_deref() == Some(name))
            .collect()
    };
    let (marks, addresses) = (named("##M.AR.K##"), named("##INVOICE|URL##"));
    for address in &addresses {
        let uri = value(*address, "Attachment/ExternalReference/URI").unwrap_or_default();
        found.unless(!uri.trim().is_empty(), "GR-R-008-3");
    }
    if country(&terms.seller) != "GR" {
        return;
    }
    found.unless(marks.len() == 1, "GR-R-004-1");
    found.unless(addresses.len() == 1, "GR-S-008-1");
    found.unless(addresses.len() <= 1, "GR-R-008-2");
    for mark in marks.iter().filter_map(|mark| first(*mark, "ID")) {
        let positive = text(mark).starts_with(|c: char| matches!(c, '1'..='9'));
        found.unless(positive, "GR-R-004-2");
    }
}

fn is_greece(country: &str) -> bool {
    matches!(country, "GR" | "EL")
}

fn is_named(party: Party<'_, '_>) -> bool {
    value(party.node, "PartyName/Name").is_some_and(|name| !name.is_empty())
}

/// `EL` and a tax number.
fn is_vat_number(number: &str) -> bool {
    number.strip_prefix("EL").is_some_and(is_greek)
}

fn has_one_vat_number(party: Party<'_, '_>) -> bool {
    matches!(&party.vat_numbers()[..], [number] if is_vat_number(number))
}

/// Its endpoint, if there is one, is a Greek tax number.
fn has_tax_endpoint(party: Party<'_, '_>) -> bool {
    first(party.node, "EndpointID").is_none_or(|endpoint| {
        endpoint.attribute("schemeID") == Some("9933") && is_greek(&text(endpoint))
    })
}
