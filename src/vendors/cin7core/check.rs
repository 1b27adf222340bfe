//! What `tallyman check` finds out about an account, and what the account says about itself.

use super::call::Call;
use super::client::unread;
use super::sales::SaleFilter;
use super::value::{Node, Read};
use super::{Cin7Core, RowsPage};
use crate::domain::delivery::AnswerClass;
use crate::domain::time::{Span, Ts};
use crate::vendors::{Answer, CallLog, Finding};
use chrono::{DateTime, NaiveDate};
use http::HeaderMap;
use serde_json::Value;

/// A clock that differs by more than this is worth a word.
const SKEW_MAX: Span = Span::mins(1);
/// Names listed in one finding.
const NAMES_MAX: usize = 10;

/// The company behind the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    pub name: String,
    pub currency: String,
    /// IANA name; business dates are its calendar's.
    pub time_zone: String,
    /// Up to here the books are closed: postings with an earlier date are refused.
    pub locked_until: Option<NaiveDate>,
}

fn company(node: &Node<'_>) -> Read<Company> {
    Ok(Company {
        name: node.need_text("Company")?,
        currency: node.text("Currency")?,
        time_zone: node.text("TimeZone")?,
        // Documented in the tenant's own date format; what cannot be read is no reason to fail.
        locked_until: node.day("LockDate").unwrap_or_default(),
    })
}

impl Cin7Core {
    /// The company: the cheapest proof that the account answers and lets us in.
    pub async fn company(&self, log: &CallLog) -> Answer<Company> {
        let answer = self.client.read(Call::Company, &[], log).await?;
        company_of(&answer)
    }

    pub(super) async fn findings(&self, now: Ts, log: &CallLog) -> Vec<Finding> {
        let mut out = Vec::new();
        let told = self.client.fetch(Call::Company, &[], log).await;
        let found = told.and_then(|(answer, headers)| Ok((company_of(&answer)?, headers)));
        match found {
            Ok((company, headers)) => {
                let text = format!("{}, books in {}", company.name, company.currency);
                out.push(good("account", &text));
                out.push(clock(now, &headers));
                out.push(self.time_zone_finding(&company));
                if let Some(day) = company.locked_until {
                    let text =
                        format!("the books are closed up to {day}; earlier postings are refused");
                    out.push(good("lock date", &text));
                }
            }
            Err(error) => {
                let remedy = match error.class {
                    AnswerClass::Auth => "",
                    AnswerClass::Throttled => "; try again in a minute",
                    _ => "; check base_url, the network and a proxy in between",
                };
                out.push(bad("account", &format!("{error}{remedy}")));
                return out;
            }
        }
        let locations = self.locations_page(1, log).await;
        out.push(names("locations", &locations, |l| &l.name));
        let carriers = self.carriers_page(1, log).await;
        out.push(names("carriers", &carriers, |c| &c.code));
        let recent = SaleFilter {
            updated_since: Some(now - Span::days(1)),
            ..SaleFilter::default()
        };
        out.push(match self.sales_page(&recent, 1, log).await {
            Ok(page) if page.unread.is_empty() => good(
                "sales",
                &format!("{} changed in the last day", page.rows.len()),
            ),
            Ok(page) => {
                let first = page.unread.first().map_or("", |u| u.text.as_str());
                bad(
                    "sales",
                    &format!("{} cannot be read: {first}", page.unread.len()),
                )
            }
            Err(error) => bad("sales", &error.to_string()),
        });
        out.push(self.hook_finding(log).await);
        out
    }

    fn time_zone_finding(&self, company: &Company) -> Finding {
        let ours = self.time_zone.name();
        if company.time_zone.eq_ignore_ascii_case(ours) {
            return good("time zone", ours);
        }
        let text = format!(
            "the account keeps its calendar in {:?}, the configuration says {ours:?}: dates would be off; \
             set time_zone to the account's",
            company.time_zone
        );
        bad("time zone", &text)
    }

    async fn hook_finding(&self, log: &CallLog) -> Finding {
        match self.webhooks(log).await {
            Ok(hooks) => {
                let off: Vec<&str> = hooks
                    .iter()
                    .filter(|h| !h.is_active)
                    .map(|h| h.kind_text.as_str())
                    .collect();
                if off.is_empty() {
                    return good("webhooks", &format!("{} active", hooks.len()));
                }
                let text = format!(
                    "inactive: {}; Cin7 Core stops a webhook after six failures without a word",
                    off.join(", ")
                );
                bad("webhooks", &text)
            }
            // Works without them: every event is found by a poll too.
            Err(error) if error.class != AnswerClass::Malformed => {
                let text = format!(
                    "none can be listed ({error}); they need the automation module, polling goes on without"
                );
                good("webhooks", &text)
            }
            Err(error) => bad("webhooks", &error.to_string()),
        }
    }
}

fn company_of(answer: &Value) -> Answer<Company> {
    company(&Node::root(answer)).map_err(|fault| unread(Call::Company, &fault))
}

fn good(what: &str, found: &str) -> Finding {
    Finding {
        is_ok: true,
        what: format!("cin7core {what}"),
        found: found.to_owned(),
    }
}

fn bad(what: &str, found: &str) -> Finding {
    Finding {
        is_ok: false,
        ..good(what, found)
    }
}

fn names<T>(what: &str, answer: &Answer<RowsPage<T>>, name: impl Fn(&T) -> &String) -> Finding {
    let page = match answer {
        Ok(page) => page,
        Err(error) => return bad(what, &error.to_string()),
    };
    if let Some(unread) = page.unread.first() {
        let text = format!("{:?} cannot be read: {}", unread.label, unread.text);
        return bad(what, &text);
    }
    if page.rows.is_empty() {
        return bad(what, "none; nothing can be mapped");
    }
    let shown = &page.rows[..page.rows.len().min(NAMES_MAX)];
    let listed: Vec<&str> = shown.iter().map(|row| name(row).as_str()).collect();
    let more = if page.rows.len() > NAMES_MAX || !page.is_last {
        ", …"
    } else {
        ""
    };
    good(
        what,
        &format!("{}: {}{more}", page.rows.len(), listed.join(", ")),
    )
}

/// Our clock against the answer's `Date`.
fn clock(now: Ts, headers: &HeaderMap) -> Finding {
    let theirs = headers
        .get(http::header::DATE)
        .and_then(|v| v.to_str().ok())
        .and_then(|text| DateTime::parse_from_rfc2822(text).ok());
    let Some(theirs) = theirs else {
        return good("clock", "the answer carries no time to compare with");
    };
    let skew = now.since(Ts::from_utc(theirs.to_utc()));
    if skew.0.abs() > SKEW_MAX.0 {
        let text = format!(
            "this machine is {} s away from Cin7 Core; set its clock by a time server",
            skew.as_secs()
        );
        return bad("clock", &text);
    }
    good("clock", &format!("within {} s", skew.as_secs().abs()))
}
