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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::TurnNo;
    use crate::domain::question::QuestionKind;
    use crate::protocol::command::HostCommand;
    use crate::protocol::view::Phase;
    use crate::room::rig::{self, RIGHT, Rig, WRONG, id};

    /// An answer received so long after the options opened, with so long a round trip: its time and its credit.
    fn check_time(after_ms: i64, round_trip: Option<i64>, elapsed_ms: i64, credited_ms: i64) {
        let (mut rig, [ada, _]) = Rig::with_people(1, ["Ada", "Bo"]);
        rig.ask();
        let received_at = rig.now + Millis(after_ms);
        let taken = rig.answer_with(ada, TurnNo(1), RIGHT, &id("a"), received_at, round_trip).expect("in time");
        assert_eq!((taken.elapsed, taken.credited), (Millis(elapsed_ms), Millis(credited_ms)), "{after_ms} ms");
        assert_eq!(taken.received_at, received_at);
    }

    /// An answer received so long after the options opened, before the turn was closed.
    fn check_at(after_ms: i64, result: Result<(), Refusal>) {
        let (mut rig, [ada, _]) = Rig::with_people(1, ["Ada", "Bo"]);
        rig.ask();
        let received_at = rig.now + Millis(after_ms);
        let answer = rig.answer_with(ada, TurnNo(1), RIGHT, &id("a"), received_at, None);
        assert_eq!(answer.map(drop), result, "{after_ms} ms");
    }

    #[test]
    fn an_answers_time_is_without_its_way() {
        check_time(4_000, None, 4_000, 0);
        check_time(4_000, Some(180), 3_820, 180);
        check_time(4_000, Some(9_000), 3_500, 500);
        check_time(100, Some(180), 0, 100);
        check_time(0, Some(180), 0, 0);
        check_time(4_000, Some(-5), 4_000, 0);
    }

    #[test]
    fn an_answers_time_is_never_over_the_limit() {
        check_time(20_250, None, 20_000, 0);
        check_time(20_250, Some(180), 20_000, 180);
        check_time(20_100, Some(500), 19_600, 500);
    }

    #[test]
    fn an_answer_counts_from_the_opening_to_the_end_of_the_grace() {
        check_at(-1, Err(Refusal::TooEarly));
        check_at(0, Ok(()));
        check_at(20_000, Ok(()));
        check_at(20_250, Ok(()));
        check_at(20_251, Err(Refusal::TooLate { by: Millis(251) }));
    }

    #[test]
    fn an_answer_may_notice_the_opening_before_the_clock_does() {
        let (mut rig, [ada, _]) = Rig::with_people(1, ["Ada", "Bo"]);
        rig.next();
        rig.now = rig.face().answers_at;
        rig.answer(ada, RIGHT).expect("the options are open");
        assert_eq!(rig.recorded_kinds(), ["answers_opened", "answered"]);
        assert_eq!(rig.room.phase(), Phase::Answering);
        let opening = rig.recorded().next().expect("two facts");
        assert_eq!(opening.command, None, "time opened the options, not the player");
    }

    #[test]
    fn a_refused_answer_does_not_open_the_options() {
        let (mut rig, [ada]) = Rig::with_people(1, ["Ada"]);
        rig.next();
        rig.now = rig.face().answers_at;
        assert_eq!(rig.answer(ada, &[9]), Err(Refusal::BadChoice));
        assert_eq!(rig.room.phase(), Phase::Reading);
    }

    #[test]
    fn a_second_answer_in_the_same_turn_is_refused() {
        let (mut rig, [ada, _]) = Rig::with_people(1, ["Ada", "Bo"]);
        rig.ask();
        let first = rig.answer(ada, RIGHT).expect("in time");
        assert_eq!(rig.answer(ada, WRONG), Err(Refusal::Twice));
        assert_eq!(rig.you(ada).answer, Some(first));
        rig.close();
        assert_eq!(rig.answer(ada, WRONG), Err(Refusal::Twice));
        rig.restart();
        assert_eq!(rig.answer(ada, WRONG), Err(Refusal::Twice));
    }

    #[test]
    fn an_answer_sent_again_has_the_same_reply_and_no_other_effect() {
        let (mut rig, [ada, _]) = Rig::with_people(2, ["Ada", "Bo"]);
        rig.ask();
        let first = rig.answer_with(ada, TurnNo(1), RIGHT, &id("tap"), rig.now, Some(40)).expect("in time");
        let check = |rig: &mut Rig| {
            let before = rig.room.clone();
            // What comes with the id does not matter any more.
            let again = rig.answer_with(ada, TurnNo(1), WRONG, &id("tap"), rig.now, None).expect("known");
            assert_eq!((again, rig.effects.len(), &rig.room), (first, 1, &before));
        };
        rig.wait(1_000);
        check(&mut rig);
        rig.wait(30_000);
        check(&mut rig);
        rig.restart();
        check(&mut rig);
        rig.next();
        check(&mut rig);
        rig.ask();
        check(&mut rig);
    }

    #[test]
    fn an_id_belongs_to_its_seat() {
        let (mut rig, [ada, bo]) = Rig::with_people(1, ["Ada", "Bo"]);
        rig.ask();
        rig.answer_with(ada, TurnNo(1), RIGHT, &id("tap"), rig.now, None).expect("in time");
        let taken = rig.answer_with(bo, TurnNo(1), WRONG, &id("tap"), rig.now, None).expect("in time");
        assert_eq!(taken.choice, rig::choice(WRONG));
        rig.apply(crate::room::input::Input::Host { command: HostCommand::Lock, id: id("tap") })
            .expect("the host's own");
        assert!(rig.room.is_locked());
    }

    #[test]
    fn a_choice_fits_its_question() {
        let mut quiz = rig::quiz(2);
        quiz.questions[1].kind = QuestionKind::Multiple;
        let mut rig = Rig::with(quiz, Limits::default());
        let (ada, _) = (rig.join("Ada"), rig.join("Bo"));
        rig.ask();
        for bad in [&[][..], &[0, 1], &[4]] {
            assert_eq!(rig.answer(ada, bad), Err(Refusal::BadChoice), "{bad:?}");
        }
        rig.close();
        rig.next();
        rig.ask();
        assert_eq!(rig.answer(ada, &[]), Err(Refusal::BadChoice));
        assert!(rig.answer(ada, &[0, 3]).is_ok());
    }

    #[test]
    fn an_answer_to_another_question_is_refused() {
        let (mut rig, [ada]) = Rig::with_people(3, ["Ada"]);
        let answer = |rig: &mut Rig, turn| rig.answer_with(ada, TurnNo(turn), RIGHT, &id("tap"), rig.now, None);
        assert_eq!(answer(&mut rig, 1), Err(Refusal::NotNow), "nothing is asked yet");
        rig.ask();
        assert_eq!(answer(&mut rig, 2), Err(Refusal::OtherQuestion));
        assert_eq!(answer(&mut rig, 0), Err(Refusal::OtherQuestion));
        rig.close();
        assert_eq!(answer(&mut rig, 2), Err(Refusal::OtherQuestion));
        rig.next();
        rig.ask();
        assert_eq!(answer(&mut rig, 1), Err(Refusal::OtherQuestion));
        rig.end();
        assert_eq!(answer(&mut rig, 2), Err(Refusal::NotNow), "struck");
    }

    #[test]
    fn an_answer_that_missed_the_end_learns_by_how_much() {
        let (mut rig, [ada]) = Rig::with_people(2, ["Ada"]);
        rig.ask();
        let deadline = rig.face().deadline.expect("a limit");
        rig.wait(21_000);
        assert_eq!(rig.room.phase(), Phase::Reveal);
        assert_eq!(rig.answer(ada, RIGHT), Err(Refusal::TooLate { by: rig.now - deadline }));
        rig.next();
        assert_eq!(rig.answer(ada, RIGHT), Err(Refusal::TooLate { by: rig.now - deadline }));

        rig.ask();
        rig.wait(5_000);
        rig.close();
        let closed_at = rig.now;
        rig.wait(300);
        assert_eq!(rig.answer(ada, RIGHT), Err(Refusal::TooLate { by: Millis(300) }), "since the host closed it");
        let early = rig.answer_with(ada, TurnNo(2), RIGHT, &id("tap"), closed_at - Millis(5), None);
        assert_eq!(early, Err(Refusal::TooLate { by: Millis(1) }), "read before, come up after");
    }

    #[test]
    fn an_answer_is_told_to_nobody_but_its_sender() {
        let (mut rig, [ada, _]) = Rig::with_people(1, ["Ada", "Bo"]);
        rig.ask();
        let taken = rig.answer(ada, RIGHT).expect("in time");
        let rest = [Effect::Changed(StateKey::Presence), Effect::You(ada), Effect::Taken(taken)];
        assert_eq!(rig.effects[1..], rest);
        assert_eq!(rig.room.presence().answered, 1);
    }
}
