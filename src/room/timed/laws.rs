//! The rules of timed sessions as stories, and the laws that hold for every one of them.

use proptest::prelude::*;

use crate::domain::ids::{PersonId, SeatId, TurnNo};
use crate::domain::limits::Limits;
use crate::domain::question::Choice;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::timed::{EXTRA_MS_MAX, Feedback, TimedSettings};
use crate::protocol::command::Answer;
use crate::protocol::refusal::Refusal;
use crate::protocol::timed::{Average, EndReason, GoTo, SeatState, SeatView, TopicResult};
use crate::room::restore::BrokenLog;
use crate::room::rig::{RIGHT, WRONG, choice, id};
use crate::room::timed::TimedRoom;
use crate::room::timed::effect::TimedEffect;
use crate::room::timed::fact::{TimedBody, TimedFact};
use crate::room::timed::input::{Manage, TimedInput};
use crate::room::timed::rig::{Rig, START, minute};

fn begun() -> (Rig, SeatId) {
    begun_with(minute())
}

fn begun_with(settings: TimedSettings) -> (Rig, SeatId) {
    let mut rig = Rig::with(settings);
    let ada = rig.invite("Ada");
    rig.start(ada).expect("Ada may start");
    (rig, ada)
}

#[test]
fn an_invited_person_goes_from_link_to_summary() {
    let mut rig = Rig::new();
    let ada = rig.invite("Ada");
    assert_eq!((rig.view(ada).state, rig.view(ada).attempts_left), (SeatState::Invited, 1));
    rig.apply(TimedInput::Arrived { seat: ada }).expect("the link holds");
    assert_eq!(rig.view(ada).state, SeatState::Opened);
    rig.start(ada).expect("the window is open");
    let view = rig.view(ada);
    assert_eq!((view.state, view.deadline), (SeatState::Active, Some(rig.now + Millis(60_000))));
    assert_eq!(view.page.map(|page| (page.turn, page.prompt)), Some((TurnNo(1), "Question 1".to_owned())));
    rig.wait(5_000);
    rig.answer(ada, 1, RIGHT).expect("in time");
    rig.go(ada, 2).expect("there is a second");
    rig.wait(7_000);
    rig.answer(ada, 2, WRONG).expect("in time");
    assert_eq!(rig.view(ada).answered, [true, true, false]);
    rig.finish(ada).expect("whoever is at it may hand in");
    let view = rig.view(ada);
    assert_eq!((view.state, view.ended, view.page), (SeatState::Finished, Some(EndReason::HandedIn), None));
    let summary = view.summary.expect("shown at the end");
    assert_eq!((summary.score, summary.score_max, summary.right, summary.answered), (1_000, 3_000, 1, 2));
    assert_eq!(summary.time, Millis(12_000));
    let transcript = rig.room.transcript(ada, 1).expect("an attempt");
    assert_eq!(transcript.lines.iter().map(|line| line.time.0).collect::<Vec<_>>(), [5_000, 7_000, 0]);
}

#[test]
fn results_are_told_by_topic_in_the_order_of_the_quiz() {
    let mut rig = Rig::new();
    for (question, topic) in rig.room.quiz.questions.iter_mut().zip(["Space", "", "Space"]) {
        question.topic = topic.to_owned();
    }
    let ada = rig.invite("Ada");
    rig.start(ada).expect("Ada may start");
    rig.answer(ada, 1, RIGHT).expect("in time");
    rig.go(ada, 2).expect("there is a second");
    rig.answer(ada, 2, RIGHT).expect("in time");
    rig.finish(ada).expect("whoever is at it may hand in");
    let result = |topic: &str, score, score_max, right, total| TopicResult {
        topic: topic.to_owned(),
        score,
        score_max,
        right,
        total,
    };
    let summary = rig.view(ada).summary.expect("shown at the end");
    assert_eq!(summary.topics, [result("Space", 1_000, 2_000, 1, 2), result("", 1_000, 1_000, 1, 1)]);
    let transcript = rig.room.transcript(ada, 1).expect("an attempt");
    assert_eq!(transcript.lines.iter().map(|line| line.topic.as_str()).collect::<Vec<_>>(), ["Space", "", "Space"]);

    let (mut rig, ada) = begun_with(minute());
    rig.finish(ada).expect("whoever is at it may hand in");
    assert_eq!(rig.view(ada).summary.expect("shown at the end").topics, [], "no question has a topic");
}

#[test]
fn a_session_is_overdue_a_day_after_its_window_unless_somebody_may_still_answer() {
    const DAY: i64 = 86_400_000;
    let closing = |after| TimedSettings { closes_at: Some(START + Millis(after)), ..minute() };
    let (mut rig, ada) = begun_with(closing(30_000));
    let bo = rig.invite("Bo");
    let is_overdue = |rig: &Rig| rig.room.is_overdue(rig.now);
    rig.wait(30_000 + DAY - 1);
    assert!(!is_overdue(&rig), "its host may still look after it");
    rig.wait(1);
    assert!(is_overdue(&rig));
    rig.manage(bo, Manage::AddAttempt).expect("the host may");
    assert!(!is_overdue(&rig), "Bo may start");
    rig.start(bo).expect("an attempt that the host gave is bound to no window");
    rig.manage(bo, Manage::Pause).expect("Bo is at it");
    rig.wait(DAY);
    assert!(!is_overdue(&rig), "Bo is at it");
    rig.manage(bo, Manage::End).expect("Bo is at it");
    assert!(is_overdue(&rig));
    rig.manage(ada, Manage::AddAttempt).expect("the host may");
    rig.manage(ada, Manage::Revoke).expect("the host may");
    assert!(is_overdue(&rig), "nobody starts without a link");
    rig.apply(TimedInput::Close).expect("the host may");
    assert!(!is_overdue(&rig), "it is closed");

    let mut endless = Rig::new();
    endless.wait(1_000 * DAY);
    assert!(!is_overdue(&endless), "its host alone says when it is over");
}

#[test]
fn the_time_is_up_at_the_deadline_whenever_the_clock_says_so() {
    let (mut rig, ada) = begun();
    let deadline = rig.now + Millis(60_000);
    rig.answer(ada, 1, RIGHT).expect("in time");
    rig.now = deadline + Millis(3_600_000);
    rig.apply(TimedInput::Tick).expect("a tick is never refused");
    assert_eq!(rig.recorded(), ["ended"]);
    let expired = rig.effects.iter().filter(|effect| matches!(effect, TimedEffect::Expired(..))).count();
    assert_eq!((expired, rig.row(ada).ended_at, rig.row(ada).state), (1, Some(deadline), SeatState::Expired));
    rig.effects.clear();
    rig.wait(10_000);
    rig.apply(TimedInput::Tick).expect("a tick is never refused");
    assert_eq!(rig.effects, [], "told once");
}

#[test]
fn an_answer_that_was_read_within_the_grace_counts_and_a_later_one_does_not() {
    for noticed_first in [false, true] {
        let (mut rig, ada) = begun();
        let deadline = rig.now + Millis(60_000);
        rig.now = deadline + Millis(240);
        if noticed_first {
            rig.apply(TimedInput::Tick).expect("a tick is never refused");
        }
        rig.answer_as(ada, 1, RIGHT, "in-time", deadline + Millis(250)).expect("on its way");
        let late = rig.answer_as(ada, 2, RIGHT, "late", deadline + Millis(251));
        assert_eq!(late, Err(Refusal::TooLate { by: Millis(251) }));
        rig.apply(TimedInput::Tick).expect("a tick is never refused");
        assert_eq!(rig.view(ada).summary, None, "an answer may still come up");
        rig.wait(1_000);
        assert_eq!(rig.view(ada).summary.map(|summary| summary.score), Some(1_000));
    }
}

#[test]
fn starting_twice_on_two_devices_starts_once() {
    let (mut rig, ada) = begun();
    let deadline = rig.view(ada).deadline;
    rig.wait(1_000);
    rig.apply(TimedInput::Start { seat: ada, order: 7 }).expect("it is under way");
    assert_eq!((rig.recorded(), rig.view(ada).deadline), (vec![], deadline));
    rig.finish(ada).expect("at it");
    assert_eq!(rig.start(ada), Err(Refusal::NoAttemptsLeft));
    rig.finish(ada).expect("handing in twice is handing in once");
    assert_eq!(rig.recorded(), [""; 0]);
}

#[test]
fn nobody_starts_before_the_window_or_after_it_and_it_ends_what_runs() {
    let (opens_at, closes_at) = (Some(START + Millis(10_000)), Some(START + Millis(40_000)));
    let mut rig = Rig::with(TimedSettings { opens_at, closes_at, ..minute() });
    let (ada, bo) = (rig.invite("Ada"), rig.invite("Bo"));
    assert_eq!(rig.start(ada), Err(Refusal::NotOpenYet));
    rig.wait(10_000);
    assert!(rig.effects.contains(&TimedEffect::EverySeat), "the pages learn that it is open");
    rig.start(ada).expect("it has just opened");
    assert_eq!(rig.view(ada).deadline, closes_at);
    rig.wait(30_000);
    assert_eq!((rig.row(ada).state, rig.start(bo)), (SeatState::Expired, Err(Refusal::SessionOver)));
    rig.manage(bo, Manage::AddAttempt).expect("the host may");
    rig.start(bo).expect("what the host gives is bound to no window");
    assert_eq!(rig.view(bo).deadline, Some(rig.now + Millis(60_000)));
    rig.finish(bo).expect("at it");
    assert_eq!(rig.start(bo), Err(Refusal::SessionOver), "the host gave one and no more");
}

#[test]
fn a_host_gives_time_quietly_and_stops_the_clock() {
    let (mut rig, ada) = begun();
    rig.wait(55_000);
    rig.manage(ada, Manage::Extend(Millis(30_000))).expect("at it");
    assert_eq!(rig.view(ada).deadline, Some(START + Millis(90_000)));
    rig.wait(10_000);
    rig.manage(ada, Manage::Pause).expect("at it");
    let view = rig.view(ada);
    assert_eq!((view.state, view.deadline, view.stopped_with), (SeatState::Paused, None, Some(Millis(25_000))));
    assert_eq!(view.page, None, "nobody reads on while the clock stands still");
    assert_eq!(rig.answer(ada, 1, RIGHT), Err(Refusal::ClockStopped));
    assert_eq!(rig.go(ada, 2), Err(Refusal::ClockStopped));
    rig.wait(3_600_000);
    rig.manage(ada, Manage::Resume).expect("stopped");
    assert_eq!(rig.view(ada).deadline, Some(rig.now + Millis(25_000)));
    rig.wait(5_000);
    rig.finish(ada).expect("at it");
    assert_eq!(rig.view(ada).summary.map(|summary| summary.time), Some(Millis(70_000)));
    assert_eq!(rig.manage(ada, Manage::Extend(Millis(1))), Err(Refusal::NotUnderWay));
}

#[test]
fn time_is_added_within_bounds() {
    let (mut rig, ada) = begun();
    for by in [0, -1, EXTRA_MS_MAX.0 + 1] {
        assert_eq!(rig.manage(ada, Manage::Extend(Millis(by))), Err(Refusal::TooMuchTime), "{by}");
    }
    rig.manage(ada, Manage::Extend(EXTRA_MS_MAX)).expect("the most");
    assert_eq!(rig.manage(ada, Manage::Extend(Millis(1))), Err(Refusal::TooMuchTime));
    let (mut rig, ada) = begun_with(TimedSettings { limit: None, ..minute() });
    assert_eq!(rig.manage(ada, Manage::Extend(Millis(1))), Err(Refusal::NoLimit));
    rig.wait(i64::from(u32::MAX));
    assert_eq!(rig.row(ada).state, SeatState::Active, "without a limit nothing ends by itself");
}

#[test]
fn a_revoked_link_ends_what_runs_and_opens_nothing() {
    let (mut rig, ada) = begun();
    rig.answer(ada, 1, RIGHT).expect("in time");
    rig.manage(ada, Manage::Revoke).expect("the host may");
    assert!(rig.effects.contains(&TimedEffect::CloseSeat(ada)));
    assert_eq!((rig.row(ada).state, rig.row(ada).score), (SeatState::Revoked, Some(1_000)), "what was given stays");
    for outcome in [rig.start(ada), rig.answer(ada, 1, WRONG).map(drop), rig.go(ada, 2), rig.finish(ada)] {
        assert_eq!(outcome, Err(Refusal::NoSeat));
    }
    assert_eq!(rig.apply(TimedInput::Arrived { seat: ada }), Err(Refusal::NoSeat));
    assert_eq!(rig.room.seat_view(ada, rig.now), None);
    let generation = rig.room.seat(ada).map(|seat| seat.generation);
    rig.manage(ada, Manage::Renew).expect("the host may");
    assert_eq!(rig.room.seat(ada).map(|seat| seat.generation), generation.map(|no| no + 1));
    assert_eq!(rig.view(ada).state, SeatState::Finished);
}

#[test]
fn who_is_forgotten_leaves_nothing_and_a_seat_is_not_given_twice() {
    let (mut rig, ada) = begun();
    let bo = rig.invite("Bo");
    rig.answer(ada, 1, RIGHT).expect("in time");
    rig.manage(ada, Manage::Erase).expect("the host may");
    assert_eq!(rig.room.progress([ada], rig.now).gone, [ada]);
    assert_eq!(rig.room.wake_at(), None, "no clock runs for nobody");
    // What the store does then: every fact of theirs keeps its number and says nothing.
    for fact in &mut rig.facts {
        if fact.body.seat() == Some(ada) && !matches!(fact.body, TimedBody::Erased { .. }) {
            fact.body = TimedBody::Gone { seat: ada };
        }
    }
    let before = rig.room.host_view(rig.now);
    rig.restart();
    assert_eq!(rig.room.host_view(rig.now), before);
    assert_eq!(rig.invite("Cy"), SeatId(bo.0 + 1));
}

#[test]
fn the_host_closes_and_what_runs_is_over() {
    let (mut rig, ada) = begun();
    let bo = rig.invite("Bo");
    rig.apply(TimedInput::Close).expect("the host may");
    assert_eq!((rig.row(ada).state, rig.view(ada).ended), (SeatState::Finished, Some(EndReason::EndedByHost)));
    assert_eq!(rig.start(bo), Err(Refusal::SessionOver));
    assert_eq!(rig.manage(bo, Manage::AddAttempt), Err(Refusal::SessionOver));
    let invite = TimedInput::Invite { person: PersonId(1), name: "Cy".to_owned() };
    assert_eq!(rig.apply(invite), Err(Refusal::SessionOver));
    rig.apply(TimedInput::Close).expect("closing twice is closing once");
    assert_eq!(rig.recorded(), [""; 0]);
}

#[test]
fn the_same_answer_again_is_not_a_second_one_and_an_old_one_undoes_nothing() {
    let (mut rig, ada) = begun();
    let first = rig.answer_as(ada, 1, RIGHT, "a", rig.now).expect("in time");
    rig.wait(1_000);
    rig.answer_as(ada, 1, WRONG, "b", rig.now).expect("a change of mind");
    assert_eq!(rig.answer_as(ada, 1, RIGHT, "a", rig.now), Ok(first), "the first result again");
    assert_eq!(rig.recorded(), [""; 0]);
    assert_eq!(rig.view(ada).page.and_then(|page| page.choice), Some(choice(WRONG)));
    rig.restart();
    assert_eq!(rig.answer_as(ada, 1, RIGHT, "a", rig.now), Ok(first), "also after a restart");
}

#[test]
fn an_answer_has_to_fit() {
    let (mut rig, ada) = begun();
    assert_eq!(rig.answer(ada, 0, RIGHT), Err(Refusal::OtherQuestion));
    assert_eq!(rig.answer(ada, 4, RIGHT), Err(Refusal::OtherQuestion));
    assert_eq!(rig.answer(ada, 1, &[4]), Err(Refusal::BadChoice));
    assert_eq!(rig.answer(ada, 1, &[0, 1]), Err(Refusal::BadChoice));
    assert_eq!(rig.answer(ada, 1, &[]), Err(Refusal::BadChoice));
    for change in 0..super::apply::CHANGES_MAX {
        rig.answer(ada, 1, if change % 2 == 0 { RIGHT } else { WRONG }).expect("a change of mind");
    }
    assert_eq!(rig.answer(ada, 1, RIGHT), Err(Refusal::TooManyChanges));
    let bo = rig.invite("Bo");
    assert_eq!(rig.answer(bo, 1, RIGHT), Err(Refusal::NotStarted));
    assert_eq!(rig.answer(SeatId(9), 1, RIGHT), Err(Refusal::NoSeat));
}

#[test]
fn without_a_way_back_a_question_that_was_left_stays_as_it_is() {
    let (mut rig, ada) = begun_with(TimedSettings { may_go_back: false, ..minute() });
    rig.answer(ada, 1, WRONG).expect("in time");
    rig.answer(ada, 1, RIGHT).expect("it is still on");
    assert_eq!(rig.go(ada, 3), Err(Refusal::NoWayBack));
    assert_eq!(rig.answer(ada, 2, RIGHT), Err(Refusal::OtherQuestion));
    rig.go(ada, 2).expect("the next one");
    assert_eq!(rig.go(ada, 1), Err(Refusal::NoWayBack));
    assert_eq!(rig.answer(ada, 1, WRONG), Err(Refusal::OtherQuestion));
    assert_eq!(rig.go(ada, 4), Err(Refusal::OtherQuestion));
    assert_eq!(rig.go(ada, 2), Ok(()), "where one is already");
}

#[test]
fn practice_shows_each_answer_and_then_it_is_final() {
    let settings = TimedSettings { feedback: Feedback::WithEachAnswer, may_go_back: false, ..minute() };
    let (mut rig, ada) = begun_with(settings);
    assert_eq!(rig.view(ada).page.and_then(|page| page.solution), None);
    rig.answer(ada, 1, WRONG).expect("in time");
    let solution = rig.view(ada).page.and_then(|page| page.solution).expect("shown at once");
    assert_eq!((solution.key, solution.points), (choice(RIGHT), 0));
    assert_eq!(rig.answer(ada, 1, RIGHT), Err(Refusal::Twice));
}

#[test]
fn the_best_attempt_counts_and_solutions_wait_for_the_last() {
    let mut rig = Rig::with(TimedSettings { attempts: 2, ..minute() });
    let ada = rig.invite("Ada");
    for places in [RIGHT, WRONG] {
        rig.start(ada).expect("an attempt is left");
        rig.answer(ada, 1, places).expect("in time");
        rig.finish(ada).expect("at it");
        let own = rig.room.own_transcript(ada, 1, rig.now).expect("over");
        let is_last = rig.view(ada).attempts_left == 0;
        assert_eq!((own.summary.is_some(), own.lines[0].solution.is_some()), (true, is_last));
    }
    assert_eq!((rig.row(ada).score, rig.row(ada).attempt), (Some(1_000), 2));
    assert_eq!(rig.view(ada).summary.map(|summary| summary.score), Some(0), "the last one is shown as what it is");
}

#[test]
fn results_come_when_the_host_said_that_they_would() {
    let summary = |feedback, close: bool| {
        let closes_at = Some(START + Millis(30_000));
        let (mut rig, ada) = begun_with(TimedSettings { feedback, closes_at, ..minute() });
        rig.finish(ada).expect("at it");
        let at_once = rig.view(ada).summary.is_some();
        if close {
            rig.apply(TimedInput::Close).expect("the host may")
        } else {
            rig.wait(30_270)
        }
        let own = rig.room.own_transcript(ada, 1, rig.now).expect("over");
        (at_once, rig.view(ada).summary.is_some(), own.lines[0].solution.is_some())
    };
    for close in [true, false] {
        assert_eq!(summary(Feedback::AtTheEnd, close), (true, true, true));
        assert_eq!(summary(Feedback::WhenClosed, close), (false, true, true));
        assert_eq!(summary(Feedback::Never, close), (false, false, false));
    }
}

/// A window of half a minute, a minute for everything, results for all at once, and Ada, who is done; Bo is at it.
fn one_done_and_one_at_it() -> (Rig, SeatId, SeatId) {
    let closes_at = Some(START + Millis(30_000));
    let mut rig = Rig::with(TimedSettings { feedback: Feedback::WhenClosed, closes_at, ..minute() });
    let (ada, bo) = (rig.invite("Ada"), rig.invite("Bo"));
    rig.start(ada).expect("the window is open");
    rig.start(bo).expect("the window is open");
    rig.finish(ada).expect("at it");
    (rig, ada, bo)
}

/// Whether somebody sees the numbers of their first attempt, and what was right.
fn knows(rig: &Rig, seat: SeatId) -> (bool, bool) {
    let own = rig.room.own_transcript(seat, 1, rig.now).expect("over");
    let shows_key = own.lines.iter().any(|line| line.solution.is_some());
    (rig.view(seat).summary.is_some() || own.summary.is_some(), shows_key)
}

#[test]
fn nobody_learns_what_was_right_while_somebody_has_time_beyond_the_window() {
    let (mut rig, ada, bo) = one_done_and_one_at_it();
    rig.manage(bo, Manage::Extend(Millis(60_000))).expect("at it");
    rig.wait(89_999);
    assert_eq!(knows(&rig, ada), (false, false), "Bo is at it still");
    rig.wait(1);
    assert_eq!(rig.row(bo).state, SeatState::Expired);
    assert_eq!(knows(&rig, ada), (false, false), "an answer of Bo's may be on its way");
    rig.wait(270);
    assert!(rig.effects.contains(&TimedEffect::EverySeat), "open pages learn of it: {:?}", rig.effects);
    assert_eq!((knows(&rig, ada), knows(&rig, bo)), ((true, true), (true, true)));

    let last_deeds: [fn(&mut Rig, SeatId); 4] = [
        |rig, bo| {
            rig.manage(bo, Manage::Resume).expect("stopped");
            rig.finish(bo).expect("at it");
        },
        |rig, bo| rig.manage(bo, Manage::End).expect("at it"),
        |rig, bo| rig.manage(bo, Manage::Revoke).expect("the host may"),
        |rig, bo| rig.manage(bo, Manage::Erase).expect("the host may"),
    ];
    for last_deed in last_deeds {
        let (mut rig, ada, bo) = one_done_and_one_at_it();
        rig.manage(bo, Manage::Pause).expect("at it");
        rig.wait(3_600_000);
        assert_eq!(knows(&rig, ada), (false, false), "Bo goes on later");
        rig.restart();
        assert_eq!(knows(&rig, ada), (false, false), "also after a restart");
        last_deed(&mut rig, bo);
        assert!(rig.effects.contains(&TimedEffect::EverySeat), "{:?}", rig.effects);
        assert_eq!(knows(&rig, ada), (true, true));
    }
}

#[test]
fn what_everybody_sees_is_told_once() {
    let (mut rig, ada, bo) = one_done_and_one_at_it();
    rig.wait(30_269);
    assert_eq!(knows(&rig, ada), (false, false));
    rig.wait(1);
    let told = rig.effects.iter().filter(|effect| **effect == TimedEffect::EverySeat).count();
    assert_eq!((told, knows(&rig, ada), knows(&rig, bo)), (1, (true, true), (true, true)));
    rig.apply(TimedInput::Arrived { seat: ada }).expect("the link holds");
    assert!(!rig.effects.contains(&TimedEffect::EverySeat), "{:?}", rig.effects);
    // Who gets another attempt after all must not hear from the others either.
    rig.manage(bo, Manage::AddAttempt).expect("the host may");
    assert_eq!(knows(&rig, ada), (true, true));
    rig.start(bo).expect("given by the host");
    assert!(rig.effects.contains(&TimedEffect::EverySeat), "{:?}", rig.effects);
    assert_eq!(knows(&rig, ada), (false, false));
}

#[test]
fn people_are_compared_only_where_the_host_lets_them() {
    for compares in [false, true] {
        let mut rig = Rig::with(TimedSettings { compares, ..minute() });
        let seats = [rig.invite("Ada"), rig.invite("Bo"), rig.invite("Cy")];
        for (seat, answers) in seats.into_iter().zip([1, 2, 3]) {
            rig.start(seat).expect("the window is open");
            for turn in 1..=answers {
                rig.answer(seat, turn, RIGHT).expect("in time");
            }
            rig.wait(1_000);
            rig.finish(seat).expect("at it");
        }
        let others = rig.view(seats[0]).summary.and_then(|summary| summary.others);
        assert_eq!(others.map(|average| (average.people, average.score)), compares.then_some((2, 2_500)));
    }
}

#[test]
fn everybody_has_an_order_of_their_own_and_what_is_kept_is_the_quizs() {
    let settings = TimedSettings { shuffles_questions: true, shuffles_options: true, ..minute() };
    let mut rig = Rig::with(settings);
    let ada = rig.invite("Ada");
    rig.start(ada).expect("the window is open");
    for turn in 1..=3 {
        rig.go(ada, turn).expect("the way is open");
        let page = rig.view(ada).page.expect("under way");
        let place = page.options.iter().position(|option| option.ends_with("option 0")).expect("it is among them");
        let place = u8::try_from(place).expect("a few options");
        rig.answer(ada, turn, &[place]).expect("in time");
        assert_eq!(rig.view(ada).page.and_then(|page| page.choice), Some(choice(&[place])), "shown as it was given");
    }
    rig.finish(ada).expect("at it");
    assert_eq!(rig.view(ada).summary.map(|summary| summary.right), Some(3));
    let transcript = rig.room.transcript(ada, 1).expect("an attempt");
    assert!(transcript.lines.iter().all(|line| {
        line.solution.as_ref().is_some_and(|solution| Some(solution.key) == line.given.last().map(|given| given.choice))
    }));
}

#[test]
fn one_more_than_the_seats_is_refused_and_the_door_opens_only_where_it_is_open() {
    let limits = Limits { timed_seats_max: 2, ..Limits::default() };
    let mut rig = Rig::with_limits(TimedSettings { is_open: true, ..minute() }, limits);
    rig.invite("Ada");
    let bo = rig.take_seat("Bo").expect("the door is open");
    assert_eq!(rig.take_seat("Bo"), Ok(bo), "the same form again");
    rig.apply(TimedInput::TakeSeat { name: crate::room::rig::name("BO"), id: id("other") })
        .expect_err("it looks like the name of somebody");
    assert_eq!(rig.take_seat("Cy"), Err(Refusal::RoomFull));
    let mut rig = Rig::new();
    assert_eq!(rig.take_seat("Bo"), Err(Refusal::NoRoom));
}

#[test]
fn a_log_that_is_none_is_told() {
    let (mut rig, ada) = begun();
    rig.answer(ada, 1, RIGHT).expect("in time");
    let check = |break_it: &dyn Fn(&mut Vec<TimedFact>), why: BrokenLog| {
        let mut log = rig.facts.clone();
        break_it(&mut log);
        assert_eq!(TimedRoom::restore(log, Limits::default()).err(), Some(why));
    };
    check(&|log| log.clear(), BrokenLog::NoOpening);
    check(&|log| drop(log.remove(1)), BrokenLog::Gap { expected: 2, found: 3 });
    for (at, body) in [
        (1, TimedBody::Started { seat: ada, order: 0, deadline: None }),
        (2, TimedBody::SeatGiven { seat: ada, person: None, name: "Eve".to_owned() }),
        (2, TimedBody::Went { seat: ada, turn: TurnNo(1) }),
        (3, TimedBody::Started { seat: ada, order: 0, deadline: None }),
        (3, TimedBody::Resumed { seat: ada }),
        (3, TimedBody::Went { seat: ada, turn: TurnNo(4) }),
    ] {
        let (no, kind) = (rig.facts[at].no, body.kind());
        check(&|log| log[at].body = body.clone(), BrokenLog::Misfit { no, kind });
    }
}

/// One thing that happens in a random session.
#[derive(Clone, Debug)]
enum Move {
    Invite(i64),
    TakeSeat(u8),
    Start(u32, u64),
    Answer { seat: u32, turn: u32, places: Vec<u8>, ago_ms: i64, id: u8 },
    Go(u32, u32),
    Finish(u32),
    Manage(u32, u8, i64),
    Come(u32),
    Leave(u32),
    Close,
    Wait(i64),
    Restart,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let seat = || 1..5_u32;
    let one = prop_oneof![
        2 => (0..3_i64).prop_map(Move::Invite),
        1 => (0..3_u8).prop_map(Move::TakeSeat),
        4 => (seat(), any::<u64>()).prop_map(|(seat, order)| Move::Start(seat, order)),
        8 => (seat(), 0..5_u32, prop::collection::vec(0..5_u8, 0..3), 0..400_i64, any::<u8>())
            .prop_map(|(seat, turn, places, ago_ms, id)| Move::Answer { seat, turn, places, ago_ms, id }),
        4 => (seat(), 0..5_u32).prop_map(|(seat, turn)| Move::Go(seat, turn)),
        1 => seat().prop_map(Move::Finish),
        4 => (seat(), 0..8_u8, -5..40_000_i64).prop_map(|(seat, what, by)| Move::Manage(seat, what, by)),
        2 => seat().prop_map(Move::Come),
        1 => seat().prop_map(Move::Leave),
        4 => (0..30_000_i64).prop_map(Move::Wait),
        1 => Just(Move::Restart),
    ];
    let all = prop::collection::vec(one, 1..60);
    (all, any::<bool>()).prop_map(|(mut moves, closes)| {
        if closes {
            moves.push(Move::Close);
        }
        moves
    })
}

fn settings() -> impl Strategy<Value = TimedSettings> {
    let feedback = prop_oneof![
        Just(Feedback::Never),
        Just(Feedback::WithEachAnswer),
        Just(Feedback::AtTheEnd),
        Just(Feedback::WhenClosed)
    ];
    let times =
        (prop::option::of(20_000..60_000_i64), prop::option::of(0..20_000_i64), prop::option::of(30_000..90_000_i64));
    (times, 1..3_u32, any::<[bool; 4]>(), feedback).prop_map(|((limit, opens, closes), attempts, flags, feedback)| {
        TimedSettings {
            limit: limit.map(Millis),
            opens_at: opens.map(|after| START + Millis(after)),
            closes_at: closes.map(|after| START + Millis(after)),
            attempts,
            shuffles_questions: flags[0],
            shuffles_options: flags[1],
            may_go_back: flags[2] && feedback != Feedback::WithEachAnswer,
            feedback,
            compares: flags[3],
            is_open: true,
        }
    })
}

/// What a move asks, in words of the engine.
fn input(it: &Move, now: Timestamp) -> Option<TimedInput> {
    Some(match it {
        Move::Invite(no) => TimedInput::Invite { person: PersonId(*no), name: format!("Person {no}") },
        Move::TakeSeat(no) => {
            TimedInput::TakeSeat { name: crate::room::rig::name(&format!("Guest {no}")), id: id(&format!("seat-{no}")) }
        }
        Move::Start(seat, order) => TimedInput::Start { seat: SeatId(*seat), order: *order },
        Move::Answer { seat, turn, places, ago_ms, id: no } => TimedInput::Answer {
            seat: SeatId(*seat),
            answer: Answer { turn: TurnNo(*turn), choice: Choice::of(places).expect("possible places") },
            id: id(&format!("a-{no}")),
            received_at: now - Millis(*ago_ms),
        },
        Move::Go(seat, turn) => TimedInput::Go { seat: SeatId(*seat), to: GoTo { turn: TurnNo(*turn) } },
        Move::Finish(seat) => TimedInput::Finish { seat: SeatId(*seat) },
        Move::Manage(seat, what, by) => TimedInput::Manage {
            seat: SeatId(*seat),
            what: match what {
                0 => Manage::Extend(Millis(*by)),
                1 => Manage::Pause,
                2 => Manage::Resume,
                3 => Manage::End,
                4 => Manage::AddAttempt,
                5 => Manage::Revoke,
                6 => Manage::Renew,
                _ => Manage::Erase,
            },
        },
        Move::Come(seat) => TimedInput::Arrived { seat: SeatId(*seat) },
        Move::Leave(seat) => TimedInput::Left { seat: SeatId(*seat) },
        Move::Close => TimedInput::Close,
        Move::Wait(_) | Move::Restart => return None,
    })
}

/// What everybody sees, presence apart.
fn seen(room: &TimedRoom, now: Timestamp) -> (Vec<crate::protocol::timed::SeatRow>, Vec<Option<SeatView>>) {
    let mut rows = room.host_view(now).seats;
    rows.iter_mut().for_each(|row| row.is_here = false);
    let views = rows.iter().map(|row| room.seat_view(row.seat, now)).collect();
    (rows, views)
}

/// What the others have on average, added up anew from all that everybody did.
fn average_without(room: &TimedRoom, id: SeatId) -> Option<Average> {
    let others = room.seats().filter(|seat| seat.id != id).filter_map(|seat| seat.best(room.quiz()));
    let all: Vec<(u64, i64)> = others.map(|attempt| (attempt.score(room.quiz()).into(), attempt.time().0)).collect();
    let people = u32::try_from(all.len()).expect("a few people");
    let score = all.iter().map(|(score, _)| score).sum::<u64>().checked_div(people.into())?;
    let time = all.iter().map(|(_, time)| time).sum::<i64>() / i64::from(people);
    Some(Average { people, score: u32::try_from(score).expect("a few points"), time: Millis(time) })
}

/// Makes a move, taken or refused.
fn make(rig: &mut Rig, it: &Move) {
    match it {
        Move::Wait(ms) => rig.wait(*ms),
        Move::Restart => rig.restart(),
        other => drop(rig.apply(input(other, rig.now).expect("every other move asks something"))),
    }
}

/// What a seat may see before it may know anything, with everything taken out that it may know.
fn without_results(mut view: SeatView) -> SeatView {
    view.summary = None;
    if let Some(page) = &mut view.page {
        page.solution = None;
    }
    view
}

proptest! {
    /// Laws 2 and 4: the rig looks after refusals; a restored room is the room that wrote the facts, after every input.
    #[test]
    fn whatever_happens_a_restart_changes_nothing_that_anybody_sees(settings in settings(), moves in moves()) {
        let mut rig = Rig::with(settings);
        for it in &moves {
            make(&mut rig, it);
            // What an erased seat leaves behind is the store's business; see the story above.
            let erased = rig.facts.iter().any(|fact| matches!(fact.body, TimedBody::Erased { .. }));
            let restored = TimedRoom::restore(rig.facts.clone(), Limits::default()).expect("an own log is whole");
            prop_assert_eq!(seen(&restored, rig.now), seen(&rig.room, rig.now), "erased: {}", erased);
        }
    }

    /// What is kept added up is what adding up would give, whatever happens and also after a restart.
    #[test]
    fn what_is_added_up_as_it_comes_is_what_all_of_it_adds_up_to(settings in settings(), moves in moves()) {
        let mut rig = Rig::with(settings);
        for it in &moves {
            make(&mut rig, it);
            let room = &rig.room;
            let at_it = room.seats().filter(|seat| seat.running().is_some()).count();
            prop_assert_eq!(usize::try_from(room.running).expect("a few people"), at_it);
            for seat in room.seats() {
                prop_assert_eq!(room.tally.without(seat.tally).average(), average_without(room, seat.id));
                for attempt in &seat.attempts {
                    let others = room.summary(seat, attempt).others;
                    let expected = if room.settings.compares { average_without(room, seat.id) } else { None };
                    prop_assert_eq!(others, expected);
                }
            }
        }
    }

    /// Law 5: with another key everybody sees the same, but for what is told as a result.
    #[test]
    fn nothing_that_a_seat_sees_before_its_results_depends_on_the_key(settings in settings(), moves in moves()) {
        let mut rig = Rig::with(settings.clone());
        let mut other = Rig::with(settings);
        let turned = |question: &mut crate::domain::question::Question| {
            question.options[0].is_right = false;
            question.options[2].is_right = true;
            question.explanation = "because of another reason".to_owned();
        };
        other.room.quiz.questions.iter_mut().for_each(turned);
        for it in &moves {
            match it {
                Move::Wait(ms) => [&mut rig, &mut other].into_iter().for_each(|rig| rig.wait(*ms)),
                Move::Restart => {}
                it => {
                    let asked = input(it, rig.now).expect("every other move asks something");
                    let outcomes = (rig.apply(asked.clone()).is_ok(), other.apply(asked).is_ok());
                    prop_assert_eq!(outcomes.0, outcomes.1);
                }
            }
            for seat in rig.room.seats() {
                let views = [&rig, &other].map(|rig| rig.room.seat_view(seat.id, rig.now).map(without_results));
                prop_assert_eq!(&views[0], &views[1]);
                let is_running = seat.running().is_some();
                let is_practice = rig.room.settings.feedback == Feedback::WithEachAnswer;
                if is_running {
                    let view = rig.room.seat_view(seat.id, rig.now);
                    let has_solution = view.as_ref().is_some_and(|view| view.page.as_ref().is_some_and(|page| page.solution.is_some()));
                    prop_assert!(view.as_ref().is_none_or(|view| view.summary.is_none()));
                    prop_assert!(!has_solution || is_practice);
                }
                for attempt in &seat.attempts {
                    let own = rig.room.own_transcript(seat.id, attempt.no, rig.now);
                    let shows = own.is_some_and(|own| own.lines.iter().any(|line| line.solution.is_some()));
                    let may = rig.room.may_see_solutions(seat, attempt, rig.now);
                    prop_assert!(!shows || may, "a solution before its time");
                    prop_assert!(!may || !is_running);
                }
            }
        }
    }

    /// V5: a deadline moves by what a host does and by nothing else, and no attempt outlives it.
    #[test]
    fn a_deadline_moves_by_a_hosts_hand_alone(settings in settings(), moves in moves()) {
        let mut rig = Rig::with(settings);
        for it in &moves {
            let before: Vec<_> = rig.room.seats().map(|seat| (seat.id, seat.attempts.len(), seat.running().and_then(|it| it.deadline))).collect();
            make(&mut rig, it);
            if !matches!(it, Move::Manage(..)) {
                for (id, attempts, deadline) in before {
                    let Some(seat) = rig.room.seat(id) else { continue };
                    let now = seat.running().filter(|_| seat.attempts.len() == attempts).map(|it| it.deadline);
                    prop_assert!(now.is_none_or(|now| now == deadline));
                }
            }
            rig.apply(TimedInput::Tick).expect("a tick is never refused");
            for attempt in rig.room.seats().filter_map(|seat| seat.running()) {
                let is_past = attempt.deadline.is_some_and(|deadline| deadline <= rig.now);
                prop_assert!(attempt.paused_at.is_some() || !is_past, "{attempt:?} outlived its deadline");
            }
        }
    }
}
