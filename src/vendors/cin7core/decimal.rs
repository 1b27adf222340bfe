//! Exact decimal figures. Cin7 Core writes quantities with up to four places and money with any number of them; neither
//! ever passes through a double here.

use std::fmt;

/// Millionths in one whole unit.
const ONE: i64 = 1_000_000;
/// Largest figure read, in whole units; beyond it a figure is a mistake.
const WHOLE_MAX: i64 = 1_000_000_000_000;
/// Longest exponent understood (`1E-05` is seen from services of this make).
const EXPONENT_MAX: i32 = 30;
/// Most digits of one figure.
const DIGITS_MAX: usize = 30;

/// A decimal figure, exact to six places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Decimal(i64);

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A whole number; held to the largest figure there can be.
    pub const fn whole(n: i64) -> Self {
        let n = if n > WHOLE_MAX {
            WHOLE_MAX
        } else if n < -WHOLE_MAX {
            -WHOLE_MAX
        } else {
            n
        };
        Self(n * ONE)
    }

    /// From hundredths of a currency unit; held to the largest figure there can be.
    pub const fn minor(n: i64) -> Self {
        let whole = Self::whole(n / 100);
        Self(whole.0 + (n % 100) * (ONE / 100))
    }

    /// Reads a JSON number's text. Digits after the sixth place are rounded, halves away from zero; `None` when it is no
    /// number or beyond a million million.
    pub fn parse(text: &str) -> Option<Self> {
        let (base, exponent) = match text.split_once(['e', 'E']) {
            Some((base, power)) => (base, power.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (is_negative, digits) = match base.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, base.strip_prefix('+').unwrap_or(base)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let are_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        let is_empty = whole.is_empty() && fraction.is_empty();
        if is_empty || !are_digits(whole) || !are_digits(fraction) || exponent.abs() > EXPONENT_MAX
        {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let fraction = &fraction[..fraction.len().min(DIGITS_MAX)];
        let all = format!("{whole}{fraction}");
        let all = all.trim_start_matches('0');
        if all.len() > DIGITS_MAX + 8 {
            return None;
        }
        let mantissa: i128 = if all.is_empty() { 0 } else { all.parse().ok()? };
        let shift = exponent - i32::try_from(fraction.len()).ok()? + 6;
        let millionths = shifted(mantissa, shift)?;
        let limit = i128::from(WHOLE_MAX) * i128::from(ONE);
        if millionths > limit {
            return None;
        }
        let n = i64::try_from(millionths).ok()?;
        Some(Self(if is_negative { -n } else { n }))
    }

    /// The figure as a whole number; `None` when it has a fraction.
    pub const fn as_whole(self) -> Option<i64> {
        if self.0 % ONE == 0 {
            Some(self.0 / ONE)
        } else {
            None
        }
    }

    /// The figure in hundredths, halves away from zero.
    pub const fn as_minor(self) -> i64 {
        let half = if self.0 < 0 { -5_000 } else { 5_000 };
        (self.0 + half) / 10_000
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Sum; `None` beyond what a figure can hold.
    pub const fn plus(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(n) => Some(Self(n)),
            None => None,
        }
    }

    /// The figure less so many per cent, to six places.
    pub fn less_percent(self, percent: Self) -> Option<Self> {
        let hundred = i128::from(100 * ONE);
        let product = i128::from(self.0) * (hundred - i128::from(percent.0));
        let half = if product < 0 {
            -hundred / 2
        } else {
            hundred / 2
        };
        i64::try_from((product + half) / hundred).ok().map(Self)
    }
}

/// Multiplied by ten to the power of `shift`, halves away from zero (the mantissa is not negative).
fn shifted(mantissa: i128, shift: i32) -> Option<i128> {
    let power = 10_i128.checked_pow(shift.unsigned_abs());
    if shift >= 0 {
        return if mantissa == 0 {
            Some(0)
        } else {
            mantissa.checked_mul(power?)
        };
    }
    // A divisor beyond 128 bits leaves nothing of a mantissa that fits.
    Some(power.map_or(0, |p| (mantissa + p / 2) / p))
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0.unsigned_abs();
        let one = ONE.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", n / one)?;
        let fraction = format!("{:06}", n % one);
        match fraction.trim_end_matches('0') {
            "" => Ok(()),
            rest => write!(f, ".{rest}"),
        }
    }
}
