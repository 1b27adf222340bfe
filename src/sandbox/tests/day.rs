//! Whole days: determinism, busy worlds, every trait.

use super::*;

/// Warehouse number, source id, SKUs with quantities.
type Wanted = (String, String, Vec<(String, i64)>);

/// A small connector that carries everything over once a minute, the way the trade would, and never repeats a doubtful
/// write without reading.
fn run(config: SandboxConfig, minutes: i64) -> Bench {
    let bench = Bench::new(config);
    let location = bench
        .sandbox
        .inspect(|w| w.lw.location_named("Leeds Warehouse").unwrap());
    for minute in 0..minutes {
        bench.wait(Span::mins(1));
        if minute % 20 == 0 {
            bench.sign_in();
        }
        let wanted: Vec<Wanted> = bench.sandbox.inspect(|w| {
            w.lw.open[location]
                .iter()
                .map(|ix| &w.lw.orders[*ix])
                .filter(|o| o.status != 0 && !o.is_parked && !o.is_locked)
                .map(|o| {
                    let lines = o
                        .lines
                        .iter()
                        .filter(|l| !l.is_service)
                        .map(|l| (l.sku.clone(), l.quantity))
                        .collect();
                    (format!("LW-{}", o.number), o.id.to_string(), lines)
                })
                .filter(|(number, ..)| w.pvx.order(number).is_none())
                .collect()
        });
        for chunk in wanted.chunks(40) {
            let mut headers = String::from(
                "SalesOrderNumber,CustomerPurchaseOrderReferenceNumber,ServiceType,ChannelName,Site,IsPartialShipment\n",
            );
            let mut lines = String::from("SalesOrderNumber,ItemCode,QuantityOrdered,Line\n");
            for (number, id, goods) in chunk {
                headers.push_str(&format!("{number},{id},RM48,Linnworks,PrimarySite,true\n"));
                for (at, (sku, quantity)) in goods.iter().enumerate() {
                    lines.push_str(&format!("{number},{sku},{quantity},{}\n", at + 1));
                }
            }
            if exchange(&bench, "Sales orders", &headers) {
                exchange(&bench, "Sales order items", &lines);
            }
        }
    }
    bench
}

fn exchange(bench: &Bench, template: &str, csv: &str) -> bool {
    let csv = pvx::soap::escape(csv);
    bench
        .try_soap(
            "SaveData",
            &format!("<saveRequest><TemplateName>{template}</TemplateName><CsvData>{csv}</CsvData></saveRequest>"),
        )
        .is_some()
}

fn busy(orders_per_day: u32, faults: FaultLevel) -> SandboxConfig {
    SandboxConfig {
        orders_per_day,
        opening_orders: 20,
        faults,
        trading_hours: TradingHours::ALWAYS,
        ..SandboxConfig::default()
    }
}

#[test]
fn the_same_seed_and_calls_give_the_same_ledger() {
    for faults in [FaultLevel::None, FaultLevel::Heavy] {
        let print = |seed: u64| {
            let bench = run(
                SandboxConfig {
                    seed,
                    ..busy(500, faults)
                },
                240,
            );
            bench
                .sandbox
                .inspect(|w| (w.ledger.fingerprint(), w.ledger.len()))
        };
        assert_eq!(print(7), print(7));
        assert_ne!(print(7), print(8));
    }
}

#[test]
fn faults_and_mistakes_do_not_change_the_customers() {
    let placed = |config: SandboxConfig| -> Vec<(Ts, String, Value)> {
        run(config, 180)
            .sandbox
            .ledger()
            .into_iter()
            .filter(|e| e.op == "Order placed")
            .map(|e| (e.at, e.key, e.detail["lines"].clone()))
            .collect()
    };
    let plain = placed(busy(500, FaultLevel::None));
    assert!(plain.len() > 20);
    assert_eq!(plain, placed(busy(500, FaultLevel::Heavy)));
    let traits = WorldTraits {
        split: 0.3,
        merged: 0.3,
        late_cancels: 0.5,
        ..WorldTraits::typical()
    };
    let mistaken = placed(SandboxConfig {
        traits,
        ..busy(500, FaultLevel::None)
    });
    let ids =
        |rows: &[(Ts, String, Value)]| rows.iter().map(|r| (r.0, r.1.clone())).collect::<Vec<_>>();
    assert_eq!(ids(&plain), ids(&mistaken));
}

#[test]
fn a_day_of_two_thousand_orders_keeps_its_books() {
    let bench = run(busy(2_000, FaultLevel::None), 24 * 60);
    bench.sandbox.inspect(|w| {
        assert!(w.lw.orders.len() > 1_900, "{}", w.lw.orders.len());
        let despatched = w
            .pvx
            .orders
            .iter()
            .filter(|o| o.status == PvxStatus::Despatched)
            .count();
        assert!(despatched > 1_500, "{despatched}");
        for (item, shelves) in w.pvx.stock.iter().enumerate() {
            for (site, shelf) in shelves.iter().enumerate() {
                let owed: i64 = w
                    .pvx
                    .orders
                    .iter()
                    .filter(|o| o.site == site && o.status != PvxStatus::Cancelled)
                    .flat_map(|o| &o.lines)
                    .filter(|l| l.item == item)
                    .map(|l| l.allocated - l.despatched)
                    .sum();
                assert_eq!(shelf.allocated, owed, "{}", w.pvx.items[item].code);
                assert!(shelf.on_hand >= 0);
            }
        }
        let mut reserved = vec![vec![0; w.lw.locations.len()]; w.lw.items.len()];
        for (ix, order) in w.lw.orders.iter().enumerate() {
            if order.is_open() && !order.is_locked {
                for (item, quantity) in w.lw_units(ix) {
                    reserved[item][order.location] += quantity;
                }
            }
        }
        for (item, levels) in w.lw.levels.iter().enumerate() {
            for (location, level) in levels.iter().enumerate() {
                assert_eq!(
                    level.in_orders, reserved[item][location],
                    "{}",
                    w.lw.items[item].sku
                );
            }
        }
        let open: Vec<usize> = (0..w.pvx.orders.len())
            .filter(|ix| !w.pvx.orders[*ix].status.is_closed())
            .collect();
        assert_eq!(open, w.pvx.open.iter().copied().collect::<Vec<_>>());
    });
}

#[test]
fn a_typical_week_shows_every_mistake() {
    let traits = WorldTraits {
        number_clash: 0.01,
        ..WorldTraits::typical()
    };
    let bench = run(
        SandboxConfig {
            traits,
            // Shelves for little more than a day, so that goods have to come in.
            stock_days: 1,
            ..busy(2_500, FaultLevel::None)
        },
        24 * 60,
    );
    let ops: std::collections::BTreeSet<(&str, bool)> = bench
        .sandbox
        .ledger()
        .iter()
        .map(|e| (e.op, e.caused_by_world))
        .collect();
    for op in [
        "Order placed",
        "CancelOrder",
        "Order amended",
        "ProcessOrder",
        "MoveToLocation",
        "MergeOrders",
        "SplitOrder",
        "DeleteOrder",
        "LockOrder",
        "ChangeOrderTag",
        "ChangeStatus",
        "SetStockLevel",
        "Order keyed by hand",
        "Floor despatch",
        "Floor tracking",
        "Floor hold",
        "Short pick",
        "Stock count",
        "Goods in",
        "Item deactivated",
    ] {
        assert!(ops.contains(&(op, true)), "{op} never happened");
    }
    bench.sandbox.inspect(|w| {
        let any = |test: &dyn Fn(&LwOrder) -> bool| assert!(w.lw.orders.iter().any(test));
        any(&|o| o.status == 4);
        any(&|o| o.lines.iter().any(|l| l.is_service));
        any(&|o| o.lines.iter().any(|l| l.item.is_none() && !l.is_service));
        any(&|o| o.address.name.contains('\u{1b}'));
        any(&|o| o.address.line1.chars().count() > 100);
        any(&|o| o.reference == "MERGED");
        any(&|o| o.lines.iter().any(|l| l.sku.contains("-O")));
        any(&|o| w.lw.services[o.service].name == "Royal Mail Tracked 24 Signature");
        any(&|o| w.lw.locations[o.location].name == "Overseas 3PL");
        assert!(
            w.pvx.despatches.iter().any(|d| d.shown_at == Ts::NEVER),
            "a lost despatch"
        );
        assert!(
            w.pvx
                .despatches
                .iter()
                .any(|d| d.shown_at != Ts::NEVER && d.shown_at > d.at)
        );
        assert!(w.pvx.orders.iter().any(|o| o.odd_status.is_some()));
        assert!(w.pvx.orders.iter().any(|o| o.despatches.len() > 1));
        assert!(
            w.pvx
                .orders
                .iter()
                .any(|o| o.number.starts_with("LW-9") && o.channel == "Linnworks")
        );
        assert!(
            w.pvx
                .orders
                .iter()
                .any(|o| o.po_reference == "MANUAL-CLASH")
        );
    });
}

#[test]
fn heavy_weather_fires_most_of_the_catalogue() {
    let bench = run(busy(2_000, FaultLevel::Heavy), 12 * 60);
    for _ in 0..3_000 {
        let _ = bench.lw_exchange("Orders/GetCountries", &Value::Null);
        let _ = bench.try_soap("GetSaveTemplate", "<templateName>Sites</templateName>");
        bench.wait(Span::secs(1));
    }
    let fired = bench.sandbox.faults_fired();
    assert!(fired.len() >= 12, "{fired:?}");
    let effects = bench.sandbox.ledger();
    assert!(
        effects.iter().any(|e| !e.answered),
        "some answers were lost after the effect"
    );
    assert!(effects.iter().all(|e| e.answered || !e.caused_by_world));
}

#[test]
fn night_work_waits_for_the_morning() {
    let hours = TradingHours {
        open_minute: 480,
        close_minute: 1_080,
        weekdays: [true, true, true, true, true, false, false],
    };
    let at = |text: &str| Ts::from_utc(text.parse().unwrap());
    assert!(!hours.is_open(at("2026-01-05T07:59:59Z")));
    assert_eq!(
        hours.next_open(at("2026-01-05T19:00:00Z")),
        at("2026-01-06T08:00:00Z")
    );
    assert_eq!(
        hours.next_open(at("2026-01-09T18:00:00Z")),
        at("2026-01-12T08:00:00Z"),
        "over the weekend"
    );
    assert_eq!(
        hours.after(at("2026-01-09T17:30:00Z"), Span::hours(1)),
        at("2026-01-12T08:30:00Z")
    );
    assert_eq!(
        hours.after(at("2026-01-06T09:00:00Z"), Span::mins(5)),
        at("2026-01-06T09:05:00Z")
    );
}

#[test]
fn demo_mappings_cover_every_postal_service_but_one() {
    let bench = Bench::quiet();
    let csv = bench.sandbox.demo_mappings();
    bench.sandbox.inspect(|w| {
        let unmapped: Vec<&str> =
            w.lw.services
                .iter()
                .filter(|s| !csv.contains(&format!("\nCARRIER,{},", s.name)))
                .map(|s| s.name.as_str())
                .collect();
        assert_eq!(unmapped, ["Royal Mail Tracked 24 Signature"]);
        assert!(csv.contains(&format!(
            "SITE,{},PrimarySite,basis=GROSS",
            w.lw.locations[1].id
        )));
    });
    for status in PvxStatus::ALL {
        assert!(csv.contains(&format!("ORDER_STATUS,{},", status.name())));
    }
}

#[tokio::test]
async fn the_wire_answers_in_process_and_the_server_over_http() {
    use tower::ServiceExt as _;
    let bench = Bench::quiet();
    let wire = bench.sandbox.wire(SimSystem::Peoplevox);
    let answer = wire
        .clone()
        .oneshot(bench.soap_request("GetData", ""))
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    bench.sandbox.add_fault(FaultRule::next(
        SimSystem::Peoplevox,
        "*",
        FaultKind::Refused,
        1,
    ));
    let error = wire
        .oneshot(bench.soap_request("GetData", ""))
        .await
        .unwrap_err();
    assert!(matches!(error, WireError::NotSent(_)));
    let served = serve(bench.sandbox.clone(), "127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let answer = raw_http(served.addr, "/api/Orders/GetCountries").await;
    assert!(
        answer.starts_with("HTTP/1.1 401") && answer.contains("Token is wrong."),
        "{answer}"
    );
    bench.sandbox.add_fault(FaultRule::next(
        SimSystem::Linnworks,
        "*",
        FaultKind::LostAfter,
        1,
    ));
    let cut = raw_http(served.addr, "/api/Orders/GetCountries").await;
    assert!(!cut.contains("Token is wrong."), "{cut}");
    served.task.abort();
}

async fn raw_http(addr: std::net::SocketAddr, path: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(addr).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}
