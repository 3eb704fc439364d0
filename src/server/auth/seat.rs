//! A seat as a cookie: signed, so that nothing has to be looked up when two thousand phones come back at once.
//!
//! Knows whose seat it claims to be; whether the seat is still in the room is the room's business.

use http::{HeaderMap, HeaderValue};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use crate::domain::code::JoinCode;
use crate::domain::ids::{SeatId, SessionId};
use crate::domain::time::{Millis, Timestamp};
use crate::server::auth::caller::{Caller, Credential};
use crate::server::auth::invite::InviteClaim;
use crate::server::auth::key::SigningKey;
use crate::server::auth::{Auth, cookie};

/// How long a browser keeps a seat: longer than any evening.
const SEAT_MS: Millis = Millis(24 * 3_600_000);
/// The same in a timed session, whose window may be open for weeks. The personal link gives the seat again.
const TIMED_SEAT_MS: Millis = Millis(60 * 24 * 3_600_000);
/// Tells a seat from whatever else the same key signs.
const KIND: &str = "seat";
/// Longer texts were not made here; looking at them would only cost.
const TOKEN_MAX: usize = 1_024;

/// Whose seat a browser holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatClaim {
    /// The session.
    pub session: SessionId,
    /// The seat in it.
    pub seat: SeatId,
    /// The room's code when the seat was taken.
    pub code: JoinCode,
    /// In a timed session the number of the seat's link: only the last one holds. 0 in a live room, where links are no
    /// matter of seats.
    pub link: u32,
}

impl From<SeatClaim> for InviteClaim {
    fn from(claim: SeatClaim) -> Self {
        let SeatClaim { session, seat, link, .. } = claim;
        Self { session, seat, link }
    }
}

impl SeatClaim {
    fn lasts(&self) -> Millis {
        if self.link > 0 { TIMED_SEAT_MS } else { SEAT_MS }
    }
}

/// What is signed. Times are whole seconds, as RFC 7519 has them.
#[derive(Serialize, Deserialize)]
struct Claims {
    kind: String,
    session: SessionId,
    seat: SeatId,
    code: JoinCode,
    #[serde(default)]
    link: u32,
    iat: i64,
    exp: i64,
}

/// The key in the forms that the signing library takes.
pub(super) struct SeatKeys {
    signing: EncodingKey,
    reading: DecodingKey,
    rules: Validation,
}

impl SeatKeys {
    pub(super) fn new(key: &SigningKey) -> Self {
        let mut rules = Validation::new(Algorithm::HS256);
        // The end is compared with server time instead, to the second: the library would read the wall clock, which may
        // have been moved, and forgive a minute.
        rules.validate_exp = false;
        rules.leeway = 0;
        Self { signing: EncodingKey::from_secret(key.bytes()), reading: DecodingKey::from_secret(key.bytes()), rules }
    }

    fn sign(&self, claim: SeatClaim, now: Timestamp) -> String {
        let claims = Claims {
            kind: KIND.to_owned(),
            session: claim.session,
            seat: claim.seat,
            code: claim.code,
            link: claim.link,
            iat: now.0 / 1_000,
            exp: (now + claim.lasts()).0 / 1_000,
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing).expect("numbers and short texts can be signed")
    }

    /// The seat, and when the browser gives it up.
    fn read(&self, token: &str, now: Timestamp) -> Option<(SeatClaim, Timestamp)> {
        if token.len() > TOKEN_MAX {
            return None;
        }
        let claims = decode::<Claims>(token, &self.reading, &self.rules).ok()?.claims;
        let ends_at = Timestamp(claims.exp.saturating_mul(1_000));
        let Claims { session, seat, code, link, .. } = claims;
        let claim = SeatClaim { session, seat, code, link };
        (claims.kind == KIND && now < ends_at).then_some((claim, ends_at))
    }
}

impl Auth {
    /// The seat that this browser holds in the room with this code.
    ///
    /// A code may come again with another session: compare [`SeatClaim::session`] with the room's.
    pub fn seat(&self, headers: &HeaderMap, code: JoinCode) -> Option<SeatClaim> {
        Some(self.held_seat(headers, code)?.0)
    }

    /// Whoever holds a seat in the room with this code, as a ticket can carry it.
    pub fn seat_caller(&self, headers: &HeaderMap, code: JoinCode) -> Option<Caller> {
        let (claim, ends_at) = self.held_seat(headers, code)?;
        Some(Caller { account: None, credential: Credential::Seat(claim), ends_at })
    }

    fn held_seat(&self, headers: &HeaderMap, code: JoinCode) -> Option<(SeatClaim, Timestamp)> {
        let token = cookie::read(headers, &self.seat_cookie(code))?;
        self.0.seats.read(token, self.now()).filter(|(claim, _)| claim.code == code)
    }

    /// The header that gives this browser a seat.
    pub fn give_seat(&self, claim: SeatClaim) -> HeaderValue {
        let token = self.0.seats.sign(claim, self.now());
        cookie::set(&self.seat_cookie(claim.code), &token, claim.lasts(), self.0.config.public_url.as_ref())
    }

    fn seat_cookie(&self, code: JoinCode) -> String {
        cookie::full_name(&format!("podium-seat-{code}"), self.0.config.public_url.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::Secret;

    const NOW: Timestamp = Timestamp(1_795_177_085_250);

    fn keys(secret: &str) -> SeatKeys {
        let key = SigningKey::load(std::path::Path::new("."), Some(&Secret::from(secret))).expect("a given key");
        SeatKeys::new(&key)
    }

    fn ours() -> SeatKeys {
        keys("0123456789abcdef0123456789abcdef")
    }

    fn claim() -> SeatClaim {
        let code = JoinCode::parse("KFX7QM").expect("a good code");
        SeatClaim { session: SessionId(7), seat: SeatId(3), code, link: 0 }
    }

    fn signed(header: &Header, claims: &serde_json::Value, keys: &SeatKeys) -> String {
        encode(header, claims, &keys.signing).expect("a signed text")
    }

    fn claims() -> serde_json::Value {
        let (iat, exp) = (NOW.0 / 1_000, NOW.0 / 1_000 + 60);
        serde_json::json!({ "kind": "seat", "session": 7, "seat": 3, "code": "KFX7QM", "iat": iat, "exp": exp })
    }

    #[test]
    fn a_seat_is_read_as_it_was_signed_until_its_end() {
        let token = ours().sign(claim(), NOW);
        let end = Timestamp((NOW + SEAT_MS).0 / 1_000 * 1_000);
        assert_eq!(ours().read(&token, NOW), Some((claim(), end)));
        assert_eq!(ours().read(&token, end - Millis(1)), Some((claim(), end)));
        assert_eq!(ours().read(&token, end), None);
    }

    #[test]
    fn a_claim_needs_every_part_with_its_own_type() {
        let header = Header::new(Algorithm::HS256);
        let read = ours().read(&signed(&header, &claims(), &ours()), NOW);
        assert_eq!(read.map(|(claim, _)| claim), Some(claim()));
        for part in ["kind", "session", "seat", "code", "iat", "exp"] {
            let mut without = claims();
            without.as_object_mut().expect("an object").remove(part);
            assert_eq!(ours().read(&signed(&header, &without, &ours()), NOW), None, "without {part}");
            let mut changed = claims();
            changed[part] = serde_json::json!("x");
            assert_eq!(ours().read(&signed(&header, &changed, &ours()), NOW), None, "{part} changed");
        }
    }

    #[test]
    fn a_forged_seat_is_no_seat() {
        let token = ours().sign(claim(), NOW);
        let mut parts = token.split('.');
        let mut part = || parts.next().expect("a token has three parts");
        let (header, body, signature) = (part(), part(), part());
        let other = ours().sign(SeatClaim { seat: SeatId(1), ..claim() }, NOW);
        let other_body = other.split('.').nth(1).expect("a token has three parts");
        // {"alg":"none","typ":"JWT"} and three more ways to write none.
        let none = [
            "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0",
            "eyJhbGciOiJOb25lIn0",
            "eyJhbGciOiJOT05FIn0",
            "eyJhbGciOiJuT25FIn0",
        ];
        let mut forged: Vec<String> = none.iter().map(|none| format!("{none}.{body}.")).collect();
        forged.extend(none.iter().map(|none| format!("{none}.{body}.{signature}")));
        forged.extend([
            format!("{header}.{body}."),
            format!("{header}.{body}"),
            format!("{header}.{other_body}.{signature}"),
            String::new(),
            "..".to_owned(),
            "x".repeat(TOKEN_MAX + 1),
            signed(&Header::new(Algorithm::HS384), &claims(), &ours()),
            signed(&Header::new(Algorithm::HS512), &claims(), &ours()),
        ]);
        for secret in ["", "secret", "changeme", "0123456789abcdef0123456789abcdeg"] {
            forged.push(keys(secret).sign(claim(), NOW));
        }
        for token in forged {
            assert_eq!(ours().read(&token, NOW), None, "{token}");
        }
    }
}
