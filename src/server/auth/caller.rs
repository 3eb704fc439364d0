//! Who opens a socket or asks the HTTP API, by whatever they came with.
//!
//! The first of these that is there decides, and if it is no good, nothing after it helps: a ticket in the address, an
//! `Authorization: Bearer`, an entry `podium.token.…` of `Sec-WebSocket-Protocol` (which is never answered, so nothing
//! echoes it), a token in the address (for programs that can do nothing else), the cookie of a login. Seats by cookie
//! belong to one room and are asked for by [`Auth::seat`]. What they may do is decided by the doors.

use http::{HeaderMap, Uri, header};
use thiserror::Error;

use crate::domain::ids::{AdminId, GrantId, OrganisationId};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::server::auth::seat::SeatClaim;
use crate::server::auth::{Admin, Auth};

/// What a token stands behind in `Sec-WebSocket-Protocol`.
const PROTOCOL_PREFIX: &str = "podium.token.";
/// What it stands behind in `Authorization`; the scheme's case does not matter. Source: RFC 9110, 11.1.
const BEARER: &str = "bearer ";

/// Somebody who asks, and what they asked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account; absent for a seat that was taken without one.
    pub account: Option<Account>,
    /// What can end before its time, see [`Auth::endings`].
    pub credential: Credential,
    /// When it ends by itself.
    pub ends_at: Timestamp,
}

/// An account, as tokens carry it: as it was when the token was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AdminId,
    /// Its organisation: nothing of another one is theirs to see.
    pub organisation: OrganisationId,
    /// What it is in the organisation.
    pub role: Role,
    /// The person's name.
    pub name: String,
}

/// What somebody asks with.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// A program's tokens.
    Grant(GrantId),
    /// A browser's login, by its key.
    Login(String),
    /// A place in a room.
    Seat(SeatClaim),
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Grant(id) => write!(out, "Grant({id})"),
            Self::Login(_) => out.write_str("Login"),
            Self::Seat(claim) => write!(out, "Seat({} in {})", claim.seat, claim.session),
        }
    }
}

/// Why somebody is nobody here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadCredential {
    /// They came with nothing.
    #[error("nobody is signed in")]
    Missing,
    /// It was not made here, is not whole, or was used up.
    #[error("this token or ticket is not good")]
    Bad,
    /// Its time is over.
    #[error("this token has expired")]
    Expired,
    /// It was ended before its time.
    #[error("this token was signed out or taken back")]
    Ended,
    /// It could not be looked up.
    #[error("this cannot be checked just now")]
    NotNow,
}

impl BadCredential {
    /// Its stable name, for programs and counters.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "not_signed_in",
            Self::Bad => "bad_token",
            Self::Expired => "token_expired",
            Self::Ended => "token_ended",
            Self::NotNow => "not_now",
        }
    }
}

/// What a request carries beside cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented<'r> {
    /// A socket's ticket.
    Ticket(&'r str),
    /// An access token.
    Token(&'r str),
    /// More than one where there can be one.
    Unclear,
}

/// What a request carries beside cookies; the first that is there.
pub fn presented<'r>(headers: &'r HeaderMap, uri: &'r Uri) -> Option<Presented<'r>> {
    if let Some(ticket) = in_query(uri, "ticket") {
        return Some(Presented::Ticket(ticket));
    }
    let mut bearers = headers.get_all(header::AUTHORIZATION).iter().filter_map(|value| value.to_str().ok());
    match (bearers.next(), bearers.next()) {
        (Some(_), Some(_)) => return Some(Presented::Unclear),
        // Another scheme is the business of whoever stands in front of us.
        (Some(one), None) if one.get(..BEARER.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(BEARER)) => {
            return Some(Presented::Token(one[BEARER.len()..].trim()));
        }
        (Some(_) | None, None) | (None, Some(_)) => {}
    }
    let protocols = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let in_protocol =
        protocols.flat_map(|line| line.split(',')).find_map(|one| one.trim().strip_prefix(PROTOCOL_PREFIX));
    in_protocol.or_else(|| in_query(uri, "token")).map(Presented::Token)
}

/// A value of the query. Tokens and tickets are made of characters that need no escape.
fn in_query<'r>(uri: &'r Uri, name: &str) -> Option<&'r str> {
    let pairs = uri.query()?.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

impl Auth {
    /// Who asks. A ticket that was good is used up.
    ///
    /// # Errors
    /// [`BadCredential`]; [`BadCredential::Missing`] only if there is nothing at all, or a cookie whose login is over.
    pub async fn caller(&self, headers: &HeaderMap, uri: &Uri) -> Result<Caller, BadCredential> {
        match presented(headers, uri) {
            Some(Presented::Ticket(ticket)) => self.holder(ticket).await,
            Some(Presented::Token(token)) => self.bearer(token),
            Some(Presented::Unclear) => Err(BadCredential::Bad),
            None => {
                let login = self.login(headers).await.ok_or(BadCredential::Missing)?;
                let Admin { id, organisation, role, name, .. } = login.admin;
                let account = Some(Account { id, organisation, role, name });
                Ok(Caller { account, credential: Credential::Login(login.key), ends_at: login.ends_at })
            }
        }
    }

    /// Whose access token this is; nothing is looked up.
    pub(super) fn bearer(&self, token: &str) -> Result<Caller, BadCredential> {
        let read = self.0.tokens.read(token, self.now())?;
        if self.has_grant_ended(read.grant) {
            return Err(BadCredential::Ended);
        }
        let credential = Credential::Grant(read.grant);
        Ok(Caller { account: Some(read.account), credential, ends_at: read.ends_at })
    }

    async fn holder(&self, ticket: &str) -> Result<Caller, BadCredential> {
        let caller = self.use_socket_ticket(ticket).ok_or(BadCredential::Bad)?;
        match self.has_ended(&caller.credential).await {
            Ok(false) if self.now() < caller.ends_at => Ok(caller),
            Ok(false) => Err(BadCredential::Expired),
            Ok(true) => Err(BadCredential::Ended),
            Err(why) => {
                tracing::error!(error = %why, "a login could not be read");
                Err(BadCredential::NotNow)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(uri: &'static str, headers: &[(&'static str, &'static str)]) -> Option<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        presented(&map, &Uri::from_static(uri)).map(|presented| format!("{presented:?}"))
    }

    #[test]
    fn the_first_source_that_is_there_decides() {
        let all = [("authorization", "Bearer b"), ("sec-websocket-protocol", "podium.v1, podium.token.p")];
        for (uri, headers, expected) in [
            ("/ws?token=q&ticket=t", &all[..], Some("Ticket(\"t\")")),
            ("/ws?token=q", &all[..], Some("Token(\"b\")")),
            ("/ws?token=q", &all[1..], Some("Token(\"p\")")),
            ("/ws?a=b&token=q", &[], Some("Token(\"q\")")),
            ("/ws?token=q", &[("authorization", "Basic eDp5")], Some("Token(\"q\")")),
            ("/ws?token", &[], Some("Token(\"\")")),
            ("/ws", &[("authorization", "bEARER  b ")], Some("Token(\"b\")")),
            ("/ws", &[("authorization", "Bearer b"), ("authorization", "Bearer c")], Some("Unclear")),
            ("/ws", &[("sec-websocket-protocol", "podium.v1")], None),
            ("/ws?tokens=q&myticket=t", &[("cookie", "podium=c")], None),
        ] {
            assert_eq!(of(uri, headers).as_deref(), expected, "{uri} {headers:?}");
        }
    }
}
