//! What a colleague's link opens: the form that makes their account, or why the link opens nothing.
//!
//! Looking changes nothing; the form does.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::account::{Welcome as Stand, welcome_page};
use crate::api::admin::{Flash, SignInWays, flash, sign_in_ways};
use crate::domain::role::Role;
use crate::ui::address::address;
use crate::ui::components::form::{Form, SubmitButton};
use crate::ui::components::form_field::{HiddenField, PasswordField, TextField};
use crate::ui::components::logo::Logo;
use crate::ui::components::openid_button::OpenIdButton;
use crate::ui::components::trouble::Trouble;
use crate::ui::response;

/// The page at `/welcome/{token}`.
#[component]
pub fn Welcome() -> impl IntoView {
    let params = use_params_map();
    let token = move || params.with(|params| params.get("token")).unwrap_or_default();
    let stand = Resource::new(token, welcome_page);
    let flash = Resource::new(|| (), |()| flash());
    let ways = Resource::new(|| (), |()| sign_in_ways());
    view! {
        <Title text="Welcome · Podium"/>
        <Suspense fallback=|| view! { <p class="loading" role="status">"Loading…"</p> }>
            {move || {
                let token = token();
                Suspend::new(async move {
                    let (flash, ways) = (flash.await.unwrap_or_default(), ways.await.unwrap_or_default());
                    match stand.await {
                        Ok(stand) => Either::Left(view! { <WelcomePanel stand flash ways token/> }),
                        Err(error) => {
                            Either::Right(view! { <Trouble error way_on="/login" way_on_label="To the sign-in page"/> })
                        }
                    }
                })
            }}
        </Suspense>
    }
    .into_any()
}

/// The form, or why there is none.
#[component]
pub fn WelcomePanel(
    /// How things stand with the link.
    stand: Stand,
    /// What waits from a refused form.
    flash: Flash,
    /// How one can sign in beside a password.
    ways: SignInWays,
    /// The secret part of the address.
    token: String,
) -> impl IntoView {
    let (title, words) = match stand {
        Stand::Open { organisation, role, email } => {
            return view! { <WelcomeForm organisation role email flash ways token/> }.into_any();
        }
        Stand::Used => {
            ("This link has been used.", "It makes one account. If it was you, sign in; if not, tell who sent it.")
        }
        Stand::Revoked => ("This link was taken back.", "Ask who sent it for a new one."),
        Stand::Expired => ("This link is over.", "It was good for seven days. Ask who sent it for a new one."),
        Stand::Unknown => {
            ("This link opens nothing.", "It is not quite right, or very old. Ask who sent it for a new one.")
        }
    };
    if stand == Stand::Unknown {
        response::set_not_found()
    } else {
        response::set_gone()
    }
    view! {
        <main class="welcome" id="content" data-theme="auto">
            <p class="brand"><Logo/></p>
            <h1>{title}</h1>
            <p class="lead">{words}</p>
            <p><a class="button primary" href=address("/login")>"Sign in"</a></p>
        </main>
    }
    .into_any()
}

/// The form that makes the account.
#[component]
fn WelcomeForm(
    /// Where the colleague comes to.
    organisation: String,
    /// What they will be.
    role: Role,
    /// The only address that may be used, if it is one.
    email: Option<String>,
    /// What waits from a refused form.
    flash: Flash,
    /// How one can sign in beside a password.
    ways: SignInWays,
    /// The secret part of the address.
    token: String,
) -> impl IntoView {
    let elsewhere = ways.openid.map(|label| view! { <OpenIdButton label token=token.clone()/> });
    let article = if matches!(role, Role::Owner | Role::Admin) { "an" } else { "a" };
    view! {
        <main class="welcome" id="content" data-theme="auto">
            <p class="brand"><Logo/></p>
            <h1>"Welcome to "<bdi>{organisation}</bdi>"."</h1>
            <p class="lead">{format!("This makes your own account. You will be {article} {role} there.")}</p>
            <Form id="welcome" action="/welcome" flash>
                <HiddenField name="token" value=token/>
                <TextField name="name" label="Your name" autocomplete="name" capitals="words"/>
                {match email {
                    // Told, and not asked; password managers want it in a field.
                    Some(email) => Either::Left(view! {
                        <p class="address">"Your e-mail address is "<strong>{email.clone()}</strong>"."</p>
                        <input type="hidden" name="email" autocomplete="username" value=email/>
                    }),
                    None => Either::Right(view! {
                        <TextField
                            name="email"
                            label="E-mail"
                            hint="You sign in with it. Nothing is sent to it."
                            kind="email"
                            autocomplete="username"
                            capitals="none"
                        />
                    }),
                }}
                <PasswordField
                    name="password"
                    label="Password"
                    hint="At least 10 characters. Four random words are easy to keep and hard to guess."
                    autocomplete="new-password"
                />
                <SubmitButton label="Come in" pending="Making your account…"/>
            </Form>
            {elsewhere}
        </main>
    }
    .into_any()
}
