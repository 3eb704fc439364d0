//! The first minutes of a new Podium: who runs it.
//!
//! Reached by the one-time address that the program prints at its starts until there is an admin. The server knows whether
//! that address is still good; a used one is told in words, and where to go instead.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::admin::{Flash, flash, setup_is_open};
use crate::ui::address::address;
use crate::ui::components::form::{Form, SubmitButton};
use crate::ui::components::form_field::{HiddenField, PasswordField, TextField};
use crate::ui::components::logo::Logo;
use crate::ui::components::trouble::Trouble;
use crate::ui::response;

/// The page at `/setup/{token}`.
#[component]
pub fn Setup() -> impl IntoView {
    let token = use_params_map().with_untracked(|params| params.get("token")).unwrap_or_default();
    let asked = token.clone();
    let is_open = Resource::new(move || asked.clone(), setup_is_open);
    let flash = Resource::new(|| (), |()| flash());
    view! {
        <Title text="Set up Podium"/>
        <Suspense>
            {move || {
                let token = token.clone();
                Suspend::new(async move {
                    match is_open.await {
                        Ok(true) => view! { <SetupPanel flash=flash.await.unwrap_or_default() token/> }.into_any(),
                        Ok(false) => view! { <SetupOver/> }.into_any(),
                        Err(error) => view! { <Trouble error way_on="/" way_on_label="To the start page"/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
    .into_any()
}

/// What a used or an old address shows.
#[component]
fn SetupOver() -> impl IntoView {
    response::set_not_found();
    view! {
        <main class="setup" id="content" data-theme="auto">
            <p class="brand"><Logo/></p>
            <h1>"This set-up link is over."</h1>
            <p class="lead">
                "It was used, or the program was started again since. While nobody can sign in yet, each start prints a new one."
            </p>
            <p><a class="button primary" href=address("/login")>"Sign in"</a></p>
        </main>
    }
}

/// The form that makes the organisation and its first admin.
#[component]
pub fn SetupPanel(
    /// What waits from a refused set-up.
    flash: Flash,
    /// The secret part of the address.
    #[prop(into)]
    token: String,
) -> impl IntoView {
    view! {
        <main class="setup" id="content" data-theme="auto">
            <p class="brand"><Logo/></p>
            <h1>"Let us get you on stage."</h1>
            <p class="lead">"This makes your organisation and your own account. Sample quizzes are waiting inside."</p>
            <Form id="setup" action="/setup" flash>
                <HiddenField name="token" value=token/>
                <TextField
                    name="organisation"
                    label="Organisation"
                    hint="Your school, company, club or family."
                    autocomplete="organization"
                    capitals="words"
                />
                <TextField name="name" label="Your name" autocomplete="name" capitals="words"/>
                <TextField
                    name="email"
                    label="E-mail"
                    hint="You sign in with it. Nothing is sent to it."
                    kind="email"
                    autocomplete="username"
                    capitals="none"
                />
                <PasswordField
                    name="password"
                    label="Password"
                    hint="At least 10 characters. Four random words are easy to keep and hard to guess."
                    autocomplete="new-password"
                />
                <SubmitButton label="Set up Podium" pending="Setting up…"/>
            </Form>
        </main>
    }
    .into_any()
}
