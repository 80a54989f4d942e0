//! Iceland, UBL only. Asked of a seller with an Icelandic address; of the buyer where its address is Icelandic too.

use super::Findings;
use super::terms::{Party, Terms, all, country, first, norm, normal, value};

pub(super) fn judge(terms: &Terms<'_, '_>, found: &mut Findings) {
    let Some(seller) = terms.seller.filter(|seller| seller.country() == "IS") else {
        return;
    };
    let root = terms.root;
    let codes = ["InvoiceTypeCode", "CreditNoteTypeCode"].map(|path| norm(root, path));
    let admitted = |code: &String| matches!(code.as_str(), "380" | "381");
    found.unless(codes.iter().any(admitted), "IS-R-001");
    found.unless(is_identified(seller), "IS-R-002");
    found.unless(seller.has_street() && seller.has_zone(), "IS-R-003");
    for (index, means) in terms.means().iter().enumerate() {
        let rule = match means.code.as_str() {
            "9" => "IS-R-006",
            "42" => "IS-R-007",
            _ => continue,
        };
        let numbered = normal(&means.account).chars().count() == 12;
        found.unless_at(numbered, rule, index);
    }
    final_date(terms, found);
    if let Some(buyer) = terms.buyer.filter(|_| country(&terms.buyer) == "IS") {
        found.unless(is_identified(buyer), "IS-R-004");
        found.unless(buyer.has_street() && buyer.has_zone(), "IS-R-005");
    }
}

/// A legal registration number of scheme 0196.
fn is_identified(party: Party<'_, '_>) -> bool {
    let ids = party.legal_ids();
    ids.iter()
        .any(|id| id.attribute("schemeID") == Some("0196"))
}

/// The last day to pay (eindagi): a supporting document of that name, whose id is a date that is not before the due date.
fn final_date(terms: &Terms<'_, '_>, found: &mut Findings) {
    let references = all(terms.root, "AdditionalDocumentReference");
    let mut last = references
        .into_iter()
        .filter(|r| value(*r, "DocumentDescription").as_deref() == Some("EINDAGI"))
        .peekable();
    if last.peek().is_none() {
        return;
    }
    let due = value(terms.root, "DueDate");
    found.unless(first(terms.root, "DueDate").is_some(), "IS-R-009");
    for reference in last {
        let date = value(reference, "ID").unwrap_or_default();
        let is_date = date.len() == 10 && en16931::Date::parse(&date).is_ok();
        found.unless(is_date, "IS-R-008");
        let later = due.as_ref().is_some_and(|due| *due <= date);
        found.unless(later, "IS-R-010");
    }
}
