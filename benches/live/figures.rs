//! Numbers into figures: medians, ranges, and lines that are printed and kept.

use std::time::Duration;

/// What was measured several times.
#[derive(Clone, Debug, Default)]
pub struct Series(Vec<f64>);

impl Series {
    /// Takes one more.
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The value below which this share of all lies; the nearest that was measured. 0 where nothing was.
    pub fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let place = (share * (sorted.len().max(1) - 1) as f64).round() as usize;
        sorted.get(place).copied().unwrap_or_default()
    }

    /// The median.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The median with the range from the 10th to the 90th hundredth.
    pub fn spread(&self, digits: usize) -> String {
        let [median, low, high] = [0.5, 0.1, 0.9].map(|share| self.quantile(share));
        format!("{median:.digits$} [{low:.digits$}–{high:.digits$}]")
    }
}

impl FromIterator<f64> for Series {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

/// One line of the table.
pub struct Figure {
    /// What was measured.
    pub what: String,
    /// The value with its unit.
    pub value: String,
    /// The value of the floor, where there is one.
    pub floor: String,
    /// The ratio to the floor, where there is one.
    pub ratio: String,
    /// What was aimed at, and whether it was reached.
    pub target: Option<(String, bool)>,
}

impl Figure {
    /// A figure without floor and target.
    pub fn plain(what: impl Into<String>, value: impl Into<String>) -> Self {
        let (floor, ratio) = (String::new(), String::new());
        Self { what: what.into(), value: value.into(), floor, ratio, target: None }
    }

    /// The same with something to reach.
    pub fn aimed(self, target: impl Into<String>, is_reached: bool) -> Self {
        Self { target: Some((target.into(), is_reached)), ..self }
    }

    /// The same with a floor and the ratio to it.
    pub fn above(self, floor: impl Into<String>, ratio: &Series) -> Self {
        Self { floor: floor.into(), ratio: format!("{} ×", ratio.spread(2)), ..self }
    }

    /// The line as a row of a Markdown table.
    pub fn row(&self) -> String {
        let target = match &self.target {
            Some((target, true)) => format!("{target}: reached"),
            Some((target, false)) => format!("{target}: **missed**"),
            None => String::new(),
        };
        format!("| {} | {} | {} | {} | {target} |", self.what, self.value, self.floor, self.ratio)
    }
}

/// Milliseconds.
pub fn ms(length: Duration) -> f64 {
    length.as_secs_f64() * 1e3
}

/// Microseconds.
pub fn us(length: Duration) -> f64 {
    length.as_secs_f64() * 1e6
}
