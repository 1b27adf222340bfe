//! What is done about one case or order: naming its error, correcting its address, writing its papers.

use super::super::App;
use super::super::ask::Seen;
use super::super::layers::Layer;
use super::super::layers::form::{ClassifyForm, EditForm, Form, Purpose};
use super::super::{sheets, words};
use crate::domain::catalogue::Kind;
use crate::domain::exception::ExceptionRow;
use crate::domain::order::OrderRow;

impl App {
    /// Asks what the error of a case means.
    pub(super) fn classify(&mut self, rows: &[ExceptionRow]) {
        let Some(row) = rows.first() else { return };
        let known = self.nav.page().and_then(|page| page.rule.clone());
        let about = vec![
            row.detail.clone(),
            "Every case of this kind whose explanation says the words gets the name, open ones too."
                .to_owned(),
        ];
        let title = format!("Classify {}", sheets::exception::title(row));
        let form = ClassifyForm::of(row, known);
        let form = Form::new(Purpose::Classify(form), title, about);
        let asked = form.asks().into_iter().collect();
        self.push_layer(Layer::Form(form));
        self.carry_out(asked);
    }

    /// Asks what the floor answered and where the goods are.
    pub(super) fn floor_said(&mut self, rows: &[ExceptionRow]) {
        let [row] = rows else { return };
        if row.kind == Kind::StkCountAsked {
            let about = vec![
                row.detail.clone(),
                "The case ends with the figure; other open cases about the item get it as a note. Nothing is corrected by it."
                    .to_owned(),
            ];
            let counted = words::discriminator_value(&row.discriminator);
            let title = self.header.places.say(format!("Count {counted}"));
            let form = Form::new(Purpose::Count(row.id), title, about);
            self.push_layer(Layer::Form(form));
            return;
        }
        let about = vec![
            row.detail.clone(),
            "Stopped: both systems are read and it is written after all. Not stopped: customer service has it. Gone: it closes with a debt."
                .to_owned(),
        ];
        let title = format!("The floor about {}", sheets::exception::title(row));
        let seen = Seen {
            id: row.id,
            version: row.version,
        };
        let form = Form::new(Purpose::Floor(seen), title, about);
        self.push_layer(Layer::Form(form));
    }

    /// The fields of its address, filled in as they would be sent now.
    pub(super) fn edit_order(&mut self) {
        let Some(question) = self.nav.page().and_then(|page| page.edit.clone()) else {
            return;
        };
        let about = vec![
            "For this send only; the next change of a field in the sales system counts again. Correct it there too."
                .to_owned(),
        ];
        let title = format!("Edit the address of order {}", question.number);
        let edit = EditForm { question };
        let first = edit.first_too_long();
        let mut form = Form::new(Purpose::Edit(edit), title, about);
        form.focus = first.unwrap_or(0);
        self.push_layer(Layer::Form(form));
    }

    /// Asks who is to read it.
    pub(super) fn export_order(&mut self, row: &OrderRow) {
        let about = vec![
            "Two files are written to the folder tallyman was started in: Markdown and HTML. No file is overwritten."
                .to_owned(),
            "For a support desk people are masked; what our own people did stays out of it.".to_owned(),
        ];
        let title = format!("Export order {}", row.number);
        self.push_layer(Layer::Form(Form::new(
            Purpose::Export(row.id),
            title,
            about,
        )));
    }
}
