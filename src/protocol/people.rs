//! What admins are told of the people of their organisation: a record each, and what changed in it.
//!
//! The names of the fields are those that clients written before Podium read. A change carries what is new and nothing
//! else, and says which save it comes from, so that one that was known already does no harm.

use serde::{Deserialize, Serialize};

use crate::domain::code::JoinCode;
use crate::domain::ids::{PersonId, SeatId, SessionId};
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::timed::SeatState;

/// How far somebody is with what they were invited to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PersonStatus {
    /// Nobody invited them to anything yet.
    #[default]
    NotInvited,
    /// They have a link and were not seen yet.
    Invited,
    /// They looked at their page and did not start.
    Opened,
    /// They are at it.
    Active,
    /// The host stopped their clock.
    Paused,
    /// They handed in, or the host ended it.
    Finished,
    /// Their time was up before they did.
    Expired,
    /// Their link does not hold any more.
    Revoked,
}

impl From<SeatState> for PersonStatus {
    fn from(state: SeatState) -> Self {
        match state {
            SeatState::Invited => Self::Invited,
            SeatState::Opened => Self::Opened,
            SeatState::Active => Self::Active,
            SeatState::Paused => Self::Paused,
            SeatState::Finished => Self::Finished,
            SeatState::Expired => Self::Expired,
            SeatState::Revoked => Self::Revoked,
        }
    }
}

/// How far somebody is with the timed session that they were invited to last. Always told as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Sitting {
    /// How far they are.
    pub status: PersonStatus,
    /// Questions that they answered, of how many: `3/10`.
    pub progress: String,
    /// The personal link, which is a credential; it begins with `/` where the server does not know its own address.
    pub invite_url: Option<String>,
    /// Whether that link opens anything.
    pub token_valid: bool,
    /// What was left of the time when this was told, as minutes and seconds; absent while no clock runs.
    pub session_timer: Option<String>,
    /// When the time is up; absent while no clock runs.
    pub deadline: Option<Timestamp>,
    /// What is left of the time while the clock is stopped.
    pub stopped_with: Option<Millis>,
    /// Where every question with its answers stands, once they are done.
    pub transcript: Option<String>,
    /// Where the result stands, once they are done.
    pub summary: Option<String>,
    /// The session.
    pub session: Option<SessionId>,
    /// How people find it.
    pub code: Option<JoinCode>,
    /// Their seat in it.
    pub seat: Option<SeatId>,
    /// Counts their links in it: only the last one holds.
    pub link: u32,
    /// The number of the session's last fact about them: what carries a higher one, or a later session, is newer.
    pub fact: u32,
}

impl Sitting {
    /// Says how much of the time is left at this moment.
    pub fn add_timer(&mut self, now: Timestamp) {
        let left = self.stopped_with.or_else(|| self.deadline.map(|deadline| deadline - now));
        self.session_timer = left.map(|left| {
            let seconds = left.whole_seconds_up();
            format!("{:02}:{:02}", seconds / 60, seconds % 60)
        });
    }

    /// Whether this was told after the other.
    fn is_newer_than(&self, other: &Self) -> bool {
        // Of who was forgotten in one session, the one before it is told; that has no number to compare.
        self.session != other.session || self.fact > other.fact
    }
}

/// What is known of somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct PersonRecord {
    /// The person.
    pub id: PersonId,
    /// Counts saves; a record with a higher one is newer.
    pub version: u32,
    /// The first name.
    pub first_name: String,
    /// The last name; may be empty.
    pub last_name: String,
    /// Where they are written to, in lower case; may be empty.
    pub email: String,
    /// By which they are found together, in the order of the alphabet.
    pub tags: Vec<String>,
    /// When they were added.
    pub created_at: Timestamp,
    /// How far they are with what they were invited to last.
    #[serde(flatten)]
    pub sitting: Sitting,
}

/// What changed about somebody: the fields that are there take the place of the record's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct PersonPatch {
    /// The person.
    pub id: PersonId,
    /// The save that it comes from; absent where nothing that is written about them changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The first name, if it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The last name, if it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The address, if it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// All tags, if they changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// How far they are, if that changed.
    #[serde(flatten)]
    pub sitting: Option<Sitting>,
}

/// Somebody is not known any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct PersonGone {
    /// The person.
    pub id: PersonId,
}

/// What admins are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum PeopleEvent {
    /// Somebody was added.
    UserAdded(PersonRecord),
    /// Something about somebody changed.
    UserUpdate(PersonPatch),
    /// Somebody was deleted.
    UserDeleted(PersonGone),
}

/// What a snapshot tells admins: those who were added last, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct PeopleView {
    /// The newest; all of them if they are not more than a snapshot holds.
    pub people: Vec<PersonRecord>,
    /// How many there are.
    pub total: u32,
}

impl PeopleEvent {
    /// Says how much of the time is left at this moment, where the event is about a running attempt.
    pub fn add_timer(&mut self, now: Timestamp) {
        match self {
            Self::UserAdded(record) => record.sitting.add_timer(now),
            Self::UserUpdate(patch) => {
                if let Some(sitting) = &mut patch.sitting {
                    sitting.add_timer(now);
                }
            }
            Self::UserDeleted(_) => {}
        }
    }
}

impl PersonRecord {
    /// What leads from this record to a newer one.
    pub fn patch_to(&self, new: &Self) -> PersonPatch {
        let changed = |old: &String, new: &String| (old != new).then(|| new.clone());
        PersonPatch {
            id: new.id,
            version: Some(new.version),
            first_name: changed(&self.first_name, &new.first_name),
            last_name: changed(&self.last_name, &new.last_name),
            email: changed(&self.email, &new.email),
            tags: (self.tags != new.tags).then(|| new.tags.clone()),
            sitting: None,
        }
    }

    /// Takes over what changed, unless it is known already.
    pub fn apply(&mut self, patch: &PersonPatch) {
        if patch.id != self.id {
            return;
        }
        if let Some(sitting) = patch.sitting.as_ref().filter(|sitting| sitting.is_newer_than(&self.sitting)) {
            self.sitting = sitting.clone();
        }
        let Some(version) = patch.version.filter(|version| *version > self.version) else { return };
        let PersonPatch { id: _, version: _, first_name, last_name, email, tags, sitting: _ } = patch.clone();
        self.version = version;
        self.first_name = first_name.unwrap_or_else(|| std::mem::take(&mut self.first_name));
        self.last_name = last_name.unwrap_or_else(|| std::mem::take(&mut self.last_name));
        self.email = email.unwrap_or_else(|| std::mem::take(&mut self.email));
        self.tags = tags.unwrap_or_else(|| std::mem::take(&mut self.tags));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> PersonRecord {
        PersonRecord {
            id: PersonId(7),
            version: 3,
            first_name: "Ada".to_owned(),
            last_name: "King".to_owned(),
            email: "ada@quiz.example".to_owned(),
            tags: vec!["north".to_owned()],
            created_at: Timestamp(1_795_177_085_250),
            sitting: Sitting::default(),
        }
    }

    #[test]
    fn a_patch_leads_from_one_record_to_the_next_and_holds_only_what_is_new() {
        let all = PersonRecord {
            version: 4,
            first_name: "Augusta".to_owned(),
            last_name: String::new(),
            email: String::new(),
            tags: vec![],
            ..ada()
        };
        let one = PersonRecord { version: 4, last_name: "Lovelace".to_owned(), ..ada() };
        for new in [all, one.clone(), PersonRecord { version: 4, ..ada() }] {
            let mut record = ada();
            record.apply(&ada().patch_to(&new));
            assert_eq!(record, new);
        }
        let text = serde_json::to_string(&PeopleEvent::UserUpdate(ada().patch_to(&one))).expect("JSON");
        assert_eq!(text, r#"{"type":"user_update","data":{"id":7,"version":4,"last_name":"Lovelace"}}"#);
    }

    #[test]
    fn what_is_older_or_about_somebody_else_changes_nothing() {
        let new = PersonRecord { version: 4, last_name: "Lovelace".to_owned(), ..ada() };
        let mut record = PersonRecord { version: 5, last_name: "Byron".to_owned(), ..ada() };
        let before = record.clone();
        record.apply(&ada().patch_to(&new));
        record.apply(&PersonPatch { id: PersonId(8), version: Some(9), ..ada().patch_to(&new) });
        assert_eq!(record, before);
    }

    #[test]
    fn how_far_somebody_is_comes_whole_and_only_forward() {
        let at = |session, fact, progress: &str| Sitting {
            session: Some(SessionId(session)),
            fact,
            progress: progress.to_owned(),
            status: PersonStatus::Active,
            ..Sitting::default()
        };
        let patch = |sitting: Sitting| PersonPatch { version: None, sitting: Some(sitting), ..ada().patch_to(&ada()) };
        let mut record = ada();
        for (told, expected) in
            [(at(1, 5, "1/3"), "1/3"), (at(1, 7, "2/3"), "2/3"), (at(1, 5, "1/3"), "2/3"), (at(2, 2, "0/9"), "0/9")]
        {
            let text = serde_json::to_string(&PeopleEvent::UserUpdate(patch(told))).expect("JSON");
            let PeopleEvent::UserUpdate(read) = serde_json::from_str(&text).expect("an own event") else {
                panic!("an update reads back as one: {text}");
            };
            record.apply(&read);
            assert_eq!(record.sitting.progress, expected, "{text}");
        }
        assert_eq!((record.version, record.first_name.as_str()), (3, "Ada"));
    }
}
