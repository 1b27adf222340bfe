//! What events say: thin bodies, no two types with the same members.

use super::sale::{Cin7Sale, Fulfilment};
use crate::sandbox::world::World;
use serde_json::{Value, json};

impl World {
    /// The body of an event: no two types have the same members.
    pub(super) fn cin7_payload(
        &self,
        kind: &str,
        sale: &Cin7Sale,
        f: Option<&Fulfilment>,
    ) -> Value {
        let id = sale.id.to_string().to_uppercase();
        let mut out = json!({"SaleID": id, "SaleOrderNumber": sale.number_text()});
        let who = json!({"CustomerName": sale.customer, "CustomerContactName": sale.contact,
            "CustomerContactEmail": sale.email});
        let task = f.map_or(id.clone(), |f| f.task.to_string().to_uppercase());
        let add = |out: &mut Value, more: Value| {
            if let (Value::Object(out), Value::Object(more)) = (out, more) {
                out.extend(more);
            }
        };
        match kind {
            "Sale/OrderAuthorised" | "Sale/QuoteAuthorised" | "Sale/Backordered" => {}
            "Sale/Created" => {
                add(&mut out, who);
                let day = sale.date.format("%Y-%m-%d").to_string();
                let more = json!({"SaleRepEmail": "", "SaleOrderDate": day, "TaskTypeSign": "0",
                    "IsServiceOnly": "0", "DownloadLink": ""});
                add(&mut out, more);
            }
            "Sale/ShipmentAuthorised" | "Sale/InvoiceAuthorised" => {
                out = json!({"SaleTaskID": task, "TenantID": self.cin7.account_id,
                    "OrderNumber": sale.number_text()});
                if kind == "Sale/InvoiceAuthorised" {
                    out["InvoiceNumber"] = json!(sale.invoices.last().map(|i| i.number.clone()));
                }
                add(&mut out, who);
            }
            "Sale/CreditNoteAuthorised" => {
                let note = sale.credit_notes.last();
                let number = note.map(|n| format!("{} ", n.number));
                add(
                    &mut out,
                    json!({"CreditNoteNumber": number, "TaskID": note.map(|n| n.task)}),
                );
                add(&mut out, who);
            }
            "Sale/ShipmentTrackingNumberChanged" => add(&mut out, tracking_payload(sale, f, &task)),
            "Sale/PickAuthorised" | "Sale/PackAuthorised" => {
                out["TaskID"] = json!(task);
                add(&mut out, who);
            }
            _ => add(&mut out, who),
        }
        out["EventType"] = json!(kind);
        out
    }
}

/// The one event with the tenant's own date format.
fn tracking_payload(sale: &Cin7Sale, f: Option<&Fulfilment>, task: &str) -> Value {
    let day = |d: chrono::NaiveDate| d.format("%d/%m/%Y").to_string();
    let rows = f.map(|f| f.ship.lines.as_slice()).unwrap_or_default();
    let rows: Vec<Value> = rows
        .iter()
        .map(|l| {
            json!({"ShipmentDate": l.date.map(day), "TrackingNumber": l.tracking, "TrackingUrl": "",
                "Carrier": l.carrier})
        })
        .collect();
    json!({
        "TaskID": task, "SaleOrderDate": day(sale.date), "CustomerContact": sale.contact,
        "CustomerEmail": sale.email, "CustomerName": sale.customer, "TaskTypeSign": 0,
        "Shipments": rows,
    })
}
