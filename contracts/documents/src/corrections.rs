//! Rules that are decided on the document itself, because the library's typed invoice can't show what they ask for, or because
//! its answer differs from the rule as its authority publishes it.
//!
//! A thin layer: a rule that stands in `CORRECTIONS.md` is taken from the document's tree, and the library's finding on it is left
//! out, so that every rule is decided in one place. Everything else is the library's. The authority is the Schematron of CEN/TC
//! 434 (`eInvoicing-EN16931`, 1.3.16) and of OpenPeppol (`peppol-bis-invoice-3`).

mod cii;
mod peppol_cii;
mod peppol_ubl;
mod ubl;

use crate::national;
use crate::required::{rule_broken, violation};
use contracts::events::Violation;
use en16931::{Invoice, profiles};
use roxmltree::Node;
use rust_decimal::{Decimal, RoundingStrategy};

/// The corrections of one syntax: the rules that are decided on the tree, and how.
pub(crate) struct Corrections {
    /// Of EN 16931, under every profile.
    core: Decisions,
    /// Of Peppol BIS Billing 3.0, for documents that declare it.
    peppol: Decisions,
    /// Those of them that XRechnung takes over unchanged. Others it has under the same ids at levels or in words of its own:
    /// these are the library's.
    shared: &'static [&'static str],
    /// Where the terms of Peppol's national rules are.
    national: &'static national::Names,
}

struct Decisions {
    rules: &'static [&'static str],
    broken: fn(Node<'_, '_>, &mut Vec<Violation>),
}

/// What the corrections say about one document.
pub(crate) struct Corrected {
    /// The rules that were decided; the library's findings on them don't count.
    pub decided: Vec<&'static str>,
    /// Which of them the document breaks, and of the national rules that the profile adds.
    pub broken: Vec<Violation>,
    /// National rules that only warn.
    pub warnings: Vec<Violation>,
}

/// For UBL 2.1.
pub(crate) static UBL: Corrections = Corrections {
    core: Decisions {
        rules: ubl::RULES,
        broken: ubl::broken,
    },
    peppol: Decisions {
        rules: peppol_ubl::RULES,
        broken: peppol_ubl::broken,
    },
    shared: &[
        "PEPPOL-EN16931-R008",
        "PEPPOL-EN16931-R043",
        "PEPPOL-EN16931-R044",
        "PEPPOL-EN16931-R053",
        "PEPPOL-EN16931-R054",
        "PEPPOL-EN16931-R061",
        "PEPPOL-EN16931-R101",
    ],
    national: &national::UBL,
};

/// For CII D16B.
pub(crate) static CII: Corrections = Corrections {
    core: Decisions {
        rules: cii::RULES,
        broken: cii::broken,
    },
    peppol: Decisions {
        rules: peppol_cii::RULES,
        broken: peppol_cii::broken,
    },
    shared: &["PEPPOL-EN16931-R043", "PEPPOL-EN16931-R101"],
    national: &national::CII,
};

impl Corrections {
    /// Decides what is decided here.
    pub(crate) fn of(&self, root: Node<'_, '_>, invoice: &Invoice) -> Corrected {
        let mut decided = self.core.rules.to_vec();
        let mut broken = Vec::new();
        let mut warnings = Vec::new();
        (self.core.broken)(root, &mut broken);
        let peppol = Some(profiles::PEPPOL_BIS_3.slug);
        let declared = profiles::classify(invoice.specification_id.as_deref()).profile();
        let taken: Vec<_> = if declared.map(|profile| profile.slug) == peppol {
            let national = national::of(root, self.national);
            broken.extend(national.broken);
            warnings = national.warnings;
            self.peppol.rules.to_vec()
        } else {
            let mut shared = self.shared.to_vec();
            shared.retain(|rule| asked(invoice, rule));
            shared
        };
        if !taken.is_empty() {
            let mut found = Vec::new();
            (self.peppol.broken)(root, &mut found);
            found.retain(|violation| taken.contains(&violation.rule.as_str()));
            broken.extend(found);
            decided.extend(taken);
        }
        Corrected {
            decided,
            broken,
            warnings,
        }
    }
}

/// One corrected rule: the rows of `CORRECTIONS.md`.
#[cfg(test)]
pub(crate) struct Correction {
    /// Its id.
    pub rule: &'static str,
    /// What the library does.
    pub library: &'static str,
    /// What the authority's rule says, as it is decided here.
    pub standard: &'static str,
}

/// Whether the profile that the invoice declares has this rule.
pub(crate) fn asked(invoice: &Invoice, rule: &str) -> bool {
    profiles::classify(invoice.specification_id.as_deref())
        .profile()
        .is_some_and(|profile| {
            profile
                .extra_rules
                .iter()
                .any(|known| known.id.matches(rule))
        })
}

/// Words for rules of a syntax, which the library's registry of business rules does not have.
const SYNTAX_WORDS: &[(&str, &str)] = &[
    (
        "UBL-SR-07",
        "A preceding invoice reference must have an identifier.",
    ),
    (
        "UBL-SR-19",
        "A payee has one name, and it is not the seller's.",
    ),
    (
        "UBL-SR-43",
        "A scheme or type is for the invoiced object only (document type code 130 or 50).",
    ),
    (
        "UBL-SR-48",
        "An invoice line must have one and only one VAT category.",
    ),
    (
        "UBL-SR-51",
        "An address must not have more than one third line.",
    ),
    (
        "UBL-SR-53",
        "A tax scheme must have its identifier and the company's.",
    ),
    (
        "UBL-SR-42",
        "The seller must not have more than two tax schemes.",
    ),
    (
        "UBL-SR-44",
        "All payment means must have the same remittance information (BT-83).",
    ),
    (
        "UBL-SR-47",
        "All payment means must have the same type code (BT-81).",
    ),
    (
        "UBL-DT-01",
        "An amount must not have more than two decimals.",
    ),
    ("UBL-DT-06", "An attached document must have a mime code."),
    ("UBL-DT-07", "An attached document must have a file name."),
];

/// Notes that the rule is broken at `path`.
fn add(out: &mut Vec<Violation>, rule: &str, term: &str, path: &str) {
    let term = (!term.is_empty()).then_some(term);
    let words = SYNTAX_WORDS.iter().find(|(id, _)| *id == rule);
    out.push(match words {
        Some((_, words)) => violation(rule, term, path, words),
        None => rule_broken(rule, term, path.to_owned()),
    });
}

/// The text as an exact decimal; nothing if it is none, which is reported as such elsewhere.
fn decimal(text: &str) -> Option<Decimal> {
    text.trim().parse().ok()
}

/// To cents, as XPath's `round(x * 100) div 100`: halves go up.
fn cents(value: Decimal) -> Decimal {
    let half_up = if value.is_sign_negative() {
        RoundingStrategy::MidpointTowardZero
    } else {
        RoundingStrategy::MidpointAwayFromZero
    };
    value.round_dp_with_strategy(2, half_up)
}

/// `quantity * (price / base) + charges - allowances` equals the line's net amount, within two cents (R120). A line that has
/// no quantity counts as one, and without a price as free: the rules on their presence say so.
struct LineSum {
    net: Option<Decimal>,
    quantity: Option<Decimal>,
    price: Option<Decimal>,
    base: Option<Decimal>,
    charges: Decimal,
    allowances: Decimal,
}

impl LineSum {
    fn holds(&self) -> bool {
        let base = self.base.filter(|base| !base.is_zero());
        let price = self.price.unwrap_or_default();
        let sum = price
            .checked_div(base.unwrap_or(Decimal::ONE))
            .and_then(|each| each.checked_mul(self.quantity.unwrap_or(Decimal::ONE)))
            .and_then(|sum| sum.checked_add(cents(self.charges)))
            .and_then(|sum| sum.checked_sub(cents(self.allowances)));
        let net = self.net.unwrap_or_default();
        sum.and_then(|sum| sum.checked_sub(net))
            .is_some_and(|off| off.abs() <= Decimal::new(2, 2))
    }
}

/// The VAT of a category is its base times its rate within one, by their sizes (BR-CO-17); a category whose rate rounds to
/// nothing, or that has none, has no VAT.
fn is_vat_of(tax: Decimal, base: Decimal, rate: Option<Decimal>) -> bool {
    let whole =
        |value: Decimal| value.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    match rate.filter(|rate| !whole(*rate).is_zero()) {
        None => whole(tax.abs()).is_zero(),
        Some(rate) => base
            .abs()
            .checked_mul(rate)
            .map(|product| cents(product / Decimal::ONE_HUNDRED))
            .is_some_and(|vat| (vat - tax.abs()).abs() <= Decimal::ONE),
    }
}

/// The mime codes of BR-CL-24 and PEPPOL-EN16931-CL001.
fn is_mime_code(code: &str) -> bool {
    en16931::codes::generated::PEPPOL_MIME_CODES.contains(&code)
}

/// No child element and no text but white space (R008).
fn is_empty(node: Node<'_, '_>) -> bool {
    !node.has_children()
        || node.descendants().skip(1).all(|below| {
            !below.is_element()
                && !below
                    .text()
                    .is_some_and(|text| below.is_text() && !text.trim().is_empty())
        })
}

fn is_currency(code: &str) -> bool {
    en16931::codes::generated::CURRENCY_CODES.contains(&code)
}

#[cfg(test)]
pub(crate) mod table;

#[cfg(test)]
impl Corrections {
    /// Every rule that is decided here under some profile.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'static str> {
        self.core.rules.iter().chain(self.peppol.rules).copied()
    }
}
