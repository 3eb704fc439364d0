//! What admins are told of the people of their organisation: a record each, and what changed in it.
//!
//! The names of the fields are those that clients written before Podium read. A change carries what is new and nothing
//! else, and says which save it comes from, so that one that was known already does no harm.

use serde::{Deserialize, Serialize};

use crate::domain::ids::PersonId;
use crate::domain::time::Timestamp;

/// How far somebody is with what they were invited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PersonStatus {
    /// Nobody invited them to anything yet.
    NotInvited,
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
    /// How far they are.
    pub status: PersonStatus,
    /// When they were added.
    pub created_at: Timestamp,
}

/// What changed about somebody: the fields that are there take the place of the record's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct PersonPatch {
    /// The person.
    pub id: PersonId,
    /// The save that it comes from.
    pub version: u32,
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

impl PersonRecord {
    /// What leads from this record to a newer one.
    pub fn patch_to(&self, new: &Self) -> PersonPatch {
        let changed = |old: &String, new: &String| (old != new).then(|| new.clone());
        PersonPatch {
            id: new.id,
            version: new.version,
            first_name: changed(&self.first_name, &new.first_name),
            last_name: changed(&self.last_name, &new.last_name),
            email: changed(&self.email, &new.email),
            tags: (self.tags != new.tags).then(|| new.tags.clone()),
        }
    }

    /// Takes over what changed, unless it is known already.
    pub fn apply(&mut self, patch: &PersonPatch) {
        if patch.id != self.id || patch.version <= self.version {
            return;
        }
        let PersonPatch { id: _, version, first_name, last_name, email, tags } = patch.clone();
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
            status: PersonStatus::NotInvited,
            created_at: Timestamp(1_795_177_085_250),
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
        record.apply(&PersonPatch { id: PersonId(8), version: 9, ..ada().patch_to(&new) });
        assert_eq!(record, before);
    }
}
