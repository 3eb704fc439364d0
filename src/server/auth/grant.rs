//! Grants: how a program signs in with an account, goes on for longer than a token lives, and signs out.
//!
//! A grant gives out pairs: an access token, which opens doors, and a refresh token, which is exchanged once for the next
//! pair. A refresh token that comes a second time was copied by somebody, so everything of its grant ends.
//!
//! Source: RFC 9700, 4.14.2 (rotation of refresh tokens).

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use crate::domain::ids::GrantId;
use crate::domain::time::{Millis, Timestamp};
use crate::server::auth::caller::{Account, BadCredential, Caller, Credential};
use crate::server::auth::login::LoginError;
use crate::server::auth::{Admin, Auth};
use crate::server::chance;
use crate::server::store::StoreError;
use crate::server::store::grant::{NewGrant, Renewal};

/// Characters of each half of a refresh token: the family, which stays, and what is new each time.
const HALF: usize = 32;

/// What a program is given.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Opens doors.
    pub access_token: String,
    /// How long it does.
    pub expires_in: Millis,
    /// Is exchanged once for the next pair.
    pub refresh_token: String,
}

/// Who goes on, and until when.
#[derive(Clone, PartialEq, Eq)]
pub struct Renewed {
    /// The caller, with the new end. Compare the account with the one that was there before.
    pub caller: Caller,
    /// The new pair, if a refresh token was exchanged; whoever sent an access token has it already.
    pub tokens: Option<Tokens>,
}

impl Auth {
    /// Signs a program in.
    ///
    /// # Errors
    /// As [`Auth::sign_in`].
    pub async fn begin_grant(&self, email: &str, password: String, from: IpAddr) -> Result<Tokens, LoginError> {
        let admin = self.prove(email, password, from).await?;
        let (family, next, now) = (chance::token(), chance::token(), self.now());
        let new = NewGrant {
            organisation: admin.organisation,
            admin: admin.id,
            family_hash: hash(&family),
            refresh_hash: hash(&next),
            begun_at: now,
            ends_at: now + self.0.config.login_max,
        };
        let ends_at = new.ends_at;
        let id = self.0.store.begin_grant(new).await?;
        // One more may have ended the oldest.
        self.heed_own_ending().await;
        let (access_token, expires_in) = self.access_token(&account(admin), id, ends_at);
        Ok(Tokens { access_token, expires_in, refresh_token: format!("{family}{next}") })
    }

    /// Exchanges a refresh token.
    ///
    /// # Errors
    /// [`BadCredential`]; if it had been used before, all of its grant has ended.
    pub async fn refresh(&self, refresh_token: &str) -> Result<(Caller, Tokens), BadCredential> {
        let (family, sent) = halves(refresh_token).ok_or(BadCredential::Bad)?;
        let (next, now) = (chance::token(), self.now());
        let known = self.0.store.grant_of_family(&hash(family), now).await.map_err(not_now)?;
        known.ok_or(BadCredential::Bad)?;
        match self.0.store.renew_grant(hash(family), hash(sent), hash(&next), now).await.map_err(not_now)? {
            Renewal::Renewed { id, admin, ends_at } => {
                let (access_token, expires_in) = self.access_token(&account(admin.into()), id, ends_at);
                let caller = self.bearer(&access_token)?;
                Ok((caller, Tokens { access_token, expires_in, refresh_token: format!("{family}{next}") }))
            }
            Renewal::Reused => {
                tracing::warn!("a refresh token came a second time, so its grant has ended");
                self.heed_own_ending().await;
                Err(BadCredential::Ended)
            }
            Renewal::Unknown => Err(BadCredential::Bad),
        }
    }

    /// Lets an open socket go on: with a newer access token, or with a refresh token, which is exchanged.
    ///
    /// # Errors
    /// [`BadCredential`].
    pub async fn renew(&self, token: &str) -> Result<Renewed, BadCredential> {
        if halves(token).is_some() {
            let (caller, tokens) = self.refresh(token).await?;
            return Ok(Renewed { caller, tokens: Some(tokens) });
        }
        Ok(Renewed { caller: self.bearer(token)?, tokens: None })
    }

    /// Signs a program out, by its access token or any refresh token that it ever had.
    ///
    /// # Errors
    /// [`BadCredential`]: nothing has ended.
    pub async fn end_grant(&self, token: &str) -> Result<(), BadCredential> {
        let id = match halves(token) {
            Some((family, _)) => self.0.store.grant_of_family(&hash(family), self.now()).await.map_err(not_now)?,
            None => match self.bearer(token)?.credential {
                Credential::Grant(id) => Some(id),
                Credential::Login(_) | Credential::Seat(_) => None,
            },
        };
        self.0.store.end_grant(id.ok_or(BadCredential::Bad)?, self.now()).await.map_err(not_now)?;
        self.heed_own_ending().await;
        Ok(())
    }

    /// An access token, and how long it lives: no longer than its grant.
    fn access_token(&self, account: &Account, id: GrantId, grant_ends_at: Timestamp) -> (String, Millis) {
        let now = self.now();
        let life = self.0.config.token_life.min(grant_ends_at - now);
        (self.0.tokens.sign(account, id, life, now), life)
    }
}

/// An account as tokens carry it.
fn account(admin: Admin) -> Account {
    Account { id: admin.id, organisation: admin.organisation, role: admin.role, name: admin.name }
}

/// The two halves of a refresh token, if it is made like one.
fn halves(token: &str) -> Option<(&str, &str)> {
    let is_made_like_one = token.len() == 2 * HALF && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_made_like_one.then(|| token.split_at(HALF))
}

/// What is kept of a half.
fn hash(half: &str) -> String {
    Sha256::digest(half.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn not_now(why: StoreError) -> BadCredential {
    tracing::error!(error = %why, "a token could not be looked up or exchanged");
    BadCredential::NotNow
}
