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
    middleware,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::{ResponseOptions, generate_route_list};
use tokio::net::TcpListener;
use tokio::signal;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{
    border,
    server::{
        House, assets,
        auth::{Auth, key::SigningKey},
        clock::Clock,
        config::{Config, PublicUrl},
        headers,
        live::{listen, rooms::Rooms},
        routes::{self, Site},
        store::Store,
        telemetry,
    },
    ui::{
        app::App,
        shell::{SiteFiles, shell},
    },
};

/// How often logins and messages that are over are swept out.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
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
    accepting: JoinHandle<()>,
}

/// Serves until the process is told to stop.
///
/// # Errors
/// As [`start`].
pub async fn run(config: Config) -> anyhow::Result<()> {
    telemetry::start(&config).map_err(anyhow::Error::msg)?;
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
    // Before the rooms read what is left.
    sweep_chat(&store, &clock).await;
    let rooms = Rooms::restore(store.clone(), clock.clone(), config.limits).await?;
    let setup_url = auth.begin_setup().await?.map(|token| {
        let origin = config.public_url.as_ref().map_or_else(|| format!("http://{address}"), PublicUrl::origin);
        format!("{origin}/setup/{token}")
    });
    let links_max = config.limits.links_max;
    let stop = CancellationToken::new();
    let house = House { config, clock: clock.clone(), store, auth, rooms, stop: stop.clone() };
    tokio::spawn(sweep(house.clone()));
    let accepting = tokio::spawn(listen::serve(listener, router(&house), clock, links_max, stop));
    Ok(Running { address, setup_url, house, accepting })
}

impl Running {
    /// Closes the house: nobody new comes in, links are asked to come back later, what was acknowledged is on disk.
    pub async fn stop(self) {
        self.house.stop.cancel();
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
    let in_house = {
        let house = house.clone();
        move || provide_context(house.clone())
    };
    let context = {
        let (reload, in_house) = (config.reload(), in_house.clone());
        move || {
            in_house();
            set_page_headers(reload);
        }
    };
    let render = leptos_axum::render_app_async_with_context(context.clone(), page.clone());

    // Everything that is no page: a built file, or the page that says that nothing is here.
    let not_a_page = {
        let render = render.clone();
        async move |request: Request<Body>| -> Response {
            match assets::serve(request.method(), request.uri().path(), request.headers()) {
                Some(file) => file,
                None => render(request).await.into_response(),
            }
        }
    };
    let site = Site {
        pages: generate_route_list(App).iter().map(|page| page.path().to_owned()).collect(),
        render,
        context: in_house,
        rest: not_a_page,
        not_signed_in: border::not_signed_in,
    };
    let router = routes::router(house.clone(), site);
    headers::protect(router.layer(middleware::from_fn(border::tell_status)))
}

/// Sweeps out now and then what is over by itself.
async fn sweep(house: House) {
    loop {
        tokio::select! {
            () = house.stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP_EVERY) => {}
        }
        if let Err(why) = house.store.sweep_logins(house.clock.now()).await {
            tracing::warn!(error = %why, "logins that are over could not be swept out");
        }
        sweep_chat(&house.store, &house.clock).await;
    }
}

/// Deletes the messages whose day has come.
async fn sweep_chat(store: &Store, clock: &Clock) {
    match store.sweep_chat(clock.now()).await {
        Ok(0) => {}
        Ok(messages) => tracing::info!(messages, "messages were kept until now and are deleted"),
        Err(why) => tracing::warn!(error = %why, "messages that are over could not be deleted"),
    }
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
