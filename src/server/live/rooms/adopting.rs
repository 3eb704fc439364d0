//! Rooms of other processes: what the command line opened is kept here from the next second on, and what it ended is left.
//!
//! Every session that this process keeps, or is about to, is claimed first, so that no two keepers have one. Whoever adds
//! another kind of session extends [`Rooms::look_around`].

use std::collections::{HashMap, HashSet};
use std::sync::MutexGuard;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::domain::ids::SessionId;
use crate::domain::pace::Pace;
use crate::room::Room;
use crate::room::timed::TimedRoom;
use crate::server::live::rooms::Rooms;
use crate::server::store::StoreError;
use crate::server::store::session::SessionRow;

/// How often it is looked for what another process did.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Sessions that this process keeps, with what ends their keepers.
pub(super) type Claims = HashMap<SessionId, CancellationToken>;

impl Rooms {
    /// Claims a session for this process; `None` if it is already.
    pub(super) fn claim(&self, session: SessionId) -> Option<CancellationToken> {
        let mut claims = self.claims();
        if claims.contains_key(&session) {
            return None;
        }
        Some(claims.entry(session).or_default().clone())
    }

    /// Gives a claim back: the session was not opened, or its room has gone.
    pub(super) fn give_back(&self, session: SessionId) {
        self.claims().remove(&session);
    }

    /// Brings a session back that this process does not keep yet. One whose facts make no room stays claimed, is left alone
    /// and told of once.
    ///
    /// # Errors
    /// [`StoreError`]; the session is looked at again then.
    pub(super) async fn bring_back(&self, row: SessionRow) -> Result<(), StoreError> {
        let Some(ended) = self.claim(row.id) else { return Ok(()) };
        let (owner, store, limits) = ((row.organisation, row.admin), &self.0.store, self.0.limits);
        let restored = match row.pace {
            Pace::Host => {
                let facts = store.facts(row.id).await.inspect_err(|_| self.give_back(row.id))?;
                Room::restore(facts, limits, self.0.clock.now()).map(|room| self.keep(owner, room, ended))
            }
            Pace::Own => {
                let facts = store.timed_facts(row.id).await.inspect_err(|_| self.give_back(row.id))?;
                TimedRoom::restore(facts, limits).map(|room| self.keep_timed(owner, room, ended))
            }
        };
        match restored {
            Ok(()) => info!(session.id = %row.id, pace = row.pace.name(), "session restored"),
            Err(why) => {
                error!(session.id = %row.id, error = %why, "session cannot be restored, its facts are kept");
                self.lost().push((row.organisation, row.code));
            }
        }
        Ok(())
    }

    /// Looks around once a second until the house stops.
    pub async fn watch_others(&self, stop: CancellationToken) {
        let (mut missing, mut was_well) = (HashSet::new(), true);
        while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
            let looked = self.look_around(&mut missing).await;
            if let (Err(why), true) = (&looked, was_well) {
                warn!(error = %why, "what was opened elsewhere cannot be read");
            }
            was_well = looked.is_ok();
        }
    }

    /// Adopts sessions that are open and that nobody here keeps, and leaves rooms whose sessions are not open any more
    /// though nobody here closed them. `missing` are those that were not open at the last look.
    async fn look_around(&self, missing: &mut HashSet<SessionId>) -> Result<(), StoreError> {
        let open: HashSet<SessionId> = self.0.store.open_session_ids().await?.into_iter().collect();
        let is_new = open.iter().any(|session| !self.claims().contains_key(session));
        if is_new {
            for row in self.0.store.open_sessions().await? {
                // A code may still lead to a room that was over a moment ago; until it has gone, the new one waits.
                if self.find(row.code).is_none() {
                    self.bring_back(row).await?;
                }
            }
        }
        // Seen twice, because a room of our own may just be opening or closing.
        let rooms = self.all().into_iter().filter(|room| !room.channel.is_over());
        let now_missing: HashSet<SessionId> =
            rooms.map(|room| room.session).filter(|session| !open.contains(session)).collect();
        for session in now_missing.intersection(missing) {
            if let Some(ended) = self.claims().get(session) {
                info!(session.id = %session, "room was ended elsewhere");
                ended.cancel();
            }
        }
        *missing = now_missing;
        Ok(())
    }

    fn claims(&self) -> MutexGuard<'_, Claims> {
        self.0.claims.lock().expect("nothing panics while it holds the claims")
    }
}
