//! What one person did in a timed session: their attempts, and what was given in each.
//!
//! Knows no rules: what may happen is decided in `apply`, carried out in `fold`.

use crate::domain::ids::{CommandId, PersonId, SeatId, TurnNo};
use crate::domain::question::{Choice, Question};
use crate::domain::quiz::Quiz;
use crate::domain::score::accuracy;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::timed::{TimedSettings, shuffled};
use crate::protocol::timed::{Average, EndReason, SeatState};

/// One person's place in a timed session.
#[derive(Clone, Debug, PartialEq)]
pub struct TimedSeat {
    /// The seat.
    pub id: SeatId,
    /// Who it is for, if it is somebody whom the organisation knows.
    pub person: Option<PersonId>,
    /// Its name.
    pub name: String,
    /// Counts links: only the last one holds.
    pub generation: u32,
    /// Whether no link holds.
    pub is_revoked: bool,
    /// Whether they looked at their page.
    pub is_seen: bool,
    /// Whether a link of theirs is open. Nobody's fact.
    pub is_here: bool,
    /// Attempts that the host gave beside those that everybody has.
    pub attempts_added: u32,
    /// Their attempts, the last one last.
    pub attempts: Vec<Attempt>,
    /// When they last did something.
    pub last_at: Option<Timestamp>,
    /// When the clock has to look at them.
    pub due_at: Option<Timestamp>,
    /// What they have by the attempt that counts, as it went into the room's own.
    pub tally: Tally,
}

/// What people have by the attempts that count, added up: who is not done is not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    people: u32,
    score: u64,
    time: Millis,
}

/// One go at all questions.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Which one it is, from 1.
    pub no: u32,
    /// Whether the host gave it beside those that everybody has.
    pub is_added: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// When it is over; `None` without a limit. Moves when the clock was stopped or time was added.
    pub deadline: Option<Timestamp>,
    /// Time that was added.
    pub extra: Millis,
    /// Since when the clock stands still.
    pub paused_at: Option<Timestamp>,
    /// How long it stood still before.
    pub paused: Millis,
    /// The questions in the order in which they are asked, with what was done about each.
    pub tasks: Vec<Task>,
    /// The place in the tasks of the one that is on.
    pub place: usize,
    /// Since when it is on, as far as its time is not counted yet.
    pub shown_at: Timestamp,
    /// Why and when it was over.
    pub ended: Option<(EndReason, Timestamp)>,
}

/// A question as it is asked in one attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The place of the question in the quiz.
    pub question: usize,
    /// The places of its options in the quiz, in the order in which they are shown.
    pub options: Vec<usize>,
    /// What was chosen, the last one last; changes of mind are all of it.
    pub given: Vec<Given>,
    /// How long it was on.
    pub time: Millis,
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// What was chosen, by place in the quiz.
    pub choice: Choice,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The command that brought it.
    pub id: Option<CommandId>,
}

impl TimedSeat {
    /// A seat that was just given.
    pub fn new(id: SeatId, person: Option<PersonId>, name: String) -> Self {
        Self {
            id,
            person,
            name,
            generation: 1,
            is_revoked: false,
            is_seen: false,
            is_here: false,
            attempts_added: 0,
            attempts: Vec::new(),
            last_at: None,
            due_at: None,
            tally: Tally::default(),
        }
    }

    /// The running attempt, or the last one.
    pub fn last(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// The attempt that is under way.
    pub fn running(&self) -> Option<&Attempt> {
        self.last().filter(|attempt| attempt.ended.is_none())
    }

    /// Attempts that everybody has and that they may still start.
    pub fn common_left(&self, settings: &TimedSettings, now: Timestamp) -> u32 {
        let had = count(self.attempts.iter().filter(|attempt| !attempt.is_added));
        if settings.is_past(now) { 0 } else { settings.attempts.saturating_sub(had) }
    }

    /// Attempts that the host gave them beside those, and that they may still start: these are bound to no window.
    pub fn added_left(&self) -> u32 {
        self.attempts_added.saturating_sub(count(self.attempts.iter().filter(|attempt| attempt.is_added)))
    }

    /// How far they are.
    pub fn state(&self) -> SeatState {
        match self.last() {
            _ if self.is_revoked => SeatState::Revoked,
            Some(Attempt { ended: None, paused_at: Some(_), .. }) => SeatState::Paused,
            Some(Attempt { ended: None, paused_at: None, .. }) => SeatState::Active,
            Some(Attempt { ended: Some((EndReason::TimeUp, _)), .. }) => SeatState::Expired,
            Some(Attempt { ended: Some((EndReason::HandedIn | EndReason::EndedByHost, _)), .. }) => SeatState::Finished,
            None if self.is_seen => SeatState::Opened,
            None => SeatState::Invited,
        }
    }

    /// The attempt that counts: of those that are over the best, and of equals the first.
    pub fn best(&self, quiz: &Quiz) -> Option<&Attempt> {
        let over = self.attempts.iter().filter(|attempt| attempt.ended.is_some());
        over.rev().max_by_key(|attempt| attempt.score(quiz))
    }
}

impl Tally {
    /// What a seat has now.
    pub fn of(seat: &TimedSeat, quiz: &Quiz) -> Self {
        let counts = |attempt: &Attempt| Self { people: 1, score: attempt.score(quiz).into(), time: attempt.time() };
        seat.best(quiz).map_or_else(Self::default, counts)
    }

    /// Both together.
    pub fn with(self, more: Self) -> Self {
        Self {
            people: self.people + more.people,
            score: self.score + more.score,
            time: Millis(self.time.0 + more.time.0),
        }
    }

    /// What is left without a part of it.
    pub fn without(self, part: Self) -> Self {
        Self {
            people: self.people - part.people,
            score: self.score - part.score,
            time: Millis(self.time.0 - part.time.0),
        }
    }

    /// What each has on average; `None` if it is nobody's.
    pub fn average(self) -> Option<Average> {
        let score = u32::try_from(self.score.checked_div(u64::from(self.people))?).unwrap_or(u32::MAX);
        Some(Average { people: self.people, score, time: Millis(self.time.0 / i64::from(self.people)) })
    }
}

impl Attempt {
    /// An attempt that begins now.
    pub fn new(no: u32, quiz: &Quiz, settings: &TimedSettings, order: u64, at: Timestamp) -> Self {
        let in_order = |count: usize| (0..count).collect::<Vec<_>>();
        let count = quiz.questions.len();
        let questions = if settings.shuffles_questions { shuffled(count, order) } else { in_order(count) };
        let task = |question: usize| {
            let options = quiz.questions[question].options.len();
            // A number of its own for each question, or all with as many options would be in the same order.
            let number = order.wrapping_add(question as u64 + 1);
            let options = if settings.shuffles_options { shuffled(options, number) } else { in_order(options) };
            Task { question, options, given: Vec::new(), time: Millis(0) }
        };
        Self {
            no,
            is_added: false,
            started_at: at,
            deadline: None,
            extra: Millis(0),
            paused_at: None,
            paused: Millis(0),
            tasks: questions.into_iter().map(task).collect(),
            place: 0,
            shown_at: at,
            ended: None,
        }
    }

    /// The task of a turn, with its place.
    pub fn task(&self, turn: TurnNo) -> Option<(usize, &Task)> {
        let place = usize::try_from(turn.0.checked_sub(1)?).ok()?;
        self.tasks.get(place).map(|task| (place, task))
    }

    /// The turn that is on.
    pub fn turn(&self) -> TurnNo {
        turn_at(self.place)
    }

    /// Questions that were answered.
    pub fn answered(&self) -> u32 {
        count(self.tasks.iter().filter(|task| !task.given.is_empty()))
    }

    /// Points that were earned: time does not count, everybody has the same.
    pub fn score(&self, quiz: &Quiz) -> u32 {
        self.tasks.iter().map(|task| task.points(quiz)).fold(0, u32::saturating_add)
    }

    /// From start to end, without the time in which the clock stood still.
    pub fn time(&self) -> Millis {
        let end = self.ended.map_or(self.started_at, |(_, at)| at);
        Millis(((end - self.started_at).0 - self.paused.0).max(0))
    }

    /// What is left of the time while the clock stands still.
    pub fn stopped_with(&self) -> Option<Millis> {
        let (paused_at, deadline) = self.paused_at.zip(self.deadline)?;
        Some(Millis((deadline - paused_at).0.max(0)))
    }

    /// Counts the time of the question that is on up to now.
    pub fn count_time(&mut self, at: Timestamp) {
        if self.paused_at.is_none()
            && let Some(task) = self.tasks.get_mut(self.place)
        {
            task.time = Millis(task.time.0 + (at - self.shown_at).0.max(0));
        }
        self.shown_at = at;
    }
}

impl Task {
    /// The question.
    pub fn question<'q>(&self, quiz: &'q Quiz) -> &'q Question {
        &quiz.questions[self.question]
    }

    /// The answer that counts.
    pub fn choice(&self) -> Option<Choice> {
        self.given.last().map(|given| given.choice)
    }

    /// What it earned.
    pub fn points(&self, quiz: &Quiz) -> u32 {
        self.choice().map_or(0, |choice| accuracy(self.question(quiz), choice))
    }

    /// A choice by places as they are shown, of one by places in the quiz.
    pub fn as_shown(&self, choice: Choice) -> Choice {
        let places = self.options.iter().enumerate().filter(|(_, place)| choice.has(**place));
        places.fold(Choice::default(), |shown, (place, _)| shown.toggled(place))
    }

    /// A choice by places in the quiz, of one by places as they are shown; `None` if one of them is not shown.
    pub fn as_kept(&self, choice: Choice) -> Option<Choice> {
        choice.places().try_fold(Choice::default(), |kept, place| Some(kept.toggled(*self.options.get(place)?)))
    }
}

/// The turn of a place.
pub fn turn_at(place: usize) -> TurnNo {
    TurnNo(u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1))
}

/// How many there are.
pub fn count<T>(things: impl Iterator<Item = T>) -> u32 {
    u32::try_from(things.count()).unwrap_or(u32::MAX)
}
