//! Signing in by the word of another house: which one, and who may come in by it.

use std::path::PathBuf;

use clap::Args;

use crate::domain::ids::OrganisationId;
use crate::domain::role::Role;
use crate::server::config::{PublicUrl, Secret};

/// What the operator types of it.
#[derive(Args, Clone, Debug)]
pub struct OpenIdSettings {
    /// Address of an issuer of OpenID Connect by whose word people may sign in, for example https://id.school.example; without it, nobody does
    #[arg(long, env = "PODIUM_OPENID_ISSUER", value_name = "URL")]
    pub openid_issuer: Option<String>,

    /// What this server is called there; it comes back to the public URL with /login/openid/callback behind it
    #[arg(long, env = "PODIUM_OPENID_CLIENT_ID", value_name = "ID")]
    pub openid_client_id: Option<String>,

    /// The secret that goes with it, if there is one
    #[arg(long, env = "PODIUM_OPENID_CLIENT_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub openid_client_secret: Option<Secret>,

    /// File that holds that secret
    #[arg(long, env = "PODIUM_OPENID_CLIENT_SECRET_FILE", value_name = "FILE")]
    pub openid_client_secret_file: Option<PathBuf>,

    /// What people call the issuer; it stands on the button
    #[arg(long, env = "PODIUM_OPENID_LABEL", default_value = "OpenID Connect", value_name = "WORDS")]
    pub openid_label: String,

    /// Number of the organisation in which somebody without an account gets one, 1 for the first; without it, nobody does
    #[arg(long, env = "PODIUM_OPENID_NEWCOMERS", value_name = "NUMBER")]
    pub openid_newcomers: Option<i64>,

    /// Domains of e-mail addresses that newcomers may have, with commas between, for example school.example
    #[arg(long, env = "PODIUM_OPENID_EMAIL_DOMAINS", value_name = "DOMAINS", value_delimiter = ',')]
    pub openid_email_domains: Vec<String>,

    /// What newcomers are: admin, host, viewer or member
    #[arg(long, env = "PODIUM_OPENID_NEWCOMERS_ROLE", default_value = "viewer", value_name = "ROLE")]
    pub openid_newcomers_role: Role,
}

/// An issuer, and who may come in by its word.
#[derive(Clone, Debug)]
pub struct OpenId {
    /// Its address, as it writes it itself.
    pub issuer: String,
    /// What this server is called there.
    pub client_id: String,
    /// The secret that goes with it.
    pub client_secret: Option<Secret>,
    /// What people call it.
    pub label: String,
    /// Where newcomers go, what they are, and the domains of their addresses in lower case.
    pub newcomers: Option<(OrganisationId, Role, Vec<String>)>,
}

impl OpenIdSettings {
    /// Reads the file, and checks what only makes sense together.
    ///
    /// # Errors
    /// One line that says what is wrong and how to mend it.
    pub fn resolve(self) -> Result<Option<OpenId>, String> {
        let Some(issuer) = self.openid_issuer else {
            let is_given = self.openid_client_id.is_some()
                || self.openid_client_secret.is_some()
                || self.openid_client_secret_file.is_some()
                || self.openid_newcomers.is_some();
            return if is_given {
                Err("give --openid-issuer too, or no setting of OpenID".to_owned())
            } else {
                Ok(None)
            };
        };
        if !may_be_asked(&issuer) {
            return Err("--openid-issuer has to be an https address, like https://id.school.example".to_owned());
        }
        let client_id = self.openid_client_id.ok_or("give --openid-client-id too, or no setting of OpenID")?;
        let client_secret = match (self.openid_client_secret, self.openid_client_secret_file) {
            (Some(_), Some(_)) => {
                return Err("give --openid-client-secret or --openid-client-secret-file, not both".to_owned());
            }
            (None, Some(file)) => Some(Secret::read(&file, "--openid-client-secret-file")?),
            (given, None) => given,
        };
        let domains: Vec<String> =
            self.openid_email_domains.iter().map(|domain| domain.trim().to_ascii_lowercase()).collect();
        let newcomers = match self.openid_newcomers {
            None => None,
            // An issuer may know the whole world.
            Some(_) if domains.is_empty() => {
                return Err(
                    "give --openid-email-domains too, or everybody whom the issuer knows could come in".to_owned()
                );
            }
            Some(_) if self.openid_newcomers_role == Role::Owner => {
                return Err("--openid-newcomers-role cannot be owner; choose admin, host, viewer or member".to_owned());
            }
            Some(organisation) => Some((OrganisationId(organisation), self.openid_newcomers_role, domains)),
        };
        Ok(Some(OpenId { issuer, client_id, client_secret, label: self.openid_label, newcomers }))
    }
}

impl OpenId {
    /// Where an address gets an account that has none, and what it is then.
    pub fn newcomer(&self, email: &str) -> Option<(OrganisationId, Role)> {
        let (organisation, role, domains) = self.newcomers.as_ref()?;
        let (_, domain) = email.rsplit_once('@')?;
        domains.iter().any(|allowed| allowed == domain).then_some((*organisation, *role))
    }

    /// Whether some of those who have no account get one in an organisation.
    pub fn takes_newcomers(&self, organisation: OrganisationId) -> bool {
        self.newcomers.as_ref().is_some_and(|(of, ..)| *of == organisation)
    }
}

/// Whether an issuer may be asked at this address: over https, or on this very machine.
fn may_be_asked(issuer: &str) -> bool {
    let is_plain = issuer.bytes().all(|byte| byte.is_ascii_graphic()) && !issuer.contains(['?', '#', '@']);
    let Ok(url) = PublicUrl::parse(issuer) else { return false };
    let host = url.host().rsplit_once(':').map_or(url.host(), |(host, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { host } else { url.host() }
    });
    is_plain && (url.is_https() || ["127.0.0.1", "[::1]", "localhost"].contains(&host))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        settings: OpenIdSettings,
    }

    fn parse(flags: &[&str]) -> Result<Option<OpenId>, String> {
        let line = Line::try_parse_from([&["podium"], flags].concat()).map_err(|error| error.to_string())?;
        line.settings.resolve()
    }

    const ISSUER: [&str; 4] = ["--openid-issuer", "https://id.example/realm", "--openid-client-id", "podium"];

    #[test]
    fn without_an_issuer_nobody_comes_in_by_its_word() {
        assert!(parse(&[]).expect("defaults").is_none());
        assert!(parse(&["--openid-client-id", "podium"]).is_err());
    }

    #[test]
    fn an_issuer_is_asked_over_https_or_on_this_machine() {
        let of = |issuer: &str| parse(&["--openid-issuer", issuer, "--openid-client-id", "podium"]).is_ok();
        for good in [
            "https://id.example",
            "https://id.example/a/b",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost:9",
        ] {
            assert!(of(good), "{good}");
        }
        for bad in [
            "http://id.example",
            "id.example",
            "https://id.example/?a",
            "https://a@id.example",
            "http://127.0.0.1.evil",
        ] {
            assert!(!of(bad), "{bad}");
        }
    }

    #[test]
    fn newcomers_need_a_domain_and_are_no_owners() {
        let of = |flags: &[&str]| parse(&[&ISSUER, flags].concat());
        assert!(of(&["--openid-newcomers", "1"]).is_err());
        let domains = ["--openid-newcomers", "1", "--openid-email-domains", "School.Example, b.example"];
        let good = of(&domains).expect("good settings").expect("an issuer");
        assert_eq!(good.newcomer("ada@school.example"), Some((OrganisationId(1), Role::Viewer)));
        assert_eq!(good.newcomer("ada@b.example"), Some((OrganisationId(1), Role::Viewer)));
        for bad in ["ada@evilschool.example", "ada@school.example.evil", "school.example", "a@school.example@evil"] {
            assert_eq!(good.newcomer(bad), None, "{bad}");
        }
        assert!(of(&[&domains[..], &["--openid-newcomers-role", "owner"]].concat()).is_err());
        assert_eq!(of(&[]).expect("good settings").expect("an issuer").newcomer("ada@school.example"), None);
    }

    #[test]
    fn a_secret_comes_from_one_place_and_is_never_printed() {
        let good = parse(&[&ISSUER[..], &["--openid-client-secret", "swordfish"]].concat()).expect("good settings");
        assert!(!format!("{good:?}").contains("swordfish"));
        let both = ["--openid-client-secret", "a", "--openid-client-secret-file", "b"];
        assert!(parse(&[&ISSUER[..], &both].concat()).is_err());
    }
}
