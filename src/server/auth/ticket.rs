//! Tickets: what opens one thing once, within a short time, without what it was made from.
//!
//! Two kinds: a link that carries a seat to another device, and a word in a socket's address that stands for whoever
//! asked for it. They live in memory only: a restart ends them, and the next one is asked for.

use crate::domain::time::{Millis, Timestamp};
use crate::server::auth::Auth;
use crate::server::auth::caller::Caller;
use crate::server::auth::seat::SeatClaim;

/// How long a seat's ticket can be used: as long as it takes to find the other phone.
pub const TICKET_MS: Millis = Millis(60_000);
/// How long a socket's ticket can be used: the socket is opened at once.
pub const SOCKET_TICKET_MS: Millis = Millis(30_000);
/// Tickets of each kind that are kept: each player of the largest room may have one.
pub(super) const TICKETS_MAX: usize = 20_000;

impl Auth {
    /// Makes a ticket for a seat: the token, and when it ends.
    pub fn issue_ticket(&self, claim: SeatClaim) -> (String, Timestamp) {
        let now = self.now();
        let ends_at = now + TICKET_MS;
        (self.0.tickets.put(claim, ends_at, now), ends_at)
    }

    /// The seat that a ticket carries; the ticket stays good.
    pub fn look_at_ticket(&self, token: &str) -> Option<SeatClaim> {
        self.0.tickets.look(token, self.now())
    }

    /// The seat that a ticket carries; the ticket is used up.
    pub fn use_ticket(&self, token: &str) -> Option<SeatClaim> {
        self.0.tickets.take(token, self.now())
    }

    /// Makes a ticket that opens one socket for this caller; [`Auth::caller`] takes it.
    pub fn issue_socket_ticket(&self, caller: Caller) -> String {
        let now = self.now();
        self.0.socket_tickets.put(caller, now + SOCKET_TICKET_MS, now)
    }

    /// Who a socket's ticket stands for; the ticket is used up.
    pub(super) fn use_socket_ticket(&self, token: &str) -> Option<Caller> {
        self.0.socket_tickets.take(token, self.now())
    }
}
