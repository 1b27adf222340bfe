//! Exact decimal figures with four places, as Cin7 Core keeps quantities; money is kept the same way.

use serde_json::Value;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// Ten-thousandths in one whole.
const ONE: i64 = 10_000;
/// Largest figure taken from outside, in wholes.
const WHOLE_MAX: i64 = 1_000_000_000_000;

/// A figure in ten-thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Dec(i64);

impl Dec {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A whole number.
    pub const fn whole(n: i64) -> Self {
        Self(n * ONE)
    }

    /// Whole units, what is behind the point left out.
    pub const fn as_units(self) -> i64 {
        self.0 / ONE
    }

    /// From hundredths of a currency unit.
    pub const fn minor(n: i64) -> Self {
        Self(n * (ONE / 100))
    }

    /// Reads a JSON number or its text; `None` when it is neither, or absurdly large. Digits after the fourth place are
    /// cut off.
    pub fn read(value: &Value) -> Option<Self> {
        let text = match value {
            Value::Number(n) => n.to_string(),
            Value::String(t) => t.trim().to_owned(),
            _ => return None,
        };
        Self::parse(&text)
    }

    fn parse(text: &str) -> Option<Self> {
        if text.contains(['e', 'E']) {
            let figure: f64 = text.parse().ok()?;
            return (figure.abs() < WHOLE_MAX as f64)
                .then(|| Self((figure * ONE as f64).round() as i64));
        }
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
        let are_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !are_digits(whole) || !are_digits(places) {
            return None;
        }
        let whole: i64 = whole.parse().ok().filter(|n| *n <= WHOLE_MAX)?;
        let places: String = places.chars().chain("0000".chars()).take(4).collect();
        let figure = whole * ONE + places.parse::<i64>().ok()?;
        Some(Self(if is_negative { -figure } else { figure }))
    }

    /// As a JSON number: `5`, or `5.25`.
    pub fn json(self) -> Value {
        if self.0 % ONE == 0 {
            Value::from(self.0 / ONE)
        } else {
            self.json_point()
        }
    }

    /// As a JSON number with a decimal point whatever it is: `5.0`. Cin7 Core writes both forms.
    pub fn json_point(self) -> Value {
        Value::from(self.0 as f64 / ONE as f64)
    }

    /// The whole part, rounded towards nothing.
    pub const fn trunc(self) -> i64 {
        self.0 / ONE
    }

    /// Whether it is more than nothing.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Product, rounded towards nothing.
    pub fn times(self, other: Self) -> Self {
        let product = i128::from(self.0) * i128::from(other.0) / i128::from(ONE);
        Self(i64::try_from(product).unwrap_or(i64::MAX))
    }

    /// The figure, or nothing when it is below that.
    pub fn or_nothing(self) -> Self {
        self.max(Self::ZERO)
    }
}

impl Add for Dec {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Dec {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Dec {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Dec {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Dec {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Dec {
    fn sum<I: Iterator<Item = Self>>(figures: I) -> Self {
        figures.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0.unsigned_abs();
        let one = ONE.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", n / one)?;
        match format!("{:04}", n % one).trim_end_matches('0') {
            "" => Ok(()),
            places => write!(f, ".{places}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn figures_are_exact_to_four_places() {
        let read = |v: Value| Dec::read(&v).map(|d| d.to_string());
        assert_eq!(read(json!(5)).as_deref(), Some("5"));
        assert_eq!(read(json!(2.25)).as_deref(), Some("2.25"));
        assert_eq!(read(json!("0.00019")).as_deref(), Some("0.0001"));
        assert_eq!(read(json!("-1.5")).as_deref(), Some("-1.5"));
        assert_eq!(read(json!("1e2")).as_deref(), Some("100"));
        assert_eq!(read(json!("x")), None);
        assert_eq!(read(json!(null)), None);
        assert_eq!(Dec::whole(5).json().to_string(), "5");
        assert_eq!(Dec::whole(5).json_point().to_string(), "5.0");
        assert_eq!(Dec::minor(250).times(Dec::whole(3)).to_string(), "7.5");
    }
}
