//! Wrong credentials, wrong files, wrong places: one clear message that names the thing and the remedy, the right exit
//! code, nothing half done.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tallyman::cli::system_clock;
use tallyman::sandbox::{DemoCredentials, Sandbox, SandboxConfig, serve};

/// A served sandbox with a runtime of its own.
struct World {
    address: SocketAddr,
    credentials: DemoCredentials,
    mappings: String,
    _runtime: tokio::runtime::Runtime,
}

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let clock = system_clock();
        let config = SandboxConfig {
            seed: 5,
            start: clock(),
            ..SandboxConfig::default()
        };
        let sandbox = Sandbox::new(config, clock);
        let credentials = sandbox.demo_credentials();
        let mappings = sandbox.demo_mappings();
        let served = runtime.block_on(serve(sandbox, "127.0.0.1:0".parse().unwrap()));
        Self {
            address: served.unwrap().addr,
            credentials,
            mappings,
            _runtime: runtime,
        }
    }

    fn place(&self) -> Place {
        let c = &self.credentials;
        let host = format!("http://{}", self.address);
        let place = Place::new(&config(&host, &host, c));
        place.write("maps.csv", &self.mappings);
        place
    }
}

fn config(pvx: &str, lw: &str, c: &DemoCredentials) -> String {
    format!(
        r#"
[store]
url = "sqlite:tallyman.db"
[[system]]
id = "pvx"
kind = "peoplevox"
base_url = "{pvx}"
client_id = "{}"
username = "{}"
password = {{ command = ["echo", "{}"] }}
[[system]]
id = "lw"
kind = "linnworks"
auth_url = "{lw}"
application_id = "{}"
application_secret = {{ command = ["echo", "{}"] }}
token = {{ command = ["echo", "{}"] }}
[[pair]]
id = "lw-pvx"
source = "lw"
warehouse = "pvx"
prefix = "LW"
channel = "Linnworks"
"#,
        c.pvx_client_id,
        c.pvx_username,
        c.pvx_password,
        c.lw_application_id,
        c.lw_application_secret,
        c.lw_token
    )
}

struct Place(tempfile::TempDir);

impl Place {
    fn new(config: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.write("tallyman.toml", config);
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    fn change(&self, from: &str, to: &str) {
        let file = self.path().join("tallyman.toml");
        let old = std::fs::read_to_string(&file).unwrap();
        assert!(old.contains(from), "{from}");
        std::fs::write(file, old.replace(from, to)).unwrap();
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tallyman"));
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .stdin(Stdio::null())
            .args(["--as", "sam"])
            .args(words);
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Runs, expects the exit code, answers with what was said on both outputs.
    fn told(&self, words: &[&str], code: i32) -> String {
        let output = self.run(words);
        let told = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(output.status.code(), Some(code), "{words:?}: {told}");
        assert!(
            !told.contains("panicked") && !told.contains("RUST_BACKTRACE"),
            "{told}"
        );
        told
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Answers every request with a web page, as a proxy or the wrong tenant does.
fn page_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut head = Vec::new();
            let mut byte = [0u8; 1];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n > 0) {
                head.push(byte[0]);
            }
            let length: usize = String::from_utf8_lossy(&head)
                .lines()
                .find_map(|l| {
                    l.to_ascii_lowercase()
                        .strip_prefix("content-length:")?
                        .trim()
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            let mut body = vec![0u8; length];
            if stream.read_exact(&mut body).is_err() {
                continue;
            }
            let page = "<!DOCTYPE html><html><title>Tenant not found</title></html>";
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
                page.len()
            );
            // The client may have gone; it then says so itself.
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn wrong_credentials_and_wrong_addresses_are_told_by_check_with_the_key_to_look_at() {
    let world = World::new();
    let page = format!("http://{}", page_server());
    let good = format!("http://{}", world.address);
    let c = &world.credentials;
    let cases: [(&str, &str, &[&str]); 6] = [
        (
            &c.pvx_password,
            "wrong-password",
            &["sign-in refused", "check client_id, username and password"],
        ),
        (
            &c.lw_token,
            "wrong-token",
            &["application id, secret or token was refused"],
        ),
        (
            "base_url = \"GOOD\"",
            "base_url = \"http://127.0.0.1:9\"",
            &["could not connect", "check base_url"],
        ),
        (
            "auth_url = \"GOOD\"",
            "auth_url = \"http://127.0.0.1:9\"",
            &["check auth_url"],
        ),
        (
            "base_url = \"GOOD\"",
            "base_url = \"PAGE\"",
            &["a web page instead of an answer", "base_url"],
        ),
        (
            "auth_url = \"GOOD\"",
            "auth_url = \"PAGE\"",
            &["check auth_url"],
        ),
    ];
    for (from, to, expected) in cases {
        let place = world.place();
        place.told(&["store", "migrate"], 0);
        place.told(&["mappings", "import", "maps.csv", "--reason", "go"], 0);
        let fill = |t: &str| t.replace("GOOD", &good).replace("PAGE", &page);
        place.change(&fill(from), &fill(to));
        let told = place.told(&["check"], 3);
        for words in expected {
            assert!(told.contains(words), "{words} is not in\n{told}");
        }
        assert_eq!(told.matches("NO ").count(), 1, "{told}");
        for secret in [&c.lw_token, &c.lw_application_secret, &c.pvx_password] {
            assert!(!told.contains(secret.as_str()), "{told}");
        }
    }
}

#[test]
fn the_engine_says_whose_credentials_were_refused_and_goes_on_with_the_other_system() {
    let world = World::new();
    let place = world.place();
    place.change(&world.credentials.pvx_password, "wrong-password");
    place.told(&["store", "migrate"], 0);
    place.told(&["mappings", "import", "maps.csv", "--reason", "go"], 0);
    place.told(&["sync", "--for", "6s"], 0);
    let told = place.told(
        &["exceptions", "list", "--format", "json", "kind:SYS_AUTH"],
        0,
    );
    assert!(
        told.contains("pvx") && !told.contains("wrong-password"),
        "{told}"
    );
    let orders = place.told(&["orders", "list", "--format", "json"], 0);
    let orders: serde_json::Value = serde_json::from_str(&orders).unwrap();
    assert!(
        orders["total"].as_i64().unwrap() > 0,
        "the sales system was read"
    );
    let log = std::fs::read_to_string(place.path().join(".local/state/tallyman/tallyman.log"));
    assert!(!log.unwrap().contains("wrong-password"));
}

#[test]
fn a_csv_that_is_wrong_anywhere_is_taken_nowhere() {
    let world = World::new();
    let place = world.place();
    place.told(&["store", "migrate"], 0);
    let cases: [(&str, &[&str]); 4] = [
        (
            "kind,from,to,attributes\nCARRIER,Twice,RM48,\nCARRIER,Twice,RM24,\n",
            &["line 3: maps the same value as line 2"],
        ),
        (
            "kind,from,to,attributes\nCARRIER,Good,RM48,\nCARRIER,Bad\n",
            &["line 3: has 2 cells"],
        ),
        (
            "kind,from,to,attributes\nCARIER,Good,RM48,\n",
            &["line 2: \"CARIER\" is not a kind of mapping"],
        ),
        (
            "\u{0}\u{1}\u{2}",
            &["first line must be: kind,from,to,attributes"],
        ),
    ];
    for (text, expected) in cases {
        place.write("bad.csv", text);
        let told = place.told(&["mappings", "import", "bad.csv", "--reason", "x"], 1);
        for words in expected {
            assert!(told.contains(words), "{words} is not in\n{told}");
        }
        let list = place.told(&["mappings", "list", "--format", "json"], 0);
        let list: serde_json::Value = serde_json::from_str(&list).unwrap();
        assert_eq!(list["total"], 0, "{list}");
    }
    let told = place.told(&["mappings", "import", "missing.csv", "--reason", "x"], 1);
    assert!(told.contains("missing.csv"), "{told}");
}

#[test]
fn a_store_that_is_no_store_is_named_left_alone_and_the_way_back_is_told() {
    let world = World::new();
    let place = world.place();
    place.told(&["store", "migrate"], 0);
    place.told(&["store", "backup", "copy.db"], 0);
    for side in ["tallyman.db-wal", "tallyman.db-shm"] {
        let side = place.path().join(side);
        if side.exists() {
            std::fs::remove_file(side).unwrap();
        }
    }
    let text = "this is a letter to my aunt and no database at all";
    place.write("tallyman.db", text);
    for words in [
        &["orders", "list"][..],
        &["sync", "--for", "1s"],
        &["console", "--no-sync"],
        &["store", "verify"],
        &["store", "migrate"],
    ] {
        let told = place.told(words, 1);
        assert!(told.contains("tallyman.db"), "{told}");
        assert!(told.contains("`tallyman store restore FILE`"), "{told}");
    }
    let kept = std::fs::read_to_string(place.path().join("tallyman.db")).unwrap();
    assert_eq!(kept, text, "nothing was written over it");
    // A copy that is none is refused before anything moves; the real one brings everything back.
    place.write("aunt.db", text);
    let told = place.told(&["store", "restore", "aunt.db"], 1);
    assert!(
        told.contains("aunt.db is not restored, nothing was changed"),
        "{told}"
    );
    place.told(&["store", "restore", "copy.db"], 0);
    place.told(&["orders", "list"], 0);
}

#[test]
fn a_store_of_a_newer_program_is_refused_by_every_verb_and_not_touched() {
    let world = World::new();
    let place = world.place();
    place.told(&["store", "migrate"], 0);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        use sqlx::{Connection, Executor};
        let url = format!("sqlite:{}", place.path().join("tallyman.db").display());
        let mut conn = sqlx::SqliteConnection::connect(&url).await.unwrap();
        conn.execute("insert into schema_step (version, name, at) values (999, 'later', 0)")
            .await
            .unwrap();
        conn.close().await.unwrap();
    });
    let before = place.names();
    for words in [
        &["orders", "list"][..],
        &["sync", "--for", "1s"],
        &["store", "migrate"],
        &["console", "--no-sync"],
    ] {
        let told = place.told(words, 1);
        assert!(told.contains("schema 999"), "{told}");
        assert!(told.contains("use a newer tallyman"), "{told}");
    }
    let made = |names: &[String]| names.iter().filter(|n| n.contains("before")).count();
    assert_eq!(made(&place.names()), made(&before), "no copy, no migration");
}

#[test]
fn places_that_cannot_be_written_are_named() {
    let world = World::new();
    let place = world.place();
    // Not even root writes here.
    place.change("sqlite:tallyman.db", "sqlite:/proc/tallyman.db");
    let told = place.told(&["store", "migrate"], 1);
    assert!(told.contains("/proc/tallyman.db"), "{told}");
    let output = place
        .command(&["orders", "list"])
        .env("TALLYMAN_STATE", "/proc/tallyman")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("/proc/tallyman") && told.contains("state folder"),
        "{told}"
    );
    place.change("sqlite:/proc/tallyman.db", "sqlite:no/such/folder/t.db");
    let told = place.told(&["store", "migrate"], 1);
    assert!(told.contains("no/such/folder"), "{told}");
    assert!(!place.path().join("no").exists());
}

#[test]
fn a_payload_key_that_is_wrong_is_named_and_never_replaced() {
    let world = World::new();
    let place = world.place();
    place.told(&["store", "migrate"], 0);
    let key = place.path().join("payload.key");
    std::fs::write(&key, "c2hvcnQ=\n").unwrap();
    let told = place.told(&["orders", "list"], 1);
    assert!(told.contains("payload.key must hold 32 bytes"), "{told}");
    std::fs::remove_file(&key).unwrap();
    let told = place.told(&["sync", "--for", "1s"], 1);
    assert!(told.contains("restore the key"), "{told}");
    assert!(!key.exists());
}

#[test]
fn a_server_that_cannot_start_says_why_and_what_to_change() {
    let world = World::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap();
    let server = |secret: &str| {
        format!(
            "[server]\nlisten = \"{listen}\"\nhook_secret = {{ command = [\"echo\", \"{secret}\"] }}\n[[pair]]"
        )
    };
    let place = world.place();
    place.change("[[pair]]", &server("short"));
    let told = place.told(&["sync", "--for", "1s"], 1);
    assert!(told.contains("server, hook_secret: must be"), "{told}");
    assert!(
        told.contains("openssl rand -hex 32") && !told.contains("short"),
        "{told}"
    );

    let place = world.place();
    place.change("[[pair]]", &server("an-address-nobody-can-guess"));
    let told = place.told(&["sync", "--for", "1s"], 1);
    assert!(
        told.contains(&format!("server, listen: {listen} cannot be listened on")),
        "{told}"
    );
    let told = place.told(&["check", "--offline"], 3);
    assert!(told.contains("is taken by another program"), "{told}");
    drop(taken);
    let told = place.told(&["check", "--offline"], 3);
    assert!(told.contains(&format!("{listen} is free")), "{told}");
}

#[test]
fn sync_serves_while_it_runs_and_stops_serving_with_it() {
    let world = World::new();
    let place = world.place();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = free.local_addr().unwrap();
    drop(free);
    let section = format!(
        "[server]\nlisten = \"{listen}\"\npublic_url = \"http://{listen}\"\nhook_secret = {{ command = [\"echo\", \"an-address-nobody-can-guess\"] }}\n[[pair]]"
    );
    place.change("[[pair]]", &section);
    let mut sync = place
        .command(&["sync"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let ask = |path: &str| -> Option<String> {
        let mut stream = std::net::TcpStream::connect(listen).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    };
    let begun = Instant::now();
    while ask("/readyz").is_none_or(|a| !a.ends_with("ready\n")) {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "it never became ready"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    let taken = ask("/hooks/pvx/an-address-nobody-can-guess/TrackingNumberReceived?n=1").unwrap();
    assert!(taken.starts_with("HTTP/1.0 200"), "{taken}");
    assert!(
        ask("/hooks/lw/an-address-nobody-can-guess/X?n=1")
            .unwrap()
            .starts_with("HTTP/1.0 404")
    );
    let told = place.told(&["check", "--offline"], 3);
    assert!(
        told.contains(&format!("{listen}: tallyman listens")),
        "{told}"
    );
    let id = sync.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    let status = sync.wait().unwrap();
    assert!(status.success(), "{status}");
    assert!(ask("/healthz").is_none(), "nothing listens any more");
}
