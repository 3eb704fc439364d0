//! What somebody does with accounts: their own password and logins, other people's roles, removal.
//!
//! Who may do what to whom is decided here ([`Role::may_give`](crate::domain::role::Role::may_give)); the store does it
//! only if the account still has the role that was looked at. What was ended is heard at once.

use thiserror::Error;

use crate::domain::audit::AuditActor;
use crate::domain::ids::AdminId;
use crate::domain::role::Role;
use crate::server::auth::login::Login;
use crate::server::auth::password::PasswordError;
use crate::server::auth::throttle::Wait;
use crate::server::auth::{Admin, Auth};
use crate::server::store::account::{Open, PasswordChange};
use crate::server::store::admin::NO_PASSWORD;
use crate::server::store::{Store, StoreError};

/// Why nothing was done.
#[derive(Debug, Error)]
pub enum AccountError {
    /// It is an owner's account, or would be one.
    #[error("only an owner can do this")]
    OnlyOwners,
    /// The old password is another one.
    #[error("this is not your password")]
    WrongPassword,
    /// There is none to be changed.
    #[error("this account has no password; it signs in elsewhere")]
    NoPassword,
    /// Too often wrong.
    #[error("too many wrong passwords, please try again in {} s", .0.seconds)]
    Wait(Wait),
    /// The password could not be compared or may not be used.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store failed or refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Gives whoever is signed in another password; everything else that is open of the account ends.
    ///
    /// # Errors
    /// [`AccountError`]; nothing has changed then.
    pub async fn change_password(&self, login: &Login, old: String, new: String) -> Result<(), AccountError> {
        let (admin, now) = (&login.admin, self.now());
        let row = self.0.store.admin_by_email(&admin.email).await?.ok_or(StoreError::NotFound)?;
        if row.password_hash == NO_PASSWORD {
            return Err(AccountError::NoPassword);
        }
        // Who found an open browser must not guess here what they cannot guess at the door.
        self.0.throttles.accounts.take(&admin.email, now).map_err(AccountError::Wait)?;
        let is_right = self.0.passwords.is_right(old, Some(row.password_hash.clone())).await;
        if !matches!(is_right, Ok(false)) {
            self.0.throttles.accounts.give_back(&admin.email);
        }
        if !is_right? {
            return Err(AccountError::WrongPassword);
        }
        let change = PasswordChange {
            organisation: admin.organisation,
            admin: admin.id,
            old_hash: row.password_hash,
            new_hash: self.0.passwords.hash(new).await?,
            kept_key: login.key.clone(),
        };
        self.store_of(admin).change_password(change, self.now()).await?;
        self.heed_own_ending().await;
        Ok(())
    }

    /// Whether an account has a password.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_password(&self, admin: &Admin) -> Result<bool, StoreError> {
        let row = self.0.store.admin_by_email(&admin.email).await?.ok_or(StoreError::NotFound)?;
        Ok(row.password_hash != NO_PASSWORD)
    }

    /// Ends one thing that is open of one's own account.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it is not open (any more).
    pub async fn revoke(&self, admin: &Admin, what: Open) -> Result<(), StoreError> {
        self.store_of(admin).revoke(admin.organisation, admin.id, what, self.now()).await?;
        self.heed_own_ending().await;
        Ok(())
    }

    /// Ends everything that is open of one's own account but this login. Returns how much that was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_others(&self, login: &Login) -> Result<u32, StoreError> {
        let admin = &login.admin;
        let kept = Some(login.key.clone());
        let count = self.store_of(admin).revoke_all_but(admin.organisation, admin.id, kept, self.now()).await?;
        self.heed_own_ending().await;
        Ok(count)
    }

    /// Ends everything that is open of somebody's account. Returns how much that was.
    ///
    /// # Errors
    /// [`AccountError::OnlyOwners`], [`AccountError::Store`].
    pub async fn revoke_all_of(&self, admin: &Admin, id: AdminId) -> Result<u32, AccountError> {
        self.role_to_change(admin, id).await?;
        let count = self.store_of(admin).revoke_all_but(admin.organisation, id, None, self.now()).await?;
        self.heed_own_ending().await;
        Ok(count)
    }

    /// Gives somebody another role; all that is open of the account ends.
    ///
    /// # Errors
    /// [`AccountError::OnlyOwners`], [`AccountError::Store`].
    pub async fn change_role(&self, admin: &Admin, id: AdminId, role: Role) -> Result<(), AccountError> {
        let before = self.role_to_change(admin, id).await?;
        if !admin.role.may_give(role) {
            return Err(AccountError::OnlyOwners);
        }
        if before == role {
            return Ok(());
        }
        self.store_of(admin).change_role(admin.organisation, id, (before, role), self.now()).await?;
        self.heed_own_ending().await;
        Ok(())
    }

    /// Removes somebody's account; all that is open of it ends.
    ///
    /// # Errors
    /// [`AccountError::OnlyOwners`], [`AccountError::Store`].
    pub async fn remove_account(&self, admin: &Admin, id: AdminId) -> Result<(), AccountError> {
        let role = self.role_to_change(admin, id).await?;
        self.store_of(admin).remove_account(admin.organisation, id, role, self.now()).await?;
        self.heed_own_ending().await;
        Ok(())
    }

    /// The role of an account that somebody may change.
    async fn role_to_change(&self, admin: &Admin, id: AdminId) -> Result<Role, AccountError> {
        let (_, role) = self.0.store.account(admin.organisation, id).await?;
        if admin.role.may_give(role) { Ok(role) } else { Err(AccountError::OnlyOwners) }
    }

    fn store_of(&self, admin: &Admin) -> Store {
        self.0.store.by(AuditActor::Account(admin.id))
    }
}
