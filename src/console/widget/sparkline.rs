//! A trend in one line of text: equal scale within itself, zero is a blank.

use crate::console::theme::Symbols;

/// The newest `columns` values, oldest first; several values share a column when there are more.
pub fn text(values: &[u32], columns: usize, symbols: &Symbols) -> String {
    if columns == 0 || values.is_empty() {
        return String::new();
    }
    let per = values.len().div_ceil(columns);
    let sums: Vec<u32> = values
        .chunks(per)
        .map(|chunk| chunk.iter().copied().fold(0, u32::saturating_add))
        .collect();
    let largest = sums.iter().copied().max().unwrap_or(0).max(1);
    let steps = u32::try_from(symbols.spark.len() - 1).unwrap_or(8);
    sums.iter()
        .map(|value| {
            let level = value.saturating_mul(steps).div_ceil(largest).min(steps);
            usize::try_from(level)
                .ok()
                .and_then(|at| symbols.spark.get(at))
                .copied()
                .unwrap_or(" ")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::theme::{ASCII, UNICODE};

    #[test]
    fn the_largest_value_is_full_and_zero_is_blank() {
        assert_eq!(text(&[0, 1, 4, 8], 4, &UNICODE), " ▁▄█");
        assert_eq!(text(&[0, 8], 2, &ASCII), " #");
        assert_eq!(text(&[0, 0], 2, &UNICODE), "  ");
    }

    #[test]
    fn more_values_than_columns_share_columns() {
        assert_eq!(text(&[1, 1, 0, 0, 2, 2], 3, &UNICODE), "▄ █");
    }
}
