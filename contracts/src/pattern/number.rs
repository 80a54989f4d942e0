//! Numbers as EventBridge compares them: as doubles, and only those that survive becoming one.
//!
//! A number is comparable when the shortest decimal form of its double is the number itself: every integer up to 2^53,
//! some beyond. Ranges never hold any other number; equality falls back to the text, as for an account id of 20 digits.

use super::PatternFault;
use super::operands::refused;
use core::cmp::Ordering;
use serde_json::{Number, Value, json};

/// A comparison of `numeric`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Numeric {
    Equal(Number),
    Above(Bound),
    Below(Bound),
    Between(Bound, Bound),
}

/// An end of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound {
    number: Number,
    end: End,
}

/// Whether a bound is in the range itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Closed,
    Open,
}

/// The number's double, if it is the number; negative zero is zero.
fn comparable(number: &Number) -> Option<f64> {
    let double = number.as_f64()?;
    let kept = number.is_f64() || double.to_string() == number.to_string();
    kept.then_some(double + 0.0)
}

/// The same for an operand, which has to be comparable.
pub(super) fn operand(number: &Number) -> Result<Number, PatternFault> {
    comparable(number)
        .map(|_| number.clone())
        .ok_or_else(|| PatternFault::NotComparable {
            number: number.to_string(),
        })
}

/// Whether two numbers are one, however they are written.
pub(super) fn same(one: &Number, other: &Number) -> bool {
    match (comparable(one), comparable(other)) {
        (Some(one), Some(other)) => one.total_cmp(&other).is_eq(),
        (None, None) => one.to_string() == other.to_string(),
        _ => false,
    }
}

fn order(value: &Number, bound: &Number) -> Option<Ordering> {
    Some(comparable(value)?.total_cmp(&comparable(bound)?))
}

impl Bound {
    fn is_below(&self, value: &Number) -> bool {
        order(value, &self.number)
            .is_some_and(|order| order.is_gt() || (order.is_eq() && self.end == End::Closed))
    }

    fn is_above(&self, value: &Number) -> bool {
        order(value, &self.number)
            .is_some_and(|order| order.is_lt() || (order.is_eq() && self.end == End::Closed))
    }
}

impl Numeric {
    /// Reads the list of `numeric`: one comparison, or a lower bound followed by an upper one.
    pub(super) fn parse(operand: &Value) -> Result<Self, PatternFault> {
        let wanted = "one of =, <, <=, > or >= with a number, or > or >= with a number and < or <= with a number, as a list";
        let wrong = || refused("numeric", wanted, operand);
        let bound = |number: &Value, end| match number {
            Value::Number(number) => self::operand(number).map(|number| Bound { number, end }),
            _ => Err(wrong()),
        };
        let lower = |sign: &Value, number: &Value| match sign.as_str() {
            Some(">") => bound(number, End::Open),
            Some(">=") => bound(number, End::Closed),
            _ => Err(wrong()),
        };
        let upper = |sign: &Value, number: &Value| match sign.as_str() {
            Some("<") => bound(number, End::Open),
            Some("<=") => bound(number, End::Closed),
            _ => Err(wrong()),
        };
        match operand.as_array().map(Vec::as_slice) {
            Some([sign, number]) => match sign.as_str() {
                Some("=") => Ok(Self::Equal(bound(number, End::Closed)?.number)),
                Some(">" | ">=") => lower(sign, number).map(Self::Above),
                _ => upper(sign, number).map(Self::Below),
            },
            Some([above, bottom, below, top]) => {
                Self::between(lower(above, bottom)?, upper(below, top)?)
            }
            _ => Err(wrong()),
        }
    }

    /// The numbers between two bounds, which must leave room between them.
    fn between(lower: Bound, upper: Bound) -> Result<Self, PatternFault> {
        if order(&lower.number, &upper.number).is_some_and(Ordering::is_lt) {
            Ok(Self::Between(lower, upper))
        } else {
            Err(PatternFault::EmptyRange {
                lower: lower.number.to_string(),
                upper: upper.number.to_string(),
            })
        }
    }

    pub(super) fn holds(&self, value: &Number) -> bool {
        match self {
            Self::Equal(number) => same(number, value),
            Self::Above(bound) => bound.is_below(value),
            Self::Below(bound) => bound.is_above(value),
            Self::Between(lower, upper) => lower.is_below(value) && upper.is_above(value),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let above = |bound: &Bound| if bound.end == End::Open { ">" } else { ">=" };
        let below = |bound: &Bound| if bound.end == End::Open { "<" } else { "<=" };
        match self {
            Self::Equal(number) => json!(["=", number]),
            Self::Above(bound) => json!([above(bound), bound.number]),
            Self::Below(bound) => json!([below(bound), bound.number]),
            Self::Between(lower, upper) => {
                json!([above(lower), lower.number, below(upper), upper.number])
            }
        }
    }
}
