//! Peoplevox on the wire.

use super::*;

#[test]
fn a_bad_password_is_an_answer_with_status_200() {
    let bench = Bench::quiet();
    let answer = bench.soap(
        "Authenticate",
        "<clientId>acme1234</clientId><username>robot</username><password>bm8=</password>",
    );
    assert!(answer.contains(
        "<ResponseId>-1</ResponseId><TotalCount>0</TotalCount>\
         <Detail>System : Security:Invalid Username or Password</Detail>"
    ));
}

#[test]
fn a_session_expires_after_half_an_hour_without_a_call_and_says_so_inside_a_200() {
    let bench = Bench::quiet();
    bench.wait(Span::mins(29));
    bench.data("Sites", "");
    bench.wait(Span::mins(29));
    bench.data("Sites", "");
    bench.wait(Span::mins(30));
    let probe = "<templateName>Sales orders</templateName>";
    let answer = bench.soap("GetSaveTemplate", probe);
    assert!(answer.contains("<GetSaveTemplateResult><ResponseId>-1"));
    assert!(answer.contains("System : Security - Session Expired"));
    *bench.session.lock().unwrap() = "made-up".to_owned();
    assert!(
        bench
            .soap("GetSaveTemplate", probe)
            .contains("System : Security - Invalid Session")
    );
}

#[test]
fn an_unknown_action_is_a_fault_and_a_wrong_tenant_an_html_page() {
    let bench = Bench::quiet();
    let answer = bench
        .sandbox
        .handle(SimSystem::Peoplevox, bench.soap_request("Nope", ""));
    let Exchange::Answer(answer) = answer else {
        panic!("no answer")
    };
    assert_eq!(answer.status(), 500);
    assert!(
        String::from_utf8_lossy(answer.body())
            .contains("Server did not recognize the value of HTTP Header SOAPAction")
    );
    let mut request = bench.soap_request("GetData", "");
    *request.uri_mut() = "https://wms.peoplevox.net/other/resources/integrationservicev4.asmx"
        .parse()
        .unwrap();
    let Exchange::Answer(answer) = bench.sandbox.handle(SimSystem::Peoplevox, request) else {
        panic!("no answer")
    };
    assert_eq!(answer.status(), 200);
    assert!(answer.body().starts_with(b"<!DOCTYPE html>"));
}

#[test]
fn an_order_is_two_saves_and_a_header_alone_stays_new() {
    let bench = Bench::quiet();
    let answer = bench.save(
        "Sales orders",
        "\nSalesOrderNumber,ContactName,ShippingAddressLine1,RequestedDeliveryDate,ServiceType,Site,TotalSale\n\
         SO-1001,Ada & Co,\"1 Sample St, Unit \"\"2\"\"\",2026-06-14 00:00:00,RM24,PrimarySite,25.98",
    );
    assert!(answer.contains(
        "<ResponseId>0</ResponseId><TotalCount>1</TotalCount><Detail /><Statuses><IntegrationStatusResponse>\
         <Reference>SO-1001</Reference><Status>Success</Status></IntegrationStatusResponse></Statuses>"
    ));
    bench.wait(Span::hours(5));
    bench.sign_in();
    assert_eq!(bench.status("SO-1001"), PvxStatus::New);
    bench.save(
        "Sales order items",
        "SalesOrderNumber,ItemCode,QuantityOrdered,Line,SalePrice\r\nSO-1001,MUG-BLU-01,2,900001,12.99\r\n",
    );
    assert_eq!(bench.status("SO-1001"), PvxStatus::Allocated);
    let rows = bench.data("Sales orders", "SalesOrderNumber.Equals(\"SO-1001\")");
    let column = |name: &str| rows[0].iter().position(|c| c == name).unwrap();
    assert_eq!(
        rows[1][column("ShippingAddressLine1")],
        "1 Sample St, Unit \"2\""
    );
    assert_eq!(rows[1][column("ContactName")], "Ada & Co");
    assert_eq!(
        rows[1][column("RequestedDeliveryDate")],
        "14/06/2026 00:00:00"
    );
    assert_eq!(rows[1][column("TotalSale")], "25.98");
    assert_eq!(rows[1][column("Status")], "Allocated");
    let lines = bench.data("Sales order items", "SalesOrderNumber.Equals(\"SO-1001\")");
    assert_eq!(
        lines[1][..5],
        [
            "SO-1001",
            "MUG-BLU-01",
            "2",
            "14/06/2026 00:00:00",
            "900001"
        ]
    );
}

#[test]
fn rows_fail_one_by_one_and_the_good_ones_are_kept() {
    let bench = Bench::quiet();
    let answer = bench.save(
        "Sales orders",
        "SalesOrderNumber,ServiceType,Site,IsPartialShipment\nA1,RM48,PrimarySite,true\nA2,NOPE,PrimarySite,\n\
         A3,RM48,SystemSite,\n,RM48,PrimarySite,\nA4567890123456789012345678901234,RM48,,\nA6,RM48,PrimarySite,perhaps\n",
    );
    for text in [
        "<ResponseId>-1</ResponseId><TotalCount>1</TotalCount>",
        "Line 2 : Service type 'NOPE' not found",
        "Line 3 : Site 'SystemSite' not found",
        "Line 4 : SalesOrderNumber is required",
        "Line 5 : SalesOrderNumber is longer than 30 characters",
        "Line 6 : IsPartialShipment has an invalid value",
        "<Reference>A1</Reference><Status>Success</Status>",
        "<Reference>A2</Reference><Status>Error</Status>",
    ] {
        assert!(answer.contains(text), "{text} in {answer}");
    }
    let answer = bench.save(
        "Sales order items",
        "SalesOrderNumber,ItemCode,QuantityOrdered,Line\nA1,NOPE,1,1\nA9,MUG-BLU-01,1,1\nA1,MUG-BLU-01,1,2\n",
    );
    assert!(
        answer.contains("Line 1 : Item type 'NOPE' not found\nLine 2 : Sales order 'A9' not found")
    );
    assert!(answer.contains("<TotalCount>1</TotalCount>"));
    let answer = bench.save("Sales orders", "SalesOrderNumber,Colour\nA7,red\n");
    assert!(answer.contains("Column 'Colour' does not exist in template 'Sales orders'"));
}

#[test]
fn a_cancel_is_taken_before_picking_and_refused_afterwards() {
    let bench = Bench::quiet();
    let (_, first) = bench.carry_over(&OrderSpec::default());
    let (_, second) = bench.carry_over(&OrderSpec::default());
    bench.sandbox.act(|w| w.pick(&second)).unwrap();
    let before = bench
        .sandbox
        .inspect(|w| w.pvx.shelf(w.pvx.item_by_code["MUG-BLU-01"], 0));
    let answer = bench.save(
        "Sales orders",
        &format!("SalesOrderNumber,Status\n{first},Cancelled\n{second},Cancelled\n"),
    );
    assert!(answer.contains(&format!(
        "Line 2 : Sales order '{second}' cannot be cancelled"
    )));
    assert_eq!(bench.status(&first), PvxStatus::Cancelled);
    assert_eq!(bench.status(&second), PvxStatus::Picked);
    let after = bench
        .sandbox
        .inspect(|w| w.pvx.shelf(w.pvx.item_by_code["MUG-BLU-01"], 0));
    assert_eq!(
        after.allocated,
        before.allocated - 1,
        "the allocation went back"
    );
    let again = bench.save(
        "Sales orders",
        &format!("SalesOrderNumber,Status\n{first},Cancelled\n"),
    );
    assert!(
        again.contains("<ResponseId>0</ResponseId>"),
        "cancelling twice is no error"
    );
    let other = bench.save(
        "Sales orders",
        &format!("SalesOrderNumber,Status\n{second},Despatched\n"),
    );
    assert!(
        other.contains("<ResponseId>0</ResponseId>"),
        "other statuses are read-only"
    );
    assert_eq!(bench.status(&second), PvxStatus::Picked);
}

#[test]
fn an_order_walks_through_the_floor_and_shows_in_the_despatch_report() {
    let bench = Bench::quiet();
    let spec = OrderSpec {
        lines: vec![("MUG-BLU-01".to_owned(), 2), ("TEE-BLU-01".to_owned(), 1)],
        ..OrderSpec::default()
    };
    let item = bench.sandbox.inspect(|w| w.pvx.item_by_code["MUG-BLU-01"]);
    let before = bench.sandbox.inspect(|w| w.pvx.shelf(item, 0));
    let (id, number) = bench.carry_over(&spec);
    let mut seen = Vec::new();
    for _ in 0..95 {
        let status = bench.status(&number);
        if seen.last() != Some(&status) {
            seen.push(status);
        }
        bench.wait(Span::mins(1));
    }
    use PvxStatus::*;
    assert_eq!(seen, [Allocated, PartPicked, Picked, Packed, Despatched]);
    let after = bench.sandbox.inspect(|w| w.pvx.shelf(item, 0));
    assert_eq!(after.on_hand, before.on_hand - 2);
    assert_eq!(after.allocated, 0);
    bench.sign_in();
    let start = bench.sandbox.inspect(|w| w.config.start).to_utc();
    let clause = format!(
        "([Despatch date] >= DateTime({}))",
        start.format("%Y,%m,%d,%H,%M,%S")
    );
    let columns = "[Salesorder number],[Despatch number],[Despatch date],[Carrier],[Tracking number],\
                   [Item code],[No of items],[Line],[Customer order reference]";
    let rows = bench.report("Despatch summary", &clause, columns);
    assert_eq!(rows.len(), 3, "header and one row per line: {rows:?}");
    assert_eq!(rows[1][0], number);
    assert!(
        rows[1][2].starts_with('\'') && rows[1][2].ends_with('\''),
        "dates in single quotes"
    );
    assert!(rows[1][4].starts_with("RM"));
    assert_eq!(rows[1][5..], ["MUG-BLU-01", "2", "1", id.as_str()]);
}

#[test]
fn short_stock_waits_and_goods_in_release_it() {
    let bench = Bench::quiet();
    bench
        .sandbox
        .act(|w| w.count("MUG-BLU-01", "PrimarySite", 1))
        .unwrap();
    let spec = OrderSpec {
        lines: vec![("MUG-BLU-01".to_owned(), 3)],
        ..OrderSpec::default()
    };
    let (_, number) = bench.carry_over(&spec);
    assert_eq!(bench.status(&number), PvxStatus::PartAllocated);
    let (_, behind) = bench.carry_over(&spec);
    assert_eq!(bench.status(&behind), PvxStatus::BackOrder);
    bench
        .sandbox
        .act(|w| w.goods_in("MUG-BLU-01", "PrimarySite", 3))
        .unwrap();
    assert_eq!(
        bench.status(&number),
        PvxStatus::Allocated,
        "first come, first served"
    );
    assert_eq!(bench.status(&behind), PvxStatus::PartAllocated);
}

#[test]
fn parts_are_despatched_only_where_the_order_allows_it() {
    let traits = WorldTraits {
        part_despatch: 1.0,
        ..WorldTraits::quiet()
    };
    let bench = Bench::new(SandboxConfig { traits, ..quiet() });
    let spec = OrderSpec {
        lines: vec![("MUG-BLU-01".to_owned(), 4)],
        ..OrderSpec::default()
    };
    let (_, whole) = bench.carry_over(&spec);
    let (_, partial) = bench.carry_over(&spec);
    bench.save(
        "Sales orders",
        &format!("SalesOrderNumber,IsPartialShipment\n{partial},true\n"),
    );
    let mut saw_part = false;
    for _ in 0..240 {
        bench.wait(Span::mins(1));
        saw_part |= bench.status(&partial) == PvxStatus::PartDespatched;
        assert_ne!(bench.status(&whole), PvxStatus::PartDespatched);
    }
    assert!(saw_part);
    assert_eq!(bench.status(&partial), PvxStatus::Despatched);
    let parcels = |number: &str| {
        bench
            .sandbox
            .inspect(|w| w.pvx.order(number).unwrap().despatches.len())
    };
    assert_eq!((parcels(&whole), parcels(&partial)), (1, 2));
}

#[test]
fn lines_are_added_edited_taken_out_with_zero_or_action_two_but_never_by_omission() {
    let bench = Bench::quiet();
    let (_, number) = bench.carry_over(&OrderSpec::default());
    let save = |csv: String, action| bench.save_with("Sales order items", &csv, action);
    let count = || {
        bench
            .data(
                "Sales order items",
                &format!("SalesOrderNumber = \"{number}\""),
            )
            .len()
            - 1
    };
    save(
        format!("SalesOrderNumber,ItemCode,QuantityOrdered,Line\n{number},TEE-BLU-01,1,2\n"),
        0,
    );
    assert_eq!(count(), 2);
    save(
        format!("SalesOrderNumber,ItemCode,QuantityOrdered,Line\n{number},TEE-BLU-01,3,2\n"),
        0,
    );
    assert_eq!(
        bench
            .sandbox
            .inspect(|w| w.pvx.order(&number).unwrap().lines[1].allocated),
        3
    );
    save(
        format!("SalesOrderNumber,ItemCode,QuantityOrdered,Line\n{number},TEE-BLU-01,0,2\n"),
        0,
    );
    assert_eq!(count(), 1);
    save(
        format!("SalesOrderNumber,ItemCode,Line\n{number},MUG-BLU-01,1\n"),
        2,
    );
    assert_eq!(count(), 0);
    assert_eq!(bench.status(&number), PvxStatus::New);
}

#[test]
fn paging_counts_all_rows_and_ends_with_a_header() {
    let bench = Bench::quiet();
    let page = |n: u32, size: u32| {
        bench.soap(
            "GetData",
            &format!(
                "<getRequest><ItemsPerPage>{size}</ItemsPerPage><PageNo>{n}</PageNo>\
                 <TemplateName>Item types</TemplateName></getRequest>"
            ),
        )
    };
    let total = bench.data("Item types", "").len() - 1;
    let mut codes = Vec::new();
    for n in 1.. {
        let answer = page(n, 50);
        assert!(answer.contains(&format!("<TotalCount>{total}</TotalCount>")));
        let rows = rows(&answer);
        if rows.len() == 1 {
            break;
        }
        codes.extend(rows[1..].iter().map(|r| r[0].clone()));
    }
    assert_eq!(codes.len(), total);
    assert_eq!(
        rows(&page(0, 50)),
        rows(&page(1, 50)),
        "page 0 is the first page"
    );
}

#[test]
fn the_inventory_report_adds_up_per_site_and_the_pseudo_site_is_only_a_site() {
    let bench = Bench::quiet();
    bench.carry_over(&OrderSpec::default());
    let rows = bench.report(
        "Item inventory summary",
        "([Site reference].Equals(\"PrimarySite\")) AND [Item code].Equals(\"MUG-BLU-01\")",
        "[Item code],[On hand],[Allocated],[Available],[Site reference]",
    );
    assert_eq!(rows.len(), 2);
    let n = |c: usize| rows[1][c].parse::<i64>().unwrap();
    assert_eq!(n(1) - n(2), n(3));
    assert_eq!(n(2), 1);
    let changes = bench.report("incremental changes report V1", "", "");
    assert_eq!(changes[1][0], "MUG-BLU-01");
    assert_eq!(changes[1][1], n(3).to_string());
    let sites = bench.data("Sites", "");
    assert!(sites.iter().any(|r| r[1] == "SystemSite"));
    let bad = bench.soap(
        "GetReportData",
        "<getReportRequest><TemplateName>Item inventory summary</TemplateName>\
         <Columns>[Item code], [Available]</Columns></getReportRequest>",
    );
    assert!(
        bad.contains("<ResponseId>-1</ResponseId>"),
        "a blank after the comma does not work"
    );
}

#[test]
fn a_deactivated_item_keeps_its_row_with_a_mark() {
    let bench = Bench::quiet();
    let answer = bench.save_with("Item types", "ItemCode\nMUG-BLU-01\n", 2);
    assert!(answer.contains("<ResponseId>0</ResponseId>"));
    let rows = bench.data("Item types", "ItemCode.Contains(\"MUG-BLU-01\")");
    assert_eq!(rows[1][0], "~D~MUG-BLU-01");
    let new = bench.save(
        "Item types",
        "ItemCode,Name,Barcode,ItemGroup\nNEW-1,New,5099999999991,Fresh\n",
    );
    assert!(new.contains("<ResponseId>0</ResponseId>"));
    let clash = bench.save(
        "Item types",
        "ItemCode,Name,Barcode\nNEW-2,New,5099999999991\nNEW-3,None,\n",
    );
    assert!(clash.contains("Line 1 : Barcode '5099999999991' is already in use"));
    assert!(clash.contains("Line 2 : Barcode is required"));
}

#[test]
fn switches_bend_the_tenant() {
    let pvx = PvxSwitches {
        aliases: vec![(
            "Sales orders".to_owned(),
            "ServiceType".to_owned(),
            "Carrier service".to_owned(),
        )],
        unconfigured: vec!["Customers".to_owned()],
        status_as_id: true,
        literal_yyyy: true,
        report_seconds: false,
        crlf: false,
        newer_members: false,
        partial: PartialPolicy::AllOrNothing,
        ..PvxSwitches::default()
    };
    let bench = Bench::new(SandboxConfig { pvx, ..quiet() });
    let template = bench.soap(
        "GetSaveTemplate",
        "<templateName>Sales orders</templateName>",
    );
    assert!(template.contains(",Carrier service,") && !template.contains("ServiceType"));
    assert!(!template.contains("ErrorCode"));
    let missing = bench.soap("GetSaveTemplate", "<templateName>Customers</templateName>");
    assert!(missing.contains("<TotalCount>-1</TotalCount>"));
    let answer = bench.save(
        "Sales orders",
        "SalesOrderNumber,Carrier service\nS1,RM48\nS2,NOPE\n",
    );
    assert!(answer.contains("<TotalCount>0</TotalCount>"));
    assert!(
        bench.sandbox.inspect(|w| w.pvx.order("S1").is_none()),
        "all or nothing"
    );
    bench.save(
        "Sales orders",
        "SalesOrderNumber,CreatedDate\nS1,2026-01-02 03:04:05\n",
    );
    let rows = bench.report(
        "Sales orders by status",
        "Status = 0",
        "[Sales order no.],[Status],[Date]",
    );
    assert_eq!(rows[1], ["S1", "0", "'02/01/YYYY 03:04'"]);
}

#[test]
fn callbacks_are_substituted_and_a_lost_one_is_tried_again() {
    let bench = Bench::quiet();
    let answer = bench.soap(
        "SubscribeEvent",
        "<eventType>SalesOrderStatusChanges</eventType><filter></filter>\
         <callbackUrl>https://hooks.example.test/k?o={SalesOrderNumber}&amp;s={SalesOrderStatu.Name}&amp;x={What}</callbackUrl>",
    );
    assert!(answer.contains("<Detail>57</Detail>"));
    bench.soap(
        "SubscribePostEvent",
        "<eventType>AvailabilityChanges</eventType><filter></filter><postUrl>https://hooks.example.test/s</postUrl>\
         <postParams>item={ItemCode}&amp;available={Available}</postParams>",
    );
    let (_, number) = bench.carry_over(&OrderSpec::default());
    bench.wait(Span::secs(10));
    let mut callbacks = bench.sandbox.take_callbacks();
    assert_eq!(callbacks.len(), 2, "{callbacks:?}");
    callbacks.sort_by_key(|c| c.subscription);
    assert_eq!(
        callbacks[0].url,
        format!("https://hooks.example.test/k?o={number}&s=Allocated&x={{What}}")
    );
    assert!(
        callbacks[1]
            .body
            .as_deref()
            .unwrap()
            .starts_with("item=MUG-BLU-01&available=")
    );
    bench.sandbox.callback_failed(callbacks[0].clone());
    assert!(bench.sandbox.take_callbacks().is_empty());
    bench.wait(Span::secs(61));
    let again = bench.sandbox.take_callbacks();
    assert_eq!((again.len(), again[0].attempt), (1, 2));
    assert!(
        bench
            .soap("UnsubscribeEvent", "<subscriptionId>57</subscriptionId>")
            .contains("<Detail>True</Detail>")
    );
    assert!(
        bench
            .soap("UnsubscribeEvent", "<subscriptionId>57</subscriptionId>")
            .contains("<Detail>False</Detail>")
    );
}

#[test]
fn late_lost_and_two_parcel_despatches_happen_when_asked_for() {
    let traits = WorldTraits {
        late_tracking: 1.0,
        two_parcels: 1.0,
        ..WorldTraits::quiet()
    };
    let bench = Bench::new(SandboxConfig { traits, ..quiet() });
    let spec = OrderSpec {
        lines: vec![("MUG-BLU-01".to_owned(), 2)],
        ..OrderSpec::default()
    };
    let (_, number) = bench.carry_over(&spec);
    while bench.status(&number) != PvxStatus::Despatched {
        bench.wait(Span::mins(1));
    }
    let trackings = || -> Vec<String> {
        bench.sign_in();
        bench.report("Despatch summary", "", "[Tracking number]")[1..]
            .iter()
            .map(|r| r[0].clone())
            .collect()
    };
    assert_eq!(trackings(), ["", ""]);
    bench.wait(Span::mins(41));
    assert!(
        trackings().iter().all(|t| !t.is_empty()),
        "labels came later"
    );
}

#[test]
fn soap_1_2_and_the_sites_filter_are_understood() {
    let bench = Bench::quiet();
    let (_, number) = bench.carry_over(&OrderSpec::default());
    bench.save("Sales orders", "SalesOrderNumber,Site\nNORTH-1,NorthSite\n");
    let read = |site: &str| {
        let answer = bench.soap(
            "GetDataWithSitesFilters",
            &format!(
                "<getRequest><TemplateName>Sales orders</TemplateName>\
                 <sitesFilter>Site.Reference = \"{site}\"</sitesFilter></getRequest>"
            ),
        );
        let answer = answer.replace("WithSitesFilters", "");
        rows(&answer)[1][0].clone()
    };
    assert_eq!(
        (read("PrimarySite"), read("NorthSite")),
        (number, "NORTH-1".to_owned())
    );
    let mut request = bench.soap_request("GetSaveTemplate", "<templateName>Sites</templateName>");
    let body = String::from_utf8(request.body().to_vec()).unwrap().replace(
        "http://schemas.xmlsoap.org/soap/envelope/",
        "http://www.w3.org/2003/05/soap-envelope",
    );
    *request.body_mut() = Bytes::from(body);
    request.headers_mut().remove("SOAPAction");
    let Exchange::Answer(answer) = bench.sandbox.handle(SimSystem::Peoplevox, request) else {
        panic!("no answer")
    };
    assert_eq!(
        answer.headers()["content-type"],
        "application/soap+xml; charset=utf-8"
    );
    assert!(String::from_utf8_lossy(answer.body()).contains("<Detail>Name,Reference</Detail>"));
}
