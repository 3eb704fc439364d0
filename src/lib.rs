//! Podium: a live quiz and timed-session platform in one program with one data folder.
//!
//! This file is the map. It knows the names of the folders and where the browser starts; it holds no rules.
//! Imports point one way: `serve` → `ui` → `server` → `room` → `protocol` → `domain`.
//!
//! - [`ui`]: what people see, the same code on the server and in the browser
//! - `server` and `serve`: the machine room and the place where everything is put together, server only

pub mod api;
pub mod domain;
pub mod protocol;
pub mod ui;

#[cfg(feature = "ssr")]
pub mod serve;
#[cfg(feature = "ssr")]
pub mod server;

/// Where the browser starts: takes over the page that the server wrote.
///
/// `data-hydrated` on `<html>` says that every button works from now on; the browser journeys wait for it.
/// It is set only after the code of a lazy route has arrived, which an effect inside the page could not promise.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    wasm_bindgen_futures::spawn_local(async {
        let body = leptos::prelude::document().body().expect("a document that runs scripts has a body");
        leptos::mount::hydrate_from_async(body, ui::app::App).await.forget();
        if let Some(html) = leptos::prelude::document().document_element() {
            let _ = html.set_attribute("data-hydrated", "");
        }
    });
}
