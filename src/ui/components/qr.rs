//! A QR code on its white ground, with what it says for those who cannot scan it.
//!
//! The drawing is made by the server; nothing here knows how.

use leptos::prelude::*;

/// A QR code.
#[component]
pub fn QrCode(
    /// The drawing, an SVG of our own making.
    #[prop(into)]
    svg: String,
    /// Where it leads, in words: its name for a screen reader.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    view! { <div class="qr" role="img" aria-label=label inner_html=svg></div> }
}
