//! The open connections of an organisation, with the names of those who are on the other side.
//!
//! Names are asked of the rooms, once for each room of a page; it keeps none of them. It does not know who looks.

use std::collections::HashMap;

use crate::domain::ids::{OrganisationId, SeatId, SessionId};
use crate::room::input::Who;
use crate::server::House;
use crate::server::live::roll::Connected;
use crate::server::metrics::label::Purpose;

/// A connection, and whose it is.
pub struct Seen {
    /// The connection.
    pub line: Connected,
    /// A name in a room, or an account's; empty if it stands for nobody.
    pub who: String,
}

/// One page, in the order in which connections were opened: those after a number, of one purpose or of all, with a part of
/// a name, a room's code or a browser's name. Returns too whether there are more.
pub async fn page(
    house: &House,
    organisation: OrganisationId,
    (search, purpose): (&str, Option<Purpose>),
    after: u64,
    limit: usize,
) -> (Vec<Seen>, bool) {
    let mut lines = house.roll.of(organisation, after);
    lines.retain(|line| purpose.is_none_or(|purpose| line.purpose == purpose));
    let search = search.trim().to_lowercase();
    if search.is_empty() {
        let has_more = lines.len() > limit;
        lines.truncate(limit);
        return (named(lines).await, has_more);
    }
    let mut seen = named(lines).await;
    // Codes are shown, and therefore typed, with a space or without.
    let code: String = search.split_whitespace().collect();
    seen.retain(|seen| {
        let is_room = seen.line.places.iter().any(|(room, _)| room.code.as_str().to_lowercase().contains(&code));
        is_room || seen.who.to_lowercase().contains(&search) || seen.line.agent.words().to_lowercase().contains(&search)
    });
    let has_more = seen.len() > limit;
    seen.truncate(limit);
    (seen, has_more)
}

async fn named(lines: Vec<Connected>) -> Vec<Seen> {
    let mut rooms = HashMap::new();
    for line in &lines {
        for (room, who) in &line.places {
            if let Some(Who::Seat(seat)) = who {
                let (_, seats) = rooms.entry(room.session).or_insert_with(|| (room.clone(), Vec::new()));
                seats.push(*seat);
            }
        }
    }
    let mut names: HashMap<SessionId, HashMap<SeatId, String>> = HashMap::new();
    for (session, (room, seats)) in rooms {
        names.insert(session, room.seat_names(seats).await);
    }
    let seen = |line: Connected| {
        let in_room = line.places.iter().find_map(|(room, who)| {
            let Some(Who::Seat(seat)) = who else { return None };
            names.get(&room.session)?.get(seat).cloned()
        });
        let of_account = line.account.as_ref().map(|(_, name)| name.clone());
        let who = in_room.or(of_account).unwrap_or_default();
        Seen { line, who }
    };
    lines.into_iter().map(seen).collect()
}
