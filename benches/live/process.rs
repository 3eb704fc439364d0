//! What the system says of a process: its CPU time and its memory; where it may run, how many files it may open.
//!
//! Reads `/proc`, so it knows Linux only. CPU time is the scheduler's own count in nanoseconds, not ticks of a clock.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use tempfile::NamedTempFile;

/// The core of what is measured.
pub const SUBJECT_CORE: &str = "0";
/// The core of whoever loads it.
const GENERATOR_CORE: &str = "1";

/// CPU time that each thread of a process has used so far, in nanoseconds.
pub struct Cpu(HashMap<OsString, u64>);

impl Cpu {
    /// What was used since an earlier look. A thread that ended meanwhile takes its part along: only idle ones end.
    pub fn since(&self, before: &Self) -> Duration {
        let spent = |(thread, now): (&OsString, &u64)| now.saturating_sub(before.0.get(thread).copied().unwrap_or(0));
        Duration::from_nanos(self.0.iter().map(spent).sum())
    }
}

/// Looks at the CPU time of a process.
pub fn cpu(pid: u32) -> Result<Cpu> {
    let mut threads = HashMap::new();
    for thread in fs::read_dir(format!("/proc/{pid}/task")).with_context(|| format!("process {pid} has ended"))? {
        let thread = thread?;
        // A thread may end between the listing and the reading.
        let Ok(line) = fs::read_to_string(thread.path().join("schedstat")) else { continue };
        let spent = line.split(' ').next().and_then(|spent| spent.parse().ok()).context("no schedstat")?;
        threads.insert(thread.file_name(), spent);
    }
    Ok(Cpu(threads))
}

/// Counts the calls with which a process writes, until it is stopped.
pub struct Trace {
    strace: Child,
    counts: NamedTempFile,
}

impl Trace {
    /// Starts counting, where `strace` is installed.
    pub fn start(pid: u32) -> Result<Option<Self>> {
        let counts = NamedTempFile::new()?;
        let strace = Command::new("strace")
            .args(["-f", "-c", "-e", "trace=write,writev,pwrite64,sendto,sendmsg", "-p", &pid.to_string(), "-o"])
            .arg(counts.path())
            .stderr(Stdio::null())
            .spawn();
        Ok(strace.ok().map(|strace| Self { strace, counts }))
    }

    /// How many they were; nothing where the system lets nobody trace another process.
    pub fn stop(mut self) -> Result<Option<u64>> {
        let id = self.strace.id().try_into().ok().and_then(Pid::from_raw).context("a process of ours")?;
        kill_process(id, Signal::INT)?;
        self.strace.wait()?;
        // Lines of share, seconds, microseconds, calls, perhaps errors, name; the last is the sum of all.
        let table = fs::read_to_string(self.counts.path())?;
        let total = table.lines().find(|line| line.ends_with(" total"));
        Ok(total.and_then(|total| total.split_whitespace().nth(3)).map(str::parse).transpose()?)
    }
}

/// Resident bytes of a process.
pub fn resident_bytes(pid: u32) -> Result<u64> {
    let status =
        fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("process {pid} has ended"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().context("VmRSS in kB")?;
    Ok(kilobytes * 1_024)
}

/// A command that runs on the core of what is measured, where `taskset` and a second core exist.
pub fn on_subject_core(program: &str) -> Command {
    if !can_pin() {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", SUBJECT_CORE, program]);
    command
}

/// Moves this process to the core of the generator; whether it could.
pub fn move_to_generator_core() -> bool {
    let own = std::process::id().to_string();
    can_pin()
        && Command::new("taskset").args(["-acp", GENERATOR_CORE, &own]).output().is_ok_and(|out| out.status.success())
}

fn can_pin() -> bool {
    let cores = available_parallelism().map_or(1, usize::from);
    // Once moved, this process itself sees one core only; the children it starts then are pinned like the first.
    let is_moved = fs::read_to_string("/proc/self/status")
        .is_ok_and(|status| status.lines().any(|line| line == format!("Cpus_allowed_list:\t{GENERATOR_CORE}")));
    (cores > 1 || is_moved) && Command::new("taskset").arg("--version").output().is_ok()
}

/// Lets this process and its children open as many files as the system allows; how many that is.
pub fn raise_file_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let reached = if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    reached.unwrap_or(u64::MAX)
}
