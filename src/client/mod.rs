//! The browser's machine room: one link to the room, the clock, what survives a reload, the screen that stays awake.
//!
//! It knows neither views nor pages; it hands on what arrives. The rules stand in plain values that compile anywhere and
//! are tested without a browser ([`line::Line`] and its parts); only those behind `hydrate` touch one.
//! Reading order: `moment`, `server_clock`, `backoff`, `pulse`, `outbox`, `tally`, `line`, `address`, `telemetry`; then `dom`,
//! `clock`, `storage`, `clipboard`, `wake_lock`, `beacon`, and `link`, where all of it comes together.

pub mod address;
pub mod backoff;
pub mod line;
pub mod moment;
pub mod outbox;
pub mod pulse;
pub mod server_clock;
pub mod tally;
pub mod telemetry;

#[cfg(feature = "hydrate")]
pub mod beacon;
#[cfg(feature = "hydrate")]
pub mod clipboard;
#[cfg(feature = "hydrate")]
pub mod clock;
#[cfg(feature = "hydrate")]
pub mod dom;
#[cfg(feature = "hydrate")]
pub mod link;
#[cfg(feature = "hydrate")]
pub mod storage;
#[cfg(feature = "hydrate")]
pub mod wake_lock;
