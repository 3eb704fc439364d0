//! How the contract is served: both forms are made once, and a browser that has them asks only whether they changed.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::server::assets;
use crate::server::contract::{CONTRACT, asyncapi, protocol_page};

/// A text with the tag that names exactly it.
struct Written {
    text: String,
    tag: HeaderValue,
}

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

impl Written {
    fn new(text: String) -> Self {
        let digest: String = Sha256::digest(&text)[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        let tag = HeaderValue::try_from(format!("\"{digest}\"")).expect("hexadecimal digits are a valid header");
        Self { text, tag }
    }

    fn answer(&self, headers: &HeaderMap, kind: &'static str, policy: Option<&'static str>) -> Response {
        let is_known = headers.get_all(header::IF_NONE_MATCH).iter().any(|seen| assets::matches(seen, &self.tag));
        let mut response = match is_known {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => ([(header::CONTENT_TYPE, kind)], self.text.clone()).into_response(),
        };
        let answered = response.headers_mut();
        answered.insert(header::ETAG, self.tag.clone());
        answered.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Some(policy) = policy {
            answered.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        }
        response
    }
}
