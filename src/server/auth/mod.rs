//! Who is asking: passwords, logins, seats, tickets, and the few things that a stranger may do.
//!
//! Knows credentials and nothing of what they open: doors ask here who somebody is and decide there what they may.
//! What is secret is kept hashed or signed; nothing here prints it.
//!
//! Reading order: [`Auth`], `login` (accounts in browsers), `grant` and `token` (accounts in programs), `caller` (either,
//! at a socket or the HTTP API), `account` and `colleague` (changing and inviting), `openid` (by another house's word),
//! `browser` (in words), `ending` (what ended before its time), `seat` and `ticket` (players), `setup` (the first admin),
//! `password`, `throttle` and `shelf` (what forgets by itself), `origin` (other people's pages), `cookie`, `key`.

pub mod account;
pub mod browser;
pub mod caller;
pub mod colleague;
pub mod cookie;
pub mod ending;
pub mod flash;
pub mod grant;
pub mod key;
pub mod login;
pub mod openid;
pub mod origin;
pub mod password;
pub mod seat;
pub mod setup;
mod shelf;
pub mod throttle;
pub mod ticket;
mod token;

use std::sync::Arc;

use crate::domain::ids::{AdminId, OrganisationId};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::server::auth::caller::Caller;
use crate::server::auth::ending::Endings;
use crate::server::auth::flash::SentBack;
use crate::server::auth::key::SigningKey;
use crate::server::auth::password::Passwords;
use crate::server::auth::seat::{SeatClaim, SeatKeys};
use crate::server::auth::setup::Setup;
use crate::server::auth::shelf::Shelf;
use crate::server::auth::throttle::Throttles;
use crate::server::auth::token::TokenKeys;
use crate::server::clock::Clock;
use crate::server::config::Config;
use crate::server::store::Store;
use crate::server::store::admin::AdminRow;

/// Everything that decides who somebody is. A clone is the same.
#[derive(Clone)]
pub struct Auth(Arc<Parts>);

struct Parts {
    config: Arc<Config>,
    store: Store,
    clock: Clock,
    seats: SeatKeys,
    tokens: TokenKeys,
    endings: Endings,
    passwords: Passwords,
    setup: Setup,
    tickets: Shelf<SeatClaim>,
    socket_tickets: Shelf<Caller>,
    flashes: Shelf<SentBack>,
    goings: Shelf<openid::Going>,
    issuer: openid::Known,
    throttles: Throttles,
}

/// A signed-in account. Doors for admins open only where its role is one of the staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// Their id.
    pub id: AdminId,
    /// Their organisation: nothing of another one is theirs to see.
    pub organisation: OrganisationId,
    /// Its name.
    pub organisation_name: String,
    /// What they are in it.
    pub role: Role,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
}

impl Auth {
    /// Puts everything together.
    pub fn new(config: Arc<Config>, store: Store, clock: Clock, key: &SigningKey) -> Self {
        Self(Arc::new(Parts {
            seats: SeatKeys::new(key),
            tokens: TokenKeys::new(key),
            endings: Endings::new(),
            passwords: Passwords::new(),
            setup: Setup::default(),
            tickets: Shelf::with_places(ticket::TICKETS_MAX),
            socket_tickets: Shelf::with_places(ticket::TICKETS_MAX),
            flashes: Shelf::with_places(flash::FLASHES_MAX),
            goings: Shelf::with_places(openid::GOING_MAX),
            issuer: openid::Known::default(),
            throttles: Throttles::new(&config.limits),
            config,
            store,
            clock,
        }))
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}

impl From<AdminRow> for Admin {
    fn from(row: AdminRow) -> Self {
        let AdminRow { id, organisation, organisation_name, name, email, role, password_hash: _ } = row;
        Self { id, organisation, organisation_name, role, name, email }
    }
}
