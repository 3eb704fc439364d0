//! The versioned HTTP API, for programs: JSON in, JSON out, errors in one shape.
//!
//! The shape is that of an error on a socket. Whatever goes wrong below [`ROOT`] is told in it, also what is refused
//! before any of our code is asked, like a body that is too large.
//!
//! Reading order: `auth` (signing in and out), then how errors are told.

pub mod auth;

use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::de::DeserializeOwned;

use crate::domain::time::Timestamp;
use crate::protocol::message::ErrorBody;
use crate::protocol::refusal::sentence;
use crate::server::House;
use crate::server::auth::caller::BadCredential;
use crate::server::auth::throttle::Wait;

/// What every path of the API begins with.
pub const ROOT: &str = "/api/v1/";

/// Why a program's request was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiRefusal {
    /// The body cannot be read, with what to send instead.
    Malformed(&'static str),
    /// Who asks is nobody here.
    Nobody(BadCredential),
    /// This address and this password do not belong together.
    Wrong,
    /// Too often wrong.
    TooOften(Wait),
    /// Too many are signing in.
    Busy,
    /// It failed inside; the reference leads to the line in the log.
    Failed(String),
    /// Refused before our code was asked.
    Status(StatusCode),
}

impl ApiRefusal {
    /// As it is answered.
    pub fn at(&self, now: Timestamp) -> Response {
        let body = ErrorBody {
            code: self.code().to_owned(),
            error: sentence(&self.error()),
            timestamp: self.told_at(now).to_string(),
            recoverable: self.is_recoverable(),
            help: self.help().to_owned(),
        };
        let mut response = (self.status(), Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Self::TooOften(Wait { seconds }) = self {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            // Source: RFC 6750, 3.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Nobody(BadCredential::NotNow) | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Nobody(_) | Self::Wrong => StatusCode::UNAUTHORIZED,
            Self::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Status(status) => *status,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Nobody(why) => why.code(),
            Self::Wrong => "wrong_password",
            Self::TooOften(_) => "too_often",
            Self::Busy => "busy",
            Self::Failed(_) => "failed",
            Self::Status(status) => match *status {
                StatusCode::FORBIDDEN => "forbidden",
                StatusCode::NOT_FOUND => "not_found",
                StatusCode::METHOD_NOT_ALLOWED => "wrong_method",
                StatusCode::PAYLOAD_TOO_LARGE => "too_large",
                StatusCode::REQUEST_TIMEOUT => "too_slow",
                status if status.is_server_error() => "failed",
                _ => "malformed",
            },
        }
    }

    fn error(&self) -> String {
        match self {
            Self::Malformed(_) => "this request could not be read".to_owned(),
            Self::Nobody(why) => why.to_string(),
            Self::Wrong => "this e-mail address and this password do not belong together".to_owned(),
            Self::TooOften(Wait { seconds }) => format!("too many wrong passwords, please try again in {seconds} s"),
            Self::Busy => "too many are signing in right now".to_owned(),
            Self::Failed(reference) => format!("something went wrong on our side (reference {reference})"),
            Self::Status(status) => {
                status.canonical_reason().unwrap_or("this request was refused").to_ascii_lowercase()
            }
        }
    }

    fn help(&self) -> &'static str {
        match self {
            Self::Malformed(help) => help,
            Self::Nobody(BadCredential::Missing | BadCredential::Bad | BadCredential::Ended) | Self::Wrong => {
                "Sign in with POST /api/v1/auth/login."
            }
            Self::Nobody(BadCredential::Expired) => "Send the refresh token to POST /api/v1/auth/refresh.",
            Self::Nobody(BadCredential::NotNow) | Self::Busy => "Send it again in a moment.",
            Self::TooOften(_) => "Wait as long as Retry-After says.",
            Self::Failed(_) => "Try again; if it stays, give the reference to who runs this server.",
            Self::Status(_) => "See the documentation for how this is asked.",
        }
    }

    fn is_recoverable(&self) -> bool {
        match self {
            Self::TooOften(_) | Self::Busy | Self::Failed(_) => true,
            Self::Nobody(why) => matches!(why, BadCredential::Expired | BadCredential::NotNow),
            Self::Malformed(_) | Self::Wrong | Self::Status(_) => false,
        }
    }

    /// A wrong sign-in is told to the day only, so that all of them are the same, byte for byte, whether there is such an
    /// account or not.
    fn told_at(&self, now: Timestamp) -> Timestamp {
        const DAY_MS: i64 = 86_400_000;
        match self {
            Self::Wrong => Timestamp(now.0.div_euclid(DAY_MS) * DAY_MS),
            Self::Malformed(_)
            | Self::Nobody(_)
            | Self::TooOften(_)
            | Self::Busy
            | Self::Failed(_)
            | Self::Status(_) => now,
        }
    }
}

/// Reads a body, whatever it says it is.
fn read<T: DeserializeOwned>(body: &[u8], help: &'static str) -> Result<T, ApiRefusal> {
    serde_json::from_slice(body).map_err(|_| ApiRefusal::Malformed(help))
}

/// Tells in the API's shape what was refused before our code was asked.
pub async fn tell_refusals(State(house): State<House>, request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with(ROOT);
    let response = next.run(request).await;
    let status = response.status();
    if !is_api || !(status.is_client_error() || status.is_server_error()) || is_json(response.headers()) {
        return response;
    }
    let mut told = ApiRefusal::Status(status).at(house.clock.now());
    // What the refusal had to say besides, like the methods that are allowed.
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            told.headers_mut().insert(name, value.clone());
        }
    }
    told
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}
