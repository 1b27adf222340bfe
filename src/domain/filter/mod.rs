//! The filter language of every list.
//!
//! Words, `"quoted words"`, `field:value`, `field:one,other` (any of), `field>2h`, and `-` in front of any of them for
//! "not". All terms must hold. The text is parsed against the fields of one list, so a mistake is named where it is
//! made and nothing unknown reaches the store.

mod complete;
mod explain;
pub mod lists;
mod parse;
#[cfg(test)]
mod tests;
mod views;

pub use complete::{complete, part_at};
pub use explain::explain;
pub use parse::{parse, parse_with};
pub use views::{NamedFilter, VIEW_FIELD};

use super::time::Span;
use std::fmt;

/// Longest filter, characters.
pub const FILTER_CHARS_MAX: usize = 500;
/// Most terms in one filter.
pub const TERMS_MAX: usize = 20;
/// Most values of one field term, also after a `STK*` was spelt out.
pub const VALUES_MAX: usize = 40;
/// Longest word or value, characters.
pub const WORD_CHARS_MAX: usize = 100;
/// Most completions offered at once.
pub const COMPLETIONS_MAX: usize = 20;

/// A parsed filter: all terms must hold. An empty filter matches everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    pub terms: Vec<Term>,
}

/// One term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub is_negated: bool,
    pub what: What,
}

/// What a term asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Occurs in any of the list's text columns, ignoring case.
    Word(String),
    /// A field compared; with several values any of them may match.
    Field {
        field: String,
        op: FieldOp,
        values: Vec<String>,
    },
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldOp {
    Is,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
}

impl FieldOp {
    /// As it is typed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Is => ":",
            Self::Less => "<",
            Self::Greater => ">",
            Self::LessOrEqual => "<=",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// A field a list can be filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSpec {
    pub name: &'static str,
    pub kind: FieldKind,
    /// What it means, in a few words, for help and completion.
    pub help: &'static str,
}

/// What a field's values look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Any text; the list looks for it anywhere in the column, ignoring case.
    Text,
    /// One of these, spelt as here once parsed. `STK*` stands for all that begin so.
    Choice(&'static [&'static str]),
    /// A whole number.
    Number,
    /// Time since something happened: `age>2h`.
    Age,
    /// Time left until something is due: `ship<4h`; below zero when it has passed.
    Until,
    /// An amount in the list's currency: `value>100`, `value>=99.50`. See [`money_minor`].
    Money,
}

/// What is wrong with a filter, where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{part}` at {}: {problem}{}", at + 1, hint.as_ref().map(|h| format!("; {h}")).unwrap_or_default())]
pub struct FilterError {
    /// The part that is not understood, as typed.
    pub part: String,
    /// Where the part begins, in characters from 0.
    pub at: usize,
    /// What is wrong with it.
    pub problem: String,
    /// What to type instead, when that can be said.
    pub hint: Option<String>,
}

impl fmt::Display for Filter {
    /// The filter as it would be typed; parsing it again gives the same filter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, term) in self.terms.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{term}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_negated {
            f.write_str("-")?;
        }
        match &self.what {
            What::Word(word) => f.write_str(&quoted_where_needed(word, false)),
            What::Field { field, op, values } => {
                let values: Vec<_> = values
                    .iter()
                    .map(|v| quoted_where_needed(v, true))
                    .collect();
                write!(f, "{field}{}{}", op.as_str(), values.join(","))
            }
        }
    }
}

/// A word or value as it must be typed to be read back as itself.
fn quoted_where_needed(text: &str, is_value: bool) -> String {
    let has_special = text
        .chars()
        .any(|c| parse::is_blank(c) || c == '"' || c == '\\' || (is_value && c == ','));
    let is_field_like = !is_value && (text.starts_with('-') || parse::has_operator(text));
    let is_odd_value = is_value && text.starts_with(['=', '<', '>', ':']);
    if text.is_empty() || has_special || is_field_like || is_odd_value {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{escaped}\"")
    } else {
        text.to_owned()
    }
}

/// A span such as `45s`, `30m`, `2h`, `1d`, `2w`, `1h30m`; `-2h` is negative. `None` when it is none, or above ten years.
pub fn duration(text: &str) -> Option<Span> {
    const LARGEST: i64 = 10 * 366 * 86_400;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let mut total: i64 = 0;
    let mut number: Option<i64> = None;
    for c in digits.chars() {
        if let Some(digit) = c.to_digit(10) {
            let next = number
                .unwrap_or(0)
                .checked_mul(10)?
                .checked_add(i64::from(digit))?;
            number = Some(next);
            continue;
        }
        let unit = match c.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    let is_whole = number.is_none() && !digits.is_empty();
    (is_whole && total <= LARGEST).then(|| Span::secs(sign * total))
}

/// An amount such as `100`, `99.50` or `£20` in minor units. `None` when it is none.
pub fn money_minor(text: &str) -> Option<i64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let rest = rest.strip_prefix(['£', '€', '$']).unwrap_or(rest);
    let (whole, pence) = rest.split_once('.').unwrap_or((rest, ""));
    let is_digits = |t: &str| t.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(pence) || pence.len() > 2 {
        return None;
    }
    if pence.is_empty() && rest.contains('.') {
        return None;
    }
    let pence: i64 = format!("{pence:0<2}").parse().ok()?;
    let minor = whole
        .parse::<i64>()
        .ok()?
        .checked_mul(100)?
        .checked_add(pence)?;
    Some(sign * minor)
}
