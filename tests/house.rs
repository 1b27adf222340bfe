//! The house's mechanical rules, held against its own source.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

/// Longest source file, lines.
const FILE_LINES_MAX: usize = 700;
/// Longest file of tests only, lines: tables may run on.
const TEST_LINES_MAX: usize = 1_000;
/// Folders of the vendors' clients.
const VENDORS: [&str; 4] = [
    "vendors/peoplevox",
    "vendors/linnworks",
    "vendors/shopline",
    "vendors/cin7core",
];

struct Source {
    /// Path below the repository, with forward slashes.
    path: String,
    text: String,
}

impl Source {
    /// Lines of program text with their numbers: without comments, without test modules (which stand last in a file
    /// when they are written out).
    fn code(&self) -> Vec<(usize, &str)> {
        let is_test_file = self.path.ends_with("/tests.rs")
            || self.path.ends_with("/testing.rs")
            || self.path.contains("/tests/");
        let mut out = Vec::new();
        let mut is_gated = false;
        for (at, line) in self.text.lines().enumerate() {
            if is_test_file {
                break;
            }
            if is_gated {
                is_gated = false;
                // `mod tests;` and `use …;` are one line; a module with a body runs to the end of the file.
                if line.trim_end().ends_with('{') && line.contains("mod ") {
                    break;
                }
                continue;
            }
            if line.trim() == "#[cfg(test)]" {
                is_gated = true;
                continue;
            }
            let line = without_comment(line);
            if !line.trim().is_empty() {
                out.push((at + 1, line));
            }
        }
        out
    }

    fn is_in(&self, folders: &[&str]) -> bool {
        folders.iter().any(|f| {
            self.path == format!("src/{f}.rs") || self.path.starts_with(&format!("src/{f}/"))
        })
    }
}

fn without_comment(line: &str) -> &str {
    let trimmed = line.trim_start();
    if trimmed.starts_with("//") {
        return "";
    }
    line.split(" // ").next().unwrap_or(line)
}

fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, out);
        } else {
            out.push(path);
        }
    }
}

fn read(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    if root.join(folder).is_dir() {
        walk(&root.join(folder), &mut paths);
    }
    paths
        .into_iter()
        .filter(|p| p.extension().is_some_and(|e| e == "rs"))
        .map(|p| Source {
            path: p.strip_prefix(root).unwrap().to_string_lossy().into_owned(),
            text: std::fs::read_to_string(&p).unwrap(),
        })
        .collect()
}

/// Whether `word` stands in the line as a whole path segment: not as part of a longer name.
fn has_word(line: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let starts_free = !word.starts_with(is_name) || !before.is_some_and(is_name);
        let ends_free = !word.ends_with(is_name) || !after.is_some_and(is_name);
        starts_free && ends_free
    })
}

/// Every place in `files` where one of `words` stands.
fn places(files: &[&Source], words: &[&str]) -> Vec<String> {
    let mut out = Vec::new();
    for file in files {
        for (at, line) in file.code() {
            for word in words {
                if has_word(line, word) {
                    out.push(format!("{}:{at}: {word}: {}", file.path, line.trim()));
                }
            }
        }
    }
    out
}

fn assert_none(rule: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

fn inside<'s>(all: &'s [Source], folders: &[&str]) -> Vec<&'s Source> {
    all.iter().filter(|s| s.is_in(folders)).collect()
}

fn outside<'s>(all: &'s [Source], folders: &[&str]) -> Vec<&'s Source> {
    all.iter().filter(|s| !s.is_in(folders)).collect()
}

#[test]
fn the_source_is_found_and_the_rules_can_fail() {
    let all = read("src");
    assert!(all.len() > 50, "only {} files", all.len());
    assert!(has_word("use sqlx::Row;", "sqlx"));
    assert!(!has_word("let sqlx_like = 1;", "sqlx"));
    assert!(has_word("Instant::now()", "Instant::now"));
    let bad = Source {
        path: "src/domain/bad.rs".into(),
        text: "// sqlx here\n#[cfg(test)]\nmod tests;\nuse sqlx::Row;\n#[cfg(test)]\nmod t {\nuse tokio::x;\n}\n".into(),
    };
    let found = places(&[&bad], &["sqlx", "tokio"]);
    assert_eq!(found, ["src/domain/bad.rs:4: sqlx: use sqlx::Row;"]);
}

#[test]
fn sql_is_spoken_in_the_store_only() {
    let all = read("src");
    assert_none(
        "SQL outside src/store",
        places(&outside(&all, &["store"]), &["sqlx"]),
    );
}

#[test]
fn the_domain_is_pure() {
    let all = read("src");
    let words = [
        "Utc::now",
        "Local::now",
        "SystemTime",
        "Instant",
        "rand",
        "async",
        "await",
        "tokio",
        "futures",
        "reqwest",
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
    ];
    assert_none(
        "I/O, clock or randomness in src/domain",
        places(&inside(&all, &["domain"]), &words),
    );
    let upward = [
        "crate::store",
        "crate::vendors",
        "crate::sync",
        "crate::console",
        "crate::desk",
        "crate::cli",
        "crate::config",
        "crate::sandbox",
        "crate::rehearsal",
        "crate::server",
        "crate::report",
        "crate::wire",
    ];
    assert_none(
        "src/domain leans on another part",
        places(&inside(&all, &["domain"]), &upward),
    );
}

#[test]
fn only_the_terminal_module_speaks_to_the_terminal() {
    let all = read("src");
    let rest = outside(&all, &["console/term"]);
    assert_none(
        "crossterm outside src/console/term",
        places(&rest, &["crossterm"]),
    );
    let console = inside(&all, &["console"]);
    assert_none(
        "the screen is cleared: everything would be sent again",
        places(
            &console,
            &["Terminal::clear", "terminal.clear(", "term.clear("],
        ),
    );
    let painting: Vec<&Source> = console
        .into_iter()
        .filter(|s| !s.path.ends_with("/theme.rs") && !s.path.contains("/theme/"))
        .filter(|s| !s.is_in(&["console/term"]))
        .collect();
    assert_none(
        "a colour outside the theme",
        places(&painting, &["Color::"]),
    );
}

#[test]
fn parts_lean_one_way() {
    let all = read("src");
    let rules: [(&[&str], &[&str]); 9] = [
        (
            &["sandbox"],
            &["crate::vendors", "vendors::", "crate::sync", "crate::store"],
        ),
        (
            &["vendors", "sync", "store"],
            &["crate::sandbox", "sandbox::"],
        ),
        (
            &["console"],
            &[
                "crate::vendors",
                "vendors::",
                "crate::sync",
                "sync::engine",
                "crate::sandbox",
            ],
        ),
        (
            &["desk"],
            &[
                "crate::vendors",
                "crate::sync",
                "crate::console",
                "crate::sandbox",
            ],
        ),
        (
            &["store"],
            &[
                "crate::vendors",
                "crate::sync",
                "crate::console",
                "crate::desk",
                "crate::cli",
                "crate::config",
            ],
        ),
        (&VENDORS, &["crate::store", "crate::sync", "crate::desk"]),
        (&["sync"], &["crate::console", "crate::cli", "crate::desk"]),
        (
            &["report"],
            &[
                "crate::vendors",
                "crate::sync",
                "crate::console",
                "crate::cli",
            ],
        ),
        (
            &["config"],
            &[
                "crate::store",
                "crate::vendors",
                "crate::sync",
                "crate::console",
                "crate::cli",
            ],
        ),
    ];
    for (folders, words) in rules {
        assert_none(
            &format!("{folders:?} leans the wrong way"),
            places(&inside(&all, folders), words),
        );
    }
}

#[test]
fn one_vendor_does_not_know_the_other() {
    let all = read("src");
    for folder in VENDORS {
        let files = inside(&all, &[folder]);
        assert!(!files.is_empty(), "{folder} is not there");
        for other in VENDORS.iter().filter(|v| **v != folder) {
            let module = other.rsplit('/').next().unwrap();
            assert_none(
                &format!("{folder} knows {other}"),
                places(&files, &[&format!("{module}::")]),
            );
        }
    }
}

#[test]
fn the_engine_names_no_vendor() {
    let all = read("src");
    let names = [
        "linnworks",
        "Linnworks",
        "shopline",
        "Shopline",
        "cin7",
        "Cin7",
        "peoplevox",
        "Peoplevox",
    ];
    assert_none("the engine names", places(&inside(&all, &["sync"]), &names));
}

#[test]
fn nothing_is_left_unfinished() {
    let mut all = read("src");
    all.extend(read("tests"));
    let files: Vec<&Source> = all.iter().filter(|s| s.path != "tests/house.rs").collect();
    assert_none(
        "unfinished",
        places(&files, &["todo!", "unimplemented!", "dbg!", "FIXME", "XXX"]),
    );
}

#[test]
fn files_fit_their_names() {
    let long: Vec<String> = read("src")
        .iter()
        .filter(|s| {
            let most = if s.path.ends_with("/tests.rs") || s.path.contains("/tests/") {
                TEST_LINES_MAX
            } else {
                FILE_LINES_MAX
            };
            s.text.lines().count() > most
        })
        .map(|s| format!("{}: {} lines", s.path, s.text.lines().count()))
        .collect();
    assert_none("longer than the limit", long);
}

#[test]
fn no_file_names_a_machine() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = vec![
        root.join("README.md"),
        root.join("Cargo.toml"),
        root.join("deny.toml"),
    ];
    for folder in ["src", "tests", "assets", ".ci"] {
        if root.join(folder).is_dir() {
            walk(&root.join(folder), &mut paths);
        }
    }
    // Put together here, so that this file does not hold them itself.
    let marks = ["work", "root", "home"].map(|w| format!("/{w}/"));
    let mut found = Vec::new();
    for path in paths {
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        for (at, line) in text.lines().enumerate() {
            for mark in &marks {
                // A path begins there: not the middle of a URL or of a longer path.
                let is_path = line.match_indices(mark.as_str()).any(|(i, _)| {
                    line[..i].chars().next_back().is_none_or(|c| {
                        !c.is_alphanumeric() && !matches!(c, '.' | '-' | '_' | '}' | '$' | '~')
                    })
                });
                if is_path {
                    found.push(format!("{}:{}: {}", path.display(), at + 1, line.trim()));
                }
            }
        }
    }
    assert_none("a path of one machine", found);
}
