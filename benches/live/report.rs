//! Where and when it was measured, and the file that keeps the figures.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::Result;
use podium::domain::time::Timestamp;
use serde_json::Value;

use crate::figures::Figure;
use crate::server::SETTINGS;

/// The file, in the root of the project.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/BENCHMARKS.md");
/// Where criterion leaves what it measured, beside the programs.
const CRITERION: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/../criterion");

/// Where the parts are kept.
const PARTS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/figures");

/// What can be said about the run of a part.
pub struct Circumstances {
    /// Whether server and generator had a core each.
    pub is_pinned: bool,
    /// How busy the machine was before.
    pub load_before: String,
    /// How long it took, in seconds.
    pub seconds: u64,
}

impl Circumstances {
    /// How many processes wanted to run in the last minute.
    pub fn load() -> String {
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        load.split(' ').next().unwrap_or("unknown").to_owned()
    }
}

/// The table of all figures.
pub fn table(figures: &[Figure]) -> String {
    let head = "| figure | Podium | floor | ratio | to reach |\n|---|---|---|---|---|\n";
    figures.iter().fold(head.to_owned(), |table, figure| table + &figure.row() + "\n")
}

/// Keeps a part's figures beside the programs, with what can be said about its run.
pub fn keep(part: &str, figures: &[Figure], circumstances: &Circumstances) -> Result<()> {
    let Circumstances { is_pinned, load_before, seconds } = circumstances;
    let cores = if *is_pinned { "server and floor on core 0, generator on core 1" } else { "not pinned to cores" };
    let text = format!(
        "Measured on {date}, commit {commit}, in {seconds} s; {cores}; load average before it {load_before}.\n\n{table}",
        date = &now()[..10],
        commit = commit(),
        table = table(figures),
    );
    fs::create_dir_all(PARTS)?;
    fs::write(Path::new(PARTS).join(part), text)?;
    Ok(())
}

/// Writes the file from all parts that are kept.
pub fn write(parts: &[&str]) -> Result<()> {
    let kept = |part: &&str| -> Option<String> {
        Some(format!("### {}\n\n{}\n", part, fs::read_to_string(Path::new(PARTS).join(part)).ok()?))
    };
    let text = format!(
        "# Benchmarks

Written by `make bench`; do not edit.

Machine: {machine}.

## The whole program

The release server with everything on, loaded over loopback by another process.
Settings beside the defaults: `{settings}`.
The floor is a program that does only the unavoidable on the same core in the same run, in turns with the server.
Values are medians of the rounds with the range from the 10th to the 90th hundredth; a ratio is taken in each round by itself.

{parts}
{notes}
## The pure parts

Medians of criterion, on one core.

{pure}",
        machine = machine(),
        settings = SETTINGS.join(" "),
        parts = parts.iter().filter_map(kept).collect::<String>(),
        notes = NOTES,
        pure = pure_parts(),
    );
    fs::write(FILE, text)?;
    println!("kept in BENCHMARKS.md");
    Ok(())
}

const NOTES: &str = "\
### How to read it

- Fan-out counts from the moment the first link has read the frame until the last has. A publish is a host's lock or unlock over the real socket; its commit comes before the first frame. The bare writer writes the same bytes to the same number of sockets, one `send` each.
- CPU is what the scheduler counted for all threads of the process, commit, pings and host's replies included, divided by the frames that were read. On loopback the sender also pays for the receiver's side of the network; that is so for both.
- With eight frames at a time the host's commands come in one write; the floor still makes one `send` for each frame.
- The calls that write are counted by `strace` in a block of its own, allocations by the allocator of a server that runs within the bench; neither is timed.
- Many rooms are told at once by a command of each host; completion counts over all of them. Links that take nothing have a receive buffer of a few kB and are told eight hundred frames before the others are timed.
- A connection is one more device of a seat that has one already, so that nobody else is told anything. Its floor reads the request and writes the same bytes, the same for links that come back.
- What is compact is made from the very same messages by MessagePack, with the names of the fields and without; the heads of frames are in all three sums.
- An answer is acknowledged when its facts are synced to disk (`synchronous=FULL`). The floor inserts the same rows into the same schema with statements prepared once, in commits of the sizes that the server was seen to make. After the run the server was killed, and every acknowledged answer was found once.
- Memory is the slope of the resident set, seats taken beforehand. What the kernel keeps for a connection, about 4 kB an end, is in no process's memory.
- Brotli bytes are what the server sends to a browser that accepts `br`, documents included, headers not.
- Every link checked that its events were numbered without a gap, from its latest snapshot on; a gap would have ended the run.
- One machine, loopback, no encryption: no network, no proxy and no browser is in these figures.
";

fn now() -> String {
    let now = SystemTime::UNIX_EPOCH.elapsed().map(|length| length.as_millis()).unwrap_or_default();
    Timestamp(i64::try_from(now).unwrap_or_default()).to_string()
}

fn commit() -> String {
    let git = |arguments: &[&str]| -> Option<String> {
        let out = Command::new("git").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
        out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else { return "unknown".to_owned() };
    let is_changed = git(&["status", "--porcelain", "--untracked-files=no", "--", ":!BENCHMARKS.md"]);
    if is_changed.is_some_and(|files| !files.is_empty()) { format!("{commit} with changes") } else { commit }
}

fn machine() -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let value = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.starts_with(key));
        line.and_then(|line| line.split(':').nth(1)).map(|value| value.trim().to_owned()).unwrap_or_default()
    };
    let processors = read("/proc/cpuinfo");
    let count = processors.lines().filter(|line| line.starts_with("processor")).count();
    let memory: u64 = value(&read("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse().unwrap_or_default();
    format!(
        "{count} × {}, {} GB of memory, Linux {}, data on {}",
        value(&processors, "model name"),
        memory / 1_000_000,
        read("/proc/sys/kernel/osrelease").trim(),
        file_system(),
    )
}

/// The kind of file system that the data lies on.
fn file_system() -> String {
    let folder = fs::canonicalize(env!("CARGO_TARGET_TMPDIR")).unwrap_or_default();
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let nearest = mounts.filter(|(place, _)| folder.starts_with(place)).max_by_key(|(place, _)| place.len());
    nearest.map_or("an unknown file system", |(_, kind)| kind).to_owned()
}

/// What criterion measured last, as a table.
fn pure_parts() -> String {
    let mut rows = Vec::new();
    collect(Path::new(CRITERION), &mut rows);
    rows.sort();
    if rows.is_empty() {
        return "Not measured in this run.\n".to_owned();
    }
    format!("| part | median |\n|---|---|\n{}", rows.concat())
}

/// Walks down to each `new/estimates.json` beside its `benchmark.json`.
fn collect(folder: &Path, rows: &mut Vec<String>) {
    let read = |file: &str| -> Option<Value> { serde_json::from_slice(&fs::read(folder.join(file)).ok()?).ok() };
    if let (Some(name), Some(estimates)) = (read("new/benchmark.json"), read("new/estimates.json")) {
        let name = name["full_id"].as_str().unwrap_or_default();
        rows.push(format!(
            "| {name} | {} |\n",
            length(estimates["median"]["point_estimate"].as_f64().unwrap_or_default())
        ));
        return;
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            collect(&entry.path(), rows);
        }
    }
}

fn length(nanoseconds: f64) -> String {
    match nanoseconds {
        small if small < 1e3 => format!("{small:.0} ns"),
        middle if middle < 1e6 => format!("{:.2} µs", middle / 1e3),
        large => format!("{:.2} ms", large / 1e6),
    }
}
