//! The player's page: what a phone shows from the lobby to the thanks.
//!
//! It loads the seat and holds the link; what is on the screen is [`PlayScreen`]'s business.
//! The front door fetches this page's code ahead.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_params_map;

use crate::api::ApiError;
use crate::api::room::{LivePage, PlayerEntry, device_ticket, player_page};
use crate::protocol::command::{Command, Draft, UserTyping};
use crate::protocol::refusal::sentence;
use crate::protocol::view::PlayerView;
use crate::ui::address::address;
use crate::ui::components::play_ended::{Farewell, PlayEnded};
use crate::ui::components::play_screen::PlayScreen;
use crate::ui::live::use_room;
use crate::ui::response;

/// The page at `/play/{code}`.
#[component]
pub fn Play() -> impl IntoView {
    view! { <Entry/> }.into_any()
}

/// The seat, or why there is none.
#[component]
fn Entry() -> impl IntoView {
    let code = use_params_map().with_untracked(|params| params.get("code").unwrap_or_default());
    let entry = Resource::new_blocking(
        {
            let code = code.clone();
            move || code.clone()
        },
        player_page,
    );
    let room_url = format!("/join/{code}");
    view! {
        <Suspense fallback=|| view! { <Plain><p role="status">"Finding your seat…"</p></Plain> }>
            {move || {
                let (code, room_url) = (code.clone(), room_url.clone());
                Suspend::new(async move {
                    match entry.await {
                        Ok(PlayerEntry::Seated(page)) => view! { <LivePlay page=*page code/> }.into_any(),
                        Ok(PlayerEntry::NoSeat) => view! { <Redirect path=room_url/> }.into_any(),
                        Ok(PlayerEntry::Removed { is_blocked: false }) => {
                            view! { <Gone farewell=Farewell::Removed room_url/> }.into_any()
                        }
                        Ok(PlayerEntry::Removed { is_blocked: true }) => {
                            view! { <Gone farewell=Farewell::Blocked room_url/> }.into_any()
                        }
                        Err(ApiError::NotFound) => view! { <Gone farewell=Farewell::Over room_url/> }.into_any(),
                        Err(problem) => view! { <Problem problem/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

/// The page's frame around something that is not the game.
#[component]
fn Plain(
    /// What is in it.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="play" data-theme="dark" data-fonts="late" data-picture="plain">
            <main id="content">{children()}</main>
        </div>
    }
}

/// A seat or a room that is not there any more.
#[component]
fn Gone(
    /// Why.
    farewell: Farewell,
    /// Where the room is joined.
    room_url: String,
) -> impl IntoView {
    if farewell == Farewell::Over {
        response::set_not_found();
    }
    let nothing_to_reconnect = Callback::new(|()| {});
    view! {
        <Title text="Podium"/>
        <Plain>
            <PlayEnded farewell room_url=address(&room_url) join_url=address("/") on_reconnect=nothing_to_reconnect/>
        </Plain>
    }
}

/// A page that could not be made.
#[component]
fn Problem(
    /// Why.
    problem: ApiError,
) -> impl IntoView {
    view! {
        <Title text="Podium"/>
        <Plain>
            <section class="play-ended">
                <h1>"Not just now"</h1>
                <p>{sentence(&problem.to_string())}</p>
                // An empty address is the page itself: the link tries again.
                <a class="button primary" href="" rel="external">"Try again"</a>
            </section>
        </Plain>
    }
}

/// The screen with its link.
#[component]
fn LivePlay(
    /// What it starts from.
    page: LivePage<PlayerView>,
    /// The room's code, as it stands in the address.
    code: String,
) -> impl IntoView {
    let room = use_room(page);
    let ticket = Action::new(move |(): &()| device_ticket(code.clone()));
    // What was asked for before is not shown while a new one is on its way.
    let ticket_now = Signal::derive(move || if ticket.pending().get() { None } else { ticket.value().get() });
    view! {
        <PlayScreen
            view=room.view
            now=room.now
            connection=room.connection
            figures=Callback::new(move |()| room.figures())
            is_back=room.is_back
            asked=room.answer
            ticket=ticket_now
            on_answer=Callback::new(move |answer| {
                // What becomes of it shows in `room.answer`, which outlives a reload.
                let _ = room.ask(Command::Answer(answer));
            })
            typists=room.typists
            on_chat=Callback::new(move |text| room.ask(Command::Chat(Draft { text })))
            on_typing=Callback::new(move |is_typing| room.say(Command::UserTyping(UserTyping { is_typing })))
            on_reconnect=Callback::new(move |()| room.reconnect())
            on_leave=Callback::new(move |()| room.leave())
            on_ticket=Callback::new(move |()| {
                ticket.dispatch(());
            })
        />
    }
}
