//! Nouns and what they keep: the values every other folder speaks in.
//!
//! Nothing here knows of sockets, tables, clocks or pages; everything compiles for both sides and with no feature.
//! Reading order: `ids`, `time`, `moment`, `text`, `name`, `chat`, `code`, `question`, `quiz`, `score`, `role`, `email`,
//! `person`, `pace`, `timed`, `calendar`, `audit`, `base_path`, `limits`.

pub mod audit;
pub mod base_path;
pub mod calendar;
pub mod chat;
pub mod code;
pub mod email;
pub mod ids;
pub mod limits;
pub mod moment;
pub mod name;
pub mod pace;
pub mod person;
pub mod question;
pub mod quiz;
pub mod role;
pub mod score;
pub mod text;
pub mod time;
pub mod timed;
