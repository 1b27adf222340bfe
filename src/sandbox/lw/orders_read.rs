//! Reading orders: lists by location, details by id, number and reference, relations, audit trails, notes.

use super::params::{Params, Refusal, member, text_of};
use super::render::{self, time};
use super::state::{Book, COUNTRIES, LwLocation, country_id};
use crate::sandbox::rng::Guid;
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// Most orders a reference look-up answers.
const BY_REFERENCE_MAX: usize = 50;

/// A page of a list: 1-based number, size, total.
fn paged(page: usize, size: usize, total: usize, rows: Vec<Value>) -> Value {
    json!({
        "PageNumber": page, "EntriesPerPage": size, "TotalEntries": total,
        "TotalPages": total.div_ceil(size.max(1)), "Data": rows,
    })
}

impl World {
    pub(super) fn lw_locations(&self) -> Value {
        let rows: Vec<Value> = self
            .lw
            .locations
            .iter()
            .enumerate()
            .map(|(at, l)| location(at, l))
            .collect();
        json!(rows)
    }

    pub(super) fn lw_location(&self, p: &Params) -> Result<Value, Refusal> {
        let id = p.guid("pkStockLocationId")?;
        let at = self
            .lw
            .location(id)
            .ok_or_else(|| Refusal::bad("Location not found"))?;
        Ok(location(at, &self.lw.locations[at]))
    }

    /// Open orders of the call's location that pass its filters, in the asked order.
    fn lw_matching(&self, p: &Params) -> Result<Vec<usize>, Refusal> {
        let location = p.optional_guid("fulfilmentCenter")?.unwrap_or(Guid::ZERO);
        let filters = p.get("filters").unwrap_or(Value::Null);
        let free_text = p.text("additionalFilter").unwrap_or_default();
        let mut found: Vec<usize> = self
            .lw_open_at(location)
            .into_iter()
            .filter(|ix| self.lw_passes(&self.lw.orders[*ix], &filters, &free_text))
            .collect();
        for sort in p.list("sorting").iter().rev() {
            let code = member(sort, "FieldCode").map(text_of).unwrap_or_default();
            let direction = member(sort, "Direction").map(text_of).unwrap_or_default();
            match code.as_str() {
                "GENERAL_INFO_DATE" => found.sort_by_key(|ix| self.lw.orders[*ix].received_at),
                "GENERAL_INFO_ORDER_ID" => found.sort_by_key(|ix| self.lw.orders[*ix].number),
                "GENERAL_INFO_DESPATCHBYDATE" => {
                    found.sort_by_key(|ix| self.lw.orders[*ix].ship_by);
                }
                _ => continue,
            }
            if matches!(direction.as_str(), "Descending" | "1") {
                found.reverse();
            }
        }
        Ok(found)
    }

    /// Open orders of a location; while reads are stale, as they were a little earlier.
    fn lw_open_at(&self, location: Guid) -> Vec<usize> {
        let Some(at) = self.lw.location(location) else {
            return Vec::new();
        };
        let mut found: Vec<usize> = self.lw.open[at].iter().copied().collect();
        if let Some(since) = self.lw.stale_since {
            found.retain(|ix| self.lw.orders[*ix].created_at <= since);
            let lately = self.lw.processed.range((since, 0)..).map(|p| p.1);
            found.extend(lately.filter(|ix| self.lw.orders[*ix].location == at));
            found.sort_unstable();
        }
        found
    }

    pub(super) fn lw_open_orders(&mut self, p: &Params) -> Result<Value, Refusal> {
        let size = positive(p.int("entriesPerPage")?)?.min(self.config.lw.open_page_max);
        let page = positive(p.int("pageNumber")?)?;
        let found = self.lw_matching(p)?;
        let total = found.len();
        let mut rows: Vec<usize> = found
            .into_iter()
            .skip((page - 1).saturating_mul(size))
            .take(size)
            .collect();
        self.faults.bend_page(&mut rows);
        let rows = rows.into_iter().map(|ix| self.lw_open_shape(ix)).collect();
        Ok(paged(page, size, total, rows))
    }

    pub(super) fn lw_all_open_orders(&mut self, p: &Params) -> Result<Value, Refusal> {
        let mut found = self.lw_matching(p)?;
        self.faults.bend_page(&mut found);
        let ids: Vec<Guid> = found.iter().map(|ix| self.lw.orders[*ix].id).collect();
        Ok(json!(ids))
    }

    pub(super) fn lw_view_orders(&mut self, p: &Params, ids_only: bool) -> Result<Value, Refusal> {
        if p.int("ViewId")? == 0 {
            return Err(Refusal::bad(
                "Object reference not set to an instance of an object.",
            ));
        }
        let location = p.guid("LocationId")?;
        let size = positive(p.int("EntriesPerPage")?)?;
        let page = positive(p.int("PageNumber")?)?;
        let mut found = self.lw_open_at(location);
        if p.has("OrderIds") && !p.list("OrderIds").is_empty() {
            let wanted = p.guids("OrderIds")?;
            found.retain(|ix| wanted.contains(&self.lw.orders[*ix].id));
        }
        let total = found.len();
        let rows: Vec<usize> = found
            .into_iter()
            .skip((page - 1).saturating_mul(size))
            .take(size)
            .collect();
        let rows = if ids_only {
            rows.iter()
                .map(|ix| json!(self.lw.orders[*ix].id))
                .collect()
        } else {
            rows.iter().map(|ix| self.lw_open_shape(*ix)).collect()
        };
        let mut answer = paged(page, size, total, rows);
        if !ids_only {
            answer["ResultCountRemovedByPostFilter"] = json!(0);
        }
        Ok(answer)
    }

    pub(super) fn lw_open_details(&mut self, p: &Params) -> Result<Value, Refusal> {
        let ids = p.guids("OrderIds")?;
        let mut found: Vec<usize> = ids
            .iter()
            .filter_map(|id| self.lw.order_by_id.get(id).copied())
            .filter(|ix| self.lw.orders[*ix].is_open())
            .collect();
        self.faults.bend_page(&mut found);
        let levels: Vec<String> = p.list("DetailLevel").iter().map(text_of).collect();
        let has_notes = levels.is_empty() || levels.iter().any(|l| l == "NOTES");
        let rows: Vec<Value> = found
            .into_iter()
            .map(|ix| {
                let mut order = self.lw_details(ix);
                if !has_notes {
                    order["Notes"] = json!([]);
                }
                order
            })
            .collect();
        Ok(json!({ "Orders": rows }))
    }

    pub(super) fn lw_search_orders(&self, p: &Params) -> Result<Value, Refusal> {
        let term = p.text("SearchTerm").unwrap_or_default();
        if term.is_empty() {
            return Err(Refusal::bad("Must provide a search term."));
        }
        let mut found = self.lw_by_reference(&term);
        if let Some(ix) = term
            .parse()
            .ok()
            .and_then(|n: i64| self.lw.order_by_number.get(&n))
        {
            found.push(*ix);
        }
        let (open, done): (Vec<usize>, Vec<usize>) = found
            .into_iter()
            .partition(|ix| self.lw.orders[*ix].is_open());
        let ids = |list: &[usize]| -> Vec<Guid> {
            list.iter().map(|ix| self.lw.orders[*ix].id).collect()
        };
        let location = p
            .text("LocationId")
            .unwrap_or_else(|| Guid::ZERO.to_string());
        let views = if open.is_empty() {
            Vec::new()
        } else {
            vec![json!({
                "ViewId": 1, "LocationId": location, "TotalOrders": open.len(),
                "OrderIds": ids(&open), "Count": open.len(),
            })]
        };
        let processed = if p.flag("IncludeProcessed", false) {
            ids(&done)
        } else {
            Vec::new()
        };
        Ok(json!({ "OpenOrders": views, "ProcessedOrders": processed }))
    }

    fn lw_known(&self, id: Guid) -> Option<usize> {
        self.lw
            .order_by_id
            .get(&id)
            .copied()
            .filter(|ix| !matches!(self.lw.orders[*ix].book, Book::Gone(_)))
    }

    pub(super) fn lw_orders_by_id(&mut self, p: &Params) -> Result<Value, Refusal> {
        let ids = p.guids("pkOrderIds")?;
        let mut found: Vec<usize> = ids.iter().filter_map(|id| self.lw_known(*id)).collect();
        self.faults.bend_page(&mut found);
        Ok(found.into_iter().map(|ix| self.lw_details(ix)).collect())
    }

    pub(super) fn lw_order_by_id(&self, p: &Params) -> Result<Value, Refusal> {
        let id = p.guid("pkOrderId")?;
        self.lw_known(id)
            .map(|ix| self.lw_details(ix))
            .ok_or_else(|| Refusal::bad("Order not found"))
    }

    /// An unknown number answers 200 with an object of default values.
    pub(super) fn lw_order_by_number(&self, p: &Params) -> Result<Value, Refusal> {
        let number = p.int("OrderId")?;
        let known = self
            .lw
            .order_by_number
            .get(&number)
            .copied()
            .filter(|ix| !matches!(self.lw.orders[*ix].book, Book::Gone(_)));
        Ok(match known {
            Some(ix) => self.lw_details(ix),
            None => json!({
                "OrderId": Guid::ZERO, "NumOrderId": 0, "Processed": false,
                "ProcessedDateTime": null, "PaidDateTime": null,
                "FulfilmentLocationId": Guid::ZERO, "GeneralInfo": null, "ShippingInfo": null,
                "CustomerInfo": null, "TotalsInfo": null, "Items": null, "Notes": null,
                "ExtendedProperties": null, "FolderName": null, "TaxId": null,
            }),
        })
    }

    fn lw_by_reference(&self, reference: &str) -> Vec<usize> {
        self.lw
            .orders_by_reference
            .get(reference)
            .cloned()
            .unwrap_or_default()
            .into_iter()
            .filter(|ix| !matches!(self.lw.orders[*ix].book, Book::Gone(_)))
            .take(BY_REFERENCE_MAX)
            .collect()
    }

    pub(super) fn lw_orders_by_reference(&self, p: &Params) -> Value {
        self.lw_by_reference(&p.text("ReferenceId").unwrap_or_default())
            .into_iter()
            .map(|ix| self.lw_details(ix))
            .collect()
    }

    pub(super) fn lw_relations(&self, p: &Params) -> Result<Value, Refusal> {
        let id = p.guid("orderId")?;
        let Some(ix) = self.lw.order_by_id.get(&id).copied() else {
            return Ok(json!([]));
        };
        let rows: Vec<Value> = self
            .lw
            .relations
            .iter()
            .filter(|(parent, child, _)| *parent == ix || *child == ix)
            .map(|(parent, child, kind)| {
                let (parent, child) = (&self.lw.orders[*parent], &self.lw.orders[*child]);
                json!({
                    "ParentOrderId": parent.id, "ChildOrderId": child.id,
                    "Parent": parent.number, "Child": child.number, "Type": kind,
                })
            })
            .collect();
        Ok(json!(rows))
    }

    fn lw_audit_rows(&self, ix: usize) -> Vec<Value> {
        self.lw.orders[ix]
            .audit
            .iter()
            .map(|a| {
                json!({
                    "Date": time(a.at), "Type": a.kind, "Note": a.note, "User": a.user,
                    "fkOrderHistoryTypeId": a.kind, "Tag": a.tag, "TypeDescription": a.kind,
                })
            })
            .collect()
    }

    pub(super) fn lw_audit(&self, p: &Params) -> Result<Value, Refusal> {
        let id = p.guid("orderId")?;
        Ok(self
            .lw_known(id)
            .map(|ix| json!(self.lw_audit_rows(ix)))
            .unwrap_or_else(|| json!([])))
    }

    pub(super) fn lw_audits(&self, p: &Params) -> Result<Value, Refusal> {
        let rows: Vec<Value> = p
            .guids("OrderIds")?
            .into_iter()
            .filter_map(|id| {
                let ix = self.lw_known(id)?;
                Some(json!({"pkOrderId": id, "AuditTrail": self.lw_audit_rows(ix)}))
            })
            .collect();
        Ok(json!({ "AuditTrails": rows }))
    }

    pub(super) fn lw_notes(&self, p: &Params) -> Result<Value, Refusal> {
        let id = p.guid("orderId")?;
        let rows: Vec<Value> = self
            .lw_known(id)
            .map(|ix| {
                self.lw.orders[ix]
                    .notes
                    .iter()
                    .map(|n| render::note(id, n))
                    .collect()
            })
            .unwrap_or_default();
        Ok(json!(rows))
    }

    pub(super) fn lw_countries(&self) -> Value {
        COUNTRIES
            .iter()
            .enumerate()
            .map(|(at, (name, code, continent))| {
                json!({
                    "CountryId": country_id(at), "CountryName": name, "CountryCode": code,
                    "Continent": continent, "CustomsRequired": *code != "GB", "TaxRate": 20.0,
                })
            })
            .collect()
    }

    pub(super) fn lw_postal_services(&self) -> Value {
        self.lw
            .services
            .iter()
            .map(|s| {
                json!({
                    "id": s.id, "pkPostalServiceId": s.id, "PostalServiceName": s.name,
                    "PostalServiceTag": s.name, "PostalServiceCode": s.code,
                    "ServiceCountry": "United Kingdom", "Vendor": s.vendor, "PrintModule": "",
                    "PrintModuleTitle": "", "TrackingNumberRequired": s.is_tracking_required,
                    "WeightRequired": false, "IgnorePackagingGroup": false,
                    "fkShippingAPIConfigId": 0, "IntegratedServiceId": null,
                    "hasMappedShippingService": false, "Channels": [], "ShippingServices": [],
                })
            })
            .collect()
    }

    pub(super) fn lw_shipping_methods(&self) -> Value {
        let mut vendors: Vec<&str> = self.lw.services.iter().map(|s| s.vendor.as_str()).collect();
        vendors.sort_unstable();
        vendors.dedup();
        vendors
            .into_iter()
            .map(|vendor| {
                let rows: Vec<Value> = self
                    .lw
                    .services
                    .iter()
                    .filter(|s| s.vendor == vendor)
                    .map(|s| {
                        json!({
                            "pkPostalServiceId": s.id, "PostalServiceName": s.name,
                            "TrackingNumberRequired": s.is_tracking_required,
                            "Vendor": s.vendor, "IntegratedServiceID": null,
                        })
                    })
                    .collect();
                json!({"Vendor": vendor, "PostalServices": rows})
            })
            .collect()
    }
}

fn location(at: usize, l: &LwLocation) -> Value {
    json!({
        "StockLocationId": l.id, "StockLocationIntId": at, "LocationName": l.name,
        "LocationTag": "", "IsFulfillmentCenter": l.is_fulfilment_centre,
        "IsNotTrackable": false, "IsWarehouseManaged": false,
        "CountInOrderUntilAcknowledgement": l.is_fulfilment_centre && l.counts_orders,
        "FulfilmentCenterDeductStockWhenProcessed": l.is_fulfilment_centre && l.deducts,
        "Address1": "1 Mill Lane", "Address2": "", "City": "Leeds", "County": "",
        "Country": "United Kingdom", "ZipCode": "LS1 1AA",
    })
}

/// A page number or size: at least 1.
fn positive(number: i64) -> Result<usize, Refusal> {
    usize::try_from(number)
        .ok()
        .filter(|n| *n > 0)
        .ok_or_else(Refusal::invalid)
}
