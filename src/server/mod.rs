//! The machine room: everything that touches disk, network, clock and secrets.
//!
//! It never imports `ui`; `serve.rs` puts the two together.
//! Reading order: [`House`] (what doors are given), `config`, `clock`, `chance`, `store`, `auth`, `live`, then the doors:
//! `routes` (the one table), `porch` and `proxies` (what other people's proxies ask for), `forms`, `rest` (for programs),
//! `ask` (for server functions), `contract` (all of the sockets, written down), `health`, `headers`, `assets`,
//! `written` (texts that the program holds), `work_sheet`, `qr`, `samples`, `table_file`, `people_file`, `audit_file`,
//! `quiz_file`, `mail`, `link_post`, `results`, `connections` (who is on the other side of them), and what is told of the
//! house: `log`, `metrics`, `access` (every request), `telemetry` (what browsers tell), `vitals` (how it is), `notices` and
//! `alarms` (what it tells its operators by itself).

pub mod access;
pub mod alarms;
pub mod ask;
pub mod assets;
pub mod audit_file;
pub mod auth;
pub mod chance;
pub mod clock;
pub mod config;
pub mod connections;
pub mod contract;
pub mod forms;
pub mod headers;
pub mod health;
pub mod link_post;
pub mod live;
pub mod log;
pub mod mail;
pub mod metrics;
pub mod notices;
pub mod people_file;
pub mod porch;
pub mod proxies;
pub mod qr;
pub mod quiz_file;
pub mod rest;
pub mod results;
pub mod routes;
pub mod samples;
pub mod store;
pub mod table_file;
pub mod telemetry;
pub mod vitals;
pub mod work_sheet;
pub mod written;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::domain::audit::AuditActor;
use crate::server::auth::{Admin, Auth};
use crate::server::clock::Clock;
use crate::server::config::Config;
use crate::server::live::desk::Desks;
use crate::server::live::registry::Registry;
use crate::server::live::roll::Roll;
use crate::server::live::rooms::Rooms;
use crate::server::mail::Mailer;
use crate::server::metrics::Metrics;
use crate::server::notices::Notices;
use crate::server::store::Store;
use crate::server::vitals::Vitals;

/// What every door is given: settings, time, disk, identities and the rooms that run. A clone is the same house.
#[derive(Clone)]
pub struct House {
    /// The settings.
    pub config: Arc<Config>,
    /// Server time.
    pub clock: Clock,
    /// What is on disk.
    pub store: Store,
    /// Who is asking.
    pub auth: Auth,
    /// The rooms that run.
    pub rooms: Rooms,
    /// What admins are told of people.
    pub desks: Desks,
    /// The links of accounts.
    pub links: Registry,
    /// What is written to people.
    pub mail: Mailer,
    /// All links, for who watches over them.
    pub roll: Roll,
    /// What is counted.
    pub metrics: Metrics,
    /// Where notices are raised.
    pub notices: Notices,
    /// How the house is.
    pub vitals: Vitals,
    /// Cancelled when the house begins to stop: nobody new comes in, and links are sent away.
    pub stop: CancellationToken,
}

impl House {
    /// The store, which writes into the audit log that it was this account.
    pub fn store_of(&self, admin: &Admin) -> Store {
        self.store.by(AuditActor::Account(admin.id))
    }
}
