//! What is served exists in the vendors' own contracts, when those are at hand.

use super::super::pvx::columns::List;
use super::*;
use std::path::PathBuf;

fn specs() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/specs");
    folder.is_dir().then_some(folder)
}

#[test]
fn every_linnworks_path_is_in_the_specification() {
    let Some(specs) = specs() else {
        return;
    };
    for route in LINNWORKS_ROUTES {
        let (controller, _) = route.name.split_once('/').unwrap();
        let file = specs
            .join("linnworks")
            .join(format!("{}.json", controller.to_lowercase()));
        let text = std::fs::read_to_string(&file).unwrap();
        let spec: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        let path = &spec["paths"][format!("/api/{}", route.name)];
        let verb = if route.is_get { "get" } else { "post" };
        assert!(path.get(verb).is_some(), "{} {verb}", route.name);
        let words = path[verb]["description"].as_str().unwrap_or_default();
        assert!(
            words.contains(&format!(">{}<", route.per_minute)),
            "{}: {} a minute is not what the specification says: {words}",
            route.name,
            route.per_minute
        );
    }
}

#[test]
fn every_operation_and_event_of_the_service_contract_is_known() {
    let Some(specs) = specs() else {
        return;
    };
    let wsdl = std::fs::read_to_string(specs.join("peoplevox/integrationservicev4.wsdl")).unwrap();
    let bench = Bench::quiet();
    for part in wsdl.split("<soap:operation soapAction=\"").skip(1) {
        let action = part.split('"').next().unwrap();
        let operation = action.rsplit('/').next().unwrap();
        let answer = bench.soap(operation, "");
        assert!(!answer.contains("did not recognize"), "{operation}");
    }
    for event in [
        "AvailabilityChanges",
        "SalesOrderStatusChanges",
        "TrackingNumberReceived",
        "IncrementalChanges",
    ] {
        assert!(wsdl.contains(event));
        assert!(pvx::callbacks::EVENT_TYPES.contains(&event));
    }
}

#[test]
fn columns_of_templates_are_unique() {
    for list in [
        List::SalesOrders,
        List::SalesOrderItems,
        List::ItemTypes,
        List::DespatchSummary,
        List::OrderSummary,
    ] {
        let mut names: Vec<&str> = list.columns().iter().map(|c| c.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all, "{}", list.name());
    }
}
