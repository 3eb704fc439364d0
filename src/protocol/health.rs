//! How the house is: figures of the process, the machine and the disk, as its operators are told them.
//!
//! A figure that cannot be read is absent, never invented. The names of the fields are part of the contract. It knows
//! nothing of how anything is measured.

use serde::{Deserialize, Serialize};

use crate::domain::time::{Millis, Timestamp};

/// Readings that are kept, by the house and by a page that shows them: five minutes while somebody looks.
pub const READINGS_KEPT: usize = 150;

/// All figures of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Health {
    /// When they were read.
    pub at: Timestamp,
    /// The length of time that shares, latencies and counts are about, in milliseconds: since the figures before.
    pub over_ms: Millis,
    /// The part of all processors that the program used, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process_cpu_permille: Option<u32>,
    /// The part of all processors that anything used, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_cpu_permille: Option<u32>,
    /// Memory of the program that is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process_memory_bytes: Option<u64>,
    /// Memory of the machine that is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_memory_used_bytes: Option<u64>,
    /// All memory of the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_memory_total_bytes: Option<u64>,
    /// From a request to its answer.
    pub request_latency: Latencies,
    /// From what somebody asks of a room, mostly an answer, until it is acknowledged, which is after it is on disk.
    pub answer_latency: Latencies,
    /// Connections that are open, by door.
    pub connections: Connections,
    /// Rooms that are open.
    pub rooms_open: u32,
    /// Messages that wait for rooms.
    pub inbox_depth: u32,
    /// Writes that wait for the disk.
    pub writer_queue: u32,
    /// How long the last commit took, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_commit_us: Option<u32>,
    /// The database with its log, on disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_bytes: Option<u64>,
    /// What is free on the disk of the data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_free_bytes: Option<u64>,
}

/// How long something took: half of the times were shorter than the first figure, nineteen in twenty than the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Latencies {
    /// How often it happened.
    pub count: u32,
    /// The median in microseconds; absent if it did not happen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_us: Option<u32>,
    /// The 95th percentile in microseconds; absent if it did not happen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95_us: Option<u32>,
}

/// Open connections by door.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Connections {
    /// Hosts of rooms.
    pub host: u32,
    /// Stages.
    pub stage: u32,
    /// Players.
    pub player: u32,
    /// Admins at their desks.
    pub admin: u32,
    /// People who enter and leave sessions.
    pub person: u32,
}

impl Connections {
    /// All of them.
    pub fn all(&self) -> u32 {
        self.host + self.stage + self.player + self.admin + self.person
    }
}

/// What is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum HealthState {
    /// The figures as they are now.
    Health(Health),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_is_absent_and_reads_back_as_such() {
        let health = Health { at: Timestamp(7), rooms_open: 2, disk_free_bytes: Some(0), ..Health::default() };
        let text = serde_json::to_string(&health).expect("JSON");
        assert!(!text.contains("cpu") && !text.contains("null") && text.contains(r#""disk_free_bytes":0"#), "{text}");
        assert_eq!(serde_json::from_str::<Health>(&text).expect("the same"), health);
    }
}
