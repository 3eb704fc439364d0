//! What a command prints: for people by default, for programs with `--json`.

use clap::Args;
use serde_json::Value;

/// For whom a command prints.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Output {
    /// Print JSON, for programs
    #[arg(long)]
    pub json: bool,
}

impl Output {
    /// Prints what was done: words for people, or the same as JSON.
    pub fn print(self, words: &str, json: &Value) {
        if self.json {
            println!("{json}");
        } else {
            println!("{words}");
        }
    }
}
