//! Rooms that run, and the links into them.
//!
//! The seam between the two is *ring + cursor + who drains*: a room's [`keeper`] appends encoded messages to one [`ring`]
//! per audience; a [`link`] holds a cursor into it. A [`shard`] hands every link that has everything before it the same
//! bytes in one write; a link that is elsewhere is written what it lacks. A room never waits for a link, and a slow link
//! costs nobody anything: behind the ring it gets a snapshot, without progress it is closed.
//!
//! Reading order: `codec`, `told`, `ring`, `wheel`, `pulse`, `presence`, `credit` and `out` (pure), `channel` (what keeper
//! and links share), `ends` and `hall` (a room's links), `keeper`, `duty` (its task), `timed` (the same for timed sessions),
//! `rooms` (all of them), `link`, `shard`, `reader`, `plain` and `fallback` (who reads), `conversation` (what is done with
//! what a link says), `admission` (who may be what), `registry`, `roll` and `agent` (all links, for who watches over them),
//! `handshake`, `socket` (the doors), `discovery` (where they are), `meter` and `listen` (the streams beneath); `desk` and
//! `people_news` (what admins are told of people), `attendance` and `link_log` (what is told of comings and goings),
//! `farewell` (how it ends). Nothing here knows the rules of the game: those are the room's.

pub mod admission;
pub mod agent;
mod attendance;
pub mod channel;
pub mod codec;
pub mod conversation;
pub mod credit;
pub mod desk;
pub mod discovery;
pub mod duty;
pub mod ends;
mod fallback;
pub mod farewell;
mod hall;
pub mod handshake;
pub mod keeper;
pub mod link;
pub mod link_log;
pub mod listen;
pub mod meter;
pub mod out;
pub mod people_news;
mod plain;
pub mod presence;
mod pulse;
pub mod reader;
pub mod registry;
pub mod ring;
pub mod roll;
pub mod rooms;
pub mod shard;
pub mod socket;
pub mod timed;
pub mod told;
mod wheel;
