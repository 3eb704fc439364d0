//! What a server function knows of the request that it answers: the house, who is asking, where it was sent.
//!
//! Works while a page is rendered and when a page asks by itself. It decides nothing: guards are one call.

use http::HeaderMap;
use http::request::Parts;
use leptos::prelude::use_context;
use thiserror::Error;

use crate::domain::audit::{AuditAction, AuditDetail, AuditSubject};
use crate::domain::code::JoinCode;
use crate::domain::ids::SessionId;
use crate::domain::role::Right;
use crate::room::roster::SeatStatus;
use crate::server::House;
use crate::server::auth::Admin;
use crate::server::auth::origin::our_origin;
use crate::server::auth::seat::SeatClaim;
use crate::server::live::rooms::RoomHandle;
use crate::server::store::StoreError;

/// A request that is being answered.
pub struct Asked {
    /// The house.
    pub house: House,
    headers: HeaderMap,
}

/// Why somebody is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotAnswered {
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    NotSignedIn,
    /// Whoever is signed in may not do this.
    #[error("this account may not do this")]
    NotAllowed,
    /// This runs outside of a request.
    #[error("there is no request to answer")]
    NoRequest,
}

/// The guard of functions that anyone may ask.
///
/// # Errors
/// [`NotAnswered::NoRequest`], which only a mistake of ours can cause.
pub fn as_anyone() -> Result<Asked, NotAnswered> {
    let (house, parts) = use_context::<House>().zip(use_context::<Parts>()).ok_or(NotAnswered::NoRequest)?;
    Ok(Asked { house, headers: parts.headers })
}

/// The guard of functions that only accounts may ask which have a right.
///
/// # Errors
/// [`NotAnswered`].
pub async fn as_admin(right: Right) -> Result<(Asked, Admin), NotAnswered> {
    // Taken before anything is awaited: afterwards the context may be another one.
    let asked = as_anyone()?;
    let admin = asked.house.auth.signed_in(&asked.headers).await.ok_or(NotAnswered::NotSignedIn)?;
    if admin.role.may(right) { Ok((asked, admin)) } else { Err(NotAnswered::NotAllowed) }
}

impl Asked {
    /// The request's headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The seat that the browser holds in the room with this code.
    pub fn seat(&self, code: &str) -> Option<SeatClaim> {
        let code = JoinCode::parse(code).ok()?;
        self.house.auth.seat(&self.headers, code)
    }

    /// Writes into the audit log what an account did about a session, after it was done.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn write_down(
        &self,
        admin: &Admin,
        action: AuditAction,
        session: SessionId,
        detail: Option<AuditDetail>,
    ) -> Result<(), StoreError> {
        let (store, subject) = (self.house.store_of(admin), AuditSubject::Session(session));
        store.write_down(admin.organisation, action, subject, detail, self.house.clock.now()).await
    }

    /// The seat that the browser holds in the room or session with this code; whether it still holds, that one knows.
    pub fn seat_claim(&self, code: &str) -> Option<SeatClaim> {
        self.house.auth.seat(&self.headers, JoinCode::parse(code).ok()?)
    }

    /// The room of a seat, if it runs. A code may come again: another session under it is another room.
    pub fn room_of(&self, claim: SeatClaim) -> Option<RoomHandle> {
        self.house.rooms.find(claim.code).filter(|room| room.session == claim.session)
    }

    /// Who has a seat, if anybody still does.
    pub async fn name_of(&self, claim: SeatClaim) -> Option<String> {
        match self.room_of(claim)?.seat_status(claim.seat).await? {
            SeatStatus::Seated { name } => Some(name.into()),
            SeatStatus::Removed | SeatStatus::Blocked => None,
        }
    }

    /// The room with this code, if it is the admin's organisation's.
    pub fn hosted_room(&self, admin: &Admin, code: &str) -> Option<RoomHandle> {
        let code = JoinCode::parse(code).ok()?;
        self.house.rooms.find(code).filter(|room| room.organisation == admin.organisation)
    }

    /// The whole address of one of our own paths as the asker sees it: `https://quiz.example/join/KFX7QM`.
    pub fn address(&self, path: &str) -> String {
        format!("{}{}", self.origin(), self.house.config.base().outside(path))
    }

    /// The origin of our pages as the asker sees it: `https://quiz.example`.
    fn origin(&self) -> String {
        let asked_under = our_origin(&self.house.config, &self.headers).filter(|origin| is_origin(origin));
        asked_under.unwrap_or_else(|| format!("http://{}", self.house.config.listen))
    }

    /// Whether browsers treat this page as secure: it came over https, or from this very machine.
    ///
    /// Source: the standard "Secure Contexts", 3.1.
    pub fn is_secure(&self) -> bool {
        let origin = self.origin();
        let host = origin.strip_prefix("http://").unwrap_or_default();
        let name = host
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
            .or(host.split(':').next())
            .unwrap_or_default();
        let is_this_machine = match name.parse::<std::net::IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => name == "localhost" || name.ends_with(".localhost"),
        };
        origin.starts_with("https://") || is_this_machine
    }
}

/// A stranger may invent a `Host`; only letters, digits and what addresses are made of get into a link.
fn is_origin(origin: &str) -> bool {
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    !host.is_empty()
        && host.len() <= 255
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invented_host_gets_into_no_link() {
        for good in ["http://192.168.1.7:3000", "http://[::1]:3000", "https://quiz.example"] {
            assert!(is_origin(good), "{good}");
        }
        for bad in ["http://", "http://a b", "http://x\"y", "http://x/y", "http://x@y", "x"] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
