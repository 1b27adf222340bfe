//! What arrives at the rehearsal's door: callbacks of the warehouse and webhooks of the sources, stored as the server
//! stores them. A door may also stay shut; then only polling finds what happened.

use super::pairs::WAREHOUSE;
use super::{RehearsalError, Rig, source_name};
use crate::domain::ids::SystemId;
use crate::sandbox::{Callback, SimSystem};
use crate::secret::Secret;
use crate::server::{callback_base, delivered, hint};
use crate::vendors::hooks::Delivery;
use http::{HeaderMap, HeaderName, HeaderValue};
use rand::RngExt;

/// Where deliveries are said to arrive; they are taken from the sandbox in process.
const PUBLIC: &str = "https://hooks.example.test";
/// The secret in the addresses.
const ADDRESS_SECRET: &str = "rehearsal-rehearsal-rehearsal";
/// Chance that a delivery meets a door that does not answer, where the process dies too.
const UNANSWERED: f64 = 0.05;

/// Where a system's deliveries arrive.
pub(super) fn base_of(system: &str) -> Secret {
    let secret = Secret::new(ADDRESS_SECRET.to_owned());
    callback_base(PUBLIC, &SystemId::from(system), &secret)
}

impl Rig {
    /// Everything that is due to arrive now.
    pub(super) async fn open_doors(&mut self) -> Result<(), RehearsalError> {
        self.deliver_callbacks().await?;
        self.deliver_shop_hooks().await?;
        self.deliver_cin7_hooks().await
    }

    /// Somebody answers at the door.
    fn answers(&mut self) -> bool {
        let is_shut_now = self.options.death_chance > 0.0 && self.dice.random_bool(UNANSWERED);
        self.options.is_listening && !is_shut_now
    }

    async fn deliver_callbacks(&mut self) -> Result<(), RehearsalError> {
        let callbacks: Vec<Callback> = self.sandbox.take_callbacks();
        if callbacks.is_empty() {
            return Ok(());
        }
        let mut changes = Vec::new();
        let mut id = self.store.reserve_ids(callbacks.len() as i64).await?;
        for callback in callbacks {
            if !self.answers() {
                self.sandbox.callback_failed(callback);
                continue;
            }
            let warehouse = SystemId::from(WAREHOUSE);
            let (event, url) = (&callback.event, &callback.url);
            changes.push(hint(id, &warehouse, event, url, self.now()));
            id += 1;
        }
        self.commit("server", changes).await
    }

    async fn deliver_shop_hooks(&mut self) -> Result<(), RehearsalError> {
        let name = source_name(SimSystem::Shopline);
        for webhook in self.sandbox.take_webhooks() {
            let is_ours = webhook.url.starts_with(base_of(name).expose());
            let status = if is_ours && self.answers() {
                let headers = webhook.headers.iter().map(|(n, v)| (*n, v));
                Some(self.arrives(name, "", headers, &webhook.body).await?)
            } else {
                None
            };
            self.sandbox.webhook_answered(webhook, status);
        }
        Ok(())
    }

    async fn deliver_cin7_hooks(&mut self) -> Result<(), RehearsalError> {
        let name = source_name(SimSystem::Cin7);
        let base = format!("{}/", base_of(name).expose());
        for call in self.sandbox.take_cin7_hooks() {
            let tail = call.url.strip_prefix(&base).map(str::to_owned);
            match tail {
                Some(tail) if self.answers() => {
                    let body = call.body.as_bytes();
                    self.arrives(name, &tail, std::iter::empty(), body).await?;
                }
                _ => self.sandbox.cin7_hook_failed(call),
            }
        }
        Ok(())
    }

    /// One delivery of a source, stored whole. Answers with the status its sender sees.
    async fn arrives(
        &self,
        source: &str,
        tail: &str,
        given: impl Iterator<Item = (&str, &String)>,
        body: &[u8],
    ) -> Result<u16, RehearsalError> {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            let setup = |e: http::Error| RehearsalError::Setup(e.to_string());
            let name: HeaderName = name.parse().map_err(|e| setup(http::Error::from(e)))?;
            let value: HeaderValue = value.parse().map_err(|e| setup(http::Error::from(e)))?;
            headers.insert(name, value);
        }
        let system = SystemId::from(source);
        let hooks = self
            .systems
            .sources
            .get(&system)
            .and_then(|s| s.clone().hooks());
        let Some(hooks) = hooks else {
            return Ok(404);
        };
        let headers = &headers;
        let delivery = Delivery {
            tail,
            headers,
            body,
        };
        let id = self.store.reserve_ids(1).await?;
        let changes = delivered(id, &system, hooks.as_ref(), &delivery, self.now());
        self.commit("server", changes).await?;
        Ok(match hooks.judge(&delivery).refused {
            Some(_) => 401,
            None => 200,
        })
    }
}
