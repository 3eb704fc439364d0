//! Moving the focus deliberately, after the page has changed.
//!
//! It knows elements by their id and nothing of why the focus moves there.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;

/// Gives the element with this id the focus once the changes under way are on the page. Nothing if it is not there.
///
/// Browser only: call it from what a person did, never while rendering.
pub fn focus_on(id: String) {
    request_animation_frame(move || {
        if let Some(element) =
            document().get_element_by_id(&id).and_then(|element| element.dyn_into::<HtmlElement>().ok())
        {
            let _ = element.focus();
        }
    });
}
