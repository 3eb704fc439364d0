//! Rooms that run, and the links into them.
//!
//! The seam between the two is *ring + cursor + who drains*: a room's [`keeper`] appends encoded frames to one [`ring`]
//! per audience; a [`link`] holds a cursor into it and drains what is due for it in one write. A room never waits for a
//! link, and a slow link costs nobody anything: behind the ring it gets a snapshot, without progress it is closed.
//!
//! Reading order: `ring` and `presence` (pure), `channel` (what keeper and links share), `keeper`, `rooms` (all of them), `link`,
//! `socket` (the door), `discovery` (where it is), `meter` and `listen` (the streams beneath).
//! Nothing here knows the rules of the game: those are the room's.

pub mod channel;
pub mod discovery;
pub mod keeper;
pub mod link;
pub mod listen;
pub mod meter;
pub mod presence;
pub mod ring;
pub mod rooms;
pub mod socket;
