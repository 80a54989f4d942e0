//! Money as integers in minor units with an ISO 4217 currency. Never a float.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An ISO 4217 code of three capital letters. That it is a code in use is BR-CL-03's business, not this type's.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[schemars(extend("pattern" = "^[A-Z]{3}$"))]
#[serde(try_from = "String", into = "String")]
pub struct Currency(String);

/// Why an amount can't be held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not three capital letters.
    #[error("`{0}` is not an ISO 4217 currency code: expected three capital letters, e.g. EUR")]
    Currency(String),
    /// More decimals than the currency has.
    #[error("{value} has more decimals than {currency} has ({decimals})")]
    Decimals {
        /// The amount.
        value: String,
        /// The currency.
        currency: Currency,
        /// How many decimals the currency has.
        decimals: u32,
    },
    /// More than 64 bits of minor units.
    #[error("{0} is too large for an amount in minor units")]
    TooLarge(String),
}

impl Currency {
    /// The code, if it is three capital letters.
    ///
    /// # Errors
    /// [`MoneyError::Currency`].
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) {
            Ok(Self(code.to_owned()))
        } else {
            Err(MoneyError::Currency(code.chars().take(20).collect()))
        }
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many decimals its amounts have (ISO 4217 table A.1; 2 unless listed there otherwise).
    #[must_use]
    pub fn decimals(&self) -> u32 {
        match self.0.as_str() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF"
            | "UGX" | "UYI" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            "CLF" | "UYW" => 4,
            _ => 2,
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(code: String) -> Result<Self, MoneyError> {
        Self::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.0
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An amount of money in minor units (cents for EUR, yen for JPY, fils for KWD).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Amount {
    /// Minor units; negative for a credit.
    pub minor: i64,
    /// Its currency.
    pub currency: Currency,
}

impl Amount {
    /// An exact decimal as minor units.
    ///
    /// # Errors
    /// When the value has more decimals than the currency, or is too large.
    pub fn from_decimal(value: Decimal, currency: &Currency) -> Result<Self, MoneyError> {
        let decimals = currency.decimals();
        let normal = value.normalize();
        if normal.scale() > decimals {
            return Err(MoneyError::Decimals {
                value: value.to_string(),
                currency: currency.clone(),
                decimals,
            });
        }
        let too_large = || MoneyError::TooLarge(value.to_string());
        let missing = decimals - normal.scale();
        let minor = normal
            .mantissa()
            .checked_mul(10_i128.pow(missing))
            .and_then(|minor| i64::try_from(minor).ok())
            .ok_or_else(too_large)?;
        Ok(Self {
            minor,
            currency: currency.clone(),
        })
    }

    /// The amount as an exact decimal.
    #[must_use]
    pub fn to_decimal(&self) -> Decimal {
        Decimal::new(self.minor, self.currency.decimals())
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn minor_units_follow_the_currency() {
        let of = |text: &str, code: &str| {
            Amount::from_decimal(text.parse().unwrap(), &Currency::parse(code).unwrap())
                .map(|a| a.minor)
        };
        assert_eq!(of("12.50", "EUR"), Ok(1250));
        assert_eq!(of("1250.00", "JPY"), Ok(1250));
        assert_eq!(of("1.5", "KWD"), Ok(1500));
        assert!(matches!(of("1.5", "JPY"), Err(MoneyError::Decimals { .. })));
        assert!(matches!(
            of("92233720368547758.08", "EUR"),
            Err(MoneyError::TooLarge(_))
        ));
    }

    proptest! {
        #[test]
        fn decimal_and_minor_units_are_one_value(minor in any::<i64>(), code in "(EUR|JPY|KWD|CLF)") {
            let amount = Amount { minor, currency: Currency::parse(&code).unwrap() };
            prop_assert_eq!(Amount::from_decimal(amount.to_decimal(), &amount.currency).unwrap(), amount);
        }
    }
}
