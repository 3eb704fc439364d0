//! The document around the application: `<head>`, the nonce, and the scripts that bring the page to life.
//!
//! It does not know where the files lie; the composition root says so with [`SiteFiles`].

use std::{collections::HashMap, sync::Arc};

use leptos::{hydration::AutoReload, nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::ui::{
    address::{address, base},
    app::App,
    response,
};

/// The addresses of the stylesheet, the scripts and the code of the bundles, and the one that pages tell of their
/// connections.
///
/// Our own because leptos's `HydrationScripts` looks for names and manifest on the disk, by working directory.
#[derive(Clone, Debug, Default)]
pub struct SiteFiles {
    folder: Arc<str>,
    chunks: Arc<HashMap<String, Vec<String>>>,
    telemetry: Option<Arc<str>>,
}

impl SiteFiles {
    /// `folder` is the address of the folder with the built files, without a slash at its end.
    /// `chunks` names for each lazy function the code files it needs, without their extension.
    pub fn new(folder: &str, chunks: HashMap<String, Vec<String>>) -> Self {
        Self { folder: folder.into(), chunks: Arc::new(chunks), telemetry: None }
    }

    /// Lets pages tell this address when their connection stood, broke and came back.
    #[must_use]
    pub fn with_telemetry(self, address: &str) -> Self {
        Self { telemetry: Some(address.into()), ..self }
    }

    /// The address of one built file.
    pub fn address(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    /// The addresses of the code that one lazy function needs. Empty for a function that the build did not split off.
    pub fn chunks_of(&self, function: &str) -> impl Iterator<Item = String> {
        self.chunks.get(function).into_iter().flatten().map(|chunk| self.address(&format!("{chunk}.wasm")))
    }
}

/// The file that fetches the code of bundles. The main script imports it, so every page needs it.
const LOADER: &str = "__wasm_split.______________________.js";

/// Writes the whole document around the application.
pub fn shell(options: LeptosOptions, files: &SiteFiles) -> impl IntoView + use<> {
    response::preload_lazy_chunks(files);
    let is_work = !response::is_for_players();
    let base = Some(base()).filter(|base| !base.is_root()).map(|base| base.as_str().to_owned());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-base=base data-telemetry=files.telemetry.as_deref().map(str::to_owned)>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href=address("/favicon.svg") type="image/svg+xml"/>
                <link rel="stylesheet" href=files.address("podium.css")/>
                {is_work.then(|| view! { <link rel="stylesheet" href=address("/work.css")/> })}
                <AutoReload options/>
                <Scripts files/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// Starts the application in the browser, and lets the browser fetch all of it at once instead of one after the other.
#[component]
fn Scripts<'a>(
    /// Where the files are.
    files: &'a SiteFiles,
) -> impl IntoView + use<> {
    let nonce = use_nonce();
    let script = files.address("podium.js");
    let code = files.address("podium.wasm");
    // A dynamic import, because 'strict-dynamic' trusts what a trusted script imports.
    let start =
        format!("import({script:?}).then(m => m.default({{ module_or_path: {code:?} }}).then(() => m.hydrate()))");
    view! {
        <link rel="modulepreload" href=script nonce=nonce.clone()/>
        <link rel="modulepreload" href=files.address(LOADER) nonce=nonce.clone()/>
        <link rel="preload" href=code r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
        <script type="module" nonce=nonce>{start}</script>
    }
}
