//! Podium: a live quiz and timed-session platform in one program with one data folder.
//!
//! This file is the map and the architecture. It knows the folders and where the browser starts; it holds no rules.
//!
//! # Modules, in reading order
//!
//! - [`domain`]: nouns and what they keep
//! - [`protocol`]: words: commands, events, states, views, the envelope, close codes
//! - [`room`]: rules in motion, one pure state machine
//! - `server`: the machine room: settings, clock, chance, store, auth, and `live`, where rooms run and links are served
//! - `client`: the browser's machine room: link, clock, storage
//! - [`api`]: doors: every server function
//! - [`ui`]: what people see, the same code on the server and in the browser; `ui::live` is the only seam to `client`
//! - `border`: what happened inside, as a stranger may learn it
//! - `serve`: where everything is put together
//! - `commands`: what the operator does from the command line
//! - `bots`: simulated players, who come through the front door
//! - `conform`: the conformance kit for other people's servers and clients
//!
//! Imports point one way: `serve` → `ui` → `api` → `server` → `room` → `protocol` → `domain`, with `client` beside `ui`.
//! `src/tests/tidy.rs` keeps that, and one home for each dangerous capability.
//!
//! # One walkthrough
//!
//! A tap becomes a *command* with an id made by the page, and crosses the socket. The link's task notes when its bytes
//! were read, decodes it, and puts it into the room's inbox; it waits for nothing. The room's *keeper* takes what is
//! waiting, reads the clock once and lets [`room::Room::apply`] turn each input into *effects*. Facts among them go to the
//! one writer, which commits many at once and syncs the disk. Only then are *events* encoded, once for each audience, and
//! appended to its *ring*; *shards* push the same framed bytes to every link that has all before them, and a link that
//! fell behind goes on from its own cursor. In the page the same event is folded into the same *view* that the server
//! rendered the first page from, signals change, and the tile says "taken".
//!
//! # What holds everywhere
//!
//! - `domain`, `protocol` and `room` have no async, no clock, no chance; they compile with no feature.
//! - A room never waits for a socket, and a socket never waits for a room.
//! - Nothing that changes the game is told or acknowledged before it is on disk.
//! - Nothing that depends on the key leaves for players or the stage before the reveal: their types cannot hold it.
//! - After a restart the room is what its facts say. Presence, typing, and messages that no host asked to keep are the
//!   only things that are no facts.
//! - Recovery is whole or says that it is not: the missed events, or a snapshot marked as such.
//!
//! # Where this differs from the first design
//!
//! - Forms always post and are answered with 303, with and without scripts: one way to understand, nothing to fall back to.
//! - A room's deadlines are timers of its keeper, in the runtime's one timer wheel, re-read against the clock at least
//!   once a second; there is no second queue of deadlines.
//! - The code of every page but the front door comes in one of four bundles (`ui::bundles`), the player's too: the front
//!   door is what a phone loads first, and it fetches the game's code while a name is typed. A bundle for each page would
//!   be some 250 files, because whatever several of them share is a file as well.
//! - There is one form on the wire, JSON. A compact one was measured (`make bench`, part `wire`): without names it takes
//!   72 % off what a player is told in a whole game, which is 32 kB, less than a tenth of what the game's page loads once.
//!   For that it would tie every client to the very types of its server.
//! - A timed session is an engine of its own, `room::timed`, beside the live room's: their rules share next to nothing, and
//!   each stays small enough to be read whole. Links, rings, writer and clock they share, by way of `server::live::hall`.
//! - Tokens of personal links are keyed hashes of session, seat and a counter, made anew whenever they are shown; they
//!   are stored nowhere but in a mail that waits to be sent. Following one gives the browser the seat's cookie and leads
//!   on without it, so that the token leaves the address bar; it starts nothing, which only a post does.
//! - A snapshot carries its view as text, which the page that shows it reads. All that is read from the wire is read by
//!   one reader, because each further one would compile every type into the page once more.

// The type of a page is the tree of its elements; the live pages are deeper than the compiler's default of 128.
#![recursion_limit = "256"]

pub mod api;
#[cfg(any(feature = "hydrate", test))]
pub mod client;
pub mod domain;
pub mod protocol;
pub mod room;
pub mod ui;

#[cfg(feature = "ssr")]
pub mod border;
#[cfg(feature = "ssr")]
pub mod bots;
#[cfg(feature = "ssr")]
pub mod commands;
#[cfg(feature = "ssr")]
pub mod conform;
#[cfg(feature = "ssr")]
pub mod serve;
#[cfg(feature = "ssr")]
pub mod server;

#[cfg(test)]
mod tests;

/// Nobody reads this, and no page downloads it: it is what the splitter may spend on alignment when it sorts texts and
/// tables by page. Without it they all stay with the first page, because the sorted ones must not be longer.
#[cfg(feature = "hydrate")]
#[used]
static ROOM_TO_SORT_IN: [u8; 8_192] = [b' '; 8_192];

/// Where the browser starts: takes over the page that the server wrote.
///
/// `data-hydrated` on `<html>` says that every button works from now on; the browser journeys wait for it.
/// It is set only after the code of a bundle has arrived, which an effect inside the page could not promise.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    let base = ui::address::base_of_document();
    if !base.is_root() {
        if ui::address::leave_for_public_address(&base) {
            return;
        }
        // Lives as long as the page, which is what the leak says.
        leptos::server_fn::client::set_server_url(base.as_str().to_owned().leak());
    }
    wasm_bindgen_futures::spawn_local(async {
        let body = leptos::prelude::document().body().expect("a document that runs scripts has a body");
        let app = || {
            leptos::prelude::provide_context(base);
            ui::app::App()
        };
        leptos::mount::hydrate_from_async(body, app).await.forget();
        if let Some(html) = leptos::prelude::document().document_element() {
            let _ = html.set_attribute("data-hydrated", "");
        }
    });
}
