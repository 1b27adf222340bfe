//! Figures in the text form that Prometheus reads. No customer data, no secrets.

use super::Intake;
use axum::extract::State;
use axum::http::StatusCode;
use std::fmt::Write as _;
use std::sync::atomic::Ordering;

pub(super) async fn metrics(State(intake): State<Intake>) -> Result<String, StatusCode> {
    let now = (intake.clock)();
    let gone = |error: crate::store::StoreError| {
        tracing::warn!(%error, "figures could not be read");
        StatusCode::SERVICE_UNAVAILABLE
    };
    let flows = intake.store.flows_live(now).await.map_err(gone)?;
    let counts = intake.store.exception_counts().await.map_err(gone)?;
    let systems = intake.store.systems_live().await.map_err(gone)?;
    let mut out = String::new();
    // Writing to a string cannot fail.
    for (name, number) in [
        ("taken", &intake.heard.taken),
        ("doubled", &intake.heard.doubled),
        ("refused", &intake.heard.refused),
        ("turned_away", &intake.heard.turned_away),
    ] {
        let n = number.load(Ordering::Relaxed);
        let _ = writeln!(out, "tallyman_callbacks_total{{outcome=\"{name}\"}} {n}");
    }
    for flow in flows {
        let labels = format!("pair=\"{}\",flow=\"{}\"", flow.pair, flow.flow);
        for (name, n) in [
            ("waiting", flow.waiting),
            ("in_doubt", flow.in_doubt),
            ("stuck", flow.stuck),
        ] {
            let _ = writeln!(out, "tallyman_deliveries_{name}{{{labels}}} {n}");
        }
        if let Some(at) = flow.last_ok_at {
            let age = now.since(at).as_secs();
            let _ = writeln!(out, "tallyman_flow_age_seconds{{{labels}}} {age}");
        }
    }
    for count in counts {
        let _ = writeln!(
            out,
            "tallyman_exceptions_open{{team=\"{}\",severity=\"{}\"}} {}",
            count.team, count.severity, count.open
        );
    }
    for row in systems {
        let _ = writeln!(
            out,
            "tallyman_calls_total{{system=\"{}\"}} {}",
            row.system, row.live.calls_total
        );
    }
    Ok(out)
}
