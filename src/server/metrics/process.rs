//! What the system says of this process: processor, memory, descriptors.
//!
//! Read when somebody asks, from `/proc`; a system without it says nothing, and nothing is what is told then.
//!
//! Source: proc_pid_status(5), proc_pid_fd(5).

use std::fs;

/// Bytes of memory that are in use.
pub(crate) fn resident_bytes() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes: i64 =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1_024)
}

/// Open descriptors, less the one that looks.
pub(super) fn open_fds() -> Option<i64> {
    let count = fs::read_dir("/proc/self/fd").ok()?.count();
    i64::try_from(count.saturating_sub(1)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_descriptors_of_this_process_are_read() {
        assert!(resident_bytes().is_some_and(|bytes| bytes > 1_000_000));
        let before = open_fds().expect("a system with /proc");
        let held: Vec<_> = (0..64).map(|_| fs::File::open("/dev/null").expect("there")).collect();
        // Other tests open and close some meanwhile.
        assert!(open_fds().expect("a system with /proc") > before, "{} more are open", held.len());
    }
}
