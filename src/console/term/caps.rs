//! What the terminal can do, read from the environment alone: no question is ever sent to it.

use std::time::Duration;

/// Frames a second at most, at the desk and over SSH.
const FRAMES_LOCAL: u64 = 60;
const FRAMES_SSH: u64 = 12;

/// What the environment says about the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    pub is_ssh: bool,
    /// `NO_COLOR` is set to something, or the terminal is `dumb`.
    pub is_mono: bool,
    /// The locale is not UTF-8: symbols in ASCII.
    pub is_ascii: bool,
}

impl Caps {
    /// From the environment of this process.
    pub fn from_env() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// From any environment, for tests and sessions of others.
    pub fn from_lookup(get: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| get(name).is_some_and(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| get(name).filter(|value| !value.is_empty()));
        let is_utf8 = locale.is_none_or(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        });
        let term = get("TERM").unwrap_or_default();
        Self {
            is_ssh: is_set("SSH_CONNECTION") || is_set("SSH_TTY"),
            is_mono: is_set("NO_COLOR") || term == "dumb",
            is_ascii: !is_utf8 || term == "linux",
        }
    }

    /// Least time between two frames.
    pub const fn frame_gap(self) -> Duration {
        Duration::from_millis(
            1_000
                / if self.is_ssh {
                    FRAMES_SSH
                } else {
                    FRAMES_LOCAL
                },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(pairs: &[(&str, &str)]) -> Caps {
        Caps::from_lookup(|name| {
            pairs
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        })
    }

    #[test]
    fn the_environment_decides_without_asking_the_terminal() {
        assert!(caps(&[("NO_COLOR", "1")]).is_mono);
        assert!(!caps(&[("NO_COLOR", "")]).is_mono, "empty means unset");
        assert!(caps(&[("LANG", "C")]).is_ascii);
        assert!(!caps(&[("LANG", "en_GB.UTF-8")]).is_ascii);
        assert!(caps(&[("LC_ALL", "POSIX"), ("LANG", "en_GB.UTF-8")]).is_ascii);
        let ssh = caps(&[("SSH_CONNECTION", "a b c d")]);
        assert_eq!(ssh.frame_gap().as_millis(), 83);
    }
}
