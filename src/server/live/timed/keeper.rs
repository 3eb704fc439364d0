//! Who owns a timed session: lets it apply what was asked and, once that is stored, tells what came of it.
//!
//! It knows no rule, reads no clock and waits for nothing: its [`duty`](crate::server::live::timed::duty) does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::domain::ids::{CommandId, SeatId, TurnNo};
use crate::domain::limits::Limits;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::close::Close;
use crate::protocol::frame;
use crate::protocol::message::{Done, Message, Snapshot};
use crate::protocol::refusal::Refusal;
use crate::protocol::state::State;
use crate::protocol::timed::{SeatMessage, TimedEvent, TimedPlayersView};
use crate::protocol::view::Audience;
use crate::room::input::Who;
use crate::room::timed::TimedRoom;
use crate::room::timed::effect::TimedEffect;
use crate::room::timed::fact::{TimedBody, TimedFact};
use crate::room::timed::input::TimedInput;
use crate::server::live::channel::{Channel, LinkEnd};
use crate::server::live::ends::Ends;
use crate::server::live::hall::{Hall, Joining};
use crate::server::live::keeper::{Ask, Lost};
use crate::server::live::shard::Shards;
use crate::server::live::timed::{TimedAsk, TimedLook};
use crate::server::live::told::Told;
use crate::server::metrics::Metrics;
use crate::server::metrics::label::Limit;
use crate::server::store::timed::{AnswerSave, SeatSave, TimedBatch};

/// How far people are is told the host at most this often.
const PROGRESS_TICK: Millis = Millis(150);
/// Each seat is told again so often how much time is left, for clients that count by it,
const TIME_TICK_MS: i64 = 10_000;
/// in so many groups, so that not all of them are told at once.
const TIME_GROUPS: i64 = 10;

/// Who waits for the result of an input.
enum Asker {
    Link(Arc<LinkEnd>, CommandId),
    Door(oneshot::Sender<Result<Option<SeatId>, Refusal>>),
    /// Whoever takes a seat by the code.
    Seat(oneshot::Sender<Result<SeatId, Refusal>>),
    Nobody,
}

/// Inputs that were applied at once, until what came of them is told.
#[derive(Default)]
pub struct Batch {
    outcomes: Vec<(Asker, Result<Vec<TimedEffect>, Refusal>)>,
    joins: Vec<Joining>,
    looks: Vec<TimedLook>,
    /// What has to be stored before anything of it is told.
    pub saves: TimedBatch,
    /// When what is replied to came in.
    pub received: Vec<Timestamp>,
}

/// Who owns a timed session.
pub struct TimedKeeper {
    room: TimedRoom,
    hall: Hall,
    metrics: Metrics,
    /// Seats whose rows are to be told the host.
    rows: BTreeSet<SeatId>,
    /// Whether something else that the host sees is to be told.
    is_show_due: bool,
    rows_told_at: Timestamp,
    /// The last group that was told how much time is left, as the time at which it was due.
    time_told_at: Timestamp,
}

impl TimedKeeper {
    /// A keeper for a session whose facts are stored.
    pub fn new(
        room: TimedRoom,
        channel: Arc<Channel>,
        (limits, metrics, shards): (Limits, Metrics, Shards),
        now: Timestamp,
    ) -> Self {
        Self {
            hall: Hall::new((room.session(), room.code()), channel, (limits, metrics.clone(), shards)),
            room,
            metrics,
            rows: BTreeSet::new(),
            is_show_due: false,
            rows_told_at: now,
            time_told_at: now,
        }
    }

    /// The session as it is applied; what of it is not stored yet is told nobody.
    pub fn room(&self) -> &TimedRoom {
        &self.room
    }

    /// The links that are in it.
    pub fn links(&self) -> &Ends {
        &self.hall.links
    }

    /// What its links read.
    pub fn channel(&self) -> &Channel {
        &self.hall.channel
    }

    /// Asks whoever comes from now on to come back later.
    pub fn leave(&mut self) {
        self.hall.leave();
    }

    /// Sends home whoever is still here: nobody keeps the session any more.
    pub fn end(&mut self, now: Timestamp) {
        self.hall.dismiss_all(Close::Over, now);
        self.hall.nudge();
    }

    /// When something has to be done without anybody asking; `None` if nothing ever has.
    pub fn wake_at(&self) -> Option<Timestamp> {
        let rows = (!self.rows.is_empty() || self.is_show_due).then(|| self.rows_told_at + PROGRESS_TICK);
        let has_seats = self.hall.links.seats().next().is_some();
        let times = has_seats.then(|| self.time_told_at + Millis(TIME_TICK_MS / TIME_GROUPS));
        [self.room.wake_at(), rows, times].into_iter().flatten().min()
    }

    /// Applies what was asked, and what time asks for. Nothing of it may be told before its facts are stored.
    #[must_use]
    pub fn take(&mut self, asks: impl Iterator<Item = Ask>, now: Timestamp) -> Batch {
        let mut batch = Batch::default();
        for ask in asks {
            self.take_one(ask, &mut batch, now);
        }
        // Behind what was answered: what came before a deadline is applied before it.
        self.keep_time(&mut batch, now);
        batch.saves.seats = seat_saves(&self.room, &batch.saves.facts, now);
        batch
    }

    /// Does what time asks for, if something is due.
    fn keep_time(&mut self, batch: &mut Batch, now: Timestamp) {
        if self.room.wake_at().is_some_and(|at| at <= now) {
            self.apply(Asker::Nobody, TimedInput::Tick, batch, now);
        }
    }

    fn take_one(&mut self, ask: Ask, batch: &mut Batch, now: Timestamp) {
        match ask {
            Ask::Join { link, position } => {
                let (is_first, joining) = self.hall.enter(&link, position, now);
                if let Some(Who::Seat(seat)) = link.who.filter(|_| is_first) {
                    self.apply(Asker::Nobody, TimedInput::Arrived { seat }, batch, now);
                }
                batch.joins.push(joining);
            }
            Ask::Resync { place, lost } => {
                if lost == Lost::Behind {
                    self.metrics.skipped();
                }
                batch.joins.extend(self.hall.again(place));
            }
            Ask::Gone(link) => {
                let is_last = self.hall.depart(&link, now);
                if let Some(Who::Seat(seat)) = link.who.filter(|_| is_last) {
                    self.apply(Asker::Nobody, TimedInput::Left { seat }, batch, now);
                }
            }
            Ask::Answer { link, seat, answer, id, received_at, round_trip: _ } => {
                batch.received.push(received_at);
                let input = TimedInput::Answer { seat, answer, id: id.clone(), received_at };
                self.apply(Asker::Link(link, id), input, batch, now);
            }
            Ask::TakeSeat { name, id, reply } => {
                batch.received.push(now);
                self.apply(Asker::Seat(reply), TimedInput::TakeSeat { name, id }, batch, now);
            }
            Ask::Timed(TimedAsk::Said { link, input, id }) => {
                batch.received.push(now);
                self.keep_time_before(&input, batch, now);
                self.apply(Asker::Link(link, id), input, batch, now);
            }
            Ask::Timed(TimedAsk::Asked { input, reply }) => {
                batch.received.push(now);
                self.keep_time_before(&input, batch, now);
                self.apply(Asker::Door(reply), input, batch, now);
            }
            Ask::Timed(TimedAsk::Look(look)) => batch.looks.push(look),
            // Nobody leads everybody on, and nobody writes to the others.
            Ask::Host { link, id, .. } => batch.outcomes.push((Asker::Link(link, id), Err(Refusal::NotNow))),
            Ask::Write { link, id, .. } => batch.outcomes.push((Asker::Link(link, id), Err(Refusal::ChatOff))),
            // Speed counts for nothing here, so round trips do not either. Whoever looks for a live room finds none.
            Ask::Measured { .. } | Ask::Typing { .. } | Ask::Look(_) => {}
        }
    }

    /// Answers carry the time at which they were read. For everything else it is now: after a stall nobody hands in, and no
    /// host gives time, what was over already.
    fn keep_time_before(&mut self, input: &TimedInput, batch: &mut Batch, now: Timestamp) {
        if !matches!(input, TimedInput::Answer { .. }) {
            self.keep_time(batch, now);
        }
    }

    fn apply(&mut self, asker: Asker, input: TimedInput, batch: &mut Batch, now: Timestamp) {
        let outcome = self.room.apply(input, now);
        for effect in outcome.as_deref().unwrap_or_default() {
            if let TimedEffect::Record(fact) = effect {
                match &fact.body {
                    TimedBody::Answered { seat, turn, .. } => {
                        batch.saves.answers.extend(self.answer_save(*seat, *turn));
                    }
                    TimedBody::Erased { seat } => {
                        batch.saves.answers.retain(|answer| answer.seat != *seat);
                        batch.saves.erased.push(*seat);
                    }
                    _ => {}
                }
                batch.saves.facts.push(fact.clone());
            }
        }
        batch.outcomes.push((asker, outcome));
    }

    /// The answer that was just taken.
    fn answer_save(&self, id: SeatId, turn: TurnNo) -> Option<AnswerSave> {
        let attempt = self.room.seat(id)?.last()?;
        let (_, task) = attempt.task(turn)?;
        let given = task.given.last()?;
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Some(AnswerSave {
            seat: id,
            attempt: attempt.no,
            question: number(task.question + 1),
            turn: turn.0,
            choice: given.choice,
            changes: number(task.given.len() - 1),
            received_at: given.received_at,
            points: task.points(self.room.quiz()),
        })
    }

    /// Tells what came of a batch whose facts are stored.
    pub fn tell_all(&mut self, batch: Batch, now: Timestamp) {
        let Batch { outcomes, joins, looks, saves: _, received: _ } = batch;
        for (asker, outcome) in outcomes {
            self.answer(asker, outcome, now);
        }
        self.tell_progress(now);
        self.tell_times(now);
        self.welcome(joins, now);
        for look in looks {
            look(&self.room, &self.hall.channel, now);
        }
        self.hall.nudge();
    }

    /// Replaces the session by what is stored, after a commit failed; whoever asked for something is told to try again.
    #[must_use]
    pub fn go_back(&mut self, room: TimedRoom, batch: Batch) -> Batch {
        self.room = room;
        self.hall.begin_anew();
        let here: Vec<SeatId> = self.hall.links.seats().collect();
        here.iter().for_each(|seat| self.room.remember_presence(*seat));
        self.rows.clear();
        let outcomes = batch.outcomes.into_iter().map(|(asker, _)| (asker, Err(Refusal::NotSaved))).collect();
        Batch { outcomes, saves: TimedBatch::default(), ..batch }
    }

    fn answer(&mut self, asker: Asker, outcome: Result<Vec<TimedEffect>, Refusal>, now: Timestamp) {
        match outcome {
            Ok(effects) => self.perform(effects, asker, now),
            Err(refusal) => {
                if !matches!(asker, Asker::Nobody) {
                    self.metrics.refused(refusal.code());
                    if refusal == Refusal::RoomFull {
                        self.metrics.limited(Limit::Seats);
                    }
                }
                match asker {
                    Asker::Link(link, id) => self.hall.refuse(&link, &refusal, &id, now),
                    Asker::Door(reply) => drop(reply.send(Err(refusal))),
                    Asker::Seat(reply) => drop(reply.send(Err(refusal))),
                    Asker::Nobody => {}
                }
            }
        }
    }

    fn perform(&mut self, effects: Vec<TimedEffect>, asker: Asker, now: Timestamp) {
        let mut seated = None;
        for effect in effects {
            match effect {
                TimedEffect::Record(_) => {}
                TimedEffect::Moved(seat) => {
                    self.rows.insert(seat);
                    self.tell_seat(seat, now);
                }
                TimedEffect::Row(seat) => drop(self.rows.insert(seat)),
                TimedEffect::EverySeat => {
                    self.is_show_due = true;
                    // What may still be started has changed for everybody.
                    self.rows.extend(self.room.seats().map(|seat| seat.id));
                    let seats: Vec<SeatId> = self.hall.links.seats().collect();
                    seats.into_iter().for_each(|seat| self.tell_seat(seat, now));
                }
                TimedEffect::Expired(seat, expired) => {
                    self.hall.post_to(seat, &SeatMessage::SessionExpired(expired), now);
                }
                TimedEffect::CloseSeat(seat) => self.hall.dismiss_seat(seat, Close::Removed, now),
                TimedEffect::Seated(seat) => seated = Some(seat),
                TimedEffect::Taken(taken) => self.reply_to(&asker, &Message::AnswerTaken(taken), now),
                TimedEffect::Went(turn) => self.reply_to(&asker, &Message::Done(Done { step: turn.0 }), now),
                TimedEffect::Done => self.reply_to(&asker, &Message::Done(Done { step: 0 }), now),
            }
        }
        // Whoever asked may have gone; what was done stays.
        match asker {
            Asker::Door(reply) => drop(reply.send(Ok(seated))),
            Asker::Seat(reply) => drop(reply.send(seated.ok_or(Refusal::NotNow))),
            Asker::Link(..) | Asker::Nobody => {}
        }
    }

    /// Tells a seat its own page, and its clients that count how much time is left.
    fn tell_seat(&mut self, seat: SeatId, now: Timestamp) {
        if !self.hall.links.of(Some(Who::Seat(seat))).is_empty()
            && let Some(you) = self.you_told(seat, now)
        {
            self.hall.put_you(seat, &you);
            self.tell_time(seat, now);
        }
    }

    fn you_told(&self, seat: SeatId, now: Timestamp) -> Option<Told> {
        let view = self.room.seat_view(seat, now)?;
        Some(Told::new(&frame::state(&SeatMessage::SeatUpdate(Box::new(view)), self.hall.stamp(now))))
    }

    fn tell_time(&mut self, seat: SeatId, now: Timestamp) {
        if let Some(update) = self.room.time_update(seat, now) {
            self.hall.post_to(seat, &State::TimeUpdate(update), now);
        }
    }

    /// Tells the host how far those are who moved.
    fn tell_progress(&mut self, now: Timestamp) {
        let is_due = !self.rows.is_empty() || self.is_show_due;
        if is_due && now - self.rows_told_at >= PROGRESS_TICK {
            let progress = self.room.progress(std::mem::take(&mut self.rows), now);
            self.hall.tell_event(Audience::Host, &TimedEvent::Progress(progress), false, now);
            (self.rows_told_at, self.is_show_due) = (now, false);
        }
    }

    /// Tells the groups of seats whose turn has come how much time is left.
    fn tell_times(&mut self, now: Timestamp) {
        let step = Millis(TIME_TICK_MS / TIME_GROUPS);
        if now - self.time_told_at < step {
            return;
        }
        // After a long sleep each group is told once.
        let from = self.time_told_at.0.div_euclid(step.0).max(now.0.div_euclid(step.0) - TIME_GROUPS);
        let groups: BTreeSet<i64> =
            (from + 1..=now.0.div_euclid(step.0)).map(|no| no.rem_euclid(TIME_GROUPS)).collect();
        let seats: Vec<SeatId> = self.hall.links.seats().collect();
        for seat in seats.into_iter().filter(|seat| groups.contains(&(i64::from(seat.0) % TIME_GROUPS))) {
            self.tell_time(seat, now);
        }
        self.time_told_at = now;
    }

    fn welcome(&mut self, joins: Vec<Joining>, now: Timestamp) {
        for joining in joins {
            let link = Arc::clone(&joining.link);
            let seat = link.who.and_then(Who::seat);
            let you = seat.and_then(|seat| self.you_told(seat, now));
            if seat.is_some() && you.is_none() {
                self.hall.dismiss(&link, Close::Removed, now);
                continue;
            }
            let (room, stamp, audience) = (&self.room, self.hall.stamp(now), link.audience);
            let snapshot = |position| {
                let text = match audience {
                    Audience::Host => {
                        frame::snapshot(&Snapshot { position, audience, view: room.host_view(now) }, stamp)
                    }
                    // Nobody else may know more than what everybody sees.
                    Audience::Players | Audience::Stage | Audience::Admins => {
                        let view = TimedPlayersView { timed: room.show() };
                        frame::snapshot(&Snapshot { position, audience, view }, stamp)
                    }
                };
                Told::new(&text)
            };
            self.hall.welcome(joining, snapshot, you, now);
            if let Some(update) = seat.and_then(|seat| self.room.time_update(seat, now)) {
                let text = frame::state(&State::TimeUpdate(update), self.hall.stamp(now));
                self.hall.frame_to(&link, &text);
            }
        }
    }

    fn reply_to(&mut self, asker: &Asker, message: &Message, now: Timestamp) {
        if let Asker::Link(link, id) = asker {
            self.hall.reply_to(link, message, id, now);
        }
    }
}

/// How far the seats are that something happened to.
pub fn seat_saves(room: &TimedRoom, facts: &[TimedFact], now: Timestamp) -> Vec<SeatSave> {
    let last: BTreeMap<SeatId, u32> =
        facts.iter().filter_map(|fact| fact.body.seat().map(|seat| (seat, fact.no))).collect();
    let total = u32::try_from(room.quiz().questions.len()).unwrap_or(u32::MAX);
    let save = |(seat, fact): (SeatId, u32)| {
        let (row, link) = (room.row(seat, now)?, room.seat(seat)?.generation);
        Some(SeatSave { row, link, fact, total })
    };
    last.into_iter().filter_map(save).collect()
}
