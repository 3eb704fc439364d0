//! Signing in and out for programs, who one is, and a socket's ticket.

use std::net::SocketAddr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Extension, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use serde::{Deserialize, Serialize};

use crate::domain::code::JoinCode;
use crate::domain::email::EMAIL_MAX;
use crate::domain::ids::OrganisationId;
use crate::domain::role::Role;
use crate::server::auth::caller::{BadCredential, Caller, Credential, Presented, presented};
use crate::server::auth::grant::Tokens;
use crate::server::auth::login::LoginError;
use crate::server::auth::password::PasswordError;
use crate::server::auth::ticket::SOCKET_TICKET_MS;
use crate::server::metrics::label::{AuthRefusal, Limit};
use crate::server::rest::{ApiRefusal, read};
use crate::server::{House, alarms};

#[derive(Deserialize)]
struct SigningIn {
    #[serde(alias = "username")]
    email: String,
    password: String,
}

/// A pair of tokens. Source of the names: RFC 6749, 5.1.
#[derive(Serialize)]
struct TokensAnswer {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    refresh_token: String,
}

/// Signs a program in: `POST /api/v1/auth/login`.
pub async fn login(State(house): State<House>, ConnectInfo(peer): ConnectInfo<SocketAddr>, body: Bytes) -> Response {
    let now = house.clock.now();
    let SigningIn { email, password } =
        match read(&body, "Send a JSON object with the texts email (or username) and password.") {
            Ok(read) => read,
            Err(refusal) => return refusal.at(now),
        };
    let email: String = email.trim().to_lowercase().chars().take(EMAIL_MAX).collect();
    match house.auth.begin_grant(&email, password, peer.ip()).await {
        Ok(tokens) => secret(answer(tokens)),
        Err(why) => {
            // As at the door for people.
            if matches!(why, LoginError::Wait(_)) {
                house.metrics.limited(Limit::Passwords);
                alarms::limited(&house, Limit::Passwords, None);
            }
            if matches!(why, LoginError::Wrong) {
                house.metrics.auth_refused(AuthRefusal::WrongPassword);
                alarms::wrong_password(&house, &email, peer.ip()).await;
            }
            refusal_of(&why).at(house.clock.now())
        }
    }
}

fn refusal_of(why: &LoginError) -> ApiRefusal {
    match why {
        LoginError::Wrong => ApiRefusal::Wrong,
        LoginError::Wait(wait) => ApiRefusal::TooOften(*wait),
        LoginError::Password(PasswordError::Busy) => ApiRefusal::Busy,
        LoginError::Password(PasswordError::Length | PasswordError::Failed)
        | LoginError::SetupOver
        | LoginError::InviteOver
        | LoginError::Taken
        | LoginError::Store(_)
        | LoginError::Kept(_) => {
            let reference = crate::server::chance::reference();
            tracing::error!(reference = %reference, error = %why, "a program could not be signed in");
            ApiRefusal::Failed(reference)
        }
    }
}

#[derive(Deserialize)]
struct Refreshing {
    refresh_token: String,
}

/// Exchanges a refresh token for the next pair: `POST /api/v1/auth/refresh`.
pub async fn refresh(State(house): State<House>, body: Bytes) -> Response {
    let refreshed = match read(&body, "Send a JSON object with the text refresh_token.") {
        Ok(Refreshing { refresh_token }) => house.auth.refresh(&refresh_token).await.map_err(ApiRefusal::Nobody),
        Err(refusal) => Err(refusal),
    };
    match refreshed {
        Ok((_, tokens)) => secret(answer(tokens)),
        Err(refusal) => refusal.at(house.clock.now()),
    }
}

/// Signs a program out, by its bearer token or by a refresh token in the body: `POST /api/v1/auth/logout`.
pub async fn logout(State(house): State<House>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let token = match (presented(&headers, &uri), body.is_empty()) {
        (Some(Presented::Token(token)), _) => Ok(token.to_owned()),
        (Some(Presented::Ticket(_) | Presented::Unclear), _) => Err(ApiRefusal::Nobody(BadCredential::Bad)),
        (None, true) => Err(ApiRefusal::Nobody(BadCredential::Missing)),
        (None, false) => read(&body, "Send a bearer token, or a JSON object with the text refresh_token.")
            .map(|Refreshing { refresh_token }| refresh_token),
    };
    let ended = match token {
        Ok(token) => house.auth.end_grant(&token).await.map_err(ApiRefusal::Nobody),
        Err(refusal) => Err(refusal),
    };
    match ended {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => refusal.at(house.clock.now()),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AskingForTicket {
    /// A room in which the browser has a seat.
    code: Option<String>,
}

#[derive(Serialize)]
struct TicketAnswer {
    ticket: String,
    /// Seconds.
    expires_in: i64,
}

/// Makes a ticket that opens one socket: `POST /api/v1/auth/ticket`. With a room's code it carries the seat that the
/// browser has there, unless a token says who asks.
pub async fn ticket(State(house): State<House>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let text: &[u8] = if body.is_empty() { b"{}" } else { &body };
    let help =
        "Send nothing, or a JSON object with the text code: the code of a room in which this browser has a seat.";
    let caller = match read::<AskingForTicket>(text, help) {
        Ok(asked) => ticket_holder(&house, &headers, &uri, asked).await,
        Err(refusal) => Err(refusal),
    };
    match caller {
        Ok(caller) => {
            let ticket = house.auth.issue_socket_ticket(caller);
            secret(TicketAnswer { ticket, expires_in: SOCKET_TICKET_MS.0 / 1_000 })
        }
        Err(refusal) => refusal.at(house.clock.now()),
    }
}

async fn ticket_holder(
    house: &House,
    headers: &HeaderMap,
    uri: &Uri,
    asked: AskingForTicket,
) -> Result<Caller, ApiRefusal> {
    let seat = match (presented(headers, uri), asked.code) {
        (None, Some(code)) => JoinCode::parse(&code).ok().and_then(|code| house.auth.seat_caller(headers, code)),
        (Some(_), _) | (None, None) => None,
    };
    match seat {
        Some(caller) => Ok(caller),
        None => house.auth.caller(headers, uri).await.map_err(ApiRefusal::Nobody),
    }
}

/// Who asks.
#[derive(Serialize)]
struct MeAnswer {
    sub: String,
    org_id: OrganisationId,
    name: String,
    role: Role,
    /// `token` or `login`.
    credential: &'static str,
    /// When what was sent ends, RFC 3339 in UTC.
    expires_at: String,
}

/// Who the bearer or the cookie is: `GET /api/v1/me`.
pub async fn me(State(house): State<House>, Extension(caller): Extension<Caller>) -> Response {
    let Caller { account, credential, ends_at } = caller;
    let credential = match credential {
        Credential::Grant(_) => "token",
        Credential::Login(_) => "login",
        Credential::Seat(_) => "seat",
    };
    match account {
        Some(account) => secret(MeAnswer {
            sub: account.id.to_string(),
            org_id: account.organisation,
            name: account.name,
            role: account.role,
            credential,
            expires_at: ends_at.to_string(),
        }),
        None => ApiRefusal::Nobody(BadCredential::Missing).at(house.clock.now()),
    }
}

fn answer(tokens: Tokens) -> TokensAnswer {
    let Tokens { access_token, expires_in, refresh_token } = tokens;
    TokensAnswer { access_token, token_type: "bearer", expires_in: expires_in.0 / 1_000, refresh_token }
}

/// An answer that nobody in between keeps. Source: RFC 6749, 5.1.
fn secret<T: Serialize>(answer: T) -> Response {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(answer)).into_response()
}
