//! The amounts and quantities that an invoice must have, with the rules about their presence and decimals.
//!
//! The model of the `en16931` crate holds them as plain numbers, so an absent one reads as zero and these rules can't fire
//! there ("retired by the types"). They are checked here, on the document itself, before it becomes the model.

use crate::amounts::decimals;
use contracts::events::Violation;
use en16931::InvoiceAmount;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One number of the invoice: its names and its rules.
pub(crate) struct Number {
    /// UBL element.
    pub ubl: &'static str,
    /// CII element.
    pub cii: &'static str,
    /// Key in the own JSON, as the model names it.
    pub json: &'static str,
    /// Business term.
    pub term: &'static str,
    /// The rule that it is there, where it must be.
    pub presence: Option<&'static str>,
    /// The rule on its decimals, where there is one; without, it is a quantity or a price.
    pub decimals: Option<&'static str>,
}

const fn number(
    ubl: &'static str,
    cii: &'static str,
    json: &'static str,
    term: &'static str,
    presence: &'static str,
    decimals: &'static str,
) -> Number {
    const fn given(rule: &'static str) -> Option<&'static str> {
        if rule.is_empty() { None } else { Some(rule) }
    }
    Number {
        ubl,
        cii,
        json,
        term,
        presence: given(presence),
        decimals: given(decimals),
    }
}

/// BG-22.
#[rustfmt::skip]
pub(crate) const TOTALS: &[Number] = &[
    number("LineExtensionAmount", "LineTotalAmount", "line_total", "BT-106", "BR-12", "BR-DEC-09"),
    number("AllowanceTotalAmount", "AllowanceTotalAmount", "allowance_total", "BT-107", "", "BR-DEC-10"),
    number("ChargeTotalAmount", "ChargeTotalAmount", "charge_total", "BT-108", "", "BR-DEC-11"),
    number("TaxExclusiveAmount", "TaxBasisTotalAmount", "taxable_total", "BT-109", "BR-13", "BR-DEC-12"),
    number("TaxInclusiveAmount", "GrandTotalAmount", "gross_total", "BT-112", "BR-14", "BR-DEC-14"),
    number("PrepaidAmount", "TotalPrepaidAmount", "paid", "BT-113", "", "BR-DEC-16"),
    number("PayableRoundingAmount", "RoundingAmount", "rounding", "BT-114", "", "BR-DEC-17"),
    number("PayableAmount", "DuePayableAmount", "due", "BT-115", "BR-15", "BR-DEC-18"),
];
/// The totals that UBL keeps in `TaxTotal`.
pub(crate) const TAX_TOTALS: &[Number] = &[
    number(
        "TaxAmount",
        "TaxTotalAmount",
        "vat_total",
        "BT-110",
        "",
        "BR-DEC-13",
    ),
    number("", "", "vat_total_accounting", "BT-111", "", "BR-DEC-15"),
];
/// BG-23.
pub(crate) const BREAKDOWN: &[Number] = &[
    number(
        "TaxableAmount",
        "BasisAmount",
        "taxable_amount",
        "BT-116",
        "BR-45",
        "BR-DEC-19",
    ),
    number(
        "TaxAmount",
        "CalculatedAmount",
        "tax_amount",
        "BT-117",
        "BR-46",
        "BR-DEC-20",
    ),
];
/// BG-20.
pub(crate) const ALLOWANCE: &[Number] = &[
    number(
        "Amount",
        "ActualAmount",
        "amount",
        "BT-92",
        "BR-31",
        "BR-DEC-01",
    ),
    number(
        "BaseAmount",
        "BasisAmount",
        "base_amount",
        "BT-93",
        "",
        "BR-DEC-02",
    ),
];
/// BG-21.
pub(crate) const CHARGE: &[Number] = &[
    number(
        "Amount",
        "ActualAmount",
        "amount",
        "BT-99",
        "BR-36",
        "BR-DEC-05",
    ),
    number(
        "BaseAmount",
        "BasisAmount",
        "base_amount",
        "BT-100",
        "",
        "BR-DEC-06",
    ),
];
/// BG-25, without its price.
pub(crate) const LINE: &[Number] = &[
    number(
        "InvoicedQuantity",
        "BilledQuantity",
        "quantity",
        "BT-129",
        "BR-22",
        "",
    ),
    number(
        "LineExtensionAmount",
        "LineTotalAmount",
        "net_amount",
        "BT-131",
        "BR-24",
        "BR-DEC-23",
    ),
];
/// BG-29.
pub(crate) const PRICE: &[Number] = &[number(
    "PriceAmount",
    "ChargeAmount",
    "net_price",
    "BT-146",
    "BR-26",
    "",
)];
/// BG-27.
pub(crate) const LINE_ALLOWANCE: &[Number] = &[
    number(
        "Amount",
        "ActualAmount",
        "amount",
        "BT-136",
        "BR-41",
        "BR-DEC-24",
    ),
    number(
        "BaseAmount",
        "BasisAmount",
        "base_amount",
        "BT-137",
        "",
        "BR-DEC-25",
    ),
];
/// BG-28.
pub(crate) const LINE_CHARGE: &[Number] = &[
    number(
        "Amount",
        "ActualAmount",
        "amount",
        "BT-141",
        "BR-43",
        "BR-DEC-27",
    ),
    number(
        "BaseAmount",
        "BasisAmount",
        "base_amount",
        "BT-142",
        "",
        "BR-DEC-28",
    ),
];

/// All of them.
pub(crate) const ALL: &[&[Number]] = &[
    TOTALS,
    TAX_TOTALS,
    BREAKDOWN,
    ALLOWANCE,
    CHARGE,
    LINE,
    PRICE,
    LINE_ALLOWANCE,
    LINE_CHARGE,
];

impl Number {
    /// What is wrong with the number as the document gives it; `group` is where it is, e.g. `BG-25[2]`.
    pub(crate) fn fault(&self, given: Option<&str>, group: &str) -> Option<Violation> {
        let broken = |rule: &str| {
            Some(rule_broken(
                rule,
                Some(self.term),
                format!("{group}/{}", self.term),
            ))
        };
        let Some(text) = given.map(str::trim).filter(|text| !text.is_empty()) else {
            return self.presence.and_then(broken);
        };
        let exact = text.parse::<Decimal>();
        match (self.decimals, exact) {
            (None, Ok(_)) => None,
            (Some(rule), Ok(_)) if decimals(text) > 2 => broken(rule),
            (Some(_), Ok(value)) if InvoiceAmount::parse(&value.to_string()).is_ok() => None,
            _ => Some(value_unreadable(
                Some(self.term),
                format!("{group}/{}", self.term),
            )),
        }
    }
}

/// Our id for a value that its data type can't hold.
pub(crate) const VALUE: &str = "DOCUMENT-VALUE";
/// Our id for structure that the syntax's schema does not admit.
pub(crate) const SCHEMA: &str = "DOCUMENT-SCHEMA";

/// The rules' own words, by id.
static WORDS: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
    en16931::validation::rules::all()
        .map(|rule| (rule.id.as_str(), rule.text))
        .collect()
});

/// A violation of a rule of the standard, in the rule's own words.
pub(crate) fn rule_broken(rule: &str, term: Option<&str>, path: String) -> Violation {
    let unknown = "A rule of the document's profile is broken.";
    violation(rule, term, &path, WORDS.get(rule).unwrap_or(&unknown))
}

/// A violation for a value that can't be read as what it must be.
pub(crate) fn value_unreadable(term: Option<&str>, path: String) -> Violation {
    violation(
        VALUE,
        term,
        &path,
        "The value can't be read as the data type of its term (amount, number, date, code or boolean).",
    )
}

/// A violation within the bounds of the event contract.
pub(crate) fn violation(rule: &str, term: Option<&str>, path: &str, message: &str) -> Violation {
    Violation {
        rule: cut(rule, 64),
        term: term.map(|term| cut(term, 64)),
        path: cut(&plain(path), 256),
        message: cut(message, 600),
    }
}

/// A path without what JSON would escape: a key of the document must not outgrow the event's bound that way.
fn plain(path: &str) -> String {
    let escaped = |c: char| c.is_control() || c == '"' || c == '\\';
    path.replace(escaped, "?")
}

/// The longest prefix of at most `max` bytes that ends between characters.
pub(crate) fn cut(text: &str, max: usize) -> String {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
