//! Where a list goes on. SHOPLINE says it in the `link` header of an answer; no header means the last page.

use http::HeaderMap;

/// Longest cursor taken, bytes; live ones have about 770.
const CURSOR_BYTES_MAX: usize = 8_192;
/// Most links looked at in one answer.
const LINKS_MAX: usize = 8;

/// Place in a list, as SHOPLINE gave it: opaque, sent back byte for byte. It holds the filters of the first page, so
/// that none may be sent with it but the page size.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    /// A cursor kept from an earlier page; `None` when it cannot be one.
    pub fn new(text: &str) -> Option<Self> {
        let is_legal = |b: u8| {
            b.is_ascii_alphanumeric()
                || matches!(b, b'%' | b'+' | b'/' | b'=' | b'_' | b'-' | b'.' | b'~')
        };
        let fits = !text.is_empty() && text.len() <= CURSOR_BYTES_MAX;
        (fits && text.bytes().all(is_legal)).then(|| Self(text.to_owned()))
    }

    /// The text to keep or to put into a query as it is.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A page of a list that goes on by cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorPage<T> {
    pub rows: Vec<T>,
    /// `None` after the last page.
    pub next: Option<Cursor>,
}

/// The cursor of the next page from an answer's `link` headers. Only `page_info` is taken out of the link: its address
/// is never followed.
///
/// # Errors
/// When a next page is announced whose cursor cannot be used; taking it for the last page would lose orders.
pub(super) fn next(headers: &HeaderMap) -> Result<Option<Cursor>, String> {
    let mut seen = 0;
    for value in headers.get_all(http::header::LINK) {
        let Ok(text) = value.to_str() else {
            return Err("the link header cannot be read".to_owned());
        };
        for link in links(text) {
            seen += 1;
            if seen > LINKS_MAX {
                return Err(format!("more than {LINKS_MAX} links"));
            }
            if !link.is_next {
                continue;
            }
            return page_info(link.address)
                .and_then(Cursor::new)
                .map(Some)
                .ok_or_else(|| "the link to the next page holds no usable page_info".to_owned());
        }
    }
    Ok(None)
}

struct Link<'a> {
    address: &'a str,
    is_next: bool,
}

/// Every `<address>; rel="…"` of a header. Commas inside an address do not end it.
fn links(text: &str) -> impl Iterator<Item = Link<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once('<')?;
        let (address, after) = after.split_once('>')?;
        let params = after.split('<').next().unwrap_or(after);
        rest = &after[params.len()..];
        let is_next = params.split([';', ',']).any(|p| {
            p.trim().split_once('=').is_some_and(|(name, value)| {
                name.trim().eq_ignore_ascii_case("rel")
                    && value.trim().trim_matches('"').eq_ignore_ascii_case("next")
            })
        });
        Some(Link { address, is_next })
    })
}

fn page_info(address: &str) -> Option<&str> {
    let (_, query) = address.split_once('?')?;
    let query = query.split('#').next().unwrap_or(query);
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("page_info="))
}
