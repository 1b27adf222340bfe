//! One order for people outside: a page that customer service can read aloud, a bundle for a vendor's support desk.

mod customer;
mod vendor;

use super::Saved;
use super::checks::as_page;
use super::evidence::order_evidence;
use crate::desk::{Desk, DeskError, DeskResult};
use crate::domain::ids::{OrderId, SystemId};
use crate::domain::order::OrderFull;
use crate::domain::time::Ts;
use chrono_tz::Tz;
use std::io;
use std::path::Path;

/// Who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Customer service, and whoever asks them.
    Customer,
    /// The support desk of the warehouse's vendor.
    Warehouse,
    /// The support desk of the sales system's vendor.
    Source,
}

impl Reader {
    /// Every reader, customer service first.
    pub const ALL: &'static [Self] = &[Self::Customer, Self::Warehouse, Self::Source];

    /// For people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Customer => "customer service",
            Self::Warehouse => "support desk of the warehouse system",
            Self::Source => "support desk of the sales system",
        }
    }
}

/// A paper about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    pub number: String,
    /// Whom it is for, as part of a file's name: `customer`, `vendor-pvx`.
    pub kind: String,
    pub at: Ts,
    pub markdown: String,
}

/// Writes the paper of an order for a reader; nothing is stored.
///
/// # Errors
/// [`DeskError`]: no such order, a pair nobody configured, or the store failed.
pub async fn order_paper(desk: &Desk, id: OrderId, reader: Reader) -> DeskResult<Paper> {
    let order = desk.order_in_full(id).await?;
    let now = desk.now();
    let pair = desk.pair_of(&order.row)?;
    let (kind, markdown) = match reader {
        Reader::Customer => {
            let why = desk.why_of(id).await?;
            let despatches = desk.despatches_of(&order.row).await?;
            let zone = pair.policy.time_zone.parse().unwrap_or(Tz::UTC);
            let page = customer::markdown(&order, &despatches, &why, (now, zone));
            ("customer".to_owned(), page)
        }
        Reader::Warehouse | Reader::Source => {
            let system = match reader {
                Reader::Source => &pair.source,
                _ => &pair.warehouse,
            };
            let bundle = vendor_bundle(desk, &order, (system, &pair.warehouse)).await?;
            (format!("vendor-{}", plain(system.as_str())), bundle)
        }
    };
    Ok(Paper {
        number: order.row.number,
        kind,
        at: now,
        markdown,
    })
}

async fn vendor_bundle(
    desk: &Desk,
    order: &OrderFull,
    (system, warehouse): (&SystemId, &SystemId),
) -> DeskResult<String> {
    let what = "the bundle for a support desk";
    let store = desk.store();
    let evidence = order_evidence(store, order.row.id, Some(warehouse), desk.now())
        .await
        .map_err(DeskError::store(what))?
        .ok_or_else(|| DeskError::NotFound {
            what: format!("order {}", order.row.number),
        })?;
    let calls = vendor::calls(store, &evidence, system)
        .await
        .map_err(DeskError::store(what))?;
    Ok(vendor::markdown(order, &evidence, system, &calls))
}

impl Paper {
    /// As a page for a browser or a printer.
    pub fn html(&self) -> String {
        let title = format!("Order {}", crate::text::clean(&self.number));
        as_page(&title, &self.markdown)
    }

    /// Writes it as Markdown and HTML into a folder. Names tell what they are and of when, to the second, so that no
    /// earlier file is lost.
    ///
    /// # Errors
    /// When a file cannot be written, or is there already.
    pub fn save(&self, folder: &Path) -> io::Result<Saved> {
        let folder = std::path::absolute(folder)?;
        let time = self.at.to_utc().format("%Y%m%d-%H%M%S");
        let stem = format!("order-{}-{}-{time}", plain(&self.number), self.kind);
        let files = [("md", self.markdown.clone()), ("html", self.html())];
        let mut names = Vec::with_capacity(files.len());
        for (kind, text) in files {
            let name = format!("{stem}.{kind}");
            let mut file = std::fs::File::create_new(folder.join(&name))?;
            io::Write::write_all(&mut file, text.as_bytes())?;
            names.push(name);
        }
        Ok(Saved {
            folder: folder.display().to_string(),
            names,
        })
    }
}

/// A name as part of a file's name: foreign signs leave it.
fn plain(text: &str) -> String {
    let kept: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(40)
        .collect();
    let kept = kept.trim_matches('-');
    if kept.is_empty() { "x" } else { kept }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_is_written_once_and_its_name_stays_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let paper = Paper {
            number: "../10<01".to_owned(),
            kind: "vendor-pvx".to_owned(),
            at: Ts(0),
            markdown: "# Order\n\na <b> c\n".to_owned(),
        };
        let saved = paper.save(folder.path()).unwrap();
        assert_eq!(saved.names[0], "order-10-01-vendor-pvx-19700101-000000.md");
        assert!(paper.html().contains("&lt;b&gt;"), "{}", paper.html());
        assert!(paper.save(folder.path()).is_err(), "nothing is overwritten");
    }
}
