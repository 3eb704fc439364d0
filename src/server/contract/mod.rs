//! The written contract: what a stranger needs to write a client, made from the types and tables that the house runs on.
//!
//! It decides nothing: what is said, by whom and where stands in `protocol` and in the route table. It knows neither rooms
//! nor links.
//! Reading order: [`Contract`] (everything, as values), `schema` (types as JSON schemas), `told` and `asked` (messages by
//! direction), `doors`, `closes`, `refusals`, `dialects`, `story` (the conversation in order), then the two forms that it is
//! given: `asyncapi` for programs and `protocol_page` for people, and `answer` (how both are served).

pub mod answer;
pub mod asked;
pub mod asyncapi;
pub mod closes;
pub mod dialects;
pub mod doors;
pub mod protocol_page;
pub mod refusals;
pub mod schema;
pub mod story;
pub mod told;

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::server::config::limits::{LimitRow, limit_rows};
use crate::server::contract::closes::CloseRow;
use crate::server::contract::dialects::DialectRow;
use crate::server::contract::doors::{DoorRow, doors};
use crate::server::contract::refusals::RefusalRow;
use crate::server::contract::schema::Word;

/// The version of the contract: of the protocol, not of the program.
pub const VERSION: &str = "1.0";

/// Everything that both forms say.
pub struct Contract {
    /// The sockets.
    pub doors: Vec<DoorRow>,
    /// What a client may say.
    pub asked: Vec<Word>,
    /// What the server says.
    pub told: Vec<Word>,
    /// The types that messages share, as JSON schemas by name.
    pub schemas: Map<String, Value>,
    /// How connections end.
    pub closes: Vec<CloseRow>,
    /// Why commands are refused.
    pub refusals: Vec<RefusalRow>,
    /// What is bounded.
    pub limits: Vec<LimitRow>,
    /// Other clients' words.
    pub dialects: Vec<DialectRow>,
}

/// The contract of this program; the same as long as it runs.
pub static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let (told, schemas) = told::words();
    Contract {
        doors: doors(),
        asked: asked::words(),
        told,
        schemas,
        closes: closes::rows(),
        refusals: refusals::rows(),
        limits: limit_rows(),
        dialects: dialects::rows(),
    }
});
