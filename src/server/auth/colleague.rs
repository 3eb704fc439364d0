//! Links by which colleagues make their accounts.
//!
//! The secret part of a link has 128 bits and stands nowhere but in the link. Looking at one changes nothing.

use sha2::{Digest, Sha256};
use tower_sessions::Session;

use crate::domain::audit::{AuditActor, SignInWay};
use crate::domain::ids::OrganisationId;
use crate::domain::role::Role;
use crate::domain::time::{Millis, Timestamp};
use crate::server::auth::login::{Begun, LoginError};
use crate::server::auth::{Admin, Auth};
use crate::server::chance;
use crate::server::store::admin::NewAdmin;
use crate::server::store::colleague::{ColleagueInvite, NewColleagueInvite};
use crate::server::store::{Store, StoreError};

/// A link is good for a week.
pub const INVITE_LIFE: Millis = Millis(7 * 24 * 3_600_000);

/// A colleague, as typed on the page that a link opens, and checked.
#[derive(Debug)]
pub struct Colleague {
    /// The secret part of the link.
    pub token: String,
    /// Their name.
    pub name: String,
    /// Their address, in lower case; what the link says comes first.
    pub email: String,
    /// Their password.
    pub password: String,
}

/// Makes a link in the name that the store writes in, and returns its secret part, which nobody will see again.
///
/// # Errors
/// As [`Store::invite_colleague`].
pub async fn make_invite(
    store: &Store,
    organisation: OrganisationId,
    (role, email): (Role, Option<String>),
    now: Timestamp,
) -> Result<String, StoreError> {
    let token = chance::token();
    let ends_at = now + INVITE_LIFE;
    let new = NewColleagueInvite { organisation, secret_hash: hash(&token), role, email, ends_at };
    store.invite_colleague(new, now).await?;
    Ok(token)
}

/// The path of the page that a link opens.
pub fn path_of(token: &str) -> String {
    format!("/welcome/{token}")
}

impl Auth {
    /// Makes a link, and returns its secret part.
    ///
    /// # Errors
    /// As [`Store::invite_colleague`].
    pub async fn invite_colleague(
        &self,
        admin: &Admin,
        role: Role,
        email: Option<String>,
    ) -> Result<String, StoreError> {
        let store = self.0.store.by(AuditActor::Account(admin.id));
        make_invite(&store, admin.organisation, (role, email), self.now()).await
    }

    /// How things stand with a link.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn colleague_invite(&self, token: &str) -> Result<ColleagueInvite, StoreError> {
        self.0.store.colleague_invite(&hash(token), self.now()).await
    }

    /// Makes a colleague's account and signs them in. The link is used up.
    ///
    /// # Errors
    /// [`LoginError::InviteOver`] if the link is not good (any more), [`LoginError::Taken`] if the address has an account;
    /// [`LoginError`].
    pub async fn welcome(&self, colleague: Colleague, session: &Session, browser: String) -> Result<Admin, LoginError> {
        let Colleague { token, name, email, password } = colleague;
        // Before a password costs anything.
        let ColleagueInvite::Open { email: only, organisation_name, .. } = self.colleague_invite(&token).await? else {
            return Err(LoginError::InviteOver);
        };
        let email = only.unwrap_or(email);
        let password_hash = self.0.passwords.hash(password).await?;
        let new = NewAdmin { organisation: organisation_name, name, email: email.clone(), password_hash };
        match self.0.store.use_colleague_invite(hash(&token), new, self.now()).await {
            Err(StoreError::Taken) => return Err(LoginError::Taken),
            Err(StoreError::NotFound) => return Err(LoginError::InviteOver),
            other => other?,
        };
        let row = self.0.store.admin_by_email(&email).await?.ok_or(StoreError::NotFound)?;
        let admin = Admin::from(row);
        self.begin(&admin, session, Begun { way: SignInWay::Invite, browser }).await?;
        Ok(admin)
    }
}

/// What is kept of the secret part.
pub(super) fn hash(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
