//! The one table of routes: what can be asked, by whom, how large it may be, and who answers.
//!
//! Router, guards and the role tests are made from it; `.route(` stands nowhere else. Pages and server functions are
//! known to leptos by themselves; the table says who may ask them, and what is in neither is refused to almost everybody
//! until somebody decides. Files are what is left.
//!
//! Reading order: [`Guard`], the three tables, [`router`].

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::middleware::{self, Next, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use http::{HeaderValue, Method, StatusCode, header};
use leptos::server_fn;
use leptos_axum::handle_server_fns_with_context;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::domain::role::Right;
use crate::protocol::telemetry::Report;
use crate::server::auth::origin::{csrf_layer, refuse_unsaid_origin};
use crate::server::forms::login::in_query;
use crate::server::live::{discovery, socket};
use crate::server::metrics::{label::AuthRefusal, scrape};
use crate::server::people_file::FILE_BYTES_MAX;
use crate::server::rest::{self, ApiRefusal};
use crate::server::{House, access, assets, contract, forms, health, results, telemetry, work_sheet};

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Anybody; what the answer shows depends on nothing but what was typed.
    Anyone,
    /// Anybody, and the answer depends on the seat that the browser holds; who answers looks at it.
    Seat,
    /// Who is signed in with an account that may do this; what is another organisation's is not there for them. Who may
    /// not is told so.
    May(Right),
    /// An account of any role, by token or login: a door of the HTTP API, which answers 401 to everybody else.
    Account,
    /// Whoever has a seat in the room or hosts it; the socket looks at it itself, because a browser cannot read the
    /// status of a refused one.
    Room,
    /// Whoever has an account; the socket looks at it itself, for the same reason.
    Person,
    /// Who may manage the organisation's people; the socket looks at it itself, for the same reason.
    Desk,
}

/// A route of our own.
pub struct Door {
    /// How it is asked.
    pub method: Method,
    /// Where.
    pub path: &'static str,
    /// By whom.
    pub guard: Guard,
    /// Who answers.
    answer: fn() -> MethodRouter<House>,
}

/// A page.
pub struct Page {
    /// Where; names in braces stand for any name.
    pub path: &'static str,
    /// By whom it is asked.
    pub guard: Guard,
}

/// A server function; always a POST.
pub struct Function {
    /// Where.
    pub path: &'static str,
    /// By whom it is asked.
    pub guard: Guard,
    /// Bytes of its arguments.
    pub body_max: usize,
}

/// A form has a few short fields.
const FORM_BYTES: usize = 16_384;
/// The arguments of most functions are an id.
const FEW_BYTES: usize = 4_096;
/// The largest quiz that can be kept, four times over every limit, in characters of two bytes.
const QUIZ_BYTES: usize = 4_194_304;

/// Where lists of people come in.
const IMPORT: &str = "/people/import";
/// A list of people may take so long: the largest one over a slow line, and everybody in it kept.
const IMPORT_TIME: Duration = Duration::from_secs(600);

/// Sockets that are asked for while the house stops are sent away for so many seconds.
const RESTART_S: &str = "5";

/// Where browsers tell of their connections.
pub const TELEMETRY: &str = "/api/v1/telemetry";

/// Routes of our own: forms, the HTTP API, sockets, health, what programs ask.
pub const DOORS: &[Door] = &[
    Door { method: Method::POST, path: "/join", guard: Guard::Anyone, answer: || post(forms::seat::join) },
    Door { method: Method::POST, path: "/seat", guard: Guard::Anyone, answer: || post(forms::seat::carry) },
    Door { method: Method::POST, path: "/setup", guard: Guard::Anyone, answer: || post(forms::login::set_up) },
    Door { method: Method::POST, path: "/login", guard: Guard::Anyone, answer: || post(forms::login::sign_in) },
    Door { method: Method::POST, path: "/logout", guard: Guard::Anyone, answer: || post(forms::login::sign_out) },
    Door {
        method: Method::POST,
        path: "/quizzes",
        guard: Guard::May(Right::WriteQuizzes),
        answer: || post(forms::quiz::add),
    },
    Door {
        method: Method::POST,
        path: "/people",
        guard: Guard::May(Right::ManagePeople),
        answer: || post(forms::person::add),
    },
    Door {
        method: Method::POST,
        path: IMPORT,
        guard: Guard::May(Right::ManagePeople),
        answer: || post(forms::person::import).layer(DefaultBodyLimit::max(FILE_BYTES_MAX + FORM_BYTES)),
    },
    Door {
        method: Method::GET,
        path: "/people.csv",
        guard: Guard::May(Right::ManagePeople),
        answer: || get(forms::person::export).layer(compression()),
    },
    Door {
        method: Method::GET,
        path: "/people.xlsx",
        guard: Guard::May(Right::ManagePeople),
        answer: || get(forms::person::export_workbook),
    },
    Door {
        method: Method::POST,
        path: "/people/save",
        guard: Guard::May(Right::ManagePeople),
        answer: || post(forms::person::save),
    },
    Door {
        method: Method::POST,
        path: "/rooms",
        guard: Guard::May(Right::RunRooms),
        answer: || post(forms::room::open),
    },
    Door {
        method: Method::POST,
        path: "/sessions",
        guard: Guard::May(Right::RunRooms),
        answer: || post(forms::timed::open),
    },
    Door { method: Method::GET, path: "/session", guard: Guard::Anyone, answer: || get(forms::timed::follow) },
    Door { method: Method::POST, path: "/session/start", guard: Guard::Seat, answer: || post(forms::timed::start) },
    Door { method: Method::POST, path: "/session/answer", guard: Guard::Seat, answer: || post(forms::timed::answer) },
    Door { method: Method::POST, path: "/session/finish", guard: Guard::Seat, answer: || post(forms::timed::finish) },
    Door {
        method: Method::GET,
        path: "/sessions/{id}/results.csv",
        guard: Guard::May(Right::RunRooms),
        answer: || get(results::answers_as_csv).layer(compression()),
    },
    Door {
        method: Method::GET,
        path: "/sessions/{id}/seats/{seat}/transcript.json",
        guard: Guard::May(Right::RunRooms),
        answer: || get(results::transcript_as_json),
    },
    Door {
        method: Method::GET,
        path: "/sessions/{id}/seats/{seat}/transcript.csv",
        guard: Guard::May(Right::RunRooms),
        answer: || get(results::transcript_as_csv),
    },
    Door {
        method: Method::POST,
        path: "/account/password",
        guard: Guard::May(Right::Look),
        answer: || post(forms::account::change_password),
    },
    Door {
        method: Method::POST,
        path: "/account/revoke",
        guard: Guard::May(Right::Look),
        answer: || post(forms::account::revoke),
    },
    Door {
        method: Method::POST,
        path: "/account/revoke-others",
        guard: Guard::May(Right::Look),
        answer: || post(forms::account::revoke_others),
    },
    Door {
        method: Method::POST,
        path: "/accounts/role",
        guard: Guard::May(Right::ManageAccounts),
        answer: || post(forms::account::change_role),
    },
    Door {
        method: Method::POST,
        path: "/accounts/remove",
        guard: Guard::May(Right::ManageAccounts),
        answer: || post(forms::account::remove),
    },
    Door {
        method: Method::POST,
        path: "/accounts/revoke",
        guard: Guard::May(Right::ManageAccounts),
        answer: || post(forms::account::revoke_all),
    },
    Door {
        method: Method::POST,
        path: "/accounts/invite",
        guard: Guard::May(Right::ManageAccounts),
        answer: || post(forms::colleague::invite),
    },
    Door {
        method: Method::POST,
        path: "/accounts/invite/revoke",
        guard: Guard::May(Right::ManageAccounts),
        answer: || post(forms::colleague::revoke),
    },
    Door { method: Method::POST, path: "/login/openid", guard: Guard::Anyone, answer: || post(forms::openid::go) },
    Door {
        method: Method::GET,
        path: forms::openid::CALLBACK,
        guard: Guard::Anyone,
        answer: || get(forms::openid::come_back),
    },
    Door { method: Method::POST, path: "/welcome", guard: Guard::Anyone, answer: || post(forms::colleague::welcome) },
    Door {
        method: Method::GET,
        path: "/audit.csv",
        guard: Guard::May(Right::ManageAccounts),
        answer: || get(forms::audit::export).layer(compression()),
    },
    Door { method: Method::POST, path: "/api/v1/auth/login", guard: Guard::Anyone, answer: || post(rest::auth::login) },
    Door {
        method: Method::POST,
        path: "/api/v1/auth/refresh",
        guard: Guard::Anyone,
        answer: || post(rest::auth::refresh),
    },
    Door {
        method: Method::POST,
        path: "/api/v1/auth/logout",
        guard: Guard::Anyone,
        answer: || post(rest::auth::logout),
    },
    Door { method: Method::POST, path: "/api/v1/auth/ticket", guard: Guard::Seat, answer: || post(rest::auth::ticket) },
    Door { method: Method::GET, path: "/api/v1/me", guard: Guard::Account, answer: || get(rest::auth::me) },
    Door { method: Method::GET, path: "/ws/config", guard: Guard::Anyone, answer: || get(discovery::discover) },
    Door {
        method: Method::GET,
        path: "/ws/asyncapi.json",
        guard: Guard::Anyone,
        answer: || get(contract::answer::document),
    },
    Door { method: Method::GET, path: "/protocol", guard: Guard::Anyone, answer: || get(contract::answer::page) },
    Door {
        method: Method::GET,
        path: "/work.css",
        guard: Guard::Anyone,
        answer: || get(work_sheet::answer).layer(compression()),
    },
    Door { method: Method::GET, path: "/ws/echo", guard: Guard::Anyone, answer: || get(socket::echo) },
    Door { method: Method::GET, path: "/ws/{session}", guard: Guard::Room, answer: || get(socket::session) },
    Door {
        method: Method::GET,
        path: "/ws/quiz-realtime/{room_id}",
        guard: Guard::Room,
        answer: || get(socket::leaderboard),
    },
    Door {
        method: Method::GET,
        path: "/session/{session_id}/stream",
        guard: Guard::Room,
        answer: || get(socket::seat),
    },
    Door { method: Method::GET, path: "/ws", guard: Guard::Person, answer: || get(socket::person) },
    Door { method: Method::GET, path: "/admin/stream", guard: Guard::Desk, answer: || get(socket::desk) },
    Door { method: Method::GET, path: "/api/ws", guard: Guard::Person, answer: || get(socket::events) },
    Door {
        method: Method::POST,
        path: TELEMETRY,
        guard: Guard::Anyone,
        answer: || post(telemetry::take).layer(DefaultBodyLimit::max(Report::BYTES_MAX)),
    },
    Door { method: Method::GET, path: "/metrics", guard: Guard::Anyone, answer: || get(scrape::for_networks) },
    Door { method: Method::GET, path: "/healthz", guard: Guard::Anyone, answer: || get(health::alive) },
    Door { method: Method::GET, path: "/readyz", guard: Guard::Anyone, answer: || get(health::ready) },
];

/// Pages.
pub const PAGES: &[Page] = &[
    Page { path: "/", guard: Guard::Anyone },
    Page { path: "/join/{code}", guard: Guard::Anyone },
    Page { path: "/play/{code}", guard: Guard::Seat },
    Page { path: "/seat/{ticket}", guard: Guard::Anyone },
    Page { path: "/setup/{token}", guard: Guard::Anyone },
    Page { path: "/login", guard: Guard::Anyone },
    Page { path: "/dashboard", guard: Guard::May(Right::Look) },
    Page { path: "/notices", guard: Guard::May(Right::SeeHouse) },
    Page { path: "/connections", guard: Guard::May(Right::SeeHouse) },
    Page { path: "/quizzes", guard: Guard::May(Right::Look) },
    Page { path: "/quizzes/{id}", guard: Guard::May(Right::WriteQuizzes) },
    Page { path: "/people", guard: Guard::May(Right::ManagePeople) },
    Page { path: "/people/import", guard: Guard::May(Right::ManagePeople) },
    Page { path: "/people/new", guard: Guard::May(Right::ManagePeople) },
    Page { path: "/people/{id}", guard: Guard::May(Right::ManagePeople) },
    Page { path: "/session/{code}", guard: Guard::Seat },
    Page { path: "/session/expired", guard: Guard::Anyone },
    Page { path: "/session/link", guard: Guard::Anyone },
    Page { path: "/sessions", guard: Guard::May(Right::Look) },
    Page { path: "/sessions/new/{quiz}", guard: Guard::May(Right::RunRooms) },
    Page { path: "/sessions/{id}", guard: Guard::May(Right::RunRooms) },
    Page { path: "/sessions/{id}/invite", guard: Guard::May(Right::ManagePeople) },
    Page { path: "/sessions/{id}/seats/{seat}", guard: Guard::May(Right::RunRooms) },
    Page { path: "/sessions/{id}/seats/{seat}/transcript", guard: Guard::May(Right::RunRooms) },
    Page { path: "/account", guard: Guard::May(Right::Look) },
    Page { path: "/accounts", guard: Guard::May(Right::ManageAccounts) },
    Page { path: "/audit", guard: Guard::May(Right::ManageAccounts) },
    Page { path: "/welcome/{token}", guard: Guard::Anyone },
    Page { path: "/host/{code}", guard: Guard::May(Right::RunRooms) },
    Page { path: "/stage/{code}", guard: Guard::May(Right::Look) },
];

/// Server functions.
pub const FUNCTIONS: &[Function] = &[
    Function { path: "/api/me", guard: Guard::May(Right::Look), body_max: FEW_BYTES },
    Function { path: "/api/flash", guard: Guard::Anyone, body_max: FEW_BYTES },
    Function { path: "/api/setup_is_open", guard: Guard::Anyone, body_max: FEW_BYTES },
    Function { path: "/api/dashboard_page", guard: Guard::May(Right::Look), body_max: FEW_BYTES },
    Function { path: "/api/notices_page", guard: Guard::May(Right::SeeHouse), body_max: FEW_BYTES },
    Function { path: "/api/read_notice", guard: Guard::May(Right::SeeHouse), body_max: FEW_BYTES },
    Function { path: "/api/read_all_notices", guard: Guard::May(Right::SeeHouse), body_max: FEW_BYTES },
    Function { path: "/api/connections_page", guard: Guard::May(Right::SeeHouse), body_max: FEW_BYTES },
    Function { path: "/api/close_connection", guard: Guard::May(Right::SeeHouse), body_max: FEW_BYTES },
    Function { path: "/api/quizzes", guard: Guard::May(Right::Look), body_max: FEW_BYTES },
    Function { path: "/api/quiz_to_edit", guard: Guard::May(Right::WriteQuizzes), body_max: FEW_BYTES },
    Function { path: "/api/save_quiz", guard: Guard::May(Right::WriteQuizzes), body_max: QUIZ_BYTES },
    Function { path: "/api/copy_quiz", guard: Guard::May(Right::WriteQuizzes), body_max: FEW_BYTES },
    Function { path: "/api/delete_quiz", guard: Guard::May(Right::WriteQuizzes), body_max: FEW_BYTES },
    Function { path: "/api/people_page", guard: Guard::May(Right::ManagePeople), body_max: FEW_BYTES },
    Function { path: "/api/person_to_edit", guard: Guard::May(Right::ManagePeople), body_max: FEW_BYTES },
    Function { path: "/api/delete_person", guard: Guard::May(Right::ManagePeople), body_max: FEW_BYTES },
    Function { path: "/api/timed_sessions", guard: Guard::May(Right::Look), body_max: FEW_BYTES },
    Function { path: "/api/quiz_to_time", guard: Guard::May(Right::RunRooms), body_max: FEW_BYTES },
    Function { path: "/api/timed_page", guard: Guard::May(Right::RunRooms), body_max: FEW_BYTES },
    Function { path: "/api/seat_link", guard: Guard::May(Right::RunRooms), body_max: FEW_BYTES },
    Function { path: "/api/people_to_invite", guard: Guard::May(Right::ManagePeople), body_max: FEW_BYTES },
    Function { path: "/api/invite_people", guard: Guard::May(Right::ManagePeople), body_max: FORM_BYTES },
    Function { path: "/api/mail_links", guard: Guard::May(Right::ManagePeople), body_max: FORM_BYTES },
    Function { path: "/api/manage_seat", guard: Guard::May(Right::RunRooms), body_max: FEW_BYTES },
    Function { path: "/api/close_session", guard: Guard::May(Right::RunRooms), body_max: FEW_BYTES },
    Function { path: "/api/seat_result", guard: Guard::May(Right::RunRooms), body_max: FEW_BYTES },
    Function { path: "/api/own_seat", guard: Guard::Seat, body_max: FEW_BYTES },
    Function { path: "/api/own_result", guard: Guard::Seat, body_max: FEW_BYTES },
    Function { path: "/api/account_page", guard: Guard::May(Right::Look), body_max: FEW_BYTES },
    Function { path: "/api/accounts_page", guard: Guard::May(Right::ManageAccounts), body_max: FEW_BYTES },
    Function { path: "/api/audit_page", guard: Guard::May(Right::ManageAccounts), body_max: FEW_BYTES },
    Function { path: "/api/sign_in_ways", guard: Guard::Anyone, body_max: FEW_BYTES },
    Function { path: "/api/welcome_page", guard: Guard::Anyone, body_max: FEW_BYTES },
    Function { path: "/api/open_rooms", guard: Guard::May(Right::Look), body_max: FEW_BYTES },
    Function { path: "/api/host_page", guard: Guard::May(Right::RunRooms), body_max: FEW_BYTES },
    Function { path: "/api/stage_page", guard: Guard::May(Right::Look), body_max: FEW_BYTES },
    Function { path: "/api/join_page", guard: Guard::Anyone, body_max: FEW_BYTES },
    Function { path: "/api/player_page", guard: Guard::Seat, body_max: FEW_BYTES },
    Function { path: "/api/device_ticket", guard: Guard::Seat, body_max: FEW_BYTES },
    Function { path: "/api/seat_page", guard: Guard::Anyone, body_max: FEW_BYTES },
];

/// What the tables cannot know, because it is written by those who draw pages.
pub struct Site<Render, Context, Rest> {
    /// The paths of all pages, from leptos's route list.
    pub pages: Vec<String>,
    /// Answers for a page.
    pub render: Render,
    /// Prepares the answering of a server function.
    pub context: Context,
    /// Answers for everything else: files, and the page that says that nothing is here.
    pub rest: Rest,
    /// What a server function's caller reads when nobody is signed in.
    pub not_signed_in: Refuse,
    /// What a server function's caller reads whose account may not ask.
    pub not_allowed: Refuse,
}

/// Answers for who may not ask.
pub type Refuse = fn(&Request) -> Response;

/// How a guard refuses.
#[derive(Clone, Copy)]
struct Refusals {
    /// Nobody is signed in.
    not_signed_in: Refuse,
    /// Somebody is, who may not ask.
    not_allowed: Refuse,
}

/// Pages and results of functions leave small, by the quickest level: they are made anew for each request. Files were
/// compressed when they were built, and sockets are not.
fn compression() -> CompressionLayer {
    CompressionLayer::new().quality(CompressionLevel::Fastest)
}

/// Makes the router from the tables.
pub fn router<Render, RenderArgs, Context, Rest, RestArgs>(house: House, site: Site<Render, Context, Rest>) -> Router
where
    Render: Handler<RenderArgs, House>,
    RenderArgs: 'static,
    Context: Fn() + Clone + Send + Sync + 'static,
    Rest: Handler<RestArgs, House>,
    RestArgs: 'static,
{
    let of_pages = Refusals { not_signed_in: to_login, not_allowed: forms::not_allowed };
    let of_functions = Refusals { not_signed_in: site.not_signed_in, not_allowed: site.not_allowed };
    let guarded = |answer: MethodRouter<House>, guard, refusals, body_max| {
        let keeper = DoorKeeper { house: house.clone(), guard, refusals };
        answer.layer(DefaultBodyLimit::max(body_max)).layer(middleware::from_fn_with_state(keeper, keep))
    };
    let body_timeout = Duration::from_millis(house.config.limits.body_ms.unsigned_abs());
    let mut router = Router::new();
    for door in DOORS {
        // Only forms sign in or out, and who comes back from an issuer; sockets and health checks need nothing of that.
        let answer = match door.method {
            Method::POST => (door.answer)().layer(house.auth.login_layer()),
            _ if door.path == forms::openid::CALLBACK => (door.answer)().layer(house.auth.login_layer()),
            _ if is_socket(door.path) => (door.answer)().layer(map_response(pass_at_once)),
            _ => (door.answer)(),
        };
        router = router.route(door.path, guarded(answer, door.guard, of_pages, FORM_BYTES));
    }
    for path in &site.pages {
        let guard = guard_of_page(path).unwrap_or(Guard::May(Right::ManagePeople));
        let answer = get(site.render.clone()).layer(compression());
        router = router.route(path, guarded(answer, guard, of_pages, FEW_BYTES));
    }
    for (path, _) in server_fn::axum::server_fn_paths() {
        let (guard, body_max) =
            of_function(path).map_or((Guard::May(Right::ManagePeople), FEW_BYTES), |it| (it.guard, it.body_max));
        let context = site.context.clone();
        let answer =
            async move |request: Request| handle_server_fns_with_context(context, request).await.into_response();
        let answer = post(answer).layer(compression());
        router = router.route(path, guarded(answer, guard, of_functions, body_max));
    }
    router
        .fallback(site.rest)
        .layer(middleware::from_fn(refuse_unsaid_origin))
        .layer(csrf_layer(&house.config))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(body_timeout, in_time))
        .layer(middleware::from_fn_with_state(house.clone(), rest::tell_refusals))
        .layer(middleware::from_fn_with_state(house.metrics.clone(), access::note))
        .with_state(house)
}

/// Makes the router of the listener that only tells metrics.
pub fn metrics_router(house: House) -> Router {
    Router::new()
        .route("/metrics", get(scrape::for_anyone))
        .layer(middleware::from_fn_with_state(house.metrics.clone(), access::note))
        .with_state(house)
}

/// Gives up what is not answered in time: a body that dribbles in does not hold a place for ever.
async fn in_time(State(usual): State<Duration>, request: Request, next: Next) -> Response {
    let is_list = request.method() == Method::POST && request.uri().path() == IMPORT;
    let most = if is_list { usual.max(IMPORT_TIME) } else { usual };
    match tokio::time::timeout(most, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

/// Whether a door is one of the sockets', or tells of them.
fn is_socket(path: &str) -> bool {
    path.split('/').any(|part| part == "ws" || part == "stream")
}

/// Nothing between here and the browser may keep or hold back what a socket sends, nor why it was not opened.
async fn pass_at_once(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Whether one of our own paths begins with this part, so that nothing else may.
pub fn is_first_part(part: &str) -> bool {
    let doors = DOORS.iter().map(|door| door.path);
    let paths = doors.chain(PAGES.iter().map(|page| page.path)).chain(FUNCTIONS.iter().map(|function| function.path));
    paths.filter_map(|path| path.split('/').nth(1)).chain(assets::FOLDERS).any(|own| own == part)
}

/// The guard of a page, whatever its path calls its parts.
pub fn guard_of_page(path: &str) -> Option<Guard> {
    PAGES.iter().find(|page| is_same(page.path, path)).map(|page| page.guard)
}

/// The row of a server function.
pub fn of_function(path: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.path == path)
}

/// Whether two paths differ at most in the names of their parts in braces.
fn is_same(path: &str, other: &str) -> bool {
    let parts = |path: &str| {
        path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }.to_owned()).collect::<Vec<_>>()
    };
    parts(path) == parts(other)
}

/// Who stands at a door.
#[derive(Clone)]
struct DoorKeeper {
    house: House,
    guard: Guard,
    refusals: Refusals,
}

/// Lets in who may ask. Where it has to know who that is, it hands them on, so that nobody has to look twice.
async fn keep(State(keeper): State<DoorKeeper>, mut request: Request, next: Next) -> Response {
    match keeper.guard {
        Guard::Room | Guard::Person | Guard::Desk if keeper.house.stop.is_cancelled() => {
            let retry = [(header::RETRY_AFTER, RESTART_S)];
            (StatusCode::SERVICE_UNAVAILABLE, retry, "the server restarts, please come back").into_response()
        }
        Guard::Anyone | Guard::Seat | Guard::Room | Guard::Person | Guard::Desk => next.run(request).await,
        Guard::May(right) => match keeper.house.auth.signed_in(request.headers()).await {
            Some(admin) if admin.role.may(right) => {
                request.extensions_mut().insert(admin);
                kept_by_nobody(next.run(request).await)
            }
            Some(_) => (keeper.refusals.not_allowed)(&request),
            None => {
                keeper.house.metrics.auth_refused(AuthRefusal::NotSignedIn);
                (keeper.refusals.not_signed_in)(&request)
            }
        },
        Guard::Account => match keeper.house.auth.caller(request.headers(), request.uri()).await {
            Ok(caller) => {
                request.extensions_mut().insert(caller);
                kept_by_nobody(next.run(request).await)
            }
            Err(why) => ApiRefusal::Nobody(why).at(keeper.house.clock.now()),
        },
    }
}

/// What only an account sees is kept nowhere, so that going back after signing out shows nothing of it.
fn kept_by_nobody(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Leads to the sign-in page, and from there back to where somebody wanted to go, if that was a page.
fn to_login(request: &Request) -> Response {
    let wanted = request.uri().path_and_query().map(|path| path.as_str());
    let location = match wanted {
        Some(path) if request.method() == Method::GET => format!("/login?next={}", in_query(path)),
        _ => "/login".to_owned(),
    };
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_parts_of_our_paths_are_known() {
        for own in ["join", "login", "quizzes", "ws", "healthz", "api", "play", "pkg", "fonts"] {
            assert!(is_first_part(own), "{own}");
        }
        for free in ["quiz", "podium", "joining", "code"] {
            assert!(!is_first_part(free), "{free}");
        }
    }

    #[test]
    fn names_of_parts_do_not_matter() {
        assert_eq!(guard_of_page("/host/{room}"), Some(Guard::May(Right::RunRooms)));
        assert_eq!(guard_of_page("/play/{code}"), Some(Guard::Seat));
        assert_eq!(guard_of_page("/host"), None);
        assert_eq!(guard_of_page("/host/x"), None);
    }
}
