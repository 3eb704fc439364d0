//! Things that wait, for a while, for whoever holds the token.
//!
//! Keeps the hash of a token, never the token, and a bounded number of things: when it is full, what would end first
//! makes room. It knows nothing of what it keeps.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use sha2::{Digest, Sha256};

use crate::domain::time::Timestamp;
use crate::server::chance;

/// A shelf of things of one kind.
pub(super) struct Shelf<T> {
    places: usize,
    things: Mutex<HashMap<[u8; 32], (T, Timestamp)>>,
}

impl<T: Clone> Shelf<T> {
    /// An empty shelf for so many things.
    pub(super) fn with_places(places: usize) -> Self {
        Self { places, things: Mutex::default() }
    }

    /// Keeps a thing until a time, and returns the token that finds it.
    pub(super) fn put(&self, thing: T, until: Timestamp, now: Timestamp) -> String {
        let token = chance::token();
        let mut things = self.lock();
        if things.len() >= self.places {
            things.retain(|_, (_, ends_at)| *ends_at > now);
        }
        if things.len() >= self.places
            && let Some(first) = things.iter().min_by_key(|(_, (_, ends_at))| *ends_at).map(|(hash, _)| *hash)
        {
            things.remove(&first);
        }
        things.insert(hash(&token), (thing, until));
        token
    }

    /// The thing, which stays.
    pub(super) fn look(&self, token: &str, now: Timestamp) -> Option<T> {
        self.lock().get(&hash(token)).filter(|(_, ends_at)| *ends_at > now).map(|(thing, _)| thing.clone())
    }

    /// The thing, which is gone then: nobody else gets it.
    pub(super) fn take(&self, token: &str, now: Timestamp) -> Option<T> {
        self.lock().remove(&hash(token)).filter(|(_, ends_at)| *ends_at > now).map(|(thing, _)| thing)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], (T, Timestamp)>> {
        self.things.lock().expect("nothing panics while it holds the shelf")
    }
}

/// What is kept of a token.
pub(super) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000);

    #[test]
    fn a_thing_is_taken_once() {
        let shelf = Shelf::with_places(2);
        let token = shelf.put("thing", Timestamp(2_000), START);
        assert_eq!(shelf.look(&token, START), Some("thing"));
        assert_eq!(shelf.take(&token, START), Some("thing"));
        assert_eq!(shelf.take(&token, START), None);
        assert_eq!(shelf.look("another", START), None);
    }

    #[test]
    fn a_thing_ends_at_its_time() {
        let shelf = Shelf::with_places(2);
        let token = shelf.put((), Timestamp(2_000), START);
        assert_eq!(shelf.look(&token, Timestamp(1_999)), Some(()));
        assert_eq!(shelf.look(&token, Timestamp(2_000)), None);
        assert_eq!(shelf.take(&token, Timestamp(2_000)), None);
    }

    #[test]
    fn one_thing_more_than_places_pushes_the_first_to_end_out() {
        let shelf = Shelf::with_places(2);
        let tokens = [3_000, 2_000, 4_000].map(|until| shelf.put(until, Timestamp(until), START));
        assert_eq!(tokens.map(|token| shelf.look(&token, START)), [Some(3_000), None, Some(4_000)]);
    }
}
