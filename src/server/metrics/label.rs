//! The values of labels: few, known, and never anything that a stranger typed.

use crate::protocol::close::Close;
use crate::protocol::view::Audience;

/// Which limit stopped somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Messages of one person.
    Messages,
    /// Answers of one person.
    Answers,
    /// Signs of life of one person.
    Pings,
    /// Connections of one person; the oldest was closed.
    LinksPerSeat,
    /// Connections of the whole house.
    Links,
    /// Seats of one room.
    Seats,
    /// Rooms of the house.
    Rooms,
    /// What waits for one room.
    Inbox,
    /// Wrong room codes from one address.
    Codes,
    /// Wrong passwords.
    Passwords,
    /// What browsers tell of their connections.
    Telemetry,
}

impl Limit {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Messages,
        Self::Answers,
        Self::Pings,
        Self::LinksPerSeat,
        Self::Links,
        Self::Seats,
        Self::Rooms,
        Self::Inbox,
        Self::Codes,
        Self::Passwords,
        Self::Telemetry,
    ];

    /// As it stands in the text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Answers => "answers",
            Self::Pings => "pings",
            Self::LinksPerSeat => "links_per_seat",
            Self::Links => "links",
            Self::Seats => "seats",
            Self::Rooms => "rooms",
            Self::Inbox => "inbox",
            Self::Codes => "codes",
            Self::Passwords => "passwords",
            Self::Telemetry => "telemetry",
        }
    }
}

/// How somebody who came back got what they had missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// The events, one by one.
    Replay,
    /// The whole view.
    Snapshot,
}

impl Recovery {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Replay, Self::Snapshot];

    /// As it stands in the text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Snapshot => "snapshot",
        }
    }
}

/// Why somebody was not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthRefusal {
    /// A page or function of admins, and nobody is signed in.
    NotSignedIn,
    /// Address and password do not belong together.
    WrongPassword,
    /// No open room has the code.
    WrongCode,
    /// A socket without a login, seat or token that opens it.
    Socket,
}

impl AuthRefusal {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NotSignedIn, Self::WrongPassword, Self::WrongCode, Self::Socket];

    /// As it stands in the text.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotSignedIn => "not_signed_in",
            Self::WrongPassword => "wrong_password",
            Self::WrongCode => "wrong_code",
            Self::Socket => "socket",
        }
    }
}

/// What a connection was opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// One session, as this audience; for admins the people of their organisation.
    Session(Audience),
    /// A person, who enters and leaves sessions.
    Person,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Session(Audience::Host),
        Self::Session(Audience::Stage),
        Self::Session(Audience::Players),
        Self::Session(Audience::Admins),
        Self::Person,
    ];

    /// As it stands in the text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Session(Audience::Host) => "host",
            Self::Session(Audience::Stage) => "stage",
            Self::Session(Audience::Players) => "player",
            Self::Session(Audience::Admins) => "admin",
            Self::Person => "person",
        }
    }
}

/// A close code: ours, those of every browser, and `other` for what a peer has made up.
pub fn close_code(code: u16) -> &'static str {
    match code {
        1000 => "1000",
        1005 => "1005",
        1006 => "1006",
        _ => Close::of_code(code).map_or("other", close_name),
    }
}

fn close_name(close: Close) -> &'static str {
    match close {
        Close::Gone => "1001",
        Close::Protocol => "1002",
        Close::NotText => "1003",
        Close::NotUtf8 => "1007",
        Close::Refused => "1008",
        Close::TooLarge => "1009",
        Close::Restart => "1012",
        Close::Full => "1013",
        Close::CredentialEnded => "4401",
        Close::Removed => "4403",
        Close::NoRoom => "4404",
        Close::TooSlow => "4408",
        Close::OpenedElsewhere => "4409",
        Close::Over => "4410",
        Close::TooFast => "4429",
    }
}

/// A request's method, or `other` for one that a stranger has made up.
pub fn method(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_code_is_called_by_its_number_and_an_invented_one_other() {
        for close in Close::ALL {
            assert_eq!(close_code(close.code()), close.code().to_string());
        }
        assert_eq!(close_code(1006), "1006");
        assert_eq!(close_code(4_999), "other");
        assert_eq!(method(&http::Method::from_bytes(b"BREW").expect("a token")), "other");
    }
}
