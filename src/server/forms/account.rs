//! Accounts: one's own password and logins, other people's roles and removal.
//!
//! Each form leads back to the page that it was sent from, which tells what was done.

use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Form};
use http::HeaderMap;
use serde::Deserialize;

use crate::domain::ids::AdminId;
use crate::domain::role::Role;
use crate::protocol::refusal::sentence;
use crate::server::House;
use crate::server::auth::Admin;
use crate::server::auth::account::AccountError;
use crate::server::auth::flash::SentBack;
use crate::server::auth::password::PasswordError;
use crate::server::auth::throttle::Wait;
use crate::server::forms::{come_back_later, failed, see, send_back, send_back_whole};
use crate::server::metrics::label::Limit;
use crate::server::store::StoreError;
use crate::server::store::account::Open;

/// The page of one's own account.
const OWN: &str = "/account";
/// The page of all accounts.
const ALL: &str = "/accounts";

/// What the form of another password sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Changing {
    old: String,
    new: String,
}

/// Gives whoever is signed in another password.
pub async fn change_password(State(house): State<House>, headers: HeaderMap, Form(form): Form<Changing>) -> Response {
    let Some(login) = house.auth.login(&headers).await else { return see("/login") };
    let at_field = |field: &'static str, why: &AccountError| {
        let errors = vec![(field, sentence(&why.to_string()))];
        send_back(&house, OWN, SentBack { values: vec![], errors })
    };
    match house.auth.change_password(&login, form.old, form.new).await {
        Ok(()) => tell(&house, OWN, "Your password is changed. Everywhere else you are signed out."),
        Err(why @ AccountError::WrongPassword) => at_field("old", &why),
        Err(why @ AccountError::Password(PasswordError::Length)) => at_field("new", &why),
        Err(AccountError::Wait(wait)) => wait_for(&house, wait),
        Err(why) => send_back_whole(&house, OWN, &in_words(why)),
    }
}

fn wait_for(house: &House, wait: Wait) -> Response {
    house.metrics.limited(Limit::Passwords);
    let why = "There were too many wrong passwords for this account.";
    come_back_later(wait, why, &house.config.base().outside(OWN))
}

/// What a button beside a login or a program sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Revoking {
    login: String,
    program: String,
}

/// Ends one login or program of one's own.
pub async fn revoke(
    State(house): State<House>,
    Extension(admin): Extension<Admin>,
    Form(form): Form<Revoking>,
) -> Response {
    let what = match (form.login.is_empty(), form.program.parse()) {
        (false, _) => Open::Login(form.login),
        (true, Ok(id)) => Open::Grant(id),
        (true, Err(_)) => return send_back_whole(&house, OWN, "Choose from the list first."),
    };
    match house.auth.revoke(&admin, what).await {
        Ok(()) => tell(&house, OWN, "That one is signed out."),
        Err(StoreError::NotFound) => tell(&house, OWN, "That one was signed out already."),
        Err(why) => send_back_whole(&house, OWN, &failed(&why)),
    }
}

/// What a form without fields sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Nothing {}

/// Ends all logins and programs of one's own but this one.
pub async fn revoke_others(State(house): State<House>, headers: HeaderMap, Form(_): Form<Nothing>) -> Response {
    let Some(login) = house.auth.login(&headers).await else { return see("/login") };
    match house.auth.revoke_others(&login).await {
        Ok(0) => tell(&house, OWN, "You are signed in nowhere else."),
        Ok(_) => tell(&house, OWN, "Everywhere else you are signed out."),
        Err(why) => send_back_whole(&house, OWN, &failed(&why)),
    }
}

/// What a form beside an account sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Choosing {
    id: String,
    role: String,
}

/// Gives somebody another role.
pub async fn change_role(
    State(house): State<House>,
    Extension(admin): Extension<Admin>,
    Form(form): Form<Choosing>,
) -> Response {
    let (Ok(id), Ok(role)) = (form.id.parse::<AdminId>(), form.role.parse::<Role>()) else {
        return send_back_whole(&house, ALL, "Choose somebody from the list and a role first.");
    };
    match house.auth.change_role(&admin, id, role).await {
        Ok(()) => tell(&house, ALL, &format!("The role is {role} from now on.")),
        Err(why) => send_back_whole(&house, ALL, &in_words(why)),
    }
}

/// Removes somebody's account.
pub async fn remove(
    State(house): State<House>,
    Extension(admin): Extension<Admin>,
    Form(form): Form<Choosing>,
) -> Response {
    let Ok(id) = form.id.parse::<AdminId>() else {
        return send_back_whole(&house, ALL, "Choose somebody from the list first.");
    };
    match house.auth.remove_account(&admin, id).await {
        Ok(()) => tell(&house, ALL, "The account is removed. What it made stays."),
        Err(why) => send_back_whole(&house, ALL, &in_words(why)),
    }
}

/// Ends everything that is open of somebody's account.
pub async fn revoke_all(
    State(house): State<House>,
    Extension(admin): Extension<Admin>,
    Form(form): Form<Choosing>,
) -> Response {
    let Ok(id) = form.id.parse::<AdminId>() else {
        return send_back_whole(&house, ALL, "Choose somebody from the list first.");
    };
    match house.auth.revoke_all_of(&admin, id).await {
        Ok(0) => tell(&house, ALL, "Nothing was signed in with this account."),
        Ok(_) => tell(&house, ALL, "Everything that was signed in with this account is signed out."),
        Err(why) => send_back_whole(&house, ALL, &in_words(why)),
    }
}

/// Leads back to a page, which tells what was done.
pub(super) fn tell(house: &House, path: &str, told: &str) -> Response {
    send_back(house, path, SentBack { values: vec![("told", told.to_owned())], errors: vec![] })
}

fn in_words(why: AccountError) -> String {
    match why {
        AccountError::OnlyOwners => "Only an owner can do this to an owner's account, or make one.".to_owned(),
        AccountError::WrongPassword | AccountError::NoPassword | AccountError::Wait(_) | AccountError::Password(_) => {
            sentence(&why.to_string())
        }
        AccountError::Store(StoreError::NeedsOwner) => {
            "This is the last owner, and every organisation needs one. Make somebody else an owner first.".to_owned()
        }
        AccountError::Store(StoreError::NotFound) => "This account is not there any more.".to_owned(),
        AccountError::Store(StoreError::Changed) => {
            "Somebody else changed this account just now. Look again, then decide.".to_owned()
        }
        AccountError::Store(why) => failed(&why),
    }
}
