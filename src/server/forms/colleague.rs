//! Links for colleagues: making one, taking one back, and the account that one makes.

use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Form};
use http::HeaderMap;
use serde::Deserialize;
use tower_sessions::Session;

use crate::domain::email::read_email;
use crate::domain::ids::ColleagueInviteId;
use crate::domain::role::Role;
use crate::protocol::refusal::sentence;
use crate::server::House;
use crate::server::auth::colleague::{Colleague, path_of};
use crate::server::auth::flash::SentBack;
use crate::server::auth::login::LoginError;
use crate::server::auth::password::PasswordError;
use crate::server::auth::{Admin, browser};
use crate::server::forms::account::tell;
use crate::server::forms::login::{FRONT_DOOR, HOME, in_words, read_name};
use crate::server::forms::{failed, see, send_back, send_back_whole};
use crate::server::store::StoreError;
use crate::server::store::colleague::ColleagueInvite;

/// The page that lists them.
const LIST: &str = "/accounts";

/// What the form of a new link sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Inviting {
    role: String,
    email: String,
}

/// Makes a link and shows it, once.
pub async fn invite(
    State(house): State<House>,
    Extension(admin): Extension<Admin>,
    Form(form): Form<Inviting>,
) -> Response {
    let values = vec![("role", form.role.clone()), ("email", form.email.clone())];
    let back = |field: &'static str, why: String| {
        send_back(&house, LIST, SentBack { values: values.clone(), errors: vec![(field, why)] })
    };
    let role = match form.role.parse::<Role>() {
        Ok(role) if admin.role.may_give(role) => role,
        Ok(_) => return back("role", "Only an owner can invite an owner.".to_owned()),
        Err(why) => return back("role", sentence(&why.to_string())),
    };
    let email = match form.email.trim() {
        "" => None,
        typed => match read_email(typed) {
            Ok(email) => Some(email),
            Err(why) => return back("email", why),
        },
    };
    match house.auth.invite_colleague(&admin, role, email).await {
        Ok(token) => {
            let values =
                vec![("path", path_of(&token)), ("told", "The link is made. It is shown only now.".to_owned())];
            send_back(&house, LIST, SentBack { values, errors: vec![] })
        }
        Err(StoreError::TooMany(most)) => {
            back("", format!("There are {most} open links already. Take some back first."))
        }
        Err(why) => back("", failed(&why)),
    }
}

/// What the button beside a link sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct TakingBack {
    id: String,
}

/// Takes a link back.
pub async fn revoke(
    State(house): State<House>,
    Extension(admin): Extension<Admin>,
    Form(form): Form<TakingBack>,
) -> Response {
    let Ok(id) = form.id.parse::<ColleagueInviteId>() else {
        return send_back_whole(&house, LIST, "Choose a link from the list first.");
    };
    let (store, now) = (house.store_of(&admin), house.clock.now());
    match store.revoke_colleague_invite(admin.organisation, id, now).await {
        Ok(()) => tell(&house, LIST, "The link is taken back and opens nothing any more."),
        Err(StoreError::NotFound) => tell(&house, LIST, "That link was used or taken back already."),
        Err(why) => send_back_whole(&house, LIST, &failed(&why)),
    }
}

/// What the page that a link opens sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Welcoming {
    token: String,
    name: String,
    email: String,
    password: String,
}

/// Makes the account and signs its owner in.
pub async fn welcome(
    State(house): State<House>,
    headers: HeaderMap,
    session: Session,
    Form(form): Form<Welcoming>,
) -> Response {
    let is_token = !form.token.is_empty() && form.token.bytes().all(|byte| byte.is_ascii_hexdigit());
    let here = path_of(if is_token { &form.token } else { "over" });
    let only = match house.auth.colleague_invite(&form.token).await {
        Ok(ColleagueInvite::Open { email, .. }) => email,
        // The page says why.
        Ok(_) => return see(&here),
        Err(why) => return send_back_whole(&house, &here, &failed(&why)),
    };
    let values = vec![("name", form.name.clone()), ("email", form.email.clone())];
    let (name, email) = (read_name(&form.name), only.map_or_else(|| read_email(&form.email), Ok));
    let (name, email) = match (name, email) {
        (Ok(name), Ok(email)) => (name, email),
        (name, email) => {
            let wrong = [name.err().map(|why| ("name", why)), email.err().map(|why| ("email", why))];
            return send_back(&house, &here, SentBack { values, errors: wrong.into_iter().flatten().collect() });
        }
    };
    let colleague = Colleague { token: form.token, name, email, password: form.password };
    match house.auth.welcome(colleague, &session, browser::in_words(&headers)).await {
        Ok(admin) => see(if admin.role.is_staff() { HOME } else { FRONT_DOOR }),
        Err(why) => {
            let field = match &why {
                LoginError::Password(PasswordError::Length) => "password",
                LoginError::Taken => "email",
                LoginError::InviteOver => return see(&here),
                LoginError::Wrong
                | LoginError::Wait(_)
                | LoginError::Password(_)
                | LoginError::SetupOver
                | LoginError::Store(_)
                | LoginError::Kept(_) => "",
            };
            send_back(&house, &here, SentBack { values, errors: vec![(field, in_words(&why))] })
        }
    }
}
