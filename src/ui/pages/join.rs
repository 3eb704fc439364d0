//! The front door: room code, name, in. At `/` and, with the code from a link or a QR code, at `/join/{code}`.
//!
//! A plain form; scripts only add that a name can be suggested without loading the page again.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::ChooseView;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::api::ApiError;
use crate::api::room::{JoinPage, join_page};
use crate::domain::code::JoinCode;
use crate::protocol::refusal::sentence;
use crate::ui::address::address;
use crate::ui::bundles::PlayerPage;
use crate::ui::components::form::{Form, SubmitButton};
use crate::ui::components::form_field::{HiddenField, TextField};
use crate::ui::components::logo::Logo;

/// The page at `/` and `/join/{code}`. With `?suggest` a name is filled in already.
#[component]
pub fn Join() -> impl IntoView {
    let code = use_params_map().with_untracked(|params| params.get("code"));
    let title = if code.is_some() { "Join a room · Podium" } else { "Podium" };
    let is_suggested = use_query_map().with_untracked(|query| query.get("suggest").is_some());
    let page = Resource::new_blocking(move || code.clone(), join_page);
    // The game's code arrives while the name is typed.
    Effect::new(|| spawn_local(async { PlayerPage::Play.preload().await }));
    view! {
        <Title text=title/>
        <Suspense fallback=|| view! { <Frame><p role="status">"One moment…"</p></Frame> }>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(page) => view! { <JoinScreen page is_suggested/> }.into_any(),
                    Err(problem) => view! { <Problem problem/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// What stands around the form.
#[component]
fn Frame(
    /// The form.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="join" data-theme="auto" data-fonts="late">
            <main id="content">
                <Logo/>
                <h1>"Ready when you are."</h1>
                {children()}
            </main>
            <footer>
                <p>"Hosting? "<a href=address("/login") rel="external">"Sign in"</a></p>
            </footer>
        </div>
    }
}

/// Why nobody can join at the moment.
#[component]
fn Problem(
    /// Why.
    problem: ApiError,
) -> impl IntoView {
    view! {
        <Frame>
            <p role="alert">{sentence(&problem.to_string())}</p>
            // An empty address is the page itself: the link tries again.
            <a class="button primary" href="" rel="external">"Try again"</a>
        </Frame>
    }
}

/// The page, from what it starts from alone.
#[component]
pub fn JoinScreen(
    /// What it starts from.
    page: JoinPage,
    /// Whether the suggested name is filled in already.
    is_suggested: bool,
) -> impl IntoView {
    let JoinPage { code, request_id, suggestion, flash } = page;
    let name = NodeRef::<html::Input>::new();
    let first_name = if is_suggested { suggestion.clone() } else { String::new() };
    view! {
        <Frame>
            <Form id="join" action="/join" flash>
                <HiddenField name="request_id" value=request_id/>
                <TextField name="code" label="Room code" value=spaced(&code) capitals="characters" class="code"/>
                <TextField name="name" label="Your name" value=first_name capitals="words" autocomplete="nickname" node_ref=name/>
                <SubmitButton label="Join the room" pending="Joining…"/>
                <Suggest suggestion name/>
            </Form>
        </Frame>
    }
}

/// Fills in a name for who has none in mind; each further press brings another one.
#[component]
fn Suggest(
    /// The first one.
    suggestion: String,
    /// Where it goes.
    name: NodeRef<html::Input>,
) -> impl IntoView {
    let next = StoredValue::new(suggestion);
    let suggest = move |event: leptos::ev::MouseEvent| {
        let Some(input) = name.get_untracked() else { return };
        event.prevent_default();
        input.set_value(&next.get_value());
        spawn_local(async move {
            if let Ok(page) = join_page(None).await {
                next.try_set_value(page.suggestion);
            }
        });
    };
    view! { <a class="suggest" href="?suggest" rel="external nofollow" on:click=suggest>"or suggest a name for me"</a> }
}

/// A code as people read it; what is none stays as it was typed.
fn spaced(code: &str) -> String {
    JoinCode::parse(code).map_or_else(|_| code.to_owned(), |code| code.spaced())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_shown_in_two_halves() {
        assert_eq!(spaced("kfx7qm"), "KFX 7QM");
        assert_eq!(spaced("kfx"), "kfx");
        assert_eq!(spaced(""), "");
    }
}
