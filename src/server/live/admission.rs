//! Who may be what in a session: the one rule for every door.
//!
//! A seat plays; whoever opened the session hosts it, and so do others of its organisation who may host; other accounts of
//! the organisation are seated as the people they are. Another organisation's session is no session. Knows credentials and
//! rooms, not how either came here.

use thiserror::Error;

use crate::domain::code::JoinCode;
use crate::domain::ids::{CommandId, SeatId, SessionId};
use crate::domain::name::Nickname;
use crate::domain::pace::Pace;
use crate::domain::role::{Right, Role as AccountRole};
use crate::protocol::close::Close;
use crate::protocol::command::{Role, SessionName};
use crate::protocol::refusal::Refusal;
use crate::protocol::view::Audience;
use crate::room::input::Who;
use crate::room::roster::SeatStatus;
use crate::server::auth::caller::{Account, Caller};
use crate::server::auth::seat::SeatClaim;
use crate::server::live::rooms::{RoomHandle, Rooms};

/// How the ids begin under which accounts take their seats.
const ACCOUNTS_OWN: &str = "account-";
/// Times that an account whose seat was taken away is given another one.
const SEATS_AGAIN: u32 = 8;
/// Numbers that are tried behind a name that is taken.
const NAMES: u32 = 99;

/// What somebody is in a room.
pub struct Admission {
    /// The room.
    pub room: RoomHandle,
    /// What they may know.
    pub audience: Audience,
    /// Whose presence they count for.
    pub who: Option<Who>,
}

/// Why somebody may not in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotIn {
    /// They came with nothing that is good here.
    #[error("nobody is signed in")]
    Stranger,
    /// There is no such room for them.
    #[error("no such room")]
    NoRoom,
    /// The room says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl NotIn {
    /// How a connection ends that was opened for this session alone.
    pub fn close(&self) -> Close {
        match self {
            Self::Stranger | Self::Refused(Refusal::NotHost) => Close::Refused,
            Self::NoRoom | Self::Refused(Refusal::NoRoom) => Close::NoRoom,
            Self::Refused(Refusal::Blocked | Refusal::NoSeat) => Close::Removed,
            // The room is full or busy: another try may find a place.
            Self::Refused(_) => Close::Full,
        }
    }
}

impl From<NotIn> for Refusal {
    fn from(why: NotIn) -> Self {
        match why {
            NotIn::Stranger | NotIn::NoRoom => Self::NoRoom,
            NotIn::Refused(refusal) => refusal,
        }
    }
}

/// The room that somebody names by its code or by the session's id.
pub fn find(rooms: &Rooms, name: &SessionName) -> Option<RoomHandle> {
    let by_id = |id: i64| rooms.find_session(SessionId(id));
    match name {
        SessionName::Number(id) => by_id(*id),
        SessionName::Text(text) => {
            let by_code = JoinCode::parse(text).ok().and_then(|code| rooms.find(code));
            by_code.or_else(|| text.parse().ok().and_then(by_id))
        }
    }
}

/// Decides what somebody is in a room, and seats them where they have no seat yet.
///
/// # Errors
/// [`NotIn`]; nobody was seated then.
pub async fn admit(
    room: Option<RoomHandle>,
    role: Option<Role>,
    claim: Option<SeatClaim>,
    caller: Option<&Caller>,
    may_look_on: bool,
) -> Result<Admission, NotIn> {
    let account = caller.and_then(|caller| caller.account.as_ref());
    let Some(room) = room else {
        let is_known = claim.is_some() || account.is_some() || role == Some(Role::Player);
        return Err(if is_known { NotIn::NoRoom } else { NotIn::Stranger });
    };
    // A seat of an earlier session that had the same code is no seat here.
    let claim = claim.filter(|claim| claim.session == room.session);
    if room.pace == Pace::Own {
        return admit_timed(room, role, claim, account).await;
    }
    if let (Some(claim), None | Some(Role::Player)) = (claim, role) {
        return Ok(Admission { room, audience: Audience::Players, who: Some(Who::Seat(claim.seat)) });
    }
    let Some(account) = account else {
        let looks_on = may_look_on && role != Some(Role::Host);
        return if looks_on { Ok(stage(room)) } else { Err(NotIn::Stranger) };
    };
    if account.organisation != room.organisation {
        return Err(NotIn::NoRoom);
    }
    match role {
        Some(Role::Host) if may_host(account.role) => Ok(host(room)),
        Some(Role::Stage) if account.role.may(Right::Look) => Ok(stage(room)),
        Some(Role::Host | Role::Stage) => Err(NotIn::Refused(Refusal::NotHost)),
        None if room.opened_by == Some(account.id) && may_host(account.role) => Ok(host(room)),
        None | Some(Role::Player) => {
            let seat = seat_of(&room, account).await?;
            Ok(Admission { room, audience: Audience::Players, who: Some(Who::Seat(seat)) })
        }
    }
}

/// The same in a timed session: a seat answers whose link holds, accounts that may run rooms look after it, and nobody is
/// seated without being invited or typing a name.
async fn admit_timed(
    room: RoomHandle,
    role: Option<Role>,
    claim: Option<SeatClaim>,
    account: Option<&Account>,
) -> Result<Admission, NotIn> {
    if let (Some(claim), None | Some(Role::Player)) = (claim, role) {
        if !room.lets_in(claim).await {
            return Err(NotIn::Refused(Refusal::NoSeat));
        }
        return Ok(Admission { room, audience: Audience::Players, who: Some(Who::Seat(claim.seat)) });
    }
    let account = account.ok_or(NotIn::Stranger)?;
    match role {
        _ if account.organisation != room.organisation => Err(NotIn::NoRoom),
        Some(Role::Host) | None if may_host(account.role) => Ok(host(room)),
        Some(Role::Host | Role::Stage) => Err(NotIn::Refused(Refusal::NotHost)),
        None | Some(Role::Player) => Err(NotIn::NoRoom),
    }
}

fn host(room: RoomHandle) -> Admission {
    Admission { room, audience: Audience::Host, who: Some(Who::Host) }
}

fn stage(room: RoomHandle) -> Admission {
    Admission { room, audience: Audience::Stage, who: None }
}

fn may_host(role: AccountRole) -> bool {
    role.may(Right::RunRooms)
}

/// Whether an id names an account's seat, so that nobody else may ask with it.
pub fn is_accounts_own(id: &CommandId) -> bool {
    id.as_str().starts_with(ACCOUNTS_OWN)
}

/// The seat of an account, the same on every device; a new one after the host took the last one away.
async fn seat_of(room: &RoomHandle, account: &Account) -> Result<SeatId, Refusal> {
    for again in 0..SEATS_AGAIN {
        let seat = take_seat(room, account, again).await?;
        match room.seat_status(seat).await {
            Some(SeatStatus::Seated { .. }) => return Ok(seat),
            Some(SeatStatus::Blocked) => return Err(Refusal::Blocked),
            Some(SeatStatus::Removed) => {}
            None => return Err(Refusal::NoRoom),
        }
    }
    Err(Refusal::Blocked)
}

/// Takes the seat that belongs to an id made of the account's, under the account's name or the next that is free.
async fn take_seat(room: &RoomHandle, account: &Account, again: u32) -> Result<SeatId, Refusal> {
    let id = CommandId::parse(&format!("{ACCOUNTS_OWN}{}-{again}", account.id)).expect("plain and short");
    let mut outcome = Err(Refusal::NameTaken);
    for number in 1..=NAMES {
        outcome = room.take_seat(name_of(account, number), id.clone()).await;
        if outcome != Err(Refusal::NameTaken) {
            break;
        }
    }
    outcome
}

/// The account's name, cut to a nickname's length; with a number from the second on.
fn name_of(account: &Account, number: u32) -> Nickname {
    let suffix = if number > 1 { format!(" {number}") } else { String::new() };
    let name: String = account.name.chars().take(Nickname::GRAPHEMES_MAX - suffix.len()).collect();
    let named = Nickname::parse(&format!("{}{suffix}", name.trim()));
    named.or_else(|_| Nickname::parse(&format!("Guest {}{suffix}", account.id))).expect("plain letters and digits")
}
