//! What an engineer and a service desk look at: why an order does not move, a stored call.

use super::rows::ago;
use tallyman::desk::EditQuestion;
use tallyman::domain::catalogue::Kind;
use tallyman::domain::edits::keeps_text;
use tallyman::domain::ids::{ExceptionId, PayloadId};
use tallyman::domain::mapping::MappingKind;
use tallyman::domain::order::{Address, OrderRow, OrderState};
use tallyman::domain::time::Span;
use tallyman::domain::why::{Reason, Standing, Way, Why};
use tallyman::report::body::{compare, pretty};
use tallyman::report::{CallBody, GoodCall, Origin, Sight, StoredCall};

/// What holds it; orders that nothing holds say so.
pub fn why(row: &OrderRow) -> Why {
    let reasons = match row.state {
        OrderState::Blocked => vec![Reason {
            standing: Standing::Stopped,
            what: row.blocked_by.clone(),
            since: Some(row.state_since),
            next: "Checks it again with every change of a mapping or an item.".to_owned(),
            next_at: None,
            way: Way::Map {
                kind: MappingKind::Carrier,
                value: row.service.to_string(),
            },
            kind: Some(Kind::OrdCarrierUnmapped),
            case: Some(ExceptionId(1)),
            delivery: None,
        }],
        _ => Vec::new(),
    };
    Why {
        standing: reasons.first().map_or(Standing::Moving, |r| r.standing),
        place: row.state.as_str().replace('_', " "),
        since: row.state_since,
        next: if reasons.is_empty() {
            "Despatches are read every 20 s, progress every 60 s.".to_owned()
        } else {
            String::new()
        },
        next_at: reasons.is_empty().then(|| ago(0) + Span::secs(12)),
        reasons,
    }
}

/// What can be edited of it, with an address line that is too long.
pub fn edit(row: &OrderRow) -> EditQuestion {
    EditQuestion {
        order: row.id,
        number: row.number.clone(),
        address: Address {
            name: "Pat Sample".to_owned(),
            line1: "The Old Post Office behind the second gate on the left after the bridge, ring twice and wait for the dog".to_owned(),
            town: "York".to_owned(),
            postcode: "YO1 0AA".to_owned(),
            country: "GB".to_owned(),
            email: "pat@example.test".to_owned(),
            ..Address::default()
        },
        needs: Vec::new(),
        refused: keeps_text(row.state, false).map(str::to_owned),
    }
}

const REQUEST: &str = "POST https://wms.example.test/IntegrationService.asmx\r\ncontent-type: text/xml\r\ndate: Mon, 23 Nov 2026 09:20:11 GMT\r\n\r\n\
<soap:Envelope><soap:Body><SaveData><saveRequest><TemplateName>Sales orders</TemplateName><CsvData>SalesOrderNumber,Contact,ShippingAddressLine1,Site\nLW-100101,Pat Sample,The Old Post Office behind the second gate,NORTH\n</CsvData></saveRequest></SaveData></soap:Body></soap:Envelope>";
const GOOD: &str = "POST https://wms.example.test/IntegrationService.asmx\r\ncontent-type: text/xml\r\ndate: Mon, 23 Nov 2026 08:55:40 GMT\r\n\r\n\
<soap:Envelope><soap:Body><SaveData><saveRequest><TemplateName>Sales orders</TemplateName><CsvData>SalesOrderNumber,Contact,ShippingAddressLine1,Site\nLW-100099,Jo Brown,2 Mill Lane,NORTH\n</CsvData></saveRequest></SaveData></soap:Body></soap:Envelope>";
const REFUSED: &str = "{\"ResponseId\":0,\"Detail\":\"0 of 1 rows saved\",\"Errors\":[\"ShippingAddressLine1 is too long\"]}";
const SAVED: &str = "{\"ResponseId\":0,\"Detail\":\"1 of 1 rows saved\",\"Errors\":[]}";

/// A refused save with its answer, and the last one that went well.
pub fn call(id: PayloadId, sight: Sight) -> StoredCall {
    let body = |text: &str| CallBody {
        shown: Some(pretty(text)),
        hash: "3f5a".repeat(16),
    };
    let against = |good: &str, this: &str| compare(&pretty(good).lines, &pretty(this).lines);
    let whole = StoredCall {
        id,
        at: ago(10),
        title: "SaveData Sales orders of pvx".to_owned(),
        origin: Origin::Ours,
        sight: Sight::Whole,
        request: Some(body(REQUEST)),
        answer: Some(body(REFUSED)),
        good: Some(GoodCall {
            id: PayloadId(90),
            at: ago(35),
            request: Some(against(GOOD, REQUEST)),
            answer: Some(against(SAVED, REFUSED)),
        }),
    };
    match sight {
        Sight::Masked => whole.masked(),
        Sight::Whole => whole,
    }
}
