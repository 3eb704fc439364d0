//! The house's watch over itself: figures every few seconds while somebody looks, every minute otherwise.
//!
//! The last ones are kept in memory, told to the desk of the house's own organisation, and compared with what the operator
//! calls too little; what is wrong then is raised as a notice. It decides nothing else.
//!
//! Whose the house is: the organisation that was made first. The figures are about the whole machine and about all that
//! live on it, so no other organisation is told any of them.
//!
//! Reading order: [`Vitals`] (what pages read), [`watch`] (the task), [`Sampler`] (one reading), `machine` (what the system
//! says).

mod machine;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tracing::warn;

use crate::domain::time::Millis;
use crate::protocol::frame;
use crate::protocol::health::{Health, HealthState, READINGS_KEPT};
use crate::protocol::notice::NoticeLevel;
use crate::server::House;
use crate::server::clock::{self, Stopwatch};
use crate::server::config::notices::NoticeConfig;
use crate::server::live::desk::DeskState;
use crate::server::live::told::Told;
use crate::server::metrics::process;
use crate::server::notices::Notice;
use crate::server::vitals::machine::{Memory, Ticks, disk_free};

/// While somebody looks.
const EVERY: Duration = Duration::from_secs(2);
/// While nobody does.
const AT_LEAST: Duration = Duration::from_secs(60);

/// The last readings, oldest first. A clone is the same.
#[derive(Clone, Debug, Default)]
pub struct Vitals(Arc<Mutex<VecDeque<Health>>>);

impl Vitals {
    /// All that are kept.
    pub fn history(&self) -> Vec<Health> {
        self.kept().iter().cloned().collect()
    }

    fn keep(&self, health: Health) {
        let mut kept = self.kept();
        if kept.len() == READINGS_KEPT {
            kept.pop_front();
        }
        kept.push_back(health);
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Health>> {
        self.0.lock().expect("nothing panics while it holds the readings")
    }
}

/// Watches until the house stops.
pub async fn watch(house: House) {
    let mut sampler = Sampler::new();
    let mut worries = Worries::default();
    loop {
        let raise = |notice| house.notices.raise(None, notice);
        worries.look_at_writer(!house.store.is_well(), raise);
        if sampler.since.elapsed() >= AT_LEAST || sampler.is_new || house.desks.are_looked_at() {
            let health = sampler.read(&house).await;
            worries.look_at_disk(&house.config.notices, health.disk_free_bytes, raise);
            tell(&house, &health).await;
            house.vitals.keep(health);
        }
        tokio::select! {
            () = house.stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn tell(house: &House, health: &Health) {
    match house.store.first_organisation().await {
        Ok(Some(own)) => {
            let text = frame::state(&HealthState::Health(health.clone()), health.at);
            house.desks.put(own, DeskState::Health, Told::new(&text));
        }
        Ok(None) => {}
        Err(why) => warn!(error = %why, "whose house this is could not be read"),
    }
}

/// Reads figures, and remembers those that only mean something together with the next ones.
struct Sampler {
    since: Stopwatch,
    cpu: Duration,
    ticks: Option<Ticks>,
    is_new: bool,
}

impl Sampler {
    fn new() -> Self {
        Self { since: Stopwatch::start(), cpu: clock::cpu_time(), ticks: Ticks::read(), is_new: true }
    }

    async fn read(&mut self, house: &House) -> Health {
        let (store, folder) = (house.store.clone(), house.config.data_dir.clone());
        // A disk may take its time.
        let disk = tokio::task::spawn_blocking(move || (store.bytes(), disk_free(&folder)));
        let (database_bytes, disk_free_bytes) = disk.await.unwrap_or_default();
        let (over, cpu, ticks) = (self.since.elapsed(), clock::cpu_time(), Ticks::read());
        let process_cpu_permille = permille(cpu.saturating_sub(self.cpu), over).filter(|_| !self.is_new);
        let machine_cpu_permille = ticks.zip(self.ticks).and_then(|(now, before)| now.share_since(before));
        *self = Self { since: Stopwatch::start(), cpu, ticks, is_new: false };

        let memory = Memory::read();
        let moments = house.metrics.moments();
        look_at_commits(house, moments.slowest_commit);
        let rooms = house.rooms.all();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Health {
            at: house.clock.now(),
            over_ms: Millis(i64::try_from(over.as_millis()).unwrap_or(i64::MAX)),
            process_cpu_permille,
            machine_cpu_permille,
            process_memory_bytes: process::resident_bytes().and_then(|bytes| u64::try_from(bytes).ok()),
            machine_memory_used_bytes: memory.map(|memory| memory.used),
            machine_memory_total_bytes: memory.map(|memory| memory.total),
            request_latency: moments.requests,
            answer_latency: moments.answers,
            connections: moments.connections,
            rooms_open: number(rooms.iter().filter(|room| !room.channel.is_over()).count()),
            inbox_depth: number(rooms.iter().map(|room| room.inbox.max_capacity() - room.inbox.capacity()).sum()),
            writer_queue: number(house.store.waiting()),
            last_commit_us: moments.last_commit.and_then(|took| u32::try_from(took.as_micros()).ok()),
            database_bytes,
            disk_free_bytes,
        }
    }
}

/// The part of all processors that so much time of them is.
fn permille(used: Duration, over: Duration) -> Option<u32> {
    let processors = std::thread::available_parallelism().ok()?.get() as u128;
    let all = over.as_micros() * processors;
    if all == 0 {
        return None;
    }
    // Other clocks measure what was used and over which time; more than all of it was not used.
    u32::try_from((used.as_micros() * 1_000 / all).min(1_000)).ok()
}

/// What operators were told is wrong, so that it is told once and not every two seconds. What was not told, because the
/// same was said a moment ago, is not known by them, and is told as soon as it can be if it is still so.
#[derive(Debug, Default)]
struct Worries {
    disk: Option<NoticeLevel>,
    is_writer_unwell: bool,
}

impl Worries {
    fn look_at_disk(&mut self, settings: &NoticeConfig, free: Option<u64>, raise: impl FnOnce(Notice) -> bool) {
        let Some(free) = free else { return };
        let level = match free >> 20 {
            left if left < settings.disk_error_mb => Some(NoticeLevel::Error),
            left if left < settings.disk_warn_mb => Some(NoticeLevel::Warning),
            _ => None,
        };
        let worse = level.filter(|level| Some(*level) > self.disk);
        let is_known = worse.is_none_or(|level| {
            let text = format!("The disk of the data folder is nearly full: {} MB are left.", free >> 20);
            raise(Notice { level, code: "disk_nearly_full", text, room: None })
        });
        if is_known {
            self.disk = level;
        }
    }

    fn look_at_writer(&mut self, is_unwell: bool, raise: impl FnOnce(Notice) -> bool) {
        if is_unwell == self.is_writer_unwell {
            return;
        }
        let (level, code, text) = if is_unwell {
            let text = "The disk does not take writes. Nothing is acknowledged until it does.";
            (NoticeLevel::Error, "disk_not_writable", text)
        } else {
            (NoticeLevel::Info, "disk_writable", "The disk takes writes again.")
        };
        if raise(Notice { level, code, text: text.to_owned(), room: None }) {
            self.is_writer_unwell = is_unwell;
        }
    }
}

fn look_at_commits(house: &House, slowest: Duration) {
    if slowest >= house.config.notices.slow_commit {
        let text = format!("The disk is slow: a commit took {} ms.", slowest.as_millis());
        house.notices.raise(None, Notice { level: NoticeLevel::Warning, code: "disk_slow", text, room: None });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn as_many_readings_are_kept_as_fit_and_the_oldest_go() {
        let vitals = Vitals::default();
        let count = i64::try_from(READINGS_KEPT).expect("few");
        for at in 0..=count {
            vitals.keep(Health { at: Timestamp(at), ..Health::default() });
        }
        let history = vitals.history();
        assert_eq!(
            (history.len(), history[0].at, history[READINGS_KEPT - 1].at),
            (READINGS_KEPT, Timestamp(1), Timestamp(count))
        );
    }

    #[test]
    fn what_operators_heard_last_of_the_disk_is_how_it_is() {
        let mut worries = Worries::default();
        // What is looked at, whether it may be told, and what is tried to be told.
        for (is_unwell, may_be_told, tried) in [
            (false, true, None),
            (true, true, Some("disk_not_writable")),
            (true, true, None),
            (false, true, Some("disk_writable")),
            // Within the same minute: not told, so it is tried again for as long as it is so.
            (true, false, Some("disk_not_writable")),
            (true, true, Some("disk_not_writable")),
            (false, false, Some("disk_writable")),
            // What was never told to be over need not be told again.
            (true, true, None),
            (false, true, Some("disk_writable")),
        ] {
            let mut raised = None;
            worries.look_at_writer(is_unwell, |notice| {
                raised = Some(notice.code);
                may_be_told
            });
            assert_eq!(raised, tried, "{is_unwell} {may_be_told}");
        }
    }

    #[test]
    fn a_disk_that_gets_fuller_is_told_until_it_is_heard() {
        use NoticeLevel::{Error, Warning};
        let settings = NoticeConfig {
            days: 30,
            disk_warn_mb: 100,
            disk_error_mb: 10,
            slow_commit: Duration::from_secs(1),
            wrong_passwords: 5,
        };
        let mut worries = Worries::default();
        for (free_mb, may_be_told, tried) in [
            (100, true, None),
            (99, true, Some(Warning)),
            (50, true, None),
            (9, false, Some(Error)),
            (9, true, Some(Error)),
            (9, true, None),
            (50, true, None),
            (9, false, Some(Error)),
            (100, true, None),
            (99, false, Some(Warning)),
            (99, true, Some(Warning)),
        ] {
            let mut raised = None;
            worries.look_at_disk(&settings, Some(free_mb << 20), |notice| {
                raised = Some(notice.level);
                may_be_told
            });
            assert_eq!(raised, tried, "{free_mb} MB, {may_be_told}");
        }
    }

    #[test]
    fn a_share_is_of_all_processors_and_never_more_than_all() {
        let second = Duration::from_secs(1);
        assert_eq!(permille(Duration::ZERO, second), Some(0));
        assert_eq!(permille(1_000 * second, second), Some(1_000));
        assert_eq!(permille(second, Duration::ZERO), None);
    }
}
