//! What ended before its time: remembered for as long as a token could outlive it, and told to whoever holds a socket.
//!
//! Tokens are read without asking the database, so those whose grant has ended are kept here; the store's list of endings
//! is read at the start and then once a second, which also brings what another process has ended. Whoever ends something
//! reads at once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::domain::ids::GrantId;
use crate::domain::time::{Millis, Timestamp};
use crate::server::auth::Auth;
use crate::server::auth::caller::Credential;
use crate::server::config::TOKEN_MINUTES_MAX;
use crate::server::store::StoreError;
use crate::server::store::ending::Ending;

/// How often another process's endings are looked for; sockets end within two seconds.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Endings that a listener may be behind before it misses some.
const TOLD_MAX: usize = 1_024;
/// No access token lives longer, and no ticket.
const TOKEN_LIFE_MAX: Millis = Millis(TOKEN_MINUTES_MAX * 60_000);
/// Links for colleagues are remembered after their end, so that who comes late is told why.
const INVITES_KEPT: Millis = Millis(30 * 24 * 3_600_000);
/// Rows are kept for longer than they are needed, because the wall clock may be set back between two starts.
const ROWS_KEPT: Millis = Millis(24 * 3_600_000);

/// What ended, and who wants to hear of it.
pub(super) struct Endings {
    heard: Mutex<Heard>,
    teller: broadcast::Sender<Ending>,
}

#[derive(Default)]
struct Heard {
    /// The number of the last ending that was read.
    no: i64,
    /// Grants that have ended, and when that was noticed.
    grants: HashMap<GrantId, Timestamp>,
}

impl Endings {
    pub(super) fn new() -> Self {
        Self { heard: Mutex::default(), teller: broadcast::channel(TOLD_MAX).0 }
    }

    fn has_grant(&self, id: GrantId) -> bool {
        self.lock().grants.contains_key(&id)
    }

    /// Takes in what was read after some number; what another reader was faster with is not told twice.
    fn hear(&self, rows: Vec<(i64, Ending)>, now: Timestamp) {
        let mut heard = self.lock();
        for (no, ending) in rows {
            if no <= heard.no {
                continue;
            }
            heard.no = no;
            if let Ending::Grant(id) = ending {
                heard.grants.insert(id, now);
            }
            // Nobody may be listening.
            let _ = self.teller.send(ending);
        }
        heard.grants.retain(|_, noticed_at| now - *noticed_at <= TOKEN_LIFE_MAX);
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().expect("nothing panics while it holds the endings")
    }
}

impl Auth {
    /// Everything that ends from now on, in this process or in another, within a second or so.
    ///
    /// Who was too slow and reads `Lagged` has missed some: ask [`Auth::has_ended`] for each credential then.
    pub fn endings(&self) -> broadcast::Receiver<Ending> {
        self.0.endings.teller.subscribe()
    }

    /// Whether what somebody came with has ended before its time.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`]; only a login is looked up there.
    pub async fn has_ended(&self, credential: &Credential) -> Result<bool, StoreError> {
        match credential {
            Credential::Grant(id) => Ok(self.0.endings.has_grant(*id)),
            Credential::Login(key) => Ok(self.0.store.login(key, self.now()).await?.is_none()),
            // A seat ends in its room.
            Credential::Seat(_) => Ok(false),
        }
    }

    /// Reads on in the list of endings, and tells what is new.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn heed_endings(&self) -> Result<(), StoreError> {
        let no = self.0.endings.lock().no;
        let rows = self.0.store.endings_after(no).await?;
        self.0.endings.hear(rows, self.now());
        Ok(())
    }

    /// Reads on once a second until the house stops.
    pub async fn watch_endings(&self, stop: CancellationToken) {
        let mut was_well = true;
        while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
            let heeded = self.heed_endings().await;
            if let (Err(why), true) = (&heeded, was_well) {
                tracing::error!(error = %why, "what was ended elsewhere cannot be read, so it goes on here");
            }
            was_well = heeded.is_ok();
        }
    }

    /// Sweeps out logins, grants, links for colleagues, entries of the audit log and endings that are over.
    ///
    /// # Errors
    /// [`StoreError::NotSaved`].
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let now = self.now();
        self.0.store.sweep_logins(now).await?;
        self.0.store.sweep_grants(now).await?;
        self.0.store.sweep_colleague_invites(now - INVITES_KEPT).await?;
        if let Some(kept) = self.0.config.audit_kept {
            self.0.store.sweep_audit(now - kept).await?;
        }
        self.0.store.sweep_endings(now - ROWS_KEPT).await
    }

    /// Reads on right after something was ended here; what fails is tried again within a second.
    pub(super) async fn heed_own_ending(&self) {
        if let Err(why) = self.heed_endings().await {
            tracing::warn!(error = %why, "what was ended is noticed a second later");
        }
    }

    /// Whether a grant has ended before its time.
    pub(super) fn has_grant_ended(&self, id: GrantId) -> bool {
        self.0.endings.has_grant(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    #[test]
    fn an_ending_is_told_once_and_remembered_as_long_as_a_token_lives() {
        let endings = Endings::new();
        let mut listener = endings.teller.subscribe();
        let grant = |id: i64| Ending::Grant(GrantId(id));
        endings.hear(vec![(1, grant(7)), (2, Ending::Login("key".to_owned()))], NOW);
        endings.hear(vec![(1, grant(7)), (2, Ending::Login("key".to_owned())), (4, grant(8))], NOW);
        let told: Vec<Ending> = std::iter::from_fn(|| listener.try_recv().ok()).collect();
        assert_eq!(told, [grant(7), Ending::Login("key".to_owned()), grant(8)]);
        assert!(endings.has_grant(GrantId(7)) && endings.has_grant(GrantId(8)) && !endings.has_grant(GrantId(9)));

        endings.hear(vec![], NOW + TOKEN_LIFE_MAX);
        assert!(endings.has_grant(GrantId(7)));
        endings.hear(vec![], NOW + TOKEN_LIFE_MAX + Millis(1));
        assert!(!endings.has_grant(GrantId(7)), "memory is bounded by the life of a token");
    }
}
