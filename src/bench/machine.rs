//! What the machine says: processor time, memory, flushes of the disk, folders that clean up after themselves.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Clock ticks per second in `/proc/self/stat`: fixed for programs on Linux.
const TICKS_PER_SECOND: f64 = 100.0;
/// Bytes appended before each flush: about what one small commit writes.
const FLUSH_BYTES: usize = 4_096;

/// Processor seconds this process has used so far, all threads; `None` where `/proc` does not tell.
pub fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in brackets may hold blanks; the fields behind it do not.
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

/// Processor seconds of the threads that live now, to the microsecond: for spans in which next to nothing happens.
pub fn busy_seconds() -> Option<f64> {
    let mut nanos = 0.0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let path = task.ok()?.path().join("schedstat");
        // A thread may end while we look.
        let Ok(text) = std::fs::read_to_string(path) else {
            continue;
        };
        let on_cpu: f64 = text.split_whitespace().next()?.parse().ok()?;
        nanos += on_cpu;
    }
    Some(nanos / 1e9)
}

/// A line of `/proc/self/status` in MiB.
fn status_mib(name: &str) -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix(name))?;
    let kib: f64 = line
        .trim_start_matches(':')
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .ok()?;
    Some(kib / 1024.0)
}

/// Memory of this process now, MiB.
pub fn memory_mib() -> Option<f64> {
    status_mib("VmRSS")
}

/// Memory that belongs to this process alone (not to files it reads), MiB.
pub fn private_memory_mib() -> Option<f64> {
    status_mib("RssAnon")
}

/// Durable flushes a second of the disk under `folder`: a small append and an `fdatasync`, over and over.
///
/// # Errors
/// The folder cannot be written to.
pub fn flushes_per_second(folder: &Path, span: Duration) -> io::Result<f64> {
    let path = folder.join("flush.bin");
    let mut file = std::fs::File::create(&path)?;
    let block = vec![0x5a_u8; FLUSH_BYTES];
    let begun = Instant::now();
    let mut done = 0_u32;
    while begun.elapsed() < span {
        file.write_all(&block)?;
        file.sync_data()?;
        done += 1;
    }
    let rate = f64::from(done) / begun.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    Ok(rate)
}

static FOLDERS_MADE: AtomicU64 = AtomicU64::new(0);

/// A folder that is removed with everything in it.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A new folder below `base`, or below the system's folder for passing files.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(base: Option<&Path>) -> io::Result<Self> {
        let n = FOLDERS_MADE.fetch_add(1, Ordering::Relaxed);
        let base = base.map_or_else(std::env::temp_dir, Path::to_path_buf);
        let path = base.join(format!("tallyman-bench-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The address of a SQLite store in it.
    pub fn store_url(&self) -> String {
        format!("sqlite:{}", self.0.join("bench.db").display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "a bench's folder could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_tells_its_figures() {
        assert!(memory_mib().unwrap() > 1.0);
        assert!(private_memory_mib().unwrap() > 0.1);
        assert!(cpu_seconds().unwrap() >= 0.0);
    }

    #[test]
    fn a_folder_goes_with_what_is_in_it() {
        let folder = Folder::new(None).unwrap();
        let path = folder.path().to_path_buf();
        assert!(flushes_per_second(&path, Duration::from_millis(20)).unwrap() > 0.0);
        drop(folder);
        assert!(!path.exists());
    }
}
