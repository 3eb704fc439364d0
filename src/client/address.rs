//! The address of a room's socket, from the address of the page.
//!
//! Knows nothing of the browser; what the page's location says comes in as text.

use crate::domain::code::JoinCode;
use crate::protocol::message::Position;
use crate::protocol::view::Audience;

/// Where a room's socket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Scheme, host and base path, up to the `/ws`.
    base: String,
    code: JoinCode,
    audience: Audience,
}

impl Address {
    /// From the page's scheme (`https:`), host with port, and path. All live pages stand two steps below the base path:
    /// `/play/CODE`.
    pub fn of_page(scheme: &str, host: &str, path: &str, code: JoinCode, audience: Audience) -> Self {
        let scheme = if scheme == "https:" { "wss" } else { "ws" };
        let base_path = path.trim_end_matches('/').rsplitn(3, '/').nth(2).unwrap_or_default();
        Self { base: format!("{scheme}://{host}{base_path}"), code, audience }
    }

    /// The whole address. Without a position the server sends a snapshot, with one what came after it.
    pub fn from(&self, position: Option<Position>) -> String {
        let audience = match self.audience {
            Audience::Host => "host",
            Audience::Stage => "stage",
            Audience::Players => "player",
        };
        let start = format!("{}/ws/{}?as={audience}", self.base, self.code);
        match position {
            Some(Position { epoch, seq }) => format!("{start}&epoch={epoch}&seq={seq}"),
            None => start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Epoch;

    fn check(scheme: &str, path: &str, start: &str) {
        let code = JoinCode::parse("KFX7QM").expect("a good code");
        let address = Address::of_page(scheme, "podium.example:3000", path, code, Audience::Players);
        assert_eq!(address.from(None), format!("{start}/ws/KFX7QM?as=player"));
        let position = Position { epoch: Epoch(7), seq: 12 };
        assert_eq!(address.from(Some(position)), format!("{start}/ws/KFX7QM?as=player&epoch=7&seq=12"));
    }

    #[test]
    fn the_socket_is_where_the_page_is() {
        check("http:", "/play/KFX7QM", "ws://podium.example:3000");
        check("https:", "/play/kfx-7qm/", "wss://podium.example:3000");
        check("https:", "/quiz/night/play/KFX7QM", "wss://podium.example:3000/quiz/night");
    }
}
