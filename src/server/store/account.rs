//! Accounts as their organisation's pages show and change them: the list, what an account has open, and its ends.
//!
//! Rules are the doors' business: a change names what it was decided on (the role that was looked at), and does nothing if
//! that is not so any more. Whatever ends is noted as an ending and in the audit log, in the same transaction.

use sqlx::SqliteConnection;

use crate::domain::audit::{AuditAction, AuditActor, AuditDetail, AuditSubject};
use crate::domain::ids::{AdminId, GrantId, OrganisationId};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::server::store::admin::need_owner;
use crate::server::store::audit::{self, AuditEntry};
use crate::server::store::ending::{Ending, end_account, note};
use crate::server::store::{Borrowing, Store, StoreError, unreadable};

/// Characters of a login's key by which its account's page names it; the key itself is a hash, and stays here.
pub const LOGIN_NAME: usize = 16;

/// An account in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Its id.
    pub id: AdminId,
    /// The person's name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What they are.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// When somebody was last signed in with it, to five minutes or so.
    pub seen_at: Option<Timestamp>,
    /// Browsers and programs that are signed in.
    pub open: u32,
}

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLogin {
    /// The first characters of its key.
    pub name: String,
    /// Since when.
    pub begun_at: Timestamp,
    /// When it ends if it is not used; it is set anew when it is used.
    pub idle_until: Timestamp,
    /// The kind of browser, in words; empty if that was not kept.
    pub browser: String,
}

/// A program that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenGrant {
    /// Its id.
    pub id: GrantId,
    /// Since when.
    pub begun_at: Timestamp,
    /// When it renewed its tokens last.
    pub used_at: Timestamp,
}

/// Something of an account that can be ended by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    /// A browser, by the first characters of its key.
    Login(String),
    /// A program.
    Grant(GrantId),
}

type Columns = (i64, String, String, String, i64, Option<i64>, u32);

impl Store {
    /// All accounts of an organisation, in the order of their names.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn accounts(&self, organisation: OrganisationId, now: Timestamp) -> Result<Vec<AccountRow>, StoreError> {
        // Uses the indexes admin_by_organisation, login_by_admin and token_grant_by_admin.
        let rows: Vec<Columns> = sqlx::query_as(
            "select id, name, email, role, created_at_ms, seen_at_ms,
                 (select count(*) from login
                  where admin_id = admin.id and ends_at_ms > $2 and idle_until_ms > $2)
                 + (select count(*) from token_grant where admin_id = admin.id and ends_at_ms > $2)
             from admin
             where organisation_id = $1
             order by name, id",
        )
        .bind(organisation.0)
        .bind(now.0)
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        rows.into_iter().map(row).collect()
    }

    /// Names of all accounts of an organisation, for lists that hold ids only.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn account_names(&self, organisation: OrganisationId) -> Result<Vec<(AdminId, String)>, StoreError> {
        // Uses the index admin_by_organisation.
        let rows: Vec<(i64, String)> =
            sqlx::query_as("select id, name from admin where organisation_id = $1 order by name, id")
                .bind(organisation.0)
                .fetch_all(&mut *self.reader().await?)
                .await
                .map_err(unreadable)?;
        Ok(rows.into_iter().map(|(id, name)| (AdminId(id), name)).collect())
    }

    /// Name and role of an account.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the organisation has no such account.
    pub async fn account(&self, organisation: OrganisationId, id: AdminId) -> Result<(String, Role), StoreError> {
        let found: Option<(String, String)> =
            sqlx::query_as("select name, role from admin where id = $1 and organisation_id = $2")
                .bind(id.0)
                .bind(organisation.0)
                .fetch_optional(&mut *self.reader().await?)
                .await
                .map_err(unreadable)?;
        let (name, role) = found.ok_or(StoreError::NotFound)?;
        Ok((name, read_role(&role)?))
    }

    /// The browsers that are signed in with an account, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn open_logins(&self, admin: AdminId, now: Timestamp) -> Result<Vec<OpenLogin>, StoreError> {
        // Uses the index login_by_admin.
        let rows: Vec<(String, i64, i64, String)> = sqlx::query_as(
            "select key, begun_at_ms, idle_until_ms, browser
             from login
             where admin_id = $1 and ends_at_ms > $2 and idle_until_ms > $2
             order by begun_at_ms desc, key",
        )
        .bind(admin.0)
        .bind(now.0)
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        let open = |(key, begun_at, idle_until, browser): (String, i64, i64, String)| OpenLogin {
            name: name_of(&key),
            begun_at: Timestamp(begun_at),
            idle_until: Timestamp(idle_until),
            browser,
        };
        Ok(rows.into_iter().map(open).collect())
    }

    /// The programs that are signed in with an account, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn open_grants(&self, admin: AdminId, now: Timestamp) -> Result<Vec<OpenGrant>, StoreError> {
        // Uses the index token_grant_by_admin.
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
            "select id, begun_at_ms, used_at_ms
             from token_grant
             where admin_id = $1 and ends_at_ms > $2
             order by id desc",
        )
        .bind(admin.0)
        .bind(now.0)
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(unreadable)?;
        let open = |(id, begun_at, used_at)| OpenGrant {
            id: GrantId(id),
            begun_at: Timestamp(begun_at),
            used_at: Timestamp(used_at),
        };
        Ok(rows.into_iter().map(open).collect())
    }

    /// Ends one thing that is open of an account.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it is not the account's, or has ended.
    pub async fn revoke(
        &self,
        organisation: OrganisationId,
        admin: AdminId,
        what: Open,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                let ended = match what {
                    Open::Login(name) => {
                        let key: Option<String> = sqlx::query_scalar(
                            "delete from login where admin_id = $1 and substr(key, 1, $3) = $2 returning key",
                        )
                        .bind(admin.0)
                        .bind(&name)
                        .bind(i64::try_from(LOGIN_NAME).unwrap_or(i64::MAX))
                        .fetch_optional(&mut *db)
                        .await?;
                        key.map(Ending::Login)
                    }
                    Open::Grant(id) => {
                        let id: Option<i64> =
                            sqlx::query_scalar("delete from token_grant where admin_id = $1 and id = $2 returning id")
                                .bind(admin.0)
                                .bind(id.0)
                                .fetch_optional(&mut *db)
                                .await?;
                        id.map(|id| Ending::Grant(GrantId(id)))
                    }
                };
                note(&mut *db, ended.ok_or(StoreError::NotFound)?, at).await?;
                audit::write_down(db, revoked(organisation, by, admin, 1), at).await
            })
        })
        .await
    }

    /// Ends everything that is open of an account, but for the login with this key. Returns how much that was.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the organisation has no such account.
    pub async fn revoke_all_but(
        &self,
        organisation: OrganisationId,
        admin: AdminId,
        kept_key: Option<String>,
        at: Timestamp,
    ) -> Result<u32, StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                role_of(&mut *db, organisation, admin).await?;
                let count = end_all_but(&mut *db, admin, kept_key, at).await?;
                if count > 0 {
                    audit::write_down(db, revoked(organisation, by, admin, count), at).await?;
                }
                Ok(count)
            })
        })
        .await
    }

    /// Gives an account the password that its owner chose, if it still has the one that was compared, and ends everything
    /// that is open of it but for the login with this key.
    ///
    /// # Errors
    /// [`StoreError::Changed`] if it has another password by now.
    pub async fn change_password(&self, change: PasswordChange, at: Timestamp) -> Result<(), StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                let PasswordChange { organisation, admin, old_hash, new_hash, kept_key } = change;
                let changed = sqlx::query("update admin set password_hash = $3 where id = $1 and password_hash = $2")
                    .bind(admin.0)
                    .bind(&old_hash)
                    .bind(&new_hash)
                    .execute(&mut *db)
                    .await?;
                if changed.rows_affected() == 0 {
                    return Err(StoreError::Changed);
                }
                end_all_but(&mut *db, admin, Some(kept_key), at).await?;
                let subject = AuditSubject::Account(admin);
                let entry =
                    AuditEntry { organisation, by, action: AuditAction::PasswordChanged, subject, detail: None };
                audit::write_down(db, entry, at).await
            })
        })
        .await
    }

    /// Gives an account another role, if it still has the one that was looked at, and ends all that is open of it.
    ///
    /// # Errors
    /// [`StoreError::Changed`] if it has another role by now, [`StoreError::NotFound`] if the organisation has no such
    /// account, [`StoreError::NeedsOwner`] if it was the last owner's.
    pub async fn change_role(
        &self,
        organisation: OrganisationId,
        admin: AdminId,
        (from, to): (Role, Role),
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                if role_of(&mut *db, organisation, admin).await? != from {
                    return Err(StoreError::Changed);
                }
                give_role(db, (organisation, by), admin, (from, to), at).await
            })
        })
        .await
    }

    /// Removes an account, if it still has the role that was looked at. What it has made stays its organisation's.
    ///
    /// # Errors
    /// As [`Store::change_role`].
    pub async fn remove_account(
        &self,
        organisation: OrganisationId,
        admin: AdminId,
        role: Role,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let by = self.actor;
        self.write(move |db| {
            Box::pin(async move {
                if role_of(&mut *db, organisation, admin).await? != role {
                    return Err(StoreError::Changed);
                }
                remove(db, (organisation, by), admin, role, at).await
            })
        })
        .await
    }
}

/// Another password, chosen by whose account it is.
#[derive(Clone, Debug)]
pub struct PasswordChange {
    /// The account's organisation.
    pub organisation: OrganisationId,
    /// The account.
    pub admin: AdminId,
    /// The hash of the password that was asked for.
    pub old_hash: String,
    /// The hash of the new one.
    pub new_hash: String,
    /// The login in which it is done, which goes on.
    pub kept_key: String,
}

/// By what a page names a login.
pub fn name_of(key: &str) -> String {
    key.chars().take(LOGIN_NAME).collect()
}

/// Notes that an account is in use.
pub(super) fn see(db: &mut SqliteConnection, id: AdminId, at: Timestamp) -> Borrowing<'_, Result<(), StoreError>> {
    Box::pin(async move {
        sqlx::query("update admin set seen_at_ms = $2 where id = $1").bind(id.0).bind(at.0).execute(db).await?;
        Ok(())
    })
}

/// Gives an account another role inside a write.
pub(super) fn give_role(
    db: &mut SqliteConnection,
    (organisation, by): (OrganisationId, AuditActor),
    admin: AdminId,
    (from, to): (Role, Role),
    at: Timestamp,
) -> Borrowing<'_, Result<(), StoreError>> {
    Box::pin(async move {
        sqlx::query("update admin set role = $2 where id = $1").bind(admin.0).bind(to.name()).execute(&mut *db).await?;
        need_owner(&mut *db, organisation.0).await?;
        end_account(&mut *db, admin, at).await?;
        take_back_invites(&mut *db, admin, at).await?;
        let (subject, detail) = (AuditSubject::Account(admin), Some(AuditDetail::Roles { from, to }));
        audit::write_down(db, AuditEntry { organisation, by, action: AuditAction::RoleChanged, subject, detail }, at)
            .await
    })
}

/// Removes an account inside a write.
pub(super) fn remove(
    db: &mut SqliteConnection,
    (organisation, by): (OrganisationId, AuditActor),
    admin: AdminId,
    role: Role,
    at: Timestamp,
) -> Borrowing<'_, Result<(), StoreError>> {
    Box::pin(async move {
        // Noted first: with the account, its grants and logins go by themselves.
        end_account(&mut *db, admin, at).await?;
        take_back_invites(&mut *db, admin, at).await?;
        sqlx::query("delete from admin where id = $1").bind(admin.0).execute(&mut *db).await?;
        need_owner(&mut *db, organisation.0).await?;
        let (subject, detail) = (AuditSubject::Account(admin), Some(AuditDetail::Role(role)));
        let entry = AuditEntry { organisation, by, action: AuditAction::AccountRemoved, subject, detail };
        audit::write_down(db, entry, at).await
    })
}

/// Links that an account has made are good no more: whoever lost a right must not have given it away before.
async fn take_back_invites(db: &mut SqliteConnection, admin: AdminId, at: Timestamp) -> Result<(), StoreError> {
    // Uses the index colleague_invite_by_maker.
    sqlx::query(
        "update colleague_invite set revoked_at_ms = $2
         where made_by = $1 and used_at_ms is null and revoked_at_ms is null",
    )
    .bind(admin.0)
    .bind(at.0)
    .execute(db)
    .await?;
    Ok(())
}

async fn end_all_but(
    db: &mut SqliteConnection,
    admin: AdminId,
    kept_key: Option<String>,
    at: Timestamp,
) -> Result<u32, StoreError> {
    let logins: Vec<String> = sqlx::query_scalar("delete from login where admin_id = $1 and key <> $2 returning key")
        .bind(admin.0)
        .bind(kept_key.unwrap_or_default())
        .fetch_all(&mut *db)
        .await?;
    let grants: Vec<i64> = sqlx::query_scalar("delete from token_grant where admin_id = $1 returning id")
        .bind(admin.0)
        .fetch_all(&mut *db)
        .await?;
    let count = u32::try_from(logins.len() + grants.len()).unwrap_or(u32::MAX);
    let ended = logins.into_iter().map(Ending::Login).chain(grants.into_iter().map(|id| Ending::Grant(GrantId(id))));
    for ending in ended {
        note(&mut *db, ending, at).await?;
    }
    Ok(count)
}

async fn role_of(db: &mut SqliteConnection, organisation: OrganisationId, admin: AdminId) -> Result<Role, StoreError> {
    let role: Option<String> = sqlx::query_scalar("select role from admin where id = $1 and organisation_id = $2")
        .bind(admin.0)
        .bind(organisation.0)
        .fetch_optional(db)
        .await?;
    read_role(&role.ok_or(StoreError::NotFound)?)
}

fn revoked(organisation: OrganisationId, by: AuditActor, admin: AdminId, count: u32) -> AuditEntry {
    let (subject, detail) = (AuditSubject::Account(admin), Some(AuditDetail::Count(count)));
    AuditEntry { organisation, by, action: AuditAction::LoginsRevoked, subject, detail }
}

pub(super) fn read_role(name: &str) -> Result<Role, StoreError> {
    name.parse().map_err(|_| StoreError::Unreadable(format!("an account with the role {name}")))
}

fn row((id, name, email, role, created_at, seen_at, open): Columns) -> Result<AccountRow, StoreError> {
    let (id, role) = (AdminId(id), read_role(&role)?);
    let (created_at, seen_at) = (Timestamp(created_at), seen_at.map(Timestamp));
    Ok(AccountRow { id, name, email, role, created_at, seen_at, open })
}
