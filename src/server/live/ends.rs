//! The links of one room, by whom they stand for, so that who comes to a full room costs no look at everybody.
//!
//! Knows nothing of what they are told.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::ids::SeatId;
use crate::room::input::Who;
use crate::server::live::channel::LinkEnd;

/// The links in a room; those of one person in the order in which they came. Those of the stage stand for nobody.
#[derive(Debug, Default)]
pub struct Ends(BTreeMap<Option<Who>, Vec<Arc<LinkEnd>>>);

impl Ends {
    /// All of them, in the same order in every run.
    pub fn all(&self) -> impl Iterator<Item = &Arc<LinkEnd>> {
        self.0.values().flatten()
    }

    /// The seats that have one.
    pub fn seats(&self) -> impl Iterator<Item = SeatId> {
        self.0.keys().filter_map(|who| if let Some(Who::Seat(seat)) = who { Some(*seat) } else { None })
    }

    /// Those that stand for somebody, the oldest first.
    pub fn of(&self, who: Option<Who>) -> &[Arc<LinkEnd>] {
        self.0.get(&who).map_or(&[], Vec::as_slice)
    }

    /// The one at a place.
    pub fn at(&self, place: u64) -> Option<Arc<LinkEnd>> {
        self.all().find(|end| end.place == place).cloned()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes one in.
    pub fn add(&mut self, end: Arc<LinkEnd>) {
        self.0.entry(end.who).or_default().push(end);
    }

    /// Forgets one, if it is there.
    pub fn remove(&mut self, end: &LinkEnd) {
        if let Some(ends) = self.0.get_mut(&end.who) {
            ends.retain(|other| other.place != end.place);
            if ends.is_empty() {
                self.0.remove(&end.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::view::Audience;

    fn end(place: u64, who: Option<Who>) -> Arc<LinkEnd> {
        Arc::new(LinkEnd::for_tests(place, Audience::Players, who))
    }

    fn places(ends: &[Arc<LinkEnd>]) -> Vec<u64> {
        ends.iter().map(|end| end.place).collect()
    }

    #[test]
    fn links_are_found_by_whom_they_stand_for_and_by_place() {
        let [ada, bo] = [1, 2].map(|seat| Some(Who::Seat(SeatId(seat))));
        let mut ends = Ends::default();
        let all = [(1, ada), (2, None), (3, bo), (4, ada), (5, Some(Who::Host))].map(|(place, who)| end(place, who));
        all.iter().for_each(|end| ends.add(Arc::clone(end)));
        assert_eq!((places(ends.of(ada)), places(ends.of(bo)), places(ends.of(None))), (vec![1, 4], vec![3], vec![2]));
        assert_eq!(ends.all().count(), 5);
        assert!(ends.seats().eq([1, 2].map(SeatId)));
        assert_eq!(ends.at(4).map(|end| end.who), Some(ada));
        assert!(ends.at(6).is_none());

        ends.remove(&all[0]);
        ends.remove(&all[0]);
        assert_eq!(places(ends.of(ada)), [4], "the other device stays");
        ends.remove(&all[3]);
        assert!(ends.of(ada).is_empty() && !ends.is_empty());
        all.iter().for_each(|end| ends.remove(end));
        assert!(ends.is_empty());
    }
}
