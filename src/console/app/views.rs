//! Saved views in the console: which list is on show and how, showing a view, saving and removing one.

use super::layers::Layer;
use super::layers::form::{Form, Purpose, ViewForm};
use super::layers::palette::Palette;
use super::list::{Keyed, List};
use super::nav::Pane;
use super::panes::stock;
use super::{App, Level};
use crate::domain::filter::{self, NamedFilter};
use crate::domain::views::{ListName, SavedView, View};

/// The pane in which a list stands; deliveries have none of their own.
pub const fn pane_of(list: ListName) -> Option<Pane> {
    Some(match list {
        ListName::Exceptions => Pane::Exceptions,
        ListName::Orders => Pane::Orders,
        ListName::Mappings => Pane::Mappings,
        ListName::Stock | ListName::Lanes => Pane::Stock,
        ListName::Returns => Pane::Returns,
        ListName::Audit => Pane::Audit,
        ListName::Deliveries => return None,
    })
}

/// The order of a list: its name in the store and whether it falls.
fn order_of<T: Keyed + Clone>(list: &List<T>) -> (&'static str, bool) {
    let name = list.sorts.get(list.sort).map_or("", |s| s.name);
    (name, list.is_descending)
}

impl App {
    /// The list on show.
    pub fn list_here(&self) -> Option<ListName> {
        Some(match self.nav.pane {
            Pane::Exceptions => ListName::Exceptions,
            Pane::Orders => ListName::Orders,
            Pane::Mappings => ListName::Mappings,
            Pane::Stock => match self.panes.stock.part {
                stock::Part::Drift => ListName::Stock,
                stock::Part::Lanes => ListName::Lanes,
            },
            Pane::Returns => ListName::Returns,
            Pane::Audit => ListName::Audit,
            _ => return None,
        })
    }

    pub(super) fn order_here(&self) -> (&'static str, bool) {
        match self.list_here() {
            Some(ListName::Exceptions) => order_of(&self.panes.exceptions.list),
            Some(ListName::Orders) => order_of(&self.panes.orders.list),
            Some(ListName::Mappings) => order_of(&self.panes.mappings.list),
            Some(ListName::Stock) => order_of(&self.panes.stock.list),
            Some(ListName::Lanes) => order_of(&self.panes.stock.lanes),
            Some(ListName::Returns) => order_of(&self.panes.returns.list),
            Some(ListName::Audit) => order_of(&self.panes.audit.list),
            Some(ListName::Deliveries) | None => ("", false),
        }
    }

    pub(super) fn set_order(&mut self, list: ListName, name: &str, is_descending: bool) {
        let panes = &mut self.panes;
        match list {
            ListName::Exceptions => panes.exceptions.list.set_sort(name, is_descending),
            ListName::Orders => panes.orders.list.set_sort(name, is_descending),
            ListName::Mappings => panes.mappings.list.set_sort(name, is_descending),
            ListName::Stock => panes.stock.list.set_sort(name, is_descending),
            ListName::Lanes => panes.stock.lanes.set_sort(name, is_descending),
            ListName::Returns => panes.returns.list.set_sort(name, is_descending),
            ListName::Audit => panes.audit.list.set_sort(name, is_descending),
            ListName::Deliveries => {}
        }
    }

    /// What the list on show would be saved as. The team on show is part of it; `mine only` is not, for it is another's
    /// with another person.
    fn view_now(&self) -> Option<View> {
        let list = self.list_here()?;
        let mut filter = self.spelt_out();
        if let Some(team) = self.panes.exceptions.team
            && list == ListName::Exceptions
        {
            filter = format!("{filter} team:{team}").trim().to_owned();
        }
        let (sort, is_descending) = self.order_here();
        Some(View {
            list,
            name: String::new(),
            filter,
            sort: sort.to_owned(),
            is_descending,
        })
    }

    /// Saved views of the list on show.
    pub fn views_here(&self) -> Vec<&SavedView> {
        let list = self.list_here();
        let all = self.header.views.iter();
        all.filter(|v| Some(v.view.list) == list).collect()
    }

    /// Saved views of the list on show, as its filter may name them.
    pub(super) fn named_filters(&self) -> Vec<NamedFilter> {
        let here = self.views_here().into_iter();
        here.map(|saved| NamedFilter {
            name: saved.view.name.clone(),
            filter: saved.view.filter.clone(),
        })
        .collect()
    }

    /// The filter of the list on show in words that stand by themselves: views are kept as what they stand for.
    fn spelt_out(&self) -> String {
        let text = self.filter_text();
        match filter::parse_with(text, self.filter_fields(), &self.named_filters()) {
            Ok(parsed) if filter::parse(text, self.filter_fields()).is_err() => parsed.to_string(),
            _ => text.to_owned(),
        }
    }

    /// The saved view that the list on show shows, exactly.
    pub fn view_here(&self) -> Option<&SavedView> {
        if self.header.views.is_empty() || self.is_narrowed() {
            return None;
        }
        let (list, order) = (self.list_here()?, self.order_here());
        self.header.views.iter().find(|v| {
            v.view.list == list
                && v.view.filter == self.filter_text()
                && (v.view.sort.as_str(), v.view.is_descending) == order
        })
    }

    /// Goes to a view's list and shows it as it was saved.
    pub(super) fn show_view(&mut self, view: &View) {
        let Some(pane) = pane_of(view.list) else {
            return;
        };
        if let Err(error) = filter::parse(&view.filter, view.list.fields()) {
            let text = format!("the view {:?} cannot be shown: {error}", view.name);
            self.say(Level::Warning, &text);
            return;
        }
        self.nav.pane = pane;
        while self.nav.back() {}
        match view.list {
            ListName::Stock => self.panes.stock.part = stock::Part::Drift,
            ListName::Lanes => self.panes.stock.part = stock::Part::Lanes,
            ListName::Exceptions => {
                self.panes.exceptions.team = None;
                self.panes.exceptions.is_mine = false;
            }
            _ => {}
        }
        self.set_order(view.list, &view.sort, view.is_descending);
        // Cleared first: the same words may have been narrowed by a team meanwhile.
        self.set_filter("");
        self.set_filter(&view.filter);
    }

    /// Opens the saved views of the list on show.
    pub(super) fn choose_view(&mut self) {
        let palette = Palette::of_views(self.views_here().into_iter());
        self.push_layer(Layer::Palette(palette));
    }

    /// Asks for the name under which the list on show is saved.
    pub(super) fn name_view(&mut self) {
        let Some(view) = self.view_now() else {
            return;
        };
        let mut about = vec![
            format!("{}: {}.", self.nav.pane.title(), view.says()),
            "The whole team finds it by its name, here and on the command line.".to_owned(),
        ];
        if view.list == ListName::Exceptions && self.panes.exceptions.is_mine {
            about
                .push("“Mine only” is left out: it means somebody else with everybody.".to_owned());
        }
        let taken = self.views_here().into_iter().cloned().collect();
        let purpose = Purpose::View(ViewForm::Save { view, taken });
        let title = format!("Save this view of {}", self.nav.pane.title());
        self.push_layer(Layer::Form(Form::new(purpose, title, about)));
    }

    /// Asks which view of the list on show is to go; the one on show comes first.
    pub(super) fn remove_view(&mut self) {
        let mut views: Vec<SavedView> = self.views_here().into_iter().cloned().collect();
        if let Some(here) = self.view_here().map(|v| v.view.key()) {
            views.sort_by_key(|v| v.view.key() != here);
        }
        let about = vec![
            "It goes for everybody. What is in the list stays as it is.".to_owned(),
            format!("There are {} of this list.", views.len()),
        ];
        let title = format!("Remove a view of {}", self.nav.pane.title());
        let purpose = Purpose::View(ViewForm::Remove(views));
        self.push_layer(Layer::Form(Form::new(purpose, title, about)));
    }
}
