//! Accounts: one's own, those of the organisation, links for colleagues, and the audit log.
//!
//! Everything here only tells; what changes something is a form.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::{ApiError, Json};
use crate::domain::audit::{AuditFilter, AuditRecord};
use crate::domain::ids::{AdminId, ColleagueInviteId, GrantId};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;

/// One's own account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPage {
    /// Whether it has a password; one that signs in elsewhere may have none.
    pub has_password: bool,
    /// Issuers of OpenID Connect that vouch for it.
    pub issuers: Vec<String>,
    /// Browsers that are signed in, the newest first.
    pub logins: Vec<LoginLine>,
    /// Programs that are signed in, the newest first.
    pub programs: Vec<ProgramLine>,
    /// The server's time when the page was made.
    pub server_time: Timestamp,
}

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginLine {
    /// By what it is ended.
    pub name: String,
    /// The kind of browser, in words; empty if that was not kept.
    pub browser: String,
    /// Since when.
    pub begun_at: Timestamp,
    /// When it was used last, to five minutes or so.
    pub used_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// A program that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramLine {
    /// Its id.
    pub id: GrantId,
    /// Since when.
    pub begun_at: Timestamp,
    /// When it renewed its tokens last.
    pub used_at: Timestamp,
}

/// All accounts of the organisation, and the links that are open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountsPage {
    /// The accounts, by name.
    pub accounts: Vec<AccountLine>,
    /// The links, the newest first.
    pub invites: Vec<InviteLine>,
    /// The roles that whoever asks may give.
    pub roles: Vec<Role>,
    /// What our addresses begin with, for a link that was just made.
    pub origin: String,
    /// What people call the issuer of OpenID Connect by whose word newcomers get an account here, if there is one.
    pub newcomers_by: Option<String>,
    /// The server's time when the page was made.
    pub server_time: Timestamp,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLine {
    /// Its id.
    pub id: AdminId,
    /// The person's name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What they are.
    pub role: Role,
    /// When somebody was last signed in with it.
    pub seen_at: Option<Timestamp>,
    /// Browsers and programs that are signed in.
    pub open: u32,
    /// Whether it is one's own.
    pub is_me: bool,
    /// Whether whoever asks may change it.
    pub may_change: bool,
}

/// A link for a colleague that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteLine {
    /// Its id.
    pub id: ColleagueInviteId,
    /// What the colleague will be.
    pub role: Role,
    /// The only address that may be used, if it is one.
    pub email: Option<String>,
    /// Who made it, by name; nobody if it was the command line.
    pub made_by: Option<String>,
    /// When it ends.
    pub ends_at: Timestamp,
}

/// One page of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// What was looked for.
    pub filter: AuditFilter,
    /// The entries, the newest first.
    pub entries: Vec<AuditRecord>,
    /// Names of the accounts that are there; who is missing was removed.
    pub names: Vec<(AdminId, String)>,
    /// Before which entry the next page begins, if there is one.
    pub next: Option<i64>,
    /// Whether this is the first page.
    pub is_first: bool,
    /// Days that the log goes back, if not for ever.
    pub kept_days: Option<i64>,
}

/// What a colleague's link opens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Welcome {
    /// It makes an account.
    Open {
        /// Where the colleague comes to.
        organisation: String,
        /// What they will be.
        role: Role,
        /// The only address that may be used, if it is one.
        email: Option<String>,
    },
    /// It has made one.
    Used,
    /// It was taken back.
    Revoked,
    /// Its time is over.
    Expired,
    /// There is none.
    Unknown,
}

/// Entries of one page.
pub const AUDIT_PAGE: u32 = 50;

/// One's own account: what is signed in with it.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`].
#[server(name = AskAccount, prefix = "/api", endpoint = "account_page", input = Json, output = Json)]
pub async fn account_page() -> Result<AccountPage, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::Look).await?;
    let (house, now) = (&asked.house, asked.house.clock.now());
    let this = house.auth.login(asked.headers()).await.map(|login| login.name());
    let idle = house.config.login_idle;
    let logins = house.store.open_logins(admin.id, now).await?.into_iter().map(|login| LoginLine {
        is_this: this.as_ref() == Some(&login.name),
        name: login.name,
        browser: login.browser,
        begun_at: login.begun_at,
        used_at: login.idle_until - idle,
    });
    let programs = house.store.open_grants(admin.id, now).await?.into_iter().map(|grant| ProgramLine {
        id: grant.id,
        begun_at: grant.begun_at,
        used_at: grant.used_at,
    });
    Ok(AccountPage {
        has_password: house.auth.has_password(&admin).await?,
        issuers: house.store.issuers_of(admin.id).await?,
        logins: logins.collect(),
        programs: programs.collect(),
        server_time: now,
    })
}

/// All accounts of the organisation, and the links that are open.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`].
#[server(name = AskAccounts, prefix = "/api", endpoint = "accounts_page", input = Json, output = Json)]
pub async fn accounts_page() -> Result<AccountsPage, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::ManageAccounts).await?;
    let (house, now) = (&asked.house, asked.house.clock.now());
    let rows = house.store.accounts(admin.organisation, now).await?;
    let name_of = |id| rows.iter().find(|row| row.id == id).map(|row| row.name.clone());
    let invites =
        house.store.open_colleague_invites(admin.organisation, now).await?.into_iter().map(|invite| InviteLine {
            id: invite.id,
            role: invite.role,
            email: invite.email,
            made_by: invite.made_by.and_then(name_of),
            ends_at: invite.ends_at,
        });
    let invites = invites.collect();
    let accounts = rows.into_iter().map(|row| AccountLine {
        is_me: row.id == admin.id,
        may_change: admin.role.may_give(row.role),
        id: row.id,
        name: row.name,
        email: row.email,
        role: row.role,
        seen_at: row.seen_at,
        open: row.open,
    });
    let roles = Role::ALL.into_iter().filter(|role| admin.role.may_give(*role)).collect();
    let origin = asked.address("/").trim_end_matches('/').to_owned();
    let newcomers_by = house.config.openid.as_ref().filter(|openid| openid.takes_newcomers(admin.organisation));
    let newcomers_by = newcomers_by.map(|openid| openid.label.clone());
    Ok(AccountsPage { accounts: accounts.collect(), invites, roles, origin, newcomers_by, server_time: now })
}

/// One page of the audit log; `before` is the entry that the page before it ended with.
///
/// # Errors
/// [`ApiError::NotSignedIn`], [`ApiError::NotAllowed`].
#[server(name = AskAudit, prefix = "/api", endpoint = "audit_page", input = Json, output = Json)]
pub async fn audit_page(
    /// What is looked for.
    filter: AuditFilter,
    /// The entry that the page before it ended with; none for the first.
    before: Option<i64>,
) -> Result<AuditPage, ApiError> {
    let (asked, admin) = crate::server::ask::as_admin(crate::domain::role::Right::ManageAccounts).await?;
    let house = &asked.house;
    let (entries, next) = house.store.audit(admin.organisation, filter, before, AUDIT_PAGE).await?;
    Ok(AuditPage {
        filter,
        entries,
        names: house.store.account_names(admin.organisation).await?,
        next,
        is_first: before.is_none(),
        kept_days: house.config.audit_kept.map(|kept| kept.0 / 86_400_000),
    })
}

/// What a colleague's link opens. Asking changes nothing.
///
/// # Errors
/// Only those of every request.
#[server(name = AskWelcome, prefix = "/api", endpoint = "welcome_page", input = Json, output = Json)]
pub async fn welcome_page(
    /// The secret part of the link.
    token: String,
) -> Result<Welcome, ApiError> {
    let asked = crate::server::ask::as_anyone()?;
    Ok(asked.house.auth.colleague_invite(&token).await?.into())
}
