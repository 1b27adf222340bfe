//! What is sent: JSON with exact decimal figures.

use super::decimal::Decimal;
use serde_json::Value;
use std::fmt;

/// A JSON value to send.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Flag(bool),
    Text(String),
    Figure(Decimal),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    /// An object, its members in the order given.
    pub fn object(members: impl IntoIterator<Item = (&'static str, Json)>) -> Self {
        Self::Object(members.into_iter().collect())
    }

    /// A list.
    pub fn list(rows: impl IntoIterator<Item = Json>) -> Self {
        Self::List(rows.into_iter().collect())
    }

    /// Text, or null when it is empty.
    pub fn text_or_null(text: &str) -> Self {
        if text.is_empty() {
            Self::Null
        } else {
            Self::from(text)
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Json {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Decimal> for Json {
    fn from(figure: Decimal) -> Self {
        Self::Figure(figure)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Text(text) => write!(f, "{}", Value::from(text.as_str())),
            Self::Figure(figure) => write!(f, "{figure}"),
            Self::List(rows) => {
                f.write_str("[")?;
                for (at, row) in rows.iter().enumerate() {
                    let comma = if at == 0 { "" } else { "," };
                    write!(f, "{comma}{row}")?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (at, (name, value)) in members.iter().enumerate() {
                    let comma = if at == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{value}", Value::from(*name))?;
                }
                f.write_str("}")
            }
        }
    }
}
