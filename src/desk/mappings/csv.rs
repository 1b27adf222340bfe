//! Mappings as CSV: `kind,from,to,attributes`, in and out, with caps and every fault at its line.

use crate::desk::{DeskError, DeskResult};
use crate::domain::mapping::{Attributes, Mapping, MappingEdit, MappingKind};
use crate::domain::mapping_set::condition;
use crate::report::{guard, unguard};
use std::collections::BTreeMap;

/// Largest file, bytes.
pub const CSV_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Most rows in one file.
pub const CSV_ROWS_MAX: usize = 10_000;
/// Longest cell, characters.
pub const CSV_CELL_CHARS_MAX: usize = 1_000;
/// Most faults told at once.
const FAULTS_MAX: usize = 20;
/// The first line of every file.
const HEADER: [&str; 4] = ["kind", "from", "to", "attributes"];

/// What a file would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingCsv {
    /// Rows that differ from the active mappings.
    pub edits: Vec<MappingEdit>,
    /// Rows that are active already, exactly as written.
    pub unchanged: usize,
}

/// Attributes as one text: `basis=GROSS;name=North`. A `;` or `\` inside a value is escaped with `\`.
pub fn show_attributes(attributes: &Attributes) -> String {
    let parts: Vec<String> = attributes
        .iter()
        .map(|(k, v)| format!("{k}={}", v.replace('\\', "\\\\").replace(';', "\\;")))
        .collect();
    parts.join(";")
}

/// Attributes from text as [`show_attributes`] writes it.
///
/// # Errors
/// What is wrong, in words.
pub fn parse_attributes(text: &str) -> Result<Attributes, String> {
    let mut out = Attributes::new();
    for part in split_unescaped(text) {
        if part.trim().is_empty() {
            continue;
        }
        let (key, value) = part
            .split_once('=')
            .ok_or_else(|| format!("attribute {part:?} has no value; write key=value"))?;
        let key = key.trim().to_owned();
        let is_plain = !key.is_empty()
            && key
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !is_plain {
            return Err(format!(
                "attribute name {key:?} must be made of small letters, digits and underscores"
            ));
        }
        if out.insert(key.clone(), value.to_owned()).is_some() {
            return Err(format!("attribute {key:?} is written twice"));
        }
    }
    Ok(out)
}

fn split_unescaped(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let kept = match c {
            ';' => {
                parts.push(String::new());
                continue;
            }
            '\\' => chars.next().unwrap_or('\\'),
            c => c,
        };
        if let Some(last) = parts.last_mut() {
            last.push(kept);
        }
    }
    parts
}

/// Active mappings as a file for people.
pub(super) fn write(rows: &[Mapping]) -> DeskResult<String> {
    let fault = |e: &dyn std::fmt::Display| {
        DeskError::Refused(format!("the mappings could not be written as CSV: {e}"))
    };
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(HEADER).map_err(|e| fault(&e))?;
    for row in rows {
        let cells = [
            row.kind.as_str().to_owned(),
            guard(&row.from),
            guard(&row.to),
            guard(&show_attributes(&row.attributes)),
        ];
        writer.write_record(cells).map_err(|e| fault(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| fault(&e))?;
    String::from_utf8(bytes).map_err(|e| fault(&e))
}

/// Reads a file and compares it with the active mappings. Rows that are missing from it are left as they are.
pub(crate) fn read(text: &str, active: &[Mapping]) -> DeskResult<MappingCsv> {
    if text.len() > CSV_BYTES_MAX {
        return Err(DeskError::Refused(format!(
            "the file has {} bytes; at most {CSV_BYTES_MAX} are read",
            text.len()
        )));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut faults: Vec<String> = Vec::new();
    let mut seen: BTreeMap<(MappingKind, String, String), u64> = BTreeMap::new();
    let mut out = MappingCsv {
        edits: Vec::new(),
        unchanged: 0,
    };
    for (at, record) in reader.records().enumerate() {
        if at > CSV_ROWS_MAX {
            faults.push(format!("more than {CSV_ROWS_MAX} rows; split the file"));
            break;
        }
        if faults.len() >= FAULTS_MAX {
            break;
        }
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                faults.push(format!("not readable as CSV: {error}"));
                break;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        if at == 0 {
            check_header(&record)?;
            continue;
        }
        match read_row(&record) {
            Ok(edit) => take(&mut out, &mut seen, &mut faults, line, edit, active),
            Err(text) => faults.push(format!("line {line}: {text}")),
        }
    }
    if faults.is_empty() {
        Ok(out)
    } else {
        Err(DeskError::Refused(format!(
            "nothing was taken from the file:\n{}",
            faults.join("\n")
        )))
    }
}

fn check_header(record: &csv::StringRecord) -> DeskResult<()> {
    let is_ours = record.len() >= 3
        && HEADER
            .iter()
            .zip(record.iter())
            .all(|(want, have)| have.trim().eq_ignore_ascii_case(want));
    if is_ours {
        return Ok(());
    }
    Err(DeskError::Refused(
        "the file's first line must be: kind,from,to,attributes".to_owned(),
    ))
}

fn read_row(record: &csv::StringRecord) -> Result<MappingEdit, String> {
    if record.len() < 3 || record.len() > 4 {
        return Err(format!(
            "has {} cells; kind, from, to and attributes are expected",
            record.len()
        ));
    }
    for (cell, name) in record.iter().zip(HEADER) {
        if cell.chars().count() > CSV_CELL_CHARS_MAX {
            return Err(format!(
                "{name} is longer than {CSV_CELL_CHARS_MAX} characters"
            ));
        }
        if cell.chars().any(char::is_control) {
            return Err(format!("{name} holds a control character"));
        }
    }
    let word = record[0].trim();
    let kind = MappingKind::parse(word).ok_or_else(|| {
        let names = MappingKind::offered().map(|k| k.as_str());
        let near = crate::config::nearest(word, names)
            .map(|n| format!("; did you mean {n}?"))
            .unwrap_or_default();
        format!(
            "{:?} is not a kind of mapping{near}",
            crate::text::clean_to(word, 40)
        )
    })?;
    // From and to are exact to the blank: a source may well have a service called "Tracked 48 ".
    let from = unguard(&record[1]).to_owned();
    let to = unguard(&record[2]).to_owned();
    if from.is_empty() || to.is_empty() {
        return Err("from and to must not be empty".to_owned());
    }
    let attributes = parse_attributes(unguard(record.get(3).unwrap_or_default()))?;
    Ok(MappingEdit::Set {
        kind,
        from,
        to,
        attributes,
    })
}

fn take(
    out: &mut MappingCsv,
    seen: &mut BTreeMap<(MappingKind, String, String), u64>,
    faults: &mut Vec<String>,
    line: u64,
    edit: MappingEdit,
    active: &[Mapping],
) {
    let MappingEdit::Set {
        kind,
        from,
        to,
        attributes,
    } = &edit
    else {
        return;
    };
    let key = (*kind, from.clone(), condition(*kind, attributes));
    if let Some(first) = seen.insert(key, line) {
        faults.push(format!("line {line}: maps the same value as line {first}"));
        return;
    }
    let is_active = active
        .iter()
        .any(|m| m.kind == *kind && m.from == *from && m.to == *to && m.attributes == *attributes);
    if is_active {
        out.unchanged += 1;
    } else {
        out.edits.push(edit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{MappingId, PairId};
    use crate::domain::mapping::MappingStatus;
    use crate::domain::time::Ts;
    use proptest::prelude::*;

    fn mapping(kind: MappingKind, from: &str, to: &str, attributes: Attributes) -> Mapping {
        Mapping {
            id: MappingId(1),
            pair: PairId::from("lw-pvx"),
            kind,
            from: from.to_owned(),
            to: to.to_owned(),
            attributes,
            status: MappingStatus::Active,
            version: 1,
            author: "sam".into(),
            reason: "go live".into(),
            changed_at: Ts(0),
            used_count: 0,
            last_used_at: None,
            broken: None,
        }
    }

    #[test]
    fn a_new_carrier_is_an_edit_and_an_unchanged_one_is_not() {
        let active = [mapping(
            MappingKind::Carrier,
            "Tracked 48",
            "RM48",
            Attributes::new(),
        )];
        let text = "kind,from,to,attributes\ncarrier,Tracked 48,RM48,\nCARRIER,Tracked 24,RM24,country=GB\nSITE,0000,MAIN,basis=GROSS;name=North\n";
        let read = read(text, &active).unwrap();
        assert_eq!(read.unchanged, 1);
        assert_eq!(read.edits.len(), 2);
        let MappingEdit::Set { attributes, .. } = &read.edits[1] else {
            panic!("a set is expected")
        };
        assert_eq!(attributes.get("basis").map(String::as_str), Some("GROSS"));
    }

    #[test]
    fn every_fault_of_a_file_is_told_at_its_line_and_nothing_is_taken() {
        let cases = [
            ("from,to\n", "first line must be: kind,from,to,attributes"),
            (
                "kind,from,to,attributes\nCARIER,a,b,\n",
                "line 2: \"CARIER\" is not a kind of mapping; did you mean CARRIER?",
            ),
            (
                "kind,from,to,attributes\nCARRIER,a,,\n",
                "line 2: from and to must not be empty",
            ),
            (
                "kind,from,to,attributes\nCARRIER,a\n",
                "line 2: has 2 cells",
            ),
            (
                "kind,from,to,attributes\nCARRIER,a,b,country\n",
                "line 2: attribute \"country\" has no value",
            ),
            (
                "kind,from,to,attributes\nCARRIER,a,b,x=1;x=2\n",
                "line 2: attribute \"x\" is written twice",
            ),
            (
                "kind,from,to,attributes\nCARRIER,a,b,\nCARRIER,a,c,\n",
                "line 3: maps the same value as line 2",
            ),
            (
                "kind,from,to,attributes\nCARRIER,\"a\u{1b}[2J\",c,\n",
                "line 2: from holds a control character",
            ),
        ];
        for (text, expected) in cases {
            let told = read(text, &[]).unwrap_err().to_string();
            assert!(told.contains(expected), "{told}");
        }
        let long = format!(
            "kind,from,to,attributes\n{}",
            "CARRIER,a,b,\n".repeat(CSV_ROWS_MAX + 1)
        );
        assert!(read(&long, &[]).is_err());
        assert!(
            read(&"x".repeat(CSV_BYTES_MAX + 1), &[])
                .unwrap_err()
                .to_string()
                .contains("bytes")
        );
    }

    proptest! {
        #[test]
        fn export_and_import_are_each_others_inverse(
            from in "['=+@;,\" \\-a-z]{1,12}",
            to in "['=+@;,\" \\-A-Z]{1,12}",
            value in "[;\\\\= a-z]{0,10}",
        ) {
            let attributes = Attributes::from([("country".to_owned(), value)]);
            let row = mapping(MappingKind::Carrier, &from, &to, attributes);
            let text = write(std::slice::from_ref(&row)).unwrap();
            let read = read(&text, std::slice::from_ref(&row)).unwrap();
            prop_assert_eq!(read, MappingCsv { edits: vec![], unchanged: 1 });
        }
    }
}
