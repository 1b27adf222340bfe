//! What the set-up puts on disk: the draft, the secrets, the configuration. Each whole or not at all, each private.

use super::draft::Draft;
use crate::config::SECRET_BYTES_MAX;
use crate::secret::Secret;
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Folder of the secrets, beside the configuration.
pub const SECRETS_FOLDER: &str = "secrets";
/// Largest draft that is read, bytes.
const DRAFT_BYTES_MAX: u64 = 1024 * 1024;
/// Names tried before giving up on finding a free one.
const NAMES_MAX: usize = 100;

/// Why something could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file exists and may not be replaced.
    #[error("{0} is there already")]
    Exists(PathBuf),
    #[error("{path} {what}: {cause}")]
    Failed {
        path: PathBuf,
        what: &'static str,
        cause: std::io::Error,
    },
}

fn failed<'p>(
    path: &'p Path,
    what: &'static str,
) -> impl FnOnce(std::io::Error) -> WriteError + 'p {
    move |cause| WriteError::Failed {
        path: path.to_owned(),
        what,
        cause,
    }
}

/// Where the draft of a configuration is kept.
pub fn draft_path(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".draft");
    file.with_file_name(name)
}

/// The draft beside a configuration, when one can be read.
///
/// # Errors
/// Why the file that is there cannot be used.
pub fn read_draft(file: &Path) -> Result<Option<Draft>, String> {
    let path = draft_path(file);
    let source = match std::fs::File::open(&path) {
        Ok(source) => source,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(format!("{} cannot be read: {e}", path.display())),
    };
    let mut text = String::new();
    source
        .take(DRAFT_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(|e| format!("{} cannot be read: {e}", path.display()))?;
    match serde_json::from_str(&text) {
        Ok(draft) => Ok(Some(draft)),
        Err(_) => Err(format!(
            "{} is not a draft of this version of tallyman",
            path.display()
        )),
    }
}

/// Keeps a draft.
///
/// # Errors
/// [`WriteError`].
pub fn keep_draft(file: &Path, draft: &Draft) -> Result<(), WriteError> {
    let path = draft_path(file);
    make_folder(file)?;
    let text = serde_json::to_string_pretty(draft)
        .map_err(|e| failed(&path, "cannot be written")(std::io::Error::other(e)))?;
    replace(&path, text.as_bytes())
}

/// Forgets the draft: it is done.
///
/// # Errors
/// [`WriteError`].
pub fn drop_draft(file: &Path) -> Result<(), WriteError> {
    let path = draft_path(file);
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(failed(&path, "cannot be removed")(e))
        }
        _ => Ok(()),
    }
}

/// Keeps a secret in a file of its own; answers with its place relative to the configuration. The file this set-up made
/// for it before is replaced, any other is left alone.
///
/// # Errors
/// [`WriteError`].
pub fn keep_secret(
    file: &Path,
    wanted: &str,
    ours: Option<&str>,
    secret: &Secret,
) -> Result<String, WriteError> {
    let base = folder_of(file);
    let folder = base.join(SECRETS_FOLDER);
    make_private_folder(&folder)?;
    let mut text = secret.expose().as_bytes().to_vec();
    text.truncate(SECRET_BYTES_MAX);
    if let Some(name) = ours.filter(|name| is_our_name(name)) {
        replace(&base.join(name), &text)?;
        return Ok(name.to_owned());
    }
    for n in 1..=NAMES_MAX {
        let name = match n {
            1 => wanted.to_owned(),
            n => format!("{wanted}-{n}"),
        };
        match make(&folder.join(&name), &text) {
            Err(WriteError::Exists(_)) => {}
            done => return done.map(|()| format!("{SECRETS_FOLDER}/{name}")),
        }
    }
    Err(WriteError::Exists(folder.join(wanted)))
}

/// A name as this set-up gives them: the draft could say anything.
fn is_our_name(name: &str) -> bool {
    name.strip_prefix("secrets/").is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}

/// Writes the configuration. An existing one is put aside first when it may be replaced; answers with where it is then.
///
/// # Errors
/// [`WriteError::Exists`] when it may not.
pub fn write_config(
    file: &Path,
    text: &str,
    may_replace: bool,
) -> Result<Option<PathBuf>, WriteError> {
    make_folder(file)?;
    if !file.exists() {
        return make(file, text.as_bytes()).map(|()| None);
    }
    if !may_replace {
        return Err(WriteError::Exists(file.to_owned()));
    }
    let aside = aside(file)?;
    replace(file, text.as_bytes())?;
    Ok(Some(aside))
}

/// A second name for the file that is there, which stays when the first one is given to another.
fn aside(file: &Path) -> Result<PathBuf, WriteError> {
    for n in 1..=NAMES_MAX {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(match n {
            1 => ".old".to_owned(),
            n => format!(".{n}.old"),
        });
        let aside = file.with_file_name(name);
        match std::fs::hard_link(file, &aside) {
            Ok(()) => return Ok(aside),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(failed(&aside, "cannot be made")(e)),
        }
    }
    Err(WriteError::Exists(file.to_owned()))
}

/// Writes a new file beside the configuration under a free name; answers with it.
///
/// # Errors
/// [`WriteError`].
pub fn write_new(file: &Path, stem: &str, ending: &str, text: &str) -> Result<PathBuf, WriteError> {
    let folder = folder_of(file);
    for n in 1..=NAMES_MAX {
        let name = match n {
            1 => format!("{stem}.{ending}"),
            n => format!("{stem}-{n}.{ending}"),
        };
        let path = folder.join(name);
        match make(&path, text.as_bytes()) {
            Err(WriteError::Exists(_)) => {}
            done => return done.map(|()| path),
        }
    }
    Err(WriteError::Exists(folder.join(format!("{stem}.{ending}"))))
}

/// The folder of a file.
pub fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn make_folder(file: &Path) -> Result<(), WriteError> {
    make_private_folder(&folder_of(file))
}

fn make_private_folder(folder: &Path) -> Result<(), WriteError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(failed(folder, "cannot be made"))
}

/// Writes a file that must not exist, whole or not at all: it gets its name when it is on disk.
fn make(path: &Path, text: &[u8]) -> Result<(), WriteError> {
    let temporary = temporary(path, text)?;
    let linked = std::fs::hard_link(&temporary, path);
    let removed = std::fs::remove_file(&temporary);
    match linked {
        Ok(()) => removed.map_err(failed(&temporary, "cannot be removed")),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(WriteError::Exists(path.to_owned()))
        }
        Err(e) => Err(failed(path, "cannot be written")(e)),
    }
}

/// Writes a file in the place of what is there.
fn replace(path: &Path, text: &[u8]) -> Result<(), WriteError> {
    let temporary = temporary(path, text)?;
    std::fs::rename(&temporary, path).map_err(failed(path, "cannot be written"))
}

/// A private file with the text beside `path`, on disk.
fn temporary(path: &Path, text: &[u8]) -> Result<PathBuf, WriteError> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", std::process::id()));
    let temporary = path.with_file_name(name);
    match std::fs::remove_file(&temporary) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            return Err(failed(&temporary, "cannot be removed")(e));
        }
        _ => {}
    }
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(text)?;
        file.sync_all()
    };
    write().map_err(failed(path, "cannot be written"))?;
    Ok(temporary)
}
