//! What is wrong with the command line, in one line that says how to mend it.
//!
//! Turns the parser's paragraphs into a sentence; it knows no setting by name.

use std::collections::BTreeSet;
use std::error::Error;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use crate::server::config::second_names::{self, own_variable};

/// Variables that begin like a setting and are read by the scripts around the program.
const OF_THE_SCRIPTS: [&str; 4] =
    ["PODIUM_RUST_SRC_ARCHIVE", "PODIUM_SITE_VERSION", "PODIUM_SOAK", "PODIUM_SOAK_MINUTES"];

/// What is wrong, in one line without a stop at its end.
pub fn in_one_line(error: &clap::Error) -> String {
    let said = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(" or ")),
        _ => None,
    };
    let argument = said(ContextKind::InvalidArg).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => format!("there is no setting {argument}; podium --help lists them all"),
        ErrorKind::InvalidSubcommand => {
            let command = said(ContextKind::InvalidSubcommand).unwrap_or_default();
            format!("there is no command {command}; podium --help lists them all")
        }
        ErrorKind::ValueValidation | ErrorKind::InvalidValue => {
            let value = said(ContextKind::InvalidValue).unwrap_or_default();
            let choices = said(ContextKind::ValidValue).map(|choices| format!("choose {choices}"));
            let cure = error.source().map(ToString::to_string).or(choices);
            let cure = cure.map(|cure| format!(": {cure}")).unwrap_or_default();
            if value.is_empty() {
                format!("{} needs a value{cure}", with_variables(&argument))
            } else {
                format!("{} cannot be {value:?}{cure}", with_variables(&argument))
            }
        }
        _ => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            first.trim_start_matches("error: ").to_owned()
        }
    }
}

/// The first variable in the environment that looks like a setting and is none, in words.
pub fn unknown_variable(command: &Command, names: impl Iterator<Item = String>) -> Option<String> {
    let known = variables(command);
    let is_unknown = |name: &String| {
        name.starts_with("PODIUM_") && !known.contains(name) && !OF_THE_SCRIPTS.contains(&name.as_str())
    };
    let name = names.filter(is_unknown).min()?;
    Some(format!("there is no setting {name}; correct or remove this variable, podium --help lists them all"))
}

/// The variables of a command and of all commands below it.
fn variables(command: &Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(Arg::get_env).map(|name| name.to_string_lossy().into_owned());
    own.chain(command.get_subcommands().flat_map(variables)).collect()
}

/// `--seats-max <NUMBER>` as `--seats-max (PODIUM_SEATS_MAX)`: the value may have come from either. Every variable is
/// named after its flag; a test holds that. Some have a second name.
pub(super) fn with_variables(argument: &str) -> String {
    let flag = argument.split_whitespace().next().unwrap_or_default();
    let Some(name) = flag.strip_prefix("--") else { return flag.to_owned() };
    match second_names::of(name) {
        Some(second) => format!("{flag} ({} or {second})", own_variable(name)),
        None => format!("{flag} ({})", own_variable(name)),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command};

    use super::*;
    use crate::server::config::Settings;

    fn command() -> Command {
        Settings::augment_args(Command::new("podium"))
    }

    #[test]
    fn every_variable_is_named_after_its_flag() {
        for argument in command().get_arguments().filter(|argument| !argument.is_hide_set()) {
            let flag = argument.get_long().expect("every setting is a flag");
            let variable = argument.get_env().expect("every setting is a variable").to_string_lossy();
            assert_eq!(variable, own_variable(flag));
            assert!(argument.get_help().is_some(), "{flag} has no word of help");
        }
    }

    #[test]
    fn a_mistyped_variable_is_noticed() {
        let of = |names: &[&str]| unknown_variable(&command(), names.iter().map(ToString::to_string));
        assert_eq!(of(&["PODIUM_LISTEN", "PODIUM_SITE_VERSION", "PATH"]), None);
        let line = of(&["PODIUM_LISTNE"]).expect("a complaint");
        assert!(line.starts_with("there is no setting PODIUM_LISTNE;"), "{line}");
    }
}
