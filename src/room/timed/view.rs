//! Who may know what of a timed session. The only place where the key gets into anything that a seat sees.

use crate::domain::ids::SeatId;
use crate::domain::question::Question;
use crate::domain::score::{Verdict, verdict};
use crate::domain::time::{Millis, Timestamp};
use crate::domain::timed::Feedback;
use crate::protocol::state::TimeUpdate;
use crate::protocol::timed::{
    EndReason, Progress, SeatPage, SeatRow, SeatView, Solution, Summary, TimedHostView, TimedShow, TopicResult,
};
use crate::room::timed::seat::{Attempt, Task, TimedSeat, count, turn_at};
use crate::room::timed::{Due, TimedRoom};

impl TimedRoom {
    /// What everybody sees.
    pub fn show(&self) -> TimedShow {
        TimedShow {
            title: self.quiz.title.clone(),
            description: self.quiz.description.clone(),
            language: self.quiz.language.clone(),
            code: self.code,
            question_count: count(self.quiz.questions.iter()),
            settings: self.settings.clone(),
            is_closed: self.is_closed(),
        }
    }

    /// What a seat sees of itself; `None` if it is not there or its link does not hold.
    pub fn seat_view(&self, id: SeatId, now: Timestamp) -> Option<SeatView> {
        let seat = self.seats.get(&id).filter(|seat| !seat.is_revoked)?;
        let last = seat.last();
        let running = seat.running();
        Some(SeatView {
            seat: id,
            name: seat.name.clone(),
            state: seat.state(),
            attempt: last.map_or(0, |attempt| attempt.no),
            attempts_left: self.startable(seat, now),
            deadline: running.filter(|attempt| attempt.paused_at.is_none()).and_then(|attempt| attempt.deadline),
            stopped_with: running.and_then(Attempt::stopped_with),
            extra: running.map_or(Millis(0), |attempt| attempt.extra),
            page: running.filter(|attempt| attempt.paused_at.is_none()).map(|attempt| self.page(attempt)),
            answered: last
                .map(|attempt| attempt.tasks.iter().map(|task| !task.given.is_empty()).collect())
                .unwrap_or_default(),
            ended: last.and_then(|attempt| attempt.ended).map(|(why, _)| why),
            summary: last
                .filter(|attempt| self.may_know(seat, attempt, now))
                .map(|attempt| self.summary(seat, attempt)),
        })
    }

    /// How far a seat is, for the host; `None` if it is not there.
    pub fn row(&self, id: SeatId, now: Timestamp) -> Option<SeatRow> {
        self.seats.get(&id).map(|seat| self.row_of(seat, now))
    }

    /// What the host sees.
    pub fn host_view(&self, now: Timestamp) -> TimedHostView {
        TimedHostView {
            timed: self.show(),
            score_max: self.score_max(),
            seats: self.seats.values().map(|seat| self.row_of(seat, now)).collect(),
        }
    }

    /// How far these seats are; those that are not there are gone.
    pub fn progress(&self, seats: impl IntoIterator<Item = SeatId>, now: Timestamp) -> Progress {
        let (mut rows, mut gone) = (Vec::new(), Vec::new());
        for seat in seats {
            match self.row(seat, now) {
                Some(row) => rows.push(row),
                None => gone.push(seat),
            }
        }
        Progress { seats: rows, gone, is_closed: self.is_closed() }
    }

    /// What is left of the time of a seat; `None` while no clock runs.
    pub fn time_update(&self, id: SeatId, now: Timestamp) -> Option<TimeUpdate> {
        let attempt = self.seats.get(&id)?.running().filter(|attempt| attempt.paused_at.is_none())?;
        let deadline = attempt.deadline?;
        Some(TimeUpdate { turn: attempt.turn(), deadline, remaining_seconds: (deadline - now).whole_seconds_up() })
    }

    /// Whether somebody with this seat may start now or goes on with what runs, for doors that let in nobody else.
    pub fn is_active(&self, id: SeatId) -> bool {
        self.seats.get(&id).is_some_and(|seat| !seat.is_revoked && seat.running().is_some())
    }

    /// Points that could be earned.
    pub fn score_max(&self) -> u32 {
        self.quiz.questions.iter().fold(0, |sum, question| sum.saturating_add(question.points))
    }

    /// Whether a seat may know how one of its attempts went, in numbers.
    pub fn may_know(&self, seat: &TimedSeat, attempt: &Attempt, now: Timestamp) -> bool {
        let Some((why, ended_at)) = attempt.ended else { return false };
        // Until then an answer may come up that was on its way.
        let is_settled = why != EndReason::TimeUp || now >= self.settled_at(ended_at);
        let is_time = match self.settings.feedback {
            Feedback::Never => false,
            Feedback::WithEachAnswer | Feedback::AtTheEnd => true,
            Feedback::WhenClosed => self.is_over(now),
        };
        is_settled && is_time && seat.running().is_none()
    }

    /// Whether results that wait for everybody are shown by now.
    pub(super) fn shows_all(&self, now: Timestamp) -> bool {
        self.settings.feedback == Feedback::WhenClosed && self.is_over(now)
    }

    /// Whether it is over for everybody: the host has closed it, or its window is past and nobody answers any more. The
    /// host may have given somebody time beyond the window, and what was right may not go round before they are done.
    fn is_over(&self, now: Timestamp) -> bool {
        let is_past = self.settings.closes_at.is_some_and(|at| now >= self.settled_at(at));
        // An attempt whose time was up is looked at once more, when no answer that was on its way can come any more.
        let mut to_come = self.due.range((now + Millis(1), Due::Window)..);
        self.is_closed() || (is_past && self.running == 0 && to_come.next().is_none())
    }

    /// Whether a seat may see what was right in one of its attempts: not while another one may follow.
    pub fn may_see_solutions(&self, seat: &TimedSeat, attempt: &Attempt, now: Timestamp) -> bool {
        self.may_know(seat, attempt, now)
            && (self.startable(seat, now) == 0 || self.settings.feedback == Feedback::WithEachAnswer)
    }

    /// Attempts that may still be started, as far as that is known already.
    fn startable(&self, seat: &TimedSeat, now: Timestamp) -> u32 {
        if self.is_closed() { 0 } else { seat.common_left(&self.settings, now) + seat.added_left() }
    }

    fn page(&self, attempt: &Attempt) -> SeatPage {
        let task = &attempt.tasks[attempt.place];
        let question = task.question(&self.quiz);
        let is_shown = self.settings.feedback == Feedback::WithEachAnswer && !task.given.is_empty();
        SeatPage {
            turn: turn_at(attempt.place),
            kind: question.kind,
            prompt: question.prompt.clone(),
            options: task.options.iter().map(|place| question.options[*place].text.clone()).collect(),
            points: question.points,
            choice: task.choice().map(|choice| task.as_shown(choice)),
            solution: is_shown.then(|| self.solution(task)),
        }
    }

    /// What is right in a task, and how the answer was.
    pub(super) fn solution(&self, task: &Task) -> Solution {
        let question = task.question(&self.quiz);
        Solution {
            key: task.as_shown(question.key()),
            verdict: task.choice().map(|choice| verdict(question, choice)),
            points: task.points(&self.quiz),
            explanation: question.explanation.clone(),
        }
    }

    /// How an attempt went, in numbers.
    pub(super) fn summary(&self, seat: &TimedSeat, attempt: &Attempt) -> Summary {
        let quiz = &self.quiz;
        Summary {
            attempt: attempt.no,
            score: attempt.score(quiz),
            score_max: self.score_max(),
            right: count(attempt.tasks.iter().filter(|task| self.is_right(task))),
            answered: attempt.answered(),
            total: count(attempt.tasks.iter()),
            time: attempt.time(),
            topics: self.topics(attempt),
            others: self.settings.compares.then(|| self.tally.without(seat.tally).average()).flatten(),
        }
    }

    /// Whether a task was answered right in full.
    fn is_right(&self, task: &Task) -> bool {
        task.choice().is_some_and(|choice| verdict(task.question(&self.quiz), choice) == Verdict::Right)
    }

    /// How an attempt went by topic, in the order of the quiz; empty where no question has one.
    fn topics(&self, attempt: &Attempt) -> Vec<TopicResult> {
        let mut topics: Vec<TopicResult> = Vec::new();
        for Question { topic, .. } in &self.quiz.questions {
            if topics.iter().any(|known| known.topic == *topic) {
                continue;
            }
            let of_topic = || attempt.tasks.iter().filter(|task| task.question(&self.quiz).topic == *topic);
            topics.push(TopicResult {
                topic: topic.clone(),
                score: of_topic().map(|task| task.points(&self.quiz)).sum(),
                score_max: of_topic().map(|task| task.question(&self.quiz).points).sum(),
                right: count(of_topic().filter(|task| self.is_right(task))),
                total: count(of_topic()),
            });
        }
        topics.retain(|topic| topic.total > 0);
        if topics.iter().all(|known| known.topic.is_empty()) { Vec::new() } else { topics }
    }

    fn row_of(&self, seat: &TimedSeat, now: Timestamp) -> SeatRow {
        let (last, running) = (seat.last(), seat.running());
        SeatRow {
            seat: seat.id,
            name: seat.name.clone(),
            person: seat.person,
            state: seat.state(),
            is_here: seat.is_here,
            attempt: last.map_or(0, |attempt| attempt.no),
            attempts_left: self.startable(seat, now),
            answered: last.map_or(0, Attempt::answered),
            started_at: last.map(|attempt| attempt.started_at),
            deadline: running.filter(|attempt| attempt.paused_at.is_none()).and_then(|attempt| attempt.deadline),
            stopped_with: running.and_then(Attempt::stopped_with),
            extra: last.map_or(Millis(0), |attempt| attempt.extra),
            ended_at: last.and_then(|attempt| attempt.ended).map(|(_, at)| at),
            score: seat.best(&self.quiz).map(|attempt| attempt.score(&self.quiz)),
            last_at: seat.last_at,
        }
    }
}
