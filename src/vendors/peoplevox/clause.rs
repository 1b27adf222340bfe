//! Search clauses, built from typed parts only. A value that could reach out of its quotes is refused, never escaped:
//! how Peoplevox escapes quotes inside values is not documented.

use crate::domain::time::Ts;
use crate::vendors::TERMS_MAX;

/// Longest value that is searched for, characters.
pub const VALUE_CHARS_MAX: usize = 200;

/// A value or column that cannot stand in a clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClauseFault {
    /// The value cannot be quoted safely.
    #[error("{value:?} cannot be searched for: {why}")]
    Value { value: String, why: &'static str },
    /// A (renamed) column whose name cannot be written.
    #[error("the column name {0:?} cannot stand in a search")]
    Column(String),
    /// More terms than are known to work.
    #[error("{0} terms in one search; at most {TERMS_MAX} work")]
    TooMany(usize),
    /// No terms at all: the search would be empty or everything.
    #[error("a search for nothing")]
    Nothing,
}

/// Whether a value can be searched for. Quotes, backslashes, control characters, empty and overlong values cannot.
///
/// # Errors
/// [`ClauseFault::Value`] with the reason in words.
pub fn searchable(value: &str) -> Result<(), ClauseFault> {
    let why = if value.is_empty() {
        "it is empty"
    } else if value.chars().count() > VALUE_CHARS_MAX {
        "it is too long"
    } else if value.contains('"') {
        "it holds a quotation mark"
    } else if value.contains('\\') {
        "it holds a backslash"
    } else if value
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}'))
    {
        "it holds a control character"
    } else {
        return Ok(());
    };
    Err(ClauseFault::Value {
        value: crate::text::clean_to(value, 60),
        why,
    })
}

/// A column as it is written in a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column(String);

impl Column {
    /// A template column (`GetData`): a bare name.
    ///
    /// # Errors
    /// [`ClauseFault::Column`] when it is not one word of letters, digits and underscores.
    pub fn of_template(name: &str) -> Result<Self, ClauseFault> {
        let is_word = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if name.is_empty() || !is_word {
            return Err(ClauseFault::Column(crate::text::clean_to(name, 60)));
        }
        Ok(Self(name.to_owned()))
    }

    /// A report column (`GetReportData`): a name in brackets.
    ///
    /// # Errors
    /// [`ClauseFault::Column`] when it holds brackets, quotes, commas or control characters.
    pub fn of_report(name: &str) -> Result<Self, ClauseFault> {
        let is_bad = |c: char| c.is_control() || matches!(c, '[' | ']' | '"' | '\\' | ',');
        if name.is_empty() || name.contains(is_bad) {
            return Err(ClauseFault::Column(crate::text::clean_to(name, 60)));
        }
        Ok(Self(format!("[{name}]")))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A search clause. Every part is closed in itself, so parts can be joined without changing each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause(String);

impl Clause {
    /// `(C.Equals("a") OR C.Equals("b") …)`.
    ///
    /// # Errors
    /// A value that cannot be searched for, no values, or more than [`TERMS_MAX`].
    pub fn any_of<'a>(
        column: &Column,
        values: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, ClauseFault> {
        let mut terms = Vec::new();
        for value in values {
            searchable(value)?;
            terms.push(format!("{}.Equals(\"{value}\")", column.0));
        }
        match terms.len() {
            0 => Err(ClauseFault::Nothing),
            n if n > TERMS_MAX => Err(ClauseFault::TooMany(n)),
            _ => Ok(Self(format!("({})", terms.join(" OR ")))),
        }
    }

    /// `(C.StartsWith("a"))`.
    ///
    /// # Errors
    /// A value that cannot be searched for.
    pub fn starts_with(column: &Column, value: &str) -> Result<Self, ClauseFault> {
        searchable(value)?;
        Ok(Self(format!("({}.StartsWith(\"{value}\"))", column.0)))
    }

    /// `(!(C.Equals("a")))`.
    ///
    /// # Errors
    /// A value that cannot be searched for.
    pub fn is_not(column: &Column, value: &str) -> Result<Self, ClauseFault> {
        searchable(value)?;
        Ok(Self(format!("(!({}.Equals(\"{value}\")))", column.0)))
    }

    /// `(C >= DateTime(yyyy,MM,dd,HH,mm,ss))`, the second begun counted in.
    pub fn since(column: &Column, at: Ts) -> Self {
        let at = at.to_utc().format("%Y,%m,%d,%H,%M,%S");
        Self(format!("({} >= DateTime({at}))", column.0))
    }

    /// Both must hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(format!("{} AND {}", self.0, other.0))
    }

    /// The text for `SearchClause`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A small reader of our own clauses: quoted parts become `V`, so what is left is the structure.
    fn structure(clause: &str) -> (String, Vec<String>) {
        let (mut shape, mut values, mut inside) = (String::new(), Vec::new(), None::<String>);
        for c in clause.chars() {
            match (&mut inside, c) {
                (None, '"') => inside = Some(String::new()),
                (None, c) => shape.push(c),
                (Some(value), '"') => {
                    shape.push('V');
                    values.push(std::mem::take(value));
                    inside = None;
                }
                (Some(value), c) => value.push(c),
            }
        }
        assert!(inside.is_none(), "an open quote in {clause}");
        (shape, values)
    }

    #[test]
    fn clauses_read_as_peoplevox_wants_them() {
        let number = Column::of_template("SalesOrderNumber").unwrap();
        let clause = Clause::any_of(&number, ["LW-1", "LW-2"]).unwrap();
        assert_eq!(
            clause.as_str(),
            r#"(SalesOrderNumber.Equals("LW-1") OR SalesOrderNumber.Equals("LW-2"))"#
        );
        let date = Column::of_report("Despatch date").unwrap();
        let at = Ts::from_utc("2024-06-13T07:05:09.9Z".parse().unwrap());
        assert_eq!(
            Clause::since(&date, at).as_str(),
            "([Despatch date] >= DateTime(2024,06,13,07,05,09))"
        );
        let status = Column::of_report("Status").unwrap();
        let open = Clause::starts_with(&Column::of_report("Sales order no.").unwrap(), "LW-")
            .unwrap()
            .and(Clause::is_not(&status, "Cancelled").unwrap());
        assert_eq!(
            open.as_str(),
            r#"([Sales order no.].StartsWith("LW-")) AND (!([Status].Equals("Cancelled")))"#
        );
    }

    #[test]
    fn a_hundred_terms_work_and_one_more_is_refused() {
        let column = Column::of_template("ItemCode").unwrap();
        let codes: Vec<String> = (0..101).map(|n| format!("A{n}")).collect();
        assert!(Clause::any_of(&column, codes[..100].iter().map(String::as_str)).is_ok());
        assert_eq!(
            Clause::any_of(&column, codes.iter().map(String::as_str)),
            Err(ClauseFault::TooMany(101))
        );
        assert_eq!(Clause::any_of(&column, []), Err(ClauseFault::Nothing));
    }

    #[test]
    fn column_names_cannot_carry_structure() {
        for bad in ["", "a b", "a)", "a.Equals(\"x\") OR b"] {
            assert!(Column::of_template(bad).is_err(), "{bad}");
        }
        for bad in ["", "a]", "[a", "a\"", "a,b", "a\n"] {
            assert!(Column::of_report(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_hostile_order_number_never_changes_the_structure(
            value in "\\PC*|[\"\\\\()OR .=\\x00-\\x20]*|S1\"\\) OR \\(\"\"=\"\"",
        ) {
            let column = Column::of_template("SalesOrderNumber").unwrap();
            let harmless = structure(Clause::any_of(&column, ["a", "b"]).unwrap().as_str()).0;
            match Clause::any_of(&column, ["x", value.as_str()]) {
                Ok(clause) => {
                    let (shape, values) = structure(clause.as_str());
                    prop_assert_eq!(shape, harmless);
                    prop_assert_eq!(&values[1], &value);
                }
                Err(fault) => {
                    let is_value_fault = matches!(fault, ClauseFault::Value { .. });
                    prop_assert!(is_value_fault);
                }
            }
        }
    }
}
