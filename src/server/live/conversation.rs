//! What one link says, and to whom it goes: its sessions, its allowance, its credential.
//!
//! It waits for nothing: what a room cannot take now is refused with words, and what takes time is done by a task of its own
//! that writes the answer when it has it. It knows who is on the other end, and nothing of the game.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};

use tokio::sync::mpsc;
use tracing::debug;

use crate::domain::chat::ChatText;
use crate::domain::code::JoinCode;
use crate::domain::ids::{AdminId, CommandId, SeatId};
use crate::domain::limits::Limits;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::close::Close;
use crate::protocol::command::{Command, JoinSession, LeaveSession, Refresh, SessionName};
use crate::protocol::frame::{self, Stamp};
use crate::protocol::message::{LeftSession, Message, Pong, Position, Refreshed, Welcome};
use crate::protocol::refusal::Refusal;
use crate::protocol::timed::Finish;
use crate::protocol::view::Audience;
use crate::room::input::Who;
use crate::room::timed::input::TimedInput;
use crate::server::auth::caller::{Account, Caller};
use crate::server::chance;
use crate::server::live::admission::{self, Admission};
use crate::server::live::agent::Agent;
use crate::server::live::channel::LinkEnd;
use crate::server::live::credit::{Credit, Kind, Person};
use crate::server::live::keeper::Ask;
use crate::server::live::link::Link;
use crate::server::live::link_log::LinkLog;
use crate::server::live::out::Follow;
use crate::server::live::reader::Hear;
use crate::server::live::registry::{Entry, Own};
use crate::server::live::roll::{Connected, Listed, RollEntry};
use crate::server::live::rooms::RoomHandle;
use crate::server::live::timed::TimedAsk;
use crate::server::metrics::label::{Limit, Purpose};
use crate::server::{House, alarms};

/// What one link says. Its rooms are told when it is gone, whatever ended it.
pub struct Conversation {
    parts: Arc<Parts>,
    credit: Arc<Credit>,
    log: LinkLog,
    _listed: RollEntry,
}

/// What tasks that answer later share with the link's own.
struct Parts {
    link: Arc<Link>,
    house: House,
    caller: Option<Caller>,
    is_personal: bool,
    purpose: Purpose,
    opened_at: Timestamp,
    /// What is on the other side, once somebody has said it.
    agent: OnceLock<Agent>,
    sessions: Mutex<Sessions>,
    /// The desk that the link is at, if it is at one: it is in no session then.
    desk: Option<AtDesk>,
    entry: Option<Entry>,
}

/// A link's place at a desk.
struct AtDesk {
    end: Arc<LinkEnd>,
    inbox: mpsc::Sender<Ask>,
}

#[derive(Default)]
struct Sessions {
    places: Vec<Place>,
    /// Nobody joins any more.
    is_gone: bool,
}

/// One session that the link is in.
struct Place {
    end: Arc<LinkEnd>,
    room: RoomHandle,
    /// The round trip that the room was last told.
    told: Option<Millis>,
}

impl Conversation {
    /// A link that is opened for one session and ends with it.
    pub async fn in_session(
        link: Arc<Link>,
        house: House,
        caller: Option<Caller>,
        admission: Admission,
        position: Option<Position>,
    ) -> Option<Self> {
        let account = caller.as_ref().and_then(|caller| caller.account.as_ref());
        let person = match (account, admission.who) {
            (Some(account), _) => Person::Account(account.id),
            (None, Some(Who::Seat(seat))) => Person::Seat(admission.room.session, seat),
            (None, Some(Who::Host) | None) => Person::Link(link.id),
        };
        let purpose = Purpose::Session(admission.audience);
        let log = LinkLog::open(&house.metrics, link.id, purpose, Some(admission.room.session));
        let conversation = Self::new(link, house, caller, person, (log, None));
        conversation.parts.join(admission, position).await.ok()?;
        Some(conversation)
    }

    /// A person's own link, which enters and leaves sessions. It is greeted at once.
    pub fn personal(link: Arc<Link>, house: House, caller: Caller) -> Self {
        let account = caller.account.as_ref().map(|account| account.id);
        let person = account.map_or(Person::Link(link.id), Person::Account);
        let limits = house.config.limits;
        let welcome = Welcome { account, ..Welcome::outside(link.id, &limits, house.clock.now()) };
        link.tell(&frame::state(&Message::Connected(welcome), house.clock.now()));
        let log = LinkLog::open(&house.metrics, link.id, Purpose::Person, None);
        let conversation = Self::new(link, house, Some(caller), person, (log, None));
        conversation.parts.house.links.count_own(&conversation.parts.link, Own::Person, limits.links_per_seat_max);
        conversation
    }

    /// An admin's link to the desk of the organisation, which greets it.
    pub async fn at_desk(
        link: Arc<Link>,
        house: House,
        (caller, account): (Caller, Account),
        position: Option<Position>,
    ) -> Option<Self> {
        let desk = house.desks.of(account.organisation);
        let (number, limits) = (house.rooms.next_place(), house.config.limits);
        let log = LinkLog::open(&house.metrics, link.id, Purpose::Session(Audience::Admins), None);
        let end = Arc::new(LinkEnd::new(Arc::clone(&link), number, Audience::Admins, None, Some(account.id)));
        link.follow(Follow {
            place: number,
            channel: desk.channel,
            inbox: desk.inbox.clone(),
            audience: Audience::Admins,
            cursor: None,
            you: None,
            typing: Vec::new(),
            resync: None,
        });
        let at_desk = AtDesk { end: Arc::clone(&end), inbox: desk.inbox.clone() };
        let person = Person::Account(account.id);
        let conversation = Self::new(link, house, Some(caller), person, (log, Some(at_desk)));
        let links_max = limits.links_per_seat_max.saturating_mul(Limits::DESKS_PER_LINK);
        conversation.parts.house.links.count_own(&conversation.parts.link, Own::Desk, links_max);
        desk.inbox.send(Ask::Join { link: end, position }).await.ok()?;
        Some(conversation)
    }

    fn new(
        link: Arc<Link>,
        house: House,
        caller: Option<Caller>,
        person: Person,
        (log, desk): (LinkLog, Option<AtDesk>),
    ) -> Self {
        let credit = house.rooms.credits().of(person, house.clock.now());
        if let Some(caller) = &caller {
            link.ends_at(caller.ends_at);
        }
        let entry = caller.as_ref().map(|caller| house.links.enter(&link, caller));
        let purpose = log.purpose();
        let parts = Arc::new(Parts {
            is_personal: purpose == Purpose::Person,
            purpose,
            opened_at: house.clock.now(),
            agent: OnceLock::new(),
            link,
            house,
            caller,
            sessions: Mutex::default(),
            desk,
            entry,
        });
        let listed: Weak<Parts> = Arc::downgrade(&parts);
        let listed = parts.house.roll.enter(parts.link.id, listed);
        Self { parts, credit, log, _listed: listed }
    }

    /// Notes what is on the other side.
    #[must_use]
    pub fn with(self, agent: Agent) -> Self {
        // Said once, when the link is opened.
        let _ = self.parts.agent.set(agent);
        self
    }

    fn obey(&self, command: Command, id: Option<CommandId>, received_at: Timestamp) -> Result<(), Refusal> {
        let parts = &self.parts;
        match (&command, &parts.entry) {
            // Pages say these by themselves.
            (Command::Ping(_) | Command::Pong(_), _) | (_, None) => {}
            (_, Some(entry)) => entry.note_use(),
        }
        match command {
            Command::Ping(_) => {
                let round_trip_ms = parts.link.round_trip().map(|length| length.0);
                parts.reply(&Message::Pong(Pong { server_time: received_at, round_trip_ms }), id.as_ref());
                Ok(())
            }
            Command::Pong(_) => Ok(()),
            Command::Answer(answer) => {
                let (link, room) = parts.only_place()?;
                let Some(Who::Seat(seat)) = link.who else { return Err(Refusal::NotPlayer) };
                let id = id.ok_or(Refusal::NoId)?;
                let round_trip = parts.link.round_trip();
                hand(&room, Ask::Answer { link, seat, answer, id, received_at, round_trip })
            }
            Command::Chat(draft) => {
                let (link, room) = parts.only_place()?;
                let who = link.who.ok_or(Refusal::NotPlayer)?;
                let text = ChatText::parse(&draft.text)?;
                // Programs that do not number what they write are heard; they must not send it twice.
                hand(&room, Ask::Write { link, who, text, id: id.unwrap_or_else(chance::command_id) })
            }
            Command::UserTyping(typing) => {
                let (link, room) = parts.only_place()?;
                let who = link.who.ok_or(Refusal::NotPlayer)?;
                hand(&room, Ask::Typing { who, is_typing: typing.is_typing })
            }
            Command::Host(command) => {
                let (link, room) = parts.only_place()?;
                if link.who != Some(Who::Host) {
                    return Err(Refusal::NotHost);
                }
                hand(&room, Ask::Host { link, command, id: id.ok_or(Refusal::NoId)? })
            }
            Command::GoTo(to) => self.go_own_way(id, |seat| TimedInput::Go { seat, to }),
            Command::Finish(Finish {}) => self.go_own_way(id, |seat| TimedInput::Finish { seat }),
            Command::JoinSession(join) => parts.enter(join, id),
            Command::LeaveSession(leave) => parts.leave(&leave, id.as_ref()),
            Command::Refresh(refresh) => {
                let parts = Arc::clone(parts);
                tokio::spawn(async move { parts.refresh(refresh, id).await });
                Ok(())
            }
        }
    }

    /// What only a seat of a timed session asks.
    fn go_own_way(&self, id: Option<CommandId>, input: impl FnOnce(SeatId) -> TimedInput) -> Result<(), Refusal> {
        let (link, room) = self.parts.only_place()?;
        let Some(Who::Seat(seat)) = link.who else { return Err(Refusal::NotPlayer) };
        let id = id.ok_or(Refusal::NoId)?;
        hand(&room, Ask::Timed(TimedAsk::Said { link, input: input(seat), id }))
    }
}

fn hand(room: &RoomHandle, ask: Ask) -> Result<(), Refusal> {
    room.inbox.try_send(ask).map_err(|_| Refusal::Busy)
}

impl Hear for Conversation {
    fn on_text(&mut self, text: &str) {
        let received_at = self.parts.link.read_at();
        let limits = &self.parts.house.config.limits;
        let (id, asked) = frame::asked(text);
        let kind = match asked {
            // Each of these leads on to the next question, so they come as often as answers do.
            Ok(Command::Answer(_) | Command::GoTo(_) | Command::Finish(_)) => Kind::Answer,
            Ok(Command::Ping(_) | Command::Pong(_) | Command::UserTyping(_)) => Kind::Ping,
            Ok(
                Command::Chat(_)
                | Command::Host(_)
                | Command::JoinSession(_)
                | Command::LeaveSession(_)
                | Command::Refresh(_),
            )
            | Err(_) => Kind::Message,
        };
        self.log.received(asked.as_ref().map_or("other", Command::name), text.len());
        let parts = &self.parts;
        let allowed = self.credit.spend(kind, received_at, limits);
        if allowed.is_err() {
            self.log.metrics().limited(kind.limit());
            parts.alarm(kind.limit());
        }
        let outcome = allowed.and(asked).and_then(|command| self.obey(command, id.clone(), received_at));
        if let Err(refusal) = outcome {
            self.log.metrics().refused(refusal.code());
            if refusal == Refusal::Busy {
                self.log.metrics().limited(Limit::Inbox);
                parts.alarm(Limit::Inbox);
            }
            parts.link.tell(&frame::refusal(&refusal, parts.house.clock.now(), id.as_ref()));
            if self.credit.is_overdrawn(kind, limits) {
                parts.link.close(Close::TooFast, None);
            }
        }
    }

    fn on_binary(&mut self, _: &[u8]) {
        self.parts.link.close(Close::NotText, None);
    }

    /// Tells rooms when the round trip has changed so much that the host should see it.
    fn on_round_trip(&mut self, round_trip: Millis) {
        let differs = |told: Millis| (told.0 - round_trip.0).abs() > 5 + told.0 / 4;
        for place in &mut self.parts.sessions().places {
            if let Some(Who::Seat(seat)) = place.end.who
                && place.told.is_none_or(differs)
                && place.room.inbox.try_send(Ask::Measured { seat, round_trip }).is_ok()
            {
                place.told = Some(round_trip);
            }
        }
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        let places = {
            let mut sessions = self.parts.sessions();
            sessions.is_gone = true;
            std::mem::take(&mut sessions.places)
        };
        let (sent, close) = self.parts.link.sent();
        self.log.ending(sent, close);
        places.iter().for_each(Place::part);
        if let Some(AtDesk { end, inbox }) = &self.parts.desk {
            part(end, inbox);
        }
    }
}

impl Place {
    /// Tells the room that the link is gone from it.
    fn part(&self) {
        part(&self.end, &self.room.inbox);
    }
}

/// Tells a keeper that a link is gone from its place.
fn part(end: &Arc<LinkEnd>, inbox: &mpsc::Sender<Ask>) {
    end.link.unfollow(end.place);
    let gone = Ask::Gone(Arc::clone(end));
    if let Err(mpsc::error::TrySendError::Full(gone)) = inbox.try_send(gone) {
        let inbox = inbox.clone();
        tokio::spawn(async move { inbox.send(gone).await });
    }
}

impl Listed for Parts {
    fn connected(&self) -> Connected {
        let account = self.caller.as_ref().and_then(|caller| caller.account.as_ref());
        let places: Vec<_> = {
            let sessions = self.sessions();
            let open = sessions.places.iter().filter(|place| !place.end.is_dismissed());
            open.map(|place| (place.room.clone(), place.end.who)).collect()
        };
        Connected {
            id: self.link.id,
            since: self.opened_at,
            heard_at: self.link.read_at(),
            round_trip: self.link.round_trip(),
            queued_bytes: self.link.queued_bytes(),
            purpose: self.purpose,
            dialect: self.link.dialect,
            agent: self.agent.get().copied().unwrap_or_default(),
            account: account.map(|account| (account.id, account.name.clone())),
            organisation: account.map(|account| account.organisation),
            places,
        }
    }

    fn link(&self) -> &Arc<Link> {
        &self.link
    }
}

impl Parts {
    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().expect("nothing panics while it holds the sessions")
    }

    /// Tells the operators that a limit has stopped this link: those of its room, or of its account.
    fn alarm(&self, limit: Limit) {
        let of_room = self.sessions().places.last().map(|place| (place.room.organisation, Some(place.room.code)));
        let of = of_room.or_else(|| self.caller.as_ref()?.account.as_ref().map(|account| (account.organisation, None)));
        alarms::limited(&self.house, limit, of);
    }

    fn reply(&self, message: &Message, id: Option<&CommandId>) {
        self.link.tell(&frame::reply(message, self.house.clock.now(), id));
    }

    fn account(&self) -> Option<AdminId> {
        Some(self.caller.as_ref()?.account.as_ref()?.id)
    }

    /// The place that a command means which names no session.
    fn only_place(&self) -> Result<(Arc<LinkEnd>, RoomHandle), Refusal> {
        let mut sessions = self.sessions();
        sessions.places.retain(|place| !place.end.is_dismissed());
        // In several, it is the one that was entered last: that is what the person looks at.
        let place = sessions.places.last().ok_or(Refusal::NotInSession)?;
        Ok((Arc::clone(&place.end), place.room.clone()))
    }

    /// Takes a place in a room, whose keeper greets the link.
    async fn join(&self, admission: Admission, position: Option<Position>) -> Result<(), Refusal> {
        let Admission { room, audience, who } = admission;
        let number = self.house.rooms.next_place();
        let end = LinkEnd::new(Arc::clone(&self.link), number, audience, who, self.account());
        let end = Arc::new(if self.is_personal { end.beside_others() } else { end });
        let follow = Follow {
            place: number,
            channel: Arc::clone(&room.channel),
            inbox: room.inbox.clone(),
            audience,
            cursor: None,
            you: None,
            typing: Vec::new(),
            resync: None,
        };
        {
            let mut sessions = self.sessions();
            if sessions.is_gone {
                return Err(Refusal::NotInSession);
            }
            sessions.places.retain(|place| !place.end.is_dismissed());
            if sessions.places.iter().any(|place| place.room.session == room.session) {
                return Err(Refusal::InSession);
            }
            if sessions.places.len() >= self.house.config.limits.sessions_per_link_max as usize {
                return Err(Refusal::TooManySessions);
            }
            self.link.follow(follow);
            sessions.places.push(Place { end: Arc::clone(&end), room: room.clone(), told: None });
        }
        debug!(connection = self.link.id, session.id = %room.session, audience = ?audience, "link joins");
        if room.inbox.send(Ask::Join { link: end, position }).await.is_err() {
            self.forget(number);
            return Err(Refusal::NoRoom);
        }
        Ok(())
    }

    fn forget(&self, number: u64) {
        self.link.unfollow(number);
        self.sessions().places.retain(|place| place.end.place != number);
    }

    fn enter(self: &Arc<Self>, join: JoinSession, id: Option<CommandId>) -> Result<(), Refusal> {
        let Some(name) = join.session else {
            // Clients that were written for one room say that they join it; they are in.
            return if self.sessions().places.is_empty() { Err(Refusal::NotInSession) } else { Ok(()) };
        };
        if !self.is_personal {
            let is_in = self.sessions().places.iter().any(|place| is_named(&place.room, &name));
            return if is_in { Ok(()) } else { Err(Refusal::TooManySessions) };
        }
        let room = admission::find(&self.house.rooms, &name);
        let parts = Arc::clone(self);
        tokio::spawn(async move {
            let admitted = admission::admit(room, join.role, None, parts.caller.as_ref(), false).await;
            let joined = match admitted {
                Ok(admission) => parts.join(admission, join.position).await,
                Err(why) => Err(why.into()),
            };
            if let Err(refusal) = joined {
                parts.link.tell(&frame::refusal(&refusal, parts.house.clock.now(), id.as_ref()));
            }
        });
        Ok(())
    }

    fn leave(&self, leave: &LeaveSession, id: Option<&CommandId>) -> Result<(), Refusal> {
        let place = {
            let mut sessions = self.sessions();
            let is_meant = |place: &Place| leave.session.as_ref().is_none_or(|name| is_named(&place.room, name));
            let at = sessions.places.iter().rposition(is_meant).ok_or(Refusal::NotInSession)?;
            sessions.places.remove(at)
        };
        place.part();
        let left = LeftSession { session: place.room.code.to_string(), reason: None };
        self.link.tell(&frame::reply(&Message::LeftSession(left), self.stamp(place.room.code), id));
        if !self.is_personal {
            self.link.close(Close::Gone, None);
        }
        Ok(())
    }

    async fn refresh(&self, refresh: Refresh, id: Option<CommandId>) {
        let renewed = self.house.auth.renew(&refresh.token).await.ok();
        let own = renewed.filter(|renewed| {
            let account = renewed.caller.account.as_ref().map(|account| account.id);
            account.is_some() && account == self.account()
        });
        match own {
            Some(renewed) => {
                self.link.ends_at(renewed.caller.ends_at);
                self.house.links.renew(&self.link, renewed.caller.credential);
                let (access_token, refresh_token) =
                    renewed.tokens.map(|tokens| (tokens.access_token, tokens.refresh_token)).unzip();
                let refreshed = Refreshed { ends_at: renewed.caller.ends_at, access_token, refresh_token };
                self.reply(&Message::Refreshed(refreshed), id.as_ref());
            }
            None => self.link.tell(&frame::refusal(&Refusal::BadToken, self.house.clock.now(), id.as_ref())),
        }
    }

    fn stamp(&self, room: JoinCode) -> Stamp {
        Stamp { at: self.house.clock.now(), room: Some(room) }
    }
}

/// Whether a room is called so.
fn is_named(room: &RoomHandle, name: &SessionName) -> bool {
    match name {
        SessionName::Number(id) => room.session.0 == *id,
        SessionName::Text(text) => JoinCode::parse(text) == Ok(room.code) || *text == room.session.to_string(),
    }
}
