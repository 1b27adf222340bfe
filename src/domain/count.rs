//! A count of an item that somebody asks the floor for, and what the counted figure says.

/// Largest figure somebody can have counted.
pub const EACH_MAX: i64 = 10_000_000;

/// A counted figure as it was typed.
///
/// # Errors
/// What is wrong with it, for people.
pub fn figure(typed: &str) -> Result<i64, String> {
    let each = typed.trim().parse().ok();
    each.filter(|n| (0..=EACH_MAX).contains(n))
        .ok_or_else(|| format!("Counted is a whole number of units from 0 to {EACH_MAX}"))
}

/// What the systems show of the item at the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// On hand in the warehouse.
    pub on_hand_each: i64,
    /// What the sales system shows too much of, after everything known is taken off.
    pub unexplained_each: i64,
}

/// What the figure says beside what is shown, and who has to do what now.
pub fn verdict(counted_each: i64, shown: Option<Shown>) -> String {
    let Some(shown) = shown else {
        return format!("{counted_each} counted; no system has shown a figure for it yet");
    };
    match counted_each - shown.on_hand_each {
        0 if shown.unexplained_each == 0 => {
            format!("{counted_each} counted, as the warehouse says; nothing is unexplained")
        }
        0 => format!(
            "{counted_each} counted, as the warehouse says: the sales system is wrong by {:+}",
            shown.unexplained_each
        ),
        by => format!(
            "{counted_each} counted, {} on hand in the warehouse: correct it there by {by:+}",
            shown.on_hand_each
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_tells_which_of_the_two_systems_is_wrong() {
        let says = |counted, unexplained_each| {
            let shown = Shown {
                on_hand_each: 12,
                unexplained_each,
            };
            verdict(counted, Some(shown))
        };
        assert_eq!(
            says(9, 0),
            "9 counted, 12 on hand in the warehouse: correct it there by -3"
        );
        assert!(says(12, 0).ends_with("nothing is unexplained"));
        assert!(says(12, 4).ends_with("the sales system is wrong by +4"));
        assert!(verdict(3, None).contains("no system has shown"));
    }

    #[test]
    fn only_a_number_of_units_is_a_count() {
        assert_eq!(figure(" 12 "), Ok(12));
        for wrong in ["", "-1", "12.5", "many", "10000001"] {
            assert!(figure(wrong).is_err(), "{wrong}");
        }
    }
}
