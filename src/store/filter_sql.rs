//! A parsed filter as a condition: column names come from the tables below, values are always bound.

use super::value::Val;
use super::{StoreError, StoreResult};
use crate::domain::filter::{FieldOp, Filter, Term, What, duration, money_minor};
use crate::domain::time::Ts;

/// How a field of a list is compared in SQL.
#[derive(Clone, Copy)]
pub(super) enum Field {
    /// Anywhere in a text column, ignoring case. The column is never null.
    Text(&'static str),
    /// As `Text`, for a column whose value is part of the list's search column: that one is looked at first, because an
    /// index holds it.
    Named {
        column: &'static str,
        search: &'static str,
    },
    /// Anywhere in a text column of another table: the condition up to the pattern, and what follows it.
    Elsewhere(&'static str, &'static str),
    /// A choice kept as a code.
    Code(&'static str, fn(&str) -> Option<i64>),
    /// A choice kept as its own word.
    Word(&'static str),
    /// Yes or no, as a condition.
    Flag(&'static str),
    /// A whole number; the stored value is so many times larger.
    Number(&'static str, i64),
    Money(&'static str),
    /// The time something happened.
    Age(&'static str),
    /// The time something is due, "never" when there is none.
    Until(&'static str),
}

/// What a list can be filtered by.
pub(super) struct Filterable {
    pub(super) fields: &'static [(&'static str, Field)],
    /// Lower-case columns (or expressions) in which words are looked for.
    pub(super) words: &'static [Field],
}

/// A condition with its bound values.
#[derive(Default)]
pub(super) struct Condition {
    pub(super) sql: String,
    pub(super) args: Vec<Val>,
}

impl Condition {
    /// Binds a value and gives its place: `$3`.
    pub(super) fn bind(&mut self, value: impl Into<Val>) -> String {
        self.args.push(value.into());
        format!("${}", self.args.len())
    }

    /// Adds a condition that must hold too.
    pub(super) fn and(&mut self, sql: &str) {
        if !self.sql.is_empty() {
            self.sql.push_str(" and ");
        }
        self.sql.push_str(sql);
    }

    /// Adds every term of a filter.
    pub(super) fn add(&mut self, filter: &Filter, of: &Filterable, now: Ts) -> StoreResult<()> {
        for term in &filter.terms {
            let sql = self.term(term, of, now)?;
            if term.is_negated {
                self.and(&format!("not ({sql})"));
            } else {
                self.and(&format!("({sql})"));
            }
        }
        Ok(())
    }

    fn term(&mut self, term: &Term, of: &Filterable, now: Ts) -> StoreResult<String> {
        match &term.what {
            What::Word(word) => {
                let mut any = Vec::new();
                for field in of.words {
                    any.push(self.value(*field, "word", FieldOp::Is, word, now)?);
                }
                Ok(any.join(" or "))
            }
            What::Field { field, op, values } => {
                let (_, how) = of
                    .fields
                    .iter()
                    .find(|(name, _)| name == field)
                    .ok_or_else(|| refused(format!("there is no field `{field}` here")))?;
                let mut any = Vec::new();
                for value in values {
                    any.push(self.value(*how, field, *op, value, now)?);
                }
                if any.is_empty() {
                    return Err(refused(format!("`{field}` needs a value")));
                }
                Ok(any.join(" or "))
            }
        }
    }

    fn value(
        &mut self,
        how: Field,
        name: &str,
        op: FieldOp,
        value: &str,
        now: Ts,
    ) -> StoreResult<String> {
        let wrong = || refused(format!("`{value}` is not a value of `{name}`"));
        Ok(match how {
            Field::Text(column) => {
                let p = self.bind(pattern(value));
                format!("{column} @like {p} escape '\\'")
            }
            Field::Named { column, search } => {
                let quick = self.bind(pattern(&value.to_lowercase()));
                let p = self.bind(pattern(value));
                format!("({search} like {quick} escape '\\' and {column} @like {p} escape '\\')")
            }
            Field::Elsewhere(before, after) => {
                let p = self.bind(pattern(value));
                format!("{before} @like {p} escape '\\'{after}")
            }
            Field::Code(column, code) => {
                let p = self.bind(code(value).ok_or_else(wrong)?);
                format!("{column} = {p}")
            }
            Field::Word(column) => {
                let p = self.bind(value);
                format!("{column} = {p}")
            }
            Field::Flag(condition) => match value {
                "yes" => condition.to_owned(),
                "no" => format!("not ({condition})"),
                _ => return Err(wrong()),
            },
            Field::Number(column, times) => {
                let number: i64 = value.parse().map_err(|_| wrong())?;
                let p = self.bind(number.saturating_mul(times));
                format!("{column} {} {p}", sign(op))
            }
            Field::Money(column) => {
                let p = self.bind(money_minor(value).ok_or_else(wrong)?);
                format!("{column} {} {p}", sign(op))
            }
            Field::Age(column) => {
                let p = self.bind(now - duration(value).ok_or_else(wrong)?);
                format!("{column} {} {p}", sign(turned(op)))
            }
            Field::Until(column) => {
                let p = self.bind(now + duration(value).ok_or_else(wrong)?);
                format!(
                    "({column} {} {p} and {column} < 9223372036854775807)",
                    sign(op)
                )
            }
        })
    }
}

fn refused(text: String) -> StoreError {
    StoreError::Refused(text)
}

/// A pattern that finds the text anywhere; its own wildcards stand for themselves.
fn pattern(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('%');
    out
}

const fn sign(op: FieldOp) -> &'static str {
    match op {
        FieldOp::Is => "=",
        FieldOp::Less => "<",
        FieldOp::Greater => ">",
        FieldOp::LessOrEqual => "<=",
        FieldOp::GreaterOrEqual => ">=",
    }
}

/// Older means an earlier time.
const fn turned(op: FieldOp) -> FieldOp {
    match op {
        FieldOp::Is => FieldOp::Is,
        FieldOp::Less => FieldOp::Greater,
        FieldOp::Greater => FieldOp::Less,
        FieldOp::LessOrEqual => FieldOp::GreaterOrEqual,
        FieldOp::GreaterOrEqual => FieldOp::LessOrEqual,
    }
}

/// Whether a filter has a term on one of these fields.
pub(super) fn names(filter: &Filter, fields: &[&str]) -> bool {
    filter.terms.iter().any(|term| match &term.what {
        What::Field { field, .. } => fields.contains(&field.as_str()),
        What::Word(_) => false,
    })
}

/// Whether a filter looks for a word.
pub(super) fn has_word(filter: &Filter) -> bool {
    filter
        .terms
        .iter()
        .any(|term| matches!(term.what, What::Word(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_bound_and_its_wildcards_stand_for_themselves() {
        const OF: Filterable = Filterable {
            fields: &[
                ("service", Field::Text("o.service")),
                ("ship", Field::Until("o.ship_sort")),
            ],
            words: &[Field::Text("o.search")],
        };
        let term = |is_negated, what| Term { is_negated, what };
        let filter = Filter {
            terms: vec![
                term(false, What::Word("100%' or 1=1 --".to_owned())),
                term(
                    true,
                    What::Field {
                        field: "service".to_owned(),
                        op: FieldOp::Is,
                        values: vec!["a_b".to_owned(), "c".to_owned()],
                    },
                ),
                term(
                    false,
                    What::Field {
                        field: "ship".to_owned(),
                        op: FieldOp::Less,
                        values: vec!["1h".to_owned()],
                    },
                ),
            ],
        };
        let mut condition = Condition::default();
        condition.add(&filter, &OF, Ts(0)).unwrap();
        assert_eq!(
            condition.sql,
            "(o.search @like $1 escape '\\') and not (o.service @like $2 escape '\\' or o.service @like $3 escape '\\') \
             and ((o.ship_sort < $4 and o.ship_sort < 9223372036854775807))"
        );
        assert!(matches!(&condition.args[0], Val::Text(Some(t)) if t == "%100\\%' or 1=1 --%"));
        let unknown = Filter {
            terms: vec![term(
                false,
                What::Field {
                    field: "id; drop table orders".to_owned(),
                    op: FieldOp::Is,
                    values: vec!["1".to_owned()],
                },
            )],
        };
        assert!(Condition::default().add(&unknown, &OF, Ts(0)).is_err());
    }
}
