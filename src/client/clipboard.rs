//! The clipboard: puts a text where a person can paste it.
//!
//! It knows nothing of what the text is.

use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::client::dom::window;

/// Puts a text into the clipboard, then tells whether that worked. Only from a tap or a click.
pub fn put(text: &str, told: impl FnOnce(bool) + 'static) {
    // Plain http has no clipboard, and asking for what is not there would throw.
    if !window().is_secure_context() {
        return told(false);
    }
    let writing = window().navigator().clipboard().write_text(text);
    spawn_local(async move { told(JsFuture::from(writing).await.is_ok()) });
}
