//! Variables of other programs that this one takes the place of: second names of its own settings.
//!
//! A second name says what its setting would say if it were not given. Whoever gives both must mean the same. It knows
//! which names mean which setting, not what settings mean.

use std::collections::HashMap;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

/// A setting's flag without its dashes, and its second name.
pub const SECOND_NAMES: [(&str, &str); 9] = [
    ("environment", "ENVIRONMENT"),
    ("signing-key", "JWT_SECRET_KEY"),
    ("token-algorithm", "JWT_ALGORITHM"),
    ("allowed-origins", "WEBSOCKET_ALLOWED_ORIGINS"),
    ("cross-origin", "WEBSOCKET_ENABLE_CORS"),
    ("require-auth", "WEBSOCKET_REQUIRE_AUTH"),
    ("links-per-seat-max", "WEBSOCKET_MAX_CONNECTIONS_PER_USER"),
    ("messages-per-minute", "WEBSOCKET_MAX_MESSAGE_RATE"),
    ("heartbeat-ms", "WEBSOCKET_HEARTBEAT_INTERVAL"),
];

/// What the environment says under second names, by name.
pub type Given = HashMap<&'static str, String>;

/// Picks the second names out of an environment.
pub fn given(variable: impl Fn(&str) -> Option<String>) -> Given {
    SECOND_NAMES.iter().filter_map(|(_, name)| Some((*name, variable(name)?))).collect()
}

/// The second name of a flag, if it has one.
pub fn of(flag: &str) -> Option<&'static str> {
    SECOND_NAMES.iter().find(|(long, _)| *long == flag).map(|(_, name)| *name)
}

/// Gives settings what their second names say, in place of their defaults, and names those names in the help.
pub fn apply(command: Command, given: &Given) -> Command {
    SECOND_NAMES.iter().fold(command, |command, (flag, name)| {
        command.mut_arg(id(flag), |argument| {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            let argument = argument.help(format!("{help} [also: {name}]"));
            match given.get(name) {
                // The help must not print a key.
                Some(value) => argument.default_value(value).hide_default_value(true),
                None => argument,
            }
        })
    })
}

/// Which setting is given under both its names with different values, in one line.
pub fn contradiction(matches: &ArgMatches, given: &Given) -> Option<String> {
    SECOND_NAMES.iter().find_map(|(flag, name)| {
        let second = given.get(name)?;
        let is_own = matches.value_source(&id(flag)).is_some_and(|source| source != ValueSource::DefaultValue);
        let own = matches.get_raw(&id(flag))?.next()?;
        let variable = own_variable(flag);
        (is_own && own != second.as_str())
            .then(|| format!("--{flag} ({variable}) and {name} say different things; remove one of them"))
    })
}

/// The variable of a setting's own, named after its flag.
pub fn own_variable(flag: &str) -> String {
    format!("PODIUM_{}", flag.replace('-', "_").to_uppercase())
}

fn id(flag: &str) -> String {
    flag.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use clap::{Args, FromArgMatches};

    use super::*;
    use crate::server::config::environment::Environment;
    use crate::server::config::{Config, Settings, complaint};

    fn resolve(variables: &[(&str, &str)], flags: &[&str]) -> Result<Config, String> {
        let given = given(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()));
        let command = apply(Settings::augment_args(Command::new("podium")), &given);
        let flags = ["podium"].iter().chain(flags);
        let matches = command.try_get_matches_from(flags).map_err(|error| complaint::in_one_line(&error))?;
        contradiction(&matches, &given).map_or(Ok(()), Err)?;
        Settings::from_arg_matches(&matches).map_err(|error| error.to_string())?.resolve()
    }

    type Read = fn(&Config) -> String;

    #[test]
    fn each_second_name_is_honoured_and_a_bad_value_is_told() {
        let key = "0123456789abcdef0123456789abcdef";
        let rows: [(&str, Read, &str, &str, &str, &str, &str); 9] = [
            (
                "ENVIRONMENT",
                |config| config.environment.name().to_owned(),
                "production",
                "staging",
                "staging",
                "prod",
                "--environment (PODIUM_ENVIRONMENT or ENVIRONMENT) cannot be \"prod\": choose development or staging or production",
            ),
            (
                "JWT_SECRET_KEY",
                |config| config.signing_key.as_ref().map_or("made".to_owned(), |key| key.reveal().to_owned()),
                "made",
                key,
                key,
                "0123456789012345678901234567890",
                "the signing key has 31 characters; give it 32 or more",
            ),
            (
                "JWT_ALGORITHM",
                |_| "HS256".to_owned(),
                "HS256",
                "HS256",
                "HS256",
                "none",
                "--token-algorithm (PODIUM_TOKEN_ALGORITHM or JWT_ALGORITHM) cannot be \"none\": choose HS256",
            ),
            (
                "WEBSOCKET_ALLOWED_ORIGINS",
                |config| config.allowed_origins.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
                "",
                "http://localhost:3000, https://*.quiz.example",
                "http://localhost:3000 https://*.quiz.example",
                "*",
                "--allowed-origins (PODIUM_ALLOWED_ORIGINS or WEBSOCKET_ALLOWED_ORIGINS) cannot be \"*\": write origins like https://quiz.example or https://*.quiz.example, with commas between",
            ),
            (
                "WEBSOCKET_ENABLE_CORS",
                |config| config.cross_origin.to_string(),
                "true",
                "false",
                "false",
                "maybe",
                "--cross-origin (PODIUM_CROSS_ORIGIN or WEBSOCKET_ENABLE_CORS) cannot be \"maybe\": choose true or false",
            ),
            (
                "WEBSOCKET_REQUIRE_AUTH",
                |config| config.require_auth.to_string(),
                "true",
                "true",
                "true",
                "",
                "--require-auth (PODIUM_REQUIRE_AUTH or WEBSOCKET_REQUIRE_AUTH) needs a value: choose true or false",
            ),
            (
                "WEBSOCKET_MAX_CONNECTIONS_PER_USER",
                |config| config.limits.links_per_seat_max.to_string(),
                "5",
                "7",
                "7",
                "101",
                "--links-per-seat-max (PODIUM_LINKS_PER_SEAT_MAX or WEBSOCKET_MAX_CONNECTIONS_PER_USER) cannot be \"101\": choose a number from 0 to 100",
            ),
            (
                "WEBSOCKET_MAX_MESSAGE_RATE",
                |config| config.limits.messages_per_minute.to_string(),
                "60",
                "120",
                "120",
                "0",
                "--messages-per-minute (PODIUM_MESSAGES_PER_MINUTE or WEBSOCKET_MAX_MESSAGE_RATE) cannot be \"0\": choose a number from 1 to 60000",
            ),
            (
                "WEBSOCKET_HEARTBEAT_INTERVAL",
                |config| config.limits.heartbeat_ms.to_string(),
                "30000",
                "1000",
                "1000",
                "30s",
                "--heartbeat-ms (PODIUM_HEARTBEAT_MS or WEBSOCKET_HEARTBEAT_INTERVAL) cannot be \"30s\": choose a number from 300 to 600000",
            ),
        ];
        for (name, read, default, good, changed, bad, line) in rows {
            assert!(SECOND_NAMES.iter().any(|(_, second)| *second == name), "{name}");
            assert_eq!(read(&resolve(&[], &[]).expect("defaults")), default, "{name}");
            assert_eq!(read(&resolve(&[(name, good)], &[]).expect("a good value")), changed, "{name}");
            assert_eq!(resolve(&[(name, bad)], &[]).expect_err("a bad value"), line, "{name}");
        }
    }

    #[test]
    fn both_names_must_mean_the_same() {
        let both = |flag: &str| resolve(&[("WEBSOCKET_MAX_MESSAGE_RATE", "90")], &["--messages-per-minute", flag]);
        assert_eq!(both("90").expect("the same").limits.messages_per_minute, 90);
        assert_eq!(
            both("91").expect_err("not the same"),
            "--messages-per-minute (PODIUM_MESSAGES_PER_MINUTE) and WEBSOCKET_MAX_MESSAGE_RATE say different things; remove one of them"
        );
    }

    /// R025, R098.
    #[test]
    fn sockets_without_credentials_are_for_other_places_than_production() {
        let open = [("WEBSOCKET_REQUIRE_AUTH", "false")];
        let line = "--require-auth (PODIUM_REQUIRE_AUTH or WEBSOCKET_REQUIRE_AUTH) cannot be false where --environment is production; choose another environment, or true";
        assert_eq!(resolve(&open, &[]).expect_err("production is the default"), line);
        assert_eq!(resolve(&[open[0], ("ENVIRONMENT", "production")], &[]).expect_err("production"), line);
        for environment in ["staging", "development"] {
            let config = resolve(&[open[0], ("ENVIRONMENT", environment)], &[]).expect("a good start");
            assert!(!config.require_auth && config.environment != Environment::Production);
        }
    }

    #[test]
    fn the_help_names_both_and_prints_no_key() {
        let secret = "a-secret-of-somebody-who-asks-for-help";
        let given = given(|name| (name == "JWT_SECRET_KEY").then(|| secret.to_owned()));
        let mut command = apply(Settings::augment_args(Command::new("podium")), &given);
        let help = command.render_long_help().to_string();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!help.contains(secret));
        for (_, name) in SECOND_NAMES {
            assert!(help.contains(&format!("[also: {name}]")), "{name}");
        }
    }
}
