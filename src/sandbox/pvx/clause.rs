//! The search language: read for real, evaluated for real, with enough three-valued logic to use an index.

use crate::domain::time::Ts;
use chrono::{TimeZone, Utc};

/// Deepest nesting of parentheses and negations.
const DEPTH_MAX: usize = 64;
/// Most comparisons in one clause.
const TERMS_MAX: usize = 2_000;

/// A value of a cell or of a clause.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Int(i64),
    /// Two decimal places.
    Money(i64),
    Date(Ts),
    NoDate,
    Bool(bool),
    /// A status: number and name, comparable with both.
    Status(i64, String),
}

/// How a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    StartsWith,
    EndsWith,
}

/// A clause taken apart; columns are positions in the table.
#[derive(Debug, Clone, PartialEq)]
pub enum Clause {
    All,
    Test(usize, Compare, Value),
    Not(Box<Clause>),
    And(Vec<Clause>),
    Or(Vec<Clause>),
}

impl Clause {
    /// Reads a clause. `column` finds a column by name, ignoring case. The error is the reason.
    pub fn read(text: &str, column: &dyn Fn(&str) -> Option<usize>) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::All);
        }
        let mut parser = Parser {
            chars: text.chars().collect(),
            at: 0,
            column,
            terms: 0,
        };
        let clause = parser.any(0)?;
        parser.blank();
        if parser.at < parser.chars.len() {
            return Err(format!("unexpected text at character {}", parser.at + 1));
        }
        Ok(clause)
    }

    /// Whether a row matches. `cell` gives the value of a column.
    pub fn matches(&self, cell: &dyn Fn(usize) -> Value) -> bool {
        self.decide(&|column| Some(cell(column))) == Some(true)
    }

    /// As [`Clause::matches`] with only some columns known; `None` when that is not enough to decide.
    pub fn decide(&self, cell: &dyn Fn(usize) -> Option<Value>) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::Test(column, compare, wanted) => {
                cell(*column).map(|value| holds(&value, *compare, wanted))
            }
            Self::Not(inner) => inner.decide(cell).map(|b| !b),
            Self::And(parts) => {
                let mut known = true;
                for part in parts {
                    match part.decide(cell) {
                        Some(false) => return Some(false),
                        None => known = false,
                        Some(true) => {}
                    }
                }
                known.then_some(true)
            }
            Self::Or(parts) => {
                let mut known = true;
                for part in parts {
                    match part.decide(cell) {
                        Some(true) => return Some(true),
                        None => known = false,
                        Some(false) => {}
                    }
                }
                known.then_some(false)
            }
        }
    }

    /// The only texts `column` can have in a matching row, when the clause pins it down.
    pub fn texts_of(&self, wanted: usize) -> Option<Vec<String>> {
        match self {
            Self::Test(column, Compare::Equal, Value::Text(text)) if *column == wanted => {
                Some(vec![text.clone()])
            }
            Self::And(parts) => parts.iter().find_map(|p| p.texts_of(wanted)),
            Self::Or(parts) => {
                let mut out = Vec::new();
                for part in parts {
                    out.extend(part.texts_of(wanted)?);
                }
                Some(out)
            }
            _ => None,
        }
    }

    /// The earliest date `wanted` can have in a matching row, when the clause says.
    pub fn earliest(&self, wanted: usize) -> Option<Ts> {
        match self {
            Self::Test(
                column,
                Compare::Greater | Compare::GreaterOrEqual | Compare::Equal,
                Value::Date(at),
            ) if *column == wanted => Some(*at),
            Self::And(parts) => parts.iter().filter_map(|p| p.earliest(wanted)).max(),
            Self::Or(parts) => {
                let mut least: Option<Ts> = None;
                for part in parts {
                    let at = part.earliest(wanted)?;
                    least = Some(least.map_or(at, |l| l.min(at)));
                }
                least
            }
            _ => None,
        }
    }
}

fn holds(value: &Value, compare: Compare, wanted: &Value) -> bool {
    match compare {
        Compare::Equal => equal(value, wanted),
        Compare::NotEqual => !equal(value, wanted),
        Compare::Less => order(value, wanted).is_some_and(|o| o.is_lt()),
        Compare::LessOrEqual => order(value, wanted).is_some_and(|o| o.is_le()),
        Compare::Greater => order(value, wanted).is_some_and(|o| o.is_gt()),
        Compare::GreaterOrEqual => order(value, wanted).is_some_and(|o| o.is_ge()),
        Compare::Contains => text_of(value).contains(&text_of(wanted)),
        Compare::StartsWith => text_of(value).starts_with(&text_of(wanted)),
        Compare::EndsWith => text_of(value).ends_with(&text_of(wanted)),
    }
}

fn equal(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Status(number, _), Value::Int(n)) => number == n,
        (Value::Status(number, name), Value::Text(t)) => {
            name == t || t.parse::<i64>().is_ok_and(|n| n == *number)
        }
        (Value::Bool(b), Value::Text(t)) => t.eq_ignore_ascii_case(&b.to_string()),
        (Value::Text(t), Value::Int(n)) => t == &n.to_string(),
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Date(a), Value::Date(b)) => a == b,
        (Value::NoDate, _) => false,
        _ => order(value, wanted).is_some_and(|o| o.is_eq()),
    }
}

fn order(value: &Value, wanted: &Value) -> Option<std::cmp::Ordering> {
    match (value, wanted) {
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        _ => Some(hundredths(value)?.cmp(&hundredths(wanted)?)),
    }
}

fn hundredths(value: &Value) -> Option<i64> {
    match value {
        Value::Int(n) => Some(n.saturating_mul(100)),
        Value::Money(n) => Some(*n),
        Value::Status(n, _) => Some(n.saturating_mul(100)),
        Value::Text(t) => t
            .trim()
            .parse::<f64>()
            .ok()
            .map(|f| (f * 100.0).round() as i64),
        _ => None,
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Text(t) => t.clone(),
        Value::Int(n) => n.to_string(),
        Value::Money(n) => crate::text::money(*n),
        Value::Bool(b) => if *b { "True" } else { "False" }.to_owned(),
        Value::Status(_, name) => name.clone(),
        Value::Date(at) => at.to_utc().format("%d/%m/%Y %H:%M:%S").to_string(),
        Value::NoDate => String::new(),
    }
}

struct Parser<'a> {
    chars: Vec<char>,
    at: usize,
    column: &'a dyn Fn(&str) -> Option<usize>,
    terms: usize,
}

impl Parser<'_> {
    fn blank(&mut self) {
        while self.chars.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    fn peek(&mut self) -> Option<char> {
        self.blank();
        self.chars.get(self.at).copied()
    }

    fn take(&mut self, symbol: &str) -> bool {
        self.blank();
        let wanted: Vec<char> = symbol.chars().collect();
        if self.chars[self.at..].starts_with(&wanted) {
            self.at += wanted.len();
            return true;
        }
        false
    }

    /// A word such as AND, in any case, not followed by a letter.
    fn word(&mut self, word: &str) -> bool {
        self.blank();
        let end = self.at + word.len();
        let Some(found) = self.chars.get(self.at..end) else {
            return false;
        };
        let is_same = found
            .iter()
            .zip(word.chars())
            .all(|(a, b)| a.eq_ignore_ascii_case(&b));
        let is_whole = !self
            .chars
            .get(end)
            .is_some_and(|c| c.is_alphanumeric() || *c == '_');
        if is_same && is_whole {
            self.at = end;
        }
        is_same && is_whole
    }

    fn any(&mut self, depth: usize) -> Result<Clause, String> {
        if depth > DEPTH_MAX {
            return Err("nested too deeply".to_owned());
        }
        let mut parts = vec![self.all(depth)?];
        while self.word("OR") || self.take("||") {
            parts.push(self.all(depth)?);
        }
        Ok(single_or(parts, Clause::Or))
    }

    fn all(&mut self, depth: usize) -> Result<Clause, String> {
        let mut parts = vec![self.one(depth)?];
        while self.word("AND") || self.take("&&") {
            parts.push(self.one(depth)?);
        }
        Ok(single_or(parts, Clause::And))
    }

    fn one(&mut self, depth: usize) -> Result<Clause, String> {
        if depth > DEPTH_MAX {
            return Err("nested too deeply".to_owned());
        }
        if self.take("!") || self.word("NOT") {
            return Ok(Clause::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.take("(") {
            let inner = self.any(depth + 1)?;
            if !self.take(")") {
                return Err("a parenthesis is not closed".to_owned());
            }
            return Ok(inner);
        }
        self.test()
    }

    fn test(&mut self) -> Result<Clause, String> {
        self.terms += 1;
        if self.terms > TERMS_MAX {
            return Err("too many comparisons".to_owned());
        }
        let (name, method) = self.field()?;
        let column = (self.column)(&name).ok_or_else(|| format!("no column '{name}'"))?;
        if let Some(method) = method {
            let compare = match method.to_ascii_lowercase().as_str() {
                "equals" => Compare::Equal,
                "contains" => Compare::Contains,
                "startswith" => Compare::StartsWith,
                "endswith" => Compare::EndsWith,
                other => return Err(format!("no method '{other}'")),
            };
            if !self.take("(") {
                return Err("a method needs its argument".to_owned());
            }
            let value = self.value()?;
            if !self.take(")") {
                return Err("a parenthesis is not closed".to_owned());
            }
            return Ok(Clause::Test(column, compare, value));
        }
        const SYMBOLS: &[(&str, Compare)] = &[
            ("==", Compare::Equal),
            ("!=", Compare::NotEqual),
            ("<>", Compare::NotEqual),
            (">=", Compare::GreaterOrEqual),
            ("<=", Compare::LessOrEqual),
            ("=", Compare::Equal),
            (">", Compare::Greater),
            ("<", Compare::Less),
        ];
        for (symbol, compare) in SYMBOLS {
            if self.take(symbol) {
                let value = self.value()?;
                return Ok(Clause::Test(column, *compare, value));
            }
        }
        Err(format!("no comparison after '{name}'"))
    }

    /// A column name, bracketed or bare, and the method called on it.
    fn field(&mut self) -> Result<(String, Option<String>), String> {
        if self.take("[") {
            let mut name = String::new();
            loop {
                match self.chars.get(self.at) {
                    Some(']') => break,
                    Some(c) => name.push(*c),
                    None => return Err("a bracket is not closed".to_owned()),
                }
                self.at += 1;
            }
            self.at += 1;
            let method = self.take(".").then(|| self.identifier());
            return Ok((name, method));
        }
        let mut parts = vec![self.identifier()];
        while self.take(".") {
            parts.push(self.identifier());
        }
        if parts.iter().any(String::is_empty) {
            return Err(format!(
                "a column was expected at character {}",
                self.at + 1
            ));
        }
        let is_call = self.peek() == Some('(');
        let method = (is_call && parts.len() > 1).then(|| parts.pop()).flatten();
        Ok((parts.join("."), method))
    }

    fn identifier(&mut self) -> String {
        self.blank();
        let mut out = String::new();
        while let Some(c) = self.chars.get(self.at) {
            if !c.is_alphanumeric() && *c != '_' {
                break;
            }
            out.push(*c);
            self.at += 1;
        }
        out
    }

    fn value(&mut self) -> Result<Value, String> {
        match self.peek() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            Some(c) if c.is_ascii_digit() || c == '-' => self.number(),
            Some(_) if self.word("true") => Ok(Value::Bool(true)),
            Some(_) if self.word("false") => Ok(Value::Bool(false)),
            Some(_) if self.word("DateTime") => self.date(),
            _ => Err(format!("a value was expected at character {}", self.at + 1)),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Value, String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            match self.chars.get(self.at) {
                None => return Err("a quote is not closed".to_owned()),
                Some('\\') => {
                    match self.chars.get(self.at + 1) {
                        Some(c) => out.push(*c),
                        None => return Err("a quote is not closed".to_owned()),
                    }
                    self.at += 2;
                }
                Some(c) if *c == quote => {
                    self.at += 1;
                    if self.chars.get(self.at) != Some(&quote) {
                        return Ok(Value::Text(out));
                    }
                    out.push(quote);
                    self.at += 1;
                }
                Some(c) => {
                    out.push(*c);
                    self.at += 1;
                }
            }
        }
    }

    fn number(&mut self) -> Result<Value, String> {
        let mut out = String::new();
        while let Some(c) = self.chars.get(self.at) {
            if !c.is_ascii_digit() && *c != '-' && *c != '.' {
                break;
            }
            out.push(*c);
            self.at += 1;
        }
        if let Ok(whole) = out.parse::<i64>() {
            return Ok(Value::Int(whole));
        }
        out.parse::<f64>()
            .map(|f| Value::Money((f * 100.0).round() as i64))
            .map_err(|_| format!("'{out}' is not a number"))
    }

    fn date(&mut self) -> Result<Value, String> {
        if !self.take("(") {
            return Err("DateTime needs its numbers".to_owned());
        }
        let mut parts: Vec<u32> = Vec::new();
        loop {
            match self.value()? {
                Value::Int(n) if parts.len() < 6 => {
                    parts.push(u32::try_from(n).map_err(|_| "negative date part".to_owned())?);
                }
                _ => return Err("DateTime takes three to six numbers".to_owned()),
            }
            if self.take(")") {
                break;
            }
            if !self.take(",") {
                return Err("a comma was expected in DateTime".to_owned());
            }
        }
        if parts.len() < 3 {
            return Err("DateTime takes three to six numbers".to_owned());
        }
        parts.resize(6, 0);
        let year = i32::try_from(parts[0]).map_err(|_| "bad year".to_owned())?;
        Utc.with_ymd_and_hms(year, parts[1], parts[2], parts[3], parts[4], parts[5])
            .single()
            .map(|t| Value::Date(Ts::from_utc(t)))
            .ok_or_else(|| "no such date".to_owned())
    }
}

fn single_or(mut parts: Vec<Clause>, many: fn(Vec<Clause>) -> Clause) -> Clause {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    many(parts)
}
