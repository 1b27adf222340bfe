//! Every system on one loopback port.

use super::{Exchange, Sandbox, SimSystem};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Largest request body that is read, bytes.
const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Beginning of Cin7 Core's paths, the wrong ones too.
const CIN7_PATHS: &str = "/externalapi";

/// A sandbox being served.
#[derive(Debug)]
pub struct Served {
    /// Where it listens (the port chosen when 0 was asked).
    pub addr: SocketAddr,
    /// Ends when the server fails; dropped or aborted, the server ends.
    pub task: tokio::task::JoinHandle<std::io::Result<()>>,
}

/// Serves Peoplevox under `/{clientId}/resources/integrationservicev4.asmx`, Linnworks (sign-in and account server)
/// under `/api/…`, SHOPLINE under `/admin/openapi/…` and Cin7 Core under `/ExternalApi/v2/…`, in any case. A lost answer
/// closes the connection. From now on a Linnworks sign-in names the served address as its server.
pub async fn serve(sandbox: Sandbox, listen: SocketAddr) -> std::io::Result<Served> {
    let listener = TcpListener::bind(listen).await?;
    let addr = listener.local_addr()?;
    sandbox.act(|world| {
        world.config.lw_host = format!("http://{addr}");
        world.config.lw_other_host = world.config.lw_host.clone();
        world.config.pvx_host = world.config.lw_host.clone();
        world.config.shop.host = world.config.lw_host.clone();
        // Receivers on this machine have no certificates.
        world.config.shop.switches.takes_plain_http = true;
    });
    let router = Router::new().fallback(answer).with_state(sandbox);
    let task = tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(Served { addr, task })
}

async fn answer(State(sandbox): State<Sandbox>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, REQUEST_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let path = parts.uri.path().to_ascii_lowercase();
    let system = if path.starts_with("/api/") {
        SimSystem::Linnworks
    } else if path.starts_with("/admin/openapi/") {
        SimSystem::Shopline
    } else if path.starts_with(CIN7_PATHS) {
        SimSystem::Cin7
    } else {
        SimSystem::Peoplevox
    };
    let request = http::Request::from_parts(parts, bytes);
    match sandbox.handle_in_time(system, request).await {
        Exchange::Answer(answer) => answer.map(axum::body::Body::from),
        Exchange::NotSent(_) | Exchange::Lost(_) => cut(),
    }
}

/// An answer whose body breaks off at once: the client sees a lost answer.
fn cut() -> Response {
    let broken = futures::stream::once(async {
        Err::<bytes::Bytes, std::io::Error>(std::io::ErrorKind::ConnectionReset.into())
    });
    Response::new(axum::body::Body::from_stream(broken))
}
