//! From a parsed file to [`Config`]: the sections and the rules between them.

use super::policy;
use super::read::{At, Problem, Problems, Section};
use super::suggest::hint;
use super::{
    Account, Alert, Cin7CoreAccount, Config, LinnworksAccount, PairConfig, PeoplevoxAccount,
    ServerConfig, ShoplineAccount, Side, StoreConfig, SystemConfig, TeamConfig,
};
use crate::domain::exception::Team;
use crate::domain::ids::{PairId, SystemId};
use crate::domain::policy::Policy;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Longest id of a system or pair, characters.
const ID_CHARS_MAX: usize = 32;
/// Longest order prefix, characters: a warehouse order number holds 30 in all.
const PREFIX_CHARS_MAX: usize = 8;
/// Longest channel name, characters.
const CHANNEL_CHARS_MAX: usize = 50;
/// Largest number of calls a minute a `limits` entry may ask for.
const LIMIT_PER_MINUTE_MAX: i64 = 100_000;

/// Kinds this build can speak to.
const KINDS: &[&str] = &["peoplevox", "linnworks", "shopline", "cin7core"];

/// Reads a file's text.
pub(super) fn parse(source: &str) -> Result<Config, Vec<Problem>> {
    let mut p = Problems::new(source);
    // Only the message: the library's own display would repeat the line, and with it perhaps a secret.
    let root = match DeTable::parse(source) {
        Ok(root) => root,
        Err(error) => {
            let at = error.span().unwrap_or(0..0);
            p.add(&at, "", format!("not valid TOML: {}", error.message()));
            return Err(p.list);
        }
    };
    let mut file = Section::new("", root.get_ref(), 0..0);
    let store = read_store(&mut p, &mut file);
    let server = file
        .table(&mut p, "server")
        .and_then(|s| read_server(&mut p, s));
    let systems = read_systems(&mut p, &mut file);
    let pairs = read_pairs(&mut p, &mut file, &systems);
    let teams = read_teams(&mut p, &mut file);
    file.finish(&mut p);
    match store {
        Some(store) if p.list.is_empty() => Ok(Config {
            store,
            server,
            systems: systems.into_iter().filter_map(|s| s.config).collect(),
            pairs,
            teams,
        }),
        _ => {
            p.list.sort_by_key(|x| x.line);
            Err(p.list)
        }
    }
}

fn read_store(p: &mut Problems<'_>, file: &mut Section<'_, '_>) -> Option<StoreConfig> {
    if !file.table.contains_key("store") {
        p.add(
            &(0..0),
            "store",
            "is missing; write [store] with url = \"sqlite:tallyman.db\"",
        );
    }
    let mut section = file.table(p, "store")?;
    let url = section.required(p, "url");
    let payload_key = section.secret(p, "payload_key");
    let name = section.name("url");
    section.finish(p);
    let url = url?;
    let is_known = ["sqlite:", "postgres://", "postgresql://"]
        .iter()
        .any(|s| url.value.starts_with(s) && url.value.len() > s.len());
    if !is_known {
        p.add(
            &url.at,
            name,
            "must be sqlite:FILE or postgres://USER@HOST/DATABASE",
        );
        return None;
    }
    if has_password(&url.value) {
        p.add(&url.at, name, "a secret may not stand in the file; take the password out of the address and use the PGPASSFILE variable or a .pgpass file");
        return None;
    }
    Some(StoreConfig {
        url: url.value,
        payload_key,
    })
}

fn has_password(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|u| {
        u.password().is_some()
            || u.query_pairs()
                .any(|(k, _)| k.eq_ignore_ascii_case("password"))
    })
}

fn read_server(p: &mut Problems<'_>, mut section: Section<'_, '_>) -> Option<ServerConfig> {
    let listen = section.required(p, "listen");
    let public_url = checked_url(p, &mut section, "public_url", Need::Optional);
    let hook_secret = section.required_secret(p, "hook_secret");
    let name = section.name("listen");
    section.finish(p);
    let (listen, hook_secret) = (listen?, hook_secret?);
    match listen.value.parse::<SocketAddr>() {
        Ok(listen) => Some(ServerConfig {
            listen,
            public_url,
            hook_secret,
        }),
        Err(_) => {
            p.add(
                &listen.at,
                name,
                "must be ADDRESS:PORT such as 127.0.0.1:8480",
            );
            None
        }
    }
}

/// Whether a key must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Required,
    Optional,
}

/// An http address: https, or http on this machine; no user part.
fn checked_url(
    p: &mut Problems<'_>,
    section: &mut Section<'_, '_>,
    key: &'static str,
    need: Need,
) -> Option<String> {
    let found = match need {
        Need::Required => section.required(p, key),
        Need::Optional => section.text(p, key),
    }?;
    match url_fault(&found.value) {
        None => Some(found.value.trim_end_matches('/').to_owned()),
        Some(fault) => {
            p.add(&found.at, section.name(key), fault);
            None
        }
    }
}

fn url_fault(text: &str) -> Option<&'static str> {
    let Ok(url) = reqwest::Url::parse(text) else {
        return Some("must be an address such as https://host.example");
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Some("must not hold a user name or password");
    }
    let is_local = url.host_str().is_some_and(|h| {
        h == "localhost"
            || h.trim_matches(['[', ']'])
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback())
    });
    match url.scheme() {
        "https" => None,
        "http" if is_local => None,
        "http" => Some("must begin with https:// (plain http only on this machine)"),
        _ => Some("must begin with https://"),
    }
}

/// A system as far as it could be read: pairs may name it even when something in it is wrong.
struct ReadSystem {
    id: String,
    /// As written; empty when it is missing.
    kind: String,
    side: Option<Side>,
    config: Option<SystemConfig>,
}

fn read_systems(p: &mut Problems<'_>, file: &mut Section<'_, '_>) -> Vec<ReadSystem> {
    let mut out: Vec<ReadSystem> = Vec::new();
    for (table, at) in file.tables(p, "system") {
        let label = label("system", table);
        let mut section = Section::new(label, table, at);
        let id = checked_id(p, &mut section);
        if let Some(id) = &id
            && out.iter().any(|s| s.id == id.value)
        {
            let text = "is used twice; every system needs an id of its own";
            p.add(&id.at, section.name("id"), text);
        }
        let read = read_system(p, section, id.map(|i| i.value).unwrap_or_default());
        out.push(read);
    }
    out
}

fn label(what: &str, table: &DeTable<'_>) -> String {
    match table.get("id").map(|v| v.get_ref()) {
        Some(DeValue::String(id)) => format!("{what} {:?}", crate::text::clean_to(id, 40)),
        _ => format!("[[{what}]]"),
    }
}

fn checked_id(p: &mut Problems<'_>, section: &mut Section<'_, '_>) -> Option<At<String>> {
    let id = section.required(p, "id")?;
    let is_plain = id
        .value
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && id.value.len() <= ID_CHARS_MAX;
    if !is_plain {
        p.add(
            &id.at,
            section.name("id"),
            format!(
                "must be made of small letters, digits and hyphens, at most {ID_CHARS_MAX} characters"
            ),
        );
        return None;
    }
    Some(id)
}

fn read_system(p: &mut Problems<'_>, mut section: Section<'_, '_>, id: String) -> ReadSystem {
    let mut read = ReadSystem {
        id,
        kind: String::new(),
        side: None,
        config: None,
    };
    let Some(kind) = section.required(p, "kind") else {
        return read;
    };
    read.kind = kind.value.clone();
    let limits = read_limits(p, &mut section);
    let account = match kind.value.as_str() {
        "peoplevox" => {
            read.side = Some(Side::Warehouse);
            read_peoplevox(p, &mut section).map(Account::Peoplevox)
        }
        "linnworks" => {
            read.side = Some(Side::Source);
            read_linnworks(p, &mut section).map(Account::Linnworks)
        }
        "shopline" => {
            read.side = Some(Side::Source);
            read_shopline(p, &mut section).map(Account::Shopline)
        }
        "cin7core" => {
            read.side = Some(Side::Source);
            read_cin7core(p, &mut section).map(Account::Cin7Core)
        }
        other => {
            let text = format!(
                "must be one of {}{}",
                KINDS.join(", "),
                hint(other, KINDS.iter().copied())
            );
            p.add(&kind.at, section.name("kind"), text);
            return read;
        }
    };
    section.finish(p);
    read.config = account.map(|account| SystemConfig {
        id: SystemId(read.id.clone()),
        limits,
        account,
    });
    read
}

fn read_limits(p: &mut Problems<'_>, section: &mut Section<'_, '_>) -> BTreeMap<String, u32> {
    let mut out = BTreeMap::new();
    let Some(limits) = section.table(p, "limits") else {
        return out;
    };
    for (key, value) in limits.table {
        let n = match value.get_ref() {
            DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix()).ok(),
            _ => None,
        };
        match n.filter(|n| (1..=LIMIT_PER_MINUTE_MAX).contains(n)) {
            Some(n) => {
                out.insert(key.get_ref().to_string(), u32::try_from(n).unwrap_or(1));
            }
            None => p.add(
                &value.span(),
                limits.name(&crate::text::clean_to(key.get_ref(), 60)),
                format!("calls a minute are expected: a whole number between 1 and {LIMIT_PER_MINUTE_MAX}"),
            ),
        }
    }
    out
}

fn read_peoplevox(p: &mut Problems<'_>, section: &mut Section<'_, '_>) -> Option<PeoplevoxAccount> {
    let base_url = checked_url(p, section, "base_url", Need::Required);
    let client_id = section.required(p, "client_id");
    let username = section.required(p, "username");
    let password = section.required_secret(p, "password");
    let hosts = section.texts(p, "hosts");
    let closed_statuses = section.texts(p, "closed_statuses");
    let (mut sheet_names, mut column_names) = (BTreeMap::new(), BTreeMap::new());
    if let Some(mut names) = section.table(p, "names") {
        if let Some(sheets) = names.table(p, "sheets") {
            sheet_names = read_names(p, &sheets);
        }
        if let Some(columns) = names.table(p, "columns") {
            column_names = read_column_names(p, &columns);
        }
        names.finish(p);
    }
    Some(PeoplevoxAccount {
        base_url: base_url?,
        client_id: client_id?.value,
        username: username?.value,
        password: password?,
        hosts,
        sheet_names,
        column_names,
        closed_statuses,
    })
}

/// A table of names: any key, text as value.
fn read_names(p: &mut Problems<'_>, section: &Section<'_, '_>) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for (key, value) in section.table {
        match value.get_ref() {
            DeValue::String(s) => {
                out.insert(key.get_ref().to_string(), s.to_string());
            }
            _ => p.add(
                &value.span(),
                section.name(&crate::text::clean_to(key.get_ref(), 60)),
                "text in quotes is expected: the name your tenant uses",
            ),
        }
    }
    out
}

fn read_column_names(
    p: &mut Problems<'_>,
    section: &Section<'_, '_>,
) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut out = BTreeMap::new();
    for (key, value) in section.table {
        let name = section.name(&crate::text::clean_to(key.get_ref(), 60));
        match value.get_ref() {
            DeValue::Table(t) => {
                let inner = Section::new(name, t, value.span());
                out.insert(key.get_ref().to_string(), read_names(p, &inner));
            }
            _ => p.add(&value.span(), name, "a table of column names is expected"),
        }
    }
    out
}

/// Linnworks' documented sign-in host.
const LINNWORKS_AUTH_URL: &str = "https://api.linnworks.net";

fn read_linnworks(p: &mut Problems<'_>, section: &mut Section<'_, '_>) -> Option<LinnworksAccount> {
    let has_auth_url = section.table.contains_key("auth_url");
    let auth_url = checked_url(p, section, "auth_url", Need::Optional);
    let has_server_url = section.table.contains_key("server_url");
    let server_url = checked_url(p, section, "server_url", Need::Optional);
    let application_id = section.required(p, "application_id");
    let application_secret = section.required_secret(p, "application_secret");
    let token = section.required_secret(p, "token");
    let hosts = section.texts(p, "hosts");
    if (has_auth_url && auth_url.is_none()) || (has_server_url && server_url.is_none()) {
        return None;
    }
    Some(LinnworksAccount {
        auth_url: auth_url.unwrap_or_else(|| LINNWORKS_AUTH_URL.to_owned()),
        server_url,
        application_id: application_id?.value,
        application_secret: application_secret?,
        token: token?,
        hosts,
    })
}

fn read_shopline(p: &mut Problems<'_>, section: &mut Section<'_, '_>) -> Option<ShoplineAccount> {
    let base_url = checked_url(p, section, "base_url", Need::Required);
    let api_version = section.text(p, "api_version");
    let access_token = section.required_secret(p, "access_token");
    let app_secret = section.secret(p, "app_secret");
    let hosts = section.texts(p, "hosts");
    Some(ShoplineAccount {
        base_url: base_url?,
        api_version: api_version.map_or_else(|| SHOPLINE_VERSION.to_owned(), |v| v.value),
        access_token: access_token?,
        app_secret,
        hosts,
    })
}

/// The version of SHOPLINE's Admin REST interface that is spoken when none is named.
const SHOPLINE_VERSION: &str = "v20260601";
/// Cin7 Core's documented address, the same for all regions.
const CIN7_URL: &str = "https://inventory.dearsystems.com/ExternalApi/v2";
/// A Cin7 Core account without a time zone of its own is taken to be British.
const CIN7_ZONE: chrono_tz::Tz = chrono_tz::Europe::London;

fn read_cin7core(p: &mut Problems<'_>, section: &mut Section<'_, '_>) -> Option<Cin7CoreAccount> {
    let has_url = section.table.contains_key("base_url");
    let base_url = checked_url(p, section, "base_url", Need::Optional);
    let account_id = section.required(p, "account_id");
    let application_key = section.required_secret(p, "application_key");
    let zone = section.text(p, "time_zone");
    let hosts = section.texts(p, "hosts");
    let time_zone = match zone {
        None => CIN7_ZONE,
        Some(zone) => match zone.value.parse() {
            Ok(found) => found,
            Err(_) => {
                let text = "is not a time zone; write one such as \"Europe/London\"";
                p.add(&zone.at, section.name("time_zone"), text);
                return None;
            }
        },
    };
    if has_url && base_url.is_none() {
        return None;
    }
    Some(Cin7CoreAccount {
        base_url: base_url.unwrap_or_else(|| CIN7_URL.to_owned()),
        account_id: account_id?.value,
        application_key: application_key?,
        time_zone,
        hosts,
    })
}

fn read_pairs(
    p: &mut Problems<'_>,
    file: &mut Section<'_, '_>,
    systems: &[ReadSystem],
) -> Vec<PairConfig> {
    let mut out: Vec<PairConfig> = Vec::new();
    for (table, at) in file.tables(p, "pair") {
        let section = Section::new(label("pair", table), table, at);
        if let Some(pair) = read_pair(p, section, systems, &out) {
            out.push(pair);
        }
    }
    out
}

fn read_pair(
    p: &mut Problems<'_>,
    mut section: Section<'_, '_>,
    systems: &[ReadSystem],
    others: &[PairConfig],
) -> Option<PairConfig> {
    let id = checked_id(p, &mut section);
    let source = side(p, &mut section, "source", Side::Source, systems);
    let warehouse = side(p, &mut section, "warehouse", Side::Warehouse, systems);
    let prefix = checked_prefix(p, &mut section);
    let channel = section.required(p, "channel");
    let kind = source
        .as_ref()
        .and_then(|id| systems.iter().find(|s| &s.id == id))
        .map_or("", |s| s.kind.as_str());
    let defaults = Policy::of_source(kind);
    let policy_table = section.table(p, "policy");
    let policy = match &policy_table {
        Some(t) => policy::read(p, t, defaults),
        None => defaults,
    };
    let (id_name, prefix_name, channel_name) = (
        section.name("id"),
        section.name("prefix"),
        section.name("channel"),
    );
    section.finish(p);
    let (id, prefix, channel) = (id?, prefix?, channel?);
    if channel.value.chars().count() > CHANNEL_CHARS_MAX {
        p.add(
            &channel.at,
            channel_name,
            format!("must be at most {CHANNEL_CHARS_MAX} characters"),
        );
    }
    if others.iter().any(|o| o.id.as_str() == id.value) {
        p.add(
            &id.at,
            id_name,
            "is used twice; every pair needs an id of its own",
        );
    }
    let (source, warehouse) = (source?, warehouse?);
    if let Some(o) = others
        .iter()
        .find(|o| o.warehouse.as_str() == warehouse && o.prefix.eq_ignore_ascii_case(&prefix.value))
    {
        p.add(&prefix.at, prefix_name, format!("is also the prefix of pair {:?} in the same warehouse; their order numbers would clash", o.id.as_str()));
    }
    Some(PairConfig {
        id: PairId(id.value),
        source: SystemId(source),
        warehouse: SystemId(warehouse),
        prefix: prefix.value,
        channel: channel.value,
        policy,
    })
}

fn side(
    p: &mut Problems<'_>,
    section: &mut Section<'_, '_>,
    key: &'static str,
    wanted: Side,
    systems: &[ReadSystem],
) -> Option<String> {
    let found = section.required(p, key)?;
    let name = section.name(key);
    let Some(system) = systems.iter().find(|s| s.id == found.value) else {
        let text = format!(
            "there is no [[system]] with this id{}",
            hint(&found.value, systems.iter().map(|s| s.id.as_str()))
        );
        p.add(&found.at, name, text);
        return None;
    };
    if system.side.is_some_and(|s| s != wanted) {
        let text = match wanted {
            Side::Source => {
                "is a warehouse; orders come from a sales system (kind = \"linnworks\", \"shopline\" or \"cin7core\")"
            }
            Side::Warehouse => "is a sales system; a warehouse is needed (kind = \"peoplevox\")",
        };
        p.add(&found.at, name, text);
        return None;
    }
    Some(found.value)
}

fn checked_prefix(p: &mut Problems<'_>, section: &mut Section<'_, '_>) -> Option<At<String>> {
    let prefix = section.required(p, "prefix")?;
    let is_plain = prefix.value.bytes().all(|b| b.is_ascii_alphanumeric())
        && prefix.value.len() <= PREFIX_CHARS_MAX;
    if !is_plain {
        p.add(&prefix.at, section.name("prefix"), format!("must be made of letters and digits, at most {PREFIX_CHARS_MAX} characters; the hyphen is added"));
        return None;
    }
    Some(prefix)
}

fn read_teams(p: &mut Problems<'_>, file: &mut Section<'_, '_>) -> Vec<TeamConfig> {
    let mut out: Vec<TeamConfig> = Vec::new();
    for (table, at) in file.tables(p, "team") {
        let mut section = Section::new("[[team]]", table, at);
        let code = section.required(p, "code");
        let alerts = read_alerts(p, &mut section);
        let name = section.name("code");
        section.finish(p);
        let Some(code) = code else { continue };
        let Some(team) = Team::parse(&code.value) else {
            let text = unknown_team(&code.value);
            p.add(&code.at, name, text);
            continue;
        };
        if out.iter().any(|t| t.team == team) {
            p.add(&code.at, name, "is written twice; keep one [[team]] of it");
        }
        out.push(TeamConfig { team, alerts });
    }
    out
}

fn unknown_team(code: &str) -> String {
    let names: Vec<&str> = Team::ALL.iter().map(|t| t.as_str()).collect();
    format!(
        "must be one of {}{}",
        names.join(", "),
        hint(code, names.iter().copied())
    )
}

fn read_alerts(p: &mut Problems<'_>, section: &mut Section<'_, '_>) -> Vec<Alert> {
    let tables: Vec<(&DeTable<'_>, Range<usize>)> = section.tables(p, "alerts");
    let mut out = Vec::new();
    for (table, at) in tables {
        let mut alert = Section::new(section.name("alerts"), table, at);
        let kind = alert.required(p, "kind");
        let url = checked_url(p, &mut alert, "url", Need::Required);
        let name = alert.name("kind");
        alert.finish(p);
        match (kind, url) {
            (Some(kind), Some(url)) if kind.value == "webhook" => out.push(Alert::Webhook { url }),
            (Some(kind), _) if kind.value != "webhook" => {
                p.add(&kind.at, name, "must be \"webhook\"");
            }
            _ => {}
        }
    }
    out
}
