//! Tickets: a link that carries a seat to another device, once, for a minute.
//!
//! They live in memory only: a restart ends them, and the page shows the next one.

use crate::domain::time::{Millis, Timestamp};
use crate::server::auth::Auth;
use crate::server::auth::seat::SeatClaim;

/// How long a ticket can be used: as long as it takes to find the other phone.
pub const TICKET_MS: Millis = Millis(60_000);
/// Tickets that are kept: each player of the largest room may show one.
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
}
