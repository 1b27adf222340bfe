//! Writes lists and pages to files: page by page from the store, one page in memory at a time.

use super::super::app::ask::Trouble;
use super::super::app::export::{ExportJob, What};
use super::store::StoreBackend;
use crate::domain::ids::PairId;
use crate::domain::views::ListName;
use crate::report::columns;
use crate::report::export::{EXPORT_ROWS_MAX, ListFormat, ListWriter, NewFile};
use crate::store::read::{Anchor, ListQuery, Window};
use std::future::Future;
use std::path::Path;
use std::sync::Arc;

/// Rows read at a time.
const PAGE_ROWS: usize = 500;

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

async fn begin(stem: &str, format: ListFormat, text: String) -> std::io::Result<NewFile> {
    let stem = stem.to_owned();
    tokio::task::spawn_blocking(move || {
        let folder = std::path::absolute(Path::new("."))?;
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
async fn write_page(job: &ExportJob, text: String) -> Result<String, Trouble> {
    let written = async { finish(begin(&job.stem, job.format, text).await?).await };
    let path = written.await.map_err(|e| fault(&job.stem, &e))?;
    Ok(format!("wrote the page to {path}"))
}

/// Writes every row that `fetch` gives, window by window.
async fn write_rows<R, F, W>(
    job: &ExportJob,
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
    let mut file = begin(&job.stem, job.format, head)
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
    /// Writes a file; says what it holds and where it is.
    pub(super) async fn write_file(
        &self,
        job: ExportJob,
        told: Progress,
    ) -> Result<String, Trouble> {
        match &job.what {
            What::Page(text) => write_page(&job, text.clone()).await,
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
                    .await
            }
        }
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
        let pairs: Vec<PairId> = self.desk().pairs().iter().map(|p| p.id.clone()).collect();
        let places = store.places(&pairs).await?;
        macro_rules! write {
            ($columns:expr, $fetch:expr) => {{
                let writer = ListWriter::new($columns, names, job.format, places);
                write_rows(job, writer, query.clone(), $fetch, told).await
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
