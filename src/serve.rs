//! The composition root: puts settings, machine room and pages together and listens until it is told to stop.
//!
//! The only file that knows both `server` and `ui`.

use std::fs;

use anyhow::{Context, ensure};
use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list};
use tokio::{net::TcpListener, signal};

use crate::{
    server::{assets, config::Config, headers},
    ui::{
        app::App,
        shell::{SiteFiles, shell},
    },
};

/// Serves until the process is told to stop.
///
/// # Errors
/// When the data folder cannot be made, the address is taken, or the program was built without its pages.
pub async fn run(config: Config) -> anyhow::Result<()> {
    ensure!(
        cfg!(debug_assertions) || assets::is_complete(),
        "this program was built without its pages; build it with `make build`"
    );
    fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("cannot make the data folder {}", config.data_dir.display()))?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}; choose another address with --listen", config.listen))?;
    let address = listener.local_addr().context("the listening socket has no address")?;
    let router = router(&config);

    println!("Podium is ready at http://{address}");
    axum::serve(listener, router).with_graceful_shutdown(stop_signal()).await.context("cannot go on listening")
}

fn router(config: &Config) -> Router {
    let files = SiteFiles::new(&assets::folder_address(), assets::chunks_of_lazy_functions());
    let options = LeptosOptions::builder()
        .output_name("podium")
        .site_pkg_dir("pkg")
        .site_addr(config.listen)
        .reload_port(u32::from(config.reload_port))
        .build();
    let page = {
        let options = options.clone();
        move || shell(options.clone(), &files)
    };
    let context = {
        let reload = config.reload();
        move || set_page_headers(reload)
    };

    // Everything that is no page: a built file, or the page that says that nothing is here.
    let not_a_page = {
        let render = leptos_axum::render_app_async_with_context(context.clone(), page.clone());
        async move |request: Request<Body>| -> Response {
            match assets::serve(request.method(), request.uri().path(), request.headers()) {
                Some(file) => file,
                None => render(request).await.into_response(),
            }
        }
    };
    let router = Router::new()
        .leptos_routes_with_context(&options, generate_route_list(App), context, page)
        .fallback(not_a_page)
        .with_state(options);
    headers::protect(router)
}

/// Gives the page that is being rendered its Content-Security-Policy. Runs before the page, inside its rendering.
///
/// A page shows one person's state of one moment, so nobody keeps it; going back may still show it from memory.
fn set_page_headers(reload: Option<u16>) {
    let host = use_context::<http::request::Parts>()
        .and_then(|request| request.headers.get(header::HOST)?.to_str().ok().map(str::to_owned));
    if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) {
        let policy = headers::page_policy(&nonce, host.as_deref(), reload);
        let policy = policy.try_into().expect("a policy of checked parts is a valid header");
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
}

/// Resolves when the operator presses Ctrl-C or the service manager asks to stop.
async fn stop_signal() {
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())
        .expect("a handler for SIGTERM can be installed on every Unix");
    tokio::select! {
        _ = signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
