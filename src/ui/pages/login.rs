//! Signing in, for those who make quizzes and run rooms.
//!
//! A plain form: whether name and password belong together is said by the route it is posted to.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::api::admin::{Flash, SignInWays, flash, sign_in_ways};
use crate::ui::address::address;
use crate::ui::components::form::{Form, SubmitButton};
use crate::ui::components::form_field::{HiddenField, PasswordField, TextField};
use crate::ui::components::logo::Logo;
use crate::ui::components::openid_button::OpenIdButton;

/// The page at `/login`.
#[component]
pub fn Login() -> impl IntoView {
    let flash = Resource::new(|| (), |()| flash());
    let ways = Resource::new(|| (), |()| sign_in_ways());
    let next = use_query_map().with_untracked(|query| query.get("next")).unwrap_or_default();
    view! {
        <Title text="Sign in · Podium"/>
        <Suspense>
            {move || {
                let next = next.clone();
                Suspend::new(async move {
                    let (flash, ways) = (flash.await.unwrap_or_default(), ways.await.unwrap_or_default());
                    view! { <LoginPanel flash ways next/> }
                })
            }}
        </Suspense>
    }
    .into_any()
}

/// The form, and the way for those who only want to play.
#[component]
pub fn LoginPanel(
    /// What waits from a refused sign-in.
    flash: Flash,
    /// How one can sign in beside a password.
    ways: SignInWays,
    /// Where to go afterwards, as it stands in the address; the route checks it.
    #[prop(into)]
    next: String,
) -> impl IntoView {
    let elsewhere = ways.openid.map(|label| view! { <OpenIdButton label next=next.clone()/> });
    view! {
        <main class="login" id="content" data-theme="auto">
            <p class="brand"><Logo/></p>
            <h1>"Welcome back."</h1>
            <Form id="login" action="/login" flash>
                <TextField name="email" label="E-mail" kind="email" autocomplete="username" capitals="none"/>
                <PasswordField name="password" label="Password" autocomplete="current-password"/>
                <HiddenField name="next" value=next/>
                <SubmitButton label="Sign in" pending="Signing in…"/>
            </Form>
            {elsewhere}
            <p class="aside"><a href=address("/")>"Here to play? Enter the room code"</a></p>
        </main>
    }
    .into_any()
}
