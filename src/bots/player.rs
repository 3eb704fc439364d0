//! One bot: joins, thinks, answers, makes mistakes, loses its connection and comes back.
//!
//! Deterministic in what it wants; the network and the room decide what becomes of it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::timeout;

use crate::bots::visitor::{Door, Ended, Visitor, Wire};
use crate::domain::code::JoinCode;
use crate::domain::ids::{CommandId, SeatId, TurnNo};
use crate::domain::question::{Choice, QuestionKind};
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::close::Close;
use crate::protocol::command::{Answer, Command};
use crate::protocol::event::Event;
use crate::protocol::message::{Message, PlayersView, Position};
use crate::protocol::state::{ScoreUpdate, State};
use crate::protocol::view::{QuestionFace, Scene, Show};

/// An answer that was not acknowledged is sent again after this.
const RESEND: Duration = Duration::from_millis(2_500);
/// A bot whose server stays away for so many tries goes home.
const TRIES_MAX: u32 = 40;
/// Nothing heard for so long means the connection is gone.
const SILENCE: Duration = Duration::from_secs(45);

/// What a bot is like.
#[derive(Clone, Debug)]
pub struct Habits {
    /// Decides everything by chance.
    pub seed: u64,
    /// Its name.
    pub name: String,
    /// How likely it loses the connection in a question.
    pub drop: f64,
    /// The longest it thinks.
    pub think: Duration,
}

/// What a bot lived through.
#[derive(Debug)]
pub struct Story {
    /// Its seat.
    pub seat: SeatId,
    /// Turns whose answer was acknowledged.
    pub acknowledged: BTreeSet<TurnNo>,
    /// Codes of refusals.
    pub refused: Vec<String>,
    /// Connections after the first.
    pub reconnects: u64,
    /// Of those, how many were replayed.
    pub replayed: u64,
    /// Events missing or doubled.
    pub holes: u64,
    /// From the first sending of an answer to its acknowledgement.
    pub waits_ms: Vec<u64>,
    /// Whether it saw the end.
    pub is_finished: bool,
    /// The last leaderboard it saw, as text.
    pub board: String,
}

/// An answer under way.
struct Pending {
    answer: Answer,
    id: CommandId,
    first_sent: Option<Instant>,
    sent: Option<Instant>,
    /// When the bot has made up its mind.
    due: Instant,
}

struct Bot {
    dice: StdRng,
    habits: Habits,
    story: Story,
    show: Option<Show>,
    position: Option<Position>,
    pending: Option<Pending>,
    decided: BTreeSet<TurnNo>,
    /// When the connection will be cut on purpose.
    cut_at: Option<Instant>,
    /// Server time minus own time, in milliseconds, from the last welcome.
    offset: Option<(Instant, Timestamp)>,
}

/// Plays a whole session.
///
/// # Errors
/// In words, when the bot got no seat.
pub async fn play(door: &Door, code: JoinCode, habits: Habits) -> Result<Story, String> {
    let mut visitor = Visitor::new(door.clone());
    let request_id = format!("bot-{}-{}", habits.seed, habits.name.replace(' ', "-"));
    visitor.join(code, &habits.name, &request_id).await.map_err(|why| why.to_string())?;
    let mut bot = Bot::new(habits);
    let mut tries = 0;
    while tries < TRIES_MAX {
        let Ok(mut wire) = visitor.connect(code, "player", bot.position).await else {
            tries += 1;
            let wait = bot.dice.random_range(200..1_200);
            tokio::time::sleep(Duration::from_millis(wait)).await;
            continue;
        };
        match bot.live(&mut wire).await {
            Ended::Closed(close) if close.is_final() => {
                bot.story.is_finished = close == Close::Over;
                break;
            }
            Ended::Closed(_) | Ended::Lost => {}
        }
        drop(wire);
        bot.story.reconnects += 1;
        let away = bot.dice.random_range(100..3_000);
        tokio::time::sleep(Duration::from_millis(away)).await;
    }
    Ok(bot.finish())
}

impl Bot {
    fn new(habits: Habits) -> Self {
        let story = Story {
            seat: SeatId(0),
            acknowledged: BTreeSet::new(),
            refused: Vec::new(),
            reconnects: 0,
            replayed: 0,
            holes: 0,
            waits_ms: Vec::new(),
            is_finished: false,
            board: String::new(),
        };
        Self {
            dice: StdRng::seed_from_u64(habits.seed),
            habits,
            story,
            show: None,
            position: None,
            pending: None,
            decided: BTreeSet::new(),
            cut_at: None,
            offset: None,
        }
    }

    fn finish(mut self) -> Story {
        if let Some(show) = self.show {
            self.story.board = serde_json::to_string(&show.leaderboard.rows).unwrap_or_default();
        }
        self.story
    }

    /// Lives on one connection until it ends.
    async fn live(&mut self, wire: &mut Wire) -> Ended {
        if let Some(pending) = &mut self.pending {
            pending.sent = None;
        }
        loop {
            let now = Instant::now();
            if self.cut_at.is_some_and(|at| at <= now) {
                self.cut_at = None;
                return Ended::Lost;
            }
            if let Some(pending) = &mut self.pending
                && pending.due <= now
                && pending.sent.is_none_or(|at| now - at >= RESEND)
            {
                pending.sent = Some(now);
                pending.first_sent.get_or_insert(now);
                if wire.ask(&Command::Answer(pending.answer), &pending.id).await.is_err() {
                    return Ended::Lost;
                }
            }
            let wake = self.next_wake(now);
            match timeout(wake, wire.next()).await {
                Err(_) if wake == SILENCE => return Ended::Lost,
                Err(_) => {}
                Ok(Err(ended)) => return ended,
                Ok(Ok(received)) => {
                    self.count(received.seq);
                    self.hear(received.message);
                }
            }
        }
    }

    fn next_wake(&self, now: Instant) -> Duration {
        let answer = self.pending.as_ref().map(|pending| pending.sent.map_or(pending.due, |at| at + RESEND));
        let at = [answer, self.cut_at].into_iter().flatten().min();
        at.map_or(SILENCE, |at| at.saturating_duration_since(now).max(Duration::from_millis(1)))
    }

    /// Checks that events come without gaps and without doubles.
    fn count(&mut self, seq: Option<u64>) {
        if let (Some(seq), Some(position)) = (seq, &mut self.position) {
            if seq != position.seq + 1 {
                self.story.holes += 1;
            }
            position.seq = seq;
        }
    }

    fn hear(&mut self, message: Message) {
        match message {
            Message::Connected(welcome) => {
                if welcome.recovered {
                    self.story.replayed += u64::from(self.position.is_some());
                }
                self.story.seat = welcome.seat.unwrap_or(SeatId(0));
                self.position = welcome.position;
                self.offset = Some((Instant::now(), welcome.server_time));
            }
            Message::Snapshot(snapshot) => {
                self.position = Some(snapshot.position);
                if let Some(PlayersView { show, .. }) = snapshot.view.read() {
                    self.show = Some(show);
                }
                self.decide();
            }
            Message::SessionUpdate(update) => {
                self.fold(&Event::SessionUpdate(update));
                self.decide();
            }
            Message::UserJoined(joined) => self.fold(&Event::UserJoined(joined)),
            Message::UserLeft(left) => self.fold(&Event::UserLeft(left)),
            Message::Presence(presence) => self.take(&State::Presence(presence)),
            Message::Leaderboard(board) => self.take(&State::Leaderboard(board)),
            Message::TimeUpdate(update) => self.take(&State::TimeUpdate(update)),
            Message::ScoreUpdate(you) => self.know(&you),
            Message::AnswerTaken(taken) => self.acknowledge(taken.turn),
            Message::Error(error) => {
                self.story.refused.push(error.code);
                self.pending = None;
            }
            Message::Cue(_)
            | Message::Chat(_)
            | Message::UserAdded(_)
            | Message::UserUpdate(_)
            | Message::UserDeleted(_)
            | Message::Progress(_)
            | Message::SeatUpdate(_)
            | Message::SessionExpired(_)
            | Message::Notification(_)
            | Message::Health(_)
            | Message::ChatRemoved(_)
            | Message::ChatUpdate(_)
            | Message::TypingIndicator(_)
            | Message::ChatTaken(_)
            | Message::Latency(_)
            | Message::Done(_)
            | Message::LeftSession(_)
            | Message::Refreshed(_)
            | Message::Refresh(_)
            | Message::Pong(_)
            | Message::Ping(_) => {}
        }
    }

    fn fold(&mut self, event: &Event) {
        if let Some(show) = &mut self.show {
            show.apply(event);
        }
    }

    fn take(&mut self, state: &State) {
        if let Some(show) = &mut self.show {
            show.take(state);
        }
    }

    /// An answer that the server has is not sent again, whether or not its acknowledgement came through.
    fn know(&mut self, you: &ScoreUpdate) {
        if let Some(taken) = you.answer {
            self.decided.insert(taken.turn);
            if self.pending.as_ref().is_some_and(|pending| pending.answer.turn == taken.turn && pending.sent.is_some())
            {
                self.acknowledge(taken.turn);
            }
        }
    }

    fn acknowledge(&mut self, turn: TurnNo) {
        if let Some(pending) = self.pending.take_if(|pending| pending.answer.turn == turn) {
            if let Some(first_sent) = pending.first_sent {
                self.story.waits_ms.push(u64::try_from(first_sent.elapsed().as_millis()).unwrap_or(u64::MAX));
            }
            self.story.acknowledged.insert(turn);
        }
    }

    /// Makes up its mind about the question that is on, once.
    fn decide(&mut self) {
        let Some(Scene::Reading(question) | Scene::Answering(question)) = self.show.as_ref().map(|show| &show.scene)
        else {
            return;
        };
        let question = question.clone();
        if !self.decided.insert(question.turn) {
            return;
        }
        let now = Instant::now();
        let opens = now + self.until(question.answers_at);
        if self.dice.random_bool(self.habits.drop) {
            let span = self.habits.think.max(Duration::from_millis(10));
            self.cut_at = Some(opens + span.mul_f64(self.dice.random()));
        }
        // One in twenty does not answer at all.
        if self.dice.random_bool(0.05) {
            return;
        }
        let think = self.habits.think.mul_f64(self.dice.random::<f64>()) + Duration::from_millis(30);
        let id = CommandId::parse(&format!("bot-{}-{}", self.story.seat, question.turn)).expect("short ASCII");
        let answer = Answer { turn: question.turn, choice: self.choose(&question) };
        self.pending = Some(Pending { answer, id, first_sent: None, sent: None, due: opens + think });
    }

    fn choose(&mut self, question: &QuestionFace) -> Choice {
        let options = question.options.len().max(1);
        let first = self.dice.random_range(0..options);
        let mut choice = Choice::default().toggled(first);
        if question.kind == QuestionKind::Multiple {
            for place in (0..options).filter(|place| *place != first) {
                if self.dice.random_bool(0.4) {
                    choice = choice.toggled(place);
                }
            }
        }
        choice
    }

    fn until(&self, at: Timestamp) -> Duration {
        let Some((then, server_then)) = self.offset else { return Duration::ZERO };
        let passed = Millis(i64::try_from(then.elapsed().as_millis()).unwrap_or(i64::MAX));
        let left = at - (server_then + passed);
        Duration::from_millis(left.0.max(0).unsigned_abs())
    }
}
