//! Secrets by reference: an environment variable, a file only its owner can read, or a command.

use crate::secret::Secret;
use crate::text::clean_to;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Largest secret read from a file or a command, bytes.
pub const SECRET_BYTES_MAX: usize = 64 * 1024;
/// Longest time a secret command may take.
pub const COMMAND_TIME_MAX: Duration = Duration::from_secs(30);
/// What a secret command gets from our environment; everything else is withheld, other secrets above all.
const COMMAND_ENV: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "GNUPGHOME",
    "SSH_AUTH_SOCK",
    "DBUS_SESSION_BUS_ADDRESS",
];

/// Where a secret is to be had. The secret itself is fetched when it is needed, never kept in the configuration.
#[derive(Debug, Clone)]
pub enum SecretRef {
    /// `{ env = "NAME" }`
    Env(String),
    /// `{ file = "PATH" }`, relative to the configuration file's folder.
    File(PathBuf),
    /// `{ command = ["program", "argument", …] }`: its first line of output.
    Command(Vec<String>),
    /// Handed over by the program itself (demo, rehearsal, tests); cannot be written in a file.
    Given(Secret),
}

/// Why a secret could not be had. Never holds the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The variable is unset or empty.
    #[error("environment variable {0} is not set; set it before starting tallyman")]
    NoVariable(String),
    /// The variable holds bytes that are not text.
    #[error("environment variable {0} does not hold UTF-8 text")]
    VariableNotText(String),
    /// The file is absent or cannot be read.
    #[error("file {path} cannot be read: {cause}")]
    NoFile { path: PathBuf, cause: String },
    /// Others may read the file.
    #[error("file {path} can be read by others (mode {mode:03o}); run: chmod 600 {path}")]
    FileOpen { path: PathBuf, mode: u32 },
    /// The file holds no text, or far too much of it.
    #[error("file {path} {why}")]
    FileContent { path: PathBuf, why: &'static str },
    /// The command could not be run, failed, or took too long.
    #[error("command {program:?} {why}")]
    Command { program: String, why: String },
}

impl SecretRef {
    /// Fetches the secret; `folder` is where relative paths begin.
    ///
    /// # Errors
    /// [`SecretError`], saying where it was looked for and what to do.
    pub fn fetch(&self, folder: &Path) -> Result<Secret, SecretError> {
        match self {
            Self::Env(name) => match std::env::var(name) {
                Ok(value) if !value.is_empty() => Ok(Secret::new(value)),
                Err(std::env::VarError::NotUnicode(_)) => {
                    Err(SecretError::VariableNotText(name.clone()))
                }
                _ => Err(SecretError::NoVariable(name.clone())),
            },
            Self::File(path) => read_file(&folder.join(path)),
            Self::Command(words) => run(words),
            Self::Given(secret) => Ok(secret.clone()),
        }
    }

    /// Where it comes from, for people: `environment variable LW_SECRET`.
    pub fn place(&self) -> String {
        match self {
            Self::Env(name) => format!("environment variable {name}"),
            Self::File(path) => format!("file {}", path.display()),
            Self::Command(words) => format!(
                "command {:?}",
                words.first().map(String::as_str).unwrap_or_default()
            ),
            Self::Given(_) => "the program itself".to_owned(),
        }
    }
}

/// Refuses a file that group or others may read.
///
/// # Errors
/// [`SecretError::NoFile`] or [`SecretError::FileOpen`].
pub fn check_private(path: &Path) -> Result<(), SecretError> {
    use std::os::unix::fs::PermissionsExt;
    let meta = std::fs::metadata(path).map_err(|e| SecretError::NoFile {
        path: path.to_owned(),
        cause: e.to_string(),
    })?;
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SecretError::FileOpen {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<Secret, SecretError> {
    check_private(path)?;
    let mut text = String::new();
    let unreadable = |cause: std::io::Error| SecretError::NoFile {
        path: path.to_owned(),
        cause: cause.to_string(),
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(SECRET_BYTES_MAX as u64 + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    let bad = |why| SecretError::FileContent {
        path: path.to_owned(),
        why,
    };
    if text.len() > SECRET_BYTES_MAX {
        return Err(bad("is larger than 64 KiB; a secret is expected"));
    }
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(bad("is empty; a secret is expected"));
    }
    Ok(Secret::new(secret.to_owned()))
}

fn run(words: &[String]) -> Result<Secret, SecretError> {
    let (program, arguments) = words.split_first().ok_or_else(|| SecretError::Command {
        program: String::new(),
        why: "names no program".to_owned(),
    })?;
    let failed = |why: String| SecretError::Command {
        program: program.clone(),
        why,
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .env_clear();
    for name in COMMAND_ENV {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    let mut child = command
        .spawn()
        .map_err(|e| failed(format!("cannot be run: {e}")))?;
    let out = child
        .stdout
        .take()
        .ok_or_else(|| failed("gave no output".to_owned()))?;
    // Read beside the wait: a child that fills the pipe would otherwise never end.
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        out.take(SECRET_BYTES_MAX as u64)
            .read_to_string(&mut text)
            .map(|_| text)
    });
    wait_for(&mut child, COMMAND_TIME_MAX).map_err(&failed)?;
    let text = reader
        .join()
        .map_err(|_| failed("gave output that could not be read".to_owned()))?
        .map_err(|e| {
            failed(format!(
                "gave output that is not text: {}",
                clean_to(&e.to_string(), 100)
            ))
        })?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret::new(line.to_owned())),
        _ => Err(failed(
            "gave no output; the secret is its first line".to_owned(),
        )),
    }
}

fn wait_for(child: &mut std::process::Child, limit: Duration) -> Result<(), String> {
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("failed ({status})")),
            Ok(None) if started.elapsed() < limit => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Ok(None) => {
                let killed = child.kill().and_then(|()| child.wait());
                return Err(match killed {
                    Ok(_) => format!("took longer than {} s and was ended", limit.as_secs()),
                    Err(e) => format!(
                        "took longer than {} s and could not be ended: {e}",
                        limit.as_secs()
                    ),
                });
            }
            Err(e) => return Err(format!("could not be waited for: {e}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn file_with(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.txt");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_secret_file_is_read_without_its_line_end_and_refused_when_others_may_read_it() {
        let (folder, _) = file_with("s3cret\n", 0o600);
        let secret = SecretRef::File("secret.txt".into())
            .fetch(folder.path())
            .unwrap();
        assert_eq!(secret.expose(), "s3cret");

        let cases = [
            (
                "s3cret\n",
                0o640,
                "can be read by others (mode 640); run: chmod 600",
            ),
            (
                "s3cret\n",
                0o604,
                "can be read by others (mode 604); run: chmod 600",
            ),
            ("\n", 0o600, "is empty; a secret is expected"),
            (
                &"x".repeat(SECRET_BYTES_MAX + 1),
                0o600,
                "is larger than 64 KiB",
            ),
        ];
        for (text, mode, expected) in cases {
            let (folder, _) = file_with(text, mode);
            let error = SecretRef::File("secret.txt".into())
                .fetch(folder.path())
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("s3cret"));
        }
    }

    #[test]
    fn a_command_gives_its_first_line_and_sees_none_of_our_other_secrets() {
        let sh =
            |script: &str| SecretRef::Command(vec!["sh".into(), "-c".into(), script.to_owned()]);
        let here = Path::new(".");
        assert_eq!(
            sh("echo one; echo two").fetch(here).unwrap().expose(),
            "one"
        );
        // CARGO_MANIFEST_DIR stands for any variable outside the list.
        assert_eq!(
            sh("echo \"[$CARGO_MANIFEST_DIR]\"")
                .fetch(here)
                .unwrap()
                .expose(),
            "[]"
        );
        let cases = [
            ("exit 3", "failed (exit status: 3)"),
            ("true", "gave no output"),
        ];
        for (script, expected) in cases {
            let error = sh(script).fetch(here).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let error = SecretRef::Command(vec!["no-such-program-here".into()])
            .fetch(here)
            .unwrap_err();
        assert!(error.to_string().contains("cannot be run"), "{error}");
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let error = wait_for(&mut child, Duration::from_millis(50)).unwrap_err();
        assert!(error.contains("was ended"), "{error}");
        assert!(child.try_wait().unwrap().is_some());
    }

    #[test]
    fn an_unset_variable_names_itself() {
        let error = SecretRef::Env("TALLYMAN_TEST_NEVER_SET".into())
            .fetch(Path::new("."))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "environment variable TALLYMAN_TEST_NEVER_SET is not set; set it before starting tallyman"
        );
    }
}
