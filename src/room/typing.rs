//! Who is typing: told to everybody else, seldom enough, and over by itself.
//!
//! Nothing of it is a fact. A room that is too large for names tells only how many type.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::limits::Limits;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::refusal::Refusal;
use crate::protocol::typing::TypingIndicator;
use crate::room::Room;
use crate::room::apply::Motion;
use crate::room::chat::HOST_NAME;
use crate::room::effect::Effect;
use crate::room::input::Who;

/// Of one person others hear at most this often, whatever that person sends.
const AGAIN: Millis = Millis(2_000);
/// The number is told at most this often.
const CROWD_AGAIN: Millis = Millis(1_000);
/// The end is told so much before the time is up, so that it is over everywhere when it is.
const WAY: Millis = Millis(500);

/// Who types, and what others know of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Typing {
    typists: BTreeMap<Who, Typist>,
    /// When the number was told last.
    crowd_told_at: Option<Timestamp>,
    /// Whether the number is due.
    is_crowd_due: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Typist {
    /// Kept here, because a seat may be gone before its end is told.
    name: String,
    /// When it is over by itself; `None` once it is over.
    until: Option<Timestamp>,
    /// Whether others were told last that this person types, and when.
    is_told: bool,
    told_at: Option<Timestamp>,
}

impl Typist {
    fn free_at(&self) -> Option<Timestamp> {
        self.told_at.map(|at| at + AGAIN)
    }

    fn is_free(&self, now: Timestamp) -> bool {
        self.free_at().is_none_or(|at| at <= now)
    }

    /// When others are to hear something new; `None` if they know how it is.
    fn due_at(&self) -> Option<Timestamp> {
        match (self.is_told, self.until) {
            (true, until) => self.free_at().max(until),
            (false, Some(until)) => self.free_at().filter(|at| *at < until),
            (false, None) => None,
        }
    }
}

impl Typing {
    /// When something is to be told; `None` while nothing is.
    pub fn due_at(&self) -> Option<Timestamp> {
        let crowd = self.crowd_told_at.filter(|_| self.is_crowd_due).map(|at| at + CROWD_AGAIN);
        self.typists.values().filter_map(Typist::due_at).chain(crowd).min()
    }

    fn start(&mut self, who: Who, name: String, now: Timestamp, limits: &Limits) {
        let nobody = Typist { name, until: None, is_told: false, told_at: None };
        let typist = self.typists.entry(who).or_insert(nobody);
        typist.until = Some(now + Millis(limits.typing_ms - WAY.0));
        // Who goes on is told again, or the others would take it for over.
        if typist.is_told && typist.is_free(now) {
            typist.is_told = false;
        }
    }

    fn stop(&mut self, who: Who) {
        if let Some(typist) = self.typists.get_mut(&who) {
            typist.until = None;
        }
    }

    /// Those of whom others are to hear now: with the name, and whether they type. They count as told.
    fn take_due(&mut self, now: Timestamp) -> Vec<(Who, String, bool)> {
        let mut due = Vec::new();
        for (who, typist) in &mut self.typists {
            typist.until = typist.until.filter(|until| now < *until);
            let types = typist.until.is_some();
            if types != typist.is_told && typist.is_free(now) {
                (typist.is_told, typist.told_at) = (types, Some(now));
                due.push((*who, typist.name.clone(), types));
            }
        }
        self.typists.retain(|_, typist| typist.until.is_some() || typist.is_told || !typist.is_free(now));
        due
    }

    /// Those of whom others know, if the number is to be told now. It counts as told.
    fn take_crowd(&mut self, now: Timestamp) -> Option<BTreeSet<Who>> {
        let is_free = self.crowd_told_at.is_none_or(|at| now - at >= CROWD_AGAIN);
        (self.is_crowd_due && is_free).then_some(())?;
        (self.is_crowd_due, self.crowd_told_at) = (false, Some(now));
        Some(self.typists.iter().filter(|(_, typist)| typist.is_told).map(|(who, _)| *who).collect())
    }
}

impl Motion<'_> {
    /// Somebody types.
    pub fn start_typing(&mut self, who: Who) -> Result<(), Refusal> {
        let name = match who {
            Who::Seat(seat) => self.room.roster.seat(seat).ok_or(Refusal::NoSeat)?.name.as_str().to_owned(),
            Who::Host => HOST_NAME.to_owned(),
        };
        if !self.room.chat.is_open || self.room.is_closed() {
            return Err(Refusal::ChatOff);
        }
        self.room.typing.start(who, name, self.now, &self.room.limits);
        self.tell_typing();
        Ok(())
    }

    /// Somebody types no more.
    pub fn stop_typing(&mut self, who: Who) {
        self.room.typing.stop(who);
        self.tell_typing();
    }

    /// Nobody types any more.
    pub fn stop_all_typing(&mut self) {
        self.room.typing.typists.values_mut().for_each(|typist| typist.until = None);
        self.tell_typing();
    }

    /// Tells what is due.
    pub fn tell_typing(&mut self) {
        let due = self.room.typing.take_due(self.now);
        if self.room.is_too_large_for_names() {
            self.room.typing.is_crowd_due |= !due.is_empty();
            let crowd = self.room.typing.take_crowd(self.now);
            crowd.into_iter().for_each(|typists| self.effect(Effect::CrowdTypes(typists)));
        } else {
            self.room.typing.is_crowd_due = false;
            for (who, name, is_typing) in due {
                self.effect(Effect::Types(who, TypingIndicator::of(who.seat(), name, is_typing)));
            }
        }
    }
}

impl Room {
    fn is_too_large_for_names(&self) -> bool {
        self.roster.seated_count() > self.limits.presence_named
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::command::{HostCommand, Switch};
    use crate::room::input::Input;
    use crate::room::rig::{self, Rig};

    /// A room in which people may write.
    fn open(presence_named: u32) -> (Rig, [Who; 3]) {
        let mut rig = Rig::with(rig::quiz(1), Limits { presence_named, ..Limits::default() });
        let seats = ["Ada", "Bo", "Cy"].map(|name| Who::Seat(rig.join(name)));
        rig.host(HostCommand::Chat { switch: Switch::On }).expect("the host may switch");
        (rig, seats)
    }

    fn types(rig: &mut Rig, who: Who) -> Vec<String> {
        rig.apply(Input::Types { who }).expect("chat is on");
        told(rig)
    }

    fn stops(rig: &mut Rig, who: Who) -> Vec<String> {
        rig.apply(Input::StopsTyping { who }).expect("never refused");
        told(rig)
    }

    /// What the last input told of typing.
    fn told(rig: &Rig) -> Vec<String> {
        let told = rig.effects.iter().filter_map(|effect| match effect {
            Effect::Types(_, indicator) => {
                let does = if indicator.is_typing { "types" } else { "stops" };
                Some(format!("{} {does}", indicator.name.as_deref().unwrap_or("nobody")))
            }
            Effect::CrowdTypes(typists) => Some(typists.len().to_string()),
            _ => None,
        });
        told.collect()
    }

    /// Lets time pass in small steps; what was told on the way, and how long after the beginning.
    fn wait(rig: &mut Rig, ms: i64) -> Vec<(i64, String)> {
        let start = rig.now;
        let mut all = Vec::new();
        for _ in 0..ms / 100 {
            rig.effects.clear();
            rig.wait(100);
            let at = (rig.now - start).0;
            all.extend(told(rig).into_iter().map(|what| (at, what)));
        }
        all
    }

    #[test]
    fn somebody_types_and_is_done_within_five_seconds_without_a_word() {
        let (mut rig, [ada, ..]) = open(120);
        assert_eq!(types(&mut rig, ada), ["Ada types"]);
        assert!(matches!(&rig.effects[..], [Effect::Types(who, _)] if *who == ada), "nobody is told of themselves");
        assert_eq!(wait(&mut rig, 9_000), [(4_500, "Ada stops".to_owned())]);
        assert_eq!(rig.room.wake_at(), None);
        assert_eq!(rig.recorded().count(), 0);
    }

    #[test]
    fn the_host_types_too() {
        let (mut rig, _) = open(120);
        assert_eq!(types(&mut rig, Who::Host), ["Host types"]);
    }

    #[test]
    fn one_person_is_told_of_at_most_every_two_seconds() {
        let (mut rig, [ada, bo, _]) = open(120);
        assert_eq!(types(&mut rig, ada), ["Ada types"]);
        for _ in 0..100 {
            assert_eq!(stops(&mut rig, ada), [""; 0]);
            assert_eq!(types(&mut rig, ada), [""; 0]);
        }
        assert_eq!(stops(&mut rig, ada), [""; 0]);
        assert_eq!(types(&mut rig, bo), ["Bo types"], "others are not held up");
        assert_eq!(stops(&mut rig, bo), [""; 0]);
        rig.effects.clear();
        rig.wait(2_000);
        assert_eq!(told(&rig), ["Ada stops", "Bo stops"]);
    }

    #[test]
    fn who_goes_on_is_told_again() {
        let (mut rig, [ada, ..]) = open(120);
        types(&mut rig, ada);
        rig.wait(1_999);
        assert_eq!(types(&mut rig, ada), [""; 0]);
        rig.wait(1);
        assert_eq!(types(&mut rig, ada), ["Ada types"]);
        assert_eq!(wait(&mut rig, 5_000), [(4_500, "Ada stops".to_owned())]);
    }

    #[test]
    fn a_message_ends_the_typing() {
        let (mut rig, [ada, ..]) = open(120);
        types(&mut rig, ada);
        rig.wait(2_500);
        rig.write(ada, "hello").expect("chat is on");
        assert_eq!(told(&rig), ["Ada stops"]);
    }

    #[test]
    fn who_leaves_is_removed_or_may_not_write_any_more_does_not_type() {
        let (mut rig, [ada, bo, cy]) = open(120);
        for who in [ada, bo, cy] {
            types(&mut rig, who);
        }
        rig.wait(2_500);
        rig.leave(ada.seat().expect("a player"));
        assert_eq!(told(&rig), ["Ada stops"]);
        rig.host(HostCommand::Remove { seat: bo.seat().expect("a player") }).expect("Bo may be removed");
        assert_eq!(told(&rig), ["Bo stops"]);
        rig.host(HostCommand::Chat { switch: Switch::Off }).expect("the host may switch");
        assert_eq!(told(&rig), ["Cy stops"]);
        assert_eq!(rig.apply(Input::Types { who: cy }), Err(Refusal::ChatOff));
        assert_eq!(rig.apply(Input::Types { who: bo }), Err(Refusal::NoSeat));
    }

    #[test]
    fn a_room_too_large_for_names_tells_only_how_many() {
        let (mut rig, [ada, bo, cy]) = open(1);
        assert_eq!(types(&mut rig, ada), ["1"]);
        assert_eq!(types(&mut rig, bo), [""; 0], "not at once");
        assert_eq!(types(&mut rig, cy), [""; 0]);
        assert_eq!(wait(&mut rig, 1_500), [(1_000, "3".to_owned())]);
        rig.host(HostCommand::Remove { seat: cy.seat().expect("a player") }).expect("Cy may be removed");
        assert_eq!(wait(&mut rig, 600), [(500, "2".to_owned())], "Cy is gone");
        assert_eq!(types(&mut rig, ada), [""; 0]);
        assert_eq!(wait(&mut rig, 1_000), [(900, "2".to_owned())], "who goes on is told again");
    }

    #[test]
    fn a_restart_forgets_who_typed() {
        let (mut rig, [ada, ..]) = open(120);
        types(&mut rig, ada);
        rig.restart();
        assert_eq!(rig.room.wake_at(), None);
    }
}
