//! Coming in, coming and going, being sent out.
//!
//! Knows nothing of links: the keeper counts them and says when the first opened and the last closed.

use crate::domain::ids::SeatId;
use crate::domain::name::Nickname;
use crate::domain::time::Millis;
use crate::protocol::refusal::Refusal;
use crate::protocol::view::Phase;
use crate::room::Room;
use crate::room::apply::Motion;
use crate::room::effect::{Effect, StateKey};
use crate::room::fact::FactBody;
use crate::room::input::Who;
use crate::room::roster::{Removal, SeatStatus};

impl Room {
    fn may_take_seat(&self, name: &Nickname) -> Result<(), Refusal> {
        let is_open = match self.phase() {
            Phase::Lobby | Phase::Reading | Phase::Answering | Phase::Reveal | Phase::Standings => !self.is_locked,
            Phase::Podium | Phase::Closed => false,
        };
        if !is_open {
            return Err(Refusal::NoRoom);
        }
        if self.roster.seated_count() >= self.limits.seats_max {
            return Err(Refusal::RoomFull);
        }
        if self.roster.has_name(name) {
            return Err(Refusal::NameTaken);
        }
        Ok(())
    }
}

impl Motion<'_> {
    /// Gives somebody a seat.
    pub fn take_seat(&mut self, name: Nickname) -> Result<(), Refusal> {
        self.room.may_take_seat(&name)?;
        let seat = self.room.roster.next_id();
        self.record(FactBody::SeatTaken { seat, name });
        self.tell_taken(seat);
        self.changed(StateKey::Presence);
        self.place_newcomer(seat);
        self.effect(Effect::Seated(seat));
        Ok(())
    }

    /// Once there are ranks, a newcomer moves nobody's, but stands next to somebody.
    fn place_newcomer(&mut self, seat: SeatId) {
        if let Some((ahead, behind)) = self.room.standings.neighbours(seat) {
            let near = [ahead, behind].map(|row| row.map(|row| row.seat));
            self.changed(StateKey::Leaderboard);
            near.into_iter().flatten().for_each(|neighbour| self.effect(Effect::You(neighbour)));
        }
    }

    /// Takes a seat away; whoever stood behind it moves up.
    pub fn remove(&mut self, seat: SeatId, how: Removal) -> Result<(), Refusal> {
        let body = match (self.room.seat_status(seat), how) {
            (Some(SeatStatus::Seated { .. }), Removal::Removed) => FactBody::SeatRemoved { seat },
            (Some(SeatStatus::Seated { .. } | SeatStatus::Removed), Removal::Blocked) => FactBody::SeatBlocked { seat },
            (Some(SeatStatus::Removed | SeatStatus::Blocked), Removal::Removed)
            | (Some(SeatStatus::Blocked), Removal::Blocked)
            | (None, Removal::Removed | Removal::Blocked) => return Err(Refusal::NoSeat),
        };
        let name = self.room.roster.seat(seat).map(|seat| seat.name.clone());
        self.record(body);
        let Some(name) = name else {
            return Ok(()); // It was gone already; only its way back is shut now.
        };
        self.tell_removed(seat, &name, how);
        self.stop_typing(Who::Seat(seat));
        self.changed(StateKey::Presence);
        if self.room.standings.counted() > 0 {
            self.changed(StateKey::Leaderboard);
            self.effect(Effect::EveryYou);
        }
        self.effect(Effect::CloseSeat(seat));
        Ok(())
    }

    /// Somebody's first link opened.
    pub fn arrive(&mut self, who: Who, round_trip: Option<Millis>) -> Result<(), Refusal> {
        match who {
            Who::Host if self.room.is_host_here => {}
            Who::Host => {
                self.room.is_host_here = true;
                self.changed(StateKey::Presence);
            }
            Who::Seat(id) => {
                self.room.roster.seat(id).ok_or(Refusal::NoSeat)?;
                if self.room.roster.arrive(id, round_trip).is_some() {
                    self.tell_joined(id);
                    self.changed(StateKey::Presence);
                }
            }
        }
        Ok(())
    }

    /// Somebody's last link closed. That of a removed seat does so late; it was told already.
    pub fn leave(&mut self, who: Who) {
        self.stop_typing(who);
        match who {
            Who::Host if !self.room.is_host_here => {}
            Who::Host => {
                self.room.is_host_here = false;
                self.changed(StateKey::Presence);
            }
            Who::Seat(id) => {
                if self.room.roster.leave(id, self.now).is_some() {
                    self.tell_away(id);
                    self.changed(StateKey::Presence);
                }
            }
        }
    }

    /// The round trip of a link was measured; one that closed meanwhile has none.
    pub fn measure(&mut self, id: SeatId, round_trip: Millis) {
        let here = self.room.roster.seat_mut(id).filter(|seat| seat.is_here());
        if let Some(seat) = here.filter(|seat| seat.round_trip != Some(round_trip)) {
            seat.round_trip = Some(round_trip);
            self.changed(StateKey::Latency);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limits::Limits;
    use crate::domain::time::Timestamp;
    use crate::protocol::command::HostCommand;
    use crate::protocol::event::{Event, LeaveReason, UserLeft};
    use crate::protocol::view::Audience;
    use crate::room::input::Input;
    use crate::room::rig::{self, RIGHT, Rig, START};

    /// The named people of the room, as the stage has them: name and whether here.
    fn people(rig: &Rig) -> Vec<(String, bool)> {
        rig.room.stage_view().people.into_iter().map(|person| (person.name, person.is_here)).collect()
    }

    #[test]
    fn seats_are_counted_from_one_and_never_given_twice() {
        let (mut rig, [ada, bo]) = Rig::with_people(1, ["Ada", "Bo"]);
        assert_eq!((ada, bo), (SeatId(1), SeatId(2)));
        rig.host(HostCommand::Remove { seat: bo }).expect("Bo may be removed");
        assert_eq!(rig.join("Bo"), SeatId(3));
    }

    #[test]
    fn the_same_form_sent_twice_takes_one_seat() {
        let mut rig = Rig::new(1);
        let form = Input::TakeSeat { name: rig::name("Ada"), id: rig::id("form-1") };
        rig.apply(form.clone()).expect("the door is open");
        let before = rig.room.clone();
        rig.apply(form).expect("the same form again is no second one");
        assert_eq!((&rig.effects, &rig.room), (&vec![Effect::Seated(SeatId(1))], &before));
        rig.restart();
        rig.apply(Input::TakeSeat { name: rig::name("Ada"), id: rig::id("form-1") }).expect("also after a restart");
        assert_eq!(rig.effects, [Effect::Seated(SeatId(1))]);
    }

    #[test]
    fn a_name_that_looks_like_one_in_the_room_is_taken() {
        let mut rig = Rig::new(1);
        rig.join("Ada");
        for typed in ["Ada", "ADA", "Аda", "A\u{200B}da"] {
            assert_eq!(rig.take_seat(typed), Err(Refusal::NameTaken), "{typed}");
        }
        assert!(rig.take_seat("Adam").is_ok());
    }

    #[test]
    fn a_seat_taken_away_frees_its_name() {
        for command in [|seat| HostCommand::Remove { seat }, |seat| HostCommand::Block { seat }] {
            let (mut rig, [ada]) = Rig::with_people(1, ["Ada"]);
            rig.host(command(ada)).expect("Ada may be sent out");
            assert_eq!(rig.take_seat("ada"), Ok(SeatId(2)));
        }
    }

    #[test]
    fn one_more_than_the_seats_is_refused() {
        let mut rig = Rig::with(rig::quiz(1), Limits { seats_max: 2, ..Limits::default() });
        let ada = rig.join("Ada");
        rig.join("Bo");
        assert_eq!(rig.take_seat("Cy"), Err(Refusal::RoomFull));
        rig.host(HostCommand::Remove { seat: ada }).expect("Ada may be removed");
        assert!(rig.take_seat("Cy").is_ok());
    }

    #[test]
    fn a_locked_room_says_the_same_as_none() {
        let mut rig = Rig::new(1);
        rig.host(HostCommand::Lock).expect("the host may lock");
        assert!(rig.room.show(Audience::Players).locked);
        assert_eq!(rig.take_seat("Ada"), Err(Refusal::NoRoom));
        rig.host(HostCommand::Unlock).expect("the host may unlock");
        assert!(rig.take_seat("Ada").is_ok());
    }

    #[test]
    fn nobody_comes_in_when_the_winners_are_known() {
        let (mut rig, _) = Rig::with_people(1, ["Ada"]);
        rig.ask();
        rig.close();
        assert!(rig.take_seat("Late").is_ok());
        rig.next();
        assert_eq!(rig.take_seat("Later"), Err(Refusal::NoRoom));
        rig.next();
        assert_eq!(rig.take_seat("Latest"), Err(Refusal::NoRoom));
    }

    #[test]
    fn who_joins_late_begins_with_nothing_and_may_answer_the_open_question() {
        let (mut rig, [ada]) = Rig::with_people(2, ["Ada"]);
        rig.ask();
        rig.answer(ada, RIGHT).expect("Ada is in time");
        rig.next();
        rig.ask();
        let bo = rig.join("Bo");
        assert_eq!((rig.you(bo).score, rig.you(bo).rank, rig.you(bo).result), (0, 2, None));
        assert_eq!(rig.you(ada).behind.map(|row| row.name), Some("Bo".to_owned()));
        rig.answer(bo, RIGHT).expect("Bo is in time");
        rig.close();
        assert_eq!(rig.you(bo).score, 1_000);
    }

    #[test]
    fn a_seat_is_away_until_its_link_opens() {
        let mut rig = Rig::new(1);
        let ada = rig.take_seat("Ada").expect("the door is open");
        let away = Event::UserLeft(UserLeft {
            user: ada,
            name: "Ada".to_owned(),
            reason: LeaveReason::Away,
            participant_count: 0,
            left_at: START,
        });
        for (audience, is_told) in [(Audience::Host, true), (Audience::Stage, true), (Audience::Players, false)] {
            assert_eq!(rig.effects.contains(&Effect::Tell(audience, away.clone())), is_told, "{audience:?}");
        }
        assert_eq!(people(&rig), [("Ada".to_owned(), false)]);
        assert_eq!((rig.room.presence().here, rig.room.presence().seats), (0, 1));
        rig.arrive(ada);
        assert_eq!(people(&rig), [("Ada".to_owned(), true)]);
        assert_eq!((rig.room.presence().here, rig.room.presence().seats), (1, 1));
        rig.leave(ada);
        assert_eq!(rig.room.host_view().people[0].away_since, Some(rig.now));
    }

    #[test]
    fn coming_twice_and_leaving_twice_is_told_once() {
        let (mut rig, [ada]) = Rig::with_people(1, ["Ada"]);
        rig.arrive(ada);
        assert_eq!(rig.effects, []);
        rig.leave(ada);
        rig.leave(ada);
        assert_eq!(rig.effects, []);
        rig.leave(SeatId(99));
        assert_eq!(rig.effects, []);
    }

    #[test]
    fn only_a_seat_can_arrive() {
        let (mut rig, [ada]) = Rig::with_people(1, ["Ada"]);
        rig.host(HostCommand::Remove { seat: ada }).expect("Ada may be removed");
        for seat in [ada, SeatId(0), SeatId(2), SeatId(u32::MAX)] {
            let arrived = Input::Arrived { who: Who::Seat(seat), round_trip: None };
            assert_eq!(rig.apply(arrived), Err(Refusal::NoSeat), "{seat}");
        }
    }

    #[test]
    fn a_removed_seat_is_told_closed_and_may_not_act() {
        let (mut rig, [ada, bo]) = Rig::with_people(1, ["Ada", "Bo"]);
        rig.ask();
        rig.host(HostCommand::Remove { seat: ada }).expect("Ada may be removed");
        assert!(rig.effects.contains(&Effect::CloseSeat(ada)));
        assert_eq!(rig.room.seat_status(ada), Some(SeatStatus::Removed));
        assert_eq!(rig.room.player_view(ada), None);
        assert_eq!(rig.answer(ada, RIGHT), Err(Refusal::NoSeat));
        assert_eq!(rig.host(HostCommand::Remove { seat: ada }), Err(Refusal::NoSeat));
        assert_eq!(people(&rig), [("Bo".to_owned(), true)]);
        rig.leave(ada);
        assert_eq!(rig.effects, [], "the end of its links is no news");
        assert_eq!(rig.room.seat_status(bo), Some(SeatStatus::Seated { name: rig::name("Bo") }));
        assert_eq!(rig.room.seat_status(SeatId(3)), None);
    }

    #[test]
    fn a_removed_seat_can_be_blocked_afterwards_and_a_blocked_one_stays_so() {
        let (mut rig, [ada]) = Rig::with_people(1, ["Ada"]);
        rig.host(HostCommand::Remove { seat: ada }).expect("Ada may be removed");
        rig.host(HostCommand::Block { seat: ada }).expect("Ada may be blocked too");
        assert_eq!(rig.room.seat_status(ada), Some(SeatStatus::Blocked));
        assert_eq!(rig.host(HostCommand::Block { seat: ada }), Err(Refusal::NoSeat));
        assert_eq!(rig.host(HostCommand::Remove { seat: ada }), Err(Refusal::NoSeat));
    }

    #[test]
    fn ranks_close_up_when_a_seat_is_taken_away() {
        let (mut rig, [ada, bo, cy]) = Rig::with_people(2, ["Ada", "Bo", "Cy"]);
        rig.ask();
        for seat in [ada, bo, cy] {
            rig.wait(2_000);
            rig.answer(seat, RIGHT).expect("in time");
        }
        assert_eq!((rig.you(cy).rank, rig.you(cy).ahead.map(|row| row.name)), (3, Some("Bo".to_owned())));
        rig.host(HostCommand::Remove { seat: bo }).expect("Bo may be removed");
        assert!(rig.effects.contains(&Effect::EveryYou));
        assert!(rig.effects.contains(&Effect::Changed(StateKey::Leaderboard)));
        assert_eq!((rig.you(cy).rank, rig.you(cy).ahead.map(|row| row.name)), (2, Some("Ada".to_owned())));
        assert_eq!(rig.room.leaderboard(Audience::Stage).rows.len(), 2);
    }

    #[test]
    fn the_host_is_here_or_not() {
        let mut rig = Rig::new(1);
        assert!(!rig.room.presence().is_host_here);
        rig.apply(Input::Arrived { who: Who::Host, round_trip: None }).expect("the host may arrive");
        assert!(rig.room.presence().is_host_here);
        assert_eq!(rig.effects, [Effect::Changed(StateKey::Presence)]);
        rig.apply(Input::Left { who: Who::Host }).expect("the host may leave");
        assert!(!rig.room.presence().is_host_here);
    }

    #[test]
    fn a_round_trip_lasts_as_long_as_its_link() {
        let (mut rig, [ada]) = Rig::with_people(1, ["Ada"]);
        let measured = Input::Measured { seat: ada, round_trip: Millis(80) };
        rig.apply(measured.clone()).expect("measuring is never refused");
        assert_eq!(rig.effects, [Effect::Changed(StateKey::Latency)]);
        assert_eq!(rig.room.latency().round_trips, [(ada, Millis(80))]);
        rig.apply(measured.clone()).expect("measuring is never refused");
        assert_eq!(rig.effects, [], "nothing new");
        rig.leave(ada);
        assert_eq!(rig.room.latency().round_trips, []);
        rig.apply(measured).expect("measuring is never refused");
        assert_eq!(rig.room.latency().round_trips, [], "no link is open");
    }

    #[test]
    fn time_that_runs_backwards_stands_still() {
        let mut rig = Rig::new(1);
        rig.now = Timestamp(START.0 - 5_000);
        rig.join("Ada");
        assert_eq!(rig.facts.last().map(|fact| fact.at), Some(START));
    }
}
