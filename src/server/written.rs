//! A text that the program itself holds, and how it is served: a browser that has it asks only whether it changed.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::server::assets;

/// A text with the tag that names exactly it.
pub struct Written {
    text: String,
    tag: HeaderValue,
}

impl Written {
    /// Finds the tag of a text.
    pub fn new(text: String) -> Self {
        let digest: String = Sha256::digest(&text)[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        let tag = HeaderValue::try_from(format!("\"{digest}\"")).expect("hexadecimal digits are a valid header");
        Self { text, tag }
    }

    /// Answers with the text, or that the browser has it; `policy` is what a page of its own may do.
    pub fn answer(&self, headers: &HeaderMap, kind: &'static str, policy: Option<&'static str>) -> Response {
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
