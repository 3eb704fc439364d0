//! Access tokens: signed, short-lived, and read without looking anything up.
//!
//! Knows what is signed and how long it holds; whether the grant behind a token has ended is asked elsewhere
//! (`ending`).
//!
//! Source: RFC 7519; RFC 8725 (one algorithm, its kind, audience and issuer named and checked).

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use crate::domain::ids::{AdminId, GrantId, OrganisationId};
use crate::domain::role::Role;
use crate::domain::time::{Millis, Timestamp};
use crate::server::auth::caller::{Account, BadCredential};
use crate::server::auth::key::SigningKey;
use crate::server::chance;

/// Who makes these tokens and who they are for: this program and nobody else.
const PODIUM: &str = "podium";
/// Tells an access token from whatever else the same key signs.
const KIND: &str = "access";
/// Longer texts were not made here: the longest name, four bytes a letter, is half of it.
const TOKEN_MAX: usize = 2_048;

/// What is signed. Times are whole seconds, as RFC 7519 has them.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    kind: String,
    /// The account's id, as text.
    sub: String,
    org_id: OrganisationId,
    role: Role,
    name: String,
    grant: GrantId,
    jti: String,
    iat: i64,
    exp: i64,
}

/// What a good access token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AccessToken {
    pub(super) account: Account,
    pub(super) grant: GrantId,
    pub(super) ends_at: Timestamp,
}

/// The key in the forms that the signing library takes.
pub(super) struct TokenKeys {
    signing: EncodingKey,
    reading: DecodingKey,
    rules: Validation,
}

impl TokenKeys {
    pub(super) fn new(key: &SigningKey) -> Self {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_required_spec_claims(&["exp", "sub", "aud", "iss"]);
        rules.set_audience(&[PODIUM]);
        rules.set_issuer(&[PODIUM]);
        // As with seats, the end is compared with server time, to the second.
        rules.validate_exp = false;
        rules.leeway = 0;
        Self { signing: EncodingKey::from_secret(key.bytes()), reading: DecodingKey::from_secret(key.bytes()), rules }
    }

    pub(super) fn sign(&self, account: &Account, grant: GrantId, life: Millis, now: Timestamp) -> String {
        let claims = Claims {
            iss: PODIUM.to_owned(),
            aud: PODIUM.to_owned(),
            kind: KIND.to_owned(),
            sub: account.id.to_string(),
            org_id: account.organisation,
            role: account.role,
            name: account.name.clone(),
            grant,
            jti: chance::token(),
            iat: now.0 / 1_000,
            exp: (now + life).0 / 1_000,
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing).expect("numbers and short texts can be signed")
    }

    pub(super) fn read(&self, token: &str, now: Timestamp) -> Result<AccessToken, BadCredential> {
        if token.len() > TOKEN_MAX {
            return Err(BadCredential::Bad);
        }
        let claims = decode::<Claims>(token, &self.reading, &self.rules).map_err(|_| BadCredential::Bad)?.claims;
        if claims.kind != KIND {
            return Err(BadCredential::Bad);
        }
        let id: AdminId = claims.sub.parse().map_err(|_| BadCredential::Bad)?;
        let ends_at = Timestamp(claims.exp.saturating_mul(1_000));
        if now >= ends_at {
            return Err(BadCredential::Expired);
        }
        let account = Account { id, organisation: claims.org_id, role: claims.role, name: claims.name };
        Ok(AccessToken { account, grant: claims.grant, ends_at })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::server::config::Secret;

    const NOW: Timestamp = Timestamp(1_795_177_085_250);
    const LIFE: Millis = Millis(1_800_000);

    fn ours() -> TokenKeys {
        let secret = Secret::from("0123456789abcdef0123456789abcdef");
        TokenKeys::new(&SigningKey::load(std::path::Path::new("."), Some(&secret)).expect("a given key"))
    }

    fn account(name: &str) -> Account {
        Account { id: AdminId(7), organisation: OrganisationId(3), role: Role::Member, name: name.to_owned() }
    }

    fn claims() -> Value {
        let (iat, exp) = (NOW.0 / 1_000, NOW.0 / 1_000 + 60);
        json!({
            "iss": "podium", "aud": "podium", "kind": "access", "sub": "7", "org_id": 3, "role": "member",
            "name": "Ada", "grant": 1, "jti": "x", "iat": iat, "exp": exp,
        })
    }

    fn signed(claims: &Value) -> String {
        encode(&Header::new(Algorithm::HS256), claims, &ours().signing).expect("a signed text")
    }

    #[test]
    fn a_token_is_read_as_it_was_signed_until_its_end() {
        // The longest name of the widest letters is no longer than a token may be.
        let longest = "\u{1F984}".repeat(100);
        let token = ours().sign(&account(&longest), GrantId(5), LIFE, NOW);
        let end = Timestamp((NOW + LIFE).0 / 1_000 * 1_000);
        let read = AccessToken { account: account(&longest), grant: GrantId(5), ends_at: end };
        assert_eq!(ours().read(&token, NOW), Ok(read.clone()));
        assert_eq!(ours().read(&token, end - Millis(1)), Ok(read));
        assert_eq!(ours().read(&token, end), Err(BadCredential::Expired));
    }

    #[test]
    fn a_token_needs_every_claim_with_its_own_type_and_value() {
        assert!(ours().read(&signed(&claims()), NOW).is_ok());
        for claim in ["iss", "aud", "kind", "sub", "org_id", "role", "name", "grant", "jti", "iat", "exp"] {
            let mut without = claims();
            without.as_object_mut().expect("an object").remove(claim);
            assert_eq!(ours().read(&signed(&without), NOW), Err(BadCredential::Bad), "without {claim}");
            let mut changed = claims();
            changed[claim] = if claim == "name" || claim == "jti" { json!(7) } else { json!("x") };
            assert_eq!(ours().read(&signed(&changed), NOW), Err(BadCredential::Bad), "{claim} changed");
        }
        for exp in [json!(1.9e9), json!("1900000000"), json!(null)] {
            let mut changed = claims();
            changed["exp"] = exp;
            assert_eq!(ours().read(&signed(&changed), NOW), Err(BadCredential::Bad), "{}", changed["exp"]);
        }
    }

    #[test]
    fn a_seat_is_no_access_token() {
        let (iat, exp) = (NOW.0 / 1_000, NOW.0 / 1_000 + 60);
        let seat = json!({ "kind": "seat", "session": 7, "seat": 3, "code": "KFX7QM", "iat": iat, "exp": exp });
        assert_eq!(ours().read(&signed(&seat), NOW), Err(BadCredential::Bad));
    }
}
