//! Fulfilments, fulfilment orders, refunds and returns as JSON.

use super::render::{address_json, progress_name};
use super::state::{
    FulfilmentOrder, Parcel, Progress, ShopFulfilment, ShopOrder, ShopRefund, ShopReturn,
};
use super::wire::{CURRENCY, money, money_set, number, number_set, or_null, short_money};
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// Where a fulfilment order stands.
pub(super) fn fulfilment_order_status(order: &ShopOrder, part: &FulfilmentOrder) -> &'static str {
    if order.cancelled_at.is_some() {
        return "cancelled";
    }
    let left: i64 = part.lines.iter().map(|l| order.fulfillable(l.1)).sum();
    let sent: i64 = part.lines.iter().map(|l| order.shipped(l.1)).sum();
    match (left, sent) {
        (0, _) => "closed",
        _ if part.held.is_some() => "on_hold",
        (_, 0) => "open",
        _ => "in_progress",
    }
}

fn parcel_json(parcel: &Parcel) -> Value {
    json!({
        "tracking_company": parcel.company, "tracking_number": parcel.number,
        "tracking_url": parcel.url,
    })
}

impl World {
    /// A fulfilment. `is_read`: as the GET of fulfilments writes it, with more members and shorter amounts.
    pub(super) fn shop_fulfilment_json(
        &self,
        order: &ShopOrder,
        part: &ShopFulfilment,
        is_read: bool,
    ) -> Value {
        let at = order.fulfilments.iter().position(|f| f.id == part.id);
        let is_cancelled = part.cancelled_at.is_some();
        let numbers: Vec<&str> = part.tracking.iter().map(|p| p.number.as_str()).collect();
        let urls: Vec<&str> = part
            .tracking
            .iter()
            .map(|p| p.url.as_str())
            .filter(|u| !u.is_empty())
            .collect();
        // A fulfilment without tracking lists one empty entry.
        let bare = [Parcel {
            company: String::new(),
            number: String::new(),
            url: String::new(),
        }];
        let listed = if part.tracking.is_empty() {
            &bare[..]
        } else {
            &part.tracking[..]
        };
        let lines: Vec<Value> = part
            .lines
            .iter()
            .map(|(line, units)| {
                self.shop_shipped_line(order, *line, *units, is_read, is_cancelled)
            })
            .collect();
        let mut out = json!({
            "id": part.id, "order_id": order.id,
            "name": format!("#{}.{}", order.name, at.map_or(order.fulfilments.len() + 1, |n| n + 1)),
            "status": if is_cancelled { "cancelled" } else { "success" },
            "created_at": self.shop_time(part.created_at),
            "updated_at": self.shop_time(part.updated_at),
            "tracking_company": listed[0].company, "tracking_number": listed[0].number,
            "tracking_numbers": numbers, "tracking_url": listed[0].url, "tracking_urls": urls,
            "tracking_info_list": listed.iter().map(parcel_json).collect::<Vec<_>>(),
            "line_items": lines,
        });
        if is_read {
            out["shipment_status"] = json!(part.shipment_status);
            out["location_id"] = json!(self.shop.locations[part.location].id);
        }
        out
    }

    /// A line inside a fulfilment: its id is a number here.
    fn shop_shipped_line(
        &self,
        order: &ShopOrder,
        at: usize,
        units: i64,
        is_read: bool,
        is_cancelled: bool,
    ) -> Value {
        let line = &order.lines[at];
        let (product, variant) = self.shop_ids_of(line);
        let price = if is_read { short_money } else { money };
        let mut out = json!({
            "id": line.id, "variant_id": variant, "product_id": product, "sku": or_null(&line.sku),
            "title": line.title, "name": line.title, "variant_title": line.variant_title,
            "quantity": line.quantity, "fulfillment_quantity": units,
            "fulfillable_quantity": order.fulfillable(at), "price": price(line.price_minor),
            "grams": line.weight_grams, "requires_shipping": line.needs_shipping,
            "taxable": true, "version": "0", "total_discount": price(0),
            "price_set": money_set(line.price_minor), "total_discount_set": money_set(0),
            "tax_lines": [],
        });
        if is_read {
            // A line of a cancelled fulfilment says `partial`, whatever is left of it.
            let progress = if is_cancelled {
                Progress::Part
            } else {
                order.line_progress(at)
            };
            out["fulfillment_status"] = json!(progress_name(progress));
            out["properties"] = json!([]);
            out["vendor"] = Value::Null;
        }
        out
    }

    /// A fulfilment order.
    pub(super) fn shop_part_json(&self, order: &ShopOrder, part: &FulfilmentOrder) -> Value {
        let place = &self.shop.locations[part.location];
        let status = fulfilment_order_status(order, part);
        let actions: &[&str] = match status {
            "open" | "in_progress" => &["create_fulfillment", "move", "hold"],
            "on_hold" => &["release_hold"],
            _ => &[],
        };
        let lines: Vec<Value> = part
            .lines
            .iter()
            .map(|(id, at)| {
                let line = &order.lines[*at];
                json!({
                    "id": id.to_string(), "fulfillment_order_id": part.id,
                    "line_item_id": line.id.to_string(), "shop_id": self.shop.store_id,
                    "variant_id": self.shop_ids_of(line).1, "sku": or_null(&line.sku),
                    "quantity": line.quantity, "fulfillable_quantity": order.fulfillable(*at),
                    "harmonized_system_code": null, "country_code_of_origin": null,
                })
            })
            .collect();
        let holds: Vec<Value> = part
            .held
            .iter()
            .map(|reason| json!({"reason": reason, "reason_notes": null}))
            .collect();
        json!({
            "id": part.id, "order_id": order.id, "shop_id": self.shop.store_id, "status": status,
            "request_status": "unsubmitted", "supported_actions": actions,
            "assigned_location_id": place.id,
            "assigned_location": {
                "location_id": place.id, "name": place.name, "address1": place.line1,
                "address2": null, "city": place.town, "province": null,
                "country": "United Kingdom", "country_code": "GB", "zip": place.postcode, "phone": "1",
            },
            "destination": address_json(&order.address),
            "delivery_method": {
                "method_type": if part.needs_shipping { "shipping" } else { "none" },
                "service_code": null, "shipping_rate_name": or_null(&order.rate),
                "shipping_strategy_name": "General", "min_delivery_date_time": null,
                "max_delivery_date_time": null,
            },
            "fulfillment_holds": holds, "line_items": lines,
        })
    }

    /// A refund. The copy inside an order leaves the adjustments out.
    pub(super) fn shop_refund_json(
        &self,
        order: &ShopOrder,
        refund: &ShopRefund,
        is_embedded: bool,
    ) -> Value {
        let lines: Vec<Value> = refund
            .lines
            .iter()
            .map(|row| {
                let line = self.shop_line_json(order, row.line);
                json!({
                    "id": row.id, "line_item_id": order.lines[row.line].id.to_string(),
                    "quantity": row.quantity, "restock_type": row.restock.name(),
                    "subtotal": number(row.subtotal_minor),
                    "subtotal_set": number_set(row.subtotal_minor),
                    "total_tax": 0, "total_tax_set": number_set(0), "line_item": line,
                })
            })
            .collect();
        let goods: i64 = refund.lines.iter().map(|l| l.subtotal_minor).sum();
        let beside = refund.amount_minor - goods;
        let adjustments = if is_embedded || beside == 0 {
            json!([])
        } else {
            let id = refund.id.get(3..).unwrap_or_default();
            json!([{
                "id": format!("RAP{id}"), "kind": "refund_discrepancy",
                "reason": "Refund discrepancy", "refund_id": format!("270{id}"),
                "order_id": order.id, "amount": money(beside), "tax_amount": "0.00",
                "amount_set": number_set(beside), "tax_amount_set": number_set(0),
            }])
        };
        json!({
            "id": refund.id, "order_id": order.id, "user_id": null, "note": refund.note,
            "created_at": self.shop_time(refund.at), "processed_at": null,
            "refund_line_items": lines, "order_adjustments": adjustments,
            "total_duties_set": money_set(0), "transactions": [], "transactions_v2": [],
            "currency": CURRENCY,
        })
    }

    /// A return as REST writes it.
    pub(super) fn shop_return_json(&self, order: &ShopOrder, back: &ShopReturn) -> Value {
        let lines: Vec<Value> = back
            .lines
            .iter()
            .map(|row| {
                json!({
                    "id": row.id, "fulfillment_id": row.fulfilment, "quantity": row.quantity,
                    "return_reason": row.reason, "return_reason_note": or_null(&row.note),
                    "fulfillment_line_item": {
                        "quantity": row.quantity,
                        "line_item": self.shop_line_json(order, row.line),
                    },
                })
            })
            .collect();
        json!({
            "id": back.id, "order_id": order.id, "status": back.status,
            "return_reason": back.reason, "created_at": self.shop_time(back.created_at),
            "return_line_items": lines,
        })
    }

    /// A return as webhooks write it: other names for the same ids, and milliseconds in the time.
    pub(super) fn shop_return_event(&self, order: &ShopOrder, back: &ShopReturn) -> Value {
        let lines: Vec<Value> = back
            .lines
            .iter()
            .map(|row| {
                json!({
                    "refund_detail_seq": row.id, "order_package_seq": row.fulfilment,
                    "quantity": row.quantity, "return_reason": row.reason,
                })
            })
            .collect();
        let at = back.created_at.to_utc();
        let offset = self.config.shop.switches.utc_offset_minutes * 60;
        let at = chrono::FixedOffset::east_opt(offset).map_or_else(
            || at.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string(),
            |o| {
                at.with_timezone(&o)
                    .format("%Y-%m-%dT%H:%M:%S%.3f%z")
                    .to_string()
            },
        );
        json!({
            "after_sale_order_seq": back.id, "order_seq": order.id, "status": back.status,
            "return_reason": back.reason, "created_at": at, "return_line_items": lines,
        })
    }
}
