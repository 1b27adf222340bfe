//! The open-order filters: groups of fields, all of which must hold; unknown codes are ignored.

use super::params::{bool_of, int_of, member, text_of};
use super::state::{COUNTRIES, LwOrder, status};
use crate::domain::time::{Span, Ts};
use crate::sandbox::world::World;
use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::Value;

/// Reads a time as sent: ISO 8601 with or without zone, or the form's `yyyy-MM-dd HH:mm:ss`.
pub fn read_time(text: &str) -> Option<Ts> {
    let text = text.trim();
    DateTime::parse_from_rfc3339(text)
        .map(|t| Ts::from_utc(t.with_timezone(&Utc)))
        .ok()
        .or_else(|| {
            ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S"]
                .iter()
                .find_map(|f| NaiveDateTime::parse_from_str(text, f).ok())
                .map(|t| Ts::from_utc(t.and_utc()))
        })
}

impl World {
    /// Whether an open order passes `filters` and the free-text filter.
    pub(crate) fn lw_passes(&self, order: &LwOrder, filters: &Value, free_text: &str) -> bool {
        const GROUPS: &[&str] = &[
            "TextFields",
            "BooleanFields",
            "NumericFields",
            "DateFields",
            "ListFields",
        ];
        let passes_groups = GROUPS.iter().all(|group| {
            member(filters, group)
                .and_then(Value::as_array)
                .is_none_or(|fields| fields.iter().all(|f| self.lw_field(order, group, f)))
        });
        passes_groups && self.lw_contains(order, free_text)
    }

    fn lw_contains(&self, order: &LwOrder, free_text: &str) -> bool {
        if free_text.is_empty() {
            return true;
        }
        let wanted = free_text.to_lowercase();
        [
            order.reference.as_str(),
            &order.number.to_string(),
            &order.address.name,
            &order.address.postcode,
            &order.tracking,
        ]
        .iter()
        .any(|t| t.to_lowercase().contains(&wanted))
    }

    fn lw_field(&self, order: &LwOrder, group: &str, field: &Value) -> bool {
        let code = member(field, "FieldCode").map(text_of).unwrap_or_default();
        let kind = member(field, "Type").map(text_of).unwrap_or_default();
        let value = member(field, "Value");
        match group {
            "BooleanFields" => match flag(order, &code) {
                Some(actual) => value.and_then(bool_of).is_none_or(|w| w == actual),
                None => true,
            },
            "NumericFields" => match number(order, &code) {
                Some(actual) => value
                    .and_then(int_of)
                    .is_none_or(|wanted| match kind.as_str() {
                        "Greater" | "1" => actual > wanted,
                        "Lower" | "2" => actual < wanted,
                        _ => actual == wanted,
                    }),
                None => true,
            },
            "ListFields" => {
                let wanted = value.map(text_of).unwrap_or_default();
                let is_listed = self
                    .lw_texts(order, &code)
                    .map(|texts| texts.iter().any(|t| t.eq_ignore_ascii_case(&wanted)));
                match is_listed {
                    Some(listed) => listed != matches!(kind.as_str(), "Not" | "1"),
                    None => true,
                }
            }
            "DateFields" => self.lw_date_field(order, &code, &kind, field),
            _ => {
                let wanted = member(field, "Text")
                    .map(text_of)
                    .unwrap_or_default()
                    .to_lowercase();
                match self.lw_texts(order, &code) {
                    Some(texts) => texts.iter().any(|t| {
                        let t = t.to_lowercase();
                        match kind.as_str() {
                            "Contains" | "1" => t.contains(&wanted),
                            "StartWith" | "2" => t.starts_with(&wanted),
                            "EndsWith" | "3" => t.ends_with(&wanted),
                            _ => t == wanted,
                        }
                    }),
                    None => true,
                }
            }
        }
    }

    fn lw_date_field(&self, order: &LwOrder, code: &str, kind: &str, field: &Value) -> bool {
        let actual = match code {
            "GENERAL_INFO_DATE" => Some(order.received_at),
            "GENERAL_INFO_DESPATCHBYDATE" => order.ship_by,
            _ => return true,
        };
        let Some(actual) = actual else {
            return false;
        };
        let end = |name: &str| member(field, name).map(text_of).and_then(|t| read_time(&t));
        let days = member(field, "Value").and_then(int_of).unwrap_or(0);
        let edge = self.now - Span::days(days);
        match kind {
            "OlderThan" | "1" => actual < edge,
            "LastDays" | "2" => actual >= edge,
            _ => {
                end("DateFrom").is_none_or(|from| actual >= from)
                    && end("DateTo").is_none_or(|to| actual <= to)
            }
        }
    }

    fn lw_texts(&self, order: &LwOrder, code: &str) -> Option<Vec<String>> {
        let service = &self.lw.services[order.service];
        Some(match code {
            "GENERAL_INFO_ORDER_ID" => vec![order.number.to_string()],
            "GENERAL_INFO_REFERENCE_NUMBER"
            | "GENERAL_INFO_CHANNEL_REFERENCE_NUMBER"
            | "GENERAL_INFO_EXTERNAL_REFERENCE_NUMBER" => vec![order.reference.clone()],
            "GENERAL_INFO_SOURCE" => vec![order.source.to_owned()],
            "GENERAL_INFO_SUBSOURCE" => vec![order.sub_source.to_owned()],
            "GENERAL_INFO_STATUS" => vec![
                order.status.to_string(),
                status_name(order.status).to_owned(),
            ],
            "SHIPPING_INFORMATION_VENDOR" => vec![service.vendor.clone()],
            "SHIPPING_INFORMATION_SERVICE" => vec![service.name.clone()],
            "SHIPPING_INFORMATION_SERVICE_ID" => vec![service.id.to_string()],
            "SHIPPING_INFORMATION_TRACKING_NUMBER" => vec![order.tracking.clone()],
            "CUSTOMER_EMAIL" => vec![order.address.email.clone()],
            "CUSTOMER_ADDRESS_POSTCODE" => vec![order.address.postcode.clone()],
            "CUSTOMER_ADDRESS_COUNTRY" => vec![COUNTRIES[order.address.country].0.to_owned()],
            "FOLDER" | "FOLDERS" => order.folders.clone(),
            "ITEMS_SKU" => order.lines.iter().map(|l| l.sku.clone()).collect(),
            "LOCATION_ID" => vec![self.lw.locations[order.location].id.to_string()],
            _ => return None,
        })
    }
}

fn flag(order: &LwOrder, code: &str) -> Option<bool> {
    match code {
        "GENERAL_INFO_LOCKED" => Some(order.is_locked),
        "GENERAL_INFO_PARKED" => Some(order.is_parked),
        "GENERAL_INFO_LABEL_PRINTED"
        | "GENERAL_INFO_INVOICE_PRINTED"
        | "GENERAL_INFO_PART_SHIPPED" => Some(false),
        _ => None,
    }
}

fn number(order: &LwOrder, code: &str) -> Option<i64> {
    match code {
        "GENERAL_INFO_STATUS" => Some(i64::from(order.status)),
        "GENERAL_INFO_ORDER_ID" => Some(order.number),
        "GENERAL_INFO_TAG" => Some(i64::from(order.marker.unwrap_or(0))),
        "GENERAL_INFO_NOTES" => i64::try_from(order.notes.len()).ok(),
        "ITEMS_QUANTITY" => Some(order.lines.iter().map(|l| l.quantity).sum()),
        _ => None,
    }
}

fn status_name(number: u8) -> &'static str {
    match number {
        status::UNPAID => "Unpaid",
        status::PAID => "Paid",
        status::RETURN => "Return",
        status::PENDING => "Pending",
        _ => "Resend",
    }
}
