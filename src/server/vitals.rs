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
        worries.look_at_writer(&house);
        if sampler.since.elapsed() >= AT_LEAST || sampler.is_new || house.desks.are_looked_at() {
            let health = sampler.read(&house).await;
            worries.look_at_disk(&house, health.disk_free_bytes);
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

/// What is wrong now, so that it is told once and not every two seconds.
#[derive(Debug, Default)]
struct Worries {
    disk: Option<NoticeLevel>,
    is_writer_unwell: bool,
}

impl Worries {
    fn look_at_disk(&mut self, house: &House, free: Option<u64>) {
        let Some(free) = free else { return };
        let settings = &house.config.notices;
        let level = match free >> 20 {
            left if left < settings.disk_error_mb => Some(NoticeLevel::Error),
            left if left < settings.disk_warn_mb => Some(NoticeLevel::Warning),
            _ => None,
        };
        if let Some(worse) = level.filter(|level| Some(*level) > self.disk) {
            let text = format!("The disk of the data folder is nearly full: {} MB are left.", free >> 20);
            house.notices.raise(None, Notice { level: worse, code: "disk_nearly_full", text, room: None });
        }
        self.disk = level;
    }

    fn look_at_writer(&mut self, house: &House) {
        let is_unwell = !house.store.is_well();
        if is_unwell && !self.is_writer_unwell {
            let text = "The disk does not take writes. Nothing is acknowledged until it does.".to_owned();
            house
                .notices
                .raise(None, Notice { level: NoticeLevel::Error, code: "disk_not_writable", text, room: None });
        } else if !is_unwell && self.is_writer_unwell {
            let text = "The disk takes writes again.".to_owned();
            house.notices.raise(None, Notice { level: NoticeLevel::Info, code: "disk_writable", text, room: None });
        }
        self.is_writer_unwell = is_unwell;
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
    fn a_share_is_of_all_processors_and_never_more_than_all() {
        let second = Duration::from_secs(1);
        assert_eq!(permille(Duration::ZERO, second), Some(0));
        assert_eq!(permille(1_000 * second, second), Some(1_000));
        assert_eq!(permille(second, Duration::ZERO), None);
    }
}
