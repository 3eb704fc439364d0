//! The stylesheet of the pages that hosts and admins work with: what players need not load.
//!
//! One file for each component in `style/work`, put together here, in the order of their names; each says its own layer.

use std::sync::LazyLock;

use axum::response::Response;
use http::HeaderMap;
use rust_embed::RustEmbed;

use crate::server::written::Written;

/// A release holds the files in itself; a debug build reads them anew for each request, so that edits are seen.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/style/work"]
struct Sheets;

static SHEET: LazyLock<Written> = LazyLock::new(|| Written::new(sheet()));

/// Answers with the stylesheet: `GET /work.css`.
pub async fn answer(headers: HeaderMap) -> Response {
    const KIND: &str = "text/css; charset=utf-8";
    match cfg!(debug_assertions) {
        true => Written::new(sheet()).answer(&headers, KIND, None),
        false => SHEET.answer(&headers, KIND, None),
    }
}

fn sheet() -> String {
    let mut names: Vec<_> = Sheets::iter().collect();
    names.sort_unstable();
    let files = names.iter().filter_map(|name| Sheets::get(name));
    files.map(|file| String::from_utf8_lossy(&file.data).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_in_it_once_and_inside_a_layer() {
        let sheet = sheet();
        let names: Vec<_> = Sheets::iter().collect();
        assert!(names.len() > 20 && names.iter().all(|name| name.ends_with(".css")), "{names:?}");
        for name in names {
            let file = Sheets::get(&name).expect("it was just named");
            let text = String::from_utf8_lossy(&file.data);
            assert_eq!(sheet.matches(text.as_ref()).count(), 1, "{name}");
            assert!(text.contains("\n@layer components {") || text.contains("\n@layer pages {"), "{name}");
        }
    }
}
