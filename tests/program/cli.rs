//! The program from outside: exit codes, words on standard error, nothing on the terminal that should not be there.

use std::path::Path;
use std::process::{Command, Output, Stdio};

const CONFIG: &str = r#"
[store]
url = "sqlite:tallyman.db"
[[system]]
id = "pvx"
kind = "peoplevox"
base_url = "https://wms.peoplevox.net"
client_id = "acme1234"
username = "robot"
password = { env = "TALLYMAN_TEST_NEVER_SET" }
[[system]]
id = "lw"
kind = "linnworks"
application_id = "app"
application_secret = { command = ["echo", "s"] }
token = { command = ["echo", "t"] }
[[pair]]
id = "lw-pvx"
source = "lw"
warehouse = "pvx"
prefix = "LW"
channel = "Linnworks"
"#;

struct Place(tempfile::TempDir);

impl Place {
    fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tallyman.toml"), config).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tallyman"));
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("USER", "sam")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command().args(words).output().unwrap()
    }
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_wrong_configuration_is_told_line_by_line_and_exits_1() {
    let place = Place::new(
        &CONFIG
            .replace("username", "usrname")
            .replace("{ env = \"TALLYMAN_TEST_NEVER_SET\" }", "\"hunter2\""),
    );
    let output = place.run(&["orders", "list"]);
    assert_eq!(output.status.code(), Some(1));
    let told = err(&output);
    assert!(
        told.contains(
            "tallyman.toml:9: system \"pvx\", usrname: unknown key; did you mean \"username\"?"
        ),
        "{told}"
    );
    assert!(
        told.contains("a secret may not stand in the file"),
        "{told}"
    );
    assert!(!told.contains("hunter2") && out(&output).is_empty());
}

#[test]
fn without_a_configuration_it_says_where_it_looked() {
    let place = Place::new(CONFIG);
    std::fs::remove_file(place.path().join("tallyman.toml")).unwrap();
    let output = place.run(&["exceptions", "list"]);
    assert_eq!(output.status.code(), Some(1));
    let told = err(&output);
    assert!(told.contains(".config/tallyman/tallyman.toml"), "{told}");
    assert!(told.contains("--config FILE"), "{told}");
}

#[test]
fn words_that_are_not_understood_exit_2() {
    let place = Place::new(CONFIG);
    for words in [
        &["no-such-verb"][..],
        &["exceptions", "assign", "1", "--team", "nobody"],
        &["exceptions", "snooze", "1"],
        &["mappings", "set", "CARIER", "a", "b", "--reason", "x"],
        &["flows", "run", "NO_FLOW"],
        &["orders", "list", "--limit", "0"],
        &["--log", "no such level!", "orders", "list"],
    ] {
        let output = place.run(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", err(&output));
    }
}

#[test]
fn a_store_that_is_not_there_is_not_made_by_looking() {
    let place = Place::new(CONFIG);
    let output = place.run(&["exceptions", "list"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).contains("there is no store at sqlite:"),
        "{}",
        err(&output)
    );
    assert!(!place.path().join("tallyman.db").exists());
    assert!(!place.path().join("payload.key").exists());
}

#[test]
fn check_tells_what_is_missing_and_exits_3() {
    let place = Place::new(CONFIG);
    let output = place.run(&["check", "--offline", "--format", "json"]);
    assert_eq!(output.status.code(), Some(3), "{}", err(&output));
    let lines: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let bad: Vec<&str> = lines
        .as_array()
        .unwrap()
        .iter()
        .filter(|l| l["is_ok"] == false)
        .map(|l| l["found"].as_str().unwrap())
        .collect();
    assert!(
        bad.iter()
            .any(|f| f.contains("TALLYMAN_TEST_NEVER_SET is not set")),
        "{bad:?}"
    );
    assert!(
        bad.iter().any(|f| f.contains("there is no store")),
        "{bad:?}"
    );
}

#[test]
fn the_log_is_a_private_file_in_the_state_folder() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new(CONFIG);
    place.run(&["exceptions", "list"]);
    let log = place.path().join(".local/state/tallyman/tallyman.log");
    let mode = std::fs::metadata(&log).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new(CONFIG);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = place
        .command()
        .args(["check", "--offline"])
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert_eq!(err(&output), "");
}

#[test]
fn the_handbook_is_read_without_configuration_or_console() {
    let place = Place(tempfile::tempdir().unwrap());
    let list = place.run(&["handbook"]);
    assert_eq!(list.status.code(), Some(0), "{}", err(&list));
    let text = String::from_utf8_lossy(&list.stdout).into_owned();
    assert!(
        text.contains("first-day") && text.contains("ORD_SKU_UNKNOWN"),
        "{text}"
    );
    let chapter = place.run(&["handbook", "ord_carrier_unmapped"]);
    assert!(String::from_utf8_lossy(&chapter.stdout).contains("## Do this"));
    let keys = place.run(&["handbook", "keys"]);
    assert!(String::from_utf8_lossy(&keys.stdout).contains("Verify chain"));
    let none = place.run(&["handbook", "zyzzyva"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(
        err(&none).contains("nothing in the handbook"),
        "{}",
        err(&none)
    );
}

#[test]
fn a_saved_view_is_a_list_under_a_name_and_removing_it_asks() {
    let place = Place::new(CONFIG);
    let told = |words: &[&str], code: i32| {
        let output = place.run(words);
        let text = format!("{}{}", out(&output), err(&output));
        assert_eq!(output.status.code(), Some(code), "{words:?}: {text}");
        text
    };
    told(&["store", "migrate"], 0);
    let save = [
        "views",
        "save",
        "exceptions",
        "Mine next",
        "--filter",
        "-team:cx ship<4h",
    ];
    assert!(told(&save, 0).contains("-team:cx ship<4h, by promise"));
    assert!(told(&save, 1).contains("is there already, saved by"));
    told(&[&save[..], &["--replace", "--sort", "age"]].concat(), 0);
    let listed = told(&["views", "list", "--format", "json"], 0);
    assert!(
        listed.contains("\"name\": \"Mine next\"") || listed.contains("\"name\":\"Mine next\""),
        "{listed}"
    );
    told(
        &["exceptions", "list", "--view", "mine NEXT", "severity:S1"],
        0,
    );
    told(
        &["exceptions", "list", "view:\"Mine next\"", "severity:S1"],
        0,
    );
    let none = told(&["exceptions", "list", "view:mine"], 2);
    assert!(none.contains("did you mean `Mine next`?"), "{none}");
    let some = [
        "orders",
        "list",
        "--columns",
        "site,number",
        "--format",
        "csv",
    ];
    assert_eq!(told(&some, 0).trim(), "site,number");
    let wrong = told(&["orders", "list", "--columns", "postcode"], 2);
    assert!(wrong.contains("use number, state, promise"), "{wrong}");
    for (list, columns) in [
        (["exceptions", "list"], "id,detail"),
        (["stock", "drift"], "item,location"),
        (["stock", "lanes"], "item,reason"),
        (["returns", "list"], "return,next"),
        (["deliveries", "list"], "id,answer"),
        (["audit", "list"], "time,who"),
    ] {
        let told_all = told(
            &[&list[..], &["--columns", columns, "--format", "csv"]].concat(),
            0,
        );
        assert_eq!(told_all.lines().next(), Some(columns), "{list:?}");
        let wrong = told(&[&list[..], &["--columns", "nothing"]].concat(), 2);
        assert!(
            wrong.contains("is not a column of this list"),
            "{list:?}: {wrong}"
        );
    }
    let none = told(&["orders", "list", "--view", "Mine next"], 1);
    assert!(none.contains("none is saved"), "{none}");
    let wrong = ["views", "save", "orders", "x", "--filter", "team:cx"];
    assert!(told(&wrong, 1).contains("team"));
    let remove = ["views", "remove", "exceptions", "Mine next"];
    assert!(told(&remove, 2).contains("--yes"));
    told(&[&remove[..], &["--yes"]].concat(), 0);
    let lines = told(&["audit", "list", "view."], 0);
    assert!(lines.contains("view.removed"), "{lines}");
}
