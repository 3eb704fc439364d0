//! The bounds of [`Limits`] as settings: each a flag and a variable, held between a floor and the ceiling.
//!
//! Knows no bound of its own but the floors; defaults and ceilings stand in `domain/limits.rs`.

use std::fmt::Display;
use std::str::FromStr;

use clap::Args;

use crate::domain::limits::Limits;

/// A bound with its setting.
#[derive(Clone, Copy, Debug)]
pub struct LimitRow {
    /// The field of [`Limits`]; the flag is the same with dashes.
    pub name: &'static str,
    /// What it bounds.
    pub says: &'static str,
    /// The variable that sets it.
    pub variable: &'static str,
    /// The least that may be set.
    pub least: i64,
    /// What it is unless set.
    pub default: i64,
    /// The most that may be set.
    pub most: i64,
}

/// Declares the settings, one for each field of [`Limits`], with the floor below which the house would not work.
macro_rules! limit_settings {
    ($($(#[doc = $doc:literal])+ $field:ident: $type:ty, $variable:literal, from $floor:literal;)+) => {
        /// The bounds, as the operator types them.
        #[derive(Args, Clone, Copy, Debug)]
        pub struct LimitSettings {
            $(
                $(#[doc = $doc])+
                #[arg(
                    long,
                    env = $variable,
                    default_value_t = Limits::default().$field,
                    value_name = "NUMBER",
                    value_parser = within::<$type>($floor, Limits::CEILING.$field)
                )]
                pub $field: $type,
            )+
        }

        /// The bounds as a table, in the order of the settings.
        pub fn limit_rows() -> Vec<LimitRow> {
            vec![$(LimitRow {
                name: stringify!($field),
                says: concat!($($doc),+).trim(),
                variable: $variable,
                least: $floor,
                default: i64::from(Limits::default().$field),
                most: i64::from(Limits::CEILING.$field),
            }),+]
        }

        impl From<LimitSettings> for Limits {
            fn from(settings: LimitSettings) -> Self {
                Self { $($field: settings.$field),+ }
            }
        }
    };
}

limit_settings! {
    /// Seats of one room
    seats_max: u32, "PODIUM_SEATS_MAX", from 1;
    /// Connections of one seat, or of one admin in one room, 0 for as many as they like; the oldest is closed when one more opens
    links_per_seat_max: u32, "PODIUM_LINKS_PER_SEAT_MAX", from 0;
    /// Connections of the whole server
    links_max: u32, "PODIUM_LINKS_MAX", from 1;
    /// Rooms that may be open at once
    rooms_max: u32, "PODIUM_ROOMS_MAX", from 1;
    /// Timed sessions that may be open at once
    timed_sessions_max: u32, "PODIUM_TIMED_SESSIONS_MAX", from 1;
    /// People of one timed session
    timed_seats_max: u32, "PODIUM_TIMED_SEATS_MAX", from 1;
    /// Bytes of one message from a browser
    message_bytes_max: u32, "PODIUM_MESSAGE_BYTES_MAX", from 512;
    /// Pieces that one message from a browser may come in
    fragments_max: u32, "PODIUM_FRAGMENTS_MAX", from 1;
    /// Bytes that may wait for one connection beside what its room keeps; with more it is closed
    queue_bytes_max: u32, "PODIUM_QUEUE_BYTES_MAX", from 65536;
    /// Messages of one person in a minute, answers and pings not counted
    messages_per_minute: u32, "PODIUM_MESSAGES_PER_MINUTE", from 1;
    /// Answers of one person in ten seconds, those that are sent again included
    answers_per_10s: u32, "PODIUM_ANSWERS_PER_10S", from 1;
    /// Pings of one person in ten seconds
    pings_per_10s: u32, "PODIUM_PINGS_PER_10S", from 1;
    /// Sessions that one connection may be in
    sessions_per_link_max: u32, "PODIUM_SESSIONS_PER_LINK_MAX", from 1;
    /// Messages that may wait for one room before it says that it is busy
    inbox_max: u32, "PODIUM_INBOX_MAX", from 16;
    /// Messages of one room that are written to disk together
    batch_max: u32, "PODIUM_BATCH_MAX", from 1;
    /// Events that a room keeps for those who were away
    ring_frames_max: u32, "PODIUM_RING_FRAMES_MAX", from 1;
    /// Bytes of those events
    ring_bytes_max: u32, "PODIUM_RING_BYTES_MAX", from 4_096;
    /// Seats whose coming and going is told by name; those who came later are counted
    presence_named: u32, "PODIUM_PRESENCE_NAMED", from 0;
    /// Messages that one person may write to a room's chat in a minute
    chat_per_minute: u32, "PODIUM_CHAT_PER_MINUTE", from 1;
    /// Messages of its chat that a room shows; older ones are gone from the screens
    chat_shown: u32, "PODIUM_CHAT_SHOWN", from 1;
    /// Days after which messages are deleted that a host had kept
    chat_kept_days: u32, "PODIUM_CHAT_KEPT_DAYS", from 1;
    /// Milliseconds after which somebody who has typed is not said to type any more
    typing_ms: i64, "PODIUM_TYPING_MS", from 2_500;
    /// Milliseconds after the time is up in which an answer still counts, because it was on its way
    grace_ms: i64, "PODIUM_GRACE_MS", from 0;
    /// Milliseconds that a lost seat is waited for before a question may end without it
    return_ms: i64, "PODIUM_RETURN_MS", from 0;
    /// Most milliseconds of a connection's round trip that are taken off an answer's time
    latency_credit_ms: i64, "PODIUM_LATENCY_CREDIT_MS", from 0;
    /// Milliseconds after which a connection is closed that takes nothing
    stall_ms: i64, "PODIUM_STALL_MS", from 100;
    /// Milliseconds between signs of life; a connection that is silent for a third more is closed
    heartbeat_ms: i64, "PODIUM_HEARTBEAT_MS", from 300;
    /// Milliseconds in which the head of a request has to be there
    head_ms: i64, "PODIUM_HEAD_MS", from 100;
    /// Milliseconds in which a request has to be there and be answered
    body_ms: i64, "PODIUM_BODY_MS", from 100;
    /// Milliseconds in which an answer has to be taken
    reply_ms: i64, "PODIUM_REPLY_MS", from 100;
    /// Wrong room codes that one address may try in a minute
    wrong_codes_per_minute: u32, "PODIUM_WRONG_CODES_PER_MINUTE", from 1;
    /// Wrong passwords for one account, or from one address, in a quarter of an hour
    wrong_passwords_per_15min: u32, "PODIUM_WRONG_PASSWORDS_PER_15MIN", from 1;
}

/// A parser of whole numbers between two bounds, both allowed, that says the bounds when it refuses.
pub fn within<T>(least: T, most: T) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + PartialOrd + Display + Copy + Send + Sync + 'static,
{
    move |typed| {
        let number = typed.parse().ok().filter(|number| *number >= least && *number <= most);
        number.ok_or_else(|| format!("choose a number from {least} to {most}"))
    }
}
