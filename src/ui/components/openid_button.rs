//! The way in by the word of another house.
//!
//! A plain form, because going there begins something that waits here; what it is called is the operator's.

use leptos::prelude::*;

use crate::ui::components::form::{Form, SubmitButton};
use crate::ui::components::form_field::HiddenField;

/// The button, below the form that asks for a password.
#[component]
pub fn OpenIdButton(
    /// What people call the issuer.
    label: String,
    /// Where to go afterwards; the route checks it.
    #[prop(optional, into)]
    next: String,
    /// The secret part of a colleague's link, if somebody came by one.
    #[prop(optional, into)]
    token: String,
) -> impl IntoView {
    view! {
        <div class="openid-button">
            <p class="or">"or"</p>
            <Form id="openid" action="/login/openid">
                <HiddenField name="next" value=next/>
                <HiddenField name="token" value=token/>
                <SubmitButton label=format!("Sign in with {label}") pending="Going there…" class="button"/>
            </Form>
        </div>
    }
    .into_any()
}
