//! Linnworks: client and adapter.
//!
//! Everything goes to the server the sign-in names, at `/api/<Controller>/<Method>`, with the session token raw in
//! `Authorization`. 200 is not success by itself: results are read from the body and matched by id. Stock is only ever
//! written as an absolute level.

mod check;
mod client;
mod items;
mod method;
mod order;
mod orders;
mod outcome;
mod redact;
mod request;
mod sales;
mod session;
mod stock;
#[cfg(test)]
mod tests;
mod wire;

use crate::domain::delivery::AnswerClass;
use crate::domain::ids::LocationId;
use crate::domain::time::Ts;
use crate::secret::Secret;
use crate::vendors::scalar::{Fault, normal_id};
use crate::vendors::{Answer, CallError, CallLog, Finding, Limit, Op, SourceLocation, System};
use crate::wire::Wire;
use client::Client;
use futures::future::BoxFuture;
use method::Method;
use session::Sessions;
use std::collections::HashSet;
use std::sync::RwLock;

/// Calls that may be in flight at once: limits are per method and minute, and a few calls reach them.
const CONCURRENCY_MAX: usize = 4;

/// One Linnworks account, as configured.
#[derive(Debug, Clone)]
pub struct LinnworksConfig {
    /// Where sign-in happens, usually `https://api.linnworks.net`.
    pub auth_url: String,
    /// Takes the place of the server the sign-in names.
    pub server_url: Option<String>,
    /// Identifies the application.
    pub application_id: String,
    /// The application's secret.
    pub application_secret: Secret,
    /// The installation token; lasts until the customer removes the application.
    pub token: Secret,
    /// Hosts besides `*.linnworks.net` that the configuration allows.
    pub extra_hosts: Vec<String>,
}

/// The adapter of one Linnworks account.
#[derive(Debug)]
pub struct Linnworks {
    client: Client,
    /// Ids of fulfilment-centre locations, from the last list of locations; orders do not say it.
    centres: RwLock<HashSet<String>>,
}

impl Linnworks {
    /// An adapter over a wire. Nothing is called yet; addresses that break the host rule show at the first sign-in as
    /// an authorisation error, and no request goes to them.
    pub fn new(config: LinnworksConfig, wire: Wire) -> Self {
        Self {
            client: Client::new(wire, Sessions::new(config)),
            centres: RwLock::default(),
        }
    }

    fn is_centre(&self, location: &LocationId) -> bool {
        self.centres
            .read()
            .is_ok_and(|ids| ids.contains(&normal_id(location.as_str())))
    }

    fn remember_centres(&self, locations: &[SourceLocation]) {
        if let Ok(mut ids) = self.centres.write() {
            *ids = locations
                .iter()
                .filter(|l| l.is_fulfilment_centre)
                .map(|l| normal_id(l.id.as_str()))
                .collect();
        }
    }
}

impl System for Linnworks {
    fn limits(&self) -> Vec<Limit> {
        method::limits()
    }

    fn limit_key(&self, op: Op) -> &str {
        method::limit_key(op)
    }

    fn concurrency_max(&self) -> usize {
        CONCURRENCY_MAX
    }

    fn check<'a>(&'a self, now: Ts, log: &'a CallLog) -> BoxFuture<'a, Vec<Finding>> {
        Box::pin(self.findings(now, log))
    }

    fn probe<'a>(&'a self, log: &'a CallLog) -> BoxFuture<'a, Answer<()>> {
        Box::pin(async move { self.read_locations(log).await.map(|_| ()) })
    }
}

/// An answer whose member cannot be used.
fn unread(method: Method, fault: &Fault) -> CallError {
    CallError::new(
        AnswerClass::Malformed,
        format!("{}: {fault}", method.path()),
    )
}

/// A write that is not even tried.
fn refused(method: Method, text: &str) -> CallError {
    CallError::new(AnswerClass::Rejected, format!("{}: {text}", method.path()))
}
