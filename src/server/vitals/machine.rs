//! What the system says of the machine: processors, memory, the disk.
//!
//! Read from `/proc` and the file system; a system that does not say it says nothing, and nothing is what is told then.
//!
//! Source: proc_stat(5), proc_meminfo(5), statvfs(3).

use std::fs;
use std::path::Path;

/// What the processors of the machine did since it started, in ticks of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticks {
    busy: u64,
    all: u64,
}

/// Memory of the machine, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) used: u64,
    pub(super) total: u64,
}

impl Ticks {
    /// Up to now.
    pub(super) fn read() -> Option<Self> {
        Self::of(&fs::read_to_string("/proc/stat").ok()?)
    }

    fn of(stat: &str) -> Option<Self> {
        let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let ticks: Vec<u64> = line.split_whitespace().map_while(|tick| tick.parse().ok()).collect();
        // The two after the eighth are guests' and in the first two already; the fourth and fifth are idle.
        let all: u64 = ticks.get(..8)?.iter().sum();
        Some(Self { busy: all - ticks[3] - ticks[4], all })
    }

    /// The part of all processors that was used since then, in thousandths.
    pub(super) fn share_since(self, before: Self) -> Option<u32> {
        let all = self.all.checked_sub(before.all).filter(|all| *all > 0)?;
        // The time in which it waits for disks may go back a little.
        let busy = self.busy.saturating_sub(before.busy).min(all);
        u32::try_from(busy * 1_000 / all).ok()
    }
}

impl Memory {
    /// As it is now.
    pub(super) fn read() -> Option<Self> {
        Self::of(&fs::read_to_string("/proc/meminfo").ok()?)
    }

    fn of(meminfo: &str) -> Option<Self> {
        let bytes = |name: &str| {
            let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
            let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
            Some(kilobytes * 1_024)
        };
        let (total, free) = (bytes("MemTotal:")?, bytes("MemAvailable:")?);
        Some(Self { used: total.saturating_sub(free), total })
    }
}

/// Bytes that are free for us on the disk of a folder.
pub(super) fn disk_free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_processors_is_what_was_used_between_two_looks() {
        let before = Ticks::of("cpu  100 0 100 700 100 0 0 0 50 0\ncpu0 1 2 3\n").expect("a line");
        let after = Ticks::of("cpu  150 0 150 850 50 0 0 0 90 0\n").expect("a line");
        assert_eq!(after.share_since(before), Some(500));
        assert_eq!(before.share_since(before), None, "no time has passed");
        for bad in ["", "cpu 1 2 3", "cpux 1 2 3 4 5 6 7 8"] {
            assert_eq!(Ticks::of(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn memory_is_used_that_is_not_available() {
        let text = "MemTotal:       8000 kB\nMemFree:        1000 kB\nMemAvailable:   6000 kB\n";
        assert_eq!(Memory::of(text), Some(Memory { used: 2_048_000, total: 8_192_000 }));
        assert_eq!(Memory::of("MemTotal: 8000 kB\n"), None, "an old system does not say what is available");
    }

    #[test]
    fn this_machine_says_how_it_is() {
        assert!(Memory::read().is_some_and(|memory| memory.used < memory.total));
        assert!(Ticks::read().is_some_and(|ticks| ticks.busy < ticks.all));
        assert!(disk_free(Path::new("/")).is_some());
        assert_eq!(disk_free(Path::new("/no/such/folder")), None);
    }
}
