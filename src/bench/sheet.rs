//! Figures and how they are shown.

use crate::report::{Column, Table};
use serde::Serialize;

/// One measured figure.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    pub value: f64,
    pub unit: &'static str,
    /// What the machine or the arithmetic allows at best, from the same run, in the same unit.
    pub floor: Option<f64>,
    /// The bar the program has to keep, in words; empty when there is none.
    pub bar: String,
    /// Whether the bar is kept; `None` without a bar.
    pub is_kept: Option<bool>,
    /// How it was taken.
    pub how: String,
}

impl Figure {
    /// A figure without floor and bar.
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            value,
            unit,
            floor: None,
            bar: String::new(),
            is_kept: None,
            how: String::new(),
        }
    }

    /// With the best possible value.
    #[must_use]
    pub fn floor(mut self, floor: f64) -> Self {
        self.floor = Some(floor);
        self
    }

    /// With a bar it must not fall below.
    #[must_use]
    pub fn at_least(mut self, bar: f64) -> Self {
        self.bar = format!("≥ {}", number(bar));
        self.is_kept = Some(self.value >= bar);
        self
    }

    /// With a bar it must not exceed.
    #[must_use]
    pub fn at_most(mut self, bar: f64) -> Self {
        self.bar = format!("≤ {}", number(bar));
        self.is_kept = Some(self.value <= bar);
        self
    }

    /// With a word on how it was taken.
    #[must_use]
    pub fn how(mut self, how: impl Into<String>) -> Self {
        self.how = how.into();
        self
    }
}

/// The figures of a bench.
#[derive(Debug, Clone, Serialize)]
pub struct Sheet {
    pub bench: &'static str,
    /// What was run, in one line.
    pub run: String,
    pub figures: Vec<Figure>,
}

impl Sheet {
    /// An empty sheet.
    pub fn new(bench: &'static str, run: impl Into<String>) -> Self {
        Self {
            bench,
            run: run.into(),
            figures: Vec::new(),
        }
    }

    /// Adds a figure.
    pub fn add(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    /// Whether every bar is kept.
    pub fn is_kept(&self) -> bool {
        self.figures.iter().all(|f| f.is_kept != Some(false))
    }

    /// The figures as a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(&[
            Column::text("figure"),
            Column::number("measured"),
            Column::text("unit"),
            Column::number("floor"),
            Column::text("bar"),
            Column::text("kept"),
            Column::text("how"),
        ]);
        for figure in &self.figures {
            table.row([
                figure.name.clone(),
                number(figure.value),
                figure.unit.to_owned(),
                figure.floor.map(number).unwrap_or_default(),
                figure.bar.clone(),
                match figure.is_kept {
                    Some(true) => "yes".to_owned(),
                    Some(false) => "NO".to_owned(),
                    None => String::new(),
                },
                figure.how.clone(),
            ]);
        }
        table
    }
}

/// A number with as many digits as it has meaning.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else if size >= 0.1 {
        format!("{value:.2}")
    } else {
        format!("{value:.4}")
    }
}

/// The value below which this share (0 to 1) of the values lies; zero without values.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = ((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1);
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_kept_or_missed_and_says_so() {
        let mut sheet = Sheet::new("queue", "");
        sheet.add(Figure::new("jobs per commit", 19.0, "jobs").at_least(20.0));
        assert!(!sheet.is_kept());
        assert_eq!(sheet.table().rows[0][5], "NO");
        sheet.figures[0] = Figure::new("idle bytes", 0.0, "bytes").at_most(0.0);
        assert!(sheet.is_kept());
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(percentile(&values, 0.5), 50.0);
        assert_eq!(percentile(&values, 0.95), 95.0);
        assert_eq!(percentile(&[7.0], 0.95), 7.0);
        assert_eq!(percentile(&[], 0.95), 0.0);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(1_234.56), "1235");
        assert_eq!(number(12.34), "12.3");
        assert_eq!(number(0.456), "0.46");
        assert_eq!(number(0.012), "0.0120");
        assert_eq!(number(0.0), "0");
    }
}
