//! The composition root: puts settings, machine room and pages together and listens until it is told to stop.
//!
//! The only file that knows both `server` and `ui`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

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
use tokio::net::TcpListener;
use tokio::signal;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{
    server::{
        House, assets,
        auth::{Auth, key::SigningKey},
        clock::Clock,
        config::{Config, PublicUrl},
        headers,
        live::{listen, rooms::Rooms},
        store::Store,
    },
    ui::{
        app::App,
        shell::{SiteFiles, shell},
    },
};

/// Links that were asked to leave get this long to say so.
const FAREWELL: Duration = Duration::from_secs(5);

/// A house that is open.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The one-time address that makes the first admin, while there is none.
    pub setup_url: Option<String>,
    /// The house itself.
    pub house: House,
    stop: CancellationToken,
    accepting: JoinHandle<()>,
}

/// Serves until the process is told to stop.
///
/// # Errors
/// As [`start`].
pub async fn run(config: Config) -> anyhow::Result<()> {
    let running = start(config).await?;
    // Whoever started this program reads here where it is; lines of the log go elsewhere.
    println!("Podium is ready at http://{}", running.address);
    if let Some(url) = &running.setup_url {
        println!("Make the first admin, once, at {url}");
    }
    stop_signal().await;
    running.stop().await;
    Ok(())
}

/// Opens the house: store, rooms that were open, doors.
///
/// # Errors
/// In one line what is wrong and how to mend it: the folder, the key, the address, or a program without its pages.
pub async fn start(config: Config) -> anyhow::Result<Running> {
    ensure!(
        cfg!(debug_assertions) || assets::is_complete(),
        "this program was built without its pages; build it with `make build`"
    );
    let config = Arc::new(config);
    let store = Store::open(&config.data_dir).await?;
    let key = SigningKey::load(&config.data_dir, config.signing_key.as_ref())?;
    let clock = Clock::start(store.last_at_ms().await?);
    let auth = Auth::new(Arc::clone(&config), store.clone(), clock.clone(), &key);
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}; choose another address with --listen", config.listen))?;
    let address = listener.local_addr().context("the listening socket has no address")?;
    let rooms = Rooms::restore(store.clone(), clock.clone(), config.limits).await?;
    let setup_url = auth.begin_setup().await?.map(|token| {
        let origin = config.public_url.as_ref().map_or_else(|| format!("http://{address}"), PublicUrl::origin);
        format!("{origin}/setup/{token}")
    });
    let links_max = config.limits.links_max;
    let house = House { config, clock: clock.clone(), store, auth, rooms };
    let stop = CancellationToken::new();
    let accepting = tokio::spawn(listen::serve(listener, router(&house), clock, links_max, stop.clone()));
    Ok(Running { address, setup_url, house, stop, accepting })
}

impl Running {
    /// Closes the house: nobody new comes in, links are asked to come back later, what was acknowledged is on disk.
    pub async fn stop(self) {
        self.stop.cancel();
        self.house.rooms.stop().await;
        // A link that takes nothing any more does not hold up the rest.
        let _ = timeout(FAREWELL, self.accepting).await;
        self.house.store.close().await;
    }
}

fn router(house: &House) -> Router {
    let config = &house.config;
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
