//! How the contract is served: both forms are made once, and a browser that has them asks only whether they changed.

use std::sync::LazyLock;

use axum::response::Response;
use http::HeaderMap;

use crate::server::contract::{CONTRACT, asyncapi, protocol_page};
use crate::server::written::Written;

static DOCUMENT: LazyLock<Written> = LazyLock::new(|| Written::new(text()));
static PAGE: LazyLock<Written> = LazyLock::new(|| Written::new(protocol_page::page(&CONTRACT)));

/// The page loads its stylesheet with its fonts and its sign, and runs nothing.
const POLICY_OF_PAGE: &str =
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The document as the command `podium contract` prints it.
pub fn text() -> String {
    let document = serde_json::to_string_pretty(&asyncapi::document(&CONTRACT)).expect("a value is JSON");
    format!("{document}\n")
}

/// Answers with the document: `GET /ws/asyncapi.json`.
pub async fn document(headers: HeaderMap) -> Response {
    DOCUMENT.answer(&headers, "application/json", None)
}

/// Answers with the page for people: `GET /protocol`.
pub async fn page(headers: HeaderMap) -> Response {
    PAGE.answer(&headers, "text/html; charset=utf-8", Some(POLICY_OF_PAGE))
}
