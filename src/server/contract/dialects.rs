//! The dialects as a table: what a door speaks to who offers no `podium.v1`.
//!
//! Everything is read off [`Dialect::style`]; only its words for places and clocks are put into sentences here.

use crate::protocol::dialect::{Clock, Dialect, Place};

/// One dialect.
#[derive(Clone, Debug)]
pub struct DialectRow {
    /// Which.
    pub dialect: Dialect,
    /// Where the data of a message stands.
    pub place: String,
    /// How its time is written.
    pub clock: &'static str,
    /// Its own names for types.
    pub names: &'static [(&'static str, &'static str)],
    /// The message that comes with every ping of the protocol.
    pub heartbeat: Option<&'static str>,
}

/// All of them, the canonical envelope first.
pub fn rows() -> Vec<DialectRow> {
    Dialect::ALL.map(row).to_vec()
}

/// Its name in the document.
pub fn name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Podium => "podium.v1",
        Dialect::ClauseBot => "clausebot",
        Dialect::Trivia => "trivia",
        Dialect::MasterX => "masterx",
        Dialect::Netra => "netra",
        Dialect::Catalytic => "catalytic",
        Dialect::CatalyticSeat => "catalytic-seat",
    }
}

fn row(dialect: Dialect) -> DialectRow {
    let style = dialect.style();
    let place = match style.place {
        Place::Flat => "beside the type".to_owned(),
        Place::Under(name) => format!("under `{name}`"),
        Place::DataOrFlat => "under `data`; beside the type for what the system says by itself".to_owned(),
    };
    let clock = match style.clock {
        Clock::Text => "RFC 3339 in UTC",
        Clock::Seconds => "seconds since 1970",
        Clock::Silent => "not at all",
    };
    let heartbeat = style
        .heartbeat
        .map(|kind| style.names.iter().find(|(canonical, _)| *canonical == kind).map_or(kind, |(_, own)| own));
    DialectRow { dialect, place, clock, names: style.names, heartbeat }
}
