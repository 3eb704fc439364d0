//! Where the product's own pages and routes are, for links and forms.
//!
//! Knows nothing of which routes exist; that is `app`'s business. The server says in the context below which path the
//! product lives; the browser reads it from the page.

use leptos::prelude::*;

use crate::domain::base_path::BasePath;

/// The attribute of `<html>` that carries the base; a page at the root of its host has none.
const ATTRIBUTE: &str = "data-base";

/// The path below which the product lives; the root unless the context says otherwise.
pub fn base() -> BasePath {
    use_context().unwrap_or_default()
}

/// The address of one of our own paths, for links and forms; for `Redirect` the router adds the base itself.
///
/// Shape: `path` starts with a slash and is written as if the product lived at the root.
pub fn address(path: &str) -> String {
    base().outside(path)
}

/// The base in the page that is shown in this browser.
pub fn base_of_document() -> BasePath {
    let written = document().document_element().and_then(|html| html.get_attribute(ATTRIBUTE));
    written.and_then(|written| BasePath::parse(&written).ok()).unwrap_or_default()
}

/// Leads a browser to the public address that came here past the proxy: only there the page's router knows its way.
/// Whether it does.
pub fn leave_for_public_address(base: &BasePath) -> bool {
    let location = window().location();
    let path = location.pathname().unwrap_or_default();
    let leaves = base.inside(&path).is_none();
    if leaves {
        let rest = [location.search(), location.hash()].map(Result::unwrap_or_default).concat();
        let _ = location.replace(&base.outside(&format!("{path}{rest}")));
    }
    leaves
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_begins_with_the_base_path() {
        Owner::new().with(|| {
            assert_eq!(address("/login"), "/login");
            provide_context(BasePath::parse("/quiz").expect("a good path"));
            assert_eq!(address("/login"), "/quiz/login");
        });
    }
}
