//! All rooms that run: opens them, finds them by code, brings them back after a restart.
//!
//! Knows nothing of who may do what: doors check that before they ask.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

use crate::domain::code::JoinCode;
use crate::domain::ids::{AdminId, CommandId, OrganisationId, QuizId, SeatId, SessionId};
use crate::domain::limits::Limits;
use crate::domain::name::Nickname;
use crate::domain::quiz::Quiz;
use crate::protocol::message::Position;
use crate::protocol::refusal::Refusal;
use crate::protocol::view::{Audience, HostView, Phase, PlayerView, StageView};
use crate::room::Room;
use crate::room::fact::Opened;
use crate::room::roster::SeatStatus;
use crate::server::chance;
use crate::server::clock::Clock;
use crate::server::live::channel::Channel;
use crate::server::live::credit::Credits;
use crate::server::live::duty::{Duty, Tools};
use crate::server::live::farewell::Farewell;
use crate::server::live::keeper::Ask;
use crate::server::live::shard::{Shard, Shards};
use crate::server::metrics::Metrics;
use crate::server::metrics::label::Limit;
use crate::server::store::session::NewSession;
use crate::server::store::{Store, StoreError};

/// When the house stops, links get this long to be told and to go,
const FAREWELL: Duration = Duration::from_secs(5);
/// and keepers this long to end after that; one that waits for a disk that does not answer is left.
const LAST_BATCH: Duration = Duration::from_millis(500);

/// All rooms that run. Cheap to clone.
#[derive(Clone)]
pub struct Rooms(Arc<Directory>);

struct Directory {
    by_code: RwLock<HashMap<JoinCode, RoomHandle>>,
    store: Store,
    clock: Clock,
    limits: Limits,
    metrics: Metrics,
    links: Arc<AtomicU32>,
    places: AtomicU64,
    credits: Credits,
    shards: Shards,
    keepers: TaskTracker,
    farewell: Arc<Farewell>,
    /// Sessions that were open and whose facts make no room.
    lost: Mutex<Vec<(OrganisationId, JoinCode)>>,
}

/// One running room. Cheap to clone.
#[derive(Clone)]
pub struct RoomHandle {
    /// Whose room it is.
    pub organisation: OrganisationId,
    /// Who opened it; gone if that account is.
    pub opened_by: Option<AdminId>,
    /// How people find it.
    pub code: JoinCode,
    /// The session that it runs.
    pub session: SessionId,
    /// Where the keeper is asked.
    pub inbox: mpsc::Sender<Ask>,
    /// What links read.
    pub channel: Arc<Channel>,
}

/// Why no room was opened.
#[derive(Debug, Error)]
pub enum OpenRoomError {
    /// As many rooms run as may.
    #[error("as many rooms are open as this server carries ({0}); close one first")]
    TooMany(u32),
    /// The quiz cannot be played yet.
    #[error("this quiz is not finished: {0}")]
    NotReady(String),
    /// The disk did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A link's place among all links of the process; given back when dropped.
#[derive(Debug)]
pub struct LinkPlace {
    links: Arc<AtomicU32>,
}

#[cfg(test)]
impl LinkPlace {
    /// A place in no house.
    pub fn for_tests() -> Self {
        Self { links: Arc::new(AtomicU32::new(1)) }
    }
}

impl Drop for LinkPlace {
    fn drop(&mut self) {
        self.links.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Rooms {
    /// Brings back every room that was open when the process ended.
    ///
    /// # Errors
    /// [`StoreError`] if the sessions cannot be read. A session whose facts make no room is left alone and logged.
    pub async fn restore(store: Store, clock: Clock, limits: Limits, metrics: Metrics) -> Result<Self, StoreError> {
        let rooms = Self(Arc::new(Directory {
            by_code: RwLock::default(),
            store: store.clone(),
            limits,
            links: Arc::default(),
            places: AtomicU64::new(0),
            credits: Credits::default(),
            shards: Shards::start(&clock, &limits, &metrics),
            metrics,
            keepers: TaskTracker::new(),
            farewell: Arc::default(),
            lost: Mutex::default(),
            clock,
        }));
        for row in store.open_sessions().await? {
            let facts = store.facts(row.id).await?;
            match Room::restore(facts, limits, rooms.0.clock.now()) {
                Ok(room) => {
                    info!(session.id = %row.id, phase = ?room.phase(), "room restored");
                    rooms.keep(row.organisation, row.admin, room);
                }
                Err(why) => {
                    error!(session.id = %row.id, error = %why, "room cannot be restored, its facts are kept");
                    rooms.lost().push((row.organisation, row.code));
                }
            }
        }
        Ok(rooms)
    }

    /// Opens a room for a quiz. The quiz is copied: editing it later changes nothing here.
    ///
    /// # Errors
    /// [`OpenRoomError`]; nothing was opened then.
    pub async fn open(
        &self,
        organisation: OrganisationId,
        admin: AdminId,
        quiz_id: QuizId,
        quiz: Quiz,
    ) -> Result<JoinCode, OpenRoomError> {
        if let Some(problem) = quiz.problems().into_iter().next() {
            return Err(OpenRoomError::NotReady(problem.to_string()));
        }
        let directory = &self.0;
        let rooms_max = directory.limits.rooms_max;
        let open = self.all().iter().filter(|room| !room.channel.is_over()).count();
        if open >= rooms_max as usize {
            directory.metrics.limited(Limit::Rooms);
            return Err(OpenRoomError::TooMany(rooms_max));
        }
        let code = loop {
            let code = chance::join_code();
            if self.find(code).is_none() && directory.store.session_by_code(code).await?.is_none() {
                break code;
            }
        };
        let session = directory.store.reserve_session();
        let title = quiz.title.clone();
        let (room, opened) = Room::open(Opened { session, code, quiz }, directory.limits, directory.clock.now());
        directory
            .store
            .open_session(NewSession { id: session, organisation, quiz: quiz_id, admin, code, title, opened })
            .await?;
        info!(session.id = %session, "room opened");
        self.keep(organisation, Some(admin), room);
        Ok(code)
    }

    /// The room with this code, if it runs or was over a moment ago.
    pub fn find(&self, code: JoinCode) -> Option<RoomHandle> {
        self.0.by_code.read().expect("nothing panics while it holds the directory").get(&code).cloned()
    }

    /// The room of this session, if it runs or was over a moment ago.
    pub fn find_session(&self, session: SessionId) -> Option<RoomHandle> {
        self.all().into_iter().find(|room| room.session == session)
    }

    /// The rooms that could not be restored, once: whose they are and how people found them.
    pub fn take_lost(&self) -> Vec<(OrganisationId, JoinCode)> {
        std::mem::take(&mut *self.lost())
    }

    fn lost(&self) -> MutexGuard<'_, Vec<(OrganisationId, JoinCode)>> {
        self.0.lost.lock().expect("nothing panics while it holds the list")
    }

    /// What everybody may send.
    pub fn credits(&self) -> &Credits {
        &self.0.credits
    }

    /// All rooms in memory.
    pub fn all(&self) -> Vec<RoomHandle> {
        self.0.by_code.read().expect("nothing panics while it holds the directory").values().cloned().collect()
    }

    /// Takes a place for one more link; `None` if the process has as many as it may.
    pub fn take_link_place(&self) -> Option<LinkPlace> {
        let links = Arc::clone(&self.0.links);
        let taken = links.fetch_add(1, Ordering::Relaxed);
        let place = LinkPlace { links };
        if taken >= self.0.limits.links_max {
            self.0.metrics.limited(Limit::Links);
            return None;
        }
        Some(place)
    }

    /// Who writes to links.
    pub fn shards(&self) -> Shards {
        self.0.shards.clone()
    }

    /// The shard of one more link.
    pub fn next_shard(&self) -> Arc<Shard> {
        self.0.shards.next()
    }

    /// The number of one more place of a link in a room.
    pub fn next_place(&self) -> u64 {
        self.0.places.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Links that are open now.
    pub fn link_count(&self) -> u32 {
        self.0.links.load(Ordering::Relaxed)
    }

    /// Sends all links away and ends all keepers, within a bounded time. What they acknowledged is stored already.
    pub async fn stop(&self) {
        let Directory { keepers, farewell, .. } = &*self.0;
        keepers.close();
        tokio::select! {
            () = farewell.begin(self.link_count() as usize) => {}
            () = keepers.wait() => {}
            () = tokio::time::sleep(FAREWELL) => warn!(links = self.link_count(), "links were still open at the end"),
        }
        farewell.end();
        if tokio::time::timeout(LAST_BATCH, keepers.wait()).await.is_err() {
            warn!(rooms = keepers.len(), "rooms still waited for the disk at the end");
        }
    }

    fn keep(&self, organisation: OrganisationId, opened_by: Option<AdminId>, room: Room) {
        let directory = &self.0;
        let (inbox, asks) = mpsc::channel(directory.limits.inbox_max as usize);
        let channel = Arc::new(Channel::new(chance::epoch(), directory.limits));
        let (code, session) = (room.code(), room.session());
        let handle = RoomHandle { organisation, opened_by, code, session, inbox, channel: Arc::clone(&channel) };
        directory.by_code.write().expect("nothing panics while it holds the directory").insert(code, handle);

        let house = Tools {
            store: directory.store.clone(),
            clock: directory.clock.clone(),
            limits: directory.limits,
            metrics: directory.metrics.clone(),
            shards: directory.shards.clone(),
        };
        let duty = Duty::new(room, channel, asks, house);
        let (farewell, rooms) = (Arc::clone(&directory.farewell), self.clone());
        directory.keepers.spawn(async move {
            duty.run(&farewell).await;
            rooms.0.by_code.write().expect("nothing panics while it holds the directory").remove(&code);
        });
    }
}

impl RoomHandle {
    /// Takes a seat under a name; the same id takes the same seat again.
    ///
    /// # Errors
    /// The room's refusal, or [`Refusal::Busy`] if its inbox is full.
    pub async fn take_seat(&self, name: Nickname, id: CommandId) -> Result<SeatId, Refusal> {
        let (reply, seat) = oneshot::channel();
        self.inbox.try_send(Ask::TakeSeat { name, id, reply }).map_err(|_| Refusal::Busy)?;
        seat.await.unwrap_or(Err(Refusal::Busy))
    }

    /// What the seat is to the room; `None` if it was never given out.
    pub async fn seat_status(&self, seat: SeatId) -> Option<SeatStatus> {
        self.look(move |room, _| room.seat_status(seat)).await.flatten()
    }

    /// The names of those who have these seats; nobody's where there is none any more.
    pub async fn seat_names(&self, seats: Vec<SeatId>) -> HashMap<SeatId, String> {
        let names = self.look(move |room, _| {
            let name = |seat: SeatId| match room.seat_status(seat)? {
                SeatStatus::Seated { name } => Some((seat, name.into())),
                SeatStatus::Removed | SeatStatus::Blocked => None,
            };
            seats.into_iter().filter_map(name).collect()
        });
        names.await.unwrap_or_default()
    }

    /// What a player's page starts from; `None` if the seat is not in the room.
    pub async fn player_page(&self, seat: SeatId) -> Option<(PlayerView, Position)> {
        self.look(move |room, channel| Some((room.player_view(seat)?, head(channel, Audience::Players))))
            .await
            .flatten()
    }

    /// What the stage's page starts from; `None` if the room is just going away.
    pub async fn stage_page(&self) -> Option<(StageView, Position)> {
        self.look(|room, channel| (room.stage_view(), head(channel, Audience::Stage))).await
    }

    /// What the host's page starts from; `None` if the room is just going away.
    pub async fn host_page(&self) -> Option<(HostView, Position)> {
        self.look(|room, channel| (room.host_view(), head(channel, Audience::Host))).await
    }

    /// Title, phase and seats that are here; `None` if the room is just going away.
    pub async fn card(&self) -> Option<(String, Phase, u32)> {
        self.look(|room, _| {
            let show = room.show(Audience::Stage);
            (show.title, room.phase(), show.presence.here)
        })
        .await
    }

    /// Looks at the room as it is stored and told.
    async fn look<R: Send + 'static>(&self, look: impl FnOnce(&Room, &Channel) -> R + Send + 'static) -> Option<R> {
        let (reply, seen) = oneshot::channel();
        let ask = Ask::Look(Box::new(move |room, channel| {
            // Whoever asked may have gone.
            let _ = reply.send(look(room, channel));
        }));
        self.inbox.send(ask).await.ok()?;
        seen.await.ok()
    }
}

fn head(channel: &Channel, audience: Audience) -> Position {
    channel.with(audience, |feed| feed.position())
}
