//! Forms: plain posts that are answered with 303, with and without scripts.
//!
//! What was refused goes back to the page that sent it, with what was typed and what is wrong. Each form is read into
//! domain types here; what is done with them is done by those who own it.
//!
//! Reading order: `join` and `seat` (players), `setup`, `login`, `logout` (admins), `quiz`, `room`; then how answers are made.

pub mod login;
pub mod quiz;
pub mod room;
pub mod seat;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::protocol::refusal::sentence;
use crate::server::House;
use crate::server::auth::flash::SentBack;
use crate::server::auth::throttle::Wait;

/// Sends the browser to a page of ours; the path is made of our own parts only.
fn see(path: &str) -> Response {
    let location = HeaderValue::try_from(path).expect("our paths are plain ASCII");
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// Sends the browser back to a form, with what was typed and what is wrong.
fn send_back(house: &House, path: &str, sent_back: SentBack) -> Response {
    let mut response = see(path);
    response.headers_mut().append(header::SET_COOKIE, house.auth.keep_flash(sent_back));
    response
}

/// Sends the browser back to a form with one thing that is wrong with it as a whole.
fn send_back_whole(house: &House, path: &str, why: &str) -> Response {
    send_back(house, path, SentBack { values: Vec::new(), errors: vec![("", sentence(why))] })
}

/// Asks somebody who was wrong too often to wait. A page of its own, because scripts and programs look at the status.
fn come_back_later(wait: Wait, why: &str, way_on: &str) -> Response {
    let Wait { seconds } = wait;
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Please wait · Podium</title><h1>Please wait {seconds} seconds</h1><p>{why}</p>\
         <p><a href=\"{way_on}\">Back to the form</a></p></html>"
    );
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::RETRY_AFTER, HeaderValue::from(seconds)),
    ];
    (StatusCode::TOO_MANY_REQUESTS, headers, page).into_response()
}

/// Something that failed inside: logged once with a reference, told with the reference only.
fn failed(why: &dyn std::error::Error) -> String {
    let reference = crate::server::chance::reference();
    tracing::error!(reference = %reference, error = %why, "a form could not be answered");
    format!("Something went wrong on our side, please try again (reference {reference}).")
}
