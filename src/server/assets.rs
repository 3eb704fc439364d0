//! The built files: stylesheet, scripts, code, fonts and what lies in `public/`.
//!
//! A release holds them in itself, compressed beforehand; a debug build reads them from `target/site`. It knows nothing
//! of pages. Reading order: [`SITE_VERSION`], [`serve`], how a file is chosen.

use std::{borrow::Cow, collections::HashMap};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};

/// The site root of cargo-leptos. A missing folder must not stop `cargo check` on a fresh clone.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/target/site"]
#[allow_missing = true]
struct Site;

/// A name for exactly these built files; `scripts/build` sets it, which also makes cargo compile this file anew when
/// they changed. Without it (`make dev`, plain cargo) addresses stay the same and browsers ask again each time.
///
/// The whole folder carries the name, not each file: the files name each other, and cargo-leptos's `hash-files` takes
/// a script's hash before it writes the other names into it, so a name could stay while the content changed. It also
/// forgets the hashes after the first edit under `watch`.
pub const SITE_VERSION: Option<&str> = option_env!("PODIUM_SITE_VERSION");

/// The folders of the site; pages stand elsewhere.
pub const FOLDERS: [&str; 2] = ["fonts", "pkg"];

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// The address of the folder with scripts, code and stylesheet.
pub fn folder_address() -> String {
    match SITE_VERSION {
        Some(version) => format!("/pkg/{version}"),
        None => "/pkg".to_owned(),
    }
}

/// Whether the program was built together with its pages. Without them it would serve forms, but nothing would move.
pub fn is_complete() -> bool {
    Site::get("pkg/podium.js").is_some() && Site::get("pkg/podium.css").is_some()
}

/// Which code files each lazy function needs, as the splitter wrote it down. Empty when nothing was split.
pub fn chunks_of_lazy_functions() -> HashMap<String, Vec<String>> {
    Site::get("pkg/__wasm_split_manifest.json")
        .and_then(|manifest| serde_json::from_slice(&manifest.data).ok())
        .unwrap_or_default()
}

/// Answers a request for a built file; `None` when the address names none, so that a page may answer.
pub fn serve(method: &Method, path: &str, request: &HeaderMap) -> Option<Response> {
    let (name, lifetime) = resolve(path)?;
    let Some(plain) = Site::get(&name) else {
        // An address below `/pkg` is only ever written by us: it is of another version, and a page would be no help.
        return path.starts_with("/pkg/").then(|| (StatusCode::NOT_FOUND, "no such file\n").into_response());
    };
    if method != Method::GET && method != Method::HEAD {
        return Some((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response());
    }
    let accepted = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Some(respond(choose(&name, plain, accepted), &name, lifetime, request))
}

/// From an address to the name of a file and how long a browser may keep it.
fn resolve(path: &str) -> Option<(Cow<'_, str>, HeaderValue)> {
    let name = path.strip_prefix('/').filter(|name| !name.is_empty())?;
    let of_this_version =
        SITE_VERSION.and_then(|version| name.strip_prefix("pkg/")?.strip_prefix(version)?.strip_prefix('/'));
    Some(match of_this_version {
        Some(name) => (format!("pkg/{name}").into(), FOREVER),
        // A changed font gets a new name, so that no visit waits for the question whether it changed.
        None if name.starts_with("fonts/") => (name.into(), FOREVER),
        None => (name.into(), ASK_AGAIN),
    })
}

/// One form of a file: the bytes and the name of their compression.
struct Form {
    file: EmbeddedFile,
    encoding: Option<&'static str>,
}

/// The smallest form that the browser accepts.
fn choose(name: &str, plain: EmbeddedFile, accepted: &str) -> Form {
    [("br", ".br"), ("gzip", ".gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts(accepted, encoding))
        .find_map(|(encoding, ending)| {
            let file = Site::get(&format!("{name}{ending}"))?;
            (file.data.len() < plain.data.len()).then_some(Form { file, encoding: Some(encoding) })
        })
        .unwrap_or(Form { file: plain, encoding: None })
}

/// Whether `Accept-Encoding` names this compression, and not with weight 0.
/// Source: RFC 9110, 12.5.3. A lone `*` is not taken as consent; such a client gets the plain file.
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused =
            parts.any(|weight| weight.to_ascii_lowercase().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)));
        named && !refused
    })
}

fn respond(form: Form, name: &str, lifetime: HeaderValue, request: &HeaderMap) -> Response {
    let tag = entity_tag(&form.file);
    let unchanged = request.get_all(header::IF_NONE_MATCH).iter().any(|seen| matches(seen, &tag));
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let length = form.file.data.len();
        let mut response = Response::new(body(form.file.data));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
        response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
        if let Some(encoding) = form.encoding {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, lifetime);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// A release hands out the bytes of the program itself and copies nothing.
fn body(data: Cow<'static, [u8]>) -> Body {
    match data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    }
}

/// A strong tag: equal tags mean equal bytes, each compressed form has its own.
fn entity_tag(file: &EmbeddedFile) -> HeaderValue {
    let digest: String = file.metadata.sha256_hash()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::try_from(format!("\"{digest}\"")).expect("hexadecimal digits are a valid header")
}

/// Whether a browser's `If-None-Match` names this tag. Weak comparison. Source: RFC 9110, 13.1.2.
pub fn matches(seen: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(seen), Ok(tag)) = (seen.to_str(), tag.to_str()) else { return false };
    seen.trim() == "*" || seen.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)
}

/// By ending. Everything that a build can put into the site; the rest is offered as a download.
fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("ico") => "image/x-icon",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("webmanifest") => "application/manifest+json",
        Some("webp") => "image/webp",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
    use rust_embed::{EmbeddedFile, Metadata};

    use super::*;

    fn file(bytes: &'static [u8]) -> EmbeddedFile {
        EmbeddedFile { data: Cow::Borrowed(bytes), metadata: Metadata::__rust_embed_new([7; 32], None, None) }
    }

    fn answer(if_none_match: Option<&'static str>) -> Response {
        let mut request = HeaderMap::new();
        if let Some(tag) = if_none_match {
            request.insert(header::IF_NONE_MATCH, HeaderValue::from_static(tag));
        }
        respond(Form { file: file(b"a{}"), encoding: Some("br") }, "pkg/podium.css", FOREVER, &request)
    }

    const TAG: &str = "\"07070707070707070707070707070707\"";

    #[test]
    fn a_file_says_what_it_is_and_how_it_is_packed() {
        let answer = answer(None);
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/css; charset=utf-8");
        assert_eq!(answer.headers()[header::CONTENT_ENCODING], "br");
        assert_eq!(answer.headers()[header::ETAG], TAG);
        assert_eq!(answer.headers()[header::VARY], "accept-encoding");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    }

    #[test]
    fn a_file_that_the_browser_has_is_not_sent_again() {
        for seen in [TAG, "W/\"07070707070707070707070707070707\"", "\"1\", \"07070707070707070707070707070707\"", "*"]
        {
            let answer = answer(Some(seen));
            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{seen}");
            assert_eq!(answer.headers()[header::ETAG], TAG);
            assert!(!answer.headers().contains_key(header::CONTENT_ENCODING));
        }
        assert_eq!(answer(Some("\"1\"")).status(), StatusCode::OK);
    }

    #[test]
    fn a_compression_is_used_when_it_is_named_and_not_refused() {
        assert!(accepts("gzip, deflate, br, zstd", "br"));
        assert!(accepts("gzip;q=0.5, BR;q=1", "br"));
        assert!(!accepts("gzip, br;q=0", "br"));
        assert!(!accepts("br; Q=0.000", "br"));
        assert!(!accepts("", "br"));
        assert!(!accepts("brotli", "br"));
    }

    #[test]
    fn an_address_below_pkg_is_never_answered_by_a_page() {
        let answer = serve(&Method::GET, "/pkg/0123456789ab/podium.js", &HeaderMap::new());
        assert_eq!(answer.expect("answered by the files").status(), StatusCode::NOT_FOUND);
        assert!(serve(&Method::GET, "/no-such-file", &HeaderMap::new()).is_none());
        assert!(serve(&Method::GET, "/", &HeaderMap::new()).is_none());
    }

    #[test]
    fn nothing_outside_the_site_is_served() {
        for path in ["/../Cargo.toml", "/pkg/../../Cargo.toml", "//etc/passwd"] {
            let status = serve(&Method::GET, path, &HeaderMap::new()).map(|answer| answer.status());
            assert!(matches!(status, None | Some(StatusCode::NOT_FOUND)), "{path}: {status:?}");
        }
    }
}
