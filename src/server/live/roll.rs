//! Everybody who is connected, for who watches over them: what is known of each link at this moment, and how to close one.
//!
//! A link is entered when its conversation begins and is gone when that is dropped. It keeps nothing of a link but where to
//! ask; who may ask is said by doors.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use tracing::info;

use crate::domain::ids::{AdminId, OrganisationId};
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::close::Close;
use crate::protocol::dialect::Dialect;
use crate::room::input::Who;
use crate::server::live::agent::Agent;
use crate::server::live::link::Link;
use crate::server::live::rooms::RoomHandle;
use crate::server::metrics::label::Purpose;

/// All open links by the number of their connection. A clone is the same.
#[derive(Clone, Default)]
pub struct Roll(Arc<Mutex<BTreeMap<u64, Weak<dyn Listed>>>>);

/// What can say how it is connected.
pub trait Listed: Send + Sync {
    /// As it is now.
    fn connected(&self) -> Connected;

    /// Its link.
    fn link(&self) -> &Arc<Link>;
}

/// One open link.
#[derive(Clone)]
pub struct Connected {
    /// The number of the connection, as it stands in the log.
    pub id: u64,
    /// When it was opened.
    pub since: Timestamp,
    /// When it was last heard.
    pub heard_at: Timestamp,
    /// The round trip, if it was measured.
    pub round_trip: Option<Millis>,
    /// Bytes that wait for it alone.
    pub queued_bytes: usize,
    /// What it was opened for.
    pub purpose: Purpose,
    /// The words that it speaks.
    pub dialect: Dialect,
    /// What is on the other side.
    pub agent: Agent,
    /// The account that it was opened with: its id and name.
    pub account: Option<(AdminId, String)>,
    /// The organisation of that account.
    pub organisation: Option<OrganisationId>,
    /// The rooms that it is in, and as whom.
    pub places: Vec<(RoomHandle, Option<Who>)>,
}

impl Connected {
    /// What an organisation may know of it, if it is theirs: a link belongs to those in whose rooms it is, and only while
    /// it is in none to that of its account. Each sees its own rooms and accounts only.
    fn seen_by(mut self, organisation: OrganisationId) -> Option<Self> {
        let is_in_rooms = !self.places.is_empty();
        let is_of_account = self.organisation == Some(organisation);
        self.places.retain(|(room, _)| room.organisation == organisation);
        if !is_of_account {
            self.account = None;
        }
        let is_theirs = if is_in_rooms { !self.places.is_empty() } else { is_of_account };
        is_theirs.then_some(self)
    }
}

/// A link's entry, taken out when dropped.
pub struct RollEntry {
    roll: Roll,
    id: u64,
}

impl Drop for RollEntry {
    fn drop(&mut self) {
        self.roll.lines().remove(&self.id);
    }
}

impl Roll {
    /// Enters a link.
    pub fn enter(&self, id: u64, listed: Weak<dyn Listed>) -> RollEntry {
        self.lines().insert(id, listed);
        RollEntry { roll: self.clone(), id }
    }

    /// The links of an organisation that stay, in the order in which they were opened, from the one after this number on.
    pub fn of(&self, organisation: OrganisationId, after: u64) -> Vec<Connected> {
        // What is listed has locks of its own, so none of ours is held while it is asked.
        let listed: Vec<_> = self.lines().range(after.saturating_add(1)..).map(|(_, line)| Weak::clone(line)).collect();
        let open = listed.iter().filter_map(Weak::upgrade).filter(|line| !line.link().is_ending());
        open.filter_map(|line| line.connected().seen_by(organisation)).collect()
    }

    /// Closes a link of an organisation; whether there was one. A browser comes back by itself.
    pub fn close(&self, organisation: OrganisationId, id: u64) -> bool {
        let Some(line) = self.lines().get(&id).and_then(Weak::upgrade) else { return false };
        if line.link().is_ending() || line.connected().seen_by(organisation).is_none() {
            return false;
        }
        info!(connection = id, "link closed by an operator");
        line.link().close(Close::Gone, None);
        true
    }

    fn lines(&self) -> MutexGuard<'_, BTreeMap<u64, Weak<dyn Listed>>> {
        self.0.lock().expect("nothing panics while it holds the roll")
    }
}
