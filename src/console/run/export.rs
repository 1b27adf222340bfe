//! Writes lists and pages to files: page by page from the store, one page in memory at a time.

use super::super::app::ask::Trouble;
use super::super::app::export::{ExportJob, Short, What};
use super::store::StoreBackend;
use crate::domain::ids::PairId;
use crate::domain::places::Places;
use crate::domain::views::ListName;
use crate::report::export::{EXPORT_ROWS_MAX, ListFormat, ListWriter, NewFile};
use crate::report::{PrintError, columns};
use crate::store::read::{Anchor, ListQuery, Window};
use std::future::Future;
use std::path::Path;
use std::sync::Arc;

/// Rows read at a time.
const PAGE_ROWS: usize = 500;

/// Where files go: the folder the console was started in.
const HERE: &str = ".";

/// Told of how many rows are written, of how many.
pub type Progress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// A failure to write, in words.
fn fault(stem: &str, error: &dyn std::fmt::Display) -> Trouble {
    Trouble::new(format!(
        "{stem} was not written: {error}. Nothing of it is left; make room, or start the console in another folder"
    ))
}

/// Writes on a thread that may wait for the disk.
async fn add(mut file: NewFile, text: String) -> std::io::Result<NewFile> {
    tokio::task::spawn_blocking(move || file.add(&text).map(|()| file))
        .await
        .map_err(std::io::Error::other)?
}

async fn begin(
    folder: &Path,
    stem: &str,
    format: ListFormat,
    text: String,
) -> std::io::Result<NewFile> {
    let (folder, stem) = (std::path::absolute(folder)?, stem.to_owned());
    tokio::task::spawn_blocking(move || {
        let mut file = NewFile::create(&folder, &stem, format.extension())?;
        file.add(&text).map(|()| file)
    })
    .await
    .map_err(std::io::Error::other)?
}

/// Keeps the file; says where it is.
async fn finish(file: NewFile) -> std::io::Result<String> {
    let path = tokio::task::spawn_blocking(move || file.finish())
        .await
        .map_err(std::io::Error::other)??;
    Ok(crate::text::clean(&path.display().to_string()))
}

/// Writes a page.
async fn write_page(folder: &Path, job: &ExportJob, text: String) -> Result<String, Trouble> {
    let written = async { finish(begin(folder, &job.stem, job.format, text).await?).await };
    let path = written.await.map_err(|e| fault(&job.stem, &e))?;
    Ok(format!("wrote the page to {path}"))
}

/// Writes a list that is held as a whole.
async fn write_short(
    (folder, job): (&Path, &ExportJob),
    short: &Short,
    places: Places,
) -> Result<String, Trouble> {
    fn text<R>(
        columns: &'static [columns::ListColumn<R>],
        rows: &[R],
        format: ListFormat,
        places: Places,
    ) -> Result<(String, u64), PrintError> {
        let names: Vec<&str> = columns.iter().map(|c| c.spec.name).collect();
        let mut writer = ListWriter::new(columns, &names, format, places);
        let mut out = writer.head()?;
        out.push_str(&writer.rows(rows.iter())?);
        out.push_str(&writer.foot(writer.written()));
        Ok((out, writer.written()))
    }
    let wrong = |e: &dyn std::fmt::Display| fault(&job.stem, e);
    let (text, rows) = match short {
        Short::Unmapped(rows) => text(columns::UNMAPPED, rows, job.format, places),
        Short::Flows(rows) => text(columns::FLOWS, rows, job.format, places),
        Short::Budgets(rows) => text(columns::BUDGETS, rows, job.format, places),
        Short::Events(rows) => text(columns::AUDIT, rows, job.format, places),
    }
    .map_err(|e| wrong(&e))?;
    let written = async { finish(begin(folder, &job.stem, job.format, text).await?).await };
    let path = written.await.map_err(|e| wrong(&e))?;
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    Ok(format!(
        "wrote {} to {path}",
        crate::text::count(rows, "row", "rows")
    ))
}

/// Writes every row that `fetch` gives, window by window.
async fn write_rows<R, F, W>(
    (folder, job): (&Path, &ExportJob),
    mut writer: ListWriter<R>,
    mut query: ListQuery,
    mut fetch: F,
    told: &Progress,
) -> Result<String, Trouble>
where
    R: 'static,
    F: FnMut(ListQuery) -> W,
    W: Future<Output = Result<Window<R>, Trouble>>,
{
    let wrong = |e: &dyn std::fmt::Display| fault(&job.stem, e);
    let head = writer.head().map_err(|e| wrong(&e))?;
    let mut file = begin(folder, &job.stem, job.format, head)
        .await
        .map_err(|e| wrong(&e))?;
    query.anchor = Anchor::First;
    let mut total = 0;
    loop {
        let left = EXPORT_ROWS_MAX.saturating_sub(writer.written());
        query.limit = usize::try_from(left).unwrap_or(PAGE_ROWS).min(PAGE_ROWS);
        let window = fetch(query.clone()).await.map_err(|e| wrong(&e.text))?;
        total = total.max(u64::try_from(window.total).unwrap_or(0));
        let Some(last) = window.rows.last() else {
            break;
        };
        query.anchor = Anchor::After(last.cursor.clone());
        let text = writer
            .rows(window.rows.iter().map(|l| &l.row))
            .map_err(|e| wrong(&e))?;
        file = add(file, text).await.map_err(|e| wrong(&e))?;
        told(writer.written(), total);
        if !window.has_after || writer.written() >= EXPORT_ROWS_MAX {
            break;
        }
    }
    let written = writer.written();
    // The list may have grown or shrunk meanwhile: what is left out is said only where the limit left it out.
    let total = if written < EXPORT_ROWS_MAX {
        written
    } else {
        total.max(written)
    };
    let foot = writer.foot(total);
    let end = async { finish(add(file, foot).await?).await };
    let path = end.await.map_err(|e| wrong(&e))?;
    Ok(if written < total {
        format!(
            "wrote the first {written} of {total} rows to {path}; narrow the filter for the others"
        )
    } else {
        let rows = i64::try_from(written).unwrap_or(i64::MAX);
        format!(
            "wrote {} to {path}",
            crate::text::count(rows, "row", "rows")
        )
    })
}

impl StoreBackend {
    /// Writes a file; says what it holds and where it is. The journal keeps that it was written.
    pub(super) async fn write_file(
        &self,
        job: ExportJob,
        told: Progress,
    ) -> Result<String, Trouble> {
        let said = match &job.what {
            What::Page(text) => write_page(Path::new(HERE), &job, text.clone()).await?,
            What::Short(short) => {
                let places = self.places().await?;
                write_short((Path::new(HERE), &job), short, places).await?
            }
            What::List {
                list,
                pair,
                query,
                shown,
                hidden,
            } => {
                let mut names = shown.clone();
                if job.is_all {
                    names.extend(hidden);
                }
                self.write_list(&job, (*list, pair.as_ref()), query, &names, &told)
                    .await?
            }
        };
        let kept = self.desk().list_exported(&job.stem, &said).await;
        kept.map_err(|e| {
            Trouble::new(format!("{said}, but the journal could not keep that: {e}"))
        })?;
        Ok(said)
    }

    async fn places(&self) -> Result<Places, Trouble> {
        let pairs: Vec<PairId> = self.desk().pairs().iter().map(|p| p.id.clone()).collect();
        Ok(self.store().places(&pairs).await?)
    }

    async fn write_list(
        &self,
        job: &ExportJob,
        (list, pair): (ListName, Option<&PairId>),
        query: &ListQuery,
        names: &[&str],
        told: &Progress,
    ) -> Result<String, Trouble> {
        let store = self.store();
        let places = self.places().await?;
        macro_rules! write {
            ($columns:expr, $fetch:expr) => {{
                let writer = ListWriter::new($columns, names, job.format, places);
                write_rows((Path::new(HERE), job), writer, query.clone(), $fetch, told).await
            }};
        }
        match list {
            ListName::Exceptions => write!(columns::EXCEPTIONS, |q| async move {
                Ok(store.exceptions(&q).await?)
            }),
            ListName::Orders => write!(
                columns::ORDERS,
                |q| async move { Ok(store.orders(&q).await?) }
            ),
            ListName::Stock => write!(columns::STOCK, |q| async move {
                Ok(store.positions(None, &q).await?)
            }),
            ListName::Lanes => write!(columns::LANES, |q| async move {
                Ok(store.lanes(None, &q).await?)
            }),
            ListName::Audit => write!(
                columns::AUDIT,
                |q| async move { Ok(store.journal(&q).await?) }
            ),
            ListName::Returns => write!(columns::RETURNS, |q| async move {
                Ok(self.desk().returns(&q).await?)
            }),
            ListName::Mappings => {
                let Some(pair) = pair else {
                    return Err(Trouble::new("no pair of systems is known yet"));
                };
                write!(columns::MAPPINGS, |q| async move {
                    Ok(store.mapping_list(pair, &q).await?)
                })
            }
            ListName::Deliveries => Err(Trouble::new(
                "deliveries have no list here; `tallyman deliveries list` writes them",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::Filter;
    use crate::domain::order::OrderRow;
    use crate::domain::time::Ts;
    use crate::store::read::{Cursor, Listed};
    use std::sync::Mutex;

    type Column = columns::ListColumn<OrderRow>;

    fn job(format: ListFormat) -> ExportJob {
        ExportJob {
            stem: "orders-1".to_owned(),
            format,
            is_all: false,
            what: What::Page(String::new()),
        }
    }

    fn query() -> ListQuery {
        ListQuery {
            filter: Filter::default(),
            sort: String::new(),
            is_descending: false,
            anchor: Anchor::Last,
            limit: 7,
            now: Ts(0),
        }
    }

    fn silent() -> Progress {
        Arc::new(|_, _| {})
    }

    /// A window of `total` numbered rows.
    fn numbered(total: usize, query: &ListQuery) -> Window<usize> {
        let from = match &query.anchor {
            Anchor::After(Cursor(place)) => place.parse::<usize>().unwrap() + 1,
            _ => 0,
        };
        let to = (from + query.limit).min(total);
        let rows = (from..to).map(|n| Listed {
            cursor: Cursor(n.to_string()),
            row: n,
        });
        Window {
            rows: rows.collect(),
            total: i64::try_from(total).unwrap(),
            position: None,
            has_before: from > 0,
            has_after: to < total,
        }
    }

    async fn written(folder: &Path, total: usize, told: Progress) -> Result<String, Trouble> {
        let columns: &'static [columns::ListColumn<usize>] = &[];
        let writer = ListWriter::new(columns, &[], ListFormat::Json, Default::default());
        let fetch = |q: ListQuery| async move { Ok(numbered(total, &q)) };
        write_rows(
            (folder, &job(ListFormat::Json)),
            writer,
            query(),
            fetch,
            &told,
        )
        .await
    }

    #[tokio::test]
    async fn every_row_is_written_from_the_first_page_by_page() {
        let folder = tempfile::tempdir().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let told = {
            let seen = Arc::clone(&seen);
            Arc::new(move |written, total| seen.lock().unwrap().push((written, total)))
        };
        let says = written(folder.path(), 1_234, told).await.unwrap();
        let path = folder.path().join("orders-1.json");
        assert!(says.contains("wrote 1234 rows to") && says.contains("orders-1.json"));
        let json: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(json["rows"].as_array().unwrap().len(), 1_234);
        assert_eq!(json["total"], 1_234);
        let seen = seen.lock().unwrap();
        assert_eq!(*seen, [(500, 1_234), (1_000, 1_234), (1_234, 1_234)]);
    }

    #[tokio::test]
    async fn a_folder_that_takes_no_file_is_said_and_an_empty_list_is_a_document() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = folder.path().join("missing");
        let failed = written(&nowhere, 3, silent()).await.unwrap_err();
        assert!(failed.text.contains("orders-1 was not written"), "{failed}");
        assert!(failed.text.contains("another folder"), "{failed}");
        written(folder.path(), 0, silent()).await.unwrap();
    }

    #[tokio::test]
    async fn a_store_that_fails_half_way_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let writer = ListWriter::new(
            &[] as &'static [Column],
            &[],
            ListFormat::Csv,
            Default::default(),
        );
        let fetch = |_| async { Err(Trouble::new("the database is locked")) };
        let at = (folder.path(), &job(ListFormat::Csv));
        let failed = write_rows(at, writer, query(), fetch, &silent()).await;
        assert!(failed.unwrap_err().text.contains("the database is locked"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_page_is_never_written_over_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("orders-1.md");
        std::fs::write(&taken, "mine").unwrap();
        let job = job(ListFormat::Markdown);
        let says = write_page(folder.path(), &job, "# Page\n".to_owned()).await;
        assert!(says.unwrap().contains("orders-1-2.md"));
        assert_eq!(std::fs::read_to_string(taken).unwrap(), "mine");
    }
}
