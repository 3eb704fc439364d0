//! What the operator does from the command line, beside serving.
//!
//! Each command is a small program of its own: it opens what it needs, says what it did, and ends.

pub mod admin;
pub mod backup;
pub mod contract;
pub mod healthcheck;
pub mod invite;
pub mod org;
pub mod output;
pub mod people;
pub mod quiz;
pub mod room;
