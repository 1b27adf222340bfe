//! XML set out element by element. Tables inside an element are set out too: SOAP likes to carry them.

use super::pretty::csv;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

/// Deepest nesting that is set out.
const DEPTH_MAX: usize = 64;

/// What has been written of the document so far.
#[derive(Default)]
struct Page {
    out: String,
    /// An element that was opened and has no child yet.
    open: Option<String>,
    /// Names of the elements around.
    path: Vec<String>,
    text: String,
}

/// The document in lines; `None` when it cannot be read.
pub(super) fn set_out(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    let mut page = Page::default();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                page.begin();
                if page.path.len() >= DEPTH_MAX {
                    return None;
                }
                page.open = Some(format!("<{}>", &*start));
                page.path.push(start.name().as_ref().to_owned());
            }
            Event::Empty(start) => {
                page.begin();
                page.line(&format!("<{}/>", start.trim_end()));
            }
            Event::End(_) => page.end()?,
            Event::Text(part) => page.text.push_str(&part.xml10_content()),
            Event::CData(part) => page.text.push_str(&part.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(c)) => page.text.push(c),
                _ => page.text.push_str(resolve_predefined_entity(&reference)?),
            },
            Event::Decl(_) | Event::Comment(_) => {}
            Event::PI(_) | Event::DocType(_) => return None,
            Event::Eof => break,
        }
    }
    page.path.is_empty().then_some(page.out)
}

impl Page {
    fn line(&mut self, text: &str) {
        let depth = self.path.len();
        self.out.push_str(&"  ".repeat(depth));
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// Something begins inside the element that is open: it gets lines of its own.
    fn begin(&mut self) {
        self.flush_open();
        self.flush_text();
    }

    fn flush_open(&mut self) {
        if let Some(open) = self.open.take() {
            let name = self.path.pop();
            self.line(&open);
            self.path.extend(name);
        }
    }

    fn flush_text(&mut self) {
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let table = if text.contains('\n') { csv(text) } else { None };
        for line in table.as_deref().unwrap_or(text).lines() {
            self.line(line);
        }
    }

    fn end(&mut self) -> Option<()> {
        let is_short = !self.text.trim().contains('\n');
        if let Some(open) = self.open.take_if(|_| is_short) {
            let name = self.path.pop()?;
            let text = std::mem::take(&mut self.text);
            self.line(&format!("{open}{}</{name}>", text.trim()));
            return Some(());
        }
        self.begin();
        let name = self.path.pop()?;
        self.line(&format!("</{name}>"));
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_stand_below_each_other_and_a_table_in_one_is_set_out() {
        let text = "<?xml version=\"1.0\"?><s:Body a=\"1\"><Id>7</Id><csv>Number,Name\nLW-1,Pat &amp; Co\n</csv><x/></s:Body>";
        let expected = "\
<s:Body a=\"1\">
  <Id>7</Id>
  <csv>
    row 1
      Number: LW-1
      Name: Pat & Co
  </csv>
  <x/>
</s:Body>
";
        assert_eq!(set_out(text).as_deref(), Some(expected));
    }

    #[test]
    fn what_is_not_well_formed_or_defines_entities_is_left_as_it_came() {
        assert_eq!(set_out("<a><b></a>"), None);
        assert_eq!(set_out("<a>"), None);
        assert_eq!(set_out("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"), None);
    }
}
