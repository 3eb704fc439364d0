//! People: somebody new, what is written about somebody, whole lists in and out.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use http::header;
use serde::Deserialize;
use tokio::task::spawn_blocking;

use crate::domain::ids::PersonId;
use crate::domain::person::PersonDraft;
use crate::protocol::refusal::sentence;
use crate::server::House;
use crate::server::auth::Admin;
use crate::server::auth::flash::SentBack;
use crate::server::forms::{failed, see, send_back, send_back_whole};
use crate::server::people_file::{self, FileTrouble, Imported, workbook};
use crate::server::store::StoreError;

/// Where the list is.
const LIST: &str = "/people";
/// Lines of a file that are named when they did not come in; the rest is counted.
const WRONG_SHOWN: usize = 50;

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
    match house.store_of(&admin).add_person(admin.organisation, draft, house.clock.now()).await {
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
    match house.store_of(&admin).save_person(admin.organisation, id, version, draft, house.clock.now()).await {
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

/// Takes in a list, and leads back to the form with what became of it.
pub async fn import(
    State(house): State<House>,
    Extension(admin): Extension<Admin>,
    file: Result<Multipart, MultipartRejection>,
) -> Response {
    const HERE: &str = "/people/import";
    let bytes = match file {
        Ok(file) => list_of(file).await,
        Err(_) => Err("Choose a file first.".to_owned()),
    };
    let found = match bytes {
        // A long list takes a while to read, which is nobody else's business.
        Ok(bytes) => spawn_blocking(move || people_file::read(&bytes).map_err(|why| sentence(&why.to_string()))).await,
        Err(why) => Ok(Err(why)),
    };
    let found = match found {
        Ok(Ok(found)) => found,
        Ok(Err(why)) => return send_back(&house, HERE, SentBack { values: vec![], errors: vec![("list", why)] }),
        Err(why) => return send_back_whole(&house, HERE, &failed(&why)),
    };
    // A list that has begun to come in comes in to its end, also when nobody waits for the answer any more: nobody would
    // know who is in and who is not.
    let (store, desks, now) = (house.store_of(&admin), house.desks.clone(), house.clock.now());
    let taking = tokio::spawn(async move {
        let outcome = people_file::take_in(&store, admin.organisation, found, now).await;
        desks.look();
        outcome
    });
    let outcome = match taking.await {
        Ok(outcome) => outcome,
        Err(why) => return send_back_whole(&house, HERE, &failed(&why)),
    };
    match outcome {
        Ok(Imported { added, wrong }) => {
            let values = vec![("added", added.to_string()), ("wrong", wrong.len().to_string())];
            let told = wrong.into_iter().take(WRONG_SHOWN);
            let errors = told.map(|(line, why)| ("", format!("Line {line}: {}", sentence(&why)))).collect();
            send_back(&house, HERE, SentBack { values, errors })
        }
        Err(why) => send_back_whole(&house, HERE, &failed(&why)),
    }
}

/// The bytes of the file that a form sent.
async fn list_of(mut form: Multipart) -> Result<Bytes, String> {
    let too_large = |_| sentence(&FileTrouble::TOO_LARGE.to_string());
    while let Some(field) = form.next_field().await.map_err(too_large)? {
        if field.name() == Some("list") {
            let bytes = field.bytes().await.map_err(too_large)?;
            return if bytes.is_empty() { Err("Choose a file first.".to_owned()) } else { Ok(bytes) };
        }
    }
    Err("Choose a file first.".to_owned())
}

/// Everybody as a CSV file: `GET /people.csv`.
pub async fn export(State(house): State<House>, Extension(admin): Extension<Admin>) -> Response {
    // Before anything leaves: who cannot be written down takes nothing out.
    if let Err(why) = people_file::note_export(&house.store_of(&admin), admin.organisation, house.clock.now()).await {
        return send_back_whole(&house, LIST, &failed(&why));
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"people.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Body::from_stream(people_file::write_out(house.store, admin.organisation))).into_response()
}

/// Everybody as a workbook: `GET /people.xlsx`.
pub async fn export_workbook(State(house): State<House>, Extension(admin): Extension<Admin>) -> Response {
    // As for the other file.
    if let Err(why) = people_file::note_export(&house.store_of(&admin), admin.organisation, house.clock.now()).await {
        return send_back_whole(&house, LIST, &failed(&why));
    }
    match workbook::write_out(&house.store, admin.organisation, house.config.data_dir.clone()).await {
        Ok(bytes) => {
            let headers = [
                (header::CONTENT_TYPE, workbook::CONTENT_TYPE),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"people.xlsx\""),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (headers, bytes).into_response()
        }
        Err(why) => send_back_whole(&house, LIST, &failed(&why)),
    }
}
