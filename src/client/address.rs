//! The address of a page's socket, from the address of the page.
//!
//! Knows nothing of the browser; what the page's location says comes in as text.

use crate::domain::code::JoinCode;
use crate::protocol::message::Position;
use crate::protocol::view::Audience;

/// Where a page's socket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Scheme, host, base path and the socket's own path.
    socket: String,
    /// What it is to a room; nothing where there is none.
    role: Option<&'static str>,
}

impl Address {
    /// From the page's scheme (`https:`), host with port, and path. Pages of rooms stand two steps below the base path
    /// (`/play/CODE`), that of an organisation's people one (`/people`).
    pub fn of_page(scheme: &str, host: &str, path: &str, code: Option<JoinCode>, audience: Audience) -> Self {
        let scheme = if scheme == "https:" { "wss" } else { "ws" };
        let steps = if code.is_some() { 2 } else { 1 };
        let base_path = path.trim_end_matches('/').rsplitn(steps + 1, '/').nth(steps).unwrap_or_default();
        let base = format!("{scheme}://{host}{base_path}");
        let role = match audience {
            Audience::Host => Some("host"),
            Audience::Stage => Some("stage"),
            Audience::Players => Some("player"),
            Audience::Admins => None,
        };
        let socket = match code {
            Some(code) => format!("{base}/ws/{code}"),
            None => format!("{base}/admin/stream"),
        };
        Self { socket, role }
    }

    /// The whole address. Without a position the server sends a snapshot, with one what came after it.
    pub fn from(&self, position: Option<Position>) -> String {
        let role = self.role.map(|role| format!("as={role}"));
        let position = position.map(|Position { epoch, seq }| format!("epoch={epoch}&seq={seq}"));
        let query = [role, position].into_iter().flatten().collect::<Vec<_>>().join("&");
        if query.is_empty() { self.socket.clone() } else { format!("{}?{query}", self.socket) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Epoch;

    fn check(scheme: &str, path: &str, start: &str) {
        let code = JoinCode::parse("KFX7QM").expect("a good code");
        let address = Address::of_page(scheme, "podium.example:3000", path, Some(code), Audience::Players);
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

    #[test]
    fn the_socket_of_admins_is_where_their_page_is() {
        for (path, base) in [("/people", ""), ("/quiz/night/people/", "/quiz/night")] {
            let address = Address::of_page("https:", "podium.example", path, None, Audience::Admins);
            assert_eq!(address.from(None), format!("wss://podium.example{base}/admin/stream"));
            let position = Position { epoch: Epoch(7), seq: 12 };
            assert_eq!(address.from(Some(position)), format!("wss://podium.example{base}/admin/stream?epoch=7&seq=12"));
        }
    }
}
