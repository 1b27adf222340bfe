//! The whole program over real sockets: sandbox, store, mappings, sync, and what people then see and do.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn tallyman(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tallyman"));
    command
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .stdin(Stdio::null());
    command
}

/// A port that is free now.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The pairs of the sandbox's configuration, with the prefix of their orders.
const PAIRS: [(&str, &str); 3] = [("lw-pvx", "LW"), ("sl-pvx", "SL"), ("c7-pvx", "C7")];

/// Times the engine is run until every pair has an order that went all the way.
const ROUNDS_MAX: usize = 20;

/// A served sandbox and the configuration it printed.
struct Sandbox {
    child: Child,
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Sandbox {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listen = format!("127.0.0.1:{}", free_port());
        let mut child = tallyman(folder.path())
            .args(["sandbox", "--seed", "3", "--listen", &listen])
            .args(["--orders-per-day", "20000", "--floor-percent", "100000"])
            .args([
                "--shop-orders-per-day",
                "20000",
                "--cin7-sales-per-day",
                "4000",
            ])
            .args(["--mappings", "maps"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut config = String::new();
        let mut env = Vec::new();
        for line in lines {
            let line = line.unwrap();
            if line.contains("SANDBOX_") && config.is_empty() {
                let pair = |p: &str| p.split_once('=').map(|(k, v)| (k.into(), v.into()));
                env.extend(line.split(' ').filter_map(pair));
            }
            if !config.is_empty() || line == "[store]" {
                config.push_str(&line);
                config.push('\n');
            }
            if line == "channel = \"Cin7 Core\"" {
                break;
            }
        }
        // The sandbox's warehouse has no limit of its own; at the house's pace three pairs would need a minute.
        let kind = "kind = \"peoplevox\"\n";
        assert!(config.contains(kind), "{config}");
        let config = config.replace(kind, &format!("{kind}limits = {{ peoplevox = 600 }}\n"));
        std::fs::write(folder.path().join("tallyman.toml"), config).unwrap();
        Self { child, folder, env }
    }

    fn run(&self, words: &[&str]) -> Output {
        tallyman(self.folder.path())
            .envs(self.env.iter().map(|(k, v)| (k, v)))
            .args(["--as", "sam"])
            .args(words)
            .output()
            .unwrap()
    }

    fn done(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {err}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Orders of a pair that went all the way.
    fn confirmed(&self, pair: &str) -> i64 {
        let filter = format!("state:confirmed pair:{pair}");
        self.json(&["orders", "list", &filter])["total"]
            .as_i64()
            .unwrap()
    }

    fn json(&self, words: &[&str]) -> Value {
        let mut all = vec!["--format", "json"];
        all.extend(words);
        serde_json::from_slice(&self.run(&all).stdout).unwrap()
    }
}

#[test]
fn orders_go_to_the_warehouse_and_come_back_confirmed_and_people_can_act_on_the_rest() {
    let sandbox = Sandbox::start();
    sandbox.done(&["store", "migrate"]);
    for (pair, _) in PAIRS {
        let file = format!("maps/{pair}.csv");
        let told = sandbox.done(&[
            "mappings", "import", &file, "--pair", pair, "--reason", "go live",
        ]);
        let done = format!("mapping changes of {pair} applied");
        assert!(told.contains(&done), "{told}");
    }

    let checks = sandbox.json(&["check"]);
    let bad: Vec<&Value> = checks
        .as_array()
        .unwrap()
        .iter()
        .filter(|l| l["is_ok"] == false)
        .collect();
    assert!(bad.is_empty(), "{bad:?}");

    for _ in 0..ROUNDS_MAX {
        sandbox.done(&["sync", "--for", "8s"]);
        if PAIRS.iter().all(|(pair, _)| sandbox.confirmed(pair) > 0) {
            break;
        }
    }
    for (pair, prefix) in PAIRS {
        let filter = format!("state:confirmed pair:{pair}");
        let orders = sandbox.json(&["orders", "list", &filter]);
        assert!(orders["total"].as_i64().unwrap() > 0, "{pair}: {orders}");
        let number = orders["rows"][0]["number"].as_str().unwrap();
        let sheet = sandbox.done(&["orders", "show", &format!("{prefix}-{number}")]);
        let accepted = format!("accepted by the warehouse as {prefix}-");
        for moment in [accepted.as_str(), "confirmation read back"] {
            assert!(sheet.contains(moment), "{sheet}");
        }
    }
    // The first stock run would change every figure: it stops and asks.
    let first_run = "kind:STK_SNAPSHOT_INCOMPLETE pair:lw-pvx";
    let mass = sandbox.json(&["exceptions", "list", first_run]);
    let id = mass["rows"][0]["id"].as_i64().unwrap().to_string();
    sandbox.done(&["exceptions", "ack", &id]);
    sandbox.done(&["exceptions", "note", &id, "first run, expected"]);
    sandbox.done(&["stock", "approve", "--pair", "lw-pvx"]);
    let mut mass = Value::Null;
    for _ in 0..ROUNDS_MAX {
        sandbox.done(&["sync", "--for", "8s"]);
        mass = sandbox.json(&["exceptions", "list", first_run]);
        if mass["total"] == 0 {
            break;
        }
    }
    assert_eq!(mass["total"], 0, "{mass}");

    assert!(sandbox.done(&["audit", "verify"]).contains("is whole"));
    assert!(sandbox.done(&["store", "verify"]).contains("sound"));
    let audit = sandbox.json(&["audit", "list", "who:sam"]);
    let actions: Vec<&str> = audit["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["action"].as_str().unwrap())
        .collect();
    assert!(actions.contains(&"exception.acknowledged"), "{actions:?}");
    assert!(actions.contains(&"mapping.set"), "{actions:?}");
    let report = sandbox.done(&["report", "shift"]);
    assert!(
        report.contains("# Shift report") && report.contains("All hold."),
        "{report}"
    );
    month_end(&sandbox);

    sandbox.done(&["store", "backup", "copy.db"]);
    let restored = sandbox.done(&["store", "restore", "copy.db"]);
    assert!(restored.contains("is kept as"), "{restored}");
    assert!(sandbox.done(&["store", "verify"]).contains("sound"));
}

/// The sheet of finance in its four forms. A month may end while this runs: both are looked at.
fn month_end(sandbox: &Sandbox) {
    let this = chrono::Utc::now().format("%Y-%m").to_string();
    let of = |words: &[&str]| {
        let mut all = vec!["report", "month", "--pair", "lw-pvx"];
        all.extend(words);
        sandbox.done(&all)
    };
    let mut units = 0;
    for month in [&["--month", this.as_str()][..], &[]] {
        let text = of(&[month, &["--format", "json"]].concat());
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let pairs = json["pairs"].as_array().unwrap();
        assert_eq!(
            (pairs.len(), &pairs[0]["basis"]),
            (1, &"source_reports".into())
        );
        units += pairs[0]["cuts"]["left"]["units"].as_i64().unwrap();
    }
    assert!(units > 0, "orders of the pair left just now");
    let title = format!("Month {this} of lw-pvx");
    let month = ["--month", this.as_str()];
    for (format, part) in [
        ("md", format!("# {title}")),
        ("html", format!("<h1>{title}</h1>")),
        ("csv", format!("lw-pvx,{this},Goods that left,")),
    ] {
        let text = of(&[&month[..], &["--format", format]].concat());
        assert!(text.contains(&part), "{text}");
    }
    let wrong = sandbox.run(&["report", "month", "--month", "october"]);
    assert_eq!(wrong.status.code(), Some(2));
    let card = sandbox.run(&["check", "--policies"]);
    let card = String::from_utf8_lossy(&card.stdout).into_owned();
    assert!(card.contains("finance.basis"), "{card}");
}
