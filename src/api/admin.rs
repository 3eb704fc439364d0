//! Who is signed in, and what waits for a form that was sent back.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::house::DeskStart;
use crate::api::{ApiError, Json};
use crate::domain::role::Role;

/// The admin whose login this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Their organisation's name.
    pub organisation: String,
    /// What they are in it.
    pub role: Role,
    /// Where their pages begin in what admins are told, if they are told anything.
    pub desk: Option<DeskStart>,
}

/// What a refused form had in it, so that nothing has to be typed again. Secrets are never kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// Field name and what was typed.
    pub values: Vec<(String, String)>,
    /// Field name (empty for the form as a whole) and what is wrong, in words.
    pub errors: Vec<(String, String)>,
}

impl Flash {
    /// What was typed into a field.
    pub fn value(&self, field: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }

    /// What is wrong with a field.
    pub fn error(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|(name, _)| name == field).map(|(_, error)| error.as_str())
    }
}

/// Who is signed in.
///
/// # Errors
/// [`ApiError::NotSignedIn`].
#[server(name = AskMe, prefix = "/api", endpoint = "me", input = Json, output = Json)]
pub async fn me() -> Result<Me, ApiError> {
    use crate::domain::ids::NoticeId;
    use crate::domain::role::Right;
    let (asked, admin) = crate::server::ask::as_admin(Right::Look).await?;
    let desk = match admin.role.may(Right::SeeHouse) {
        false => None,
        true => {
            let house = &asked.house;
            // Before notices are read: what is raised meanwhile comes again over the link, and is known by its id.
            let position = house.desks.of(admin.organisation).position().await;
            let reader = house.reader(&admin).await?;
            let newest = house.store.notices(reader, None, None, 1).await?.first().map_or(NoticeId(0), |it| it.0.id);
            let unread = house.store.count_unread(reader).await?;
            Some(DeskStart { position, server_time: house.clock.now(), unread, newest })
        }
    };
    Ok(Me { name: admin.name, email: admin.email, organisation: admin.organisation_name, role: admin.role, desk })
}

/// What the form that was refused last had in it; it is told once.
///
/// # Errors
/// Only those of every request.
#[server(name = TakeFlash, prefix = "/api", endpoint = "flash", input = Json, output = Json)]
pub async fn flash() -> Result<Flash, ApiError> {
    let asked = crate::server::ask::as_anyone()?;
    Ok(asked.house.auth.take_flash(asked.headers()).into())
}

/// Whether a set-up link still makes the first admin.
///
/// # Errors
/// Only those of every request.
#[server(prefix = "/api", endpoint = "setup_is_open", input = Json, output = Json)]
pub async fn setup_is_open(
    /// The secret part of the link.
    token: String,
) -> Result<bool, ApiError> {
    let asked = crate::server::ask::as_anyone()?;
    Ok(asked.house.auth.may_set_up(&token).await?)
}

/// How one can sign in here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInWays {
    /// What people call the issuer of OpenID Connect, if there is one.
    pub openid: Option<String>,
}

/// How one can sign in here, beside a password.
///
/// # Errors
/// Only those of every request.
#[server(name = AskSignInWays, prefix = "/api", endpoint = "sign_in_ways", input = Json, output = Json)]
pub async fn sign_in_ways() -> Result<SignInWays, ApiError> {
    let asked = crate::server::ask::as_anyone()?;
    Ok(SignInWays { openid: asked.house.auth.openid_label().map(str::to_owned) })
}
