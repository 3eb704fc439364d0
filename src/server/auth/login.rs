//! Logins of accounts in browsers: signing in, who a request is from, signing out.
//!
//! The cookie and its rotation are tower-sessions'; what is kept is a row with the hash of the cookie's value. A login
//! ends when it is signed out, when it was not used for a while, and at last in any case.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use async_trait::async_trait;
use http::HeaderMap;
use sha2::{Digest, Sha256};
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore, session_store};

use crate::domain::audit::{AuditAction, AuditSubject, SignInWay};
use crate::domain::ids::{AdminId, OrganisationId};
use crate::domain::quiz::Quiz;
use crate::domain::time::{Millis, Timestamp};
use crate::server::auth::password::PasswordError;
use crate::server::auth::throttle::{Wait, network_of};
use crate::server::auth::{Admin, Auth, cookie};
use crate::server::store::StoreError;
use crate::server::store::account::name_of;
use crate::server::store::admin::{AdminRow, LoginOf, NO_PASSWORD, NewAdmin};
use crate::server::store::login::LoginRow;

/// How often at most the use of a login is noted: each note is a write.
const NOTE_EVERY: Millis = Millis(300_000);

const ADMIN: &str = "admin";
const ORGANISATION: &str = "organisation";
const BEGUN_AT: &str = "begun_at_ms";
const WAY: &str = "way";
const BROWSER: &str = "browser";

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub enum LoginError {
    /// Which of the two is wrong is nobody's business.
    #[error("this e-mail address and this password do not belong together")]
    Wrong,
    /// Too often wrong.
    #[error("too many wrong passwords, please try again in {} s", .0.seconds)]
    Wait(Wait),
    /// The password could not be compared or may not be used.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The set-up link is not good, or not any more.
    #[error(
        "this set-up link has been used or is over; the server prints a new one at its start while there is no admin"
    )]
    SetupOver,
    /// The colleague's link is not good, or not any more.
    #[error("this link has been used, taken back or is over; ask for a new one")]
    InviteOver,
    /// The address has an account already.
    #[error("there is an account with this address already; sign in with it")]
    Taken,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The login could not be kept.
    #[error("the login could not be kept: {0}")]
    Kept(#[from] tower_sessions::session::Error),
}

/// The first admin, as typed at the set-up and checked.
#[derive(Debug)]
pub struct FirstAdmin {
    /// The set-up token.
    pub token: String,
    /// The organisation's name.
    pub organisation: String,
    /// Their name.
    pub name: String,
    /// Their address, in lower case.
    pub email: String,
    /// Their password.
    pub password: String,
}

/// A login that a request carries.
pub struct Login {
    /// Its key in the store.
    pub(super) key: String,
    /// Whose it is.
    pub admin: Admin,
    /// When it ends, however much it is used.
    pub(super) ends_at: Timestamp,
}

impl Login {
    /// By what pages name it.
    pub fn name(&self) -> String {
        name_of(&self.key)
    }
}

/// How a login begins.
#[derive(Clone, Debug)]
pub struct Begun {
    /// How somebody came in.
    pub way: SignInWay,
    /// The kind of browser, in words.
    pub browser: String,
}

impl Auth {
    /// The admin whose login the request carries. Members are none: they only play.
    pub async fn admin(&self, headers: &HeaderMap) -> Option<Admin> {
        self.signed_in(headers).await.filter(|admin| admin.role.is_staff())
    }

    /// Whoever is signed in, whatever their role.
    pub async fn signed_in(&self, headers: &HeaderMap) -> Option<Admin> {
        Some(self.login(headers).await?.admin)
    }

    /// The login that the request carries, if it carries one that has not ended.
    pub async fn login(&self, headers: &HeaderMap) -> Option<Login> {
        let value = cookie::read(headers, &self.login_cookie())?;
        let (key, now) = (key_of(value.parse().ok()?), self.now());
        let LoginOf { admin, ends_at, idle_until } = match self.0.store.admin_by_login(&key, now).await {
            Ok(found) => found?,
            Err(why) => {
                tracing::error!(error = %why, "a login could not be read");
                return None;
            }
        };
        self.prolong(&key, idle_until, now).await;
        Some(Login { key, admin: admin.into(), ends_at })
    }

    /// Which of these logins are over. Those that were used since they were looked at last are prolonged.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn logins_that_are_over(&self, open: HashMap<String, bool>) -> Result<HashSet<String>, StoreError> {
        let now = self.now();
        let alive = self.0.store.live_logins(open.keys().cloned().collect(), now).await?;
        for (key, idle_until) in &alive {
            if open.get(key) == Some(&true) {
                self.prolong(key, *idle_until, now).await;
            }
        }
        let alive: HashSet<String> = alive.into_iter().map(|(key, _)| key).collect();
        Ok(open.into_keys().filter(|key| !alive.contains(key)).collect())
    }

    /// Notes that a login is in use, unless that was noted a moment ago.
    async fn prolong(&self, key: &str, idle_until: Timestamp, now: Timestamp) {
        let idle = self.0.config.login_idle;
        let noted_at = idle_until - idle;
        if now - noted_at > NOTE_EVERY.min(Millis(idle.0 / 2))
            && let Err(why) = self.0.store.prolong_login(key.to_owned(), now + idle, now).await
        {
            tracing::warn!(error = %why, "the use of a login could not be noted");
        }
    }

    /// Signs a browser in.
    ///
    /// # Errors
    /// [`LoginError`]; nobody is signed in then.
    pub async fn sign_in(
        &self,
        email: &str,
        password: String,
        (from, browser): (IpAddr, String),
        session: &Session,
    ) -> Result<Admin, LoginError> {
        let admin = self.prove(email, password, from).await?;
        self.begin(&admin, session, Begun { way: SignInWay::Password, browser }).await?;
        Ok(admin)
    }

    /// Whose address and password these are.
    ///
    /// Takes as long whether the account exists or not, and counts each try, by account and by address, before it is
    /// made.
    ///
    /// # Errors
    /// [`LoginError`].
    pub(super) async fn prove(&self, email: &str, password: String, from: IpAddr) -> Result<Admin, LoginError> {
        let (now, from, account) = (self.now(), network_of(from), email.to_owned());
        let throttles = &self.0.throttles;
        throttles.addresses.take(&from, now).map_err(LoginError::Wait)?;
        if let Err(wait) = throttles.accounts.take(&account, now) {
            throttles.addresses.give_back(&from);
            return Err(LoginError::Wait(wait));
        }
        let row = self.0.store.admin_by_email(email).await?;
        let hash = row.as_ref().map(|row| row.password_hash.clone()).filter(|hash| hash != NO_PASSWORD);
        let is_right = self.0.passwords.is_right(password, hash).await;
        if !matches!(is_right, Ok(false)) {
            throttles.addresses.give_back(&from);
            throttles.accounts.give_back(&account);
        }
        match (is_right?, row) {
            (true, Some(row)) => Ok(row.into()),
            (false, Some(row)) => {
                self.note_wrong(&row);
                Err(LoginError::Wrong)
            }
            (_, None) => Err(LoginError::Wrong),
        }
    }

    /// Writes down that somebody tried an account with a wrong password. Nobody waits for it: how long the answer takes
    /// would tell that there is an account.
    fn note_wrong(&self, row: &AdminRow) {
        let (store, now, organisation) = (self.0.store.clone(), self.now(), row.organisation);
        let subject = AuditSubject::Account(row.id);
        tokio::spawn(async move {
            if let Err(why) = store.write_down(organisation, AuditAction::SignInFailed, subject, None, now).await {
                tracing::warn!(error = %why, "a wrong password could not be written down");
            }
        });
    }

    /// Makes the organisation and its first admin, and signs them in. The token is used up.
    ///
    /// # Errors
    /// [`LoginError::SetupOver`] if the token is not good; [`LoginError`].
    pub async fn set_up(
        &self,
        first: FirstAdmin,
        samples: Vec<Quiz>,
        session: &Session,
        browser: String,
    ) -> Result<(), LoginError> {
        if !self.may_set_up(&first.token).await? {
            return Err(LoginError::SetupOver);
        }
        let password_hash = self.0.passwords.hash(first.password).await?;
        let FirstAdmin { organisation, name, email, .. } = first;
        let new = NewAdmin { organisation, name, email: email.clone(), password_hash };
        match self.0.store.set_up(new, samples, self.now()).await {
            Err(StoreError::Taken) => return Err(LoginError::SetupOver),
            other => other?,
        };
        self.end_setup();
        let row = self.0.store.admin_by_email(&email).await?.ok_or(StoreError::NotFound)?;
        self.begin(&row.into(), session, Begun { way: SignInWay::SetUp, browser }).await
    }

    /// Signs out: the login is gone, wherever its cookie may still be.
    ///
    /// # Errors
    /// [`LoginError::Kept`].
    pub async fn sign_out(&self, session: &Session) -> Result<(), LoginError> {
        Ok(session.flush().await?)
    }

    /// The layer that reads and writes the login's cookie; only the doors that sign in and out need it.
    pub fn login_layer(&self) -> SessionManagerLayer<Logins> {
        let seconds = self.0.config.login_max.0 / 1_000;
        SessionManagerLayer::new(Logins(self.clone()))
            .with_name(self.login_cookie())
            .with_secure(self.0.config.is_https())
            .with_path(cookie::path(self.0.config.public_url.as_ref()).to_owned())
            .with_same_site(SameSite::Lax)
            .with_expiry(Expiry::OnInactivity(Duration::seconds(seconds)))
    }

    /// Begins a login under a new value of the cookie; what the browser had before is dead.
    pub(super) async fn begin(&self, admin: &Admin, session: &Session, begun: Begun) -> Result<(), LoginError> {
        session.cycle_id().await?;
        session.insert(ADMIN, admin.id).await?;
        session.insert(ORGANISATION, admin.organisation).await?;
        session.insert(WAY, begun.way).await?;
        session.insert(BROWSER, begun.browser).await?;
        session.insert(BEGUN_AT, self.now()).await?;
        // Saved here and not after the answer, so that a full disk is told in words.
        session.save().await?;
        Ok(())
    }

    fn login_cookie(&self) -> String {
        cookie::full_name(cookie::LOGIN, self.0.config.public_url.as_ref())
    }
}

/// The store of logins, as tower-sessions wants it.
#[derive(Clone)]
pub struct Logins(Auth);

impl std::fmt::Debug for Logins {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Logins")
    }
}

#[async_trait]
impl SessionStore for Logins {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let Self(Auth(parts)) = self;
        while parts.store.login(&key_of(record.id), Timestamp(0)).await.map_err(failed)?.is_some() {
            record.id = Id::default();
        }
        self.save(record).await
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let Self(auth) = self;
        let read = |name: &str| record.data.get(name).and_then(serde_json::Value::as_i64);
        let (Some(admin), Some(organisation), Some(begun_at)) = (read(ADMIN), read(ORGANISATION), read(BEGUN_AT))
        else {
            return Err(session_store::Error::Encode("only logins are kept".to_owned()));
        };
        let text = serde_json::to_string(&record.data).map_err(|why| session_store::Error::Encode(why.to_string()))?;
        let way = record.data.get(WAY).and_then(|way| serde_json::from_value(way.clone()).ok());
        let browser = record.data.get(BROWSER).and_then(|browser| browser.as_str()).unwrap_or_default();
        let login = LoginRow {
            key: key_of(record.id),
            organisation: OrganisationId(organisation),
            admin: AdminId(admin),
            record: text,
            ends_at: Timestamp(begun_at) + auth.0.config.login_max,
            idle_until: auth.now() + auth.0.config.login_idle,
            begun_at: Timestamp(begun_at),
            browser: browser.to_owned(),
            // One that began before this was kept.
            way: way.unwrap_or(SignInWay::Password),
        };
        auth.0.store.save_login(login, auth.now()).await.map_err(failed)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let Self(auth) = self;
        let Some(row) = auth.0.store.login(&key_of(*id), auth.now()).await.map_err(failed)? else { return Ok(None) };
        let data = serde_json::from_str(&row.record).map_err(|why| session_store::Error::Decode(why.to_string()))?;
        let left = row.idle_until.min(row.ends_at) - auth.now();
        let expiry_date = OffsetDateTime::now_utc() + Duration::milliseconds(left.0);
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let Self(auth) = self;
        auth.0.store.end_login(key_of(*id), auth.now()).await.map_err(failed)?;
        auth.heed_own_ending().await;
        Ok(())
    }
}

/// What is kept of the cookie's value.
fn key_of(id: Id) -> String {
    Sha256::digest(id.0.to_le_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn failed(why: StoreError) -> session_store::Error {
    session_store::Error::Backend(why.to_string())
}
