//! The composition root: puts settings, machine room and pages together and listens until it is told to stop.
//!
//! The only file that knows both `server` and `ui`.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use axum::{
    Router,
    body::Body,
    extract::Request,
    middleware,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header, request::Parts};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::{ResponseOptions, generate_route_list};
use leptos_router::location::RequestUrl;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    border,
    domain::{base_path::BasePath, time::Millis},
    server::{
        House, alarms, assets,
        auth::{Auth, key::SigningKey},
        clock::Clock,
        config::{Config, PublicUrl},
        headers,
        live::{
            desk::Desks,
            duty::Tools,
            listen::{self, Terms},
            registry::Registry,
            roll::Roll,
            rooms::Rooms,
        },
        log,
        mail::Mailer,
        metrics::Metrics,
        notices::Notices,
        porch,
        routes::{self, Site},
        store::Store,
        vitals::{self, Vitals},
    },
    ui::{
        app::App,
        shell::{SiteFiles, shell},
    },
};

/// How often logins, grants and messages that are over are swept out.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
/// Changes of people stay in the store this long; every process that serves reads them within a second or two.
const PEOPLE_CHANGES_KEPT: Millis = Millis(3_600_000);
/// What was sent to whom, without a word of it, stays this long.
const MAIL_TRACES_KEPT: Millis = Millis(30 * 86_400_000);
/// The store gets this long to fold its log into the database; what it has acknowledged is safe without that.
const FOLDING: Duration = Duration::from_secs(2);

/// The paths of all pages.
///
/// Looked for once, before the first page is rendered: what Leptos renders while it looks for them waits for its data for
/// ever. Source: leptos-rs/leptos, issue 4773.
pub static PAGE_PATHS: LazyLock<Vec<String>> =
    LazyLock::new(|| generate_route_list(App).iter().map(|page| page.path().to_owned()).collect());

/// A house that is open.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The one-time address that makes the first admin, while there is none.
    pub setup_url: Option<String>,
    /// Where metrics are read, if they have a listener of their own.
    pub metrics_address: Option<SocketAddr>,
    /// The house itself.
    pub house: House,
    accepting: Vec<JoinHandle<()>>,
    close: CancellationToken,
}

/// Serves until the process is told to stop; told a second time, it stops at once.
///
/// # Errors
/// As [`start`], and when it was told a second time.
pub async fn run(config: Config) -> anyhow::Result<()> {
    log::start(&config).map_err(anyhow::Error::msg)?;
    let mut signals = StopSignals::listen().context("signals cannot be listened to")?;
    let running = start(config).await?;
    let config = &running.house.config;
    // Whoever started this program reads here where it is; lines of the log go elsewhere.
    println!("Podium is ready at http://{}", running.address);
    if let Some(url) = &config.public_url {
        println!("People reach it at {}", url.address("/"));
    }
    if config.is_https() && config.trusted_proxies.is_empty() {
        warn!("--trusted-proxies names no proxy, so wrong codes and passwords of all people are counted together");
    }
    if let Some(url) = &running.setup_url {
        println!("Make the first admin, once, at {url}");
    }
    signals.next().await;
    info!("told to stop");
    tokio::select! {
        () = running.stop() => Ok(()),
        () = signals.next() => bail!("told to stop a second time, so not everybody was told to come back"),
    }
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
    if let Some(part) = config.base().as_str().split('/').nth(1).filter(|part| routes::is_first_part(part)) {
        bail!("/{part} is a path of Podium itself; choose another one for --public-url, like /quiz");
    }
    let config = Arc::new(config);
    let metrics = Metrics::default();
    let store = Store::open_counted(&config.data_dir, metrics.clone()).await?;
    let key = SigningKey::load(&config.data_dir, config.signing_key.as_ref())?;
    let clock = Clock::start(store.last_at_ms().await?);
    let auth = Auth::new(Arc::clone(&config), store.clone(), clock.clone(), &key);
    // Before anybody can come in with what ended while nobody was here.
    auth.heed_endings().await?;
    metrics.started(clock.now());
    let (listener, address) = bind(config.listen, "--listen")?;
    let metrics_listener = match config.metrics_listen {
        Some(address) => Some(bind(address, "--metrics-listen")?),
        None => None,
    };
    // Before the rooms read what is left.
    sweep_chat(&store, &clock).await;
    let rooms = Rooms::restore(store.clone(), clock.clone(), config.limits, metrics.clone()).await?;
    let setup_url = auth.begin_setup().await?.map(|token| {
        let path = format!("/setup/{token}");
        let public = config.public_url.as_ref().map(|url| url.address(&path));
        public.unwrap_or_else(|| format!("http://{address}{path}"))
    });
    tell_start(&config, address);
    let terms = Terms::new(clock.clone(), metrics.clone(), config.limits);
    let (stop, links) = (CancellationToken::new(), Registry::default());
    let tools = Tools {
        store: store.clone(),
        clock: clock.clone(),
        limits: config.limits,
        metrics: metrics.clone(),
        shards: rooms.shards(),
    };
    let desks = Desks::new(tools, auth.inviter().clone(), rooms.people_news(), stop.clone());
    let mail = Mailer::new(config.mail.as_ref(), store.clone(), clock.clone()).map_err(anyhow::Error::msg)?;
    let notices = Notices::start(store.clone(), clock.clone(), desks.clone(), stop.clone());
    let house = House {
        config,
        clock,
        store,
        auth,
        rooms,
        desks,
        links,
        mail,
        roll: Roll::default(),
        metrics,
        notices,
        vitals: Vitals::default(),
        stop,
    };
    alarms::lost_rooms(&house);
    tokio::spawn(vitals::watch(house.clone()));
    tokio::spawn(sweep(house.clone()));
    let (auth, until) = (house.auth.clone(), house.stop.clone());
    tokio::spawn(async move { auth.watch_endings(until).await });
    let (mail, until) = (house.mail.clone(), house.stop.clone());
    tokio::spawn(async move { mail.deliver(until).await });
    let (rooms, until) = (house.rooms.clone(), house.stop.clone());
    tokio::spawn(async move { rooms.watch_others(until).await });
    let (heeding, until) = (house.links.clone().heed(house.auth.clone()), house.stop.clone());
    tokio::spawn(async move { until.run_until_cancelled(heeding).await });
    let (watching, until) = (house.links.clone().watch_logins(house.auth.clone()), house.stop.clone());
    tokio::spawn(async move { until.run_until_cancelled(watching).await });
    let mut accepting = vec![tokio::spawn(listen::serve(listener, router(&house), terms.clone()))];
    let metrics_address = metrics_listener.map(|(listener, address)| {
        let router = headers::protect(routes::metrics_router(house.clone()));
        accepting.push(tokio::spawn(listen::serve(listener, router, terms.clone())));
        info!(address = %address, "metrics can be read");
        address
    });
    Ok(Running { address, setup_url, metrics_address, house, accepting, close: terms.close })
}

fn bind(address: SocketAddr, setting: &str) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = listen::open(address)
        .with_context(|| format!("cannot listen on {address}; choose another address with {setting}"))?;
    let address = listener.local_addr().context("the listening socket has no address")?;
    Ok((listener, address))
}

impl Running {
    /// Closes the house within ten seconds, whatever its visitors do: first it is not ready any more and opens no sockets,
    /// then links are asked to come back later, then requests under way end, and at last the store is folded up.
    pub async fn stop(self) {
        self.house.stop.cancel();
        self.house.links.send_away();
        self.house.rooms.stop().await;
        self.close.cancel();
        for accepting in self.accepting {
            // Fails only if it panicked, and then nothing is accepted any more either.
            let _ = accepting.await;
        }
        if timeout(FOLDING, self.house.store.close()).await.is_err() {
            warn!("the log was not folded into the database; the next start does it");
        }
        info!("stopped");
    }
}

fn router(house: &House) -> Router {
    let config = &house.config;
    let folder = config.base().outside(&assets::folder_address());
    let files = SiteFiles::new(&folder, assets::chunks_of_lazy_functions());
    let telemetry = config.base().outside(routes::TELEMETRY);
    let files = if config.client_telemetry.is_on() { files.with_telemetry(&telemetry) } else { files };
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
        move || {
            provide_context(house.clone());
            provide_context(house.config.base().clone());
        }
    };
    let context = {
        let (config, in_house) = (Arc::clone(config), in_house.clone());
        move || {
            in_house();
            show_outside_address(config.base());
            set_page_headers(&config);
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
        pages: PAGE_PATHS.clone(),
        render,
        context: in_house,
        rest: not_a_page,
        not_signed_in: border::not_signed_in,
        not_allowed: border::not_allowed,
    };
    let router = routes::router(house.clone(), site);
    headers::protect(porch::before(router.layer(middleware::from_fn(border::tell_status)), config))
}

/// Tells the operator where the house is and whose pages may open sockets.
fn tell_start(config: &Config, address: SocketAddr) {
    let own = config.public_url.as_ref().map_or_else(|| format!("http://{address}"), PublicUrl::origin);
    let socket_url = format!("{}{}", own.replacen("http", "ws", 1), config.base().outside("/ws/"));
    let others: Vec<String> = config.other_origins().iter().map(ToString::to_string).collect();
    let origins = std::iter::once(own).chain(others).collect::<Vec<_>>().join(" ");
    let environment = config.environment.name();
    tracing::info!(%address, environment, %origins, %socket_url, "the house is open");
    if !config.require_auth {
        tracing::warn!("anybody may look on in any room, because --require-auth is false");
    }
}

/// Sweeps out now and then what is over by itself.
async fn sweep(house: House) {
    loop {
        tokio::select! {
            () = house.stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP_EVERY) => {}
        }
        if let Err(why) = house.auth.sweep().await {
            warn!(error = %why, "logins and grants that are over could not be swept out");
        }
        sweep_chat(&house.store, &house.clock).await;
        house.rooms.close_overdue().await;
        sweep_sessions(&house).await;
        if let Err(why) = house.store.sweep_mail(house.clock.now() - MAIL_TRACES_KEPT).await {
            warn!(error = %why, "traces of mail could not be swept out");
        }
        let told_to_all = house.clock.now() - PEOPLE_CHANGES_KEPT;
        if let Err(why) = house.store.sweep_people_changes(told_to_all).await {
            warn!(error = %why, "changes of people that were told could not be swept out");
        }
        let notices_from = house.clock.now() - Millis(i64::from(house.config.notices.days) * 86_400_000);
        if let Err(why) = house.store.sweep_notices(notices_from).await {
            warn!(error = %why, "old notices could not be swept out");
        }
    }
}

/// Deletes the sessions whose day has come, if they are not kept for ever.
pub(crate) async fn sweep_sessions(house: &House) {
    let Some(kept) = house.config.sessions_kept else { return };
    match house.store.sweep_sessions(house.clock.now() - kept).await {
        Ok(0) => {}
        Ok(sessions) => info!(sessions, "sessions were kept until now and are deleted"),
        Err(why) => warn!(error = %why, "sessions that were kept long enough could not be deleted"),
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

/// Lets the page that is being rendered know its address as the browser does, from before the base was taken off.
fn show_outside_address(base: &BasePath) {
    let inside = use_context::<Parts>().and_then(|request| request.uri.path_and_query().map(ToString::to_string));
    if let Some(inside) = inside.filter(|_| !base.is_root()) {
        provide_context(RequestUrl::new(&base.outside(&inside)));
    }
}

/// Gives the page that is being rendered its Content-Security-Policy. Runs before the page, inside its rendering.
///
/// A page shows one person's state of one moment, so nobody keeps it; going back may still show it from memory.
fn set_page_headers(config: &Config) {
    // A proxy may ask us under another name than the browser asked it.
    let host = config.public_url.as_ref().map(|url| url.host().to_owned()).or_else(|| {
        use_context::<Parts>().and_then(|request| request.headers.get(header::HOST)?.to_str().ok().map(str::to_owned))
    });
    if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) {
        let policy = headers::page_policy(&nonce, host.as_deref(), config.reload());
        let policy = policy.try_into().expect("a policy of checked parts is a valid header");
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
}

/// The signals to stop, none of which is lost from here on.
struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Resolves when the operator presses Ctrl-C or the service manager asks to stop.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
