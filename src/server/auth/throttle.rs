//! How often somebody may be wrong: counted by account and by address, for a while.
//!
//! Counts in windows, and lets the window before fade out, so that no burst fits between two of them. Memory is bounded:
//! when it is full, what is over is swept, and then whoever was wrong least makes room. It knows nothing of what was
//! wrong.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard};

use crate::domain::code::JoinCode;
use crate::domain::limits::Limits;
use crate::domain::time::{Millis, Timestamp};
use crate::server::auth::Auth;

const MINUTE: Millis = Millis(60_000);
const QUARTER: Millis = Millis(900_000);
/// Reports of connections that one address may send in a minute: a whole school stands behind one, and all come back at
/// once.
const REPORTS_PER_MINUTE: u32 = 3_000;
/// Sign-ins at an issuer that one address may begin in a minute: each takes a place that others may need.
pub const GOINGS_PER_MINUTE: u32 = 60;
/// Keys that one throttle remembers.
const KEYS_MAX: usize = 20_000;
/// Rooms that addresses have found, which are remembered.
const FOUND_MAX: usize = 20_000;

/// All throttles of the house.
pub(super) struct Throttles {
    /// Wrong room codes, by address.
    pub(super) codes: Throttle<IpAddr>,
    /// Wrong passwords, by account (its address in lower case, whether there is one or not).
    pub(super) accounts: Throttle<String>,
    /// Wrong passwords and set-up links, by address.
    pub(super) addresses: Throttle<IpAddr>,
    /// Reports of connections, by address.
    pub(super) reports: Throttle<IpAddr>,
    /// Sign-ins that are begun at an issuer, by address.
    goings: Throttle<IpAddr>,
    /// Who has found which room.
    pub(super) found: Found,
}

impl Throttles {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            codes: Throttle::new(limits.wrong_codes_per_minute, MINUTE),
            accounts: Throttle::new(limits.wrong_passwords_per_15min, QUARTER),
            addresses: Throttle::new(limits.wrong_passwords_per_15min, QUARTER),
            reports: Throttle::new(REPORTS_PER_MINUTE, MINUTE),
            goings: Throttle::new(GOINGS_PER_MINUTE, MINUTE),
            found: Found::default(),
        }
    }
}

/// Too often wrong: come back later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Whole seconds from now.
    pub seconds: u32,
}

/// Counts for one kind of thing.
pub(super) struct Throttle<K> {
    allowed: u32,
    window: Millis,
    keys: Mutex<HashMap<K, Window>>,
}

#[derive(Clone, Copy)]
struct Window {
    since: Timestamp,
    count: u32,
    /// What the window before had counted.
    before: u32,
}

impl Window {
    /// Moves on to the window that `now` is in.
    fn at(self, now: Timestamp, length: Millis) -> Self {
        let passed = (now - self.since).0 / length.0;
        match passed {
            ..=0 => self,
            1 => Self { since: self.since + length, count: 0, before: self.count },
            _ => Self { since: now, count: 0, before: 0 },
        }
    }

    /// What counts now: this window, and as much of the one before as is less than a window ago.
    fn weight(self, now: Timestamp, length: Millis) -> i64 {
        let left = (length.0 - (now - self.since).0).clamp(0, length.0);
        i64::from(self.count) + i64::from(self.before) * left / length.0
    }
}

impl<K: Hash + Eq + Clone> Throttle<K> {
    fn new(allowed: u32, window: Millis) -> Self {
        Self { allowed, window, keys: Mutex::default() }
    }

    /// Whether the key may be wrong once more.
    pub(super) fn check(&self, key: &K, now: Timestamp) -> Result<(), Wait> {
        match self.lock().get(key) {
            Some(window) => self.judge(window.at(now, self.window), now),
            None => Ok(()),
        }
    }

    /// Counts a try before it is known to be wrong, so that many at once are not too many; [`Self::give_back`] takes it
    /// back.
    pub(super) fn take(&self, key: &K, now: Timestamp) -> Result<(), Wait> {
        let mut keys = self.lock();
        let fresh = Window { since: now, count: 0, before: 0 };
        let mut window = keys.get(key).map_or(fresh, |window| window.at(now, self.window));
        self.judge(window, now)?;
        window.count += 1;
        if !keys.contains_key(key) && keys.len() >= KEYS_MAX {
            self.make_room(&mut keys, now);
        }
        keys.insert(key.clone(), window);
        Ok(())
    }

    /// The try was not wrong after all.
    pub(super) fn give_back(&self, key: &K) {
        if let Some(window) = self.lock().get_mut(key) {
            window.count = window.count.saturating_sub(1);
        }
    }

    /// How often the key was wrong lately.
    fn count(&self, key: &K, now: Timestamp) -> u32 {
        let weight = |window: &Window| window.at(now, self.window).weight(now, self.window);
        self.lock().get(key).map(weight).and_then(|count| u32::try_from(count).ok()).unwrap_or_default()
    }

    fn judge(&self, window: Window, now: Timestamp) -> Result<(), Wait> {
        if window.weight(now, self.window) < i64::from(self.allowed) {
            return Ok(());
        }
        let left = Millis((self.window.0 - (now - window.since).0).max(0));
        Err(Wait { seconds: left.whole_seconds_up().max(1) })
    }

    fn make_room(&self, keys: &mut HashMap<K, Window>, now: Timestamp) {
        keys.retain(|_, window| window.at(now, self.window).weight(now, self.window) > 0);
        if keys.len() >= KEYS_MAX
            && let Some(least) = keys.iter().min_by_key(|(_, window)| window.count).map(|(key, _)| key.clone())
        {
            keys.remove(&least);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Window>> {
        self.keys.lock().expect("nothing panics while it holds the counts")
    }
}

/// Which addresses have found which rooms: a school behind one address, from which somebody sits in a room already, is
/// not kept out of it because others mistyped.
#[derive(Default)]
pub(super) struct Found(Mutex<(HashSet<(IpAddr, JoinCode)>, VecDeque<(IpAddr, JoinCode)>)>);

impl Found {
    pub(super) fn has(&self, address: IpAddr, code: JoinCode) -> bool {
        self.0.lock().expect("nothing panics while it holds the list").0.contains(&(address, code))
    }

    pub(super) fn note(&self, address: IpAddr, code: JoinCode) {
        let mut found = self.0.lock().expect("nothing panics while it holds the list");
        let (set, order) = &mut *found;
        if set.insert((address, code)) {
            order.push_back((address, code));
        }
        if order.len() > FOUND_MAX
            && let Some(oldest) = order.pop_front()
        {
            set.remove(&oldest);
        }
    }
}

impl Auth {
    /// Whether an address may still try room codes.
    ///
    /// # Errors
    /// How long to wait: there were too many wrong ones.
    pub fn may_try_code(&self, address: IpAddr) -> Result<(), Wait> {
        self.0.throttles.codes.check(&network_of(address), self.now())
    }

    /// Counts a wrong room code.
    ///
    /// # Errors
    /// How long to wait: this was one too many.
    pub fn count_wrong_code(&self, address: IpAddr) -> Result<(), Wait> {
        self.0.throttles.codes.take(&network_of(address), self.now())
    }

    /// How often a password was wrong in the last quarter of an hour: for an account, and from an address.
    pub fn wrong_passwords(&self, email: &str, from: IpAddr) -> (u32, u32) {
        let (throttles, now) = (&self.0.throttles, self.now());
        (throttles.accounts.count(&email.to_owned(), now), throttles.addresses.count(&network_of(from), now))
    }

    /// Counts a report of a connection.
    ///
    /// # Errors
    /// How long to wait: this was one too many.
    pub fn may_tell(&self, address: IpAddr) -> Result<(), Wait> {
        self.0.throttles.reports.take(&network_of(address), self.now())
    }

    /// Counts a sign-in that is begun at an issuer.
    ///
    /// # Errors
    /// How long to wait: this was one too many.
    pub fn may_go(&self, address: IpAddr) -> Result<(), Wait> {
        self.0.throttles.goings.take(&network_of(address), self.now())
    }

    /// Whether somebody from this address has a seat in the room with this code.
    pub fn has_found(&self, address: IpAddr, code: JoinCode) -> bool {
        self.0.throttles.found.has(network_of(address), code)
    }

    /// Notes that somebody from this address has a seat in the room with this code.
    pub fn note_found(&self, address: IpAddr, code: JoinCode) {
        self.0.throttles.found.note(network_of(address), code);
    }
}

/// Whom an address stands for: an IPv4 address itself, of an IPv6 address the network, because a single machine has as
/// many of those as it likes.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000);

    fn throttle(allowed: u32) -> Throttle<u32> {
        Throttle::new(allowed, MINUTE)
    }

    #[test]
    fn one_more_than_allowed_has_to_wait() {
        let throttle = throttle(3);
        for _ in 0..3 {
            assert_eq!(throttle.take(&1, START), Ok(()));
        }
        assert_eq!(throttle.take(&1, START + Millis(500)), Err(Wait { seconds: 60 }));
        assert_eq!(throttle.check(&1, START + Millis(59_500)), Err(Wait { seconds: 1 }));
        assert_eq!(throttle.take(&2, START), Ok(()), "others are not touched");
    }

    #[test]
    fn no_burst_fits_between_two_windows() {
        let throttle = throttle(20);
        let end_of_window = START + Millis(59_000);
        throttle.take(&1, START).expect("the first");
        for _ in 0..19 {
            throttle.take(&1, end_of_window).expect("allowed");
        }
        let next = START + Millis(60_001);
        let allowed = (0..20).filter(|_| throttle.take(&1, next).is_ok()).count();
        assert!(allowed <= 1, "{allowed}");
        assert_eq!(throttle.take(&1, START + Millis(180_000)), Ok(()));
    }

    #[test]
    fn a_try_that_was_right_does_not_count() {
        let throttle = throttle(1);
        for _ in 0..5 {
            assert_eq!(throttle.take(&1, START), Ok(()));
            throttle.give_back(&1);
        }
    }

    #[test]
    fn memory_is_bounded_and_who_was_wrong_most_stays() {
        let throttle = throttle(2);
        let keys_max = u32::try_from(KEYS_MAX).expect("a small number");
        for _ in 0..2 {
            throttle.take(&u32::MAX, START).expect("allowed");
        }
        for key in 0..keys_max + 10 {
            throttle.take(&key, START).expect("allowed");
        }
        assert_eq!(throttle.lock().len(), KEYS_MAX);
        assert!(throttle.take(&u32::MAX, START).is_err());
        throttle.take(&(keys_max + 11), START + Millis(200_000)).expect("allowed");
        assert_eq!(throttle.lock().len(), 1, "what is over is swept");
    }

    #[test]
    fn a_network_of_ipv6_is_one_asker() {
        let of = |text: &str| network_of(text.parse().expect("an address"));
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn rooms_that_were_found_are_forgotten_in_order() {
        let found = Found::default();
        let address = |n: usize| IpAddr::from(u32::try_from(n).expect("a small number").to_be_bytes());
        let code = JoinCode::parse("KFX7QM").expect("a good code");
        for n in 0..=FOUND_MAX {
            found.note(address(n), code);
        }
        assert!(!found.has(address(0), code));
        assert!(found.has(address(1), code) && found.has(address(FOUND_MAX), code));
    }
}
