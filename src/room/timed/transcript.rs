//! What is left of an attempt afterwards: every question as it was shown, what was answered, and when.

use crate::domain::ids::SeatId;
use crate::domain::time::Timestamp;
use crate::protocol::timed::{GivenAnswer, Transcript, TranscriptLine};
use crate::room::timed::TimedRoom;
use crate::room::timed::seat::{Attempt, Given, Task, TimedSeat, turn_at};

/// How much of an attempt is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Answers,
    Numbers,
    Everything,
}

impl TimedRoom {
    /// An attempt of a seat for the host, solutions included; `None` if there is none with this number.
    pub fn transcript(&self, seat: SeatId, attempt: u32) -> Option<Transcript> {
        let (seat, attempt) = self.attempt(seat, attempt)?;
        Some(self.transcript_of(seat, attempt, Told::Everything))
    }

    /// An attempt of a seat for itself, once it is over; what it may not know yet is left out.
    pub fn own_transcript(&self, seat: SeatId, attempt: u32, now: Timestamp) -> Option<Transcript> {
        let (seat, attempt) = self.attempt(seat, attempt).filter(|(seat, _)| !seat.is_revoked)?;
        attempt.ended?;
        let told = if self.may_see_solutions(seat, attempt, now) {
            Told::Everything
        } else if self.may_know(seat, attempt, now) {
            Told::Numbers
        } else {
            Told::Answers
        };
        Some(self.transcript_of(seat, attempt, told))
    }

    fn attempt(&self, seat: SeatId, no: u32) -> Option<(&TimedSeat, &Attempt)> {
        let seat = self.seats.get(&seat)?;
        Some((seat, seat.attempts.iter().find(|attempt| attempt.no == no)?))
    }

    fn transcript_of(&self, seat: &TimedSeat, attempt: &Attempt, told: Told) -> Transcript {
        // Where nobody can go back, a question that was never reached may come up in the next attempt.
        let is_known = |place: usize| told == Told::Everything || self.settings.may_go_back || place <= attempt.place;
        let tasks = attempt.tasks.iter().enumerate().filter(|(place, _)| is_known(*place));
        let lines = tasks.map(|(place, task)| self.line(place, task, told)).collect();
        Transcript {
            title: self.quiz.title.clone(),
            language: self.quiz.language.clone(),
            seat: seat.id,
            name: seat.name.clone(),
            started_at: attempt.started_at,
            ended_at: attempt.ended.map(|(_, at)| at),
            ended: attempt.ended.map(|(why, _)| why),
            extra: attempt.extra,
            summary: (told != Told::Answers).then(|| self.summary(seat, attempt)),
            lines,
        }
    }

    fn line(&self, place: usize, task: &Task, told: Told) -> TranscriptLine {
        let question = task.question(&self.quiz);
        let given = |given: &Given| GivenAnswer { choice: task.as_shown(given.choice), received_at: given.received_at };
        TranscriptLine {
            turn: turn_at(place),
            kind: question.kind,
            prompt: question.prompt.clone(),
            options: task.options.iter().map(|place| question.options[*place].text.clone()).collect(),
            points: question.points,
            topic: question.topic.clone(),
            given: task.given.iter().map(given).collect(),
            time: task.time,
            solution: (told == Told::Everything).then(|| self.solution(task)),
        }
    }
}
