//! Short ways to write mappings in tests.

use super::*;

/// `key=value;key=value` as attributes.
pub(crate) fn attributes(text: &str) -> Attributes {
    text.split(';')
        .filter_map(|part| part.split_once('='))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect()
}

/// A row: kind, from, to, attributes.
pub(crate) type Row<'a> = (MappingKind, &'a str, &'a str, &'a str);

/// Active rows with ids from 1.
pub(crate) fn rows(rows: &[Row<'_>]) -> Vec<Mapping> {
    rows.iter()
        .enumerate()
        .map(|(at, (kind, from, to, text))| {
            let mut row = staged(at, None, *kind, from, to, &attributes(text));
            row.id = MappingId(i64::try_from(at).unwrap() + 1);
            row
        })
        .collect()
}

/// A set of these rows.
pub(crate) fn set(these: &[Row<'_>]) -> MappingSet {
    MappingSet::new(1, rows(these))
}

/// An edit that sets a row.
pub(crate) fn edit(row: Row<'_>) -> MappingEdit {
    MappingEdit::Set {
        kind: row.0,
        from: row.1.to_owned(),
        to: row.2.to_owned(),
        attributes: attributes(row.3),
    }
}
