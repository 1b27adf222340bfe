//! That the themes keep what they promise, reckoned on palettes terminals come with.

use super::{Role, Theme, ThemeName};
use ratatui::style::{Color, Modifier, Style};

/// Red, green, blue of the 16 colours, from black to white.
type Palette = [[u8; 3]; 16];

const XTERM: Palette = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];
const VGA: Palette = [
    [0, 0, 0],
    [170, 0, 0],
    [0, 170, 0],
    [170, 85, 0],
    [0, 0, 170],
    [170, 0, 170],
    [0, 170, 170],
    [170, 170, 170],
    [85, 85, 85],
    [255, 85, 85],
    [85, 255, 85],
    [255, 255, 85],
    [85, 85, 255],
    [255, 85, 255],
    [85, 255, 255],
    [255, 255, 255],
];

/// Least contrast of text that must be read (WCAG 2.2, level AA).
const CONTRAST_MIN: f64 = 4.5;
/// Least difference of two colours that are told apart at a glance, CIE 1976.
const DIFFERENCE_MIN: f64 = 20.0;

const fn place(color: Color) -> Option<usize> {
    Some(match color {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => return None,
    })
}

fn linear(palette: &Palette, color: Color) -> Option<[f64; 3]> {
    let rgb = palette[place(color)?];
    Some(rgb.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    }))
}

fn luminance([r, g, b]: [f64; 3]) -> f64 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// As somebody sees it who has no red cones, or no green ones (Machado, Oliveira, Fernandes 2009).
const DICHROMATS: [[[f64; 3]; 3]; 2] = [
    [
        [0.152_286, 1.052_583, -0.204_868],
        [0.114_503, 0.786_281, 0.099_216],
        [-0.003_882, -0.048_116, 1.051_998],
    ],
    [
        [0.367_322, 0.860_646, -0.227_968],
        [0.280_085, 0.672_501, 0.047_413],
        [-0.011_820, 0.042_940, 0.968_881],
    ],
];

fn seen(eye: &[[f64; 3]; 3], color: [f64; 3]) -> [f64; 3] {
    eye.map(|row| {
        let sum: f64 = row.iter().zip(color).map(|(k, c)| k * c).sum();
        sum.clamp(0.0, 1.0)
    })
}

fn lab([r, g, b]: [f64; 3]) -> [f64; 3] {
    let f = |t: f64| {
        if t > 0.008_856 {
            t.cbrt()
        } else {
            7.787 * t + 16.0 / 116.0
        }
    };
    let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    let y = f(luminance([r, g, b]));
    let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn difference(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (a, b) = (lab(one), lab(other));
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).powi(2))
        .sum::<f64>()
        .sqrt()
}

fn own(color: Option<Color>) -> Option<Color> {
    color.filter(|c| *c != Color::Reset)
}

#[test]
fn in_high_contrast_everything_to_be_read_stands_out_on_a_dark_and_on_a_light_ground() {
    let theme = Theme::built_in(ThemeName::HighContrast, false);
    // What stands behind a question is not to be read while it is open.
    for role in Role::ALL.iter().filter(|r| **r != Role::Dimmed) {
        let Style { fg, bg, .. } = theme.style(*role);
        let (fg, bg) = (own(fg), own(bg));
        for palette in [&XTERM, &VGA] {
            let of = |color: Color| linear(palette, color).expect("one of the 16");
            match (fg, bg) {
                (None, None) => {}
                (Some(fg), Some(bg)) => {
                    let found = contrast(of(fg), of(bg));
                    assert!(found >= CONTRAST_MIN, "{role:?}: {found:.1}");
                }
                (Some(fg), None) => {
                    for ground in [Color::Black, Color::White] {
                        let found = contrast(of(fg), of(ground));
                        assert!(found >= CONTRAST_MIN, "{role:?} on {ground}: {found:.1}");
                    }
                }
                (None, Some(_)) => panic!("{role:?}: the terminal's own text on a colour of ours"),
            }
        }
    }
}

#[test]
fn in_the_safe_theme_well_care_and_trouble_differ_for_who_sees_no_red_or_no_green() {
    let theme = Theme::built_in(ThemeName::Safe, false);
    let roles = [Role::Ok, Role::Warn, Role::Error];
    for palette in [&XTERM, &VGA] {
        for eye in &DICHROMATS {
            for (at, one) in roles.iter().enumerate() {
                for other in &roles[at + 1..] {
                    let (a, b) = (theme.style(*one), theme.style(*other));
                    if own(a.bg).is_some() != own(b.bg).is_some() {
                        continue;
                    }
                    let color = |style: Style| {
                        let color = own(style.bg).or(own(style.fg)).expect("a colour");
                        seen(eye, linear(palette, color).expect("one of the 16"))
                    };
                    let found = difference(color(a), color(b));
                    assert!(found >= DIFFERENCE_MIN, "{one:?} {other:?}: {found:.0}");
                }
            }
        }
    }
}

#[test]
fn in_every_theme_what_means_something_else_looks_different() {
    let apart = [
        (Role::Warn, Role::Error),
        (Role::Ok, Role::Error),
        (Role::Ok, Role::Warn),
        (Role::Text, Role::Error),
        (Role::Text, Role::Warn),
        (Role::Text, Role::Selection),
        (Role::Text, Role::Marked),
        (Role::Selection, Role::SelectionIdle),
        (Role::Text, Role::Link),
        (Role::Selection, Role::Error),
        (Role::Selection, Role::Warn),
        (Role::Selection, Role::Marked),
    ];
    for name in ThemeName::ALL {
        let theme = Theme::built_in(*name, false);
        for (one, other) in apart {
            let name = name.as_str();
            assert_ne!(
                theme.style(one),
                theme.style(other),
                "{name}: {one:?}, {other:?}"
            );
        }
    }
}

#[test]
fn no_theme_blinks_or_hides_text() {
    for name in ThemeName::ALL {
        let theme = Theme::built_in(*name, false);
        for role in Role::ALL {
            let weight = theme.style(*role).add_modifier;
            let never = Modifier::SLOW_BLINK | Modifier::RAPID_BLINK | Modifier::HIDDEN;
            assert!(!weight.intersects(never), "{}: {role:?}", name.as_str());
        }
    }
}
