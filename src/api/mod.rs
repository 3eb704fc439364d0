//! Doors: every server function, and what pages get through them.
//!
//! A server function begins with its guard, then turns its arguments into domain types. This folder compiles for both
//! sides; `server` is named only inside bodies. All of them are POST, so that a link can never act.

pub mod account;
pub mod admin;
pub mod house;
pub mod people;
pub mod quiz;
pub mod room;
pub mod timed;

use leptos::prelude::*;
use leptos::server_fn::codec::Post;
use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What a stranger may learn about a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ApiError {
    /// No login, or it has ended.
    #[error("please sign in")]
    NotSignedIn,
    /// Somebody is signed in whose account may not do this.
    #[error("your account may not do this; ask who runs this server for more")]
    NotAllowed,
    /// Not there, or not this organisation's.
    #[error("this is not here (any more)")]
    NotFound,
    /// Somebody else changed it in the meantime.
    #[error("this was changed in another tab or by somebody else")]
    Changed,
    /// What was asked cannot be done, and why.
    #[error("{0}")]
    Refused(String),
    /// Something failed inside; the reference leads to the line in the log.
    #[error("something went wrong on our side, please try again (reference {0})")]
    Later(String),
    /// The request did not arrive, or the answer did not come back.
    #[error("the server cannot be reached")]
    Unreachable,
}

/// Arguments and results of server functions: JSON in the body of a POST.
pub type Json = Post<JsonText>;

/// JSON that is read as text, like frames and like what the server wrote into the page. Leptos' own encoding reads bytes,
/// and every type's reader would be in the page's code twice.
pub struct JsonText;

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(output: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_string(output).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        // What is no text is no JSON either.
        serde_json::from_str(std::str::from_utf8(&bytes).unwrap_or_default())
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Self::Unreachable,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                Self::Refused("this request could not be read".to_owned())
            }
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_)
            | ServerFnErrorErr::Serialization(_) => Self::Later("0".to_owned()),
        }
    }
}
