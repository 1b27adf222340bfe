//! A private PostgreSQL for tests: one cluster per test process, one database per test, gone with the process.
//!
//! `TALLYMAN_TEST_PG_URL` names a server to use instead (a role that may create databases). Without PostgreSQL the tests
//! are skipped loudly, except under `CI`, where that is a failure.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::io::Read as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// How long the server may take to answer.
const START: Duration = Duration::from_secs(60);

struct Cluster {
    /// Ends with `/`; a database name is added.
    base: String,
    /// Its standard input closes with this process, upon which the server is stopped and its files removed.
    _keeper: Option<Child>,
}

static CLUSTER: OnceCell<Option<Cluster>> = OnceCell::const_new();
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The address of a fresh, empty database; `None` where there is no PostgreSQL.
pub async fn database() -> Option<String> {
    let cluster = CLUSTER.get_or_init(start).await.as_ref()?;
    let name = format!(
        "tallyman_{}_{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    let mut admin = PgConnection::connect(&format!("{}postgres", cluster.base))
        .await
        .expect("the test server answers");
    sqlx::query(AssertSqlSafe(format!("create database {name}")))
        .execute(&mut admin)
        .await
        .expect("a database can be created");
    Some(format!("{}{name}", cluster.base))
}

async fn start() -> Option<Cluster> {
    if let Ok(url) = std::env::var("TALLYMAN_TEST_PG_URL") {
        let at = url.rfind('/').expect("TALLYMAN_TEST_PG_URL is a URL");
        return Some(Cluster {
            base: url[..=at].to_owned(),
            _keeper: None,
        });
    }
    let Some(bin) = bin() else {
        assert!(
            std::env::var_os("CI").is_none(),
            "PostgreSQL is needed in CI: install it or set TALLYMAN_TEST_PG_URL"
        );
        eprintln!(
            "SKIPPED: no PostgreSQL found under /usr/lib/postgresql; its half of the store tests did not run"
        );
        return None;
    };
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .expect("a free port")
        .port();
    let keeper = keeper(&bin, port);
    let base = format!("postgres://tallyman@127.0.0.1:{port}/");
    wait(&base, keeper).await
}

/// The newest server's programs.
fn bin() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|e| Some(e.ok()?.path().join("bin")))
        .filter(|p| p.join("initdb").exists() && p.join("postgres").exists())
        .collect();
    found.sort();
    found.pop()
}

/// A shell that makes the cluster, runs the server and stops it when its input closes.
fn keeper(bin: &std::path::Path, port: u16) -> Child {
    const SCRIPT: &str = r#"
set -e
dir=$(mktemp -d "${TMPDIR:-/tmp}/tallyman-pg-XXXXXX")
trap 'rm -rf "$dir"' EXIT
"$1/initdb" -D "$dir/data" -U tallyman -A trust -E UTF8 --locale=C.UTF-8 -N >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
"$1/postgres" -D "$dir/data" -p "$2" -k "$dir" -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off \
  -c max_connections=300 -c shared_buffers=32MB -c logging_collector=off </dev/null >"$dir/log" 2>&1 &
pid=$!
cat >/dev/null
kill -QUIT $pid
wait $pid || true
"#;
    let mut command = as_somebody();
    command
        .args(["sh", "-c", SCRIPT, "sh"])
        .arg(bin)
        .arg(port.to_string())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command.spawn().expect("the test server can be started")
}

/// PostgreSQL does not run as root: then as `postgres` or `nobody`.
fn as_somebody() -> Command {
    let id = |args: &[&str]| {
        Command::new("id")
            .args(args)
            .output()
            .map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned())
            .unwrap_or_default()
    };
    if id(&["-u"]) != "0" {
        return Command::new("env");
    }
    let user = if id(&["-u", "postgres"]).is_empty() {
        "nobody"
    } else {
        "postgres"
    };
    let mut command = Command::new("runuser");
    command.args(["-u", user, "--"]);
    command
}

async fn wait(base: &str, mut keeper: Child) -> Option<Cluster> {
    let begun = Instant::now();
    loop {
        match PgConnection::connect(&format!("{base}postgres")).await {
            Ok(connection) => {
                connection.close().await.expect("closing works");
                return Some(Cluster {
                    base: base.to_owned(),
                    _keeper: Some(keeper),
                });
            }
            Err(error) => {
                let ended = keeper.try_wait().expect("the keeper can be asked");
                if ended.is_some() || begun.elapsed() > START {
                    let mut said = String::new();
                    if ended.is_some()
                        && let Some(stderr) = keeper.stderr.as_mut()
                    {
                        stderr
                            .read_to_string(&mut said)
                            .expect("what it said can be read");
                    }
                    panic!("PostgreSQL did not start: {error}\n{said}");
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}
