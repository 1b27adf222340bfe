//! The configuration as text: every section says what can be changed in it.

use super::draft::{
    Draft, Field, HOOK_SECRET_VARIABLE, HooksDraft, LISTEN, SecretPlace, StorePlace, SystemDraft,
    Vendor,
};
use super::words::placeholder;
use crate::config::{Config, ConfigError};
use std::fmt::Write as _;
use std::path::Path;

/// The file for a draft. What is not answered yet stands there as an example, so that the rest can be judged.
pub fn text(draft: &Draft) -> String {
    let mut out = String::from(HEAD);
    store(&mut out, draft);
    for system in &draft.systems {
        system_section(&mut out, system);
    }
    for system in &draft.systems {
        pair_section(&mut out, draft, system);
    }
    server_section(&mut out, draft.hooks.as_ref());
    out
}

fn server_section(out: &mut String, hooks: Option<&HooksDraft>) {
    let Some(hooks) = hooks else {
        out.push_str(NO_SERVER);
        return;
    };
    let secret = match &hooks.secret {
        Some(place) => secret_of(place),
        // Not made yet; any place does to judge the address.
        None => secret_of(&SecretPlace::Env(HOOK_SECRET_VARIABLE.to_owned())),
    };
    let _ = write!(
        out,
        "\n# Webhooks hasten work that otherwise arrives by polling: a proxy or tunnel passes requests for public_url on to\n# listen. The secret is part of the addresses the systems are told.\n[server]\nlisten = {}\npublic_url = {}\nhook_secret = {secret}\n",
        quoted(LISTEN),
        quoted(&hooks.url)
    );
}

fn secret_of(place: &SecretPlace) -> String {
    match place {
        SecretPlace::File(path) => format!("{{ file = {} }}", quoted(path)),
        SecretPlace::Env(name) => format!("{{ env = {} }}", quoted(name)),
    }
}

/// What the loader says against a draft: its first problem, in its own words.
pub fn fault(draft: &Draft) -> Option<String> {
    match Config::parse(&text(draft), Path::new("tallyman.toml")) {
        Ok(_) => None,
        Err(ConfigError::Invalid { problems, .. }) => problems.into_iter().next().map(|p| match p
            .key
            .rsplit_once(", ")
        {
            Some((_, key)) => format!("{key} {}", p.text),
            None => format!("{} {}", p.key, p.text),
        }),
        Err(error) => Some(error.to_string()),
    }
}

const HEAD: &str = "\
# tallyman configuration, written by `tallyman setup`. Change what is yours, then run `tallyman check`: it reads every
# secret, asks every system and changes nothing. Unknown keys are errors that name the line. Every key with its default
# stands in assets/config.example.toml. A secret is always a reference:
#   { env = \"NAME\" }                     an environment variable
#   { file = \"PATH\" }                    a file only you can read (chmod 600), relative to this file
#   { command = [\"program\", \"arg\"] }     the first line a program prints
";

const NO_SERVER: &str = "
# Webhooks hasten work that otherwise arrives by polling. To take them, set:
# [server]
# listen = \"127.0.0.1:8480\"
# public_url = \"https://hooks.example.com\"
# hook_secret = { env = \"TALLYMAN_HOOK_SECRET\" }
";

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn store(out: &mut String, draft: &Draft) {
    let (url, word) = match &draft.store {
        StorePlace::Sqlite(file) => (
            format!("sqlite:{file}"),
            "# One file beside this one. For several hosts: postgres://USER@HOST/DATABASE, its password in PGPASSFILE.",
        ),
        StorePlace::Postgres(url) => (
            url.clone(),
            "# The password comes from PGPASSFILE or PGPASSWORD. Hosts that share the store share payload.key.",
        ),
    };
    let _ = write!(
        out,
        "\n{word}\n# Keep a copy of payload.key elsewhere: without it stored messages cannot be read.\n[store]\nurl = {}\npayload_key = {{ file = \"payload.key\" }}\n",
        quoted(&url)
    );
}

fn system_section(out: &mut String, system: &SystemDraft) {
    let word = match system.vendor {
        Vendor::Peoplevox => {
            "The warehouse. `limits = { peoplevox = 60 }` sets the calls a minute; `names` and `closed_statuses` take the\n# words your tenant uses; `hosts` names a host outside peoplevox.net."
        }
        Vendor::Linnworks => {
            "Orders from Linnworks. The sign-in names the server by itself; `server_url` overrides it."
        }
        Vendor::Shopline => {
            "Orders from SHOPLINE. `app_secret` proves webhooks, without it the store is polled; `api_version` chooses\n# another version; `limits = { shopline = 240 }` the calls a minute."
        }
        Vendor::Cin7core => {
            "Orders from Cin7 Core. `time_zone` is the account's: its dates carry none. `limits = { cin7core = 60 }` sets\n# the calls a minute of this key."
        }
    };
    let _ = write!(
        out,
        "\n# {word}\n[[system]]\nid = {}\nkind = {}\n",
        quoted(&system.id),
        quoted(system.vendor.word())
    );
    for field in system.vendor.fields() {
        let Some(value) = value(system, *field) else {
            continue;
        };
        let _ = writeln!(out, "{} = {value}", field.key());
    }
}

/// A field's value as TOML; `None` when it is left out.
fn value(system: &SystemDraft, field: Field) -> Option<String> {
    if !field.is_secret() {
        let text = system.answers.get(&field).map_or_else(
            || placeholder(system.vendor, field).to_owned(),
            Clone::clone,
        );
        return Some(quoted(&text));
    }
    match system.secrets.get(&field) {
        Some(place) => Some(secret_of(place)),
        None if field.is_optional() => None,
        None => Some("{ env = \"NOT_SAID_YET\" }".to_owned()),
    }
}

fn pair_section(out: &mut String, draft: &Draft, system: &SystemDraft) {
    let (Some(pair), Some(warehouse)) = (&system.pair, draft.systems.first()) else {
        return;
    };
    let _ = write!(
        out,
        "\n# Orders of {name} go to the warehouse as {prefix}-NUMBER. Do not change the prefix once orders were sent.\n[[pair]]\nid = {}\nsource = {}\nwarehouse = {}\nprefix = {}\nchannel = {}\n",
        quoted(&pair.id),
        quoted(&system.id),
        quoted(&warehouse.id),
        quoted(&pair.prefix),
        quoted(&pair.channel),
        name = system.vendor.name(),
        prefix = crate::text::clean_to(&pair.prefix, 20),
    );
    let _ = write!(
        out,
        "\n# Switches of this pair; `tallyman check --policies` lists all of them with what they do and why.\n[pair.policy]\n\"sla.cutoff_hour\" = {}\n\"sla.time_zone\" = {}\n",
        draft.cutoff_hour,
        quoted(&draft.zone)
    );
}
