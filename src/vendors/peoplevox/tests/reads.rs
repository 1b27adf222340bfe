//! Templates, reports and checks as they are read.

use super::*;

#[tokio::test]
async fn orders_and_lines_are_read_with_all_their_odd_forms() {
    let orders = "\"Status\",\"salesordernumber\",\"CustomerPurchaseOrderReferenceNumber\",\"ServiceType\",\"Site\",\"ChannelName\",\"OnHold\",\
        \"RequestedDeliveryDate\",\"CreatedDate\",\"ContactName\",\"New thing\"\r\n\
        \"Allocated\",\"LW-1\",\"guid\",\"RM24\",\"PrimarySite\",\"Web\",\"True\",\"14/06/2024 00:00:00\",\"'13/06/YYYY 09:30'\",\"A\u{1b}[31mda\",\"\"\r\n";
    let lines =
        "SalesOrderNumber,ItemCode,QuantityOrdered,Line\nLW-1,~D~MUG,2.00,1\nlw-1,CUP,1,2\n";
    let script = Script::default()
        .answer(ok(&reply("GetData", 0, 1, orders, "")))
        .answer(ok(&reply("GetData", 0, 2, lines, "")));
    let system = script.system();
    let log = CallLog::default();
    let asked = numbers(&["LW-1", "LW-2"]);
    let orders = system.orders_by_number(&asked, &log).await.unwrap();
    assert_eq!(orders.len(), 1);
    let order = &orders[0];
    assert!(order.is_on_hold);
    assert_eq!(order.status_text, "Allocated");
    assert_eq!(order.contact_name, "Ada");
    assert_eq!(order.requested_at, Some(at("2024-06-14T00:00:00Z")));
    assert_eq!(order.created_at, Some(at("2024-06-13T09:30:00Z")));
    let sent = script.last();
    assert!(sent.contains("<ItemsPerPage>0</ItemsPerPage>"));
    assert!(sent.contains(
        "SalesOrderNumber.Equals(&quot;LW-1&quot;) OR SalesOrderNumber.Equals(&quot;LW-2&quot;)"
    ));
    let lines = system.lines_by_number(&asked, &log).await.unwrap();
    assert_eq!((lines[0].item.as_str(), lines[0].qty_each), ("MUG", 2));
    assert_eq!(lines[1].number.as_str(), "lw-1");
}

#[tokio::test]
async fn items_that_were_deleted_are_marked_and_a_live_one_of_the_same_code_counts() {
    let detail =
        "ItemCode,Name,Barcode,OnHand\n~D~MUG,Old mug,~D~800,0\nMUG,Mug,801,5\n~D~CUP,Cup,802,0\n";
    let script = Script::default().answer(ok(&reply("GetData", 0, 3, detail, "")));
    let log = CallLog::default();
    let page = script.system().items_page(1, &log).await.unwrap();
    assert!(page.is_last);
    assert_eq!(page.total, Some(3));
    let got: Vec<(&str, &str, bool)> = page
        .rows
        .iter()
        .map(|i| (i.code.as_str(), i.barcode.as_str(), i.is_active))
        .collect();
    assert_eq!(got, [("MUG", "801", true), ("CUP", "802", false)]);
}

#[tokio::test]
async fn despatches_are_read_since_a_moment_and_earlier_rows_are_not_believed() {
    let header = "\"Salesorder number\",\"Despatch number\",\"Despatch date\",\"Carrier\",\"Service\",\"Tracking number\",\"Item code\",\"No of items\",\"Site reference\",\"Channel name\",\"Line\"";
    let row = |date: &str| {
        format!(
            "\"LW-1\",\"DES501\",\"{date}\",\"ParcelCo\",\"24h\",\" PC1 \",\"MUG\",\"2\",\"PrimarySite\",\"Web\",\"1\""
        )
    };
    let since = at("2024-06-14T15:07:31Z");
    for (date, expected) in [
        ("'14/06/2024 15:07:31'", Some("2024-06-14T15:07:31Z")),
        ("'14/06/2024 15:07'", Some("2024-06-14T15:07:00Z")),
        ("'15/06/YYYY 08:00'", Some("2024-06-15T08:00:00Z")),
        ("'14/06/2024 15:05'", None),
        ("'14/06/2023 16:00'", None),
        ("", None),
        ("soon", None),
    ] {
        let detail = format!("{header}\n{}\n", row(date));
        let script = Script::default().answer(ok(&reply("GetReportData", 0, 1, &detail, "")));
        let log = CallLog::default();
        let got = script.system().despatches_page(since, 1, &log).await;
        match expected {
            None => assert_eq!(got.unwrap_err().class, Malformed, "{date}"),
            Some(expected) => {
                let line = &got.unwrap().rows[0];
                assert_eq!(line.despatched_at, at(expected), "{date}");
                assert_eq!(line.tracking, "PC1");
                assert_eq!(line.line_ref, "1");
            }
        }
        let sent = script.last();
        assert!(
            sent.contains("([Despatch date] &gt;= DateTime(2024,06,14,15,07,31))"),
            "{sent}"
        );
        assert!(sent.contains(
            "<OrderBy>[Despatch date] asc</OrderBy><Columns>[Salesorder number],[Despatch number],"
        ));
    }
}

#[tokio::test]
async fn stock_leaves_out_the_pseudo_site_and_refuses_sites_not_asked_for() {
    let detail = "Item code,Site reference,On hand,Allocated,Available\nMUG,SystemSite,9,0,9\n~D~OLD,PrimarySite,1,0,1\nMUG,PrimarySite,41,1,40\n";
    let script = Script::default()
        .answer(ok(&reply("GetReportData", 0, 3, detail, "")))
        .answer(ok(&reply("GetReportData", 0, 3, detail, "")));
    let system = script.system();
    let log = CallLog::default();
    let page = system.stock_page(&[], 1, &log).await.unwrap();
    assert_eq!(page.rows.len(), 1);
    assert_eq!(page.rows[0].available_each, 40);
    assert_eq!(page.total, Some(3));
    let sites = [SiteRef::from("PrimarySite")];
    let error = system.stock_page(&sites, 1, &log).await.unwrap_err();
    assert_eq!(error.class, Malformed);
    assert!(error.text.contains("SystemSite"), "{}", error.text);
    assert!(
        script
            .last()
            .contains("([Site reference].Equals(&quot;PrimarySite&quot;))")
    );
}

#[tokio::test]
async fn a_renamed_column_is_read_written_and_searched_by_its_new_name() {
    let script = Script::default()
        .answer(ok(&reply(
            "GetData",
            0,
            1,
            "item_code,Name,Barcode\nMUG,Mug,1\n",
            "",
        )))
        .answer(ok(&reply(
            "SaveData",
            0,
            1,
            "",
            &statuses(&[("MUG", "Success")]),
        )));
    let mut config = PeoplevoxConfig::new(
        "https://wms.peoplevox.net",
        "acme1234",
        "robot-user",
        Secret::new("pw".to_owned()),
    );
    let columns = [
        ("ItemCode".to_owned(), "item_code".to_owned()),
        ("ItemGroup".to_owned(), String::new()),
    ];
    config
        .template_aliases
        .columns
        .insert("Item types".to_owned(), columns.into());
    let system = Peoplevox::new(config, script.wire()).unwrap();
    let log = CallLog::default();
    let codes = [ItemCode::from("MUG")];
    assert_eq!(system.items_by_code(&codes, &log).await.unwrap().len(), 1);
    assert!(script.last().contains("(item_code.Equals("));
    let item = NewItem {
        code: "MUG".into(),
        name: "Mug".to_owned(),
        barcode: "1".to_owned(),
        group: "Kitchen".to_owned(),
    };
    let rows = system.save_items(&[item], &log).await.unwrap();
    assert_eq!(rows[0].class, Applied);
    assert!(
        script
            .last()
            .contains("<CsvData>item_code,Name,Barcode\nMUG,Mug,1\n</CsvData>")
    );
}

#[tokio::test]
async fn the_check_names_every_missing_column_and_goes_on() {
    let all = |columns: &[&str]| columns.join(",");
    let template = |detail: &str| ok(&reply("GetSaveTemplate", 0, 1, detail, ""));
    let data = |columns: &[&str], row: &str| {
        ok(&reply(
            "GetData",
            0,
            1,
            &format!("{}\n{row}", columns.join(",")),
            "",
        ))
    };
    let report = |detail: &str| ok(&reply("GetReportColumns", 0, 1, detail, ""));
    let not_there = reply(
        "GetSaveTemplate",
        -1,
        -1,
        "Template 'Item types' is not configured",
        "",
    );
    let script = Script::default()
        .answer(template(&all(names::ORDER_COLUMNS)))
        .answer(template(&all(names::ORDER_COLUMNS)))
        .answer(template("SalesOrderNumber,ItemCode,QuantityOrdered"))
        .answer(ok(&not_there))
        .answer(data(names::SITE_COLUMNS, "Main,PrimarySite\n"))
        .answer(data(names::SERVICE_COLUMNS, ""))
        .answer(report(&names::DESPATCH_COLUMNS.join("\n")))
        .answer(report(&all(names::STOCK_COLUMNS)))
        .answer(status(500, &fault("Client")))
        .answer(report(&all(names::MOVEMENT_COLUMNS)))
        .answer(report(&all(names::STATUS_COLUMNS)))
        .answer(data(names::SITE_COLUMNS, "Main,PrimarySite\n"))
        .answer(data(names::SERVICE_COLUMNS, "ParcelCo,24h,RM24\n"));
    let log = CallLog::default();
    let findings = script
        .system()
        .check(at("2024-06-13T00:00:00Z"), &log)
        .await;
    let bad: Vec<&str> = findings
        .iter()
        .filter(|f| !f.is_ok)
        .map(|f| f.what.as_str())
        .collect();
    assert_eq!(
        bad,
        [
            "template Sales order items",
            "template Item types",
            "report Incremental Changes Report v1"
        ],
        "{findings:#?}"
    );
    assert!(
        findings[2].found.contains("Line, SalePrice"),
        "{findings:#?}"
    );
    assert!(
        findings
            .iter()
            .any(|f| f.what == "sites" && f.found == "PrimarySite")
    );
}

#[tokio::test]
async fn a_clock_that_is_off_is_found() {
    let mut answer = reply("GetSaveTemplate", -1, 0, "no", "");
    answer.push(' ');
    let dated = || {
        Ok(http::Response::builder()
            .header("date", "Thu, 13 Jun 2024 00:10:00 GMT")
            .body(Bytes::from(answer.clone()))
            .unwrap())
    };
    let mut script = Script::default();
    for _ in 0..13 {
        script = script.answer(dated());
    }
    let findings = script
        .system()
        .check(at("2024-06-13T00:00:00Z"), &CallLog::default())
        .await;
    let clock = findings.iter().find(|f| f.what == "clock").unwrap();
    assert!(!clock.is_ok && clock.found.contains("600 s"), "{clock:?}");
}
