//! The filter language of every list.

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
