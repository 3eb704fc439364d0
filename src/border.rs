//! The border: what happened inside, as a stranger may learn it. The only file that knows the values of both sides.
//!
//! What can be helped is said; the rest gets a reference that leads to the line in the log.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use leptos::prelude::FromServerFnError;
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;
use tracing::error;

use crate::api::ApiError;
use crate::api::account::Welcome;
use crate::api::admin::Flash;
use crate::api::room::LivePage;
use crate::domain::code::JoinCode;
use crate::protocol::message::Position;
use crate::protocol::refusal::Refusal;
use crate::server::ask::{Asked, NotAnswered};
use crate::server::auth::flash::SentBack;
use crate::server::live::timed::InviteError;
use crate::server::mail::MailError;
use crate::server::store::StoreError;
use crate::server::store::colleague::ColleagueInvite;
use crate::server::{chance, qr};

/// Errors are short; a longer body is none of ours.
const ERROR_BYTES: usize = 65_536;

impl From<StoreError> for ApiError {
    fn from(why: StoreError) -> Self {
        match why {
            StoreError::NotFound => Self::NotFound,
            StoreError::Changed => Self::Changed,
            StoreError::Taken | StoreError::TooMany(_) | StoreError::NeedsOwner => Self::Refused(why.to_string()),
            StoreError::NotSaved(_) | StoreError::Contradiction(_) | StoreError::Unreadable(_) | StoreError::Closed => {
                let reference = chance::reference();
                error!(reference = %reference, error = %why, "a request could not be answered");
                Self::Later(reference)
            }
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(why: Refusal) -> Self {
        Self::Refused(format!("{}; {}", why, why.help()))
    }
}

impl From<MailError> for ApiError {
    fn from(why: MailError) -> Self {
        match why {
            MailError::Off | MailError::Bad(_) => Self::Refused(why.to_string()),
            MailError::Store(why) => why.into(),
        }
    }
}

impl From<InviteError> for ApiError {
    fn from(why: InviteError) -> Self {
        match why {
            InviteError::NotFound => Self::NotFound,
            InviteError::Refused { name, why } => Self::Refused(format!("{name} could not be invited: {why}")),
        }
    }
}

impl From<NotAnswered> for ApiError {
    fn from(why: NotAnswered) -> Self {
        match why {
            NotAnswered::NotSignedIn => Self::NotSignedIn,
            NotAnswered::NotAllowed => Self::NotAllowed,
            NotAnswered::NoRequest => {
                let reference = chance::reference();
                error!(reference = %reference, "a server function was called outside of a request");
                Self::Later(reference)
            }
        }
    }
}

impl From<ColleagueInvite> for Welcome {
    fn from(stand: ColleagueInvite) -> Self {
        match stand {
            ColleagueInvite::Open { organisation_name, role, email, .. } => {
                Self::Open { organisation: organisation_name, role, email }
            }
            ColleagueInvite::Used => Self::Used,
            ColleagueInvite::Revoked => Self::Revoked,
            ColleagueInvite::Expired => Self::Expired,
            ColleagueInvite::Unknown => Self::Unknown,
        }
    }
}

impl From<SentBack> for Flash {
    fn from(sent_back: SentBack) -> Self {
        let named = |pairs: Vec<(&'static str, String)>| {
            pairs.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
        };
        Self { values: named(sent_back.values), errors: named(sent_back.errors) }
    }
}

impl Asked {
    /// A live page for this asker: the view with the address under which they see the room.
    pub fn live_page<V>(&self, code: JoinCode, view: V, position: Position) -> LivePage<V> {
        let join_url = self.address(&format!("/join/{code}"));
        let start = self.address("/");
        LivePage {
            view,
            position,
            server_time: self.house.clock.now(),
            join_host: start.trim_end_matches('/').split_once("://").map_or("", |(_, host)| host).to_owned(),
            join_qr_svg: qr::svg(&join_url),
            join_url,
            is_secure: self.is_secure(),
        }
    }
}

/// The answer to a server function's caller when nobody is signed in.
pub fn not_signed_in(request: &Request) -> Response {
    refused(request, &ApiError::NotSignedIn)
}

/// The answer to a server function's caller whose account may not ask.
pub fn not_allowed(request: &Request) -> Response {
    refused(request, &ApiError::NotAllowed)
}

fn refused(request: &Request, why: &ApiError) -> Response {
    let headers = [(SERVER_FN_ERROR_HEADER, request.uri().path().to_owned())];
    (status_of(why), headers, Body::from(why.ser())).into_response()
}

/// Gives the answer of a failed server function the status that its error stands for; leptos calls all of them 500.
pub async fn tell_status(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if !response.headers().contains_key(SERVER_FN_ERROR_HEADER) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, ERROR_BYTES).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    // A plain form post is answered with a redirect, which stays one.
    if head.status == StatusCode::INTERNAL_SERVER_ERROR {
        head.status = status_of(&ApiError::de(bytes.clone()));
    }
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(bytes))
}

fn status_of(why: &ApiError) -> StatusCode {
    match why {
        ApiError::NotSignedIn => StatusCode::UNAUTHORIZED,
        ApiError::NotAllowed => StatusCode::FORBIDDEN,
        ApiError::NotFound => StatusCode::NOT_FOUND,
        ApiError::Changed => StatusCode::CONFLICT,
        ApiError::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        ApiError::Later(_) | ApiError::Unreachable => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
