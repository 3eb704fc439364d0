//! Forms: plain posts that are answered with 303, with and without scripts.
//!
//! What was refused goes back to the page that sent it, with what was typed and what is wrong. Each form is read into
//! domain types here; what is done with them is done by those who own it.
//!
//! Reading order: `join` and `seat` (players), `setup`, `login`, `logout`, `openid` (admins), `quiz`, `room`,
//! `person`, `account`, `colleague`, `audit`, `timed`; then how answers are made.

pub mod account;
pub mod audit;
pub mod colleague;
pub mod login;
pub mod openid;
pub mod person;
pub mod quiz;
pub mod room;
pub mod seat;
pub mod timed;

use axum::extract::Request;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::domain::base_path::BasePath;
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
    let page = few_words("Please wait", &format!("Please wait {seconds} seconds"), why, (way_on, "Back to the form"));
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, HeaderValue::from(seconds))], page).into_response()
}

/// Tells somebody that a page or a form is not for them, and leads them to where everybody plays.
pub fn not_allowed(request: &Request) -> Response {
    let base = request.extensions().get::<BasePath>().cloned().unwrap_or_default();
    let why = "You are signed in, and what your account may do does not include this page. \
               If it should, ask who runs this server.";
    let page = few_words(
        "Not for this account",
        "This page is not for your account",
        why,
        (&base.outside("/"), "Join a room"),
    );
    (StatusCode::FORBIDDEN, page).into_response()
}

/// A page of a few words of ours, with a way on.
fn few_words(title: &str, heading: &str, words: &str, (way_on, label): (&str, &str)) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} · Podium</title><h1>{heading}</h1><p>{words}</p><p><a href=\"{way_on}\">{label}</a></p></html>"
    ))
}

/// Something that failed inside: logged once with a reference, told with the reference only.
fn failed(why: &dyn std::error::Error) -> String {
    let reference = crate::server::chance::reference();
    tracing::error!(reference = %reference, error = %why, "a form could not be answered");
    format!("Something went wrong on our side, please try again (reference {reference}).")
}
