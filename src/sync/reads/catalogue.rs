//! Lists of the warehouse that mappings and checks lean on: sites, carrier services, templates, items.

use super::super::calls::{JobCx, Keep, call};
use super::super::deliver::Tick;
use super::Run;
use super::subscriptions::{self, Step};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::mapping::{MappingKind, Target};
use crate::domain::preflight;
use crate::store::StoreResult;
use crate::vendors::{Op, Warehouse};
use std::collections::VecDeque;
use std::sync::Arc;

/// Longest note of a run, characters.
const NOTE_CHARS_MAX: usize = 300;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Templates,
    Sites,
    Services,
    Items(u32),
    Callbacks,
}

/// The catalogue run of a warehouse.
pub struct Catalogue {
    warehouse: Arc<dyn Warehouse>,
    run: Run,
    phase: Phase,
    items: i64,
    /// Subscriptions still to be made or ended.
    steps: VecDeque<Step>,
    note: String,
}

impl Catalogue {
    /// A fresh run.
    pub const fn new(warehouse: Arc<dyn Warehouse>, run: Run) -> Self {
        Self {
            warehouse,
            run,
            phase: Phase::Sites,
            items: 0,
            steps: VecDeque::new(),
            note: String::new(),
        }
    }

    /// The next call it will make.
    pub fn next_op(&self) -> Op {
        match self.phase {
            Phase::Callbacks => Op::Subscribe,
            Phase::Templates => Op::Templates,
            Phase::Sites => Op::Sites,
            Phase::Services => Op::CarrierServices,
            Phase::Items(_) => Op::ItemsPage,
        }
    }

    /// Makes that call.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        match self.phase {
            Phase::Sites => {
                let called = call!(jcx, Keep::OnError, |log| self.warehouse.sites(&log));
                match called.answer {
                    Err(error) => return self.fail(jcx, &error, called.payloads).await,
                    Ok(sites) => {
                        let targets = sites
                            .into_iter()
                            .map(|s| Target {
                                code: s.reference.0,
                                name: s.name,
                                is_active: true,
                            })
                            .collect();
                        self.targets(jcx, MappingKind::Site, targets).await?;
                    }
                }
                self.phase = Phase::Services;
            }
            Phase::Services => {
                let called = call!(jcx, Keep::OnError, |log| self
                    .warehouse
                    .carrier_services(&log));
                match called.answer {
                    Err(error) => return self.fail(jcx, &error, called.payloads).await,
                    Ok(services) => {
                        let targets = services
                            .into_iter()
                            .map(|s| Target {
                                code: s.code.0,
                                name: format!("{} {}", s.carrier, s.name).trim().to_owned(),
                                is_active: true,
                            })
                            .collect();
                        self.targets(jcx, MappingKind::Carrier, targets).await?;
                    }
                }
                self.phase = Phase::Items(1);
            }
            Phase::Items(page) => {
                let called = call!(jcx, Keep::OnError, |log| self
                    .warehouse
                    .items_page(page, &log));
                match called.answer {
                    Err(error) => return self.fail(jcx, &error, called.payloads).await,
                    Ok(found) => {
                        self.items += found.rows.len() as i64;
                        let items = Change::Items {
                            system: self.run.pair.warehouse.clone(),
                            items: found.rows,
                            at: jcx.cx.now(),
                        };
                        jcx.cx
                            .commit("catalogue", Some(jcx.fence), vec![items])
                            .await?;
                        self.phase = if found.is_last {
                            Phase::Templates
                        } else {
                            Phase::Items(page + 1)
                        };
                    }
                }
            }
            Phase::Templates => return self.templates(jcx).await,
            Phase::Callbacks => return self.callbacks(jcx).await,
        }
        Ok(Tick::More)
    }

    async fn fail(
        &self,
        jcx: &JobCx<'_>,
        error: &crate::vendors::CallError,
        payloads: Vec<Change>,
    ) -> StoreResult<Tick> {
        self.run.failed(jcx, error, payloads).await?;
        Ok(Tick::Done)
    }

    /// Stores a list of targets and tells which mapping rows point at nothing.
    async fn targets(
        &self,
        jcx: &JobCx<'_>,
        kind: MappingKind,
        targets: Vec<Target>,
    ) -> StoreResult<()> {
        let now = jcx.cx.now();
        let mut changes = Vec::new();
        for mapping in jcx
            .cx
            .store
            .mappings(&self.run.pair.id)
            .await?
            .into_iter()
            .filter(|m| m.kind == kind)
        {
            let is_there = mapping
                .to
                .split('+')
                .all(|code| targets.iter().any(|t| t.code == code.trim() && t.is_active));
            let broken =
                (!is_there).then(|| format!("{} no longer exists in the warehouse", mapping.to));
            if broken == mapping.broken {
                continue;
            }
            let discriminator = preflight::mapping_discriminator(kind, &mapping.from);
            match &broken {
                Some(why) => {
                    let mut occurrence = self.run.occurrence(
                        Kind::MapTargetGone,
                        &format!("{} → {}: {why}", mapping.from, mapping.to),
                        now,
                    );
                    occurrence.discriminator = discriminator;
                    occurrence.object = crate::domain::exception::ObjectRef::Mapping(format!(
                        "{kind}:{}",
                        mapping.from
                    ));
                    occurrence.label = mapping.from.clone();
                    changes.push(Change::Raise(occurrence));
                }
                None => changes.push(Change::ClearAll {
                    kind: Kind::MapTargetGone,
                    pair: self.run.pair.id.clone(),
                    discriminator,
                    how: "auto".to_owned(),
                    evidence: format!("{} was read in the warehouse", mapping.to),
                }),
            }
            changes.push(Change::MappingBroken {
                pair: self.run.pair.id.clone(),
                kind,
                from: mapping.from,
                broken,
            });
        }
        changes.push(Change::Targets {
            pair: self.run.pair.id.clone(),
            kind,
            side: "wms".to_owned(),
            targets,
            at: now,
        });
        jcx.cx
            .commit("catalogue", Some(jcx.fence), changes)
            .await
            .map(|_| ())
    }

    async fn templates(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let called = call!(jcx, Keep::OnError, |log| self.warehouse.templates(&log));
        let findings = match called.answer {
            Err(error) => return self.fail(jcx, &error, called.payloads).await,
            Ok(findings) => findings,
        };
        let wrong: Vec<String> = findings
            .iter()
            .filter(|f| !f.is_ok)
            .map(|f| format!("{}: {}", f.what, f.found))
            .collect();
        let now = jcx.cx.now();
        let mut changes = Vec::new();
        if wrong.is_empty() {
            changes.push(Change::ClearAll {
                kind: Kind::SysSchema,
                pair: self.run.pair.id.clone(),
                discriminator: "TEMPLATES".to_owned(),
                how: "auto".to_owned(),
                evidence: "every template has the columns we need".to_owned(),
            });
        } else {
            let mut occurrence = self.run.occurrence(Kind::SysSchema, &wrong.join("; "), now);
            occurrence.discriminator = "TEMPLATES".to_owned();
            changes.push(Change::Raise(occurrence));
        }
        let fit = if wrong.is_empty() {
            "fit"
        } else {
            "do not fit"
        };
        self.note = format!("{} items, templates {fit}", self.items);
        self.steps = subscriptions::steps(jcx.cx, &self.run.pair.warehouse).await?;
        if self.steps.is_empty() {
            changes.push(self.run.done(now, self.note.clone(), None));
        }
        jcx.cx.commit("catalogue", Some(jcx.fence), changes).await?;
        if self.steps.is_empty() {
            return Ok(Tick::Done);
        }
        self.phase = Phase::Callbacks;
        Ok(Tick::More)
    }

    /// Makes or ends one subscription. What fails is tried again by the next run: polling does not need it.
    async fn callbacks(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if let Some(step) = self.steps.pop_front()
            && let Some(fault) =
                subscriptions::take(jcx, &self.warehouse, &self.run.pair.warehouse, &step).await?
        {
            let event = step.event();
            self.steps.retain(|s| s.event() != event);
            self.note.push_str(&format!("; {event}: {fault}"));
        }
        if !self.steps.is_empty() {
            return Ok(Tick::More);
        }
        let note = crate::text::clean_to(&self.note, NOTE_CHARS_MAX);
        let done = self.run.done(jcx.cx.now(), note, None);
        jcx.cx
            .commit("catalogue", Some(jcx.fence), vec![done])
            .await?;
        Ok(Tick::Done)
    }
}
