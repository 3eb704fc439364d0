//! Close codes: why a connection ends, and whether the browser comes back.
//!
//! Source of the ranges: RFC 6455, section 7.4; 4000 to 4999 are ours.

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Close {
    /// The page was left, or an operator closed this one connection.
    Gone,
    /// A frame that breaks the protocol.
    Protocol,
    /// Binary where text is meant.
    NotText,
    /// Text that is not UTF-8.
    NotUtf8,
    /// Credentials that are no good.
    Refused,
    /// A message over the limit.
    TooLarge,
    /// The server restarts.
    Restart,
    /// No more links fit.
    Full,
    /// The login or seat has ended.
    CredentialEnded,
    /// The host took the seat away.
    Removed,
    /// There is no such room.
    NoRoom,
    /// Nothing was read for too long, or nothing could be written.
    TooSlow,
    /// The seat has too many links; this was the oldest.
    OpenedElsewhere,
    /// The session is over.
    Over,
    /// Too many messages.
    TooFast,
}

impl Close {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Gone,
        Self::Protocol,
        Self::NotText,
        Self::NotUtf8,
        Self::Refused,
        Self::TooLarge,
        Self::Restart,
        Self::Full,
        Self::CredentialEnded,
        Self::Removed,
        Self::NoRoom,
        Self::TooSlow,
        Self::OpenedElsewhere,
        Self::Over,
        Self::TooFast,
    ];

    /// The number on the wire.
    pub fn code(self) -> u16 {
        match self {
            Self::Gone => 1001,
            Self::Protocol => 1002,
            Self::NotText => 1003,
            Self::NotUtf8 => 1007,
            Self::Refused => 1008,
            Self::TooLarge => 1009,
            Self::Restart => 1012,
            Self::Full => 1013,
            Self::CredentialEnded => 4401,
            Self::Removed => 4403,
            Self::NoRoom => 4404,
            Self::TooSlow => 4408,
            Self::OpenedElsewhere => 4409,
            Self::Over => 4410,
            Self::TooFast => 4429,
        }
    }

    /// The reason on the wire, at most 123 bytes.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Gone => "going away",
            Self::Protocol => "protocol error",
            Self::NotText => "text frames only",
            Self::NotUtf8 => "text must be UTF-8",
            Self::Refused => "not signed in",
            Self::TooLarge => "message too large",
            Self::Restart => "the server restarts, please come back",
            Self::Full => "the server is full, please come back later",
            Self::CredentialEnded => "signed out",
            Self::Removed => "removed by the host",
            Self::NoRoom => "no such room",
            Self::TooSlow => "no progress",
            Self::OpenedElsewhere => "opened elsewhere",
            Self::Over => "the session is over",
            Self::TooFast => "too many messages",
        }
    }

    /// The close with this number, if it is one of ours.
    pub fn of_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|close| close.code() == code)
    }

    /// Whether the browser gives up instead of coming back.
    pub fn is_final(self) -> bool {
        match self {
            Self::Refused
            | Self::CredentialEnded
            | Self::Removed
            | Self::NoRoom
            | Self::OpenedElsewhere
            | Self::Over => true,
            Self::Gone
            | Self::Protocol
            | Self::NotText
            | Self::NotUtf8
            | Self::TooLarge
            | Self::Restart
            | Self::Full
            | Self::TooSlow
            | Self::TooFast => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_reasons_fit_a_close_frame() {
        for close in Close::ALL {
            assert_eq!(Close::of_code(close.code()), Some(close));
            assert!(close.reason().len() <= 123);
        }
    }
}
