//! What a page may say about the answer that carries it: its status, and which files the browser should ask for early.
//!
//! In the browser there is no such answer, and every function here does nothing.

use crate::ui::shell::SiteFiles;

/// Marks the answer as 404, for the page of an unknown address or a thing that is gone.
pub fn set_not_found() {
    #[cfg(feature = "ssr")]
    if let Some(response) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
}

/// Marks the answer as 410, for the page of a link that was good once.
pub fn set_gone() {
    #[cfg(feature = "ssr")]
    if let Some(response) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::GONE);
    }
}

/// Whether the page belongs to those who play, who need not load how the pages of hosts look. A page of the one kind leads
/// to one of the other as to another document: the stylesheets are named by the document.
pub fn is_for_players() -> bool {
    #[cfg(feature = "ssr")]
    if let Some(request) = leptos::prelude::use_context::<http::request::Parts>() {
        return ["", "join", "play", "seat"].contains(&request.uri.path().split('/').nth(1).unwrap_or_default());
    }
    true
}

/// Lets the browser fetch the code of the page's bundle while it still reads the HTML.
///
/// leptos would do this itself, but its link to the loader's script carries no nonce, which our CSP refuses; the loader
/// is in the shell of every page, so only the chunks are left. They are known once the page has been rendered.
pub fn preload_lazy_chunks(files: &SiteFiles) {
    #[cfg(feature = "ssr")]
    deferred::preload_lazy_chunks(files.clone());
    #[cfg(not(feature = "ssr"))]
    let _ = files;
}

#[cfg(feature = "ssr")]
mod deferred {
    use leptos::{PrefetchLazyFn, prelude::*};
    use leptos_meta::{Link, ServerMetaContext};

    use super::SiteFiles;

    /// Captures no owner: one kept alive by its own deferred work would leak when a visitor goes away early.
    pub fn preload_lazy_chunks(files: SiteFiles) {
        let Some(lazy_functions) = use_context::<PrefetchLazyFn>() else { return };
        let Some(head) = use_context::<ServerMetaContext>() else { return };
        let Some(rendering) = Owner::current_shared_context() else { return };
        rendering.defer_stream(Box::pin(async move {
            Owner::new().with(|| {
                provide_context(head);
                for function in lazy_functions.0.read_value().iter() {
                    files.chunks_of(function).for_each(add_to_head);
                }
            });
        }));
    }

    /// A component of `leptos_meta` adds itself to the head when it is written, and writes nothing in its place.
    fn add_to_head(address: String) {
        let link = view! {
            <Link rel="preload" href=address as_="fetch" type_="application/wasm" crossorigin="anonymous"/>
        };
        let _ = link.to_html();
    }
}
