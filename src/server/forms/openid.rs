//! Signing in by the word of another house: the way there and the way back.
//!
//! What goes wrong is told on the page that somebody came from; what the settings do not offer is not there.

use std::net::SocketAddr;

use axum::Form;
use axum::extract::{ConnectInfo, Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use tower_sessions::Session;

use crate::protocol::refusal::sentence;
use crate::server::House;
use crate::server::auth::browser;
use crate::server::auth::colleague::path_of;
use crate::server::auth::openid::{Away, Back, OpenIdError, Wanted};
use crate::server::auth::origin::our_origin;
use crate::server::forms::login::{FRONT_DOOR, HOME, in_query, in_words, own_path};
use crate::server::forms::{come_back_later, few_words, see, send_back_whole};

/// Where an issuer sends people back to.
pub const CALLBACK: &str = "/login/openid/callback";

/// What the button sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Going {
    next: String,
    token: String,
}

/// Sends somebody to the issuer: `POST /login/openid`.
pub async fn go(
    State(house): State<House>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(form): Form<Going>,
) -> Response {
    if let Err(wait) = house.auth.may_go(peer.ip()) {
        let why = "There were too many sign-ins from your network.";
        return come_back_later(wait, why, &house.config.base().outside("/login"));
    }
    let is_token = !form.token.is_empty() && form.token.bytes().all(|byte| byte.is_ascii_hexdigit());
    let wanted = Wanted { next: own_path(&form.next).map(str::to_owned), invite: is_token.then_some(form.token) };
    let origin = our_origin(&house.config, &headers).unwrap_or_else(|| format!("http://{}", house.config.listen));
    let redirect = format!("{origin}{}", house.config.base().outside(CALLBACK));
    match house.auth.go_to_issuer(wanted.clone(), redirect).await {
        Ok(Away { to, cookie }) => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, to), (header::SET_COOKIE, cookie)]).into_response()
        }
        Err(why) => refused(&house, &why, wanted),
    }
}

/// What an issuer sends along.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Returning {
    state: String,
    code: String,
    error: String,
}

/// Takes somebody back from the issuer: `GET /login/openid/callback`.
pub async fn come_back(
    State(house): State<House>,
    headers: HeaderMap,
    session: Session,
    Query(Returning { state, code, error }): Query<Returning>,
) -> Response {
    let back = Back { state, code, error };
    let (came, wanted) = house.auth.come_back(&headers, back, &session, browser::in_words(&headers)).await;
    let mut response = match came {
        Ok(admin) => {
            let home = if admin.role.is_staff() { HOME } else { FRONT_DOOR };
            see(wanted.next.as_deref().unwrap_or(home))
        }
        Err(why) => refused(&house, &why, wanted),
    };
    response.headers_mut().append(header::SET_COOKIE, house.auth.no_going_cookie());
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

/// Leads back to the page that somebody came from, with what went wrong.
fn refused(house: &House, why: &OpenIdError, wanted: Wanted) -> Response {
    let words = match why {
        OpenIdError::Nowhere => {
            let base = house.config.base().outside("/login");
            let words = "Nobody signs in here by another house's word.";
            let page = few_words("Nothing here", "Nothing here", words, (&base, "Sign in"));
            return (StatusCode::NOT_FOUND, page).into_response();
        }
        OpenIdError::Login(why) => in_words(why),
        OpenIdError::NotBegun
        | OpenIdError::Declined
        | OpenIdError::NoAnswer
        | OpenIdError::NotBelieved
        | OpenIdError::NotProven
        | OpenIdError::NoAccount
        | OpenIdError::Another => sentence(&why.to_string()),
    };
    let back = match wanted {
        Wanted { invite: Some(token), .. } => path_of(&token),
        Wanted { next: Some(next), .. } => format!("/login?next={}", in_query(&next)),
        Wanted { next: None, invite: None } => "/login".to_owned(),
    };
    send_back_whole(house, &back, &words)
}
