//! What is raised as a notice, and in which words.
//!
//! Whoever finds that something is so calls one of these; they say it so that an operator knows what to do. Counting is
//! done where it happens. Nothing here names an address or what somebody typed, but for an account's e-mail address.

use std::net::IpAddr;

use tracing::warn;

use crate::domain::code::JoinCode;
use crate::domain::ids::OrganisationId;
use crate::protocol::notice::NoticeLevel;
use crate::protocol::refusal::Refusal;
use crate::server::House;
use crate::server::live::rooms::RoomHandle;
use crate::server::metrics::label::Limit;
use crate::server::notices::Notice;

/// A limit has stopped somebody: in a room of an organisation, or at the house's own doors.
pub fn limited(house: &House, limit: Limit, of: Option<(OrganisationId, Option<JoinCode>)>) {
    let (organisation, room) = of.map_or((None, None), |(organisation, room)| (Some(organisation), room));
    let place = room.map_or("Somebody".to_owned(), |room| format!("Somebody in the room {}", room.spaced()));
    let (level, code, text) = match limit {
        Limit::Messages => warning("limit_messages", format!("{place} sends too many messages and is refused some.")),
        Limit::Answers => warning("limit_answers", format!("{place} sends too many answers and is refused some.")),
        Limit::Pings => warning("limit_pings", format!("{place} sends too many signs of life and is refused some.")),
        Limit::Inbox => {
            warning("limit_inbox", format!("{place} was told to try again: more comes than the room can take."))
        }
        Limit::Seats => {
            let room = room.map_or(String::new(), |room| format!(" {}", room.spaced()));
            warning("room_full", format!("The room{room} is full. Somebody was turned away."))
        }
        Limit::Links => {
            let most = house.config.limits.links_max;
            error("limit_links", format!("All {most} connections are taken. Somebody was turned away."))
        }
        Limit::Rooms => {
            let most = house.config.limits.rooms_max;
            warning("limit_rooms", format!("All {most} rooms are open. Somebody could not open another one."))
        }
        Limit::Codes => {
            warning("limit_codes", "Too many wrong room codes came from one network, which has to wait.".to_owned())
        }
        Limit::Passwords => warning(
            "limit_passwords",
            "Too many wrong passwords came for one account or from one network, which has to wait.".to_owned(),
        ),
        Limit::Telemetry => (
            NoticeLevel::Info,
            "limit_telemetry",
            "One network tells more of its connections than is taken.".to_owned(),
        ),
        // Somebody opened one window too many; nobody has to do anything.
        Limit::LinksPerSeat => return,
    };
    house.notices.raise(organisation, Notice { level, code, text, room });
}

/// Somebody did not get a seat; if the room was full, that is told.
pub fn not_seated(house: &House, room: &RoomHandle, why: &Refusal) {
    if *why == Refusal::RoomFull {
        limited(house, Limit::Seats, Some((room.organisation, Some(room.code))));
    }
}

/// A password was wrong. From the operator's threshold on it is told to the organisation of the account; for an address
/// that tries many, to the house.
pub async fn wrong_password(house: &House, email: &str, from: IpAddr) {
    let (of_account, of_address) = house.auth.wrong_passwords(email, from);
    let told = house.config.notices.wrong_passwords;
    if of_account >= told {
        match house.store.admin_by_email(email).await {
            Ok(Some(account)) => {
                let text = format!(
                    "{of_account} wrong passwords were tried for the account {email} within a quarter of an hour."
                );
                let (level, code, text) = warning("wrong_passwords", text);
                house.notices.raise(Some(account.organisation), Notice { level, code, text, room: None });
            }
            Ok(None) => {}
            Err(why) => warn!(error = %why, "whose account this is could not be read"),
        }
    }
    if of_address >= told {
        let text = format!("{of_address} wrong passwords came from one network within a quarter of an hour.");
        let (level, code, text) = warning("wrong_passwords_network", text);
        house.notices.raise(None, Notice { level, code, text, room: None });
    }
}

/// Rooms that were open when the process ended and could not be brought back.
pub fn lost_rooms(house: &House) {
    for (organisation, room) in house.rooms.take_lost() {
        let text = format!("The room {} could not be brought back. What was played in it is kept.", room.spaced());
        let (level, code, text) = error("room_lost", text);
        house.notices.raise(Some(organisation), Notice { level, code, text, room: Some(room) });
    }
}

fn warning(code: &'static str, text: String) -> (NoticeLevel, &'static str, String) {
    (NoticeLevel::Warning, code, text)
}

fn error(code: &'static str, text: String) -> (NoticeLevel, &'static str, String) {
    (NoticeLevel::Error, code, text)
}
