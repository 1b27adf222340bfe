//! What a file may say, and the exact words for what it may not.

use super::*;
use crate::domain::policy::BarcodePolicy;
use crate::domain::time::Span;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const GOOD: &str = r#"[store]
url = "sqlite:tallyman.db"

[[system]]
id = "pvx"
kind = "peoplevox"
base_url = "https://wms.peoplevox.net"
client_id = "acme1234"
username = "robot"
password = { env = "PVX_PASSWORD" }

[[system]]
id = "lw"
kind = "linnworks"
application_id = "app"
application_secret = { env = "LW_SECRET" }
token = { env = "LW_TOKEN" }

[[pair]]
id = "lw-pvx"
source = "lw"
warehouse = "pvx"
prefix = "LW"
channel = "Linnworks"
"#;

fn problems(source: &str) -> String {
    match Config::parse(source, Path::new("t.toml")) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_example_in_the_assets_is_a_good_file_and_states_the_defaults() {
    let source = include_str!("../../assets/config.example.toml");
    let config = Config::parse(source, Path::new("config.example.toml")).unwrap();
    assert_eq!(config.systems.len(), 2);
    assert_eq!(config.pairs[0].policy, Policy::linnworks());
    // What is commented out must be right too.
    let full: String = source
        .lines()
        .map(|l| {
            let inner = l.trim_start_matches("# ");
            let is_key = [
                "[server]",
                "[[system]]",
                "[[pair]]",
                "id =",
                "kind =",
                "base_url",
                "access_token",
                "app_secret",
                "api_version",
                "account_id",
                "application_key",
                "time_zone",
                "source =",
                "warehouse =",
                "prefix",
                "channel",
                "listen",
                "public_url",
                "hook_secret",
                "[[team]]",
                "code",
                "alerts",
                "limits",
                "hosts",
                "closed_statuses",
                "names",
            ]
            .iter()
            .any(|k| inner.starts_with(k));
            if l.starts_with("# ") && is_key {
                inner
            } else {
                l
            }
        })
        .flat_map(|l| [l, "\n"])
        .collect();
    let config = Config::parse(&full, Path::new("full.toml")).unwrap();
    assert_eq!(config.systems[0].limits.get("peoplevox"), Some(&60));
    let Account::Peoplevox(pvx) = &config.systems[0].account else {
        panic!("pvx is a warehouse")
    };
    assert_eq!(pvx.hosts, ["wms.example.com"]);
    assert_eq!(pvx.sheet_names["Sales orders"], "Our orders");
    assert_eq!(pvx.column_names["Sales orders"]["ContactName"], "Contact");
    assert_eq!(config.systems[2].limits.get("shopline"), Some(&240));
    assert_eq!(config.systems[3].limits.get("cin7core"), Some(&60));
    assert_eq!(config.pairs[1].policy, Policy::shopline());
    assert!(config.server.is_some());
    assert_eq!(config.teams.len(), 1);
}

#[test]
fn a_policy_is_read_whether_its_keys_are_quoted_or_nested() {
    let source = format!(
        "{GOOD}[pair.policy]\n\"stock.interval\" = \"2m\"\norder.release_on = \"open\"\nstock.reserve_unpaid = false\n\"barcode.mismatch\" = \"warn\"\n\"loop.flips\" = 5\n\"product.auto_create\" = \"off\"\n"
    );
    let config = Config::parse(&source, Path::new("t.toml")).unwrap();
    let policy = &config.pairs[0].policy;
    assert_eq!(policy.stock_interval, Span::mins(2));
    assert!(!policy.release_requires_paid);
    assert!(!policy.reserve_unpaid);
    assert!(!policy.product_auto_create);
    assert_eq!(policy.barcode_mismatch, BarcodePolicy::Warn);
    assert_eq!(policy.loop_flips, 5);
    assert_eq!(policy.order_pull_interval, Span::secs(30));
}

#[test]
fn each_mistake_is_told_with_file_line_key_and_what_to_write() {
    // (what is replaced, by what, the whole message)
    let cases: &[(&str, &str, &str)] = &[
        (
            "[store]",
            "[stroe]",
            "t.toml:1: store: is missing; write [store] with url = \"sqlite:tallyman.db\"\nt.toml:1: stroe: unknown key; did you mean \"store\"?",
        ),
        (
            "url = \"sqlite:tallyman.db\"",
            "",
            "t.toml:1: store, url: is missing",
        ),
        (
            "\"sqlite:tallyman.db\"",
            "\"mysql://x\"",
            "t.toml:2: store, url: must be sqlite:FILE or postgres://USER@HOST/DATABASE",
        ),
        (
            "\"sqlite:tallyman.db\"",
            "\"postgres://me:hunter2@db/t\"",
            "t.toml:2: store, url: a secret may not stand in the file; take the password out of the address and use the PGPASSFILE variable or a .pgpass file",
        ),
        (
            "\"sqlite:tallyman.db\"",
            "7",
            "t.toml:2: store, url: text in quotes is expected, not a number",
        ),
        (
            "id = \"pvx\"",
            "id = \"PVX 1\"",
            "t.toml:5: system \"PVX 1\", id: must be made of small letters, digits and hyphens, at most 32 characters\nt.toml:22: pair \"lw-pvx\", warehouse: there is no [[system]] with this id",
        ),
        (
            "id = \"lw\"",
            "id = \"pvx\"",
            "t.toml:13: system \"pvx\", id: is used twice; every system needs an id of its own\nt.toml:21: pair \"lw-pvx\", source: there is no [[system]] with this id",
        ),
        (
            "\"peoplevox\"",
            "\"peoplevx\"",
            "t.toml:6: system \"pvx\", kind: must be one of peoplevox, linnworks, shopline, cin7core; did you mean \"peoplevox\"?",
        ),
        (
            "\"linnworks\"",
            "\"cin7\"",
            "t.toml:14: system \"lw\", kind: must be one of peoplevox, linnworks, shopline, cin7core; did you mean \"cin7core\"?",
        ),
        (
            "username",
            "usrname",
            "t.toml:4: system \"pvx\", username: is missing\nt.toml:9: system \"pvx\", usrname: unknown key; did you mean \"username\"?",
        ),
        (
            "{ env = \"PVX_PASSWORD\" }",
            "\"hunter2\"",
            "t.toml:10: system \"pvx\", password: a secret may not stand in the file; write password = { env = \"NAME\" }, { file = \"PATH\" } or { command = [\"program\", \"argument\"] }",
        ),
        (
            "{ env = \"PVX_PASSWORD\" }",
            "{ env = \"A\", file = \"B\" }",
            "t.toml:10: system \"pvx\", password: names two places; keep one of env, file, command",
        ),
        (
            "{ env = \"PVX_PASSWORD\" }",
            "{}",
            "t.toml:10: system \"pvx\", password: names no place; write one of env, file, command",
        ),
        (
            "{ env = \"PVX_PASSWORD\" }",
            "{ fiel = \"A\" }",
            "t.toml:10: system \"pvx\", password, fiel: unknown key; did you mean \"file\"?",
        ),
        (
            "{ env = \"PVX_PASSWORD\" }",
            "{ command = \"pass show\" }",
            "t.toml:10: system \"pvx\", password, command: a list of texts is expected, not text",
        ),
        (
            "https://wms",
            "http://wms",
            "t.toml:7: system \"pvx\", base_url: must begin with https:// (plain http only on this machine)",
        ),
        (
            "https://wms",
            "https://me:hunter2@wms",
            "t.toml:7: system \"pvx\", base_url: must not hold a user name or password",
        ),
        (
            "https://wms.peoplevox.net",
            "wms",
            "t.toml:7: system \"pvx\", base_url: must be an address such as https://host.example",
        ),
        (
            "username = \"robot\"",
            "username = \"robot\"\nlimits = { peoplevox = 0 }",
            "t.toml:10: system \"pvx\", limits, peoplevox: calls a minute are expected: a whole number between 1 and 100000",
        ),
        (
            "source = \"lw\"",
            "source = \"lws\"",
            "t.toml:21: pair \"lw-pvx\", source: there is no [[system]] with this id",
        ),
        (
            "source = \"lw\"",
            "source = \"pvx\"",
            "t.toml:21: pair \"lw-pvx\", source: is a warehouse; orders come from a sales system (kind = \"linnworks\", \"shopline\" or \"cin7core\")",
        ),
        (
            "warehouse = \"pvx\"",
            "warehouse = \"lw\"",
            "t.toml:22: pair \"lw-pvx\", warehouse: is a sales system; a warehouse is needed (kind = \"peoplevox\")",
        ),
        (
            "prefix = \"LW\"",
            "prefix = \"LW-\"",
            "t.toml:23: pair \"lw-pvx\", prefix: must be made of letters and digits, at most 8 characters; the hyphen is added",
        ),
        (
            "channel = \"Linnworks\"",
            "channel = \" \"",
            "t.toml:24: pair \"lw-pvx\", channel: must not be empty",
        ),
    ];
    for (from, to, expected) in cases {
        assert!(GOOD.contains(from), "{from}");
        let told = problems(&GOOD.replacen(from, to, 1));
        assert_eq!(told, *expected, "{from} -> {to}");
        assert!(!told.contains("hunter2"));
    }
}

#[test]
fn each_mistake_in_a_policy_is_told_with_its_range_or_words() {
    let cases = [
        (
            "\"stock.intervall\" = \"5m\"",
            "stock.intervall: unknown policy key; did you mean \"stock.interval\"?",
        ),
        (
            "\"stock.interval\" = 5",
            "stock.interval: a duration in quotes such as \"5m\" is expected, not a number",
        ),
        (
            "\"stock.interval\" = \"5 minutes\"",
            "stock.interval: \"5 minutes\" is not a duration; write a number and a unit such as 30s, 5m, 2h or 7d",
        ),
        (
            "\"stock.interval\" = \"1s\"",
            "stock.interval: must lie between 1m and 1d",
        ),
        (
            "\"order.partial_shipment\" = \"yes\"",
            "order.partial_shipment: \"on\" or \"off\" is expected",
        ),
        (
            "\"stock.mass_change_percent\" = 0",
            "stock.mass_change_percent: a whole number between 1 and 100 is expected",
        ),
        (
            "\"barcode.mismatch\" = \"blok\"",
            "barcode.mismatch: must be one of warn, block; did you mean \"block\"?",
        ),
        (
            "\"sla.cutoff_hour\" = 24",
            "sla.cutoff_hour: a whole number between 0 and 23 is expected",
        ),
        (
            "\"sla.time_zone\" = \"London\"",
            "sla.time_zone: \"London\" is not a time zone; write one such as \"Europe/London\"",
        ),
        (
            "\"stock.mode\" = \"delta\"",
            "stock.mode: a source of this kind works by \"snapshot\" only; take the key out or write that",
        ),
        (
            "\"stock.replace_by_count\" = \"one-person\"",
            "stock.replace_by_count: this build knows \"two-person\" only; take the key out or write that",
        ),
        (
            "\"product.master\" = \"pvx\"",
            "product.master: product.auto_create is on and product.master is \"pvx\": where the warehouse says which items exist, none is created there from the source; switch product.auto_create off, or write product.master = \"source\"",
        ),
        (
            "\"stock.basis\" = \"GROSS\"",
            "stock.basis: the basis belongs to a location: set it with its SITE mapping (basis=NET_STATIC or basis=GROSS)",
        ),
    ];
    for (line, expected) in cases {
        let told = problems(&format!("{GOOD}[pair.policy]\n{line}\n"));
        assert_eq!(
            told,
            format!("t.toml:26: pair \"lw-pvx\", policy, {expected}")
        );
    }
}

#[test]
fn server_team_and_second_pair_have_their_own_rules() {
    let cases = [
        (
            "[server]\nhook_secret = { env = \"H\" }\nlisten = \"8480\"\n",
            "t.toml:27: server, listen: must be ADDRESS:PORT such as 127.0.0.1:8480",
        ),
        (
            "[server]\nlisten = \"127.0.0.1:8480\"\n",
            "t.toml:25: server, hook_secret: is missing",
        ),
        (
            "[[team]]\ncode = \"warehous\"\n",
            "t.toml:26: [[team]], code: must be one of warehouse, ecommerce, operations, data, finance, cx, integration; did you mean \"warehouse\"?",
        ),
        (
            "[[team]]\ncode = \"cx\"\nalerts = [{ kind = \"mail\", url = \"https://x.example\" }]\n",
            "t.toml:27: [[team]], alerts, kind: must be \"webhook\"",
        ),
        (
            "[[team]]\ncode = \"cx\"\n[[team]]\ncode = \"cx\"\n",
            "t.toml:28: [[team]], code: is written twice; keep one [[team]] of it",
        ),
        (
            "[[pair]]\nid = \"two\"\nsource = \"lw\"\nwarehouse = \"pvx\"\nprefix = \"lw\"\nchannel = \"x\"\n",
            "t.toml:29: pair \"two\", prefix: is also the prefix of pair \"lw-pvx\" in the same warehouse; their order numbers would clash",
        ),
    ];
    for (more, expected) in cases {
        assert_eq!(problems(&format!("{GOOD}{more}")), expected);
    }
}

#[test]
fn all_problems_of_a_file_are_told_together_in_order_of_lines() {
    let source = GOOD
        .replace("username", "usrname")
        .replace("prefix = \"LW\"", "prefix = \"?\"")
        .replace("sqlite:tallyman.db", "nothing");
    let told = problems(&source);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 4, "{told}");
    assert!(lines[0].starts_with("t.toml:2:") && lines[3].starts_with("t.toml:23:"));
}

#[test]
fn a_file_that_is_not_toml_tells_the_line_without_repeating_it() {
    let told = problems("[store]\nurl = \"x\"\npassword = hunter2\n");
    assert!(told.starts_with("t.toml:3: not valid TOML:"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

fn folder_with(source: &str) -> (tempfile::TempDir, Loaded) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tallyman.toml");
    std::fs::write(&file, source).unwrap();
    let loaded = Config::load(Some(&file)).unwrap();
    (folder, loaded)
}

#[test]
fn the_payload_key_is_made_once_and_never_beside_a_store_that_has_lost_its_own() {
    let (folder, loaded) = folder_with(GOOD);
    let key = loaded.payload_key().unwrap();
    assert_eq!(loaded.payload_key().unwrap(), key);
    let path = folder.path().join(PAYLOAD_KEY_FILE);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let told = loaded.payload_key().unwrap_err().to_string();
    assert!(
        told.contains("can be read by others (mode 644); run: chmod 600"),
        "{told}"
    );

    std::fs::remove_file(&path).unwrap();
    std::fs::write(loaded.sqlite_path().unwrap(), b"x").unwrap();
    let told = loaded.payload_key().unwrap_err().to_string();
    assert!(
        told.contains("is missing, but store") && told.contains("restore the key"),
        "{told}"
    );

    let (_folder, loaded) = folder_with(&GOOD.replace("sqlite:tallyman.db", "postgres://db/t"));
    let told = loaded.payload_key().unwrap_err().to_string();
    assert!(told.contains("hosts that share a store"), "{told}");
}

#[test]
fn a_payload_key_is_32_bytes_in_base64_or_hex() {
    let (folder, loaded) = folder_with(GOOD);
    let path = folder.path().join(PAYLOAD_KEY_FILE);
    let cases = [
        ("ab".repeat(32), Some([0xab; 32])),
        (
            "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=".to_owned(),
            Some([7; 32]),
        ),
        ("too short".to_owned(), None),
    ];
    for (text, expected) in cases {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(loaded.payload_key().ok(), expected);
    }
}

#[test]
fn a_file_that_everybody_may_write_or_that_is_not_there_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tallyman.toml");
    let told = Config::load(Some(&file)).unwrap_err().to_string();
    assert!(
        told.contains("tallyman.toml cannot be read: No such file"),
        "{told}"
    );
    std::fs::write(&file, GOOD).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o646)).unwrap();
    let told = Config::load(Some(&file)).unwrap_err().to_string();
    assert!(
        told.contains("can be written by everybody (mode 646); run: chmod o-w"),
        "{told}"
    );
    let told = Config::load(Some(folder.path())).unwrap_err().to_string();
    assert!(told.contains("is not a file"), "{told}");
}

#[test]
fn a_relative_store_lies_beside_its_configuration() {
    let (folder, loaded) = folder_with(GOOD);
    let expected = folder.path().canonicalize().unwrap().join("tallyman.db");
    assert_eq!(loaded.store_url(), format!("sqlite:{}", expected.display()));
}
