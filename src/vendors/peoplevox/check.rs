//! What `tallyman check` finds out about a tenant: sign-in, templates, report columns, clock, sites, services.

use super::Peoplevox;
use super::client::succeed;
use super::names::{self, report, template};
use super::sheet::Sheet;
use super::soap::Operation;
use crate::domain::delivery::AnswerClass;
use crate::domain::time::{Span, Ts};
use crate::text::clean_to;
use crate::vendors::transport::{CallClass, Effect, TEXT_CHARS_MAX};
use crate::vendors::{Answer, CallError, CallLog, Finding};

/// How far the vendor's clock may be from ours.
const CLOCK_DRIFT_MAX: Span = Span::mins(2);
/// Most column names shown in a finding.
const SHOWN_MAX: usize = 40;

fn good(what: &str, found: String) -> Finding {
    Finding {
        is_ok: true,
        what: what.to_owned(),
        found,
    }
}

fn bad(what: &str, found: String) -> Finding {
    Finding {
        is_ok: false,
        what: what.to_owned(),
        found,
    }
}

impl Peoplevox {
    /// The cheapest read that needs a session (the vendor's own sample uses it too).
    pub(super) async fn read_probe(&self, log: &CallLog) -> Answer<()> {
        let operation = Operation::GetSaveTemplate {
            template: self.names.sheet(template::ORDERS),
        };
        let reply = self
            .client
            .call(&operation, CallClass::Read, Effect::Read, log)
            .await?;
        succeed(&operation.title(), reply).map(|_| ())
    }

    /// Compares templates and reports with the columns we need.
    ///
    /// # Errors
    /// Only when the system does not answer or lets us in no more; what is missing is a finding.
    pub(super) async fn read_templates(&self, log: &CallLog) -> Answer<Vec<Finding>> {
        let mut findings = Vec::new();
        for (name, columns) in [
            (template::ORDERS, names::ORDER_COLUMNS),
            (template::LINES, names::LINE_COLUMNS),
            (template::ITEMS, names::ITEM_COLUMNS),
        ] {
            let operation = Operation::GetSaveTemplate {
                template: self.names.sheet(name),
            };
            let header = self.header(&operation, log).await;
            findings.push(self.compare("template", name, columns, header)?);
        }
        for (name, columns) in [
            (template::SITES, names::SITE_COLUMNS),
            (template::SERVICES, names::SERVICE_COLUMNS),
        ] {
            let header = self.data_header(name, log).await;
            findings.push(self.compare("template", name, columns, header)?);
        }
        for (name, columns) in [
            (report::DESPATCHES, names::DESPATCH_COLUMNS),
            (report::STOCK, names::STOCK_COLUMNS),
            (report::CHANGES, names::CHANGE_COLUMNS),
            (report::MOVEMENTS, names::MOVEMENT_COLUMNS),
            (report::STATUSES, names::STATUS_COLUMNS),
        ] {
            let operation = Operation::GetReportColumns {
                report: self.names.sheet(name),
            };
            let header = self.header(&operation, log).await;
            findings.push(self.compare("report", name, columns, header)?);
        }
        Ok(findings)
    }

    /// Column names as a list; whether they come on one line or one a line is not documented, both are read.
    async fn header(&self, operation: &Operation<'_>, log: &CallLog) -> Answer<Sheet> {
        let reply = self
            .client
            .call(operation, CallClass::Read, Effect::Read, log)
            .await?;
        let reply = succeed(&operation.title(), reply)?;
        let one_line = reply
            .detail
            .lines()
            .map(|l| l.trim().trim_end_matches(','))
            .filter(|l| !l.is_empty())
            .collect::<Vec<_>>()
            .join(",");
        Sheet::read(&one_line).map_err(|e| super::rows::malformed(&operation.title(), &e))
    }

    fn compare(
        &self,
        kind: &str,
        name: &str,
        columns: &[&'static str],
        header: Answer<Sheet>,
    ) -> Answer<Finding> {
        let what = format!("{kind} {}", self.names.sheet(name));
        let header = match header {
            Ok(header) => header,
            Err(error) if is_about_the_sheet(&error) => {
                return Ok(bad(
                    &what,
                    format!(
                        "{}; configure it in Peoplevox or name its alias",
                        error.text
                    ),
                ));
            }
            Err(error) => return Err(error),
        };
        let missing: Vec<String> = columns
            .iter()
            .filter_map(|ours| self.names.column(name, ours).map(|alias| (*ours, alias)))
            .filter(|(_, alias)| header.position(&[alias]).is_none())
            .map(|(ours, alias)| {
                if ours == alias {
                    ours.to_owned()
                } else {
                    format!("{ours} (as {alias})")
                }
            })
            .take(SHOWN_MAX)
            .collect();
        if missing.is_empty() {
            return Ok(good(&what, format!("all {} columns", columns.len())));
        }
        let found = format!(
            "missing or renamed: {}; add them in Peoplevox or name their aliases",
            missing.join(", ")
        );
        Ok(bad(&what, clean_to(&found, TEXT_CHARS_MAX * 2)))
    }

    pub(super) async fn run_check(&self, now: Ts, log: &CallLog) -> Vec<Finding> {
        let mut findings = Vec::new();
        match self.read_probe(log).await {
            Ok(()) => findings.push(good("sign-in", format!("as {}", self.client.username))),
            // Signed in all right; that the template is refused is said below.
            Err(error) if error.class == AnswerClass::Rejected => {
                findings.push(good("sign-in", format!("as {}", self.client.username)));
            }
            Err(error) => {
                let remedy = match error.class {
                    AnswerClass::Auth => "; check client_id, username and password",
                    AnswerClass::Unavailable | AnswerClass::Unknown => {
                        "; check base_url, the network and a proxy in between"
                    }
                    _ => "",
                };
                findings.push(bad("sign-in", format!("{}{remedy}", error.text)));
                return findings;
            }
        }
        match self.read_templates(log).await {
            Ok(found) => findings.extend(found),
            Err(error) => findings.push(bad("templates", error.text)),
        }
        findings.push(self.clock(now));
        findings.push(match self.read_sites(log).await {
            Ok(sites) if sites.is_empty() => bad("sites", "none; no order could be sent".into()),
            Ok(sites) => {
                let list: Vec<&str> = sites.iter().map(|s| s.reference.as_str()).collect();
                good("sites", clean_to(&list.join(", "), TEXT_CHARS_MAX))
            }
            Err(error) => bad("sites", error.text),
        });
        findings.push(match self.read_services(log).await {
            Ok(services) if services.is_empty() => bad(
                "carrier services",
                "none with a code; set codes in Peoplevox under service types".into(),
            ),
            Ok(services) => good(
                "carrier services",
                format!("{} with a code", services.len()),
            ),
            Err(error) => bad("carrier services", error.text),
        });
        findings
    }

    fn clock(&self, now: Ts) -> Finding {
        let Some(theirs) = self.client.vendor_time() else {
            return good("clock", "the answers state no time; not compared".into());
        };
        let drift = now.since(theirs);
        let found = format!("{} s apart", drift.as_secs().abs());
        if drift.0.abs() <= CLOCK_DRIFT_MAX.0 {
            good("clock", found)
        } else {
            bad(
                "clock",
                format!("{found} ({theirs} there); set this machine's clock by NTP"),
            )
        }
    }
}

/// Errors about one template or report, not about the system: the check goes on.
fn is_about_the_sheet(error: &CallError) -> bool {
    matches!(error.class, AnswerClass::Rejected | AnswerClass::Malformed)
}
