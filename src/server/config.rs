//! All settings: every one a flag and a variable, with a default that works.
//!
//! The only place that reads the environment. Bad values stop the start with one line that says how to mend them.
//! What is typed is a [`Settings`]; what the house works with is the [`Config`] that it resolves to.
//! Reading order: [`Settings`], [`Config`], `limits` (the bounds as settings), `environment` and `origins` (who may open
//! sockets from where), `network` (who may read metrics), `mail` (who takes mail), `openid` (another house's word),
//! `notices` (when the house speaks up), `second_names` (other programs' variables), `complaint` (the one line).

pub mod complaint;
pub mod environment;
pub mod limits;
pub mod mail;
pub mod network;
pub mod notices;
pub mod openid;
pub mod origins;
pub mod second_names;

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{ArgAction, ArgMatches, Args, Command, ValueEnum};

use crate::domain::base_path::BasePath;
use crate::domain::limits::Limits;
use crate::domain::time::Millis;
use crate::server::config::environment::Environment;
use crate::server::config::limits::{LimitSettings, within};
use crate::server::config::mail::{MailConfig, MailSettings};
use crate::server::config::network::Network;
use crate::server::config::notices::{NoticeConfig, NoticeSettings};
use crate::server::config::openid::{OpenId, OpenIdSettings};
use crate::server::config::origins::OriginPattern;
use crate::server::config::second_names::Given;

/// What the operator types, as flags or variables.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "PODIUM_LISTEN", default_value = "127.0.0.1:3000", value_parser = listen)]
    pub listen: SocketAddr,

    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,

    /// Address under which people reach this server, for example https://quiz.example or https://school.example/quiz; without it, links carry the address that a page was asked under
    #[arg(long, env = "PODIUM_PUBLIC_URL", value_name = "URL", value_parser = PublicUrl::parse)]
    pub public_url: Option<PublicUrl>,

    /// Reverse proxies that are believed about who is asking (X-Forwarded-For), as addresses or networks with commas between them, for example 127.0.0.1,10.0.0.0/8
    #[arg(long, env = "PODIUM_TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',', value_parser = Network::parse)]
    pub trusted_proxies: Vec<Network>,

    /// Where this program runs, as far as safety depends on it: production is strict
    #[arg(
        long,
        env = "PODIUM_ENVIRONMENT",
        default_value = "production",
        value_enum,
        value_name = "ENVIRONMENT",
        hide_possible_values = true
    )]
    pub environment: Environment,

    /// Key that signs seats and tokens, 32 characters or more; without it, one is made at the first start and kept in the data folder
    #[arg(long, env = "PODIUM_SIGNING_KEY", value_name = "KEY", hide_env_values = true)]
    pub signing_key: Option<Secret>,

    /// File that holds the signing key
    #[arg(long, env = "PODIUM_SIGNING_KEY_FILE", value_name = "FILE")]
    pub signing_key_file: Option<PathBuf>,

    /// How tokens are signed; there is one way
    #[arg(long, env = "PODIUM_TOKEN_ALGORITHM", default_value = "HS256", value_name = "ALGORITHM", value_parser = algorithm)]
    pub token_algorithm: String,

    /// Minutes that an access token lives; it is renewed without signing in again
    #[arg(long, env = "PODIUM_TOKEN_MINUTES", default_value_t = TOKEN_MINUTES_MAX, value_name = "MINUTES", value_parser = within::<i64>(1, TOKEN_MINUTES_MAX))]
    pub token_minutes: i64,

    /// Other sites whose pages may open sockets here, with commas between; https://*.quiz.example stands for all sub-domains
    #[arg(long, env = "PODIUM_ALLOWED_ORIGINS", value_name = "ORIGINS", value_delimiter = ',', value_parser = OriginPattern::parse)]
    pub allowed_origins: Vec<OriginPattern>,

    /// Whether any other site's pages may open sockets here; false leaves only our own
    #[arg(long, env = "PODIUM_CROSS_ORIGIN", default_value = "true", value_name = "TRUE_OR_FALSE", value_parser = truth, action = ArgAction::Set)]
    pub cross_origin: bool,

    /// Whether a socket needs a credential; false lets anybody look on, and not in production
    #[arg(long, env = "PODIUM_REQUIRE_AUTH", default_value = "true", value_name = "TRUE_OR_FALSE", value_parser = truth, action = ArgAction::Set)]
    pub require_auth: bool,

    /// Minutes after which a login ends that is not used
    #[arg(long, env = "PODIUM_LOGIN_IDLE_MINUTES", default_value_t = 1_440, value_name = "MINUTES", value_parser = within::<i64>(1, 525_600))]
    pub login_idle_minutes: i64,

    /// Hours after which every login ends, however much it is used or renewed
    #[arg(long, env = "PODIUM_LOGIN_HOURS", default_value_t = 336, value_name = "HOURS", value_parser = within::<i64>(1, 8_760))]
    pub login_hours: i64,

    /// Another house's word
    #[command(flatten)]
    pub openid: OpenIdSettings,

    /// Days that the audit log goes back; 0 keeps all of it
    #[arg(long, env = "PODIUM_AUDIT_DAYS", default_value_t = 365, value_name = "DAYS", value_parser = within::<i64>(0, 36_500))]
    pub audit_days: i64,

    /// What is logged: error, warn, info, debug or trace, also by module (podium=debug,sqlx=warn); libraries are heard from info on
    #[arg(long, env = "PODIUM_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,

    /// How lines of the log look; they go to the standard error output
    #[arg(long, env = "PODIUM_LOG_FORMAT", default_value = "text", value_enum, value_name = "FORMAT")]
    pub log_format: LogFormat,

    /// Who reads and writes WebSocket frames: own, straight into the socket, or library, for streams that are not plain TCP
    #[arg(long, env = "PODIUM_SOCKET_ENGINE", default_value = "own", value_enum, value_name = "ENGINE")]
    pub socket_engine: SocketEngine,

    /// Open /ws/echo, a socket that sends everything back, for conformance suites
    #[arg(long, env = "PODIUM_ECHO")]
    pub echo: bool,
    /// Address and port on which metrics are read at /metrics, by everybody who reaches it; without it, on none
    #[arg(long, env = "PODIUM_METRICS_LISTEN", value_name = "ADDRESS", value_parser = listen)]
    pub metrics_listen: Option<SocketAddr>,

    /// Networks that may read /metrics beside the pages, like 10.0.0.0/8,::1; who comes through a proxy that is not trusted has the proxy's address
    #[arg(long, env = "PODIUM_METRICS_NETWORKS", value_name = "NETWORKS", value_delimiter = ',', value_parser = Network::parse)]
    pub metrics_networks: Vec<Network>,

    /// Whether browsers tell this server, and nobody else, when their connection stood, broke and came back; only counted
    #[arg(long, env = "PODIUM_CLIENT_TELEMETRY", default_value = "on", value_enum, value_name = "SWITCH")]
    pub client_telemetry: Switch,

    /// Mail
    #[command(flatten)]
    pub mail: MailSettings,

    /// Days after its end that a session is deleted with everything that happened in it, 0 for never
    #[arg(long, env = "PODIUM_SESSIONS_KEPT_DAYS", default_value_t = 0, value_name = "DAYS", value_parser = within::<i64>(0, 36_500))]
    pub sessions_kept_days: i64,

    /// When the house speaks up
    #[command(flatten)]
    pub notices: NoticeSettings,

    /// The bounds
    #[command(flatten)]
    pub limits: LimitSettings,

    /// Whether `cargo leptos watch` runs this program and its pages should reload themselves
    #[arg(long, hide = true, env = "LEPTOS_WATCH")]
    pub watch: bool,

    /// The port of the reloading socket of `cargo leptos watch`
    #[arg(long, hide = true, env = "LEPTOS_RELOAD_PORT", default_value_t = 3001)]
    pub reload_port: u16,
}

/// Where everything is kept; the operator's commands need nothing else.
#[derive(Args, Clone, Debug)]
pub struct Place {
    /// Folder for everything Podium keeps; made when it is missing
    #[arg(long, env = "PODIUM_DATA_DIR", default_value = "./data", value_name = "FOLDER")]
    pub data_dir: PathBuf,
}

/// The forms of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Who reads and writes WebSocket frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SocketEngine {
    /// Our codec, straight into the socket.
    Own,
    /// axum's, by a task of each link.
    Library,
}

/// Whether something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

impl Switch {
    /// Whether it is done.
    pub fn is_on(self) -> bool {
        match self {
            Self::On => true,
            Self::Off => false,
        }
    }
}

/// What the house works with, read once at the start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// How people reach it, if the operator said so.
    pub public_url: Option<PublicUrl>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Where it runs.
    pub environment: Environment,
    /// Other sites whose pages may open sockets: the operator's list.
    pub allowed_origins: Vec<OriginPattern>,
    /// Whether any but our own pages may.
    pub cross_origin: bool,
    /// Whether a socket needs a credential; never false in production.
    pub require_auth: bool,
    /// An access token lives for so long.
    pub token_life: Millis,
    /// The operator's own signing key, if there is one.
    pub signing_key: Option<Secret>,
    /// A login that is not used for so long ends.
    pub login_idle: Millis,
    /// No login lives longer.
    pub login_max: Millis,
    /// By whose word people may sign in, if by anybody's.
    pub openid: Option<OpenId>,
    /// The audit log goes back so far; without an end if there is none.
    pub audit_kept: Option<Millis>,
    /// What is logged.
    pub log: String,
    /// How it looks.
    pub log_format: LogFormat,
    /// Who reads and writes WebSocket frames.
    pub socket_engine: SocketEngine,
    /// Whether there is an echo socket.
    pub echo: bool,
    /// Where metrics are read by everybody, if anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// Who may read them beside the pages.
    pub metrics_networks: Vec<Network>,
    /// Whether browsers tell of their connections.
    pub client_telemetry: Switch,
    /// How mail leaves, if it does.
    pub mail: Option<MailConfig>,
    /// How long sessions are kept after their end; for ever unless set.
    pub sessions_kept: Option<Millis>,
    /// When the house speaks up by itself.
    pub notices: NoticeConfig,
    /// The bounds of the live part.
    pub limits: Limits,
    watch: bool,
    /// The port of the reloading socket.
    pub reload_port: u16,
}

impl Settings {
    /// Reads the files that settings name, and checks what only makes sense together.
    ///
    /// # Errors
    /// One line that says what is wrong and how to mend it.
    pub fn resolve(self) -> Result<Config, String> {
        let signing_key = match (self.signing_key, self.signing_key_file) {
            (Some(_), Some(_)) => return Err("give --signing-key or --signing-key-file, not both".to_owned()),
            (None, Some(file)) => Some(Secret::read(&file, "--signing-key-file")?),
            (given, None) => given,
        };
        if let Some(key) = &signing_key
            && key.reveal().len() < SIGNING_KEY_MIN
        {
            let length = key.reveal().len();
            return Err(format!("the signing key has {length} characters; give it {SIGNING_KEY_MIN} or more"));
        }
        if !self.require_auth && self.environment == Environment::Production {
            return Err(format!(
                "{} cannot be false where --environment is production; choose another environment, or true",
                complaint::with_variables("--require-auth")
            ));
        }
        let mut limits = Limits::from(self.limits);
        if limits.links_per_seat_max == 0 {
            limits.links_per_seat_max = u32::MAX;
        }
        Ok(Config {
            listen: self.listen,
            data_dir: self.place.data_dir,
            public_url: self.public_url,
            trusted_proxies: self.trusted_proxies,
            environment: self.environment,
            allowed_origins: self.allowed_origins,
            cross_origin: self.cross_origin,
            require_auth: self.require_auth,
            token_life: Millis(self.token_minutes * 60_000),
            signing_key,
            login_idle: Millis(self.login_idle_minutes * 60_000),
            login_max: Millis(self.login_hours * 3_600_000),
            openid: self.openid.resolve()?,
            audit_kept: (self.audit_days > 0).then_some(Millis(self.audit_days * 24 * 3_600_000)),
            log: self.log,
            log_format: self.log_format,
            socket_engine: self.socket_engine,
            echo: self.echo,
            metrics_listen: self.metrics_listen,
            metrics_networks: self.metrics_networks,
            client_telemetry: self.client_telemetry,
            mail: self.mail.resolve()?,
            sessions_kept: (self.sessions_kept_days > 0).then_some(Millis(self.sessions_kept_days * DAY_MS)),
            notices: self.notices.into(),
            limits,
            watch: self.watch,
            reload_port: self.reload_port,
        })
    }
}

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// As long as the hash that it keys (HMAC with SHA-256). Source: RFC 7518, 3.2.
pub const SIGNING_KEY_MIN: usize = 32;
/// An access token is read without looking anything up, so it must not outlive what it says by much.
pub const TOKEN_MINUTES_MAX: i64 = 30;

impl Config {
    /// The port on which pages hear that they changed; none outside `make dev`.
    pub fn reload(&self) -> Option<u16> {
        self.watch.then_some(self.reload_port)
    }

    /// The origins of other sites whose pages may open sockets, the operator's and what the environment adds.
    pub fn other_origins(&self) -> Vec<OriginPattern> {
        let of_this_machine = self.environment.trusts_this_machine().then(OriginPattern::of_this_machine);
        let all = of_this_machine.into_iter().flatten().chain(self.allowed_origins.iter().cloned());
        all.filter(|_| self.cross_origin).collect()
    }

    /// Whether people reach this server over https, so that cookies may demand it.
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(PublicUrl::is_https)
    }

    /// The path below which people reach this server.
    pub fn base(&self) -> &BasePath {
        self.public_url.as_ref().map_or(&BasePath::ROOT, PublicUrl::base)
    }
}

/// The address under which people reach this server: scheme and host, with a port where it is not the usual one, and the
/// path below which it lives.
///
/// Invariant: scheme and host are in lower case, so that they equal what a browser sends as `Origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    is_https: bool,
    host: String,
    base: BasePath,
}

impl PublicUrl {
    /// Takes an address as the operator types it.
    ///
    /// # Errors
    /// What to type instead.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let mend = || "write scheme and host, like https://quiz.example or https://school.example/quiz".to_owned();
        let url: http::Uri = typed.trim().parse().map_err(|_| mend())?;
        let is_https = match url.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(mend()),
        };
        let authority = url.authority().ok_or_else(mend)?;
        if authority.host().is_empty() || authority.as_str().contains('@') || url.query().is_some() {
            return Err(mend());
        }
        let usual = if is_https { ":443" } else { ":80" };
        let host = authority.as_str().strip_suffix(usual).unwrap_or(authority.as_str()).to_ascii_lowercase();
        Ok(Self { is_https, host, base: BasePath::parse(url.path())? })
    }

    /// Scheme and host, as a browser's `Origin`.
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.is_https { "https" } else { "http" }, self.host)
    }

    /// The whole address of one of our own paths, which is written as if the product lived at the root.
    pub fn address(&self, path: &str) -> String {
        format!("{}{}", self.origin(), self.base.outside(path))
    }

    /// Whether it is https.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// The path; the root if it has none.
    pub fn base(&self) -> &BasePath {
        &self.base
    }

    /// Host and, where it is not the usual one, port.
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Reads a secret from a file, without the line's end.
    ///
    /// # Errors
    /// One line; `setting` is the flag that named the file.
    pub fn read(file: &Path, setting: &str) -> Result<Self, String> {
        match fs::read_to_string(file) {
            Ok(text) => Ok(Self(text.trim().to_owned())),
            Err(why) => {
                Err(format!("cannot read {} ({setting}): {why}; name a file that this user may read", file.display()))
            }
        }
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("(secret)")
    }
}

/// What the environment says under the second names of settings.
pub fn second_names_given() -> Given {
    second_names::given(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
}

/// Which of these matches contradicts its second name, in words; the settings may stand behind a command.
pub fn contradiction(matches: &ArgMatches, given: &Given) -> Option<String> {
    match matches.subcommand() {
        None => second_names::contradiction(matches, given),
        Some(("serve", settings)) => second_names::contradiction(settings, given),
        Some(_) => None,
    }
}

/// The first variable in the environment that looks like a setting and is none, in words.
pub fn unknown_variable(command: &Command) -> Option<String> {
    complaint::unknown_variable(command, std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()))
}

fn algorithm(typed: &str) -> Result<String, String> {
    if typed == "HS256" { Ok(typed.to_owned()) } else { Err("choose HS256".to_owned()) }
}

fn truth(typed: &str) -> Result<bool, String> {
    match typed.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("choose true or false".to_owned()),
    }
}

fn listen(typed: &str) -> Result<SocketAddr, String> {
    typed.parse().map_err(|_| "write an address and a port, like 127.0.0.1:3000 or 0.0.0.0:8080".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        settings: Settings,
    }

    fn parse(flags: &[&str]) -> Result<Config, String> {
        let flags = ["podium"].iter().chain(flags);
        Cli::try_parse_from(flags).map_err(|error| complaint::in_one_line(&error))?.settings.resolve()
    }

    #[test]
    fn the_defaults_work() {
        let config = parse(&[]).expect("defaults");
        assert_eq!(config.limits, Limits::default());
        assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
        assert!(!config.is_https());
    }

    #[test]
    fn no_bound_of_connections_is_typed_as_zero() {
        let config = parse(&["--links-per-seat-max", "0"]).expect("a good value");
        assert_eq!(config.limits.links_per_seat_max, u32::MAX);
    }

    #[test]
    fn a_token_lives_for_a_minute_to_half_an_hour() {
        assert_eq!(parse(&[]).expect("defaults").token_life, Millis(1_800_000));
        assert_eq!(parse(&["--token-minutes", "1"]).expect("a good value").token_life, Millis(60_000));
        for beyond in ["0", "31"] {
            let line =
                format!("--token-minutes (PODIUM_TOKEN_MINUTES) cannot be {beyond:?}: choose a number from 1 to 30");
            assert_eq!(parse(&["--token-minutes", beyond]).expect_err("a bad value"), line);
        }
    }

    #[test]
    fn a_public_url_is_kept_as_a_browser_sends_it() {
        for (typed, origin) in [
            ("https://Quiz.Example/", "https://quiz.example"),
            ("https://quiz.example:443", "https://quiz.example"),
            ("http://192.168.1.7:3000", "http://192.168.1.7:3000"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            assert_eq!(PublicUrl::parse(typed).map(|url| url.origin()), Ok(origin.to_owned()), "{typed}");
            assert_eq!(PublicUrl::parse(typed).map(|url| url.base().is_root()), Ok(true), "{typed}");
        }
    }

    #[test]
    fn a_public_url_may_have_a_path() {
        let url = PublicUrl::parse("HTTPS://School.Example:8443/Quiz/").expect("a good address");
        assert_eq!((url.origin().as_str(), url.base().as_str()), ("https://school.example:8443", "/Quiz"));
        assert_eq!(url.address("/join/KFX7QM"), "https://school.example:8443/Quiz/join/KFX7QM");
        let config = parse(&["--public-url", "http://[::1]/a/b"]).expect("a good address");
        assert_eq!(config.base().as_str(), "/a/b");
        assert!(parse(&[]).expect("defaults").base().is_root());
    }

    #[test]
    fn trusted_proxies_are_a_list_and_nobody_by_default() {
        let of = |flags: &[&str]| parse(flags).expect("good settings").trusted_proxies.len();
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&["--trusted-proxies", "127.0.0.1, 10.0.0.0/8,::1"]), 3);
    }

    #[test]
    fn a_bad_value_is_told_in_one_line_with_its_cure() {
        for (flags, line) in [
            (
                &["--listen", "3000"][..],
                "--listen (PODIUM_LISTEN) cannot be \"3000\": write an address and a port, like 127.0.0.1:3000 or 0.0.0.0:8080",
            ),
            (
                &["--public-url", "quiz.example"],
                "--public-url (PODIUM_PUBLIC_URL) cannot be \"quiz.example\": write scheme and host, like https://quiz.example or https://school.example/quiz",
            ),
            (
                &["--public-url", "https://quiz.example/a b"],
                "--public-url (PODIUM_PUBLIC_URL) cannot be \"https://quiz.example/a b\": write scheme and host, like https://quiz.example or https://school.example/quiz",
            ),
            (
                &["--public-url", "https://quiz.example/a//b"],
                "--public-url (PODIUM_PUBLIC_URL) cannot be \"https://quiz.example/a//b\": write its path in plain letters and digits, like /quiz",
            ),
            (
                &["--trusted-proxies", "127.0.0.1,nginx"],
                "--trusted-proxies (PODIUM_TRUSTED_PROXIES) cannot be \"nginx\": write networks like 10.0.0.0/8 or ::1, with commas between",
            ),
            (&["--seats-max", "0"], "--seats-max (PODIUM_SEATS_MAX) cannot be \"0\": choose a number from 1 to 20000"),
            (
                &["--seats-max", "20001"],
                "--seats-max (PODIUM_SEATS_MAX) cannot be \"20001\": choose a number from 1 to 20000",
            ),
            (
                &["--seats-max", "many"],
                "--seats-max (PODIUM_SEATS_MAX) cannot be \"many\": choose a number from 1 to 20000",
            ),
            (
                &["--metrics-networks", "::1,10.0.0.0/33"],
                "--metrics-networks (PODIUM_METRICS_NETWORKS) cannot be \"10.0.0.0/33\": write networks like 10.0.0.0/8 or ::1, with commas between",
            ),
            (
                &["--client-telemetry", "maybe"],
                "--client-telemetry (PODIUM_CLIENT_TELEMETRY) cannot be \"maybe\": choose on or off",
            ),
            (&["--log-format", "xml"], "--log-format (PODIUM_LOG_FORMAT) cannot be \"xml\": choose text or json"),
            (&["--sing-key", "x"], "there is no setting --sing-key; podium --help lists them all"),
            (
                &["--signing-key", "0123456789012345678901234567890"],
                "the signing key has 31 characters; give it 32 or more",
            ),
            (
                &["--signing-key", "0123456789", "--signing-key-file", "key"],
                "give --signing-key or --signing-key-file, not both",
            ),
        ] {
            assert_eq!(parse(flags).expect_err("a bad value"), line);
        }
    }

    #[test]
    fn a_secret_may_come_from_a_file_and_is_never_printed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("key");
        fs::write(&file, "0123456789abcdef0123456789abcdef\n").expect("a written file");
        let config = parse(&["--signing-key-file", file.to_str().expect("a plain path")]).expect("a good key");
        assert_eq!(config.signing_key, Some("0123456789abcdef0123456789abcdef".into()));
        assert!(!format!("{config:?}").contains("0123456789abcdef"));

        let missing = folder.path().join("none");
        let line = parse(&["--signing-key-file", missing.to_str().expect("a plain path")]).expect_err("no file");
        assert!(line.starts_with("cannot read ") && line.ends_with("name a file that this user may read"), "{line}");
    }
}
