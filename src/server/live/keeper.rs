//! Who owns a room: lets it apply what was asked and, once that is stored, tells what came of it.
//!
//! Events go into the rings, replies into the mailboxes, states out when they are due. It knows no rule of the game, reads
//! no clock and waits for nothing: its [`duty`](crate::server::live::duty) does, so that a simulation may do it instead.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::oneshot;

use crate::domain::chat::ChatText;
use crate::domain::ids::{CommandId, SeatId};
use crate::domain::limits::Limits;
use crate::domain::name::Nickname;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::chat::ChatTaken;
use crate::protocol::close::Close;
use crate::protocol::command::{Answer, HostCommand};
use crate::protocol::event::{Event, SessionUpdate};
use crate::protocol::frame::{self, Stamp};
use crate::protocol::message::{Done, Message, Position, Snapshot};
use crate::protocol::refusal::Refusal;
use crate::protocol::state::State;
use crate::protocol::typing::TypingIndicator;
use crate::protocol::view::{Audience, Phase};
use crate::room::Room;
use crate::room::effect::{Effect, StateKey};
use crate::room::fact::Fact;
use crate::room::input::{Input, Who};
use crate::server::live::channel::{Channel, LinkEnd};
use crate::server::live::ends::Ends;
use crate::server::live::hall::{Hall, Joining};
use crate::server::live::presence::ToldPresence;
use crate::server::live::shard::Shards;
use crate::server::live::timed::TimedAsk;
use crate::server::live::told::Told;
use crate::server::metrics::Metrics;
use crate::server::metrics::label::Limit;

/// States are told at most this often, and at once when the session goes on.
const STATE_TICK_MS: i64 = 150;
/// The deadline is repeated this often while a clock runs, for clients that count by it.
const TIME_TICK_MS: i64 = 10_000;

/// What is asked of a keeper.
pub enum Ask {
    /// A link has opened.
    Join {
        /// The link.
        link: Arc<LinkEnd>,
        /// Where it was, if it was here before.
        position: Option<Position>,
    },
    /// A link fell behind the ring and wants a snapshot.
    Resync {
        /// The number of its place.
        place: u64,
        /// Why.
        lost: Lost,
    },
    /// A link has ended.
    Gone(Arc<LinkEnd>),
    /// A seat's link measured its round trip.
    Measured {
        /// The seat.
        seat: SeatId,
        /// The round trip.
        round_trip: Millis,
    },
    /// A player's answer.
    Answer {
        /// Whose link brought it.
        link: Arc<LinkEnd>,
        /// The seat.
        seat: SeatId,
        /// The answer.
        answer: Answer,
        /// The client's id.
        id: CommandId,
        /// When its bytes were read.
        received_at: Timestamp,
        /// The link's round trip, if it was measured.
        round_trip: Option<Millis>,
    },
    /// Somebody writes to the others.
    Write {
        /// Whose link brought it.
        link: Arc<LinkEnd>,
        /// Who.
        who: Who,
        /// The text.
        text: ChatText,
        /// The client's id.
        id: CommandId,
    },
    /// Somebody types, or does not any more.
    Typing {
        /// Who.
        who: Who,
        /// Whether there is typing now.
        is_typing: bool,
    },
    /// A host's command.
    Host {
        /// Whose link brought it.
        link: Arc<LinkEnd>,
        /// The command.
        command: HostCommand,
        /// The client's id.
        id: CommandId,
    },
    /// Somebody wants a seat.
    TakeSeat {
        /// The name.
        name: Nickname,
        /// The form's id.
        id: CommandId,
        /// Told when the seat is stored.
        reply: oneshot::Sender<Result<SeatId, Refusal>>,
    },
    /// Looks at the room as it is stored and told.
    Look(Look),
    /// Something for a timed session.
    Timed(TimedAsk),
}

/// Looks at a room.
type Look = Box<dyn FnOnce(&Room, &Channel) + Send>;

/// Why a link cannot go on from where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// It was too slow: what it lacks is not kept any more.
    Behind,
    /// The room went back to what is stored.
    Restarted,
}

/// Who waits for the result of an input.
enum Asker {
    Link(Arc<LinkEnd>, CommandId),
    Door(oneshot::Sender<Result<SeatId, Refusal>>),
    Nobody,
}

/// Inputs that were applied at once, until what came of them is told.
#[derive(Default)]
pub struct Batch {
    outcomes: Vec<(Asker, Result<Vec<Effect>, Refusal>)>,
    joins: Vec<Joining>,
    looks: Vec<Look>,
    /// When what is replied to came in.
    pub received: Vec<Timestamp>,
}

/// What changed and was not told yet.
#[derive(Default)]
struct Dirty {
    states: HashSet<StateKey>,
    yous: BTreeSet<SeatId>,
    every_you: bool,
    /// Told at once instead of with the next tick.
    is_urgent: bool,
}

/// Who owns a room.
pub struct Keeper {
    room: Room,
    hall: Hall,
    metrics: Metrics,
    dirty: Dirty,
    states_told_at: Timestamp,
    presence_told: ToldPresence,
    time_told_at: Timestamp,
}

impl Batch {
    /// What has to be stored before anything of it is told.
    pub fn facts(&self) -> Vec<Fact> {
        self.outcomes
            .iter()
            .flat_map(|(_, outcome)| outcome.as_deref().unwrap_or_default())
            .filter_map(|effect| if let Effect::Record(fact) = effect { Some(fact.clone()) } else { None })
            .collect()
    }
}

impl Keeper {
    /// A keeper for a room whose facts are stored.
    pub fn new(
        room: Room,
        channel: Arc<Channel>,
        (limits, metrics, shards): (Limits, Metrics, Shards),
        now: Timestamp,
    ) -> Self {
        Self {
            presence_told: ToldPresence::new(room.presence(), now),
            hall: Hall::new((room.session(), room.code()), channel, (limits, metrics.clone(), shards)),
            room,
            metrics,
            dirty: Dirty::default(),
            states_told_at: now,
            time_told_at: now,
        }
    }

    /// The room as it is applied; what of it is not stored yet is told nobody.
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// What its links read.
    pub fn channel(&self) -> &Channel {
        &self.hall.channel
    }

    /// The links that are in the room.
    pub fn links(&self) -> &Ends {
        &self.hall.links
    }

    /// Asks whoever comes from now on to come back later.
    pub fn leave(&mut self) {
        self.hall.leave();
    }

    /// When something has to be done without anybody asking; `None` if nothing ever has.
    pub fn wake_at(&self, now: Timestamp) -> Option<Timestamp> {
        // With the next states at the earliest: sooner it would wake for nothing, again and again.
        let time_at = (self.time_told_at + Millis(TIME_TICK_MS)).max(self.states_told_at + Millis(STATE_TICK_MS));
        let time = self.room.time_update(now).map(|_| time_at);
        [self.room.wake_at(), self.states_due_at(), time].into_iter().flatten().min()
    }

    /// When the next states are to be told; `None` if none is due.
    fn states_due_at(&self) -> Option<Timestamp> {
        let is_presence = |key: &StateKey| *key == StateKey::Presence;
        let next_tick = self.states_told_at + Millis(STATE_TICK_MS);
        if self.dirty.every_you || self.dirty.states.iter().any(|key| !is_presence(key)) {
            return Some(next_tick);
        }
        let is_due = self.dirty.states.iter().any(is_presence);
        is_due.then(|| self.presence_told.due_at(&self.room.presence()).max(next_tick))
    }

    /// Applies what was asked, and what time asks for. Nothing of it may be told before its facts are stored.
    #[must_use]
    pub fn take(&mut self, asks: impl Iterator<Item = Ask>, now: Timestamp) -> Batch {
        let Batch { mut outcomes, mut joins, mut looks, mut received } = Batch::default();
        for ask in asks {
            match ask {
                Ask::Join { link, position } => {
                    let (is_first, joining) = self.hall.enter(&link, position, now);
                    if let Some(who) = link.who.filter(|_| is_first) {
                        outcomes.push((Asker::Nobody, self.room.apply(Input::Arrived { who, round_trip: None }, now)));
                    }
                    joins.push(joining);
                }
                Ask::Resync { place, lost } => {
                    if lost == Lost::Behind {
                        self.metrics.skipped();
                    }
                    joins.extend(self.hall.again(place));
                }
                Ask::Gone(link) => {
                    let is_last = self.hall.depart(&link, now);
                    if let Some(who) = link.who.filter(|_| is_last) {
                        outcomes.push((Asker::Nobody, self.room.apply(Input::Left { who }, now)));
                    }
                }
                Ask::Measured { seat, round_trip } => {
                    outcomes.push((Asker::Nobody, self.room.apply(Input::Measured { seat, round_trip }, now)));
                }
                Ask::Answer { link, seat, answer, id, received_at, round_trip } => {
                    received.push(received_at);
                    let input = Input::Answer { seat, answer, id: id.clone(), received_at, round_trip };
                    outcomes.push((Asker::Link(link, id), self.room.apply(input, now)));
                }
                Ask::Write { link, who, text, id } => {
                    let input = Input::Write { who, text, id: id.clone() };
                    outcomes.push((Asker::Link(link, id), self.room.apply(input, now)));
                }
                Ask::Typing { who, is_typing } => {
                    let input = if is_typing { Input::Types { who } } else { Input::StopsTyping { who } };
                    outcomes.push((Asker::Nobody, self.room.apply(input, now)));
                }
                Ask::Host { link, command, id } => {
                    received.push(now);
                    let input = Input::Host { command, id: id.clone() };
                    outcomes.push((Asker::Link(link, id), self.room.apply(input, now)));
                }
                Ask::TakeSeat { name, id, reply } => {
                    received.push(now);
                    outcomes.push((Asker::Door(reply), self.room.apply(Input::TakeSeat { name, id }, now)));
                }
                Ask::Look(look) => looks.push(look),
                // In a live room nobody goes their own way.
                Ask::Timed(TimedAsk::Said { link, id, .. }) => {
                    outcomes.push((Asker::Link(link, id), Err(Refusal::NotNow)));
                }
                Ask::Timed(TimedAsk::Asked { reply, .. }) => drop(reply.send(Err(Refusal::NotNow))),
                Ask::Timed(TimedAsk::Look(_)) => {}
            }
        }
        if self.room.wake_at().is_some_and(|at| at <= now) {
            outcomes.push((Asker::Nobody, self.room.apply(Input::Tick, now)));
        }

        Batch { outcomes, joins, looks, received }
    }

    /// Tells what came of a batch whose facts are stored.
    pub fn tell_all(&mut self, batch: Batch, now: Timestamp) {
        let Batch { outcomes, joins, looks, received: _ } = batch;
        for (asker, outcome) in outcomes {
            self.answer(asker, outcome, now);
        }
        self.tell_states(now);
        self.welcome(joins, now);
        for look in looks {
            look(&self.room, &self.hall.channel);
        }
        self.hall.nudge();
    }

    /// Replaces the room by what is stored, after a commit failed; whoever asked for something is told to try again.
    #[must_use]
    pub fn go_back(&mut self, room: Room, batch: Batch) -> Batch {
        self.room = room;
        self.hall.begin_anew();
        self.dirty = Dirty::default();
        // Presence is nobody's fact; the snapshot that every link gets now carries it.
        self.hall.links.all().filter_map(|link| link.who).for_each(|who| self.room.remember_presence(who));
        // Also what was refused, and what was known already: either may rest on what is lost now.
        let outcomes = batch.outcomes.into_iter().map(|(asker, _)| (asker, Err(Refusal::NotSaved))).collect();
        Batch { outcomes, ..batch }
    }

    /// Tells what an input led to.
    fn answer(&mut self, asker: Asker, outcome: Result<Vec<Effect>, Refusal>, now: Timestamp) {
        if let (Err(refusal), Asker::Link(..) | Asker::Door(_)) = (&outcome, &asker) {
            self.metrics.refused(refusal.code());
            if *refusal == Refusal::RoomFull {
                self.metrics.limited(Limit::Seats);
            }
        }
        match (outcome, asker) {
            (Ok(effects), asker) => self.perform(effects, asker, now),
            (Err(refusal), Asker::Link(link, id)) => self.hall.refuse(&link, &refusal, &id, now),
            (Err(refusal), Asker::Door(reply)) => drop(reply.send(Err(refusal))),
            (Err(_), Asker::Nobody) => {}
        }
    }

    fn perform(&mut self, effects: Vec<Effect>, asker: Asker, now: Timestamp) {
        let mut asker = Some(asker);
        let stamp = self.hall.stamp(now);
        for effect in effects {
            match effect {
                Effect::Record(_) => {}
                Effect::Tell(audience, event) => {
                    let leads_on = matches!(&event, Event::SessionUpdate(_));
                    // A question comes up with a scene; the mere opening of its options has none.
                    let measures = matches!(
                        &event,
                        Event::SessionUpdate(SessionUpdate {
                            state: Phase::Reading | Phase::Answering,
                            scene: Some(_),
                            ..
                        })
                    );
                    self.dirty.is_urgent |= leads_on;
                    self.hall.tell_event(audience, &event, measures, now);
                }
                Effect::TellHost(event) => self.hall.tell_event(Audience::Host, &event, false, now),
                Effect::TellChat(audience, event) => self.hall.tell_event(audience, &event, false, now),
                Effect::Types(typist, indicator) => {
                    let told = typing_told(indicator, stamp);
                    self.tell_others_of_typing(Some(typist), |who| (who != typist).then(|| told.clone()));
                }
                Effect::CrowdTypes(typists) => {
                    let count = u32::try_from(typists.len()).unwrap_or(u32::MAX);
                    let to_others = typing_told(TypingIndicator::of_crowd(count), stamp);
                    let to_them = typing_told(TypingIndicator::of_crowd(count.saturating_sub(1)), stamp);
                    self.tell_others_of_typing(None, |who| {
                        Some(if typists.contains(&who) { to_them.clone() } else { to_others.clone() })
                    });
                }
                Effect::Changed(key) => drop(self.dirty.states.insert(key)),
                Effect::You(seat) => drop(self.dirty.yous.insert(seat)),
                Effect::EveryYou => self.dirty.every_you = true,
                Effect::Seated(seat) => {
                    if let Some(Asker::Door(reply)) = asker.take() {
                        // Whoever asked may have gone; the seat is there when they come back.
                        let _ = reply.send(Ok(seat));
                    }
                }
                Effect::Taken(taken) => self.reply_to(&asker, &Message::AnswerTaken(taken), now),
                Effect::ChatTaken(message_id) => {
                    self.reply_to(&asker, &Message::ChatTaken(ChatTaken { message_id }), now);
                }
                Effect::Done(step) => self.reply_to(&asker, &Message::Done(Done { step }), now),
                Effect::CloseSeat(seat) => self.hall.dismiss_seat(seat, Close::Removed, now),
                Effect::CloseAll => self.hall.dismiss_all(Close::Over, now),
            }
        }
    }

    /// Puts what is to be known of typing into the mailbox of each link that stands for somebody.
    fn tell_others_of_typing(&mut self, about: Option<Who>, told: impl Fn(Who) -> Option<Told>) {
        let links: Vec<_> = self.hall.links.all().cloned().collect();
        for link in links {
            if let Some(told) = link.who.and_then(&told) {
                link.put_typing(about, told);
                self.hall.has_mailed(&link);
            }
        }
    }

    /// Encodes the states that are due, once for all who may know them.
    ///
    /// A seat's own state follows from its own command, so it goes out at once, in one write with the reply.
    fn tell_states(&mut self, now: Timestamp) {
        let yous = std::mem::take(&mut self.dirty.yous);
        if !yous.is_empty() && !self.dirty.every_you {
            self.tell_yous(yous, now);
        }
        if self.room.time_update(now).is_some() && now - self.time_told_at >= Millis(TIME_TICK_MS) {
            self.dirty.states.insert(StateKey::Time);
        }
        if !self.dirty.is_urgent && now - self.states_told_at < Millis(STATE_TICK_MS) {
            return;
        }
        let mut dirty = std::mem::take(&mut self.dirty);
        if !dirty.is_urgent
            && self.presence_told.due_at(&self.room.presence()) > now
            && let Some(later) = dirty.states.take(&StateKey::Presence)
        {
            self.dirty.states.insert(later);
        }
        if !dirty.states.is_empty() || dirty.every_you {
            self.states_told_at = now;
        }
        for key in dirty.states {
            self.tell_state(key, now);
        }
        if dirty.every_you {
            let seats: Vec<SeatId> = self.hall.links.seats().collect();
            self.tell_yous(seats, now);
        }
    }

    fn tell_state(&mut self, key: StateKey, now: Timestamp) {
        let stamp = self.hall.stamp(now);
        let encode = |state: &State| Told::new(&frame::state(state, stamp));
        let (open, host) = match key {
            StateKey::Presence => {
                let presence = self.room.presence();
                self.presence_told.told(presence.clone(), now);
                let text = encode(&State::Presence(presence));
                (Some(text.clone()), text)
            }
            StateKey::Leaderboard => {
                let open = encode(&State::Leaderboard(self.room.leaderboard(Audience::Players)));
                (Some(open), encode(&State::Leaderboard(self.room.leaderboard(Audience::Host))))
            }
            StateKey::Time => {
                self.time_told_at = now;
                let Some(update) = self.room.time_update(now) else { return };
                let text = encode(&State::TimeUpdate(update));
                (Some(text.clone()), text)
            }
            StateKey::Latency => (None, encode(&State::Latency(self.room.latency()))),
        };
        self.hall.tell(Audience::Host, |feed| feed.put(key as usize, host));
        if let Some(open) = open {
            self.hall.tell(Audience::Stage, |feed| feed.put(key as usize, open.clone()));
            self.hall.tell(Audience::Players, |feed| feed.put(key as usize, open));
        }
    }

    /// Encodes each seat's own state once, for all its links.
    fn tell_yous(&mut self, seats: impl IntoIterator<Item = SeatId>, now: Timestamp) {
        for seat in seats {
            if !self.hall.links.of(Some(Who::Seat(seat))).is_empty()
                && let Some(you) = self.you_told(seat, now)
            {
                self.hall.put_you(seat, &you);
            }
        }
    }

    fn you_told(&self, seat: SeatId, now: Timestamp) -> Option<Told> {
        let you = self.room.you(seat)?;
        Some(Told::new(&frame::state(&Message::ScoreUpdate(you), self.hall.stamp(now))))
    }

    /// Greets links that joined or fell behind: from where they were, or with a snapshot.
    fn welcome(&mut self, joins: Vec<Joining>, now: Timestamp) {
        let mut snapshots: HashMap<Audience, Told> = HashMap::new();
        for joining in joins {
            let link = Arc::clone(&joining.link);
            let seat = link.who.and_then(Who::seat);
            let you = seat.and_then(|seat| self.you_told(seat, now));
            if seat.is_some() && you.is_none() {
                self.hall.dismiss(&link, Close::Removed, now);
                continue;
            }
            let (room, stamp, audience) = (&self.room, self.hall.stamp(now), link.audience);
            let snapshot =
                |head| snapshots.entry(audience).or_insert_with(|| snapshot(room, audience, head, stamp)).clone();
            self.hall.welcome(joining, snapshot, you, now);
            if self.room.is_closed() {
                self.hall.dismiss(&link, Close::Over, now);
            }
        }
    }

    fn reply_to(&mut self, asker: &Option<Asker>, message: &Message, now: Timestamp) {
        if let Some(Asker::Link(link, id)) = asker {
            self.hall.reply_to(link, message, id, now);
        }
    }
}

fn snapshot(room: &Room, audience: Audience, position: Position, stamp: Stamp) -> Told {
    fn encode<V: Serialize>(position: Position, audience: Audience, view: V, stamp: Stamp) -> Told {
        Told::new(&frame::snapshot(&Snapshot { position, audience, view }, stamp))
    }
    match audience {
        Audience::Host => encode(position, audience, room.host_view(), stamp),
        // No admin is in a room; what the stage sees is nobody's secret.
        Audience::Stage | Audience::Admins => encode(position, audience, room.stage_view(), stamp),
        Audience::Players => encode(position, audience, room.players_view(), stamp),
    }
}

fn typing_told(indicator: TypingIndicator, stamp: Stamp) -> Told {
    Told::new(&frame::state(&Message::TypingIndicator(indicator), stamp))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::JoinCode;
    use crate::domain::ids::{Epoch, SessionId, TurnNo};
    use crate::domain::question::{AnswerOption, Choice, Question, QuestionKind};
    use crate::domain::quiz::Quiz;
    use crate::protocol::dialect::Dialect;
    use crate::room::fact::Opened;
    use crate::server::clock::Clock;
    use crate::server::live::codec::{self, Opcode};
    use crate::server::live::link::{Link, Pipe, Places, Tube};
    use crate::server::live::out::Follow;
    use crate::server::live::rooms::LinkPlace;
    use crate::server::live::shard::ByHand;

    const NOW: Timestamp = Timestamp(1_000_000);

    /// A keeper whose facts are stored, or lost, as a test likes.
    struct Bench {
        keeper: Keeper,
        channel: Arc<Channel>,
        shards: Shards,
        hands: Vec<ByHand>,
        stored: Vec<Fact>,
        inbox: tokio::sync::mpsc::Sender<Ask>,
        _asks: tokio::sync::mpsc::Receiver<Ask>,
        links: u64,
    }

    fn id(text: &str) -> CommandId {
        CommandId::parse(text).expect("a good id")
    }

    impl Bench {
        /// A room with one question that nothing but answers ends, and its first two seats.
        fn new() -> Self {
            let option = |is_right| AnswerOption { text: format!("It is {is_right}"), is_right };
            let question = Question {
                prompt: "Is it?".to_owned(),
                options: vec![option(true), option(false)],
                reading_ms: 0,
                limit_ms: None,
                ..Question::blank(QuestionKind::Single)
            };
            let (title, language) = ("A quiz".to_owned(), "en".to_owned());
            let quiz = Quiz { title, description: String::new(), language, questions: vec![question] };
            let code = JoinCode::parse("KFX7QM").expect("a good code");
            let limits = Limits::default();
            let (room, fact) = Room::open(Opened { session: SessionId(1), code, quiz }, limits, NOW);
            let (shards, hands) = Shards::by_hand(&Clock::still(NOW), &limits);
            let channel = Arc::new(Channel::new(Epoch(1), limits));
            let keeper = Keeper::new(room, Arc::clone(&channel), (limits, Metrics::default(), shards.clone()), NOW);
            let (inbox, asks) = tokio::sync::mpsc::channel(8);
            let mut bench = Self { keeper, channel, shards, hands, stored: vec![fact], inbox, _asks: asks, links: 0 };
            for name in ["Ada", "Bo"] {
                let (reply, _) = oneshot::channel();
                bench.store([Ask::TakeSeat { name: Nickname::parse(name).expect("a name"), id: id(name), reply }]);
            }
            bench
        }

        /// A link that is about to join, and its socket.
        fn arriving(&mut self, audience: Audience, who: Who) -> (Arc<LinkEnd>, Arc<Tube>) {
            self.links += 1;
            let tube = Arc::<Tube>::default();
            tube.end().room = usize::MAX;
            let places = Places { link: LinkPlace::for_tests(), connection: None };
            let link =
                Link::new(self.links, Dialect::Podium, Pipe::Tube(Arc::clone(&tube)), self.shards.next(), places);
            link.follow(Follow {
                place: self.links,
                channel: Arc::clone(&self.channel),
                inbox: self.inbox.clone(),
                audience,
                cursor: None,
                you: None,
                typing: Vec::new(),
                resync: None,
            });
            (Arc::new(LinkEnd::new(link, self.links, audience, Some(who), None)), tube)
        }

        /// A link into the room, and its socket.
        fn link(&mut self, audience: Audience, who: Who) -> (Arc<LinkEnd>, Arc<Tube>) {
            let (end, tube) = self.arriving(audience, who);
            self.store([Ask::Join { link: Arc::clone(&end), position: None }]);
            (end, tube)
        }

        fn take(&mut self, asks: impl IntoIterator<Item = Ask>) -> Batch {
            self.keeper.take(asks.into_iter(), NOW)
        }

        fn tell(&mut self, batch: Batch) {
            self.keeper.tell_all(batch, NOW);
            self.hands.iter_mut().for_each(|hand| while hand.work() {});
        }

        fn store(&mut self, asks: impl IntoIterator<Item = Ask>) {
            let batch = self.take(asks);
            self.stored.extend(batch.facts());
            self.tell(batch);
        }

        /// The disk does not take what comes of this.
        fn lose(&mut self, asks: impl IntoIterator<Item = Ask>) {
            let batch = self.take(asks);
            assert!(!batch.facts().is_empty(), "there is something to lose");
            let room = Room::restore(self.stored.clone(), Limits::default(), NOW).expect("an own log is whole");
            let batch = self.keeper.go_back(room, batch);
            self.tell(batch);
        }

        fn host(&self, link: &Arc<LinkEnd>, name: &str, command: HostCommand) -> Ask {
            Ask::Host { link: Arc::clone(link), command, id: id(name) }
        }

        fn answer(&self, link: &Arc<LinkEnd>, name: &str) -> Ask {
            let Some(Who::Seat(seat)) = link.who else { panic!("only players answer") };
            let answer = Answer { turn: TurnNo(1), choice: Choice::of(&[0]).expect("a place") };
            let link = Arc::clone(link);
            Ask::Answer { link, seat, answer, id: id(name), received_at: NOW, round_trip: None }
        }
    }

    /// The frames that a socket took since the last look.
    fn frames(tube: &Tube) -> Vec<(Opcode, String)> {
        let bytes = std::mem::take(&mut tube.end().bytes).into();
        codec::payloads(&bytes).map(|(opcode, text)| (opcode, String::from_utf8_lossy(&text).into_owned())).collect()
    }

    const ADA: Who = Who::Seat(SeatId(1));
    const BO: Who = Who::Seat(SeatId(2));

    #[test]
    fn what_was_refused_because_of_a_lost_answer_may_be_tried_again() {
        let mut bench = Bench::new();
        let (host, _) = bench.link(Audience::Host, Who::Host);
        let (phone, first) = bench.link(Audience::Players, ADA);
        let (tablet, second) = bench.link(Audience::Players, ADA);
        bench.store([bench.host(&host, "go", HostCommand::Next { step: 0 })]);
        drop((frames(&first), frames(&second)));
        bench.lose([bench.answer(&phone, "a"), bench.answer(&tablet, "b")]);
        for tube in [first, second] {
            let replies: Vec<String> = frames(&tube).into_iter().map(|(_, text)| text).collect();
            let is_told = |text: &String| text.contains(r#""code":"not_saved""#);
            assert_eq!(replies.iter().filter(|text| is_told(text)).count(), 1, "{replies:?}");
            assert!(!replies.iter().any(|text| text.contains("twice")), "{replies:?}");
        }
    }

    #[test]
    fn a_room_that_went_back_leaves_no_gap_in_its_log() {
        let mut bench = Bench::new();
        let (host, _) = bench.link(Audience::Host, Who::Host);
        let (ada, _) = bench.link(Audience::Players, ADA);
        bench.store([bench.host(&host, "go", HostCommand::Next { step: 0 })]);
        bench.store([bench.answer(&ada, "a")]);
        bench.store([Ask::Gone(ada)]);
        bench.store([bench.host(&host, "out", HostCommand::Remove { seat: SeatId(2) })]);
        // Everybody has answered, and nobody is here: the question ends as soon as somebody comes.
        let (ada, _) = bench.arriving(Audience::Players, ADA);
        bench.lose([Ask::Join { link: ada, position: None }]);
        bench.store([]);
        assert_eq!(bench.keeper.room().phase(), Phase::Reveal, "the next tick ends it");
        let numbers: Vec<u32> = bench.stored.iter().map(|fact| fact.no).collect();
        assert!(numbers.iter().copied().eq(1..=numbers.len() as u32), "{numbers:?}");
    }

    #[test]
    fn who_was_sent_out_hears_nothing_more_however_slow() {
        let mut bench = Bench::new();
        let (host, _) = bench.link(Audience::Host, Who::Host);
        let (bo, tube) = bench.link(Audience::Players, BO);
        drop(frames(&tube));
        tube.end().room = 0;
        bench.store([bench.host(&host, "unlock", HostCommand::Unlock)]);
        bench.store([bench.host(&host, "out", HostCommand::Remove { seat: SeatId(2) })]);
        bench.store([bench.host(&host, "go", HostCommand::Next { step: 0 })]);
        tube.end().room = usize::MAX;
        bo.link.write_on();
        let heard = frames(&tube);
        assert!(!heard.iter().any(|(_, text)| text.contains("Is it?")), "{heard:?}");
        assert_eq!(heard.last().map(|(opcode, _)| *opcode), Some(Opcode::Close), "{heard:?}");
    }
}
