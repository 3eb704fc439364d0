//! People: somebody new, and what is written about somebody.

use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Form};
use serde::Deserialize;

use crate::domain::ids::PersonId;
use crate::domain::person::PersonDraft;
use crate::server::House;
use crate::server::auth::Admin;
use crate::server::auth::flash::SentBack;
use crate::server::forms::{failed, see, send_back, send_back_whole};
use crate::server::store::StoreError;

/// Where the list is.
const LIST: &str = "/people";

/// What the forms send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Writing {
    id: String,
    version: String,
    first_name: String,
    last_name: String,
    email: String,
    tags: String,
}

impl Writing {
    fn draft(&self) -> PersonDraft {
        PersonDraft {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            email: self.email.clone(),
            tags: PersonDraft::tags_of(&self.tags),
        }
    }

    /// The form as it was typed, with what is wrong.
    fn back(self, errors: Vec<(&'static str, String)>) -> SentBack {
        let values = vec![
            ("first_name", self.first_name),
            ("last_name", self.last_name),
            ("email", self.email),
            ("tags", self.tags),
        ];
        SentBack { values, errors }
    }
}

/// Keeps somebody new and leads back to the list.
pub async fn add(
    State(house): State<House>,
    Extension(admin): Extension<Admin>,
    Form(form): Form<Writing>,
) -> Response {
    const HERE: &str = "/people/new";
    let draft = match form.draft().checked() {
        Ok(draft) => draft,
        Err(errors) => return send_back(&house, HERE, form.back(errors)),
    };
    match house.store.add_person(admin.organisation, draft, house.clock.now()).await {
        Ok(_) => {
            house.desks.look();
            see(LIST)
        }
        Err(why) => send_back(&house, HERE, form.back(vec![in_words(why)])),
    }
}

/// Keeps what is written about somebody, if nobody else did in the meantime.
pub async fn save(
    State(house): State<House>,
    Extension(admin): Extension<Admin>,
    Form(form): Form<Writing>,
) -> Response {
    let (Ok(id), Ok(version)) = (form.id.parse::<PersonId>(), form.version.parse::<u32>()) else {
        return send_back_whole(&house, LIST, "Choose somebody from the list first.");
    };
    let here = format!("{LIST}/{id}");
    let draft = match form.draft().checked() {
        Ok(draft) => draft,
        Err(errors) => return send_back(&house, &here, form.back(errors)),
    };
    match house.store.save_person(admin.organisation, id, version, draft, house.clock.now()).await {
        Ok(_) => {
            house.desks.look();
            see(LIST)
        }
        Err(StoreError::NotFound) => send_back_whole(&house, LIST, "This person was deleted in the meantime."),
        Err(why) => send_back(&house, &here, form.back(vec![in_words(why)])),
    }
}

/// The field that a failure is about, and what to do.
fn in_words(why: StoreError) -> (&'static str, String) {
    match why {
        StoreError::Taken => ("email", "Somebody else in your list has this address.".to_owned()),
        StoreError::TooMany(most) => ("", format!("There are {most} people already, which is the most.")),
        StoreError::Changed => {
            let words = "Somebody else changed this person while you were writing. What you typed is still below; \
                         compare it with the list, then save again.";
            ("", words.to_owned())
        }
        why => ("", failed(&why)),
    }
}
