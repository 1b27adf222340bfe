//! The sheet of checks as files: for whoever signs on paper, and for the folder the auditor asks for.

use super::markup::{cell, escape, page};
use super::print::at;
use super::table::{Column, Table};
use crate::desk::CheckSheet;
use std::io;
use std::path::Path;

/// One row a check.
pub fn check_table(sheet: &CheckSheet) -> Table {
    let mut table = Table::new(&[
        Column::text("team"),
        Column::text("check"),
        Column::text("of"),
        Column::text("found"),
        Column::text("state"),
        Column::text("at (UTC)"),
        Column::text("note"),
        Column::text("code"),
    ]);
    for line in &sheet.lines {
        let of: Vec<String> = line.periods.iter().map(ToString::to_string).collect();
        let signed = line.signed.as_ref();
        table.row([
            line.team.to_string(),
            line.title.to_owned(),
            of.join(", "),
            line.result(sheet.at),
            line.state_words(),
            at(signed.map(|s| s.at)),
            signed.map(|s| s.note.clone()).unwrap_or_default(),
            line.check.code.to_owned(),
        ]);
    }
    table
}

fn heading(sheet: &CheckSheet) -> String {
    let team = sheet.team.map_or("all teams", |t| t.as_str());
    format!("{} checks, {}, {team}", sheet.cadence.title(), sheet.period)
}

fn standing(sheet: &CheckSheet) -> String {
    let (signed, all) = sheet.signed();
    format!("{signed} of {all} signed, as at {} UTC", at(Some(sheet.at)))
}

/// The sheet in Markdown: hand-over first, then the checks.
pub fn checks_markdown(sheet: &CheckSheet) -> String {
    let mut out = format!("# {}\n\n{}\n\n", heading(sheet), standing(sheet));
    for note in &sheet.hand_overs {
        out.push_str(&format!(
            "## Hand-over of {}, {}, {} UTC\n\n",
            note.team,
            cell(&note.by),
            at(Some(note.at))
        ));
        for line in note.text.lines() {
            out.push_str(&format!("    {}\n", crate::text::clean(line)));
        }
        out.push('\n');
    }
    out.push_str("## Checks\n\n");
    out.push_str(&check_table(sheet).markdown());
    out
}

/// The sheet as an HTML page.
pub fn checks_html(sheet: &CheckSheet) -> String {
    let title = heading(sheet);
    let mut body = format!(
        "<h1>{}</h1>\n<p>{}</p>\n",
        escape(&title),
        escape(&standing(sheet))
    );
    for note in &sheet.hand_overs {
        let lines: Vec<String> = note.text.lines().map(escape).collect();
        body.push_str(&format!(
            "<h2>Hand-over of {}, {}, {} UTC</h2>\n<p>{}</p>\n",
            escape(note.team.as_str()),
            escape(&note.by),
            escape(&at(Some(note.at))),
            lines.join("<br>\n")
        ));
    }
    body.push_str(&check_table(sheet).html());
    page(&title, &body)
}

/// A report in Markdown as an HTML page that shows it as it is.
pub(super) fn as_page(title: &str, markdown: &str) -> String {
    let lines: Vec<String> = markdown.lines().map(escape).collect();
    page(title, &format!("<pre>{}</pre>\n", lines.join("\n")))
}

/// What was written where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The whole path of the folder.
    pub folder: String,
    pub names: Vec<String>,
}

/// Writes sheet and shift report as Markdown and HTML into a folder. Names tell what they are and of when, to the second,
/// so that no earlier file is lost.
///
/// # Errors
/// When a file cannot be written, or is there already.
pub fn save_checks(folder: &Path, sheet: &CheckSheet, shift: &str) -> io::Result<Saved> {
    let folder = std::path::absolute(folder)?;
    let team = sheet.team.map_or("all", |t| t.as_str());
    let time = sheet.at.to_utc().format("%H%M%S");
    let name = |what: &str, kind: &str| {
        format!(
            "{what}-{}-{team}-{}-{time}.{kind}",
            sheet.cadence, sheet.period.first
        )
    };
    let files = [
        (name("checks", "md"), checks_markdown(sheet)),
        (name("checks", "html"), checks_html(sheet)),
        (name("shift", "md"), shift.to_owned()),
        (name("shift", "html"), as_page("Shift report", shift)),
    ];
    let mut names = Vec::with_capacity(files.len());
    for (name, text) in files {
        let mut file = std::fs::File::create_new(folder.join(&name))?;
        io::Write::write_all(&mut file, text.as_bytes())?;
        names.push(name);
    }
    Ok(Saved {
        folder: folder.display().to_string(),
        names,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::checks::{Cadence, HandOver, Period};
    use crate::domain::exception::Team;
    use crate::domain::time::Ts;

    fn sheet() -> CheckSheet {
        CheckSheet {
            cadence: Cadence::Daily,
            period: Period::of(Cadence::Daily, "2026-11-22".parse().unwrap()),
            at: Ts(0),
            team: Some(Team::Warehouse),
            hand_overs: vec![HandOver {
                team: Team::Warehouse,
                at: Ts(0),
                by: "ana".to_owned(),
                text: "van <late>\ndoor 3".to_owned(),
            }],
            lines: Vec::new(),
        }
    }

    #[test]
    fn a_sheet_is_written_once_and_no_earlier_file_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let saved = save_checks(folder.path(), &sheet(), "# Shift report\n").unwrap();
        assert_eq!(saved.names.len(), 4);
        let html = checks_html(&sheet());
        assert!(html.contains("van &lt;late&gt;<br>\ndoor 3"), "{html}");
        assert!(checks_markdown(&sheet()).contains("# Daily checks, Sun 22 Nov, warehouse"));
        assert!(save_checks(folder.path(), &sheet(), "").is_err());
    }
}
