//! Words: what browser and server say to each other.
//!
//! The conversation, in order. The server greets ([`message::Welcome`]) and either replays what was missed or sends a
//! [`message::Snapshot`], then whatever *state* is due. The browser asks with a [`command::Command`]; the server answers
//! it with a reply or a [`refusal::Refusal`], and tells the audience what changed with an [`event::Event`], numbered
//! without gaps. Between them go *state* messages, of which only the latest counts. Either may ping.
//! The connection ends with a [`close::Close`], which says whether to come back.
//!
//! Nothing here knows how frames travel, or who may know what: that is decided by the room.
//! Reading order: `view` (what people see), `event`, `state`, `chat`, `typing`, `people`, `timed`, `notice`, `health`,
//! `command`, `refusal`, `message`, `frame`, `close`, `dialect`; apart from the conversation `telemetry`, what a browser tells of its
//! connection.

pub mod chat;
pub mod close;
pub mod command;
pub mod dialect;
pub mod event;
pub mod frame;
pub mod health;
pub mod message;
pub mod notice;
pub mod people;
pub mod refusal;
pub mod state;
pub mod telemetry;
pub mod timed;
pub mod typing;
pub mod view;
