//! Every bound of the live part, in one place: defaults, and the ceilings that no setting may pass.
//!
//! Filled by the configuration and handed to rooms and links by value; the bounds of authored texts stand with their
//! nouns (`question`, `quiz`, `name`), because no setting changes them.

/// The bounds that rooms, links and doors keep.
///
/// Lengths are in bytes, times in milliseconds unless the name says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Seats of one room.
    pub seats_max: u32,
    /// Links of one seat, or of one admin in one room; the oldest is closed when one more opens.
    pub links_per_seat_max: u32,
    /// Links of the whole process.
    pub links_max: u32,
    /// Rooms in memory.
    pub rooms_max: u32,
    /// Timed sessions in memory.
    pub timed_sessions_max: u32,
    /// Seats of one timed session.
    pub timed_seats_max: u32,
    /// One message from a browser.
    pub message_bytes_max: u32,
    /// Pieces of one message from a browser.
    pub fragments_max: u32,
    /// Bytes that wait for one link alone; a link with more is closed.
    pub queue_bytes_max: u32,
    /// Messages of one person in a minute, on all their links; answers and pings have their own allowance.
    pub messages_per_minute: u32,
    /// Answers of one person in ten seconds; several, because a phone sends again what was not acknowledged.
    pub answers_per_10s: u32,
    /// Signs of life of one person in ten seconds.
    pub pings_per_10s: u32,
    /// Sessions that one connection may be in.
    pub sessions_per_link_max: u32,
    /// Inputs that wait for one room.
    pub inbox_max: u32,
    /// Inputs of one room that are committed together.
    pub batch_max: u32,
    /// Frames that one room keeps for one audience.
    pub ring_frames_max: u32,
    /// Bytes of those frames.
    pub ring_bytes_max: u32,
    /// Seats that are told by name when they come and go; those who came later are only counted.
    pub presence_named: u32,
    /// Messages of one person to a room's chat in sixty seconds.
    pub chat_per_minute: u32,
    /// Messages of its chat that a room shows; older ones are gone from the screens.
    pub chat_shown: u32,
    /// Days after which messages are deleted that the host had kept.
    pub chat_kept_days: u32,
    /// Somebody who has typed is not said to type for longer than this.
    pub typing_ms: i64,
    /// Time after the deadline in which an answer still counts, because it was on its way.
    pub grace_ms: i64,
    /// Time that a lost seat is waited for before a question may end without it.
    pub return_ms: i64,
    /// The most of a link's round trip that is taken off an answer's time.
    pub latency_credit_ms: i64,
    /// A link that takes nothing for this long is closed.
    pub stall_ms: i64,
    /// Nothing read for 4/3 of this closes a link; half of it without sending sends a ping.
    pub heartbeat_ms: i64,
    /// The head of a request has to be there after this.
    pub head_ms: i64,
    /// A request has to be there and be answered after this.
    pub body_ms: i64,
    /// An answer has to be taken after this.
    pub reply_ms: i64,
    /// Wrong room codes that one address may try in a minute.
    pub wrong_codes_per_minute: u32,
    /// Wrong passwords for one account, or from one address, in a quarter of an hour.
    pub wrong_passwords_per_15min: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            seats_max: 2_000,
            links_per_seat_max: 5,
            links_max: 12_000,
            rooms_max: 500,
            timed_sessions_max: 500,
            timed_seats_max: 5_000,
            message_bytes_max: 10_240,
            fragments_max: 128,
            queue_bytes_max: 1_048_576,
            messages_per_minute: 60,
            answers_per_10s: 20,
            pings_per_10s: 60,
            sessions_per_link_max: 8,
            inbox_max: 4_096,
            batch_max: 512,
            ring_frames_max: 512,
            ring_bytes_max: 524_288,
            presence_named: 120,
            chat_per_minute: 10,
            chat_shown: 100,
            chat_kept_days: 30,
            typing_ms: 5_000,
            grace_ms: 250,
            return_ms: 10_000,
            latency_credit_ms: 500,
            stall_ms: 10_000,
            heartbeat_ms: 30_000,
            head_ms: 15_000,
            body_ms: 30_000,
            reply_ms: 60_000,
            wrong_codes_per_minute: 20,
            wrong_passwords_per_15min: 10,
        }
    }
}

impl Limits {
    /// An admin may have so many times more desks open than a seat may have links: each of their pages opens one.
    pub const DESKS_PER_LINK: u32 = 4;

    /// The most that a setting may ask for; beyond it the design was never tried.
    pub const CEILING: Self = Self {
        seats_max: 20_000,
        links_per_seat_max: 100,
        links_max: 100_000,
        rooms_max: 10_000,
        timed_sessions_max: 10_000,
        timed_seats_max: 50_000,
        message_bytes_max: 67_108_864,
        fragments_max: 1_048_576,
        queue_bytes_max: 268_435_456,
        messages_per_minute: 60_000,
        answers_per_10s: 10_000,
        pings_per_10s: 10_000,
        sessions_per_link_max: 64,
        inbox_max: 65_536,
        batch_max: 8_192,
        ring_frames_max: 65_536,
        ring_bytes_max: 67_108_864,
        presence_named: 1_000,
        chat_per_minute: 600,
        chat_shown: 500,
        chat_kept_days: 3_650,
        typing_ms: 5_000,
        grace_ms: 500,
        return_ms: 120_000,
        latency_credit_ms: 2_000,
        stall_ms: 120_000,
        heartbeat_ms: 600_000,
        head_ms: 120_000,
        body_ms: 600_000,
        reply_ms: 600_000,
        wrong_codes_per_minute: 10_000,
        wrong_passwords_per_15min: 10_000,
    };
}
