//! Where the product's own pages and routes are.
//!
//! Knows only whether the product lives below a path of somebody else's host; which routes exist is `app`'s business.

use std::sync::Arc;

use leptos::prelude::*;

/// The path below which everything is served: empty, or with a slash in front and none behind (`/quiz`).
///
/// Put into the context at the root of the application; without it the product lives at the root of its host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasePath(pub Arc<str>);

/// The address of one of our own paths, for links and forms.
///
/// Shape: `path` starts with a slash and is written as if the product lived at the root.
pub fn address(path: &str) -> String {
    let base = use_context::<BasePath>().unwrap_or_default();
    format!("{}{path}", base.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_begins_with_the_base_path() {
        Owner::new().with(|| {
            assert_eq!(address("/login"), "/login");
            provide_context(BasePath("/quiz".into()));
            assert_eq!(address("/login"), "/quiz/login");
        });
    }
}
