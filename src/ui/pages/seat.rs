//! The page behind the code that takes a seat to another device: says whose seat it is and waits for a press.
//!
//! Opening the address changes nothing, because previews and scanners open addresses too.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::ApiError;
use crate::api::room::{SeatPage, seat_page};
use crate::protocol::refusal::sentence;
use crate::ui::address::address;
use crate::ui::components::form::{Form, SubmitButton};
use crate::ui::components::form_field::HiddenField;
use crate::ui::components::logo::Logo;
use crate::ui::response;

/// The page at `/seat/{ticket}`.
#[component]
pub fn Seat() -> impl IntoView {
    view! { <Asked/> }.into_any()
}

/// Whose seat it is, once that is known.
#[component]
fn Asked() -> impl IntoView {
    let ticket = use_params_map().with_untracked(|params| params.get("ticket").unwrap_or_default());
    let page = Resource::new_blocking(
        {
            let ticket = ticket.clone();
            move || ticket.clone()
        },
        seat_page,
    );
    view! {
        <Title text="Your seat on this device · Podium"/>
        <Suspense fallback=|| view! { <Frame><p role="status">"One moment…"</p></Frame> }>
            {move || {
                let ticket = ticket.clone();
                Suspend::new(async move {
                    let page = page.await;
                    view! { <SeatScreen page ticket/> }
                })
            }}
        </Suspense>
    }
}

/// What stands around the offer.
#[component]
fn Frame(
    /// The offer.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="seat" data-theme="dark" data-fonts="late">
            <main id="content"><Logo/>{children()}</main>
        </div>
    }
}

/// The page, from what it starts from alone.
#[component]
pub fn SeatScreen(
    /// Whose seat it is, or why there is none.
    page: Result<SeatPage, ApiError>,
    /// The ticket from the address.
    ticket: String,
) -> impl IntoView {
    match page {
        Ok(page) => view! { <Frame><Offer page ticket/></Frame> }.into_any(),
        Err(problem) => view! { <Frame><NoOffer problem/></Frame> }.into_any(),
    }
}

/// Whose seat it is, and the press.
#[component]
fn Offer(
    /// Whose seat it is.
    page: SeatPage,
    /// The ticket from the address.
    ticket: String,
) -> impl IntoView {
    let SeatPage { name, title, code: _ } = page;
    view! {
        <h1>"Go on as "<bdi>{name}</bdi>"?"</h1>
        <p>"In "<bdi>{title}</bdi>", with your points. The other device stays in as well."</p>
        <Form id="seat" action="/seat">
            <HiddenField name="ticket" value=ticket/>
            <SubmitButton label="Go on here" pending="Opening…"/>
        </Form>
    }
}

/// Why there is no seat behind the code, and the way on.
#[component]
fn NoOffer(
    /// Why.
    problem: ApiError,
) -> impl IntoView {
    let (heading, words) = match problem {
        ApiError::NotFound => {
            response::set_not_found();
            let words = "Codes are good once, for a minute. Make a new one on the device you play on.";
            ("This code has ended", words.to_owned())
        }
        ApiError::NotSignedIn
        | ApiError::NotAllowed
        | ApiError::Changed
        | ApiError::Refused(_)
        | ApiError::Later(_)
        | ApiError::Unreachable => ("Not just now", sentence(&problem.to_string())),
    };
    view! {
        <h1>{heading}</h1>
        <p>{words}</p>
        <a class="button" href=address("/") rel="external">"Join with a room code"</a>
    }
}
