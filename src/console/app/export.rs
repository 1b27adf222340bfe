//! Lists and pages written to files, in the background: what is to be written, how far it is.

use super::ask::Trouble;
use super::doc::Doc;
use super::event::Effect;
use super::layers::Layer;
use super::layers::confirm::{Confirm, Then};
use super::layers::export::ExportSheet;
use super::list::{Keyed, List, Load};
use super::nav::Pane;
use super::panes::{live, mappings};
use super::{App, Level};
use crate::domain::ids::PairId;
use crate::domain::views::ListName;
use crate::report::columns::{BudgetLine, specs};
use crate::report::export::ListFormat;
use crate::store::read::{FlowLive, JournalRow, ListQuery, Unmapped};

/// Longest name of a file, characters, without what tells its kind.
const STEM_CHARS_MAX: usize = 60;

/// What is written.
#[derive(Debug, Clone)]
pub enum What {
    /// A whole list under its filter, in its order.
    List {
        list: ListName,
        /// Whose mappings; other lists are of every pair.
        pair: Option<PairId>,
        query: ListQuery,
        /// Names of the columns on show, in their order, then of the hidden ones.
        shown: Vec<&'static str>,
        hidden: Vec<&'static str>,
    },
    /// What is on the screen as a whole, as it stands there.
    Short(Short),
    /// A page as text.
    Page(String),
}

/// A list that is on the screen as a whole.
#[derive(Debug, Clone)]
pub enum Short {
    Unmapped(Vec<Unmapped>),
    Flows(Vec<FlowLive>),
    Budgets(Vec<BudgetLine>),
    /// Newest first.
    Events(Vec<JournalRow>),
}

impl Short {
    fn len(&self) -> usize {
        match self {
            Self::Unmapped(rows) => rows.len(),
            Self::Flows(rows) => rows.len(),
            Self::Budgets(rows) => rows.len(),
            Self::Events(rows) => rows.len(),
        }
    }

    /// Its name, for people and for the file.
    const fn name(&self) -> &'static str {
        match self {
            Self::Unmapped(_) => "unmapped",
            Self::Flows(_) => "flows",
            Self::Budgets(_) => "budgets",
            Self::Events(_) => "events",
        }
    }
}

/// A file to be written.
#[derive(Debug, Clone)]
pub struct ExportJob {
    /// Name of the file without its end.
    pub stem: String,
    pub format: ListFormat,
    /// Hidden columns too.
    pub is_all: bool,
    pub what: What,
}

/// A file being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exporting {
    pub name: String,
    pub written: u64,
    pub total: u64,
}

fn query_of<T: Keyed + Clone>(app: &App, list: &List<T>) -> (usize, ListQuery) {
    (list.total(), list.query(app.now))
}

/// A page in Markdown: its title, what always stands above, every tab. Lines stand as they are, for their columns mean
/// something.
fn page_text(title: &str, doc: &Doc) -> String {
    let clean = crate::text::clean;
    let mut out = format!("# {}\n", clean(title));
    let parts = std::iter::once((None, &doc.head)).chain(
        doc.tabs
            .iter()
            .map(|tab| (Some(tab.title.as_str()), &tab.lines)),
    );
    for (heading, lines) in parts {
        if let Some(heading) = heading.filter(|h| !h.is_empty()) {
            out.push_str(&format!("\n## {}\n", clean(heading)));
        }
        out.push('\n');
        for line in lines {
            let text = clean(line.plain().trim_end());
            if text.is_empty() {
                out.push('\n');
            } else {
                out.push_str(&format!("    {text}\n"));
            }
        }
    }
    out
}

/// A title as the name of a file.
fn slug(title: &str) -> String {
    let mut out = String::new();
    for c in title.chars() {
        if out.chars().count() >= STEM_CHARS_MAX {
            break;
        }
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let out = out.trim_matches('-');
    if out.is_empty() {
        "page".to_owned()
    } else {
        out.to_owned()
    }
}

impl App {
    /// Why nothing here can be written to a file.
    pub(super) fn no_export(&self) -> Option<&'static str> {
        if self.exporting.is_some() {
            return None;
        }
        if let Some(page) = self.nav.page() {
            return (page.load != Load::Ready).then_some("the page is not read yet");
        }
        if let Some(short) = self.short_here() {
            return (short.len() == 0).then_some("the list is empty");
        }
        match (self.nav.pane, self.rows_here()) {
            (Pane::Checks, _) => Some("the sheet of checks has its own export"),
            (_, None) => Some("needs a list or a page"),
            (_, Some((0, _))) => Some("the list is empty"),
            (_, Some(_)) => None,
        }
    }

    /// The list on show, where it is on the screen as a whole.
    fn short_here(&self) -> Option<Short> {
        let live = &self.panes.live;
        let mappings = &self.panes.mappings;
        Some(match self.nav.pane {
            Pane::Live => match live.part {
                live::Part::Flows => Short::Flows(live.data.flows.clone()),
                live::Part::Systems => Short::Budgets(BudgetLine::of(&live.data.systems)),
                live::Part::Tail => Short::Events(live.data.tail.iter().rev().cloned().collect()),
            },
            Pane::Mappings if mappings.part == mappings::Part::Unmapped => {
                Short::Unmapped(mappings.unmapped.clone())
            }
            _ => return None,
        })
    }

    /// How many rows the list on show has, and the question for all of them.
    fn rows_here(&self) -> Option<(usize, ListQuery)> {
        let panes = &self.panes;
        Some(match self.list_here()? {
            ListName::Exceptions => query_of(self, &panes.exceptions.list),
            ListName::Orders => query_of(self, &panes.orders.list),
            ListName::Mappings => query_of(self, &panes.mappings.list),
            ListName::Stock => query_of(self, &panes.stock.list),
            ListName::Lanes => query_of(self, &panes.stock.lanes),
            ListName::Returns => query_of(self, &panes.returns.list),
            ListName::Audit => query_of(self, &panes.audit.list),
            ListName::Deliveries => return None,
        })
    }

    /// Asks how what is on show is written; while a file is being written, whether it is to stop.
    pub(super) fn ask_export(&mut self) {
        if let Some(exporting) = &self.exporting {
            let lines = vec![
                format!(
                    "{}: {} of {} rows are written.",
                    exporting.name, exporting.written, exporting.total
                ),
                "One file is written at a time. What is written of this one would be removed."
                    .to_owned(),
            ];
            let title = "Stop writing the file?".to_owned();
            let question = Confirm::new(title, lines, "Stop", Then::StopExport, 1);
            self.push_layer(Layer::Confirm(question));
            return;
        }
        if let Some(sheet) = self.export_sheet() {
            self.push_layer(Layer::Export(Box::new(sheet)));
        }
    }

    fn export_sheet(&self) -> Option<ExportSheet> {
        let minute = self.now.to_utc().format("%Y%m%d-%H%M");
        if let Some(page) = self.nav.page() {
            let stem = format!("{}-{minute}", slug(&page.title));
            let title = format!("Export {}", page.title);
            let text = page_text(&page.title, &page.doc);
            return Some(ExportSheet::of_page(title, stem, text));
        }
        if let Some(short) = self.short_here() {
            let (name, rows) = (short.name(), short.len());
            let (title, stem) = (format!("Export {name}"), format!("{name}-{minute}"));
            return Some(ExportSheet::of_short(title, stem, rows, What::Short(short)));
        }
        let list = self.list_here()?;
        let (rows, query) = self.rows_here()?;
        let pair = self.panes.mappings.current_pair();
        let (shown, hidden) = self.columns_of(list);
        let what = What::List {
            list,
            pair: pair.filter(|_| list == ListName::Mappings).cloned(),
            query,
            shown,
            hidden,
        };
        let (title, stem) = (format!("Export {list}"), format!("{list}-{minute}"));
        Some(ExportSheet::of_list(title, stem, rows, what))
    }

    /// Names of the columns of a list: on show, in their order, and hidden.
    fn columns_of(&self, list: ListName) -> (Vec<&'static str>, Vec<&'static str>) {
        let specs = specs(list);
        let known: Vec<(&str, bool)> = specs.iter().map(|s| (s.name, s.is_shown)).collect();
        let (mut shown, mut hidden) = (Vec::new(), Vec::new());
        for (at, is_shown) in self.layout(list).arrange(&known) {
            if let Some(spec) = specs.get(at) {
                let side = if is_shown { &mut shown } else { &mut hidden };
                side.push(spec.name);
            }
        }
        (shown, hidden)
    }

    /// Begins to write a file.
    pub(super) fn export(&mut self, job: ExportJob) {
        let total = self.rows_here().map_or(0, |(rows, _)| rows);
        self.exporting = Some(Exporting {
            name: format!("{}.{}", job.stem, job.format.extension()),
            written: 0,
            total: u64::try_from(total).unwrap_or(u64::MAX),
        });
        self.effects.push(Effect::Export(Box::new(job)));
    }

    /// Gives the file up.
    pub(super) fn stop_export(&mut self) {
        if let Some(exporting) = self.exporting.take() {
            self.effects.push(Effect::StopExport);
            let text = format!("{} was given up; nothing of it is left", exporting.name);
            self.say(Level::Warning, &text);
        }
    }

    /// So much is written.
    pub(super) fn export_went_on(&mut self, written: u64, total: u64) {
        if let Some(exporting) = &mut self.exporting {
            exporting.written = written;
            exporting.total = total.max(written);
            self.is_dirty = true;
        }
    }

    /// The file is there, or why not.
    pub(super) fn exported(&mut self, result: Result<String, Trouble>) {
        self.exporting = None;
        match result {
            Ok(text) => self.say(Level::Done, &text),
            Err(trouble) => self.say(Level::Error, &trouble.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::doc::DocLine;

    #[test]
    fn a_page_keeps_its_columns_and_no_line_of_it_becomes_a_heading() {
        let doc = Doc {
            head: vec![DocLine::pair("State", "blocked"), DocLine::blank()],
            tabs: Vec::new(),
        }
        .tab("Lines", vec![DocLine::text("# 2  MUG\u{1b}[2J")]);
        assert_eq!(
            page_text("Order 100123", &doc),
            "# Order 100123\n\n    State         blocked\n\n\n## Lines\n\n    # 2  MUG\n"
        );
    }

    #[test]
    fn a_file_is_never_named_by_what_a_title_would_do_to_a_folder() {
        assert_eq!(slug("Order 100123: ../../x"), "order-100123-x");
        assert_eq!(slug("漢字"), "page");
        assert!(slug(&"a b ".repeat(100)).chars().count() <= STEM_CHARS_MAX);
    }
}
