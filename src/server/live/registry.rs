//! All links that were opened with a credential of their own: so that its end reaches them, and nobody has too many.
//!
//! A seat's links are known to its room, which counts and ends them; here are those of accounts. It knows neither rooms nor
//! what is said.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use tokio::sync::broadcast;
use tracing::{info, warn};

use crate::domain::ids::AdminId;
use crate::protocol::close::Close;
use crate::server::auth::Auth;
use crate::server::auth::caller::{Caller, Credential};
use crate::server::live::farewell;
use crate::server::live::link::Link;
use crate::server::store::ending::Ending;

/// How often logins of open links are looked at: none is used for longer than this after its end.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The open links of accounts. A clone is the same.
#[derive(Clone, Debug, Default)]
pub struct Registry(Arc<Mutex<HashMap<u64, Row>>>);

#[derive(Debug)]
struct Row {
    link: Weak<Link>,
    account: Option<AdminId>,
    credential: Credential,
    /// Whether somebody asked for something since this was looked at last.
    is_used: Arc<AtomicBool>,
    own: Option<Own>,
}

/// What a link is that belongs to no room: an account may have so many of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// The person's own socket.
    Person,
    /// At the desk; every page of an admin has one.
    Desk,
}

/// A link's entry, taken out when dropped.
#[derive(Debug)]
pub struct Entry {
    registry: Registry,
    id: u64,
    is_used: Arc<AtomicBool>,
}

impl Entry {
    /// Notes that somebody asks for something over the link, so that the login that it was opened with is in use.
    pub fn note_use(&self) {
        self.is_used.store(true, Ordering::Relaxed);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.registry.rows().remove(&self.id);
    }
}

impl Registry {
    /// Enters a link that was opened by a caller.
    pub fn enter(&self, link: &Arc<Link>, caller: &Caller) -> Entry {
        let account = caller.account.as_ref().map(|account| account.id);
        let (credential, is_used) = (caller.credential.clone(), Arc::<AtomicBool>::default());
        let row = Row { link: Arc::downgrade(link), account, credential, own: None, is_used: Arc::clone(&is_used) };
        self.rows().insert(link.id, row);
        Entry { registry: self.clone(), id: link.id, is_used }
    }

    /// Marks a link as one of the account's own, and closes the oldest of the same kind beyond the limit.
    pub fn count_own(&self, link: &Link, own: Own, links_max: u32) {
        let mut rows = self.rows();
        let Some(account) = rows.get_mut(&link.id).and_then(|row| {
            row.own = Some(own);
            row.account
        }) else {
            return;
        };
        let mut same: Vec<(u64, Arc<Link>)> = rows
            .iter()
            .filter(|(_, row)| row.own == Some(own) && row.account == Some(account))
            .filter_map(|(id, row)| Some((*id, row.link.upgrade()?)))
            .filter(|(_, link)| !link.is_ending())
            .collect();
        drop(rows);
        same.sort_unstable_by_key(|(id, _)| *id);
        let beyond = same.len().saturating_sub(links_max as usize);
        for (_, oldest) in &same[..beyond] {
            oldest.close(Close::OpenedElsewhere, None);
        }
    }

    /// Notes that a link goes on with another credential.
    pub fn renew(&self, link: &Link, credential: Credential) {
        if let Some(row) = self.rows().get_mut(&link.id) {
            row.credential = credential;
        }
    }

    /// Sends away the links that are people's own; those of rooms are sent away by their rooms.
    pub fn send_away(&self) {
        let personal: Vec<Arc<Link>> =
            self.rows().values().filter(|row| row.own.is_some()).filter_map(|row| row.link.upgrade()).collect();
        for (place, link) in (0_u32..).zip(personal) {
            link.close(Close::Restart, Some(farewell::retry_ms(place)));
        }
    }

    /// Closes links whose credential ends, for as long as the house is open.
    pub async fn heed(self, auth: Auth) {
        let mut endings = auth.endings();
        loop {
            match endings.recv().await {
                Ok(ending) => self.close_where(|row| is_ended(row, &ending)),
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    warn!(missed, "endings were missed, so every link's credential is looked at");
                    self.check_all(&auth).await;
                }
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }

    /// Closes links whose login is over by itself, because nobody used it or because its time is over, for as long as the
    /// house is open. What is asked over a link is use of its login.
    pub async fn watch_logins(self, auth: Auth) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let mut open = HashMap::new();
            for row in self.rows().values() {
                if let Credential::Login(key) = &row.credential {
                    *open.entry(key.clone()).or_default() |= row.is_used.swap(false, Ordering::Relaxed);
                }
            }
            if open.is_empty() {
                continue;
            }
            match auth.logins_that_are_over(open).await {
                Ok(over) => {
                    self.close_where(|row| matches!(&row.credential, Credential::Login(key) if over.contains(key)))
                }
                Err(why) => warn!(error = %why, "logins of open links cannot be read, so they go on"),
            }
        }
    }

    async fn check_all(&self, auth: &Auth) {
        let credentials: Vec<Credential> = self.rows().values().map(|row| row.credential.clone()).collect();
        for credential in credentials {
            // One that cannot be looked up may have ended; its link may ask again.
            if auth.has_ended(&credential).await.unwrap_or(true) {
                self.close_where(|row| row.credential == credential);
            }
        }
    }

    fn close_where(&self, is_meant: impl Fn(&Row) -> bool) {
        let ended: Vec<Arc<Link>> =
            self.rows().values().filter(|row| is_meant(row)).filter_map(|row| row.link.upgrade()).collect();
        for link in ended {
            info!(connection = link.id, "link's credential has ended");
            link.close(Close::CredentialEnded, None);
        }
    }

    fn rows(&self) -> MutexGuard<'_, HashMap<u64, Row>> {
        self.0.lock().expect("nothing panics while it holds the registry")
    }
}

fn is_ended(row: &Row, ending: &Ending) -> bool {
    match ending {
        Ending::Grant(id) => row.credential == Credential::Grant(*id),
        Ending::Login(key) => matches!(&row.credential, Credential::Login(own) if own == key),
        Ending::Account(id) => row.account == Some(*id),
    }
}
