//! The forms of admins: set-up, signing in, signing out.

use std::net::SocketAddr;

use axum::Form;
use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use tower_sessions::Session;

use crate::domain::email::{EMAIL_MAX, read_email};
use crate::domain::text;
use crate::protocol::refusal::sentence;
use crate::server::auth::browser;
use crate::server::auth::flash::SentBack;
use crate::server::auth::login::{FirstAdmin, LoginError};
use crate::server::auth::password::PasswordError;
use crate::server::forms::{come_back_later, failed, see, send_back, send_back_whole};
use crate::server::metrics::label::{AuthRefusal, Limit};
use crate::server::samples::samples;
use crate::server::{House, alarms};

/// Characters of an admin's or an organisation's name.
pub const NAME_MAX: usize = 100;
/// Where staff begin,
pub(super) const HOME: &str = "/dashboard";
/// and where the first admin does, who has nothing yet but quizzes to choose from.
const FIRST_HOME: &str = "/quizzes";
/// Where members begin.
pub(super) const FRONT_DOOR: &str = "/";

/// What the set-up form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct SettingUp {
    token: String,
    organisation: String,
    name: String,
    email: String,
    password: String,
}

/// Makes the organisation and the first admin, and signs them in.
pub async fn set_up(
    State(house): State<House>,
    headers: HeaderMap,
    session: Session,
    Form(form): Form<SettingUp>,
) -> Response {
    let is_token = !form.token.is_empty() && form.token.bytes().all(|byte| byte.is_ascii_hexdigit());
    let back = if is_token { format!("/setup/{}", form.token) } else { "/setup/over".to_owned() };
    let values =
        vec![("organisation", form.organisation.clone()), ("name", form.name.clone()), ("email", form.email.clone())];
    let first = match read_first_admin(form) {
        Ok(first) => first,
        Err(errors) => return send_back(&house, &back, SentBack { values, errors }),
    };
    match house.auth.set_up(first, samples(), &session, browser::in_words(&headers)).await {
        Ok(()) => see(FIRST_HOME),
        Err(LoginError::Password(PasswordError::Length)) => {
            let errors = vec![("password", sentence(&PasswordError::Length.to_string()))];
            send_back(&house, &back, SentBack { values, errors })
        }
        Err(why) => send_back(&house, &back, SentBack { values, errors: vec![("", in_words(&why))] }),
    }
}

fn read_first_admin(form: SettingUp) -> Result<FirstAdmin, Vec<(&'static str, String)>> {
    let (organisation, name, email) = (read_name(&form.organisation), read_name(&form.name), read_email(&form.email));
    match (organisation, name, email) {
        (Ok(organisation), Ok(name), Ok(email)) => {
            Ok(FirstAdmin { token: form.token, organisation, name, email, password: form.password })
        }
        (organisation, name, email) => Err([
            organisation.err().map(|why| ("organisation", why)),
            name.err().map(|why| ("name", why)),
            email.err().map(|why| ("email", why)),
        ]
        .into_iter()
        .flatten()
        .collect()),
    }
}

/// What the sign-in form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct SigningIn {
    email: String,
    password: String,
    next: String,
}

/// Signs in and leads to where somebody wanted to go.
pub async fn sign_in(
    State(house): State<House>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    session: Session,
    Form(form): Form<SigningIn>,
) -> Response {
    let next = own_path(&form.next);
    let email: String = form.email.trim().to_lowercase().chars().take(EMAIL_MAX).collect();
    let from = (peer.ip(), browser::in_words(&headers));
    match house.auth.sign_in(&email, form.password, from, &session).await {
        Ok(admin) => see(next.unwrap_or(if admin.role.is_staff() { HOME } else { FRONT_DOOR })),
        Err(LoginError::Wait(wait)) => {
            house.metrics.limited(Limit::Passwords);
            alarms::limited(&house, Limit::Passwords, None);
            let why = "There were too many wrong passwords for this account or from your network.";
            come_back_later(wait, why, &house.config.base().outside("/login"))
        }
        Err(why) => {
            if matches!(why, LoginError::Wrong) {
                house.metrics.auth_refused(AuthRefusal::WrongPassword);
                alarms::wrong_password(&house, &email, peer.ip()).await;
            }
            let back = next.map_or("/login".to_owned(), |next| format!("/login?next={}", in_query(next)));
            send_back(
                &house,
                &back,
                SentBack { values: vec![("email", form.email)], errors: vec![("", in_words(&why))] },
            )
        }
    }
}

/// Signs out.
pub async fn sign_out(State(house): State<House>, session: Session) -> Response {
    match house.auth.sign_out(&session).await {
        Ok(()) => see(FRONT_DOOR),
        Err(why) => send_back_whole(&house, HOME, &in_words(&why)),
    }
}

/// Takes a name of a person or an organisation: one line, without what deceives.
///
/// # Errors
/// What to do instead, as a sentence.
pub fn read_name(typed: &str) -> Result<String, String> {
    let name = text::clean(typed).split_whitespace().collect::<Vec<_>>().join(" ");
    match text::length(&name) {
        0 => Err("Fill this in.".to_owned()),
        1..=NAME_MAX => Ok(name),
        _ => Err(format!("Shorten this to {NAME_MAX} characters.")),
    }
}

/// A path of ours, if it is one: never another host, however it is written.
///
/// Browsers read `//host` and `/\host` as addresses of another host, and drop tabs and line breaks before they look.
pub(super) fn own_path(next: &str) -> Option<&str> {
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (is_plain && next.starts_with('/') && !next.starts_with("//") && next.len() <= 500).then_some(next)
}

/// A path as a value in a query.
pub fn in_query(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// What went wrong, in words.
pub(super) fn in_words(why: &LoginError) -> String {
    match why {
        LoginError::Wrong
        | LoginError::Wait(_)
        | LoginError::Password(_)
        | LoginError::SetupOver
        | LoginError::InviteOver
        | LoginError::Taken => sentence(&why.to_string()),
        LoginError::Store(_) | LoginError::Kept(_) => failed(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_after_signing_in_stays_on_this_host() {
        for good in ["/quizzes/7", "/host/KFX7QM?a=b"] {
            assert_eq!(own_path(good), Some(good));
        }
        for bad in ["", "quizzes", "//evil", "/\\evil", "https:evil", "https://evil", "/\t/evil", "/a b", "\\\\evil"] {
            assert_eq!(own_path(bad), None, "{bad:?}");
        }
        assert_eq!(in_query("/host/KFX7QM?a=b&c"), "/host/KFX7QM%3Fa%3Db%26c");
    }

    #[test]
    fn a_name_is_read_or_explained() {
        assert_eq!(read_name("  Ada\u{202E}  Lovelace\n"), Ok("Ada Lovelace".to_owned()));
        assert!(read_name(" \u{0} ").is_err());
        assert!(read_name(&"x".repeat(NAME_MAX + 1)).is_err());
    }
}
