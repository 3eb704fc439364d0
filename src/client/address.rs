//! The address of a page's socket, from where the product lives.
//!
//! Knows nothing of the browser; what the page's location says comes in as text.

use crate::domain::base_path::BasePath;
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
    /// From the page's scheme (`https:`), host with port, and the path below which the product lives.
    pub fn below(scheme: &str, host: &str, base: &BasePath, code: Option<JoinCode>, audience: Audience) -> Self {
        let scheme = if scheme == "https:" { "wss" } else { "ws" };
        let base = format!("{scheme}://{host}{}", base.as_str());
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

    #[test]
    fn the_socket_is_on_the_pages_host_below_the_base_path() {
        let position = Position { epoch: Epoch(7), seq: 12 };
        for (scheme, base, start) in [
            ("http:", "", "ws://podium.example:3000"),
            ("https:", "", "wss://podium.example:3000"),
            ("https:", "/quiz/night", "wss://podium.example:3000/quiz/night"),
        ] {
            let base = BasePath::parse(base).expect("a good path");
            let below = |code, audience| Address::below(scheme, "podium.example:3000", &base, code, audience);
            let players = below(JoinCode::parse("KFX7QM").ok(), Audience::Players);
            assert_eq!(players.from(None), format!("{start}/ws/KFX7QM?as=player"));
            assert_eq!(players.from(Some(position)), format!("{start}/ws/KFX7QM?as=player&epoch=7&seq=12"));
            let admins = below(None, Audience::Admins);
            assert_eq!(admins.from(None), format!("{start}/admin/stream"));
            assert_eq!(admins.from(Some(position)), format!("{start}/admin/stream?epoch=7&seq=12"));
        }
    }
}
