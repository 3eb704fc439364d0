//! Whether an answer counts, and with which time.
//!
//! Knows nothing of points: those exist when the turn closes.

use crate::domain::ids::SeatId;
use crate::domain::limits::Limits;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::command::Answer;
use crate::protocol::refusal::Refusal;
use crate::protocol::state::TakenAnswer;
use crate::protocol::view::{QuestionFace, Scene};
use crate::room::Room;
use crate::room::apply::Motion;
use crate::room::effect::{Effect, StateKey};
use crate::room::fact::FactBody;

impl Motion<'_> {
    /// Takes one answer for the open turn; the first of a seat counts.
    pub fn answer(
        &mut self,
        seat: SeatId,
        answer: Answer,
        received_at: Timestamp,
        round_trip: Option<Millis>,
    ) -> Result<(), Refusal> {
        let face = self.room.may_answer(seat, answer, received_at)?;
        let taken = taken(face, answer, received_at, round_trip, &self.room.limits);
        // The clock may be late with the opening; the answer's own time says that the options were there.
        self.open_answers();
        let TakenAnswer { turn, choice, received_at, elapsed, credited } = taken;
        self.record(FactBody::Answered { seat, turn, choice, received_at, elapsed, credited });
        self.changed(StateKey::Presence);
        self.effect(Effect::You(seat));
        self.effect(Effect::Taken(taken));
        Ok(())
    }
}

impl Room {
    /// The question that the answer is for, if it may still be answered by this seat.
    fn may_answer(&self, seat: SeatId, answer: Answer, received_at: Timestamp) -> Result<&QuestionFace, Refusal> {
        let seat = self.roster.seat(seat).ok_or(Refusal::NoSeat)?;
        if seat.answer_to(answer.turn).is_some() {
            return Err(Refusal::Twice);
        }
        let (Scene::Reading(face) | Scene::Answering(face)) = &self.scene else {
            return Err(self.why_nothing_is_open(answer, received_at));
        };
        if answer.turn != face.turn {
            return Err(Refusal::OtherQuestion);
        }
        if received_at < face.answers_at {
            return Err(Refusal::TooEarly);
        }
        if let Some(deadline) = face.deadline
            && received_at > deadline + Millis(self.limits.grace_ms)
        {
            return Err(Refusal::TooLate { by: received_at - deadline });
        }
        let fits = self.question(face.turn).is_some_and(|question| question.takes(answer.choice));
        if fits { Ok(face) } else { Err(Refusal::BadChoice) }
    }

    /// An answer that was on its way when its turn ended learns by how much it missed.
    fn why_nothing_is_open(&self, answer: Answer, received_at: Timestamp) -> Refusal {
        match (self.last_end, &self.scene) {
            (Some(end), _) if end.turn == answer.turn => {
                // It may have been read before the end and come up after it; "late by nothing" would puzzle people.
                Refusal::TooLate { by: (received_at - end.at).max(Millis(1)) }
            }
            (Some(_) | None, Scene::Reveal(_) | Scene::Standings { .. }) => Refusal::OtherQuestion,
            (
                Some(_) | None,
                Scene::Lobby | Scene::Reading(_) | Scene::Answering(_) | Scene::Podium | Scene::Closed,
            ) => Refusal::NotNow,
        }
    }
}

/// The answer with its time: from the opening of the options to the arrival, less the way, within the limit.
fn taken(
    face: &QuestionFace,
    answer: Answer,
    received_at: Timestamp,
    round_trip: Option<Millis>,
    limits: &Limits,
) -> TakenAnswer {
    let used = received_at - face.answers_at;
    let way = round_trip.unwrap_or_default().max(Millis(0));
    let credited = way.min(Millis(limits.latency_credit_ms)).min(used);
    let elapsed = Millis(used.0 - credited.0).min(face.limit().unwrap_or(Millis(i64::MAX)));
    TakenAnswer { turn: answer.turn, choice: answer.choice, received_at, elapsed, credited }
}
