//! The doors of the sockets: who is it, may they in, and what may they know.
//!
//! All doors lead into one engine; they differ in what a link is in from the start, and in the dialect that is spoken to who
//! offers no `podium.v1`. An `Origin` that is not ours gets 403 and no upgrade. Credentials that are no good get the upgrade,
//! because a browser cannot read the status of a refused one, and then a close with its reason and not one frame of data.
//!
//! The order of every opening: origin, place, credential, room, upgrade, welcome, notice to the others.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use tracing::warn;

use crate::domain::ids::Epoch;
use crate::domain::pace::Pace;
use crate::domain::role::Right;
use crate::protocol::close::Close;
use crate::protocol::command::{Role, SessionName};
use crate::protocol::dialect::Dialect;
use crate::protocol::frame::SUBPROTOCOL;
use crate::protocol::message::Position;
use crate::server::auth::caller::{BadCredential, Caller, Credential};
use crate::server::auth::seat::SeatClaim;
use crate::server::live::admission::{self, NotIn};
use crate::server::live::agent::Agent;
use crate::server::live::conversation::Conversation;
use crate::server::live::handshake::{self, Handshake, Terms};
use crate::server::live::link::{Link, Places};
use crate::server::live::reader::Echo;
use crate::server::live::rooms::RoomHandle;
use crate::server::metrics::label::{AuthRefusal, Limit};
use crate::server::{House, alarms};

/// What a link asks for in its address.
#[derive(Debug, Default, Deserialize)]
pub struct Wish {
    /// What it wants to be; as a rule, what its credential makes it.
    #[serde(rename = "as")]
    role: Option<Role>,
    epoch: Option<u64>,
    seq: Option<u64>,
}

impl Wish {
    /// Where the link was, if it was here before.
    fn position(&self) -> Option<Position> {
        self.epoch.zip(self.seq).map(|(epoch, seq)| Position { epoch: Epoch(epoch), seq })
    }
}

/// A session's socket: `/ws/{session}?as=player|stage|host&epoch=&seq=`, by join code or id.
pub async fn session(
    State(house): State<House>,
    Path(name): Path<String>,
    Query(wish): Query<Wish>,
    request: Request,
) -> Response {
    in_session(house, name, wish, Dialect::Trivia, request).await
}

/// A session's socket for clients of a live leaderboard: `/ws/quiz-realtime/{room_id}`.
pub async fn leaderboard(
    State(house): State<House>,
    Path(name): Path<String>,
    Query(wish): Query<Wish>,
    request: Request,
) -> Response {
    in_session(house, name, wish, Dialect::ClauseBot, request).await
}

/// One seat's socket in a timed session: `/session/{session_id}/stream`, by join code or id, with the seat's own
/// credential. Its document lets in nobody whose clock does not run.
pub async fn seat(
    State(house): State<House>,
    Path(name): Path<String>,
    Query(wish): Query<Wish>,
    request: Request,
) -> Response {
    let opening = match Opening::begin(&house, Dialect::CatalyticSeat, request).await {
        Ok(opening) => opening,
        Err(answer) => return *answer,
    };
    let room = admission::find(&house.rooms, &SessionName::Text(name)).filter(|room| room.pace == Pace::Own);
    let claim = opening.claim(&house, room.as_ref());
    let is_of_document = opening.terms.dialect == Dialect::CatalyticSeat;
    let runs = match (&room, claim) {
        (Some(room), Some(claim)) => room.runs_for(claim.seat).await,
        _ => false,
    };
    match admission::admit(room, Some(Role::Player), claim, None, false).await {
        Ok(admission) if runs || !is_of_document => {
            let (position, caller) = (wish.position(), opening.caller);
            opening.handshake.accept(opening.terms, async move |link: Arc<Link>| {
                Conversation::in_session(link, house, caller, admission, position).await
            })
        }
        Err(why) if !is_of_document => opening.refuse(&house, &why),
        Ok(_) | Err(_) => opening.refuse(&house, &NotIn::Stranger),
    }
}

/// A person's socket: `/ws`.
pub async fn person(State(house): State<House>, request: Request) -> Response {
    personal(house, Dialect::Netra, request).await
}

/// A person's socket for clients that take events by type: `/api/ws`.
pub async fn events(State(house): State<House>, request: Request) -> Response {
    personal(house, Dialect::MasterX, request).await
}

/// The socket of an organisation's admins: `/admin/stream?epoch=&seq=`.
pub async fn desk(State(house): State<House>, Query(wish): Query<Wish>, request: Request) -> Response {
    let opening = match Opening::begin(&house, Dialect::Catalytic, request).await {
        Ok(opening) => opening,
        Err(answer) => return *answer,
    };
    let admin = opening.caller.clone().and_then(|caller| {
        let account = caller.account.clone().filter(|account| account.role.may(Right::ManagePeople))?;
        Some((caller, account))
    });
    let agent = Agent::of(&opening.headers);
    match admin {
        None => opening.refuse(&house, &NotIn::Stranger),
        Some(admin) => opening.handshake.accept(opening.terms, async move |link: Arc<Link>| {
            Some(Conversation::at_desk(link, house, admin, wish.position()).await?.with(agent))
        }),
    }
}

/// A socket that sends everything back, if the operator wants one: `/ws/echo`.
pub async fn echo(State(house): State<House>, request: Request) -> Response {
    if !house.config.echo {
        return StatusCode::NOT_FOUND.into_response();
    }
    let Some(terms) = terms(&house, Dialect::Podium, &request) else { return full() };
    match Handshake::read(request, house.config.socket_engine, house.config.limits).await {
        Ok(handshake) => handshake.accept(terms, async |link: Arc<Link>| {
            // The suites' clients would answer a ping in the middle of a frame that they send in pieces.
            link.calm();
            Some(Echo(link))
        }),
        Err(answer) => answer,
    }
}

async fn in_session(house: House, name: String, wish: Wish, dialect: Dialect, request: Request) -> Response {
    let opening = match Opening::begin(&house, dialect, request).await {
        Ok(opening) => opening,
        Err(answer) => return *answer,
    };
    let room = admission::find(&house.rooms, &SessionName::Text(name));
    let claim = opening.claim(&house, room.as_ref());
    let looks_on = !house.config.require_auth;
    let named = room.clone();
    match admission::admit(room, wish.role, claim, opening.caller.as_ref(), looks_on).await {
        Err(why) => {
            if let (NotIn::Refused(refusal), Some(room)) = (&why, named) {
                alarms::not_seated(&house, &room, refusal);
            }
            opening.refuse(&house, &why)
        }
        Ok(admission) => {
            let position = wish.position();
            let (caller, agent) = (opening.caller, Agent::of(&opening.headers));
            opening.handshake.accept(opening.terms, async move |link: Arc<Link>| {
                Some(Conversation::in_session(link, house, caller, admission, position).await?.with(agent))
            })
        }
    }
}

async fn personal(house: House, dialect: Dialect, request: Request) -> Response {
    let opening = match Opening::begin(&house, dialect, request).await {
        Ok(opening) => opening,
        Err(answer) => return *answer,
    };
    let agent = Agent::of(&opening.headers);
    match opening.caller {
        None => opening.refuse(&house, &NotIn::Stranger),
        Some(caller) => opening.handshake.accept(opening.terms, async move |link: Arc<Link>| {
            Some(Conversation::personal(link, house, caller).with(agent))
        }),
    }
}

/// A request that is about to become a link.
struct Opening {
    handshake: Handshake,
    terms: Terms,
    headers: http::HeaderMap,
    /// Who asks, if they came with anything but the cookie of a seat.
    caller: Option<Caller>,
}

impl Opening {
    /// Looks at origin, place and credential, in this order.
    ///
    /// # Errors
    /// The answer that the request gets instead of a link.
    async fn begin(house: &House, dialect: Dialect, request: Request) -> Result<Self, Box<Response>> {
        if let Err(why) = house.auth.origin_is_ours(request.headers(), request.uri()) {
            house.metrics.origin_refused();
            let origin = request.headers().get(header::ORIGIN);
            warn!(
                reason = why.code(),
                ?origin,
                "a socket of another site's page was not opened; is --public-url right?"
            );
            let words = "this page is not ours, so its socket is not opened\n";
            return Err(Box::new((StatusCode::FORBIDDEN, words).into_response()));
        }
        let terms = terms(house, dialect, &request).ok_or_else(|| Box::new(full()))?;
        let headers = request.headers().clone();
        let caller = house.auth.caller(&headers, request.uri()).await;
        let handshake = Handshake::read(request, house.config.socket_engine, house.config.limits).await?;
        match caller {
            Ok(caller) => Ok(Self { handshake, terms, headers, caller: Some(caller) }),
            Err(BadCredential::Missing) => Ok(Self { handshake, terms, headers, caller: None }),
            Err(why) => {
                house.metrics.auth_refused(AuthRefusal::Socket);
                let reason = reason(terms.dialect, why.to_string());
                Err(Box::new(handshake.refuse(terms, Close::Refused, reason)))
            }
        }
    }

    /// The seat that whoever asks has in a room.
    fn claim(&self, house: &House, room: Option<&RoomHandle>) -> Option<SeatClaim> {
        match &self.caller {
            Some(Caller { credential: Credential::Seat(claim), .. }) => Some(*claim),
            Some(_) | None => house.auth.seat(&self.headers, room?.code),
        }
    }

    fn refuse(self, house: &House, why: &NotIn) -> Response {
        house.metrics.auth_refused(AuthRefusal::Socket);
        let close = why.close();
        let words = match why {
            NotIn::Stranger => reason(self.terms.dialect, close.reason().to_owned()),
            NotIn::NoRoom => close.reason().to_owned(),
            NotIn::Refused(refusal) => refusal.to_string(),
        };
        self.handshake.refuse(self.terms, close, words)
    }
}

/// The reason of a refusal as the dialect words it.
fn reason(dialect: Dialect, canonical: String) -> String {
    dialect.style().refused.map_or(canonical, str::to_owned)
}

/// What one more link is; `None` if the house is full.
fn terms(house: &House, dialect: Dialect, request: &Request) -> Option<Terms> {
    let Some(link) = house.rooms.take_link_place() else {
        alarms::limited(house, Limit::Links, None);
        return None;
    };
    let connection = request.extensions().get::<Arc<OwnedSemaphorePermit>>().cloned();
    let subprotocol = handshake::offers(request.headers(), SUBPROTOCOL).then_some(SUBPROTOCOL);
    let dialect = if subprotocol.is_some() { Dialect::Podium } else { dialect };
    Some(Terms { places: Places { link, connection }, dialect, subprotocol, shard: house.rooms.next_shard() })
}

fn full() -> Response {
    let retry = [(header::RETRY_AFTER, "10")];
    (StatusCode::SERVICE_UNAVAILABLE, retry, "the server is full, please come back later\n").into_response()
}
