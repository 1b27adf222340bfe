//! The set-up as a person meets it: a plain terminal, four simulated vendors, and at the end a console that can work.

use crate::pty::Pty;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tallyman");
/// Longest wait for the end of the program.
const LIMIT: Duration = Duration::from_secs(60);

/// A folder that is home, configuration and state.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn config(&self) -> PathBuf {
        self.path().join("config/tallyman/tallyman.toml")
    }

    fn start(&self, args: &[&str], columns: u16, rows: u16) -> Pty {
        let folder = self.path().to_str().unwrap();
        let config = self.path().join("config");
        let state = self.path().join("state");
        let variables = [
            ("HOME", folder),
            ("XDG_CONFIG_HOME", config.to_str().unwrap()),
            ("TALLYMAN_STATE", state.to_str().unwrap()),
            ("TALLYMAN_CONFIG", ""),
            ("TZ", "Europe/London"),
        ];
        Pty::start(PROGRAM, args, &variables, columns, rows)
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(PROGRAM)
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env("TALLYMAN_STATE", self.path().join("state"))
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn done(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let all = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(output.status.code(), Some(0), "{args:?}: {all}");
        all
    }
}

/// Waits until a question is asked and answers it.
fn answer(pty: &mut Pty, question: &str, text: &str) {
    is_asked(pty, question);
    pty.send(text);
    pty.send("\r");
}

/// Waits until this question is the one that stands: the last lines, with an empty prompt.
fn is_asked(pty: &Pty, question: &str) {
    pty.waits_for(question, |p| {
        let screen = p.screen();
        let last = screen.trim_end().rsplit("\n\n").next().unwrap_or_default();
        let words: Vec<&str> = last.split_whitespace().collect();
        let last = words.join(" ");
        last.contains(question) && last.ends_with('>')
    });
}

/// The vendors simulated on this machine, with the credentials that open them.
struct Sandbox {
    child: Child,
    host: String,
    /// Name in capitals and value, and the account names of the printed configuration.
    known: Vec<(String, String)>,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Sandbox {
    fn start(folder: &Path) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = listener.local_addr().unwrap().to_string();
        drop(listener);
        let mut child = Command::new(PROGRAM)
            .args([
                "sandbox",
                "--seed",
                "3",
                "--listen",
                &listen,
                "--mappings",
                "maps",
            ])
            .current_dir(folder)
            .env_clear()
            .env("HOME", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut known = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if line.contains("SANDBOX_") && !line.contains("env =") {
                let pair = |p: &str| p.split_once('=').map(|(k, v)| (k.into(), v.into()));
                known.extend(line.split(' ').filter_map(pair));
            } else if let Some((key, value)) = line.split_once(" = ") {
                known.push((key.to_owned(), value.trim_matches('"').to_owned()));
            }
            if line == "channel = \"Cin7 Core\"" {
                break;
            }
        }
        Self {
            child,
            host: format!("http://{listen}"),
            known,
        }
    }

    fn get(&self, name: &str) -> &str {
        let found = self.known.iter().find(|(k, _)| k == name);
        &found.unwrap_or_else(|| panic!("{name} is not printed")).1
    }
}

/// Answers from the first question to the tested warehouse.
fn warehouse(pty: &mut Pty, sandbox: &Sandbox) {
    answer(pty, "Where shall the configuration be written?", "");
    answer(pty, "Where shall they be kept?", "");
    answer(pty, "Peoplevox: address", &sandbox.host);
    answer(pty, "Peoplevox: client id", sandbox.get("client_id"));
    answer(pty, "Peoplevox: user", sandbox.get("username"));
}

fn is_given_back(pty: &Pty) {
    pty.waits_for("the terminal given back", |p| {
        !p.is_alternate() && !p.is_cursor_hidden() && !p.is_paste_bracketed()
    });
}

#[test]
fn from_nothing_to_a_configuration_that_passes_the_check_and_reads_orders() {
    let home = Home::new();
    let sandbox = Sandbox::start(home.path());
    let mut pty = home.start(&[], 100, 50);
    answer(&mut pty, "tallyman has no configuration yet.", "1");
    warehouse(&mut pty, &sandbox);
    // Mistyped first: it is said at once what is wrong, and only the password is typed again.
    answer(&mut pty, "Peoplevox: password", "no-such-password");
    answer(&mut pty, "Peoplevox: something is not right", "1");
    for title in [
        "Peoplevox: address",
        "Peoplevox: client id",
        "Peoplevox: user",
    ] {
        answer(&mut pty, title, "");
    }
    answer(&mut pty, "Peoplevox: password", sandbox.get("SANDBOX_PVX"));
    answer(&mut pty, "Where do orders come from?", "1");
    answer(&mut pty, "Linnworks: sign-in address", &sandbox.host);
    answer(
        &mut pty,
        "Linnworks: application id",
        sandbox.get("application_id"),
    );
    answer(
        &mut pty,
        "Linnworks: application secret",
        sandbox.get("SANDBOX_LW_SECRET"),
    );
    answer(
        &mut pty,
        "Linnworks: installation token",
        sandbox.get("SANDBOX_LW_TOKEN"),
    );
    answer(&mut pty, "a name for the pair", "");
    answer(&mut pty, "prefix of its order numbers", "");
    answer(&mut pty, "channel name in the warehouse", "");
    answer(&mut pty, "Another sales system?", "");
    answer(&mut pty, "Time zone of the warehouse", "");
    answer(&mut pty, "Orders until which hour", "");
    answer(&mut pty, "Where shall tallyman keep what it knows?", "");
    answer(
        &mut pty,
        "Webhooks: the address of this machine outside",
        "https://hooks.example.com",
    );
    answer(&mut pty, "Your name", "sam");
    answer(&mut pty, "Write this?", "y");
    answer(&mut pty, "Hold every write for now?", "");
    let sheet = home.path().join("maps/lw-pvx.csv");
    answer(
        &mut pty,
        "lw-pvx: a sheet of mappings?",
        sheet.to_str().unwrap(),
    );
    answer(&mut pty, "lw-pvx: take these mappings?", "");
    answer(&mut pty, "what has no mapping yet?", "");
    is_asked(&pty, "Done. What now?");
    pty.sees("all well");
    pty.send("2\r");
    assert_eq!(pty.exit_code(LIMIT), 0);
    is_given_back(&pty);
    assert!(
        !pty.raw().contains(sandbox.get("SANDBOX_PVX")),
        "a secret was shown"
    );

    let written = std::fs::read_to_string(home.config()).unwrap();
    for secret in ["SANDBOX_PVX", "SANDBOX_LW_SECRET", "SANDBOX_LW_TOKEN"] {
        assert!(!written.contains(sandbox.get(secret)));
    }
    assert!(written.contains("public_url = \"https://hooks.example.com\""));
    let made = home.config().with_file_name("secrets/hook-secret");
    assert_eq!(std::fs::read_to_string(made).unwrap().trim().len(), 43);
    assert!(!home.config().with_file_name("tallyman.toml.draft").exists());
    assert!(home.config().with_file_name("lw-pvx-mappings.csv").exists());
    assert!(home.done(&["check"]).contains("all well"));
    home.done(&["sync", "--for", "8s"]);
    let orders = home.done(&["orders", "list", "--format", "json"]);
    assert!(orders.contains("\"number\""), "{orders}");
    let deliveries = home.done(&["flows", "list"]);
    assert!(deliveries.contains("set-up: going live"), "{deliveries}");
    let audit = home.done(&["audit", "list", "who:sam"]);
    assert!(audit.contains("mapping.set"), "{audit}");
}

#[test]
fn stopped_in_the_middle_it_goes_on_there_and_a_paste_or_a_signal_does_no_harm() {
    let home = Home::new();
    let sandbox = Sandbox::start(home.path());
    let mut pty = home.start(&["setup"], 80, 24);
    warehouse(&mut pty, &sandbox);
    is_asked(&pty, "Peoplevox: password");
    // Several lines pasted at once answer nothing.
    pty.send("\u{1b}[200~one\rtwo\rthree\u{1b}[201~\r");
    pty.sees("several lines");
    is_asked(&pty, "Peoplevox: password");
    pty.send(&format!("\u{1b}[200~{}\u{1b}[201~", "x".repeat(10_000)));
    pty.send("\r");
    pty.sees("That is longer");
    is_asked(&pty, "Peoplevox: password");
    pty.send("\u{3}");
    assert_eq!(pty.exit_code(LIMIT), 0);
    pty.sees("goes on where you stopped");
    is_given_back(&pty);
    assert!(!home.config().exists());

    let mut pty = home.start(&["setup"], 80, 24);
    pty.sees("Going on where you stopped");
    answer(&mut pty, "Peoplevox: password", sandbox.get("SANDBOX_PVX"));
    is_asked(&pty, "Where do orders come from?");
    pty.signal("TERM");
    assert_eq!(pty.exit_code(LIMIT), 143);
    is_given_back(&pty);

    let draft = home.config().with_file_name("tallyman.toml.draft");
    assert!(
        !std::fs::read_to_string(draft)
            .unwrap()
            .contains(sandbox.get("SANDBOX_PVX"))
    );
    // Without a verb it is offered, and the demo is one key away.
    let mut pty = home.start(&[], 80, 24);
    pty.sees("go on with the set-up you began");
    answer(&mut pty, "tallyman has no configuration yet.", "2");
    pty.sees("ORDER_CREATE");
    pty.send("q");
    assert_eq!(pty.exit_code(LIMIT), 0);
    is_given_back(&pty);
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let home = Home::new();
    let plain = home.run(&[]);
    let told = String::from_utf8_lossy(&plain.stderr).into_owned();
    assert_eq!(plain.status.code(), Some(1));
    assert!(
        told.contains("no configuration was found") && told.contains("tallyman demo"),
        "{told}"
    );
    assert!(plain.stdout.is_empty());
    let setup = home.run(&["setup"]);
    let told = String::from_utf8_lossy(&setup.stderr).into_owned();
    assert_eq!(setup.status.code(), Some(1));
    assert!(told.contains("needs a terminal"), "{told}");
}
