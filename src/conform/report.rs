//! What was checked, one line for each check.

use std::fmt;

/// How a check went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As the contract says.
    Passed,
    /// Not so: what was seen, and what the contract says.
    Failed(String),
    /// It could not be tried: what was missing.
    Skipped(String),
}

/// All checks in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub struct Report {
    lines: Vec<(&'static str, Outcome)>,
}

impl Report {
    /// Adds a check.
    pub fn add(&mut self, check: &'static str, outcome: impl Into<Outcome>) {
        self.lines.push((check, outcome.into()));
    }

    /// How many failed.
    pub fn failed(&self) -> usize {
        self.failures().count()
    }

    /// The names of those that failed.
    pub fn failures(&self) -> impl Iterator<Item = &'static str> {
        self.lines.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_))).map(|(check, _)| *check)
    }
}

impl From<Result<(), String>> for Outcome {
    fn from(result: Result<(), String>) -> Self {
        result.map_or_else(Self::Failed, |()| Self::Passed)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (check, outcome) in &self.lines {
            match outcome {
                Outcome::Passed => writeln!(out, "passed   {check}")?,
                Outcome::Failed(why) => writeln!(out, "FAILED   {check}: {why}")?,
                Outcome::Skipped(why) => writeln!(out, "skipped  {check}: {why}")?,
            }
        }
        write!(out, "{} checks, {} failed", self.lines.len(), self.failed())
    }
}
