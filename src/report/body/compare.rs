//! Two bodies line by line: what is new, what is gone. Ids, times and tokens differ in every call; a line that differs in
//! nothing else counts as the same.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Lines of either side that are compared.
pub const COMPARE_LINES_MAX: usize = 1_500;

/// Digits and dashes in a row from which on something is taken for an id.
const ID_CHARS_MIN: usize = 16;

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    Same,
    /// Only an id, a time or a token is another.
    Volatile,
    /// In the good one only.
    Gone,
    /// In this one only.
    New,
}

impl Sign {
    /// What stands before the line.
    pub const fn mark(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Volatile => '~',
            Self::Gone => '-',
            Self::New => '+',
        }
    }
}

/// One body against a good one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Compared {
    pub lines: Vec<(Sign, String)>,
    /// One side was longer than is compared.
    pub is_cut: bool,
}

impl Compared {
    /// Lines that really differ: new ones and gone ones.
    pub fn changes(&self) -> (usize, usize) {
        let count = |sign| self.lines.iter().filter(|l| l.0 == sign).count();
        (count(Sign::New), count(Sign::Gone))
    }
}

/// Compares a body with a good one, both set out in lines.
pub fn compare(good: &[String], this: &[String]) -> Compared {
    let is_cut = good.len() > COMPARE_LINES_MAX || this.len() > COMPARE_LINES_MAX;
    let good = good.get(..COMPARE_LINES_MAX).unwrap_or(good);
    let this = this.get(..COMPARE_LINES_MAX).unwrap_or(this);
    let shapes = |lines: &[String]| -> Vec<String> { lines.iter().map(|l| shape(l)).collect() };
    let mut lines = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &shapes(good), &shapes(this)) {
        if let DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = op
        {
            let pairs = good.iter().skip(old_index).zip(this.iter().skip(new_index));
            for (old, new) in pairs.take(len) {
                let sign = if old == new {
                    Sign::Same
                } else {
                    Sign::Volatile
                };
                lines.push((sign, new.clone()));
            }
            continue;
        }
        let (old, new) = (op.old_range(), op.new_range());
        let gone = good.get(old).unwrap_or_default();
        let fresh = this.get(new).unwrap_or_default();
        lines.extend(gone.iter().map(|l| (Sign::Gone, l.clone())));
        lines.extend(fresh.iter().map(|l| (Sign::New, l.clone())));
    }
    Compared { lines, is_cut }
}

/// The name a line gives its value, in lower case without signs: `"CreatedAt": 1` and `<CreatedAt>` give `createdat`.
pub(super) fn key_of(line: &str) -> Option<String> {
    let line = line.trim();
    let name = if let Some(rest) = line.strip_prefix('"') {
        let (name, after) = rest.split_once('"')?;
        after.trim_start().starts_with(':').then_some(name)?
    } else if let Some(rest) = line.strip_prefix('<') {
        let end = rest.find(['>', ' ', '/'])?;
        let name = rest.get(..end)?;
        name.rsplit(':').next()?
    } else {
        line.split_once(':')?.0
    };
    let key: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    (!key.is_empty() && key.len() <= 80).then_some(key)
}

fn is_volatile(key: &str) -> bool {
    const ENDS: [&str; 11] = [
        "guid",
        "uuid",
        "token",
        "date",
        "time",
        "timestamp",
        "createdat",
        "updatedat",
        "requestid",
        "traceid",
        "signature",
    ];
    ENDS.iter().any(|end| key.ends_with(end)) || key == "id" || key == "contentlength"
}

/// A line without what differs in every call.
fn shape(line: &str) -> String {
    if let Some(key) = key_of(line).filter(|k| is_volatile(k)) {
        return format!("{key}=*");
    }
    let mut out = String::with_capacity(line.len());
    let mut run = String::new();
    for c in line.chars().chain(['\n']) {
        if c.is_ascii_hexdigit() || "-:.TZ".contains(c) {
            run.push(c);
            continue;
        }
        let is_id = run.len() >= ID_CHARS_MIN && run.bytes().any(|b| b.is_ascii_digit());
        out.push_str(if is_id { "*" } else { &run });
        run.clear();
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn only_what_matters_is_marked() {
        let good = lines("{\n  \"Id\": 7,\n  \"Town\": \"York\",\n  \"Phone\": \"1\"\n}");
        let this = lines("{\n  \"Id\": 8,\n  \"Town\": \"\",\n  \"Phone\": \"1\"\n}");
        let compared = compare(&good, &this);
        let signs: String = compared.lines.iter().map(|l| l.0.mark()).collect();
        assert_eq!(signs, " ~-+  ");
        assert_eq!(compared.changes(), (1, 1));
    }

    #[test]
    fn a_time_or_a_long_id_inside_a_line_does_not_make_it_another() {
        let good = lines("order 7c9e6679-7425-40de-944b-e07fc1f90ae7 at 2026-11-22T09:00:00Z");
        let this = lines("order 16fd2706-8baf-433b-82eb-8c7fada847da at 2026-11-23T10:00:00Z");
        assert_eq!(compare(&good, &this).changes(), (0, 0));
        let other = lines("parcel 16fd2706-8baf-433b-82eb-8c7fada847da at 2026-11-23T10:00:00Z");
        assert_eq!(compare(&good, &other).changes(), (1, 1));
    }

    #[test]
    fn names_are_read_from_all_three_forms() {
        assert_eq!(key_of("  \"Created-At\": 1").as_deref(), Some("createdat"));
        assert_eq!(key_of("<s:OrderId x=\"1\">7").as_deref(), Some("orderid"));
        assert_eq!(
            key_of("  Contact name: Pat").as_deref(),
            Some("contactname")
        );
        assert_eq!(key_of("  1,"), None);
    }

    #[test]
    fn bodies_without_end_are_compared_to_a_limit_and_say_so() {
        let many: Vec<String> = (0..5_000).map(|n| format!("line {n}")).collect();
        let others: Vec<String> = (0..5_000).map(|n| format!("row {n}")).collect();
        let compared = compare(&many, &others);
        assert!(compared.is_cut);
        assert_eq!(compared.changes(), (COMPARE_LINES_MAX, COMPARE_LINES_MAX));
    }
}
