//! Keeps the README true: its table of settings is the one that the program has, and the files it quotes are the files.

use std::fs;
use std::path::Path;

use clap::{Args, Command};

use crate::server::config::Settings;
use crate::server::config::second_names::SECOND_NAMES;

/// The table as it has to stand in the README: one row for each setting that is not hidden.
fn table() -> String {
    let mut command = Settings::augment_args(Command::new("serve"));
    command.build();
    let mut rows = String::from("| Flag | Variable | Default | What it is |\n|---|---|---|---|\n");
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
        let (Some(long), Some(variable)) = (argument.get_long(), argument.get_env()) else { continue };
        let default = argument.get_default_values().first().map(|value| format!("`{}`", value.to_string_lossy()));
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let (variable, default) = (variable.to_string_lossy(), default.unwrap_or_else(|| "–".to_owned()));
        rows.push_str(&format!("| `--{long}` | `{variable}` | {default} | {help} |\n"));
    }
    rows
}

/// The table of other programs' variables, as it has to stand in the README.
fn second_table() -> String {
    let mut rows = String::from("| Variable | Says the same as |\n|---|---|\n");
    for (flag, name) in SECOND_NAMES {
        rows.push_str(&format!("| `{name}` | `--{flag}` |\n"));
    }
    rows
}

#[test]
fn the_readme_has_every_setting_as_the_program_has_it() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("a README");
    for table in [table(), second_table()] {
        assert!(readme.contains(&table), "a table in README.md should be:\n\n{table}");
    }
}

#[test]
fn the_readme_quotes_the_proxies_files_as_they_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).expect("a README");
    for file in fs::read_dir(root.join("scripts/proxy")).expect("the files") {
        let path = file.expect("readable").path();
        let text = fs::read_to_string(&path).expect("UTF-8");
        assert!(readme.contains(&format!("\n{text}```\n")), "README.md should quote {} as it is", path.display());
    }
}
