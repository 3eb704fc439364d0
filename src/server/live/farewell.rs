//! Sending all links away when the house stops: in waves, each asked to come back at a time of its own.
//!
//! So neither the closing nor the coming back happens all at once. It knows nothing of rooms; their keepers bring the
//! links and go on meanwhile.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::protocol::close::Close;
use crate::server::live::channel::LinkEnd;

/// Between two waves.
const WAVE_EVERY: Duration = Duration::from_millis(100);
/// Links of one wave, as long as all are told within so many waves.
const WAVE_LINKS: usize = 200;
/// All links have been told after this many: four seconds.
const WAVES_MAX: usize = 40;
/// The first link is asked to come back after this,
pub const WAIT_MS: u32 = 500;
/// the next ones a little later each,
const STEP_MS: u32 = 37;
/// and none later than this after the first.
const SPREAD_MS: u32 = 4_000;

/// The end of a house: how its keepers hear of it, and where they bring their links then.
#[derive(Default)]
pub struct Farewell {
    begun: CancellationToken,
    over: CancellationToken,
    /// Links that were brought and not told yet; never more than the house has.
    waiting: Mutex<VecDeque<Arc<LinkEnd>>>,
}

impl Farewell {
    /// Resolves when links are to be brought; the rooms go on for those who are still here.
    pub async fn begun(&self) {
        self.begun.cancelled().await;
    }

    /// Resolves when nobody is waited for any more.
    pub async fn over(&self) {
        self.over.cancelled().await;
    }

    /// Brings the links of a room.
    pub fn bring<'a>(&self, links: impl Iterator<Item = &'a Arc<LinkEnd>>) {
        self.waiting().extend(links.cloned());
    }

    /// Asks the keepers for their links and tells these in waves, for as long as it is let. `links` is how many there are.
    pub async fn begin(&self, links: usize) {
        self.begun.cancel();
        let wave_links = WAVE_LINKS.max(links.div_ceil(WAVES_MAX));
        let mut waves = interval(WAVE_EVERY);
        waves.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = 0_u32;
        loop {
            waves.tick().await;
            let wave: Vec<Arc<LinkEnd>> = {
                let mut waiting = self.waiting();
                let count = waiting.len().min(wave_links);
                waiting.drain(..count).collect()
            };
            for link in wave {
                link.link.close(Close::Restart, Some(retry_ms(told)));
                told = told.wrapping_add(1);
            }
        }
    }

    /// Waits for nobody any more.
    pub fn end(&self) {
        self.over.cancel();
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Arc<LinkEnd>>> {
        self.waiting.lock().expect("nothing panics while it holds the links")
    }
}

/// When the link in this place is asked to come back.
pub fn retry_ms(place: u32) -> u32 {
    WAIT_MS + place.wrapping_mul(STEP_MS) % SPREAD_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::view::Audience;

    fn links(count: u64) -> Vec<Arc<LinkEnd>> {
        (0..count).map(|id| Arc::new(LinkEnd::for_tests(id, Audience::Players, None))).collect()
    }

    fn told(links: &[Arc<LinkEnd>]) -> usize {
        links.iter().filter(|link| link.link.is_ending()).count()
    }

    async fn check(count: u64, after: &[(u64, usize)]) {
        let farewell = Arc::new(Farewell::default());
        let (one, other) = (links(count / 2), links(count - count / 2));
        for room in [&one, &other] {
            farewell.bring(room.iter());
        }
        let telling = tokio::spawn({
            let farewell = Arc::clone(&farewell);
            async move { farewell.begin(usize::try_from(count).expect("a small number")).await }
        });
        farewell.begun().await;
        let start = tokio::time::Instant::now();
        for (ms, expected) in after {
            tokio::time::sleep_until(start + Duration::from_millis(*ms)).await;
            assert_eq!(told(&one) + told(&other), *expected, "after {ms} ms");
        }
        telling.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn two_hundred_links_are_told_every_tenth_of_a_second_whatever_their_room() {
        check(450, &[(50, 200), (150, 400), (250, 450)]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_house_is_told_within_four_seconds() {
        check(12_000, &[(50, 300), (3_990, 12_000)]).await;
    }

    #[test]
    fn nobody_is_asked_to_come_back_at_once_or_late() {
        let waits: Vec<u32> = (0..1_000).map(retry_ms).collect();
        assert!(waits.iter().all(|wait| (500..4_500).contains(wait)));
        let first_second = waits.iter().filter(|wait| **wait < 1_500).count();
        assert!((200..300).contains(&first_second), "{first_second} of a thousand in a quarter of the time");
    }
}
