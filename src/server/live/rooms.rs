//! All rooms that run: opens them, finds them by code, brings them back after a restart.
//!
//! Knows nothing of who may do what: doors check that before they ask.

mod adopting;
pub mod opening;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{self, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::domain::code::JoinCode;
use crate::domain::ids::{AdminId, CommandId, OrganisationId, QuizId, SeatId, SessionId};
use crate::domain::limits::Limits;
use crate::domain::name::Nickname;
use crate::domain::pace::Pace;
use crate::domain::quiz::Quiz;
use crate::domain::timed::TimedSettings;
use crate::protocol::message::Position;
use crate::protocol::refusal::Refusal;
use crate::protocol::view::{Audience, HostView, Phase, PlayerView, StageView};
use crate::room::Room;
use crate::room::roster::SeatStatus;
use crate::room::timed::TimedRoom;
use crate::server::chance;
use crate::server::clock::Clock;
use crate::server::live::channel::Channel;
use crate::server::live::credit::Credits;
use crate::server::live::duty::{Duty, Tools};
use crate::server::live::farewell::Farewell;
use crate::server::live::keeper::Ask;
use crate::server::live::people_news::PeopleNews;
use crate::server::live::rooms::adopting::Claims;
use crate::server::live::rooms::opening::{Opening, TimedOpening, free_code};
use crate::server::live::shard::{Shard, Shards};
use crate::server::live::timed::duty::TimedDuty;
use crate::server::live::timed::looking::ReadLately;
use crate::server::metrics::Metrics;
use crate::server::metrics::label::Limit;
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
    claims: Mutex<Claims>,
    store: Store,
    clock: Clock,
    limits: Limits,
    metrics: Metrics,
    links: Arc<AtomicU32>,
    places: AtomicU64,
    credits: Credits,
    shards: Shards,
    people_news: PeopleNews,
    keepers: TaskTracker,
    /// Held while a session is opened: one after the other, so that none is counted before it is there.
    opening: sync::Mutex<()>,
    read_lately: sync::Mutex<ReadLately>,
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
    /// How the session moves.
    pub pace: Pace,
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
    /// The settings of a timed session do not fit together.
    #[error("{1}")]
    BadSettings(&'static str, String),
    /// The disk did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whose a session is, and who opened it.
type Owner = (OrganisationId, Option<AdminId>);

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
            claims: Mutex::default(),
            store: store.clone(),
            limits,
            links: Arc::default(),
            places: AtomicU64::new(0),
            credits: Credits::default(),
            shards: Shards::start(&clock, &limits, &metrics),
            metrics,
            people_news: PeopleNews::default(),
            keepers: TaskTracker::new(),
            opening: sync::Mutex::default(),
            read_lately: sync::Mutex::default(),
            farewell: Arc::default(),
            lost: Mutex::default(),
            clock,
        }));
        for row in store.open_sessions().await? {
            rooms.bring_back(row).await?;
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
        let opening = Opening { organisation, admin: Some(admin), quiz_id, quiz };
        opening.check()?;
        let directory = &self.0;
        let _one_by_one = directory.opening.lock().await;
        self.has_place(Pace::Host, directory.limits.rooms_max)?;
        let code = self.free_code().await?;
        let session = directory.store.reserve_session().await?;
        // Before it is stored, so that it is not taken for another process's.
        let ended = self.claim(session).expect("a session is given out once");
        let now = directory.clock.now();
        let stored = opening.store(&directory.store, session, code, (directory.limits, now)).await;
        let room = stored.inspect_err(|_| self.give_back(session))?;
        info!(session.id = %session, "room opened");
        self.keep((organisation, Some(admin)), room, ended);
        Ok(code)
    }

    /// Opens a timed session of a quiz. The quiz is copied: editing it later changes nothing here.
    ///
    /// # Errors
    /// [`OpenRoomError`]; nothing was opened then.
    pub async fn open_timed(
        &self,
        organisation: OrganisationId,
        admin: AdminId,
        (quiz_id, quiz): (QuizId, Quiz),
        settings: TimedSettings,
    ) -> Result<SessionId, OpenRoomError> {
        let opening = TimedOpening { organisation, admin: Some(admin), quiz_id, quiz, settings };
        let directory = &self.0;
        let now = directory.clock.now();
        opening.check(now)?;
        let _one_by_one = directory.opening.lock().await;
        self.has_place(Pace::Own, directory.limits.timed_sessions_max)?;
        let code = self.free_code().await?;
        let session = directory.store.reserve_session().await?;
        // Before it is stored, so that it is not taken for another process's.
        let ended = self.claim(session).expect("a session is given out once");
        let stored = opening.store(&directory.store, session, code, (directory.limits, now)).await;
        let room = stored.inspect_err(|_| self.give_back(session))?;
        info!(session.id = %session, "timed session opened");
        self.keep_timed((organisation, Some(admin)), room, ended);
        Ok(session)
    }

    /// Whether one more of a kind may be open.
    fn has_place(&self, pace: Pace, most: u32) -> Result<(), OpenRoomError> {
        let open = self.all().iter().filter(|room| room.pace == pace && !room.channel.is_over()).count();
        if open >= most as usize {
            self.0.metrics.limited(Limit::Rooms);
            return Err(OpenRoomError::TooMany(most));
        }
        Ok(())
    }

    /// A code that no open session has.
    async fn free_code(&self) -> Result<JoinCode, StoreError> {
        free_code(&self.0.store, |code| self.find(code).is_some()).await
    }

    /// The room with this code, if it runs or was over a moment ago.
    pub fn find(&self, code: JoinCode) -> Option<RoomHandle> {
        self.0.by_code.read().expect("nothing panics while it holds the directory").get(&code).cloned()
    }

    /// The room of this session, if it runs or was over a moment ago.
    pub fn find_session(&self, session: SessionId) -> Option<RoomHandle> {
        let rooms = self.0.by_code.read().expect("nothing panics while it holds the directory");
        rooms.values().find(|room| room.session == session).cloned()
    }

    /// A timed session of an organisation that runs.
    pub fn find_timed(&self, organisation: OrganisationId, session: SessionId) -> Option<RoomHandle> {
        let is_theirs = |room: &RoomHandle| room.organisation == organisation && room.pace == Pace::Own;
        self.find_session(session).filter(is_theirs)
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

    /// Where it is said that something about people was stored.
    pub fn people_news(&self) -> PeopleNews {
        self.0.people_news.clone()
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

    fn keep(&self, owner: Owner, room: Room, ended: CancellationToken) {
        let (code, session) = (room.code(), room.session());
        let (channel, asks) = self.enter(owner, (code, session, Pace::Host));
        let duty = Duty::new(room, channel, self.tools());
        let farewell = Arc::clone(&self.0.farewell);
        self.run((code, session), async move { duty.run(asks, &farewell, &ended).await });
    }

    fn keep_timed(&self, owner: Owner, room: TimedRoom, ended: CancellationToken) {
        let (code, session) = (room.code(), room.session());
        let (channel, asks) = self.enter(owner, (code, session, Pace::Own));
        let duty = TimedDuty::new(owner.0, room, channel, self.tools(), self.people_news());
        let farewell = Arc::clone(&self.0.farewell);
        self.run((code, session), async move { duty.run(asks, &farewell, &ended).await });
    }

    /// Enters a session into the directory: what its links read, and where it is asked.
    fn enter(
        &self,
        (organisation, opened_by): Owner,
        (code, session, pace): (JoinCode, SessionId, Pace),
    ) -> (Arc<Channel>, mpsc::Receiver<Ask>) {
        let limits = self.0.limits;
        let (inbox, asks) = mpsc::channel(limits.inbox_max as usize);
        let channel = Arc::new(Channel::new(chance::epoch(), limits));
        let handle = RoomHandle { organisation, opened_by, code, session, pace, inbox, channel: Arc::clone(&channel) };
        self.0.by_code.write().expect("nothing panics while it holds the directory").insert(code, handle);
        (channel, asks)
    }

    /// Runs a keeper; its session leaves the directory with it.
    fn run(&self, (code, session): (JoinCode, SessionId), duty: impl Future<Output = ()> + Send + 'static) {
        let rooms = self.clone();
        self.0.keepers.spawn(async move {
            duty.await;
            rooms.0.by_code.write().expect("nothing panics while it holds the directory").remove(&code);
            rooms.give_back(session);
        });
    }

    /// Closed sessions that were read a moment ago.
    pub(super) fn read_lately(&self) -> &sync::Mutex<ReadLately> {
        &self.0.read_lately
    }

    /// What keepers work with.
    pub(super) fn tools(&self) -> Tools {
        let Directory { store, clock, limits, metrics, shards, .. } = &*self.0;
        Tools {
            store: store.clone(),
            clock: clock.clone(),
            limits: *limits,
            metrics: metrics.clone(),
            shards: shards.clone(),
        }
    }
}

impl RoomHandle {
    /// The session, if it is a timed one: it has a page of its own, where a live room is found by its code.
    pub fn timed_session(&self) -> Option<SessionId> {
        match self.pace {
            Pace::Own => Some(self.session),
            Pace::Host => None,
        }
    }

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
        let live = |room: &Room, seat: SeatId| match room.seat_status(seat)? {
            SeatStatus::Seated { name } => Some((seat, String::from(name))),
            SeatStatus::Removed | SeatStatus::Blocked => None,
        };
        let timed = |room: &TimedRoom, seat: SeatId| Some((seat, room.seat(seat)?.name.clone()));
        let names: Option<HashMap<SeatId, String>> = match self.pace {
            Pace::Host => {
                self.look(move |room, _| seats.into_iter().filter_map(|seat| live(room, seat)).collect()).await
            }
            Pace::Own => {
                self.look_timed(move |room, _, _| seats.into_iter().filter_map(|seat| timed(room, seat)).collect())
                    .await
            }
        };
        names.unwrap_or_default()
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
