//! Reading a filter.

use super::views::{NamedFilter, VIEW_FIELD, named};
use super::{
    FILTER_CHARS_MAX, FieldKind, FieldOp, FieldSpec, Filter, FilterError, TERMS_MAX, Term,
    VALUES_MAX, WORD_CHARS_MAX, What, duration, money_minor,
};

/// Separates terms: blanks, and control characters, which nobody means.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// Looks like a field with an operator: letters, then one of `:<>`.
pub(super) fn has_operator(text: &str) -> bool {
    text.find([':', '<', '>'])
        .and_then(|at| text.get(..at))
        .is_some_and(is_field_name)
}

fn is_field_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
}

/// Reads a filter for a list with these fields.
///
/// # Errors
/// Names the part that is not understood, where it stands, and what would be right.
pub fn parse(text: &str, fields: &[FieldSpec]) -> Result<Filter, FilterError> {
    read(text, fields, None)
}

/// As [`parse`], where `view:NAME` stands for the filter of the list's saved view of that name. Views do not stand in
/// views.
///
/// # Errors
/// As [`parse`]; there is no such view, or what it was saved with is not understood any more.
pub fn parse_with(
    text: &str,
    fields: &[FieldSpec],
    views: &[NamedFilter],
) -> Result<Filter, FilterError> {
    read(text, fields, Some(views))
}

fn read(
    text: &str,
    fields: &[FieldSpec],
    views: Option<&[NamedFilter]>,
) -> Result<Filter, FilterError> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > FILTER_CHARS_MAX {
        let part: String = chars.iter().skip(FILTER_CHARS_MAX).take(10).collect();
        let problem = format!("a filter has at most {FILTER_CHARS_MAX} characters");
        return Err(FilterError {
            part,
            at: FILTER_CHARS_MAX,
            problem,
            hint: None,
        });
    }
    let mut reader = Reader { chars, at: 0 };
    let mut terms = Vec::new();
    while reader.skip_blanks() {
        let begins = reader.at;
        let found = match views.filter(|_| reader.is_at_view()) {
            Some(views) => reader.view(fields, views)?,
            None => vec![reader.term(fields)?],
        };
        if terms.len() + found.len() > TERMS_MAX {
            let problem = format!("a filter has at most {TERMS_MAX} parts");
            return Err(reader.error(begins, problem, None));
        }
        terms.extend(found);
    }
    Ok(Filter { terms })
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn eat(&mut self, wanted: char) -> bool {
        let is_there = self.peek() == Some(wanted);
        if is_there {
            self.at += 1;
        }
        is_there
    }

    /// Whether anything is left after the blanks.
    fn skip_blanks(&mut self) -> bool {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
        self.peek().is_some()
    }

    fn error(&self, begins: usize, problem: String, hint: Option<String>) -> FilterError {
        let part = self.chars[begins.min(self.chars.len())..]
            .iter()
            .take_while(|c| !is_blank(**c))
            .take(WORD_CHARS_MAX)
            .collect();
        FilterError {
            part,
            at: begins,
            problem,
            hint,
        }
    }

    fn term(&mut self, fields: &[FieldSpec]) -> Result<Term, FilterError> {
        let begins = self.at;
        let is_negated = self.eat('-');
        if self.peek().is_none_or(is_blank) {
            let hint = Some("type a word or a field right after it".to_owned());
            return Err(self.error(begins, "nothing follows the minus".to_owned(), hint));
        }
        let what = match self.field_name() {
            Some(name) => self.field(&name, fields)?,
            None => What::Word(self.text(false)?),
        };
        Ok(Term { is_negated, what })
    }

    /// Whether a view is named here, or was meant to be.
    fn is_at_view(&mut self) -> bool {
        let at = self.at;
        self.eat('-');
        let is_view = self.field_name().is_some_and(|name| name == VIEW_FIELD);
        self.at = at;
        is_view
    }

    /// The terms of the view that is named here.
    fn view(
        &mut self,
        fields: &[FieldSpec],
        views: &[NamedFilter],
    ) -> Result<Vec<Term>, FilterError> {
        let begins = self.at;
        let is_negated = self.eat('-');
        self.field_name();
        if is_negated || self.operator() != FieldOp::Is {
            let problem = "a view is taken as it was saved".to_owned();
            let hint = Some("type `view:` and its name".to_owned());
            return Err(self.error(begins, problem, hint));
        }
        let name = if self.peek().is_none_or(is_blank) {
            String::new()
        } else {
            self.text(false)?
        };
        let Some(view) = named(views, &name) else {
            let names: Vec<&str> = views.iter().map(|v| v.name.as_str()).collect();
            let problem = format!("there is no view `{name}` of this list");
            let hint = match names.as_slice() {
                [] => "none is saved".to_owned(),
                _ if name.is_empty() => format!("one of {}", first_few(&names)),
                _ => did_you_mean(&name, &names),
            };
            return Err(self.error(begins, problem, Some(hint)));
        };
        match parse(&view.filter, fields) {
            Ok(filter) => Ok(filter.terms),
            Err(error) => {
                let problem = format!("the view `{}` cannot be read: {error}", view.name);
                Err(self.error(begins, problem, None))
            }
        }
    }

    /// A field name when one with an operator stands here; the reader then stands at the operator.
    fn field_name(&mut self) -> Option<String> {
        let name: String = self.chars[self.at..]
            .iter()
            .take_while(|c| c.is_ascii_alphabetic() || **c == '_')
            .collect();
        let after = self.at + name.len();
        let has_operator = matches!(self.chars.get(after), Some(':' | '<' | '>'));
        (has_operator && !name.is_empty()).then(|| {
            self.at = after;
            name.to_ascii_lowercase()
        })
    }

    fn operator(&mut self) -> FieldOp {
        let first = self.peek();
        self.at += 1;
        match (first, first != Some(':') && self.eat('=')) {
            (Some('<'), false) => FieldOp::Less,
            (Some('<'), true) => FieldOp::LessOrEqual,
            (Some('>'), false) => FieldOp::Greater,
            (Some('>'), true) => FieldOp::GreaterOrEqual,
            _ => FieldOp::Is,
        }
    }

    fn field(&mut self, name: &str, fields: &[FieldSpec]) -> Result<What, FilterError> {
        let begins = self.at - name.chars().count();
        let Some(spec) = fields.iter().find(|f| f.name == name) else {
            let names: Vec<_> = fields.iter().map(|f| f.name).collect();
            let problem = format!("there is no field `{name}` here");
            return Err(self.error(begins, problem, Some(did_you_mean(name, &names))));
        };
        let op = self.operator();
        if let Err((problem, hint)) = check_operator(spec, op) {
            return Err(self.error(begins, problem, Some(hint)));
        }
        let mut values: Vec<String> = Vec::new();
        loop {
            let value_at = self.at;
            if self.peek().is_none_or(|c| is_blank(c) || c == ',') {
                let problem = format!("`{name}` needs a value");
                return Err(self.error(begins, problem, Some(example(spec))));
            }
            let value = self.text(true)?;
            let read = read_value(spec, &value)
                .map_err(|(problem, hint)| self.error(value_at, problem, Some(hint)))?;
            values.extend(read);
            if values.len() > VALUES_MAX {
                let problem = format!("a field takes at most {VALUES_MAX} values");
                return Err(self.error(value_at, problem, None));
            }
            if !self.eat(',') {
                break;
            }
            if op != FieldOp::Is {
                let problem = format!("`{}` compares with one value", op.as_str());
                return Err(self.error(begins, problem, Some("leave the others out".to_owned())));
            }
        }
        Ok(What::Field {
            field: name.to_owned(),
            op,
            values,
        })
    }

    /// A word or value, quoted or not.
    fn text(&mut self, is_value: bool) -> Result<String, FilterError> {
        let begins = self.at;
        let text = if self.eat('"') {
            let text = self.quoted(begins)?;
            let ends = |c: char| is_blank(c) || (is_value && c == ',');
            if !self.peek().is_none_or(ends) {
                let hint = Some("put a blank after the closing quote".to_owned());
                return Err(self.error(begins, "something follows the quote".to_owned(), hint));
            }
            text
        } else {
            let mut text = String::new();
            while let Some(c) = self.peek() {
                if is_blank(c) || (is_value && c == ',') {
                    break;
                }
                text.push(c);
                self.at += 1;
            }
            text
        };
        if text.trim().is_empty() {
            let hint = Some("type something between the quotes".to_owned());
            return Err(self.error(begins, "there is nothing to look for".to_owned(), hint));
        }
        if text.chars().count() > WORD_CHARS_MAX {
            let problem = format!("a word has at most {WORD_CHARS_MAX} characters");
            return Err(self.error(begins, problem, None));
        }
        Ok(text)
    }

    fn quoted(&mut self, begins: usize) -> Result<String, FilterError> {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '"' => return Ok(text),
                '\\' if matches!(self.peek(), Some('"' | '\\')) => {
                    text.extend(self.peek());
                    self.at += 1;
                }
                c if c.is_control() => text.push(' '),
                c => text.push(c),
            }
        }
        let hint = Some("close it with a second \"".to_owned());
        Err(self.error(begins, "the quote is still open".to_owned(), hint))
    }
}

type Wrong = (String, String);

fn check_operator(spec: &FieldSpec, op: FieldOp) -> Result<(), Wrong> {
    let name = spec.name;
    match (spec.kind, op) {
        (FieldKind::Text | FieldKind::Choice(_), FieldOp::Is)
        | (FieldKind::Number | FieldKind::Money, _) => Ok(()),
        (FieldKind::Text | FieldKind::Choice(_), _) => Err((
            format!("`{name}` cannot be larger or smaller"),
            example(spec),
        )),
        (FieldKind::Age | FieldKind::Until, FieldOp::Is) => Err((
            format!("`{name}` needs `<` or `>`"),
            format!("try `{name}>2h` or `{name}<2h`"),
        )),
        (FieldKind::Age | FieldKind::Until, _) => Ok(()),
    }
}

/// The value as it is kept: choices in their own spelling, a `STK*` as all it stands for.
fn read_value(spec: &FieldSpec, value: &str) -> Result<Vec<String>, Wrong> {
    let wrong = |what: &str| Err((format!("`{value}` is not {what}"), example(spec)));
    match spec.kind {
        FieldKind::Text => Ok(vec![value.to_owned()]),
        FieldKind::Choice(choices) => read_choice(spec, choices, value),
        FieldKind::Number => match value.parse::<i64>() {
            Ok(number) => Ok(vec![number.to_string()]),
            Err(_) => wrong("a whole number"),
        },
        FieldKind::Age => match duration(value) {
            Some(span) if span.0 >= 0 => Ok(vec![value.to_ascii_lowercase()]),
            _ => wrong("a span of time"),
        },
        FieldKind::Until => match duration(value) {
            Some(_) => Ok(vec![value.to_ascii_lowercase()]),
            None => wrong("a span of time"),
        },
        FieldKind::Money => match money_minor(value) {
            Some(minor) => Ok(vec![crate::text::money(minor)]),
            None => wrong("an amount"),
        },
    }
}

fn read_choice(
    spec: &FieldSpec,
    choices: &[&'static str],
    value: &str,
) -> Result<Vec<String>, Wrong> {
    if let Some(exact) = choices.iter().find(|c| c.eq_ignore_ascii_case(value)) {
        return Ok(vec![(*exact).to_owned()]);
    }
    if let Some(stem) = value.strip_suffix('*') {
        let family: Vec<_> = choices
            .iter()
            .filter(|c| starts_with_ignoring_case(c, stem))
            .map(|c| (*c).to_owned())
            .collect();
        if !family.is_empty() {
            return Ok(family);
        }
    }
    let problem = format!("`{value}` is not a {} of this list", spec.name);
    Err((problem, did_you_mean(value, choices)))
}

/// Whether `text` begins with `stem`, ignoring case.
pub(super) fn starts_with_ignoring_case(text: &str, stem: &str) -> bool {
    text.get(..stem.len())
        .is_some_and(|begin| begin.eq_ignore_ascii_case(stem))
}

fn example(spec: &FieldSpec) -> String {
    let name = spec.name;
    match spec.kind {
        FieldKind::Text => format!("try `{name}:word`"),
        FieldKind::Choice(choices) => format!("one of {}", first_few(choices)),
        FieldKind::Number => format!("try `{name}>10`"),
        FieldKind::Age => format!("try `{name}>2h`, `{name}<1d`, `{name}>1h30m`"),
        FieldKind::Until => format!("try `{name}<4h`, or `{name}<0m` for what is late"),
        FieldKind::Money => format!("try `{name}>100` or `{name}>=99.50`"),
    }
}

/// Most names listed in a hint.
const HINT_NAMES_MAX: usize = 8;

fn first_few(names: &[&str]) -> String {
    let shown: Vec<_> = names.iter().copied().take(HINT_NAMES_MAX).collect();
    let more = if names.len() > HINT_NAMES_MAX {
        " …"
    } else {
        ""
    };
    format!("{}{more}", shown.join(", "))
}

/// The nearest name, or the names there are when none is near.
fn did_you_mean(typed: &str, names: &[&str]) -> String {
    let typed = typed.to_ascii_lowercase();
    let nearest = names
        .iter()
        .map(|name| (distance(&typed, &name.to_ascii_lowercase()), *name))
        .min();
    match nearest {
        Some((steps, name)) if steps <= (typed.chars().count() / 2).clamp(1, 4) => {
            format!("did you mean `{name}`?")
        }
        _ => format!("one of {}", first_few(names)),
    }
}

/// Single-letter edits between two texts; a common beginning counts as near.
fn distance(a: &str, b: &str) -> usize {
    if b.starts_with(a) && !a.is_empty() {
        return 1;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, to) in b.iter().enumerate() {
            let above = row[j + 1];
            let cost = diagonal + usize::from(from != *to);
            row[j + 1] = cost.min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or(0)
}
