//! The dialogue on a plain terminal: questions as lines, answers as lines, nothing redrawn.

use super::dialogue::{Asked, Typed};
use crate::cli::output::{CliError, say};
use crate::console::run::Exit;
use crate::console::term::line::{Echo, Line, Lines};
use crate::console::term::{input, session};
use crate::secret::Secret;
use crate::text::{clean, width};
use std::future::Future;

/// Narrowest and widest text, columns.
const COLUMNS: (usize, usize) = (40, 100);

/// What came of a question.
pub enum Answered {
    Typed(Typed),
    /// Ctrl-C: stop and keep.
    Left,
    /// A signal: stop and keep, with its exit code.
    Ended(u8),
}

/// The person's terminal.
pub struct Terminal {
    lines: Lines,
}

impl Terminal {
    /// Takes part in the terminal; it is given back between any two answers.
    ///
    /// # Errors
    /// [`CliError::Failed`] when signals cannot be heard.
    pub fn new() -> Result<Self, CliError> {
        let fault =
            |e: std::io::Error| CliError::failed(format!("the terminal cannot be used: {e}"));
        session::end_when_gone(Exit::Gone.code()).map_err(fault)?;
        Ok(Self {
            lines: Lines::new().map_err(fault)?,
        })
    }

    /// Shows a question and reads the answer.
    ///
    /// # Errors
    /// [`CliError`] when the terminal refuses or has gone.
    pub async fn ask(&mut self, asked: &Asked) -> Result<Answered, CliError> {
        say(&shown(asked, columns()))?;
        let default = asked.default.as_deref().filter(|d| !d.is_empty());
        let prompt = match default {
            Some(default) => format!("[{}] > ", clean(default)),
            None => "> ".to_owned(),
        };
        // A default that fills the line stands above it instead.
        let prompt = if width(&prompt) * 2 > columns() {
            tell(&format!("  [{}]", default.unwrap_or_default()))?;
            "> ".to_owned()
        } else {
            prompt
        };
        let echo = if asked.is_secret {
            Echo::Hidden
        } else {
            Echo::Shown
        };
        let line = self.lines.read(&prompt, echo).await.map_err(refused)?;
        Ok(match line {
            Line::Typed(text) if asked.is_secret => {
                Answered::Typed(Typed::Secret(Secret::new(text)))
            }
            Line::Typed(text) => Answered::Typed(Typed::Text(text)),
            Line::TooLong => Answered::Typed(Typed::TooLong),
            Line::Left => Answered::Left,
            Line::Signal(signal) => Answered::Ended(u8::try_from(signal.exit_code()).unwrap_or(1)),
            Line::Gone => Answered::Ended(u8::try_from(Exit::Gone.code()).unwrap_or(1)),
        })
    }

    /// Waits for work; `Err` says what ended the wait.
    ///
    /// # Errors
    /// [`CliError`] when the terminal refuses.
    pub async fn wait<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<Result<T, Answered>, CliError> {
        let waited = self.lines.wait(work).await.map_err(refused)?;
        Ok(waited.map_err(|line| match line {
            Line::Signal(signal) => Answered::Ended(u8::try_from(signal.exit_code()).unwrap_or(1)),
            Line::Gone => Answered::Ended(u8::try_from(Exit::Gone.code()).unwrap_or(1)),
            _ => Answered::Left,
        }))
    }
}

fn refused(error: std::io::Error) -> CliError {
    CliError::failed(format!("the terminal cannot be used: {error}"))
}

fn columns() -> usize {
    usize::from(input::terminal_size().0).clamp(COLUMNS.0, COLUMNS.1)
}

/// Says something, wrapped to the terminal.
///
/// # Errors
/// As [`say`].
pub fn tell(text: &str) -> Result<(), CliError> {
    let mut out = String::new();
    for line in text.lines() {
        wrap(&mut out, line, columns());
    }
    say(&out)
}

/// A question as text.
fn shown(asked: &Asked, columns: usize) -> String {
    let mut out = String::from("\n");
    wrap(&mut out, &asked.title, columns);
    for line in &asked.lines {
        wrap(&mut out, &format!("  {line}"), columns);
    }
    for (n, choice) in asked.choices.iter().enumerate() {
        wrap(&mut out, &format!("  {:>2}  {choice}", n + 1), columns);
    }
    out
}

/// Adds a cleaned line, broken at blanks; what follows stands below where the text began, after a number or a word and
/// two blanks.
fn wrap(out: &mut String, line: &str, columns: usize) {
    let line = clean(line);
    let text = line.trim_start();
    let indent = line.len() - text.len();
    let label = match text.split_once("  ") {
        Some((label, rest)) if !label.contains(' ') => text.len() - rest.trim_start().len(),
        _ => 0,
    };
    let follow = " ".repeat(indent + label);
    let mut now = " ".repeat(indent);
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && width(&now) + 1 + width(word) > columns {
            out.push_str(now.trim_end());
            out.push('\n');
            now.clone_from(&follow);
            is_empty = true;
        }
        if !is_empty {
            now.push(' ');
        }
        now.push_str(word);
        is_empty = false;
    }
    out.push_str(now.trim_end());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_fits_the_terminal_and_foreign_text_cannot_move_the_cursor() {
        let asked = Asked {
            title: "Main\u{1b}[2J site: which one of the many sites of the warehouse is it?"
                .to_owned(),
            lines: vec!["A sentence that is longer than forty columns are wide.".to_owned()],
            choices: vec![
                "MAIN".to_owned(),
                "a site whose name is very long indeed, so it breaks".to_owned(),
            ],
            ..Asked::default()
        };
        let text = shown(&asked, 40);
        assert!(text.lines().all(|l| width(l) <= 40), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(text.contains("   1  MAIN\n"), "{text}");
        assert!(text.contains("\n      indeed, so it breaks\n"), "{text}");
    }
}
