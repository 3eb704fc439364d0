//! Who may know what. Decided here and nowhere else: every view, every state and every event is made in this file.
//!
//! Nothing that players or the stage get depends on a key before [`revealed`] is made of it, when its turn has closed.

use crate::domain::ids::{SeatId, TurnNo};
use crate::domain::name::Nickname;
use crate::domain::question::{Choice, Question};
use crate::domain::score::{Verdict, verdict};
use crate::domain::time::Timestamp;
use crate::protocol::chat::{Chat, ChatEvent};
use crate::protocol::event::{CueEvent, Event, LeaveReason, SessionUpdate, UserJoined, UserLeft};
use crate::protocol::message::PlayersView;
use crate::protocol::state::{
    Climber, Latency, Leaderboard, LeaderboardRow, Neighbour, Presence, ScoreUpdate, TimeUpdate,
};
use crate::protocol::view::{
    Audience, Cue, HostPerson, HostView, PlayerView, QuestionFace, Revealed, Scene, Show, StagePerson, StageView,
};
use crate::room::Room;
use crate::room::apply::Motion;
use crate::room::effect::Effect;
use crate::room::roster::{Removal, Seat, count};
use crate::room::standings::Row;

/// Rows of the leaderboard that everybody sees: what a projector can show and a phone wants to scroll.
const TOP_ROWS: usize = 10;

/// A question as it may be seen while it is open.
pub(super) fn face(
    question: &Question,
    turn: TurnNo,
    opened_at: Timestamp,
    answers_at: Timestamp,
    deadline: Option<Timestamp>,
) -> QuestionFace {
    QuestionFace {
        turn,
        kind: question.kind,
        prompt: question.prompt.clone(),
        options: question.options.iter().map(|option| option.text.clone()).collect(),
        points: question.points,
        opened_at,
        answers_at,
        deadline,
    }
}

/// A closed question with its key and how it was answered by those who were seated then.
pub(super) fn revealed(question: &Question, face: QuestionFace, answers: impl Iterator<Item = Choice>) -> Revealed {
    let mut counts = vec![0; question.options.len()];
    let (mut answered, mut right) = (0, 0);
    for choice in answers {
        answered += 1;
        right += u32::from(verdict(question, choice) == Verdict::Right);
        choice.places().filter_map(|place| counts.get_mut(place).map(|count| *count += 1)).for_each(drop);
    }
    Revealed { question: face, key: question.key(), explanation: question.explanation.clone(), counts, answered, right }
}

/// What each audience sees.
impl Room {
    /// What a player sees; `None` if nobody has the seat.
    pub fn player_view(&self, seat: SeatId) -> Option<PlayerView> {
        Some(PlayerView { show: self.show(Audience::Players), chat: self.chat_view(), you: self.you(seat)? })
    }

    /// What every player sees.
    pub fn players_view(&self) -> PlayersView {
        PlayersView { show: self.show(Audience::Players), chat: self.chat_view() }
    }

    /// What the projector shows. Nothing of the chat: what nobody has looked at does not stand on a wall.
    pub fn stage_view(&self) -> StageView {
        let named = self.roster.seated().filter(|seat| self.is_named(seat.id));
        let person =
            |seat: &Seat| StagePerson { seat: seat.id, name: seat.name.as_str().to_owned(), is_here: seat.is_here() };
        StageView { show: self.show(Audience::Stage), people: named.map(person).collect() }
    }

    /// What the host sees.
    pub fn host_view(&self) -> HostView {
        let person = |seat: &Seat| HostPerson {
            seat: seat.id,
            name: seat.name.as_str().to_owned(),
            is_here: seat.is_here(),
            away_since: seat.away_since,
            round_trip: seat.round_trip,
        };
        HostView {
            show: self.show(Audience::Host),
            people: self.roster.seated().map(person).collect(),
            chat: self.chat_view(),
            cue: self.cue(),
        }
    }

    /// What all see, with the leaderboard of an audience.
    pub fn show(&self, audience: Audience) -> Show {
        Show {
            title: self.quiz.title.clone(),
            language: self.quiz.language.clone(),
            code: self.code,
            question_count: count(self.quiz.questions.len()),
            step: self.step,
            locked: self.is_locked,
            scene: self.scene.clone(),
            presence: self.presence(),
            leaderboard: self.leaderboard(audience),
        }
    }

    fn chat_view(&self) -> Chat {
        self.chat.view(&self.limits)
    }

    /// What only the host knows: the key of the question that is on or was last, and what comes next.
    fn cue(&self) -> Cue {
        let next_prompt = |turn| self.question(turn).map(|question| question.prompt.clone());
        match (&self.scene, self.scene.turn().and_then(|turn| self.question(turn))) {
            (Scene::Podium | Scene::Closed, _) => Cue::default(),
            (_, None) => Cue { next_prompt: self.next_turn().and_then(next_prompt), ..Cue::default() },
            (_, Some(question)) => Cue {
                key: question.key(),
                explanation: question.explanation.clone(),
                next_prompt: self.next_turn().and_then(next_prompt),
            },
        }
    }

    /// Whether a seat is told by name when it comes and goes; for who came later only counts are told.
    fn is_named(&self, seat: SeatId) -> bool {
        seat.0 <= self.limits.presence_named
    }
}

/// What is due when it changed, latest wins.
impl Room {
    /// Who is there, in numbers.
    pub fn presence(&self) -> Presence {
        let answered = match &self.scene {
            Scene::Reading(face) | Scene::Answering(face) => self.roster.answered(face.turn),
            Scene::Lobby | Scene::Reveal(_) | Scene::Standings { .. } | Scene::Podium | Scene::Closed => 0,
        };
        Presence {
            here: self.roster.here(),
            seats: self.roster.seated_count(),
            answered,
            is_host_here: self.is_host_here,
        }
    }

    /// The ranks after the last turn that counts: all for the host, the first ten for others, none before the first turn.
    pub fn leaderboard(&self, audience: Audience) -> Leaderboard {
        let rows = self.standings.rows();
        let shown = match audience {
            Audience::Host => rows.len(),
            Audience::Stage | Audience::Players | Audience::Admins => rows.len().min(TOP_ROWS),
        };
        let row = |row: &Row| LeaderboardRow {
            seat: row.seat,
            name: self.name(row.seat),
            score: row.score,
            rank: row.rank,
            moved: row.moved,
        };
        Leaderboard {
            version: self.standings.counted(),
            rows: rows.iter().take(shown).map(row).collect(),
            climber: self
                .standings
                .climber()
                .map(|row| Climber { name: self.name(row.seat), places: row.moved.unsigned_abs() }),
        }
    }

    /// Round trips of the links that are open; the host only.
    pub fn latency(&self) -> Latency {
        let measured = |seat: &Seat| seat.round_trip.map(|round_trip| (seat.id, round_trip));
        Latency { round_trips: self.roster.seated().filter_map(measured).collect() }
    }

    /// The deadline of the open question; `None` if none is open or it has none.
    pub fn time_update(&self, now: Timestamp) -> Option<TimeUpdate> {
        let (Scene::Reading(face) | Scene::Answering(face)) = &self.scene else {
            return None;
        };
        let deadline = face.deadline?;
        Some(TimeUpdate { turn: face.turn, deadline, remaining_seconds: (deadline - now).whole_seconds_up() })
    }

    /// A seat's own state; `None` if nobody has the seat.
    ///
    /// The result is that of the last closed turn, the answer that of the question that is on.
    pub fn you(&self, seat: SeatId) -> Option<ScoreUpdate> {
        let seat = self.roster.seat(seat)?;
        let row = self.standings.row(seat.id);
        let (ahead, behind) = self.standings.neighbours(seat.id).unwrap_or_default();
        let neighbour = |row: &Row| Neighbour { name: self.name(row.seat), rank: row.rank, score: row.score };
        Some(ScoreUpdate {
            user: seat.id,
            name: seat.name.as_str().to_owned(),
            score: seat.tally.score,
            rank: row.map_or(1, |row| row.rank),
            ahead: ahead.map(neighbour),
            behind: behind.map(neighbour),
            answer: self.scene.question().and_then(|question| seat.answer_to(question.turn)).copied(),
            result: seat.result,
        })
    }

    fn name(&self, seat: SeatId) -> String {
        self.roster.seat(seat).map(|seat| seat.name.as_str().to_owned()).unwrap_or_default()
    }
}

/// Who is told what.
impl Motion<'_> {
    /// Tells everybody what is on now.
    pub fn tell_scene(&mut self) {
        let update = SessionUpdate { scene: Some(self.room.scene.clone()), ..self.update() };
        self.tell_all(&Event::SessionUpdate(update));
    }

    /// Tells everybody that only the options opened, or only the lock moved.
    pub fn tell_update(&mut self) {
        let update = self.update();
        self.tell_all(&Event::SessionUpdate(update));
    }

    fn update(&self) -> SessionUpdate {
        let time = self.room.time_update(self.now);
        SessionUpdate {
            state: self.room.phase(),
            step: self.room.step,
            locked: self.room.is_locked,
            question_number: self.room.scene.turn(),
            deadline: time.map(|time| time.deadline),
            time_remaining: time.map(|time| time.remaining_seconds),
            scene: None,
        }
    }

    /// Tells the host what is right and what comes.
    pub fn tell_cue(&mut self) {
        self.effect(Effect::TellHost(CueEvent::Cue(self.room.cue())));
    }

    /// Tells the host and the players of the chat, and never the stage.
    pub fn tell_chat(&mut self, event: &ChatEvent) {
        for audience in [Audience::Host, Audience::Players] {
            self.effect(Effect::TellChat(audience, event.clone()));
        }
    }

    /// A seat was taken and nobody is on it yet: shown as away to those who see lists of people. To the other players
    /// somebody who never came cannot leave.
    pub fn tell_taken(&mut self, seat: SeatId) {
        let Some(event) = self.left(seat) else { return };
        if self.room.is_named(seat) {
            self.effect(Effect::Tell(Audience::Stage, event.clone()));
        }
        self.effect(Effect::Tell(Audience::Host, event));
    }

    /// A seat's first link opened. Only the host is told how good it is.
    pub fn tell_joined(&mut self, id: SeatId) {
        let Some(seat) = self.room.roster.seat(id) else { return };
        let (name, round_trip) = (seat.name.as_str().to_owned(), seat.round_trip);
        let joined = UserJoined { user: id, name, participant_count: self.room.roster.here(), round_trip: None };
        self.tell_named(id, &Event::UserJoined(joined.clone()));
        self.effect(Effect::Tell(Audience::Host, Event::UserJoined(UserJoined { round_trip, ..joined })));
    }

    /// A seat's last link closed.
    pub fn tell_away(&mut self, seat: SeatId) {
        let Some(event) = self.left(seat) else { return };
        self.tell_named(seat, &event);
        self.effect(Effect::Tell(Audience::Host, event));
    }

    /// A seat was taken away.
    pub fn tell_removed(&mut self, user: SeatId, name: &Nickname, how: Removal) {
        let reason = match how {
            Removal::Removed => LeaveReason::Removed,
            Removal::Blocked => LeaveReason::Blocked,
        };
        let name = name.as_str().to_owned();
        let participant_count = self.room.roster.here();
        let event = Event::UserLeft(UserLeft { user, name, reason, participant_count, left_at: self.now });
        self.tell_named(user, &event);
        self.effect(Effect::Tell(Audience::Host, event));
    }

    fn left(&self, user: SeatId) -> Option<Event> {
        let seat = self.room.roster.seat(user)?;
        Some(Event::UserLeft(UserLeft {
            user,
            name: seat.name.as_str().to_owned(),
            reason: LeaveReason::Away,
            participant_count: self.room.roster.here(),
            left_at: seat.away_since?,
        }))
    }

    /// Tells players and the stage of somebody, unless there are too many for names.
    fn tell_named(&mut self, seat: SeatId, event: &Event) {
        if self.room.is_named(seat) {
            self.effect(Effect::Tell(Audience::Stage, event.clone()));
            self.effect(Effect::Tell(Audience::Players, event.clone()));
        }
    }

    fn tell_all(&mut self, event: &Event) {
        for audience in Audience::OF_ROOMS {
            self.effect(Effect::Tell(audience, event.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limits::Limits;
    use crate::domain::question::QuestionKind;
    use crate::domain::time::Millis;
    use crate::protocol::command::HostCommand;
    use crate::protocol::view::Phase;
    use crate::room::input::{Input, Who};
    use crate::room::rig::{self, RIGHT, Rig, WRONG};

    /// Who was told of comings and goings by the last input.
    fn told_of_people(rig: &Rig) -> Vec<Audience> {
        let told = rig.effects.iter().filter_map(|effect| {
            let Effect::Tell(audience, Event::UserJoined(_) | Event::UserLeft(_)) = effect else { return None };
            Some(*audience)
        });
        told.collect()
    }

    #[test]
    fn beyond_the_named_seats_only_the_host_is_told_of_people() {
        let mut rig = Rig::with(rig::quiz(1), Limits { presence_named: 1, ..Limits::default() });
        let (ada, bo) = (rig.take_seat("Ada").expect("open"), rig.take_seat("Bo").expect("open"));
        assert_eq!(told_of_people(&rig), [Audience::Host]);
        for (seat, told) in [(ada, &[Audience::Stage, Audience::Players, Audience::Host][..]), (bo, &[Audience::Host])]
        {
            rig.arrive(seat);
            assert_eq!(told_of_people(&rig), told);
            rig.leave(seat);
            assert_eq!(told_of_people(&rig), told);
        }
        assert_eq!((rig.room.stage_view().people.len(), rig.room.host_view().people.len()), (1, 2));
        rig.host(HostCommand::Remove { seat: bo }).expect("Bo may be removed");
        assert_eq!(told_of_people(&rig), [Audience::Host]);
    }

    #[test]
    fn only_the_host_is_told_round_trips() {
        let mut rig = Rig::new(1);
        let ada = rig.take_seat("Ada").expect("open");
        let arrived = Input::Arrived { who: Who::Seat(ada), round_trip: Some(Millis(40)) };
        rig.apply(arrived).expect("Ada may arrive");
        for effect in &rig.effects {
            if let Effect::Tell(audience, Event::UserJoined(joined)) = effect {
                let known = (*audience == Audience::Host).then_some(Millis(40));
                assert_eq!(joined.round_trip, known, "{audience:?}");
            }
        }
        assert_eq!(rig.room.host_view().people[0].round_trip, Some(Millis(40)));
    }

    #[test]
    fn the_first_ten_are_shown_and_the_host_sees_all() {
        let mut rig = Rig::new(1);
        for no in 0..11 {
            rig.join(&format!("Player {no}"));
        }
        rig.ask();
        assert_eq!(rig.room.leaderboard(Audience::Host).rows.len(), 0, "no ranks before the first turn");
        rig.close();
        for (audience, rows) in [(Audience::Host, 11), (Audience::Stage, 10), (Audience::Players, 10)] {
            assert_eq!(rig.room.leaderboard(audience).rows.len(), rows, "{audience:?}");
        }
    }

    #[test]
    fn a_result_is_there_when_the_question_has_closed_and_not_before() {
        let (mut rig, [ada, bo]) = Rig::with_people(2, ["Ada", "Bo"]);
        rig.ask();
        let taken = rig.answer(ada, RIGHT).expect("in time");
        assert_eq!((rig.you(ada).answer, rig.you(ada).result, rig.you(ada).score), (Some(taken), None, 0));
        rig.close();
        let result = rig.you(ada).result.expect("the question has closed");
        assert_eq!((result.verdict, result.points, result.elapsed), (Some(Verdict::Right), 1_000, Some(taken.elapsed)));
        let result = rig.you(bo).result.expect("the question has closed");
        assert_eq!((result.verdict, result.points, result.elapsed), (None, 0, None));
        assert_eq!(rig.you(ada).answer, Some(taken), "still on in the reveal");
        rig.next();
        assert_eq!((rig.room.phase(), rig.you(ada).answer), (Phase::Standings, None));
        rig.ask();
        assert_eq!(rig.you(ada).result.map(|result| result.turn), Some(TurnNo(1)));
    }

    #[test]
    fn neighbours_are_told_with_rank_and_points() {
        let (mut rig, [ada, bo]) = Rig::with_people(1, ["Ada", "Bo"]);
        assert_eq!((rig.you(bo).rank, rig.you(bo).ahead), (1, None));
        rig.ask();
        rig.answer(ada, RIGHT).expect("in time");
        rig.close();
        let neighbour = |name: &str, rank, score| Some(Neighbour { name: name.to_owned(), rank, score });
        assert_eq!((rig.you(bo).rank, rig.you(bo).ahead, rig.you(bo).behind), (2, neighbour("Ada", 1, 1_000), None));
        assert_eq!((rig.you(ada).ahead, rig.you(ada).behind), (None, neighbour("Bo", 2, 0)));
    }

    #[test]
    fn the_reveal_counts_what_was_chosen_by_those_who_are_seated() {
        let mut quiz = rig::quiz(1);
        quiz.questions[0].kind = QuestionKind::Multiple;
        quiz.questions[0].options[2].is_right = true;
        let mut rig = Rig::with(quiz, Limits::default());
        let [ada, bo, cy, _, eve] = ["Ada", "Bo", "Cy", "Dee", "Eve"].map(|name| rig.join(name));
        rig.ask();
        for (seat, places) in [(ada, &[0, 2][..]), (bo, &[0]), (cy, &[1, 2]), (eve, &[3])] {
            rig.answer(seat, places).expect("in time");
        }
        rig.host(HostCommand::Remove { seat: eve }).expect("Eve may be removed");
        rig.close();
        let Scene::Reveal(revealed) = rig.room.show(Audience::Players).scene else { panic!("not revealed") };
        assert_eq!((revealed.counts, revealed.answered, revealed.right), (vec![2, 1, 2, 0], 3, 1));
        assert_eq!((revealed.key, revealed.explanation.as_str()), (rig::choice(&[0, 2]), "Question 1, explained"));
    }

    #[test]
    fn the_host_knows_the_key_and_what_comes() {
        let (mut rig, _) = Rig::with_people(2, ["Ada", "Bo"]);
        let cue = |rig: &Rig| {
            let cue = rig.room.host_view().cue;
            (cue.key, cue.next_prompt)
        };
        let prompt = |no: u32| Some(format!("Question {no}"));
        let nothing = rig::choice(&[]);
        assert_eq!(cue(&rig), (nothing, prompt(1)));
        rig.ask();
        assert_eq!(cue(&rig), (rig::choice(RIGHT), prompt(2)));
        rig.close();
        rig.next();
        assert_eq!(cue(&rig), (rig::choice(RIGHT), prompt(2)), "until the next one is asked");
        rig.ask();
        assert_eq!(cue(&rig), (rig::choice(RIGHT), None));
        rig.end();
        assert_eq!(cue(&rig), (nothing, None));
    }

    #[test]
    fn a_lock_is_told_without_the_scene() {
        let (mut rig, _) = Rig::with_people(1, ["Ada"]);
        rig.next();
        rig.host(HostCommand::Lock).expect("the host may lock");
        let told = rig.effects.iter().filter_map(|effect| {
            let Effect::Tell(_, Event::SessionUpdate(update)) = effect else { return None };
            Some((update.locked, update.state, update.scene.is_some()))
        });
        assert_eq!(told.collect::<Vec<_>>(), [(true, Phase::Reading, false); 3]);
    }

    #[test]
    fn points_of_a_wrong_answer_are_none_but_its_time_counts_in_the_order() {
        let (mut rig, [ada, bo, cy]) = Rig::with_people(1, ["Ada", "Bo", "Cy"]);
        rig.ask();
        rig.wait(1_000);
        rig.answer(ada, WRONG).expect("in time");
        rig.close();
        let order: Vec<_> = rig.room.leaderboard(Audience::Host).rows.iter().map(|row| (row.seat, row.rank)).collect();
        assert_eq!(order, [(bo, 1), (cy, 1), (ada, 1)]);
    }
}
