//! What `tallyman check` finds out about an account, and what the account says about itself.

use super::call::Call;
use super::client::unread;
use super::sales::SaleFilter;
use super::value::{Node, Read};
use super::{Cin7Core, RowsPage};
use crate::domain::delivery::AnswerClass;
use crate::domain::time::{Span, Ts};
use crate::vendors::findings::Findings;
use crate::vendors::{Answer, CallLog, Finding};
use chrono::NaiveDate;
use serde_json::Value;

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
        let mut out = Findings::new("cin7core", "Cin7 Core");
        let told = self.client.fetch(Call::Company, &[], log).await;
        let found = told.and_then(|(answer, headers)| Ok((company_of(&answer)?, headers)));
        match found {
            Ok((company, headers)) => {
                let text = format!("{}, books in {}", company.name, company.currency);
                out.good("account", text);
                out.clock(now, &headers);
                self.time_zone_finding(&company, &mut out);
                if let Some(day) = company.locked_until {
                    let text =
                        format!("the books are closed up to {day}; earlier postings are refused");
                    out.good("lock date", text);
                }
            }
            Err(error) => {
                let remedy = match error.class {
                    AnswerClass::Auth => "",
                    AnswerClass::Throttled => "; try again in a minute",
                    _ => "; check base_url, the network and a proxy in between",
                };
                out.bad("account", format!("{error}{remedy}"));
                return out.done();
            }
        }
        let locations = self.locations_page(1, log).await;
        names("locations", &locations, |l| &l.name, &mut out);
        let carriers = self.carriers_page(1, log).await;
        names("carriers", &carriers, |c| &c.code, &mut out);
        let recent = SaleFilter {
            updated_since: Some(now - Span::days(1)),
            ..SaleFilter::default()
        };
        match self.sales_page(&recent, 1, log).await {
            Ok(page) if page.unread.is_empty() => {
                let text = format!("{} changed in the last day", page.rows.len());
                out.good("sales", text);
            }
            Ok(page) => {
                let first = page.unread.first().map_or("", |u| u.text.as_str());
                let text = format!("{} cannot be read: {first}", page.unread.len());
                out.bad("sales", text);
            }
            Err(error) => out.bad("sales", error.to_string()),
        }
        self.hook_finding(log, &mut out).await;
        out.done()
    }

    fn time_zone_finding(&self, company: &Company, out: &mut Findings) {
        let ours = self.time_zone.name();
        if company.time_zone.eq_ignore_ascii_case(ours) {
            return out.good("time zone", ours);
        }
        let text = format!(
            "the account keeps its calendar in {:?}, the configuration says {ours:?}: dates would be off; \
             set time_zone to the account's",
            company.time_zone
        );
        out.bad("time zone", text);
    }

    async fn hook_finding(&self, log: &CallLog, out: &mut Findings) {
        match self.webhooks(log).await {
            Ok(hooks) => {
                let off: Vec<&str> = hooks
                    .iter()
                    .filter(|h| !h.is_active)
                    .map(|h| h.kind_text.as_str())
                    .collect();
                if off.is_empty() {
                    return out.good("webhooks", format!("{} active", hooks.len()));
                }
                let text = format!(
                    "inactive: {}; Cin7 Core stops a webhook after six failures without a word",
                    off.join(", ")
                );
                out.bad("webhooks", text);
            }
            // Works without them: every event is found by a poll too.
            Err(error) if error.class != AnswerClass::Malformed => {
                let text = format!(
                    "none can be listed ({error}); they need the automation module, polling goes on without"
                );
                out.good("webhooks", text);
            }
            Err(error) => out.bad("webhooks", error.to_string()),
        }
    }
}

fn company_of(answer: &Value) -> Answer<Company> {
    company(&Node::root(answer)).map_err(|fault| unread(Call::Company, &fault))
}

fn names<T>(
    what: &str,
    answer: &Answer<RowsPage<T>>,
    name: impl Fn(&T) -> &String,
    out: &mut Findings,
) {
    let page = match answer {
        Ok(page) => page,
        Err(error) => return out.bad(what, error.to_string()),
    };
    if let Some(unread) = page.unread.first() {
        let text = format!("{:?} cannot be read: {}", unread.label, unread.text);
        return out.bad(what, text);
    }
    let listed: Vec<&str> = page.rows.iter().map(|row| name(row).as_str()).collect();
    out.list(what, &listed, !page.is_last);
}
