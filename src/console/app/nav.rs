//! Where one is: a pane, and in each pane a stack of pages. Esc takes the top page off; nothing else is lost.

use super::doc::{Doc, DocLine, Link};
use super::list::Load;
use super::sheets::call::{self, Mode};
use super::subject::Subject;
use crate::desk::{EditQuestion, SiteQuestion};
use crate::domain::error_rule::SavedRule;
use crate::domain::ids::PairId;
use crate::domain::mapping::Mapping;
use crate::domain::time::Ts;
use crate::report::{Sight, StoredCall};
use crate::store::read::MappingVersion;
use std::cell::Cell;

/// Pages on one pane's stack; the oldest goes when more are opened.
pub const PAGES_MAX: usize = 20;

/// A pane, chosen by number key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pane {
    Live,
    Exceptions,
    Orders,
    Mappings,
    Stock,
    Returns,
    Checks,
    Audit,
}

impl Pane {
    /// Every pane, in order of its key.
    pub const ALL: &'static [Self] = &[
        Self::Live,
        Self::Exceptions,
        Self::Orders,
        Self::Mappings,
        Self::Stock,
        Self::Returns,
        Self::Checks,
        Self::Audit,
    ];

    /// Its number key.
    pub const fn digit(self) -> char {
        match self {
            Self::Live => '1',
            Self::Exceptions => '2',
            Self::Orders => '3',
            Self::Mappings => '4',
            Self::Stock => '5',
            Self::Returns => '6',
            Self::Checks => '7',
            Self::Audit => '8',
        }
    }

    /// Its name.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Live => "Live",
            Self::Exceptions => "Exceptions",
            Self::Orders => "Orders",
            Self::Mappings => "Mappings",
            Self::Stock => "Stock",
            Self::Returns => "Returns",
            Self::Checks => "Checks",
            Self::Audit => "Audit",
        }
    }

    /// Its name where there is no room for the whole of it.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Exceptions => "Exc",
            Self::Mappings => "Maps",
            _ => self.title(),
        }
    }

    /// From a name or number.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|p| p.title().eq_ignore_ascii_case(text) || text == p.digit().to_string())
    }
}

/// A page: one object in full.
#[derive(Debug, Clone)]
pub struct Page {
    pub id: u64,
    pub link: Link,
    /// What the breadcrumb says.
    pub title: String,
    pub doc: Doc,
    pub load: Load,
    pub generation: u64,
    pub tab: usize,
    /// Line under the cursor in the tab.
    pub line: usize,
    /// First visible line; moved by the view so that the cursor stays in sight.
    pub top: Cell<usize>,
    /// Rows of the tab the picture has room for.
    pub height: Cell<u16>,
    /// What actions on this page act on, once it is read.
    pub subject: Option<Subject>,
    /// What it is about beside its own object (a return, a lane, a stock position, refunds), where there are actions
    /// for it.
    pub about: Vec<Subject>,
    /// On the page of an exception: the mapping that may end it.
    pub mapping: Option<Mapping>,
    /// On the page of an exception: the rule by which its error is known.
    pub rule: Option<SavedRule>,
    /// Orders on it whose site can be chosen.
    pub sites: Vec<SiteQuestion>,
    /// On a page of mapping versions: the versions.
    pub versions: Option<(PairId, Vec<MappingVersion>)>,
    /// On the page of an order: what can be edited of it.
    pub edit: Option<Box<EditQuestion>>,
    /// On the page of a stored call: the call, and what is shown of it.
    pub call: Option<CallOnPage>,
    /// Read again when shown.
    pub is_stale: bool,
}

/// A stored call on its page. Its lines depend on the width of the screen, so it is kept to be set out anew.
#[derive(Debug, Clone)]
pub struct CallOnPage {
    pub sheet: Box<StoredCall>,
    pub mode: Mode,
    /// How much of it is to be read; people are masked until somebody looks into all of it here.
    pub sight: Sight,
}

impl Page {
    /// A page whose content is still to be read.
    pub fn new(id: u64, link: Link, title: String) -> Self {
        Self {
            id,
            link,
            title,
            doc: Doc::default(),
            load: Load::Never,
            generation: 0,
            tab: 0,
            line: 0,
            top: Cell::new(0),
            height: Cell::new(10),
            subject: None,
            about: Vec::new(),
            mapping: None,
            rule: None,
            sites: Vec::new(),
            versions: None,
            edit: None,
            call: None,
            is_stale: false,
        }
    }

    /// Lines of the tab on show.
    pub fn lines(&self) -> &[DocLine] {
        self.doc.tabs.get(self.tab).map_or(&[], |t| &t.lines)
    }

    /// The link under the cursor.
    pub fn target(&self) -> Option<&Link> {
        self.lines().get(self.line)?.link.as_ref()
    }

    /// Moves the cursor by lines.
    pub fn move_by(&mut self, lines: isize) {
        let last = self.lines().len().saturating_sub(1);
        self.line = self.line.saturating_add_signed(lines).min(last);
    }

    /// The next or previous tab.
    pub fn turn(&mut self, by: isize) {
        let n = self.doc.tabs.len();
        if n > 1 {
            let at = (self.tab.cast_signed() + by).rem_euclid(n.cast_signed());
            self.tab = at.unsigned_abs();
            self.line = 0;
            self.top.set(0);
        }
    }

    /// Sets a stored call out for a screen of so many columns.
    pub fn lay_out_call(&mut self, columns: u16, now: Ts) {
        if let Some(on_page) = &self.call {
            let doc = call::doc(&on_page.sheet, on_page.mode, columns, now);
            self.show(format!("Call {}", on_page.sheet.id), doc);
        }
    }

    /// New content; the place is kept.
    pub fn show(&mut self, title: String, doc: Doc) {
        self.title = title;
        self.doc = doc;
        self.load = Load::Ready;
        self.tab = self.tab.min(self.doc.tabs.len().saturating_sub(1));
        self.move_by(0);
    }
}

/// Pane and page stacks.
#[derive(Debug, Clone)]
pub struct Nav {
    pub pane: Pane,
    stacks: [Vec<Page>; Pane::ALL.len()],
    next_page: u64,
}

impl Nav {
    /// In a pane, with no page open.
    pub fn new(pane: Pane) -> Self {
        Self {
            pane,
            stacks: Default::default(),
            next_page: 1,
        }
    }

    fn index(pane: Pane) -> usize {
        pane as usize
    }

    /// Pages of the pane on show, the topmost last.
    pub fn pages(&self) -> &[Page] {
        self.stacks
            .get(Self::index(self.pane))
            .map_or(&[], Vec::as_slice)
    }

    /// The page on show; `None` when the pane's own list is.
    pub fn page(&self) -> Option<&Page> {
        self.pages().last()
    }

    /// As [`Self::page`], to change it.
    pub fn page_mut(&mut self) -> Option<&mut Page> {
        self.stacks.get_mut(Self::index(self.pane))?.last_mut()
    }

    /// A page by number, in whichever pane.
    pub fn by_id(&mut self, id: u64) -> Option<&mut Page> {
        self.stacks.iter_mut().flatten().find(|p| p.id == id)
    }

    /// Opens a page on top. Opening what is already on top does nothing.
    pub fn open(&mut self, link: Link, title: String) -> Option<u64> {
        if self.page().is_some_and(|p| p.link == link) {
            return None;
        }
        let id = self.next_page;
        self.next_page += 1;
        let stack = self.stacks.get_mut(Self::index(self.pane))?;
        if stack.len() >= PAGES_MAX {
            stack.remove(0);
        }
        stack.push(Page::new(id, link, title));
        Some(id)
    }

    /// Takes the topmost page off. `false` when there is none.
    pub fn back(&mut self) -> bool {
        self.stacks
            .get_mut(Self::index(self.pane))
            .is_some_and(|stack| stack.pop().is_some())
    }

    /// Every page that is open, to be asked again when shown.
    pub fn all_pages(&mut self) -> impl Iterator<Item = &mut Page> {
        self.stacks.iter_mut().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ExceptionId, OrderId};

    #[test]
    fn esc_takes_one_page_off_and_the_other_panes_keep_theirs() {
        let mut nav = Nav::new(Pane::Exceptions);
        nav.open(Link::Exception(ExceptionId(1)), "one".to_owned());
        nav.open(Link::Order(OrderId(2)), "two".to_owned());
        nav.pane = Pane::Orders;
        assert!(nav.page().is_none());
        nav.pane = Pane::Exceptions;
        assert!(nav.back());
        assert_eq!(nav.page().map(|p| p.title.as_str()), Some("one"));
        assert!(nav.back());
        assert!(!nav.back());
    }

    #[test]
    fn following_links_for_ever_stays_within_the_limit() {
        let mut nav = Nav::new(Pane::Orders);
        for n in 0..100 {
            nav.open(Link::Order(OrderId(n)), n.to_string());
        }
        assert_eq!(nav.pages().len(), PAGES_MAX);
    }
}
