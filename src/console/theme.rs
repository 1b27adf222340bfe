//! Roles and their styles, and the symbols of the console's own drawing with their ASCII twins. The only place that
//! knows colours: everything else names a role.

use ratatui::style::{Color, Modifier, Style};
use std::str::FromStr;

macro_rules! roles {
    ($($(#[$meta:meta])* $variant:ident = $name:literal,)*) => {
        /// What a piece of the screen means. A state always has a word beside its role.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Role { $($(#[$meta])* $variant),* }

        impl Role {
            /// Every role.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Name in theme files.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

roles! {
    /// Plain text.
    Text = "text",
    /// Labels, hints, things of less weight.
    Muted = "muted",
    /// Headings.
    Title = "title",
    /// What the eye should find first without being a problem.
    Accent = "accent",
    /// A key to press.
    Key = "key",
    /// Something Enter opens.
    Link = "link",
    /// As it should be.
    Ok = "ok",
    /// Needs care soon.
    Warn = "warn",
    /// Harms now.
    Error = "error",
    /// The row under the cursor.
    Selection = "selection",
    /// The row under the cursor of a part without focus.
    SelectionIdle = "selection_idle",
    /// Rows marked for a bulk action.
    Marked = "marked",
    /// Lines between things.
    Border = "border",
    /// Lines round the part that has focus.
    BorderFocused = "border_focused",
    /// The pane one is in.
    Bar = "bar",
    /// A field that takes text.
    Input = "input",
    /// Everything below an open layer.
    Dimmed = "dimmed",
}

/// Which built-in theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeName {
    /// The 16 ANSI colours.
    #[default]
    Default,
    /// Strong contrast.
    HighContrast,
    /// Red and green are not told apart by hue.
    Safe,
    /// No colour: weight, underline, reverse.
    Mono,
}

impl ThemeName {
    /// Every built-in theme.
    pub const ALL: &'static [Self] = &[Self::Default, Self::HighContrast, Self::Safe, Self::Mono];

    /// Name used in options and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::HighContrast => "high-contrast",
            Self::Safe => "safe",
            Self::Mono => "mono",
        }
    }

    /// From the name; `None` when there is no such theme.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|t| t.as_str() == text)
    }

    const fn source(self) -> &'static str {
        match self {
            Self::Default => include_str!("../../assets/themes/default.toml"),
            Self::HighContrast => include_str!("../../assets/themes/high-contrast.toml"),
            Self::Safe => include_str!("../../assets/themes/safe.toml"),
            Self::Mono => include_str!("../../assets/themes/mono.toml"),
        }
    }
}

/// A theme file that could not be read, with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {what}")]
pub struct ThemeError {
    /// File as given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

/// Styles by role, and the symbols.
#[derive(Debug, Clone)]
pub struct Theme {
    styles: Vec<Style>,
    /// Symbols of our own drawing.
    pub symbols: &'static Symbols,
}

impl Theme {
    /// A built-in theme; `is_ascii` picks symbols every font has.
    pub fn built_in(name: ThemeName, is_ascii: bool) -> Self {
        let mut theme = Self {
            styles: vec![Style::new(); Role::ALL.len()],
            symbols: if is_ascii { &ASCII } else { &UNICODE },
        };
        // The built-in files are checked by a test; a line that did not parse would leave plain text.
        for (number, line) in name.source().lines().enumerate() {
            if theme.apply_line(name.as_str(), number + 1, line).is_err() {
                continue;
            }
        }
        theme
    }

    /// Lays a user's file over this theme. Colours are the 16 names of the terminal's palette.
    pub fn overlay(&mut self, file: &str, text: &str) -> Result<(), ThemeError> {
        for (number, line) in text.lines().enumerate() {
            self.apply_line(file, number + 1, line)?;
        }
        Ok(())
    }

    fn apply_line(&mut self, file: &str, line: usize, text: &str) -> Result<(), ThemeError> {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            return Ok(());
        }
        let fail = |what: String| ThemeError {
            file: file.to_owned(),
            line,
            what,
        };
        let Some((name, value)) = text.split_once('=') else {
            return Err(fail("expected ROLE = \"STYLE\"".to_owned()));
        };
        let name = name.trim();
        let Some(at) = Role::ALL.iter().position(|r| r.name() == name) else {
            let known: Vec<&str> = Role::ALL.iter().map(|r| r.name()).collect();
            return Err(fail(format!(
                "no role is called {name:?}; there are {}",
                known.join(", ")
            )));
        };
        let style = parse_style(value.trim().trim_matches('"')).map_err(fail)?;
        if let Some(slot) = self.styles.get_mut(at) {
            *slot = style;
        }
        Ok(())
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}

fn parse_style(text: &str) -> Result<Style, String> {
    let mut style = Style::new();
    let mut is_background = false;
    for word in text.split_whitespace() {
        let modifier = match word {
            "on" => {
                is_background = true;
                continue;
            }
            "bold" => Some(Modifier::BOLD),
            "dim" => Some(Modifier::DIM),
            "underline" => Some(Modifier::UNDERLINED),
            "reverse" => Some(Modifier::REVERSED),
            _ => None,
        };
        if let Some(modifier) = modifier {
            style = style.add_modifier(modifier);
            continue;
        }
        let color = Color::from_str(word)
            .ok()
            .filter(|c| !matches!(c, Color::Rgb(..) | Color::Indexed(_)))
            .ok_or_else(|| format!("{word:?} is neither one of the 16 colours nor a weight"))?;
        style = if is_background {
            style.bg(color)
        } else {
            style.fg(color)
        };
        is_background = false;
    }
    Ok(style)
}

/// Ground of pictures.
pub const BACKGROUND: &str = "#12161c";
/// Plain text of pictures.
pub const FOREGROUND: &str = "#d5dae1";

/// A palette colour as the picture shows it; `None` is the terminal's own.
pub const fn hex(color: Color) -> Option<&'static str> {
    Some(match color {
        Color::Black => "#12161c",
        Color::Red => "#d9534f",
        Color::Green => "#6fbf73",
        Color::Yellow => "#e0b354",
        Color::Blue => "#5b8def",
        Color::Magenta => "#c586d6",
        Color::Cyan => "#56b6c2",
        Color::Gray => "#aab2bd",
        Color::DarkGray => "#78828f",
        Color::LightRed => "#ff7b72",
        Color::LightGreen => "#8fe39a",
        Color::LightYellow => "#ffd866",
        Color::LightBlue => "#82aaff",
        Color::LightMagenta => "#e2a6f2",
        Color::LightCyan => "#8be9fd",
        Color::White => "#ffffff",
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => return None,
    })
}

/// Characters of our own drawing: each one column wide everywhere, none with a variation selector.
#[derive(Debug, PartialEq, Eq)]
pub struct Symbols {
    pub cursor: &'static str,
    pub marked: &'static str,
    pub unmarked: &'static str,
    pub horizontal: &'static str,
    pub vertical: &'static str,
    pub corners: [&'static str; 4],
    pub separator: &'static str,
    pub crumb: &'static str,
    pub up: &'static str,
    pub down: &'static str,
    pub ellipsis: &'static str,
    pub dot: &'static str,
    pub arrow: &'static str,
    pub missing: &'static str,
    pub thumb: &'static str,
    pub track: &'static str,
    pub bar: &'static str,
    pub spark: [&'static str; 9],
    pub dash: &'static str,
}

/// The usual symbols.
pub static UNICODE: Symbols = Symbols {
    cursor: "▌",
    marked: "●",
    unmarked: " ",
    horizontal: "─",
    vertical: "│",
    corners: ["┌", "┐", "└", "┘"],
    separator: "│",
    crumb: "›",
    up: "▲",
    down: "▼",
    ellipsis: "…",
    dot: "·",
    arrow: "→",
    missing: "···",
    thumb: "█",
    track: "│",
    bar: "█",
    spark: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    dash: "–",
};

/// Symbols for terminals without the others.
pub static ASCII: Symbols = Symbols {
    cursor: ">",
    marked: "*",
    unmarked: " ",
    horizontal: "-",
    vertical: "|",
    corners: ["+", "+", "+", "+"],
    separator: "|",
    crumb: ">",
    up: "^",
    down: "v",
    ellipsis: "~",
    dot: ".",
    arrow: "->",
    missing: "...",
    thumb: "#",
    track: "|",
    bar: "#",
    spark: [" ", "_", ".", ":", "-", "=", "+", "*", "#"],
    dash: "-",
};

#[cfg(test)]
mod proof;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_theme_gives_every_role_a_style_and_parses_without_error() {
        for name in ThemeName::ALL {
            let mut theme = Theme::built_in(ThemeName::Default, false);
            theme
                .overlay(name.as_str(), name.source())
                .expect("built-in");
            for role in Role::ALL {
                assert!(
                    name.source()
                        .lines()
                        .any(|l| l.split('=').next().map(str::trim) == Some(role.name())),
                    "{} says nothing about {}",
                    name.as_str(),
                    role.name()
                );
            }
        }
    }

    #[test]
    fn mono_holds_no_colour_so_that_highlights_survive_no_color() {
        let theme = Theme::built_in(ThemeName::Mono, false);
        for role in Role::ALL {
            let style = theme.style(*role);
            assert!(matches!(style.fg, None | Some(Color::Reset)), "{role:?}");
            assert!(matches!(style.bg, None | Some(Color::Reset)), "{role:?}");
        }
        assert!(
            theme
                .style(Role::Selection)
                .add_modifier
                .contains(Modifier::REVERSED)
        );
    }

    #[test]
    fn a_wrong_theme_line_is_named_with_file_and_line() {
        let mut theme = Theme::built_in(ThemeName::Default, false);
        let error = theme
            .overlay("mine.toml", "# mine\nwarn = \"yelow\"")
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "mine.toml, line 2: \"yelow\" is neither one of the 16 colours nor a weight"
        );
    }

    #[test]
    fn ascii_symbols_are_ascii() {
        let s = &ASCII;
        for text in [s.cursor, s.marked, s.horizontal, s.crumb, s.up, s.missing] {
            assert!(text.is_ascii());
        }
    }
}
