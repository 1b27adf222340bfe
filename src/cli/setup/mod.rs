//! `tallyman setup`: from nothing to a configuration that was tested, one question at a time. What is asked is decided in
//! [`dialogue`] without a terminal; here its acts are done and every answer is kept at once, so that stopping is harmless.

mod acts;
mod answers;
mod asks;
mod dialogue;
mod draft;
mod file;
mod places;
mod rest;
mod results;
mod terminal;
#[cfg(test)]
mod tests;
mod words;
mod write;

use super::console::ConsoleArgs;
use super::context::Globals;
use super::demo::DemoArgs;
use super::output::{CliError, Outcome};
use super::{Verb, check};
use crate::config::{Config, ConfigError};
use crate::console::term::line::is_terminal;
use crate::vendors::Finding;
use dialogue::{Act, After, Asked, Dialogue, Next, Place, Question, Told, Typed};
use draft::Draft;
use std::path::Path;
use terminal::{Answered, Terminal, tell};

/// Options of the set-up.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct SetupArgs {
    /// Begin anew: forget what was answered before and not finished
    #[arg(long)]
    pub again: bool,
}

/// Said once at the beginning.
const GREETING: &str = "\
Setting up tallyman: it takes some minutes. Have your accounts at hand.
  Enter  takes what stands in [brackets]
  ?      explains the question
  <      goes one question back
  q      stops and keeps everything; `tallyman setup` then goes on there";

/// What plain `tallyman` leads to.
pub enum First {
    Verb(Verb),
    /// The person left.
    Leave(Outcome),
}

/// What plain `tallyman` means here: the console, or what a person without a configuration chooses. Without a terminal
/// nothing is asked.
///
/// # Errors
/// [`CliError`] when the terminal cannot be used.
pub async fn first_verb(globals: &Globals) -> Result<First, CliError> {
    let is_missing = matches!(
        Config::load(globals.config.as_deref()),
        Err(ConfigError::NotFound { .. })
    );
    if !is_missing || !is_terminal() {
        return Ok(First::Verb(Verb::Console(ConsoleArgs::default())));
    }
    let is_begun = Config::places()
        .iter()
        .any(|p| write::draft_path(p).exists());
    let mut terminal = Terminal::new()?;
    loop {
        let typed = match terminal.ask(&offer(is_begun)).await? {
            Answered::Ended(code) => return Ok(First::Leave(Outcome::Exit(code))),
            Answered::Left => return Ok(First::Leave(Outcome::Done)),
            Answered::Typed(Typed::Text(text)) => text,
            Answered::Typed(_) => String::from("that"),
        };
        match typed.trim() {
            "" | "1" => return Ok(First::Verb(Verb::Setup(SetupArgs::default()))),
            "2" => return Ok(First::Verb(Verb::Demo(DemoArgs::typical()))),
            "q" => return Ok(First::Leave(Outcome::Done)),
            "?" => tell(offer(is_begun).more)?,
            _ => tell("That is not one of them: type 1, 2 or q.")?,
        }
    }
}

fn offer(is_begun: bool) -> Asked {
    let first = if is_begun {
        "go on with the set-up you began"
    } else {
        "set up my systems"
    };
    Asked {
        title: "tallyman has no configuration yet.".to_owned(),
        lines: vec!["It keeps sales systems and the Peoplevox warehouse in agreement.".to_owned()],
        choices: vec![
            first.to_owned(),
            "look at the demo: everything simulated on this machine, nothing to configure"
                .to_owned(),
        ],
        default: Some("1".to_owned()),
        more: "The set-up asks for your accounts one by one, tests each, and writes tallyman.toml. The demo needs nothing \
            and changes nothing: quit it with q. A configuration that is somewhere else is named with --config FILE. \
            q leaves.",
        ..Asked::default()
    }
}

pub(super) async fn run(globals: &Globals, args: SetupArgs) -> Result<Outcome, CliError> {
    if !is_terminal() {
        return Err(CliError::failed(
            "the set-up asks questions and needs a terminal; for scripts write tallyman.toml after assets/config.example.toml",
        ));
    }
    let mut terminal = Terminal::new()?;
    tell(GREETING)?;
    let mut dialogue = open(globals, &args)?;
    let end = drive(globals, &mut terminal, &mut dialogue).await?;
    drop(terminal);
    let Some(file) = dialogue.file().cloned() else {
        tell("Nothing was written.")?;
        return Ok(end.outcome());
    };
    match end {
        End::Left(After::Console) => {
            let globals = acts::named(globals, dialogue.draft(), &file);
            Box::pin(super::console::run(&globals, ConsoleArgs::default())).await
        }
        End::Left(After::Nothing) => {
            tell(&next_commands(globals, dialogue.draft(), &file))?;
            Ok(Outcome::Done)
        }
        End::Stopped | End::Ended(_) => {
            tell(&kept(globals, &dialogue, &file))?;
            Ok(end.outcome())
        }
    }
}

/// How the dialogue ended.
#[derive(Debug, Clone, Copy)]
enum End {
    Left(After),
    Stopped,
    /// By a signal, with its exit code.
    Ended(u8),
}

impl End {
    const fn outcome(self) -> Outcome {
        match self {
            Self::Ended(code) => Outcome::Exit(code),
            Self::Left(_) | Self::Stopped => Outcome::Done,
        }
    }
}

/// `--config FILE` where a later command needs it.
fn config_option(file: &Path) -> String {
    let is_found = std::env::var_os("TALLYMAN_CONFIG").is_some_and(|v| v == *file.as_os_str())
        || Config::places().iter().any(|p| p == file);
    if is_found {
        String::new()
    } else {
        format!(" --config {}", file.display())
    }
}

fn next_commands(globals: &Globals, draft: &Draft, file: &Path) -> String {
    let config = config_option(file);
    let is_me = globals.operator().is_ok_and(|o| o.0 == draft.operator);
    let who = if is_me {
        String::new()
    } else {
        format!(" --as {:?}", draft.operator)
    };
    format!(
        "Next:\n  tallyman{config} sync      the engine without a screen, for a service\n  tallyman{config}{who}      the console\n  tallyman{config} check     the same check again, after any change"
    )
}

fn kept(globals: &Globals, dialogue: &Dialogue, file: &Path) -> String {
    let draft = write::draft_path(file);
    if !draft.exists() {
        return "Nothing was written.".to_owned();
    }
    // A file that is only named is not found by itself.
    let config = match Config::named(globals.config.as_deref()) {
        Some(_) => config_option(file),
        None => String::new(),
    };
    let done = if dialogue.draft().is_written {
        format!("{} is written. ", file.display())
    } else {
        String::new()
    };
    format!(
        "{done}Your answers are kept in {}; secrets are not in it. `tallyman setup{config}` goes on where you stopped.",
        draft.display()
    )
}

/// The dialogue that was begun before, or a new one.
fn open(globals: &Globals, args: &SetupArgs) -> Result<Dialogue, CliError> {
    let places = match Config::named(globals.config.as_deref()) {
        Some(path) => vec![path],
        // The user's own folder is proposed first: it is found from everywhere.
        None => Config::places().into_iter().rev().collect(),
    };
    let places: Vec<Place> = places
        .into_iter()
        .map(|path| Place {
            is_taken: path.exists(),
            path,
        })
        .collect();
    for place in &places {
        if args.again {
            write::drop_draft(&place.path).map_err(CliError::failed)?;
        }
        let draft = match write::read_draft(&place.path) {
            Ok(Some(draft)) => draft,
            Ok(None) => continue,
            Err(why) => {
                tell(&format!("{why}; the set-up begins anew."))?;
                continue;
            }
        };
        match Dialogue::resume(place.clone(), draft) {
            Some(dialogue) => {
                let path = write::draft_path(&place.path);
                tell(&format!(
                    "Going on where you stopped ({}); --again begins anew.",
                    path.display()
                ))?;
                return Ok(dialogue);
            }
            None => tell(
                "What was kept of the last time does not hold together; the set-up begins anew.",
            )?,
        }
    }
    let operator = globals.operator()?;
    Ok(Dialogue::begin(
        places,
        Draft::new(&operator.0, &time_zone()),
    ))
}

/// The machine's time zone by name.
fn time_zone() -> String {
    let from_link = || {
        let link = std::fs::read_link("/etc/localtime").ok()?;
        let text = link.to_string_lossy().into_owned();
        text.split_once("zoneinfo/")
            .map(|(_, name)| name.to_owned())
    };
    let from_file = || std::fs::read_to_string("/etc/timezone").ok();
    [std::env::var("TZ").ok(), from_link(), from_file()]
        .into_iter()
        .flatten()
        .map(|name| name.trim().trim_start_matches(':').to_owned())
        .find(|name| {
            name.contains('/') && !name.starts_with("Etc/") && name.parse::<chrono_tz::Tz>().is_ok()
        })
        .unwrap_or_else(|| "Europe/London".to_owned())
}

/// Asks, does and keeps, until the person leaves.
async fn drive(
    globals: &Globals,
    terminal: &mut Terminal,
    dialogue: &mut Dialogue,
) -> Result<End, CliError> {
    let mut next = Next::Ask;
    loop {
        for note in dialogue.take_notes() {
            tell(&note)?;
        }
        next = match next {
            Next::Ask => match terminal.ask(&dialogue.ask()).await? {
                Answered::Typed(typed) => dialogue.reply(typed),
                Answered::Left => Next::Stop,
                Answered::Ended(code) => return Ok(End::Ended(code)),
            },
            Next::Do(act) => match perform(globals, terminal, dialogue, act).await? {
                Ok(told) => dialogue.told(told),
                Err(Answered::Ended(code)) => return Ok(End::Ended(code)),
                Err(_) => Next::Stop,
            },
            Next::Stop => return Ok(End::Stopped),
            Next::Leave(after) => return Ok(End::Left(after)),
        };
        keep(dialogue)?;
    }
}

/// Keeps what was answered, once there is something, until it is done.
fn keep(dialogue: &Dialogue) -> Result<(), CliError> {
    let Some(file) = dialogue.file() else {
        return Ok(());
    };
    let draft = dialogue.draft();
    if draft.at == Question::Last {
        return write::drop_draft(file).map_err(CliError::failed);
    }
    if draft.systems.is_empty() {
        return Ok(());
    }
    write::keep_draft(file, draft).map_err(|e| {
        CliError::failed(format!(
            "{e}. Answers cannot be kept there; choose another place with --config FILE."
        ))
    })
}

/// Does an act while the person waits; `Err` says what ended the wait.
async fn perform(
    globals: &Globals,
    terminal: &mut Terminal,
    dialogue: &Dialogue,
    act: Act,
) -> Result<Result<Told, Answered>, CliError> {
    if let Some(text) = acts::waiting(dialogue, &act) {
        tell(&text)?;
    }
    if let (Act::Check, Some(file)) = (&act, dialogue.file()) {
        let loaded = Config::load_file(file)?;
        let waited = terminal.wait(check::collect(&loaded, false)).await?;
        return match waited {
            Ok(lines) => {
                let globals = acts::named(globals, dialogue.draft(), file);
                check::show(&globals, &lines)?;
                Ok(Ok(Told::Checked))
            }
            Err(ended) => Ok(Err(ended)),
        };
    }
    let is_probe = matches!(act, Act::Probe { .. });
    let waited = terminal.wait(acts::perform(globals, dialogue, act)).await?;
    Ok(match waited {
        // A test that is taking too long is ended by the person, not the set-up.
        Err(Answered::Left) if is_probe => Ok(Told::Probed(vec![Finding {
            is_ok: false,
            what: "test".to_owned(),
            found: "ended by you before the answer".to_owned(),
        }])),
        waited => waited,
    })
}
