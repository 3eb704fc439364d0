//! How connections end: each close code with its reason and what a client does next.
//!
//! Codes and reasons are [`Close`]'s own; only the advice is written here.

use crate::protocol::close::Close;

/// One way to end.
#[derive(Clone, Copy, Debug)]
pub struct CloseRow {
    /// Which.
    pub close: Close,
    /// What a client does next.
    pub next: &'static str,
}

/// All of them, by number.
pub fn rows() -> Vec<CloseRow> {
    Close::ALL.map(|close| CloseRow { close, next: next(close) }).to_vec()
}

fn next(close: Close) -> &'static str {
    match close {
        Close::Gone => {
            "You left, or an operator closed this one connection: come back with its position whenever you like."
        }
        Close::Protocol | Close::NotText | Close::NotUtf8 => {
            "Mend the client: it sent a frame that breaks the rules. It may come back with its position."
        }
        Close::Refused => "Stay away until there is another credential; the reason says what was wrong with this one.",
        Close::TooLarge => "Come back with its position, and send less in one message.",
        Close::Restart => {
            "Come back with its position after the milliseconds that `retry_ms=` in the reason names, and up to a second of chance."
        }
        Close::Full => "Come back later, with back-off.",
        Close::CredentialEnded => "Stay away until the person signs in again.",
        Close::Removed => "Stay away: the host took this seat away.",
        Close::NoRoom => "Stay away: the code is wrong, or its room is over.",
        Close::TooSlow => "Come back with its position: the network was too slow, or nobody answered pings.",
        Close::OpenedElsewhere => "Stay away until the person asks: they went on somewhere else.",
        Close::Over => "Stay away: the session is over.",
        Close::TooFast => "Come back with back-off, and say less.",
    }
}
